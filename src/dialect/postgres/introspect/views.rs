//! Views and materialised views.

use std::collections::BTreeMap;

use rungs_schema::{Definition, DefinitionKind, Outline};

use super::Found;
use super::filter::{Filter, schema_of};
use super::tables::collation_of;
use super::value::{flag, json, name, options, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::qualified;
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT c.oid, {schema} AS schema, c.relname AS name, c.relkind = 'm' AS is_materialized, c.relispopulated AS has_rows, \
         pg_get_viewdef(c.oid, true) AS body, to_json(c.reloptions) AS options, obj_description(c.oid, 'pg_class') AS comment, \
         (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace) AS tablespace, \
         (SELECT amname FROM pg_am WHERE oid = c.relam AND amname <> current_setting('default_table_access_method')) AS method, \
         (SELECT json_agg(json_build_array(a.attname, concat_ws(' COLLATE ', format_type(a.atttypid, a.atttypmod), \
             CASE WHEN a.attcollation <> t.typcollation THEN {collation} END)) ORDER BY a.attnum) \
             FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid \
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns, \
         (SELECT json_object_agg(setting.word || ':' || a.attname, setting.value) FROM pg_attribute AS a \
             JOIN pg_type AS t ON t.oid = a.atttypid \
             LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
             CROSS JOIN LATERAL (VALUES ('default', pg_get_expr(d.adbin, d.adrelid, true)), \
                 ('comment', col_description(a.attrelid, a.attnum)), \
                 ('statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END), \
                 ('storage', CASE WHEN c.relkind = 'm' AND a.attstorage <> t.typstorage THEN CASE a.attstorage \
                     WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END) \
             ) AS setting (word, value) \
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND setting.value IS NOT NULL) AS settings \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm') AND {objects}",
        schema = schema_of("n"),
        collation = collation_of("a.attcollation"),
        objects = filter.objects("pg_class", "c")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let one = if flag(row, "is_materialized")? { materialized(row)? } else { view(row)? };
        let mut settings: BTreeMap<String, String> = json(row, "settings")?;
        settings.extend(one.settings.clone());
        let mut outline = one.outline.clone();
        outline.0.extend(json::<Vec<(String, String)>>(row, "columns")?);
        let comment = text(row, "comment")?;
        let needs = found.needs.of("pg_class", row.text("oid")?);
        found.schema.definitions.push(Definition { settings, outline, comment, needs, ..one });
    }
    Ok(())
}

fn body(row: &Row) -> Result<&str, DbError> {
    Ok(row.text("body")?.trim_end().trim_end_matches(';'))
}

fn view(row: &Row) -> Result<Definition, DbError> {
    let name = name(row)?;
    let options: Vec<String> =
        options(row, "options")?.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let options = if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) };
    let sql = format!("CREATE VIEW {}{options} AS\n{}", qualified(&name), body(row)?);
    Ok(Definition::new(DefinitionKind::View, name, sql))
}

/// What can change in place stands with the settings. Whether it has rows is no part of what it is.
fn materialized(row: &Row) -> Result<Definition, DbError> {
    let name = name(row)?;
    let sql = format!("CREATE MATERIALIZED VIEW {} AS\n{}", qualified(&name), body(row)?);
    let mut one = Definition::new(DefinitionKind::MaterializedView, name, sql);
    one.settings.extend(options(row, "options")?.into_iter().map(|(name, value)| (format!("option:{name}"), value)));
    for (word, column) in [("tablespace", "tablespace"), ("access_method", "method")] {
        one.settings.extend(text(row, column)?.map(|value| (word.to_owned(), value)));
    }
    if !flag(row, "has_rows")? {
        one.outline = Outline(vec![(EMPTY.to_owned(), String::new())]);
    }
    Ok(one)
}

/// The part of a materialised view's outline that says that it has no rows; no column has this name.
pub(in crate::dialect::postgres) const EMPTY: &str = "";
