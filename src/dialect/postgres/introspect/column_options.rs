//! What ALTER COLUMN ... SET says of a column, and the constraint behind NOT NULL.

use rungs_schema::{ObjectName, Options};

use super::filter::Filter;
use super::value::{json, options, text};
use crate::db::Row;
use crate::dialect::postgres::column_option;
use crate::dialect::postgres::names::made_name;
use crate::diff::not_null;
use crate::error::DbError;

/// The columns of the query, for `pg_attribute AS a` and `pg_type AS t`.
pub(super) fn columns(filter: &Filter) -> String {
    let compression = if filter.at_least(14) { "NULLIF(a.attcompression, '')" } else { "NULL" };
    // NOT NULL is a constraint with a name since PostgreSQL 18.
    let required = if filter.at_least(18) {
        "(SELECT to_json(ARRAY[con.conname, con.connoinherit::text, con.convalidated::text, con.conislocal::text, \
             obj_description(con.oid, 'pg_constraint')]) FROM pg_constraint AS con \
             WHERE con.conrelid = a.attrelid AND con.contype = 'n' AND con.conkey = ARRAY[a.attnum])"
    } else {
        "NULL"
    };
    format!(
        "CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage, {compression} AS compression, \
         NULLIF(a.attstattarget, -1) AS statistics, to_json(a.attoptions) AS attribute_options, {required} AS required"
    )
}

pub(super) fn read(row: &Row, table: &ObjectName) -> Result<Options, DbError> {
    let mut found = options(row, "attribute_options")?;
    let mut add = |name: &str, value: Option<String>| found.extend(value.map(|value| (name.to_owned(), value)));
    let word = |letter: String| match letter.as_str() {
        "p" => "PLAIN".to_owned(),
        "e" => "EXTERNAL".to_owned(),
        "m" => "MAIN".to_owned(),
        _ => "EXTENDED".to_owned(),
    };
    add(column_option::STORAGE, text(row, "storage")?.map(word));
    let method = |letter: String| if letter == "l" { "lz4" } else { "pglz" }.to_owned();
    add(column_option::COMPRESSION, text(row, "compression")?.map(method));
    add(column_option::STATISTICS, text(row, "statistics")?);
    let required: Vec<Option<String>> = json(row, "required")?;
    if let [Some(name), no_inherit, validated, is_local, comment] = required.as_slice() {
        let made = made_name(&table.name, row.text("name")?, "not_null");
        let is = |flag: &Option<String>| flag.as_deref() == Some("true");
        add(not_null::NAME, Some(name.clone()).filter(|name| *name != made));
        add(not_null::NO_INHERIT, is(no_inherit).then(String::new));
        add(not_null::NOT_VALID, (!is(validated)).then(String::new));
        add(not_null::FROM_PARENT, (!is(is_local)).then(String::new));
        add(not_null::COMMENT, comment.clone());
    }
    Ok(found)
}
