use std::fmt;

use crate::{Class, Needs, ObjectName, Reference};

/// An object that is kept as the statement which creates it: a view, a trigger, a routine, and whatever else has no
/// noun of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; that of a routine with the types of its arguments, since two may share the rest.
    pub name: ObjectName,
    /// The table or view it stands on (triggers, rules, policies, statistics, indexes of materialised views).
    pub table: Option<ObjectName>,
    /// The statements that create it as the server prints it, without a closing semicolon. More than one only where
    /// no single statement makes the whole (a trigger that is disabled).
    pub sql: String,
    /// Its comment, where the engine keeps comments apart from the statement.
    pub comment: Option<String>,
    /// What it stands on, where the engine tells or the text shows.
    pub needs: Needs,
}

impl Definition {
    /// A definition without a table, comment and needs.
    pub fn new(kind: DefinitionKind, name: ObjectName, sql: impl Into<String>) -> Self {
        Self { kind, name, table: None, sql: sql.into(), comment: None, needs: Needs::default() }
    }

    /// What others call it.
    pub fn reference(&self) -> Reference {
        Reference { class: self.kind.class(), name: self.name.clone() }
    }

    /// Whether it stands on a relation: as its table, or otherwise.
    pub fn stands_on(&self, relation: &ObjectName) -> bool {
        self.table.as_ref() == Some(relation) || self.needs.relation(relation)
    }
}

/// The kinds of object that are kept as a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefinitionKind {
    /// A namespace (PostgreSQL).
    Namespace,
    /// An extension (PostgreSQL).
    Extension,
    /// A collation (PostgreSQL).
    Collation,
    /// A range type (PostgreSQL).
    Range,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate (PostgreSQL).
    Aggregate,
    /// An operator (PostgreSQL).
    Operator,
    /// A cast (PostgreSQL).
    Cast,
    /// A virtual table (SQLite).
    VirtualTable,
    /// A view.
    View,
    /// A materialised view (PostgreSQL).
    MaterializedView,
    /// An index of a materialised view (PostgreSQL); those of tables stand with their tables.
    Index,
    /// Extended statistics (PostgreSQL).
    Statistics,
    /// A rewrite rule (PostgreSQL).
    Rule,
    /// A trigger.
    Trigger,
    /// A policy of row-level security (PostgreSQL).
    Policy,
    /// A scheduled event (MySQL, MariaDB).
    Event,
    /// An event trigger (PostgreSQL).
    EventTrigger,
    /// A publication (PostgreSQL).
    Publication,
}

impl DefinitionKind {
    /// What it is called in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespace => "schema",
            Self::Extension => "extension",
            Self::Collation => "collation",
            Self::Range => "range type",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::Cast => "cast",
            Self::VirtualTable => "virtual table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Index => "index",
            Self::Statistics => "statistics",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Event => "event",
            Self::EventTrigger => "event trigger",
            Self::Publication => "publication",
        }
    }

    /// What kind of name its name is.
    pub fn class(self) -> Class {
        match self {
            Self::Namespace => Class::Namespace,
            Self::Extension => Class::Extension,
            Self::Collation => Class::Collation,
            Self::Range => Class::Type,
            Self::Function | Self::Procedure | Self::Aggregate => Class::Routine,
            Self::VirtualTable | Self::View | Self::MaterializedView => Class::Relation,
            Self::Operator
            | Self::Cast
            | Self::Index
            | Self::Statistics
            | Self::Rule
            | Self::Trigger
            | Self::Policy
            | Self::Event
            | Self::EventTrigger
            | Self::Publication => Class::Other,
        }
    }

    /// Whether tables may stand on it, so that it comes before them and goes after them.
    pub fn comes_before_tables(self) -> bool {
        matches!(self, Self::Namespace | Self::Extension | Self::Collation | Self::Range)
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
