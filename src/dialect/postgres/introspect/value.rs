//! Values that come as JSON or in PostgreSQL's own spelling.

use rungs_schema::{Action, Deferrable, ObjectName, Options};
use serde::de::DeserializeOwned;

use crate::db::Row;
use crate::error::DbError;

/// A value that the query made into JSON; NULL is the type's default.
pub(super) fn json<T: DeserializeOwned + Default>(row: &Row, column: &str) -> Result<T, DbError> {
    let Some(text) = row.opt(column)? else { return Ok(T::default()) };
    serde_json::from_str::<Option<T>>(text)
        .map(Option::unwrap_or_default)
        .map_err(|error| DbError::Answer { reason: format!("column `{column}` holds `{text}`: {error}") })
}

/// `reloptions`, as in `fillfactor=70`.
pub(super) fn options(row: &Row, column: &str) -> Result<Options, DbError> {
    let list: Vec<String> = json(row, column)?;
    Ok(list
        .into_iter()
        .map(|option| match option.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (option, String::new()),
        })
        .collect())
}

/// The columns `schema` and `name`.
pub(super) fn name(row: &Row) -> Result<ObjectName, DbError> {
    named(row, "schema", "name")
}

pub(super) fn named(row: &Row, schema: &str, name: &str) -> Result<ObjectName, DbError> {
    Ok(ObjectName { schema: text(row, schema)?, name: row.text(name)?.to_owned() })
}

pub(super) fn text(row: &Row, column: &str) -> Result<Option<String>, DbError> {
    Ok(row.opt(column)?.map(str::to_owned))
}

/// A truth value where NULL is false.
pub(super) fn flag(row: &Row, column: &str) -> Result<bool, DbError> {
    Ok(row.opt(column)? == Some("t"))
}

pub(super) fn action(letter: Option<&str>) -> Result<Action, DbError> {
    Ok(match letter {
        Some("a") | None => Action::NoAction,
        Some("r") => Action::Restrict,
        Some("c") => Action::Cascade,
        Some("n") => Action::SetNull,
        Some("d") => Action::SetDefault,
        Some(other) => return Err(DbError::Answer { reason: format!("`{other}` is no foreign key action") }),
    })
}

pub(super) fn deferrable(row: &Row) -> Result<Option<Deferrable>, DbError> {
    Ok(flag(row, "deferrable")?.then_some(Deferrable { initially_deferred: flag(row, "deferred")? }))
}
