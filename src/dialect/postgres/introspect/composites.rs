//! Composite types that are no table's row.

use rungs_schema::{Attribute, CompositeType};
use serde::Deserialize;

use super::Found;
use super::filter::{Filter, schema_of_type};
use super::tables::collation_of;
use super::value::{json, name, text};
use crate::db::Rows;
use crate::error::DbError;

/// One attribute, as the query makes it.
#[derive(Deserialize)]
struct Member {
    name: String,
    ty: String,
    collation: Option<String>,
    comment: Option<String>,
}

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT t.oid, {schema} AS schema, t.typname AS name, \
         (SELECT json_agg(json_build_object('name', a.attname, 'ty', format_type(a.atttypid, a.atttypmod), \
             'collation', CASE WHEN a.attcollation <> own.typcollation THEN {collation} END, \
             'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum) \
             FROM pg_attribute AS a JOIN pg_type AS own ON own.oid = a.atttypid \
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes, \
         obj_description(t.oid, 'pg_type') AS comment \
         FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace \
         JOIN pg_class AS c ON c.oid = t.typrelid AND c.relkind = 'c' WHERE {objects}",
        schema = schema_of_type(),
        collation = collation_of("a.attcollation"),
        objects = filter.objects("pg_type", "t")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let attributes = json::<Vec<Member>>(row, "attributes")?.into_iter().map(|member| {
            let Member { name, ty, collation, comment } = member;
            Attribute { name, ty, collation, comment }
        });
        found.schema.composites.push(CompositeType {
            name: name(row)?,
            attributes: attributes.collect(),
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_type", row.text("oid")?),
        });
    }
    Ok(())
}
