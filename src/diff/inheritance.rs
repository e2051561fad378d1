//! Tables with parents: partitions, and tables that inherit.
//!
//! A change of a parent reaches its children by itself (a column, a check, an index of a partitioned table), so that a
//! child is compared with what its parents' changes make of it. The sides of what is left are true: the table is first
//! taken out of the parents that it leaves, then made ready for what its parents' changes will do to it, then, after
//! them, edited, and last given to the parents that it joins.
//! <https://www.postgresql.org/docs/current/ddl-inherit.html>,
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html>

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Attached, Check, Column, ObjectName, Schema, Table};

use super::change::Edit;
use super::compare::{AlteredTable, edits};
use super::keyed::Keyed;
use super::strip::strip_parts;
use super::words::names_column;
use super::{Guide, not_null};

/// An option of a column that goes: a child of the table keeps it as its own.
pub(crate) const KEPT_BELOW: &str = "kept below";

/// The option of a column that comes from a parent alone.
pub(super) const INHERITED: &str = "inherited";

/// What a comparison of children has to know.
pub(super) struct Lineage<'a> {
    pub(super) previous: &'a Schema,
    pub(super) next: &'a Schema,
    pub(super) guide: &'a Guide,
    /// The tables that are made anew, whose children must leave them for that while.
    pub(super) anew: &'a BTreeSet<ObjectName>,
}

/// The way of a table from one side to the other.
#[derive(Default)]
pub(super) struct Passage {
    /// Before any table is edited.
    pub(super) early: Vec<AlteredTable>,
    /// After its parents.
    pub(super) main: Option<AlteredTable>,
    /// After all tables.
    pub(super) late: Option<AlteredTable>,
}

/// The tables that a table is directly a part of.
pub(crate) fn parents(table: &Table) -> impl Iterator<Item = &ObjectName> {
    table.inherits.iter().chain(table.partition_of.iter().map(|(parent, _)| parent))
}

/// A table with everything that it has from some parents as its own.
pub(super) fn without(table: &Table, left: &BTreeSet<ObjectName>, schema: &Schema) -> Table {
    let mut alone = table.clone();
    if left.is_empty() {
        return alone;
    }
    alone.inherits.retain(|parent| !left.contains(parent));
    let detached = alone.partition_of.take_if(|(parent, _)| left.contains(parent)).is_some();
    let stays: Vec<&Table> =
        parents(table).filter(|name| !left.contains(*name)).filter_map(|name| schema.table(name)).collect();
    for column in &mut alone.columns {
        if !stays.iter().any(|parent| parent.column(&column.name).is_some()) {
            column.options.shift_remove(INHERITED);
        }
        not_null::leave(column, &stays);
    }
    for parent in left.iter().filter_map(|name| schema.table(name)) {
        let parent = whole(parent, schema);
        for check in inheritable(&parent) {
            if !alone.checks.iter().any(|own| own.name == check.name) {
                alone.checks.push(Check { comment: None, ..check.clone() });
            }
        }
        if detached {
            take_over(&mut alone, &parent);
        }
    }
    alone
}

/// A table with everything that it has from its parents as its own.
fn whole(table: &Table, schema: &Schema) -> Table {
    let all: BTreeSet<ObjectName> = parents(table).cloned().collect();
    if all.is_empty() { table.clone() } else { without(table, &all, schema) }
}

fn inheritable(table: &Table) -> impl Iterator<Item = &Check> {
    table.checks.iter().filter(|check| !check.no_inherit)
}

/// A partition that is detached keeps its keys, indexes and foreign keys.
fn take_over(child: &mut Table, parent: &Table) {
    let parts = Keyed::of(parent);
    for (name, attached) in std::mem::take(&mut child.attached) {
        if let Some(part) = parts.iter().find(|part| part.name() == Some(&name)) {
            part.named(&attached.name, attached.comment.as_ref()).add_to(child);
        }
    }
    for key in &parent.foreign_keys {
        if !child.foreign_keys.iter().any(|own| own.name == key.name) {
            child.foreign_keys.push(rungs_schema::ForeignKey { comment: None, ..key.clone() });
        }
    }
}

impl Lineage<'_> {
    /// The parents that a table of both sides keeps without leaving them in between.
    fn kept(&self, old: &Table, new: &Table) -> BTreeSet<ObjectName> {
        let first = old.inherits.iter().zip(&new.inherits).take_while(|(a, b)| a == b).map(|(parent, _)| parent);
        let partition = old.partition_of.as_ref().filter(|_| old.partition_of == new.partition_of);
        let kept = first.chain(partition.map(|(parent, _)| parent)).cloned();
        kept.take_while(|parent| !self.anew.contains(parent) && !self.is_in_the_way(parent, old, new)).collect()
    }

    /// Whether a table has to leave a parent because of what both say of NOT NULL.
    fn is_in_the_way(&self, parent: &ObjectName, old: &Table, new: &Table) -> bool {
        let (Some(before), Some(after)) = (self.previous.table(parent), self.next.table(parent)) else { return false };
        old.columns.iter().any(|column| {
            let Some(is) = self.child_column(after, &column.name, old) else { return false };
            let was = self.child_column(before, &column.name, old).unwrap_or_else(|| not_null::free(&is));
            not_null::obstructs(column, new.column(&column.name), &was, &is, self.guide.one_way)
        })
    }

    /// What happens to a table of both sides.
    pub(super) fn passage(&self, old: &Table, new: &Table) -> Passage {
        let kept = self.kept(old, new);
        let gone = |table: &Table| parents(table).filter(|parent| !kept.contains(*parent)).cloned().collect();
        let start = without(old, &gone(old), self.previous);
        let mut end = without(new, &gone(new), self.next);
        let mut ready = Ready { aligned: start.clone(), carried: start.clone(), extra: Vec::new() };
        let parents: Vec<(&Table, &Table)> =
            kept.iter().filter_map(|name| Some((self.previous.table(name)?, self.next.table(name)?))).collect();
        for (before, after) in &parents {
            self.align_columns(before, after, &end, &mut ready);
        }
        for (before, after) in &parents {
            self.carry_columns(before, after, &parents, &end, &mut ready);
            let (before, after) = (whole(before, self.previous), whole(after, self.next));
            carry_checks(&before, &after, &end, &mut ready);
            if start.partition_of.is_some() {
                carry_attached(&before, &after, &start, &end, &mut ready);
            }
        }
        ready.leave_what_goes();
        // Whether a column is its own or its parent's cannot be changed where both have it.
        for column in &mut end.columns {
            match ready.carried.column(&column.name).map(|carried| carried.options.contains_key(INHERITED)) {
                Some(true) => _ = column.options.insert(INHERITED.to_owned(), String::new()),
                Some(false) => _ = column.options.shift_remove(INHERITED),
                None => {}
            }
            if let Some(carried) = ready.carried.column(&column.name) {
                not_null::settle(column, carried);
            }
        }
        let mut main = edits(&ready.carried, &end, self.guide);
        main.extend(ready.extra);
        main.sort_by_key(Edit::rank);
        let early = [moved(old, &start), altered(&start, &ready.aligned, edits(&start, &ready.aligned, self.guide))];
        Passage {
            early: early.into_iter().flatten().collect(),
            main: altered(&ready.carried, &end, main),
            late: moved(&end, new),
        }
    }

    /// How a new table comes: as it is created, and how it goes on. On the way back, a partition goes alone too where a
    /// foreign key refers to its parent.
    pub(super) fn birth(&self, new: &Table) -> (Table, Passage) {
        if !self.guide.one_way && self.is_referred_to(new, self.next, self.previous) {
            return self.birth_alone(new);
        }
        self.birth_below(new)
    }

    /// Whether a foreign key of one side refers to what a partition of the other side is a part of, which stays. The
    /// server drops no partition then.
    pub(super) fn is_referred_to(&self, partition: &Table, tree: &Schema, side: &Schema) -> bool {
        let mut above: Vec<&ObjectName> = Vec::new();
        let mut next = partition.partition_of.as_ref();
        while let Some((parent, _)) = next {
            above.push(parent);
            next = tree.table(parent).and_then(|parent| parent.partition_of.as_ref());
        }
        if above.is_empty() {
            return false;
        }
        let stays = |name: &ObjectName| side.table(name).is_some() && !self.anew.contains(name);
        let keys = side.tables.iter().flat_map(|table| &table.foreign_keys);
        keys.into_iter().any(|key| above.contains(&&key.references) && stays(&key.references))
    }

    fn birth_alone(&self, new: &Table) -> (Table, Passage) {
        let all: BTreeSet<ObjectName> = parents(new).cloned().collect();
        let alone = without(new, &all, self.next);
        let late = moved(&alone, new);
        (alone, Passage { late, ..Passage::default() })
    }

    fn birth_below(&self, new: &Table) -> (Table, Passage) {
        let from_parents = |column: &Column| -> Vec<Column> {
            let parents = parents(new).filter_map(|name| self.next.table(name));
            parents.filter_map(|parent| self.child_column(parent, &column.name, new)).collect()
        };
        let is_born_otherwise = |column: &Column| not_null::is_born_otherwise(column, &from_parents(column));
        if new.attached.values().any(|attached| !attached.is_made_up) || new.columns.iter().any(is_born_otherwise) {
            // The server would give them other names.
            return self.birth_alone(new);
        }
        let parents: Vec<&Table> = parents(new).filter_map(|name| self.next.table(name)).collect();
        let mut created = new.clone();
        let mut main = Vec::new();
        for column in created.columns.iter_mut().filter(|column| column.options.contains_key(INHERITED)) {
            let given = from_parents(column);
            let Some(from) = given.first() else { continue };
            let nullable = given.iter().all(|column| column.nullable);
            let wanted = std::mem::replace(column, Column { nullable, ..from.clone() });
            not_null::at_birth(column, &wanted, &given);
        }
        for parent in parents.iter().filter(|_| new.partition_of.is_some()) {
            let parts = Keyed::of(&whole(parent, self.next));
            for (name, attached) in &mut created.attached {
                let Some(comment) = attached.comment.take() else { continue };
                let part = parts.iter().find(|part| part.name() == Some(name));
                main.extend(part.and_then(|part| {
                    Keyed::altered(part.named(&attached.name, None), part.named(&attached.name, Some(&comment)))
                }));
            }
        }
        main.extend(edits(&created, new, self.guide));
        let main = altered(&created, new, main);
        (created, Passage { main, ..Passage::default() })
    }

    /// Whether a table of the former side would not be what it is by being created under its parents.
    pub(super) fn is_born_otherwise(&self, old: &Table) -> bool {
        let (_, passage) = Lineage { next: self.previous, ..*self }.birth_below(old);
        passage.main.is_some() || passage.late.is_some()
    }

    /// Whether a table has children on the former side.
    pub(super) fn has_children(&self, name: &ObjectName) -> bool {
        self.previous.tables.iter().any(|child| parents(child).any(|one| one == name))
    }

    /// Whether a table below another one has NOT NULL of a column under another name than it would get from there.
    pub(super) fn is_required_otherwise_below(&self, parent: &Table, column: &str) -> bool {
        let mut waiting = vec![&parent.name];
        while let Some(name) = waiting.pop() {
            for child in self.previous.tables.iter().filter(|child| parents(child).any(|one| one == name)) {
                let given = self.child_column(parent, column, child);
                if let (Some(own), Some(given)) = (child.column(column), given)
                    && not_null::is_named_otherwise(own, &given)
                {
                    return true;
                }
                waiting.push(&child.name);
            }
        }
        false
    }

    /// What a child has of a column of its parent.
    fn child_column(&self, parent: &Table, column: &str, child: &Table) -> Option<Column> {
        let column = parent.column(column)?;
        self.guide.rules.child_column.map(|child_column| child_column(parent, column, &child.name))
    }

    /// Where a child differs from its parent in what the parent's change overwrites, it is made like it first: the way
    /// back overwrites it too.
    fn align_columns(&self, before: &Table, after: &Table, end: &Table, ready: &mut Ready) {
        let key: BTreeSet<String> = ready.aligned.primary_key_columns().into_iter().map(str::to_owned).collect();
        let child = ready.carried.clone();
        for column in &mut ready.aligned.columns {
            let side = |parent| self.child_column(parent, &column.name, &child);
            let sides = (side(before), side(after));
            let (Some(was), Some(is)) = sides else { continue };
            let nullable = column.nullable;
            overwrite(column, &was, &was, &is);
            if let Some(wanted) = end.column(&column.name) {
                not_null::anticipate(column, wanted, &was, &is);
            }
            if key.contains(&column.name) {
                column.nullable = nullable;
            }
        }
        ready.carried = ready.aligned.clone();
    }

    fn carry_columns(
        &self,
        before: &Table,
        after: &Table,
        parents: &[(&Table, &Table)],
        end: &Table,
        ready: &mut Ready,
    ) {
        for new in &after.columns {
            let Some(is) = self.child_column(after, &new.name, end) else { continue };
            let was = self.child_column(before, &new.name, end);
            let elsewhere = parents.iter().any(|(_, other)| {
                let other = (other.name != after.name).then(|| self.child_column(other, &new.name, end)).flatten();
                other.as_ref().is_some_and(not_null::is_handed_on)
            });
            match (was, ready.carried.columns.iter_mut().find(|column| column.name == new.name)) {
                (Some(was), Some(column)) => {
                    overwrite(column, &is, &was, &is);
                    not_null::follow(column, &was, &is, elsewhere);
                }
                (None, Some(column)) => {
                    // It becomes the parent's too, which asks for one type.
                    (column.ty, column.collation) = (is.ty.clone(), is.collation.clone());
                    if let Some(aligned) = ready.aligned.columns.iter_mut().find(|column| column.name == new.name) {
                        (aligned.ty, aligned.collation) = (is.ty.clone(), is.collation.clone());
                    }
                    not_null::follow(column, &not_null::free(&is), &is, elsewhere);
                }
                (_, None) => ready.carried.columns.push(is),
            }
        }
        for gone in before.columns.iter().filter(|column| after.column(&column.name).is_none()) {
            let elsewhere = parents.iter().any(|(_, after)| after.column(&gone.name).is_some());
            let stays = end.column(&gone.name).is_some() || self.is_kept_below(&before.name, &gone.name);
            let carried = &mut ready.carried.columns;
            let Some(at) = carried.iter().position(|column| column.name == gone.name) else { continue };
            if elsewhere || !carried[at].options.contains_key(INHERITED) {
                continue;
            }
            if stays {
                carried[at].options.shift_remove(INHERITED);
                not_null::outlive(&mut carried[at]);
            } else {
                carried.remove(at);
            }
        }
    }

    /// Whether a child keeps, as its own, a column that its parent loses.
    pub(super) fn is_kept_below(&self, parent: &ObjectName, column: &str) -> bool {
        let next_parent = self.next.table(parent);
        if next_parent.is_none_or(|parent| parent.column(column).is_some()) {
            return false;
        }
        self.previous.tables.iter().filter(|child| child.inherits.contains(parent)).any(|old| {
            let comes_from_parent = |column: &Column| column.options.contains_key(INHERITED);
            let Some(new) = self.next.table(&old.name) else { return false };
            let elsewhere = new.inherits.iter().filter_map(|name| self.next.table(name));
            self.kept(old, new).contains(parent)
                && old.column(column).is_some_and(comes_from_parent)
                && new.column(column).is_some()
                && !elsewhere.into_iter().any(|other| other.column(column).is_some())
        })
    }
}

/// A child before its parents change, and after.
struct Ready {
    aligned: Table,
    carried: Table,
    /// Edits of what is attached.
    extra: Vec<Edit>,
}

impl Ready {
    /// What stands on a column that goes with the parent's leaves first: the server would take it along unsaid. So does a
    /// column that is computed from one that goes, or gets another type, with the parent's.
    fn leave_what_goes(&mut self) {
        let values = |column: &Column| (column.ty.clone(), column.collation.clone());
        let stays = |column: &&Column| {
            let carried = self.carried.column(&column.name);
            carried.is_some_and(|carried| values(carried) == values(column))
        };
        let changed: Vec<&Column> = self.aligned.columns.iter().filter(|column| !stays(column)).collect();
        let is_read = |text: &str| changed.iter().any(|column| names_column(text, &column.name));
        let is_computed = |column: &&Column| {
            let is_own = !column.options.contains_key(INHERITED);
            is_own && column.generated.as_ref().is_some_and(|generated| is_read(&generated.expression))
        };
        let computed = self.aligned.columns.iter().filter(is_computed);
        let computed: BTreeSet<String> = computed.map(|column| column.name.clone()).collect();
        let lost = changed.into_iter().filter(|column| self.carried.column(&column.name).is_none());
        let gone: BTreeSet<String> = lost.map(|column| column.name.clone()).chain(computed.clone()).collect();
        if gone.is_empty() {
            return;
        }
        let gone: BTreeSet<&str> = gone.iter().map(String::as_str).collect();
        let reads = |text: &str| gone.iter().any(|column| names_column(text, column));
        for table in [&mut self.aligned, &mut self.carried] {
            table.columns.retain(|column| !computed.contains(&column.name));
            strip_parts(table, &mut Vec::new(), &gone, reads);
        }
    }
}

/// Gives a child's column what a parent's change from one side to the other sets. `value` is the side that it gets.
fn overwrite(column: &mut Column, value: &Column, was: &Column, is: &Column) {
    let retyped = (&was.ty, &was.collation) != (&is.ty, &is.collation);
    if retyped {
        (column.ty, column.collation) = (value.ty.clone(), value.collation.clone());
    }
    if retyped || was.default != is.default {
        column.default.clone_from(&value.default);
    }
    let is_named = not_null::is_handed_on(was) || not_null::is_handed_on(is);
    if was.nullable != is.nullable && !is_named {
        column.nullable = value.nullable;
    }
    if was.generated != is.generated {
        column.generated.clone_from(&value.generated);
    }
    for word in ["storage", "compression"] {
        if was.options.get(word) != is.options.get(word) {
            match value.options.get(word) {
                Some(value) => _ = column.options.insert(word.to_owned(), value.clone()),
                None => _ = column.options.shift_remove(word),
            }
        }
    }
}

/// A check that a parent gets, and that a child has, becomes the parent's.
fn carry_checks(before: &Table, after: &Table, end: &Table, ready: &mut Ready) {
    let of = |table: &Table, name: &Check| inheritable(table).find(|check| check.name == name.name).cloned();
    let own: Vec<Check> = ready.carried.checks.clone();
    for check in own.iter().filter(|check| !end.checks.iter().any(|kept| kept.name == check.name)) {
        let Some(merged) = of(after, check) else { continue };
        ready.carried.checks.retain(|other| other.name != check.name);
        let is_partition = end.partition_of.is_some() && merged.expression == check.expression;
        if of(before, check).is_none() && !is_partition {
            ready.aligned.checks.retain(|other| other.name != check.name);
        }
    }
}

/// What a partition has of the keys and indexes of its parent follows them. One that comes with the parent's, under a
/// name that the server would not make up, is made first: the server then takes it for the parent's.
fn carry_attached(before: &Table, after: &Table, start: &Table, end: &Table, ready: &mut Ready) {
    let (was, is) = (Keyed::of(before), Keyed::of(after));
    for (name, wanted) in &end.attached {
        let Some(part) = is.iter().find(|part| part.name() == Some(name)) else { continue };
        let stays = predecessor(part, &was, &is).and_then(|old| start.attached.get(old));
        let now = match stays {
            Some(now) => now.clone(),
            None => come(part, wanted, end, ready),
        };
        if (&now.name, &now.comment) != (&wanted.name, &wanted.comment) {
            let named = |attached: &Attached| part.named(&attached.name, attached.comment.as_ref());
            ready.extra.extend(Keyed::altered(named(&now), named(wanted)));
        }
    }
    ready.carried.attached.clone_from(&end.attached);
}

/// The name of the part that one was before, where it stands.
fn predecessor<'a>(part: &Keyed, was: &'a [Keyed], is: &[Keyed]) -> Option<&'a str> {
    let same_name = was.iter().find(|old| old.name() == part.name());
    let old = match same_name {
        Some(old) => Some(old).filter(|old| old.same_shape(part)),
        None => was.iter().find(|old| old.same_shape(part) && !is.iter().any(|new| new.name() == old.name())),
    };
    old.and_then(Keyed::name)
}

/// How a partition gets its share of a key or index that its parent gets.
fn come(part: &Keyed, wanted: &Attached, end: &Table, ready: &mut Ready) -> Attached {
    let own = Keyed::of(&ready.carried);
    let free = |one: &&Keyed| one.same_shape(part) && !Keyed::of(end).iter().any(|kept| kept.name() == one.name());
    let found = own.iter().find(|one| one.name() == Some(&wanted.name) && one.same_shape(part));
    if let Some(name) = found.or_else(|| own.iter().find(free)).and_then(Keyed::name) {
        Keyed::take(&mut ready.carried, name);
        let comment = Keyed::take(&mut ready.aligned, name).and_then(|taken| {
            let comment = comment_of(&taken);
            taken.named(&wanted.name, comment.as_ref()).add_to(&mut ready.aligned);
            comment
        });
        return Attached { comment, ..wanted.clone() };
    }
    if !wanted.is_made_up {
        part.named(&wanted.name, None).add_to(&mut ready.aligned);
    }
    Attached { comment: None, ..wanted.clone() }
}

fn comment_of(part: &Keyed) -> Option<String> {
    match part {
        Keyed::PrimaryKey(key) => key.comment.clone(),
        Keyed::Unique(unique) => unique.comment.clone(),
        Keyed::Exclusion(exclusion) => exclusion.comment.clone(),
        Keyed::Index(index) => index.comment.clone(),
    }
}

/// What takes a table out of parents, or gives it to them.
pub(super) fn moved(previous: &Table, next: &Table) -> Option<AlteredTable> {
    let mut found = Vec::new();
    if previous.inherits != next.inherits {
        found.push(Edit::Inherits);
    }
    if previous.partition_of != next.partition_of {
        found.push(Edit::Partition);
    }
    altered(previous, next, found)
}

/// A table of both sides, where anything is to be edited.
pub(super) fn altered(previous: &Table, next: &Table, edits: Vec<Edit>) -> Option<AlteredTable> {
    let (previous, next) = (Arc::new(previous.clone()), Arc::new(next.clone()));
    (!edits.is_empty()).then_some(AlteredTable { previous, next, edits })
}
