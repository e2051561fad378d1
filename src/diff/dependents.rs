//! Which views, triggers and routines stand on which others.

use std::collections::BTreeSet;

use rungs_schema::{Definition, ObjectName};

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
