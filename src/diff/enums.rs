//! Enumerated types: values come before the tables that use them, and go after.

use rungs_schema::{Column, EnumType, ObjectName, Schema};

use super::change::{Change, Delta};

/// What happens to types before the tables are touched, and after. A type that gets values and loses others has a
/// state in between, with all of them.
pub(super) fn split(deltas: Vec<Delta<EnumType>>, previous: &Schema, next: &Schema) -> (Vec<Change>, Vec<Change>) {
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for delta in deltas {
        match delta {
            Delta::Create { .. } => first.push(Change::Enum { delta, columns: Vec::new() }),
            Delta::Drop { .. } => last.push(Change::Enum { delta, columns: Vec::new() }),
            Delta::Alter { previous: old, next: new } => {
                let between = EnumType { values: union(&old.values, &new.values), ..new.clone() };
                if between != old {
                    let delta = Delta::Alter { previous: old.clone(), next: between.clone() };
                    first.push(Change::Enum { delta, columns: columns_kept(previous, next, &old.name) });
                }
                if between != new {
                    let columns = columns(next, &new.name);
                    last.push(Change::Enum { delta: Delta::Alter { previous: between, next: new }, columns });
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

/// The values of a type that have other names, each with the new one.
///
/// [`split`] never makes such a pair of types: what it makes first has all old values, and what it makes then has none
/// but those. Two types of the same length in which a place holds a value that the other does not have are therefore a
/// rename of values, and nothing else.
pub(crate) fn renamed_values<'a>(previous: &'a EnumType, next: &'a EnumType) -> Vec<(&'a String, &'a String)> {
    if previous.values.len() != next.values.len() {
        return Vec::new();
    }
    let differing = previous.values.iter().zip(&next.values).filter(|(old, new)| old != new);
    let pairs: Vec<_> = differing.collect();
    let is_rename = |(old, new): &(&String, &String)| !next.values.contains(old) && !previous.values.contains(new);
    if pairs.iter().all(is_rename) { pairs } else { Vec::new() }
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

/// The columns of a type.
pub(super) fn columns(schema: &Schema, name: &ObjectName) -> Vec<(ObjectName, Column)> {
    columns_kept(schema, schema, name)
}

/// The columns of a type in the tables that are also in `kept`.
fn columns_kept(schema: &Schema, kept: &Schema, name: &ObjectName) -> Vec<(ObjectName, Column)> {
    let tables = schema.tables.iter().filter(|table| kept.table(&table.name).is_some());
    tables
        .flat_map(|table| table.columns.iter().map(|column| (table.name.clone(), column.clone())))
        .filter(|(_, column)| column.ty.native().is_some_and(|ty| is_of(ty, name)))
        .collect()
}

/// Whether the server's words for a column's type name this type: `mood`, `"Mood"[]`, `other.mood`.
pub(super) fn is_of(ty: &str, name: &ObjectName) -> bool {
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
