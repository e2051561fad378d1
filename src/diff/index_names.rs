//! Where all tables share one set of index names, an index that gives its name to another table's goes first. Letter case
//! tells no two of them apart on SQLite, and on PostgreSQL it does no harm to think so.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{Index, ObjectName, Table};

use super::change::{AlterTable, Delta, Edit};
use super::compare::AlteredTable;

/// Takes the drops of indexes whose names are wanted by another table out of the edits, and returns them.
pub(super) fn free(altered: &mut Vec<AlteredTable>, created: &[Arc<Table>]) -> Vec<AlterTable> {
    let wanted = wanted(altered, created);
    let mut freed = Vec::new();
    for table in altered.iter_mut() {
        let moves = |edit: &Edit| match edit {
            Edit::Index(Delta::Drop { previous }) => wanted.iter().any(|(owner, name)| {
                *owner != table.next.name
                    && owner.schema == table.next.name.schema
                    && previous.name.as_ref().is_some_and(|previous| previous.eq_ignore_ascii_case(name))
            }),
            _ => false,
        };
        let (first, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut table.edits).into_iter().partition(moves);
        table.edits = rest;
        if first.is_empty() {
            continue;
        }
        let goes = |index: &Index| {
            first.iter().any(|edit| matches!(edit, Edit::Index(Delta::Drop { previous }) if previous == index))
        };
        let indexes = table.previous.indexes.iter().filter(|index| !goes(index)).cloned().collect();
        let next = Arc::new(Table { indexes, ..(*table.previous).clone() });
        let previous = std::mem::replace(&mut table.previous, Arc::clone(&next));
        freed.push(AlterTable { previous, next, edits: first, dependents: Vec::new() });
    }
    altered.retain(|table| !table.edits.is_empty());
    freed
}

/// The names of indexes that come, with the tables that they come to.
fn wanted(altered: &[AlteredTable], created: &[Arc<Table>]) -> BTreeSet<(ObjectName, String)> {
    let coming = |edit: &Edit| match edit {
        Edit::Index(Delta::Create { next } | Delta::Alter { next, .. }) => next.name.clone(),
        _ => None,
    };
    let edited = altered
        .iter()
        .flat_map(|table| table.edits.iter().filter_map(coming).map(|name| (table.next.name.clone(), name)));
    let fresh = created
        .iter()
        .flat_map(|table| table.indexes.iter().filter_map(|index| Some((table.name.clone(), index.name.clone()?))));
    edited.chain(fresh).collect()
}
