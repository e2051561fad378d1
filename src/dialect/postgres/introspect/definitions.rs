//! Views and triggers, which are kept as the statement that creates them.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{name, named, text};
use crate::db::Rows;
use crate::dialect::postgres::qualified;
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
            table: Some(named(row, "schema", "table_name")?),
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_trigger", row.text("oid")?),
            ..Definition::new(DefinitionKind::Trigger, name(row)?, row.text("sql")?)
        });
    }
    Ok(())
}
