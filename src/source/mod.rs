//! Where a schema comes from: models, a live database, an SQL file, a revision, nothing.

mod declarable;
mod ignore;
mod limits;
pub mod models;
mod names;
pub mod objects;
pub mod print;
pub mod scratch;

use std::path::PathBuf;

use crate::db::{DatabaseUrl, without_passwords};
use crate::error::{Error, SourceError};

pub use ignore::{Ignore, Include, Object, WrongEntry};
pub use names::{Adopted, adopt, default_name};

/// A source, as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `models`: those of the configuration; `models:PATH`: those of a path.
    Models(Option<String>),
    /// `db`: that of the configuration; `db:URL`: another one.
    Database(Option<DatabaseUrl>),
    /// `file:PATH.sql`: what a script makes.
    File(PathBuf),
    /// `rev:TARGET`: what the revisions up to a target make.
    Revision(String),
    /// `empty`: nothing.
    Empty,
}

impl Source {
    /// Reads `models`, `models:PATH`, `db`, `db:URL`, `file:PATH.sql`, `rev:TARGET` or `empty`.
    ///
    /// # Errors
    /// When it is none of these, or the URL is not one.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (word, rest) = match text.split_once(':') {
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        match (word, rest) {
            ("models", path) => Ok(Self::Models(path.map(str::to_owned))),
            ("db", None) => Ok(Self::Database(None)),
            ("db", Some(url)) => Ok(Self::Database(Some(DatabaseUrl::parse(url)?))),
            ("file", Some(path)) => Ok(Self::File(PathBuf::from(path))),
            ("rev", Some(target)) => Ok(Self::Revision(target.to_owned())),
            ("empty", None) => Ok(Self::Empty),
            _ => {
                let is_url = DatabaseUrl::parse(text).is_ok();
                let shown = without_passwords(text);
                let help = if is_url {
                    format!("for the schema of a database write db:{shown}")
                } else {
                    "write models, models:PATH, db, db:URL, file:PATH.sql, rev:TARGET or empty".to_owned()
                };
                Err(SourceError::Unknown { text: shown, help }.into())
            }
        }
    }
}
