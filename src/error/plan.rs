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
    /// Privileges or owners name a role that the target's server does not have. Roles are never created.
    #[error("role {role} does not exist on the server, and is needed for {what}{}", others(*more))]
    #[diagnostic(code(plan::role))]
    MissingRole {
        /// The first of them.
        role: String,
        /// What it is needed for.
        what: String,
        /// How many more are missing.
        more: usize,
        /// What to run first.
        #[help]
        help: String,
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

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => "; another one is missing too".to_owned(),
        more => format!("; {more} others are missing too"),
    }
}
