//! Which views, triggers, routines and other definitions stand on what.

use std::collections::BTreeSet;

use rungs_schema::{Class, Definition, DefinitionKind, Needs, ObjectName, Reference};

use super::change::{Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::{Definitions, Guide, enums};

/// Takes down, and puts up again, the definitions that stay but stand on something that goes or is made anew, or (where
/// the engine minds) on a column whose type changes.
///
/// What stands on one table goes with it, and is said to, so that the way back brings it too. A view on a table that
/// goes is not ours to drop unless views are compared: the server says who is in the way.
pub(super) fn give_way(differences: &mut Differences, guide: &Guide) {
    let dropped: BTreeSet<ObjectName> = differences.dropped.iter().map(|table| table.name.clone()).collect();
    let (gone, standing) = std::mem::take(&mut differences.standing)
        .into_iter()
        .partition(|one: &Definition| one.table.as_ref().is_some_and(|table| dropped.contains(table)));
    differences.standing = standing;
    let gone: Vec<Definition> = gone;
    differences.definitions.extend(gone.into_iter().map(|previous| Delta::Drop { previous }));
    let mut moved = taken_down(differences, guide);
    if guide.definitions == Definitions::All {
        moved.extend(dropped.iter().map(Reference::relation));
    }
    let retyped = if guide.rules.views_pin_types { retyped_columns(&differences.altered) } else { Vec::new() };
    let losing = losing_types(differences);
    loop {
        let gives_way = |one: &Definition| {
            let on_table = one.table.as_ref().is_some_and(|table| moved.contains(&Reference::relation(table)));
            on_table
                || one.needs.iter().any(|need| moved.contains(need))
                || retyped.iter().any(|(table, column)| reads_column(one, table, column))
        };
        let index = differences.standing.iter().position(gives_way);
        let again = match index.map(|index| differences.standing.remove(index)) {
            Some(definition) => Some((definition.clone(), definition)),
            None => replaced_in_vain(differences, guide, gives_way, &losing),
        };
        let Some((previous, next)) = again else { break };
        moved.insert(previous.reference());
        differences.definitions.push(Delta::Drop { previous });
        differences.definitions.push(Delta::Create { next });
    }
}

/// Takes out a definition that could be replaced where it stands, but cannot stay until then: what it stands on goes, or
/// loses what its former text names.
fn replaced_in_vain(
    differences: &mut Differences,
    guide: &Guide,
    gives_way: impl Fn(&Definition) -> bool,
    losing: &BTreeSet<Reference>,
) -> Option<(Definition, Definition)> {
    let replaces = guide.rules.replaces?;
    let index = differences.definitions.iter().position(|delta| match delta {
        Delta::Alter { previous, next } => {
            let on_losing = !has_opaque_body(previous) && previous.needs.iter().any(|need| losing.contains(need));
            let stays = previous.kind.comes_before_tables() || !replaces(previous, next);
            !stays && (gives_way(previous) || on_losing)
        }
        Delta::Create { .. } | Delta::Drop { .. } => false,
    })?;
    match differences.definitions.remove(index) {
        Delta::Alter { previous, next } => Some((previous, next)),
        Delta::Create { .. } | Delta::Drop { .. } => None,
    }
}

/// The types that lose values or attributes, or change what they are made of.
fn losing_types(differences: &Differences) -> BTreeSet<Reference> {
    let enums = differences.enums.iter().filter_map(|delta| match delta {
        Delta::Alter { previous, next } if enums::is_built_anew(previous, next) => Some(Reference::ty(&previous.name)),
        _ => None,
    });
    let domains = differences.domains.iter().filter_map(|delta| match delta {
        Delta::Alter { previous, next } if previous.base != next.base => Some(Reference::ty(&previous.name)),
        _ => None,
    });
    let composites = differences.composites.iter().filter_map(|delta| match delta {
        Delta::Alter { previous, next } if !next.attributes.starts_with(&previous.attributes) => {
            Some(Reference::ty(&previous.name))
        }
        _ => None,
    });
    enums.chain(domains).chain(composites).collect()
}

/// Whether a definition reads a column of a table, or may. What stands on a table reads none of it but what it says.
pub(super) fn reads_column(one: &Definition, table: &ObjectName, column: &str) -> bool {
    let relation = Reference::relation(table);
    one.needs.column(&relation, column)
        && (one.table.as_ref() != Some(table) || one.needs.names_column(&relation, column))
}

/// What is dropped on the way, for good or to come back: a definition that can be replaced where it stands is not.
fn taken_down(differences: &Differences, guide: &Guide) -> BTreeSet<Reference> {
    let definitions = differences.definitions.iter().filter_map(|delta| match delta {
        Delta::Create { .. } => None,
        Delta::Drop { previous } => Some(previous.reference()),
        Delta::Alter { previous, next } => {
            let replaced = guide.rules.replaces.is_some_and(|replaces| replaces(previous, next));
            (!replaced).then(|| previous.reference())
        }
    });
    definitions
        .chain(dropped(&differences.enums, |one| &one.name))
        .chain(dropped(&differences.domains, |one| &one.name))
        .chain(dropped(&differences.composites, |one| &one.name))
        .collect()
}

/// The types that are dropped.
fn dropped<T>(deltas: &[Delta<T>], name: fn(&T) -> &ObjectName) -> impl Iterator<Item = Reference> + '_ {
    deltas.iter().filter_map(move |delta| match delta {
        Delta::Drop { previous } => Some(Reference::ty(name(previous))),
        Delta::Alter { .. } | Delta::Create { .. } => None,
    })
}

/// The columns that get another type, or are computed otherwise.
fn retyped_columns(altered: &[AlteredTable]) -> Vec<(ObjectName, String)> {
    let mut found = Vec::new();
    for table in altered {
        for edit in &table.edits {
            let Edit::Column { delta: Delta::Alter { previous, next }, .. } = edit else { continue };
            let kind =
                |column: &rungs_schema::Column| (column.ty.clone(), column.collation.clone(), column.generated.clone());
            if kind(previous) != kind(next) {
                found.push((table.previous.name.clone(), previous.name.clone()));
            }
        }
    }
    found
}

/// The definitions that stand on a table, directly or through others, in an order in which they can be created.
pub(super) fn of(table: &ObjectName, standing: &[Definition]) -> Vec<Definition> {
    let mut reached: BTreeSet<Reference> = BTreeSet::from([Reference::relation(table)]);
    let mut found: Vec<usize> = Vec::new();
    loop {
        let before = found.len();
        for (index, definition) in standing.iter().enumerate() {
            let on_table = definition.table.as_ref().is_some_and(|table| reached.contains(&Reference::relation(table)));
            let stands = on_table || definition.needs.iter().any(|need| reached.contains(need));
            if stands && !found.contains(&index) {
                found.push(index);
                reached.insert(definition.reference());
            }
        }
        if found.len() == before {
            break;
        }
    }
    in_creation_order(found.into_iter().map(|index| standing[index].clone()).collect())
}

/// Sorts so that each comes after what it needs; among those that are free, by kind and name. A circle, which no
/// engine lets arise but through routines, is cut at the first of its members.
pub(super) fn in_creation_order(mut definitions: Vec<Definition>) -> Vec<Definition> {
    definitions.sort_by(|a, b| (a.kind, &a.name, &a.table).cmp(&(b.kind, &b.name, &b.table)));
    let mut sorted: Vec<Definition> = Vec::with_capacity(definitions.len());
    while !definitions.is_empty() {
        let is_free = |one: &Definition| {
            let waits_for = |need: &Reference| {
                definitions.iter().any(|other| other.reference() == *need && other.reference() != one.reference())
            };
            let on_table = one.table.as_ref().is_some_and(|table| waits_for(&Reference::relation(table)));
            !on_table && !one.needs.iter().any(waits_for)
        };
        let next = definitions.iter().position(is_free).unwrap_or(0);
        sorted.push(definitions.remove(next));
    }
    sorted
}

/// The needs after a table got another name.
pub(super) fn renamed(needs: &Needs, old: &ObjectName, new: &ObjectName) -> Needs {
    needs.renamed(|reference| {
        let is_this = reference.class == Class::Relation && reference.name == *old;
        if is_this { Reference::relation(new) } else { reference.clone() }
    })
}

/// Whether a definition holds text that the server keeps as it stands, so that what it names is known from the words
/// alone.
pub(super) fn has_opaque_body(definition: &Definition) -> bool {
    matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Procedure | DefinitionKind::Event)
}
