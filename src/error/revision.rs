use miette::Diagnostic;
use thiserror::Error;

/// What can be wrong with revision files and with what is asked of their graph.
#[derive(Debug, Error, Diagnostic)]
pub enum RevisionError {
    /// Files or their graph have faults; all that were found are in here.
    #[error("the revision files have {} fault{}", faults.len(), if faults.len() == 1 { "" } else { "s" })]
    #[diagnostic(code(revision::invalid))]
    Invalid {
        /// Each with its file and line.
        #[related]
        faults: Vec<RevisionFault>,
    },
}

/// One fault of a revision file or of the graph.
#[derive(Debug, Error, Diagnostic)]
pub enum RevisionFault {
    /// The file is not a revision file.
    #[error("{path}:{line}: {reason}")]
    #[diagnostic(code(revision::malformed))]
    Malformed {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
        /// What to write.
        #[help]
        help: Option<String>,
    },
}
