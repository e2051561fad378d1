//! Routines whose body names what is not there yet.

use std::collections::BTreeSet;

use rungs_schema::{Definition, Reference};

use super::change::{Change, Delta, Standing};
use super::dependents::has_opaque_body;
use super::graph::{ByName, Words};

/// The positions of the changes that create a routine whose body names something that a later change creates or alters,
/// so that a server that looks into bodies at once would refuse it. `graph` leaves none but where routines and tables
/// need one another in a circle. And those of types that take a routine along whose body changes later.
pub fn unchecked(changes: &[Change]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut later = ByName::default();
    let mut outlived: BTreeSet<Reference> = BTreeSet::new();
    for (index, change) in changes.iter().enumerate().rev() {
        if let Change::Definition(delta) = change
            && let Some(next) = with_new_body(delta)
            && Words::of(&next.sql).named(&later).next().is_some()
        {
            found.insert(index);
        }
        let takes_along = |one: &Definition| has_opaque_body(one) && outlived.contains(&one.reference());
        if standing(change).is_some_and(|standing| standing.definitions.iter().any(takes_along)) {
            found.insert(index);
        }
        if let Change::Definition(delta) = change {
            outlived.extend(delta.previous().map(Definition::reference));
        }
        if let Some(object) = made(change) {
            later.add(&object, ());
        }
    }
    found
}

fn standing(change: &Change) -> Option<&Standing> {
    match change {
        Change::Enum { standing, .. }
        | Change::Domain { standing, .. }
        | Change::Composite { standing, .. }
        | Change::Anew { standing, .. } => Some(standing),
        _ => None,
    }
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
