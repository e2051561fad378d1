//! Domains. <https://www.postgresql.org/docs/current/catalog-pg-type.html>

use rungs_schema::{Check, Domain};
use serde::Deserialize;

use super::Found;
use super::filter::{Filter, schema_of_type};
use super::tables::collation_of;
use super::value::{flag, json, name, text};
use crate::db::Rows;
use crate::dialect::postgres::names::made_name;
use crate::error::DbError;

/// One check, as the query makes it.
#[derive(Deserialize)]
struct Condition {
    name: String,
    expression: String,
    validated: bool,
    comment: Option<String>,
}

pub(super) fn query(filter: &Filter) -> String {
    // NOT NULL of a domain has a name since PostgreSQL 17.
    format!(
        "SELECT t.oid, {schema} AS schema, t.typname AS name, format_type(t.typbasetype, t.typtypmod) AS base, \
         CASE WHEN t.typcollation <> base.typcollation THEN {collation} END AS collation, t.typnotnull AS not_null, \
         (SELECT con.conname FROM pg_constraint AS con WHERE con.contypid = t.oid AND con.contype = 'n') AS not_null_name, \
         (SELECT obj_description(con.oid, 'pg_constraint') FROM pg_constraint AS con \
             WHERE con.contypid = t.oid AND con.contype = 'n') AS not_null_comment, \
         pg_get_expr(t.typdefaultbin, 0, true) AS default, \
         (SELECT json_agg(json_build_object('name', con.conname, 'expression', pg_get_expr(con.conbin, 0, true), \
             'validated', con.convalidated, 'comment', obj_description(con.oid, 'pg_constraint')) ORDER BY con.conname) \
             FROM pg_constraint AS con WHERE con.contypid = t.oid AND con.contype = 'c') AS checks, \
         obj_description(t.oid, 'pg_type') AS comment \
         FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace JOIN pg_type AS base ON base.oid = t.typbasetype \
         WHERE t.typtype = 'd' AND {objects}",
        schema = schema_of_type(),
        collation = collation_of("t.typcollation"),
        objects = filter.objects("pg_type", "t")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let made = made_name(&name.name, "", "not_null");
        let checks = json::<Vec<Condition>>(row, "checks")?.into_iter().map(|condition| Check {
            name: Some(condition.name),
            expression: condition.expression,
            not_valid: !condition.validated,
            comment: condition.comment,
            ..Check::default()
        });
        found.schema.domains.push(Domain {
            base: row.text("base")?.to_owned(),
            collation: text(row, "collation")?,
            not_null: flag(row, "not_null")?,
            not_null_name: text(row, "not_null_name")?.filter(|name| *name != made),
            not_null_comment: text(row, "not_null_comment")?,
            default: text(row, "default")?,
            checks: checks.collect(),
            comment: text(row, "comment")?,
            needs: found.needs.of("pg_type", row.text("oid")?),
            name,
        });
    }
    Ok(())
}
