//! Both sides of one line's share of a comparison.
//!
//! The lines are gone through one after the other. What one of them starts from is the database with the shares of those
//! before it already carried out; what it arrives at is that with its own things as its models want them.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{
    DeclaredAccess, Definition, DefinitionKind, ForeignKey, Hints, IndexPart, ObjectName, Schema, Table,
};

use super::models::{Models, Whose};
use super::{unsaid, uses};
use crate::dialect::same_wording;
use crate::diff::{self, Rules};
use crate::revision::Line;

/// One line's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) line: Line,
    /// Foreign keys, by table, that are left to a later turn of the same line, because they close a circle of lines.
    pub(super) late: BTreeSet<(ObjectName, Vec<String>, ObjectName)>,
}

impl Turn {
    pub(super) fn whole(line: Line) -> Self {
        Self { line, late: BTreeSet::new() }
    }
}

/// What tells a foreign key from the others.
pub(super) fn identity(table: &Table, key: &ForeignKey) -> (ObjectName, Vec<String>, ObjectName) {
    (table.name.clone(), key.columns.clone(), key.references.clone())
}

/// What the turns have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) models: &'a Models,
    pub(super) whose: &'a Whose,
    /// The database before the first turn.
    pub(super) live: &'a Schema,
    /// What the models of all lines that take a turn want.
    pub(super) wanted: &'a Schema,
    pub(super) hints: &'a Hints,
    /// Views that go because another one comes in their place, by the name of that.
    pub(super) replaced_views: &'a BTreeMap<ObjectName, ObjectName>,
    pub(super) rules: &'a Rules,
}

impl Sides<'_> {
    /// What a line's models say of renames.
    pub(super) fn hints_of(&self, line: &Line) -> Hints {
        let said = self.hints.tables.iter().filter(|(table, _)| self.whose.of(table) == Some(line));
        let enums = self.hints.enums.iter().filter(|(name, _)| self.models.of_enum(name) == Some(line));
        let views = self.hints.views.iter().filter(|(name, _)| self.models.of_view(name) == line);
        Hints {
            tables: said.map(|(table, hints)| (table.clone(), hints.clone())).collect(),
            enums: enums.map(|(name, hints)| (name.clone(), hints.clone())).collect(),
            views: views.map(|(name, former)| (name.clone(), former.clone())).collect(),
        }
    }

    /// The schema after a turn. `to_come` are the lines whose turn comes later.
    pub(super) fn after(&self, previous: &Schema, turn: &Turn, to_come: &BTreeSet<Line>) -> Schema {
        let is_own = |table: &Table| self.whose.of(&table.name) == Some(&turn.line);
        let own = self.wanted.tables.iter().filter(|table| is_own(table)).map(|table| without_late(table, turn));
        let own: Vec<Table> = own.collect();
        let others = previous.tables.iter().filter(|table| !is_own(table)).cloned();
        let candidate = Schema {
            tables: own.iter().cloned().chain(others).collect(),
            enums: self.wanted.enums.clone(),
            definitions: self.wanted.definitions.clone(),
            ..Schema::default()
        };
        // What is renamed is renamed for those who refer to it too.
        let before = diff::renamed(previous, &candidate, &self.hints_of(&turn.line));
        let others = before.tables.iter().filter(|table| !is_own(table)).cloned();
        let mut next = Schema { tables: own.into_iter().chain(others).collect(), ..before.clone() };
        next.sort();
        self.release(&before, &mut next, turn, to_come);
        self.objects(&before, &mut next, &turn.line);
        self.definitions(&mut next, &turn.line);
        next.sort();
        next
    }

    /// A schema after renames with what SQLite itself has rewritten in their course.
    pub(super) fn as_rewritten(&self, renamed: Schema, mut live_after: Schema, line: &Line) -> Schema {
        let mut renamed = Schema { definitions: std::mem::take(&mut live_after.definitions), ..renamed };
        for table in renamed.tables.iter_mut().filter(|table| self.whose.of(&table.name) == Some(line)) {
            if let Some(rewritten) = live_after.table(&table.name) {
                // An earlier turn may have taken foreign keys off it.
                let kept: BTreeSet<_> = table.foreign_keys.iter().map(|key| identity(table, key)).collect();
                table.clone_from(rewritten);
                table.foreign_keys.retain(|key| kept.contains(&identity(rewritten, key)));
            }
        }
        renamed
    }

    /// Takes foreign keys off the tables of other lines where they could not be put back: what they refer to goes, or
    /// both ends change their type and the other end's turn comes later.
    fn release(&self, before: &Schema, next: &mut Schema, turn: &Turn, to_come: &BTreeSet<Line>) {
        let mut released = Vec::new();
        for table in &next.tables {
            let Some(owner) = self.whose.of(&table.name).filter(|owner| **owner != turn.line) else { continue };
            for key in &table.foreign_keys {
                let (Some(was), true) =
                    (before.table(&key.references), self.whose.of(&key.references) == Some(&turn.line))
                else {
                    continue;
                };
                let goes = next.table(&key.references).is_none_or(|is| loses(was, is, &key.referenced_columns));
                let waits = || to_come.contains(owner) && self.both_ends_change(before, next, table, key);
                if goes || waits() {
                    released.push((table.name.clone(), key.clone()));
                }
            }
        }
        for (name, key) in released {
            for table in next.tables.iter_mut().filter(|table| table.name == name) {
                table.foreign_keys.retain(|other| *other != key);
                table.verbatim = None;
            }
        }
    }

    fn both_ends_change(&self, before: &Schema, next: &Schema, table: &Table, key: &ForeignKey) -> bool {
        let changes = |was: Option<&Table>, is: Option<&Table>, columns: &[String]| {
            let (Some(was), Some(is)) = (was, is) else { return false };
            columns.iter().any(|name| was.column(name).map(|one| &one.ty) != is.column(name).map(|one| &one.ty))
        };
        self.rules.foreign_keys_pin_types
            && changes(before.table(&key.references), next.table(&key.references), &key.referenced_columns)
            && changes(before.table(&table.name), self.wanted.table(&table.name), &key.columns)
    }

    /// Types and sequences: a line's own come as its models want them; one that no model declares goes with the last table
    /// that used it.
    fn objects(&self, before: &Schema, next: &mut Schema, line: &Line) {
        let released = |name: &ObjectName| uses(&self.live.tables, &name.name) && !uses(&next.tables, &name.name);
        let (mut enums, mut sequences) = (before.enums.clone(), before.sequences.clone());
        enums.retain(|one| self.wanted.enums.iter().any(|wanted| wanted.name == one.name) || !released(&one.name));
        sequences
            .retain(|one| self.wanted.sequences.iter().any(|wanted| wanted.name == one.name) || !released(&one.name));
        for wanted in self.wanted.enums.iter().filter(|one| self.models.of_enum(&one.name) == Some(line)) {
            enums.retain(|one| one.name != wanted.name);
            enums.push(wanted.clone());
        }
        for wanted in &self.wanted.sequences {
            if self.models.of_sequence(&wanted.name, self.wanted).contains(line) {
                sequences.retain(|one| one.name != wanted.name);
                sequences.push(wanted.clone());
            }
        }
        (next.enums, next.sequences) = (enums, sequences);
        // A domain or composite type that is no longer declared stays, as a view does.
        for wanted in self.wanted.domains.iter().filter(|one| self.models.of_type(&one.name) == Some(line)) {
            next.domains.retain(|one| one.name != wanted.name);
            next.domains.push(wanted.clone());
        }
        for wanted in self.wanted.composites.iter().filter(|one| self.models.of_type(&one.name) == Some(line)) {
            next.composites.retain(|one| one.name != wanted.name);
            next.composites.push(wanted.clone());
        }
    }

    /// What a line declares of privileges.
    pub(super) fn granted_of(&self, granted: &[DeclaredAccess], line: &Line) -> Vec<DeclaredAccess> {
        granted.iter().filter(|one| self.models.of_access(&one.object) == line).cloned().collect()
    }
}

impl Sides<'_> {
    /// Views and whatever else a line declares come as the server prints them; what nobody declares stays.
    pub(super) fn definitions(&self, next: &mut Schema, line: &Line) {
        let is_own = |one: &&Definition| self.models.of_definition(one) == line;
        for (new, old) in self.replaced_views {
            let is_view = |one: &Definition, name: &ObjectName| {
                matches!(one.kind, DefinitionKind::View | DefinitionKind::MaterializedView) && one.name == *name
            };
            let comes = self.wanted.definitions.iter().filter(is_own).any(|one| is_view(one, new));
            let is_new = !self.live.definitions.iter().any(|one| is_view(one, new));
            // Triggers would go with the view.
            let has_triggers = next.definitions.iter().any(|one| one.table.as_ref() == Some(old));
            if comes && is_new && !has_triggers {
                next.definitions.retain(|one| !is_view(one, old));
            }
        }
        for wanted in self.wanted.definitions.iter().filter(is_own) {
            let mut wanted = wanted.clone();
            let is_this =
                |one: &Definition| (one.kind, &one.name, &one.table) == (wanted.kind, &wanted.name, &wanted.table);
            match next.definitions.iter_mut().find(|one| is_this(one)) {
                // SQLite keeps the words of whoever wrote it; other words for the same are no difference.
                Some(one) => {
                    unsaid::keep_of_definition(one, &mut wanted, self.rules);
                    let same = (&one.comment, &one.settings) == (&wanted.comment, &wanted.settings);
                    if !same || !same_wording(&one.sql, &wanted.sql) {
                        *one = wanted;
                    }
                }
                None => next.definitions.push(wanted),
            }
        }
    }
}

fn without_late(table: &Table, turn: &Turn) -> Table {
    let mut table = table.clone();
    let late: Vec<bool> = table.foreign_keys.iter().map(|key| turn.late.contains(&identity(&table, key))).collect();
    let mut late = late.into_iter();
    table.foreign_keys.retain(|_| !late.next().unwrap_or_default());
    table
}

/// Whether some columns, or the key on them, are there before and not after.
fn loses(was: &Table, is: &Table, columns: &[String]) -> bool {
    let column = |name: &String| was.column(name).is_some() && is.column(name).is_none();
    columns.iter().any(column) || (has_key(was, columns) && !has_key(is, columns))
}

/// Whether a key or index stands on exactly these columns.
pub(super) fn has_key(table: &Table, columns: &[String]) -> bool {
    let on = |parts: &[IndexPart]| {
        let names: Option<BTreeSet<&str>> = parts.iter().map(IndexPart::column_name).collect();
        names.is_some_and(|names| names == columns.iter().map(String::as_str).collect())
    };
    table.primary_key.iter().any(|key| on(&key.parts))
        || table.uniques.iter().any(|unique| on(&unique.parts))
        || table.indexes.iter().any(|index| on(&index.parts))
}
