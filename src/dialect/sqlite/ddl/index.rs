use rungs_schema::{Index, Table};

use super::cursor::{Cursor, Fault, parts};
use super::expression::{self, Names};
use super::token::tokens;

/// Reads the CREATE INDEX of a table's index.
///
/// # Errors
/// When the text is none.
pub(crate) fn parse_index(sql: &str, table: &Table) -> Result<Index, Fault> {
    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let names = Names { table: &table.name.name, columns: &columns };
    let found = tokens(sql);
    let mut cursor = Cursor::new(&found);
    cursor.expect(&["CREATE"])?;
    let unique = cursor.eat(&["UNIQUE"]);
    cursor.expect(&["INDEX"])?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut name = cursor.name()?;
    if cursor.eat_mark(".") {
        name = cursor.name()?;
    }
    cursor.expect(&["ON"])?;
    cursor.name()?;
    let mut parts = parts(cursor.group()?, names)?;
    for part in &mut parts {
        drop_own_collation(part, table);
    }
    let predicate = if cursor.eat(&["WHERE"]) { Some(expression::print(cursor.rest(), names)) } else { None };
    Ok(Index { name: Some(name), parts, unique, predicate, ..Index::default() })
}

/// A key's collation that is its column's own is none.
pub(crate) fn drop_own_collation(part: &mut rungs_schema::IndexPart, table: &Table) {
    let Some(column) = part.column_name().and_then(|name| table.column(name)) else { return };
    let own = column.collation.as_deref().unwrap_or("BINARY");
    if part.collation.as_deref() == Some(own) {
        part.collation = None;
    }
}
