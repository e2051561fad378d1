//! Triggers, rules, and triggers on events of the database.

use std::collections::BTreeMap;

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, routine, schema_of};
use super::value::{json, name, named, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::{literal, quote};
use crate::error::DbError;

/// Without those that the server made for the partitions of a table.
pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT g.oid, {schema} AS schema, g.tgname AS name, c.relname AS table_name, pg_get_triggerdef(g.oid, true) AS sql, \
         {enabled} AS enabled, obj_description(g.oid, 'pg_trigger') AS comment \
         FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND {relations}",
        schema = schema_of("n"),
        enabled = enabled("g.tgenabled"),
        relations = filter.relations()
    )
}

/// When it fires, where that is not what it does by itself.
fn enabled(letter: &str) -> String {
    format!("CASE {letter} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END")
}

fn state(row: &Row) -> Result<BTreeMap<String, String>, DbError> {
    Ok(text(row, "enabled")?.map(|state| ("enabled".to_owned(), state)).into_iter().collect())
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let one = on_table(row, DefinitionKind::Trigger, row.text("sql")?)?;
        let needs = found.needs.of("pg_trigger", row.text("oid")?);
        found.schema.definitions.push(Definition { needs, ..one });
    }
    Ok(())
}

fn on_table(row: &Row, kind: DefinitionKind, sql: &str) -> Result<Definition, DbError> {
    Ok(Definition {
        table: Some(named(row, "schema", "table_name")?),
        settings: state(row)?,
        comment: text(row, "comment")?,
        ..Definition::new(kind, name(row)?, sql)
    })
}

pub(super) fn rules_query(filter: &Filter) -> String {
    format!(
        "SELECT r.oid, {schema} AS schema, r.rulename AS name, c.relname AS table_name, pg_get_ruledef(r.oid, true) AS sql, \
         {enabled} AS enabled, obj_description(r.oid, 'pg_rewrite') AS comment \
         FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE r.rulename <> '_RETURN' AND {relations}",
        schema = schema_of("n"),
        enabled = enabled("r.ev_enabled"),
        relations = filter.relations()
    )
}

pub(super) fn read_rules(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let sql = row.text("sql")?.trim_end().trim_end_matches(';');
        let one = on_table(row, DefinitionKind::Rule, sql)?;
        let needs = found.needs.of("pg_rewrite", row.text("oid")?);
        found.schema.definitions.push(Definition { needs, ..one });
    }
    Ok(())
}

pub(super) fn events_query(filter: &Filter) -> String {
    format!(
        "SELECT g.oid, NULL AS schema, true AS is_global, g.evtname AS name, g.evtevent AS event, to_json(g.evttags) AS tags, \
         {function} AS function, {enabled} AS enabled, obj_description(g.oid, 'pg_event_trigger') AS comment \
         FROM pg_event_trigger AS g WHERE {objects}",
        function = routine("g.evtfoid"),
        enabled = enabled("g.evtenabled"),
        objects = filter.database_wide("pg_event_trigger", "g")
    )
}

pub(super) fn read_events(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let tags: Vec<String> = json::<Vec<String>>(row, "tags")?.iter().map(|tag| literal(tag)).collect();
        let when = if tags.is_empty() { String::new() } else { format!("\n    WHEN TAG IN ({})", tags.join(", ")) };
        let (event, function) = (row.text("event")?, row.text("function")?);
        let sql =
            format!("CREATE EVENT TRIGGER {} ON {event}{when}\n    EXECUTE FUNCTION {function}()", quote(&name.name));
        let needs = found.needs.of("pg_event_trigger", row.text("oid")?);
        found.schema.definitions.push(Definition {
            settings: state(row)?,
            comment: text(row, "comment")?,
            needs,
            ..Definition::new(DefinitionKind::EventTrigger, name, sql)
        });
    }
    Ok(())
}
