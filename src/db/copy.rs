//! PostgreSQL's COPY ... FROM STDIN.

use sqlx::postgres::{PgConnection, PgCopyIn, PgDatabaseError};

use super::Connection;
use super::error::statement_error;
use crate::error::DbError;

/// A COPY that takes data. Only [`finish`](Self::finish) leaves the connection as it was.
pub(crate) struct CopyIn<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    sql: String,
}

/// Why the server has not taken the data.
pub(crate) struct CopyError {
    pub(crate) error: DbError,
    /// Which line of the data it objects to, from 1.
    pub(crate) line: Option<u64>,
}

impl Connection {
    /// Begins a COPY ... FROM STDIN. The text has to be one.
    ///
    /// # Errors
    /// When the server rejects it, the connection breaks, or is not to PostgreSQL.
    pub(crate) async fn copy_in(&mut self, sql: &str) -> Result<CopyIn<'_>, DbError> {
        #[cfg(feature = "fault-points")]
        super::fault::point(sql).await;
        let Some(connection) = self.postgres() else {
            return Err(DbError::Answer { reason: "only PostgreSQL copies".to_owned() });
        };
        let copy = connection.copy_in_raw(sql).await.map_err(|error| statement_error(sql, error))?;
        Ok(CopyIn { copy, sql: sql.to_owned() })
    }
}

impl CopyIn<'_> {
    /// Sends data. What the server objects to, it says at the end.
    pub(crate) async fn send(&mut self, data: &[u8]) -> Result<(), DbError> {
        self.copy.send(data).await.map(|_| ()).map_err(|error| statement_error(&self.sql, error))
    }

    /// Ends it, and tells how many rows the server has taken.
    pub(crate) async fn finish(self) -> Result<u64, CopyError> {
        #[cfg(feature = "fault-points")]
        super::fault::point("COPY ends").await;
        self.copy.finish().await.map_err(|error| {
            let line = line_of(&error);
            CopyError { error: statement_error(&self.sql, error), line }
        })
    }
}

/// `COPY cities, line 3, column n: "x"`, in any language: the first number behind the table's name, which has none of them
/// behind its comma.
fn line_of(error: &sqlx::Error) -> Option<u64> {
    let sqlx::Error::Database(database) = error else { return None };
    let context = database.try_downcast_ref::<PgDatabaseError>()?.r#where()?;
    context.lines().rev().find_map(line_in)
}

fn line_in(context: &str) -> Option<u64> {
    let (_, behind) = context.strip_prefix("COPY ")?.split_once(", ")?;
    let digits = behind.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::line_in;

    #[test]
    fn the_line_is_read_in_any_language() {
        assert_eq!(line_in("COPY t2, line 31, column n: \"4\""), Some(31));
        assert_eq!(line_in("COPY t2, Zeile 31, Spalte n: »4«"), Some(31));
        assert_eq!(line_in("COPY rungs_load, line 7: \"1\t2\""), Some(7));
        assert_eq!(line_in("PL/pgSQL function f() line 3 at RAISE"), None);
    }
}
