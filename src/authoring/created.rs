//! Which tables revisions create, by the statements in their files.

use std::collections::BTreeSet;

use crate::diff::quoted_length;
use crate::revision::{Direction, Revision};

/// The tables that revisions create or give a name to. A name in another namespace counts by its last part.
pub fn tables_created<'a>(revisions: impl Iterator<Item = &'a Revision>) -> BTreeSet<String> {
    revisions.flat_map(|revision| revision.sections(Direction::Up)).flat_map(|section| named(&section.text)).collect()
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// In upper case, and as it is written.
    Word(String, String),
    /// A quoted name, without its quotes.
    Quoted(String),
    Symbol(char),
}

impl Token {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(upper, _) if upper == word)
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Word(_, name) | Self::Quoted(name) => Some(name),
            Self::Symbol(_) => None,
        }
    }
}

fn named(script: &str) -> Vec<String> {
    let tokens = tokens(script);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let mut words = Words { tokens: &tokens, at };
        if words.take(&["CREATE"]) {
            while words.take(&["OR"]) || words.take(&["REPLACE"]) || words.take(&["UNLOGGED"]) {}
            if words.take(&["TABLE"]) {
                words.take(&["IF", "NOT", "EXISTS"]);
                found.extend(words.name());
            }
        } else if words.take(&["ALTER", "TABLE"]) {
            words.rest_of_statement_from("RENAME");
            if words.take(&["RENAME", "TO"]) || words.take(&["RENAME", "AS"]) {
                found.extend(words.name());
            }
        } else if words.take(&["RENAME", "TABLE"]) {
            while words.rest_of_statement_from("TO") && words.take(&["TO"]) {
                found.extend(words.name());
            }
        }
    }
    found
}

pub(super) struct Words<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
}

impl Words<'_> {
    /// Passes these words, if they come next.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let next = self.tokens.get(self.at..).unwrap_or_default();
        let fits = next.len() >= words.len() && next.iter().zip(words).all(|(token, word)| token.is(word));
        self.at += if fits { words.len() } else { 0 };
        fits
    }

    /// The last part of a name.
    pub(super) fn name(&mut self) -> Option<String> {
        let mut name = self.tokens.get(self.at)?.name()?.to_owned();
        self.at += 1;
        while self.tokens.get(self.at) == Some(&Token::Symbol('.')) {
            name = self.tokens.get(self.at + 1)?.name()?.to_owned();
            self.at += 2;
        }
        Some(name)
    }

    /// Goes on to a word of the same statement.
    pub(super) fn rest_of_statement_from(&mut self, word: &str) -> bool {
        while let Some(token) = self.tokens.get(self.at).filter(|token| **token != Token::Symbol(';')) {
            if token.is(word) {
                return true;
            }
            self.at += 1;
        }
        false
    }
}

/// As far as names need it: comments and texts are passed over.
pub(super) fn tokens(script: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' => quoted_length(rest, first),
            '"' | '`' => {
                let length = quoted_length(rest, first);
                let inside = rest.get(1..length.saturating_sub(1)).unwrap_or_default();
                tokens.push(Token::Quoted(inside.replace(&format!("{first}{first}"), &first.to_string())));
                length
            }
            '[' => {
                let length = rest.find(']').map_or(rest.len(), |end| end + 1);
                tokens.push(Token::Quoted(rest[1..length].trim_end_matches(']').to_owned()));
                length
            }
            c if c.is_alphanumeric() || c == '_' => {
                let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '$');
                let length = rest.find(ends).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..length].to_uppercase(), rest[..length].to_owned()));
                length
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(Token::Symbol(c));
                }
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn every_way_to_give_a_table_a_name_is_seen() {
        let script = "
            -- CREATE TABLE comment (id int);
            /* a */ CREATE TABLE -- b
              IF NOT EXISTS \"shop\".\"a \"\"(b)\" (id int);
            CREATE UNLOGGED TABLE c AS SELECT 'CREATE TABLE text (x)';
            create or replace table `d`(id int);
            CREATE TABLE [e f] (id INT);
            ALTER TABLE ONLY c RENAME COLUMN a TO b; ALTER TABLE IF EXISTS \"c\" RENAME TO g;
            RENAME TABLE h TO i, x.j TO x.`k`;
            CREATE INDEX l ON c (id);";
        assert_eq!(named(script), ["a \"(b)", "c", "d", "e f", "g", "i", "k"]);
    }
}
