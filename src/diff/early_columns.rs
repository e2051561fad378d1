//! Columns of types that go leave before another type changes that theirs stand on: it would only be built anew with
//! them, and on the way back they come once it is what they knew.

use std::sync::Arc;

use rungs_schema::{Class, CompositeType, Domain, ObjectName, Table};

use super::change::{AlterTable, Delta, Edit};
use super::compare::AlteredTable;
use super::enums;
use super::strip::remove;

/// Takes what goes out of the edits of tables that lose such a column, and returns it.
pub(super) fn free(
    altered: &mut Vec<AlteredTable>,
    domains: &[Delta<Domain>],
    composites: &[Delta<CompositeType>],
) -> Vec<AlterTable> {
    let gone_domains = domains.iter().filter_map(|delta| gone(delta, |one| &one.name));
    let going: Vec<&ObjectName> =
        gone_domains.chain(composites.iter().filter_map(|delta| gone(delta, |one| &one.name))).collect();
    let goes = |edit: &Edit| match edit {
        Edit::Column { delta: Delta::Drop { previous }, .. } => {
            previous.ty.native().is_some_and(|words| going.iter().any(|name| enums::is_of(words, name)))
        }
        _ => false,
    };
    let mut freed = Vec::new();
    for table in altered.iter_mut().filter(|table| table.edits.iter().any(goes)) {
        let (first, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut table.edits).into_iter().partition(Edit::is_drop);
        table.edits = rest;
        let mut bare = Table::clone(&table.previous);
        first.iter().for_each(|edit| remove(&mut bare, edit));
        let columns = bare.columns.clone();
        let is_left = |name: &ObjectName| {
            columns.iter().filter_map(|column| column.ty.native()).any(|words| enums::is_of(words, name))
        };
        bare.needs.retain(|need| need.class != Class::Type || !going.contains(&&need.name) || is_left(&need.name));
        let next = Arc::new(bare);
        let previous = std::mem::replace(&mut table.previous, Arc::clone(&next));
        freed.push(AlterTable { previous, next, edits: first, dependents: Vec::new() });
    }
    altered.retain(|table| !table.edits.is_empty());
    freed
}

fn gone<T>(delta: &Delta<T>, name: fn(&T) -> &ObjectName) -> Option<&ObjectName> {
    match delta {
        Delta::Drop { previous } => Some(name(previous)),
        _ => None,
    }
}
