//! Sequences that are tied to a column, or no longer, while roles own them.
//!
//! A sequence that is tied to a column has the owner of its table: it follows the table to another one, cannot be given
//! away by itself, and can be tied only where both have the same owner. So where owners are about, a sequence is untied
//! before any owner changes, and tied after all of them have.
//! <https://www.postgresql.org/docs/current/sql-altersequence.html>

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Access, ObjectName, Reference, Schema, Sequence};

use super::Guide;
use super::change::{Change, Delta};

/// The sequences whose tie changes while they or their tables have owners of their own, with the owner that each has
/// before and after.
#[derive(Debug, Default)]
pub(super) struct Retied {
    owners: BTreeMap<ObjectName, (Option<String>, Option<String>)>,
}

/// Where a change of a tie belongs.
#[derive(Debug, Default)]
pub(super) struct Ties {
    /// Before everything.
    pub(super) first: Vec<Change>,
    /// Where the phases say.
    pub(super) among: Vec<Change>,
    /// After everything.
    pub(super) last: Vec<Change>,
}

impl Retied {
    pub(super) fn of(deltas: &[&[Delta<Sequence>]], previous: &Schema, next: &Schema, guide: &Guide) -> Self {
        // Where owners are not compared, they stay.
        let wanted = if guide.access { next } else { previous };
        let names: BTreeSet<&ObjectName> = deltas.iter().copied().flatten().map(name_of).collect();
        let mut owners = BTreeMap::new();
        for name in names {
            let is_owned = |object: &ObjectName| owner(object, previous).or(owner(object, wanted)).is_some();
            let tables = [previous, next].into_iter().filter_map(|schema| table_of(name, schema));
            if is_owned(name) || tables.into_iter().any(is_owned) {
                owners.insert(name.clone(), (owner_of(name, previous, previous), owner_of(name, next, wanted)));
            }
        }
        Self { owners }
    }

    pub(super) fn has(&self, object: &Reference) -> bool {
        *object == Reference::relation(&object.name) && self.owners.contains_key(&object.name)
    }

    /// What is granted on them, with the owner that each really has.
    pub(super) fn settle(&self, before: &mut BTreeMap<Key, Access>, after: &mut BTreeMap<Key, Access>) {
        for (name, (old, new)) in &self.owners {
            let object = Reference::relation(name);
            let key = (object.clone(), "SEQUENCE".to_owned());
            for (side, owner) in [(&mut *before, old), (&mut *after, new)] {
                if side.contains_key(&key) || owner.is_some() {
                    let access = side.entry(key.clone());
                    access.or_insert_with(|| Access::by_default(object.clone(), "SEQUENCE")).owner.clone_from(owner);
                }
            }
        }
    }

    /// The changes that untie sequences.
    pub(super) fn untie(&self, deltas: Vec<Delta<Sequence>>) -> Ties {
        let mut ties = Ties::default();
        for delta in deltas {
            let to = if self.owners.contains_key(name_of(&delta)) { &mut ties.first } else { &mut ties.among };
            to.push(Change::Sequence(delta));
        }
        ties
    }

    /// The changes that tie sequences. What else changes about one does not wait.
    pub(super) fn tie(&self, deltas: Vec<Delta<Sequence>>) -> Ties {
        let mut ties = Ties::default();
        for delta in deltas {
            match delta {
                Delta::Alter { previous, next } if self.owners.contains_key(&next.name) && next.owned_by.is_some() => {
                    let free = Sequence { owned_by: None, ..next.clone() };
                    if previous != free {
                        ties.among.push(Change::Sequence(Delta::Alter { previous, next: free.clone() }));
                    }
                    ties.last.push(Change::Sequence(Delta::Alter { previous: free, next }));
                }
                delta => ties.among.push(Change::Sequence(delta)),
            }
        }
        ties
    }
}

type Key = (Reference, String);

fn name_of(delta: &Delta<Sequence>) -> &ObjectName {
    match delta {
        Delta::Create { next } | Delta::Alter { next, .. } => &next.name,
        Delta::Drop { previous } => &previous.name,
    }
}

/// Who owns a sequence of one schema by what another one says of owners: that of the table to which it is tied.
fn owner_of(name: &ObjectName, schema: &Schema, said: &Schema) -> Option<String> {
    schema.sequences.iter().find(|one| one.name == *name)?;
    owner(table_of(name, schema).unwrap_or(name), said)
}

/// The table to which a sequence is tied.
fn table_of<'a>(name: &ObjectName, schema: &'a Schema) -> Option<&'a ObjectName> {
    let sequence = schema.sequences.iter().find(|one| one.name == *name)?;
    sequence.owned_by.as_ref().map(|(table, _)| table)
}

fn owner(relation: &ObjectName, said: &Schema) -> Option<String> {
    said.access.iter().find(|access| access.object == Reference::relation(relation))?.owner.clone()
}
