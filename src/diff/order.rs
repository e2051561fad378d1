//! Puts differences into a sequence that works.
//!
//! The phases, and why they stand in this order:
//!
//! 1. privileges that go with their objects, so that they come back after them on the way back; default privileges, so
//!    that all that is made is made under them;
//! 2. parts of tables and domains that stand on what goes or is made anew, so that they are out of the way, after the
//!    foreign keys that refer to such parts;
//! 3. views, triggers and routines that go or change, so that nothing stands on what is edited;
//! 4. foreign keys that go, so that tables and keys are free; partitions and children that leave their parents, or are
//!    made ready for what happens to these; rows of tables that are made anew are set aside;
//! 5. tables that go, referring ones first, so that their names (and those of their indexes) are free, and
//!    so are the names of indexes that another table wants; columns of types that go;
//! 6. namespaces, extensions, collations, types, values and sequences that come, because tables use them;
//! 7. tables that come, referred ones first; a foreign key that must wait for phase 8 or closes a circle is put off;
//! 8. edits of tables, parents before children;
//! 9. sequences, types, values, collations, extensions and namespaces that go, because now nothing uses them;
//! 10. foreign keys that come, when every table and key they need is there; partitions and children that join parents,
//!     and the rows that were set aside, before the foreign keys that refer to them;
//! 11. views, triggers and routines that come;
//! 12. what of phase 2 comes back, foreign keys last, and parts of new tables whose routine needs the table;
//! 13. owners and privileges.
//!
//! The phases are the rule; where an object says that it needs another one that would come later, `graph` has the last
//! word.
//!
//! Every change has true sides: what one change leaves is what the next one finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{CompositeType, Definition, Domain, ForeignKey, ObjectName, Reference, Schema, Sequence, Table};

use super::access;
use super::change::{AlterTable, Change, Delta, Edit, Rows, RowsStep, Standing};
use super::compare::{AlteredTable, Differences};
use super::dependents;
use super::early_columns;
use super::enums;
use super::foreign_keys::{Reconnected, reconnect};
use super::graph;
use super::index_names;
use super::ranges;
use super::sequence_owners::Retied;
use super::table_parts;
use super::{Guide, Rules};

pub(super) fn order(differences: Differences, previous: &Schema, next: &Schema, guide: &Guide) -> Vec<Change> {
    let rules = &guide.rules;
    let (coming, going) = (needs_of_others(&differences, Delta::next), needs_of_others(&differences, Delta::previous));
    let mut unsettled = Unsettled::of(&differences, previous, next);
    unsettled.unkeyed = losing_keys(&differences.first);
    let Differences { created, dropped, altered, sequences, enums, definitions, standing, .. } = differences;
    let Differences { first, last, early, late, rows, anew, .. } = differences;
    let Reconnected { cut, created, mut altered, dropped, tied } =
        reconnect(created, dropped, altered, previous, next, &unsettled, rules);
    let (created, put_on) = table_parts::put_off(created, &coming, guide);
    let (dropped, taken_off) = table_parts::put_off(dropped, &going, guide);
    let (cut_at_once, cut): (Vec<_>, Vec<_>) = cut.into_iter().partition(|table| unsettled.loses_key(table));
    let (cut_first, cut): (Vec<_>, Vec<_>) = cut.into_iter().partition(|table| unsettled.is_referred_to(table));
    let (tied_at_last, tied): (Vec<_>, Vec<_>) = tied.into_iter().partition(|table| unsettled.loses_key(table));
    let (tied_last, tied): (Vec<_>, Vec<_>) = tied.into_iter().partition(|table| unsettled.is_referred_to(table));
    let sequences = held(sequences, &anew, previous, next);
    let freed_names = if rules.index_names_are_shared { index_names::free(&mut altered, &created) } else { Vec::new() };
    let early_columns = early_columns::free(&mut altered, &differences.domains, &differences.composites);
    let Definitions { dropped: definitions_drop, first: definitions_first, created: definitions_create, last: gone } =
        split_definitions(definitions);
    let Objects { first: sequences_first, freed, after: owners, last: sequences_last } = split_sequences(sequences);
    let retied = Retied::of(&[&freed, &owners], previous, next, guide);
    let (untied, tied_again) = (retied.untie(freed), retied.tie(owners));
    let (enums_first, enums_last) = enums::split(enums);
    let (types_first, types_last) = split_types(differences.domains, differences.composites);

    let mut changes = Vec::new();
    changes.extend(cut_at_once.into_iter().map(Change::AlterTable));
    changes.extend(first);
    changes.extend(taken_off.into_iter().map(Change::reversed));
    changes.extend(definitions_drop.into_iter().map(Change::Definition));
    changes.extend(cut_first.into_iter().map(Change::AlterTable));
    changes.extend(early.into_iter().map(|table| alter(table, &[], rules)));
    changes.extend(cut.into_iter().map(Change::AlterTable));
    changes.extend(rows.iter().cloned().map(Change::Rows));
    changes.extend(untied.among);
    changes.extend(dropped.into_iter().map(|previous| Change::DropTable { previous }));
    changes.extend(freed_names.into_iter().chain(early_columns).map(Change::AlterTable));
    changes.extend(definitions_first.into_iter().map(|delta| ranges::change(delta, guide)));
    changes.extend(enums_first);
    changes.extend(types_first);
    changes.extend(sequences_first.into_iter().map(Change::Sequence));
    changes.extend(created.into_iter().map(|next| Change::CreateTable { next }));
    changes.extend(altered.into_iter().map(|table| alter(table, &standing, rules)));
    changes.extend(tied_again.among);
    changes.extend(sequences_last.into_iter().map(Change::Sequence));
    changes.extend(types_last);
    changes.extend(enums_last);
    changes.extend(gone.into_iter().map(Change::Definition));
    changes.extend(tied.into_iter().map(Change::AlterTable));
    changes.extend(late.into_iter().map(|table| alter(table, &[], rules)));
    changes.extend(rows.into_iter().map(|rows| Change::Rows(Rows { step: RowsStep::PutBack, ..rows })));
    changes.extend(tied_last.into_iter().map(Change::AlterTable));
    changes.extend(definitions_create.into_iter().map(Change::Definition));
    changes.extend(put_on);
    changes.extend(last);
    changes.extend(tied_at_last.into_iter().map(Change::AlterTable));
    let access::Around { defaults, first, last } = access::around(&changes, previous, next, guide, &retied);
    let changes = graph::settle(defaults.into_iter().chain(changes).collect(), rules.index_names_are_shared);
    untied.first.into_iter().chain(first).chain(changes).chain(last).chain(tied_again.last).collect()
}

/// A sequence that a column of a table owns would go with the table, also where the table is only made anew.
fn held(
    mut deltas: Vec<Delta<Sequence>>,
    anew: &BTreeSet<ObjectName>,
    previous: &Schema,
    next: &Schema,
) -> Vec<Delta<Sequence>> {
    let owned = |sequence: &&Sequence| sequence.owned_by.as_ref().is_some_and(|(table, _)| anew.contains(table));
    for sequence in previous.sequences.iter().filter(owned) {
        if next.sequences.contains(sequence) {
            deltas.push(Delta::Alter { previous: sequence.clone(), next: sequence.clone() });
        }
    }
    deltas
}

/// The tables whose rows move under a foreign key that refers to them: those that are made anew, and those whose
/// partitions leave or join.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    pub(super) anew: BTreeSet<ObjectName>,
    /// With all that they are partitions of.
    pub(super) left: BTreeSet<ObjectName>,
    joined: BTreeSet<ObjectName>,
    /// Those whose keys are out of the way for a while.
    pub(super) unkeyed: BTreeSet<ObjectName>,
}

impl Unsettled {
    fn of(differences: &Differences, previous: &Schema, next: &Schema) -> Self {
        let parents = |tables: &[AlteredTable], side: fn(&AlteredTable) -> &Arc<Table>, schema: &Schema| {
            let is_moved = |table: &&AlteredTable| table.previous.partition_of != table.next.partition_of;
            let moved = tables.iter().filter(is_moved).map(|table| side(table).partition_of.clone());
            let mut found = BTreeSet::new();
            let mut waiting: Vec<ObjectName> = moved.flatten().map(|(parent, _)| parent).collect();
            while let Some(name) = waiting.pop() {
                let above = schema.table(&name).and_then(|table| table.partition_of.clone());
                waiting.extend(above.map(|(parent, _)| parent));
                found.insert(name);
            }
            found
        };
        Self {
            anew: differences.anew.clone(),
            left: parents(&differences.early, |table| &table.previous, previous),
            joined: parents(&differences.late, |table| &table.next, next),
            unkeyed: BTreeSet::new(),
        }
    }

    fn is_referred_to(&self, table: &AlterTable) -> bool {
        refers(table, |name| self.anew.contains(name) || self.left.contains(name) || self.joined.contains(name))
    }

    fn loses_key(&self, table: &AlterTable) -> bool {
        refers(table, |name| self.unkeyed.contains(name))
    }
}

/// Whether a foreign key that is edited refers to one of some tables.
fn refers(table: &AlterTable, is_one: impl Fn(&ObjectName) -> bool) -> bool {
    let keys = table.edits.iter().filter_map(|edit| match edit {
        Edit::ForeignKey(delta) => delta.next().or(delta.previous()),
        _ => None,
    });
    keys.map(|key| &key.references).any(is_one)
}

/// The tables from which keys are taken off.
fn losing_keys(changes: &[Change]) -> BTreeSet<ObjectName> {
    let loses = |edit: &Edit| match edit {
        Edit::PrimaryKey(delta) => matches!(delta, Delta::Drop { .. }),
        Edit::Unique(delta) => matches!(delta, Delta::Drop { .. }),
        Edit::Index(Delta::Drop { previous }) => previous.unique,
        _ => false,
    };
    let altered = changes.iter().filter_map(|change| match change {
        Change::AlterTable(alter) if alter.edits.iter().any(loses) => Some(alter.previous.name.clone()),
        _ => None,
    });
    altered.collect()
}

/// What comes, or goes, besides tables, and what each of it needs.
fn needs_of_others(
    differences: &Differences,
    side: fn(&Delta<Definition>) -> Option<&Definition>,
) -> BTreeMap<Reference, BTreeSet<Reference>> {
    let is_whole = |delta: &&Delta<Definition>| !matches!(delta, Delta::Alter { .. });
    let whole = differences.definitions.iter().filter(is_whole).filter_map(side);
    whole.map(|one| (one.reference(), graph::needs_of_definition(one))).collect()
}

/// Domains and composite types come before the tables, and go after them.
fn split_types(domains: Vec<Delta<Domain>>, composites: Vec<Delta<CompositeType>>) -> (Vec<Change>, Vec<Change>) {
    let domains = domains.into_iter().map(|delta| {
        let goes = matches!(delta, Delta::Drop { .. });
        (goes, Change::Domain { delta, standing: Standing::default() })
    });
    let composites = composites.into_iter().map(|delta| {
        let goes = matches!(delta, Delta::Drop { .. });
        (goes, Change::Composite { delta, standing: Standing::default() })
    });
    let (last, first): (Vec<_>, Vec<_>) = composites.chain(domains).partition(|(goes, _)| *goes);
    (first.into_iter().map(|(_, change)| change).collect(), last.into_iter().rev().map(|(_, change)| change).collect())
}

/// Where definitions pin columns they have given way by themselves.
fn alter(mut table: AlteredTable, standing: &[Definition], rules: &Rules) -> Change {
    table.edits.sort_by_key(Edit::rank);
    let dependents = if rules.views_pin_types { Vec::new() } else { dependents::of(&table.next.name, standing) };
    table.into_change(dependents)
}

struct Definitions {
    /// Goes before the tables.
    dropped: Vec<Delta<Definition>>,
    /// Comes before the tables.
    first: Vec<Delta<Definition>>,
    /// Comes after the tables.
    created: Vec<Delta<Definition>>,
    /// Goes after the tables.
    last: Vec<Delta<Definition>>,
}

/// A definition that is altered is replaced where it stands among the creations: one that cannot be is dropped and
/// created.
fn split_definitions(deltas: Vec<Delta<Definition>>) -> Definitions {
    let (mut dropped, mut created, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Drop { previous } => dropped.push(previous),
            Delta::Create { next } => created.push(next),
            Delta::Alter { previous, next } => {
                created.push(next.clone());
                replaced.push((previous, next));
            }
        }
    }
    let drops = dependents::in_creation_order(dropped).into_iter().rev();
    let (last, dropped): (Vec<_>, Vec<_>) = drops.partition(|one| one.kind.comes_before_tables());
    let drops = |gone: Vec<Definition>| gone.into_iter().map(|previous| Delta::Drop { previous }).collect();
    let mut creates = |next: Definition| match replaced.iter().position(|(_, new)| *new == next) {
        Some(index) => Delta::Alter { previous: replaced.swap_remove(index).0, next },
        None => Delta::Create { next },
    };
    let (first, created): (Vec<_>, Vec<_>) =
        dependents::in_creation_order(created).into_iter().partition(|one| one.kind.comes_before_tables());
    let first = first.into_iter().map(&mut creates).collect();
    Definitions {
        dropped: drops(dropped),
        first,
        created: created.into_iter().map(creates).collect(),
        last: drops(last),
    }
}

struct Objects {
    first: Vec<Delta<Sequence>>,
    freed: Vec<Delta<Sequence>>,
    after: Vec<Delta<Sequence>>,
    last: Vec<Delta<Sequence>>,
}

/// A sequence gets its owner once the table is there, and loses it before the table goes, because it would go too.
fn split_sequences(deltas: Vec<Delta<Sequence>>) -> Objects {
    let mut found = Objects { first: Vec::new(), freed: Vec::new(), after: Vec::new(), last: Vec::new() };
    let free = |sequence: &Sequence| Sequence { owned_by: None, ..sequence.clone() };
    for delta in deltas {
        match delta {
            Delta::Create { next } => {
                found.first.push(Delta::Create { next: free(&next) });
                if next.owned_by.is_some() {
                    found.after.push(Delta::Alter { previous: free(&next), next });
                }
            }
            Delta::Drop { previous } => {
                found.last.push(Delta::Drop { previous: free(&previous) });
                if previous.owned_by.is_some() {
                    found.freed.push(Delta::Alter { next: free(&previous), previous });
                }
            }
            Delta::Alter { previous, next } if previous.owned_by == next.owned_by && previous != next => {
                found.first.push(Delta::Alter { previous, next });
            }
            Delta::Alter { previous, next } => {
                let freed = free(&previous);
                if previous != freed {
                    found.freed.push(Delta::Alter { previous, next: freed.clone() });
                }
                found.after.push(Delta::Alter { previous: freed, next });
            }
        }
    }
    found
}

/// The tables so that each comes after those it refers to. In a circle the first by name comes first.
pub(super) fn referred_first(tables: Vec<Arc<Table>>) -> Vec<Arc<Table>> {
    let mut waiting = tables;
    waiting.sort_by(|a, b| a.name.cmp(&b.name));
    let mut sorted = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: BTreeSet<ObjectName> = waiting.iter().map(|table| table.name.clone()).collect();
        let waits = |table: &Table, key: &ForeignKey| key.references != table.name && names.contains(&key.references);
        let (free, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|table: &Arc<Table>| !table.foreign_keys.iter().any(|key| waits(table, key)));
        waiting = blocked;
        if free.is_empty() {
            sorted.push(waiting.remove(0));
        }
        sorted.extend(free);
    }
    sorted
}
