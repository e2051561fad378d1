//! Text search: parsers and templates, which are functions written in C, dictionaries and configurations.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, routine, schema_of};
use super::value::name;
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

/// <https://www.postgresql.org/docs/current/sql-createtsparser.html>
pub(super) fn parsers_query(filter: &Filter) -> String {
    let function = |word: &str, column: &str| format!("'{word} = ' || {}", routine(&format!("p.{column}")));
    let options = [
        function("START", "prsstart"),
        function("GETTOKEN", "prstoken"),
        function("END", "prsend"),
        function("LEXTYPES", "prslextype"),
        function("HEADLINE", "prsheadline"),
    ];
    format!(
        "SELECT p.oid, {schema} AS schema, p.prsname AS name, concat_ws(E',\\n    ', {options}) AS options, \
         obj_description(p.oid, 'pg_ts_parser') AS comment \
         FROM pg_ts_parser AS p JOIN pg_namespace AS n ON n.oid = p.prsnamespace WHERE {objects}",
        schema = schema_of("n"),
        options = options.join(", "),
        objects = filter.objects("pg_ts_parser", "p")
    )
}

pub(super) fn read_parsers(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    with_options(found, rows, DefinitionKind::TextSearchParser, "pg_ts_parser")
}

/// <https://www.postgresql.org/docs/current/sql-createtstemplate.html>
pub(super) fn templates_query(filter: &Filter) -> String {
    format!(
        "SELECT t.oid, {schema} AS schema, t.tmplname AS name, \
         concat_ws(E',\\n    ', 'INIT = ' || {init}, 'LEXIZE = ' || {lexize}) AS options, \
         obj_description(t.oid, 'pg_ts_template') AS comment \
         FROM pg_ts_template AS t JOIN pg_namespace AS n ON n.oid = t.tmplnamespace WHERE {objects}",
        schema = schema_of("n"),
        init = routine("t.tmplinit"),
        lexize = routine("t.tmpllexize"),
        objects = filter.objects("pg_ts_template", "t")
    )
}

pub(super) fn read_templates(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    with_options(found, rows, DefinitionKind::TextSearchTemplate, "pg_ts_template")
}

fn with_options(found: &mut Found, rows: &Rows, kind: DefinitionKind, catalogue: &str) -> Result<(), DbError> {
    let word = kind.word().to_ascii_uppercase();
    for row in rows {
        let name = name(row)?;
        let sql = format!("CREATE {word} {} (\n    {}\n)", qualified(&name), row.text("options")?);
        found.define(catalogue, row, Definition::new(kind, name, sql))?;
    }
    Ok(())
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
    with_options(found, rows, DefinitionKind::TextSearchDictionary, "pg_ts_dict")
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
        found.define("pg_ts_config", row, Definition::new(DefinitionKind::TextSearchConfiguration, name, sql))?;
    }
    Ok(())
}
