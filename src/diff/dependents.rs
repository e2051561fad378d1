//! Which views, triggers, routines and other definitions stand on what.

use std::collections::BTreeSet;

use rungs_schema::{Class, Column, Definition, DefinitionKind, Needs, ObjectName, Reference, Schema};

use super::change::{Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::table_parts::{self, Moved};
use super::{Guide, enums};

/// Takes down, and puts up again, the definitions that stay but stand on something that goes or is made anew, or (where
/// the engine minds) on a column whose type changes.
///
/// What stands on one table goes with it, and is said to, so that the way back brings it too. A view on a table that
/// goes is not ours to drop unless views are compared: the server says who is in the way.
pub(super) fn give_way(differences: &mut Differences, previous: &Schema, next: &Schema, guide: &Guide) -> Moved {
    let dropped: BTreeSet<ObjectName> = differences.dropped.iter().map(|table| table.name.clone()).collect();
    let (gone, standing) = std::mem::take(&mut differences.standing)
        .into_iter()
        .partition(|one: &Definition| one.table.as_ref().is_some_and(|table| dropped.contains(table)));
    differences.standing = standing;
    let gone: Vec<Definition> = gone;
    differences.definitions.extend(gone.into_iter().map(|previous| Delta::Drop { previous }));
    let mut moved = Moved { gone: taken_down(differences, guide), anew: BTreeSet::new() };
    if guide.definitions {
        moved.gone.extend(dropped.iter().map(Reference::relation));
    }
    moved.anew = moved.gone.intersection(&brought(differences, guide)).cloned().collect();
    let retyped = if guide.rules.views_pin_types { retyped_columns(&differences.altered) } else { Vec::new() };
    loop {
        let anew = table_parts::columns_made_anew(previous, next, &moved);
        let gives_way = |one: &Definition| {
            let on_table = one.table.as_ref().is_some_and(|table| moved.gone.contains(&Reference::relation(table)));
            on_table
                || one.needs.iter().any(|need| moved.gone.contains(need))
                || retyped.iter().chain(&anew).any(|column| reads(one, column))
        };
        let replaced = differences.definitions.iter().position(|delta| match delta {
            Delta::Alter { previous, next } => guide.replaces(previous, next) && gives_way(previous),
            Delta::Create { .. } | Delta::Drop { .. } => false,
        });
        let (previous, next) = if let Some(index) = differences.standing.iter().position(gives_way) {
            let definition = differences.standing.remove(index);
            (definition.clone(), definition)
        } else if let Some(Delta::Alter { previous, next }) = replaced.map(|index| differences.definitions.remove(index)) {
            (previous, next)
        } else {
            return moved;
        };
        moved.gone.insert(previous.reference());
        moved.anew.insert(next.reference());
        differences.definitions.push(Delta::Drop { previous });
        differences.definitions.push(Delta::Create { next });
    }
}

/// What is dropped on the way, for good or to come back: a definition that can be replaced where it stands is not.
fn taken_down(differences: &Differences, guide: &Guide) -> BTreeSet<Reference> {
    let definitions = differences.definitions.iter().filter_map(|delta| match delta {
        Delta::Create { .. } => None,
        Delta::Drop { previous } => Some(previous.reference()),
        Delta::Alter { previous, next } => {
            (!guide.replaces(previous, next)).then(|| previous.reference())
        }
    });
    let enums = differences.enums.iter().filter_map(|delta| match delta {
        Delta::Alter { previous, next } if enums::is_built_anew(previous, next) => Some(Reference::ty(&previous.name)),
        Delta::Drop { previous } => Some(Reference::ty(&previous.name)),
        Delta::Alter { .. } | Delta::Create { .. } => None,
    });
    let domains = differences.domains.iter().filter_map(|delta| match delta {
        Delta::Alter { previous, next } if previous.base != next.base => Some(Reference::ty(&previous.name)),
        Delta::Drop { previous } => Some(Reference::ty(&previous.name)),
        Delta::Alter { .. } | Delta::Create { .. } => None,
    });
    definitions.chain(enums).chain(domains).collect()
}

/// What comes on the way, or comes back.
fn brought(differences: &Differences, guide: &Guide) -> BTreeSet<Reference> {
    let definitions = differences.definitions.iter().filter_map(|delta| match delta {
        Delta::Create { next } => Some(next.reference()),
        Delta::Drop { .. } => None,
        Delta::Alter { previous, next } => (!guide.replaces(previous, next)).then(|| next.reference()),
    });
    let enums = differences.enums.iter().filter_map(|delta| delta.next()).map(|one| Reference::ty(&one.name));
    let domains = differences.domains.iter().filter_map(|delta| delta.next()).map(|one| Reference::ty(&one.name));
    let tables = differences.created.iter().map(|table| Reference::relation(&table.name));
    definitions.chain(enums).chain(domains).chain(tables).collect()
}

/// The columns that get another type, or are computed otherwise; and those that are computed from a column that comes,
/// goes or gets another type, because they are made anew.
fn retyped_columns(altered: &[AlteredTable]) -> Vec<(Reference, String)> {
    let kind = |column: &Column| (column.ty.clone(), column.collation.clone(), column.generated.clone());
    let mut found = Vec::new();
    for table in altered {
        let mut unsettled: BTreeSet<&str> = BTreeSet::new();
        let mut retyped: BTreeSet<&str> = BTreeSet::new();
        for edit in &table.edits {
            match edit {
                Edit::Column { delta: Delta::Alter { previous, next }, .. } if kind(previous) != kind(next) => {
                    retyped.insert(&previous.name);
                }
                Edit::Column { delta: Delta::Create { next: column } | Delta::Drop { previous: column }, .. } => {
                    unsettled.insert(&column.name);
                }
                _ => {}
            }
        }
        unsettled.extend(&retyped);
        for column in &table.previous.columns {
            let Some(generated) = &column.generated else { continue };
            // One too many is only slower.
            if unsettled.iter().any(|name| generated.expression.contains(&name.replace('"', "\"\""))) {
                retyped.insert(&column.name);
            }
        }
        let name = Reference::relation(&table.previous.name);
        found.extend(retyped.into_iter().map(|column| (name.clone(), column.to_owned())));
    }
    found
}

/// Whether a column cannot change under a definition. A routine minds only what its body is known to read: rows that it
/// takes or gives may change. So does a trigger or policy on the table itself.
fn reads(one: &Definition, (table, column): &(Reference, String)) -> bool {
    let is_own = one.table.as_ref() == Some(&table.name);
    if is_own || one.kind.class() == Class::Routine {
        return one.needs.names_column(table, column);
    }
    one.needs.column(table, column)
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
