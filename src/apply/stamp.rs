//! Changing what the ledger says without running anything.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rungs_schema::DialectName;

use super::ahead::{check_half_done, edited, explain, half_done};
use super::executor::OnEvent;
use super::failure::busy;
use super::ledger::{Entry, Ledger, LedgerRow, LogEntry, Logged, State, applied_ids};
use super::lock::Lock;
use super::session::pragma;
use super::{Options, Report, StepReport};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::error::{Error, RevisionError};
use crate::revision::{Direction, History, Revision, Step, Target};

/// How many rows one statement writes: a history of thousands is not thousands of ways to the server and back.
const ROWS: usize = 200;

/// What is to become of the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Stamp<'t> {
    /// The current position of their lines: [`History::stamp_route`].
    pub targets: &'t [Target],
    /// Empties the ledger first, of ids that no file has too. What the targets cover is then written anew.
    pub purge: bool,
}

/// Makes the targets the current position of their lines in the ledger. What is to be done is found under the lock, and
/// done in one transaction. A row whose run has not ended is settled where a target covers it.
///
/// # Errors
/// When a target is unknown, ambiguous, or overlaps with another, when the lock is not to be had, and when the ledger
/// cannot be written; it then is as it was.
pub async fn stamp(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    history: &History,
    stamp: Stamp<'_>,
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Report, Error> {
    let held = Held::begin(connection, dialect, options, on_event).await?;
    let planned = held.plan(connection, history, stamp).await;
    let outcome = match planned {
        Ok(plan) => held.write(connection, &plan.statements(&held)).await.map(|()| plan.report()),
        Err(error) => Err(error),
    };
    held.end(connection, outcome).await
}

/// Takes in the text that applied revisions have now, of all that were edited after they were applied, or of the
/// targets alone; returns their ids in the order of the history.
///
/// # Errors
/// When a target is unknown, ambiguous or not applied, when the lock is not to be had, and when the ledger cannot be
/// written; it then is as it was.
pub async fn accept_edits(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    history: &History,
    targets: &[Target],
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Vec<String>, Error> {
    let held = Held::begin(connection, dialect, options, on_event).await?;
    let dialect = held.ledger.dialect_name();
    let rows = held.ledger.read(connection).await.map_err(Error::from);
    let accepted = rows.and_then(|rows| accepted(history, &rows, targets, dialect));
    let outcome = match accepted {
        Ok(accepted) => {
            let changes: Vec<_> = accepted.iter().map(|revision| (revision.id.clone(), Direction::Up)).collect();
            let mut statements: Vec<String> =
                accepted.iter().map(|revision| held.ledger.accept_sql(revision)).collect();
            statements.extend(held.log(&changes, Logged::Accepted));
            let written = held.write(connection, &statements).await;
            written.map(|()| changes.into_iter().map(|(id, _)| id).collect())
        }
        Err(error) => Err(error),
    };
    held.end(connection, outcome).await
}

/// Creates the tables of the ledger where they are not there, and tells whether one was missing.
///
/// # Errors
/// When the lock is not to be had, and when this user may not create them.
pub async fn ensure_version(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<bool, Error> {
    let held = Held::begin(connection, dialect, options, on_event).await?;
    let outcome = held.ledger.ensure(connection).await.map_err(Error::from);
    let outcome = match outcome {
        // On SQLite the tables are in the transaction that the lock is.
        Ok(created) if held.is_sqlite() => connection.execute("COMMIT").await.map(|_| created).map_err(Error::from),
        other => other,
    };
    held.end(connection, outcome).await
}

/// The edited revisions that are meant.
fn accepted<'h>(
    history: &'h History,
    rows: &[LedgerRow],
    targets: &[Target],
    dialect: DialectName,
) -> Result<Vec<&'h Revision>, Error> {
    let named = named(history, rows, targets)?;
    let edited = edited(history, rows, dialect).into_iter().map(|one| one.revision);
    Ok(edited.filter(|revision| targets.is_empty() || named.contains(&revision.id)).collect())
}

/// The ids that targets mean, each of which must be applied.
fn named(history: &History, rows: &[LedgerRow], targets: &[Target]) -> Result<BTreeSet<String>, Error> {
    let applied = applied_ids(rows);
    let mut named = BTreeSet::new();
    for target in targets {
        let unusable = |reason: String| RevisionError::Unusable {
            text: target.to_string(),
            reason,
            help: "name applied revisions, or none for all that were edited".to_owned(),
        };
        let found = history.resolve(target, &applied).map_err(|error| explain(error, target, history, rows))?;
        if found.is_empty() {
            return Err(unusable("it names no revision".to_owned()).into());
        }
        for revision in found {
            match rows.iter().find(|row| row.revision == revision.id) {
                None => return Err(unusable(format!("revision {} is not applied", revision.id)).into()),
                Some(row) if row.state != State::Applied => check_half_done(rows)?,
                Some(_) => {}
            }
            named.insert(revision.id.clone());
        }
    }
    Ok(named)
}

/// What of the ledger goes and comes.
struct Plan<'h> {
    /// All rows, newest first, where the ledger is emptied first.
    purged: Vec<String>,
    steps: Vec<Step<'h>>,
    /// The rows among those that come whose run has not ended.
    half: BTreeSet<String>,
    begin: DateTime<Utc>,
}

impl Plan<'_> {
    /// In the order in which they happen.
    fn changes(&self) -> Vec<(String, Direction)> {
        let purged = self.purged.iter().map(|id| (id.clone(), Direction::Down));
        purged.chain(self.steps.iter().map(|step| (step.revision.id.clone(), step.direction))).collect()
    }

    fn statements(&self, held: &Held<'_>) -> Vec<String> {
        let going = |step: &&Step<'_>| step.direction == Direction::Down || self.half.contains(&step.revision.id);
        let steps = self.steps.iter().filter(going).map(|step| step.revision.id.as_str());
        let gone: Vec<&str> = self.purged.iter().map(String::as_str).chain(steps).collect();
        let mut statements: Vec<String> = gone.chunks(ROWS).map(|ids| held.ledger.delete_all_sql(ids)).collect();
        let coming = self.steps.iter().filter(|step| step.direction == Direction::Up);
        // Each a little later than the one before it, since the moments tell the order of the rows.
        let mut at = self.begin;
        let entries: Vec<Entry<'_>> = coming
            .map(|step| {
                at += TimeDelta::microseconds(1);
                Entry { revision: step.revision, state: State::Applied, done: 0, total: 0, at, duration_ms: 0 }
            })
            .collect();
        statements.extend(entries.chunks(ROWS).map(|entries| held.ledger.insert_all_sql(entries)));
        statements.extend(held.log(&self.changes(), Logged::Stamped));
        statements
    }

    fn report(&self) -> Report {
        let step = |(revision, direction)| StepReport { revision, direction, duration: Duration::ZERO };
        Report { steps: self.changes().into_iter().map(step).collect(), skipped: Vec::new() }
    }
}

/// The run's lock. On SQLite it is the transaction in which everything is then read and written.
pub(super) struct Held<'l> {
    pub(super) ledger: Ledger<'l>,
    lock: Lock,
    /// SQLite's, as it was.
    busy_timeout: Option<i64>,
    pub(super) options: &'l Options,
}

impl<'l> Held<'l> {
    pub(super) async fn begin(
        connection: &mut Connection,
        dialect: &'l dyn Dialect,
        options: &'l Options,
        on_event: OnEvent<'_>,
    ) -> Result<Self, Error> {
        let ledger = Ledger::open(connection, dialect).await?;
        let lock = Lock::acquire(connection, &ledger, options.lock_wait, on_event).await?;
        let mut held = Self { ledger, lock, busy_timeout: None, options };
        if held.is_sqlite() {
            held.busy_timeout = Some(pragma(connection, "busy_timeout").await?);
            connection.execute(&format!("PRAGMA busy_timeout = {}", options.lock_wait.as_millis())).await?;
            if let Err(error) = connection.execute("BEGIN IMMEDIATE").await {
                let error = busy(error, DialectName::Sqlite, options.lock_wait);
                return held.end(connection, Err(error.into())).await;
            }
        }
        Ok(held)
    }

    fn is_sqlite(&self) -> bool {
        self.ledger.dialect_name() == DialectName::Sqlite
    }

    async fn plan<'h>(
        &self,
        connection: &mut Connection,
        history: &'h History,
        stamp: Stamp<'_>,
    ) -> Result<Plan<'h>, Error> {
        let (mut purged, mut rows) = (Vec::new(), Vec::new());
        if stamp.purge {
            purged = self.ledger.ids(connection).await?;
            purged.reverse();
        } else {
            rows = self.ledger.read(connection).await?;
        }
        if stamp.targets.iter().any(Target::reads_ledger) {
            // From a revision that is half done, there is no telling what one step is.
            check_half_done(&rows)?;
        }
        let recorded = rows.iter().map(|row| row.revision.clone()).collect();
        let half = half_done(&rows);
        let steps = history.stamp_route(&recorded, &half, stamp.targets).map_err(|error| {
            stamp.targets.iter().fold(error, |error, target| explain(error, target, history, &rows))
        })?;
        Ok(Plan { purged, steps, half, begin: Utc::now() })
    }

    fn log(&self, changes: &[(String, Direction)], outcome: Logged<'_>) -> Vec<String> {
        let at = Utc::now();
        let runner = self.options.runner.as_str();
        let entries: Vec<LogEntry<'_>> = changes
            .iter()
            .map(|(revision, direction)| LogEntry {
                revision,
                direction: *direction,
                at,
                runner,
                duration_ms: 0,
                outcome,
            })
            .collect();
        entries.chunks(ROWS).map(|entries| self.ledger.log_all_sql(entries)).collect()
    }

    /// All statements or none.
    pub(super) async fn write(&self, connection: &mut Connection, statements: &[String]) -> Result<(), Error> {
        if statements.is_empty() {
            return Ok(());
        }
        self.ledger.ensure(connection).await?;
        if !self.is_sqlite() {
            // Not before the tables are there: on MySQL, to create them would end the transaction.
            connection.execute("BEGIN").await?;
        }
        for sql in statements {
            connection.execute(sql).await?;
        }
        connection.execute("COMMIT").await?;
        Ok(())
    }

    /// Leaves no transaction behind, and gives the lock back. The first error is the one to tell.
    pub(super) async fn end<T>(self, connection: &mut Connection, outcome: Result<T, Error>) -> Result<T, Error> {
        if outcome.is_err() || self.is_sqlite() {
            // Where there is none any more, SQLite calls that an error.
            let _ = connection.execute("ROLLBACK").await;
        }
        let mut restored = Ok(0);
        if let Some(before) = self.busy_timeout {
            restored = connection.execute(&format!("PRAGMA busy_timeout = {before}")).await;
        }
        let released = self.lock.release(connection).await;
        let value = outcome?;
        released?;
        restored?;
        Ok(value)
    }
}
