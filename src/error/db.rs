use miette::Diagnostic;
use thiserror::Error;

use super::{Cause, excerpt};

/// What can go wrong between us and a database.
#[derive(Debug, Error, Diagnostic)]
pub enum DbError {
    /// The URL is not one that we understand.
    #[error("{url} is not a database URL: {reason}")]
    #[diagnostic(
        code(db::url),
        help(
            "write sqlite://app.db, postgres://user@host:5432/name, or mysql://user@host:3306/name (mariadb:// is the same); \
             in a password, / ? # @ : and % are written %2F %3F %23 %40 %3A and %25"
        )
    )]
    Url {
        /// The URL, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// This build has no driver for the engine.
    #[error("this build of rungs cannot speak to {engine}")]
    #[diagnostic(code(db::engine), help("build it with the Cargo feature `{feature}`"))]
    Engine {
        /// The engine.
        engine: String,
        /// The feature that brings it.
        feature: &'static str,
    },
    /// Nobody answers, or whoever answers turns us away.
    #[error("cannot connect to {url}: {reason}")]
    #[diagnostic(code(db::connect), help("{help}"))]
    Connect {
        /// The URL, without its password.
        url: String,
        /// What the driver said.
        reason: String,
        /// What to look at.
        help: String,
    },
    /// The server answers, but has no such database; or the SQLite file is not there.
    #[error("there is no database at {url}")]
    #[diagnostic(code(db::missing), help("create it with `migrate db create`, or check the name in the URL"))]
    Missing {
        /// The URL, without its password.
        url: String,
    },
    /// What is to be created is there.
    #[error("the database {url} is there already")]
    #[diagnostic(code(db::exists), help("use it as it is, or drop it first with `migrate db drop`"))]
    Exists {
        /// The URL, without its password.
        url: String,
    },
    /// Somebody else holds a lock on the database.
    #[error("the database is locked by someone else: {reason}")]
    #[diagnostic(code(db::locked), help("wait for the other program to finish, or end it, and run the command again"))]
    Locked {
        /// What the driver said.
        reason: String,
        /// The statement that waited.
        sql: String,
    },
    /// The server rejected a statement.
    #[error("{reason}\n  in: {}", excerpt(sql))]
    #[diagnostic(code(db::statement))]
    Statement {
        /// What the server said, with its detail and hint.
        reason: String,
        /// The server's code: SQLSTATE, or the engine's own number.
        code: Option<String>,
        /// The statement.
        sql: String,
        /// Where in the statement, in characters from 1, where the server tells.
        position: Option<usize>,
        /// What the server advises.
        #[help]
        help: Option<String>,
    },
    /// The connection broke.
    #[error("lost the connection to the database: {reason}")]
    #[diagnostic(code(db::lost))]
    Lost {
        /// What the driver said.
        reason: String,
    },
    /// The server answered in a way that we do not understand.
    #[error("unexpected answer from the database: {reason}")]
    #[diagnostic(code(db::answer), help("this is a defect in rungs: please report it, with the server's version"))]
    Answer {
        /// What was expected and what came.
        reason: String,
    },
}

impl DbError {
    /// What kind of thing went wrong, by the engines' codes.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Locked { .. } => Cause::Lock,
            Self::Statement { code: Some(code), .. } => match code.as_str() {
                // Deadlock and serialization failure of PostgreSQL, deadlock of MySQL and MariaDB.
                "40P01" | "40001" | "1213" => Cause::Lock,
                // `query_canceled` of PostgreSQL, an interrupted query of MySQL and of MariaDB, SQLITE_INTERRUPT.
                "57014" | "1317" | "1969" | "9" => Cause::Time,
                _ => Cause::Other,
            },
            _ => Cause::Other,
        }
    }
}
