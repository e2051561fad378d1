use std::collections::BTreeMap;

use crate::{Check, Column, Exclusion, ForeignKey, Index, Needs, ObjectName, Options, PrimaryKey, Unique};

/// A table and all that lives and dies with it, apart from triggers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its name.
    pub name: ObjectName,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Its unique constraints.
    pub uniques: Vec<Unique>,
    /// Its indexes, without those that a key or constraint owns.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Its checks.
    pub checks: Vec<Check>,
    /// PostgreSQL: its exclusion constraints.
    pub exclusions: Vec<Exclusion>,
    /// PostgreSQL: the tables that it inherits from, in order.
    pub inherits: Vec<ObjectName>,
    /// PostgreSQL: how it is partitioned: all from `RANGE (...)` on, as the server prints it.
    pub partition_by: Option<String>,
    /// PostgreSQL: the table that it is a partition of, and its bound (`FOR VALUES ...`, `DEFAULT`).
    pub partition_of: Option<(ObjectName, String)>,
    /// PostgreSQL: the keys and indexes of a partition that belong to those of the table that it is a partition of, by
    /// their names there. They, and what else comes from a parent (checks, foreign keys), are not listed as its own.
    pub attached: BTreeMap<String, Attached>,
    /// Its comment, where the engine keeps comments.
    pub comment: Option<String>,
    /// Storage options by lower-case word: `engine`, `charset`, `collation`, `row_format` (MySQL, MariaDB);
    /// `strict`, `without_rowid` (SQLite, with an empty value). PostgreSQL: storage parameters; `unlogged`,
    /// `row_security`, `force_row_security` (with an empty value); `tablespace`, `access_method`; `of` (the composite
    /// type of a typed table); `replica_identity` (`full`, `nothing`, `index NAME`); `clustered_on` (an index);
    /// `server` and `server_option:NAME` (foreign tables).
    pub options: Options,
    /// SQLite: the CREATE TABLE statement as it stands in `sqlite_schema`. It is what the server says of the
    /// table, word for word, so that a table taken over from another database keeps its own text.
    pub verbatim: Option<String>,
    /// What its columns, keys and conditions stand on besides other tables' keys: types, routines, sequences, the
    /// tables that it inherits from. What a part of it stands on is said there, and here again.
    pub needs: Needs,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The names of the primary key's columns, in key order; empty without one.
    pub fn primary_key_columns(&self) -> Vec<&str> {
        self.primary_key.iter().flat_map(|key| &key.parts).filter_map(|part| part.column_name()).collect()
    }
}

/// A key or an index of a partition that belongs to one of its parent (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attached {
    /// Its name.
    pub name: String,
    /// The name is the one that the server makes up for it.
    pub is_made_up: bool,
    /// Its comment.
    pub comment: Option<String>,
}
