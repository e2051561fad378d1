//! Splits an SQL script into statements, as each engine's own client does.
//!
//! What stands between two semicolons is a statement, except within quotes, comments and bodies; which of these there
//! are depends on the engine:
//! - PostgreSQL: `E'..'` with backslashes, dollar quotes with tags, nested comments, `BEGIN ATOMIC ... END`
//!   ([string constants](https://www.postgresql.org/docs/current/sql-syntax-lexical.html), psql's scanner for the
//!   rest: a semicolon within parentheses, as in CREATE RULE, ends nothing either);
//! - SQLite: `[..]`, and in CREATE TRIGGER only `; END ;` ends the statement, which is the rule of
//!   [`sqlite3_complete`](https://www.sqlite.org/c3ref/complete.html);
//! - MySQL and MariaDB: backslashes in strings, `#` comments, `/*! */` as code, `DELIMITER` lines, and bodies of
//!   routines, triggers and events ([compound
//!   statements](https://dev.mysql.com/doc/refman/8.4/en/sql-compound-statements.html)) also without them.

mod body;
mod creation;
mod lexer;
mod uncover;

use rungs_schema::DialectName;

use body::Body;
pub use creation::{Creation, creation};
use lexer::{Kind, Lexer, Token};

pub use uncover::uncovered;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The statement, without comments before it, comments after it, and the closing semicolon.
    pub sql: &'a str,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The comments that stand before it.
    pub comments: Vec<&'a str>,
}

impl Piece<'_> {
    /// The line in the script of a place in the statement, which servers count in characters from 1.
    pub fn line_at(&self, position: usize) -> usize {
        self.line + self.sql.chars().take(position.saturating_sub(1)).filter(|c| *c == '\n').count()
    }

    /// The first words, in upper case and without comments between them.
    pub fn words(&self, dialect: DialectName, most: usize) -> Vec<String> {
        let mut lexer = Lexer::new(dialect, self.sql);
        let mut words = Vec::new();
        while let Ok(Some(token)) = lexer.next() {
            match token.kind {
                Kind::Space | Kind::Comment => {}
                Kind::Word if words.len() < most => words.push(lexer.text(&token).to_ascii_uppercase()),
                _ => break,
            }
        }
        words
    }

    /// As [`words`](Self::words), with quoted names among them, without their quotes.
    pub fn names(&self, dialect: DialectName, most: usize) -> Vec<String> {
        let mut lexer = Lexer::new(dialect, self.sql);
        let mut words = Vec::new();
        while let Ok(Some(token)) = lexer.next() {
            let text = lexer.text(&token).to_ascii_uppercase();
            match token.kind {
                Kind::Space | Kind::Comment => {}
                Kind::Word if words.len() < most => words.push(text),
                Kind::Quoted if words.len() < most => {
                    words.push(text.trim_matches(['"', '`', '\'', '[', ']']).to_owned());
                }
                _ => break,
            }
        }
        words
    }
}

/// A token of a statement: a word or number, something in quotes, or a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lexeme<'a> {
    /// What it is.
    pub kind: LexemeKind,
    /// Its text, quotes included.
    pub text: &'a str,
    /// Where it begins in the statement, in bytes.
    pub start: usize,
    /// The line of the statement on which it begins, from 1.
    pub line: usize,
}

/// What a token is, as far as the splitter tells tokens apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexemeKind {
    /// A name, keyword or number.
    Word,
    /// A string or a quoted name; which of them it is depends on the quote and the engine.
    Quoted,
    /// Anything else.
    Symbol(char),
}

/// The tokens of a statement, without white space and comments.
///
/// # Errors
/// When a quote or comment does not end.
pub fn lexemes(dialect: DialectName, sql: &str) -> Result<Vec<Lexeme<'_>>, SplitError> {
    let mut lexer = Lexer::new(dialect, sql);
    let mut lexemes = Vec::new();
    while let Some(token) = lexer.next()? {
        let kind = match token.kind {
            Kind::Space | Kind::Comment | Kind::Delimiter => continue,
            Kind::Word => LexemeKind::Word,
            Kind::Quoted => LexemeKind::Quoted,
            Kind::Symbol(symbol) => LexemeKind::Symbol(symbol),
        };
        lexemes.push(Lexeme { kind, text: lexer.text(&token), start: token.start, line: token.line });
    }
    Ok(lexemes)
}

/// A word of a statement, as far as names are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word<'a> {
    /// A name or keyword, in its quotes where it has some.
    Name(&'a str),
    /// A text in quotes.
    Text(&'a str),
    /// A single character.
    Symbol(&'a str),
}

impl<'a> Word<'a> {
    /// As it is written.
    pub fn text(&self) -> &'a str {
        match self {
            Self::Name(text) | Self::Text(text) | Self::Symbol(text) => text,
        }
    }

    /// Where it stands in the statement that it was taken from.
    pub fn start(&self, sql: &str) -> usize {
        (self.text().as_ptr() as usize).saturating_sub(sql.as_ptr() as usize)
    }
}

/// The words of a statement, without blanks and comments. What cannot be understood to its end ends the list.
pub fn words(dialect: DialectName, sql: &str) -> Vec<Word<'_>> {
    let mut lexer = Lexer::new(dialect, sql);
    let mut words = Vec::new();
    while let Ok(Some(token)) = lexer.next() {
        let text = lexer.text(&token);
        let is_name =
            text.starts_with(['"', '`', '[']) && !(text.starts_with('"') && lexer.has_texts_in_double_quotes());
        match token.kind {
            Kind::Space | Kind::Comment | Kind::Delimiter => {}
            Kind::Word => words.push(Word::Name(text)),
            Kind::Quoted if is_name => words.push(Word::Name(text)),
            Kind::Quoted => words.push(Word::Text(text)),
            Kind::Symbol(_) => words.push(Word::Symbol(text)),
        }
    }
    words
}

/// What a statement creates: the namespace, where it says one, and the name. `None` when it creates nothing that has a
/// name of its own.
pub fn created<'w, 'a>(words: &'w [Word<'a>]) -> Option<(Option<&'w Word<'a>>, &'w Word<'a>)> {
    creation(words)?.name
}

/// Why a script cannot be split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct SplitError {
    /// The line in the script, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// Splits a script.
///
/// # Errors
/// When a quote, comment or body does not end, or the script has commands of a client (psql's backslash, `COPY ...
/// FROM stdin`, sqlite3's dot) in it, which no server understands.
pub fn split(dialect: DialectName, script: &str) -> Result<Vec<Piece<'_>>, SplitError> {
    let mut splitter = Splitter {
        dialect,
        lexer: Lexer::new(dialect, script),
        pieces: Vec::new(),
        statement: Statement::new(dialect),
    };
    splitter.run()?;
    Ok(splitter.pieces)
}

struct Splitter<'a> {
    dialect: DialectName,
    lexer: Lexer<'a>,
    pieces: Vec<Piece<'a>>,
    statement: Statement<'a>,
}

/// The statement that is being read.
struct Statement<'a> {
    /// Where it begins, and on which line; `None` before its first token.
    start: Option<(usize, usize)>,
    /// Where its last token ends.
    end: usize,
    comments: Vec<&'a str>,
    /// Open parentheses; counted on PostgreSQL.
    parentheses: usize,
    body: Body,
    /// Begins with COPY, and has FROM last.
    copy: Copy,
}

#[derive(PartialEq, Eq)]
enum Copy {
    No,
    Seen,
    From,
}

impl Statement<'_> {
    fn new(dialect: DialectName) -> Self {
        Self { start: None, end: 0, comments: Vec::new(), parentheses: 0, body: Body::new(dialect), copy: Copy::No }
    }
}

impl<'a> Splitter<'a> {
    fn run(&mut self) -> Result<(), SplitError> {
        while let Some(token) = self.lexer.next()? {
            match token.kind {
                Kind::Space => {}
                Kind::Comment if self.statement.start.is_none() => {
                    self.statement.comments.push(self.lexer.text(&token).trim_end());
                }
                Kind::Comment => {}
                Kind::Delimiter => self.finish(),
                Kind::Symbol(';') if self.ends_statement() => self.finish(),
                _ if self.statement.start.is_none() && self.is_delimiter_line(&token) => {}
                _ => self.take(&token)?,
            }
        }
        if let Some((line, what)) = self.statement.body.open().filter(|_| !self.lexer.has_delimiter()) {
            return Err(SplitError { line, reason: format!("the body that begins here has no END ({what})") });
        }
        self.finish();
        Ok(())
    }

    /// Whether a semicolon ends the statement here.
    fn ends_statement(&self) -> bool {
        !self.lexer.has_delimiter() && self.statement.parentheses == 0 && self.statement.body.may_end()
    }

    fn is_delimiter_line(&mut self, token: &Token) -> bool {
        let is_mysql = matches!(self.dialect, DialectName::Mysql | DialectName::Mariadb);
        is_mysql
            && token.kind == Kind::Word
            && self.lexer.text(token).eq_ignore_ascii_case("delimiter")
            && self.lexer.take_delimiter()
    }

    fn take(&mut self, token: &Token) -> Result<(), SplitError> {
        let text = self.lexer.text(token);
        let first = self.statement.start.is_none();
        self.refuse_client_commands(token, text, first)?;
        let statement = &mut self.statement;
        if first {
            statement.start = Some((token.start, token.line));
            if self.dialect == DialectName::Postgres && text.eq_ignore_ascii_case("copy") {
                statement.copy = Copy::Seen;
            }
        }
        statement.end = token.end;
        if self.dialect == DialectName::Postgres {
            match token.kind {
                Kind::Symbol('(') => statement.parentheses += 1,
                Kind::Symbol(')') => statement.parentheses = statement.parentheses.saturating_sub(1),
                _ => {}
            }
        }
        statement.body.take(token.kind, text, token.line);
        Ok(())
    }

    fn refuse_client_commands(&mut self, token: &Token, text: &str, first: bool) -> Result<(), SplitError> {
        let refuse = |what: String| Err(SplitError { line: token.line, reason: what });
        match (self.dialect, token.kind) {
            (DialectName::Postgres, Kind::Symbol('\\')) => {
                let command = self.lexer.rest_of_line(token);
                return refuse(format!("`{command}` is a command of psql, which the server does not understand"));
            }
            (DialectName::Mysql | DialectName::Mariadb, Kind::Symbol('\\')) => {
                let command = self.lexer.rest_of_line(token);
                // MariaDB writes NULL so, too.
                if command.starts_with("\\N") && !first {
                    return Ok(());
                }
                return refuse(format!("`{command}` is a command of the mysql client, not of the server"));
            }
            (DialectName::Sqlite, Kind::Symbol('.')) if first => {
                let command = self.lexer.rest_of_line(token);
                return refuse(format!("`{command}` is a command of the sqlite3 shell, not of SQLite"));
            }
            (DialectName::Postgres, Kind::Word) if self.statement.copy != Copy::No => {
                if self.statement.copy == Copy::From && text.eq_ignore_ascii_case("stdin") {
                    return refuse("COPY ... FROM stdin: the rows after it are no SQL; write INSERT".to_owned());
                }
                let is_from = self.statement.parentheses == 0 && text.eq_ignore_ascii_case("from");
                self.statement.copy = if is_from { Copy::From } else { Copy::Seen };
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) {
        let statement = std::mem::replace(&mut self.statement, Statement::new(self.dialect));
        if let Some((start, line)) = statement.start {
            // Between DELIMITER lines people close the last statement with a semicolon too.
            let sql = self.lexer.slice(start, statement.end).trim_end_matches(|c: char| c == ';' || c.is_whitespace());
            if !sql.is_empty() {
                self.pieces.push(Piece { sql, line, comments: statement.comments });
            }
        }
    }
}
