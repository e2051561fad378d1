use miette::{Diagnostic, NamedSource, SourceSpan};
use thiserror::Error;

/// Why a schema cannot be read from where it is said to be.
#[derive(Debug, Error, Diagnostic)]
pub enum SourceError {
    /// The models have faults; all that were found are in here.
    #[error("the models cannot be read: {}", count(faults.len()))]
    #[diagnostic(code(models::invalid))]
    Models {
        /// Each with its place.
        #[related]
        faults: Vec<ModelFault>,
    },
    /// The SQL files of declared objects have faults; all that were found are in here.
    #[error("the declared objects cannot be read: {}", count(faults.len()))]
    #[diagnostic(code(objects::invalid))]
    Objects {
        /// Each with its place.
        #[related]
        faults: Vec<ObjectFault>,
    },
    /// A word that names no source.
    #[error("`{text}` is not a source of a schema")]
    #[diagnostic(code(source::unknown))]
    Unknown {
        /// What was written, without a password.
        text: String,
        /// What to write.
        #[help]
        help: String,
    },
    /// The source cannot be used here.
    #[error("{reason}")]
    #[diagnostic(code(source::unusable))]
    Unusable {
        /// Why.
        reason: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
    /// The models make a schema that the server does not take.
    #[error("the server does not accept the models' schema: {reason}")]
    #[diagnostic(code(source::rejected))]
    Rejected {
        /// What it said, and of which statement.
        reason: String,
        /// Where to look.
        #[help]
        help: Option<String>,
    },
    /// Two sources that belong to different engines.
    #[error("a schema of {previous} cannot be compared with one of {next}")]
    #[diagnostic(code(source::engines), help("compare two schemas of the same engine"))]
    Engines {
        /// The engine of the first.
        previous: String,
        /// The engine of the second.
        next: String,
    },
}

/// One fault in a model, with the line it stands on.
#[derive(Debug, Error, Diagnostic)]
#[error("{place}: {message}")]
#[diagnostic(code(models::fault))]
pub struct ModelFault {
    /// What is wrong.
    pub message: String,
    /// What is allowed instead.
    #[help]
    pub help: Option<String>,
    /// The file.
    #[source_code]
    pub source_code: NamedSource<String>,
    /// The place in it.
    #[label("here")]
    pub span: SourceSpan,
    /// `file:line:column`, for output without source excerpts.
    pub place: String,
}

/// One fault in an SQL file of declared objects.
#[derive(Debug, Error, Diagnostic)]
#[error("{place}: {reason}")]
#[diagnostic(code(objects::fault))]
pub struct ObjectFault {
    /// `file:line`, or what the configuration says.
    pub place: String,
    /// What is wrong.
    pub reason: String,
    /// What to do instead.
    #[help]
    pub help: Option<String>,
}

impl ObjectFault {
    /// A fault of a whole file or pattern.
    pub(crate) fn whole(place: &str, reason: String) -> Self {
        let help = "`objects` in migrate.toml lists files, folders and globs, relative to it".to_owned();
        Self { place: place.to_owned(), reason, help: Some(help) }
    }
}

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault".to_owned() } else { format!("{faults} faults") }
}
