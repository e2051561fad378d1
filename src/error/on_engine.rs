use std::fmt;

use miette::Diagnostic;

use super::Error;

/// An error of one of several engines that a history is written for.
#[derive(Debug)]
pub struct OnEngine {
    /// Where: `for PostgreSQL`.
    pub place: String,
    /// What went wrong.
    pub error: Box<Error>,
    /// What to do, where that is more than the error itself says.
    pub help: Option<String>,
}

impl fmt::Display for OnEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.error)
    }
}

impl std::error::Error for OnEngine {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl Diagnostic for OnEngine {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match (&self.help, self.error.help()) {
            (Some(more), Some(own)) => Some(Box::new(format!("{own}; {more}"))),
            (Some(more), None) => Some(Box::new(more)),
            (None, own) => own,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.error.related()
    }
}
