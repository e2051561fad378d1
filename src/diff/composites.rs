//! Composite types: attributes come before the tables that use them, and go after.

use rungs_schema::{Attribute, CompositeType};

/// The state in which a type stands while tables change: with the attributes of both sides, those of the former side in
/// their order and first, and those of both sides as they will be.
pub(super) fn between(previous: &CompositeType, next: &CompositeType) -> CompositeType {
    let will_be = |old: &Attribute| next.attributes.iter().find(|new| new.name == old.name).unwrap_or(old).clone();
    let goes = |old: &Attribute| !next.attributes.iter().any(|new| new.name == old.name);
    if !previous.attributes.iter().any(goes) {
        return next.clone();
    }
    let mut attributes: Vec<Attribute> = previous.attributes.iter().map(will_be).collect();
    let is_new = |new: &&Attribute| !previous.attributes.iter().any(|old| old.name == new.name);
    attributes.extend(next.attributes.iter().filter(is_new).cloned());
    CompositeType { attributes, ..next.clone() }
}
