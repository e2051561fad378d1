//! Takes from a table what cannot stay while a type that it uses is built anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Column, IndexKey, IndexPart, ObjectName, Table};

use super::change::{Delta, Edit};
use super::enums;
use super::standing::StandingTable;

/// A table without what is in the way.
pub(super) struct Stripped {
    pub(super) standing: StandingTable,
    /// The columns that get another type, or are gone for a while.
    pub(super) unsettled: BTreeSet<String>,
}

/// A table without what cannot stay while the columns of some types get another one, and while what `words` name is gone. Expressions
/// are read as text: to take down one thing too many is only slower.
pub(super) fn strip(table: &Table, types: &[&ObjectName], words: &[&str]) -> Stripped {
    let type_of = |column: &Column| {
        let words = column.ty.native()?;
        types.iter().find(|name| enums::is_of(words, name))
    };
    let of_type = table.columns.iter().filter(|column| type_of(column).is_some());
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
        column.default.as_ref().is_some_and(|text| columns.contains(column.name.as_str()) || reads_word(text))
    };

    let mut bare = table.clone();
    let mut edits = strip_columns(&mut bare, &gone, loses_default);
    strip_parts(&mut bare, &mut edits, &gone, reads_any);
    let converted = table.columns.iter().filter_map(|column| {
        let is_own = table.partition_of.is_none() && !column.options.contains_key("inherited");
        let ty = type_of(column).filter(|_| is_own && column.generated.is_none())?;
        Some((column.name.clone(), ObjectName::clone(ty)))
    });
    let columns = converted.collect();
    let unsettled = unsettled.into_iter().map(str::to_owned).collect();
    let (whole, bare) = (Arc::new(table.clone()), Arc::new(bare));
    Stripped { standing: StandingTable { whole, bare, edits, columns }, unsettled }
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

fn strip_parts(bare: &mut Table, edits: &mut Vec<Edit>, gone: &BTreeSet<&str>, reads: impl Fn(&str) -> bool) {
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
