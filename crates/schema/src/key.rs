use crate::{IndexPart, Needs, Options};

/// The primary key of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrimaryKey {
    /// The constraint's name; `None` where the engine keeps none.
    pub name: Option<String>,
    /// The columns in key order; `DESC`, collation and prefix length where the engine keeps them.
    pub parts: Vec<IndexPart>,
    /// PostgreSQL: columns of `INCLUDE`.
    pub include: Vec<String>,
    /// SQLite: what `ON CONFLICT` says, in upper case.
    pub on_conflict: Option<String>,
    /// Deferrability, where the engine has it.
    pub deferrable: Option<crate::Deferrable>,
    /// MySQL, MariaDB: `USING` in lower case, where it was asked for.
    pub method: Option<String>,
    /// Options of the key's index, by lower-case name. PostgreSQL: storage parameters, `tablespace`, and
    /// `without_overlaps` (with an empty value) where the last column is a range that may not overlap.
    pub options: Options,
    /// The key's comment.
    pub comment: Option<String>,
    /// What the key stands on, where the engine tells.
    pub needs: Needs,
}

/// A unique constraint. On MySQL and MariaDB uniqueness is an index, so that a canonical schema has none there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unique {
    /// The constraint's name; `None` where the engine keeps none, or where a model leaves it to the convention.
    pub name: Option<String>,
    /// The columns in the order of declaration.
    pub parts: Vec<IndexPart>,
    /// PostgreSQL: columns of `INCLUDE`.
    pub include: Vec<String>,
    /// PostgreSQL 15 and later: `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// Deferrability, where the engine has it.
    pub deferrable: Option<crate::Deferrable>,
    /// SQLite: what `ON CONFLICT` says, in upper case.
    pub on_conflict: Option<String>,
    /// PostgreSQL: options of the constraint's index, as for a [`PrimaryKey`].
    pub options: Options,
    /// The constraint's comment.
    pub comment: Option<String>,
    /// What the constraint stands on, where the engine tells.
    pub needs: Needs,
}
