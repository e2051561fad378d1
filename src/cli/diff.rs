//! `migrate diff`.

use std::collections::BTreeSet;

use rungs_schema::{DeclaredAccess, Definition, DefinitionKind, DialectName, Hints, ObjectName};

use super::renames::{self, Renames};
use super::run::scripts_to;
use super::{Context, Outcome, complete};
use crate::authoring::{self, Known};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect::{self, Dialect, Scope};
use crate::diff::change::Change;
use crate::diff::{self, Definitions, Guide};
use crate::error::{Error, PlanError, SourceError};
use crate::plan;
use crate::source::scratch::Printed;
use crate::source::{self, Source, scratch};

/// Print the SQL that turns one schema into another, and nothing when they agree.
///
/// A SOURCE is models, models:PATH, db, db:URL, file:PATH.sql, rev:TARGET or empty.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A SOURCE is\n  models            the configured models\n  models:PATH       those of a file, a folder or a glob\n  db                the configured database\n  db:URL            another database\n  file:PATH.sql     what a script creates\n  rev:TARGET        what the revisions up to a target create\n  empty             nothing\n\nExamples:\n  migrate diff --from db --to models\n  migrate diff --from rev:heads --to db:sqlite://copy.db"
)]
pub(super) struct Diff {
    /// The schema to start from
    #[arg(long, value_name = "SOURCE", add = complete::sources())]
    from: String,
    /// The schema to arrive at
    #[arg(long, value_name = "SOURCE", add = complete::sources())]
    to: String,
    #[command(flatten)]
    renames: Renames,
}

/// One side of the comparison.
struct Side {
    schema: rungs_schema::Schema,
    hints: Hints,
    is_database: bool,
    has_definitions: bool,
    /// Names that no model gives.
    open_names: BTreeSet<(ObjectName, String)>,
    /// Whether it says who may do what. A script that grants nothing says nothing of it.
    has_access: bool,
    /// What models declare of it.
    granted: Vec<DeclaredAccess>,
}

/// Roles belong to the server, and are none of a schema's objects.
async fn refuse_missing_roles(
    context: &Context,
    url: Option<&DatabaseUrl>,
    changes: &[Change],
    dialect: &dyn Dialect,
) -> Result<(), Error> {
    let roles = diff::roles(changes);
    if roles.is_empty() {
        return Ok(());
    }
    let url = url.cloned().map_or_else(|| context.url(), Ok)?;
    let mut connection = Connection::open(&url).await?;
    let missing = dialect::missing_roles(&mut connection, roles.keys()).await?;
    connection.close().await?;
    let Some(first) = missing.first() else { return Ok(()) };
    let create: Vec<String> = missing.iter().map(|role| format!("CREATE ROLE {};", dialect.quote(role))).collect();
    Err(PlanError::MissingRole {
        role: (*first).clone(),
        what: roles.get(*first).cloned().unwrap_or_default(),
        more: missing.len() - 1,
        help: format!("create it there first, as it should be: {}", create.join(" ")),
    }
    .into())
}

impl Diff {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let (from, to) = (Source::parse(&self.from)?, Source::parse(&self.to)?);
        let engine = engine(context, &from, &to)?;
        let dialect = dialect_of(context, &engine).await?;
        let mut previous = load(context, &from, &engine, dialect.as_ref()).await?;
        let mut next = load(context, &to, &engine, dialect.as_ref()).await?;
        dialect.align(&mut previous.schema, &mut next.schema);
        // Models say nothing of views and the like but their own.
        if !previous.has_definitions {
            complete(&mut previous.schema, &next.schema);
        }
        if !next.has_definitions {
            complete(&mut next.schema, &previous.schema);
        }
        let both_printed = previous.is_database && next.is_database;
        let same_wording: Option<fn(&str, &str) -> bool> = both_printed.then_some(dialect::same_wording);
        let settings = context.settings()?;
        self.say_renames(&previous, &mut next)?;
        let rules = &dialect.features().rules;
        next.hints = authoring::with_spellings(&previous.schema, &next.schema, &next.hints, rules);
        if !dialect.features().rules.renames_views {
            next.hints.views.clear();
        }
        let renamed = diff::renamed(&previous.schema, &next.schema, &next.hints);
        settings.ignore.settle(&renamed, &mut next.schema);
        let guide = Guide {
            hints: next.hints,
            open_names: next.open_names,
            definitions: if previous.has_definitions && next.has_definitions {
                Definitions::All
            } else {
                Definitions::Declared
            },
            access: previous.has_access && next.has_access,
            granted: next.granted,
            one_way: true,
            same_wording,
            rules: dialect.features().rules.clone(),
            ..Guide::default()
        };
        let changes = diff::diff(&previous.schema, &next.schema, &guide);
        if !self.renames.are_settled() {
            for note in renames::noted(&diff::likely(&changes)) {
                context.ui.warning(format!("{note}: it is dropped and added here; --rename says that it is one"));
            }
        }
        if let Source::Database(url) = &from {
            refuse_missing_roles(context, url.as_ref(), &changes, dialect.as_ref()).await?;
        }
        let statements = plan::render(&changes, dialect.as_ref())?;
        let mut script = plan::client_script(&statements, dialect.version().name);
        if dialect.version().name == DialectName::Sqlite && script.contains("_rungs_new_") {
            // Without this a rebuilt table's children would be deleted by their cascades.
            script.insert_str(0, "PRAGMA foreign_keys = OFF;\n");
        }
        context.ui.script("sql", &script);
        Ok(Outcome::Fine)
    }
}

impl Diff {
    fn say_renames(&self, previous: &Side, next: &mut Side) -> Result<(), Error> {
        let is_view = |one: &&Definition| matches!(one.kind, DefinitionKind::View | DefinitionKind::MaterializedView);
        let views = next.schema.definitions.iter().filter(is_view).map(|view| view.name.clone()).collect();
        let known = Known { live: &previous.schema, wanted: &next.schema, enums: &next.schema.enums, views: &views };
        authoring::say(self.renames.told(), known, &mut next.hints)?;
        Ok(())
    }
}

/// Takes over the definitions, domains and composite types that only the other side has.
fn complete(schema: &mut rungs_schema::Schema, other: &rungs_schema::Schema) {
    for one in &other.definitions {
        let is_this = |known: &rungs_schema::Definition| {
            (known.kind, &known.name, &known.table) == (one.kind, &one.name, &one.table)
        };
        if !schema.definitions.iter().any(is_this) {
            schema.definitions.push(one.clone());
        }
    }
    let domains = other.domains.iter().filter(|one| !schema.domains.iter().any(|known| known.name == one.name));
    let domains: Vec<_> = domains.cloned().collect();
    schema.domains.extend(domains);
    let composites =
        other.composites.iter().filter(|one| !schema.composites.iter().any(|known| known.name == one.name));
    let composites: Vec<_> = composites.cloned().collect();
    schema.composites.extend(composites);
    schema.sort();
}

/// The database whose engine both sides speak: the first that one of them names, else the configured one.
fn engine(context: &Context, from: &Source, to: &Source) -> Result<DatabaseUrl, Error> {
    let named = [from, to].into_iter().filter_map(|source| match source {
        Source::Database(Some(url)) => Some(url.clone()),
        _ => None,
    });
    let named: Vec<_> = named.collect();
    let family = |url: &DatabaseUrl| match url.dialect_name() {
        DialectName::Mariadb => DialectName::Mysql,
        other => other,
    };
    match named.as_slice() {
        [a, b] if family(a) != family(b) => {
            let (previous, next) = (a.dialect_name().to_string(), b.dialect_name().to_string());
            Err(SourceError::Engines { previous, next }.into())
        }
        [url, ..] => Ok(url.clone()),
        [] => context.url(),
    }
}

async fn dialect_of(context: &Context, url: &DatabaseUrl) -> Result<Box<dyn Dialect>, Error> {
    let connection = context.server(url).await?;
    let dialect = dialect::for_version(connection.version())?;
    connection.close().await?;
    Ok(dialect)
}

async fn load(context: &Context, source: &Source, engine: &DatabaseUrl, dialect: &dyn Dialect) -> Result<Side, Error> {
    let printed = |schema: rungs_schema::Schema, is_database| {
        let has_access = is_database || !schema.access.is_empty() || !schema.default_privileges.is_empty();
        let (open_names, granted) = (BTreeSet::new(), Vec::new());
        Side { schema, hints: Hints::default(), is_database, has_definitions: true, open_names, has_access, granted }
    };
    match source {
        Source::Empty => Ok(Side { has_access: true, ..printed(rungs_schema::Schema::default(), false) }),
        Source::Database(url) => {
            let url = url.clone().map_or_else(|| context.url(), Ok)?;
            let mut connection = Connection::open(&url).await?;
            let schema = dialect::introspect(&mut connection, &Scope::Everything).await?;
            context.warn_left_out(&url, &dialect::left_out(&mut connection).await?);
            connection.close().await?;
            Ok(printed(schema, true))
        }
        Source::File(path) => {
            let text = context.read(path)?;
            Ok(printed(scratch::of_scripts(engine, &[text]).await?.0, false))
        }
        Source::Revision(target) => {
            let scripts = scripts_to(&context.history()?, target, dialect.version().name)?;
            Ok(printed(scratch::of_scripts(engine, &scripts).await?.0, false))
        }
        Source::Models(path) => {
            let models = match path {
                Some(path) => authoring::Models::of_main(context.read_models(std::slice::from_ref(path))?),
                None => context.models()?,
            };
            self::declared(context, engine, dialect, &models).await
        }
    }
}

/// What models declare, as the server prints it.
async fn declared(
    context: &Context,
    engine: &DatabaseUrl,
    dialect: &dyn Dialect,
    models: &authoring::Models,
) -> Result<Side, Error> {
    let declared = &models.declared;
    let wanted = dialect.canonical(&declared.schema)?;
    let naming = context.settings()?.naming;
    let named = source::adopt(&wanted, &rungs_schema::Schema::default(), &naming, dialect)?;
    let mut connection = context.server(engine).await?;
    let objects = models.objects(dialect)?;
    let wanted = scratch::Wanted {
        schema: &named.schema,
        hints: &declared.hints,
        objects: &objects.statements,
        privileges: &objects.privileges,
    };
    let Printed { schema, granted } = scratch::as_printed(&mut connection, engine, wanted, dialect).await?;
    connection.close().await?;
    let hints = authoring::with_values(declared, named.schema.enums.is_empty());
    let (open_names, has_access) = (named.open, false);
    Ok(Side { schema, hints, is_database: false, has_definitions: false, open_names, has_access, granted })
}
