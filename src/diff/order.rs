//! Puts differences into a sequence that works.
//!
//! The phases, and why they stand in this order:
//!
//! 1. views, triggers and routines that go or change, so that nothing stands on what is edited;
//! 2. foreign keys that go, so that tables and keys are free;
//! 3. tables that go, referring ones first, so that their names (and those of their indexes) are free, and
//!    so are the names of indexes that another table wants;
//! 4. types, values and sequences that come, because tables use them;
//! 5. tables that come, referred ones first; a foreign key that must wait for phase 6 or closes a circle is put off;
//! 6. edits of tables;
//! 7. sequences, types and values that go, because now nothing uses them;
//! 8. foreign keys that come, when every table and key they need is there;
//! 9. views, triggers and routines that come.
//!
//! Every change has true sides: what one change leaves is what the next one finds.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Definition, DefinitionKind, ForeignKey, ObjectName, Schema, Sequence, Table};

use super::Rules;
use super::change::{AlterTable, Change, Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::dependents;
use super::enums;
use super::foreign_keys::{Reconnected, reconnect};
use super::index_names;

pub(super) fn order(differences: Differences, previous: &Schema, next: &Schema, rules: &Rules) -> Vec<Change> {
    let Differences { created, dropped, altered, sequences, enums, definitions, standing } = differences;
    let Reconnected { cut, created, mut altered, dropped, tied } =
        reconnect(created, dropped, altered, previous, next, rules);
    let freed_names = if rules.index_names_are_shared { index_names::free(&mut altered, &created) } else { Vec::new() };
    let (definitions_drop, definitions_create) = split_definitions(definitions);
    let Objects { first: sequences_first, freed, after: owners, last: sequences_last } = split_sequences(sequences);
    let (enums_first, enums_last) = enums::split(enums, previous, next);

    let mut changes = Vec::new();
    changes.extend(definitions_drop.into_iter().map(Change::Definition));
    changes.extend(cut.into_iter().map(Change::AlterTable));
    changes.extend(freed.into_iter().map(Change::Sequence));
    changes.extend(dropped.into_iter().map(|previous| Change::DropTable { previous }));
    changes.extend(freed_names.into_iter().map(Change::AlterTable));
    changes.extend(enums_first);
    changes.extend(sequences_first.into_iter().map(Change::Sequence));
    changes.extend(created.into_iter().map(|next| Change::CreateTable { next }));
    changes.extend(altered.into_iter().map(|table| alter(table, &standing)));
    changes.extend(owners.into_iter().map(Change::Sequence));
    changes.extend(sequences_last.into_iter().map(Change::Sequence));
    changes.extend(enums_last);
    changes.extend(tied.into_iter().map(Change::AlterTable));
    changes.extend(definitions_create.into_iter().map(Change::Definition));
    changes
}

fn alter(table: AlteredTable, standing: &[Definition]) -> Change {
    let AlteredTable { previous, next, mut edits } = table;
    edits.sort_by_key(Edit::rank);
    let dependents = dependents::of(&next.name, standing);
    Change::AlterTable(AlterTable { previous, next, edits, dependents })
}

/// A changed routine is replaced where it stands among the creations; a changed view or trigger goes first and comes
/// back last.
fn split_definitions(deltas: Vec<Delta<Definition>>) -> (Vec<Delta<Definition>>, Vec<Delta<Definition>>) {
    let (mut dropped, mut created, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Drop { previous } => dropped.push(previous),
            Delta::Create { next } => created.push(next),
            Delta::Alter { previous, next } if next.kind == DefinitionKind::Function => {
                created.push(next.clone());
                replaced.push((previous, next));
            }
            Delta::Alter { previous, next } => {
                dropped.push(previous);
                created.push(next);
            }
        }
    }
    let drops = dependents::in_creation_order(dropped).into_iter().rev().map(|previous| Delta::Drop { previous });
    let creates = dependents::in_creation_order(created).into_iter().map(|next| {
        match replaced.iter().position(|(_, new)| *new == next) {
            Some(index) => Delta::Alter { previous: replaced.swap_remove(index).0, next },
            None => Delta::Create { next },
        }
    });
    (drops.collect(), creates.collect())
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
            Delta::Alter { previous, next } if previous.owned_by == next.owned_by => {
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
