//! One runner at a time.

use std::time::{Duration, Instant};

use rungs_schema::DialectName;
use sha2::{Digest, Sha256};

use super::{Event, Ledger, pooler};
use crate::db::Connection;
use crate::error::ApplyError;

/// How often a lock that someone else has is asked for.
const PAUSE: Duration = Duration::from_millis(100);

/// What the name of the ledger's schema or database follows in what the key is made of.
pub(super) const PURPOSE: &str = "rungs ledger ";

/// A lock on the ledger that belongs to the session. On SQLite there is none: each revision takes the write lock of
/// the database and then reads the ledger again.
#[derive(Debug)]
pub(super) struct Lock {
    key: Key,
    /// Behind a proxy that gives each transaction another session, the lock belongs to a transaction instead, which this
    /// connection keeps open.
    keeper: Option<Connection>,
}

#[derive(Debug)]
enum Key {
    Sqlite,
    Postgres(i64),
    Mysql(String),
}

impl Lock {
    /// Waits until no other runner has the lock. PostgreSQL is polled: a session that blocks in `pg_advisory_lock`
    /// holds a snapshot, for which the other's CREATE INDEX CONCURRENTLY would wait in turn.
    ///
    /// # Errors
    /// [`ApplyError::Locked`] when the time is over.
    pub(super) async fn acquire(
        connection: &mut Connection,
        ledger: &Ledger<'_>,
        wait: Duration,
        on_event: &mut (dyn FnMut(Event<'_>) + Send),
    ) -> Result<Self, ApplyError> {
        let key = Key::of(connection.version().name, ledger.namespace().unwrap_or_default());
        let mut lock = Self { key, keeper: pooler::keeper(connection).await? };
        let begin = Instant::now();
        let mut told = false;
        while !lock.try_acquire(connection).await? {
            let holder = lock.holder(connection).await?;
            if begin.elapsed() >= wait {
                return Err(ApplyError::Locked { holder, waited: wait.as_secs() });
            }
            if !std::mem::replace(&mut told, true) {
                on_event(Event::Waiting { holder: holder.as_deref() });
            }
            tokio::time::sleep(PAUSE.min(wait)).await;
        }
        Ok(lock)
    }

    /// Whether the session is another one for each transaction.
    pub(super) fn is_pooled(&self) -> bool {
        self.keeper.is_some()
    }

    /// Whether the lock is still ours, where that is not the same as the connection being there.
    ///
    /// # Errors
    /// When it is not.
    pub(super) async fn check(&mut self) -> Result<(), ApplyError> {
        let Some(keeper) = &mut self.keeper else { return Ok(()) };
        let kept = keeper.query("SELECT 1 AS kept").await;
        kept.map(|_| ()).map_err(|error| ApplyError::LockLost { reason: error.to_string() })
    }

    async fn try_acquire(&mut self, connection: &mut Connection) -> Result<bool, ApplyError> {
        let query = match &self.key {
            Key::Sqlite => return Ok(true),
            Key::Postgres(key) if self.keeper.is_some() => {
                format!("SELECT pg_catalog.pg_try_advisory_xact_lock({key}) AS got")
            }
            Key::Postgres(key) => format!("SELECT pg_catalog.pg_try_advisory_lock({key}) AS got"),
            Key::Mysql(name) => format!("SELECT GET_LOCK('{name}', 0) AS got"),
        };
        let rows = self.keeper.as_mut().unwrap_or(connection).query(&query).await?;
        Ok(rows.first().map(|row| row.bool("got")).transpose()?.unwrap_or_default())
    }

    /// Who has it, as far as the server tells us.
    async fn holder(&self, connection: &mut Connection) -> Result<Option<String>, ApplyError> {
        let query = match &self.key {
            Key::Sqlite => return Ok(None),
            Key::Postgres(key) => format!(
                "SELECT 'session ' || a.pid || ' of ' || coalesce(a.usename, '?') || ', connected since ' || \
                 to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS holder \
                 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) \
                 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                 AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
                 AND ((l.classid::bigint << 32) | l.objid::bigint) = {key}"
            ),
            Key::Mysql(name) => format!("SELECT concat('session ', IS_USED_LOCK('{name}')) AS holder"),
        };
        let rows = connection.query(&query).await?;
        Ok(rows.first().map(|row| row.opt("holder")).transpose()?.flatten().map(str::to_owned))
    }

    /// Gives the lock back. A session that ends gives it back as well.
    pub(super) async fn release(self, connection: &mut Connection) -> Result<(), ApplyError> {
        if let Some(mut keeper) = self.keeper {
            keeper.execute("ROLLBACK").await?;
            return Ok(keeper.close().await?);
        }
        let query = match &self.key {
            Key::Sqlite => return Ok(()),
            Key::Postgres(key) => format!("SELECT pg_catalog.pg_advisory_unlock({key}) AS released"),
            Key::Mysql(name) => format!("SELECT RELEASE_LOCK('{name}') AS released"),
        };
        connection.query(&query).await?;
        Ok(())
    }
}

impl Key {
    /// Locks of PostgreSQL belong to a database, so that the schema tells ledgers apart; those of MySQL to the server,
    /// and their names have at most 64 characters.
    fn of(dialect: DialectName, namespace: &str) -> Self {
        let hash = Sha256::digest(format!("{PURPOSE}{namespace}").as_bytes());
        match dialect {
            DialectName::Sqlite => Self::Sqlite,
            DialectName::Postgres => {
                let mut bytes = [0_u8; 8];
                bytes.copy_from_slice(&hash[..8]);
                Self::Postgres(i64::from_be_bytes(bytes))
            }
            DialectName::Mysql | DialectName::Mariadb => {
                let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
                Self::Mysql(format!("rungs.{hex}"))
            }
        }
    }
}
