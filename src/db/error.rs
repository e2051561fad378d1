//! What the drivers' errors mean.

use crate::db::DatabaseUrl;
use crate::error::DbError;

/// SQLSTATEs and engine codes that say «no such database».
const MISSING: [&str; 2] = ["3D000", "42000"];
/// PostgreSQL: lock_not_available; MySQL and MariaDB: lock wait timeout; SQLite: BUSY and its kinds, LOCKED.
const LOCKED: [&str; 8] = ["55P03", "1205", "5", "6", "261", "262", "517", "773"];

/// An error from an attempt to connect.
pub(super) fn connect_error(url: &DatabaseUrl, error: sqlx::Error) -> DbError {
    let reason = reason_of(&error);
    if let sqlx::Error::Database(database) = &error {
        let code = database.code().unwrap_or_default().into_owned();
        let unknown_database =
            reason.contains("database") && (reason.contains("does not exist") || reason.contains("Unknown database"));
        if unknown_database && MISSING.contains(&code.as_str()) {
            return DbError::Missing { url: url.to_string() };
        }
        if number_of(database.as_ref()).is_some_and(|number| LOCKED.contains(&number.as_str())) {
            return DbError::Locked { reason, sql: String::new() };
        }
    }
    let help = match &error {
        sqlx::Error::Io(_) => "is the server running, and are host and port right?",
        sqlx::Error::Database(database) => refused_help(database.code().as_deref()),
        sqlx::Error::Tls(_) => "check the TLS settings in the URL (sslmode on PostgreSQL, ssl-mode on MySQL)",
        _ => refused_help(None),
    };
    DbError::Connect { url: url.to_string(), reason, help: help.to_owned() }
}

/// What to look at when whoever answers turns us away, by SQLSTATE or SQLite's number.
fn refused_help(code: Option<&str>) -> &'static str {
    match code {
        Some("28P01" | "28000") => "check the user's name and password in the URL",
        Some("53300") => "the server has no connection left: end some, and run the command again",
        // SQLITE_CANTOPEN
        Some("14") => "check the path: a file is meant that this user may read and write, in a folder that is there",
        _ => "check the URL, and that this user may connect to this database",
    }
}

/// An error from the first statements of a session, which on SQLite are the first to look into the file.
pub(super) fn session_error(url: &DatabaseUrl, error: DbError) -> DbError {
    match error {
        // SQLITE_NOTADB
        DbError::Statement { reason, code, .. } if url.sqlite_path().is_some() && code.as_deref() == Some("26") => {
            let help = "check the path: the file there is no SQLite database, or is encrypted".to_owned();
            DbError::Connect { url: url.to_string(), reason, help }
        }
        error => error,
    }
}

/// An error from a statement.
pub(crate) fn statement_error(sql: &str, error: sqlx::Error) -> DbError {
    let sqlx::Error::Database(database) = &error else {
        return match error {
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                DbError::Lost { reason: reason_of(&error) }
            }
            error => DbError::Answer { reason: format!("{} (for: {sql})", reason_of(&error)) },
        };
    };
    let code = number_of(database.as_ref());
    if code.as_ref().is_some_and(|code| LOCKED.contains(&code.as_str())) {
        return DbError::Locked { reason: reason_of(&error), sql: sql.to_owned() };
    }
    let mut reason = database.message().to_owned();
    let (mut position, mut help) = (None, None);
    #[cfg(feature = "postgres")]
    if let Some(postgres) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        if let Some(detail) = postgres.detail() {
            reason = format!("{reason} ({detail})");
        }
        if let Some(sqlx::postgres::PgErrorPosition::Original(at)) = postgres.position() {
            position = Some(at);
        }
        help = postgres.hint().map(str::to_owned);
    }
    let _ = (&mut position, &mut help, &mut reason);
    DbError::Statement { reason, code, sql: sql.to_owned(), position, help }
}

/// The engine's own number where it has one (MySQL, SQLite), else the SQLSTATE.
fn number_of(error: &dyn sqlx::error::DatabaseError) -> Option<String> {
    #[cfg(feature = "mysql")]
    if let Some(mysql) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return Some(mysql.number().to_string());
    }
    error.code().map(|code| code.into_owned())
}

pub(super) fn reason_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(io) => io.to_string(),
        sqlx::Error::Configuration(inner) => inner.to_string().replace("error with configuration: ", ""),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_is_told_from_a_file_that_cannot_be_opened() {
        assert!(refused_help(Some("28P01")).contains("password"));
        assert!(refused_help(Some("28000")).contains("password"));
        assert!(refused_help(Some("14")).contains("path"));
        assert!(refused_help(None).contains("URL"));
    }
}
