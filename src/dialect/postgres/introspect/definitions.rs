//! Views, routines and triggers, which are kept as the statement that creates them.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::needs::signature;
use super::value::{name, named, text};
use crate::db::Rows;
use crate::dialect::postgres::{qualified, quote};
use crate::error::DbError;

pub(super) fn views_query(filter: &Filter) -> String {
    format!(
        "SELECT c.oid, {schema} AS schema, c.relname AS name, pg_get_viewdef(c.oid, true) AS body, \
         array_to_string(c.reloptions, ', ') AS options, obj_description(c.oid, 'pg_class') AS comment \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND {objects}",
        schema = schema_of("n"),
        objects = filter.objects("pg_class", "c")
    )
}

pub(super) fn read_views(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let options = text(row, "options")?.map_or_else(String::new, |options| format!(" WITH ({options})"));
        let body = row.text("body")?.trim_end().trim_end_matches(';');
        let sql = format!("CREATE VIEW {}{options} AS\n{body}", qualified(&name));
        let needs = found.needs.of("pg_class", row.text("oid")?);
        let comment = text(row, "comment")?;
        found.schema.definitions.push(Definition {
            comment,
            needs,
            ..Definition::new(DefinitionKind::View, name, sql)
        });
    }
    Ok(())
}

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

pub(super) fn triggers_query(filter: &Filter) -> String {
    format!(
        "SELECT g.oid, {schema} AS schema, g.tgname AS name, c.relname AS table_name, pg_get_triggerdef(g.oid, true) AS sql, \
         obj_description(g.oid, 'pg_trigger') AS comment \
         FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND (c.relkind = 'v' OR {tables}) AND {objects}",
        schema = schema_of("n"),
        tables = filter.tables(),
        objects = filter.objects("pg_class", "c")
    )
}

pub(super) fn read_triggers(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        found.schema.definitions.push(Definition {
            kind: DefinitionKind::Trigger,
            name: name(row)?,
            table: Some(named(row, "schema", "table_name")?),
            sql: row.text("sql")?.to_owned(),
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_trigger", row.text("oid")?),
        });
    }
    Ok(())
}
