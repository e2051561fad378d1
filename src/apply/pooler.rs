//! PostgreSQL behind a proxy that pools transactions, such as PgBouncer with `pool_mode = transaction`: each transaction
//! gets whichever session of the server is free, so that nothing of a session holds from one to the next, neither a lock
//! nor a setting. A transaction that is open keeps its session.

use rungs_schema::DialectName;

use super::prepare::Prepared;
use super::statement::plan;
use crate::db::{Connection, ServerVersion};
use crate::error::{ApplyError, DbError, Refusal};

/// How often the sessions of two connections are compared. In a pool that is busy, a session would have to come back to the
/// same of two connections as often.
const ROUNDS: usize = 3;

/// A connection with an open transaction, for a lock to belong to, where the connection has no session of its own.
///
/// The transaction is idle and reads nothing, so that it has no snapshot that a CREATE INDEX CONCURRENTLY would wait for,
/// and the server is told not to end it for that.
pub(super) async fn keeper(connection: &mut Connection) -> Result<Option<Connection>, ApplyError> {
    if connection.version().name != DialectName::Postgres {
        return Ok(None);
    }
    // Where there is no room for another connection, what one shows is all there is to see.
    let mut other = connection.another().await.ok();
    if !is_pooled(connection, other.as_mut()).await? {
        if let Some(other) = other {
            other.close().await?;
        }
        return Ok(None);
    }
    let mut keeper = match other {
        Some(other) => other,
        None => connection.another().await?,
    };
    keeper.execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
    keeper.execute("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
    keeper.execute("SET LOCAL statement_timeout = 0").await?;
    if keeper.version().at_least(17, 0, 0) {
        // https://www.postgresql.org/docs/17/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT
        keeper.execute("SET LOCAL transaction_timeout = 0").await?;
    }
    Ok(Some(keeper))
}

/// Whether two connections that are open have been seen in one session, or one connection in two.
///
/// A pool that nobody else uses shows itself in the first round, whichever session it takes: where it is the one that was
/// free for the longest, a connection that asks twice in a row sees two; where it is the last one that became free, both
/// connections see the same.
async fn is_pooled(connection: &mut Connection, mut other: Option<&mut Connection>) -> Result<bool, ApplyError> {
    let own = session(connection).await?;
    let mut pooled = false;
    for _ in 0..ROUNDS {
        pooled |= session(connection).await? != own;
        if let Some(other) = &mut other {
            pooled |= session(other).await? == own;
        }
        pooled |= session(connection).await? != own;
    }
    Ok(pooled)
}

async fn session(connection: &mut Connection) -> Result<i64, DbError> {
    let rows = connection.query("SELECT pg_catalog.pg_backend_pid() AS pid").await?;
    Ok(rows.first().map(|row| row.int("pid")).transpose()?.unwrap_or_default())
}

/// A revision that is not one transaction may be sent statement by statement, but none may stand on what another one has
/// set in the session.
///
/// # Errors
/// With each statement that sets something.
pub(super) fn check(prepared: &[Prepared<'_>], version: &ServerVersion) -> Result<(), ApplyError> {
    let mut refusals = Vec::new();
    for step in prepared.iter().filter(|step| !step.in_transaction) {
        for (piece, planned) in step.pieces.iter().zip(plan(version, &step.pieces)) {
            if planned.inside || !(planned.replayed || planned.leftover.is_some()) {
                continue;
            }
            refusals.push(Refusal::NeedsSession {
                place: step.revision.place(step.line(piece)),
                revision: step.revision.id.clone(),
                statement: piece.words(version.name, 3).join(" "),
            });
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
}
