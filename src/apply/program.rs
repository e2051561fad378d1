//! Steps of a revision that a program takes, in Rust.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::executor::Runner;
use super::ledger::{Entry, State};
use super::prepare::Prepared;
use super::progress::{Intent, Progress, chain};
use crate::db::Connection;
use crate::error::{ApplyError, DbError, Refusal};
use crate::revision::{Direction, History};

/// What a step in Rust may fail with.
pub type StepError = Box<dyn std::error::Error + Send + Sync>;

type Function = dyn for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<(), StepError>> + Send + Sync;

/// The steps in Rust that this program takes, by revision and direction.
#[derive(Clone, Default)]
pub struct Program {
    steps: BTreeMap<(String, Direction), RustStep>,
    left_out: bool,
}

/// A step in Rust.
#[derive(Clone)]
pub(super) struct RustStep(Arc<Function>);

impl fmt::Debug for RustStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RustStep")
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("steps", &self.steps.keys()).field("left_out", &self.left_out).finish()
    }
}

impl Program {
    /// For a scratch database, in which there are no rows: SQL alone makes its schema.
    pub(crate) fn left_out() -> Self {
        Self { left_out: true, ..Self::default() }
    }

    /// Adds a step; one that is there already gives way.
    pub(crate) fn add<F>(&mut self, revision: &str, direction: Direction, step: F)
    where
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<(), StepError>> + Send + Sync + 'static,
    {
        self.steps.insert((revision.to_owned(), direction), RustStep(Arc::new(step)));
    }

    /// Whether each step belongs to a revision that says so: the command line takes a file at its word.
    ///
    /// # Errors
    /// With each step that would never be taken.
    pub(crate) fn check(&self, history: &History) -> Result<(), ApplyError> {
        let refusal = |(id, direction): &(String, Direction)| {
            let Some(revision) = history.find(id) else {
                return Some(Refusal::StepOfNothing { revision: id.clone(), direction: direction.word() });
            };
            let sections = revision.sections(*direction);
            (!sections.iter().any(|section| section.program.is_some())).then(|| Refusal::StepNotSaid {
                place: revision.place(sections.first().map_or(1, |section| section.line)),
                revision: id.clone(),
                direction: direction.word(),
            })
        };
        let refusals: Vec<Refusal> = self.steps.keys().filter_map(refusal).collect();
        if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
    }

    /// The step of a section that says `program:NAME`; `None` where it is to be left out.
    pub(super) fn step(&self, prepared: &Prepared<'_>, program: &str) -> Result<Option<RustStep>, Refusal> {
        if self.left_out {
            return Ok(None);
        }
        let Prepared { revision, direction, .. } = prepared;
        let step = self.steps.get(&(revision.id.clone(), *direction)).cloned();
        step.map(Some).ok_or_else(|| Refusal::NeedsProgram {
            place: prepared.place(),
            revision: revision.id.clone(),
            direction: direction.word(),
            program: program.strip_prefix("program:").unwrap_or(program).to_owned(),
        })
    }
}

/// Why a step in Rust has not ended well.
pub(super) struct StepFailure {
    pub(super) error: DbError,
    /// The transaction ended while it ran, so that a part of what it did may stay.
    pub(super) broken: bool,
}

impl StepFailure {
    fn of(error: DbError) -> Self {
        Self { error, broken: false }
    }
}

impl Runner<'_> {
    /// Takes a step in Rust within the transaction that is open, in which the ledger already says that it was begun. A
    /// savepoint shows whether the transaction is the same afterwards: on MySQL, DDL would have ended it.
    pub(super) async fn take_step(&mut self, step: &RustStep, name: &str) -> Result<(), StepFailure> {
        self.connection.execute("SAVEPOINT rungs_step").await.map_err(StepFailure::of)?;
        if let Err(error) = (step.0)(self.connection).await {
            return Err(StepFailure::of(step_error(name, error)));
        }
        let Err(error) = self.connection.execute("RELEASE SAVEPOINT rungs_step").await else { return Ok(()) };
        if super::failure::is_gone(&error) {
            return Err(StepFailure::of(error));
        }
        let reason = "it ended the transaction that it runs in: a COMMIT, a ROLLBACK, or a statement that commits by \
                      itself";
        let help = "see what of it is in the database, and let the step leave transactions alone (savepoints are \
                    fine)";
        Err(StepFailure { error: failed(name, reason.to_owned(), Some(help.to_owned())), broken: true })
    }

    /// Writes into the ledger that a step in Rust is under way. Within the transaction that the step runs in, it is
    /// seen by nobody unless the step ends that.
    pub(super) async fn begin_step(
        &mut self,
        prepared: &Prepared<'_>,
        index: usize,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<(), DbError> {
        let (revision, total) = (prepared.revision, prepared.pieces.len());
        let ran = chain(&prepared.pieces).swap_remove(index);
        let intent = Intent::of(index, prepared.pieces[index].sql, None);
        let progress = Progress { intent: Some(intent), ..Progress::ran(&ran) };
        match prepared.direction {
            Direction::Up => {
                let entry = Entry { revision, state: State::Applying, done: index, total, at, duration_ms: 0 };
                self.connection.execute(&self.ledger.claim_sql(&entry, &progress)).await?;
            }
            Direction::Down => {
                self.connection.execute(&self.ledger.revert_sql(&revision.id, total, None)).await?;
                self.connection.execute(&self.ledger.set_back_sql(&revision.id, index, &progress)).await?;
            }
        }
        Ok(())
    }
}

/// The server's own error where there is one, which tells what may be tried again.
fn step_error(name: &str, error: StepError) -> DbError {
    match error.downcast::<DbError>() {
        Ok(error) => *error,
        Err(error) => match error.downcast::<sqlx::Error>() {
            Ok(error) => crate::db::statement_error(name, *error),
            Err(error) => failed(name, with_sources(error.as_ref()), None),
        },
    }
}

fn failed(name: &str, reason: String, help: Option<String>) -> DbError {
    let help = Some(help.unwrap_or_else(|| "correct the step in the program".to_owned()));
    DbError::Statement { reason, code: None, sql: name.to_owned(), position: None, help }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
