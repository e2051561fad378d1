//! Moves changes, as little as it takes, so that each comes after what it needs.
//!
//! The phases of `order` are right for most schemas. What they cannot know is which routine a table's default calls,
//! which table's row a routine returns, or which domain another one is built on. So the ties between the changes are
//! collected from what the objects say they need, and the changes come in the first order that respects them: of all
//! that may come next, the one that stands first in the order of the phases.
//!
//! A tie that only the words of a routine's body suggest gives way where it would close a circle.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rungs_schema::{Class, Definition, ForeignKey, ObjectName, Reference, Table};

use super::change::{AlterTable, Change, Delta, Edit, Rows, RowsStep};
use super::dependents::has_opaque_body;
use super::enums;

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
    /// What it stood on, and no longer does.
    releases: BTreeSet<Reference>,
    /// The words of a body that the server does not read.
    words: BTreeSet<String>,
}

pub(super) fn settle(changes: Vec<Change>) -> Vec<Change> {
    let ties: Vec<Ties> = changes.iter().map(Ties::of).collect();
    let order = sorted(&Edges::between(&ties));
    let mut changes: Vec<Option<Change>> = changes.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| changes[index].take()).collect()
}

impl Ties {
    fn of(change: &Change) -> Self {
        let mut ties = Self::default();
        match change {
            Change::CreateTable { next } => ties.create(Reference::relation(&next.name), needs_of_table(next)),
            Change::DropTable { previous } => ties.drop(Reference::relation(&previous.name), needs_of_table(previous)),
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
            Change::Definition(delta) => {
                ties.delta(delta, |one| (one.reference(), needs_of_definition(one)));
                ties.words = delta.next().filter(|one| has_opaque_body(one)).map(words_of).unwrap_or_default();
            }
            Change::Access { delta, .. } => {
                ties.needs.extend(delta.next().map(|access| access.object.clone()));
                ties.releases.extend(delta.previous().map(|access| access.object.clone()));
            }
        }
        ties
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
                self.change(old, &before, new, after);
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

    fn change(&mut self, old: Reference, before: &BTreeSet<Reference>, new: Reference, after: BTreeSet<Reference>) {
        self.releases.extend(before.difference(&after).cloned());
        self.needs.extend(after);
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
        self.releases.extend(old_parents.difference(&new_parents).cloned());
        self.follows = new_parents;
        after.extend(keys(Delta::next));
        let (old, new) = (Reference::relation(&alter.previous.name), Reference::relation(&alter.next.name));
        self.releases.extend(keys(Delta::previous));
        self.change(old, &before, new.clone(), after);
        self.needs.remove(&new);
        self.releases.remove(&new);
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

fn namespace_of(name: &ObjectName) -> Option<Reference> {
    name.schema.as_ref().map(|schema| Reference { class: Class::Namespace, name: ObjectName::bare(schema) })
}

fn parents_of(table: &Table) -> impl Iterator<Item = Reference> + '_ {
    table.inherits.iter().chain(table.partition_of.iter().map(|(parent, _)| parent)).map(Reference::relation)
}

fn needs_of_table(table: &Table) -> BTreeSet<Reference> {
    let keys = table.foreign_keys.iter().map(|key| Reference::relation(&key.references));
    let all = table.needs.iter().cloned().chain(parents_of(table)).chain(keys);
    all.filter(|need| *need != Reference::relation(&table.name)).collect()
}

fn needs_of_definition(one: &Definition) -> BTreeSet<Reference> {
    let table = one.table.iter().map(Reference::relation);
    one.needs.iter().cloned().chain(table).filter(|need| *need != one.reference()).collect()
}

/// Every identifier in a text, bare.
fn words_of(definition: &Definition) -> BTreeSet<String> {
    let words = definition.sql.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Who comes before whom.
#[derive(Debug)]
struct Edges {
    /// By the one that comes later.
    strong: Vec<BTreeSet<usize>>,
    /// As above; these may be cut.
    weak: Vec<BTreeSet<usize>>,
}

impl Edges {
    fn between(ties: &[Ties]) -> Self {
        let by = |select: fn(&Ties) -> &BTreeSet<Reference>| -> BTreeMap<&Reference, Vec<usize>> {
            let mut found: BTreeMap<&Reference, Vec<usize>> = BTreeMap::new();
            for (index, tie) in ties.iter().enumerate() {
                select(tie).iter().for_each(|reference| found.entry(reference).or_default().push(index));
            }
            found
        };
        let (creators, droppers) = (by(|tie| &tie.creates), by(|tie| &tie.drops));
        let (touchers, releasers) = (by(|tie| &tie.touches), by(|tie| &tie.releases));
        let users = by(|tie| &tie.needs);
        let mut edges = Self { strong: vec![BTreeSet::new(); ties.len()], weak: vec![BTreeSet::new(); ties.len()] };
        for (index, tie) in ties.iter().enumerate() {
            for need in &tie.needs {
                edges.strong_after(index, creators.get(need));
                edges.weak_after(index, touchers.get(need));
            }
            for parent in &tie.follows {
                edges.strong_after(index, creators.get(parent));
                let earlier = touchers.get(parent).into_iter().flatten().filter(|other| **other < index);
                edges.weak[index].extend(earlier);
            }
            for dropped in &tie.drops {
                edges.strong_after(index, releasers.get(dropped));
                edges.strong_after(index, touchers.get(dropped));
            }
            for created in &tie.creates {
                edges.strong_after(index, droppers.get(created));
            }
            for retired in &tie.retires {
                let earlier = |others: Option<&Vec<usize>>| -> Vec<usize> {
                    others.into_iter().flatten().copied().filter(|other| *other < index).collect()
                };
                edges.strong[index].extend(earlier(touchers.get(retired)));
                edges.weak[index].extend(earlier(users.get(retired)));
                edges.weak[index].extend(earlier(releasers.get(retired)));
            }
            for touched in &tie.touches {
                edges.strong_after(index, creators.get(touched));
                let earlier = touchers.get(touched).into_iter().flatten().rfind(|other| **other < index);
                edges.strong[index].extend(earlier);
            }
        }
        edges.read_bodies(ties, &creators);
        edges
    }

    /// A body that names what is created comes after it.
    fn read_bodies(&mut self, ties: &[Ties], creators: &BTreeMap<&Reference, Vec<usize>>) {
        let mut by_word: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (reference, indexes) in creators {
            let bare = reference.name.name.split('(').next().unwrap_or_default();
            by_word.entry(bare).or_default().extend(indexes);
        }
        for (index, tie) in ties.iter().enumerate() {
            for word in &tie.words {
                self.weak_after(index, by_word.get(word.as_str()));
            }
        }
    }

    fn strong_after(&mut self, index: usize, earlier: Option<&Vec<usize>>) {
        self.strong[index].extend(earlier.into_iter().flatten().filter(|other| **other != index));
    }

    fn weak_after(&mut self, index: usize, earlier: Option<&Vec<usize>>) {
        self.weak[index].extend(earlier.into_iter().flatten().filter(|other| **other != index));
    }
}

/// Kahn's algorithm with a heap, so that of all that may come next the first in the given order does.
fn sorted(edges: &Edges) -> Vec<usize> {
    let count = edges.strong.len();
    let mut is_done = vec![false; count];
    let mut order = Vec::with_capacity(count);
    let mut waiting: Vec<BTreeSet<usize>> =
        (0..count).map(|index| edges.strong[index].union(&edges.weak[index]).copied().collect()).collect();
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (index, before) in waiting.iter().enumerate() {
        before.iter().for_each(|other| followers[*other].push(index));
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..count).filter(|index| waiting[*index].is_empty()).map(Reverse).collect();
    while order.len() < count {
        let next = ready.pop().map(|Reverse(next)| next).or_else(|| cut(edges, &is_done));
        let Some(next) = next else { break };
        if std::mem::replace(&mut is_done[next], true) {
            continue;
        }
        order.push(next);
        for follower in &followers[next] {
            waiting[*follower].remove(&next);
            if waiting[*follower].is_empty() {
                ready.push(Reverse(*follower));
            }
        }
    }
    order
}

/// Where everything waits for something else: the first that waits only for what weak ties say, else the first.
fn cut(edges: &Edges, is_done: &[bool]) -> Option<usize> {
    let left = || (0..is_done.len()).filter(|index| !is_done[*index]);
    left().find(|index| edges.strong[*index].iter().all(|other| is_done[*other])).or_else(|| left().next())
}
