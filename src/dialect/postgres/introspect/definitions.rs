//! Routines, which are kept as the statement that creates them.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::needs::signature;
use super::value::{name, text};
use crate::db::Rows;
use crate::dialect::postgres::quote;
use crate::error::DbError;

pub(super) fn routines_query(filter: &Filter) -> String {
    format!(
        "SELECT p.oid, {schema} AS schema, {signature} AS name, p.proname AS bare_name, p.prokind AS kind, \
         pg_get_functiondef(p.oid) AS sql, quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' AS printed_name, \
         obj_description(p.oid, 'pg_proc') AS comment \
         FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
         WHERE p.prokind IN ('f', 'p', 'w') AND {objects} \
         AND NOT EXISTS (SELECT FROM pg_depend AS made WHERE made.classid = 'pg_proc'::regclass \
             AND made.objid = p.oid AND made.deptype = 'i')",
        schema = schema_of("n"),
        signature = signature("p"),
        objects = filter.objects("pg_proc", "p")
    )
}

pub(super) fn read_routines(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let (kind, word) = match row.text("kind")? {
            "p" => (DefinitionKind::Procedure, "PROCEDURE"),
            _ => (DefinitionKind::Function, "FUNCTION"),
        };
        // The server always qualifies the name, also with the default namespace.
        let printed = format!("CREATE OR REPLACE {word} {}", row.text("printed_name")?);
        let sql = row.text("sql")?;
        let rest = sql.strip_prefix(&printed).ok_or_else(|| DbError::Answer {
            reason: format!("the definition of {name} does not start with `{printed}`"),
        })?;
        let bare = row.text("bare_name")?;
        let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
        let sql = format!("CREATE OR REPLACE {word} {place}{}({}", quote(bare), rest.trim_end());
        let needs = found.needs.of("pg_proc", row.text("oid")?);
        let comment = text(row, "comment")?;
        found.schema.definitions.push(Definition { comment, needs, ..Definition::new(kind, name, sql) });
    }
    Ok(())
}
