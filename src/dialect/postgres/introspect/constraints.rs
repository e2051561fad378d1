//! Primary keys, uniques, foreign keys and checks. NOT NULL, which PostgreSQL 18 also keeps as a constraint, stands
//! with the columns.

use rungs_schema::{Check, ForeignKey, IndexPart, PrimaryKey, Unique};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{action, deferrable, flag, json, named, text};
use crate::db::{Row, Rows};
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    let set_columns =
        if filter.at_least(15) { attributes("con.confdelsetcols", "con.conrelid") } else { "NULL".to_owned() };
    let nulls_not_distinct = if filter.at_least(15) { "i.indnullsnotdistinct" } else { "false" };
    let (enforced, temporal) =
        if filter.at_least(18) { ("con.conenforced", "con.conperiod") } else { ("true", "false") };
    format!(
        "SELECT con.conrelid AS relation, con.conname AS name, con.contype AS kind, con.condeferrable AS deferrable, \
         con.condeferred AS deferred, con.convalidated AS validated, {enforced} AS enforced, con.connoinherit AS no_inherit, \
         pg_get_expr(con.conbin, con.conrelid, true) AS expression, {columns} AS columns, \
         (SELECT json_agg(a.attname ORDER BY k) FROM generate_series(i.indnkeyatts, i.indnatts - 1) AS k \
             JOIN pg_attribute AS a ON a.attrelid = con.conrelid AND a.attnum = i.indkey[k]) AS include, \
         {nulls_not_distinct} AS nulls_not_distinct, \
         {foreign_schema} AS foreign_schema, f.relname AS foreign_table, {foreign_columns} AS foreign_columns, \
         con.confupdtype AS on_update, con.confdeltype AS on_delete, {set_columns} AS on_delete_columns, \
         con.confmatchtype AS match, obj_description(con.oid, 'pg_constraint') AS comment \
         FROM pg_constraint AS con JOIN pg_class AS c ON c.oid = con.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         LEFT JOIN pg_class AS f ON f.oid = con.confrelid LEFT JOIN pg_namespace AS fn ON fn.oid = f.relnamespace \
         LEFT JOIN pg_index AS i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u') \
         WHERE con.contype IN ('p', 'u', 'f', 'c') AND con.conparentid = 0 AND NOT {temporal} AND {tables}",
        columns = attributes("con.conkey", "con.conrelid"),
        foreign_columns = attributes("con.confkey", "con.confrelid"),
        foreign_schema = schema_of("fn"),
        tables = filter.tables()
    )
}

/// The names behind an array of attribute numbers, in its order.
fn attributes(numbers: &str, relation: &str) -> String {
    format!(
        "(SELECT json_agg(a.attname ORDER BY k.place) FROM unnest({numbers}) WITH ORDINALITY AS k (number, place) \
         JOIN pg_attribute AS a ON a.attrelid = {relation} AND a.attnum = k.number)"
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let Some(table) = found.table(row.text("relation")?) else { continue };
        match row.text("kind")? {
            "p" => table.primary_key = Some(primary_key(row)?),
            "u" => table.uniques.push(unique(row)?),
            "f" => table.foreign_keys.push(foreign_key(row)?),
            _ => table.checks.push(check(row)?),
        }
    }
    Ok(())
}

fn parts(row: &Row) -> Result<Vec<IndexPart>, DbError> {
    Ok(json::<Vec<String>>(row, "columns")?.into_iter().map(IndexPart::column).collect())
}

fn primary_key(row: &Row) -> Result<PrimaryKey, DbError> {
    Ok(PrimaryKey {
        name: text(row, "name")?,
        parts: parts(row)?,
        include: json(row, "include")?,
        deferrable: deferrable(row)?,
        comment: text(row, "comment")?,
        ..PrimaryKey::default()
    })
}

fn unique(row: &Row) -> Result<Unique, DbError> {
    Ok(Unique {
        name: text(row, "name")?,
        parts: parts(row)?,
        include: json(row, "include")?,
        nulls_not_distinct: flag(row, "nulls_not_distinct")?,
        deferrable: deferrable(row)?,
        comment: text(row, "comment")?,
        ..Unique::default()
    })
}

fn foreign_key(row: &Row) -> Result<ForeignKey, DbError> {
    let enforced = flag(row, "enforced")?;
    Ok(ForeignKey {
        name: text(row, "name")?,
        columns: json(row, "columns")?,
        references: named(row, "foreign_schema", "foreign_table")?,
        referenced_columns: json(row, "foreign_columns")?,
        on_delete: action(row.opt("on_delete")?)?,
        on_delete_columns: json(row, "on_delete_columns")?,
        on_update: action(row.opt("on_update")?)?,
        deferrable: deferrable(row)?,
        match_type: match row.opt("match")? {
            Some("f") => Some("FULL".to_owned()),
            Some("p") => Some("PARTIAL".to_owned()),
            _ => None,
        },
        // What is not enforced is never validated either.
        not_valid: enforced && !flag(row, "validated")?,
        not_enforced: !enforced,
        comment: text(row, "comment")?,
    })
}

fn check(row: &Row) -> Result<Check, DbError> {
    let enforced = flag(row, "enforced")?;
    Ok(Check {
        name: text(row, "name")?,
        expression: row.text("expression")?.to_owned(),
        no_inherit: flag(row, "no_inherit")?,
        not_valid: enforced && !flag(row, "validated")?,
        not_enforced: !enforced,
        comment: text(row, "comment")?,
        ..Check::default()
    })
}
