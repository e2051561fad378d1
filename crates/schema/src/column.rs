use crate::{ColumnType, Needs, Options, Sequence};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// The bare identifier.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// SQLite: what `NOT NULL ON CONFLICT` says, in upper case (`IGNORE`, `REPLACE`, ...).
    pub not_null_conflict: Option<String>,
    /// The default as an SQL expression: `0`, `'x'`, `now()`. A serial or identity column has none.
    pub default: Option<String>,
    /// How it numbers itself.
    pub auto_increment: Option<AutoIncrement>,
    /// The expression it is computed from.
    pub generated: Option<Generated>,
    /// MySQL, MariaDB: the expression of `ON UPDATE`, such as `current_timestamp()`.
    pub on_update: Option<String>,
    /// MySQL, MariaDB: its character set. `None` for types without one.
    pub charset: Option<String>,
    /// MySQL: names the character set that it would have anyhow. The server remembers that, and prints it
    /// (<https://dev.mysql.com/doc/refman/en/charset-column.html>).
    pub says_charset: bool,
    /// Its collation, where it differs from what its type has by itself.
    pub collation: Option<String>,
    /// Its comment, where the engine keeps comments.
    pub comment: Option<String>,
    /// MySQL, MariaDB: left out of `SELECT *`.
    pub invisible: bool,
    /// PostgreSQL: what `ALTER COLUMN ... SET` says of it, by lower-case word: `storage`, `compression`,
    /// `statistics`, attribute options; and `inherited` (with an empty value) where it comes from a parent alone.
    pub options: Options,
    /// What its default, or the expression it is computed from, stands on besides the table itself.
    pub needs: Needs,
}

/// How a column numbers itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AutoIncrement {
    /// The engine's own way: `AUTO_INCREMENT` on MySQL and MariaDB, `AUTOINCREMENT` on SQLite. On PostgreSQL a
    /// model may say it; the canonical form there is an identity `BY DEFAULT`.
    Native,
    /// PostgreSQL `serial`: a sequence that the column owns, and `nextval` of it as its default.
    Serial,
    /// `GENERATED ... AS IDENTITY`.
    Identity(Identity),
}

/// The options of an identity column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// `ALWAYS` rather than `BY DEFAULT`.
    pub always: bool,
    /// Its sequence's options, where they differ from the type's defaults; the name is left empty where it is the one
    /// that the server makes up for the column.
    pub sequence: Sequence,
}

/// The expression of a generated column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The expression, without the parentheses around it.
    pub expression: String,
    /// `STORED` (or `PERSISTENT`) rather than `VIRTUAL`.
    pub stored: bool,
}
