//! Extensions. What an extension owns is no difference: it comes and goes with the extension.

use rungs_schema::{Class, Definition, DefinitionKind, ObjectName, Reference};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{json, text};
use crate::db::Rows;
use crate::dialect::postgres::extension::Extension;
use crate::error::DbError;

/// The language that every database has is left alone. A version is told only where it is not the one that the server
/// would install, so that servers of different age can have the same schema; and a comment only where it is not the
/// extension's own.
pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT e.extname AS name, {schema} AS schema, \
         CASE WHEN e.extversion IS DISTINCT FROM available.default_version THEN e.extversion END AS version, \
         CASE WHEN own.comment IS DISTINCT FROM available.comment THEN own.comment END AS comment, \
         (SELECT json_agg(other.extname ORDER BY other.extname) FROM pg_depend AS dep \
             JOIN pg_extension AS other ON other.oid = dep.refobjid \
             WHERE dep.classid = 'pg_extension'::regclass AND dep.objid = e.oid \
             AND dep.refclassid = 'pg_extension'::regclass) AS requires \
         FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace \
         CROSS JOIN LATERAL (SELECT obj_description(e.oid, 'pg_extension') AS comment) AS own \
         LEFT JOIN pg_available_extensions AS available ON available.name = e.extname \
         WHERE e.extname <> 'plpgsql' AND {namespaces}",
        schema = schema_of("n"),
        namespaces = filter.namespaces_of_extensions()
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = row.text("name")?.to_owned();
        let schema = text(row, "schema")?;
        let class = |class, name: &String| Reference { class, name: ObjectName::bare(name) };
        let requires: Vec<String> = json(row, "requires")?;
        let needs = requires.iter().map(|other| class(Class::Extension, other));
        let needs = needs.chain(schema.iter().map(|schema| class(Class::Namespace, schema))).collect();
        let sql = Extension { name: name.clone(), schema, version: text(row, "version")? }.sql();
        let comment = text(row, "comment")?;
        let definition = Definition::new(DefinitionKind::Extension, ObjectName::bare(name), sql);
        found.schema.definitions.push(Definition { comment, needs, ..definition });
    }
    Ok(())
}
