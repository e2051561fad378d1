//! What the log says of the runs.

use super::ledger::Ledger;
use crate::db::{Connection, Row, without_passwords};
use crate::dialect::Dialect;
use crate::error::{ApplyError, DbError};

/// A row of `rungs_log`. Whatever a newer version has written is passed on as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// When the run of this revision began; RFC 3339, UTC.
    pub started_at: String,
    /// Who ran it; empty where that is not known.
    pub runner: String,
    /// The version of rungs that ran it, or wrote the script that did.
    pub version: String,
    /// The revision's id.
    pub revision: String,
    /// `up` or `down`.
    pub direction: String,
    /// How long it took.
    pub duration_ms: u64,
    /// `done`, `failed`, `stamped` or `accepted`.
    pub outcome: String,
    /// Why it failed, without passwords of URLs.
    pub error: Option<String>,
}

/// Which rows of the log are meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogFilter<'a> {
    /// Only those of revisions whose id begins so.
    pub revision: Option<&'a str>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// What the log of a database says, newest first; nothing where there is none yet.
///
/// # Errors
/// When it cannot be read.
pub async fn log(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    filter: LogFilter<'_>,
) -> Result<Vec<LogRow>, ApplyError> {
    let ledger = Ledger::open(connection, dialect).await?;
    if ledger.found(connection, "= 'rungs_log'").await? == 0 {
        return Ok(Vec::new());
    }
    let rows = connection.query(&ledger.select_log_sql(filter)).await?;
    Ok(rows.iter().map(log_row).collect::<Result<_, DbError>>()?)
}

impl Ledger<'_> {
    fn select_log_sql(&self, filter: LogFilter<'_>) -> String {
        // Not LIKE: an id may have what it takes for a pattern.
        let condition = filter
            .revision
            .map(|prefix| format!(" WHERE substr(revision, 1, {}) = {}", prefix.chars().count(), self.literal(prefix)));
        let limit = filter.limit.map(|limit| format!(" LIMIT {limit}"));
        format!(
            "SELECT started_at, runner, version, revision, direction, duration_ms, outcome, error FROM {}{} \
             ORDER BY id DESC{}",
            self.table("rungs_log"),
            condition.unwrap_or_default(),
            limit.unwrap_or_default()
        )
    }
}

fn log_row(row: &Row) -> Result<LogRow, DbError> {
    let text = |column: &str| row.text(column).map(str::to_owned);
    Ok(LogRow {
        started_at: text("started_at")?,
        runner: text("runner")?,
        version: text("version")?,
        revision: text("revision")?,
        direction: text("direction")?,
        duration_ms: u64::try_from(row.int("duration_ms")?).unwrap_or_default(),
        outcome: text("outcome")?,
        error: row.opt("error")?.map(without_passwords),
    })
}
