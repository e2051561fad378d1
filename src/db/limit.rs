//! For how long a statement may run.

use std::time::Duration;

use rungs_schema::DialectName;

use super::Connection;
use crate::error::DbError;

impl Connection {
    /// Bounds how long each further statement of [`execute`](Self::execute) may run. `None` leaves it to the server, zero is
    /// for ever.
    ///
    /// # Errors
    /// When the server rejects it or the connection breaks.
    pub async fn limit_statements(&mut self, limit: Option<Duration>) -> Result<(), DbError> {
        if self.version().name != DialectName::Postgres {
            self.statement_limit = limit.filter(|limit| !limit.is_zero());
            return Ok(());
        }
        // https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT
        if let Some(limit) = limit {
            self.execute(&format!("SET statement_timeout = {}", limit.as_millis())).await?;
        }
        Ok(())
    }

    /// SQLite asks us every so often whether to go on. MySQL bounds nothing but SELECT by itself, so that another session
    /// ends what runs for too long; a statement that is ended so leaves nothing behind.
    pub(super) async fn send_within(&mut self, sql: &str, limit: Duration) -> Result<u64, DbError> {
        if self.version().name == DialectName::Sqlite {
            self.interrupt_after(Some(limit)).await?;
            let sent = self.send(sql).await;
            self.interrupt_after(None).await?;
            return sent;
        }
        let rows = self.query("SELECT CAST(CONNECTION_ID() AS CHAR) AS id").await?;
        let id = rows.first().map(|row| row.text("id")).transpose()?.unwrap_or_default().to_owned();
        let url = self.url.clone();
        let mut sent = std::pin::pin!(self.send(sql));
        if let Ok(sent) = tokio::time::timeout(limit, &mut sent).await {
            return sent;
        }
        let mut other = Box::pin(Self::open(&url)).await?;
        other.execute(&format!("KILL QUERY {id}")).await?;
        other.close().await?;
        sent.await
    }

    /// Lets SQLite end statements after a time: <https://www.sqlite.org/c3ref/progress_handler.html>.
    #[cfg(feature = "sqlite")]
    async fn interrupt_after(&mut self, limit: Option<Duration>) -> Result<(), DbError> {
        /// In steps of SQLite's virtual machine, of which it does millions in a second.
        const EVERY: i32 = 10_000;
        let Some(connection) = self.sqlite() else { return Ok(()) };
        let lost = |error: sqlx::Error| DbError::Lost { reason: error.to_string() };
        let mut handle = connection.lock_handle().await.map_err(lost)?;
        match limit {
            Some(limit) => {
                let begin = std::time::Instant::now();
                handle.set_progress_handler(EVERY, move || begin.elapsed() < limit);
            }
            None => handle.remove_progress_handler(),
        }
        Ok(())
    }

    #[cfg(not(feature = "sqlite"))]
    async fn interrupt_after(&mut self, _limit: Option<Duration>) -> Result<(), DbError> {
        Ok(())
    }
}
