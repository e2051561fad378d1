//! PostgreSQL: rows by COPY.

use rungs_schema::DialectName;

use super::rows::{Fault, Row, Rows, Value};
use super::{Loader, is_refusal};
use crate::error::DbError;
use crate::revision::Mode;

/// How much is sent at once.
const BUFFER: usize = 256 * 1024;

/// Why a COPY has stopped.
struct Stopped {
    error: DbError,
    /// The error says which line is to blame.
    has_line: bool,
}

impl Stopped {
    fn without_line(error: DbError) -> Self {
        Self { error, has_line: false }
    }
}

impl Loader<'_> {
    /// Copies straight into the table, where it has no rows and a constraint of its own for the key. `None` where that
    /// cannot be, or fails for a reason that names no line: the way over the temporary table finds it.
    pub(super) async fn copy_into_empty(&mut self) -> Result<Option<u64>, DbError> {
        if self.shape.name() != DialectName::Postgres
            || self.shape.load.mode == Mode::Update
            || !self.is_empty_and_keyed().await?
        {
            return Ok(None);
        }
        let rows = self.open()?;
        self.connection.execute("SAVEPOINT rungs_load").await?;
        let stopped = match self.copy(rows, &self.shape.table(), false).await {
            Ok(count) => {
                self.connection.execute("RELEASE SAVEPOINT rungs_load").await?;
                return Ok(Some(count));
            }
            Err(stopped) => stopped,
        };
        if stopped.has_line || !is_refusal(&stopped.error) {
            return Err(stopped.error);
        }
        self.connection.execute("ROLLBACK TO SAVEPOINT rungs_load").await?;
        self.connection.execute("RELEASE SAVEPOINT rungs_load").await?;
        Ok(None)
    }

    async fn is_empty_and_keyed(&mut self) -> Result<bool, DbError> {
        let table = self.shape.table();
        let keys = self.shape.load.key.iter().map(|key| self.shape.dialect.literal(key));
        let query = format!(
            "SELECT c.relkind IN ('r', 'p') AND NOT c.relhasrules AND EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE \
             i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS \
             NULL AND i.indnatts = i.indnkeyatts AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text COLLATE \"C\") \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)) = (SELECT \
             array_agg(k ORDER BY k COLLATE \"C\") FROM unnest(ARRAY[{}]::text[]) k)) AND NOT EXISTS (SELECT 1 FROM {table}) \
             AS fits FROM pg_catalog.pg_class c WHERE c.oid = {}::regclass",
            keys.collect::<Vec<_>>().join(", "),
            self.shape.dialect.literal(&table)
        );
        let rows = self.connection.query(&query).await.map_err(|error| self.refused(error, None))?;
        Ok(rows.first().map(|row| row.bool("fits")).transpose()?.unwrap_or_default())
    }

    pub(super) async fn copy_into_staging(&mut self, rows: Rows) -> Result<(), DbError> {
        let copied = self.copy(rows, self.shape.staging(), true).await;
        copied
            .map(|_| ())
            .map_err(|Stopped { error, has_line }| if has_line { error } else { self.refused(error, None) })
    }

    async fn copy(&mut self, mut rows: Rows, table: &str, numbered: bool) -> Result<u64, Stopped> {
        let line = if numbered { "rungs_line, " } else { "" };
        let sql = format!("COPY {table} ({line}{}) FROM STDIN", self.shape.list(""));
        let keys: Vec<usize> =
            (0..self.shape.columns.len()).filter(|at| self.shape.is_key(&self.shape.columns[*at])).collect();
        let (mut row, mut buffer, mut count) = (Row::default(), Vec::with_capacity(BUFFER + (BUFFER >> 3)), 0);
        let mut copy = self.connection.copy_in(&sql).await.map_err(Stopped::without_line)?;
        let fault = loop {
            match rows.next(&mut row) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(fault) => break Some(fault),
            }
            if let Some(at) = null_at(&row, &keys) {
                let reason = format!("its key `{}` is NULL", self.shape.columns[at]);
                break Some(Fault { line: Some(row.line), reason });
            }
            push(&mut buffer, &row, numbered);
            count += 1;
            if buffer.len() >= BUFFER {
                copy.send(&buffer).await.map_err(Stopped::without_line)?;
                buffer.clear();
                (self.tell)(count);
            }
        };
        copy.send(&buffer).await.map_err(Stopped::without_line)?;
        // The server may have an objection to a line before that of the fault, so that it is heard in any case; what it
        // has taken is rolled back.
        match (copy.finish().await, fault) {
            (Ok(copied), None) => Ok(copied),
            (Ok(_), Some(fault)) => Err(Stopped { error: self.fault(fault), has_line: true }),
            (Err(refused), _) => {
                let line = refused.line.and_then(|record| self.line_of(record));
                let has_line = line.is_some();
                let error = if has_line { self.refused(refused.error, line) } else { refused.error };
                Err(Stopped { error, has_line })
            }
        }
    }

    /// The line of the n-th row, from 1: a row may take several.
    fn line_of(&self, record: u64) -> Option<u64> {
        let mut rows = self.open().ok()?;
        let mut row = Row::default();
        for _ in 0..record {
            rows.next(&mut row).ok().filter(|has_row| *has_row)?;
        }
        Some(row.line)
    }
}

/// The first of some columns that is NULL.
fn null_at(row: &Row, columns: &[usize]) -> Option<usize> {
    let nulls = row.values().enumerate().filter(|(_, value)| *value == Value::Null);
    nulls.map(|(at, _)| at).find(|at| columns.contains(at))
}

/// A row in COPY's text format: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>.
fn push(buffer: &mut Vec<u8>, row: &Row, numbered: bool) {
    if numbered {
        buffer.extend_from_slice(row.line.to_string().as_bytes());
    }
    for (at, value) in row.values().enumerate() {
        if at > 0 || numbered {
            buffer.push(b'\t');
        }
        match value {
            Value::Null => buffer.extend_from_slice(b"\\N"),
            Value::Bool(is) => buffer.push(if is { b't' } else { b'f' }),
            Value::Number(text) => buffer.extend_from_slice(text.as_bytes()),
            Value::Text(text) => push_text(buffer, text),
        }
    }
    buffer.push(b'\n');
}

fn push_text(buffer: &mut Vec<u8>, text: &str) {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(is_special) {
        buffer.extend_from_slice(&rest[..at]);
        buffer.extend_from_slice(match rest[at] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    buffer.extend_from_slice(rest);
}
