//! Which revision a table comes from.

use std::collections::BTreeSet;

use rungs_schema::{DialectName, ObjectName};

use super::{Footprint, Kind, Object, Touch, Way};
use crate::revision::{History, Revision};

/// The revision that creates a table, or gives it its name: the last one, where several do.
pub fn creator<'a>(history: &'a History, table: &ObjectName, dialect: DialectName) -> Option<&'a Revision> {
    let wanted = super::object::Key::of(&Object::table(&super::words::in_default(dialect, table.clone())), dialect);
    history.newest_first().filter(|revision| mentions(revision, &table.name)).find(|revision| {
        let touches = Footprint::of(revision, dialect).touches;
        touches.iter().any(|touch| touch.key == wanted && makes_table(touch))
    })
}

/// Whether a name stands in a revision at all; quotes in it may be doubled there. Most revisions need not be read.
fn mentions(revision: &Revision, name: &str) -> bool {
    let word = name.split(['"', '`', ']']).max_by_key(|part| part.len()).unwrap_or(name).to_lowercase();
    revision.up.iter().any(|section| section.text.to_lowercase().contains(&word))
}

/// The tables that revisions create or give a name to. A name in another namespace counts by its last part.
pub fn tables_created<'a>(revisions: impl Iterator<Item = &'a Revision>, dialect: DialectName) -> BTreeSet<String> {
    let footprints = revisions.map(|revision| Footprint::of(revision, dialect));
    footprints.flat_map(|footprint| footprint.touches).filter(makes_table).map(|touch| touch.object.name.name).collect()
}

fn makes_table(touch: &Touch) -> bool {
    touch.object.kind == Kind::Table && matches!(touch.way, Way::Created | Way::RenamedFrom(_))
}
