//! MySQL and MariaDB: DDL commits by itself, and shows in what `SHOW CREATE` prints.

use rungs_schema::DialectName;

use super::words::{Name, Words};
use super::{Becomes, Class, Kind, Object};
use crate::db::ServerVersion;

/// Statements that do no more when they are run twice.
const REPEATABLE: &str = "\
    USE OPTIMIZE CHECK CHECKSUM REPAIR FLUSH SHOW EXPLAIN DESC DESCRIBE HELP CACHE GRANT PREPARE DEALLOCATE SAVEPOINT \
    RELEASE ROLLBACK LOCK UNLOCK";

pub(super) fn class(version: &ServerVersion, words: &Words<'_>) -> Class {
    let defined = match words.first(1).first().map(String::as_str) {
        Some("INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" | "SELECT" | "VALUES" | "TABLE" | "DO") => {
            return Class::Shared;
        }
        // A SELECT in parentheses.
        None if words.is_symbol(0, "(") => return Class::Shared,
        Some("LOAD") if words.is_any(1, "DATA XML") => return Class::Shared,
        Some("SET") => return set(version, words),
        // MariaDB's ANALYZE of a statement runs it.
        Some("ANALYZE") if words.is_any(1, "TABLE TABLES LOCAL NO_WRITE_TO_BINLOG") => return Class::Repeatable,
        Some("ANALYZE") => return Class::Shared,
        Some(word) if REPEATABLE.split_ascii_whitespace().any(|known| known == word) => return Class::Repeatable,
        Some("CREATE") => create(version, words),
        Some("ALTER") => alter(words),
        Some("DROP") if words.is(1, "TEMPORARY") => return Class::Repeatable,
        Some("DROP") => drop(words),
        Some("RENAME") if words.is_any(1, "TABLE TABLES") => rename(words),
        Some("TRUNCATE") => truncate(words),
        _ => None,
    };
    let partial = words.is_any(0, "CALL EXECUTE BEGIN IF CASE LOOP WHILE REPEAT FOR CREATE DROP RENAME REVOKE");
    defined.map_or(Class::Unsure { partial }, Class::Defines)
}

/// What is set for the server stays; what is set for the session is set again when a run resumes.
fn set(version: &ServerVersion, words: &Words<'_>) -> Class {
    match words.find(1, "FOR") {
        // `SET STATEMENT variable = value FOR statement`
        Some(at) if words.is(1, "STATEMENT") => class(version, &words.from(at + 1)),
        _ => Class::Repeatable,
    }
}

/// `SET autocommit = 0`, `SET @@SESSION.autocommit = ON`: whether it is on afterwards.
pub(super) fn autocommit(dialect: DialectName, words: &Words<'_>) -> Option<bool> {
    if !matches!(dialect, DialectName::Mysql | DialectName::Mariadb) || !words.is(0, "SET") {
        return None;
    }
    let at = words.find(1, "AUTOCOMMIT")?;
    let value = if words.is_symbol(at + 1, ":") { at + 3 } else { at + 2 };
    Some(!words.is_any(value, "0 OFF FALSE"))
}

fn object(kind: Kind, name: Name, becomes: Becomes) -> Object {
    Object { kind, name, becomes }
}

/// What stands between CREATE, ALTER or DROP and the name.
struct Head {
    replaces: bool,
    temporary: bool,
    kind: String,
    /// Where the name begins.
    at: usize,
}

fn head(words: &Words<'_>) -> Option<Head> {
    let (mut at, mut replaces, mut temporary) = (1, false, false);
    loop {
        if words.are(at, "OR REPLACE") {
            (replaces, at) = (true, at + 2);
        } else if words.is(at, "TEMPORARY") {
            (temporary, at) = (true, at + 1);
        } else if words.is(at, "DEFINER") && words.is_symbol(at + 1, "=") {
            at = account(words, at + 2);
        } else if words.are(at, "SQL SECURITY") || words.is(at, "ALGORITHM") && words.is_symbol(at + 1, "=") {
            at += 3;
        } else if words.is_any(at, "UNIQUE FULLTEXT SPATIAL VECTOR AGGREGATE ONLINE OFFLINE IGNORE") {
            at += 1;
        } else {
            break;
        }
    }
    let kind = words.first_at(at)?;
    at += 1;
    if words.is_any(at, "CONCURRENTLY WAIT NOWAIT") {
        return None;
    }
    if words.are(at, "IF NOT EXISTS") {
        at += 3;
    } else if words.are(at, "IF EXISTS") {
        at += 2;
    }
    Some(Head { replaces, temporary, kind, at })
}

/// The place behind `'someone'@'somewhere'` or `CURRENT_USER()`.
fn account(words: &Words<'_>, mut at: usize) -> usize {
    at += 1;
    while words.is_symbol(at, "@") {
        at += 2;
    }
    if words.is_symbol(at, "(") { at + 2 } else { at }
}

fn kind_of(word: &str) -> Option<Kind> {
    Some(match word {
        "TABLE" | "TABLES" => Kind::Table,
        "VIEW" => Kind::View,
        "TRIGGER" => Kind::Trigger,
        "PROCEDURE" => Kind::Procedure,
        "FUNCTION" => Kind::Function,
        "EVENT" => Kind::Event,
        "DATABASE" | "SCHEMA" => Kind::Database,
        "SEQUENCE" => Kind::Sequence,
        _ => return None,
    })
}

fn create(version: &ServerVersion, words: &Words<'_>) -> Option<Vec<Object>> {
    let head = head(words)?;
    if head.kind == "INDEX" {
        return index(words, head.at);
    }
    let kind = kind_of(&head.kind)?;
    let (name, next) = words.name(head.at)?;
    if head.temporary || words.has("SONAME") {
        return None;
    }
    // An event of one moment goes by itself.
    if kind == Kind::Event && words.has("AT") && !words.has("PRESERVE") {
        return None;
    }
    let becomes = match kind {
        // It goes with its rows, and a new one comes.
        Kind::Table | Kind::Sequence if head.replaces => Becomes::Replaced,
        // <https://dev.mysql.com/doc/refman/8.4/en/create-table-select.html>
        Kind::Table if copies_rows(words, next) => {
            let atomic = version.name == DialectName::Mysql && version.at_least(8, 0, 21);
            if atomic { Becomes::Present } else { Becomes::PresentInPart }
        }
        _ => Becomes::Present,
    };
    Some(vec![object(kind, name, becomes)])
}

/// `CREATE TABLE ... SELECT`
fn copies_rows(words: &Words<'_>, from: usize) -> bool {
    ["SELECT", "VALUES", "TABLE"].iter().any(|word| {
        let found = words.find(from, word);
        // `PARTITION p VALUES LESS THAN`
        found.is_some_and(|at| *word != "VALUES" || !words.is_any(at + 1, "LESS IN"))
    })
}

/// `INDEX name [USING type] ON table`
fn index(words: &Words<'_>, at: usize) -> Option<Vec<Object>> {
    let (table, _) = words.name(words.find(at, "ON")? + 1)?;
    Some(vec![object(Kind::Table, table, Becomes::Changed)])
}

fn alter(words: &Words<'_>) -> Option<Vec<Object>> {
    let head = head(words)?;
    let kind = kind_of(&head.kind)?;
    let (name, next) = words.name(head.at)?;
    match kind {
        // They change rows or files, and what is printed stays the same.
        Kind::Table if ["TRUNCATE", "EXCHANGE", "DISCARD", "IMPORT", "CONVERT"].iter().any(|word| words.has(word)) => {
            // CONVERT TO CHARACTER SET is printed.
            let charset = words.find(next, "CONVERT").is_some_and(|at| words.is(at + 1, "TO"));
            let other = ["TRUNCATE", "EXCHANGE", "DISCARD", "IMPORT"].iter().any(|word| words.has(word));
            (charset && !other && !words.has("PARTITION")).then(|| altered(words, name, next))
        }
        Kind::Table => Some(altered(words, name, next)),
        // RESTART is not printed, and values may have been drawn since.
        Kind::Sequence if words.has("RESTART") => None,
        Kind::Event if words.has("RENAME") => {
            let (new, _) = words.name(words.find(next, "RENAME")? + 2)?;
            Some(moved(Kind::Event, name, new))
        }
        kind => Some(vec![object(kind, name, Becomes::Changed)]),
    }
}

fn moved(kind: Kind, from: Name, to: Name) -> Vec<Object> {
    vec![object(kind.clone(), from, Becomes::Absent), object(kind, to, Becomes::Present)]
}

/// A table that changes, and may get another name.
fn altered(words: &Words<'_>, name: Name, from: usize) -> Vec<Object> {
    let mut at = from;
    while let Some(found) = words.find(at, "RENAME") {
        at = found + 1;
        if words.is_any(at, "COLUMN INDEX KEY CONSTRAINT") {
            continue;
        }
        if words.is_any(at, "TO AS") || words.is_symbol(at, "=") {
            at += 1;
        }
        if let Some((new, _)) = words.name(at) {
            return moved(Kind::Table, name, new);
        }
    }
    vec![object(Kind::Table, name, Becomes::Changed)]
}

fn drop(words: &Words<'_>) -> Option<Vec<Object>> {
    let head = head(words)?;
    if head.kind == "INDEX" {
        return index(words, head.at);
    }
    let kind = kind_of(&head.kind)?;
    let names = words.names(head.at)?;
    Some(names.into_iter().map(|name| object(kind.clone(), name, Becomes::Absent)).collect())
}

/// `RENAME TABLE a TO b, c TO d`: what comes of all together. Where a table takes the name of another that moves away, it
/// may look just the same.
fn rename(words: &Words<'_>) -> Option<Vec<Object>> {
    let mut at = if words.are(2, "IF EXISTS") { 4 } else { 2 };
    // Each name that was there before or is there afterwards, with what stands there now: the name it had before.
    let mut places: Vec<(Name, Option<Name>)> = Vec::new();
    let mut sources: Vec<Name> = Vec::new();
    loop {
        let (from, next) = words.name(at)?;
        if !words.is(next, "TO") {
            return None;
        }
        let (to, next) = words.name(next + 1)?;
        let known = places.iter_mut().find(|(name, _)| *name == from);
        let moved = match known {
            Some((_, stands)) => stands.take()?,
            None => {
                places.push((from.clone(), None));
                sources.push(from.clone());
                from
            }
        };
        match places.iter_mut().find(|(name, _)| *name == to) {
            Some((_, stands)) => *stands = Some(moved),
            None => places.push((to, Some(moved))),
        }
        if !words.is_symbol(next, ",") {
            break;
        }
        at = next + 1;
    }
    let object = |(name, stands): (Name, Option<Name>)| {
        let was = sources.contains(&name);
        let becomes = match stands {
            None if was => Becomes::Absent,
            // A name for the time between.
            None => return None,
            Some(stands) if stands == name => return None,
            Some(_) if was => Becomes::Replaced,
            Some(_) => Becomes::Present,
        };
        Some(Object { kind: Kind::Table, name, becomes })
    };
    Some(places.into_iter().filter_map(object).collect())
}

fn truncate(words: &Words<'_>) -> Option<Vec<Object>> {
    let (name, _) = words.name(if words.is(1, "TABLE") { 2 } else { 1 })?;
    Some(vec![object(Kind::Rows, name, Becomes::Emptied)])
}
