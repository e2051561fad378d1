//! Text search: dictionaries and configurations. Parsers and templates are written in C.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{name, text};
use crate::db::Rows;
use crate::dialect::postgres::qualified;
use crate::error::DbError;

/// A name as it is found: bare where the server sees it, else with its namespace.
fn found_as(alias: &str, prefix: &str, is_visible: &str) -> String {
    format!(
        "CASE WHEN {is_visible}({alias}.oid) THEN '' ELSE (SELECT quote_ident(nspname) || '.' FROM pg_namespace \
         WHERE oid = {alias}.{prefix}namespace) END || quote_ident({alias}.{prefix}name)"
    )
}

pub(super) fn dictionaries_query(filter: &Filter) -> String {
    format!(
        "SELECT d.oid, {schema} AS schema, d.dictname AS name, \
         concat_ws(E',\\n    ', 'TEMPLATE = ' || {template}, d.dictinitoption) AS options, \
         obj_description(d.oid, 'pg_ts_dict') AS comment \
         FROM pg_ts_dict AS d JOIN pg_namespace AS n ON n.oid = d.dictnamespace \
         JOIN pg_ts_template AS t ON t.oid = d.dicttemplate WHERE {objects}",
        schema = schema_of("n"),
        template = found_as("t", "tmpl", "pg_ts_template_is_visible"),
        objects = filter.objects("pg_ts_dict", "d")
    )
}

pub(super) fn read_dictionaries(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let sql = format!("CREATE TEXT SEARCH DICTIONARY {} (\n    {}\n)", qualified(&name), row.text("options")?);
        found.schema.definitions.push(Definition {
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_ts_dict", row.text("oid")?),
            ..Definition::new(DefinitionKind::TextSearchDictionary, name, sql)
        });
    }
    Ok(())
}

/// A configuration, and which dictionaries it asks for which token.
pub(super) fn configurations_query(filter: &Filter) -> String {
    format!(
        "SELECT g.oid, {schema} AS schema, g.cfgname AS name, {parser} AS parser, \
         (SELECT string_agg(' ADD MAPPING FOR ' || m.token || ' WITH ' || m.dictionaries, E'\\n' ORDER BY m.token) FROM \
             (SELECT quote_ident(token.alias) AS token, string_agg({dictionary}, ', ' ORDER BY m.mapseqno) AS dictionaries \
              FROM pg_ts_config_map AS m JOIN ts_token_type(g.cfgparser) AS token ON token.tokid = m.maptokentype \
              JOIN pg_ts_dict AS d ON d.oid = m.mapdict WHERE m.mapcfg = g.oid GROUP BY token.alias) AS m) AS mappings, \
         obj_description(g.oid, 'pg_ts_config') AS comment \
         FROM pg_ts_config AS g JOIN pg_namespace AS n ON n.oid = g.cfgnamespace \
         JOIN pg_ts_parser AS p ON p.oid = g.cfgparser WHERE {objects}",
        schema = schema_of("n"),
        parser = found_as("p", "prs", "pg_ts_parser_is_visible"),
        dictionary = found_as("d", "dict", "pg_ts_dict_is_visible"),
        objects = filter.objects("pg_ts_config", "g")
    )
}

pub(super) fn read_configurations(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let called = qualified(&name);
        let mut sql = format!("CREATE TEXT SEARCH CONFIGURATION {called} (PARSER = {})", row.text("parser")?);
        for mapping in row.opt("mappings")?.into_iter().flat_map(str::lines) {
            sql.push_str(&format!(";\nALTER TEXT SEARCH CONFIGURATION {called}{mapping}"));
        }
        found.schema.definitions.push(Definition {
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_ts_config", row.text("oid")?),
            ..Definition::new(DefinitionKind::TextSearchConfiguration, name, sql)
        });
    }
    Ok(())
}
