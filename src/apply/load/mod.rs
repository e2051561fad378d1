//! `-- migrate:load`: rows of a file into a table, all of them or none, in the transaction that is open.
//!
//! They come into a temporary table first, in which every column has the type that it has in the real one. There the key
//! is looked at, and one or two statements carry over what the mode asks for. Where the real table is empty and PostgreSQL
//! itself keeps the key unique, the rows go straight into it. Whatever goes wrong is told with the line of the file.

#[cfg(feature = "postgres")]
mod copy;
pub(super) mod file;
mod rows;
pub(super) mod script;
mod shape;
mod staging;

use std::time::{Duration, Instant};

use rungs_schema::DialectName;

use super::Event;
use super::executor::{OnEvent, Runner};
use super::prepare::Prepared;
use crate::db::Connection;
use crate::error::{Cause, DbError};
use crate::revision::{Load, Mode};
use file::Source;
use rows::{Fault, Rows};
use shape::Shape;

/// How often progress is told, at most.
const EVERY: Duration = Duration::from_millis(100);

impl Runner<'_> {
    /// Carries out a load, and tells how many rows of the table it has made or changed.
    pub(super) async fn load(
        &mut self,
        step: &Prepared<'_>,
        index: usize,
        load: &Load,
        on_event: OnEvent<'_>,
    ) -> Result<u64, DbError> {
        let sql = step.pieces[index].sql;
        let source = file::find(step.revision, load).map_err(|reason| statement_error(reason, None, sql))?;
        // For whoever looks on; what is wrong with the file is told where its rows are read.
        let total = source.lines().ok();
        let mut last = Instant::now();
        let mut tell = |rows: u64| {
            if last.elapsed() >= EVERY {
                last = Instant::now();
                on_event(Event::Progress { revision: step.revision, statement: index + 1, rows, total });
            }
        };
        let dialect = self.ledger.dialect();
        let connection = &mut *self.connection;
        let shape = Shape { dialect, load, columns: Vec::new() };
        let mut loader = Loader { connection, shape, source, sql, tell: &mut tell };
        let rows = loader.run().await?;
        on_event(Event::Progress { revision: step.revision, statement: index + 1, rows, total: None });
        Ok(rows)
    }
}

fn statement_error(reason: String, code: Option<String>, sql: &str) -> DbError {
    DbError::Statement { reason, code, sql: sql.to_owned(), position: None, help: Some(HELP.to_owned()) }
}

const HELP: &str = "nothing of this load stays: correct the file, and run the command again";

/// Whether the server objects to what was sent, and another attempt would be no use.
fn is_refusal(error: &DbError) -> bool {
    matches!(error, DbError::Statement { .. }) && error.cause() == Cause::Other && !super::failure::is_gone(error)
}

struct Loader<'l> {
    connection: &'l mut Connection,
    shape: Shape<'l>,
    source: Source,
    /// The marker.
    sql: &'l str,
    tell: &'l mut (dyn FnMut(u64) + Send),
}

impl Loader<'_> {
    async fn run(&mut self) -> Result<u64, DbError> {
        let rows = self.open()?;
        if rows.columns.is_empty() {
            return Ok(0);
        }
        self.shape.columns = self.find_columns(&rows).await?;
        #[cfg(feature = "postgres")]
        if let Some(copied) = self.copy_into_empty().await? {
            return Ok(copied);
        }
        self.stage(rows).await
    }

    fn open(&self) -> Result<Rows, DbError> {
        Rows::open(&self.source, self.shape.load).map_err(|fault| self.fault(fault))
    }

    /// An error with its place in the file.
    fn fault(&self, fault: Fault) -> DbError {
        let line = fault.line.map(|line| format!(":{line}")).unwrap_or_default();
        statement_error(format!("{}{line}: {}", self.source.shown, fault.reason), None, self.sql)
    }

    /// What the server says of a line; what is not about the rows stays as it is.
    fn refused(&self, error: DbError, line: Option<u64>) -> DbError {
        match error {
            DbError::Statement { reason, code, help, .. } => {
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                // MySQL counts the rows of our statement.
                let reason = reason.strip_suffix(" at row 1").unwrap_or(&reason);
                let reason = format!("{}{line}: {reason}", self.source.shown);
                let help = help.or_else(|| Some(HELP.to_owned()));
                DbError::Statement { reason, code, sql: self.sql.to_owned(), position: None, help }
            }
            other => other,
        }
    }

    /// Finds the columns that the file names.
    async fn find_columns(&mut self, rows: &Rows) -> Result<Vec<String>, DbError> {
        let table = self.shape.table();
        let (query, name) = match self.shape.name() {
            DialectName::Postgres => (
                format!(
                    "SELECT attname AS name FROM pg_catalog.pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND \
                     NOT attisdropped ORDER BY attnum",
                    self.shape.dialect.literal(&table)
                ),
                "name",
            ),
            DialectName::Sqlite => {
                let (schema, table) = &self.shape.load.table;
                let schema =
                    schema.as_ref().map(|schema| format!("{}.", self.shape.dialect.quote(schema))).unwrap_or_default();
                (format!("PRAGMA {schema}table_xinfo({})", self.shape.dialect.quote(table)), "name")
            }
            DialectName::Mysql | DialectName::Mariadb => (format!("SHOW COLUMNS FROM {table}"), "Field"),
        };
        let found = self.connection.query(&query).await.map_err(|error| self.refused_by_catalog(error))?;
        let there: Vec<String> = found.iter().map(|row| row.text(name).map(str::to_owned)).collect::<Result<_, _>>()?;
        let fault = |reason: String| Err(self.fault(Fault { line: Some(1), reason }));
        if there.is_empty() {
            return Err(statement_error(format!("there is no table {table}"), None, self.sql));
        }
        let mut columns = Vec::with_capacity(rows.columns.len());
        for wanted in &rows.columns {
            match there.iter().find(|column| self.shape.same_name(column, wanted)) {
                Some(column) => columns.push(column.clone()),
                None => return fault(format!("table {table} has no column `{wanted}`; it has {}", there.join(", "))),
            }
        }
        for key in &self.shape.load.key {
            if !columns.iter().any(|column| self.shape.same_name(column, key)) {
                return fault(format!("`key:{key}` is none of its columns, which are {}", rows.columns.join(", ")));
            }
        }
        if self.shape.load.mode == Mode::Update && columns.iter().all(|column| self.shape.is_key(column)) {
            return fault("beside the key it has no column to update".to_owned());
        }
        Ok(columns)
    }

    fn refused_by_catalog(&self, error: DbError) -> DbError {
        match error {
            DbError::Statement { reason, code, .. } => statement_error(reason, code, self.sql),
            other => other,
        }
    }
}
