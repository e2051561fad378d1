//! Tables that are made anew, because no statement turns the one into the other: a plain table and a partitioned one, two
//! that are partitioned in different ways, by another type or by an operator class that is made anew, or foreign tables of two servers. The rows are set aside, and put back once the
//! table is there again with its partitions; those of a foreign table are elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Column, Definition, DefinitionKind, ObjectName, Reference, Schema, Table};

use super::change::{Rows, RowsStep};
use super::strip::is_collation;
use super::words::names_column;
use super::{Definitions, Guide, enums};

/// The tables of both sides that are made anew: those that are partitioned in another way or get another server, and the
/// partitions that stay under one of them.
pub(super) fn find(previous: &Schema, next: &Schema, guide: &Guide) -> BTreeSet<ObjectName> {
    let both = || previous.tables.iter().filter_map(|old| Some((old, next.table(&old.name)?)));
    let servers = servers(previous, next, guide);
    let classes = made_anew(DefinitionKind::OperatorClass, previous, next, guide);
    let kinds = [DefinitionKind::Range, DefinitionKind::Collation];
    let grounds: BTreeSet<Reference> =
        kinds.into_iter().flat_map(|kind| made_anew(kind, previous, next, guide)).collect();
    let loses_class = |table: &Table| {
        classes.iter().any(|class| is_partitioned_by(table, class))
            || grounds.iter().any(|ground| is_partitioned_on(table, ground))
    };
    let loses_server = |table: &Table| server(table).is_some_and(|name| servers.contains(name));
    let goes = |(old, new): &(&Table, &Table)| is_other_way(old, new) || loses_server(old) || loses_class(old);
    let other_way = both().filter(goes).map(|(old, _)| old.name.clone());
    let mut anew: BTreeSet<ObjectName> = other_way.collect();
    if anew.is_empty() {
        return anew;
    }
    let below: Vec<ObjectName> = both()
        .filter(|(old, new)| {
            let top = top(old, previous, &anew);
            top.is_some() && top == self::top(new, next, &anew)
        })
        .map(|(old, _)| old.name.clone())
        .collect();
    anew.extend(below);
    anew
}

fn is_other_way(previous: &Table, next: &Table) -> bool {
    previous.partition_by != next.partition_by || server(previous) != server(next) || retypes_key(previous, next)
}

/// Whether a column by which a table is partitioned gets another type, which no statement gives it.
fn retypes_key(previous: &Table, next: &Table) -> bool {
    let Some((_, key)) = previous.partition_by.as_deref().and_then(|words| words.split_once('(')) else {
        return false;
    };
    let values = |column: &Column| (column.ty.clone(), column.collation.clone());
    previous.columns.iter().any(|column| {
        let retyped = next.column(&column.name).is_some_and(|next| values(next) != values(column));
        retyped && names_column(key, &column.name)
    })
}

/// Whether a table is partitioned by an operator class: its key says so, or no other part of it stands on that.
fn is_partitioned_by(table: &Table, class: &Reference) -> bool {
    let Some(key) = table.partition_by.as_deref().filter(|_| table.needs.contains(class)) else { return false };
    let keys = table.uniques.iter().map(|one| &one.needs).chain(table.primary_key.iter().map(|one| &one.needs));
    let parts = keys.chain(table.indexes.iter().map(|one| &one.needs));
    let mut parts = parts.chain(table.exclusions.iter().map(|one| &one.needs));
    let name = class.name.name.rsplit_once(" USING ").map_or(class.name.name.as_str(), |(name, _)| name);
    key.contains(name) || !parts.any(|needs| needs.contains(class))
}

/// Whether a table is partitioned by columns of a range type or collation, or by a text that names it.
fn is_partitioned_on(table: &Table, ground: &Reference) -> bool {
    let Some(key) = table.partition_by.as_deref().filter(|_| table.needs.contains(ground)) else { return false };
    let is_of = |column: &Column| {
        column.ty.native().is_some_and(|words| enums::is_of(words, &ground.name))
            || column.collation.as_deref().is_some_and(|words| is_collation(words, &ground.name))
    };
    key.contains(&ground.name.name)
        || table.columns.iter().any(|column| is_of(column) && names_column(key, &column.name))
}

/// The definitions of a kind that cannot become what they shall be.
fn made_anew(kind: DefinitionKind, previous: &Schema, next: &Schema, guide: &Guide) -> BTreeSet<Reference> {
    if guide.definitions == Definitions::Kept {
        return BTreeSet::new();
    }
    let is_anew = |one: &&Definition| {
        let other = next.definitions.iter().find(|other| other.kind == one.kind && other.name == one.name);
        other.is_some_and(|other| other != *one && !guide.replaces(one, other))
    };
    previous.definitions.iter().filter(|one| one.kind == kind).filter(is_anew).map(Definition::reference).collect()
}

/// The foreign servers that are made anew, since they or their wrappers cannot become what they shall be.
fn servers(previous: &Schema, next: &Schema, guide: &Guide) -> BTreeSet<String> {
    use DefinitionKind::{ForeignDataWrapper, Server};
    let wrappers = made_anew(ForeignDataWrapper, previous, next, guide);
    let changed = made_anew(Server, previous, next, guide);
    let loses_wrapper = |one: &Definition| one.needs.iter().any(|need| wrappers.contains(need));
    let servers = previous.definitions.iter().filter(|one| one.kind == Server);
    let servers = servers.filter(|one| changed.contains(&one.reference()) || loses_wrapper(one));
    servers.map(|one| one.name.name.clone()).collect()
}

/// The server of a foreign table.
fn server(table: &Table) -> Option<&String> {
    table.options.get("server")
}

/// The highest of the tables above this one that is made anew.
fn top<'a>(table: &Table, schema: &'a Schema, anew: &BTreeSet<ObjectName>) -> Option<&'a ObjectName> {
    let (name, _) = table.partition_of.as_ref()?;
    let parent = schema.table(name)?;
    top(parent, schema, anew).or_else(|| anew.contains(name).then_some(&parent.name))
}

/// Whether a table's rows come and go with a table above it.
pub(super) fn goes_with_parent(
    name: &ObjectName,
    previous: &Schema,
    next: &Schema,
    anew: &BTreeSet<ObjectName>,
) -> bool {
    let above = |schema: &'_ Schema| schema.table(name).and_then(|table| top(table, schema, anew)).cloned();
    let top = above(previous);
    top.is_some() && top == above(next)
}

/// What happens to the rows of the tables that are made anew: before, and after.
pub(super) fn rows(previous: &Schema, next: &Schema, anew: &BTreeSet<ObjectName>) -> Vec<Rows> {
    let tops = anew.iter().filter(|name| !goes_with_parent(name, previous, next, anew));
    let both = previous.composites.iter().map(|one| &one.name);
    let both = both.filter(|name| next.composites.iter().any(|other| other.name == **name));
    let composites: Vec<ObjectName> = both.cloned().collect();
    tops.filter_map(|name| {
        let (old, new) = (previous.table(name)?, next.table(name)?);
        if server(old).or(server(new)).is_some() {
            return None;
        }
        Some(Rows {
            previous: Arc::new(old.clone()),
            next: Arc::new(new.clone()),
            previous_partitions: partitions(previous, name),
            next_partitions: partitions(next, name),
            composites: composites.clone(),
            step: RowsStep::SetAside,
        })
    })
    .collect()
}

/// The partitions of a table, at every depth.
fn partitions(schema: &Schema, name: &ObjectName) -> Vec<ObjectName> {
    let direct =
        schema.tables.iter().filter(|table| table.partition_of.as_ref().is_some_and(|(parent, _)| parent == name));
    direct.flat_map(|table| std::iter::once(table.name.clone()).chain(partitions(schema, &table.name))).collect()
}
