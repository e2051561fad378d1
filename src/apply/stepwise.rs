//! A revision statement by statement, where the engine's DDL commits by itself or the file asks for it.

use std::time::Instant;

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::ahead::before;
use super::executor::{OnEvent, Outcome, Runner, millis, tell_statement};
use super::ledger::{Entry, State};
use super::prepare::{Prepared, changes_rows};
use crate::dialect::splitter::{Piece, split};
use crate::error::{ApplyError, DbError, mending};
use crate::revision::Direction;

impl Runner<'_> {
    /// Runs a revision that is not one transaction. Before the first statement the ledger says that it has begun, and
    /// after each how many are done.
    pub(super) async fn run_one_by_one(
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
            let name = self.connection.version().name;
            let shares = !step.own_transactions && changes_rows(piece, name) && !is_several(piece, name);
            let sent = match self.look_before_drop(step, index).await {
                Ok(()) => self.send_patiently(step, piece, (&progress, shares), on_event).await,
                Err(unseen) => Err(Failure::statement(unseen)),
            };
            if let Err(failure) = sent {
                return Err(self.stopped(step, index, failure).await);
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

    /// As [`send`](Self::send), again and again where others held a lock. Within a transaction of the section's own, what
    /// ran before the statement may be gone with it, so that there it is sent once.
    async fn send_patiently(
        &mut self,
        step: &Prepared<'_>,
        piece: &Piece<'_>,
        (progress, shares): (&str, bool),
        on_event: OnEvent<'_>,
    ) -> Result<(), Failure> {
        self.attempt = 1;
        let lifted = self.lift_limit(step, piece).await.map_err(Failure::statement)?;
        let once = step.own_transactions || is_several(piece, self.connection.version().name);
        loop {
            let failure = match self.send(piece, progress, shares).await {
                Ok(()) if lifted => return self.limit(step).await.map_err(Failure::statement),
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let (cause, reason) = (failure.error.cause(), failure.error.to_string());
            if failure.ran || once || !self.waits_to_retry(step, cause, &reason, on_event).await {
                return Err(failure);
            }
        }
    }

    /// Sends a statement and marks it as done. One that changes only rows shares a transaction with its mark.
    async fn send(&mut self, piece: &Piece<'_>, progress: &str, shares: bool) -> Result<(), Failure> {
        if !shares {
            self.connection.execute(piece.sql).await.map_err(Failure::statement)?;
            let marked = self.connection.execute(progress).await;
            return marked.map(|_| ()).map_err(|error| Failure { error, ran: true, in_ledger: true });
        }
        self.connection.execute("BEGIN").await.map_err(Failure::statement)?;
        for (sql, in_ledger) in [(piece.sql, false), (progress, true), ("COMMIT", false)] {
            if let Err(error) = self.connection.execute(sql).await {
                let _ = self.connection.execute("ROLLBACK").await;
                return Err(Failure { error, ran: false, in_ledger });
            }
        }
        Ok(())
    }

    /// A statement of a revision that is not one transaction has failed, or its mark has.
    async fn stopped(&mut self, step: &Prepared<'_>, index: usize, failure: Failure) -> ApplyError {
        let Failure { error, ran, in_ledger } = failure;
        // What a section has begun by itself ends here, and so does a role that it took: the ledger's row must not
        // hang on them.
        let _ = self.connection.execute("ROLLBACK").await;
        for sql in self.session.between() {
            let _ = self.connection.execute(sql).await;
        }
        let lost = matches!(error, DbError::Lost { .. });
        // Where the server has answered, and it was the first statement, the revision has not begun.
        let several = is_several(&step.pieces[index], self.connection.version().name);
        let untouched = index == 0 && !ran && !lost && !several;
        let mut state = if untouched {
            self.unclaim(step).await
        } else {
            let kept = self.kept(step, index + usize::from(ran), lost).await;
            what_stays(step, index, ran, lost, kept)
        };
        if several && !ran {
            state = format!("{state}; statement {} is several, of which the first may have run", index + 1);
        }
        if let Some(before) = self.before() {
            state = format!("{state}; {before}");
        }
        let mut failed = self.statement_error(step, index, error, state);
        if let ApplyError::Statement { help, reason, .. } = &mut failed {
            if in_ledger {
                let became = if ran { "the statement ran, but" } else { "the statement was rolled back, since" };
                *reason = format!("{became} the ledger could not be told: {reason}");
            }
            if !untouched {
                *help = Some(self.mending(step));
            }
        }
        failed
    }

    fn mending(&self, step: &Prepared<'_>) -> String {
        let direction = if step.direction == Direction::Up { "applied" } else { "reverted" };
        let revision = step.revision;
        mending(&revision.id, direction, &before(&revision.id, &revision.down_revision, self.rows.values()))
    }

    /// Takes back in the ledger that a revision has begun.
    async fn unclaim(&mut self, step: &Prepared<'_>) -> String {
        let sql = match step.direction {
            Direction::Up => self.ledger.delete_sql(&step.revision.id),
            Direction::Down => self.ledger.progress_sql(&step.revision.id, State::Applied, 0),
        };
        match self.connection.execute(&sql).await {
            Ok(_) => "none of its statements ran".to_owned(),
            Err(error) => format!("none of its statements ran, but the ledger could not be told: {error}"),
        }
    }

    /// How many of the statements that ran stay. A transaction of the section's own takes the marks of its statements
    /// with it when it is rolled back, so that the ledger knows; `None` when it cannot be asked.
    async fn kept(&mut self, step: &Prepared<'_>, ran: usize, lost: bool) -> Option<usize> {
        let id = &step.revision.id;
        if step.own_transactions {
            let rows = self.ledger.read(self.connection).await.ok()?;
            return rows.iter().find(|row| row.revision == *id).map(|row| row.done);
        }
        if !lost {
            let state = if step.direction == Direction::Up { State::Applying } else { State::Reverting };
            // The mark that failed may have done so for what the section had set in the session.
            let _ = self.connection.execute(&self.ledger.progress_sql(id, state, ran)).await;
        }
        Some(ran)
    }
}

/// Whether a piece between DELIMITER lines holds several statements: the server carries out those before the one that
/// fails.
pub(super) fn is_several(piece: &Piece<'_>, dialect: DialectName) -> bool {
    split(dialect, piece.sql).is_ok_and(|pieces| pieces.len() > 1)
}

/// Why a statement is not both done and marked as done.
struct Failure {
    error: DbError,
    /// The statement itself is done, and not undone.
    ran: bool,
    /// It was the mark that failed.
    in_ledger: bool,
}

impl Failure {
    fn statement(error: DbError) -> Self {
        Self { error, ran: false, in_ledger: false }
    }
}

/// What of a section that stopped at a statement (counted from 0) is in the database.
fn what_stays(step: &Prepared<'_>, index: usize, ran: bool, lost: bool, kept: Option<usize>) -> String {
    let total = step.pieces.len();
    let range = |from: usize, to: usize, one: &str, more: &str| match from {
        from if from == to => format!("statement {from} {one}"),
        from => format!("statements {from} to {to} {more}"),
    };
    let done = index + usize::from(ran);
    let mut said = Vec::new();
    match kept {
        Some(0) if done == 0 => said.push("none of its statements is known to have run".to_owned()),
        Some(kept) => {
            if kept > 0 {
                said.push(range(1, kept, "ran and stays", "ran and stay"));
            }
            if kept < done {
                said.push(range(kept + 1, done, "was rolled back", "were rolled back"));
            }
        }
        None => said.push(format!(
            "{}, but what of this was in a transaction that had not ended was rolled back",
            range(1, done.max(1), "was sent", "were sent")
        )),
    }
    if lost && !ran {
        said.push(format!("whether {} ran is not known", index + 1));
    }
    let first = if lost && !ran { index + 2 } else { done + 1 };
    if first <= total {
        said.push(range(first, total, "did not run", "did not run"));
    }
    said.join("; ")
}
