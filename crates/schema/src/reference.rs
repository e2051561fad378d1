use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::ObjectName;

/// What kind of name a name is: two objects of different classes may be called the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A namespace (PostgreSQL's schema).
    Namespace,
    /// An extension.
    Extension,
    /// A collation.
    Collation,
    /// A type that is no table's row: enumerated, domain, composite, range.
    Type,
    /// A table, view, materialised view or sequence; its row type too.
    Relation,
    /// A function, procedure or aggregate, by its name and the types of its arguments.
    Routine,
    /// An operator, by its name and the types of its operands.
    Operator,
    /// An operator class, by its name and access method.
    OperatorClass,
    /// An operator family, by its name and access method.
    OperatorFamily,
    /// A language of routines.
    Language,
    /// An access method.
    AccessMethod,
    /// A conversion between encodings.
    Conversion,
    /// How values of a type go into a language and out of it, by type and language.
    Transform,
    /// A configuration of text search.
    TextSearchConfiguration,
    /// A dictionary of text search.
    TextSearchDictionary,
    /// A parser of text search.
    TextSearchParser,
    /// A template of text search.
    TextSearchTemplate,
    /// Whatever else has a name: triggers, policies, publications, ...
    Other,
}

/// One object as another one names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// What kind of name it is.
    pub class: Class,
    /// Its name; that of a routine with its arguments, as [`Definition::name`](crate::Definition::name) has it.
    pub name: ObjectName,
}

impl Reference {
    /// A table, view, materialised view or sequence.
    pub fn relation(name: &ObjectName) -> Self {
        Self { class: Class::Relation, name: name.clone() }
    }

    /// A type.
    pub fn ty(name: &ObjectName) -> Self {
        Self { class: Class::Type, name: name.clone() }
    }

    /// A function, procedure or aggregate.
    pub fn routine(name: &ObjectName) -> Self {
        Self { class: Class::Routine, name: name.clone() }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// What an object stands on: other objects, each with the columns of it that are used, where the engine tells them.
///
/// It follows from what the object is, and is no part of what it is: things with other needs, or with none that are
/// known, are equal.
#[derive(Debug, Clone, Default)]
pub struct Needs(BTreeMap<Reference, BTreeSet<String>>);

impl Needs {
    /// In place of a column: that a key of the relation stays.
    pub const KEY: &'static str = "";

    /// In place of a column: that the relation is there, whatever its columns are.
    pub const ITSELF: &'static str = "\0";

    /// Adds all that another object needs.
    pub fn extend(&mut self, other: &Self) {
        for (reference, columns) in &other.0 {
            self.0.entry(reference.clone()).or_default().extend(columns.iter().cloned());
        }
    }

    /// Adds an object of which all, or nobody knows what, is used.
    pub fn add(&mut self, reference: Reference) {
        self.0.entry(reference).or_default();
    }

    /// Adds a column of a relation.
    pub fn add_column(&mut self, reference: Reference, column: impl Into<String>) {
        self.0.entry(reference).or_default().insert(column.into());
    }

    /// The objects.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.keys()
    }

    /// Whether an object is among them.
    pub fn contains(&self, reference: &Reference) -> bool {
        self.0.contains_key(reference)
    }

    /// Whether a relation is among them.
    pub fn relation(&self, name: &ObjectName) -> bool {
        self.contains(&Reference::relation(name))
    }

    /// Whether a column of an object is used, or may be.
    pub fn column(&self, reference: &Reference, column: &str) -> bool {
        self.0.get(reference).is_some_and(|columns| columns.is_empty() || columns.contains(column))
    }

    /// Whether a column of an object is known to be used.
    pub fn names_column(&self, reference: &Reference, column: &str) -> bool {
        self.0.get(reference).is_some_and(|columns| columns.contains(column))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps some of the objects.
    pub fn retain(&mut self, mut keeps: impl FnMut(&Reference) -> bool) {
        self.0.retain(|reference, _| keeps(reference));
    }

    /// The same needs under other names.
    #[must_use]
    pub fn renamed(&self, mut rename: impl FnMut(&Reference) -> Reference) -> Self {
        Self(self.0.iter().map(|(reference, columns)| (rename(reference), columns.clone())).collect())
    }
}

impl PartialEq for Needs {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Needs {}

impl FromIterator<Reference> for Needs {
    fn from_iter<T: IntoIterator<Item = Reference>>(references: T) -> Self {
        Self(references.into_iter().map(|reference| (reference, BTreeSet::new())).collect())
    }
}
