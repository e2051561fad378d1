//! Conversions between encodings. <https://www.postgresql.org/docs/current/sql-createconversion.html>

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, routine, schema_of};
use super::value::{flag, name};
use crate::db::Rows;
use crate::dialect::postgres::{literal, qualified};
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT v.oid, {schema} AS schema, v.conname AS name, v.condefault AS is_default, \
         pg_encoding_to_char(v.conforencoding) AS source, pg_encoding_to_char(v.contoencoding) AS target, \
         {function} AS function, obj_description(v.oid, 'pg_conversion') AS comment \
         FROM pg_conversion AS v JOIN pg_namespace AS n ON n.oid = v.connamespace WHERE {objects}",
        schema = schema_of("n"),
        function = routine("v.conproc"),
        objects = filter.objects("pg_conversion", "v")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let default = if flag(row, "is_default")? { "DEFAULT " } else { "" };
        let sql = format!(
            "CREATE {default}CONVERSION {} FOR {} TO {} FROM {}",
            qualified(&name),
            literal(row.text("source")?),
            literal(row.text("target")?),
            row.text("function")?
        );
        found.define("pg_conversion", row, Definition::new(DefinitionKind::Conversion, name, sql))?;
    }
    Ok(())
}
