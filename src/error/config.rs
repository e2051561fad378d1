use miette::Diagnostic;
use thiserror::Error;

/// What can be wrong with the configuration and the command line.
#[derive(Debug, Clone, Error, Diagnostic)]
pub enum ConfigError {
    /// There is no migrate.toml here or above.
    #[error("there is no migrate.toml in {folder} or above it")]
    #[diagnostic(code(config::missing), help("start a project with `migrate init`, or name the file with --config"))]
    Missing {
        /// Where the search began.
        folder: String,
    },
    /// A file that cannot be read or written.
    #[error("cannot {action} {path}: {reason}")]
    #[diagnostic(
        code(config::io),
        help("{}", if *action == "read" { "check the name: is it there, and may this user read it?" } else { "check the name: is its folder one, writable, and with space left?" })
    )]
    Io {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("{path}:{line}: {reason}")]
    #[diagnostic(code(config::invalid))]
    Invalid {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
    /// The call does not fit.
    #[error("{reason}")]
    #[diagnostic(code(config::usage))]
    Usage {
        /// What does not fit.
        reason: String,
        /// What to write instead.
        #[help]
        help: Option<String>,
    },
    /// A command of `[hooks]` did not end well.
    #[error("the hook `{command}` {reason}")]
    #[diagnostic(code(config::hook), help("{help}"))]
    Hook {
        /// The command, as it was run.
        command: String,
        /// How it ended, with what it printed.
        reason: String,
        /// What became of the file, and what to do.
        help: String,
    },
}
