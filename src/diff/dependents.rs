//! Which views, triggers, routines and other definitions stand on what.

use std::collections::BTreeSet;

use rungs_schema::{Class, Column, Definition, DefinitionKind, Needs, ObjectName, Reference, Schema};

use super::change::{Delta, Edit};
use super::compare::{AlteredTable, Differences};
use super::inheritance::parents;
use super::parts::Named;
use super::table_parts::{self, Moved};
use super::turns::{self, Turns};
use super::{Definitions, Guide, enums, ranges};

/// Takes down, and puts up again, the definitions that stay but stand on something that goes or is made anew, or (where
/// the engine minds) on a column or key that goes or changes. For the same reasons a definition that changes is dropped
/// and created where it cannot be replaced as it stands.
///
/// What stands on one table goes with it, and is said to, so that the way back brings it too. A view on a table that
/// goes is not ours to drop unless views are compared: the server says who is in the way.
pub(super) fn give_way(differences: &mut Differences, previous: &Schema, next: &Schema, guide: &Guide) -> Moved {
    let anew: BTreeSet<ObjectName> = differences.anew.clone();
    let names = differences.dropped.iter().map(|table| table.name.clone());
    let dropped: BTreeSet<ObjectName> = names.filter(|name| !anew.contains(name)).collect();
    let (gone, standing) = std::mem::take(&mut differences.standing)
        .into_iter()
        .partition(|one: &Definition| one.table.as_ref().is_some_and(|table| dropped.contains(table)));
    differences.standing = standing;
    let gone: Vec<Definition> = gone;
    differences.definitions.extend(gone.into_iter().map(|previous| Delta::Drop { previous }));
    let mut moved = Moved { gone: taken_down(differences), anew: BTreeSet::new() };
    moved.gone.extend(anew.iter().map(Reference::relation));
    if guide.definitions == Definitions::All {
        moved.gone.extend(dropped.iter().map(Reference::relation));
    }
    moved.anew = moved.gone.intersection(&brought(differences)).cloned().collect();
    let altered =
        if guide.rules.views_pin_types { changed_columns(&differences.altered, previous) } else { Vec::new() };
    let losing = losing_types(differences);
    loop {
        let made_anew = table_parts::columns_made_anew(previous, next, &moved);
        let pinned: Vec<&(ObjectName, String)> = altered.iter().chain(&made_anew).collect();
        let coming = turns::coming(&differences.definitions);
        let turns = Turns { previous, next };
        let grounds = Grounds { moved: &moved, pinned: &pinned, losing: &losing, coming: &coming, turns, guide };
        let again = in_the_way(differences, &grounds);
        if again.is_empty() {
            return moved;
        }
        for (previous, next) in again {
            moved.gone.insert(previous.reference());
            moved.anew.insert(next.reference());
            differences.definitions.push(Delta::Drop { previous });
            differences.definitions.push(Delta::Create { next });
        }
    }
}

/// Why a definition cannot stay where it is.
struct Grounds<'a> {
    moved: &'a Moved,
    pinned: &'a [&'a (ObjectName, String)],
    losing: &'a BTreeSet<Reference>,
    coming: &'a BTreeSet<Reference>,
    turns: Turns<'a>,
    guide: &'a Guide,
}

impl Grounds<'_> {
    fn gives_way(&self, one: &Definition) -> bool {
        let gone = &self.moved.gone;
        let on_table = one.table.as_ref().is_some_and(|table| gone.contains(&Reference::relation(table)));
        if self.guide.rules.names_are_late {
            return on_table || self.is_early(one);
        }
        on_table
            || one.needs.iter().any(|need| gone.contains(need))
            || self.pinned.iter().any(|(table, column)| reads_column(one, table, column))
    }

    fn is_early(&self, one: &Definition) -> bool {
        self.guide.rules.triggers_take_turns && self.turns.is_early(one, self.coming)
    }

    /// What could be replaced where it stands cannot stay until then where what it stands on goes, or loses what its
    /// former text names.
    fn gives_way_to(&self, previous: &Definition, next: &Definition) -> bool {
        let is_losing = || !has_opaque_body(previous) && previous.needs.iter().any(|need| self.losing.contains(need));
        // A server or user mapping stands on what comes before tables too.
        let stands_apart = previous.kind.comes_before_tables()
            && !matches!(previous.kind, DefinitionKind::Server | DefinitionKind::UserMapping);
        // The members of a family go and come one by one, before and after what they name.
        let loses_members = previous.kind == DefinitionKind::OperatorFamily
            && !previous.needs.iter().any(|need| self.moved.anew.contains(need));
        // To be read once more it must not name a relation that has gone.
        let reads_gone = || {
            previous.kind == DefinitionKind::View
                && previous.needs.iter().any(|need| need.class == Class::Relation && self.moved.gone.contains(need))
        };
        let stays = stands_apart || loses_members || !(is_losing() || self.gives_way(previous) || reads_gone());
        // One that is built anew takes along what stands on it, but cannot do without what it stands on.
        if ranges::is_built_anew(previous, next, self.guide) {
            return self.gives_way(previous);
        }
        !self.guide.replaces(previous, next) || !stays
    }
}

/// Takes out the definitions that are in the way now, as they were and as they will be.
fn in_the_way(differences: &mut Differences, grounds: &Grounds<'_>) -> Vec<(Definition, Definition)> {
    let mut found = Vec::new();
    for delta in std::mem::take(&mut differences.definitions) {
        match delta {
            Delta::Alter { previous, next } if grounds.gives_way_to(&previous, &next) => found.push((previous, next)),
            other => differences.definitions.push(other),
        }
    }
    let standing = std::mem::take(&mut differences.standing);
    let (going, staying) = standing.into_iter().partition(|one| grounds.gives_way(one));
    differences.standing = staying;
    found.extend(Vec::into_iter(going).map(|one: Definition| (one.clone(), grounds.turns.as_wanted(&one).clone())));
    found
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

/// Whether a definition reads a column of a table, or may. What stands on a table reads none of it but what it says, and a
/// routine only what its body is known to read: rows that it takes or gives may change.
pub(super) fn reads_column(one: &Definition, table: &ObjectName, column: &str) -> bool {
    let relation = Reference::relation(table);
    if one.table.as_ref() == Some(table) || one.kind.class() == Class::Routine {
        return one.needs.names_column(&relation, column);
    }
    one.needs.column(&relation, column)
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

/// What comes on the way, or comes back.
fn brought(differences: &Differences) -> BTreeSet<Reference> {
    let definitions = differences.definitions.iter().filter_map(|delta| match delta {
        Delta::Create { next } => Some(next.reference()),
        Delta::Drop { .. } | Delta::Alter { .. } => None,
    });
    let enums = differences.enums.iter().filter_map(|delta| delta.next()).map(|one| Reference::ty(&one.name));
    let domains = differences.domains.iter().filter_map(|delta| delta.next()).map(|one| Reference::ty(&one.name));
    let tables = differences.created.iter().map(|table| Reference::relation(&table.name));
    definitions.chain(enums).chain(domains).chain(tables).collect()
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
