//! Indexes that no constraint owns.

use rungs_schema::{Index, IndexKey, IndexPart};
use serde::Deserialize;

use super::Found;
use super::filter::Filter;
use super::tables::collation_of;
use super::value::{flag, json, options, text};
use crate::db::{Row, Rows};
use crate::error::DbError;

/// A key as the query describes it.
#[derive(Deserialize)]
struct Key {
    column: Option<String>,
    expression: Option<String>,
    descending: bool,
    nulls_first: bool,
    collation: Option<String>,
    opclass: String,
    opclass_is_default: bool,
    opclass_options: Option<Vec<String>>,
}

pub(super) fn query(filter: &Filter) -> String {
    let nulls_not_distinct = if filter.at_least(15) { "i.indnullsnotdistinct" } else { "false" };
    format!(
        "SELECT i.indrelid AS relation, x.relname AS name, am.amname AS method, i.indisunique AS is_unique, \
         {nulls_not_distinct} AS nulls_not_distinct, pg_get_expr(i.indpred, i.indrelid, true) AS predicate, \
         to_json(x.reloptions) AS options, obj_description(x.oid, 'pg_class') AS comment, \
         (SELECT json_agg(json_build_object( \
             'column', a.attname, \
             'expression', CASE WHEN a.attname IS NULL THEN pg_get_indexdef(i.indexrelid, k, true) END, \
             'descending', i.indoption[k - 1] & 1 <> 0, 'nulls_first', i.indoption[k - 1] & 2 <> 0, \
             'collation', CASE WHEN i.indcollation[k - 1] NOT IN (0, COALESCE(a.attcollation, t.typcollation)) \
                 THEN {collation} END, \
             'opclass', CASE WHEN pg_opclass_is_visible(o.oid) THEN quote_ident(o.opcname) \
                 ELSE quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END, \
             'opclass_is_default', o.opcdefault, 'opclass_options', key.attoptions) ORDER BY k) \
             FROM generate_series(1, i.indnkeyatts) AS k \
             JOIN pg_attribute AS key ON key.attrelid = i.indexrelid AND key.attnum = k \
             JOIN pg_type AS t ON t.oid = key.atttypid \
             JOIN pg_opclass AS o ON o.oid = i.indclass[k - 1] JOIN pg_namespace AS opn ON opn.oid = o.opcnamespace \
             LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND a.attnum > 0) AS keys, \
         (SELECT json_agg(a.attname ORDER BY k) FROM generate_series(i.indnkeyatts, i.indnatts - 1) AS k \
             JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k]) AS include \
         FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS am ON am.oid = x.relam \
         JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         WHERE NOT EXISTS (SELECT FROM pg_constraint AS con WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')) \
         AND {tables}",
        collation = collation_of("i.indcollation[k - 1]"),
        tables = filter.tables()
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let index = index(row)?;
        if let Some(table) = found.table(row.text("relation")?) {
            table.indexes.push(index);
        }
    }
    Ok(())
}

fn index(row: &Row) -> Result<Index, DbError> {
    Ok(Index {
        name: text(row, "name")?,
        parts: json::<Vec<Key>>(row, "keys")?.into_iter().map(part).collect(),
        unique: flag(row, "is_unique")?,
        method: Some(row.text("method")?).filter(|method| *method != "btree").map(str::to_owned),
        predicate: text(row, "predicate")?,
        include: json(row, "include")?,
        nulls_not_distinct: flag(row, "nulls_not_distinct")?,
        options: options(row, "options")?,
        comment: text(row, "comment")?,
        ..Index::default()
    })
}

fn part(key: Key) -> IndexPart {
    let expression = key.expression.unwrap_or_default();
    // Anything but a bare call comes in parentheses, and a bare call does not start with one.
    let bare = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&expression).to_owned();
    let parameters = key.opclass_options.filter(|options| !options.is_empty());
    let opclass = match parameters {
        Some(options) => Some(format!("{}({})", key.opclass, options.join(", "))),
        None => (!key.opclass_is_default).then_some(key.opclass),
    };
    IndexPart {
        key: key.column.map_or(IndexKey::Expression(bare), IndexKey::Column),
        descending: key.descending,
        nulls_first: (key.nulls_first != key.descending).then_some(key.nulls_first),
        collation: key.collation,
        opclass,
        length: None,
    }
}
