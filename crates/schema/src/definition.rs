use std::collections::BTreeMap;
use std::fmt;

use crate::{Class, Needs, ObjectName, Outline, Reference};

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
    /// The statement that creates it as the server prints it, without a closing semicolon.
    pub sql: String,
    /// What is set on it by statements of their own once it is there, by lower-case word: `enabled` (triggers, rules,
    /// event triggers), `target` (statistics), `option:NAME`, `tablespace`, `access_method` (materialised views), and
    /// `default:COLUMN`, `comment:COLUMN`, `statistics:COLUMN` of a view's or index's columns.
    pub settings: BTreeMap<String, String>,
    /// Its parts, where some of them can change in place.
    pub outline: Outline,
    /// Its comment, where the engine keeps comments apart from the statement.
    pub comment: Option<String>,
    /// What it stands on, where the engine tells or the text shows.
    pub needs: Needs,
}

impl Definition {
    /// A definition without a table, settings, comment and needs.
    pub fn new(kind: DefinitionKind, name: ObjectName, sql: impl Into<String>) -> Self {
        Self {
            kind,
            name,
            table: None,
            sql: sql.into(),
            settings: BTreeMap::new(),
            outline: Outline::default(),
            comment: None,
            needs: Needs::default(),
        }
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
    /// A foreign-data wrapper (PostgreSQL).
    ForeignDataWrapper,
    /// A server of foreign tables (PostgreSQL).
    Server,
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
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::Server => "server",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::Cast => "cast",
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
            Self::View | Self::MaterializedView => Class::Relation,
            Self::ForeignDataWrapper
            | Self::Server
            | Self::Operator
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
        matches!(
            self,
            Self::Namespace
                | Self::Extension
                | Self::Collation
                | Self::Range
                | Self::ForeignDataWrapper
                | Self::Server
        )
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
