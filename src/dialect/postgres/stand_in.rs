//! Stand-ins for namespaces: what is wanted in `auth` is built in a namespace of another name, and read back as `auth`.
//! The live namespace, with all that others keep in it, stays as it is.

use std::collections::BTreeSet;

use rungs_schema::{DialectName, ObjectName};

use super::names::printed;
use super::quote;
use crate::dialect::splitter::{self, Word};

/// The namespaces that are stood in for, and what is built in them.
#[derive(Debug, Clone)]
pub struct StandIns {
    /// Each with its stand-in; the first is the default namespace.
    names: Vec<(String, String)>,
    /// What is built in them, by namespace and bare name. Anything else that is named there is the live one.
    built: BTreeSet<(String, String)>,
    /// What belongs to no namespace, by the last word of its kind, with its stand-in.
    global: Vec<(&'static str, String, String)>,
}

/// The kinds that belong to no namespace and are built under another name: as SQL calls them, and by their last word. An
/// extension keeps its name, because that is all it is; a cast has none.
pub(super) const GLOBAL: [(&str, &str); 4] = [
    ("publication", "publication"),
    ("event trigger", "trigger"),
    ("server", "server"),
    ("foreign data wrapper", "wrapper"),
];

impl StandIns {
    /// `prefix` is a text that occurs nowhere else; `built` has the default namespace as `None`, and the names of other
    /// namespaces, which may be empty, as themselves with an empty name.
    pub fn new(prefix: &str, default: &str, built: &[ObjectName]) -> Self {
        let schema = |name: &ObjectName| name.schema.clone().unwrap_or_else(|| default.to_owned());
        let others: BTreeSet<String> = built.iter().map(schema).filter(|name| name != default).collect();
        let all = std::iter::once(default.to_owned()).chain(others);
        let names = all.enumerate().map(|(index, name)| {
            // The server puts both in quotes, or neither.
            let quoted = printed(&name) != name;
            let stand_in = format!("{prefix}_{index}_");
            (name, if quoted { stand_in.to_uppercase() } else { stand_in })
        });
        let built = built.iter().map(|one| (schema(one), one.name.clone())).collect();
        Self { names: names.collect(), built, global: Vec::new() }
    }

    /// The same, where some things that belong to no namespace are built too, each by the last word of its kind.
    #[must_use]
    pub fn with_global(mut self, prefix: &str, names: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.global = (names.into_iter().enumerate())
            .map(|(index, (word, name))| {
                let stand_in = format!("{prefix}_g{index}_");
                let quoted = printed(&name) != name;
                (word, name, if quoted { stand_in.to_uppercase() } else { stand_in })
            })
            .collect();
        self
    }

    /// The stand-in of the default namespace.
    pub fn default(&self) -> &str {
        self.names.first().map_or("", |(_, stand_in)| stand_in)
    }

    /// The other stand-ins.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.names.iter().skip(1).map(|(_, stand_in)| stand_in.as_str())
    }

    /// Whether a name is that of a stand-in of something that belongs to no namespace.
    pub fn made(&self, name: &str) -> bool {
        self.global.iter().any(|(_, _, stand_in)| stand_in == name)
    }

    fn of(&self, name: &str) -> Option<&str> {
        self.names.iter().find(|(original, _)| original == name).map(|(_, stand_in)| stand_in.as_str())
    }

    /// A statement in which the stand-ins take the places of the namespaces they stand for.
    pub fn apply(&self, sql: &str) -> String {
        let words = splitter::words(DialectName::Postgres, sql);
        let mut out = String::with_capacity(sql.len());
        let mut at = 0;
        for (index, word) in words.iter().enumerate() {
            let replaced = match word {
                Word::Text(literal) => self.in_literal(literal),
                Word::Name(_) if self.global(&words, index).is_some() => self.global(&words, index).map(quote),
                Word::Name(_) if self.is_qualifier(&words, index) => self.of(&bare(word)).map(quote),
                _ => None,
            };
            if let Some(replaced) = replaced {
                let start = word.start(sql);
                out.push_str(&sql[at..start]);
                out.push_str(&replaced);
                at = start + word.text().len();
            }
        }
        out.push_str(&sql[at..]);
        out
    }

    /// The stand-in of something that belongs to no namespace, where its name stands behind its kind.
    fn global(&self, words: &[Word<'_>], index: usize) -> Option<&str> {
        let is_filler =
            |word: &&Word<'_>| ["if", "not", "exists"].iter().any(|one| word.text().eq_ignore_ascii_case(one));
        let kind = words.get(..index)?.iter().rev().find(|word| !is_filler(word))?.text().to_ascii_lowercase();
        let name = bare(words.get(index)?);
        self.global
            .iter()
            .find(|(word, original, _)| *word == kind && *original == name)
            .map(|(_, _, made)| made.as_str())
    }

    /// Whether a name is followed by a dot and the name of something that is built, or stands after SCHEMA.
    fn is_qualifier(&self, words: &[Word<'_>], index: usize) -> bool {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        if before.is_some_and(|before| before.text().eq_ignore_ascii_case("schema")) {
            return true;
        }
        let is_dot = |word: Option<&Word<'_>>| word.is_some_and(|word| word.text() == ".");
        let Some(next @ Word::Name(_)) = words.get(index + 2) else { return false };
        !is_dot(before) && is_dot(words.get(index + 1)) && self.built.contains(&(bare(&words[index]), bare(next)))
    }

    /// `'auth.users_id_seq'`, as `nextval` and `regclass` have it.
    fn in_literal(&self, literal: &str) -> Option<String> {
        let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        let words = splitter::words(DialectName::Postgres, inner);
        let [first @ Word::Name(_), dot, second @ Word::Name(_)] = words.as_slice() else { return None };
        let known = dot.text() == "." && self.built.contains(&(bare(first), bare(second)));
        let stand_in = self.of(&bare(first)).filter(|_| known)?;
        Some(format!("'{}.{}'", quote(stand_in), second.text()))
    }

    /// What the server printed, in the words of the namespaces that are stood in for. `None` where nothing changes.
    pub fn back(&self, printed: &str) -> Option<String> {
        let mut text: Option<String> = None;
        let global = self.global.iter().map(|(_, original, stand_in)| (original, stand_in));
        for (original, stand_in) in self.names.iter().map(|(original, stand_in)| (original, stand_in)).chain(global) {
            let so_far = text.as_deref().unwrap_or(printed);
            if so_far.contains(stand_in.as_str()) {
                text = Some(so_far.replace(stand_in.as_str(), original));
            }
        }
        text
    }
}

/// A name as the server keeps it: what is not quoted is in lower case.
pub(super) fn bare(word: &Word<'_>) -> String {
    let text = word.text();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => text.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand_ins() -> StandIns {
        let built =
            [ObjectName::bare("users"), ObjectName::qualified("auth", "roles"), ObjectName::qualified("A b", "t")];
        StandIns::new("rungs_x", "public", &built)
    }

    #[test]
    fn names_of_what_is_built_move_and_others_stay() {
        let sql = "CREATE TABLE public.users (r int REFERENCES auth.roles, l int REFERENCES auth.legacy, \
                   d int DEFAULT nextval('auth.roles'), t text DEFAULT 'auth.roles x')";
        assert_eq!(
            stand_ins().apply(sql),
            "CREATE TABLE \"rungs_x_0_\".users (r int REFERENCES \"rungs_x_2_\".roles, l int REFERENCES auth.legacy, \
             d int DEFAULT nextval('\"rungs_x_2_\".roles'), t text DEFAULT 'auth.roles x')"
        );
        assert_eq!(
            stand_ins().apply("GRANT USAGE ON SCHEMA \"A b\" TO x"),
            "GRANT USAGE ON SCHEMA \"RUNGS_X_1_\" TO x"
        );
        assert_eq!(stand_ins().apply("SELECT $$ auth.roles $$, a.auth.roles"), "SELECT $$ auth.roles $$, a.auth.roles");
    }

    #[test]
    fn what_belongs_to_no_namespace_is_built_under_another_name() {
        let global = [("publication", "all".to_owned()), ("server", "Far".to_owned())];
        let stand_ins = stand_ins().with_global("rungs_x", global);
        let sql = "CREATE PUBLICATION \"all\" FOR TABLE all; CREATE SERVER IF NOT EXISTS \"Far\" TYPE 'Far'";
        let applied = stand_ins.apply(sql);
        assert_eq!(
            applied,
            "CREATE PUBLICATION \"RUNGS_X_G0_\" FOR TABLE all; CREATE SERVER IF NOT EXISTS \"RUNGS_X_G1_\" TYPE 'Far'"
        );
        assert_eq!(stand_ins.back(&applied).as_deref(), Some(sql));
    }

    #[test]
    fn what_is_printed_comes_back() {
        let stand_ins = stand_ins();
        assert_eq!(stand_ins.back("rungs_x_2_.roles, \"RUNGS_X_1_\".t"), Some("auth.roles, \"A b\".t".to_owned()));
        assert_eq!(stand_ins.back("users"), None);
    }
}
