//! From models to a plan: what `autogenerate` writes and `check` looks for.

mod children;
mod hints;
mod hooks;
mod left_behind;
mod likely;
mod models;
mod needs;
mod place;
mod said;
mod sides;
mod stubs;
mod turns;
mod unsaid;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{Declared, DialectName, ObjectName, Schema, Table};

use crate::db::{Connection, DatabaseUrl};
use crate::dialect::{self, Dialect, Scope};
use crate::diff::change::Change;
use crate::diff::{self, Definitions, Difference, Guide, Likely};
use crate::error::{Error, PlanError};
use crate::plan::{self, Plan};
use crate::revision::Line;
use crate::source::scratch::{Printed, Wanted};
use crate::source::{Adopted, adopt, scratch};

use models::Whose;
use sides::{Sides, Turn};

pub use crate::source::Object;
pub use hints::with_spellings;
pub use hooks::Hooks;
pub use left_behind::LeftBehind;
pub use models::{Created, Models, Settings};
pub use needs::dependencies;
pub use place::with_place;
pub use said::{Known, Rename, say, with_values};

/// How a live database and models differ.
#[derive(Debug)]
pub struct Comparison {
    /// The changes that turn the database into what the models say, in an order that works.
    pub changes: Vec<Change>,
    /// The dialect that they are for.
    pub dialect: Box<dyn Dialect>,
}

impl Comparison {
    /// What differs, in words; nothing where the two agree.
    pub fn differences(&self) -> Vec<Difference> {
        diff::summary(&self.changes)
    }

    /// The statements that make the database what the models say, and those that lead back.
    ///
    /// # Errors
    /// When the engine cannot do one of the changes, in either direction.
    pub fn plan(&self) -> Result<Plan, PlanError> {
        plan::plan(&self.changes, self.dialect.as_ref())
    }
}

/// How a live database and the models of several lines of the history differ.
#[derive(Debug)]
pub struct Shares {
    /// What each line has to do, each after those that it needs. A line comes twice where foreign keys go round in a
    /// circle of lines: its second share ties those that close the circle.
    pub shares: Vec<Share>,
    /// The drops and adds that look like renames, and that nobody has said anything of.
    pub likely: Vec<Likely>,
    /// Views and the like that nobody declares, and that name what is renamed, where the engine leaves their words as
    /// they are: they no longer work afterwards.
    pub left_behind: Vec<LeftBehind>,
    /// The dialect that they are for.
    pub dialect: Box<dyn Dialect>,
}

/// One line's part of a comparison: what a revision of it would do.
#[derive(Debug)]
pub struct Share {
    /// The line.
    pub line: Line,
    /// The changes, in an order that works.
    pub changes: Vec<Change>,
    /// The types and sequences that the tables use which it creates or edits.
    pub uses: BTreeSet<ObjectName>,
}

impl Share {
    fn new(line: &Line, changes: Vec<Change>, next: &Schema) -> Self {
        let tables = changes.iter().filter_map(|change| match change {
            Change::CreateTable { next } => Some((**next).clone()),
            Change::AlterTable(alter) => Some((*alter.next).clone()),
            _ => None,
        });
        let tables: Vec<Table> = tables.collect();
        let names = next.enums.iter().map(|one| &one.name).chain(next.sequences.iter().map(|one| &one.name));
        let uses = names.filter(|name| uses(&tables, &name.name)).cloned().collect();
        Self { line: line.clone(), changes, uses }
    }
}

/// Compares a live database with models. `owns` says of a table that no model declares whether it is ours to drop.
///
/// # Errors
/// As [`compare_lines`].
pub async fn compare(
    connection: &mut Connection,
    url: &DatabaseUrl,
    declared: &Declared,
    owns: impl Fn(&ObjectName) -> bool,
) -> Result<Comparison, Error> {
    let models = Models::of_main(declared.clone());
    let owner = |table: &ObjectName| owns(table).then_some(Line::Main);
    let Shares { shares, dialect, .. } =
        compare_lines(connection, url, &models, &BTreeSet::from([Line::Main]), owner).await?;
    Ok(Comparison { changes: shares.into_iter().flat_map(|share| share.changes).collect(), dialect })
}

impl Models {
    /// Compares all of them with a live database. What no model declares is dropped, except where
    /// [`Hooks::include`] answers no.
    ///
    /// # Errors
    /// As [`compare_lines`].
    pub async fn compare(&self, connection: &mut Connection, url: &DatabaseUrl) -> Result<Comparison, Error> {
        let owner = |_: &ObjectName| Some(Line::Main);
        let asked = BTreeSet::from([Line::Main]);
        let Shares { shares, dialect, .. } = compare_lines(connection, url, self, &asked, owner).await?;
        Ok(Comparison { changes: shares.into_iter().flat_map(|share| share.changes).collect(), dialect })
    }
}

/// Compares a live database with the models of some lines, and shares the changes out among them. `owner` says of a
/// table that no model declares whose it is to drop.
///
/// The nouns are compared as the dialect spells them; where that leaves a difference, the models' side is created in
/// a scratch place and compared as the server prints it.
///
/// # Errors
/// When the database cannot be read, when there is no model although tables would be dropped, when a rename can be
/// taken in two ways, when a line needs what another one, which is not asked for, has not made yet, or when the server
/// does not take what the models say.
pub async fn compare_lines(
    connection: &mut Connection,
    url: &DatabaseUrl,
    models: &Models,
    asked: &BTreeSet<Line>,
    owner: impl Fn(&ObjectName) -> Option<Line>,
) -> Result<Shares, Error> {
    let compared = compare_printed(connection, url, models, asked, owner).await;
    compared.map_err(|error| with_place(error, &models.declared.hints))
}

async fn compare_printed(
    connection: &mut Connection,
    url: &DatabaseUrl,
    models: &Models,
    asked: &BTreeSet<Line>,
    owner: impl Fn(&ObjectName) -> Option<Line>,
) -> Result<Shares, Error> {
    let dialect = dialect::for_version(connection.version())?;
    let rules = dialect.features().rules.clone();
    let objects = models.objects(dialect.as_ref())?;
    let mut wanted = dialect.canonical(&models.declared.schema)?;
    let scope = scope(&wanted, models, !objects.is_empty() && dialect.version().name == DialectName::Postgres);
    let mut live = dialect::introspect(connection, &scope).await?;
    let in_files = models.tables_of_scripts(&dialect::default_namespace(connection).await?);
    let ignore = &models.settings.ignore;
    ignore.take_out(&mut wanted);
    let models = &said::with_renames(models, &live, &wanted)?;
    let stays = |table: &ObjectName| {
        wanted.table(table).is_some() || in_files.contains_key(table) || models.declared.unmanaged.contains(table)
    };
    let is_former = |table: &ObjectName| {
        models.declared.hints.tables.values().any(|said| said.renamed_from.as_ref() == Some(table))
    };
    children::leave_alone(&mut live, |table| stays(table) || is_former(table));
    let is_left_alone = |table: &ObjectName| {
        OTHER_LEDGERS.contains(&table.name.as_str())
            || models.declared.unmanaged.contains(table)
            || ignore.covers_table(table)
    };
    let owner = |table: &ObjectName| owner(table).filter(|_| !is_left_alone(table));
    let whose = Whose::new(models, &in_files, &live, &rules, owner);
    refuse_without_models(asked, models, &live, &whose)?;
    let hints = models.hints(asked);
    hints::check(&live, &wanted, &hints)?;
    let mut hints = hints::with_spellings(&live, &wanted, &hints, &rules);
    let replaced_views = if rules.renames_views { BTreeMap::new() } else { std::mem::take(&mut hints.views) };
    let renamed = diff::renamed(&live, &wanted, &hints);
    children::refuse_silence(&renamed, &wanted)?;
    let mut named = adopt(&wanted, &renamed, &models.settings.naming, dialect.as_ref())?;
    unsaid::keep(&renamed, &mut named.schema, &models.declared.schema, &rules);
    let mut first = named.schema.clone();
    ignore.settle(&renamed, &mut first);
    let mut guide = Guide {
        open_names: named.open.clone(),
        one_transaction: dialect.features().transactional_ddl,
        rules: rules.clone(),
        ..Guide::default()
    };

    let turns: Vec<Turn> = asked.iter().cloned().map(Turn::whole).collect();
    let sides = Sides {
        models,
        whose: &whose,
        live: &live,
        wanted: &first,
        hints: &hints,
        replaced_views: &replaced_views,
        rules: &rules,
    };
    let mut differing: BTreeSet<Line> = shares(&sides, &turns, &guide).into_iter().map(|share| share.line).collect();
    if !objects.is_empty() {
        // How the server prints them is known only once it has built them.
        differing.extend(asked.iter().filter(|line| models.has_objects(line)).cloned());
        guide.definitions = Definitions::Declared;
    }
    if differing.is_empty() {
        return Ok(Shares { shares: Vec::new(), likely: Vec::new(), left_behind: Vec::new(), dialect });
    }

    let needed = if objects.is_empty() { needed(&named, &whose, &differing) } else { named.schema.clone() };
    turns::refuse_absent(asked, models, &whose, &live, &needed)?;
    let needed = stubs::with_referred(needed, &live);
    let there = Wanted {
        schema: &needed,
        hints: &models.declared.hints,
        objects: &objects.statements,
        privileges: &objects.privileges,
    };
    let Printed { schema: mut printed, granted } =
        scratch::as_printed(connection, url, there, dialect.as_ref()).await?;
    guide.granted = granted;
    // The wording is ours, not a wish of the models: what was worded otherwise need not be rebuilt for it.
    printed.tables.iter_mut().for_each(|table| table.verbatim = None);
    unsaid::keep(&renamed, &mut printed, &models.declared.schema, &rules);
    ignore.settle(&renamed, &mut printed);
    dialect.align(&mut live, &mut printed);
    let turns = turns::order(&differing, models, &whose, &live, &printed)?;
    let sides = Sides {
        models,
        whose: &whose,
        live: &live,
        wanted: &printed,
        hints: &hints,
        replaced_views: &replaced_views,
        rules: &rules,
    };
    let mut shares = shares_with_renames(
        &sides,
        &turns,
        &mut guide,
        Server { connection, scope: &scope, dialect: dialect.as_ref() },
    )
    .await?;
    for share in &mut shares {
        let mut changes = std::mem::take(&mut share.changes);
        if dialect.version().name != DialectName::Postgres {
            changes = changes.into_iter().map(|one| as_declared(one, &wanted)).collect();
        }
        share.changes = models.settings.hooks.rewritten(changes, dialect.version().name);
    }
    shares.retain(|share| !share.changes.is_empty());
    let mut likely: Vec<Likely> = shares.iter().flat_map(|share| diff::likely(&share.changes)).collect();
    likely.extend(likely::values(models, asked, &renamed, &hints));
    let left_behind = match rules.definitions_follow_renames {
        true => Vec::new(),
        false => left_behind::by(shares.iter().flat_map(|share| &share.changes), &live),
    };
    Ok(Shares { shares, likely, left_behind, dialect })
}

/// What each turn has to do; those with nothing to do are left out.
fn shares(sides: &Sides<'_>, turns: &[Turn], guide: &Guide) -> Vec<Share> {
    let mut found = Vec::new();
    let mut previous = sides.live.clone();
    for (index, turn) in turns.iter().enumerate() {
        let next = sides.after(&previous, turn, &lines_of(&turns[index + 1..]));
        let granted = sides.granted_of(&guide.granted, &turn.line);
        let guide = Guide { hints: sides.hints_of(&turn.line), granted, ..guide.clone() };
        let changes = diff::diff(&previous, &next, &guide);
        if !changes.is_empty() {
            found.push(Share::new(&turn.line, changes, &next));
        }
        previous = next;
    }
    found
}

/// Whom to ask.
struct Server<'a> {
    connection: &'a mut Connection,
    scope: &'a Scope,
    dialect: &'a dyn Dialect,
}

impl Server<'_> {
    /// Whether renames are tried out before they are compared: SQLite rewrites the text of all that names a thing, and
    /// PostgreSQL prints views under the new names. Elsewhere a view keeps its words.
    fn is_asked(&self, renames: &[Change], schema: &Schema) -> bool {
        match self.dialect.version().name {
            DialectName::Sqlite => !renames.is_empty(),
            DialectName::Postgres => schema.definitions.iter().any(|one| diff::stands_on_renamed(one, renames)),
            DialectName::Mysql | DialectName::Mariadb => false,
        }
    }
}

/// As [`shares`], where the server is asked what it makes of renames: it rewrites the text of views and triggers too.
async fn shares_with_renames(
    sides: &Sides<'_>,
    turns: &[Turn],
    guide: &mut Guide,
    server: Server<'_>,
) -> Result<Vec<Share>, Error> {
    let mut found = Vec::new();
    let mut previous = sides.live.clone();
    let mut renames = Vec::new();
    let granted = std::mem::take(&mut guide.granted);
    for (index, turn) in turns.iter().enumerate() {
        let mut next = sides.after(&previous, turn, &lines_of(&turns[index + 1..]));
        guide.hints = sides.hints_of(&turn.line);
        guide.granted = sides.granted_of(&granted, &turn.line);
        guide.renamed = None;
        let new = diff::renames(&previous, &next, &guide.hints);
        let is_asked = server.is_asked(&new, &previous);
        renames.extend(new);
        if is_asked {
            let after = scratch::after(server.connection, &renames, server.scope, server.dialect).await?;
            let renamed = sides.as_rewritten(diff::renamed(&previous, &next, &guide.hints), after, &turn.line);
            next.definitions.clone_from(&renamed.definitions);
            sides.definitions(&mut next, &turn.line);
            guide.renamed = Some(renamed);
        }
        let changes = diff::diff(&previous, &next, guide);
        if !changes.is_empty() {
            found.push(Share::new(&turn.line, changes, &next));
        }
        previous = next;
    }
    Ok(found)
}

fn lines_of(turns: &[Turn]) -> BTreeSet<Line> {
    turns.iter().map(|turn| turn.line.clone()).collect()
}

/// The tables of some lines, and those that they refer to, directly or through others; all types and sequences.
fn needed(named: &Adopted, whose: &Whose, lines: &BTreeSet<Line>) -> Schema {
    let Schema { tables, .. } = named.schema.clone();
    let is_asked = |table: &&Table| whose.of(&table.name).is_some_and(|line| lines.contains(line));
    let mut names: BTreeSet<&ObjectName> = BTreeSet::new();
    let mut stack: Vec<&Table> = tables.iter().filter(is_asked).collect();
    while let Some(table) = stack.pop() {
        if names.insert(&table.name) {
            let referred = |name: &ObjectName| tables.iter().find(|table| table.name == *name);
            stack.extend(table.foreign_keys.iter().filter_map(|key| referred(&key.references)));
        }
    }
    let names: BTreeSet<ObjectName> = names.into_iter().cloned().collect();
    let tables = tables.into_iter().filter(|table| names.contains(&table.name)).collect();
    Schema { tables, ..named.schema.clone() }
}

/// No model at all is a mistyped path much more often than a wish to drop everything.
fn refuse_without_models(
    asked: &BTreeSet<Line>,
    models: &Models,
    live: &Schema,
    whose: &Whose,
) -> Result<(), PlanError> {
    for line in asked.iter().filter(|line| !models.has_tables(line)) {
        let mut dropped = live.tables.iter().filter(|table| whose.of(&table.name) == Some(line));
        let Some(first) = dropped.next() else { continue };
        let others = match dropped.count() {
            0 => String::new(),
            1 => " and another table".to_owned(),
            more => format!(" and {more} other tables"),
        };
        let (of, key) = match line {
            Line::Main => (String::new(), "`models`".to_owned()),
            Line::Branch(label) => (format!(" of {line}"), format!("`models` of [branches.{label:?}]")),
        };
        return Err(PlanError::Invalid {
            reason: format!(
                "there is no model{of}, but the database has {}{others}, which would be dropped",
                first.name
            ),
            help: Some(format!(
                "do the paths under {key} in migrate.toml lead to structs with #[derive(Model)]? If everything is to \
                 go, write the revision yourself: migrate revision -m MESSAGE"
            )),
        });
    }
    Ok(())
}

/// A table that is created on MySQL or MariaDB says only those storage options that its model does. The others are the server's defaults,
/// and may be unknown to the next server that the revision meets.
fn as_declared(change: Change, wanted: &Schema) -> Change {
    let Change::CreateTable { next } = change else { return change };
    let mut table = Arc::unwrap_or_clone(next);
    let declared = wanted.table(&table.name).map(|table| &table.options);
    table.options.retain(|option, _| declared.is_some_and(|declared| declared.contains_key(option)));
    Change::CreateTable { next: Arc::new(table) }
}

/// The namespaces that models speak of, and the default one; and what belongs to none, where that may be declared.
fn scope(wanted: &Schema, models: &Models, with_database: bool) -> Scope {
    let mut names: BTreeSet<Option<String>> = wanted.tables.iter().map(|table| table.name.schema.clone()).collect();
    names.extend(models.namespaces().map(Some));
    names.insert(None);
    if with_database { Scope::NamespacesAndDatabase(names) } else { Scope::Namespaces(names) }
}

/// The tables in which other migration tools record what they applied: sqlx, Diesel, SeaORM, refinery, Alembic, dbmate
/// (and Rails), Flyway, Django. No model declares them, and whoever comes from there still needs them for a while.
const OTHER_LEDGERS: [&str; 9] = [
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "seaql_migrations",
    "refinery_schema_history",
    "alembic_version",
    "schema_migrations",
    "flyway_schema_history",
    "django_migrations",
    "databasechangelog",
];

/// Whether a column's type or default mentions a name as a word.
fn uses(tables: &[Table], name: &str) -> bool {
    let mentions = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            !inside(text[..at].chars().next_back()) && !inside(text[at + name.len()..].chars().next())
        })
    };
    tables
        .iter()
        .flat_map(|table| &table.columns)
        .any(|column| column.ty.native().is_some_and(mentions) || column.default.as_deref().is_some_and(mentions))
}
