//! Moves changes, as little as it takes, so that each comes after what it needs.
//!
//! The phases of `order` are right for most schemas. What they cannot know is which routine a table's default calls,
//! which table's row a routine returns, or which domain another one is built on. So the ties between the changes are
//! collected from what the objects say they need, and the changes come in the first order that respects them: of all
//! that may come next, the one that stands first in the order of the phases.
//!
//! A tie is strong where the server would refuse any other order. It is weak where the order is only better: where the
//! words of a routine's body suggest it, or where something is altered that stands before and after. In a circle, weak
//! ties give way.

mod edges;
mod words;

use std::collections::BTreeSet;

use rungs_schema::{Class, DefaultPrivileges, Definition, ForeignKey, ObjectName, Reference, Table};

use super::change::{AlterTable, Change, Delta, Edit, Rows, RowsStep};
use super::dependents::has_opaque_body;
use super::enums;
use super::inheritance::parents;
use super::table_parts::names_of_indexes;

pub(super) use words::{ByName, Words};

/// What one change does with objects, and what it asks of them.
#[derive(Debug, Default)]
struct Ties {
    creates: BTreeSet<Reference>,
    drops: BTreeSet<Reference>,
    /// It changes them where they stand.
    touches: BTreeSet<Reference>,
    /// It takes something from them where they stand, which those that come earlier may still use.
    retires: BTreeSet<Reference>,
    /// What must be there afterwards.
    needs: BTreeSet<Reference>,
    /// The parents of a table: they must be there, and are edited first, where the phases say so too.
    follows: BTreeSet<Reference>,
    /// The parents that a table leaves, or goes with.
    leaves: BTreeSet<Reference>,
    /// The parents that a table joins, or comes with.
    joins: BTreeSet<Reference>,
    /// What it stands on as before. If that is made anew, it stands on it through others alone.
    keeps: BTreeSet<Reference>,
    /// It takes away and brings nothing, so that it does not have to see what it keeps as it will be.
    only_takes: bool,
    /// What it stood on, and no longer does.
    releases: BTreeSet<Reference>,
    /// The words of a body that the server does not read, afterwards.
    words: Words,
    /// The same, before.
    former_words: Words,
}

/// `index_names_are_shared`: see [`Rules`](super::Rules).
pub(super) fn settle(changes: Vec<Change>, index_names_are_shared: bool) -> Vec<Change> {
    let mut ties: Vec<Ties> = changes.iter().map(Ties::of).collect();
    if index_names_are_shared {
        ties.iter_mut().zip(&changes).for_each(|(ties, change)| ties.take_index_names(change));
    }
    let order = edges::Edges::between(&ties).sorted();
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| changes[index].take()).collect()
}

impl Ties {
    fn of(change: &Change) -> Self {
        let mut ties = Self::default();
        match change {
            Change::CreateTable { next } => {
                ties.joins = parents_of(next).collect();
                ties.create(Reference::relation(&next.name), needs_of_table(next));
            }
            Change::DropTable { previous } => {
                ties.leaves = parents_of(previous).collect();
                ties.drop(Reference::relation(&previous.name), needs_of_table(previous));
            }
            Change::AlterTable(alter) => ties.alter_table(alter),
            Change::Rows(rows) => ties.rows(rows),
            Change::Sequence(delta) => ties.delta(delta, |sequence| {
                let owner = sequence.owned_by.iter().map(|(table, _)| Reference::relation(table));
                (Reference::relation(&sequence.name), owner.collect())
            }),
            Change::Enum { delta, .. } => {
                ties.delta(delta, |one| (Reference::ty(&one.name), BTreeSet::new()));
                ties.retire(delta, enums::is_built_anew);
            }
            Change::Domain { delta, .. } => {
                ties.delta(delta, |one| (Reference::ty(&one.name), one.needs.iter().cloned().collect()));
            }
            Change::Composite { delta, .. } => {
                ties.delta(delta, |one| (Reference::ty(&one.name), one.needs.iter().cloned().collect()));
            }
            Change::Anew { previous, next, .. } => {
                let (before, after) = (needs_of_definition(previous), needs_of_definition(next));
                ties.change(previous.reference(), &before, next.reference(), &after);
            }
            Change::Definition(delta) => {
                ties.delta(delta, |one| (one.reference(), needs_of_definition(one)));
                let words = |side: Option<&Definition>| {
                    side.filter(|one| has_opaque_body(one)).map(|one| Words::of(&one.sql)).unwrap_or_default()
                };
                (ties.words, ties.former_words) = (words(delta.next()), words(delta.previous()));
            }
            // Nothing stands on privileges: their place is settled already.
            Change::Access { .. } => {}
            Change::DefaultPrivileges { delta, .. } => {
                let namespace = |side: Option<&DefaultPrivileges>| {
                    side.and_then(|one| one.namespace.as_deref()).map(namespace_called)
                };
                ties.needs.extend(namespace(delta.next()));
                ties.releases.extend(namespace(delta.previous()));
            }
        }
        ties
    }

    /// An index is called like a relation, and no two may have one name.
    fn take_index_names(&mut self, change: &Change) {
        let (before, after) = match change {
            Change::CreateTable { next } => (BTreeSet::new(), index_names(next)),
            Change::DropTable { previous } => (index_names(previous), BTreeSet::new()),
            Change::AlterTable(alter) => (index_names(&alter.previous), index_names(&alter.next)),
            _ => return,
        };
        self.creates.extend(after.difference(&before).cloned());
        self.drops.extend(before.difference(&after).cloned());
    }

    fn create(&mut self, object: Reference, needs: BTreeSet<Reference>) {
        self.needs.extend(namespace_of(&object.name));
        self.needs.extend(needs);
        self.creates.insert(object);
    }

    fn drop(&mut self, object: Reference, released: BTreeSet<Reference>) {
        self.releases.extend(namespace_of(&object.name));
        self.releases.extend(released);
        self.drops.insert(object);
    }

    fn delta<T>(&mut self, delta: &Delta<T>, describe: impl Fn(&T) -> (Reference, BTreeSet<Reference>)) {
        match delta {
            Delta::Create { next } => {
                let (object, needs) = describe(next);
                self.create(object, needs);
            }
            Delta::Drop { previous } => {
                let (object, released) = describe(previous);
                self.drop(object, released);
            }
            Delta::Alter { previous, next } => {
                let ((old, before), (new, after)) = (describe(previous), describe(next));
                self.change(old, &before, new, &after);
            }
        }
    }

    /// Marks an alteration that takes something away.
    fn retire<T>(&mut self, delta: &Delta<T>, loses: impl Fn(&T, &T) -> bool) {
        if let Delta::Alter { previous, next } = delta
            && loses(previous, next)
        {
            self.retires.append(&mut self.touches);
        }
    }

    fn change(&mut self, old: Reference, before: &BTreeSet<Reference>, new: Reference, after: &BTreeSet<Reference>) {
        self.releases.extend(before.difference(after).cloned());
        self.needs.extend(after.difference(before).cloned());
        self.keeps.extend(after.intersection(before).cloned());
        if old != new {
            self.creates.insert(new.clone());
            self.drops.insert(old);
        }
        self.touches.insert(new);
    }

    fn alter_table(&mut self, alter: &AlterTable) {
        let keys = |select: fn(&Delta<ForeignKey>) -> Option<&ForeignKey>| -> BTreeSet<Reference> {
            let deltas = alter.edits.iter().filter_map(|edit| match edit {
                Edit::ForeignKey(delta) => select(delta),
                _ => None,
            });
            deltas.map(|key| Reference::relation(&key.references)).collect()
        };
        let mut before: BTreeSet<Reference> = alter.previous.needs.iter().cloned().collect();
        let mut after: BTreeSet<Reference> = alter.next.needs.iter().cloned().collect();
        let (old_parents, new_parents): (BTreeSet<_>, BTreeSet<_>) =
            (parents_of(&alter.previous).collect(), parents_of(&alter.next).collect());
        let is_parent = |one: &Reference| old_parents.contains(one) || new_parents.contains(one);
        before.retain(|one| !is_parent(one));
        after.retain(|one| !is_parent(one));
        self.leaves = old_parents.difference(&new_parents).cloned().collect();
        self.releases.extend(self.leaves.iter().cloned());
        self.joins = new_parents.difference(&old_parents).cloned().collect();
        self.follows = new_parents;
        after.extend(keys(Delta::next));
        let (old, new) = (Reference::relation(&alter.previous.name), Reference::relation(&alter.next.name));
        self.releases.extend(keys(Delta::previous));
        self.change(old, &before, new.clone(), &after);
        self.needs.remove(&new);
        self.releases.remove(&new);
        let takes = |edit: &Edit| match edit {
            Edit::Inherits | Edit::Partition => self.joins.is_empty(),
            edit => edit.is_drop(),
        };
        self.only_takes = alter.edits.iter().all(takes);
    }
}

impl Ties {
    /// What goes goes after its rows were set aside; they are put back when everything is there.
    fn rows(&mut self, rows: &Rows) {
        let all = |table: &Table, partitions: &[ObjectName]| -> BTreeSet<Reference> {
            std::iter::once(&table.name).chain(partitions).map(Reference::relation).collect()
        };
        match rows.step {
            RowsStep::SetAside => self.releases = all(&rows.previous, &rows.previous_partitions),
            RowsStep::PutBack => self.needs = all(&rows.next, &rows.next_partitions),
        }
    }
}

fn namespace_called(name: &str) -> Reference {
    Reference { class: Class::Namespace, name: ObjectName::bare(name) }
}

fn namespace_of(name: &ObjectName) -> Option<Reference> {
    name.schema.as_deref().map(namespace_called)
}

fn parents_of(table: &Table) -> impl Iterator<Item = Reference> + '_ {
    parents(table).map(Reference::relation)
}

fn index_names(table: &Table) -> BTreeSet<Reference> {
    // What belongs to a key or index of a parent has its name before it does and after.
    let attached = table.attached.values().map(|attached| attached.name.as_str());
    let names = names_of_indexes(table).chain(attached);
    names.map(|name| Reference::relation(&table.name.sibling(name))).collect()
}

fn needs_of_table(table: &Table) -> BTreeSet<Reference> {
    let keys = table.foreign_keys.iter().map(|key| Reference::relation(&key.references));
    let all = table.needs.iter().cloned().chain(parents_of(table)).chain(keys);
    all.filter(|need| *need != Reference::relation(&table.name)).collect()
}

pub(super) fn needs_of_definition(one: &Definition) -> BTreeSet<Reference> {
    let table = one.table.iter().map(Reference::relation);
    one.needs.iter().cloned().chain(table).filter(|need| *need != one.reference()).collect()
}
