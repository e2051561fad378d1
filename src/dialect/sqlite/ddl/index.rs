use rungs_schema::{Index, Table, Verbatim};

use super::cursor::{Cursor, Fault, parts};
use super::expression::{self, Names};
use super::token::{Token, tokens};

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
    let verbatim = Verbatim(Some(sql.to_owned()));
    Ok(Index { name: Some(name), parts, unique, predicate, verbatim, ..Index::default() })
}

/// A CREATE INDEX with the names of its index and table as they are now.
pub(crate) fn index_with_names(sql: &str, index: &str, table: &str) -> Option<String> {
    let found = tokens(sql);
    let on = found.iter().position(|token| token.is_word("ON"))?;
    let (named, owner) = (found.get(on.checked_sub(1)?)?, found.get(on + 1)?);
    let edited = |token: &Token<'_>, name: &str| {
        if token.identifier() == name { token.text.to_owned() } else { expression::quote(name) }
    };
    let (before, between, after) = (&sql[..named.start], &sql[named.end()..owner.start], &sql[owner.end()..]);
    Some(format!("{before}{}{between}{}{after}", edited(named, index), edited(owner, table)))
}

/// A key's collation that is its column's own is none.
pub(crate) fn drop_own_collation(part: &mut rungs_schema::IndexPart, table: &Table) {
    let Some(column) = part.column_name().and_then(|name| table.column(name)) else { return };
    let own = column.collation.as_deref().unwrap_or("BINARY");
    if part.collation.as_deref() == Some(own) {
        part.collation = None;
    }
}
