//! A whole run as one transaction: for good ([`Transaction::All`](super::Transaction::All)), or to see whether it would
//! work ([`rehearse`](super::rehearse)).

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use rungs_schema::DialectName;

use super::executor::{OnEvent, Outcome, Runner};
use super::failure::{is_gone, reason_of};
use super::prepare::Prepared;
use super::{Event, Report, StepReport};
use crate::dialect::Dialect;
use crate::error::{ApplyError, DbError, Refusal};

/// Whether a run can be one transaction.
///
/// # Errors
/// When the engine has none for DDL, or a revision is none.
pub(super) fn check(dialect: &dyn Dialect, prepared: &[Prepared<'_>]) -> Result<(), ApplyError> {
    if !dialect.features().transactional_ddl {
        return Err(ApplyError::NoTransaction {
            engine: dialect.version().name.to_string(),
            what: "a run cannot be one transaction",
            help: "leave `--transaction all` away: the ledger keeps count of each statement",
        });
    }
    let refusal =
        |step: &Prepared<'_>| Refusal::NoTransaction { place: step.place(), revision: step.revision.id.clone() };
    let refusals: Vec<Refusal> = prepared.iter().filter(|step| !step.in_transaction).map(refusal).collect();
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
}

/// How far a run has come inside its transaction.
#[derive(Default)]
pub(super) struct Progress<'p> {
    /// What ran, and how long it took.
    pub(super) done: Vec<(&'p Prepared<'p>, Duration)>,
    /// What is running, and since when.
    current: Option<(&'p Prepared<'p>, DateTime<Utc>, Instant)>,
}

impl Runner<'_> {
    /// Runs everything, or nothing of it.
    pub(super) async fn run_as_one<'p>(
        &mut self,
        prepared: &'p [Prepared<'p>],
        on_event: OnEvent<'_>,
    ) -> Result<(), ApplyError> {
        self.attempt = 1;
        let (done, restored) = loop {
            let mut progress = Progress::default();
            self.begin_whole().await?;
            let mut result = self.run_within(prepared, &mut progress, on_event).await;
            if result.is_ok() {
                result = self.commit_whole(prepared).await;
            }
            if result.is_err() {
                // After an error of the server's, SQLite may have rolled back by itself, and a broken connection does.
                let _ = self.connection.execute("ROLLBACK").await;
            }
            let restored = self.restore_session().await;
            let Err(error) = result else { break (progress.done, restored) };
            let failed = progress.current.or(progress.done.last().map(|(step, _)| (*step, Utc::now(), Instant::now())));
            let Some((step, at, begin)) = failed else { return Err(error) };
            if self.waits_to_retry(step, error.cause(), &error.to_string(), on_event).await {
                // What the attempt had noted as done, or skipped, is not.
                self.report = Report::default();
                self.read().await?;
                continue;
            }
            let error = self.explained(step, error).await;
            let sql = self.log_sql(step, at, begin, Some(&error.to_string()));
            // The error itself is what counts; the log may be out of reach for the same reason.
            let _ = self.connection.execute(&sql).await;
            return Err(error);
        };
        // Not before it is committed is any of it done.
        for (step, duration) in done {
            let (revision, direction) = (step.revision, step.direction);
            self.report.steps.push(StepReport { revision: revision.id.clone(), direction, duration });
            on_event(Event::Finished { revision, direction, duration });
        }
        Ok(restored?)
    }

    pub(super) async fn begin_whole(&mut self) -> Result<(), ApplyError> {
        if self.is_sqlite() {
            // Within a transaction the pragma does nothing.
            self.connection.execute("PRAGMA foreign_keys = OFF").await?;
        }
        let sql = self.begin();
        match self.connection.execute(sql).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = self.busy(error);
                // The first error is the one to tell.
                let _ = self.restore_session().await;
                Err(error)
            }
        }
    }

    /// Runs steps inside the transaction that is open.
    pub(super) async fn run_within<'p>(
        &mut self,
        prepared: &'p [Prepared<'p>],
        progress: &mut Progress<'p>,
        on_event: OnEvent<'_>,
    ) -> Result<(), ApplyError> {
        for step in prepared {
            // On SQLite, nobody has kept others from the ledger until now.
            self.read_again().await?;
            if !self.is_to_do(step)? {
                self.skip(step, on_event);
                continue;
            }
            let (at, begin) = (Utc::now(), Instant::now());
            progress.current = Some((step, at, begin));
            let (revision, direction) = (step.revision, step.direction);
            on_event(Event::Started { revision, direction, total: step.pieces.len() });
            self.limit(step).await?;
            if let Outcome::Done = self.within_transaction(step, at, begin, on_event).await? {
                self.note(step, at, begin);
                progress.done.push((step, begin.elapsed()));
            }
            if self.is_sqlite() {
                // All but that of foreign keys, which waits for the end of the transaction.
                self.restore_session().await?;
            }
            progress.current = None;
        }
        Ok(())
    }

    async fn commit_whole(&mut self, prepared: &[Prepared<'_>]) -> Result<(), ApplyError> {
        let Err(error) = self.connection.execute("COMMIT").await else { return Ok(()) };
        let state = if is_gone(&error) {
            // The server may have committed, and not come to say so.
            "whether the run was committed is not known: `migrate current` tells".to_owned()
        } else {
            self.nothing_stays()
        };
        match prepared.last() {
            Some(step) => {
                let stopped = self.stopped_at(step, step.place(), state, error.cause());
                Err(ApplyError::Commit { stopped, reason: reason_of(&error) })
            }
            None => Err(error.into()),
        }
    }

    /// What SQLite has in pragmas, once the transaction has ended; elsewhere each revision puts back what it sets.
    pub(super) async fn restore_session(&mut self) -> Result<(), DbError> {
        if self.connection.version().name != DialectName::Sqlite {
            return Ok(());
        }
        for sql in self.session.between() {
            self.connection.execute(sql).await?;
        }
        Ok(())
    }
}
