//! What ALTER COLUMN ... SET says of a column, and the constraint behind NOT NULL, which has a name since PostgreSQL 18.
//! <https://www.postgresql.org/docs/current/sql-altertable.html>

use rungs_schema::{Column, ObjectName};

use super::column::{Place, is_kept_below};
use super::comment;
use crate::dialect::Statement;
use crate::dialect::postgres::column_option::{COMPRESSION, STATISTICS, STORAGE, is_attribute};
use crate::dialect::postgres::names::made_name;
use crate::dialect::postgres::types::parse;
use crate::dialect::postgres::{Postgres, literal, qualified, quote};
use crate::diff::not_null;

/// What CREATE TABLE and ADD COLUMN say of NOT NULL; nothing where a parent says it, or where the constraint is not valid,
/// because there it would be at once.
pub(super) fn not_null_sql(table: &ObjectName, column: &Column) -> String {
    if column.nullable
        || [not_null::NOT_VALID, not_null::FROM_PARENT].iter().any(|word| column.options.contains_key(*word))
    {
        return String::new();
    }
    let inherit = if column.options.contains_key(not_null::NO_INHERIT) { " NO INHERIT" } else { "" };
    match column.options.get(not_null::NAME) {
        Some(name) => format!(" CONSTRAINT {} NOT NULL{inherit}", quote(name)),
        // A comment needs the name that the server makes up.
        None if column.options.contains_key(not_null::COMMENT) => {
            format!(" CONSTRAINT {} NOT NULL{inherit}", quote(&not_null_name(table, column)))
        }
        None => format!(" NOT NULL{inherit}"),
    }
}

/// What CREATE TABLE says, apart from the column, of its own NOT NULL on a column that it has from a parent.
pub(super) fn not_null_line(dialect: &Postgres, table: &ObjectName, column: &Column) -> Option<String> {
    let has = |word: &str| column.options.contains_key(word);
    let is_own = !column.nullable && !has(not_null::NOT_VALID) && !has(not_null::FROM_PARENT);
    (is_own && dialect.at_least(18)).then(|| {
        let inherit = if has(not_null::NO_INHERIT) { " NO INHERIT" } else { "" };
        let name = quote(&not_null_name(table, column));
        format!("CONSTRAINT {name} NOT NULL {}{inherit}", quote(&column.name))
    })
}

/// What follows once the column is there.
pub(super) fn create(place: &Place<'_>, column: &Column) -> Vec<Statement> {
    let mut out = settings(place, &Column::default(), column);
    if column.options.contains_key(not_null::NOT_VALID) {
        out.push(add_not_null(place, column));
    }
    out.extend(column.options.get(not_null::COMMENT).map(|text| comment_on_not_null(place, column, Some(text))));
    out
}

/// What differs between two sides of a column. Another type has brought its own storage.
pub(super) fn alter(place: &Place<'_>, previous: &Column, next: &Column, retyped: bool) -> Vec<Statement> {
    let mut before = previous.clone();
    if retyped {
        before.options.shift_remove(STORAGE);
        before.options.shift_remove(COMPRESSION);
    }
    settings(place, &before, next)
}

fn settings(place: &Place<'_>, previous: &Column, next: &Column) -> Vec<Statement> {
    let mut out = Vec::new();
    let mut set = |action: String| {
        let what = format!("sets how {} is kept", place.label(&next.name));
        out.push(place.alter_column(&next.name, &action, what));
    };
    let changed = |word: &str| (previous.options.get(word) != next.options.get(word)).then(|| next.options.get(word));
    if let Some(storage) = changed(STORAGE) {
        let storage = storage.map_or_else(|| default_storage(place, next), String::as_str);
        set(format!("SET STORAGE {storage}"));
    }
    if let Some(method) = changed(COMPRESSION) {
        set(format!("SET COMPRESSION {}", method.map_or("default", String::as_str)));
    }
    if let Some(target) = changed(STATISTICS) {
        set(format!("SET STATISTICS {}", target.map_or("-1", String::as_str)));
    }
    let attributes = |column: &Column| -> Vec<(String, String)> {
        let own = column.options.iter().filter(|(word, _)| is_attribute(word));
        own.map(|(word, value)| (word.clone(), value.clone())).collect()
    };
    let gone: Vec<String> = attributes(previous)
        .iter()
        .filter(|(word, _)| !next.options.contains_key(word))
        .map(|(word, _)| quote(word))
        .collect();
    if !gone.is_empty() {
        set(format!("RESET ({})", gone.join(", ")));
    }
    let new: Vec<String> = attributes(next)
        .iter()
        .filter(|(word, value)| previous.options.get(word) != Some(value))
        .map(|(word, value)| format!("{} = {}", quote(word), literal(value)))
        .collect();
    if !new.is_empty() {
        set(format!("SET ({})", new.join(", ")));
    }
    out
}

/// How a type is kept by itself. PostgreSQL 16 has a word for it; before, the types that are not kept as most are have
/// to be known.
fn default_storage(place: &Place<'_>, column: &Column) -> &'static str {
    if place.dialect.at_least(16) {
        return "DEFAULT";
    }
    let ty = parse(column.ty.native().unwrap_or_default());
    match ty.base.as_str() {
        _ if ty.array => "EXTENDED",
        "numeric" | "inet" | "cidr" => "MAIN",
        _ => "EXTENDED",
    }
}

/// The name of the constraint behind NOT NULL.
fn not_null_name(table: &ObjectName, column: &Column) -> String {
    let own = column.options.get(not_null::NAME).cloned();
    own.unwrap_or_else(|| made_name(&table.name, &column.name, "not_null"))
}

fn add_not_null(place: &Place<'_>, column: &Column) -> Statement {
    let flag = |word: &str, sql: &'static str| if column.options.contains_key(word) { sql } else { "" };
    let action = format!(
        "ADD CONSTRAINT {} NOT NULL {}{}{}",
        quote(&not_null_name(place.name(), column)),
        quote(&column.name),
        flag(not_null::NO_INHERIT, " NO INHERIT"),
        flag(not_null::NOT_VALID, " NOT VALID"),
    );
    let label = place.label(&column.name);
    let what = if column.options.contains_key(not_null::NOT_VALID) {
        format!("makes {label} NOT NULL for rows to come")
    } else {
        format!("makes {label} NOT NULL; it fails while there are NULLs in it")
    };
    place.alter_table(&action, what)
}

fn comment_on_not_null(place: &Place<'_>, column: &Column, text: Option<&str>) -> Statement {
    let name = not_null_name(place.name(), column);
    let object = format!("CONSTRAINT {} ON {}", quote(&name), qualified(place.name()));
    comment::on(&object, &format!("constraint {name} of {}", place.name()), text)
}

/// Makes a column NOT NULL, by a plain SET where the constraint has nothing of its own.
pub(super) fn require(place: &Place<'_>, column: &Column, what: String) -> Vec<Statement> {
    let is_plain = [not_null::NAME, not_null::NO_INHERIT, not_null::NOT_VALID]
        .iter()
        .all(|word| !column.options.contains_key(*word));
    let set = match is_plain {
        true => place.alter_column(&column.name, "SET NOT NULL", what),
        false => add_not_null(place, column),
    };
    let comment = column.options.get(not_null::COMMENT).map(|text| comment_on_not_null(place, column, Some(text)));
    std::iter::once(set).chain(comment).collect()
}

/// What stands around the new type of a column that is NOT NULL and will be, where the server cannot give it one because of
/// what the constraint is called below.
pub(super) fn let_be_null(place: &Place<'_>, previous: &Column, next: &Column) -> (Option<Statement>, Vec<Statement>) {
    if previous.nullable || next.nullable || !previous.options.contains_key(not_null::OTHERWISE_BELOW) {
        return (None, Vec::new());
    }
    let label = place.label(&next.name);
    let what = format!("lets {label} be NULL while its type changes");
    let column = Column { name: next.name.clone(), ..previous.clone() };
    let back = require(place, &column, format!("makes {label} NOT NULL again"));
    (Some(place.alter_column(&next.name, "DROP NOT NULL", what)), back)
}

/// Takes NOT NULL off a column that goes and that a child keeps, which would have it from this table ever after.
pub(super) fn let_go_below(place: &Place<'_>, column: &Column) -> Option<Statement> {
    let hands_on = is_kept_below(column) && !column.nullable && !column.options.contains_key(not_null::NO_INHERIT);
    let what = format!("lets {} be NULL before it goes", place.label(&column.name));
    (hands_on && place.dialect.at_least(18)).then(|| place.alter_column(&column.name, "DROP NOT NULL", what))
}

/// A column that was NOT NULL under its former name, in the table's former name, and still is.
pub(super) fn keep_required(
    place: &Place<'_>,
    previous: &Column,
    next: &Column,
    old_table: &ObjectName,
) -> Vec<Statement> {
    if !place.dialect.at_least(18) || previous.nullable || next.nullable {
        return Vec::new();
    }
    let has = |column: &Column, word: &str| column.options.contains_key(word);
    let label = place.label(&next.name);
    let table = qualified(place.name());
    let (old, new) =
        (not_null_name(&place.name().sibling(&old_table.name), previous), not_null_name(place.name(), next));
    let mut out = Vec::new();
    // What is no longer handed on would stay with the children as their own.
    let is_called_back = has(next, not_null::NO_INHERIT)
        && !has(previous, not_null::NO_INHERIT)
        && has(previous, not_null::OTHERWISE_BELOW);
    if is_called_back || has(next, not_null::NOT_VALID) && !has(previous, not_null::NOT_VALID) {
        out.push(place.alter_column(&next.name, "DROP NOT NULL", format!("lets {label} be NULL for a while")));
        out.extend(require(place, next, format!("makes {label} NOT NULL again")));
        return out;
    }
    if has(previous, not_null::FROM_PARENT) && !has(next, not_null::FROM_PARENT) {
        out.push(place.alter_column(&next.name, "SET NOT NULL", format!("makes {label} NOT NULL by itself")));
    }
    if old != new {
        let sql = format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", quote(&old), quote(&new));
        out.push(Statement::new(sql, format!("renames constraint {old} of {} to {new}", place.name())));
    }
    let name = quote(&new);
    if has(previous, not_null::NO_INHERIT) != has(next, not_null::NO_INHERIT) {
        let word = if has(next, not_null::NO_INHERIT) { "NO INHERIT" } else { "INHERIT" };
        let action = format!("ALTER CONSTRAINT {name} {word}");
        out.push(place.alter_table(&action, format!("changes whether children have constraint {new}")));
    }
    if has(previous, not_null::NOT_VALID) && !has(next, not_null::NOT_VALID) {
        let what = format!("checks that no row has NULL for {label}");
        out.push(place.alter_table(&format!("VALIDATE CONSTRAINT {name}"), what));
    }
    let comment = |column: &Column| column.options.get(not_null::COMMENT).cloned();
    if comment(previous) != comment(next) {
        out.push(comment_on_not_null(place, next, comment(next).as_deref()));
    }
    out
}
