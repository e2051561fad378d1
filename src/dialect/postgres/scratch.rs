//! A throwaway namespace, in which the server prints what we ask it to create.

use std::hash::{BuildHasher, RandomState};

use rungs_schema::Schema;

use super::introspect::introspect_in_transaction;
use super::{literal, quote};
use crate::db::Connection;
use crate::dialect::Scope;
use crate::error::DbError;

/// Runs statements in a fresh namespace that comes first on the `search_path`, reads it as the default namespace,
/// and takes everything back, also after an error. What names another namespace is done there, and taken back too.
/// The connection must not be inside a transaction.
///
/// # Errors
/// When the server rejects a statement, or cannot be read. A failure to roll back is told only when all else went
/// well.
pub async fn in_scratch_schema(connection: &mut Connection, statements: &[String]) -> Result<Schema, DbError> {
    connection.execute("BEGIN").await?;
    let schema = create_and_read(connection, statements).await;
    let rolled_back = connection.execute("ROLLBACK").await;
    let schema = schema?;
    rolled_back?;
    Ok(schema)
}

async fn create_and_read(connection: &mut Connection, statements: &[String]) -> Result<Schema, DbError> {
    // RandomState is seeded anew for each process, and differs from one instance to the next.
    let name = format!("rungs_scratch_{:016x}", RandomState::new().hash_one(std::process::id()));
    connection.execute(&format!("CREATE SCHEMA {}", quote(&name))).await?;
    connection
        .execute(&format!(
            "SELECT set_config('search_path', concat_ws(', ', {}, NULLIF(current_setting('search_path'), '')), true)",
            literal(&quote(&name))
        ))
        .await?;
    // The order of definitions is the caller's; what a routine's body names need not be there.
    connection.execute("SET LOCAL check_function_bodies = off").await?;
    for statement in statements {
        connection.execute(statement).await?;
    }
    introspect_in_transaction(connection, &Scope::default_namespace()).await
}
