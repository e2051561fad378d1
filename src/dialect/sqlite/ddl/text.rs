//! Compares and edits the words of a CREATE statement.

use super::expression::{qualifies, quote};
use super::table::{ParsedTable, parse_table};
use super::token::{Kind, Token, tokens};

/// Whether two CREATE statements are the same, token for token, apart from white space, comments, a closing semicolon,
/// letter case outside literals, and how identifiers are quoted.
///
/// ```
/// use rungs::dialect::sqlite::same_text;
///
/// assert!(same_text("CREATE TABLE \"t\" (a int)", "create table t(A INT) -- t"));
/// assert!(!same_text("CREATE TABLE t (a DEFAULT 'x')", "CREATE TABLE t (a DEFAULT 'X')"));
/// ```
pub fn same_text(a: &str, b: &str) -> bool {
    words(a) == words(b)
}

/// Whether two CREATE statements are the same in the sense of [`same_text`], where the columns and constraints of a table
/// may stand in any order, since nothing but a rebuild moves them, and its own name in any quotes, since a rename leaves
/// its own.
///
/// ```
/// use rungs::dialect::sqlite::same_wording;
///
/// assert!(same_wording("CREATE TABLE t (a int, b int)", "CREATE TABLE 't' (b int, a int)"));
/// assert!(!same_wording("CREATE TABLE t (a int, b int)", "CREATE TABLE t (a int, 'b' int)"));
/// ```
pub fn same_wording(a: &str, b: &str) -> bool {
    let pieces = |sql: &str| parse_table(sql).ok().map(|parsed| (Elements::of(sql, &parsed), parsed.table.name));
    same_text(a, b)
        || match (pieces(a), pieces(b)) {
            (Some((a, name)), Some((b, other))) => a == b && name.name.eq_ignore_ascii_case(&other.name),
            _ => false,
        }
}

/// The tokens of a text, each in one spelling.
fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = tokens(sql).iter().map(word).collect();
    while words.last().is_some_and(|word| word == ";") {
        words.pop();
    }
    words
}

fn word(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Text => token.text.to_owned(),
        _ => token.identifier().to_lowercase(),
    }
}

/// The pieces of a CREATE TABLE, each in one spelling and without their order, so that texts can be compared before
/// and after columns come and go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Elements {
    columns: Vec<(String, Vec<String>)>,
    constraints: Vec<Vec<String>>,
    options: Vec<String>,
}

impl Elements {
    pub fn of(sql: &str, parsed: &ParsedTable) -> Self {
        let names = parsed.table.columns.iter().map(|column| column.name.to_lowercase());
        let columns = names.zip(parsed.columns.iter().map(|range| words(&sql[range.clone()]))).collect();
        let constraints = parsed.constraints.iter().map(|range| words(&sql[range.clone()])).collect();
        let mut elements = Self { columns, constraints, options: words(&sql[parsed.options.clone()]) };
        elements.columns.sort();
        elements.constraints.sort();
        elements
    }

    /// Leaves a column out.
    pub fn drop_column(&mut self, name: &str) {
        self.columns.retain(|(column, _)| *column != name.to_lowercase());
    }

    /// Puts a column in.
    pub fn add_column(&mut self, name: &str, text: &str) {
        self.columns.push((name.to_lowercase(), words(text)));
        self.columns.sort();
    }
}

/// A CREATE TABLE with another name; the same text where it has that name already.
pub(crate) fn renamed(sql: &str, parsed: &ParsedTable, name: &str) -> String {
    if parsed.table.name.name == name {
        return sql.to_owned();
    }
    format!("CREATE TABLE {}{}", quote(name), &sql[parsed.name.end..])
}

/// A CREATE TABLE without the table's own name in front of its columns, so that it can be created under another.
pub(crate) fn without_own_name(sql: &str, table: &str) -> String {
    let found = tokens(sql);
    let mut kept = String::with_capacity(sql.len());
    let mut from = 0;
    for index in 0..found.len() {
        // The statement's own `schema.table` is no reference to a column.
        if index > 3 && qualifies(&found, index, table) {
            kept.push_str(&sql[from..found[index].start]);
            from = found[index + 1].end();
        }
    }
    kept.push_str(&sql[from..]);
    kept
}
