//! Names for what models leave unnamed: that of the thing in the database that is the same but for its name, else
//! the dialect's convention.

use std::collections::BTreeSet;

use rungs_schema::{ForeignKey, ObjectName, Schema, Table};

use crate::dialect::{Dialect, Part, fit};
use crate::diff::Named;

/// A schema in which everything has a name that the dialect would name.
#[derive(Debug)]
pub struct Adopted {
    /// The schema.
    pub schema: Schema,
    /// The names that came from the convention, by table.
    pub open: BTreeSet<(ObjectName, String)>,
}

/// Names what `wanted` leaves unnamed. `current` is the database as it is, with renames done.
pub fn adopt(wanted: &Schema, current: &Schema, dialect: &dyn Dialect) -> Adopted {
    let mut schema = wanted.clone();
    let mut open = BTreeSet::new();
    for table in &mut schema.tables {
        let empty = Table::default();
        let other = current.table(&table.name).unwrap_or(&empty);
        let mut namer = Namer { dialect, table: table.name.clone(), taken: constraint_names(table), open: &mut open };
        let same_place = |a: &ForeignKey, b: &ForeignKey| a.columns == b.columns && a.references == b.references;
        namer.name_all(&mut table.foreign_keys, &other.foreign_keys, |key| Part::ForeignKey(key), same_place);
        table.foreign_keys.iter_mut().for_each(|key| adopt_actions(key, &other.foreign_keys, dialect));
        namer.name_all(&mut table.checks, &other.checks, |check| Part::Check(check), Named::same_but_name);
        namer.taken = index_names(table);
        let key = table.primary_key.as_mut_slice();
        namer.name_all(key, other.primary_key.as_slice(), |key| Part::PrimaryKey(key), |_, _| true);
        namer.name_all(&mut table.uniques, &other.uniques, |unique| Part::Unique(unique), Named::same_but_name);
        namer.name_all(&mut table.indexes, &other.indexes, |index| Part::Index(index), Named::same_but_name);
        namer.name_all(&mut table.exclusions, &other.exclusions, |one| Part::Exclusion(one), Named::same_but_name);
    }
    Adopted { schema, open }
}

/// Where two actions do the same, the live one's word stands: the server may print them apart.
fn adopt_actions(wanted: &mut ForeignKey, current: &[ForeignKey], dialect: &dyn Dialect) {
    let Some(live) = current.iter().find(|key| key.name == wanted.name && key.columns == wanted.columns) else {
        return;
    };
    if dialect.same_action(wanted.on_delete, live.on_delete) {
        wanted.on_delete = live.on_delete;
    }
    if dialect.same_action(wanted.on_update, live.on_update) {
        wanted.on_update = live.on_update;
    }
}

struct Namer<'a> {
    dialect: &'a dyn Dialect,
    table: ObjectName,
    taken: BTreeSet<String>,
    open: &'a mut BTreeSet<(ObjectName, String)>,
}

impl Namer<'_> {
    /// Names the parts of one kind. `same_place` says that a part of the database may lend its name although it differs.
    fn name_all<T: Named>(
        &mut self,
        wanted: &mut [T],
        current: &[T],
        part_of: fn(&T) -> Part<'_>,
        same_place: fn(&T, &T) -> bool,
    ) {
        let claimed: Vec<String> = wanted.iter().filter_map(|part| part.name().map(str::to_owned)).collect();
        let mut free: Vec<&T> =
            current.iter().filter(|part| part.name().is_none_or(|name| !claimed.iter().any(|c| c == name))).collect();
        for part in wanted.iter_mut().filter(|part| part.name().is_none()) {
            let exact = free.iter().position(|candidate| candidate.same_but_name(part));
            let found = exact.or_else(|| free.iter().position(|candidate| same_place(candidate, part)));
            match found {
                Some(index) => part.set_name(free.remove(index).name().map(str::to_owned)),
                None => {
                    let name = self.dialect.default_name(&self.table.name, part_of(part));
                    part.set_name(name.map(|name| self.claim(name)));
                }
            }
        }
    }

    /// The name, or the first of `name1`, `name2`, ... that no part of the table has.
    fn claim(&mut self, name: String) -> String {
        let most = self.dialect.features().identifier_length;
        let mut candidate = name.clone();
        let mut number = 1;
        while !self.taken.insert(candidate.clone()) {
            candidate = fit(format!("{name}{number}"), most);
            number += 1;
        }
        self.open.insert((self.table.clone(), candidate.clone()));
        candidate
    }
}

/// The names that foreign keys and checks may not share.
fn constraint_names(table: &Table) -> BTreeSet<String> {
    names_of(&table.foreign_keys).chain(names_of(&table.checks)).collect()
}

/// The names that indexes may not share, and keys, which are indexes too.
fn index_names(table: &Table) -> BTreeSet<String> {
    let keys = names_of(table.primary_key.as_slice());
    let indexes = names_of(&table.indexes).chain(names_of(&table.exclusions));
    keys.chain(names_of(&table.uniques)).chain(indexes).collect()
}

fn names_of<T: Named>(parts: &[T]) -> impl Iterator<Item = String> + '_ {
    parts.iter().filter_map(|part| part.name().map(str::to_owned))
}
