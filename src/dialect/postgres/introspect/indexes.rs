//! Indexes that no constraint owns. Those of materialised views are definitions.

use std::collections::BTreeMap;

use rungs_schema::{Definition, DefinitionKind, Index, IndexKey, IndexPart, ObjectName};
use serde::Deserialize;

use super::Found;
use super::constraints::{attached, index_columns};
use super::filter::{Filter, schema_of};
use super::tables::collation_of;
use super::value::{flag, json, named, options, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::names::made_name;
use crate::dialect::postgres::render::index_sql;
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
         to_json(x.reloptions) AS options, obj_description(x.oid, 'pg_class') AS comment, x.oid, c.relkind AS table_kind, \
         {schema} AS schema, c.relname AS table_name, i.indisclustered AS is_clustered, px.relname AS parent, \
         {index_columns} AS index_columns, (SELECT spcname FROM pg_tablespace WHERE oid = x.reltablespace) AS tablespace, \
         CASE WHEN NOT i.indisvalid THEN CASE WHEN c.relkind = 'p' THEN 'only' ELSE 'invalid' END END AS invalid, \
         (SELECT json_object_agg(a.attnum, a.attstattarget) FROM pg_attribute AS a \
             WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0) AS statistics, \
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
         LEFT JOIN pg_inherits AS inh ON inh.inhrelid = x.oid LEFT JOIN pg_class AS px ON px.oid = inh.inhparent \
         WHERE NOT EXISTS (SELECT FROM pg_constraint AS con WHERE con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')) \
         AND {relations}",
        collation = collation_of("i.indcollation[k - 1]"),
        schema = schema_of("n"),
        index_columns = index_columns("i.indexrelid"),
        relations = filter.relations()
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let mut index = index(row)?;
        if row.text("table_kind")? == "m" {
            let definition = of_view(found, row, index)?;
            found.schema.definitions.push(definition);
            continue;
        }
        let Some(table) = found.table(row.text("relation")?) else { continue };
        match text(row, "parent")? {
            Some(parent) => {
                let made_up = made_name(&table.name.name, row.text("index_columns")?, "idx");
                let attached = attached(row, &made_up)?;
                table.attached.insert(parent, attached);
            }
            None => {
                index.options.extend(statistics(row)?.into_iter().map(|(at, n)| (format!("statistics:{at}"), n)));
                table.indexes.push(index);
            }
        }
    }
    Ok(())
}

fn statistics(row: &Row) -> Result<BTreeMap<String, String>, DbError> {
    let targets: BTreeMap<String, i64> = json(row, "statistics")?;
    Ok(targets.into_iter().map(|(at, target)| (at, target.to_string())).collect())
}

fn of_view(found: &Found, row: &Row, index: Index) -> Result<Definition, DbError> {
    let view = named(row, "schema", "table_name")?;
    let name = ObjectName { schema: view.schema.clone(), name: row.text("name")?.to_owned() };
    let mut one = Definition::new(DefinitionKind::Index, name, index_sql(&view, &index));
    one.settings.extend(statistics(row)?.into_iter().map(|(at, target)| (format!("statistics:{at}"), target)));
    if flag(row, "is_clustered")? {
        one.settings.insert("clustered".to_owned(), String::new());
    }
    let needs = found.needs.of("pg_class", row.text("oid")?);
    Ok(Definition { table: Some(view), comment: index.comment, needs, ..one })
}

fn index(row: &Row) -> Result<Index, DbError> {
    let mut options = options(row, "options")?;
    options.extend(text(row, "tablespace")?.map(|name| ("tablespace".to_owned(), name)));
    options.extend(text(row, "invalid")?.map(|word| (word, String::new())));
    Ok(Index {
        name: text(row, "name")?,
        parts: json::<Vec<Key>>(row, "keys")?.into_iter().map(part).collect(),
        unique: flag(row, "is_unique")?,
        method: Some(row.text("method")?).filter(|method| *method != "btree").map(str::to_owned),
        predicate: text(row, "predicate")?,
        include: json(row, "include")?,
        nulls_not_distinct: flag(row, "nulls_not_distinct")?,
        options,
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
