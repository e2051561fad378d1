use rungs_schema::IndexPart;

use super::expression::{self, Names};
use super::token::{Kind, Token};

/// Walks over the tokens of a statement.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a, 'b> {
    found: &'b [Token<'a>],
    at: usize,
}

/// What was expected and what came.
pub(crate) type Fault = String;

impl<'a, 'b> Cursor<'a, 'b> {
    pub fn new(found: &'b [Token<'a>]) -> Self {
        Self { found, at: 0 }
    }

    pub fn position(&self) -> usize {
        self.at
    }

    pub fn peek(&self) -> Option<&'b Token<'a>> {
        self.found.get(self.at)
    }

    pub fn previous_end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |at| self.found[at].end())
    }

    pub fn next(&mut self) -> Option<&'b Token<'a>> {
        let token = self.found.get(self.at);
        self.at += usize::from(token.is_some());
        token
    }

    /// The rest, without moving.
    pub fn rest(&self) -> &'b [Token<'a>] {
        &self.found[self.at..]
    }

    /// Whether these words come next.
    pub fn sees(&self, words: &[&str]) -> bool {
        words
            .iter()
            .enumerate()
            .all(|(index, word)| self.found.get(self.at + index).is_some_and(|token| token.is_word(word)))
    }

    /// Takes these words if they come next.
    pub fn eat(&mut self, words: &[&str]) -> bool {
        let seen = self.sees(words);
        self.at += if seen { words.len() } else { 0 };
        seen
    }

    pub fn eat_mark(&mut self, mark: &str) -> bool {
        let seen = self.peek().is_some_and(|token| token.is_mark(mark));
        self.at += usize::from(seen);
        seen
    }

    pub fn expect(&mut self, words: &[&str]) -> Result<(), Fault> {
        if self.eat(words) { Ok(()) } else { Err(self.fault(&words.join(" "))) }
    }

    pub fn fault(&self, wanted: &str) -> Fault {
        match self.peek() {
            Some(token) => format!("expected {wanted} before `{}` (byte {})", token.text, token.start),
            None => format!("expected {wanted} at the end"),
        }
    }

    /// A name, quoted or not; SQLite lets a text stand for one.
    pub fn name(&mut self) -> Result<String, Fault> {
        match self.next() {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Text) => Ok(token.identifier()),
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.fault("a name"))
            }
        }
    }

    /// What stands in the parentheses that come next.
    pub fn group(&mut self) -> Result<&'b [Token<'a>], Fault> {
        if !self.eat_mark("(") {
            return Err(self.fault("("));
        }
        let begin = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            if token.is_mark("(") {
                depth += 1;
            } else if token.is_mark(")") {
                depth -= 1;
                if depth == 0 {
                    return Ok(&self.found[begin..self.at - 1]);
                }
            }
        }
        Err(self.fault(")"))
    }

    /// `ON CONFLICT x`, in upper case; `ABORT` is what holds without it.
    pub fn conflict(&mut self) -> Result<Option<String>, Fault> {
        if !self.eat(&["ON", "CONFLICT"]) {
            return Ok(None);
        }
        let word = self.name()?.to_ascii_uppercase();
        Ok(Some(word).filter(|word| word != "ABORT"))
    }
}

/// The names of a list without anything but names.
pub(super) fn names(group: &[Token<'_>]) -> Result<Vec<String>, Fault> {
    split(group).map(|part| Cursor::new(part).name()).collect()
}

/// The pieces between the commas that stand in no parentheses.
pub(super) fn split<'a, 'b>(group: &'b [Token<'a>]) -> impl Iterator<Item = &'b [Token<'a>]> {
    let mut depth = 0_usize;
    group.split(move |token| {
        if token.is_mark("(") {
            depth += 1;
        } else if token.is_mark(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && token.is_mark(",")
    })
}

/// The keys of an index or constraint.
pub(super) fn parts(group: &[Token<'_>], table: Names<'_>) -> Result<Vec<IndexPart>, Fault> {
    split(group).map(|part| key(part, table)).collect()
}

fn key(mut part: &[Token<'_>], table: Names<'_>) -> Result<IndexPart, Fault> {
    let mut descending = false;
    if let [before @ .., last] = part
        && (last.is_word("ASC") || last.is_word("DESC"))
        && !before.is_empty()
    {
        descending = last.is_word("DESC");
        part = before;
    }
    let mut collation = None;
    if let [operand @ .., word, name] = part
        && word.is_word("COLLATE")
        && is_primary(operand)
    {
        collation = Some(expression::collation(&name.identifier()));
        part = operand;
    }
    let part = expression::strip_parentheses(part);
    let mut key = match part {
        [] => return Err("expected a column or an expression in a list of keys".to_owned()),
        [token] if token.kind != Kind::Number && token.kind != Kind::Blob => {
            let name = token.identifier();
            let column = table.columns.iter().find(|column| column.eq_ignore_ascii_case(&name));
            IndexPart::column(column.cloned().unwrap_or(name))
        }
        part => IndexPart::expression(expression::print(part, table)),
    };
    key.descending = descending;
    key.collation = collation;
    Ok(key)
}

/// Whether COLLATE after it can only mean the whole: a name, a call, or something in parentheses.
fn is_primary(operand: &[Token<'_>]) -> bool {
    let [first, rest @ ..] = operand else { return false };
    let group = if first.is_mark("(") { operand } else { rest };
    let whole = || Cursor::new(group).group().is_ok_and(|inner| inner.len() + 2 == group.len());
    rest.is_empty() || (first.is_mark("(") || first.is_identifier()) && whole()
}
