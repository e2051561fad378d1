//! What is not looked at: `table:spatial_ref_sys`, `schema:topology`, `index:users.tmp_*`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use glob::Pattern;
use rungs_schema::{Class, Definition, DefinitionKind, ObjectName, Reference, Schema, Table};

use crate::diff::Named;

/// What an entry may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Schema,
    Table,
    Column,
    Index,
    Constraint,
    Sequence,
    Type,
    View,
    Function,
    Procedure,
    Trigger,
    Policy,
    Rule,
    Event,
    Extension,
    Collation,
    Statistics,
    Publication,
    TextSearch,
    Server,
    Wrapper,
    OperatorClass,
    OperatorFamily,
    Conversion,
    Language,
    AccessMethod,
}

const KINDS: [(&str, Kind); 26] = [
    ("schema", Kind::Schema),
    ("table", Kind::Table),
    ("column", Kind::Column),
    ("index", Kind::Index),
    ("constraint", Kind::Constraint),
    ("sequence", Kind::Sequence),
    ("type", Kind::Type),
    ("view", Kind::View),
    ("function", Kind::Function),
    ("procedure", Kind::Procedure),
    ("trigger", Kind::Trigger),
    ("policy", Kind::Policy),
    ("rule", Kind::Rule),
    ("event", Kind::Event),
    ("extension", Kind::Extension),
    ("collation", Kind::Collation),
    ("statistics", Kind::Statistics),
    ("publication", Kind::Publication),
    ("text_search", Kind::TextSearch),
    ("server", Kind::Server),
    ("wrapper", Kind::Wrapper),
    ("operator_class", Kind::OperatorClass),
    ("operator_family", Kind::OperatorFamily),
    ("conversion", Kind::Conversion),
    ("language", Kind::Language),
    ("access_method", Kind::AccessMethod),
];

/// One entry: a kind, and patterns for the words of a name.
#[derive(Debug, Clone)]
struct Entry {
    kind: Kind,
    words: Vec<Pattern>,
}

/// Something in a database, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object<'a> {
    /// What it is: `schema`, `table`, `column`, `index`, `constraint`, `sequence`, `type`, `view`, `function`, `trigger`,
    /// ...
    pub kind: &'static str,
    /// The namespace that it, or its table, is in; `None` for the default one.
    pub schema: Option<&'a str>,
    /// The table that it is a part of, if it is one.
    pub table: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
}

/// Says whether something is looked at.
pub type Include = dyn Fn(Object<'_>) -> bool + Send + Sync;

/// Everything that is not looked at, on either side of a comparison.
#[derive(Clone, Default)]
pub struct Ignore {
    entries: Vec<Entry>,
    /// What a program says: all must agree that something is looked at.
    filters: Vec<Arc<Include>>,
}

impl fmt::Debug for Ignore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ignore").field("entries", &self.entries).field("filters", &self.filters.len()).finish()
    }
}

/// An entry that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongEntry {
    /// What is wrong.
    pub reason: String,
    /// What to write.
    pub help: String,
}

impl FromStr for Entry {
    type Err = WrongEntry;

    fn from_str(text: &str) -> Result<Self, WrongEntry> {
        let all: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
        let wrong = |reason: String| WrongEntry {
            reason,
            help: format!(
                "write KIND:NAME, with * and ? in the name where it may differ, such as \"table:audit_*\"; a kind is {}",
                all.join(", ")
            ),
        };
        let Some((kind, name)) = text.split_once(':') else {
            return Err(wrong(format!("`{text}` does not say what kind of object it is")));
        };
        let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == kind.trim()) else {
            return Err(wrong(format!("`{}` is no kind of object", kind.trim())));
        };
        let words: Result<Vec<Pattern>, WrongEntry> = name
            .trim()
            .split('.')
            .map(|word| match Pattern::new(word) {
                Ok(pattern) if !word.is_empty() => Ok(pattern),
                Ok(_) => Err(wrong(format!("`{text}` lacks a name"))),
                Err(error) => Err(wrong(format!("`{word}` is no pattern: {}", error.msg))),
            })
            .collect();
        let words = words?;
        let most = match kind {
            Kind::Schema
            | Kind::Extension
            | Kind::Publication
            | Kind::Server
            | Kind::Wrapper
            | Kind::Language
            | Kind::AccessMethod => 1,
            Kind::Column | Kind::Index | Kind::Constraint | Kind::Trigger | Kind::Policy | Kind::Rule => 3,
            _ => 2,
        };
        if words.len() > most {
            return Err(wrong(format!("`{text}` has more words than such a name can have")));
        }
        Ok(Self { kind: *kind, words })
    }
}

impl Ignore {
    /// Adds an entry.
    ///
    /// # Errors
    /// When it is not `KIND:NAME`, the kind is unknown, or the name is no pattern.
    pub fn add(&mut self, text: &str) -> Result<(), WrongEntry> {
        self.entries.push(text.parse()?);
        Ok(())
    }

    /// Adds filters: what one of them answers no to is not looked at.
    pub fn all_but(&mut self, filters: &[Arc<Include>]) {
        self.filters.extend(filters.iter().cloned());
    }

    /// Takes what is ignored out of a schema, with all that stands on it.
    pub fn take_out(&self, schema: &mut Schema) {
        self.settle(&Schema::default(), schema);
    }

    /// Lets whatever is ignored be as it is in the other schema, so that it is no difference, and nothing that is built
    /// anew loses it.
    pub fn settle(&self, live: &Schema, schema: &mut Schema) {
        if self.entries.is_empty() && self.filters.is_empty() {
            return;
        }
        swap(&live.tables, &mut schema.tables, |one| self.covers_table(&one.name));
        for table in &mut schema.tables {
            let empty = Table::default();
            self.settle_parts(live.table(&table.name).unwrap_or(&empty), table);
        }
        swap(&live.sequences, &mut schema.sequences, |one| {
            let owner = one.owned_by.as_ref().map(|(table, _)| table);
            self.covers(Kind::Sequence, &one.name) || owner.is_some_and(|table| self.covers_table(table))
        });
        swap(&live.enums, &mut schema.enums, |one| self.covers(Kind::Type, &one.name));
        swap(&live.domains, &mut schema.domains, |one| self.covers(Kind::Type, &one.name));
        swap(&live.composites, &mut schema.composites, |one| self.covers(Kind::Type, &one.name));
        swap(&live.definitions, &mut schema.definitions, |one| self.covers_definition(one));
        swap(&live.access, &mut schema.access, |one| self.covers_object(&one.object));
        swap(&live.default_privileges, &mut schema.default_privileges, |one| {
            one.namespace.as_ref().is_some_and(|namespace| self.covers_whole(Kind::Schema, namespace))
        });
        schema.sort();
    }

    /// Whether a table is ignored.
    pub fn covers_table(&self, name: &ObjectName) -> bool {
        self.covers(Kind::Table, name)
    }

    fn covers_object(&self, object: &Reference) -> bool {
        // Which of the kinds it is, its name does not say.
        let any = |kinds: &[Kind], name: &ObjectName| {
            kinds.iter().any(|kind| self.lists(*kind, name)) || kinds.iter().all(|kind| self.covers(*kind, name))
        };
        match object.class {
            Class::Relation => any(&[Kind::Table, Kind::View, Kind::Sequence], &object.name),
            Class::Type => any(&[Kind::Type], &object.name),
            Class::Routine => any(&[Kind::Function, Kind::Procedure], &routine(&object.name)),
            Class::Namespace => self.covers_whole(Kind::Schema, &object.name.name),
            Class::Language => self.covers_whole(Kind::Language, &object.name.name),
            Class::OperatorClass => any(&[Kind::OperatorClass], &bare(Kind::OperatorClass, &object.name)),
            Class::OperatorFamily => any(&[Kind::OperatorFamily], &bare(Kind::OperatorFamily, &object.name)),
            Class::Conversion => any(&[Kind::Conversion], &object.name),
            _ => false,
        }
    }

    fn settle_parts(&self, live: &Table, table: &mut Table) {
        let of_parts = |entry: &Entry| matches!(entry.kind, Kind::Column | Kind::Index | Kind::Constraint);
        if self.filters.is_empty() && !self.entries.iter().any(of_parts) {
            return;
        }
        let name = table.name.clone();
        let covers = |kind: Kind, part: Option<&str>| part.is_some_and(|part| self.covers_part(kind, &name, part));
        table.columns.retain(|one| !covers(Kind::Column, Some(&one.name)));
        for (at, column) in live.columns.iter().enumerate().filter(|(_, one)| covers(Kind::Column, Some(&one.name))) {
            let before = at.checked_sub(1).map(|before| &live.columns[before].name);
            let place = before.map(|before| table.columns.iter().position(|one| one.name == *before));
            let place = place.map_or(0, |found| found.map_or(table.columns.len(), |at| at + 1));
            table.columns.insert(place, column.clone());
        }
        swap(&live.indexes, &mut table.indexes, |one| covers(Kind::Index, one.name()));
        swap(&live.uniques, &mut table.uniques, |one| covers(Kind::Constraint, one.name()));
        swap(&live.checks, &mut table.checks, |one| covers(Kind::Constraint, one.name()));
        swap(&live.foreign_keys, &mut table.foreign_keys, |one| covers(Kind::Constraint, one.name()));
        swap(&live.exclusions, &mut table.exclusions, |one| covers(Kind::Constraint, one.name()));
    }

    fn covers_definition(&self, one: &Definition) -> bool {
        let kind = match one.kind {
            DefinitionKind::Namespace => return self.covers_whole(Kind::Schema, &one.name.name),
            DefinitionKind::Extension => return self.covers_whole(Kind::Extension, &one.name.name),
            DefinitionKind::Publication => return self.covers_whole(Kind::Publication, &one.name.name),
            DefinitionKind::Server => return self.covers_whole(Kind::Server, &one.name.name),
            DefinitionKind::ForeignDataWrapper => return self.covers_whole(Kind::Wrapper, &one.name.name),
            DefinitionKind::Language => return self.covers_whole(Kind::Language, &one.name.name),
            DefinitionKind::AccessMethod => return self.covers_whole(Kind::AccessMethod, &one.name.name),
            DefinitionKind::OperatorClass => Kind::OperatorClass,
            DefinitionKind::OperatorFamily => Kind::OperatorFamily,
            DefinitionKind::Conversion => Kind::Conversion,
            DefinitionKind::TextSearchDictionary
            | DefinitionKind::TextSearchConfiguration
            | DefinitionKind::TextSearchParser
            | DefinitionKind::TextSearchTemplate => Kind::TextSearch,
            DefinitionKind::Collation => Kind::Collation,
            DefinitionKind::ShellType | DefinitionKind::Range => Kind::Type,
            DefinitionKind::Function | DefinitionKind::Aggregate => Kind::Function,
            DefinitionKind::Procedure => Kind::Procedure,
            DefinitionKind::VirtualTable => Kind::Table,
            DefinitionKind::View | DefinitionKind::MaterializedView => Kind::View,
            DefinitionKind::Statistics => Kind::Statistics,
            DefinitionKind::Event => Kind::Event,
            DefinitionKind::Index => Kind::Index,
            DefinitionKind::Rule => Kind::Rule,
            DefinitionKind::Trigger => Kind::Trigger,
            DefinitionKind::Policy => Kind::Policy,
            DefinitionKind::Operator
            | DefinitionKind::Cast
            | DefinitionKind::Transform
            | DefinitionKind::EventTrigger
            | DefinitionKind::UserMapping
            | DefinitionKind::Subscription => {
                return one.name.schema.as_ref().is_some_and(|schema| self.covers_whole(Kind::Schema, schema));
            }
        };
        match &one.table {
            Some(table) => {
                let whole = self.covers_table(table) || self.lists(Kind::View, table);
                whole || self.covers_part(kind, table, &one.name.name)
            }
            None => self.covers(kind, &bare(kind, &one.name)),
        }
    }

    /// Whether an object is ignored, by itself or with its schema.
    fn covers(&self, kind: Kind, name: &ObjectName) -> bool {
        self.lists(kind, name) || self.filters_out(kind, name.schema.as_deref(), None, &name.name)
    }

    /// The same of the entries alone.
    fn lists(&self, kind: Kind, name: &ObjectName) -> bool {
        self.has(kind, &[&name.name]) || self.has(kind, &[namespace(name), &name.name]) || self.in_schema(name)
    }

    fn in_schema(&self, name: &ObjectName) -> bool {
        name.schema.as_ref().is_some_and(|schema| self.covers_whole(Kind::Schema, schema))
    }

    /// Whether something is ignored that is in no schema.
    fn covers_whole(&self, kind: Kind, name: &str) -> bool {
        self.has(kind, &[name]) || self.filters_out(kind, None, None, name)
    }

    fn covers_part(&self, kind: Kind, table: &ObjectName, part: &str) -> bool {
        self.has(kind, &[part])
            || self.has(kind, &[&table.name, part])
            || self.has(kind, &[namespace(table), &table.name, part])
            || self.filters_out(kind, table.schema.as_deref(), Some(&table.name), part)
    }

    fn filters_out(&self, kind: Kind, schema: Option<&str>, table: Option<&str>, name: &str) -> bool {
        let kind = KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word);
        self.filters.iter().any(|include| !include(Object { kind, schema, table, name }))
    }

    fn has(&self, kind: Kind, words: &[&str]) -> bool {
        self.entries
            .iter()
            .filter(|entry| entry.kind == kind && entry.words.len() == words.len())
            .any(|entry| entry.words.iter().zip(words).all(|(pattern, word)| pattern.matches(word)))
    }
}

/// Puts the ignored ones of one list into the places of those of another.
fn swap<T: Clone>(live: &[T], list: &mut Vec<T>, is_ignored: impl Fn(&T) -> bool) {
    list.retain(|one| !is_ignored(one));
    list.extend(live.iter().filter(|one| is_ignored(one)).cloned());
}

/// The schema of a name; the default one goes by the name that it has on most servers.
fn namespace(name: &ObjectName) -> &str {
    name.schema.as_deref().unwrap_or("public")
}

/// A routine without its arguments, an operator class or family without its access method.
fn bare(kind: Kind, name: &ObjectName) -> ObjectName {
    match kind {
        Kind::OperatorClass | Kind::OperatorFamily => {
            name.sibling(name.name.rsplit_once(" USING ").map_or(name.name.as_str(), |(bare, _)| bare))
        }
        _ => routine(name),
    }
}

/// A routine without its arguments.
fn routine(name: &ObjectName) -> ObjectName {
    name.sibling(name.name.split('(').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignore(entries: &[&str]) -> Ignore {
        let mut ignore = Ignore::default();
        entries.iter().for_each(|entry| ignore.add(entry).unwrap_or_else(|wrong| panic!("{wrong:?}")));
        ignore
    }

    #[test]
    fn names_are_matched_word_by_word() {
        let ignore = ignore(&["table:spatial_ref_sys", "table:audit.*", "schema:topo*", "index:users.tmp_?"]);
        let covers = |name: ObjectName| ignore.covers(Kind::Table, &name);
        assert!(covers("spatial_ref_sys".into()));
        assert!(covers(ObjectName::qualified("gis", "spatial_ref_sys")));
        assert!(covers(ObjectName::qualified("audit", "log")));
        assert!(!covers("audit".into()));
        assert!(covers(ObjectName::qualified("topology", "layer")));
        assert!(ignore.covers_part(Kind::Index, &"users".into(), "tmp_1"));
        assert!(!ignore.covers_part(Kind::Index, &"orders".into(), "tmp_1"));
        assert!(!ignore.covers(Kind::View, &"spatial_ref_sys".into()));
    }

    #[test]
    fn what_is_no_entry_is_told() {
        let wrong = |text: &str| Ignore::default().add(text).map_err(|wrong| wrong.reason);
        assert_eq!(wrong("users"), Err("`users` does not say what kind of object it is".to_owned()));
        assert_eq!(wrong("tables:users"), Err("`tables` is no kind of object".to_owned()));
        assert_eq!(wrong("table:"), Err("`table:` lacks a name".to_owned()));
        assert_eq!(wrong("schema:a.b"), Err("`schema:a.b` has more words than such a name can have".to_owned()));
        assert!(wrong("table:[a").is_err());
    }
}
