//! Triggers that take turns: those that wait for the same fire in the order in which they were created, and each needs
//! the one before it.

use std::collections::BTreeSet;

use rungs_schema::{Class, Definition, DefinitionKind, Needs, Reference, Schema};

use super::change::Delta;

/// In which order triggers fire, and are to fire.
#[derive(Clone, Copy)]
pub(super) struct Turns<'a> {
    pub(super) previous: &'a Schema,
    pub(super) next: &'a Schema,
}

impl<'a> Turns<'a> {
    /// Whether a trigger would fire before one that it has to follow: that one comes on the way, or has fired after it until
    /// now.
    pub(super) fn is_early(self, one: &Definition, coming: &BTreeSet<Reference>) -> bool {
        one.kind == DefinitionKind::Trigger
            && find(self.next, &one.reference()).is_some_and(|next| {
                before(&next.needs).any(|need| coming.contains(need) || self.has_followed(need, &one.reference()))
            })
    }

    fn has_followed(self, later: &Reference, earlier: &Reference) -> bool {
        let mut at = find(self.previous, later);
        while let Some(one) = at {
            let Some(need) = before(&one.needs).next() else { return false };
            if need == earlier {
                return true;
            }
            at = find(self.previous, need);
        }
        false
    }

    /// A definition that is made anew, as it will be: what it needs may be new, although it is the same.
    pub(super) fn as_wanted(self, one: &'a Definition) -> &'a Definition {
        find(self.next, &one.reference()).unwrap_or(one)
    }
}

/// The triggers that come on the way, or come again.
pub(super) fn coming(definitions: &[Delta<Definition>]) -> BTreeSet<Reference> {
    let next = definitions.iter().filter_map(Delta::next);
    next.filter(|one| one.kind == DefinitionKind::Trigger).map(Definition::reference).collect()
}

fn before(needs: &Needs) -> impl Iterator<Item = &Reference> {
    needs.iter().filter(|need| need.class == Class::Other)
}

fn find<'a>(schema: &'a Schema, reference: &Reference) -> Option<&'a Definition> {
    schema.definitions.iter().find(|one| one.kind == DefinitionKind::Trigger && one.reference() == *reference)
}
