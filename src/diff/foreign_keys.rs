//! Takes foreign keys out of the way and puts them back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rungs_schema::{Action, ForeignKey, Index, ObjectName, Schema, Table};

use super::Rules;
use super::change::{AlterTable, Delta, Edit};
use super::compare::AlteredTable;
use super::order::{Unsettled, referred_first};
use super::parts::Named;

/// The tables' share of an ordered list, with the foreign keys that need a place of their own taken out.
#[derive(Debug)]
pub(super) struct Reconnected {
    /// Drops of foreign keys, before everything else.
    pub(super) cut: Vec<AlterTable>,
    /// Tables that go, referring ones first, without the keys that were cut.
    pub(super) dropped: Vec<Arc<Table>>,
    /// Tables that come, referred ones first, without the keys that are tied later.
    pub(super) created: Vec<Arc<Table>>,
    /// All other edits.
    pub(super) altered: Vec<AlteredTable>,
    /// Creations of foreign keys, after everything else.
    pub(super) tied: Vec<AlterTable>,
}

pub(super) fn reconnect(
    created: Vec<Arc<Table>>,
    dropped: Vec<Arc<Table>>,
    altered: Vec<AlteredTable>,
    previous: &Schema,
    next: &Schema,
    unsettled: &Unsettled,
    rules: &Rules,
) -> Reconnected {
    let created = referred_first(created);
    let mut dropped = referred_first(dropped);
    dropped.reverse();
    if !rules.foreign_keys_in_place {
        return Reconnected { cut: Vec::new(), dropped, created, altered, tied: Vec::new() };
    }
    let mut found = Reconnected {
        cut: Vec::new(),
        dropped: Vec::new(),
        created: Vec::new(),
        altered: Vec::new(),
        tied: Vec::new(),
    };
    let moving = in_the_way(&altered, previous, next, unsettled, rules);
    create_tables(created, &altered, &mut found);
    alter_tables(altered, moving, previous, rules, &mut found);
    drop_tables(dropped, &mut found);
    found
}

/// Created tables refer in their own statement to tables that stand already and are not edited; the rest is tied later.
fn create_tables(created: Vec<Arc<Table>>, altered: &[AlteredTable], found: &mut Reconnected) {
    let mut not_yet: BTreeSet<ObjectName> = created.iter().map(|table| table.name.clone()).collect();
    not_yet.extend(altered.iter().map(|table| table.next.name.clone()));
    for table in created {
        not_yet.remove(&table.name);
        let (later, now): (Vec<_>, Vec<_>) =
            table.foreign_keys.iter().cloned().partition(|key| not_yet.contains(&key.references));
        let bare = Arc::new(Table { foreign_keys: now, ..(*table).clone() });
        tie(&bare, &table, later, found);
        found.created.push(bare);
    }
}

/// Dropped tables go one by one; a key that refers to one which goes earlier is cut first.
fn drop_tables(dropped: Vec<Arc<Table>>, found: &mut Reconnected) {
    let mut gone: BTreeSet<ObjectName> = BTreeSet::new();
    for table in dropped {
        let (early, kept): (Vec<_>, Vec<_>) =
            table.foreign_keys.iter().cloned().partition(|key| gone.contains(&key.references));
        gone.insert(table.name.clone());
        let bare = Arc::new(Table { foreign_keys: kept, ..(*table).clone() });
        cut(&table, &bare, early, found);
        found.dropped.push(bare);
    }
}

fn alter_tables(
    altered: Vec<AlteredTable>,
    mut moving: BTreeMap<ObjectName, Vec<ForeignKey>>,
    previous: &Schema,
    rules: &Rules,
    found: &mut Reconnected,
) {
    let in_place = |old: &ForeignKey, new: &ForeignKey| {
        rules.renames_foreign_keys && old.same_but_name(new)
            || rules.alters_foreign_key.is_some_and(|alters| alters(old, new))
    };
    for table in altered {
        let (mut cut_keys, mut tied_keys, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        let in_the_way = moving.remove(&table.next.name).unwrap_or_default();
        for edit in table.edits {
            match edit {
                Edit::ForeignKey(Delta::Alter { previous, next })
                    if in_place(&previous, &next) && !in_the_way.contains(&previous) =>
                {
                    rest.push(Edit::ForeignKey(Delta::Alter { previous, next }));
                }
                Edit::ForeignKey(delta) => {
                    cut_keys.extend(delta.previous().cloned());
                    tied_keys.extend(delta.next().cloned());
                }
                other => rest.push(other),
            }
        }
        for key in in_the_way.into_iter().filter(|key| table.next.foreign_keys.contains(key)) {
            cut_keys.push(key.clone());
            tied_keys.push(key);
        }
        let before = without(&table.previous, &cut_keys);
        let after = without(&table.next, &tied_keys);
        cut(&table.previous, &before, cut_keys, found);
        tie(&after, &table.next, tied_keys, found);
        if !rest.is_empty() {
            found.altered.push(AlteredTable { previous: before, next: after, edits: rest });
        }
    }
    // Tables without a difference of their own, whose keys are in the way of others'.
    for (name, keys) in moving {
        let Some(table) = previous.table(&name) else { continue };
        let whole = Arc::new(table.clone());
        let bare = without(&whole, &keys);
        cut(&whole, &bare, keys.clone(), found);
        tie(&bare, &whole, keys, found);
    }
}

fn without(table: &Arc<Table>, keys: &[ForeignKey]) -> Arc<Table> {
    if keys.is_empty() {
        return Arc::clone(table);
    }
    let foreign_keys = table.foreign_keys.iter().filter(|key| !keys.contains(key)).cloned().collect();
    Arc::new(Table { foreign_keys, ..(**table).clone() })
}

fn cut(whole: &Arc<Table>, bare: &Arc<Table>, keys: Vec<ForeignKey>, found: &mut Reconnected) {
    let edits: Vec<_> = keys.into_iter().map(|previous| Edit::ForeignKey(Delta::Drop { previous })).collect();
    if !edits.is_empty() {
        let (previous, next) = (Arc::clone(whole), Arc::clone(bare));
        found.cut.push(AlterTable { previous, next, edits, dependents: Vec::new() });
    }
}

fn tie(bare: &Arc<Table>, whole: &Arc<Table>, keys: Vec<ForeignKey>, found: &mut Reconnected) {
    let edits: Vec<_> = keys.into_iter().map(|next| Edit::ForeignKey(Delta::Create { next })).collect();
    if !edits.is_empty() {
        let (previous, next) = (Arc::clone(bare), Arc::clone(whole));
        found.tied.push(AlterTable { previous, next, edits, dependents: Vec::new() });
    }
}

/// The foreign keys that cannot stay where they are, because they stand on a key that goes or changes, or (where the engine
/// minds) on a column whose type changes: by table.
fn in_the_way(
    altered: &[AlteredTable],
    previous: &Schema,
    next: &Schema,
    unsettled: &Unsettled,
    rules: &Rules,
) -> BTreeMap<ObjectName, Vec<ForeignKey>> {
    let by_name: BTreeMap<&ObjectName, &AlteredTable> = altered.iter().map(|table| (&table.next.name, table)).collect();
    let mut found: BTreeMap<ObjectName, Vec<ForeignKey>> = BTreeMap::new();
    for table in previous.tables.iter().filter(|table| !unsettled.anew.contains(&table.name)) {
        if next.table(&table.name).is_none() {
            continue;
        }
        for key in &table.foreign_keys {
            let target = by_name.get(&key.references);
            let is_unsettled = [&unsettled.anew, &unsettled.left, &unsettled.unkeyed]
                .iter()
                .any(|tables| tables.contains(&key.references));
            let loses_key = is_unsettled || target.is_some_and(|target| loses_key(target, &key.referenced_columns));
            let sets_null = [key.on_delete, key.on_update].contains(&Action::SetNull);
            let changes_type = rules.foreign_keys_pin_types
                && (by_name.get(&table.name).is_some_and(|own| changes_type(own, &key.columns, sets_null))
                    || target.is_some_and(|target| changes_type(target, &key.referenced_columns, false)));
            let is_torn =
                by_name.get(&table.name).zip(target).is_some_and(|(own, target)| is_torn(key, own, target, rules));
            if loses_key || changes_type || is_torn {
                found.entry(table.name.clone()).or_default().push(key.clone());
            }
        }
    }
    found
}

/// Whether a key on exactly these columns goes or changes.
fn loses_key(table: &AlteredTable, columns: &[String]) -> bool {
    let on = |parts: &[rungs_schema::IndexPart]| {
        let mut names: Vec<_> = parts.iter().filter_map(|part| part.column_name()).collect();
        let mut wanted: Vec<_> = columns.iter().map(String::as_str).collect();
        names.sort_unstable();
        wanted.sort_unstable();
        names == wanted
    };
    // A key that only gets another name stays where it is.
    fn changing<T: Named>(delta: &Delta<T>) -> Option<&T> {
        match delta {
            Delta::Drop { previous } => Some(previous),
            Delta::Alter { previous, next } if !previous.same_but_name(next) => Some(previous),
            Delta::Alter { .. } | Delta::Create { .. } => None,
        }
    }
    table.edits.iter().any(|edit| match edit {
        Edit::PrimaryKey(delta) => changing(delta).is_some_and(|key| on(&key.parts)),
        Edit::Unique(delta) => changing(delta).is_some_and(|unique| on(&unique.parts)),
        Edit::Index(delta) => changing(delta).is_some_and(|index: &Index| on(&index.parts)),
        _ => false,
    })
}

/// Whether a key's columns get another type on both sides, and it cannot stand between the one that has it already and the
/// one that has not.
fn is_torn(key: &ForeignKey, own: &AlteredTable, target: &AlteredTable, rules: &Rules) -> bool {
    let Some(bridges) = rules.foreign_keys_bridge else { return false };
    let types = |table: &AlteredTable, name: &str| {
        let ty = |table: &Table| table.column(name).and_then(|column| column.ty.native().map(str::to_owned));
        ty(&table.previous).zip(ty(&table.next)).filter(|(was, is)| was != is)
    };
    key.columns.iter().zip(&key.referenced_columns).any(|(column, referenced)| {
        types(own, column)
            .zip(types(target, referenced))
            // A key over periods compares by an index, which knows no two types.
            .is_some_and(|((a, b), (c, d))| key.period || !bridges(&a, &d) || !bridges(&b, &c))
    })
}

/// Whether a column changes in a way that the server refuses while a foreign key uses it: its type, character set,
/// numbering, or whether it is NULL (where an action sets it to NULL). A table's new collation rewrites every column
/// that has none of its own.
/// <https://dev.mysql.com/doc/refman/9.0/en/create-table-foreign-keys.html>
fn changes_type(table: &AlteredTable, columns: &[String], sets_null: bool) -> bool {
    let option = |key: &str| table.previous.options.get(key) != table.next.options.get(key);
    let rewritten = option("charset") || option("collation");
    let inherits = |name: &String| table.previous.column(name).is_some_and(|column| column.collation.is_none());
    let altered = |edit: &Edit| match edit {
        Edit::Column { delta: Delta::Alter { previous, next }, .. } => {
            let (was, is) = (previous, next);
            let same = (&was.ty, &was.charset, &was.collation) == (&is.ty, &is.charset, &is.collation)
                && (&was.auto_increment, &was.generated) == (&is.auto_increment, &is.generated)
                && (was.nullable == is.nullable || !sets_null);
            !same && columns.contains(&previous.name)
        }
        _ => false,
    };
    table.edits.iter().any(altered) || (rewritten && columns.iter().any(inherits))
}
