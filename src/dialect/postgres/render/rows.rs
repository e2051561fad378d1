//! The rows of a table that is made anew.

use rungs_schema::{AutoIncrement, Class, Column, Table};

use crate::dialect::Statement;
use crate::dialect::postgres::{casts, qualified, quote};
use crate::diff::change::{Rows, RowsStep};
use crate::diff::is_of;

pub(super) fn render(rows: &Rows) -> Vec<Statement> {
    match rows.step {
        RowsStep::SetAside => vec![set_aside(rows)],
        RowsStep::PutBack => put_back(rows),
    }
}

/// The columns that are put back; another one might be of a type that goes in the meantime.
fn kept(rows: &Rows) -> Vec<&Column> {
    let is_written = |column: &&Column| column.generated.is_none() && rows.previous.column(&column.name).is_some();
    rows.next.columns.iter().filter(is_written).collect()
}

fn names(columns: &[&Column]) -> String {
    columns.iter().map(|column| quote(&column.name)).collect::<Vec<_>>().join(", ")
}

fn set_aside(rows: &Rows) -> Statement {
    let (table, aside) = (&rows.previous.name, rows.aside());
    let columns: Vec<String> = kept(rows).into_iter().map(|column| aside_value(rows, column)).collect();
    let sql = format!("CREATE TABLE {} AS SELECT {} FROM {}", qualified(&aside), columns.join(", "), qualified(table));
    Statement::new(sql, format!("sets the rows of {table} aside, because {}", reason(&rows.previous, &rows.next)))
}

/// A type or collation of the database's own may be built anew in the meantime, and is left to itself.
fn aside_value(rows: &Rows, column: &Column) -> String {
    let name = quote(&column.name);
    if is_text(rows, column) {
        return format!("{name}::text AS {name}");
    }
    let is_collated = rows.previous.column(&column.name).is_some_and(|column| column.collation.is_some());
    if is_collated { format!("{name} COLLATE \"default\" AS {name}") } else { name }
}

/// Whether the values of a column are kept as text.
fn is_text(rows: &Rows, column: &Column) -> bool {
    let table = &rows.previous;
    if rows.composite_columns().any(|other| other.name == column.name) {
        return false;
    }
    let words = table.column(&column.name).and_then(|column| column.ty.native()).unwrap_or_default();
    table.needs.iter().any(|need| need.class == Class::Type && is_of(words, &need.name))
}

fn reason(previous: &Table, next: &Table) -> &'static str {
    match (&previous.partition_by, &next.partition_by) {
        (None, _) => "a table that stands cannot become a partitioned one",
        (_, None) => "a partitioned table cannot become a plain one",
        (previous, next) if previous == next => "what a table is partitioned by cannot get another type",
        _ => "a table cannot be partitioned in another way",
    }
}

fn put_back(rows: &Rows) -> Vec<Statement> {
    let (table, aside) = (&rows.next.name, rows.aside());
    let columns = kept(rows);
    let values: Vec<String> = columns.iter().map(|column| value(rows, column)).collect();
    // Where no column stays, a row stays as one of defaults.
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", names(&columns)) };
    let sql = format!(
        "INSERT INTO {}{list} OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
        qualified(table),
        values.join(", "),
        qualified(&aside)
    );
    let mut out = vec![Statement::new(sql, format!("puts the rows of {table} back"))];
    out.extend(columns.iter().filter_map(|column| match &column.auto_increment {
        Some(AutoIncrement::Identity(identity)) => {
            Some(super::sequence::catch_up(table, &column.name, &identity.sequence))
        }
        Some(_) => Some(super::sequence::catch_up(table, &column.name, &rungs_schema::Sequence::default())),
        None => None,
    }));
    let sql = format!("DROP TABLE {}", qualified(&aside));
    out.push(Statement::new(sql, format!("drops what held the rows of {table} in the meantime")));
    out
}

/// A column's value, in the type that the column will have.
fn value(rows: &Rows, column: &Column) -> String {
    let name = quote(&column.name);
    let is_text = is_text(rows, column);
    let was = rows.previous.column(&column.name).and_then(|column| column.ty.native()).unwrap_or_default();
    let was = if is_text { "text" } else { was };
    let is = column.ty.native().unwrap_or_default();
    let cast = if was == is { None } else { casts::using(&name, was, is) };
    cast.unwrap_or(name)
}
