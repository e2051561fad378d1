//! A table that stays: in place where ALTER TABLE can do it, else by a rebuild.

use rungs_schema::{Column, Definition, DefinitionKind, Index, Table};

use super::ddl::{self, Elements, expression};
use super::rebuild::{self, Rebuild};
use super::rename::{Renames, in_order};
use super::render::{column_text, create_index, drop_index, from_nouns, own_words, quote};
use super::{Sqlite, describe};
use crate::dialect::{Dialect, Statement};
use crate::diff::change::{AlterTable, Delta, Edit};
use crate::error::PlanError;

pub(super) fn alter(dialect: &Sqlite, alter: &AlterTable) -> Result<Vec<Statement>, PlanError> {
    let work = Work::new(dialect, alter);
    let renames = in_order(&work.renames, &column_names(&alter.previous));
    match (work.in_place(), renames) {
        (true, Some(renames)) => Ok(work.alter(&renames)),
        (_, renames) => Ok(work.rebuild(renames)),
    }
}

/// An alteration, with what it comes down to once the names are right.
pub(super) struct Work<'a> {
    pub dialect: &'a Sqlite,
    pub alter: &'a AlterTable,
    pub next: &'a Table,
    /// The table before, under the names that it has afterwards.
    pub moved: Table,
    pub renames: Renames,
    /// What is left to do when the names are right.
    pub edits: Vec<&'a Edit>,
}

pub(super) fn column_names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|column| column.name.clone()).collect()
}

impl<'a> Work<'a> {
    fn new(dialect: &'a Sqlite, alter: &'a AlterTable) -> Self {
        let renames = alter.edits.iter().filter_map(|edit| match edit {
            Edit::Column { delta: Delta::Alter { previous, next }, .. } if previous.name != next.name => {
                Some((previous.name.clone(), next.name.clone()))
            }
            _ => None,
        });
        let renames = Renames(renames.collect());
        let moved = renames.table(&alter.previous, &alter.next.name.name);
        let next = &*alter.next;
        let edits = alter.edits.iter().filter(|edit| is_left(edit, &moved, next, &renames)).collect();
        Self { dialect, alter, next, moved, renames, edits }
    }

    fn created_columns(&self) -> impl Iterator<Item = (&'a Column, Option<&'a str>)> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Column { delta: Delta::Create { next }, backfill } => Some((next, backfill.as_deref())),
            _ => None,
        })
    }

    pub fn dropped_columns(&self) -> impl Iterator<Item = &'a Column> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Column { delta: Delta::Drop { previous }, .. } => Some(previous),
            _ => None,
        })
    }

    fn dropped_indexes(&self) -> impl Iterator<Item = &'a Index> {
        self.edits.iter().filter_map(|edit| match edit {
            Edit::Index(delta) => delta.previous(),
            _ => None,
        })
    }

    /// The triggers that go when the table is dropped.
    pub fn own_triggers(&self) -> Vec<&'a Definition> {
        let own = |definition: &&Definition| {
            definition.kind == DefinitionKind::Trigger
                && definition.table.as_ref().is_some_and(|table| {
                    table.name.eq_ignore_ascii_case(&self.alter.previous.name.name)
                        || table.name.eq_ignore_ascii_case(&self.next.name.name)
                })
        };
        self.alter.dependents.iter().filter(own).collect()
    }

    /// Whether ALTER TABLE can do all of it.
    fn in_place(&self) -> bool {
        let created = |name: Option<&String>| self.created_columns().any(|(column, _)| Some(&column.name) == name);
        let dropped = |name: Option<&String>| self.dropped_columns().any(|column| Some(&column.name) == name);
        let single = |columns: &'a [String]| columns.first().filter(|_| columns.len() == 1);
        let possible = self.edits.iter().all(|edit| match edit {
            Edit::Column { delta: Delta::Create { next }, backfill } => self.can_add(next, backfill.as_deref()),
            Edit::Column { delta: Delta::Drop { previous }, .. } => self.can_drop(previous),
            Edit::ForeignKey(Delta::Create { next }) => created(single(&next.columns)),
            Edit::ForeignKey(Delta::Drop { previous }) => dropped(single(&previous.columns)),
            Edit::Check(Delta::Create { next }) => created(next.column.as_ref()),
            Edit::Check(Delta::Drop { previous }) => dropped(previous.column.as_ref()),
            Edit::Index(_) | Edit::Comment | Edit::ColumnOrder => true,
            Edit::Column { delta: Delta::Alter { .. }, .. }
            | Edit::Values { .. }
            | Edit::PrimaryKey(_)
            | Edit::Unique(_)
            | Edit::ForeignKey(Delta::Alter { .. })
            | Edit::Check(Delta::Alter { .. })
            | Edit::Exclusion(_)
            | Edit::Inherits
            | Edit::Partition
            | Edit::Options
            | Edit::Wording => false,
        });
        possible && self.words_come_out_right()
    }

    /// Whether the table's words, edited by ALTER TABLE, are those that are wanted.
    ///
    /// Nobody wants words that are only what these nouns are rendered as, so that a table of models never has to be
    /// rebuilt for its words.
    fn words_come_out_right(&self) -> bool {
        let (Some(before), Some(after)) = (own_words(&self.alter.previous), own_words(self.next)) else { return true };
        if !self.renames.is_empty() || ddl::same_text(after.0, &from_nouns(self.next)) {
            return true;
        }
        let mut elements = Elements::of(before.0, &before.1);
        for column in self.dropped_columns() {
            elements.drop_column(&column.name);
        }
        for (column, _) in self.created_columns() {
            elements.add_column(&column.name, &self.added_text(column));
        }
        elements == Elements::of(after.0, &after.1)
    }

    /// What ADD COLUMN is given: the column's own words where the table has some.
    fn added_text(&self, column: &Column) -> String {
        let text = own_words(self.next).and_then(|(sql, parsed)| {
            let at = parsed.table.columns.iter().position(|found| found.name == column.name)?;
            let refers = self.next.foreign_keys.iter().any(|key| key.columns == [column.name.as_str()]);
            let written = !refers || parsed.referring_columns.contains(&column.name);
            parsed.columns.get(at).filter(|_| written).map(|range| sql[range.clone()].to_owned())
        });
        text.unwrap_or_else(|| column_text(self.next, column, false))
    }

    /// The limits of <https://www.sqlite.org/lang_altertable.html#altertabaddcol>.
    fn can_add(&self, column: &Column, backfill: Option<&str>) -> bool {
        let on_key = |parts: &[rungs_schema::IndexPart]| {
            parts.iter().any(|part| part.column_name() == Some(column.name.as_str()))
        };
        let keys = self.next.primary_key.iter().map(|key| &key.parts);
        let in_key = keys.chain(self.next.uniques.iter().map(|unique| &unique.parts)).any(|parts| on_key(parts));
        let constant = column.default.as_deref().is_none_or(is_constant);
        let refers = self.next.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
        let filled = column.nullable || column.default.is_some();
        let computed = match &column.generated {
            None => filled,
            Some(generated) => !generated.stored && column.nullable,
        };
        // An UPDATE that fills the column would fire the table's triggers.
        let quiet = backfill.is_none() || self.own_triggers().is_empty();
        !in_key && constant && computed && quiet && !(refers && column.default.is_some())
    }

    /// The limits of <https://www.sqlite.org/lang_altertable.html#alter_table_drop_column>. Of views and triggers that
    /// use the column, SQLite itself says so.
    fn can_drop(&self, column: &Column) -> bool {
        let table = &self.moved;
        let name = column.name.as_str();
        let names = |parts: &[rungs_schema::IndexPart]| {
            parts.iter().any(|part| match &part.key {
                rungs_schema::IndexKey::Column(found) => found == name,
                rungs_schema::IndexKey::Expression(text) => expression::mentions(text, name),
            })
        };
        let in_index = |index: &&Index| {
            names(&index.parts) || index.predicate.as_deref().is_some_and(|text| expression::mentions(text, name))
        };
        let stays = |index: &&Index| !self.dropped_indexes().any(|dropped| dropped.name == index.name);
        let in_key = table.primary_key.iter().any(|key| names(&key.parts))
            || table.uniques.iter().any(|unique| names(&unique.parts))
            || table.indexes.iter().filter(stays).any(|index| in_index(&index));
        let in_check = table
            .checks
            .iter()
            .any(|check| check.column.as_deref() != Some(name) && expression::mentions(&check.expression, name));
        let goes = |other: &Column| self.dropped_columns().any(|dropped| dropped.name == other.name);
        let computes = table.columns.iter().any(|other| other.name != name && !goes(other) && reads(other, name));
        let referred = self.next.foreign_keys.iter().chain(&table.foreign_keys).any(|key| {
            key.references == table.name && key.referenced_columns.iter().any(|referenced| referenced == name)
        });
        let alone = table.columns.iter().all(|other| other.name == name || other.generated.is_some());
        self.dialect.version().at_least(3, 35, 0)
            && !(in_key || in_check || computes || referred || alone || self.refers_apart(name))
    }

    /// The columns that go, a computed one before those that it reads.
    fn drops_in_order(&self) -> Vec<&'a Column> {
        let mut left: Vec<_> = self.dropped_columns().collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_read =
                |column: &Column| left.iter().any(|other| other.name != column.name && reads(other, &column.name));
            let next = left.iter().position(|column| !is_read(column)).unwrap_or_default();
            order.push(left.remove(next));
        }
        order
    }

    /// Whether the column has a foreign key that is not written with it.
    fn refers_apart(&self, name: &str) -> bool {
        let mut keys = self.moved.foreign_keys.iter().filter(|key| key.columns.iter().any(|column| column == name));
        let with_column = own_words(&self.alter.previous)
            .is_some_and(|(_, parsed)| parsed.referring_columns.iter().any(|column| column == name));
        keys.any(|key| key.columns.len() > 1 || !with_column)
    }

    fn alter(&self, renames: &[(String, String)]) -> Vec<Statement> {
        let table = quote(&self.next.name.name);
        let mut statements = rebuild::rename_table(&self.alter.previous.name.name, &self.next.name.name);
        for edit in &self.edits {
            if let Edit::Index(Delta::Drop { previous } | Delta::Alter { previous, .. }) = edit {
                statements.push(drop_index(self.next, previous));
            }
        }
        statements.extend(rename_columns(self.next, renames));
        for (column, backfill) in self.created_columns() {
            let (name, text) = (&column.name, self.added_text(column));
            let comment = self.alter.adds_at_the_end(name);
            statements.push(Statement::new(format!("ALTER TABLE {table} ADD COLUMN {text}"), comment));
            if let Some(backfill) = backfill {
                let comment = format!("fills column {}.{name}", self.next.name);
                let sql = format!("UPDATE {table} SET {} = ({backfill})", quote(name));
                statements.push(Statement::new(sql, comment));
            }
        }
        for column in self.drops_in_order() {
            let name = format!("{}.{}", self.next.name, column.name);
            let sql = format!("ALTER TABLE {table} DROP COLUMN {}", quote(&column.name));
            let statement = Statement::new(sql, format!("drops column {name}"));
            let stored = column.generated.is_none();
            statements.push(if stored { statement.losing(format!("column {name} and its values")) } else { statement });
        }
        for edit in &self.edits {
            if let Edit::Index(Delta::Create { next } | Delta::Alter { next, .. }) = edit {
                statements.push(create_index(self.dialect, self.next, next));
            }
        }
        statements
    }

    /// A rebuild, and the new names.
    ///
    /// SQLite gives triggers the new names when it renames, but a rebuild has to create them again from the words that
    /// they had. So with triggers the rebuild comes first, under the old names; without, the names come first, so that
    /// the table gets the words that are wanted. Names that cannot be given one by one are given by the copy itself.
    fn rebuild(&self, renames: Option<Vec<(String, String)>>) -> Vec<Statement> {
        let (old, new) = (self.alter.previous.name.name.as_str(), self.next.name.name.as_str());
        let (none, back) = (Renames::default(), self.renames.reversed());
        let (triggers, reasons) = (self.own_triggers(), describe::reasons(self));
        let (triggers, reasons) = (triggers.as_slice(), reasons.as_str());
        if let Some(renames) = renames.filter(|_| triggers.is_empty()) {
            let (from, to) = (&self.moved, self.next);
            let rebuild = Rebuild { work: self, from, to, sources: &none, wanted: &none, triggers, reasons };
            let mut statements = rebuild::rename_table(old, new);
            statements.extend(rename_columns(self.next, &renames));
            statements.extend(rebuild.statements());
            return statements;
        }
        let from = &*self.alter.previous;
        let under_old_names = back.table(self.next, old);
        let columns = column_names(&under_old_names);
        let (rebuild, renames) = match in_order(&self.renames, &columns).filter(|_| all_differ(&columns)) {
            Some(renames) => {
                let (to, wanted) = (&under_old_names, &self.renames);
                (Rebuild { work: self, from, to, sources: &none, wanted, triggers, reasons }.statements(), renames)
            }
            None => {
                let to = &none.table(self.next, old);
                let (sources, wanted) = (&back, &none);
                (Rebuild { work: self, from, to, sources, wanted, triggers, reasons }.statements(), Vec::new())
            }
        };
        let mut statements = rebuild;
        statements.extend(rebuild::rename_table(old, new));
        statements.extend(rename_columns(self.next, &renames));
        statements
    }
}

/// Whether a column is computed from the one of this name.
fn reads(column: &Column, name: &str) -> bool {
    column.generated.as_ref().is_some_and(|generated| expression::mentions(&generated.expression, name))
}

fn all_differ(names: &[String]) -> bool {
    let mut lower: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    lower.sort();
    lower.windows(2).all(|pair| pair[0] != pair[1])
}

fn rename_columns(table: &Table, renames: &[(String, String)]) -> Vec<Statement> {
    let rename = |(old, new): &(String, String)| {
        // A bare name stays bare in the texts that SQLite edits.
        let (from, to) = (quote(old), expression::name(new));
        let sql = format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", quote(&table.name.name));
        Statement::new(sql, format!("renames column {0}.{old} to {0}.{new}", table.name))
    };
    renames.iter().map(rename).collect()
}

/// Whether ADD COLUMN takes the default: a literal that is not the time.
fn is_constant(default: &str) -> bool {
    expression::is_literal(default) && !default.starts_with("CURRENT_")
}

/// Whether an edit is still to be done when the names are right.
fn is_left(edit: &Edit, moved: &Table, next: &Table, renames: &Renames) -> bool {
    match edit {
        Edit::Column { delta: Delta::Alter { next, .. }, .. } => moved.column(&next.name) != Some(next),
        Edit::Column { .. } => true,
        Edit::PrimaryKey(_) => moved.primary_key != next.primary_key,
        Edit::Unique(_) => !same_set(&moved.uniques, &next.uniques),
        Edit::ForeignKey(_) => !same_set(&moved.foreign_keys, &next.foreign_keys),
        Edit::Check(_) => !same_set(&moved.checks, &next.checks),
        Edit::Index(Delta::Alter { previous, next }) => renames.index(previous) != *next,
        Edit::Index(_) => true,
        Edit::Comment | Edit::ColumnOrder => false,
        Edit::Options => moved.options != next.options,
        Edit::Wording | Edit::Values { .. } | Edit::Exclusion(_) | Edit::Inherits | Edit::Partition => true,
    }
}

fn same_set<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len() && a.iter().all(|item| b.contains(item))
}
