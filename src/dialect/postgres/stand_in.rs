//! Stand-ins for namespaces: what is wanted in `auth` is built in a namespace of another name, and read back as `auth`.
//! The live namespace, with all that others keep in it, stays as it is.

use std::collections::{BTreeMap, BTreeSet};

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
pub(super) const GLOBAL: [(&str, &str); 6] = [
    ("publication", "publication"),
    ("event trigger", "trigger"),
    ("server", "server"),
    ("foreign data wrapper", "wrapper"),
    ("language", "language"),
    ("access method", "method"),
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

    /// Notes that more is built, each by its stand-in and its name.
    pub fn add(&mut self, built: Vec<(String, String)>) {
        for (stand_in, name) in built {
            let original = self.names.iter().find(|(_, made)| *made == stand_in).map(|(original, _)| original.clone());
            self.built.extend(original.map(|original| (original, name)));
        }
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
        self.with(sql, &splitter::words(DialectName::Postgres, sql), &BTreeMap::new())
    }

    /// A GRANT or REVOKE as [`apply`](Self::apply) has it, on what is built: all that it is about is looked for in
    /// stand-ins alone, whatever else of that name is there.
    ///
    /// # Errors
    /// Where that cannot be built because it has no stand-in: what it is.
    pub fn apply_privilege(&self, sql: &str) -> Result<String, String> {
        let words = splitter::words(DialectName::Postgres, sql);
        let Some(objects) = Objects::of(&words) else { return Ok(self.apply(sql)) };
        let mut replaced = BTreeMap::new();
        for &index in &objects.names {
            let Some(word) = words.get(index) else { continue };
            let name = bare(word);
            let is_qualifier = words.get(index + 1).is_some_and(|word| word.text() == ".");
            let text = match objects.kind {
                Kind::Global(kind) => {
                    let made = self.global.iter().find(|(word, original, _)| *word == kind && *original == name);
                    quote(made.map(|(_, _, made)| made.as_str()).ok_or_else(|| format!("{kind} {name}"))?)
                }
                Kind::Object if !is_qualifier => format!("{}.{}", quote(self.default()), word.text()),
                Kind::Object | Kind::Namespace => {
                    quote(self.of(&name).ok_or_else(|| format!("anything in schema {name}"))?)
                }
            };
            replaced.insert(index, text);
        }
        Ok(self.with(sql, &words, &replaced))
    }

    /// A statement in which some words, by their index, are replaced, and those of the others that stand for namespaces.
    fn with(&self, sql: &str, words: &[Word<'_>], given: &BTreeMap<usize, String>) -> String {
        let mut out = String::with_capacity(sql.len());
        let mut at = 0;
        for (index, word) in words.iter().enumerate() {
            let replaced = match word {
                _ if given.contains_key(&index) => given.get(&index).cloned(),
                Word::Text(literal) => self.in_literal(literal),
                Word::Name(_) if self.global(words, index).is_some() => self.global(words, index).map(quote),
                Word::Name(_) if self.is_qualifier(words, index) => self.of(&bare(word)).map(quote),
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
        let before = words.get(..index)?.iter().rev().find(|word| !is_filler(word))?.text().to_ascii_lowercase();
        // What is built on an access method says USING.
        let kind = if before == "using" { "method" } else { before.as_str() };
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
        let name = match words.get(index + 2) {
            Some(name @ Word::Name(_)) => bare(name),
            _ => operator_at(words, index + 2),
        };
        !is_dot(before) && is_dot(words.get(index + 1)) && self.built.contains(&(bare(&words[index]), name))
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

/// What a GRANT or REVOKE is about.
struct Objects {
    kind: Kind,
    /// The word with which each name begins.
    names: Vec<usize>,
}

#[derive(Clone, Copy)]
enum Kind {
    Namespace,
    /// By the last word of the kind.
    Global(&'static str),
    Object,
}

impl Objects {
    fn of(words: &[Word<'_>]) -> Option<Self> {
        let is = |index: usize, texts: &[&str]| {
            words.get(index).is_some_and(|word| texts.iter().any(|text| word.text().eq_ignore_ascii_case(text)))
        };
        let outside: Vec<usize> = outside_parentheses(words);
        let on = outside.iter().copied().find(|index| is(*index, &["on"]))?;
        let end = outside.iter().copied().find(|index| *index > on && is(*index, &["to", "from"]))?;
        // A table may be called as a kind is.
        let is_kind = |index: usize| words.get(index + 1).is_some_and(|word| matches!(word, Word::Name(_)));
        let (kind, start) = if is(on + 1, &["all"]) && is(on + 3, &["in"]) {
            (Kind::Namespace, on + 5)
        } else if is(on + 1, &["schema"]) && is_kind(on + 1) && on + 2 < end {
            (Kind::Namespace, on + 2)
        } else if is(on + 1, &["foreign"]) && is(on + 2, &["server"]) {
            (Kind::Global("server"), on + 3)
        } else if is(on + 1, &["foreign"]) && is(on + 2, &["data"]) {
            (Kind::Global("wrapper"), on + 4)
        } else if is(on + 1, &["language"]) && is_kind(on + 1) && on + 2 < end {
            (Kind::Global("language"), on + 2)
        } else {
            let kinds = ["table", "sequence", "domain", "function", "procedure", "routine", "type"];
            let has_kind = is(on + 1, &kinds) && is_kind(on + 1) && on + 2 < end;
            (Kind::Object, if has_kind { on + 2 } else { on + 1 })
        };
        let between = |index: &usize| (start..end).contains(index);
        let commas = outside.iter().copied().filter(between).filter(|index| is(*index, &[","]));
        let names = std::iter::once(start).chain(commas.map(|comma| comma + 1)).filter(|index| *index < end);
        Some(Self { kind, names: names.collect() })
    }
}

fn outside_parentheses(words: &[Word<'_>]) -> Vec<usize> {
    let mut depth = 0;
    let mut outside = Vec::new();
    for (index, word) in words.iter().enumerate() {
        match word.text() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth == 0 => outside.push(index),
            _ => {}
        }
    }
    outside
}

/// The operator that stands at a place; empty where none does.
pub(super) fn operator_at(words: &[Word<'_>], at: usize) -> String {
    let part = |word: &&Word<'_>| matches!(word, Word::Symbol(text) if "+-*/<>=~!@#%^&|`?".contains(text));
    words.iter().skip(at).take_while(part).map(Word::text).collect()
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
        let global = [("publication", "all".to_owned()), ("server", "Far".to_owned()), ("method", "am".to_owned())];
        let stand_ins = stand_ins().with_global("rungs_x", global);
        let sql = "CREATE PUBLICATION \"all\" FOR TABLE all; CREATE SERVER IF NOT EXISTS \"Far\" TYPE 'Far'; \
                   CREATE ACCESS METHOD am TYPE INDEX HANDLER am; CREATE INDEX am ON t USING am (am)";
        let applied = stand_ins.apply(sql);
        assert_eq!(
            applied,
            "CREATE PUBLICATION \"RUNGS_X_G0_\" FOR TABLE all; CREATE SERVER IF NOT EXISTS \"RUNGS_X_G1_\" TYPE 'Far'; \
             CREATE ACCESS METHOD \"rungs_x_g2_\" TYPE INDEX HANDLER am; CREATE INDEX am ON t USING \"rungs_x_g2_\" (am)"
        );
        let back = stand_ins.back(&applied).unwrap_or_default();
        assert_eq!(back.replace("\"am\"", "am"), sql);
    }

    #[test]
    fn what_is_granted_on_is_what_is_built() {
        let stand_ins = stand_ins().with_global("rungs_x", [("server", "far".to_owned())]);
        let told = |sql: &str| stand_ins.apply_privilege(sql);
        let cases = [
            ("GRANT SELECT (on) ON legacy, auth.legacy TO x", "\"rungs_x_0_\".legacy, \"rungs_x_2_\".legacy TO x"),
            ("REVOKE ALL ON TABLE \"On\" FROM x", "TABLE \"rungs_x_0_\".\"On\" FROM x"),
            ("GRANT ALL ON type, schema TO x", "\"rungs_x_0_\".type, \"rungs_x_0_\".schema TO x"),
            (
                "GRANT EXECUTE ON FUNCTION f(auth.legacy, auth.roles), auth.g() TO x",
                "FUNCTION \"rungs_x_0_\".f(auth.legacy, \"rungs_x_2_\".roles), \"rungs_x_2_\".g() TO x",
            ),
            ("GRANT USAGE ON SCHEMA public, auth TO x", "SCHEMA \"rungs_x_0_\", \"rungs_x_2_\" TO x"),
            ("GRANT ALL ON ALL TABLES IN SCHEMA auth TO x", "ALL TABLES IN SCHEMA \"rungs_x_2_\" TO x"),
            ("GRANT USAGE ON FOREIGN SERVER far TO x", "FOREIGN SERVER \"rungs_x_g0_\" TO x"),
        ];
        for (sql, expected) in cases {
            let applied = told(sql).unwrap_or_default();
            assert_eq!(applied.split(" ON ").nth(1), Some(expected), "{sql}");
        }
        assert_eq!(told("GRANT USAGE ON SCHEMA other TO x"), Err("anything in schema other".to_owned()));
        assert_eq!(told("GRANT SELECT ON t, other.t TO x"), Err("anything in schema other".to_owned()));
        assert_eq!(told("GRANT USAGE ON FOREIGN DATA WRAPPER far TO x"), Err("wrapper far".to_owned()));
    }

    #[test]
    fn what_is_printed_comes_back() {
        let stand_ins = stand_ins();
        assert_eq!(stand_ins.back("rungs_x_2_.roles, \"RUNGS_X_1_\".t"), Some("auth.roles, \"A b\".t".to_owned()));
        assert_eq!(stand_ins.back("users"), None);
    }
}
