//! Which views, triggers and routines stand on which others.

use std::collections::BTreeSet;

use rungs_schema::{Definition, DefinitionKind, ObjectName};

use super::Guide;
use super::change::{Delta, Edit};
use super::compare::{AlteredTable, Differences};

/// Takes down, and puts up again, the definitions that stay but stand on something that goes or is replaced, or (where
/// the engine minds) on a column whose type changes.
///
/// A trigger goes with its table, and is said to, so that the way back brings it too. A view on a table that goes is
/// not ours to drop unless views are compared: the server says who is in the way.
pub(super) fn give_way(differences: &mut Differences, guide: &Guide) {
    let dropped: BTreeSet<ObjectName> = differences.dropped.iter().map(|table| table.name.clone()).collect();
    let (gone, standing) = std::mem::take(&mut differences.standing).into_iter().partition(|one: &Definition| {
        one.kind == DefinitionKind::Trigger && one.table.as_ref().is_some_and(|table| dropped.contains(table))
    });
    differences.standing = standing;
    let gone: Vec<Definition> = gone;
    differences.definitions.extend(gone.into_iter().map(|previous| Delta::Drop { previous }));
    let mut moved: BTreeSet<ObjectName> =
        differences.definitions.iter().filter_map(taken_down).map(|one| one.name.clone()).collect();
    if guide.definitions {
        moved.extend(dropped);
    }
    let retyped: BTreeSet<ObjectName> = if guide.rules.views_pin_types {
        differences.altered.iter().filter(|table| changes_types(table)).map(|table| table.next.name.clone()).collect()
    } else {
        BTreeSet::new()
    };
    loop {
        let stands_on = |one: &Definition, names: &BTreeSet<ObjectName>| {
            one.table.iter().chain(&one.needs).any(|need| names.contains(need))
        };
        let gives_way = |one: &Definition| stands_on(one, &moved) || (minds_types(one) && stands_on(one, &retyped));
        let Some(index) = differences.standing.iter().position(gives_way) else { break };
        let definition = differences.standing.remove(index);
        moved.insert(definition.name.clone());
        differences.definitions.push(Delta::Drop { previous: definition.clone() });
        differences.definitions.push(Delta::Create { next: definition });
    }
}

/// What is dropped on the way: a function that changes is replaced where it stands.
fn taken_down(delta: &Delta<Definition>) -> Option<&Definition> {
    match delta {
        Delta::Create { .. } => None,
        Delta::Drop { previous } => Some(previous),
        Delta::Alter { previous, .. } => (previous.kind != DefinitionKind::Function).then_some(previous),
    }
}

fn minds_types(definition: &Definition) -> bool {
    match definition.kind {
        DefinitionKind::View => true,
        DefinitionKind::Trigger => definition.sql.to_ascii_uppercase().contains("UPDATE OF"),
        _ => false,
    }
}

fn changes_types(table: &AlteredTable) -> bool {
    table.edits.iter().any(|edit| match edit {
        Edit::Column { delta: Delta::Alter { previous, next }, .. } => {
            (&previous.ty, &previous.collation) != (&next.ty, &next.collation)
        }
        _ => false,
    })
}

/// The definitions that stand on a table, directly or through others, in an order in which they can be created.
pub(super) fn of(table: &ObjectName, standing: &[Definition]) -> Vec<Definition> {
    let mut reached: BTreeSet<&ObjectName> = BTreeSet::from([table]);
    let mut found: Vec<usize> = Vec::new();
    loop {
        let before = found.len();
        for (index, definition) in standing.iter().enumerate() {
            let stands = definition.table.iter().chain(&definition.needs).any(|need| reached.contains(need));
            if stands && !found.contains(&index) {
                found.push(index);
                reached.insert(&definition.name);
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
            let waits_for =
                |need: &ObjectName| definitions.iter().any(|other| other.name == *need && other.name != one.name);
            !one.needs.iter().chain(&one.table).any(waits_for)
        };
        let next = definitions.iter().position(is_free).unwrap_or(0);
        sorted.push(definitions.remove(next));
    }
    sorted
}
