use std::fmt;

use crate::ObjectName;

/// An object that is kept as the statement which creates it: a view, a trigger, a routine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// What it is.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: ObjectName,
    /// The table or view it stands on (triggers).
    pub table: Option<ObjectName>,
    /// The whole CREATE statement as the server prints it, without a closing semicolon.
    pub sql: String,
    /// The tables, views and routines it needs, where the engine tells or the text shows.
    pub needs: Vec<ObjectName>,
}

/// The kinds of object that are kept as a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DefinitionKind {
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// A view.
    View,
    /// A trigger.
    Trigger,
    /// A scheduled event (MySQL, MariaDB).
    Event,
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::View => "view",
            Self::Trigger => "trigger",
            Self::Event => "event",
        })
    }
}
