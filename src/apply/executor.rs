//! Runs revisions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::ledger::{Entry, Ledger, LedgerRow, LogEntry, State};
use super::lock::Lock;
use super::prepare::{Prepared, changes_rows, prepare};
use super::session::{Session, pragma};
use super::{Event, Options, Report, StepReport};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::dialect::splitter::Piece;
use crate::error::{ApplyError, DbError, Refusal, Stopped};
use crate::revision::{Direction, Revision, Step};

/// Whoever shows progress.
type OnEvent<'e> = &'e mut (dyn FnMut(Event<'_>) + Send);

/// Applies revisions, in the order given. Everything that can be known beforehand is checked before anything runs;
/// steps that another runner has done meanwhile are skipped.
///
/// # Errors
/// When a revision may not run, the lock is not to be had, or a statement fails. Where DDL is transactional, nothing of
/// the revision that failed stays; elsewhere the ledger says how far it came.
pub async fn upgrade(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    steps: &[Step<'_>],
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Report, ApplyError> {
    run(connection, dialect, steps, options, on_event).await
}

/// Reverts revisions, in the order given. As [`upgrade`], and it also refuses a revision whose file was edited after
/// it was applied.
///
/// # Errors
/// As [`upgrade`].
pub async fn downgrade(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    steps: &[Step<'_>],
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Report, ApplyError> {
    run(connection, dialect, steps, options, on_event).await
}

async fn run(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    steps: &[Step<'_>],
    options: &Options,
    on_event: OnEvent<'_>,
) -> Result<Report, ApplyError> {
    let prepared = prepare(steps, connection.version().name, dialect.features().transactional_ddl)?;
    let ledger = Ledger::open(connection, dialect).await?;
    let session = Session::begin(connection, dialect, &ledger, options.lock_wait).await?;
    let outcome = match Lock::acquire(connection, &ledger, options.lock_wait, on_event).await {
        Ok(lock) => {
            let mut runner = Runner {
                connection: &mut *connection,
                ledger,
                session: &session,
                options,
                rows: BTreeMap::new(),
                data_version: None,
                report: Report::default(),
            };
            let outcome = runner.run(&prepared, on_event).await;
            let report = runner.report;
            let released = lock.release(connection).await;
            outcome.and(released).map(|()| report)
        }
        Err(error) => Err(error),
    };
    let ended = session.end(connection).await;
    // The first error is the one to tell: where the connection broke, all that follows fails too.
    let report = outcome?;
    ended.map(|()| report)
}

/// Takes a revision into the ledger without running it; one that is there is taken in anew.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn record(connection: &mut Connection, dialect: &dyn Dialect, revision: &Revision) -> Result<(), ApplyError> {
    let ledger = Ledger::open(connection, dialect).await?;
    ledger.ensure(connection).await?;
    let at = Utc::now();
    let entry = Entry { revision, state: State::Applied, done: 0, total: 0, at, duration_ms: 0 };
    in_transaction(connection, &[ledger.delete_sql(&revision.id), ledger.insert_sql(&entry)]).await
}

/// Takes a revision out of the ledger without reverting it, and tells whether it was there.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn forget(connection: &mut Connection, dialect: &dyn Dialect, id: &str) -> Result<bool, ApplyError> {
    let ledger = Ledger::open(connection, dialect).await?;
    if !ledger.exists(connection).await? {
        return Ok(false);
    }
    Ok(connection.execute(&ledger.delete_sql(id)).await? > 0)
}

async fn in_transaction(connection: &mut Connection, statements: &[String]) -> Result<(), ApplyError> {
    connection.execute("BEGIN").await?;
    for sql in statements {
        if let Err(error) = connection.execute(sql).await {
            let _ = connection.execute("ROLLBACK").await;
            return Err(error.into());
        }
    }
    connection.execute("COMMIT").await?;
    Ok(())
}

struct Runner<'r> {
    connection: &'r mut Connection,
    ledger: Ledger<'r>,
    session: &'r Session,
    options: &'r Options,
    /// The ledger as it is now.
    rows: BTreeMap<String, LedgerRow>,
    /// SQLite's counter of what others have committed, when the ledger was read.
    data_version: Option<i64>,
    report: Report,
}

/// What became of a revision inside its transaction.
enum Outcome {
    Done,
    /// Another runner has done it.
    Skipped,
}

impl Runner<'_> {
    fn is_sqlite(&self) -> bool {
        self.connection.version().name == DialectName::Sqlite
    }

    async fn run(&mut self, prepared: &[Prepared<'_>], on_event: OnEvent<'_>) -> Result<(), ApplyError> {
        if prepared.is_empty() {
            return Ok(());
        }
        self.ledger.ensure(self.connection).await?;
        self.read().await?;
        self.check_all(prepared)?;
        for step in prepared {
            let Prepared { revision, direction, .. } = *step;
            if !self.is_to_do(step)? {
                self.skip(step, on_event);
                continue;
            }
            on_event(Event::Started { revision, direction, total: step.pieces.len() });
            let at = Utc::now();
            let begin = Instant::now();
            let outcome = if step.in_transaction {
                self.run_in_transaction(step, at, begin, on_event).await
            } else {
                self.run_one_by_one(step, at, begin, on_event).await
            };
            match outcome {
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

    fn skip(&mut self, step: &Prepared<'_>, on_event: OnEvent<'_>) {
        self.report.skipped.push(step.revision.id.clone());
        on_event(Event::Skipped { revision: step.revision, direction: step.direction });
    }

    fn log_sql(&self, step: &Prepared<'_>, at: DateTime<Utc>, begin: Instant, error: Option<&str>) -> String {
        self.ledger.log_sql(&LogEntry {
            revision: &step.revision.id,
            direction: step.direction,
            at,
            runner: &self.options.runner,
            duration_ms: millis(begin.elapsed()),
            error,
        })
    }

    async fn read(&mut self) -> Result<(), ApplyError> {
        if self.is_sqlite() {
            self.data_version = Some(pragma(self.connection, "data_version").await?);
        }
        let rows = self.ledger.read(self.connection).await?;
        self.rows = rows.into_iter().map(|row| (row.revision.clone(), row)).collect();
        Ok(())
    }

    /// On SQLite nothing but the write lock keeps others out, so that the ledger is read again once we have it.
    async fn read_again(&mut self) -> Result<(), ApplyError> {
        if self.is_sqlite() && self.data_version != Some(pragma(self.connection, "data_version").await?) {
            self.read().await?;
        }
        Ok(())
    }

    /// Nothing may be half done, and what is reverted must be what was applied.
    fn check_all(&self, prepared: &[Prepared<'_>]) -> Result<(), ApplyError> {
        self.check_half_done()?;
        if self.options.accept_edits {
            return Ok(());
        }
        let refusals: Vec<Refusal> = prepared
            .iter()
            .filter(|step| step.direction == Direction::Down)
            .filter_map(|step| self.rows.get(&step.revision.id).map(|row| (step.revision, row)))
            .filter(|(revision, row)| revision.checksum() != row.checksum)
            .map(|(revision, row)| Refusal::Edited {
                place: revision.path.display().to_string(),
                revision: revision.id.clone(),
                applied_at: row.applied_at.clone(),
            })
            .collect();
        if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
    }

    fn check_half_done(&self) -> Result<(), ApplyError> {
        match self.rows.values().find(|row| row.state != State::Applied) {
            None => Ok(()),
            Some(row) => Err(ApplyError::HalfDone {
                revision: row.revision.clone(),
                direction: if row.state == State::Applying { "applied" } else { "reverted" },
                done: row.done,
                total: row.total,
                since: row.applied_at.clone(),
            }),
        }
    }

    /// Whether the ledger still asks for this step, and allows it.
    fn is_to_do(&self, step: &Prepared<'_>) -> Result<bool, ApplyError> {
        self.check_half_done()?;
        let id = &step.revision.id;
        let is_applied = self.rows.contains_key(id);
        let moved = |reason: String| Err(ApplyError::Moved { reason });
        match step.direction {
            Direction::Up if is_applied => Ok(false),
            Direction::Down if !is_applied => Ok(false),
            Direction::Up => match step.revision.down_revision.iter().find(|parent| !self.rows.contains_key(*parent)) {
                Some(parent) => moved(format!("{id} revises {parent}, which is not applied")),
                None => Ok(true),
            },
            Direction::Down => match self.rows.values().find(|row| row.parents.contains(id)) {
                Some(row) => moved(format!("{id} is revised by {} ({}), which is applied", row.revision, row.message)),
                None => Ok(true),
            },
        }
    }

    async fn run_in_transaction(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        let sqlite = self.is_sqlite();
        let foreign_keys = if sqlite { pragma(self.connection, "foreign_keys").await? } else { 0 };
        if sqlite {
            // Within a transaction the pragma does nothing. With it on, dropping the old table of a rebuild would
            // delete the rows that refer to it: https://www.sqlite.org/lang_altertable.html#otheralter
            self.connection.execute("PRAGMA foreign_keys = OFF").await?;
        }
        let outcome = self.transaction(step, at, begin, on_event).await;
        if sqlite {
            let restored = self.connection.execute(&format!("PRAGMA foreign_keys = {foreign_keys}")).await;
            let outcome = outcome?;
            restored?;
            return Ok(outcome);
        }
        outcome
    }

    async fn transaction(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        let sql = if self.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN" };
        self.connection.execute(sql).await.map_err(|error| self.busy(error))?;
        let result = self.within_transaction(step, at, begin, on_event).await;
        let result = match result {
            Ok(Outcome::Done) => match self.connection.execute("COMMIT").await {
                Ok(_) => return Ok(Outcome::Done).inspect(|_| self.note(step, at, begin)),
                Err(error) => Err(ApplyError::Commit {
                    stopped: self.stopped_at(step, step.place(), self.nothing_stays()),
                    reason: reason_of(&error),
                }),
            },
            other => other,
        };
        // After an error of the server's, SQLite may have rolled back by itself, and a broken connection does.
        let _ = self.connection.execute("ROLLBACK").await;
        result
    }

    async fn within_transaction(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        self.read_again().await?;
        if !self.is_to_do(step)? {
            return Ok(Outcome::Skipped);
        }
        let orphans_before = if self.is_sqlite() { self.orphans().await.ok() } else { None };
        for (index, piece) in step.pieces.iter().enumerate() {
            tell_statement(step, index, piece, on_event);
            if let Err(error) = self.connection.execute(piece.sql).await {
                return Err(self.statement_error(step, index, error, self.nothing_stays()));
            }
        }
        if self.is_sqlite() {
            self.check_foreign_keys(step, orphans_before).await?;
        } else {
            for sql in self.session.between() {
                self.connection.execute(sql).await?;
            }
        }
        let sql = match step.direction {
            Direction::Up => {
                let total = step.pieces.len();
                let duration_ms = millis(begin.elapsed());
                let revision = step.revision;
                self.ledger.insert_sql(&Entry { revision, state: State::Applied, done: total, total, at, duration_ms })
            }
            Direction::Down => self.ledger.delete_sql(&step.revision.id),
        };
        self.connection.execute(&sql).await?;
        self.connection.execute(&self.log_sql(step, at, begin, None)).await?;
        Ok(Outcome::Done)
    }

    /// Runs a revision that is not one transaction. Before the first statement the ledger says that it has begun, and
    /// after each how many are done.
    async fn run_one_by_one(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        if let Outcome::Skipped = self.claim(step, at).await? {
            return Ok(Outcome::Skipped);
        }
        let id = &step.revision.id;
        let state = if step.direction == Direction::Up { State::Applying } else { State::Reverting };
        for (index, piece) in step.pieces.iter().enumerate() {
            tell_statement(step, index, piece, on_event);
            let progress = self.ledger.progress_sql(id, state, index + 1);
            let shares = !step.own_transactions && changes_rows(piece, self.connection.version().name);
            if let Err(error) = self.send(piece, &progress, shares).await {
                return Err(self.stopped(step, index, error).await);
            }
        }
        for sql in self.session.between() {
            self.connection.execute(sql).await?;
        }
        let sql = match step.direction {
            Direction::Up => self.ledger.applied_sql(id, step.pieces.len(), millis(begin.elapsed())),
            Direction::Down => self.ledger.delete_sql(id),
        };
        self.connection.execute(&sql).await?;
        self.note(step, at, begin);
        self.connection.execute(&self.log_sql(step, at, begin, None)).await?;
        Ok(Outcome::Done)
    }

    /// Writes into the ledger that the revision has begun, unless another runner was faster.
    async fn claim(&mut self, step: &Prepared<'_>, at: DateTime<Utc>) -> Result<Outcome, ApplyError> {
        let total = step.pieces.len();
        let revision = step.revision;
        let sql = match step.direction {
            Direction::Up => {
                self.ledger.insert_sql(&Entry { revision, state: State::Applying, done: 0, total, at, duration_ms: 0 })
            }
            Direction::Down => self.ledger.revert_sql(&revision.id, total),
        };
        if !self.is_sqlite() {
            self.connection.execute(&sql).await?;
            return Ok(Outcome::Done);
        }
        self.connection.execute("BEGIN IMMEDIATE").await.map_err(|error| self.busy(error))?;
        let claimed = match self.read_again().await.and_then(|()| self.is_to_do(step)) {
            Ok(true) => self.connection.execute(&sql).await.map(|_| true).map_err(ApplyError::from),
            other => other,
        };
        let end = if matches!(claimed, Ok(true)) { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection.execute(end).await;
        let claimed = claimed?;
        ended?;
        Ok(if claimed { Outcome::Done } else { Outcome::Skipped })
    }

    /// Sends a statement and marks it as done. One that changes only rows shares a transaction with its mark.
    async fn send(&mut self, piece: &Piece<'_>, progress: &str, shares: bool) -> Result<(), DbError> {
        if !shares {
            self.connection.execute(piece.sql).await?;
            return self.connection.execute(progress).await.map(|_| ());
        }
        self.connection.execute("BEGIN").await?;
        for sql in [piece.sql, progress, "COMMIT"] {
            if let Err(error) = self.connection.execute(sql).await {
                let _ = self.connection.execute("ROLLBACK").await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// A statement of a revision that is not one transaction has failed.
    async fn stopped(&mut self, step: &Prepared<'_>, index: usize, error: DbError) -> ApplyError {
        let total = step.pieces.len();
        // What a section has begun by itself ends here: the ledger's row must not hang on it.
        let _ = self.connection.execute("ROLLBACK").await;
        // Where the server has answered, and it was the first statement, the revision has not begun.
        let untouched = index == 0 && !matches!(error, DbError::Lost { .. });
        let mut state = if untouched {
            let sql = match step.direction {
                Direction::Up => self.ledger.delete_sql(&step.revision.id),
                Direction::Down => self.ledger.progress_sql(&step.revision.id, State::Applied, 0),
            };
            match self.connection.execute(&sql).await {
                Ok(_) => "none of its statements ran".to_owned(),
                Err(error) => format!("none of its statements ran, but the ledger could not be told: {error}"),
            }
        } else {
            let of = |from: usize, to: usize| if from == to { format!("{from}") } else { format!("{from} to {to}") };
            let before = match index {
                0 => "none of its statements is known to have run".to_owned(),
                index => format!("its statements {} ran and stay", of(1, index)),
            };
            let lost = matches!(error, DbError::Lost { .. });
            let this = if lost { format!("; whether {} ran is not known", index + 1) } else { String::new() };
            let first = if lost { index + 2 } else { index + 1 };
            let after = if first <= total { format!("; {} did not run", of(first, total)) } else { String::new() };
            format!("{before}{this}{after}")
        };
        if let Some(before) = self.before() {
            state = format!("{state}; {before}");
        }
        self.statement_error(step, index, error, state)
    }

    fn statement_error(&self, step: &Prepared<'_>, index: usize, error: DbError, state: String) -> ApplyError {
        let piece = &step.pieces[index];
        let mut line = step.line(piece);
        let mut help = None;
        if let DbError::Statement { code, position, help: advice, .. } = &error {
            line = position.map_or(line, |position| step.section.line + piece.line_at(position));
            // active_sql_transaction
            help = if code.as_deref() == Some("25001") && step.in_transaction {
                Some(format!("put `transaction:false` after `-- migrate:{}`", step.direction))
            } else {
                advice.clone()
            };
        }
        ApplyError::Statement {
            stopped: self.stopped_at(step, step.revision.place(line), state),
            index: index + 1,
            total: step.pieces.len(),
            reason: reason_of(&error),
            sql: piece.sql.to_owned(),
            help,
        }
    }

    fn stopped_at(&self, step: &Prepared<'_>, place: String, state: String) -> Box<Stopped> {
        let (revision, direction) = (step.revision.id.clone(), step.direction.word());
        Box::new(Stopped { place, revision, direction, state, done: self.done() })
    }

    /// Keeps our copy of the ledger as the database's is.
    fn note(&mut self, step: &Prepared<'_>, at: DateTime<Utc>, begin: Instant) {
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
                    checksum: revision.checksum(),
                    parents: revision.down_revision.clone(),
                    depends_on: revision.depends_on.clone(),
                    state: State::Applied,
                    done: total,
                    total,
                    applied_at: at.to_rfc3339(),
                    duration_ms: millis(begin.elapsed()),
                };
                self.rows.insert(revision.id.clone(), row);
            }
        }
    }

    fn done(&self) -> Vec<String> {
        self.report.steps.iter().map(|step| step.revision.clone()).collect()
    }

    fn before(&self) -> Option<String> {
        let done = self.done();
        (!done.is_empty()).then(|| format!("done before it in this run: {}", done.join(", ")))
    }

    fn nothing_stays(&self) -> String {
        let before = self.before().map(|before| format!("; {before}")).unwrap_or_default();
        format!("the whole revision was rolled back{before}")
    }

    /// On SQLite a runner that waits for the write lock waits for another runner, or for any other program.
    fn busy(&self, error: DbError) -> ApplyError {
        match error {
            DbError::Locked { .. } if self.is_sqlite() => {
                ApplyError::Locked { holder: None, waited: self.options.lock_wait.as_secs() }
            }
            other => other.into(),
        }
    }

    /// Rows that refer to rows that are not there: table, row and parent.
    async fn orphans(&mut self) -> Result<BTreeSet<String>, DbError> {
        let rows = self.connection.query("PRAGMA foreign_key_check").await?;
        rows.iter()
            .map(|row| {
                let (table, parent) = (row.text("table")?, row.text("parent")?);
                Ok(match row.opt("rowid")? {
                    Some(rowid) => format!("table {table}, row {rowid}: no such row in {parent}"),
                    None => format!("table {table}: no such row in {parent}"),
                })
            })
            .collect()
    }

    /// Foreign keys were off, so that what breaks them is looked for here. What was broken before is not this
    /// revision's fault.
    async fn check_foreign_keys(
        &mut self,
        step: &Prepared<'_>,
        before: Option<BTreeSet<String>>,
    ) -> Result<(), ApplyError> {
        const MOST: usize = 20;
        // Without a parent table, or one whose key is not unique, SQLite cannot check; that may have been so before.
        let after = match (self.orphans().await, &before) {
            (Ok(after), _) => after,
            (Err(_), None) => return Ok(()),
            (Err(error), Some(_)) => BTreeSet::from([reason_of(&error)]),
        };
        let before = before.unwrap_or_default();
        let mut rows: Vec<String> = after.difference(&before).take(MOST + 1).cloned().collect();
        if rows.is_empty() {
            return Ok(());
        }
        if rows.len() > MOST {
            rows[MOST] = format!("and {} more", after.difference(&before).count() - MOST);
        }
        Err(ApplyError::ForeignKeys { stopped: self.stopped_at(step, step.place(), self.nothing_stays()), rows })
    }
}

fn tell_statement(step: &Prepared<'_>, index: usize, piece: &Piece<'_>, on_event: OnEvent<'_>) {
    on_event(Event::Statement {
        revision: step.revision,
        index: index + 1,
        total: step.pieces.len(),
        sql: piece.sql,
        line: step.line(piece),
    });
}

/// What the server said, without the statement, which our own message shows.
fn reason_of(error: &DbError) -> String {
    match error {
        DbError::Statement { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
