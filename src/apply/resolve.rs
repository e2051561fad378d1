//! Taking from a person what nothing in the database shows: whether the statement that was under way ran.

use chrono::Utc;

use super::executor::OnEvent;
use super::ledger::{LedgerRow, LogEntry, Logged, State};
use super::progress::{Progress, chained};
use super::stamp::Held;
use super::{Options, ahead::before};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::error::{ApplyError, Error};
use crate::revision::Direction;

/// What was in doubt, and is no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The revision.
    pub revision: String,
    /// Which way its run went.
    pub direction: Direction,
    /// Which statement it was, from 1.
    pub index: usize,
    /// How many there are.
    pub total: usize,
    /// Whether it ran.
    pub done: bool,
    /// The target below the revision, for going on with reverting it.
    pub before: String,
}

/// Says of the statement in doubt of a revision that is half done whether it ran. `revision` is its id, or the beginning of
/// it. The ledger then knows as much as if the run had stopped before or behind that statement.
///
/// # Errors
/// When the revision is not half done, when none of its statements is in doubt, when the lock is not to be had, and when the
/// ledger cannot be written; it then is as it was.
pub async fn resolve(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    revision: &str,
    done: bool,
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Resolved, Error> {
    let held = Held::begin(connection, dialect, options, on_event).await?;
    let outcome = settle(&held, connection, revision, done).await;
    held.end(connection, outcome).await
}

async fn settle(held: &Held<'_>, connection: &mut Connection, revision: &str, done: bool) -> Result<Resolved, Error> {
    let rows = held.ledger.read(connection).await?;
    let row = half_done(&rows, revision)?;
    let before = before(&row.revision, &row.parents, rows.iter());
    let progress = Progress::of(row)?;
    let direction = if row.state == State::Applying { Direction::Up } else { Direction::Down };
    let next = next(row, progress.as_ref(), done).ok_or_else(|| certain(row, direction, &before))?;
    let resolved =
        Resolved { revision: row.revision.clone(), direction, index: row.done + 1, total: row.total, done, before };
    let log = held.ledger.log_sql(&LogEntry {
        revision: &row.revision,
        direction,
        at: Utc::now(),
        runner: &held.options.runner,
        duration_ms: 0,
        outcome: Logged::Resolved,
    });
    let statements = [held.ledger.set_back_sql(&row.revision, row.done + usize::from(done), &next), log];
    held.write(connection, &statements).await?;
    Ok(resolved)
}

/// What the ledger says then; `None` where nothing is in doubt.
fn next(row: &LedgerRow, progress: Option<&Progress>, done: bool) -> Option<Progress> {
    if row.done >= row.total {
        return None;
    }
    // An older version has written none: what ran is not known by its text, except that nothing did.
    let Some(Progress { ran, intent, .. }) = progress else {
        let ran = (row.done == 0 && !done).then(String::new);
        return Some(Progress { ran, ..Progress::default() });
    };
    let intent = intent.as_ref()?;
    let ran = if done { ran.as_ref().map(|ran| chained(ran, &intent.hash)) } else { ran.clone() };
    Some(Progress { ran, ..Progress::default() })
}

fn half_done<'r>(rows: &'r [LedgerRow], name: &str) -> Result<&'r LedgerRow, ApplyError> {
    let half = || rows.iter().filter(|row| row.state != State::Applied);
    let exact = half().find(|row| row.revision == name);
    let mut found = half().filter(|row| row.revision.starts_with(name));
    match (exact, found.next(), found.next()) {
        (Some(row), ..) | (None, Some(row), None) => Ok(row),
        (None, None, _) => Err(ApplyError::NotInDoubt {
            reason: format!("no revision `{name}` is half done"),
            help: "`migrate current` tells which one is".to_owned(),
        }),
        (None, Some(one), Some(other)) => Err(ApplyError::NotInDoubt {
            reason: format!("`{name}` may be {} or {}", one.revision, other.revision),
            help: "write more of the id".to_owned(),
        }),
    }
}

fn certain(row: &LedgerRow, direction: Direction, before: &str) -> ApplyError {
    let word = if direction == Direction::Up { "applied" } else { "reverted" };
    let going_on = crate::error::going_on(&row.revision, word, before);
    let (done, total) = (row.done, row.total);
    ApplyError::NotInDoubt {
        reason: format!(
            "no statement of revision {} is in doubt: {done} of {total} ran, and no other was sent",
            row.revision
        ),
        help: format!("`{going_on}` goes on from there"),
    }
}
