//! A statement as words: what its grammar is read with.

use rungs_schema::{DialectName, ObjectName};

use crate::dialect::splitter::{Lexeme, LexemeKind};

/// The tokens of a statement or of a part of one, and how far they have been read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub dialect: DialectName,
    sql: &'a str,
    tokens: &'a [Lexeme<'a>],
    at: usize,
}

/// Words that stand in expressions and are never columns there.
const NO_COLUMNS: &str = "\
    ALL AND ANY ARRAY AS ASC BETWEEN CASE CAST COLLATE DESC ELSE END EXISTS FALSE FIRST GLOB ILIKE IN IS ISNULL LAST \
    LIKE NOT NOTNULL NULL NULLS OR REGEXP SIMILAR THEN TRUE WHEN";

impl<'a> Words<'a> {
    pub fn new(dialect: DialectName, sql: &'a str, tokens: &'a [Lexeme<'a>]) -> Self {
        Self { dialect, sql, tokens, at: 0 }
    }

    pub fn is_mysql(&self) -> bool {
        is_mysql(self.dialect)
    }

    pub fn is_postgres(&self) -> bool {
        self.dialect == DialectName::Postgres
    }

    fn peek(&self) -> Option<&'a Lexeme<'a>> {
        self.tokens.get(self.at)
    }

    pub fn at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The line of the statement on which the next token stands, or else the last one.
    pub fn line(&self) -> usize {
        self.peek().or(self.tokens.last()).map_or(1, |token| token.line)
    }

    /// The next token in upper case, if it is a word.
    pub fn word(&self) -> Option<String> {
        self.peek().filter(|token| token.kind == LexemeKind::Word).map(|token| token.text.to_ascii_uppercase())
    }

    /// Whether these words come next.
    pub fn is(&self, words: &[&str]) -> bool {
        let next = self.tokens.get(self.at..).unwrap_or_default();
        let same = |(token, word): (&Lexeme<'_>, &&str)| {
            token.kind == LexemeKind::Word && token.text.eq_ignore_ascii_case(word)
        };
        next.len() >= words.len() && next.iter().zip(words).all(same)
    }

    /// Whether one of these words comes next.
    pub fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(&[word]))
    }

    /// Passes these words, if they come next.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let fits = self.is(words);
        self.at += if fits { words.len() } else { 0 };
        fits
    }

    /// Passes one of these words, if it comes next.
    pub fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(&[word]))
    }

    /// `IF EXISTS` or `IF NOT EXISTS`.
    pub fn take_guard(&mut self) {
        let _ = self.take(&["IF", "NOT", "EXISTS"]) || self.take(&["IF", "EXISTS"]);
    }

    pub fn is_symbol(&self, symbol: char) -> bool {
        self.peek().is_some_and(|token| token.kind == LexemeKind::Symbol(symbol))
    }

    pub fn take_symbol(&mut self, symbol: char) -> bool {
        let fits = self.is_symbol(symbol);
        self.at += usize::from(fits);
        fits
    }

    /// Passes whatever comes next, a group in parentheses as a whole.
    pub fn skip(&mut self) {
        if self.group().is_none() {
            self.at += 1;
        }
    }

    /// Goes on to a word outside of parentheses. False when there is none, and then nothing is passed.
    pub fn skip_to(&mut self, word: &str) -> bool {
        let mut ahead = *self;
        while !ahead.at_end() {
            if ahead.is(&[word]) {
                *self = ahead;
                return true;
            }
            ahead.skip();
        }
        false
    }

    /// A name as the engine understands it: unquoted ones are folded on PostgreSQL.
    pub fn ident(&mut self) -> Option<String> {
        let name = self.peek().and_then(|token| ident(self.dialect, token))?;
        self.at += 1;
        Some(name)
    }

    /// A name with or without a schema. The default schema has many names and is written as none.
    pub fn name(&mut self) -> Option<ObjectName> {
        let mut name = ObjectName::bare(self.ident()?);
        while self.is_symbol('.') {
            let mut ahead = *self;
            ahead.at += 1;
            let Some(part) = ahead.ident() else { break };
            name = ObjectName::qualified(name.name, part);
            *self = ahead;
        }
        Some(in_default(self.dialect, name))
    }

    /// A column with its table before it: `schema.table.column`.
    pub fn column_name(&mut self) -> Option<(ObjectName, String)> {
        let mut parts = vec![self.ident()?];
        while self.take_symbol('.') {
            parts.push(self.ident()?);
        }
        let column = parts.pop()?;
        let table = ObjectName { name: parts.pop()?, schema: parts.pop() };
        Some((in_default(self.dialect, table), column))
    }

    /// Names with commas between them.
    pub fn names(&mut self) -> Vec<(ObjectName, usize)> {
        let mut names = Vec::new();
        loop {
            let line = self.line();
            names.extend(self.name().map(|name| (name, line)));
            if !self.take_symbol(',') {
                return names;
            }
        }
    }

    /// What stands between the parentheses that begin here.
    pub fn group(&mut self) -> Option<Words<'a>> {
        if !self.is_symbol('(') {
            return None;
        }
        let mut depth = 0usize;
        let mut end = self.at;
        for token in &self.tokens[self.at..] {
            match token.kind {
                LexemeKind::Symbol('(') => depth += 1,
                LexemeKind::Symbol(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            end += 1;
        }
        let inside = self.tokens.get(self.at + 1..end).unwrap_or_default();
        self.at = (end + 1).min(self.tokens.len());
        Some(Words { tokens: inside, at: 0, ..*self })
    }

    /// What is left, cut at the commas outside of parentheses.
    pub fn clauses(self) -> Vec<Words<'a>> {
        let mut clauses = Vec::new();
        let mut rest = self;
        let mut start = self.at;
        while !rest.at_end() {
            if rest.is_symbol(',') {
                clauses.push(Words { tokens: &self.tokens[start..rest.at], at: 0, ..self });
                start = rest.at + 1;
            }
            rest.skip();
        }
        clauses.push(Words { tokens: self.tokens.get(start..).unwrap_or_default(), at: 0, ..self });
        clauses
    }

    /// The text from here to the end of the statement.
    pub fn rest(&self) -> &'a str {
        self.peek().map_or("", |token| &self.sql[token.start..])
    }

    /// Whether a query stands in what is left.
    pub fn has_select(&self) -> bool {
        let is_select =
            |token: &Lexeme<'_>| token.kind == LexemeKind::Word && token.text.eq_ignore_ascii_case("select");
        self.tokens[self.at.min(self.tokens.len())..].iter().any(is_select)
    }

    /// The content of a string literal, if one comes next.
    pub fn literal(&self) -> Option<String> {
        let text = self.peek().filter(|token| token.kind == LexemeKind::Quoted)?.text;
        let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(inside.replace("''", "'"))
    }

    fn is_number(&self) -> bool {
        self.tokens.iter().all(|token| token.text.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// The columns that the keys of an index or constraint name; those that an expression may read.
    pub fn key_columns(self) -> Vec<String> {
        let mut columns = Vec::new();
        for mut key in self.clauses() {
            let whole = key;
            let column = key.ident();
            // Behind a column a number is the length of a prefix; anything else makes it the call of a function.
            let called = key.group().is_some_and(|inside| !inside.is_number());
            match column {
                Some(column) if !called => columns.push(column),
                _ => columns.extend(whole.mentioned()),
            }
        }
        columns
    }

    /// The columns that an expression may read: every name in it that is neither called nor qualifies another. It may
    /// be one too many, where a word of the language is not known here as one.
    pub fn mentioned(mut self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        while !self.at_end() {
            let is_type = self.is_postgres() && self.take_symbol(':') && self.take_symbol(':');
            let no_column = self.word().is_some_and(|word| is_one_of(NO_COLUMNS, &word)) || self.literal().is_some();
            match self.ident() {
                Some(_) if is_type => {
                    while self.is_any(&["VARYING", "PRECISION", "WITH", "WITHOUT", "TIME", "ZONE"]) {
                        self.at += 1;
                    }
                }
                Some(_) if no_column || self.is_symbol('(') || self.is_symbol('.') => {}
                Some(name) if !found.contains(&name) => found.push(name),
                Some(_) => {}
                None if is_type => {}
                None => self.at += 1,
            }
        }
        found
    }
}

/// Whether a word is in a list of words.
pub(super) fn is_one_of(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

pub(super) fn is_mysql(dialect: DialectName) -> bool {
    matches!(dialect, DialectName::Mysql | DialectName::Mariadb)
}

/// An unquoted name as the engine keeps it:
/// [PostgreSQL](https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS) folds it to
/// lower case, the others keep it as it is written.
pub(super) fn folded(dialect: DialectName, name: &str) -> String {
    if dialect == DialectName::Postgres { name.to_lowercase() } else { name.to_owned() }
}

/// A name without the schema that goes without saying.
pub(super) fn in_default(dialect: DialectName, name: ObjectName) -> ObjectName {
    let default = match dialect {
        DialectName::Postgres => "public",
        DialectName::Sqlite => "main",
        DialectName::Mysql | DialectName::Mariadb => return name,
    };
    match &name.schema {
        Some(schema) if schema.eq_ignore_ascii_case(default) => ObjectName::bare(name.name),
        _ => name,
    }
}

fn ident(dialect: DialectName, token: &Lexeme<'_>) -> Option<String> {
    let text = token.text;
    if token.kind == LexemeKind::Word {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        return (!is_number).then(|| folded(dialect, text));
    }
    let quote = text.chars().next().filter(|_| token.kind == LexemeKind::Quoted)?;
    let close = match (quote, dialect) {
        ('"', DialectName::Sqlite | DialectName::Postgres) | ('`', _) => quote,
        ('[', _) => ']',
        // SQLite takes a string for a name where only a name can stand.
        ('\'', DialectName::Sqlite) => quote,
        _ => return None,
    };
    let inside = text[1..].strip_suffix(close)?;
    Some(inside.replace(&format!("{close}{close}"), &close.to_string()))
}
