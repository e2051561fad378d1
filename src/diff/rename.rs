//! Carries out, on the nouns, the renames that models tell of, so that all else is compared under one name.

use std::sync::Arc;

use rungs_schema::{Hints, IndexKey, IndexPart, ObjectName, Reference, Schema, Table};

use super::change::{AlterTable, Change, Delta, Edit};
use super::inheritance::parents;
use super::words::with_identifier;
use super::{dependents, not_null, rename_objects};

/// A schema after renames, and the renames as changes.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) schema: Schema,
    pub(super) changes: Vec<Change>,
}

/// Applies the hints that still have something to rename: the old name is there and the new one is not, and `next`
/// no longer has the old one. A hint that is true already is harmless.
pub(super) fn apply(previous: &Schema, next: &Schema, hints: &Hints) -> Renamed {
    let mut renamed = Renamed { schema: previous.clone(), changes: Vec::new() };
    rename_objects::types(&mut renamed, next, hints);
    for (new_name, table_hints) in &hints.tables {
        let Some(wanted) = next.table(new_name) else { continue };
        let old_name = table_hints
            .renamed_from
            .as_ref()
            .filter(|old| {
                renamed.schema.table(old).is_some()
                    && renamed.schema.table(new_name).is_none()
                    && next.table(old).is_none()
            })
            .unwrap_or(new_name);
        let Some(before) = renamed.schema.table(old_name).cloned() else { continue };
        let columns: Vec<(&str, &str)> = table_hints
            .columns
            .iter()
            .filter_map(|(new, hints)| Some((hints.renamed_from.as_deref()?, new.as_str())))
            .filter(|(old, new)| {
                before.column(old).is_some() && before.column(new).is_none() && wanted.column(old).is_none()
            })
            .collect();
        if old_name == new_name && columns.is_empty() {
            continue;
        }
        rename_relation(&mut renamed.schema, old_name, new_name);
        for (old, new) in &columns {
            rename_column(&mut renamed.schema, new_name, old, new);
        }
        let Some(after) = renamed.schema.table(new_name).cloned() else { continue };
        let edits = columns.iter().filter_map(|(old, new)| {
            let delta = Delta::Alter { previous: before.column(old)?.clone(), next: after.column(new)?.clone() };
            Some(Edit::Column { delta, backfill: None })
        });
        let edits = edits.collect();
        let (previous, next) = (Arc::new(before), Arc::new(after));
        renamed.changes.push(Change::AlterTable(AlterTable { previous, next, edits, dependents: Vec::new() }));
    }
    rename_objects::views(&mut renamed, next, hints);
    renamed.schema.sort();
    renamed
}

/// Gives a table, or with [`rename_objects::views`] a view, another name wherever others name it.
pub(super) fn rename_relation(schema: &mut Schema, old: &ObjectName, new: &ObjectName) {
    let rename = |name: &mut ObjectName| {
        if name == old {
            new.clone_into(name);
        }
    };
    for table in &mut schema.tables {
        if table.name == *old {
            // The text is rewritten by the engine in ways that are its own.
            table.verbatim = None;
        }
        if parents(table).any(|parent| parent == old) {
            table.columns.iter_mut().for_each(|column| not_null::rename_parent(column, old, new));
        }
        rename(&mut table.name);
        table.foreign_keys.iter_mut().for_each(|key| rename(&mut key.references));
        table.inherits.iter_mut().chain(table.partition_of.iter_mut().map(|(parent, _)| parent)).for_each(rename);
    }
    schema.sequences.iter_mut().filter_map(|sequence| sequence.owned_by.as_mut()).for_each(|(table, _)| rename(table));
    for access in &mut schema.access {
        if access.object == Reference::relation(old) {
            access.object = Reference::relation(new);
        }
        access.part_of.iter_mut().for_each(|(table, _)| rename(table));
    }
    for definition in &mut schema.definitions {
        definition.table.iter_mut().for_each(rename);
        definition.needs = dependents::renamed(&definition.needs, old, new);
    }
}

fn rename_column(schema: &mut Schema, table_name: &ObjectName, old: &str, new: &str) {
    let rename = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    for table in &mut schema.tables {
        for key in table.foreign_keys.iter_mut().filter(|key| key.references == *table_name) {
            key.referenced_columns.iter_mut().for_each(rename);
        }
    }
    for (table, column) in schema.sequences.iter_mut().filter_map(|sequence| sequence.owned_by.as_mut()) {
        if table == table_name {
            rename(column);
        }
    }
    for access in schema.access.iter_mut().filter(|access| access.object == Reference::relation(table_name)) {
        access.privileges = access.privileges.take().map(|privileges| {
            let renamed = |mut one: rungs_schema::Privilege| {
                one.column.iter_mut().for_each(rename);
                one
            };
            privileges.into_iter().map(renamed).collect()
        });
    }
    for (table, column) in schema.access.iter_mut().filter_map(|access| access.part_of.as_mut()) {
        if table == table_name {
            rename(column);
        }
    }
    // The children's columns follow.
    let mut tables = vec![table_name.clone()];
    while let Some(name) = tables.pop() {
        let children = schema.tables.iter().filter(|child| parents(child).any(|parent| *parent == name));
        tables.extend(children.map(|child| child.name.clone()));
        if let Some(table) = schema.tables.iter_mut().find(|table| table.name == name) {
            rename_own_column(table, old, new);
        }
    }
}

fn rename_own_column(table: &mut Table, old: &str, new: &str) {
    let rename = |name: &mut String| {
        if name == old {
            new.clone_into(name);
        }
    };
    let rewrite = |expression: &mut String| *expression = with_identifier(expression, old, new);
    let rename_part = |part: &mut IndexPart| match &mut part.key {
        IndexKey::Column(name) => rename(name),
        IndexKey::Expression(text) => rewrite(text),
    };
    table.verbatim = None;
    for column in &mut table.columns {
        rename(&mut column.name);
        column.generated.iter_mut().for_each(|generated| rewrite(&mut generated.expression));
    }
    table.primary_key.iter_mut().flat_map(|key| &mut key.parts).for_each(rename_part);
    table.uniques.iter_mut().flat_map(|unique| &mut unique.parts).for_each(rename_part);
    for key in &mut table.foreign_keys {
        key.columns.iter_mut().for_each(rename);
        key.on_delete_columns.iter_mut().for_each(rename);
    }
    for check in &mut table.checks {
        check.column.iter_mut().for_each(rename);
        rewrite(&mut check.expression);
    }
    for index in &mut table.indexes {
        index.parts.iter_mut().for_each(rename_part);
        index.include.iter_mut().for_each(rename);
        index.predicate.iter_mut().for_each(rewrite);
    }
}
