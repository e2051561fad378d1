//! Enumerated types: values come before the tables that use them, and go after.

use rungs_schema::{EnumType, ObjectName, Reference};

use super::change::{Change, Delta};
use super::texts::Texts;

/// What happens to types before the tables are touched, and after. A type that gets values and loses others has a
/// state in between, with all of them.
pub(super) fn split(deltas: Vec<Delta<EnumType>>) -> (Vec<Change>, Vec<Change>) {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Create { .. } => first.push(Change::of_enum(delta)),
            Delta::Drop { .. } => last.push(Change::of_enum(delta)),
            Delta::Alter { previous: old, next: new } => {
                let between = EnumType { values: union(&old.values, &new.values), ..new.clone() };
                if between != old {
                    first.push(Change::of_enum(Delta::Alter { previous: old.clone(), next: between.clone() }));
                }
                if between != new {
                    last.push(Change::of_enum(Delta::Alter { previous: between, next: new }));
                }
            }
        }
    }
    (first, last)
}

/// Whether a type loses values or has them in another order, which no engine can do where the type stands.
pub(super) fn is_built_anew(previous: &EnumType, next: &EnumType) -> bool {
    let kept = next.values.iter().filter(|value| previous.values.contains(value));
    !kept.eq(&previous.values)
}

/// A type once some of its values have other names.
pub(crate) fn with_names(ty: &EnumType, renamed: &[(String, String)]) -> EnumType {
    let new_name = |value: &String| renamed.iter().find(|(old, _)| old == value).map(|(_, new)| new);
    let values = ty.values.iter().map(|value| new_name(value).unwrap_or(value).clone());
    EnumType { values: values.collect(), ..ty.clone() }
}

/// The old values in their order, with each new one after the value that it follows.
fn union(old: &[String], new: &[String]) -> Vec<String> {
    let mut all = old.to_vec();
    let mut at = 0;
    for value in new {
        match all.iter().position(|known| known == value) {
            Some(known) => at = known + 1,
            None => {
                all.insert(at, value.clone());
                at += 1;
            }
        }
    }
    all
}

/// Whether a change of a type brings values that others of these changes use, or takes values that they used: in one
/// direction or the other, the value is new and used in the same transaction.
pub(super) fn uses_own_values(change: &Change, all: &[Change]) -> bool {
    let Change::Enum { delta: Delta::Alter { previous, next }, renamed, .. } = change else { return false };
    let is_renamed = |value: &String| renamed.iter().any(|(old, new)| value == old || value == new);
    let only = |one: &EnumType, other: &EnumType| -> Vec<String> {
        one.values.iter().filter(|value| !other.values.contains(value) && !is_renamed(value)).cloned().collect()
    };
    let (added, removed) = (only(next, previous), only(previous, next));
    let ty = Reference::ty(&next.name);
    let uses = |texts: Texts, values: &[String]| {
        texts.may_name(&ty) && values.iter().any(|value| texts.all.iter().any(|text| holds(text, value)))
    };
    (!added.is_empty() && all.iter().any(|other| uses(Texts::after(other), &added)))
        || (!removed.is_empty() && all.iter().any(|other| uses(Texts::before(other), &removed)))
}

/// Whether a text holds a value as a literal, or as a part of the literal of an array or row.
fn holds(text: &str, value: &str) -> bool {
    let doubled = value.replace('\'', "''");
    let is_alone = |value: &str| text.contains(&format!("'{value}'"));
    let is_part = |value: &str| (text.contains("'{") || text.contains("'(")) && text.contains(value);
    [doubled.clone(), doubled.replace('\\', "\\\\")].iter().any(|value| is_alone(value) || is_part(value))
}

/// Whether the server's words for a column's type name this type: `mood`, `"Mood"[]`, `other.mood`.
pub(crate) fn is_of(ty: &str, name: &ObjectName) -> bool {
    let bare = |text: &str| text.trim_matches('"').replace("\"\"", "\"");
    let ty = ty.trim_end_matches("[]");
    match &name.schema {
        None => bare(ty) == name.name,
        Some(schema) => {
            let dot = if ty.starts_with('"') { ty.find("\".").map(|at| at + 1) } else { ty.find('.') };
            dot.is_some_and(|dot| bare(&ty[..dot]) == *schema && bare(&ty[dot + 1..]) == name.name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_words() {
        assert!(is_of("mood", &ObjectName::bare("mood")));
        assert!(is_of("\"My \"\"Mood\"[]", &ObjectName::bare("My \"Mood")));
        assert!(is_of("\"a.b\".mood", &ObjectName::qualified("a.b", "mood")));
        assert!(!is_of("mood", &ObjectName::qualified("x", "mood")));
        assert!(!is_of("moods", &ObjectName::bare("mood")));
    }

    #[test]
    fn a_new_value_stands_after_the_one_it_follows() {
        let of = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(union(&of("a c d"), &of("a b d e")), of("a b c d e"));
        assert_eq!(union(&of("b a"), &of("z a b")), of("z b a"));
    }
}
