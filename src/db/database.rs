//! Creating, dropping and finding whole databases.

use rungs_schema::DialectName;

use super::{Connection, DatabaseUrl};
use crate::error::DbError;

/// Whether the database of a URL is there.
///
/// # Errors
/// When the server cannot be asked.
pub async fn exists(url: &DatabaseUrl) -> Result<bool, DbError> {
    match Connection::open(url).await {
        Ok(connection) => connection.close().await.map(|()| true),
        Err(DbError::Missing { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Creates the database of a URL, which must not be there yet.
///
/// # Errors
/// When it is there already, or this user may not create it.
pub async fn create(url: &DatabaseUrl) -> Result<(), DbError> {
    if url.dialect_name() == DialectName::Sqlite {
        if url.sqlite_path().is_some_and(std::path::Path::exists) {
            return Err(already_there(url));
        }
        let mut connection = Connection::open_or_create(url).await?;
        // SQLite creates the file with the first write.
        connection.execute("PRAGMA user_version = 0").await?;
        connection.execute("VACUUM").await?;
        return connection.close().await;
    }
    on_server(url, &format!("CREATE DATABASE {}", quoted(url))).await.map_err(|error| match code_of(&error) {
        // PostgreSQL: duplicate_database; MySQL and MariaDB: ER_DB_CREATE_EXISTS.
        Some("42P04" | "1007") => already_there(url),
        _ => error,
    })
}

/// Drops the database of a URL with all that is in it.
///
/// # Errors
/// When it is not there, is in use, or this user may not drop it.
pub async fn drop(url: &DatabaseUrl) -> Result<(), DbError> {
    if let Some(path) = url.sqlite_path() {
        let missing = || DbError::Missing { url: url.to_string() };
        std::fs::remove_file(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => missing(),
            _ => DbError::Connect {
                url: url.to_string(),
                reason: error.to_string(),
                help: "check who may write there".to_owned(),
            },
        })?;
        for suffix in ["-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            // The side files are there only after a crash.
            let _ = std::fs::remove_file(name);
        }
        return Ok(());
    }
    on_server(url, &format!("DROP DATABASE {}", quoted(url))).await.map_err(|mut error| {
        match (code_of(&error).map(str::to_owned).as_deref(), &mut error) {
            // PostgreSQL: invalid_catalog_name; MySQL and MariaDB: ER_DB_DROP_EXISTS.
            (Some("3D000" | "1008"), _) => return DbError::Missing { url: url.to_string() },
            // PostgreSQL: object_in_use.
            (Some("55006"), DbError::Statement { help, .. }) => {
                *help = Some("end the programs that use it, and run the command again".to_owned());
            }
            _ => {}
        }
        error
    })
}

fn already_there(url: &DatabaseUrl) -> DbError {
    DbError::Exists { url: url.to_string() }
}

fn code_of(error: &DbError) -> Option<&str> {
    match error {
        DbError::Statement { code, .. } => code.as_deref(),
        _ => None,
    }
}

/// Runs a statement about the database while connected to the server's own.
async fn on_server(url: &DatabaseUrl, sql: &str) -> Result<(), DbError> {
    if url.database().is_empty() {
        return Err(DbError::Url { url: url.to_string(), reason: "it names no database".to_owned() });
    }
    let maintenance = if url.dialect_name() == DialectName::Postgres { "postgres" } else { "" };
    let mut connection = Connection::open(&url.with_database(maintenance)).await?;
    connection.execute(sql).await?;
    connection.close().await
}

fn quoted(url: &DatabaseUrl) -> String {
    let name = url.database();
    match url.dialect_name() {
        DialectName::Mysql | DialectName::Mariadb => format!("`{}`", name.replace('`', "``")),
        DialectName::Sqlite | DialectName::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}
