//! Errors: one enum for each stage, each saying what happened, where, and what to do next.
//!
//! Every variant carries a code (`stage::fault`) and, where there is something to do, a help text, by way of
//! [`miette::Diagnostic`]. The command prints them; `--format json` gives the same three parts.

mod apply;
mod config;
mod db;
mod fault;
mod on_engine;
mod plan;
mod revision;
mod source;

pub use apply::{ApplyError, Cause, Doubt, Refusal, Stopped};
pub(crate) use apply::{going_on, mending};
pub use config::ConfigError;
pub use db::DbError;
pub(crate) use fault::and;
pub use fault::{Link, RevisionFault};
pub use on_engine::OnEngine;
pub use plan::{PlanError, RenameQuestion};
pub use revision::{RevisionError, WithoutFile};
pub use source::{ModelFault, ObjectFault, SourceError};

/// Whatever can go wrong, by stage.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Error {
    /// `migrate.toml`, the environment or the command line.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// Reading a schema: models, scripts, scratch databases.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Source(#[from] SourceError),
    /// The database or the way to it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] DbError),
    /// Turning changes into statements.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// Revision files and their graph.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Revision(#[from] RevisionError),
    /// Running revisions and keeping the ledger.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Apply(#[from] ApplyError),
    /// Whatever goes wrong on one of several engines.
    #[error(transparent)]
    #[diagnostic(transparent)]
    OnEngine(#[from] OnEngine),
}

/// The first lines of a statement, for a message in which it follows `  in: `.
pub(crate) fn excerpt(sql: &str) -> String {
    const MOST: usize = 400;
    let sql = sql.trim();
    let shown = match sql.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} ...", &sql[..end]),
        None => sql.to_owned(),
    };
    shown.replace('\n', "\n      ")
}

/// The result of whatever can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;
