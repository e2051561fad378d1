//! Primary keys, uniques, foreign keys, checks and exclusions. NOT NULL, which PostgreSQL 18 also keeps as a
//! constraint, stands with the columns. What a table has only because its parent has it is not its own: keys of
//! partitions are attached to the parent's, checks and foreign keys are left out.

use rungs_schema::{Attached, Check, Exclusion, ForeignKey, IndexPart, Needs, Options, PrimaryKey, Unique};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{action, deferrable, flag, json, named, options, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::column_option::INDEX_COMMENT;
use crate::dialect::postgres::names::made_name;
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
         con.confmatchtype AS match, {temporal} AS temporal, obj_description(con.oid, 'pg_constraint') AS comment, \
         parent.conname AS parent, to_json(x.reloptions) AS options, obj_description(x.oid, 'pg_class') AS index_comment, \
         (SELECT spcname FROM pg_tablespace WHERE oid = x.reltablespace) AS tablespace, \
         CASE WHEN con.contype = 'x' THEN pg_get_constraintdef(con.oid, true) END AS definition, {index_columns} AS index_columns \
         FROM pg_constraint AS con JOIN pg_class AS c ON c.oid = con.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         LEFT JOIN pg_class AS f ON f.oid = con.confrelid LEFT JOIN pg_namespace AS fn ON fn.oid = f.relnamespace \
         LEFT JOIN pg_index AS i ON i.indexrelid = con.conindid AND con.contype IN ('p', 'u', 'x') \
         LEFT JOIN pg_class AS x ON x.oid = i.indexrelid LEFT JOIN pg_constraint AS parent ON parent.oid = con.conparentid \
         WHERE (con.contype IN ('p', 'u', 'x') OR con.contype = 'f' AND con.conparentid = 0 OR con.contype = 'c' AND con.conislocal) \
         AND {tables}",
        columns = attributes("con.conkey", "con.conrelid"),
        foreign_columns = attributes("con.confkey", "con.confrelid"),
        foreign_schema = schema_of("fn"),
        index_columns = index_columns("i.indexrelid"),
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

/// The columns of an index as the server joins them when it makes up a name.
pub(super) fn index_columns(index: &str) -> String {
    format!("(SELECT string_agg(a.attname, '_' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = {index})")
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let Some(table) = found.table(row.text("relation")?) else { continue };
        let kind = row.text("kind")?;
        let label = match kind {
            "p" => Some("pkey"),
            "u" => Some("key"),
            "x" => Some("excl"),
            _ => None,
        };
        if let (Some(parent), Some(label)) = (text(row, "parent")?, label) {
            let columns = if kind == "p" { "" } else { row.text("index_columns")? };
            let attached = attached(row, &made_name(&table.name.name, columns, label))?;
            table.attached.insert(parent, attached);
            continue;
        }
        match kind {
            "p" => table.primary_key = Some(primary_key(row)?),
            "u" => table.uniques.push(unique(row)?),
            "f" => table.foreign_keys.push(foreign_key(row)?),
            "x" => table.exclusions.push(exclusion(row)?),
            _ => table.checks.push(check(row)?),
        }
    }
    Ok(())
}

/// A key or index of a partition that belongs to its parent's.
pub(super) fn attached(row: &Row, made_up: &str) -> Result<Attached, DbError> {
    let name = row.text("name")?.to_owned();
    Ok(Attached { is_made_up: name == made_up, name, comment: text(row, "comment")? })
}

/// The options of the index behind a key.
fn key_options(row: &Row) -> Result<Options, DbError> {
    let mut options = options(row, "options")?;
    options.extend(text(row, "tablespace")?.map(|name| ("tablespace".to_owned(), name)));
    options.extend(text(row, "index_comment")?.map(|text| (INDEX_COMMENT.to_owned(), text)));
    if flag(row, "temporal")? {
        options.insert("without_overlaps".to_owned(), String::new());
    }
    Ok(options)
}

fn exclusion(row: &Row) -> Result<Exclusion, DbError> {
    Ok(Exclusion {
        name: text(row, "name")?,
        definition: row.text("definition")?.to_owned(),
        columns: json(row, "columns")?,
        comment: text(row, "comment")?,
        needs: Needs::default(),
    })
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
        options: key_options(row)?,
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
        options: key_options(row)?,
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
        period: flag(row, "temporal")?,
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
