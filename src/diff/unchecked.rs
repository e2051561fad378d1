//! Routines whose body names what is not there yet.

use std::collections::BTreeSet;

use rungs_schema::{Definition, Reference};

use super::change::{Change, Delta};
use super::dependents::has_opaque_body;
use super::graph::{ByName, Words};

/// The positions of the changes that create a routine whose body names something that a later change creates or alters,
/// so that a server that looks into bodies at once would refuse it. `graph` leaves none but where routines and tables
/// need one another in a circle.
pub fn unchecked(changes: &[Change]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut later = ByName::default();
    for (index, change) in changes.iter().enumerate().rev() {
        if let Change::Definition(delta) = change
            && let Some(next) = with_new_body(delta)
            && Words::of(&next.sql).named(&later).next().is_some()
        {
            found.insert(index);
        }
        if let Some(object) = made(change) {
            later.add(&object, ());
        }
    }
    found
}

fn with_new_body(delta: &Delta<Definition>) -> Option<&Definition> {
    match delta {
        Delta::Create { next } => Some(next),
        Delta::Alter { previous, next } if previous.sql != next.sql => Some(next),
        Delta::Alter { .. } | Delta::Drop { .. } => None,
    }
    .filter(|next| has_opaque_body(next))
}

fn made(change: &Change) -> Option<Reference> {
    match change {
        Change::CreateTable { next } => Some(Reference::relation(&next.name)),
        Change::AlterTable(alter) => Some(Reference::relation(&alter.next.name)),
        Change::Sequence(delta) => delta.next().map(|one| Reference::relation(&one.name)),
        Change::Enum { delta, .. } => delta.next().map(|one| Reference::ty(&one.name)),
        Change::Domain { delta, .. } => delta.next().map(|one| Reference::ty(&one.name)),
        Change::Composite { delta, .. } => delta.next().map(|one| Reference::ty(&one.name)),
        Change::Definition(delta) => delta.next().map(Definition::reference),
        Change::Anew { next, .. } => Some(next.reference()),
        Change::DropTable { .. } | Change::Rows(_) | Change::Access { .. } | Change::DefaultPrivileges { .. } => None,
    }
}
