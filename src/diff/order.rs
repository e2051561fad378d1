//! Puts differences into a sequence that works.
//!
//! The phases, and why they stand in this order:
//!
//! 1. privileges that go with their objects, so that they come back after them on the way back; default privileges, so
//!    that all that is made is made under them;
//! 2. parts of tables and domains that stand on what goes or is made anew, so that they are out of the way;
//! 3. views, triggers and routines that go or change, so that nothing stands on what is edited;
//! 4. foreign keys that go, so that tables and keys are free;
//! 5. tables that go, referring ones first, so that their names (and those of their indexes) are free, and
//!    so are the names of indexes that another table wants;
//! 6. namespaces, extensions, collations, types, values and sequences that come, because tables use them;
//! 7. tables that come, referred ones first; a foreign key that must wait for phase 8 or closes a circle is put off;
//! 8. edits of tables;
//! 9. sequences, types, values, collations, extensions and namespaces that go, because now nothing uses them;
//! 10. foreign keys that come, when every table and key they need is there;
//! 11. views, triggers and routines that come;
//! 12. what of phase 2 comes back, and parts of new tables whose routine needs the table;
//! 13. owners and privileges.
//!
//! The phases are the rule; where an object says that it needs another one that would come later, `graph` has the last
//! word.
//!
//! Every change has true sides: what one change leaves is what the next one finds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{
    Column, CompositeType, Definition, Domain, ForeignKey, ObjectName, Reference, Schema, Sequence, Table,
};

use super::{Guide, Rules};
use super::access;
use super::change::{AlterTable, Change, Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::dependents;
use super::enums;
use super::foreign_keys::{Reconnected, reconnect};
use super::graph;
use super::index_names;
use super::table_parts;

pub(super) fn order(differences: Differences, previous: &Schema, next: &Schema, guide: &Guide) -> Vec<Change> {
    let rules = &guide.rules;
    let (coming, going) = (needs_of_others(&differences, Delta::next), needs_of_others(&differences, Delta::previous));
    let Differences { created, dropped, altered, sequences, enums, definitions, standing, first, last, .. } = differences;
    let Reconnected { cut, created, mut altered, dropped, tied } =
        reconnect(created, dropped, altered, previous, next, rules);
    let (created, put_on) = table_parts::put_off(created, &coming, guide);
    let (dropped, taken_off) = table_parts::put_off(dropped, &going, guide);
    let freed_names = if rules.index_names_are_shared { index_names::free(&mut altered, &created) } else { Vec::new() };
    let Definitions { dropped: definitions_drop, first: definitions_first, created: definitions_create, last: gone } =
        split_definitions(definitions, guide);
    let Objects { first: sequences_first, freed, after: owners, last: sequences_last } = split_sequences(sequences);
    let (enums_first, enums_last) = enums::split(enums, previous, next);
    let (types_first, types_last) = split_types(differences.domains, differences.composites, previous);

    let mut changes = Vec::new();
    changes.extend(first);
    changes.extend(taken_off.into_iter().map(Change::reversed));
    changes.extend(definitions_drop.into_iter().map(Change::Definition));
    changes.extend(cut.into_iter().map(Change::AlterTable));
    changes.extend(freed.into_iter().map(Change::Sequence));
    changes.extend(dropped.into_iter().map(|previous| Change::DropTable { previous }));
    changes.extend(freed_names.into_iter().map(Change::AlterTable));
    changes.extend(definitions_first.into_iter().map(Change::Definition));
    changes.extend(enums_first);
    changes.extend(types_first);
    changes.extend(sequences_first.into_iter().map(Change::Sequence));
    changes.extend(created.into_iter().map(|next| Change::CreateTable { next }));
    changes.extend(altered.into_iter().map(|table| alter(table, &standing, rules)));
    changes.extend(owners.into_iter().map(Change::Sequence));
    changes.extend(sequences_last.into_iter().map(Change::Sequence));
    changes.extend(types_last);
    changes.extend(enums_last);
    changes.extend(gone.into_iter().map(Change::Definition));
    changes.extend(tied.into_iter().map(Change::AlterTable));
    changes.extend(definitions_create.into_iter().map(Change::Definition));
    changes.extend(put_on);
    changes.extend(last);
    let access::Around { defaults, first, last } = access::around(&changes, previous, next, guide);
    let changes = graph::settle(defaults.into_iter().chain(changes).collect(), rules.index_names_are_shared);
    first.into_iter().chain(changes).chain(last).collect()
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
fn split_types(
    domains: Vec<Delta<Domain>>,
    composites: Vec<Delta<CompositeType>>,
    previous: &Schema,
) -> (Vec<Change>, Vec<Change>) {
    let columns = |name: Option<&ObjectName>| -> Vec<(ObjectName, Column)> {
        name.map(|name| enums::columns(previous, name)).unwrap_or_default()
    };
    let domains = domains.into_iter().map(|delta| {
        let columns = columns(delta.previous().map(|one| &one.name));
        (matches!(delta, Delta::Drop { .. }), Change::Domain { delta, columns })
    });
    let composites = composites.into_iter().map(|delta| {
        let columns = columns(delta.previous().map(|one| &one.name));
        (matches!(delta, Delta::Drop { .. }), Change::Composite { delta, columns })
    });
    let (last, first): (Vec<_>, Vec<_>) = composites.chain(domains).partition(|(goes, _)| *goes);
    (first.into_iter().map(|(_, change)| change).collect(), last.into_iter().rev().map(|(_, change)| change).collect())
}

/// Where definitions pin columns they have given way by themselves.
fn alter(table: AlteredTable, standing: &[Definition], rules: &Rules) -> Change {
    let AlteredTable { previous, next, mut edits } = table;
    edits.sort_by_key(Edit::rank);
    let dependents = if rules.views_pin_types { Vec::new() } else { dependents::of(&next.name, standing) };
    Change::AlterTable(AlterTable { previous, next, edits, dependents })
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

/// A definition that can be replaced is so where it stands among the creations; another one that changes goes first and
/// comes back last.
fn split_definitions(deltas: Vec<Delta<Definition>>, guide: &Guide) -> Definitions {
    let (mut dropped, mut created, mut replaced) = (Vec::new(), Vec::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Drop { previous } => dropped.push(previous),
            Delta::Create { next } => created.push(next),
            Delta::Alter { previous, next } if guide.replaces(&previous, &next) => {
                created.push(next.clone());
                replaced.push((previous, next));
            }
            Delta::Alter { previous, next } => {
                dropped.push(previous);
                created.push(next);
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
