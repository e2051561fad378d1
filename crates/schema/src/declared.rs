use std::collections::BTreeSet;

use crate::{Hints, Index, Location, ObjectName, Schema};

/// A schema as models declare it, with what only models can say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// The nouns.
    pub schema: Schema,
    /// What is not a noun.
    pub hints: Hints,
    /// The views that models stand for. They are no definitions yet: an engine has to write their names.
    pub views: Vec<View>,
    /// What models grant.
    pub grants: Vec<Grant>,
    /// The tables and views that models stand for and that somebody else makes (`managed = false`).
    pub unmanaged: BTreeSet<ObjectName>,
}

/// A view that a model stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Its name.
    pub name: ObjectName,
    /// Whether it keeps its rows.
    pub materialized: bool,
    /// The query.
    pub query: String,
    /// The indexes of a materialised view.
    pub indexes: Vec<Index>,
    /// Its comment.
    pub comment: Option<String>,
    /// The struct's name.
    pub model: String,
    /// Where the struct stands.
    pub location: Option<Location>,
}

/// What a model grants on its table or view.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grant {
    /// The table or view.
    pub on: ObjectName,
    /// `SELECT`, `INSERT`, ... in upper case, each with the columns that it is restricted to.
    pub privileges: Vec<(String, Vec<String>)>,
    /// The role.
    pub to: String,
    /// `WITH GRANT OPTION`.
    pub grantable: bool,
    /// Where it stands.
    pub location: Option<Location>,
}
