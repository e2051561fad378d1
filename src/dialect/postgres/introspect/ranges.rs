//! Range types, which are kept as the statement that creates them, and types that are a name and nothing else yet.
//! <https://www.postgresql.org/docs/current/sql-createtype.html>

use rungs_schema::{Definition, DefinitionKind, ObjectName, Outline};

use super::Found;
use super::filter::{Filter, routine, schema_of, schema_of_type};
use super::tables::collation_of;
use super::value::{name, text};
use crate::db::Rows;
use crate::dialect::postgres::{collation_sql, qualified};
use crate::diff::{MULTIRANGE, MULTIRANGE_SCHEMA, PRINTED, SUBTYPE};
use crate::error::DbError;

/// Whether functions take or give a type `t`.
pub(super) const SHELL_IN_USE: &str = "EXISTS (SELECT FROM pg_depend AS used WHERE used.refclassid = 'pg_type'::regclass \
     AND used.refobjid = t.oid AND used.classid = 'pg_proc'::regclass)";

pub(super) fn query(filter: &Filter) -> String {
    let (multirange, join) = if filter.at_least(14) {
        (
            format!("{} AS multirange_schema, m.typname AS multirange", schema_of("mn")),
            "LEFT JOIN pg_type AS m ON m.oid = r.rngmultitypid LEFT JOIN pg_namespace AS mn ON mn.oid = m.typnamespace",
        )
    } else {
        ("NULL AS multirange_schema, NULL AS multirange".to_owned(), "")
    };
    format!(
        "SELECT t.oid, {schema} AS schema, t.typname AS name, format_type(r.rngsubtype, NULL) AS subtype, format_type(t.oid, NULL) AS printed, \
         CASE WHEN NOT o.opcdefault THEN quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END AS opclass, \
         CASE WHEN r.rngcollation <> sub.typcollation THEN {collation} END AS collation, \
         {canonical} AS canonical, \
         {subtype_diff} AS subtype_diff, \
         {multirange}, obj_description(t.oid, 'pg_type') AS comment \
         FROM pg_range AS r JOIN pg_type AS t ON t.oid = r.rngtypid JOIN pg_namespace AS n ON n.oid = t.typnamespace \
         JOIN pg_type AS sub ON sub.oid = r.rngsubtype \
         JOIN pg_opclass AS o ON o.oid = r.rngsubopc JOIN pg_namespace AS opn ON opn.oid = o.opcnamespace {join} \
         WHERE {objects}",
        schema = schema_of_type(),
        canonical = routine("r.rngcanonical"),
        subtype_diff = routine("r.rngsubdiff"),
        collation = collation_of("r.rngcollation"),
        objects = filter.objects("pg_type", "t")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let mut parts = vec![format!("subtype = {}", row.text("subtype")?)];
        let part = |word: &str, column: &str| Ok::<_, DbError>((word.to_owned(), row.text(column)?.to_owned()));
        let mut outline = Outline(vec![part(SUBTYPE, "subtype")?, part(PRINTED, "printed")?]);
        let mut add = |what: &str, value: Option<String>| parts.extend(value.map(|value| format!("{what} = {value}")));
        add("subtype_opclass", text(row, "opclass")?);
        add("collation", text(row, "collation")?.map(|collation| collation_sql(&collation)));
        add("canonical", text(row, "canonical")?);
        add("subtype_diff", text(row, "subtype_diff")?);
        if let Some(multirange) = text(row, "multirange")? {
            let multirange = ObjectName { schema: text(row, "multirange_schema")?, name: multirange };
            add("multirange_type_name", Some(qualified(&multirange)));
            outline.0.push((MULTIRANGE.to_owned(), multirange.name));
            outline.0.extend(multirange.schema.map(|schema| (MULTIRANGE_SCHEMA.to_owned(), schema)));
        }
        let sql = format!("CREATE TYPE {} AS RANGE ({})", qualified(&name), parts.join(", "));
        let needs = found.needs.of("pg_type", row.text("oid")?);
        let comment = text(row, "comment")?;
        let definition = Definition { comment, needs, outline, ..Definition::new(DefinitionKind::Range, name, sql) };
        found.schema.definitions.push(definition);
    }
    Ok(())
}

/// One that functions use already is to become a base type.
pub(super) fn shells_query(filter: &Filter) -> String {
    format!(
        "SELECT {schema} AS schema, t.typname AS name, obj_description(t.oid, 'pg_type') AS comment \
         FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace \
         WHERE t.typtype = 'p' AND NOT t.typisdefined AND NOT {SHELL_IN_USE} AND {objects}",
        schema = schema_of_type(),
        objects = filter.objects("pg_type", "t")
    )
}

pub(super) fn read_shells(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let sql = format!("CREATE TYPE {}", qualified(&name));
        let comment = text(row, "comment")?;
        found.schema.definitions.push(Definition { comment, ..Definition::new(DefinitionKind::ShellType, name, sql) });
    }
    Ok(())
}
