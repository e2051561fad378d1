//! From models to a plan: what `autogenerate` writes and `check` looks for.

mod created;
mod hints;

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Declared, DialectName, ObjectName, Schema, Table};

use crate::db::{Connection, DatabaseUrl};
use crate::dialect::{self, Dialect, Scope};
use crate::diff::change::Change;
use crate::diff::{self, Guide};
use crate::error::{Error, PlanError};
use crate::source::{adopt, scratch};

pub use created::tables_created;

/// How a live database and models differ.
#[derive(Debug)]
pub struct Comparison {
    /// The changes that turn the database into what the models say, in an order that works.
    pub changes: Vec<Change>,
    /// The dialect that they are for.
    pub dialect: Box<dyn Dialect>,
}

/// Compares a live database with models. `owns` says of a table that no model declares whether it is ours to drop.
///
/// The nouns are compared as the dialect spells them; where that leaves a difference, the models' side is created in
/// a scratch place and compared as the server prints it.
///
/// # Errors
/// When the database cannot be read, when there is no model although tables would be dropped, when a rename can be
/// taken in two ways, or when the server does not take what the models say.
pub async fn compare(
    connection: &mut Connection,
    url: &DatabaseUrl,
    declared: &Declared,
    owns: impl Fn(&ObjectName) -> bool,
) -> Result<Comparison, Error> {
    let dialect = dialect::for_version(connection.version())?;
    let wanted = dialect.canonical(&declared.schema)?;
    let live = dialect::introspect(connection, &scope(&wanted)).await?;
    let mut current = ours(live, &wanted, &owns);
    refuse_without_models(&current, &wanted)?;
    hints::check(&current, &wanted, &declared.hints)?;
    let hints = hints::with_spellings(&current, &wanted, &declared.hints, &dialect.features().rules);
    let named = adopt(&wanted, &diff::renamed(&current, &wanted, &hints), dialect.as_ref());
    let mut guide = Guide {
        hints: hints.clone(),
        open_names: named.open,
        one_transaction: dialect.features().transactional_ddl,
        rules: dialect.features().rules.clone(),
        ..Guide::default()
    };
    let mut changes = diff::diff(&current, &named.schema, &guide);
    if !changes.is_empty() {
        let mut printed =
            scratch::as_printed(connection, url, &named.schema, &declared.hints, dialect.as_ref()).await?;
        // The wording is ours, not a wish of the models: what was worded otherwise need not be rebuilt for it.
        printed.tables.iter_mut().for_each(|table| table.verbatim = None);
        dialect.align(&mut current, &mut printed);
        let renames = diff::renames(&current, &printed, &hints);
        if !renames.is_empty() && dialect.version().name == DialectName::Sqlite {
            let after = scratch::after(connection, &renames, dialect.as_ref()).await?;
            guide.renamed = Some(ours(after, &wanted, &owns));
        }
        changes =
            diff::diff(&current, &printed, &guide).into_iter().map(|change| as_declared(change, &wanted)).collect();
    }
    Ok(Comparison { changes, dialect })
}

/// No model at all is a mistyped path much more often than a wish to drop everything.
fn refuse_without_models(current: &Schema, wanted: &Schema) -> Result<(), PlanError> {
    let Some(first) = current.tables.first().filter(|_| wanted.tables.is_empty()) else { return Ok(()) };
    let others = match current.tables.len() - 1 {
        0 => String::new(),
        1 => " and another table".to_owned(),
        more => format!(" and {more} other tables"),
    };
    Err(PlanError::Invalid {
        reason: format!("there is no model, but the database has {}{others}, which would be dropped", first.name),
        help: Some(
            "do the paths under `models` in migrate.toml lead to structs with #[derive(Model)]? If everything is to \
             go, write the revision yourself: migrate revision -m MESSAGE"
                .to_owned(),
        ),
    })
}

/// A table that is created says only those storage options that its model does. The others are the server's defaults,
/// and may be unknown to the next server that the revision meets.
fn as_declared(change: Change, wanted: &Schema) -> Change {
    let Change::CreateTable { next } = change else { return change };
    let mut table = Arc::unwrap_or_clone(next);
    let declared = wanted.table(&table.name).map(|table| &table.options);
    table.options.retain(|option, _| declared.is_some_and(|declared| declared.contains_key(option)));
    Change::CreateTable { next: Arc::new(table) }
}

/// The namespaces that models speak of, and the default one.
fn scope(wanted: &Schema) -> Scope {
    let mut names: BTreeSet<Option<String>> = wanted.tables.iter().map(|table| table.name.schema.clone()).collect();
    names.insert(None);
    Scope::Namespaces(names)
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

/// The part of a live schema that models may change. A type or sequence that they don't declare is theirs only when
/// tables used it that no longer do; one that nothing uses was made by hand, and stays.
fn ours(mut live: Schema, wanted: &Schema, owns: &impl Fn(&ObjectName) -> bool) -> Schema {
    let is_ours = |name: &ObjectName| owns(name) && !OTHER_LEDGERS.contains(&name.name.as_str());
    live.tables.retain(|table| wanted.table(&table.name).is_some() || is_ours(&table.name));
    let released = |name: &ObjectName| uses(&live.tables, &name.name) && !uses(&wanted.tables, &name.name);
    let sequences =
        live.sequences.iter().filter(|one| wanted.sequences.iter().any(|w| w.name == one.name) || released(&one.name));
    let sequences = sequences.cloned().collect();
    let enums = live.enums.iter().filter(|one| wanted.enums.iter().any(|w| w.name == one.name) || released(&one.name));
    let enums = enums.cloned().collect();
    Schema { sequences, enums, ..live }
}

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
