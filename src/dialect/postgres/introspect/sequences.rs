//! Sequences that are objects of their own.

use rungs_schema::{ObjectName, Sequence};

use super::Found;
use super::filter::{Filter, schema_of};
use super::value::{flag, name, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::names::SequenceRange;
use crate::error::DbError;

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT c.oid, {schema} AS schema, c.relname AS name, format_type(q.seqtypid, NULL) AS type, \
         q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle, \
         {owner_schema} AS owner_schema, owner.relname AS owner_table, a.attname AS owner_column, \
         c.relpersistence = 'u' AND owner.oid IS NULL AS unlogged, obj_description(c.oid, 'pg_class') AS comment \
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_sequence AS q ON q.seqrelid = c.oid \
         LEFT JOIN pg_depend AS own ON own.classid = 'pg_class'::regclass AND own.objid = c.oid AND own.objsubid = 0 \
             AND own.refclassid = 'pg_class'::regclass AND own.refobjsubid > 0 AND own.deptype IN ('a', 'i') \
         LEFT JOIN pg_class AS owner ON owner.oid = own.refobjid \
         LEFT JOIN pg_namespace AS owner_namespace ON owner_namespace.oid = owner.relnamespace \
         LEFT JOIN pg_attribute AS a ON a.attrelid = own.refobjid AND a.attnum = own.refobjsubid \
         WHERE c.relkind = 'S' AND own.deptype IS DISTINCT FROM 'i' AND {objects}",
        schema = schema_of("n"),
        owner_schema = schema_of("owner_namespace"),
        objects = filter.objects("pg_class", "c")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        if found.column_sequences.contains(row.text("oid")?) {
            continue;
        }
        let owned_by = match (text(row, "owner_table")?, text(row, "owner_column")?) {
            (Some(table), Some(column)) => {
                Some((ObjectName { schema: text(row, "owner_schema")?, name: table }, column))
            }
            _ => None,
        };
        found.schema.sequences.push(Sequence {
            name: name(row)?,
            owned_by,
            unlogged: flag(row, "unlogged")?,
            comment: text(row, "comment")?,
            ..options_of(row, "type", "bigint")?
        });
    }
    Ok(())
}

/// The options of a sequence where they are not what a sequence for `default_type` has by itself.
pub(super) fn options_of(row: &Row, type_column: &str, default_type: &str) -> Result<Sequence, DbError> {
    let ty = row.text(type_column)?;
    let increment = row.int("seqincrement")?;
    let range = SequenceRange::of(ty, increment);
    let (min, max) = (row.int("seqmin")?, row.int("seqmax")?);
    let start = row.int("seqstart")?;
    let other = |value: i64, default: i64| (value != default).then_some(value);
    Ok(Sequence {
        ty: (ty != default_type).then(|| ty.to_owned()),
        start: other(start, if increment < 0 { max } else { min }),
        increment: other(increment, 1),
        min: other(min, range.min),
        max: other(max, range.max),
        cache: other(row.int("seqcache")?, 1),
        cycle: flag(row, "seqcycle")?,
        ..Sequence::default()
    })
}
