//! Policies of row-level security. <https://www.postgresql.org/docs/current/catalog-pg-policy.html>

use rungs_schema::{Definition, DefinitionKind, Outline};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{flag, name, named, text};
use crate::db::Rows;
use crate::dialect::postgres::{qualified, quote};
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT p.oid, {schema} AS schema, p.polname AS name, c.relname AS table_name, p.polpermissive AS is_permissive, \
         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' \
             ELSE 'ALL' END AS command, \
         COALESCE((SELECT string_agg(quote_ident(r.rolname), ', ' ORDER BY r.rolname) FROM pg_roles AS r \
             WHERE r.oid = ANY (p.polroles)), 'PUBLIC') AS roles, \
         pg_get_expr(p.polqual, p.polrelid, true) AS condition, \
         pg_get_expr(p.polwithcheck, p.polrelid, true) AS check_condition, \
         obj_description(p.oid, 'pg_policy') AS comment \
         FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE {tables}",
        schema = schema_of("n"),
        tables = filter.tables()
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let table = named(row, "schema", "table_name")?;
        let kind = if flag(row, "is_permissive")? { "" } else { "\n    AS RESTRICTIVE" };
        let mut outline = vec![("TO".to_owned(), row.text("roles")?.to_owned())];
        outline.extend(text(row, "condition")?.map(|condition| ("USING".to_owned(), format!("({condition})"))));
        outline.extend(text(row, "check_condition")?.map(|check| ("WITH CHECK".to_owned(), format!("({check})"))));
        let clauses: String = outline.iter().map(|(word, text)| format!("\n    {word} {text}")).collect();
        let sql = format!(
            "CREATE POLICY {} ON {}{kind}\n    FOR {}{clauses}",
            quote(&name.name),
            qualified(&table),
            row.text("command")?
        );
        let needs = found.needs.of("pg_policy", row.text("oid")?);
        found.schema.definitions.push(Definition {
            table: Some(table),
            outline: Outline(outline),
            comment: text(row, "comment")?,
            needs,
            ..Definition::new(DefinitionKind::Policy, name, sql)
        });
    }
    Ok(())
}
