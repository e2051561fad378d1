//! Range types and collations: the kinds of definitions that columns are of. They cannot become others where they stand,
//! and are built anew.

use rungs_schema::{Class, Definition, DefinitionKind, ObjectName, Reference};

use super::Guide;
use super::change::{Change, Delta, Standing};

/// The part of a range type's outline that names the type of its multiranges.
pub(crate) const MULTIRANGE: &str = "multirange";
/// The namespace of that, where it is not the default one.
pub(crate) const MULTIRANGE_SCHEMA: &str = "multirange_schema";

/// What the server calls it as the type of an argument.
pub(crate) const PRINTED: &str = "printed";

/// The type that comes and goes with a range type.
pub(crate) fn multirange(range: &Definition) -> Option<ObjectName> {
    let name = range.outline.part(MULTIRANGE)?.to_owned();
    Some(ObjectName { schema: range.outline.part(MULTIRANGE_SCHEMA).map(str::to_owned), name })
}

/// The part that names what it is of.
pub(crate) const SUBTYPE: &str = "subtype";

/// The functions that come and go with a range type and are called like it or its multiranges, each with the types of its
/// arguments. They keep their names where the type gets another one.
pub(crate) fn constructors(range: &Definition) -> Vec<(ObjectName, Vec<String>)> {
    let Some(of) = range.outline.part(SUBTYPE) else { return Vec::new() };
    let own = |arguments: &[&str]| (range.name.clone(), arguments.iter().map(|one| (*one).to_owned()).collect());
    let mut found = vec![own(&[of, of]), own(&[of, of, "text"])];
    if let Some(many) = multirange(range) {
        let name = range.outline.part(PRINTED).unwrap_or(&range.name.name);
        for arguments in [vec![], vec![name.to_owned()], vec![format!("{name}[]")]] {
            found.push((many.clone(), arguments));
        }
    }
    found
}

/// The names of all that comes and goes with a range type, itself included.
pub(super) fn references(range: &Definition) -> impl Iterator<Item = Reference> {
    let types = std::iter::once(range.reference()).chain(multirange(range).map(|name| Reference::ty(&name)));
    let routines = constructors(range).into_iter().map(|(name, arguments)| Reference {
        class: Class::Routine,
        name: name.sibling(format!("{}({})", name.name, arguments.join(", "))),
    });
    types.chain(routines)
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
