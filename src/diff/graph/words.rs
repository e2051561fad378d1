use std::collections::{BTreeMap, BTreeSet, HashMap};

use rungs_schema::Reference;

/// The words of a text that the server keeps as it stands, so that what it names is only known from them.
///
/// That it names something is a guess: it may be the name of a column, or stand in a comment.
#[derive(Debug, Clone, Default)]
pub(in crate::diff) struct Words {
    /// Every identifier, bare, as it stands and in lower case, since the server reads it so.
    plain: BTreeSet<String>,
    /// The whole, for names that are no plain identifier.
    text: String,
}

impl Words {
    pub(in crate::diff) fn of(text: &str) -> Self {
        let words = text.split(|c: char| !is_plain(c)).filter(|word| !word.is_empty());
        let plain = words.flat_map(|word| [word.to_owned(), word.to_lowercase()]).collect();
        Self { plain, text: text.to_owned() }
    }

    /// What is listed of the objects that are named.
    pub(in crate::diff) fn named<'a, T>(&'a self, objects: &'a ByName<T>) -> impl Iterator<Item = &'a T> {
        let plain = self.plain.iter().filter_map(|word| objects.plain.get(word));
        let odd = objects.odd.iter().filter(|(name, _)| self.text.contains(name.as_str())).map(|(_, listed)| listed);
        plain.chain(odd).flatten()
    }
}

/// Something of objects, by their bare names.
#[derive(Debug)]
pub(in crate::diff) struct ByName<T> {
    plain: HashMap<String, Vec<T>>,
    odd: BTreeMap<String, Vec<T>>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { plain: HashMap::new(), odd: BTreeMap::new() }
    }
}

impl<T> ByName<T> {
    pub(in crate::diff) fn add(&mut self, object: &Reference, listed: T) {
        let bare = bare(object);
        if bare.chars().all(is_plain) {
            self.plain.entry(bare.to_owned()).or_default().push(listed);
        } else {
            self.odd.entry(bare.replace('"', "\"\"")).or_default().push(listed);
        }
    }
}

/// A dollar sign may be part of a name, but mostly it ends the body.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The name alone, without the arguments of a routine.
fn bare(object: &Reference) -> &str {
    object.name.name.split('(').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rungs_schema::ObjectName;

    use super::*;

    #[test]
    fn names_are_found_as_words() {
        let words = Words::of("$$SELECT total(id) FROM a$b, \"My \"\"own\"\" t\", Users$$");
        let mut objects = ByName::default();
        for name in ["users", "My \"own\" t", "user", "tot", "a$b"] {
            objects.add(&Reference::relation(&ObjectName::bare(name)), name);
        }
        objects.add(&Reference::routine(&ObjectName::bare("total(integer)")), "total");
        let found: BTreeSet<&str> = words.named(&objects).copied().collect();
        assert_eq!(found, BTreeSet::from(["users", "My \"own\" t", "total", "a$b"]));
    }
}
