//! A revision statement by statement, where the engine's DDL commits by itself or the file asks for it.
//!
//! Exactly once, by what is written before what:
//! - a statement that can be taken back commits together with its mark;
//! - before any other, its intent is in the ledger, with what the database has of the objects that it defines; its mark
//!   comes after it and takes the intent away. So without an intent it was not sent, and with one, the next run compares
//!   what was with what is ([`resume`](super::resume));
//! - what may be repeated needs neither.

use std::time::Instant;

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::executor::{OnEvent, Outcome, Runner, millis, tell_statement};
use super::failure::{Failure, needs_no_transaction};
use super::ledger::{Entry, LedgerRow, State};
use super::look::{Look, Verdict};
use super::prepare::Prepared;
use super::progress::{Intent, Progress, chain};
use super::statement::{Class, Kind, Object, Planned, plan};
use super::work::Work;
use crate::db::ServerVersion;
use crate::error::{ApplyError, DbError};
use crate::revision::{Direction, Load};

/// A revision that is not one transaction, as it is run.
pub(super) struct Course<'s> {
    pub(super) step: &'s Prepared<'s>,
    pub(super) plan: Vec<Planned>,
    /// For each number of statements, what identifies their text.
    pub(super) chain: Vec<String>,
    /// What the ledger says while it runs.
    pub(super) state: State,
}

impl<'s> Course<'s> {
    fn new(step: &'s Prepared<'s>, version: &ServerVersion) -> Self {
        let state = if step.direction == Direction::Up { State::Applying } else { State::Reverting };
        Self { step, plan: planned(version, step), chain: chain(&step.pieces), state }
    }

    pub(super) fn total(&self) -> usize {
        self.step.pieces.len()
    }

    /// That so many statements ran.
    pub(super) fn ran(&self, done: usize) -> Progress {
        Progress::ran(self.chain.get(done).map(String::as_str).unwrap_or_default())
    }

    fn id(&self) -> &str {
        &self.step.revision.id
    }
}

/// What is known of the statements of a step; of one in Rust, nothing.
fn planned(version: &ServerVersion, step: &Prepared<'_>) -> Vec<Planned> {
    let mut plan = plan(version, &step.pieces);
    if let Some(last) = plan.last_mut().filter(|_| step.rust_step(step.pieces.len() - 1).is_some()) {
        *last = Planned { class: Class::Program, inside: false, replayed: false, leftover: None };
    }
    plan
}

/// Whose the revision is.
enum Claim {
    Ours,
    /// A run has begun it, and has not ended.
    Begun(LedgerRow),
    /// Another runner has done it.
    Theirs,
}

/// What came of sending a statement.
#[derive(PartialEq, Eq)]
pub(super) enum Sent {
    Marked,
    /// Another runner has come further: only where no lock keeps it out.
    Overtaken,
}

impl Runner<'_> {
    /// Runs a revision that is not one transaction, or goes on with it.
    pub(super) async fn run_one_by_one(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        let course = Course::new(step, self.connection.version());
        let mut index = match self.claim(&course, at).await? {
            Claim::Theirs => return Ok(Outcome::Skipped),
            Claim::Ours => 0,
            Claim::Begun(row) => self.go_on(&course, &row, on_event).await?,
        };
        loop {
            while index < course.total() {
                tell_statement(step, index, &step.pieces[index], on_event);
                match self.send_patiently(&course, index, on_event).await {
                    Ok(Sent::Marked) => index += 1,
                    Ok(Sent::Overtaken) => match self.overtaken(&course, on_event).await? {
                        Some(next) => index = next,
                        None => return Ok(Outcome::Skipped),
                    },
                    Err(failure) => return Err(self.stopped(&course, index, failure).await),
                }
            }
            for sql in self.session.outside() {
                self.connection.execute(sql).await?;
            }
            if self.finish(&course, at, begin).await? {
                self.note(step, at, begin);
                return Ok(Outcome::Done);
            }
            match self.overtaken(&course, on_event).await? {
                Some(next) => index = next,
                None => return Ok(Outcome::Skipped),
            }
        }
    }

    /// Writes into the ledger that the revision has begun, unless a run has done so.
    async fn claim(&mut self, course: &Course<'_>, at: DateTime<Utc>) -> Result<Claim, ApplyError> {
        let begun = |runner: &Self| {
            let row = runner.rows.get(course.id());
            row.filter(|row| row.state == course.state).cloned().map(Claim::Begun)
        };
        let (revision, total) = (course.step.revision, course.total());
        let sql = match course.step.direction {
            Direction::Up => {
                let entry = Entry { revision, state: State::Applying, done: 0, total, at, duration_ms: 0 };
                self.ledger.claim_sql(&entry, &course.ran(0))
            }
            Direction::Down => self.ledger.revert_sql(&revision.id, total, Some(&course.ran(0))),
        };
        if !self.is_sqlite() {
            if let Some(claim) = begun(self) {
                return Ok(claim);
            }
            self.connection.execute(&sql).await?;
            return Ok(Claim::Ours);
        }
        self.connection.execute("BEGIN IMMEDIATE").await.map_err(|error| self.busy(error))?;
        let claimed = match self.read_again().await.and_then(|()| self.is_to_do(course.step)) {
            Ok(true) => match begun(self) {
                Some(claim) => Ok(claim),
                None => self.connection.execute(&sql).await.map(|_| Claim::Ours).map_err(ApplyError::from),
            },
            Ok(false) => Ok(Claim::Theirs),
            Err(error) => Err(error),
        };
        let end = if matches!(claimed, Ok(Claim::Ours)) { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection.execute(end).await;
        let claimed = claimed?;
        ended?;
        Ok(claimed)
    }

    /// The statement from which to go on behind another runner; none where it has done everything. Where a lock keeps
    /// others out, there is none, and somebody has changed the ledger.
    async fn overtaken(&mut self, course: &Course<'_>, on_event: OnEvent<'_>) -> Result<Option<usize>, ApplyError> {
        let _ = self.connection.execute("ROLLBACK").await;
        if !self.is_sqlite() {
            let reason = format!("another has written to the ledger's row of {}", course.id());
            return Err(ApplyError::Moved { reason });
        }
        self.read().await?;
        let row = self.rows.get(course.id()).filter(|row| row.state == course.state).cloned();
        match row {
            Some(row) => self.go_on(course, &row, on_event).await.map(Some),
            None => Ok(None),
        }
    }

    /// As [`send`](Self::send), again and again where others held a lock. Within a transaction of the section's own, what
    /// ran before the statement may be gone with it, so that there it is sent once, and so is one of which a part may stay.
    async fn send_patiently(
        &mut self,
        course: &Course<'_>,
        index: usize,
        on_event: OnEvent<'_>,
    ) -> Result<Sent, Failure> {
        let (step, planned) = (course.step, &course.plan[index]);
        self.attempt = 1;
        let lifted = self.lift_limit(step, &step.pieces[index]).await.map_err(Failure::statement)?;
        let once = planned.inside || matches!(planned.class, Class::Ends | Class::Unsure { partial: true });
        loop {
            let failure = match self.send(course, index, &mut *on_event).await {
                Ok(sent) => {
                    if lifted {
                        self.limit(step).await.map_err(Failure::statement)?;
                    }
                    return Ok(sent);
                }
                Err(failure) => failure,
            };
            let (cause, reason) = (failure.error.cause(), failure.error.to_string());
            if failure.ran || once || !self.leaves_nothing(course, index, &failure).await {
                return Err(failure);
            }
            if !self.waits_to_retry(step, cause, &reason, on_event).await {
                return Err(failure);
            }
        }
    }

    /// Whether a statement that failed can be sent again as it is. What is told of an index that it has left is told when
    /// the run stops there.
    async fn leaves_nothing(&mut self, course: &Course<'_>, index: usize, failure: &Failure) -> bool {
        let (Class::Defines(objects), Some(Some(before))) = (&course.plan[index].class, &failure.before) else {
            return true;
        };
        matches!(self.look().verdict(objects, before).await, Ok(Verdict::NotDone))
    }

    /// Sends a statement and marks it as done.
    async fn send(&mut self, course: &Course<'_>, index: usize, on_event: OnEvent<'_>) -> Result<Sent, Failure> {
        let (step, planned) = (course.step, &course.plan[index]);
        self.look_before_drop(step, index).await.map_err(Failure::statement)?;
        self.rounds = None;
        match step.works[index] {
            Work::Statement => {}
            Work::Batch(pause) => return self.batch(course, index, pause, on_event).await,
            Work::Load(load) => self.check_that_none_stays(load, step.pieces[index].sql).await?,
        }
        let sent = match &planned.class {
            Class::Defines(objects) => self.defined(course, index, objects).await,
            Class::Unsure { .. } => self.announced(course, index, None).await,
            Class::Program => self.programmed(course, index).await,
            _ if planned.inside => self.plain(course, index).await,
            Class::Shared if self.can_be_taken_back(step.pieces[index].sql).await? => {
                self.shared(course, index, on_event).await
            }
            Class::Shared => self.announced(course, index, None).await,
            Class::Begins | Class::Ends | Class::Repeatable => self.plain(course, index).await,
        };
        if !matches!(planned.class, Class::Shared) {
            self.engines.forget();
        }
        sent
    }

    /// On MySQL, rows of some engines change for good, whatever becomes of the transaction.
    pub(super) async fn can_be_taken_back(&mut self, sql: &str) -> Result<bool, Failure> {
        if !self.is_mysql() {
            return Ok(true);
        }
        let dialect = self.ledger.dialect();
        self.engines.take_back(self.connection, dialect, sql).await.map_err(Failure::statement)
    }

    /// Nothing of a load stays when it fails.
    async fn check_that_none_stays(&mut self, load: &Load, sql: &str) -> Result<(), Failure> {
        let dialect = self.ledger.dialect();
        let (schema, table) = &load.table;
        let place = dialect.quote_in(schema.as_deref(), table);
        if self.can_be_taken_back(&format!("INSERT INTO {place} VALUES ()")).await? {
            return Ok(());
        }
        Err(Failure::statement(DbError::Statement {
            reason: format!("table {table} takes no part in transactions, so that half of a load could stay there"),
            code: None,
            sql: sql.to_owned(),
            position: None,
            help: Some("move the table to InnoDB first; or load it with LOAD DATA".to_owned()),
        }))
    }

    pub(super) fn is_mysql(&self) -> bool {
        matches!(self.connection.version().name, DialectName::Mysql | DialectName::Mariadb)
    }

    /// A statement that may be repeated, or is in a transaction of the file's own; then its mark.
    async fn plain(&mut self, course: &Course<'_>, index: usize) -> Result<Sent, Failure> {
        self.connection.execute(course.step.pieces[index].sql).await.map_err(Failure::statement)?;
        self.mark(course, index + 1).await.map_err(Failure::mark)
    }

    /// In one transaction with its mark, which comes first: where another runner is further, nothing is sent.
    async fn shared(&mut self, course: &Course<'_>, index: usize, on_event: OnEvent<'_>) -> Result<Sent, Failure> {
        let begin = self.begin();
        self.connection.execute(begin).await.map_err(Failure::statement)?;
        let marked = self.mark(course, index + 1).await;
        let sent = match marked {
            Err(error) => Err((error, true)),
            Ok(Sent::Overtaken) => return Ok(Sent::Overtaken),
            Ok(Sent::Marked) => match self.carry_out(course.step, index, on_event).await {
                Ok(()) => self.connection.execute("COMMIT").await.map_err(|error| (error, false)),
                Err(error) => Err((error, false)),
            },
        };
        let Err((error, in_ledger)) = sent else { return Ok(Sent::Marked) };
        let _ = self.connection.execute("ROLLBACK").await;
        if let DbError::Statement { code, .. } = &error
            && needs_no_transaction(code.as_deref(), &error)
        {
            return self.announced(course, index, None).await;
        }
        Err(Failure { error, ran: false, in_ledger, before: None })
    }

    /// A step in Rust, in one transaction with its mark. That it was begun is written in the same transaction, so that it
    /// is seen afterwards only where the step has ended that.
    async fn programmed(&mut self, course: &Course<'_>, index: usize) -> Result<Sent, Failure> {
        let begin = self.begin();
        let sql = course.step.pieces[index].sql;
        let intent = Intent::of(index, sql, None);
        let begun = Progress { intent: Some(intent), ..course.ran(index) };
        self.connection.execute(begin).await.map_err(Failure::statement)?;
        if self.write(course, index, &begun).await.map_err(Failure::intent)? == Sent::Overtaken {
            return Ok(Sent::Overtaken);
        }
        let taken = match course.step.rust_step(index) {
            Some(step) => self.take_step(step, sql).await,
            None => Ok(()),
        };
        let Err(failure) = taken else {
            let marked = self.mark(course, index + 1).await.map_err(Failure::intent)?;
            self.connection.execute("COMMIT").await.map_err(Failure::intent)?;
            return Ok(marked);
        };
        let _ = self.connection.execute("ROLLBACK").await;
        if !failure.broken {
            return Err(Failure::statement(failure.error));
        }
        // What it did before it ended the transaction stays, whether it committed or began anew.
        self.write(course, index, &begun).await.map_err(Failure::intent)?;
        Err(Failure { error: failure.error, ran: false, in_ledger: false, before: Some(None) })
    }

    /// A statement whose objects show whether it ran.
    async fn defined(&mut self, course: &Course<'_>, index: usize, objects: &[Object]) -> Result<Sent, Failure> {
        let before = self.look().at(objects).await.map_err(Failure::statement)?;
        for object in objects {
            let Kind::IndexesOf(Some(name)) = &object.kind else { continue };
            let indexes = self.look().indexes(object).await.map_err(Failure::statement)?;
            if let Some(left) = indexes.iter().find(|index| index.is_left(name)) {
                return Err(Failure::statement(DbError::Statement {
                    reason: format!("index {} is there and not valid: building it has failed before", left.full()),
                    code: None,
                    sql: course.step.pieces[index].sql.to_owned(),
                    position: None,
                    help: Some(format!("`DROP INDEX CONCURRENTLY {}`, and run the command again", left.full())),
                }));
            }
        }
        self.announced(course, index, before).await
    }

    /// The intent, the statement, the mark.
    async fn announced(
        &mut self,
        course: &Course<'_>,
        index: usize,
        before: Option<Vec<String>>,
    ) -> Result<Sent, Failure> {
        let sql = course.step.pieces[index].sql;
        let intent = Intent::of(index, sql, before.clone());
        let progress = Progress { intent: Some(intent), ..course.ran(index) };
        if self.write(course, index, &progress).await.map_err(Failure::intent)? == Sent::Overtaken {
            return Ok(Sent::Overtaken);
        }
        let sent = self.connection.execute(sql).await;
        sent.map_err(|error| Failure { error, ran: false, in_ledger: false, before: Some(before) })?;
        self.mark(course, index + 1).await.map_err(Failure::mark)
    }

    pub(super) async fn mark(&mut self, course: &Course<'_>, done: usize) -> Result<Sent, DbError> {
        self.write(course, done, &course.ran(done)).await
    }

    pub(super) async fn write(
        &mut self,
        course: &Course<'_>,
        done: usize,
        progress: &Progress,
    ) -> Result<Sent, DbError> {
        let sql = self.ledger.mark_sql(course.id(), course.state, done, progress);
        let rows = self.connection.execute(&sql).await?;
        Ok(if rows == 0 { Sent::Overtaken } else { Sent::Marked })
    }

    /// Marks statements as done that a former run has sent. Where another runner is further, the next mark shows it.
    pub(super) async fn mark_found(&mut self, course: &Course<'_>, done: usize) -> Result<(), DbError> {
        self.mark(course, done).await.map(|_| ())
    }

    /// The revision is done: its row, and the log. False where another runner has said so.
    async fn finish(&mut self, course: &Course<'_>, at: DateTime<Utc>, begin: Instant) -> Result<bool, ApplyError> {
        let finished = self.finish_in_transaction(course, at, begin).await;
        if finished.is_err() {
            let _ = self.connection.execute("ROLLBACK").await;
        }
        finished
    }

    async fn finish_in_transaction(
        &mut self,
        course: &Course<'_>,
        at: DateTime<Utc>,
        begin: Instant,
    ) -> Result<bool, ApplyError> {
        let step = course.step;
        let sql = match step.direction {
            Direction::Up => self.ledger.applied_sql(step.revision, course.total(), millis(begin.elapsed())),
            Direction::Down => self.ledger.delete_sql(course.id()),
        };
        let log = self.log_sql(step, at, begin, None);
        self.connection.execute(self.begin()).await.map_err(|error| self.busy(error))?;
        if self.connection.execute(&sql).await? == 0 {
            return Ok(false);
        }
        self.connection.execute(&log).await?;
        self.connection.execute("COMMIT").await?;
        Ok(true)
    }

    pub(super) fn look(&mut self) -> Look<'_> {
        Look { dialect: self.ledger.dialect(), connection: &mut *self.connection }
    }
}
