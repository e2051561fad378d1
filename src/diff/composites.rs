//! Composite types.

use rungs_schema::{Attribute, CompositeType};

/// Whether the attributes that both sides have, and then the new ones, stand in the order of the next side, which is all
/// that an engine can do where the type stands.
pub(crate) fn is_in_order(previous: &CompositeType, next: &CompositeType) -> bool {
    let has = |one: &CompositeType, name: &str| one.attributes.iter().any(|other| other.name == name);
    let kept = previous.attributes.iter().filter(|old| has(next, &old.name));
    let added = next.attributes.iter().filter(|new| !has(previous, &new.name));
    kept.chain(added).map(|one| &one.name).eq(next.attributes.iter().map(|one| &one.name))
}

/// The attributes whose type or collation changes, as they were and as they will be.
pub(crate) fn retyped<'a>(previous: &'a CompositeType, next: &'a CompositeType) -> Vec<(&'a Attribute, &'a Attribute)> {
    let pairs = previous.attributes.iter().filter_map(|old| {
        let new = next.attributes.iter().find(|new| new.name == old.name)?;
        ((&old.ty, &old.collation) != (&new.ty, &new.collation)).then_some((old, new))
    });
    pairs.collect()
}
