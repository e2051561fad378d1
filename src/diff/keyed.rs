//! The keys and indexes of a table as one kind of thing: what a partition has of them belongs to what its parent has.

use rungs_schema::{Exclusion, Index, PrimaryKey, Table, Unique};

use super::change::{Delta, Edit};
use super::parts::Named;

/// A key or an index.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Keyed {
    PrimaryKey(PrimaryKey),
    Unique(Unique),
    Exclusion(Exclusion),
    Index(Index),
}

impl Keyed {
    /// All of a table's own.
    pub(super) fn of(table: &Table) -> Vec<Self> {
        let keys = table.primary_key.iter().cloned().map(Self::PrimaryKey);
        let uniques = table.uniques.iter().cloned().map(Self::Unique);
        let exclusions = table.exclusions.iter().cloned().map(Self::Exclusion);
        keys.chain(uniques).chain(exclusions).chain(table.indexes.iter().cloned().map(Self::Index)).collect()
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::PrimaryKey(key) => key.name(),
            Self::Unique(unique) => unique.name(),
            Self::Exclusion(exclusion) => exclusion.name(),
            Self::Index(index) => index.name(),
        }
    }

    /// The same under another name, with another comment.
    pub(super) fn named(&self, name: &str, comment: Option<&String>) -> Self {
        let mut same = self.clone();
        let (own_name, own_comment) = match &mut same {
            Self::PrimaryKey(key) => (&mut key.name, &mut key.comment),
            Self::Unique(unique) => (&mut unique.name, &mut unique.comment),
            Self::Exclusion(exclusion) => (&mut exclusion.name, &mut exclusion.comment),
            Self::Index(index) => (&mut index.name, &mut index.comment),
        };
        *own_name = Some(name.to_owned());
        *own_comment = comment.cloned();
        same
    }

    /// Whether both index the same, so that one can belong to the other.
    pub(super) fn same_shape(&self, other: &Self) -> bool {
        let shape = |one: &Self| {
            let mut shape = one.named("", None);
            match &mut shape {
                Self::PrimaryKey(key) => key.options.clear(),
                Self::Unique(unique) => unique.options.clear(),
                Self::Index(index) => index.options.clear(),
                Self::Exclusion(_) => {}
            }
            shape
        };
        shape(self) == shape(other)
    }

    /// Makes it a table's own.
    pub(super) fn add_to(self, table: &mut Table) {
        match self {
            Self::PrimaryKey(key) => table.primary_key = Some(key),
            Self::Unique(unique) => table.uniques.push(unique),
            Self::Exclusion(exclusion) => table.exclusions.push(exclusion),
            Self::Index(index) => table.indexes.push(index),
        }
    }

    /// Takes the one of this name from a table's own.
    pub(super) fn take(table: &mut Table, name: &str) -> Option<Self> {
        fn from<T: Named>(list: &mut Vec<T>, name: &str) -> Option<T> {
            let at = list.iter().position(|part| part.name() == Some(name))?;
            Some(list.remove(at))
        }
        if table.primary_key.as_ref().is_some_and(|key| key.name() == Some(name)) {
            return table.primary_key.take().map(Self::PrimaryKey);
        }
        from(&mut table.uniques, name)
            .map(Self::Unique)
            .or_else(|| from(&mut table.exclusions, name).map(Self::Exclusion))
            .or_else(|| from(&mut table.indexes, name).map(Self::Index))
    }

    /// The edit that turns one into another of its kind.
    pub(super) fn altered(previous: Self, next: Self) -> Option<Edit> {
        Some(match (previous, next) {
            (Self::PrimaryKey(previous), Self::PrimaryKey(next)) => Edit::PrimaryKey(Delta::Alter { previous, next }),
            (Self::Unique(previous), Self::Unique(next)) => Edit::Unique(Delta::Alter { previous, next }),
            (Self::Exclusion(previous), Self::Exclusion(next)) => Edit::Exclusion(Delta::Alter { previous, next }),
            (Self::Index(previous), Self::Index(next)) => Edit::Index(Delta::Alter { previous, next }),
            _ => return None,
        })
    }
}
