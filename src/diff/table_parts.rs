//! Parts of tables and domains that stand on what goes or is made anew: defaults, checks, indexes, computed columns.
//!
//! The table stays, with its rows. What stands in the way is taken off it before, and put back after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{Class, Column, Domain, IndexKey, IndexPart, Needs, ObjectName, Reference, Schema, Table};

use super::Guide;
use super::change::{Change, Delta, Standing};
use super::compare::{Differences, edits, tables};
use super::inheritance::{INHERITED, altered, parents};

/// What goes on the way, for good or to come back.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// All of it.
    pub(super) gone: BTreeSet<Reference>,
    /// What of it comes back under the same name.
    pub(super) anew: BTreeSet<Reference>,
}

impl Moved {
    /// Types see to the columns that have them.
    fn has(&self, reference: &Reference) -> bool {
        reference.class != Class::Type && self.gone.contains(reference)
    }

    fn takes(&self, needs: &Needs) -> bool {
        needs.iter().any(|need| self.has(need))
    }

    fn brings(&self, needs: &Needs) -> bool {
        needs.iter().any(|need| need.class != Class::Type && self.anew.contains(need))
    }

    /// Whether a part has to go first. One that changes can do so in its place, unless what it will stand on is made
    /// anew, or might be mistaken for what it stood on.
    fn takes_first(&self, before: &Needs, after: Option<&Needs>) -> bool {
        let Some(after) = after else { return self.takes(before) };
        let bare = |reference: &Reference| reference.name.sibling(bare(reference));
        let gone: BTreeSet<ObjectName> = before.iter().filter(|need| self.has(need)).map(bare).collect();
        !gone.is_empty() && (self.brings(after) || after.iter().any(|need| gone.contains(&bare(need))))
    }
}

fn bare(reference: &Reference) -> &str {
    reference.name.name.split('(').next().unwrap_or_default()
}

/// The parts that a table is without for a while.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    defaults: BTreeSet<String>,
    columns: BTreeSet<String>,
    checks: BTreeSet<Option<String>>,
    indexes: BTreeSet<Option<String>>,
    exclusions: BTreeSet<Option<String>>,
    uniques: BTreeSet<Option<String>>,
    primary_key: bool,
}

impl Parts {
    /// The parts that `takes` picks by what they stand on, and all that stands on a column that goes.
    fn of(table: &Table, takes: impl Fn(&Needs, PartName<'_>) -> bool) -> Self {
        let mut parts = Self::default();
        for column in table.columns.iter().filter(|column| takes(&column.needs, PartName::Column(&column.name))) {
            let whole = column.generated.is_some();
            if whole { &mut parts.columns } else { &mut parts.defaults }.insert(column.name.clone());
        }
        let checks = table.checks.iter().filter(|one| takes(&one.needs, PartName::Check(one.name.as_deref())));
        parts.checks = checks.map(|one| one.name.clone()).collect();
        let indexes = table.indexes.iter().filter(|one| takes(&one.needs, PartName::Index(one.name.as_deref())));
        parts.indexes = indexes.map(|one| one.name.clone()).collect();
        let exclusions = table.exclusions.iter();
        let exclusions = exclusions.filter(|one| takes(&one.needs, PartName::Exclusion(one.name.as_deref())));
        parts.exclusions = exclusions.map(|one| one.name.clone()).collect();
        let uniques = table.uniques.iter().filter(|one| takes(&one.needs, PartName::Unique(one.name.as_deref())));
        parts.uniques = uniques.map(|one| one.name.clone()).collect();
        parts.primary_key = table.primary_key.as_ref().is_some_and(|key| takes(&key.needs, PartName::PrimaryKey));
        parts
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The table without them. What reads a column that goes is dropped by the server with it.
    fn off(&self, table: &Table) -> Table {
        let mut left = table.clone();
        for column in left.columns.iter_mut().filter(|column| self.defaults.contains(&column.name)) {
            column.default = None;
            column.needs = Needs::default();
        }
        left.columns.retain(|column| !self.columns.contains(&column.name));
        left.checks.retain(|one| !self.checks.contains(&one.name) && !self.read(&one.expression));
        left.indexes.retain(|one| {
            let reads = self.keyed(&one.parts) || self.among(&one.include);
            !self.indexes.contains(&one.name) && !reads && !one.predicate.as_deref().is_some_and(|text| self.read(text))
        });
        left.exclusions.retain(|one| !self.exclusions.contains(&one.name) && !self.read(&one.definition));
        left.uniques
            .retain(|one| !self.uniques.contains(&one.name) && !self.keyed(&one.parts) && !self.among(&one.include));
        left.foreign_keys.retain(|one| !self.among(&one.columns));
        let takes_key = self.primary_key;
        left.primary_key =
            left.primary_key.filter(|key| !takes_key && !self.keyed(&key.parts) && !self.among(&key.include));
        left.needs = needs_left(&left);
        let names = |table: &Table| -> BTreeSet<String> { names_of_indexes(table).map(str::to_owned).collect() };
        let gone: BTreeSet<String> = names(table).difference(&names(&left)).cloned().collect();
        left.options.retain(|option, value| match option.as_str() {
            "clustered_on" => !gone.contains(value),
            "replica_identity" => !value.strip_prefix("index ").is_some_and(|index| gone.contains(index)),
            _ => true,
        });
        left
    }

    fn among(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.columns.contains(name))
    }

    fn keyed(&self, parts: &[IndexPart]) -> bool {
        parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => self.columns.contains(name),
            IndexKey::Expression(text) => self.read(text),
        })
    }

    /// One too many is only slower.
    fn read(&self, expression: &str) -> bool {
        self.columns.iter().any(|name| expression.contains(&name.replace('"', "\"\"")))
    }
}

/// The names of a table's indexes, those of its keys too.
pub(super) fn names_of_indexes(table: &Table) -> impl Iterator<Item = &str> {
    let keys = table.uniques.iter().map(|one| &one.name).chain(table.primary_key.iter().map(|one| &one.name));
    let all = keys.chain(table.indexes.iter().map(|one| &one.name));
    all.chain(table.exclusions.iter().map(|one| &one.name)).filter_map(|name| name.as_deref())
}

/// A part as it is found again on the other side.
#[derive(Debug, Clone, Copy)]
enum PartName<'a> {
    Column(&'a str),
    Check(Option<&'a str>),
    Index(Option<&'a str>),
    Exclusion(Option<&'a str>),
    Unique(Option<&'a str>),
    PrimaryKey,
}

impl PartName<'_> {
    /// What the part of this name stands on, in a table where it is another one.
    fn needs_where_it_differs<'a>(&self, here: &Table, there: &'a Table) -> Option<&'a Needs> {
        match self {
            Self::Column(name) => {
                let (a, b) = (here.column(name)?, there.column(name)?);
                ((&a.default, &a.generated) != (&b.default, &b.generated)).then_some(&b.needs)
            }
            Self::Check(name) => {
                let find = |table: &'a Table| table.checks.iter().find(|one| one.name.as_deref() == *name);
                let b = find(there)?;
                let a = here.checks.iter().find(|one| one.name.as_deref() == *name)?;
                (a.expression != b.expression).then_some(&b.needs)
            }
            Self::Index(name) => {
                let b = there.indexes.iter().find(|one| one.name.as_deref() == *name)?;
                (!here.indexes.contains(b)).then_some(&b.needs)
            }
            Self::Exclusion(name) => {
                let b = there.exclusions.iter().find(|one| one.name.as_deref() == *name)?;
                (!here.exclusions.contains(b)).then_some(&b.needs)
            }
            Self::Unique(name) => {
                let b = there.uniques.iter().find(|one| one.name.as_deref() == *name)?;
                (!here.uniques.contains(b)).then_some(&b.needs)
            }
            Self::PrimaryKey => {
                let b = there.primary_key.as_ref()?;
                (here.primary_key.as_ref() != Some(b)).then_some(&b.needs)
            }
        }
    }
}

/// What a table that lacks some of its parts still stands on: all that they did not bring.
fn needs_left(table: &Table) -> Needs {
    let parts = table.columns.iter().map(|one| &one.needs);
    let parts =
        parts.chain(table.checks.iter().map(|one| &one.needs)).chain(table.indexes.iter().map(|one| &one.needs));
    let parts = parts.chain(table.exclusions.iter().map(|one| &one.needs));
    let keys = table.uniques.iter().map(|one| &one.needs).chain(table.primary_key.iter().map(|one| &one.needs));
    let parts: Vec<&Needs> = parts.chain(keys).collect();
    let is_of_parts = |class: Class| {
        matches!(class, Class::Routine | Class::Operator | Class::OperatorClass | Class::TextSearchConfiguration)
    };
    let is_left = |need: &&Reference| !is_of_parts(need.class) || parts.iter().any(|needs| needs.contains(need));
    table.needs.iter().filter(is_left).cloned().collect()
}

/// The computed columns that have to be dropped and added again, since nothing else takes them off what goes.
pub(super) fn columns_made_anew(previous: &Schema, next: &Schema, moved: &Moved) -> Vec<(ObjectName, String)> {
    let mut found = Vec::new();
    for table in &previous.tables {
        let Some(after) = next.table(&table.name) else { continue };
        let parts = taken_first(table, after, moved).columns;
        found.extend(parts.into_iter().map(|column| (table.name.clone(), column)));
    }
    found
}

fn taken_first(before: &Table, after: &Table, moved: &Moved) -> Parts {
    Parts::of(before, |needs, part| moved.takes_first(needs, part.needs_where_it_differs(before, after)))
}

/// What is put back at the end. A new column waits with its default, which its rows need.
fn put_last(before: &Table, after: &Table, moved: &Moved) -> Parts {
    let mut parts = Parts::of(after, |needs, _| moved.brings(needs));
    let is_new = |column: &Column| before.column(&column.name).is_none();
    let new: Vec<String> = after.columns.iter().filter(|one| is_new(one)).map(|one| one.name.clone()).collect();
    for name in new {
        if parts.defaults.remove(&name) {
            parts.columns.insert(name);
        }
    }
    parts
}

/// Splits the edits of tables and domains in three: what goes first, the rest, and what comes last.
pub(super) fn give_way(found: &mut Differences, previous: &Schema, next: &Schema, moved: &Moved, guide: &Guide) {
    if moved.gone.is_empty() {
        return;
    }
    // The parts of one that is made anew go and come with it.
    let stays = |table: &&Table| !found.anew.contains(&table.name);
    let bare = previous.tables.iter().filter(stays).filter_map(|before| {
        let after = next.table(&before.name)?;
        let (first, last) = (taken_first(before, after, moved), put_last(before, after, moved));
        (!first.is_empty() || !last.is_empty()).then(|| (first.off(before), last.off(after)))
    });
    let bare: Vec<(Table, Table)> = bare.collect();
    if !bare.is_empty() {
        let (mut bare_previous, mut bare_next) = (previous.clone(), next.clone());
        for (before, after) in bare {
            put(&mut bare_previous, before);
            put(&mut bare_next, after);
        }
        for (bare, whole) in [(&mut bare_previous, previous), (&mut bare_next, next)] {
            lose_inherited(bare, whole);
            keep_inherited_needs(bare, whole);
        }
        // Each comparison sees what a parent's change does to its children.
        found.first.extend(alterations(tables(previous, &bare_previous, guide)));
        found.last.extend(alterations(tables(&bare_next, next, guide)));
        let rest = tables(&bare_previous, &bare_next, guide);
        (found.created, found.dropped, found.altered) = (rest.created, rest.dropped, rest.altered);
        (found.early, found.late, found.rows) = (rest.early, rest.late, rest.rows);
    }
    domains(found, previous, next, moved);
}

fn put(schema: &mut Schema, table: Table) {
    if let Some(one) = schema.tables.iter_mut().find(|one| one.name == table.name) {
        *one = table;
    }
}

/// Takes from children what they have from a parent, and that it lost: the columns that are its alone, and defaults.
fn lose_inherited(bare: &mut Schema, whole: &Schema) {
    loop {
        let lost = bare.tables.iter().find_map(|table| {
            let parts = lost_above(table, bare, whole);
            (!parts.is_empty()).then(|| parts.off(table))
        });
        let Some(table) = lost else { return };
        put(bare, table);
    }
}

/// A child stands on what the checks of its parents do, though they are not its own.
fn keep_inherited_needs(bare: &mut Schema, whole: &Schema) {
    let kept: Vec<(usize, Needs)> = bare
        .tables
        .iter()
        .enumerate()
        .filter_map(|(at, table)| {
            let before = whole.table(&table.name)?;
            let mut above: Vec<&Table> = parents(table).filter_map(|name| bare.table(name)).collect();
            let mut kept = Needs::default();
            while let Some(parent) = above.pop() {
                above.extend(parents(parent).filter_map(|name| bare.table(name)));
                let needs = parent.checks.iter().flat_map(|check| check.needs.iter());
                needs.filter(|need| before.needs.contains(need)).for_each(|need| kept.add(need.clone()));
            }
            (!kept.is_empty()).then_some((at, kept))
        })
        .collect();
    for (at, needs) in kept {
        bare.tables[at].needs.extend(&needs);
    }
}

fn lost_above(table: &Table, bare: &Schema, whole: &Schema) -> Parts {
    let above = |schema: &'_ Schema, name: &str| -> Vec<Column> {
        let parents = parents(table).filter_map(|parent| schema.table(parent));
        parents.filter_map(|parent| parent.column(name)).cloned().collect()
    };
    let mut parts = Parts::default();
    for column in table.columns.iter().filter(|column| column.options.contains_key(INHERITED)) {
        let (was, is) = (above(whole, &column.name), above(bare, &column.name));
        let has_default = |columns: &[Column]| columns.iter().any(|above| above.default == column.default);
        if !was.is_empty() && is.is_empty() {
            parts.columns.insert(column.name.clone());
        } else if column.default.is_some() && has_default(&was) && !has_default(&is) {
            parts.defaults.insert(column.name.clone());
        }
    }
    parts
}

fn alterations(differences: Differences) -> impl Iterator<Item = Change> {
    let Differences { early, altered, late, .. } = differences;
    early.into_iter().chain(altered).chain(late).map(|table| table.into_change(Vec::new()))
}

fn alteration(before: &Table, after: &Table, guide: &Guide) -> Option<Change> {
    altered(before, after, edits(before, after, guide)).map(|table| table.into_change(Vec::new()))
}

fn domains(found: &mut Differences, previous: &Schema, next: &Schema, moved: &Moved) {
    for before in &previous.domains {
        let Some(after) = next.domains.iter().find(|after| after.name == before.name) else { continue };
        if moved.gone.contains(&Reference::ty(&before.name)) {
            continue;
        }
        let bare_before = domain_without(before, |needs| moved.takes(needs), &moved.gone);
        let bare_after = domain_without(after, |needs| moved.brings(needs), &moved.anew);
        if bare_before == *before && bare_after == *after {
            continue;
        }
        let change = |previous: &Domain, next: &Domain| {
            let delta = Delta::Alter { previous: previous.clone(), next: next.clone() };
            (previous != next).then(|| Change::Domain { delta, standing: Standing::default() })
        };
        found.first.extend(change(before, &bare_before));
        found.last.extend(change(&bare_after, after));
        found.domains.retain(|delta| delta.next().is_none_or(|one| one.name != before.name));
        if bare_before != bare_after {
            found.domains.push(Delta::Alter { previous: bare_before, next: bare_after });
        }
    }
}

/// A domain without what stands on something. A default has no needs of its own: its text tells.
fn domain_without(domain: &Domain, takes: impl Fn(&Needs) -> bool, moved: &BTreeSet<Reference>) -> Domain {
    let mut left = domain.clone();
    if !takes(&domain.needs) {
        return left;
    }
    let names = |text: &str| domain.needs.iter().any(|need| moved.contains(need) && text.contains(bare(need)));
    left.checks.retain(|check| !takes(&check.needs) && !names(&check.expression));
    left.default = left.default.filter(|default| !names(default));
    let kept = |need: &&Reference| {
        let is_moved = moved.contains(*need) && need.class != Class::Type;
        !is_moved || left.checks.iter().any(|check| check.needs.contains(need))
    };
    left.needs = domain.needs.iter().filter(kept).cloned().collect();
    left
}

/// Takes off tables that come (or go) the parts whose routine itself needs the table; they are put on after (taken off
/// before) it. `needs` tells what else comes (or goes), and what that needs.
pub(super) fn put_off(
    tables: Vec<Arc<Table>>,
    needs: &BTreeMap<Reference, BTreeSet<Reference>>,
    guide: &Guide,
) -> (Vec<Arc<Table>>, Vec<Change>) {
    let mut parted = Vec::new();
    let tables = tables.into_iter().map(|table| {
        let own = Reference::relation(&table.name);
        let parts = Parts::of(&table, |part, _| part.iter().any(|need| leads_to(need, &own, needs)));
        if parts.is_empty() {
            return table;
        }
        let bare = parts.off(&table);
        parted.extend(alteration(&bare, &table, guide));
        Arc::new(bare)
    });
    (tables.collect(), parted)
}

/// Whether an object needs another one, directly or through others.
fn leads_to(from: &Reference, to: &Reference, needs: &BTreeMap<Reference, BTreeSet<Reference>>) -> bool {
    let mut reached = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(next) = waiting.pop() {
        for need in needs.get(next).into_iter().flatten() {
            if need == to {
                return true;
            }
            if reached.insert(need) {
                waiting.push(need);
            }
        }
    }
    false
}
