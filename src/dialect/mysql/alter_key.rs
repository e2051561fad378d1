//! Keys and constraints of a table that stays.

use rungs_schema::{Check, ForeignKey, Index, IndexPart, Options, PrimaryKey};

use super::alter::{Alteration, Altered, Clauses, Key};
use super::ddl::PERIOD;
use super::ddl_column::split_extras;
use super::ddl_key::WITHOUT_OVERLAPS;
use super::token::tokens;
use crate::dialect::{Dialect as _, Statement, fit};
use crate::diff::change::{Delta, Edit};

impl Alteration<'_> {
    /// What has to be gone before the main statement, because the server looks at a whole statement as it would be in the
    /// end, and finds what it drops there still in the way: keys that pin a column, and periods.
    pub(super) fn make_way(&mut self) -> Vec<Statement> {
        self.note_keys_to_make_anew();
        let mut clauses = Clauses::default();
        let (period, next_period) = self.option(PERIOD);
        let period_goes = period.is_some() && period != next_period;
        let previous = &self.change.previous;
        let stands_on_period = |parts: &[IndexPart]| {
            period_goes && parts.iter().any(|part| part.opclass.as_deref() == Some(WITHOUT_OVERLAPS))
        };
        if previous.primary_key.as_ref().is_some_and(|key| stands_on_period(&key.parts)) {
            self.early.insert(Key::Primary);
        }
        for index in &previous.indexes {
            let Some(name) = index.name.clone() else { continue };
            if stands_on_period(&index.parts) || self.pins_reference_system(index) || self.gets_another_parser(index) {
                self.early.insert(Key::Index(name));
            }
        }
        self.set_names_aside(&mut clauses);
        for key in &self.early {
            self.drop_key(&mut clauses, key);
            if !self.is_edited(key) {
                self.anew.insert(key.clone());
            }
        }
        for word in self.attributes_of_engine_that_goes() {
            clauses.add(format!("{word}=DEFAULT"), format!("sets {word} of {}", self.next().name));
        }
        if let Some(period) = period.filter(|_| period_goes) {
            let name = period.split(" (").next().unwrap_or_default();
            clauses.add(format!("DROP PERIOD FOR {name}"), format!("drops period {name} of {}", self.next().name));
        }
        self.statement(clauses).into_iter().collect()
    }

    /// MariaDB takes names of indexes that differ in letter case alone for the same name, and leaves InnoDB the former
    /// one: the next to open the table finds an index that InnoDB does not know (error 1030). Another name between the
    /// two keeps them apart.
    fn set_names_aside(&mut self, clauses: &mut Clauses) {
        if !self.dialect.is_mariadb() || !self.dialect.abilities.rename_index {
            return;
        }
        let deltas = self.change.edits.iter().filter_map(|edit| match edit {
            Edit::Index(delta) => Some(delta),
            _ => None,
        });
        let next: Vec<&String> =
            deltas.clone().filter_map(|delta| delta.next().and_then(|index| index.name.as_ref())).collect();
        for old in deltas.filter_map(|delta| delta.previous().and_then(|index| index.name.as_ref())) {
            let is_other_case = |new: &&String| **new != *old && new.to_lowercase() == old.to_lowercase();
            if next.iter().any(is_other_case) && !self.early.contains(&Key::Index(old.clone())) {
                let aside = fit(format!("{old}__before"), self.dialect.features.identifier_length);
                let clause = format!("RENAME KEY {} TO {}", self.dialect.quote(old), self.dialect.quote(&aside));
                clauses.add(clause, format!("sets index {old} of {} aside", self.next().name));
                self.aside.insert(old.clone(), aside);
            }
        }
    }

    /// The name under which an index stands now.
    fn current_name<'a>(&'a self, index: &'a str) -> &'a str {
        self.aside.get(index).map_or(index, String::as_str)
    }

    /// A key on a column of places pins the system in which it tells places.
    fn pins_reference_system(&self, index: &Index) -> bool {
        index.method.as_deref() == Some("spatial")
            && self.altered.iter().any(|altered| {
                let system = |native: Option<&str>| split_extras(native.unwrap_or_default()).1.to_owned();
                index.parts.iter().any(|part| part.column_name() == Some(altered.previous.name.as_str()))
                    && system(altered.previous.ty.native()) != system(altered.next.ty.native())
            })
    }

    /// MySQL takes a full-text key on the same columns for the same key, whatever cuts the words.
    fn gets_another_parser(&self, index: &Index) -> bool {
        index.method.as_deref() == Some("fulltext")
            && self.next().indexes.iter().any(|next| {
                next.name == index.name
                    && next.method == index.method
                    && next.options.get("parser") != index.options.get("parser")
            })
    }

    /// MariaDB writes the block size that a table had into those of its keys that name none; InnoDB builds the table
    /// again anyhow.
    fn note_keys_to_make_anew(&mut self) {
        let (engine, next_engine) = self.option("engine");
        let (size, next_size) = self.option("key_block_size");
        let resized = size != next_size && (size.is_some() || engine != next_engine);
        if !self.dialect.is_mariadb() || !resized || !self.change.edits.contains(&Edit::Options) {
            return;
        }
        let next = self.next();
        let sized = |options: &Options| options.contains_key("key_block_size");
        if next.primary_key.as_ref().is_some_and(|key| !sized(&key.options)) {
            self.anew.insert(Key::Primary);
        }
        let names = next.indexes.iter().filter(|index| !sized(&index.options)).filter_map(|index| index.name.clone());
        self.anew.extend(names.map(Key::Index));
        let edited: Vec<Key> = self.anew.iter().filter(|key| self.is_edited(key)).cloned().collect();
        self.anew.retain(|key| !edited.contains(key));
    }

    fn is_edited(&self, key: &Key) -> bool {
        self.change.edits.iter().any(|edit| match (edit, key) {
            (Edit::PrimaryKey(_), Key::Primary) => true,
            (Edit::Index(delta), Key::Index(name)) => {
                [delta.previous(), delta.next()].into_iter().flatten().any(|index| index.name.as_ref() == Some(name))
            }
            _ => false,
        })
    }

    fn drop_key(&self, clauses: &mut Clauses, key: &Key) {
        let table = &self.next().name;
        match key {
            Key::Primary => clauses.add("DROP PRIMARY KEY".to_owned(), format!("drops the primary key of {table}")),
            Key::Index(name) => {
                let clause = format!("DROP KEY {}", self.dialect.quote(self.current_name(name)));
                clauses.add(clause, format!("drops index {name} of {table}"));
            }
        }
    }

    /// MySQL renames no column that a check reads, unless the check goes in the same statement
    /// (<https://dev.mysql.com/doc/refman/en/create-table-check-constraints.html>); MariaDB follows the name by itself.
    pub(super) fn checks_of_renamed_columns(&self) -> Vec<&Check> {
        if self.dialect.is_mariadb() {
            return Vec::new();
        }
        let is_renamed = |altered: &&Altered<'_>| {
            altered.previous.name != altered.next.name && !self.renamed.contains(&altered.next.name)
        };
        let renamed = self.altered.iter().filter(is_renamed);
        let renamed: Vec<String> = renamed.map(|altered| self.dialect.quote(&altered.next.name)).collect();
        let was_there = |check: &Check| self.change.previous.checks.iter().any(|other| other.name == check.name);
        let reads =
            |check: &Check| tokens(&check.expression).iter().any(|token| renamed.iter().any(|name| name == token.text));
        let checks = self.change.next.checks.iter().filter(|check| check.name.is_some() && check.column.is_none());
        checks.filter(|check| was_there(check) && !self.is_edited_check(check) && reads(check)).collect()
    }

    fn is_edited_check(&self, check: &Check) -> bool {
        let name_of = |check: Option<&Check>| check.and_then(|check| check.name.clone());
        self.change.edits.iter().any(|edit| {
            matches!(edit, Edit::Check(delta) if [name_of(delta.previous()), name_of(delta.next())].contains(&check.name))
        })
    }

    pub(super) fn drop_check(&self, clauses: &mut Clauses, name: &str) {
        let word = if self.dialect.abilities.drop_constraint { "CONSTRAINT" } else { "CHECK" };
        let clause = format!("DROP {word} {}", self.dialect.quote(name));
        clauses.add(clause, format!("drops check {name} of {}", self.next().name));
    }

    pub(super) fn drops(&self, clauses: &mut Clauses) {
        let table = &self.next().name;
        for check in self.checks_of_renamed_columns() {
            self.drop_check(clauses, check.name.as_deref().unwrap_or_default());
        }
        for edit in &self.change.edits {
            match edit {
                Edit::ForeignKey(delta) => {
                    if let Some(ForeignKey { name: Some(name), .. }) = delta.previous() {
                        let clause = format!("DROP FOREIGN KEY {}", self.dialect.quote(name));
                        clauses.add(clause, format!("drops foreign key {name} of {table}"));
                    }
                }
                Edit::Check(delta) => {
                    if let Some(Check { name: Some(name), column: None, .. }) = delta.previous()
                        && self.check_in_place(delta).is_none()
                        && !self.early_checks.contains(name)
                    {
                        self.drop_check(clauses, name);
                    }
                }
                Edit::Index(delta) => {
                    if let (Some(Index { name: Some(name), .. }), None) = (delta.previous(), self.in_place(delta)) {
                        let key = Key::Index(name.clone());
                        if !self.early.contains(&key) {
                            self.drop_key(clauses, &key);
                        }
                    }
                }
                Edit::PrimaryKey(delta) if delta.previous().is_some() && !self.early.contains(&Key::Primary) => {
                    self.drop_key(clauses, &Key::Primary);
                }
                _ => {}
            }
        }
        for key in self.anew.difference(&self.early) {
            self.drop_key(clauses, key);
        }
    }

    /// What changes an index without building it again: another name, or whether the optimizer sees it.
    fn in_place(&self, delta: &Delta<Index>) -> Option<String> {
        let Delta::Alter { previous, next } = delta else { return None };
        let (old, new) = (previous.name.as_ref()?, next.name.as_ref()?);
        if self.early.contains(&Key::Index(old.clone())) {
            return None;
        }
        let abilities = &self.dialect.abilities;
        if abilities.rename_index && old != new && (Index { name: next.name.clone(), ..previous.clone() }) == *next {
            let old = self.dialect.quote(self.current_name(old));
            return Some(format!("RENAME KEY {old} TO {}", self.dialect.quote(new)));
        }
        let word = abilities.hidden_index?;
        let key = word.to_ascii_lowercase();
        let seen = |index: &Index| {
            let mut index = index.clone();
            index.options.shift_remove(&key);
            index
        };
        if old != new || seen(previous) != seen(next) {
            return None;
        }
        let shown = if self.dialect.is_mariadb() { "NOT IGNORED" } else { "VISIBLE" };
        let state = if next.options.contains_key(&key) { word } else { shown };
        Some(format!("ALTER INDEX {} {state}", self.dialect.quote(new)))
    }

    /// What changes a check without looking at every row, where all that changes is whether it is enforced.
    fn check_in_place(&self, delta: &Delta<Check>) -> Option<String> {
        let Delta::Alter { previous, next } = delta else { return None };
        if previous.name.as_ref().is_some_and(|name| self.early_checks.contains(name)) {
            return None;
        }
        let only_enforced = *next == Check { not_enforced: next.not_enforced, ..previous.clone() };
        let name = next.name.as_ref().filter(|_| only_enforced && !self.dialect.is_mariadb())?;
        let state = if next.not_enforced { "NOT ENFORCED" } else { "ENFORCED" };
        Some(format!("ALTER CHECK {} {state}", self.dialect.quote(name)))
    }

    /// Indexes that would lose a column with the virtual one that is dropped.
    pub(super) fn keep_indexes_of_freed(&mut self) {
        let freed = |index: &&Index| {
            self.freed.iter().any(|(altered, _)| {
                index.parts.iter().any(|part| part.column_name() == Some(altered.next.name.as_str()))
            })
        };
        let names = self.next().indexes.iter().filter(freed).filter_map(|index| index.name.clone()).map(Key::Index);
        let kept: Vec<_> = names.filter(|key| !self.is_edited(key)).collect();
        self.anew.extend(kept);
    }

    pub(super) fn additions(&self, clauses: &mut Clauses) {
        for key in &self.anew {
            self.add_again(clauses, key);
        }
        let waiting = |check: &&Check| {
            let is_edited = self.is_edited_check(check);
            !is_edited && check.name.as_ref().is_some_and(|name| self.early_checks.contains(name))
        };
        for check in self.checks_of_renamed_columns().into_iter().chain(self.change.next.checks.iter().filter(waiting))
        {
            let name = check.name.as_deref().unwrap_or_default();
            let comment = format!("adds check {name} to {}", self.next().name);
            clauses.add(format!("ADD {}", self.dialect.check(check)), comment);
        }
        for edit in &self.change.edits {
            match edit {
                Edit::PrimaryKey(delta) => {
                    if let Some(key) = delta.next() {
                        self.add_primary_key(clauses, key);
                    }
                }
                Edit::Index(delta) => self.add_index(clauses, delta),
                Edit::Check(delta) => self.add_check(clauses, delta),
                Edit::ForeignKey(delta) if !self.foreign_keys_wait() => {
                    if let Some(key) = delta.next() {
                        clauses.add(format!("ADD {}", self.dialect.foreign_key(key)), self.foreign_key_comment(key));
                    }
                }
                _ => {}
            }
        }
    }

    fn add_again(&self, clauses: &mut Clauses, key: &Key) {
        let next = self.next();
        match key {
            Key::Primary => {
                if let Some(key) = &next.primary_key {
                    self.add_primary_key(clauses, key);
                }
            }
            Key::Index(name) => {
                let index = next.indexes.iter().find(|index| index.name.as_ref() == Some(name));
                if index.is_some_and(|index| self.waits(index)) {
                    return;
                }
                let clause = index.map(|index| format!("ADD {}", self.dialect.index(index)));
                clauses.add(clause.unwrap_or_default(), format!("adds index {name} to {}", next.name));
            }
        }
    }

    fn add_primary_key(&self, clauses: &mut Clauses, key: &PrimaryKey) {
        let clause = format!("ADD {}", self.dialect.primary_key(key));
        clauses.add(clause, format!("adds the primary key of {}", self.next().name));
    }

    fn add_check(&self, clauses: &mut Clauses, delta: &Delta<Check>) {
        let Some(check) = delta.next().filter(|check| check.column.is_none()) else { return };
        let table = &self.next().name;
        let name = check.name.as_deref().unwrap_or(&check.expression);
        match self.check_in_place(delta) {
            Some(clause) => clauses.add(clause, format!("alters check {name} of {table}")),
            None => clauses.add(format!("ADD {}", self.dialect.check(check)), format!("adds check {name} to {table}")),
        }
    }

    fn add_index(&self, clauses: &mut Clauses, delta: &Delta<Index>) {
        let Some(index) = delta.next() else { return };
        let name = index.name.as_deref().unwrap_or_default();
        match self.in_place(delta) {
            Some(clause) => clauses.add(clause, format!("alters index {name} of {}", self.next().name)),
            None if self.waits(index) => {}
            None => self.add_new_index(clauses, index, name),
        }
    }

    fn add_new_index(&self, clauses: &mut Clauses, index: &Index, name: &str) {
        let clause = format!("ADD {}", self.dialect.index(index));
        clauses.add(clause, format!("adds index {name} to {}", self.next().name));
    }

    /// The full-text indexes that are built.
    fn new_full_text(&self) -> Vec<&Index> {
        let edited = self.change.edits.iter().filter_map(|edit| match edit {
            Edit::Index(delta) if self.in_place(delta).is_none() => delta.next(),
            _ => None,
        });
        let next = &self.change.next.indexes;
        let again = next
            .iter()
            .filter(|index| index.name.as_ref().is_some_and(|name| self.anew.contains(&Key::Index(name.clone()))));
        edited.chain(again).filter(|index| index.method.as_deref() == Some("fulltext")).collect()
    }

    /// InnoDB in MySQL builds one full-text index at a time.
    /// <https://dev.mysql.com/doc/refman/9.4/en/innodb-online-ddl-limitations.html>
    fn waits(&self, index: &Index) -> bool {
        let is_later = || self.new_full_text().iter().skip(1).any(|later| later.name == index.name);
        !self.dialect.is_mariadb() && index.method.as_deref() == Some("fulltext") && is_later()
    }

    /// The full-text indexes that the main statement could not take.
    pub(super) fn full_text_after(&self) -> Vec<Statement> {
        let waiting = self.new_full_text().into_iter().filter(|index| self.waits(index));
        let statement = |index: &Index| {
            let mut clauses = Clauses::default();
            self.add_new_index(&mut clauses, index, index.name.as_deref().unwrap_or_default());
            self.statement(clauses)
        };
        waiting.filter_map(statement).collect()
    }

    fn foreign_key_comment(&self, key: &ForeignKey) -> String {
        let name = key.name.as_deref().unwrap_or_default();
        format!("adds foreign key {name} from {} to {}", self.next().name, key.references)
    }

    /// The server refuses to add a foreign key under the name of one that goes in the same statement.
    fn foreign_keys_wait(&self) -> bool {
        self.change.edits.iter().any(|edit| matches!(edit, Edit::ForeignKey(delta) if delta.previous().is_some()))
    }

    pub(super) fn foreign_keys_after(&self) -> Option<Statement> {
        let mut clauses = Clauses::default();
        for edit in self.change.edits.iter().filter(|_| self.foreign_keys_wait()) {
            if let Edit::ForeignKey(delta) = edit
                && let Some(key) = delta.next()
            {
                clauses.add(format!("ADD {}", self.dialect.foreign_key(key)), self.foreign_key_comment(key));
            }
        }
        self.statement(clauses)
    }
}
