//! A statement's words.

use std::fmt;

use rungs_schema::DialectName;

use crate::dialect::splitter::{Word, words};

/// A name as the engine keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::apply) struct Name {
    pub(in crate::apply) schema: Option<String>,
    pub(in crate::apply) name: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The words of a statement, without blanks and comments.
#[derive(Debug, Clone)]
pub(in crate::apply) struct Words<'a> {
    pub(in crate::apply) dialect: DialectName,
    items: Vec<Word<'a>>,
}

impl<'a> Words<'a> {
    pub(in crate::apply) fn new(dialect: DialectName, sql: &'a str) -> Self {
        Self { dialect, items: words(dialect, sql) }
    }

    /// The words from a place on.
    pub(super) fn from(&self, at: usize) -> Self {
        Self { dialect: self.dialect, items: self.items.get(at..).unwrap_or_default().to_vec() }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// A keyword, or a name without quotes.
    fn plain(&self, at: usize) -> Option<&'a str> {
        match self.items.get(at) {
            Some(Word::Name(text)) if !text.starts_with(['"', '`', '[']) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.plain(at).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// Whether one of these words, with blanks between them, stands at a place.
    pub(super) fn is_any(&self, at: usize, list: &str) -> bool {
        list.split_ascii_whitespace().any(|word| self.is(at, word))
    }

    /// Whether these words follow each other from a place on.
    pub(super) fn are(&self, at: usize, list: &str) -> bool {
        list.split_ascii_whitespace().enumerate().all(|(index, word)| self.is(at + index, word))
    }

    /// Whether a keyword, or a name without quotes, is among the words.
    pub(in crate::apply) fn has(&self, word: &str) -> bool {
        self.find(0, word).is_some()
    }

    /// Where a keyword stands, from a place on.
    pub(super) fn find(&self, from: usize, word: &str) -> Option<usize> {
        (from..self.items.len()).find(|at| self.is(*at, word))
    }

    pub(super) fn symbol(&self, at: usize) -> Option<&'a str> {
        match self.items.get(at) {
            Some(Word::Symbol(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a symbol stands at a place.
    pub(super) fn is_symbol(&self, at: usize, symbol: &str) -> bool {
        self.symbol(at) == Some(symbol)
    }

    /// The first words that are keywords or names without quotes, in upper case.
    pub(in crate::apply) fn first(&self, most: usize) -> Vec<String> {
        (0..most).map_while(|at| self.plain(at)).map(str::to_ascii_uppercase).collect()
    }

    /// A keyword at a place, in upper case.
    pub(super) fn first_at(&self, at: usize) -> Option<String> {
        self.plain(at).map(str::to_ascii_uppercase)
    }

    /// All texts in quotes.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        self.items.iter().filter_map(|word| match word {
            Word::Text(text) => Some(*text),
            _ => None,
        })
    }

    /// A name with or without its schema, and the place behind it.
    pub(super) fn name(&self, at: usize) -> Option<(Name, usize)> {
        let first = self.ident(at)?;
        if self.is_symbol(at + 1, ".") {
            let second = self.ident(at + 2)?;
            return Some((Name { schema: Some(first), name: second }, at + 3));
        }
        Some((Name { schema: None, name: first }, at + 1))
    }

    /// Names with commas between them.
    pub(super) fn names(&self, mut at: usize) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        loop {
            let (name, next) = self.name(at)?;
            names.push(name);
            if !self.is_symbol(next, ",") {
                return Some(names);
            }
            at = next + 1;
        }
    }

    /// One name, without its quotes, folded as the engine does.
    pub(super) fn ident(&self, at: usize) -> Option<String> {
        let text = match self.items.get(at)? {
            Word::Name(text) => *text,
            // With ANSI_QUOTES, MySQL takes it for a name; without, it is refused where a name stands.
            Word::Text(text) if text.starts_with('"') => *text,
            Word::Text(_) | Word::Symbol(_) => return None,
        };
        let quote = text.chars().next().filter(|c| ['"', '`', '['].contains(c));
        let Some(open) = quote else {
            let folds = self.dialect == DialectName::Postgres;
            return Some(if folds { text.to_lowercase() } else { text.to_owned() });
        };
        let close = if open == '[' { ']' } else { open };
        let inside = text.strip_prefix(open)?.strip_suffix(close)?;
        Some(inside.replace(&format!("{close}{close}"), &close.to_string()))
    }

    /// Every name and keyword, in lower case and without quotes.
    pub(in crate::apply) fn all_names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.items.len()).filter_map(|at| self.ident(at)).map(|name| name.to_lowercase())
    }

    /// The names before a dot, in their own case.
    pub(in crate::apply) fn qualifiers(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.items.len()).filter(|at| self.is_symbol(at + 1, ".")).filter_map(|at| self.ident(at))
    }

    /// Whether a function of one of these names is called.
    pub(super) fn calls(&self, list: &str) -> bool {
        (0..self.items.len()).any(|at| self.is_any(at, list) && self.is_symbol(at + 1, "("))
    }

    /// The places of the user variables of MySQL (`@x`), each with its name in lower case; `@@x` is one of the server's.
    pub(super) fn variables(&self) -> impl Iterator<Item = (usize, String)> + '_ {
        let is_at = |at: usize| self.is_symbol(at, "@");
        let is_user = move |at: &usize| is_at(*at) && !is_at(at + 1) && !(*at > 0 && is_at(at - 1));
        (0..self.items.len()).filter(is_user).filter_map(|at| Some((at, self.ident(at + 1)?.to_lowercase())))
    }

    /// The one table whose rows an UPDATE changes.
    pub(in crate::apply) fn updated_table(&self) -> Option<Name> {
        let at = (1..5).find(|at| !self.is_any(*at, "LOW_PRIORITY IGNORE ONLY OR ROLLBACK ABORT REPLACE FAIL"))?;
        let (name, next) = self.name(at).filter(|_| self.is(0, "UPDATE"))?;
        let set = self.find(next, "SET")?;
        (next..set).all(|at| self.plain(at).is_some() && !self.is(at, "JOIN")).then_some(name)
    }

    /// The table whose rows a statement changes, as it is written.
    pub(in crate::apply) fn changed_table(&self) -> Option<Name> {
        let at = match self.first(1).first().map(String::as_str)? {
            "UPDATE" => 1,
            "DELETE" => self.find(1, "FROM")? + 1,
            _ => self.find(1, "INTO")? + 1,
        };
        let skipped = (at..at + 3).find(|at| !self.is_any(*at, "TABLE LOW_PRIORITY IGNORE ONLY"))?;
        self.name(skipped).map(|(name, _)| name)
    }
}
