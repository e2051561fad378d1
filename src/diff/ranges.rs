//! Range types and collations: the kinds of definitions that columns are of. They cannot become others where they stand,
//! and are built anew.

use rungs_schema::{Definition, DefinitionKind, ObjectName};

use super::Guide;
use super::change::{Change, Delta, Standing};

/// The part of a range type's outline that names the type of its multiranges.
pub(crate) const MULTIRANGE: &str = "multirange";
/// The namespace of that, where it is not the default one.
pub(crate) const MULTIRANGE_SCHEMA: &str = "multirange_schema";

/// The type that comes and goes with a range type.
pub(crate) fn multirange(range: &Definition) -> Option<ObjectName> {
    let name = range.outline.part(MULTIRANGE)?.to_owned();
    Some(ObjectName { schema: range.outline.part(MULTIRANGE_SCHEMA).map(str::to_owned), name })
}

/// Whether the one becomes the other by being built anew, with what stands on it.
pub(super) fn is_built_anew(previous: &Definition, next: &Definition, guide: &Guide) -> bool {
    let moves = |kind| matches!(kind, DefinitionKind::Range | DefinitionKind::Collation);
    previous.kind == next.kind && moves(next.kind) && !guide.replaces(previous, next)
}

/// The change of a definition.
pub(super) fn change(delta: Delta<Definition>, guide: &Guide) -> Change {
    match delta {
        Delta::Alter { previous, next } if is_built_anew(&previous, &next, guide) => {
            Change::Anew { previous, next, standing: Standing::default() }
        }
        delta => Change::Definition(delta),
    }
}
