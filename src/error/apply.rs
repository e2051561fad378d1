use miette::Diagnostic;
use thiserror::Error;

/// What can go wrong while revisions run.
#[derive(Debug, Error, Diagnostic)]
pub enum ApplyError {
    /// The database said no.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] super::DbError),
}
