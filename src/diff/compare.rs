//! Finds what differs, without regard to order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{AutoIncrement, Column, Definition, Index, ObjectName, Reference, Schema, Table};

use super::change::{AlterTable, Change, Delta, Edit, Rows};
use super::inheritance::{self, Lineage, Passage};
use super::parts::{Named, Pairing, deltas};
use super::words::{holds_literal, names_column};
use super::{Definitions, Guide, anew, dependents, not_null, table_parts};

/// What differs between two schemas.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) created: Vec<Arc<Table>>,
    pub(super) dropped: Vec<Arc<Table>>,
    pub(super) altered: Vec<AlteredTable>,
    pub(super) sequences: Vec<Delta<rungs_schema::Sequence>>,
    pub(super) enums: Vec<Delta<rungs_schema::EnumType>>,
    pub(super) domains: Vec<Delta<rungs_schema::Domain>>,
    pub(super) composites: Vec<Delta<rungs_schema::CompositeType>>,
    pub(super) definitions: Vec<Delta<Definition>>,
    /// What is taken off tables and domains before everything else, because it stands on what goes.
    pub(super) first: Vec<Change>,
    /// What is put back on them in the end.
    pub(super) last: Vec<Change>,
    /// Views, triggers and routines of both sides that stay as they are.
    pub(super) standing: Vec<Definition>,
    /// The tables that are made anew; they are among those that are dropped and created.
    pub(super) anew: BTreeSet<ObjectName>,
    /// What happens to their rows.
    pub(super) rows: Vec<Rows>,
    /// Tables that leave their parents, or are made ready for their parents' changes.
    pub(super) early: Vec<AlteredTable>,
    /// Tables that join parents.
    pub(super) late: Vec<AlteredTable>,
}

/// A table of both sides that differs.
#[derive(Debug)]
pub(super) struct AlteredTable {
    pub(super) previous: Arc<Table>,
    pub(super) next: Arc<Table>,
    pub(super) edits: Vec<Edit>,
}

impl AlteredTable {
    /// As a change, with what stands on the table.
    pub(super) fn into_change(self, dependents: Vec<Definition>) -> Change {
        let Self { previous, next, edits } = self;
        Change::AlterTable(AlterTable { previous, next, edits, dependents })
    }
}

pub(super) fn compare(previous: &Schema, next: &Schema, guide: &Guide) -> Differences {
    let mut differences = Differences {
        sequences: objects(&previous.sequences, &next.sequences, |sequence| sequence.name.clone()),
        enums: objects(&previous.enums, &next.enums, |enum_type| enum_type.name.clone()),
        domains: objects(&previous.domains, &next.domains, |domain| domain.name.clone()),
        composites: objects(&previous.composites, &next.composites, |composite| composite.name.clone()),
        ..tables(previous, next, guide)
    };
    let next_definitions = match guide.definitions {
        Definitions::Kept => &previous.definitions,
        Definitions::Declared | Definitions::All => &next.definitions,
    };
    let key = |definition: &Definition| (definition.kind, definition.name.clone(), definition.table.clone());
    differences.definitions = objects(&previous.definitions, next_definitions, key);
    differences.standing = previous.definitions.iter().filter(|one| next_definitions.contains(one)).cloned().collect();
    let moved = dependents::give_way(&mut differences, previous, next, guide);
    table_parts::give_way(&mut differences, previous, next, &moved, guide);
    differences
}

/// What differs between the tables.
pub(super) fn tables(previous: &Schema, next: &Schema, guide: &Guide) -> Differences {
    let anew = anew::find(previous, next, guide);
    let rows = anew::rows(previous, next, &anew);
    let mut found = Differences { rows, anew: anew.clone(), ..Differences::default() };
    let lineage = Lineage { previous, next, guide, anew: &anew };
    for old in previous.tables.iter().filter(|old| next.table(&old.name).is_none() || anew.contains(&old.name)) {
        let alone = alone_before_drop(old, &lineage);
        found.early.extend(inheritance::moved(old, &alone));
        found.dropped.push(Arc::new(alone));
    }
    for table in &next.tables {
        let old = previous.table(&table.name).filter(|old| !anew.contains(&old.name));
        let passage = match old {
            Some(old) if is_alone(old) && is_alone(table) => {
                let main = inheritance::altered(old, table, edits(old, table, guide));
                Passage { main, ..Passage::default() }
            }
            Some(old) => lineage.passage(old, table),
            None => {
                let (created, passage) = lineage.birth(table);
                found.created.push(Arc::new(created));
                passage
            }
        };
        found.early.extend(passage.early);
        found.altered.extend(passage.main);
        found.late.extend(passage.late);
    }
    parents_first(&mut found.altered);
    for table in &mut found.altered {
        note_children(table, &lineage);
        note_owner(table, previous);
    }
    found
}

/// The owner of the table of a column that is serial on one side alone, which is where the word stands: a sequence is tied
/// only to a table of its own owner.
pub(crate) const SERIAL_OWNER: &str = "serial owner";

fn note_owner(table: &mut AlteredTable, schema: &Schema) {
    let relation = Reference::relation(&table.previous.name);
    let owner = schema.access.iter().find(|one| one.object == relation).and_then(|one| one.owner.as_ref());
    let Some(owner) = owner else { return };
    let is_serial = |column: &Column| column.auto_increment == Some(AutoIncrement::Serial);
    for edit in &mut table.edits {
        if let Edit::Column { delta: Delta::Alter { previous, next }, .. } = edit
            && is_serial(previous) != is_serial(next)
        {
            let serial = if is_serial(next) { next } else { previous };
            serial.options.insert(SERIAL_OWNER.to_owned(), owner.clone());
        }
    }
}

/// Says of the columns of a table what its children are to it.
fn note_children(table: &mut AlteredTable, lineage: &Lineage<'_>) {
    let mut keys = table.previous.primary_key_columns();
    keys.extend(table.next.primary_key_columns());
    for edit in &mut table.edits {
        match edit {
            Edit::Column { delta: Delta::Drop { previous }, .. }
                if lineage.is_kept_below(&table.previous.name, &previous.name) =>
            {
                previous.options.insert(inheritance::KEPT_BELOW.to_owned(), String::new());
            }
            Edit::Column { delta: Delta::Alter { previous, next }, .. }
                if !keys.contains(&next.name.as_str())
                    && (lineage.is_required_otherwise_below(&table.previous, &previous.name)
                        || not_null::is_handed_on_otherwise(previous, next)
                            && lineage.has_children(&table.previous.name)) =>
            {
                previous.options.insert(not_null::OTHERWISE_BELOW.to_owned(), String::new());
                next.options.insert(not_null::OTHERWISE_BELOW.to_owned(), String::new());
            }
            _ => {}
        }
    }
}

fn is_alone(table: &Table) -> bool {
    inheritance::parents(table).next().is_none()
}

/// A table that goes as it is when it goes. The server drops a partition only where no foreign key refers to its parent,
/// and the rows of one that is not under the same parent afterwards do not come back with the parent's.
fn alone_before_drop(table: &Table, lineage: &Lineage<'_>) -> Table {
    let Some((parent, _)) = &table.partition_of else { return table.clone() };
    let goes_with_parent = anew::goes_with_parent(&table.name, lineage.previous, lineage.next, lineage.anew);
    let is_moved = lineage.anew.contains(&table.name) && lineage.anew.contains(parent) && !goes_with_parent;
    let is_referred_to = lineage.is_referred_to(table, lineage.previous, lineage.next);
    let is_rebuilt = lineage.anew.contains(&table.name) || lineage.anew.contains(parent);
    // On the way back it would not be what it was.
    let is_born_otherwise = || !lineage.guide.one_way && !is_rebuilt && lineage.is_born_otherwise(table);
    if is_moved || is_referred_to || is_born_otherwise() {
        inheritance::without(table, &BTreeSet::from([parent.clone()]), lineage.previous)
    } else {
        table.clone()
    }
}

/// Sorts so that each table comes after those of its parents that are edited too.
fn parents_first(tables: &mut Vec<AlteredTable>) {
    let mut waiting = std::mem::take(tables);
    while !waiting.is_empty() {
        let names: BTreeSet<ObjectName> = waiting.iter().map(|table| table.next.name.clone()).collect();
        let waits = |table: &AlteredTable| inheritance::parents(&table.next).any(|parent| names.contains(parent));
        let (blocked, free): (Vec<_>, Vec<_>) = waiting.into_iter().partition(waits);
        waiting = blocked;
        if free.is_empty() {
            tables.append(&mut waiting);
        }
        tables.extend(free);
    }
}

pub(super) fn objects<T: Clone + PartialEq, K: Ord>(
    previous: &[T],
    next: &[T],
    key: impl Fn(&T) -> K,
) -> Vec<Delta<T>> {
    let before: BTreeMap<K, &T> = previous.iter().map(|one| (key(one), one)).collect();
    let mut after: BTreeMap<K, &T> = next.iter().map(|one| (key(one), one)).collect();
    let mut found = Vec::new();
    for (key, old) in before {
        match after.remove(&key) {
            None => found.push(Delta::Drop { previous: old.clone() }),
            Some(new) if new == old => {}
            Some(new) => found.push(Delta::Alter { previous: old.clone(), next: new.clone() }),
        }
    }
    found.extend(after.into_values().map(|new| Delta::Create { next: new.clone() }));
    found
}

pub(super) fn edits(previous: &Table, next: &Table, guide: &Guide) -> Vec<Edit> {
    let is_open = |name: &str| guide.open_names.contains(&(next.name.clone(), name.to_owned()));
    let said = guide.hints.tables.get(&next.name);
    let is_renamed = |old: &str, new: &str| said.is_some_and(|said| said.parts.get(new).is_some_and(|it| it == old));
    let pairing = Pairing { is_open: &is_open, is_renamed: &is_renamed };
    let mut edits = columns(previous, next, guide);
    edits.extend(renamed_values(previous, next, guide));
    edits.extend(primary_key(previous, next, is_open));
    edits.extend(deltas(&previous.uniques, &next.uniques, pairing).into_iter().map(Edit::Unique));
    edits.extend(deltas(&previous.foreign_keys, &next.foreign_keys, pairing).into_iter().map(Edit::ForeignKey));
    edits.extend(deltas(&previous.checks, &next.checks, pairing).into_iter().map(Edit::Check));
    edits.extend(deltas(&previous.indexes, &next.indexes, pairing).into_iter().map(Edit::Index));
    edits.extend(reworded_indexes(previous, next, guide).map(Edit::Index));
    edits.extend(deltas(&previous.exclusions, &next.exclusions, pairing).into_iter().map(Edit::Exclusion));
    if previous.comment != next.comment {
        edits.push(Edit::Comment);
    }
    if previous.options != next.options {
        edits.push(Edit::Options);
    }
    if guide.rules.column_order && order_differs(previous, next) {
        edits.push(Edit::ColumnOrder);
    }
    if edits.is_empty() && wording_differs(previous, next, guide) {
        edits.push(Edit::Wording);
    }
    edits.sort_by_key(Edit::rank);
    edits
}

fn columns(previous: &Table, next: &Table, guide: &Guide) -> Vec<Edit> {
    let mut edits = Vec::new();
    for column in previous.columns.iter().filter(|column| next.column(&column.name).is_none()) {
        edits.push(Edit::Column { delta: Delta::Drop { previous: column.clone() }, backfill: None });
    }
    for column in &next.columns {
        let backfill = || guide.hints.column(&next.name, &column.name).and_then(|hints| hints.backfill.clone());
        match previous.column(&column.name) {
            None => edits.push(Edit::Column { delta: Delta::Create { next: column.clone() }, backfill: backfill() }),
            Some(old) if old == column => {}
            Some(old) => {
                let becomes_required = old.nullable && !column.nullable;
                let delta = Delta::Alter { previous: old.clone(), next: column.clone() };
                edits.push(Edit::Column { delta, backfill: becomes_required.then(backfill).flatten() });
            }
        }
    }
    edits
}

/// The values of enumerations that rows hold as they stand, where the old one is no longer allowed and the new one was
/// not yet.
fn renamed_values(previous: &Table, next: &Table, guide: &Guide) -> Vec<Edit> {
    let Some(said) = guide.hints.tables.get(&next.name) else { return Vec::new() };
    let allows = |table: &Table, column: &str, value: &str| {
        let ty = table.column(column).and_then(|column| column.ty.native());
        let checks = table.checks.iter().map(|check| check.expression.as_str());
        let checks = checks.filter(|expression| names_column(expression, column));
        ty.into_iter().chain(checks).any(|text| holds_literal(text, value))
    };
    let of_column = |(column, said): (&String, &rungs_schema::ColumnHints)| {
        let is_due = |(new, old): &(&String, &String)| {
            allows(previous, column, old)
                && !allows(previous, column, new)
                && allows(next, column, new)
                && !allows(next, column, old)
        };
        let renamed = said.values.iter().filter(is_due).map(|(new, old)| (old.clone(), new.clone()));
        let renamed: Vec<(String, String)> = renamed.collect();
        (!renamed.is_empty()).then(|| Edit::Values { column: column.clone(), renamed })
    };
    said.columns.iter().filter_map(of_column).collect()
}

/// A table has one primary key, so that two that share neither name nor columns are still one that changes.
fn primary_key(previous: &Table, next: &Table, is_open: impl Fn(&str) -> bool) -> Option<Edit> {
    let delta = match (&previous.primary_key, &next.primary_key) {
        (None, None) => return None,
        (Some(old), None) => Delta::Drop { previous: old.clone() },
        (None, Some(new)) => Delta::Create { next: new.clone() },
        (Some(old), Some(new)) if old == new => return None,
        (Some(old), Some(new)) if old.same_but_name(new) && new.name().is_some_and(is_open) => return None,
        (Some(old), Some(new)) => Delta::Alter { previous: old.clone(), next: new.clone() },
    };
    Some(Edit::PrimaryKey(delta))
}

/// Whether the columns that both sides have stand in another order.
fn order_differs(previous: &Table, next: &Table) -> bool {
    let common = |table: &Table, other: &Table| -> Vec<String> {
        table
            .columns
            .iter()
            .filter(|column| other.column(&column.name).is_some())
            .map(|column: &Column| column.name.clone())
            .collect()
    };
    common(previous, next) != common(next, previous)
}

/// Indexes that are the same in other words.
fn reworded_indexes<'a>(
    previous: &'a Table,
    next: &'a Table,
    guide: &'a Guide,
) -> impl Iterator<Item = Delta<Index>> + 'a {
    previous.indexes.iter().filter_map(move |old| {
        let new = next.indexes.iter().find(|new| *new == old)?;
        let (was, is) = (old.verbatim.0.as_ref()?, new.verbatim.0.as_ref()?);
        let differs = guide.same_wording.is_some_and(|same| !same(was, is));
        differs.then(|| Delta::Alter { previous: old.clone(), next: new.clone() })
    })
}

fn wording_differs(previous: &Table, next: &Table, guide: &Guide) -> bool {
    match (guide.same_wording, &previous.verbatim, &next.verbatim) {
        (Some(same), Some(previous), Some(next)) => !same(previous, next),
        _ => false,
    }
}
