use std::collections::BTreeMap;
use std::fmt;

use crate::{Class, Needs, ObjectName, Outline, Reference};

/// An object that is kept as the statement which creates it: a view, a trigger, a routine, and whatever else has no
/// noun of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name; that of a routine with the types of its arguments, and that of an operator class or family with its
    /// access method, since two may share the rest.
    pub name: ObjectName,
    /// The table or view it stands on (triggers, rules, policies, statistics, indexes of materialised views).
    pub table: Option<ObjectName>,
    /// The statement that creates it as the server prints it, without a closing semicolon.
    pub sql: String,
    /// What is set on it by statements of their own once it is there, by lower-case word: `enabled` (triggers, rules,
    /// event triggers), `target` (statistics), `option:NAME`, `version` (servers), `tablespace`, `access_method`
    /// (materialised views), and `default:COLUMN`, `comment:COLUMN`, `statistics:COLUMN` of a view's or index's columns.
    pub settings: BTreeMap<String, String>,
    /// Its parts, where some of them can change in place.
    pub outline: Outline,
    /// Its comment, where the engine keeps comments apart from the statement.
    pub comment: Option<String>,
    /// What it stands on, where the engine tells or the text shows.
    pub needs: Needs,
    /// What another one has to keep to take its place.
    pub shape: Shape,
}

/// What of a definition its users rely on, so that another one can only take its place if it keeps that.
///
/// It follows from the statement, and is no part of equality.
#[derive(Debug, Clone, Default)]
pub enum Shape {
    /// Nobody knows.
    #[default]
    Unknown,
    /// A routine's.
    Routine {
        /// What it gives back, the arguments that it fills included.
        result: String,
        /// The names of the arguments that it takes; empty where they have none.
        names: Vec<String>,
        /// How many of them have a default.
        defaults: usize,
    },
    /// That of an operator family that holds nothing but the class of its own name, whose statement creates it too.
    Implied,
}

impl Shape {
    /// Whether it comes with another one.
    pub fn is_implied(&self) -> bool {
        matches!(self, Self::Implied)
    }
}

impl PartialEq for Shape {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Shape {}

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
            shape: Shape::Unknown,
        }
    }

    /// What others call it. What stands on a table has a name there alone.
    pub fn reference(&self) -> Reference {
        let is_attached = matches!(self.kind, DefinitionKind::Rule | DefinitionKind::Trigger | DefinitionKind::Policy);
        let name = match &self.table {
            Some(table) if is_attached => table.sibling(format!("{} on {}", self.name.name, table.name)),
            _ => self.name.clone(),
        };
        Reference { class: self.kind.class(), name }
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
    /// A type that has a name and nothing else yet (PostgreSQL).
    ShellType,
    /// A range type (PostgreSQL).
    Range,
    /// A language of routines (PostgreSQL).
    Language,
    /// An access method of tables or indexes (PostgreSQL).
    AccessMethod,
    /// A foreign-data wrapper (PostgreSQL).
    ForeignDataWrapper,
    /// A server of foreign tables (PostgreSQL).
    Server,
    /// What a role is called on such a server (PostgreSQL).
    UserMapping,
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
    /// A family of operator classes (PostgreSQL).
    OperatorFamily,
    /// An operator class (PostgreSQL).
    OperatorClass,
    /// How values of a type go into a language and out of it (PostgreSQL).
    Transform,
    /// A conversion between encodings (PostgreSQL).
    Conversion,
    /// A parser of text search (PostgreSQL).
    TextSearchParser,
    /// A template of text search (PostgreSQL).
    TextSearchTemplate,
    /// A dictionary of text search (PostgreSQL).
    TextSearchDictionary,
    /// A configuration of text search (PostgreSQL).
    TextSearchConfiguration,
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
    /// A subscription to publications of another server (PostgreSQL).
    Subscription,
}

impl DefinitionKind {
    /// What it is called in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespace => "schema",
            Self::Extension => "extension",
            Self::Collation => "collation",
            Self::ShellType => "shell type",
            Self::Range => "range type",
            Self::Language => "language",
            Self::AccessMethod => "access method",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::Server => "server",
            Self::UserMapping => "user mapping",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Aggregate => "aggregate",
            Self::Operator => "operator",
            Self::Cast => "cast",
            Self::OperatorFamily => "operator family",
            Self::OperatorClass => "operator class",
            Self::Transform => "transform",
            Self::Conversion => "conversion",
            Self::TextSearchParser => "text search parser",
            Self::TextSearchTemplate => "text search template",
            Self::TextSearchDictionary => "text search dictionary",
            Self::TextSearchConfiguration => "text search configuration",
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
            Self::Subscription => "subscription",
        }
    }

    /// What kind of name its name is.
    pub fn class(self) -> Class {
        match self {
            Self::Namespace => Class::Namespace,
            Self::Extension => Class::Extension,
            Self::Collation => Class::Collation,
            Self::ShellType | Self::Range => Class::Type,
            Self::Language => Class::Language,
            Self::AccessMethod => Class::AccessMethod,
            Self::Function | Self::Procedure | Self::Aggregate => Class::Routine,
            Self::VirtualTable | Self::View | Self::MaterializedView => Class::Relation,
            Self::Operator => Class::Operator,
            Self::TextSearchConfiguration => Class::TextSearchConfiguration,
            Self::TextSearchDictionary => Class::TextSearchDictionary,
            Self::OperatorFamily => Class::OperatorFamily,
            Self::OperatorClass => Class::OperatorClass,
            Self::Transform => Class::Transform,
            Self::Conversion => Class::Conversion,
            Self::TextSearchParser => Class::TextSearchParser,
            Self::TextSearchTemplate => Class::TextSearchTemplate,
            Self::ForeignDataWrapper
            | Self::Server
            | Self::UserMapping
            | Self::Cast
            | Self::Index
            | Self::Statistics
            | Self::Rule
            | Self::Trigger
            | Self::Policy
            | Self::Event
            | Self::EventTrigger
            | Self::Publication
            | Self::Subscription => Class::Other,
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
                | Self::UserMapping
        )
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
