use crate::{Needs, Options};

/// An index that no constraint owns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Index {
    /// Its name; `None` only where a model leaves it to the convention.
    pub name: Option<String>,
    /// Its keys, in order.
    pub parts: Vec<IndexPart>,
    /// Whether it forbids duplicates.
    pub unique: bool,
    /// The access method in lower case where it is not the engine's default and was asked for: `gin`, `hash`,
    /// `fulltext`, `spatial`.
    pub method: Option<String>,
    /// The condition of a partial index.
    pub predicate: Option<String>,
    /// PostgreSQL: columns of `INCLUDE`.
    pub include: Vec<String>,
    /// PostgreSQL 15 and later: `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// Storage parameters and engine options, by lower-case name. PostgreSQL also: `tablespace`; `statistics:N` (the
    /// target of the Nth key); with an empty value, `invalid` where building it failed, and `only` where it is that of
    /// a partitioned table of which some partition lacks it.
    pub options: Options,
    /// Its comment.
    pub comment: Option<String>,
    /// SQLite: the CREATE INDEX statement as it stands in `sqlite_schema`.
    pub verbatim: Verbatim,
    /// What its expressions, condition and operator classes stand on besides the table itself.
    pub needs: Needs,
}

/// The words in which something was created, as an engine keeps them. They are a way of saying what the nouns say, so
/// that nouns with and without them, or with others, are equal.
#[derive(Debug, Clone, Default)]
pub struct Verbatim(pub Option<String>);

impl PartialEq for Verbatim {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Verbatim {}

/// One key of an index or constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPart {
    /// What it sorts by.
    pub key: IndexKey,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` (`true`) or `NULLS LAST` (`false`) where it is not what the direction implies.
    pub nulls_first: Option<bool>,
    /// A collation that is not the column's own.
    pub collation: Option<String>,
    /// PostgreSQL: an operator class that is not the type's default, with its parameters.
    pub opclass: Option<String>,
    /// MySQL, MariaDB: how many characters or bytes of the column are indexed.
    pub length: Option<u32>,
}

/// What an index sorts by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IndexKey {
    /// A column, by its bare name.
    Column(String),
    /// An expression, without parentheses around it.
    Expression(String),
}

impl IndexPart {
    /// An ascending key on a column.
    pub fn column(name: impl Into<String>) -> Self {
        Self::new(IndexKey::Column(name.into()))
    }

    /// An ascending key on an expression.
    pub fn expression(text: impl Into<String>) -> Self {
        Self::new(IndexKey::Expression(text.into()))
    }

    fn new(key: IndexKey) -> Self {
        Self { key, descending: false, nulls_first: None, collation: None, opclass: None, length: None }
    }

    /// The column's name, when it is a column.
    pub fn column_name(&self) -> Option<&str> {
        match &self.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        }
    }

    /// Whether it is a column and nothing more.
    pub fn is_plain(&self) -> bool {
        matches!(&self.key, IndexKey::Column(name) if *self == Self::column(name.as_str()))
    }
}
