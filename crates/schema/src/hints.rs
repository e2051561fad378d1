use std::collections::BTreeMap;
use std::fmt;

use crate::ObjectName;

/// What models say beyond the nouns: it guides a comparison and is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hints {
    /// By table, under the name that the model gives it now.
    pub tables: BTreeMap<ObjectName, TableHints>,
    /// By enumerated type, under the name that it has now.
    pub enums: BTreeMap<ObjectName, EnumHints>,
    /// The former names of views that models stand for, by the present one.
    pub views: BTreeMap<ObjectName, ObjectName>,
}

/// What an enumeration says of its type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnumHints {
    /// The name the type had before.
    pub renamed_from: Option<ObjectName>,
    /// The former values of those that have others now, by the present one.
    pub values: BTreeMap<String, String>,
    /// Where the enumeration stands.
    pub location: Option<Location>,
}

/// What a model says of its table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableHints {
    /// The name the table had before.
    pub renamed_from: Option<ObjectName>,
    /// Where the struct stands.
    pub location: Option<Location>,
    /// The struct's name.
    pub model: String,
    /// By column, under the name it has now.
    pub columns: BTreeMap<String, ColumnHints>,
    /// The former names of keys, indexes and constraints, by the present one.
    pub parts: BTreeMap<String, String>,
}

/// What a model says of a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnHints {
    /// The name the column had before.
    pub renamed_from: Option<String>,
    /// The SQL expression that gives existing rows their value when the column is added or becomes NOT NULL.
    pub backfill: Option<String>,
    /// The former values of an enumeration that is no type of its own on the engine, by the present one: rows hold
    /// them as they stand.
    pub values: BTreeMap<String, String>,
    /// Where the field stands.
    pub location: Option<Location>,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Location {
    /// The file, as it was reached.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Hints {
    /// What is said of a column, if anything is.
    pub fn column(&self, table: &ObjectName, column: &str) -> Option<&ColumnHints> {
        self.tables.get(table)?.columns.get(column)
    }
}
