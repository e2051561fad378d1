//! What a run would do: shown, or carried out in a transaction that is rolled back.

use super::executor::{OnEvent, Runner};
use super::ledger::Ledger;
use super::lock::Lock;
use super::prepare::{Prepared, prepare};
use super::session::Session;
use super::whole::Progress;
use super::{Options, Transaction};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::error::ApplyError;
use crate::revision::{Direction, Revision, Step};

/// What a run would do.
#[derive(Debug)]
pub struct Rehearsal<'h> {
    /// In the order in which it would run them.
    pub steps: Vec<PlannedStep<'h>>,
}

/// One revision of a run that did not happen.
#[derive(Debug)]
pub struct PlannedStep<'h> {
    /// The revision.
    pub revision: &'h Revision,
    /// Which way.
    pub direction: Direction,
    /// What would be sent.
    pub statements: Vec<PlannedStatement<'h>>,
    /// All of it would be one transaction.
    pub in_transaction: bool,
    /// It ran, and was rolled back.
    pub executed: bool,
}

/// One statement of a run that did not happen.
#[derive(Debug)]
pub struct PlannedStatement<'h> {
    /// Its line in the file.
    pub line: usize,
    /// The statement.
    pub sql: &'h str,
}

/// Checks what a run would do, as far as it can be known beforehand, and returns its statements. With `execute` it
/// carries them out too, in one transaction that is rolled back: up to the first revision that is no transaction.
///
/// # Errors
/// What [`run`](super::run) would fail with; with `execute`, also where the engine's DDL is not transactional.
pub async fn rehearse<'h>(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    steps: &[Step<'h>],
    options: &Options,
    execute: bool,
    on_event: OnEvent<'_>,
) -> Result<Rehearsal<'h>, ApplyError> {
    let name = connection.version().name;
    let transactional = dialect.features().transactional_ddl;
    let prepared = prepare(steps, name, transactional && options.transaction != Transaction::None, &options.program)?;
    if options.transaction == Transaction::All {
        super::whole::check(dialect, &prepared)?;
    }
    if execute && !transactional {
        return Err(ApplyError::NoTransaction {
            engine: name.to_string(),
            what: "what is executed cannot be rolled back",
            help: "`--dry-run` alone shows the statements; rehearse on a copy of the database",
        });
    }
    // What fails is told as a whole that is rolled back.
    let options = Options { transaction: Transaction::All, ..options.clone() };
    let ledger = Ledger::open(connection, dialect).await?;
    let session = Session::begin(connection, dialect, &ledger, options.lock_wait).await?;
    let mut runner = Runner::new(connection, ledger, &session, &options);
    let outcome = if execute { runner.execute(&prepared, on_event).await } else { runner.checked(&prepared).await };
    connection.limit_statements(None).await?;
    let ended = session.end(connection).await;
    let executed = outcome?;
    ended?;
    Ok(Rehearsal {
        steps: prepared.into_iter().enumerate().map(|(index, step)| planned(step, index < executed)).collect(),
    })
}

fn planned(step: Prepared<'_>, executed: bool) -> PlannedStep<'_> {
    let statements = (0..step.pieces.len())
        .map(|index| PlannedStatement { line: step.line(&step.pieces[index]), sql: step.shown(index) });
    let statements: Vec<_> = statements.collect();
    let Prepared { revision, direction, in_transaction, .. } = step;
    PlannedStep { revision, direction, statements, in_transaction, executed }
}

impl Runner<'_> {
    async fn checked(&mut self, prepared: &[Prepared<'_>]) -> Result<usize, ApplyError> {
        self.read().await?;
        self.check_all(prepared)?;
        Ok(0)
    }

    /// Runs what can be rolled back, and tells how many steps that were.
    async fn execute(&mut self, prepared: &[Prepared<'_>], on_event: OnEvent<'_>) -> Result<usize, ApplyError> {
        let lock = Lock::acquire(self.connection, &self.ledger, self.options.lock_wait, on_event).await?;
        let count = prepared.iter().take_while(|step| step.in_transaction).count();
        let outcome = match self.begin_whole().await {
            Ok(()) => {
                let outcome = self.execute_within(prepared, count, on_event).await;
                // SQLite may have rolled back by itself.
                let rolled_back = self.connection.execute("ROLLBACK").await;
                let restored = self.restore_session().await;
                outcome.and_then(|()| Ok(rolled_back.map(|_| ())?)).and_then(|()| Ok(restored?))
            }
            Err(error) => Err(error),
        };
        let released = lock.release(self.connection).await;
        outcome.and(released).map(|()| count)
    }

    async fn execute_within(
        &mut self,
        prepared: &[Prepared<'_>],
        count: usize,
        on_event: OnEvent<'_>,
    ) -> Result<(), ApplyError> {
        self.ledger.ensure(self.connection).await?;
        self.read().await?;
        self.check_all(prepared)?;
        for step in prepared[..count].chunks(1) {
            self.run_within(step, &mut Progress::default(), on_event).await?;
            self.check_deferred(&step[0]).await?;
        }
        Ok(())
    }

    /// What a commit would find at the end of this revision. The savepoint puts off again what is to be put off.
    async fn check_deferred(&mut self, step: &Prepared<'_>) -> Result<(), ApplyError> {
        if self.is_sqlite() {
            return Ok(());
        }
        self.connection.execute("SAVEPOINT rungs_commit").await?;
        if let Err(error) = self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE").await {
            let stopped = self.stopped_at(step, step.place(), self.nothing_stays(), error.cause());
            return Err(ApplyError::Commit { stopped, reason: super::failure::reason_of(&error) });
        }
        self.connection.execute("ROLLBACK TO SAVEPOINT rungs_commit").await?;
        self.connection.execute("RELEASE SAVEPOINT rungs_commit").await?;
        Ok(())
    }
}
