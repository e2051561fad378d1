//! What a CREATE statement creates.

use super::Word;

/// What a statement creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation<'w, 'a> {
    /// The kind in lower case: `view`, `materialized view`, `event trigger`, `text search dictionary`, ...
    pub kind: String,
    /// The namespace, where it says one, and the name, where it has one that is a word.
    pub name: Option<(Option<&'w Word<'a>>, &'w Word<'a>)>,
    /// The index of the first word behind the kind and `IF NOT EXISTS`.
    pub at: usize,
}

/// What may stand between CREATE and the kind without a meaning for the name.
const MODIFIERS: [&str; 15] = [
    "or",
    "replace",
    "temp",
    "temporary",
    "global",
    "local",
    "unlogged",
    "recursive",
    "unique",
    "constraint",
    "trusted",
    "procedural",
    "default",
    "fulltext",
    "spatial",
];

/// The kinds of more than one word.
const LONG: [&[&str]; 13] = [
    &["materialized", "view"],
    &["event", "trigger"],
    &["foreign", "table"],
    &["virtual", "table"],
    &["foreign", "data", "wrapper"],
    &["text", "search", "dictionary"],
    &["text", "search", "configuration"],
    &["text", "search", "parser"],
    &["text", "search", "template"],
    &["operator", "class"],
    &["operator", "family"],
    &["user", "mapping"],
    &["access", "method"],
];

/// The kinds of one word that MySQL has behind `DEFINER = ...` and the like.
const ROUTINES: [&str; 5] = ["view", "function", "procedure", "trigger", "event"];

/// What a statement creates; `None` when it does not start with CREATE.
pub fn creation<'w, 'a>(words: &'w [Word<'a>]) -> Option<Creation<'w, 'a>> {
    let is = |index: usize, text: &str| words.get(index).is_some_and(|word| word.text().eq_ignore_ascii_case(text));
    if !is(0, "create") {
        return None;
    }
    let lower = |index: usize| words.get(index).map(|word| word.text().to_ascii_lowercase()).unwrap_or_default();
    let mut at = 1;
    while MODIFIERS.contains(&lower(at).as_str()) {
        at += 1;
    }
    if ["definer", "algorithm", "sql", "aggregate"].contains(&lower(at).as_str()) {
        let kind = (at + 1..words.len().min(at + 16)).find(|index| ROUTINES.contains(&lower(*index).as_str()));
        let is_mysql = lower(at) != "aggregate" || kind == Some(at + 1);
        at = kind.filter(|_| is_mysql).unwrap_or(at);
    }
    let long = LONG.iter().find(|long| long.iter().enumerate().all(|(index, word)| is(at + index, word)));
    let length = long.map_or(1, |long| long.len());
    let kind = long.map_or_else(|| lower(at), |long| long.join(" "));
    at += length;
    if is(at, "concurrently") {
        at += 1;
    }
    if is(at, "if") && is(at + 1, "not") && is(at + 2, "exists") {
        at += 3;
    }
    let name = name_at(words, if kind == "schema" && is(at, "authorization") { at + 1 } else { at });
    // An index, and extended statistics, may be left without a name; a transform has none.
    let is_nameless = ["index", "statistics"].contains(&kind.as_str()) && is(at, "on") || kind == "transform";
    Some(Creation { name: name.filter(|_| !is_nameless), kind, at })
}

fn name_at<'w, 'a>(words: &'w [Word<'a>], at: usize) -> Option<(Option<&'w Word<'a>>, &'w Word<'a>)> {
    let is_name = |word: Option<&'w Word<'a>>| word.filter(|word| matches!(word, Word::Name(_)));
    let name = is_name(words.get(at))?;
    match (words.get(at + 1), is_name(words.get(at + 2))) {
        (Some(dot), second) if dot.text() == "." => second.map(|second| (Some(name), second)),
        _ => Some((None, name)),
    }
}

#[cfg(test)]
mod tests {
    use rungs_schema::DialectName;

    use super::*;
    use crate::dialect::splitter::words;

    #[track_caller]
    fn assert_creates(dialect: DialectName, sql: &str, kind: &str, name: &str) {
        let words = words(dialect, sql);
        let creation = creation(&words).expect("a creation");
        let text = |(schema, name): (Option<&Word<'_>>, &Word<'_>)| {
            schema.map_or_else(String::new, |schema| format!("{}.", schema.text())) + name.text()
        };
        let found = (creation.kind.as_str(), creation.name.map(text).unwrap_or_default());
        assert_eq!(found, (kind, name.to_owned()), "{sql}");
    }

    #[test]
    fn the_kind_and_the_name_are_found() {
        let cases = [
            ("CREATE OR REPLACE VIEW a.v AS SELECT 1", "view", "a.v"),
            ("CREATE VIEW event AS SELECT 1", "view", "event"),
            ("CREATE TABLE IF NOT EXISTS schema (id int)", "table", "schema"),
            ("create materialized view if not exists m as select 1", "materialized view", "m"),
            ("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (a)", "index", "ix"),
            ("CREATE INDEX ON t (a)", "index", ""),
            ("CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "event trigger", "e"),
            ("CREATE CONSTRAINT TRIGGER c AFTER INSERT ON t", "trigger", "c"),
            ("CREATE SCHEMA AUTHORIZATION me", "schema", "me"),
            ("CREATE CAST (a AS b) WITH INOUT", "cast", ""),
            ("CREATE OPERATOR + (FUNCTION = f)", "operator", ""),
            ("CREATE OPERATOR app.+ (FUNCTION = f)", "operator", ""),
            ("CREATE OPERATOR CLASS c FOR TYPE t USING btree AS STORAGE t", "operator class", "c"),
            ("CREATE OPERATOR FAMILY app.f USING hash", "operator family", "app.f"),
            ("CREATE DEFAULT CONVERSION con FOR 'a' TO 'b' FROM f", "conversion", "con"),
            ("CREATE OR REPLACE TRUSTED PROCEDURAL LANGUAGE l HANDLER h", "language", "l"),
            ("CREATE ACCESS METHOD am TYPE INDEX HANDLER h", "access method", "am"),
            ("CREATE OR REPLACE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION f)", "transform", ""),
            ("CREATE TEXT SEARCH DICTIONARY public.d (TEMPLATE = simple)", "text search dictionary", "public.d"),
            ("CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)", "aggregate", "total"),
            ("CREATE FOREIGN DATA WRAPPER w", "foreign data wrapper", "w"),
        ];
        for (sql, kind, name) in cases {
            assert_creates(DialectName::Postgres, sql, kind, name);
        }
        let definer = "CREATE DEFINER = `a`@`b` SQL SECURITY INVOKER VIEW `v` AS SELECT 1";
        assert_creates(DialectName::Mysql, definer, "view", "`v`");
        assert_creates(DialectName::Mysql, "CREATE AGGREGATE FUNCTION f RETURNS INT SONAME 'x'", "function", "f");
        assert!(creation(&words(DialectName::Mysql, "DROP VIEW v")).is_none());
    }
}
