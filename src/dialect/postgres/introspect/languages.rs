//! Languages, what goes into them and out of them, and access methods.

use rungs_schema::{Definition, DefinitionKind, ObjectName};

use super::Found;
use super::filter::{Filter, routine};
use super::needs::transform;
use super::value::{flag, name};
use crate::db::Rows;
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// The server's own objects have numbers below 16384.
const OWN: &str = "oid >= 16384";

/// <https://www.postgresql.org/docs/current/sql-createlanguage.html>
pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT l.oid, NULL AS schema, true AS is_global, l.lanname AS name, l.lanpltrusted AS is_trusted, \
         concat_ws(' ', 'HANDLER ' || {handler}, 'INLINE ' || {inline}, 'VALIDATOR ' || {validator}) AS functions, \
         obj_description(l.oid, 'pg_language') AS comment \
         FROM pg_language AS l WHERE l.{OWN} AND {objects}",
        handler = routine("l.lanplcallfoid"),
        inline = routine("l.laninline"),
        validator = routine("l.lanvalidator"),
        objects = filter.database_wide("pg_language", "l")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let trusted = if flag(row, "is_trusted")? { "TRUSTED " } else { "" };
        let sql = format!("CREATE OR REPLACE {trusted}LANGUAGE {} {}", quote(&name.name), row.text("functions")?);
        found.define("pg_language", row, Definition::new(DefinitionKind::Language, name, sql))?;
    }
    Ok(())
}

/// <https://www.postgresql.org/docs/current/sql-create-access-method.html>
pub(super) fn methods_query(filter: &Filter) -> String {
    format!(
        "SELECT m.oid, NULL AS schema, true AS is_global, m.amname AS name, \
         CASE m.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END || ' HANDLER ' || {handler} AS what, \
         obj_description(m.oid, 'pg_am') AS comment \
         FROM pg_am AS m WHERE m.{OWN} AND {objects}",
        handler = routine("m.amhandler"),
        objects = filter.database_wide("pg_am", "m")
    )
}

pub(super) fn read_methods(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let sql = format!("CREATE ACCESS METHOD {} TYPE {}", quote(&name.name), row.text("what")?);
        found.define("pg_am", row, Definition::new(DefinitionKind::AccessMethod, name, sql))?;
    }
    Ok(())
}

/// A transform has no name but its type and language.
/// <https://www.postgresql.org/docs/current/sql-createtransform.html>
pub(super) fn transforms_query(filter: &Filter) -> String {
    format!(
        "SELECT t.oid, {name} AS name, concat_ws(', ', \
             'FROM SQL WITH FUNCTION ' || NULLIF(t.trffromsql::oid, 0)::regprocedure, \
             'TO SQL WITH FUNCTION ' || NULLIF(t.trftosql::oid, 0)::regprocedure) AS functions, \
         obj_description(t.oid, 'pg_transform') AS comment \
         FROM pg_transform AS t WHERE t.{OWN} AND {objects}",
        name = transform("t"),
        objects = filter.database_wide("pg_transform", "t")
    )
}

pub(super) fn read_transforms(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = row.text("name")?;
        let sql = format!("CREATE OR REPLACE TRANSFORM FOR {name} ({})", row.text("functions")?);
        found.define("pg_transform", row, Definition::new(DefinitionKind::Transform, ObjectName::bare(name), sql))?;
    }
    Ok(())
}
