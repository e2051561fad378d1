use miette::Diagnostic;
use thiserror::Error;

/// Why a change cannot be turned into statements.
#[derive(Debug, Error, Diagnostic)]
pub enum PlanError {
    /// The engine has nothing that does it.
    #[error("{engine} cannot {action}")]
    #[diagnostic(code(plan::unsupported))]
    Unsupported {
        /// The engine, with its version where that matters.
        engine: String,
        /// What is asked, with the object's name: `keep table users UNLOGGED`.
        action: String,
        /// What to write instead.
        #[help]
        help: Option<String>,
    },
    /// The schema contradicts itself.
    #[error("{reason}")]
    #[diagnostic(code(plan::invalid))]
    Invalid {
        /// What contradicts what, with names.
        reason: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
}
