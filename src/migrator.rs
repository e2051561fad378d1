//! Revisions that a program carries with it and runs by itself.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::apply::{self, Event, Limits, Options, Program, Report, StepError};
use crate::db::{Connect, Connection};
use crate::dialect;
use crate::error::{Error, RevisionError};
use crate::revision::{Direction, History, Target, directory};

/// The text of revision files, as [`embed!`](crate::embed) takes them into a program.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    root: &'static str,
    folders: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
    data: &'static [(&'static str, &'static [u8])],
}

impl Embedded {
    /// For [`embed!`](crate::embed): the folder of the crate, those of the revisions, and each file with its text.
    #[doc(hidden)]
    pub const fn new(
        root: &'static str,
        folders: &'static [&'static str],
        files: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { root, folders, files, data: &[] }
    }

    /// For [`embed!`](crate::embed): the files of loads, each with its content.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_data(self, data: &'static [(&'static str, &'static [u8])]) -> Self {
        Self { data, ..self }
    }

    /// The files: the path as messages show it, and the text.
    pub fn files(&self) -> &'static [(&'static str, &'static str)] {
        self.files
    }

    /// The graph of the revisions.
    ///
    /// # Errors
    /// With all faults of the files and of their graph. A program that is being worked on (built with debug assertions)
    /// also refuses when there are files that it was built without, where it still finds the folders.
    pub fn history(&self) -> Result<History, RevisionError> {
        if cfg!(debug_assertions) {
            self.check_complete()?;
        }
        Ok(History::of_texts(self.files.iter().copied())?.carrying(self.data))
    }

    fn check_complete(&self) -> Result<(), RevisionError> {
        let folders: Vec<_> = self.folders.iter().map(|folder| Path::new(self.root).join(folder)).collect();
        // On another machine the sources are not there, and what is in the program is all there is.
        if folders.iter().any(|folder| !folder.is_dir()) {
            return Ok(());
        }
        let known =
            |path: &Path| self.files.iter().any(|(shown, _)| Path::new(self.root).join(shown).as_path() == path);
        let missing: Vec<String> = directory::files(&folders)?
            .iter()
            .filter(|path| !known(path))
            .map(|path| path.display().to_string())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(RevisionError::NotEmbedded { files: missing }) }
    }
}

type OnEvent = dyn Fn(&Event<'_>) + Send + Sync;

/// Applies and reverts revisions from within a program, exactly as `migrate upgrade` and `migrate downgrade` do.
///
/// ```no_run
/// # async fn start(pool: sqlx::SqlitePool) -> Result<(), rungs::error::Error> {
/// use rungs::{Embedded, Migrator};
///
/// static REVISIONS: Embedded = rungs::embed!("tests/it/embedded");
///
/// let report = Migrator::new(&REVISIONS)?.upgrade(&pool, "heads").await?;
/// println!("{} revisions applied", report.steps.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Migrator {
    history: Arc<History>,
    options: Options,
    on_event: Option<Arc<OnEvent>>,
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let revisions = self.history.revisions().len();
        f.debug_struct("Migrator")
            .field("revisions", &revisions)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Migrator {
    /// Of the revisions in the program.
    ///
    /// # Errors
    /// As [`Embedded::history`].
    pub fn new(embedded: &Embedded) -> Result<Self, Error> {
        Ok(Self::of_history(embedded.history()?))
    }

    /// Of revisions from elsewhere, such as [`History::read`].
    pub fn of_history(history: History) -> Self {
        Self { history: Arc::new(history), options: Options::default(), on_event: None }
    }

    /// The revisions.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// For how long to wait while another runner is at work; 10 seconds unless it is said.
    #[must_use]
    pub fn lock_wait(mut self, wait: std::time::Duration) -> Self {
        self.options.lock_wait = wait;
        self
    }

    /// How long statements may wait and run.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Who runs it, for the log; the name of the operating system's user unless it is said.
    #[must_use]
    pub fn runner(mut self, runner: impl Into<String>) -> Self {
        self.options.runner = runner.into();
        self
    }

    /// Registers a step in Rust, for a revision whose section says `program:NAME`: it follows the statements of that
    /// section. It runs in the transaction of the revision or, where the revision is none, in one of its own with the
    /// mark that it is done; so it is taken once, and leaves BEGIN, COMMIT and ROLLBACK alone. Where others hold a lock, it
    /// is begun anew: what it does outside the database may then happen twice.
    ///
    /// ```no_run
    /// use rungs::revision::Direction;
    ///
    /// # fn of(migrator: rungs::Migrator) -> rungs::Migrator {
    /// migrator.step("4f1c2ab9d0e7", Direction::Up, |connection| {
    ///     Box::pin(async move {
    ///         for row in connection.query("SELECT id, name FROM users").await? {
    ///             let slug = row.text("name")?.to_lowercase().replace(' ', "-");
    ///             let connection = connection.sqlite().ok_or("SQLite only")?;
    ///             let update = sqlx::query("UPDATE users SET slug = ? WHERE id = ?").bind(slug).bind(row.int("id")?);
    ///             update.execute(connection).await?;
    ///         }
    ///         Ok(())
    ///     })
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn step<F>(mut self, revision: &str, direction: Direction, step: F) -> Self
    where
        F: for<'c> Fn(&'c mut Connection) -> BoxFuture<'c, Result<(), StepError>> + Send + Sync + 'static,
    {
        self.options.program.add(revision, direction, step);
        self
    }

    /// Applies the SQL alone, for a scratch database.
    pub(crate) fn without_steps(mut self) -> Self {
        self.options.program = Program::left_out();
        self
    }

    /// Is told of everything that happens.
    #[must_use]
    pub fn on_event(mut self, on_event: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Arc::new(on_event));
        self
    }

    /// Applies what a target asks for: `heads`, an id, `label@head`, `+1`.
    ///
    /// # Errors
    /// When the database cannot be reached, the target leads nowhere, or a revision fails. What stays then, the error says.
    pub async fn upgrade(&self, database: &dyn Connect, target: &str) -> Result<Report, Error> {
        self.run(database, Direction::Up, target).await
    }

    /// Reverts what a target asks for: `base`, an id (which itself stays), `label@base`, `-1`.
    ///
    /// # Errors
    /// As [`upgrade`](Self::upgrade), and when there is nothing that it would revert.
    pub async fn downgrade(&self, database: &dyn Connect, target: &str) -> Result<Report, Error> {
        self.run(database, Direction::Down, target).await
    }

    async fn run(&self, database: &dyn Connect, direction: Direction, target: &str) -> Result<Report, Error> {
        let mut connection = database.connect().await?;
        let outcome = self.run_on(&mut connection, direction, target).await;
        let closed = connection.close().await;
        let report = outcome?;
        closed?;
        Ok(report)
    }

    /// As [`upgrade`](Self::upgrade) and [`downgrade`](Self::downgrade), on a connection that stays open.
    ///
    /// # Errors
    /// As these.
    pub async fn run_on(
        &self,
        connection: &mut Connection,
        direction: Direction,
        target: &str,
    ) -> Result<Report, Error> {
        self.options.program.check(&self.history)?;
        let target = Target::parse(target)?;
        let dialect = dialect::for_version(connection.version())?;
        let rows = apply::applied(connection, dialect.as_ref()).await?;
        let steps = apply::route(&self.history, &rows, direction, &target)?;
        let mut tell = |event: Event<'_>| {
            if let Some(on_event) = &self.on_event {
                on_event(&event);
            }
        };
        Ok(apply::run(connection, dialect.as_ref(), &steps, &self.options, &mut tell).await?)
    }

    /// The ids of the revisions that are not applied yet, in the order in which they would be.
    ///
    /// # Errors
    /// When the database cannot be reached, or its ledger not be read.
    pub async fn pending(&self, database: &dyn Connect) -> Result<Vec<String>, Error> {
        let mut connection = database.connect().await?;
        let rows = self.rows(&mut connection).await;
        let closed = connection.close().await;
        let applied = apply::applied_ids(&rows?);
        closed?;
        let pending = self.history.upgrade_route(&applied, &Target::heads())?;
        Ok(pending.iter().map(|step| step.revision.id.clone()).collect())
    }

    async fn rows(&self, connection: &mut Connection) -> Result<Vec<apply::LedgerRow>, Error> {
        let dialect = dialect::for_version(connection.version())?;
        Ok(apply::applied(connection, dialect.as_ref()).await?)
    }
}
