use crate::ObjectName;

/// A sequence. An option that is `None` has the engine's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence {
    /// Its name.
    pub name: ObjectName,
    /// Its type in the engine's words, where it is not the default.
    pub ty: Option<String>,
    /// `START`.
    pub start: Option<i64>,
    /// `INCREMENT`.
    pub increment: Option<i64>,
    /// `MINVALUE`.
    pub min: Option<i64>,
    /// `MAXVALUE`.
    pub max: Option<i64>,
    /// `CACHE`.
    pub cache: Option<i64>,
    /// `CYCLE`.
    pub cycle: bool,
    /// PostgreSQL 15 and later: `UNLOGGED`.
    pub unlogged: bool,
    /// The table and column that own it (`OWNED BY`), when it is not the sequence of a serial column.
    pub owned_by: Option<(ObjectName, String)>,
    /// Its comment.
    pub comment: Option<String>,
}

/// An enumerated type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EnumType {
    /// Its name.
    pub name: ObjectName,
    /// Its values, in sort order.
    pub values: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
}
