//! Which views, triggers, routines and other definitions stand on what.

use std::collections::BTreeSet;

use rungs_schema::{Class, Column, Definition, DefinitionKind, Needs, ObjectName, Reference, Schema};

use super::change::{Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::inheritance::parents;
use super::parts::Named;
use super::{Definitions, Guide, enums};

/// Takes down, and puts up again, the definitions that stay but stand on something that goes or is made anew, or (where
/// the engine minds) on a column or key that goes or changes. For the same reasons a definition that changes is dropped
/// and created where it cannot be replaced as it stands.
///
/// What stands on one table goes with it, and is said to, so that the way back brings it too. A view on a table that
/// goes is not ours to drop unless views are compared: the server says who is in the way.
pub(super) fn give_way(differences: &mut Differences, previous: &Schema, guide: &Guide) {
    let anew: BTreeSet<ObjectName> = differences.anew.clone();
    let names = differences.dropped.iter().map(|table| table.name.clone());
    let dropped: BTreeSet<ObjectName> = names.filter(|name| !anew.contains(name)).collect();
    let (gone, standing) = std::mem::take(&mut differences.standing)
        .into_iter()
        .partition(|one: &Definition| one.table.as_ref().is_some_and(|table| dropped.contains(table)));
    differences.standing = standing;
    let gone: Vec<Definition> = gone;
    differences.definitions.extend(gone.into_iter().map(|previous| Delta::Drop { previous }));
    let pinned =
        if guide.rules.views_pin_types { changed_columns(&differences.altered, previous) } else { Vec::new() };
    let mut moved = taken_down(differences);
    moved.extend(anew.iter().map(Reference::relation));
    if guide.definitions == Definitions::All {
        moved.extend(dropped.iter().map(Reference::relation));
    }
    let gives_way = |one: &Definition, moved: &BTreeSet<Reference>| {
        let on_table = one.table.as_ref().is_some_and(|table| moved.contains(&Reference::relation(table)));
        on_table
            || one.needs.iter().any(|need| moved.contains(need))
            || pinned.iter().any(|(table, column)| reads_column(one, table, column))
    };
    // What could be replaced where it stands, but cannot stay until then: what it stands on goes, or loses what its former
    // text names.
    let losing = losing_types(differences);
    let stays = |one: &Definition, moved: &BTreeSet<Reference>| {
        let on_losing = !has_opaque_body(one) && one.needs.iter().any(|need| losing.contains(need));
        one.kind.comes_before_tables() || !(on_losing || gives_way(one, moved))
    };
    let replaces = |previous: &Definition, next: &Definition| {
        guide.rules.replaces.is_some_and(|replaces| replaces(previous, next))
    };
    let mut again = true;
    while again {
        again = false;
        for delta in std::mem::take(&mut differences.definitions) {
            match delta {
                Delta::Alter { previous, next } if !replaces(&previous, &next) || !stays(&previous, &moved) => {
                    moved.insert(previous.reference());
                    differences.definitions.push(Delta::Drop { previous });
                    differences.definitions.push(Delta::Create { next });
                    again = true;
                }
                other => differences.definitions.push(other),
            }
        }
        while let Some(index) = differences.standing.iter().position(|one| gives_way(one, &moved)) {
            let definition = differences.standing.remove(index);
            moved.insert(definition.reference());
            differences.definitions.push(Delta::Drop { previous: definition.clone() });
            differences.definitions.push(Delta::Create { next: definition });
            again = true;
        }
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

/// What is dropped on the way, for good or to come back.
fn taken_down(differences: &Differences) -> BTreeSet<Reference> {
    let definitions = differences.definitions.iter().filter_map(|delta| match delta {
        Delta::Create { .. } | Delta::Alter { .. } => None,
        Delta::Drop { previous } => Some(previous.reference()),
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

/// The columns that go, get another type or are computed otherwise, with those of the tables' children; and the tables
/// that lose a key, as [`Needs::KEY`].
fn changed_columns(altered: &[AlteredTable], schema: &Schema) -> Vec<(ObjectName, String)> {
    let mut found = Vec::new();
    for table in altered {
        let mut columns = BTreeSet::new();
        let mut touched = BTreeSet::new();
        for edit in &table.edits {
            match edit {
                Edit::Column { delta: Delta::Alter { previous, next }, .. } if !same_values(previous, next) => {
                    columns.insert(previous.name.clone());
                }
                Edit::Column { delta: Delta::Drop { previous }, .. } => _ = columns.insert(previous.name.clone()),
                Edit::Column { delta: Delta::Create { next }, .. } => _ = touched.insert(next.name.clone()),
                Edit::PrimaryKey(Delta::Drop { previous }) if previous.name.is_some() => {
                    columns.insert(Needs::KEY.to_owned());
                }
                Edit::PrimaryKey(Delta::Alter { previous, next }) if !previous.same_but_name(next) => {
                    columns.insert(Needs::KEY.to_owned());
                }
                Edit::Unique(Delta::Drop { .. }) => _ = columns.insert(Needs::KEY.to_owned()),
                _ => {}
            }
        }
        touched.extend(columns.iter().cloned());
        // A computed column that reads one of them may be made anew.
        let computed = table.previous.columns.iter().filter(|column| {
            let reads = |text: &str| touched.iter().any(|name| !name.is_empty() && text.contains(name.as_str()));
            column.generated.as_ref().is_some_and(|generated| reads(&generated.expression))
        });
        columns.extend(computed.map(|column| column.name.clone()));
        let mut tables = vec![table.previous.name.clone()];
        while let Some(name) = tables.pop() {
            found.extend(columns.iter().map(|column| (name.clone(), column.clone())));
            let children = schema.tables.iter().filter(|child| parents(child).any(|parent| *parent == name));
            tables.extend(children.map(|child| child.name.clone()));
        }
    }
    found
}

fn same_values(previous: &Column, next: &Column) -> bool {
    (&previous.ty, &previous.collation, &previous.generated) == (&next.ty, &next.collation, &next.generated)
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
