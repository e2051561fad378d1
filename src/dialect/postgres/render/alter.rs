//! A table that stays.
//!
//! The order inside one change: the rename of the table; keys, checks and indexes that go; computed columns that go or
//! are made anew; columns that would be in the way of a new name; new names; changes; new columns; columns that go (a
//! backfill may still read them); computed columns; keys, checks and indexes that come; comments and options. Views,
//! triggers and the like that stand in the way have changes of their own before and after this one.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Column, Generated};

use super::column::Place;
use super::{column_option, comment, constraint, options, partition, sequence, table};
use crate::dialect::postgres::{Postgres, casts, qualified};
use crate::dialect::{Part, Statement};
use crate::diff::change::{AlterTable, Delta, Edit};
use crate::error::PlanError;

pub(super) fn alter(dialect: &Postgres, change: &AlterTable) -> Result<Vec<Statement>, PlanError> {
    let mut out = sequence::rename(dialect, "TABLE", "table", &change.previous.name, &change.next.name)?;
    let place = Place { dialect, table: &change.next };
    let columns = Columns::of(dialect, change);
    let parts = Parts::of(change, &columns);
    out.extend(names_after_rename(&place, change));
    let name = &change.next.name;
    out.extend(parts.drops.iter().rev().map(|part| constraint::drop(name, *part)));
    out.extend(parts.renames.iter().map(|(part, new)| constraint::rename(name, *part, new)));
    columns.render(&place, change, &mut out)?;
    for (previous, next) in &parts.changes {
        out.extend(constraint::change(name, *previous, *next));
    }
    for part in &parts.creates {
        out.extend(constraint::create(name, *part));
        out.extend(constraint::comment_on(name, *part));
    }
    out.extend(parts.comments.iter().map(|part| constraint::set_comment(name, *part)));
    let anew = parts.creates.iter().copied().filter_map(constraint::name_of).collect();
    out.extend(options::change(dialect, &change.previous, &change.next, &anew)?);
    for edit in &change.edits {
        match edit {
            Edit::Comment => {
                let object = format!("{} {}", table::word(&change.next), qualified(name));
                out.push(comment::on(&object, &format!("table {name}"), change.next.comment.as_deref()));
            }
            Edit::ColumnOrder => {
                let what = format!("change the order of the columns of table {name}");
                return Err(dialect.unsupported(what, "create a new table and copy the rows"));
            }
            Edit::Inherits => out.extend(partition::inheritance(&change.previous, &change.next)),
            Edit::Partition => out.extend(partition::partition(&change.previous, &change.next)),
            _ => {}
        }
    }
    Ok(out)
}

/// Columns that no edit names keep their sequences and constraints, under names that followed the old name of the table.
fn names_after_rename(place: &Place<'_>, change: &AlterTable) -> Vec<Statement> {
    let edited: BTreeSet<&str> = change
        .edits
        .iter()
        .filter_map(|edit| match edit {
            Edit::Column { delta, .. } => delta.previous().map(|column| column.name.as_str()),
            _ => None,
        })
        .collect();
    let kept = change.previous.columns.iter().filter(|column| !edited.contains(column.name.as_str()));
    let old = &change.previous.name;
    let names = |column| {
        place
            .rename_sequence(column, column, old)
            .into_iter()
            .chain(column_option::keep_required(place, column, column, old))
    };
    kept.flat_map(names).collect()
}

/// Columns that come, go or change their type: while they do, no computed column may read them.
struct Unsettled<'a>(BTreeSet<&'a str>);

impl<'a> Unsettled<'a> {
    fn of(columns: &Columns<'a>, altered: &[(&'a Column, &'a Column, Option<&'a str>)]) -> Self {
        let retyped = altered.iter().filter(|(a, b, _)| a.ty != b.ty || a.collation != b.collation).map(|(a, ..)| *a);
        let others = columns.drops.iter().copied().chain(columns.adds.iter().map(|(column, _)| *column));
        Self(retyped.chain(others).map(|column| column.name.as_str()).collect())
    }

    fn read_by(&self, column: &Column) -> bool {
        let reads = |made: &Generated| self.0.iter().any(|name| constraint::reads(&made.expression, name));
        column.generated.as_ref().is_some_and(reads)
    }

    /// Whether a column has to be dropped and added: one that becomes computed, and a computed one that the server
    /// does not change in place.
    fn remake(&self, dialect: &Postgres, previous: &Column, next: &Column) -> bool {
        let (Some(a), Some(b)) = (&previous.generated, &next.generated) else {
            return previous.generated.is_none() && next.generated.is_some();
        };
        let in_place = dialect.at_least(17) && !self.read_by(next);
        let converts = || {
            let types = previous.ty.native().zip(next.ty.native());
            types.is_some_and(|(from, to)| casts::using("", from, to).is_none())
        };
        let retyped = previous.ty != next.ty;
        a.stored != b.stored || (retyped && !converts()) || (a != b && !in_place) || self.read_by(previous)
    }
}

/// What happens to the columns.
struct Columns<'a> {
    drops: Vec<&'a Column>,
    adds: Vec<(&'a Column, Option<&'a str>)>,
    alters: Vec<(&'a Column, &'a Column, Option<&'a str>)>,
    /// Computed columns that are dropped and added again, which loses nothing; and columns that become computed.
    remade: Vec<(&'a Column, &'a Column)>,
    /// Computed-when-read columns that become plain: the values have to be written.
    written: Vec<(&'a Column, &'a Column)>,
}

impl<'a> Columns<'a> {
    fn of(dialect: &Postgres, change: &'a AlterTable) -> Self {
        let mut columns =
            Self { drops: Vec::new(), adds: Vec::new(), alters: Vec::new(), remade: Vec::new(), written: Vec::new() };
        let mut altered = Vec::new();
        for edit in &change.edits {
            let Edit::Column { delta, backfill } = edit else { continue };
            match delta {
                Delta::Create { next } => columns.adds.push((next, backfill.as_deref())),
                Delta::Drop { previous } => columns.drops.push(previous),
                Delta::Alter { previous, next } => altered.push((previous, next, backfill.as_deref())),
            }
        }
        let unsettled = Unsettled::of(&columns, &altered);
        for (previous, next, backfill) in altered {
            match (&previous.generated, &next.generated) {
                (Some(made), None) if !made.stored => columns.written.push((previous, next)),
                _ if unsettled.remake(dialect, previous, next) => columns.remade.push((previous, next)),
                _ => columns.alters.push((previous, next, backfill)),
            }
        }
        let edited: BTreeSet<&str> = columns.named_in_edits().collect();
        let untouched = change.next.columns.iter().filter(|column| !edited.contains(column.name.as_str()));
        for next in untouched.filter(|column| unsettled.read_by(column)) {
            columns.remade.extend(change.previous.column(&next.name).map(|previous| (previous, next)));
        }
        columns
    }

    fn named_in_edits(&self) -> impl Iterator<Item = &'a str> {
        let altered = self.alters.iter().map(|(_, next, _)| *next);
        let remade = self.remade.iter().chain(&self.written).map(|(_, next)| *next);
        altered.chain(remade).chain(self.adds.iter().map(|(next, _)| *next)).map(|column| column.name.as_str())
    }

    /// New names by old ones.
    fn renames(&self) -> BTreeMap<&'a str, &'a str> {
        let pairs = self.alters.iter().map(|(a, b, _)| (*a, *b));
        pairs.filter(|(a, b)| a.name != b.name).map(|(a, b)| (a.name.as_str(), b.name.as_str())).collect()
    }

    /// The names of columns, after the change, with which their keys and indexes go.
    fn gone_for_a_while(&self) -> impl Iterator<Item = &'a str> {
        self.remade.iter().chain(&self.written).map(|(_, next)| next.name.as_str())
    }

    fn render(&self, place: &Place<'_>, change: &AlterTable, out: &mut Vec<Statement>) -> Result<(), PlanError> {
        let add =
            |column: &Column, filled: Option<&str>| place.add(column, filled, change.adds_at_the_end(&column.name));
        let remade = self.remade.iter().chain(&self.written);
        out.extend(remade.map(|(previous, next)| match (&previous.generated, &next.generated) {
            (Some(_), _) => Statement {
                comment: format!("drops computed column {}.{} to add it anew", place.table.name, previous.name),
                ..place.drop(previous)
            },
            (None, _) => place.drop(previous),
        }));
        let renames = self.renames();
        let taken: BTreeSet<&str> =
            renames.values().copied().chain(self.adds.iter().map(|(column, _)| column.name.as_str())).collect();
        let (early, late): (Vec<&Column>, Vec<&Column>) =
            self.drops.iter().partition(|column| column.generated.is_some() || taken.contains(column.name.as_str()));
        out.extend(early.iter().flat_map(|column| place.part_with(column)));
        rename_columns(place, renames, out);
        out.extend(self.alters.iter().filter_map(|(previous, next, _)| place.settle(previous, next)));
        for (previous, next, backfill) in &self.alters {
            out.extend(place.alter(previous, next, *backfill, &change.previous.name)?);
        }
        let (computed, plain): (Vec<_>, Vec<_>) =
            self.adds.iter().copied().partition(|(column, _)| column.generated.is_some());
        for (column, backfill) in plain {
            out.extend(add(column, backfill)?);
        }
        out.extend(late.iter().flat_map(|column| place.part_with(column)));
        for (previous, next) in &self.written {
            let expression = previous.generated.as_ref().map(|made| made.expression.as_str());
            out.extend(add(next, expression)?);
        }
        for (column, _) in computed {
            out.extend(add(column, None)?);
        }
        for (_, next) in &self.remade {
            out.extend(add(next, None)?);
        }
        Ok(())
    }
}

/// Renames in an order in which every new name is free; names that go round in a circle pass through a name of their
/// own.
fn rename_columns(place: &Place<'_>, renames: BTreeMap<&str, &str>, out: &mut Vec<Statement>) {
    let mut waiting: Vec<(String, &str)> = renames.into_iter().map(|(old, new)| (old.to_owned(), new)).collect();
    while !waiting.is_empty() {
        let free = waiting.iter().position(|(_, new)| !waiting.iter().any(|(old, _)| old == new));
        if let Some(at) = free {
            let (old, new) = waiting.remove(at);
            out.push(place.rename(&old, new));
        } else {
            let aside = format!("rungs_rename_{}", waiting.len());
            out.push(place.rename(&waiting[0].0, &aside));
            waiting[0].0 = aside;
        }
    }
}

/// What happens to keys, checks and indexes. Drops run from last to first.
#[derive(Default)]
struct Parts<'a> {
    drops: Vec<Part<'a>>,
    creates: Vec<Part<'a>>,
    renames: Vec<(Part<'a>, &'a str)>,
    /// What becomes something else where it stands.
    changes: Vec<(Part<'a>, Part<'a>)>,
    comments: Vec<Part<'a>>,
}

impl<'a> Parts<'a> {
    fn of(change: &'a AlterTable, columns: &Columns<'a>) -> Self {
        let renames = columns.renames();
        let gone: Vec<&str> = columns.gone_for_a_while().collect();
        let mut parts = Self::default();
        let mut edited = BTreeSet::new();
        for edit in &change.edits {
            let Some((previous, next)) = sides(edit) else { continue };
            edited.extend(next.and_then(constraint::name_of));
            let remade = next.is_some_and(|part| gone.iter().any(|column| constraint::mentions(part, column)));
            match (previous, next) {
                (Some(previous), Some(next)) if !remade => parts.alter(previous, next, &renames),
                (previous, next) => {
                    parts.drops.extend(previous);
                    parts.creates.extend(next);
                }
            }
        }
        for part in constraint::of_table(&change.next) {
            let unchanged = constraint::name_of(part).is_some_and(|name| !edited.contains(name));
            let was_there = constraint::of_table(&change.previous)
                .into_iter()
                .any(|old| constraint::name_of(old) == constraint::name_of(part));
            if unchanged && was_there && gone.iter().any(|column| constraint::mentions(part, column)) {
                parts.drops.push(part);
                parts.creates.push(part);
            }
        }
        parts.drops.sort_by_key(rank);
        parts.creates.sort_by_key(rank);
        parts
    }

    fn alter(&mut self, previous: Part<'a>, next: Part<'a>, renames: &BTreeMap<&str, &str>) {
        if constraint::changes_in_place(previous, next, renames) {
            self.rename_and_comment(previous, next);
            self.changes.push((previous, next));
        } else {
            self.drops.push(previous);
            self.creates.push(next);
        }
    }

    fn rename_and_comment(&mut self, previous: Part<'a>, next: Part<'a>) {
        if let Some(name) = constraint::name_of(next).filter(|name| constraint::name_of(previous) != Some(*name)) {
            self.renames.push((previous, name));
        }
        if constraint::comment_of(previous) != constraint::comment_of(next) {
            self.comments.push(next);
        }
    }
}

/// What a foreign key refers to stands before it.
fn rank(part: &Part<'_>) -> u8 {
    match part {
        Part::PrimaryKey(_) => 0,
        Part::Unique(_) => 1,
        Part::Index(_) | Part::Exclusion(_) => 2,
        Part::Check(_) => 3,
        Part::ForeignKey(_) => 4,
    }
}

fn sides(edit: &Edit) -> Option<(Option<Part<'_>>, Option<Part<'_>>)> {
    Some(match edit {
        Edit::PrimaryKey(delta) => (delta.previous().map(Part::PrimaryKey), delta.next().map(Part::PrimaryKey)),
        Edit::Unique(delta) => (delta.previous().map(Part::Unique), delta.next().map(Part::Unique)),
        Edit::ForeignKey(delta) => (delta.previous().map(Part::ForeignKey), delta.next().map(Part::ForeignKey)),
        Edit::Check(delta) => (delta.previous().map(Part::Check), delta.next().map(Part::Check)),
        Edit::Index(delta) => (delta.previous().map(Part::Index), delta.next().map(Part::Index)),
        Edit::Exclusion(delta) => (delta.previous().map(Part::Exclusion), delta.next().map(Part::Exclusion)),
        Edit::Column { .. }
        | Edit::Values { .. }
        | Edit::Inherits
        | Edit::Partition
        | Edit::Comment
        | Edit::Options
        | Edit::ColumnOrder
        | Edit::Wording => return None,
    })
}
