//! Extended statistics. <https://www.postgresql.org/docs/current/planner-stats.html#PLANNER-STATS-EXTENDED>

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{name, named, text};
use crate::db::Rows;
use crate::dialect::postgres::qualified;
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT s.oid, {schema} AS schema, s.stxname AS name, {table_schema} AS table_schema, c.relname AS table_name, \
         pg_get_statisticsobjdef(s.oid) AS sql, \
         'CREATE STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS head, \
         CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END AS target, \
         obj_description(s.oid, 'pg_statistic_ext') AS comment \
         FROM pg_statistic_ext AS s JOIN pg_namespace AS n ON n.oid = s.stxnamespace \
         JOIN pg_class AS c ON c.oid = s.stxrelid JOIN pg_namespace AS cn ON cn.oid = c.relnamespace WHERE {objects}",
        schema = schema_of("n"),
        table_schema = schema_of("cn"),
        objects = filter.objects("pg_statistic_ext", "s")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        // The server always qualifies the name, also with the default namespace.
        let (head, sql) = (row.text("head")?, row.text("sql")?);
        let rest = sql.strip_prefix(head).ok_or_else(|| DbError::Answer {
            reason: format!("the definition of statistics {name} does not start with `{head}`"),
        })?;
        let mut one = Definition::new(
            DefinitionKind::Statistics,
            name.clone(),
            format!("CREATE STATISTICS {}{rest}", qualified(&name)),
        );
        one.settings.extend(text(row, "target")?.map(|target| ("target".to_owned(), target)));
        let needs = found.needs.of("pg_statistic_ext", row.text("oid")?);
        let table = Some(named(row, "table_schema", "table_name")?);
        found.schema.definitions.push(Definition { table, comment: text(row, "comment")?, needs, ..one });
    }
    Ok(())
}
