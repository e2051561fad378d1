//! A load as statements that a client runs.

use super::file::{self, Source};
use super::rows::{Fault, Row, Rows};
use super::shape::{Chunk, Shape};
use crate::dialect::Dialect;
use crate::revision::{Load, Mode, Revision};

/// The statements of a load. What the table is, only the server knows; what it objects to, it tells without the line.
pub(in crate::apply) struct LoadScript {
    /// Bring the rows into the temporary table.
    pub(in crate::apply) before: Vec<String>,
    /// Queries that find a row where something is wrong, and what that is.
    pub(in crate::apply) checks: Vec<(String, String)>,
    /// Carry them over.
    pub(in crate::apply) after: Vec<String>,
}

/// Writes out a load.
///
/// # Errors
/// When the file cannot be read, or a row of it not be loaded.
pub(in crate::apply) fn script(dialect: &dyn Dialect, revision: &Revision, load: &Load) -> Result<LoadScript, String> {
    let source = file::find(revision, load)?;
    written(dialect, &source, load).map_err(|Fault { line, reason }| {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line}: {reason}", source.shown)
    })
}

fn written(dialect: &dyn Dialect, source: &Source, load: &Load) -> Result<LoadScript, Fault> {
    let mut rows = Rows::open(source, load)?;
    let shape = Shape { dialect, load, columns: rows.columns.clone() };
    let mut written = LoadScript { before: Vec::new(), checks: Vec::new(), after: Vec::new() };
    if shape.columns.is_empty() {
        return Ok(written);
    }
    if let Some(key) = load.key.iter().find(|key| !shape.columns.iter().any(|column| shape.same_name(column, key))) {
        let reason = format!("`key:{key}` is none of its columns, which are {}", shape.columns.join(", "));
        return Err(Fault { line: Some(1), reason });
    }
    written.before = shape.create_sql();
    let (mut row, mut chunk) = (Row::default(), Chunk::default());
    while rows.next(&mut row)? {
        shape.check_key(&row)?;
        shape.push(&mut chunk, &row);
        if chunk.is_full() {
            written.before.push(format!("{}{}", shape.insert_sql(), chunk.sql));
            chunk = Chunk::default();
        }
    }
    if !chunk.rows.is_empty() {
        written.before.push(format!("{}{}", shape.insert_sql(), chunk.sql));
    }
    written.checks.push((shape.twice_sql(), format!("a key stands in {} twice", source.shown)));
    if load.mode == Mode::Update {
        let reason = format!("a key of {} is not in table {}, and mode:update adds none", source.shown, shape.table());
        written.checks.push((shape.missing_sql(), reason));
    }
    written.after = shape.carry_sql(None);
    written.after.push(shape.drop_sql());
    Ok(written)
}
