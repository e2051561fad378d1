//! Runs revisions.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::ahead::{check_half_done, half_done_at, stands_on};
use super::ledger::{Ledger, LedgerRow, LogEntry, Logged, State};
use super::lock::Lock;
use super::look::Engines;
use super::prepare::{Prepared, prepare};
use super::progress::Rounds;
use super::session::{Session, pragma};
use super::work::Work;
use super::{Event, Options, Report, StepReport, Transaction, pooler, whole};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::dialect::splitter::Piece;
use crate::error::{ApplyError, DbError, Refusal};
use crate::revision::{Direction, Step};

/// Whoever shows progress.
pub(super) type OnEvent<'e> = &'e mut (dyn FnMut(Event<'_>) + Send);

/// Applies and reverts revisions, in the order given. Everything that can be known beforehand is checked before anything
/// runs; steps that another runner has done meanwhile are skipped; a revision whose file was edited after it was applied
/// is not reverted.
///
/// # Errors
/// When a revision may not run, the lock is not to be had, or a statement fails. Where DDL is transactional, nothing of
/// the revision that failed stays; elsewhere the ledger says how far it came.
pub async fn run(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    steps: &[Step<'_>],
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Report, ApplyError> {
    let transactional = dialect.features().transactional_ddl && options.transaction != Transaction::None;
    let prepared = prepare(steps, connection.version().name, transactional, &options.program)?;
    if options.transaction == Transaction::All {
        whole::check(dialect, &prepared)?;
    }
    let ledger = Ledger::open(connection, dialect).await?;
    let mut session = Session::begin(connection, dialect, &ledger, options.lock_wait).await?;
    let outcome = match Lock::acquire(connection, &ledger, options.lock_wait, on_event).await {
        Ok(mut lock) => {
            if lock.is_pooled() {
                session.pool();
            }
            let mut runner = Runner::new(connection, ledger, &session, options);
            let outcome = runner.run(&prepared, &mut lock, on_event).await;
            let report = runner.report;
            let released = lock.release(connection).await;
            outcome.and(released).map(|()| report)
        }
        Err(error) => Err(error),
    };
    connection.limit_statements(None).await?;
    let ended = session.end(connection).await;
    // The first error is the one to tell: where the connection broke, all that follows fails too.
    let report = outcome?;
    ended.map(|()| report)
}

pub(super) struct Runner<'r> {
    pub(super) connection: &'r mut Connection,
    pub(super) ledger: Ledger<'r>,
    pub(super) session: &'r Session,
    pub(super) options: &'r Options,
    /// The ledger as it is now.
    pub(super) rows: BTreeMap<String, LedgerRow>,
    /// The revisions of this run, and which way each goes: one that is half done that way is gone on with.
    asked: BTreeMap<String, Direction>,
    /// MySQL: what cannot be taken back.
    pub(super) engines: Engines,
    /// SQLite's counter of what others have committed, when the ledger was read.
    pub(super) data_version: Option<i64>,
    /// Of what runs now, from 1.
    pub(super) attempt: u32,
    /// Of the batch that runs now.
    pub(super) rounds: Option<Rounds>,
    pub(super) report: Report,
}

/// What became of a revision inside its transaction.
pub(super) enum Outcome {
    Done,
    /// Another runner has done it.
    Skipped,
}

impl<'r> Runner<'r> {
    pub(super) fn new(
        connection: &'r mut Connection,
        ledger: Ledger<'r>,
        session: &'r Session,
        options: &'r Options,
    ) -> Self {
        Self {
            connection,
            ledger,
            session,
            options,
            rows: BTreeMap::new(),
            asked: BTreeMap::new(),
            engines: Engines::default(),
            data_version: None,
            attempt: 1,
            rounds: None,
            report: Report::default(),
        }
    }
}

impl Runner<'_> {
    pub(super) fn is_sqlite(&self) -> bool {
        self.connection.version().name == DialectName::Sqlite
    }

    /// What begins a transaction: on SQLite one that writes from its beginning, so that it keeps others out.
    pub(super) fn begin(&self) -> &'static str {
        if self.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN" }
    }

    async fn run(
        &mut self,
        prepared: &[Prepared<'_>],
        lock: &mut Lock,
        on_event: OnEvent<'_>,
    ) -> Result<(), ApplyError> {
        if self.session.is_pooled() {
            pooler::check(prepared, self.connection.version())?;
        }
        if prepared.is_empty() {
            // Whether there is nothing to do is not known while something is half done.
            self.read().await?;
            return check_half_done(self.rows.values());
        }
        self.asked = prepared.iter().map(|step| (step.revision.id.clone(), step.direction)).collect();
        self.ledger.ensure(self.connection).await?;
        self.read().await?;
        self.check_all(prepared)?;
        if self.options.transaction == Transaction::All {
            return self.run_as_one(prepared, on_event).await;
        }
        // What is half done stands on nothing that is still to come, and is brought to an end first.
        let (half, whole): (Vec<_>, Vec<_>) = prepared.iter().partition(|step| self.is_half_done(step));
        for step in half.into_iter().chain(whole) {
            lock.check().await?;
            let Prepared { revision, direction, .. } = *step;
            if !self.is_to_do(step)? {
                self.skip(step, on_event);
                continue;
            }
            on_event(Event::Started { revision, direction, total: step.pieces.len() });
            let at = Utc::now();
            let begin = Instant::now();
            match self.run_step(step, at, begin, on_event).await {
                Ok(Outcome::Skipped) => self.skip(step, on_event),
                Ok(Outcome::Done) => {
                    let duration = begin.elapsed();
                    self.report.steps.push(StepReport { revision: revision.id.clone(), direction, duration });
                    on_event(Event::Finished { revision, direction, duration });
                }
                Err(error) => {
                    let sql = self.log_sql(step, at, begin, Some(&error.to_string()));
                    // The error itself is what counts; the log may be out of reach for the same reason.
                    let _ = self.connection.execute(&sql).await;
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Runs one revision. One that is a transaction is tried again as a whole where others held a lock.
    async fn run_step(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        self.attempt = 1;
        let whole = step.in_transaction && !self.is_half_done(step);
        loop {
            self.limit(step).await?;
            let outcome = match whole {
                true => self.run_in_transaction(step, at, begin, on_event).await,
                false => self.run_one_by_one(step, at, begin, on_event).await,
            };
            let Err(error) = outcome else { return outcome };
            let reason = error.to_string();
            if !whole || !self.waits_to_retry(step, error.cause(), &reason, on_event).await {
                return Err(self.explained(step, error).await);
            }
        }
    }

    /// Sends a statement, or carries out what stands in the place of one.
    pub(super) async fn carry_out(
        &mut self,
        step: &Prepared<'_>,
        index: usize,
        on_event: OnEvent<'_>,
    ) -> Result<(), DbError> {
        let carried = match step.works[index] {
            Work::Load(load) => self.load(step, index, load, on_event).await,
            Work::Statement | Work::Batch(_) => self.connection.execute(step.pieces[index].sql).await,
        };
        carried.map(|_| ())
    }

    pub(super) fn skip(&mut self, step: &Prepared<'_>, on_event: OnEvent<'_>) {
        self.report.skipped.push(step.revision.id.clone());
        on_event(Event::Skipped { revision: step.revision, direction: step.direction });
    }

    pub(super) fn log_sql(
        &self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        error: Option<&str>,
    ) -> String {
        self.ledger.log_sql(&LogEntry {
            revision: &step.revision.id,
            direction: step.direction,
            at,
            runner: &self.options.runner,
            duration_ms: millis(begin.elapsed()),
            outcome: error.map_or(Logged::Done, Logged::Failed),
        })
    }

    pub(super) async fn read(&mut self) -> Result<(), ApplyError> {
        if self.is_sqlite() {
            self.data_version = Some(pragma(self.connection, "data_version").await?);
        }
        let rows = self.ledger.read(self.connection).await?;
        self.rows = rows.into_iter().map(|row| (row.revision.clone(), row)).collect();
        Ok(())
    }

    /// On SQLite nothing but the write lock keeps others out, so that the ledger is read again once we have it.
    pub(super) async fn read_again(&mut self) -> Result<(), ApplyError> {
        if self.is_sqlite() && self.data_version != Some(pragma(self.connection, "data_version").await?) {
            self.read().await?;
        }
        Ok(())
    }

    /// Nothing may be half done, and what is reverted must be what was applied.
    pub(super) fn check_all(&self, prepared: &[Prepared<'_>]) -> Result<(), ApplyError> {
        self.check_half_done()?;
        if self.options.accept_edits {
            return Ok(());
        }
        let refusals: Vec<Refusal> = prepared
            .iter()
            .filter(|step| step.direction == Direction::Down)
            .filter_map(|step| self.rows.get(&step.revision.id).map(|row| (step.revision, row)))
            // What ran of it is looked at where it is gone on with.
            .filter(|(_, row)| row.state == State::Applied)
            .filter(|(revision, row)| self.ledger.checksum(revision) != row.checksum)
            .map(|(revision, row)| Refusal::Edited {
                place: revision.path.display().to_string(),
                revision: revision.id.clone(),
                applied_at: row.applied_at.clone(),
            })
            .collect();
        if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
    }

    /// What is half done must be what this run goes on with.
    fn check_half_done(&self) -> Result<(), ApplyError> {
        let is_asked = |row: &LedgerRow| self.asked.get(&row.revision).is_some_and(|direction| row.is_half(*direction));
        let stray = self.rows.values().find(|row| row.state != State::Applied && !is_asked(row));
        stray.map_or(Ok(()), |row| Err(half_done_at(row, self.rows.values())))
    }

    fn is_half_done(&self, step: &Prepared<'_>) -> bool {
        self.rows.get(&step.revision.id).is_some_and(|row| row.is_half(step.direction))
    }

    /// Whether the ledger still asks for this step, and allows it.
    pub(super) fn is_to_do(&self, step: &Prepared<'_>) -> Result<bool, ApplyError> {
        self.check_half_done()?;
        let id = &step.revision.id;
        if self.is_half_done(step) {
            return Ok(true);
        }
        let is_applied = self.rows.contains_key(id);
        let moved = |reason: String| Err(ApplyError::Moved { reason });
        match step.direction {
            Direction::Up if is_applied => Ok(false),
            Direction::Down if !is_applied => Ok(false),
            Direction::Up => match step.revision.down_revision.iter().find(|parent| !self.rows.contains_key(*parent)) {
                Some(parent) => moved(format!("{id} revises {parent}, which is not applied")),
                None => Ok(true),
            },
            Direction::Down => match self.rows.values().find(|row| stands_on(row, step.revision)) {
                Some(row) => moved(format!("{} ({}), which is applied, stands on {id}", row.revision, row.message)),
                None => Ok(true),
            },
        }
    }

    /// Keeps our copy of the ledger as the database's is.
    pub(super) fn note(&mut self, step: &Prepared<'_>, at: DateTime<Utc>, begin: Instant) {
        let revision = step.revision;
        match step.direction {
            Direction::Down => {
                self.rows.remove(&revision.id);
            }
            Direction::Up => {
                let total = step.pieces.len();
                let row = LedgerRow {
                    revision: revision.id.clone(),
                    message: revision.message.clone(),
                    checksum: self.ledger.checksum(revision),
                    parents: revision.down_revision.clone(),
                    depends_on: revision.depends_on.clone(),
                    state: State::Applied,
                    done: total,
                    total,
                    applied_at: at.to_rfc3339(),
                    duration_ms: millis(begin.elapsed()),
                    progress: None,
                };
                self.rows.insert(revision.id.clone(), row);
            }
        }
    }
}

pub(super) fn tell_statement(step: &Prepared<'_>, index: usize, piece: &Piece<'_>, on_event: OnEvent<'_>) {
    on_event(Event::Statement {
        revision: step.revision,
        index: index + 1,
        total: step.pieces.len(),
        sql: piece.sql,
        line: step.line(piece),
    });
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
