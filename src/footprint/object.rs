//! What revisions touch, and how.

use std::fmt;

use rungs_schema::{DialectName, ObjectName};

use super::words::is_mysql;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the thing of that name")]
pub enum Kind {
    Table,
    View,
    Sequence,
    Column,
    PrimaryKey,
    Constraint,
    Index,
    /// An index that also says which rows may be there.
    UniqueIndex,
    Trigger,
    Policy,
    Type,
    Routine,
    Schema,
    Extension,
}

impl Kind {
    /// The word for it, in messages and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
            Self::Sequence => "sequence",
            Self::Column => "column",
            Self::PrimaryKey => "primary key",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::UniqueIndex => "unique index",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Type => "type",
            Self::Routine => "routine",
            Self::Schema => "schema",
            Self::Extension => "extension",
        }
    }

    fn is_index(self) -> bool {
        matches!(self, Self::Index | Self::UniqueIndex)
    }
}

/// A thing in the database that revisions name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// What it is. Where a statement leaves open whether it means a table or a view, it is a table.
    pub kind: Kind,
    /// The table that it is a part of, where the statement says so: `DROP INDEX` does not everywhere.
    pub table: Option<ObjectName>,
    /// Its name; none for a primary key.
    pub name: ObjectName,
}

impl Object {
    pub(super) fn new(kind: Kind, name: ObjectName) -> Self {
        Self { kind, table: None, name }
    }

    pub(super) fn table(name: &ObjectName) -> Self {
        Self::new(Kind::Table, name.clone())
    }

    pub(super) fn part(kind: Kind, table: &ObjectName, name: impl Into<String>) -> Self {
        Self { kind, table: Some(table.clone()), name: ObjectName::bare(name) }
    }

    /// An index has the schema of its table.
    pub(super) fn index(unique: bool, table: &ObjectName, name: impl Into<String>) -> Self {
        let kind = if unique { Kind::UniqueIndex } else { Kind::Index };
        Self { kind, table: Some(table.clone()), name: table.sibling(name) }
    }

    pub(super) fn column(table: &ObjectName, name: impl Into<String>) -> Self {
        Self::part(Kind::Column, table, name)
    }

    pub(super) fn primary_key(table: &ObjectName) -> Self {
        Self::part(Kind::PrimaryKey, table, "")
    }

    /// Its name with its table, without the word for what it is: `users.email`.
    pub fn full_name(&self) -> String {
        match (&self.table, self.kind) {
            (Some(table), Kind::PrimaryKey) => table.to_string(),
            (Some(table), _) => format!("{table}.{}", self.name.name),
            (None, _) => self.name.to_string(),
        }
    }

    /// Its name alone, without its table: `column email`.
    pub fn short(&self) -> String {
        match self.kind {
            Kind::PrimaryKey => "the primary key".to_owned(),
            kind if self.table.is_some() => format!("{} {}", kind.word(), self.name.name),
            kind => format!("{} {}", kind.word(), self.name),
        }
    }
}

/// As the differences of `autogenerate` are named: `column users.email`.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.kind == Kind::PrimaryKey { "of " } else { "" };
        write!(f, "{} {of}{}", self.kind.word(), self.full_name())
    }
}

/// What a revision does to an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It is new.
    Created,
    /// It is there afterwards, whether it was before or not (`CREATE OR REPLACE`).
    Replaced,
    /// It goes.
    Dropped,
    /// Another name is given to it.
    RenamedTo(ObjectName),
    /// This name is given to another.
    RenamedFrom(ObjectName),
    /// It changes.
    Altered,
    /// A table is created anew from what the revision knows of it, and its rows are copied: the way of SQLite.
    Rebuilt,
    /// Only its comment changes.
    Commented,
    /// It has to be there: a foreign key, a view, an index or an expression names it.
    Referenced,
    /// Its rows are read now.
    Read,
    /// Rows are put into it.
    Inserted,
    /// Rows of it are changed.
    Updated,
    /// Rows of it are deleted.
    Deleted,
}

impl Way {
    /// The word in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Replaced => "replace",
            Self::Dropped => "drop",
            Self::RenamedTo(_) => "rename",
            Self::RenamedFrom(_) => "take name",
            Self::Altered => "alter",
            Self::Rebuilt => "rebuild",
            Self::Commented => "comment",
            Self::Referenced => "refer",
            Self::Read => "read",
            Self::Inserted => "insert",
            Self::Updated => "update",
            Self::Deleted => "delete",
        }
    }

    /// The name exists from here on.
    pub(super) fn makes(&self) -> bool {
        matches!(self, Self::Created | Self::RenamedFrom(_))
    }

    /// The name is free from here on.
    pub(super) fn ends(&self) -> bool {
        matches!(self, Self::Dropped | Self::RenamedTo(_))
    }

    pub(super) fn changes_rows(&self) -> bool {
        matches!(self, Self::Inserted | Self::Updated | Self::Deleted)
    }

    /// What is there, or how it looks, is another afterwards.
    pub(super) fn is_structural(&self) -> bool {
        self.makes() || self.ends() || matches!(self, Self::Altered | Self::Replaced | Self::Rebuilt)
    }
}

/// An object that a revision touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The object, by the name that it has before the revision, if it is there by then.
    pub object: Object,
    /// What is done to it.
    pub way: Way,
    /// The line in the revision's file, from 1.
    pub line: usize,
    pub(super) key: Key,
    /// The table of an index or trigger that has a name of its own.
    pub(super) owner: Option<Root>,
}

/// By what an object is compared: names as the engine takes them for the same.
///
/// Tables, views and sequences share one set of names. An index is a part of its table on MySQL and MariaDB; elsewhere
/// it has a name of its own, and `DROP INDEX` does not say of which table it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub root: Root,
    /// The kind and name within a table.
    pub part: Option<(Kind, String)>,
}

/// A name that stands on its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Root {
    kind: Kind,
    schema: Option<String>,
    name: String,
}

impl Root {
    fn new(kind: Kind, name: &ObjectName, dialect: DialectName) -> Self {
        let kind = match kind {
            Kind::View | Kind::Sequence => Kind::Table,
            Kind::UniqueIndex => Kind::Index,
            other => other,
        };
        // Whether the letter case of a table counts on MySQL is a setting of the server: what may be two tables is two.
        let fold = |text: &String| match dialect {
            DialectName::Sqlite => text.to_lowercase(),
            DialectName::Mysql | DialectName::Mariadb if kind != Kind::Table => text.to_lowercase(),
            _ => text.clone(),
        };
        Self { kind, schema: name.schema.as_ref().map(fold), name: fold(&name.name) }
    }

    /// Whether it is a table, view or sequence.
    pub fn is_relation(&self) -> bool {
        self.kind == Kind::Table
    }
}

impl Key {
    pub fn of(object: &Object, dialect: DialectName) -> Self {
        match &object.table {
            Some(table) if !stands_alone(object.kind, dialect) => {
                let root = Root::new(Kind::Table, table, dialect);
                let kind = if object.kind.is_index() { Kind::Index } else { object.kind };
                let name = &object.name.name;
                let name = if dialect == DialectName::Postgres { name.clone() } else { name.to_lowercase() };
                Self { root, part: Some((kind, name)) }
            }
            _ => Self { root: Root::new(object.kind, &object.name, dialect), part: None },
        }
    }

    /// A name that stands on its own.
    pub fn whole(root: &Root) -> Self {
        Self { root: root.clone(), part: None }
    }

    /// The table itself, or a view or sequence.
    pub fn is_whole_table(&self) -> bool {
        self.part.is_none() && self.root.is_relation()
    }
}

/// Whether a part of a table has a name that others of its kind, of whatever table, cannot have.
pub(super) fn stands_alone(kind: Kind, dialect: DialectName) -> bool {
    match kind {
        Kind::Index | Kind::UniqueIndex => !is_mysql(dialect),
        Kind::Trigger => dialect != DialectName::Postgres,
        _ => false,
    }
}

impl Touch {
    pub(super) fn new(object: Object, way: Way, line: usize, dialect: DialectName) -> Self {
        let key = Key::of(&object, dialect);
        let table = object.table.as_ref().filter(|_| stands_alone(object.kind, dialect));
        let owner = table.map(|table| Root::new(Kind::Table, table, dialect));
        Self { object, way, line, key, owner }
    }

    /// The names under which others may touch the same: its own, and that of its table.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Root> {
        std::iter::once(&self.key.root).chain(&self.owner)
    }
}
