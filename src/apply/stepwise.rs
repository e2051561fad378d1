//! A revision statement by statement, where the engine's DDL commits by itself or the file asks for it.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::executor::{OnEvent, Outcome, Runner, millis, tell_statement};
use super::ledger::{Entry, State};
use super::prepare::{Prepared, changes_rows};
use crate::dialect::splitter::Piece;
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
            let one_or_more = |from: usize, to: usize, one: &str, more: &str| match to - from {
                0 => format!("statement {from} {one}"),
                _ => format!("statements {from} to {to} {more}"),
            };
            let before = match index {
                0 => "none of its statements is known to have run".to_owned(),
                index => one_or_more(1, index, "ran and stays", "ran and stay"),
            };
            let lost = matches!(error, DbError::Lost { .. });
            let this = if lost { format!("; whether {} ran is not known", index + 1) } else { String::new() };
            let first = if lost { index + 2 } else { index + 1 };
            let after = if first <= total {
                format!("; {}", one_or_more(first, total, "did not run", "did not run"))
            } else {
                String::new()
            };
            format!("{before}{this}{after}")
        };
        if let Some(before) = self.before() {
            state = format!("{state}; {before}");
        }
        let mut failed = self.statement_error(step, index, error, state);
        if let ApplyError::Statement { help, .. } = &mut failed
            && !untouched
        {
            *help = Some(mending(&step.revision.id));
        }
        failed
    }
}
