//! What a program has a say in while models and database are compared, and a revision is written.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rungs_schema::read::OwnTypes;
use rungs_schema::{ColumnType, DialectName};

use crate::diff::change::Change;
use crate::source::{Include, Object};

type Rewrite = dyn Fn(Vec<Change>, DialectName) -> Vec<Change> + Send + Sync;
type AfterWrite = dyn Fn(&Path) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync;

/// What a program has a say in: what is compared, what is done about a difference, how Rust types are stored, and what
/// becomes of a new file.
///
/// A project that needs this has a program of its own in the place of `migrate`, with all its commands:
///
/// ```no_run
/// use rungs::Hooks;
///
/// fn main() -> std::process::ExitCode {
///     let hooks = Hooks::new().include(|object| !object.name.starts_with("tmp_"));
///     rungs::cli::run_with(hooks)
/// }
/// ```
#[derive(Clone, Default)]
pub struct Hooks {
    include: Vec<Arc<Include>>,
    rewrite: Vec<Arc<Rewrite>>,
    types: OwnTypes,
    after_write: Vec<Arc<AfterWrite>>,
}

impl Hooks {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves alone whatever it answers no to, in models and in the database: it is neither created, changed nor dropped.
    /// Several filters must all agree.
    #[must_use]
    pub fn include(mut self, filter: impl Fn(Object<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.include.push(Arc::new(filter));
        self
    }

    /// Has the last word on what is done about the differences of one revision on one engine, before statements are made
    /// of it, for both directions. What it takes out stays as it is, and `check` does not tell it either. Several are
    /// asked one after the other.
    ///
    /// The changes come in an order that works, and must leave in one.
    #[must_use]
    pub fn rewrite(
        mut self,
        rewrite: impl Fn(Vec<Change>, DialectName) -> Vec<Change> + Send + Sync + 'static,
    ) -> Self {
        self.rewrite.push(Arc::new(rewrite));
        self
    }

    /// Says how fields of a Rust type are stored, by the end of its path: `Money`, or `currency::Money`. It wins over
    /// `[types]` of `migrate.toml`, and over what rungs knows of the name itself.
    #[must_use]
    pub fn column_type(mut self, rust: impl Into<String>, ty: ColumnType) -> Self {
        self.types.insert(rust.into(), ty);
        self
    }

    /// Is given each new revision file, after the commands of `[hooks]` in `migrate.toml`. The file stays also when this
    /// fails.
    #[must_use]
    pub fn after_write(
        mut self,
        hook: impl Fn(&Path) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
    ) -> Self {
        self.after_write.push(Arc::new(hook));
        self
    }

    pub(crate) fn types(&self) -> &OwnTypes {
        &self.types
    }

    pub(crate) fn filters(&self) -> &[Arc<Include>] {
        &self.include
    }

    pub(super) fn rewritten(&self, changes: Vec<Change>, engine: DialectName) -> Vec<Change> {
        self.rewrite.iter().fold(changes, |changes, rewrite| rewrite(changes, engine))
    }

    #[cfg(feature = "cli")]
    pub(crate) fn are_after_write(&self) -> bool {
        !self.after_write.is_empty()
    }

    #[cfg(feature = "cli")]
    pub(crate) fn run_after_write(&self, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.after_write.iter().try_for_each(|hook| hook(path))
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("include", &self.include.len())
            .field("rewrite", &self.rewrite.len())
            .field("types", &self.types)
            .field("after_write", &self.after_write.len())
            .finish()
    }
}
