//! Views, routines and triggers, which are kept as the statement that creates them.

use rungs_schema::{Definition, DefinitionKind, ObjectName};
use serde::Deserialize;

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{json, name, named, text};
use crate::db::Rows;
use crate::dialect::postgres::{qualified, quote};
use crate::error::DbError;

/// The relations and routines that an object needs, for `json_agg`.
#[derive(Deserialize)]
struct Need {
    schema: Option<String>,
    name: String,
}

fn needs(list: Vec<Need>) -> Vec<ObjectName> {
    list.into_iter().map(|need| ObjectName { schema: need.schema, name: need.name }).collect()
}

/// A routine's name with the types of its arguments: two routines may share the rest.
fn signature(alias: &str) -> String {
    format!("{alias}.proname || '(' || oidvectortypes({alias}.proargtypes) || ')'")
}

/// The relations and routines in user namespaces that the objects of a `pg_depend` condition need.
fn needs_query(condition: &str, itself: &str) -> String {
    format!(
        "(SELECT json_agg(DISTINCT jsonb_build_object('schema', need.schema, 'name', need.name)) FROM ( \
             SELECT {schema} AS schema, r.relname::text AS name FROM pg_depend AS dep \
             JOIN pg_class AS r ON dep.refclassid = 'pg_class'::regclass AND r.oid = dep.refobjid AND r.relkind <> 'S' \
             JOIN pg_namespace AS rn ON rn.oid = r.relnamespace AND rn.nspname !~ '^pg_' \
             WHERE {condition} AND r.oid <> {itself} \
             UNION SELECT {schema}, {signature} FROM pg_depend AS dep \
             JOIN pg_proc AS r ON dep.refclassid = 'pg_proc'::regclass AND r.oid = dep.refobjid \
             JOIN pg_namespace AS rn ON rn.oid = r.pronamespace AND rn.nspname !~ '^pg_' \
             WHERE {condition} AND r.oid <> {itself}) AS need)",
        schema = schema_of("rn"),
        signature = signature("r")
    )
}

pub(super) fn views_query(filter: &Filter) -> String {
    format!(
        "SELECT {schema} AS schema, c.relname AS name, pg_get_viewdef(c.oid, true) AS body, \
         array_to_string(c.reloptions, ', ') AS options, {needs} AS needs \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND {objects}",
        schema = schema_of("n"),
        needs = needs_query(
            "dep.classid = 'pg_rewrite'::regclass AND dep.objid IN (SELECT rule.oid FROM pg_rewrite AS rule WHERE rule.ev_class = c.oid)",
            "c.oid"
        ),
        objects = filter.objects("pg_class", "c")
    )
}

pub(super) fn read_views(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let options = text(row, "options")?.map_or_else(String::new, |options| format!(" WITH ({options})"));
        let body = row.text("body")?.trim_end().trim_end_matches(';');
        let sql = format!("CREATE VIEW {}{options} AS\n{body}", qualified(&name));
        let needs = needs(json(row, "needs")?);
        found.schema.definitions.push(Definition { kind: DefinitionKind::View, name, table: None, sql, needs });
    }
    Ok(())
}

pub(super) fn routines_query(filter: &Filter) -> String {
    format!(
        "SELECT {schema} AS schema, {signature} AS name, p.proname AS bare_name, p.prokind AS kind, \
         pg_get_functiondef(p.oid) AS sql, quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' AS printed_name, \
         {needs} AS needs \
         FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
         WHERE p.prokind IN ('f', 'p', 'w') AND {objects}",
        schema = schema_of("n"),
        signature = signature("p"),
        needs = needs_query("dep.classid = 'pg_proc'::regclass AND dep.objid = p.oid", "p.oid"),
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
        let needs = needs(json(row, "needs")?);
        found.schema.definitions.push(Definition { kind, name, table: None, sql, needs });
    }
    Ok(())
}

pub(super) fn triggers_query(filter: &Filter) -> String {
    format!(
        "SELECT {schema} AS schema, g.tgname AS name, c.relname AS table_name, pg_get_triggerdef(g.oid, true) AS sql, \
         {needs} AS needs \
         FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND (c.relkind = 'v' OR {tables}) AND {objects}",
        schema = schema_of("n"),
        needs = needs_query("dep.classid = 'pg_trigger'::regclass AND dep.objid = g.oid", "g.oid"),
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
            needs: needs(json(row, "needs")?),
        });
    }
    Ok(())
}
