//! A revision as one transaction, its ledger row included.

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::{DateTime, Utc};

use super::executor::{OnEvent, Outcome, Runner, millis, tell_statement};
use super::failure::{is_gone, reason_of};
use super::ledger::{Entry, State};
use super::prepare::Prepared;
use super::program::RustStep;
use crate::error::{ApplyError, Cause, DbError};
use crate::revision::Direction;

impl Runner<'_> {
    pub(super) async fn run_in_transaction(
        &mut self,
        step: &Prepared<'_>,
        at: DateTime<Utc>,
        begin: Instant,
        on_event: OnEvent<'_>,
    ) -> Result<Outcome, ApplyError> {
        let sqlite = self.is_sqlite();
        if sqlite {
            // Within a transaction the pragma does nothing. With it on, dropping the old table of a rebuild would
            // delete the rows that refer to it: https://www.sqlite.org/lang_altertable.html#otheralter
            self.connection.execute("PRAGMA foreign_keys = OFF").await?;
        }
        let outcome = self.transaction(step, at, begin, on_event).await;
        if sqlite {
            // Some of these pragmas do nothing within a transaction, so that they wait for its end.
            let mut restored = Ok(0);
            for sql in self.session.between() {
                restored = restored.and(self.connection.execute(sql).await);
            }
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
        let sql = self.begin();
        self.connection.execute(sql).await.map_err(|error| self.busy(error))?;
        let result = self.within_transaction(step, at, begin, on_event).await;
        let result = match result {
            Ok(Outcome::Done) => match self.connection.execute("COMMIT").await {
                Ok(_) => return Ok(Outcome::Done).inspect(|_| self.note(step, at, begin)),
                Err(error) => {
                    let state = match &error {
                        // The server may have committed, and not come to say so.
                        error if is_gone(error) => self.unknown_end(),
                        _ => self.nothing_stays(),
                    };
                    let stopped = self.stopped_at(step, step.place(), state, error.cause());
                    Err(ApplyError::Commit { stopped, reason: reason_of(&error) })
                }
            },
            other => other,
        };
        // After an error of the server's, SQLite may have rolled back by itself, and a broken connection does.
        let _ = self.connection.execute("ROLLBACK").await;
        result
    }

    /// The statements and the ledger's row, in the transaction that is open.
    pub(super) async fn within_transaction(
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
        self.limit_transaction(step).await?;
        let orphans_before = if self.is_sqlite() { self.orphans().await.ok() } else { None };
        let mut begun = false;
        for (index, piece) in step.pieces.iter().enumerate() {
            tell_statement(step, index, piece, on_event);
            if let Some(rust_step) = step.rust_step(index) {
                self.programmed_within(step, index, rust_step, at).await?;
                begun = true;
                continue;
            }
            let ran = match self.look_before_drop(step, index).await {
                Ok(()) => self.carry_out(step, index, &mut *on_event).await,
                unseen => unseen,
            };
            if let Err(error) = ran {
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
            Direction::Up if begun => {
                self.ledger.applied_sql(step.revision, step.pieces.len(), millis(begin.elapsed()))
            }
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

    /// A step in Rust within the transaction that is open.
    async fn programmed_within(
        &mut self,
        step: &Prepared<'_>,
        index: usize,
        rust_step: &RustStep,
        at: DateTime<Utc>,
    ) -> Result<(), ApplyError> {
        self.begin_step(step, index, at).await?;
        let Err(failure) = self.take_step(rust_step, step.pieces[index].sql).await else { return Ok(()) };
        if !failure.broken {
            return Err(self.statement_error(step, index, failure.error, self.nothing_stays()));
        }
        // The ledger says that it is under way, whether the step has committed that or has rolled it back.
        let _ = self.connection.execute("ROLLBACK").await;
        self.read().await?;
        if !self.rows.get(&step.revision.id).is_some_and(|row| row.is_half(step.direction)) {
            self.begin_step(step, index, at).await?;
        }
        let state = format!("a part of step {} may stay, and so may what ran before it", index + 1);
        Err(self.statement_error(step, index, failure.error, state))
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
        Err(ApplyError::ForeignKeys {
            stopped: self.stopped_at(step, step.place(), self.nothing_stays(), Cause::Other),
            rows,
        })
    }
}
