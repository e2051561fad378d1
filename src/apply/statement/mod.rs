//! What a statement is to a run that may stop at any moment: how it and the mark that it ran come to be one thing, or,
//! where they cannot, how it is found out afterwards whether it ran. Read off its words; no database is asked.

mod mysql;
mod postgres;
mod session;
mod words;

use rungs_schema::DialectName;

use crate::db::ServerVersion;
use crate::dialect::splitter::{Piece, split, uncovered};

use session::leftover;
pub(super) use session::{Leftover, inserts, stands_on_insert};
pub(super) use words::{Name, Words};

/// A statement, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) class: Class,
    /// It runs in a transaction that the file has begun, and so does its mark: both stay or neither.
    pub(super) inside: bool,
    /// What a session that resumes behind it has to do again, if it can.
    pub(super) replayed: bool,
    /// What it leaves in the session that no other session can have.
    pub(super) leftover: Option<Leftover>,
}

/// What is known of a statement whose mark is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    /// It can be taken back, so that it shares a transaction with its mark: without the mark, it did not run.
    Shared,
    /// Running it twice does what running it once does.
    Repeatable,
    /// It begins a transaction of the file's own.
    Begins,
    /// It ends one. That the mark of the statement before it is there proves that it ran.
    Ends,
    /// What it defines shows whether it ran.
    Defines(Vec<Object>),
    /// Nothing shows it. `partial`: where the server refuses it, a part of it may have been done.
    Unsure { partial: bool },
    /// A step in Rust. It shares a transaction with its mark, unless it ends that.
    Program,
}

/// Something that a statement defines, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) name: Name,
    pub(super) becomes: Becomes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    View,
    Trigger,
    Procedure,
    Function,
    Event,
    Database,
    Sequence,
    /// Whether the table has rows.
    Rows,
    /// PostgreSQL: all indexes of the table, one of which is built concurrently; its name, where it is said.
    IndexesOf(Option<String>),
    /// PostgreSQL: an index.
    Index,
    /// PostgreSQL: the indexes of the database that are not valid.
    InvalidIndexes,
    /// PostgreSQL: a tablespace.
    Tablespace,
    /// PostgreSQL: the table is a partition of another.
    PartitionOf(Name),
}

impl Kind {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Table | Self::Rows => "table",
            Self::View => "view",
            Self::Trigger => "trigger",
            Self::Procedure => "procedure",
            Self::Function => "function",
            Self::Event => "event",
            Self::Database => "database",
            Self::Sequence => "sequence",
            Self::IndexesOf(_) => "the indexes of table",
            Self::Index => "index",
            Self::InvalidIndexes => "the invalid indexes",
            Self::Tablespace => "tablespace",
            Self::PartitionOf(_) => "partition",
        }
    }
}

/// What a statement makes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// It is there afterwards. Where it was there before, running the statement again does no harm.
    Present,
    /// As `Present`, but that it is there does not prove that all of it was done.
    PresentInPart,
    /// It is gone afterwards.
    Absent,
    /// It is another afterwards, or the statement did nothing and may be run again.
    Changed,
    /// Another takes its place. That it looks the same proves nothing.
    Replaced,
    /// It has no rows afterwards.
    Emptied,
}

/// Looks at all statements of a section.
pub(super) fn plan(version: &ServerVersion, pieces: &[Piece<'_>]) -> Vec<Planned> {
    let mut blocks = Blocks::new(version.name);
    pieces.iter().map(|piece| planned(version, piece, &mut blocks)).collect()
}

fn planned(version: &ServerVersion, piece: &Piece<'_>, blocks: &mut Blocks) -> Planned {
    let dialect = version.name;
    let sql = uncovered(dialect, piece.sql);
    let words = Words::new(dialect, &sql);
    let class = if is_several(piece, dialect) { Class::Unsure { partial: true } } else { class(version, &words) };
    let replayed = session::is_replayed(&words);
    let leftover = leftover(&words);
    let (class, inside) = blocks.pass(class, &words);
    Planned { class, inside, replayed: replayed && leftover.is_none(), leftover }
}

fn class(version: &ServerVersion, words: &Words<'_>) -> Class {
    match version.name {
        // A load, whose text is a comment.
        _ if words.len() == 0 => Class::Shared,
        DialectName::Sqlite if words.is_any(0, "PRAGMA ATTACH DETACH VACUUM") => Class::Repeatable,
        DialectName::Sqlite => Class::Shared,
        DialectName::Postgres => postgres::class(words),
        DialectName::Mysql | DialectName::Mariadb => mysql::class(version, words),
    }
}

/// Whether a piece between DELIMITER lines holds several statements: the server carries out those before the one that
/// fails.
pub(super) fn is_several(piece: &Piece<'_>, dialect: DialectName) -> bool {
    split(dialect, piece.sql).is_ok_and(|pieces| pieces.len() > 1)
}

/// What a statement does to the transaction around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Control {
    Begins,
    Ends,
}

/// `words`: the first ones, in upper case.
pub(super) fn control(words: &[&str], dialect: DialectName) -> Option<Control> {
    match words {
        // MariaDB's BEGIN NOT ATOMIC is a block of statements.
        ["BEGIN", "NOT", ..] => None,
        ["BEGIN", ..] | ["START", "TRANSACTION", ..] => Some(Control::Begins),
        // ROLLBACK TO names a savepoint.
        ["ROLLBACK", "TO", ..] | ["ROLLBACK", "TRANSACTION" | "WORK", "TO", ..] => None,
        ["COMMIT" | "ROLLBACK", ..] => Some(Control::Ends),
        ["END" | "ABORT", ..] if dialect != DialectName::Mysql && dialect != DialectName::Mariadb => {
            Some(Control::Ends)
        }
        ["PREPARE", "TRANSACTION", ..] => Some(Control::Ends),
        _ => None,
    }
}

/// Follows the transactions that a file begins and ends.
struct Blocks {
    dialect: DialectName,
    open: bool,
    /// MySQL: after `SET autocommit = 0`, the end of a transaction begins the next.
    chained: bool,
    /// SQLite: the savepoint that has begun the transaction.
    savepoint: Option<String>,
}

impl Blocks {
    fn new(dialect: DialectName) -> Self {
        Self { dialect, open: false, chained: false, savepoint: None }
    }

    /// What a statement is in its place, and whether it runs in a transaction of the file's.
    fn pass(&mut self, class: Class, words: &Words<'_>) -> (Class, bool) {
        let first = words.first(3);
        let first: Vec<&str> = first.iter().map(String::as_str).collect();
        match control(&first, self.dialect) {
            Some(Control::Begins) => {
                self.open = true;
                return (Class::Begins, false);
            }
            Some(Control::Ends) => {
                let was_open = self.open;
                self.savepoint = None;
                self.open = self.chained || words.has("CHAIN") && !words.has("NO");
                return (if was_open { Class::Ends } else { Class::Repeatable }, false);
            }
            None => {}
        }
        if self.dialect == DialectName::Sqlite
            && let Some(class) = self.pass_savepoint(words)
        {
            return (class, false);
        }
        if let Some(on) = mysql::autocommit(self.dialect, words) {
            (self.open, self.chained) = (!on, !on);
            return (class, false);
        }
        let inside = self.open;
        let is_mysql = matches!(self.dialect, DialectName::Mysql | DialectName::Mariadb);
        if is_mysql && inside && commits(&class, words) {
            // <https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html>
            self.open = self.chained;
            return (class, false);
        }
        (class, inside)
    }

    /// Where no transaction is open, SQLite begins one with a SAVEPOINT, and ends it with the RELEASE of the same name:
    /// <https://www.sqlite.org/lang_savepoint.html>.
    fn pass_savepoint(&mut self, words: &Words<'_>) -> Option<Class> {
        let name = || {
            let at = if words.is(1, "SAVEPOINT") { 2 } else { 1 };
            words.name(at).map(|(name, _)| name.name.to_lowercase()).unwrap_or_default()
        };
        if words.is(0, "SAVEPOINT") && !self.open {
            self.open = true;
            self.savepoint = Some(name());
            return Some(Class::Begins);
        }
        if words.is(0, "RELEASE") && self.savepoint == Some(name()) {
            self.open = false;
            self.savepoint = None;
            return Some(Class::Ends);
        }
        None
    }
}

/// MySQL: whether a statement ends the transaction that is open, before it runs.
fn commits(class: &Class, words: &Words<'_>) -> bool {
    match class {
        Class::Defines(_) => true,
        Class::Unsure { .. } => !words.is_any(0, "CALL EXECUTE"),
        Class::Repeatable => words.is_any(0, "ANALYZE CACHE CHECK FLUSH GRANT OPTIMIZE REPAIR"),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
