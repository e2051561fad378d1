//! Names that a server would cut.

use rungs_schema::{DialectName, Hints, ObjectName, Schema, Table};

use crate::dialect::Dialect;
use crate::error::SourceError;

/// PostgreSQL cuts a name that is too long and says so in a notice, after which the models and the database would
/// differ for ever: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>
///
/// # Errors
/// With the first name that is longer than the engine keeps, and where its model stands.
pub(super) fn check_names(schema: &Schema, hints: &Hints, dialect: &dyn Dialect) -> Result<(), SourceError> {
    let most = dialect.features().identifier_length;
    if most == 0 {
        return Ok(());
    }
    let bytes = dialect.version().name == DialectName::Postgres;
    let length = |name: &str| if bytes { name.len() } else { name.chars().count() };
    let unit = if bytes { "bytes" } else { "characters" };
    let check = |kind: &str, name: &str, table: Option<&ObjectName>| {
        if length(name) <= most {
            return Ok(());
        }
        let place = table.and_then(|table| hints.tables.get(table)).and_then(|hints| hints.location.as_ref());
        let server = dialect.version();
        Err(SourceError::Rejected {
            reason: format!("the name of the {kind} {name} has {} {unit}, {server} keeps {most}", length(name)),
            help: Some(match place {
                Some(place) => format!("give it a shorter name in the model at {place}"),
                None => "give it a shorter name".to_owned(),
            }),
        })
    };
    for table in &schema.tables {
        names(table).into_iter().try_for_each(|(kind, name)| check(kind, name, Some(&table.name)))?;
    }
    schema.sequences.iter().try_for_each(|sequence| check("sequence", &sequence.name.name, None))?;
    schema.enums.iter().try_for_each(|one| check("type", &one.name.name, None))
}

/// All names of a table, each with what it names.
fn names(table: &Table) -> Vec<(&'static str, &str)> {
    let mut names = vec![("table", table.name.name.as_str())];
    names.extend(table.columns.iter().map(|column| ("column", column.name.as_str())));
    names.extend(table.uniques.iter().filter_map(|one| Some(("unique constraint", one.name.as_deref()?))));
    names.extend(table.indexes.iter().filter_map(|one| Some(("index", one.name.as_deref()?))));
    names.extend(table.foreign_keys.iter().filter_map(|one| Some(("foreign key", one.name.as_deref()?))));
    names.extend(table.exclusions.iter().filter_map(|one| Some(("exclusion constraint", one.name.as_deref()?))));
    names.extend(table.checks.iter().filter_map(|one| Some(("check", one.name.as_deref()?))));
    names
}
