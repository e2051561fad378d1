//! Names for what models leave unnamed: that of the thing in the database that is the same but for its name, else
//! the dialect's convention.

use std::collections::BTreeSet;

use rungs_schema::{ForeignKey, Index, ObjectName, Schema, Table};

use crate::dialect::{Dialect, Limits, NamedBy, Naming, Part, fit};
use crate::diff::Named;
use crate::error::PlanError;

/// A schema in which everything has a name that the dialect would name.
#[derive(Debug)]
pub struct Adopted {
    /// The schema.
    pub schema: Schema,
    /// The names that came from the convention, by table.
    pub open: BTreeSet<(ObjectName, String)>,
}

/// Names what `wanted` leaves unnamed. `current` is the database as it is, with renames done.
///
/// # Errors
/// When the project's convention builds on names that models give, and one gives none.
pub fn adopt(wanted: &Schema, current: &Schema, naming: &Naming, dialect: &dyn Dialect) -> Result<Adopted, PlanError> {
    let mut schema = wanted.clone();
    let mut open = BTreeSet::new();
    for table in &mut schema.tables {
        let empty = Table::default();
        let other = current.table(&table.name).unwrap_or(&empty);
        let of_keys = open_indexes_of_keys(table, dialect);
        let whole = table.clone();
        let mut namer = Namer { dialect, naming, table: &whole, taken: constraint_names(table), open: &mut open };
        let same_place = |a: &ForeignKey, b: &ForeignKey| a.columns == b.columns && a.references == b.references;
        namer.name_all(&mut table.foreign_keys, &other.foreign_keys, |key| Part::ForeignKey(key), same_place)?;
        table.foreign_keys.iter_mut().for_each(|key| adopt_actions(key, &other.foreign_keys, dialect));
        namer.name_all(&mut table.checks, &other.checks, |check| Part::Check(check), Named::same_but_name)?;
        name_indexes_of_keys(table, &of_keys, other);
        namer.taken = index_names(table);
        let key = table.primary_key.as_mut_slice();
        namer.name_all(key, other.primary_key.as_slice(), |key| Part::PrimaryKey(key), |_, _| true)?;
        namer.name_all(&mut table.uniques, &other.uniques, |unique| Part::Unique(unique), Named::same_but_name)?;
        namer.name_all(&mut table.indexes, &other.indexes, |index| Part::Index(index), Named::same_but_name)?;
        namer.name_all(&mut table.exclusions, &other.exclusions, |one| Part::Exclusion(one), Named::same_but_name)?;
    }
    Ok(Adopted { schema, open })
}

/// The name of a part that a model leaves unnamed: by the project's convention, else by the engine's.
///
/// # Errors
/// When the convention builds on a name that the model gives.
pub fn default_name(
    table: &Table,
    part: Part<'_>,
    naming: &Naming,
    dialect: &dyn Dialect,
) -> Result<Option<String>, PlanError> {
    if !dialect.keeps_name(part) {
        return Ok(None);
    }
    match naming.name(table, part, None, Limits::of(dialect)) {
        NamedBy::Yes(name) => Ok(Some(name)),
        NamedBy::No => Ok(dialect.default_name(&table.name.name, part)),
        NamedBy::WantsName => Err(PlanError::Invalid {
            reason: format!(
                "a {} of table {} has no name, and [naming] in migrate.toml builds on %(constraint_name)s",
                part.word(),
                table.name
            ),
            help: Some("give it a short name in the model: name = \"...\"".to_owned()),
        }),
    }
}

/// The indexes that a server makes for foreign keys without a name, by the columns of these. They are called as the keys.
fn open_indexes_of_keys(table: &mut Table, dialect: &dyn Dialect) -> Vec<Vec<String>> {
    let Table { foreign_keys, indexes, name, .. } = table;
    let mut found = Vec::new();
    for key in foreign_keys.iter().filter(|key| key.name.is_none()) {
        let made = dialect.default_name(&name.name, Part::ForeignKey(key));
        let is_its =
            |index: &&mut Index| index.name.is_some() && index.name == made && columns_of(index) == key.columns;
        if let Some(index) = indexes.iter_mut().find(is_its) {
            index.name = None;
            found.push(key.columns.clone());
        }
    }
    found
}

/// An index of this kind that is there lends its name, else it has that of its key.
fn name_indexes_of_keys(table: &mut Table, of_keys: &[Vec<String>], current: &Table) {
    let Table { foreign_keys, indexes, .. } = table;
    for columns in of_keys {
        let is_its = |index: &&mut Index| index.name.is_none() && columns_of(index) == *columns;
        let Some(index) = indexes.iter_mut().find(is_its) else { continue };
        if current.indexes.iter().any(|other| other.same_but_name(index)) {
            continue;
        }
        index.name = foreign_keys.iter().find(|key| key.columns == *columns).and_then(|key| key.name.clone());
    }
}

fn columns_of(index: &Index) -> Vec<String> {
    index.parts.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect()
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
    naming: &'a Naming,
    /// The table as it is wanted, with what is unnamed.
    table: &'a Table,
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
    ) -> Result<(), PlanError> {
        self.put_in_given(wanted, current, part_of);
        let claimed: Vec<String> = wanted.iter().filter_map(|part| part.name().map(str::to_owned)).collect();
        let mut free: Vec<&T> =
            current.iter().filter(|part| part.name().is_none_or(|name| !claimed.iter().any(|c| c == name))).collect();
        for part in wanted.iter_mut().filter(|part| part.name().is_none()) {
            let exact = free.iter().position(|candidate| candidate.same_but_name(part));
            let found = exact.or_else(|| free.iter().position(|candidate| same_place(candidate, part)));
            let found = found.map(|index| free.remove(index).name().map(str::to_owned));
            let name = match found {
                Some(name) if !self.is_enforced(part_of(part)) => name,
                _ => default_name(self.table, part_of(part), self.naming, self.dialect)?.map(|name| self.claim(name)),
            };
            part.set_name(name);
        }
        Ok(())
    }

    /// Whether the convention's name holds also for what has another one in the database.
    fn is_enforced(&self, part: Part<'_>) -> bool {
        self.naming.enforce
            && self.dialect.keeps_name(part)
            && matches!(self.naming.name(self.table, part, None, Limits::of(self.dialect)), NamedBy::Yes(_))
    }

    /// Names that models give and that the convention builds on. One that the database knows as it is given stays.
    fn put_in_given<T: Named>(&self, wanted: &mut [T], current: &[T], part_of: fn(&T) -> Part<'_>) {
        for part in wanted.iter_mut() {
            let Some(given) = part.name().map(str::to_owned) else { continue };
            let is_there = |name: &str| current.iter().any(|one| one.name() == Some(name));
            let whole = self.naming.name(self.table, part_of(part), Some(&given), Limits::of(self.dialect));
            match whole {
                NamedBy::Yes(whole) if is_there(&whole) || !is_there(&given) || self.naming.enforce => {
                    part.set_name(Some(whole));
                }
                _ => {}
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
        if !self.naming.enforce {
            self.open.insert((self.table.name.clone(), candidate.clone()));
        }
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
