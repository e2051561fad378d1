//! Collations that somebody created. <https://www.postgresql.org/docs/current/sql-createcollation.html>

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{flag, name, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::{literal, qualified};
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    // Where the locale of a provider other than libc stands has changed twice.
    let locale = match (filter.at_least(17), filter.at_least(15)) {
        (true, _) => "l.colllocale",
        (_, true) => "l.colliculocale",
        _ => "l.collcollate::text",
    };
    let rules = if filter.at_least(16) { "l.collicurules" } else { "NULL" };
    format!(
        "SELECT l.oid, {schema} AS schema, l.collname AS name, l.collprovider AS provider, \
         l.collisdeterministic AS deterministic, l.collcollate AS collate, l.collctype AS ctype, {locale} AS locale, \
         {rules} AS rules, obj_description(l.oid, 'pg_collation') AS comment \
         FROM pg_collation AS l JOIN pg_namespace AS n ON n.oid = l.collnamespace \
         WHERE l.collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding())) AND {objects}",
        schema = schema_of("n"),
        objects = filter.objects("pg_collation", "l")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let sql = format!("CREATE COLLATION {} ({})", qualified(&name), options(row)?.join(", "));
        let comment = text(row, "comment")?;
        let definition = Definition { comment, ..Definition::new(DefinitionKind::Collation, name, sql) };
        found.schema.definitions.push(definition);
    }
    Ok(())
}

fn options(row: &Row) -> Result<Vec<String>, DbError> {
    let quoted = |column: &str| Ok::<_, DbError>(row.opt(column)?.map(literal).unwrap_or_default());
    let provider = match row.text("provider")? {
        "i" => "icu",
        "b" => "builtin",
        _ => "libc",
    };
    let mut options = vec![format!("provider = {provider}")];
    if !flag(row, "deterministic")? {
        options.push("deterministic = false".to_owned());
    }
    if provider == "libc" && row.opt("collate")? != row.opt("ctype")? {
        options.push(format!("lc_collate = {}", quoted("collate")?));
        options.push(format!("lc_ctype = {}", quoted("ctype")?));
    } else {
        options.push(format!("locale = {}", quoted(if provider == "libc" { "collate" } else { "locale" })?));
    }
    if row.opt("rules")?.is_some() {
        options.push(format!("rules = {}", quoted("rules")?));
    }
    Ok(options)
}
