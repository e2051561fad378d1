//! Enumerated types.

use rungs_schema::EnumType;

use super::Found;
use super::filter::{Filter, schema_of_type};
use super::value::{json, name, text};
use crate::db::Rows;
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT {schema} AS schema, t.typname AS name, obj_description(t.oid, 'pg_type') AS comment, \
         (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum AS e WHERE e.enumtypid = t.oid) AS labels \
         FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND {objects}",
        schema = schema_of_type(),
        objects = filter.objects("pg_type", "t")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let (name, values) = (name(row)?, json(row, "labels")?);
        found.schema.enums.push(EnumType { name, values, comment: text(row, "comment")? });
    }
    Ok(())
}
