//! The rows of a table that is made anew.

use rungs_schema::{AutoIncrement, Class, Column, ObjectName, Table};

use crate::dialect::Statement;
use crate::dialect::postgres::{casts, cut, qualified, quote};
use crate::diff::change::{Rows, RowsStep};
use crate::diff::is_of;

pub(super) fn render(rows: &Rows) -> Vec<Statement> {
    match rows.step {
        RowsStep::SetAside => vec![set_aside(rows)],
        RowsStep::PutBack => put_back(rows),
    }
}

/// Where the rows are in the meantime.
fn aside(table: &ObjectName) -> ObjectName {
    table.sibling(format!("{}__rows", cut(&table.name)))
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
    let (table, aside) = (&rows.previous.name, aside(&rows.previous.name));
    let columns: Vec<String> = kept(rows).into_iter().map(|column| aside_value(&rows.previous, column)).collect();
    let sql = format!("CREATE TABLE {} AS SELECT {} FROM {}", qualified(&aside), columns.join(", "), qualified(table));
    Statement::new(sql, format!("sets the rows of {table} aside, because {}", reason(&rows.previous, &rows.next)))
}

/// A type of the database's own may be built anew in the meantime, and is left to itself.
fn aside_value(previous: &Table, column: &Column) -> String {
    let name = quote(&column.name);
    if is_of_own_type(previous, column) { format!("{name}::text AS {name}") } else { name }
}

fn is_of_own_type(table: &Table, column: &Column) -> bool {
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
    let (table, aside) = (&rows.next.name, aside(&rows.next.name));
    let columns = kept(rows);
    let values: Vec<String> = columns.iter().map(|column| value(&rows.previous, column)).collect();
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
fn value(previous: &Table, column: &Column) -> String {
    let name = quote(&column.name);
    let is_text = is_of_own_type(previous, column);
    let was = previous.column(&column.name).and_then(|column| column.ty.native()).unwrap_or_default();
    let was = if is_text { "text" } else { was };
    let is = column.ty.native().unwrap_or_default();
    let cast = if was == is { None } else { casts::using(&name, was, is) };
    cast.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_leaves_room_for_the_suffix() {
        let name = aside(&ObjectName::bare("é".repeat(31)));
        assert!(name.name.len() <= 63, "{name}");
        assert!(name.name.ends_with("__rows"));
    }
}
