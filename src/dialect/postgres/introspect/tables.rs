//! Tables and their columns.

use std::collections::BTreeMap;

use rungs_schema::{AutoIncrement, Column, ColumnType, Generated, Identity, ObjectName, Sequence, Table};
use serde::Deserialize;

use super::Found;
use super::column_options;
use super::filter::{Filter, schema_of};
use super::sequences::options_of;
use super::value::{flag, json, name, named, options, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::names::made_name;
use crate::error::DbError;

pub(super) fn tables_query(filter: &Filter) -> String {
    format!(
        "SELECT c.oid, {schema} AS schema, c.relname AS name, to_json(c.reloptions) AS options, \
         to_json(toast.reloptions) AS toast_options, obj_description(c.oid, 'pg_class') AS comment, \
         pg_get_partkeydef(c.oid) AS partition_by, c.relispartition AS is_partition, \
         pg_get_expr(c.relpartbound, c.oid, true) AS bound, \
         (SELECT json_agg(json_build_object('schema', {parent_schema}, 'name', p.relname) ORDER BY i.inhseqno) \
             FROM pg_inherits AS i JOIN pg_class AS p ON p.oid = i.inhparent \
             JOIN pg_namespace AS pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid) AS parents, \
         json_strip_nulls(json_build_object('unlogged', CASE c.relpersistence WHEN 'u' THEN '' END, \
             'row_security', CASE WHEN c.relrowsecurity THEN '' END, \
             'force_row_security', CASE WHEN c.relforcerowsecurity THEN '' END, \
             'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace), \
             'access_method', (SELECT amname FROM pg_am WHERE oid = c.relam \
                 AND amname <> current_setting('default_table_access_method')), \
             'of', CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END, \
             'replica_identity', CASE WHEN c.relkind <> 'f' THEN CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index ' || \
                 (SELECT x.relname FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid \
                  WHERE i.indrelid = c.oid AND i.indisreplident) END END, \
             'clustered_on', (SELECT x.relname FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid \
                 WHERE i.indrelid = c.oid AND i.indisclustered), \
             'server', (SELECT s.srvname FROM pg_foreign_table AS f JOIN pg_foreign_server AS s ON s.oid = f.ftserver \
                 WHERE f.ftrelid = c.oid))) AS settings, \
         (SELECT to_json(ftoptions) FROM pg_foreign_table WHERE ftrelid = c.oid) AS server_options \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid WHERE {tables}",
        schema = schema_of("n"),
        parent_schema = schema_of("pn"),
        tables = filter.tables()
    )
}

/// A table that another one has as its parent.
#[derive(Deserialize)]
struct Parent {
    schema: Option<String>,
    name: String,
}

pub(super) fn read_tables(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let prefixed = |prefix: &str, column: &str| {
            let options = options(row, column)?.into_iter();
            Ok::<_, DbError>(options.map(|(name, value)| (format!("{prefix}{name}"), value)).collect::<Vec<_>>())
        };
        let mut table = Table {
            name: name(row)?,
            comment: text(row, "comment")?,
            options: options(row, "options")?,
            partition_by: text(row, "partition_by")?,
            ..Table::default()
        };
        table.options.extend(prefixed("toast.", "toast_options")?);
        table.options.extend(prefixed("server_option:", "server_options")?);
        table.options.extend(json::<BTreeMap<String, String>>(row, "settings")?);
        let parents: Vec<Parent> = json(row, "parents")?;
        let mut parents = parents.into_iter().map(|parent| ObjectName { schema: parent.schema, name: parent.name });
        if flag(row, "is_partition")? {
            let bound = text(row, "bound")?.unwrap_or_default();
            table.partition_of = parents.next().map(|parent| (parent, bound));
        } else {
            table.inherits = parents.collect();
        }
        found.tables.insert(row.text("oid")?.to_owned(), table);
    }
    Ok(())
}

/// Each column with the sequence behind it, if there is one: that of an identity, or one that the column owns and
/// draws its default from.
pub(super) fn columns_query(filter: &Filter) -> String {
    format!(
        "SELECT a.attrelid AS relation, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, \
         a.attnotnull AS not_null, a.attidentity AS identity, a.attgenerated AS generated, \
         pg_get_expr(d.adbin, d.adrelid, true) AS expression, \
         CASE WHEN a.attcollation <> t.typcollation THEN {collation} END AS collation, \
         col_description(a.attrelid, a.attnum) AS comment, {options}, \
         a.attislocal AS is_local, to_json(a.attfdwoptions) AS server_options, \
         seq.oid AS sequence, seq.schema AS sequence_schema, seq.name AS sequence_name, \
         format_type(seq.seqtypid, NULL) AS sequence_type, seq.seqstart, seq.seqincrement, seq.seqmin, seq.seqmax, \
         seq.seqcache, seq.seqcycle, seq.comment AS sequence_comment \
         FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
         JOIN pg_type AS t ON t.oid = a.atttypid \
         LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         LEFT JOIN LATERAL (SELECT s.oid, {sequence_schema} AS schema, s.relname AS name, q.*, \
             obj_description(s.oid, 'pg_class') AS comment \
             FROM pg_depend AS own JOIN pg_class AS s ON s.oid = own.objid AND s.relkind = 'S' \
             JOIN pg_sequence AS q ON q.seqrelid = s.oid \
             JOIN pg_namespace AS sn ON sn.oid = s.relnamespace \
             WHERE own.classid = 'pg_class'::regclass AND own.refclassid = 'pg_class'::regclass \
             AND own.refobjid = a.attrelid AND own.refobjsubid = a.attnum \
             AND (own.deptype = 'i' OR own.deptype = 'a' AND pg_get_expr(d.adbin, d.adrelid, true) = \
                 'nextval(''' || replace(s.oid::regclass::text, '''', '''''') || '''::regclass)') \
             ORDER BY s.oid LIMIT 1) AS seq ON true \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND {tables} ORDER BY a.attrelid, a.attnum",
        collation = collation_of("a.attcollation"),
        options = column_options::columns(filter),
        sequence_schema = schema_of("sn"),
        tables = filter.tables()
    )
}

/// The bare name of a collation, or its quoted and qualified name where the bare one would not find it.
pub(super) fn collation_of(oid: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_collation_is_visible(l.oid) THEN l.collname::text ELSE \
         '\"' || replace(ln.nspname, '\"', '\"\"') || '\".\"' || replace(l.collname, '\"', '\"\"') || '\"' END \
         FROM pg_collation AS l JOIN pg_namespace AS ln ON ln.oid = l.collnamespace WHERE l.oid = {oid})"
    )
}

pub(super) fn read_columns(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let oid = row.text("relation")?;
        let Some(table) = found.tables.get(oid) else { continue };
        let (column, sequence) = read_column(row, &table.name)?;
        found.column_sequences.extend(sequence);
        if let Some(table) = found.table(oid) {
            table.columns.push(column);
        }
    }
    Ok(())
}

/// A column, and the `oid` of the sequence that it stands for.
fn read_column(row: &Row, table: &ObjectName) -> Result<(Column, Option<String>), DbError> {
    let mut column = Column {
        name: row.text("name")?.to_owned(),
        ty: ColumnType::Native(row.text("type")?.to_owned()),
        nullable: !flag(row, "not_null")?,
        collation: text(row, "collation")?,
        comment: text(row, "comment")?,
        options: column_options::read(row, table)?,
        ..Column::default()
    };
    if !flag(row, "is_local")? {
        column.options.insert("inherited".to_owned(), String::new());
    }
    for (name, value) in options(row, "server_options")? {
        column.options.insert(format!("server_option:{name}"), value);
    }
    let expression = text(row, "expression")?;
    match row.text("generated")? {
        "" => column.default = expression,
        kind => {
            column.generated = expression.map(|expression| Generated { expression, stored: kind == "s" });
        }
    }
    let Some(sequence) = text(row, "sequence")? else { return Ok((column, None)) };
    let column_type = row.text("type")?;
    let options = options_of(row, "sequence_type", column_type)?;
    match row.text("identity")? {
        "" if is_serial(row, &column, table, &options)? => {
            column.auto_increment = Some(AutoIncrement::Serial);
            column.default = None;
        }
        "" => return Ok((column, None)),
        kind => {
            let name = if has_made_name(row, &column, table)? { ObjectName::default() } else { sequence_name(row)? };
            let sequence = Sequence { name, ..options };
            column.auto_increment = Some(AutoIncrement::Identity(Identity { always: kind == "a", sequence }));
        }
    }
    Ok((column, Some(sequence)))
}

/// Whether writing `serial` would bring exactly this sequence.
fn is_serial(row: &Row, column: &Column, table: &ObjectName, options: &Sequence) -> Result<bool, DbError> {
    let plain = *options == Sequence::default() && row.opt("sequence_comment")?.is_none();
    Ok(has_made_name(row, column, table)? && plain && !column.nullable)
}

/// Whether the sequence has the name that the server makes up for the column.
fn has_made_name(row: &Row, column: &Column, table: &ObjectName) -> Result<bool, DbError> {
    let made = ObjectName { schema: table.schema.clone(), name: made_name(&table.name, &column.name, "seq") };
    Ok(sequence_name(row)? == made)
}

fn sequence_name(row: &Row) -> Result<ObjectName, DbError> {
    named(row, "sequence_schema", "sequence_name")
}
