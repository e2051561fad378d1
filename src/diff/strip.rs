//! Takes from a table what cannot stay while a type that it uses is built anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Column, IndexKey, IndexPart, ObjectName, Table};

use super::change::{AlterTable, Change, Delta, Edit};
use super::enums;
use super::standing::StandingTable;

/// A table without what is in the way.
pub(super) struct Stripped {
    pub(super) standing: StandingTable,
    /// The columns that get another type, or are gone for a while.
    pub(super) unsettled: BTreeSet<String>,
}

/// What columns are of, when it is built anew.
#[derive(Debug, Default)]
pub(super) struct Grounds<'a> {
    pub(super) types: &'a [ObjectName],
    pub(super) collation: Option<&'a ObjectName>,
}

impl Grounds<'_> {
    fn type_of(&self, column: &Column) -> Option<&ObjectName> {
        let words = column.ty.native()?;
        self.types.iter().find(|name| enums::is_of(words, name))
    }

    /// The collation, where a column has it.
    fn collation_of(&self, column: &Column) -> Option<&ObjectName> {
        self.collation.filter(|name| column.collation.as_deref().is_some_and(|words| is_collation(words, name)))
    }

    /// Whether an index says the collation, rather than its column.
    fn collates(&self, part: &IndexPart) -> bool {
        self.collation.is_some_and(|name| part.collation.as_deref().is_some_and(|words| is_collation(words, name)))
    }
}

/// Whether a bare name, or a quoted and qualified one, names a collation.
pub(super) fn is_collation(words: &str, name: &ObjectName) -> bool {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    match &name.schema {
        None => words == name.name,
        Some(schema) => words == format!("{}.{}", quoted(schema), quoted(&name.name)),
    }
}

/// A table without what cannot stay while the columns of some types get another one, and while what `words` name is gone. Expressions
/// are read as text: to take down one thing too many is only slower.
pub(super) fn strip(table: &Table, grounds: &Grounds<'_>, words: &[&str]) -> Stripped {
    let ground_of = |column: &Column| grounds.type_of(column).or_else(|| grounds.collation_of(column)).cloned();
    let of_type = table.columns.iter().filter(|column| ground_of(column).is_some());
    let columns: BTreeSet<&str> = of_type.map(|column| column.name.as_str()).collect();
    let reads_word = |text: &str| words.iter().any(|word| reads(text, word));
    let is_gone = |column: &&Column| {
        column.generated.as_ref().is_some_and(|made| {
            columns.contains(column.name.as_str())
                || reads_word(&made.expression)
                || columns.iter().any(|column| reads(&made.expression, column))
        })
    };
    let gone: BTreeSet<&str> = table.columns.iter().filter(is_gone).map(|column| column.name.as_str()).collect();
    let unsettled: BTreeSet<&str> = columns.union(&gone).copied().collect();
    let reads_any = |text: &str| reads_word(text) || unsettled.iter().any(|column| reads(text, column));
    let loses_default = |column: &Column| {
        column.default.as_ref().is_some_and(|text| grounds.type_of(column).is_some() || reads_word(text))
    };

    let mut bare = table.clone();
    let mut edits = strip_columns(&mut bare, &gone, loses_default);
    take(&mut bare.indexes, &mut edits, Edit::Index, |index| index.parts.iter().any(|part| grounds.collates(part)));
    strip_parts(&mut bare, &mut edits, &gone, reads_any);
    let converted = table.columns.iter().filter_map(|column| {
        let is_own = table.partition_of.is_none() && !column.options.contains_key("inherited");
        let ty = ground_of(column).filter(|_| is_own && column.generated.is_none())?;
        Some((column.name.clone(), ty))
    });
    let columns = converted.collect();
    let unsettled = unsettled.into_iter().map(str::to_owned).collect();
    let whole = Arc::new(table.clone());
    let (previous, next) = (Arc::clone(&whole), whole);
    let standing = StandingTable { previous, bare: Arc::new(bare), next, strip: edits, dress: Vec::new(), columns };
    Stripped { standing, unsettled }
}

/// Whether a text may name something.
fn reads(text: &str, name: &str) -> bool {
    text.contains(&name.replace('"', "\"\""))
}

fn strip_columns(bare: &mut Table, gone: &BTreeSet<&str>, loses_default: impl Fn(&Column) -> bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    bare.columns.retain_mut(|column| {
        let is_gone = gone.contains(column.name.as_str());
        if is_gone {
            edits.push(Edit::Column { delta: Delta::Drop { previous: column.clone() }, backfill: None });
        } else if loses_default(column) {
            let previous = column.clone();
            column.default = None;
            let delta = Delta::Alter { previous, next: column.clone() };
            edits.push(Edit::Column { delta, backfill: None });
        }
        !is_gone
    });
    edits
}

/// Takes from a table the parts that stand on columns, or whose texts read something that goes.
pub(super) fn strip_parts(
    bare: &mut Table,
    edits: &mut Vec<Edit>,
    gone: &BTreeSet<&str>,
    reads: impl Fn(&str) -> bool,
) {
    let loses_key = |parts: &[IndexPart], include: &[String]| {
        let mut names = parts.iter().filter_map(IndexPart::column_name).chain(include.iter().map(String::as_str));
        names.any(|name| gone.contains(name))
    };
    let is_computed = |part: &IndexPart| match &part.key {
        IndexKey::Column(_) => false,
        IndexKey::Expression(text) => reads(text),
    };
    take(&mut bare.checks, edits, Edit::Check, |check| reads(&check.expression));
    take(&mut bare.exclusions, edits, Edit::Exclusion, |one| reads(&one.definition));
    take(&mut bare.uniques, edits, Edit::Unique, |unique| loses_key(&unique.parts, &unique.include));
    take(&mut bare.indexes, edits, Edit::Index, |index| {
        let is_partial = index.predicate.as_deref().is_some_and(&reads);
        is_partial || loses_key(&index.parts, &index.include) || index.parts.iter().any(is_computed)
    });
    if let Some(previous) = bare.primary_key.take_if(|key| loses_key(&key.parts, &key.include)) {
        edits.push(Edit::PrimaryKey(Delta::Drop { previous }));
    }
}

/// Takes parts out of a table.
fn take<T: Clone>(parts: &mut Vec<T>, edits: &mut Vec<Edit>, edit: fn(Delta<T>) -> Edit, goes: impl Fn(&T) -> bool) {
    let (gone, kept): (Vec<T>, Vec<T>) = std::mem::take(parts).into_iter().partition(goes);
    *parts = kept;
    edits.extend(gone.into_iter().map(|previous| edit(Delta::Drop { previous })));
}

/// Leaves what was taken from a table, and what one of the later changes edits anyway, to that change: it may no longer be
/// what the new type can bear.
pub(super) fn hand_over(table: &mut StandingTable, later: &mut [Change]) {
    let mut alters: Vec<&mut AlterTable> = later
        .iter_mut()
        .filter_map(|change| match change {
            Change::AlterTable(alter) if alter.previous.name == table.previous.name => Some(alter),
            _ => None,
        })
        .collect();
    let mut next = Table::clone(&table.next);
    table.dress.retain(|edit| {
        let edits_it = |alter: &&mut AlterTable| alter.edits.iter().any(|other| is_edit_of(other, edit));
        let Some(index) = alters.iter().position(edits_it) else { return true };
        let gone = edit.clone().reversed();
        remove(&mut next, &gone);
        for (at, alter) in alters.iter_mut().take(index + 1).enumerate() {
            alter.previous = without(&alter.previous, &gone);
            if at < index {
                alter.next = without(&alter.next, &gone);
            } else {
                let edits = std::mem::take(&mut alter.edits);
                alter.edits = edits.into_iter().filter_map(|other| freed(other, edit)).collect();
                alter.edits.sort_by_key(Edit::rank);
            }
        }
        false
    });
    table.next = Arc::new(next);
}

fn without(table: &Table, gone: &Edit) -> Arc<Table> {
    let mut table = table.clone();
    remove(&mut table, gone);
    Arc::new(table)
}

/// Whether an edit is about the very thing that another one would put back.
fn is_edit_of(edit: &Edit, back: &Edit) -> bool {
    match (edit, back) {
        (Edit::Column { delta, .. }, Edit::Column { delta: back, .. }) => {
            let name = |column: &Column| column.name.clone();
            delta.previous().map(name).is_some_and(|name| back.next().is_some_and(|column| column.name == name))
        }
        (Edit::Check(delta), Edit::Check(back)) => same(delta, back),
        (Edit::Exclusion(delta), Edit::Exclusion(back)) => same(delta, back),
        (Edit::Unique(delta), Edit::Unique(back)) => same(delta, back),
        (Edit::Index(delta), Edit::Index(back)) => same(delta, back),
        (Edit::PrimaryKey(delta), Edit::PrimaryKey(back)) => same(delta, back),
        (Edit::ForeignKey(delta), Edit::ForeignKey(back)) => same(delta, back),
        _ => false,
    }
}

fn same<T: PartialEq>(delta: &Delta<T>, back: &Delta<T>) -> bool {
    delta.previous().is_some() && delta.previous() == back.next()
}

/// An edit once the thing that it was about is gone: a creation, or nothing. A column only lost its default, unless it is
/// computed.
fn freed(edit: Edit, back: &Edit) -> Option<Edit> {
    fn created<T: Clone>(delta: Delta<T>) -> Option<Delta<T>> {
        delta.next().cloned().map(|next| Delta::Create { next })
    }
    if !is_edit_of(&edit, back) {
        return Some(edit);
    }
    match (edit, back) {
        (Edit::Column { delta, backfill }, Edit::Column { delta: Delta::Alter { previous: bare, .. }, .. }) => {
            let delta = match delta {
                Delta::Create { next } => Delta::Create { next },
                Delta::Drop { .. } => Delta::Drop { previous: bare.clone() },
                Delta::Alter { next, .. } => Delta::Alter { previous: bare.clone(), next },
            };
            Some(Edit::Column { delta, backfill })
        }
        (Edit::Column { delta, backfill }, _) => created(delta).map(|delta| Edit::Column { delta, backfill }),
        (Edit::Check(delta), _) => created(delta).map(Edit::Check),
        (Edit::Exclusion(delta), _) => created(delta).map(Edit::Exclusion),
        (Edit::Unique(delta), _) => created(delta).map(Edit::Unique),
        (Edit::Index(delta), _) => created(delta).map(Edit::Index),
        (Edit::PrimaryKey(delta), _) => created(delta).map(Edit::PrimaryKey),
        (Edit::ForeignKey(delta), _) => created(delta).map(Edit::ForeignKey),
        (edit, _) => Some(edit),
    }
}

/// Takes from a table what an edit drops.
pub(super) fn remove(table: &mut Table, gone: &Edit) {
    match gone {
        Edit::Column { delta: Delta::Alter { previous, next }, .. } => {
            for column in table.columns.iter_mut().filter(|column| column.name == previous.name) {
                column.default.clone_from(&next.default);
            }
        }
        Edit::Column { delta: Delta::Drop { previous }, .. } => {
            table.columns.retain(|column| column.name != previous.name);
        }
        Edit::Check(Delta::Drop { previous }) => table.checks.retain(|one| one != previous),
        Edit::Exclusion(Delta::Drop { previous }) => table.exclusions.retain(|one| one != previous),
        Edit::Unique(Delta::Drop { previous }) => table.uniques.retain(|one| one != previous),
        Edit::Index(Delta::Drop { previous }) => table.indexes.retain(|one| one != previous),
        Edit::ForeignKey(Delta::Drop { previous }) => table.foreign_keys.retain(|one| one != previous),
        Edit::PrimaryKey(Delta::Drop { .. }) => table.primary_key = None,
        _ => {}
    }
}
