//! Publications. <https://www.postgresql.org/docs/current/logical-replication-publication.html>

use rungs_schema::{Class, Definition, DefinitionKind, Needs, ObjectName, Outline, Reference};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{flag, json, name, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// A table comes with `ONLY`, as each child is a member of its own. Lists of columns, conditions and namespaces came with
/// PostgreSQL 15.
pub(super) fn query(filter: &Filter) -> String {
    let (columns, condition, namespaces) = if filter.at_least(15) {
        (
            "COALESCE((SELECT ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) || ')' \
             FROM unnest(r.prattrs::int2[]) WITH ORDINALITY AS k (number, place) \
             JOIN pg_attribute AS a ON a.attrelid = r.prrelid AND a.attnum = k.number), '')",
            "COALESCE(' WHERE (' || pg_get_expr(r.prqual, r.prrelid, true) || ')', '')",
            "(SELECT json_agg(sn.nspname ORDER BY sn.nspname) FROM pg_publication_namespace AS s \
             JOIN pg_namespace AS sn ON sn.oid = s.pnnspid WHERE s.pnpubid = p.oid)",
        )
    } else {
        ("''", "''", "NULL")
    };
    let generated = if filter.at_least(18) { "p.pubgencols = 's'" } else { "false" };
    format!(
        "SELECT NULL AS schema, true AS is_global, p.pubname AS name, p.puballtables AS all_tables, p.pubviaroot AS via_root, {generated} AS generated, \
         concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END, \
             CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publish, \
         (SELECT json_agg('TABLE ONLY ' || COALESCE(quote_ident({table_schema}) || '.', '') || quote_ident(c.relname) \
             || {columns} || {condition} ORDER BY tn.nspname, c.relname) \
             FROM pg_publication_rel AS r JOIN pg_class AS c ON c.oid = r.prrelid JOIN pg_namespace AS tn ON tn.oid = c.relnamespace \
             WHERE r.prpubid = p.oid) AS tables, \
         (SELECT json_agg(r.oid::text) FROM pg_publication_rel AS r WHERE r.prpubid = p.oid) AS members, \
         {namespaces} AS namespaces, obj_description(p.oid, 'pg_publication') AS comment \
         FROM pg_publication AS p WHERE {objects}",
        table_schema = schema_of("tn"),
        objects = filter.database_wide("pg_publication", "p")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let mut needs = Needs::default();
        for member in json::<Vec<String>>(row, "members")? {
            needs.extend(&found.needs.of("pg_publication_rel", &member));
        }
        let namespaces: Vec<String> = json(row, "namespaces")?;
        for namespace in &namespaces {
            needs.add(Reference { class: Class::Namespace, name: ObjectName::bare(namespace) });
        }
        let mut members: Vec<String> = json(row, "tables")?;
        members.extend(namespaces.iter().map(|namespace| format!("TABLES IN SCHEMA {}", quote(namespace))));
        let options = options(row)?;
        let mut outline: Vec<_> = members.iter().map(|member| ("member".to_owned(), member.clone())).collect();
        outline.extend(options.iter().map(|(name, value)| (format!("option:{name}"), value.clone())));
        let what = match (flag(row, "all_tables")?, members.is_empty()) {
            (true, _) => "\n    FOR ALL TABLES".to_owned(),
            (false, true) => String::new(),
            (false, false) => format!("\n    FOR {}", members.join(",\n        ")),
        };
        let options: Vec<String> = options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let with = if options.is_empty() { String::new() } else { format!("\n    WITH ({})", options.join(", ")) };
        let sql = format!("CREATE PUBLICATION {}{what}{with}", quote(&name.name));
        found.schema.definitions.push(Definition {
            outline: Outline(outline),
            comment: text(row, "comment")?,
            needs,
            ..Definition::new(DefinitionKind::Publication, name, sql)
        });
    }
    Ok(())
}

/// Those that are not what a publication has by itself.
fn options(row: &Row) -> Result<Vec<(&'static str, String)>, DbError> {
    let mut options = Vec::new();
    let publish = row.text("publish")?;
    if publish != "insert, update, delete, truncate" {
        options.push(("publish", format!("'{publish}'")));
    }
    if flag(row, "via_root")? {
        options.push(("publish_via_partition_root", "true".to_owned()));
    }
    if flag(row, "generated")? {
        options.push(("publish_generated_columns", "stored".to_owned()));
    }
    Ok(options)
}
