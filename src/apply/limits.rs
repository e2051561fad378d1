//! How long statements may wait and run, and what happens when one could not get a lock.
//!
//! A statement that waits for a lock makes everyone wait who comes after it, so that a migration gives up early, lets
//! the others pass, and tries again later.

use std::time::Duration;

use rungs_schema::DialectName;

use super::Event;
use super::executor::{OnEvent, Runner};
use super::prepare::Prepared;
use crate::dialect::splitter::Piece;
use crate::error::{ApplyError, Cause, DbError};

/// How long statements may wait and run, and how often a revision that could not get a lock is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For how long a statement may wait for a lock; `None` leaves it to the server, zero is for ever. SQLite has one lock
    /// for all, for which [`Options::lock_wait`](super::Options::lock_wait) says how long to wait.
    pub lock_timeout: Option<Duration>,
    /// For how long a statement may run; `None` leaves it to the server, zero is for ever.
    pub statement_timeout: Option<Duration>,
    /// How often to try again what failed for a lock that others held, or a deadlock.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { lock_timeout: Some(Duration::from_secs(5)), statement_timeout: None, retries: 10 }
    }
}

/// The first pause before a second attempt; each is twice as long as the one before it.
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(15);

/// How long to wait before an attempt, from 1. Half of it is chance, so that two runners that met do not meet again.
fn pause(attempt: u32) -> Duration {
    let whole = SHORTEST.saturating_mul(2_u32.saturating_pow(attempt - 1)).min(LONGEST);
    // Without a source of chance the pause is a whole one.
    let part = getrandom::u32().map_or(1.0, |number| f64::from(number) / f64::from(u32::MAX));
    whole / 2 + (whole / 2).mul_f64(part)
}

impl Runner<'_> {
    /// Sets what holds for the statements of a section.
    pub(super) async fn limit(&mut self, step: &Prepared<'_>) -> Result<(), DbError> {
        // Where nothing holds from one transaction to the next, it would hold for somebody else.
        if self.session.is_pooled() { Ok(()) } else { self.limit_now(step).await }
    }

    /// The same within a transaction, where the session lasts no longer than that.
    pub(super) async fn limit_transaction(&mut self, step: &Prepared<'_>) -> Result<(), DbError> {
        if self.session.is_pooled() { self.limit_now(step).await } else { Ok(()) }
    }

    async fn limit_now(&mut self, step: &Prepared<'_>) -> Result<(), DbError> {
        let limits = self.options.limits;
        let lock = step.section.lock_timeout.or(limits.lock_timeout);
        for sql in lock.map_or_else(Vec::new, |lock| lock_timeout_sql(self.connection.version().name, lock)) {
            self.connection.execute(&sql).await?;
        }
        let statement = step.section.statement_timeout.or(limits.statement_timeout);
        self.connection.limit_statements(statement).await?;
        Ok(())
    }

    /// Waits before another attempt of what others were in the way of. `false` when there is none: the error was another,
    /// or it was the last attempt.
    pub(super) async fn waits_to_retry(
        &mut self,
        step: &Prepared<'_>,
        cause: Cause,
        reason: &str,
        on_event: OnEvent<'_>,
    ) -> bool {
        let of = self.options.limits.retries;
        // SQLite has waited already, for as long as it may.
        if self.attempt > of || cause != Cause::Lock || self.is_sqlite() {
            return false;
        }
        let (attempt, pause) = (self.attempt, pause(self.attempt));
        let (revision, direction) = (step.revision, step.direction);
        on_event(Event::Retrying { revision, direction, attempt, of, pause, reason });
        tokio::time::sleep(pause).await;
        self.attempt += 1;
        true
    }

    /// Building concurrently waits for the transactions that are open, and nobody waits for it meanwhile; ended in the
    /// middle, it leaves an invalid index. It waits as long as it must, unless the file says otherwise.
    pub(super) async fn lift_limit(&mut self, step: &Prepared<'_>, piece: &Piece<'_>) -> Result<bool, DbError> {
        let name = self.connection.version().name;
        let concurrently = || piece.words(name, 12).iter().any(|word| word == "CONCURRENTLY");
        if name != DialectName::Postgres
            || self.session.is_pooled()
            || step.section.lock_timeout.is_some()
            || !concurrently()
        {
            return Ok(false);
        }
        self.connection.execute("SET lock_timeout = 0").await?;
        Ok(true)
    }

    /// Says what to do about a limit that was reached.
    pub(super) async fn explained(&mut self, step: &Prepared<'_>, mut error: ApplyError) -> ApplyError {
        let advice = match error.cause() {
            Cause::Time => "it ran for longer than statement_timeout allows: give it more with `--statement-timeout`, \
                            or `statement_timeout:1h` after the section's marker"
                .to_owned(),
            Cause::Lock if !self.is_sqlite() => {
                let tried = match self.attempt {
                    1 => String::new(),
                    attempt => format!("it was tried {attempt} times: "),
                };
                let limit = step.section.lock_timeout.or(self.options.limits.lock_timeout);
                let limit = limit.map(|limit| format!(" ({} now)", humantime::format_duration(limit)));
                let holders = match self.open_transactions().await {
                    holders if holders.is_empty() => String::new(),
                    holders => format!("; the oldest transactions that are open now: {}", holders.join(", ")),
                };
                format!(
                    "{tried}run the command again when the others are done, or let it wait longer with \
                     `--lock-timeout`{} and `--retries`{holders}",
                    limit.unwrap_or_default()
                )
            }
            _ => return error,
        };
        if let ApplyError::Statement { help, .. } = &mut error {
            *help = Some(advice);
        }
        error
    }

    /// Who may hold what we wait for: what the server lets us see. Where it does not, there is nothing to tell.
    async fn open_transactions(&mut self) -> Vec<String> {
        let query = match self.connection.version().name {
            DialectName::Sqlite => return Vec::new(),
            DialectName::Postgres => {
                "SELECT 'session ' || pid || coalesce(' of ' || usename, '') || coalesce(' (' || state || ')', '') || \
                 ' since ' || to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS who \
                 FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                 AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 3"
            }
            DialectName::Mysql | DialectName::Mariadb => {
                "SELECT CONCAT('session ', trx_mysql_thread_id, ' since ', trx_started) AS who \
                 FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID() \
                 ORDER BY trx_started LIMIT 3"
            }
        };
        let rows = self.connection.query(query).await.unwrap_or_default();
        rows.iter().filter_map(|row| row.opt("who").ok().flatten()).map(str::to_owned).collect()
    }
}

/// What sets for how long a statement waits for a lock. PostgreSQL counts milliseconds and takes 0 for no limit
/// (<https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT>); MySQL and MariaDB count
/// seconds, from 1, for the locks of tables and those of rows
/// (<https://dev.mysql.com/doc/refman/en/server-system-variables.html#sysvar_lock_wait_timeout>).
pub(super) fn lock_timeout_sql(dialect: DialectName, limit: Duration) -> Vec<String> {
    const YEAR: u64 = 31_536_000;
    match dialect {
        DialectName::Sqlite => Vec::new(),
        DialectName::Postgres => vec![format!("SET lock_timeout = {}", limit.as_millis())],
        DialectName::Mysql | DialectName::Mariadb => {
            let seconds = limit.as_millis().div_ceil(1_000);
            let seconds = if seconds == 0 { YEAR } else { u64::try_from(seconds).unwrap_or(YEAR).min(YEAR) };
            vec![format!("SET SESSION lock_wait_timeout = {seconds}, SESSION innodb_lock_wait_timeout = {seconds}")]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_bound() {
        for attempt in 1..40 {
            let whole = (SHORTEST * 2_u32.saturating_pow(attempt - 1).min(1_000)).min(LONGEST);
            let pause = pause(attempt);
            assert!(pause >= whole / 2 && pause <= whole, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn servers_that_count_seconds_get_whole_ones() {
        let sql = |millis| lock_timeout_sql(DialectName::Mysql, Duration::from_millis(millis)).concat();
        assert!(sql(1).contains("lock_wait_timeout = 1,"));
        assert!(sql(1_001).contains("lock_wait_timeout = 2,"));
        assert!(sql(0).contains("lock_wait_timeout = 31536000,"));
    }
}
