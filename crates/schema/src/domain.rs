use crate::{Check, Needs, ObjectName};

/// A domain: a type with conditions (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Domain {
    /// Its name.
    pub name: ObjectName,
    /// The type under it, in the server's words.
    pub base: String,
    /// A collation that is not the base type's own.
    pub collation: Option<String>,
    /// `NOT NULL`.
    pub not_null: bool,
    /// PostgreSQL 17 and later: the name of that constraint, where it is not the server's own choice.
    pub not_null_name: Option<String>,
    /// PostgreSQL 17 and later: its comment.
    pub not_null_comment: Option<String>,
    /// Its default as an SQL expression.
    pub default: Option<String>,
    /// Its checks, sorted by name; the value is called `VALUE` in them.
    pub checks: Vec<Check>,
    /// Its comment.
    pub comment: Option<String>,
    /// What its base, default and checks stand on.
    pub needs: Needs,
}

/// A composite type that is no table's row (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompositeType {
    /// Its name.
    pub name: ObjectName,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// Its comment.
    pub comment: Option<String>,
    /// What its attributes stand on.
    pub needs: Needs,
}

/// An attribute of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribute {
    /// The bare identifier.
    pub name: String,
    /// Its type in the server's words.
    pub ty: String,
    /// A collation that is not the type's own.
    pub collation: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}
