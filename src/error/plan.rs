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
    /// Drops and adds that may be renames, and nobody has said which.
    #[error("nothing was written: {}", unanswered(questions.len()))]
    #[diagnostic(
        code(plan::renames),
        help("say which it is with --rename, as above; --no-rename says that all others are drops and adds")
    )]
    Renames {
        /// Each with the answers to choose from.
        #[related]
        questions: Vec<RenameQuestion>,
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

/// Something that goes, while something of its shape comes.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("{kind} {previous} may have been renamed to {}", next.join(" or "))]
#[diagnostic(code(plan::rename), help("{}", flags(previous, next)))]
pub struct RenameQuestion {
    /// `table`, `column`, ...
    pub kind: &'static str,
    /// What goes.
    pub previous: String,
    /// What it may have become, likeliest first.
    pub next: Vec<String>,
}

fn flags(previous: &str, next: &[String]) -> String {
    let flag = |next: &String| {
        let words = format!("{previous}={next}");
        if words.contains(['"', ' ', '\'']) {
            format!("--rename '{}'", words.replace('\'', "'\\''"))
        } else {
            format!("--rename {words}")
        }
    };
    next.iter().map(flag).collect::<Vec<_>>().join("  or  ")
}

fn unanswered(questions: usize) -> String {
    if questions == 1 {
        "a drop and an add look like a rename".to_owned()
    } else {
        format!("{questions} drops and adds look like renames")
    }
}

fn others(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => "; another one is missing too".to_owned(),
        more => format!("; {more} others are missing too"),
    }
}
