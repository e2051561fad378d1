//! Namespaces.

use rungs_schema::{Definition, DefinitionKind, ObjectName};

use super::Found;
use super::filter::Filter;
use super::value::text;
use crate::db::Rows;
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// The default namespace is everybody's, and neither created nor dropped; it is told only where it has a comment that
/// the server did not give it.
pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT n.nspname AS name, own.comment FROM pg_namespace AS n \
         CROSS JOIN LATERAL (SELECT NULLIF(obj_description(n.oid, 'pg_namespace'), \
             CASE WHEN n.nspname = 'public' THEN 'standard public schema' END) AS comment) AS own \
         WHERE (n.nspname = 'public' AND own.comment IS NOT NULL \
             OR n.nspname <> 'public' AND n.nspname IS DISTINCT FROM current_schema()) AND {objects}",
        objects = filter.objects("pg_namespace", "n")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = row.text("name")?;
        let sql = format!("CREATE SCHEMA {}", quote(name));
        let definition = Definition::new(DefinitionKind::Namespace, ObjectName::bare(name), sql);
        found.schema.definitions.push(Definition { comment: text(row, "comment")?, ..definition });
    }
    Ok(())
}
