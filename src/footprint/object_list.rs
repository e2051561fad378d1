//! Statements that name objects and little else: `DROP`, `RENAME TABLE`, `TRUNCATE`, `COMMENT ON`, `GRANT`.

use super::object::{Kind, Object, Way};
use super::reading::Reading;
use super::words::Words;

pub(super) fn drop(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    while words.take_any(&["TEMPORARY", "MATERIALIZED", "FOREIGN"]) {}
    let kind = words.word().unwrap_or_default();
    words.skip();
    let kind = match kind.as_str() {
        "TABLE" => Kind::Table,
        "VIEW" => Kind::View,
        "SEQUENCE" => Kind::Sequence,
        "INDEX" => return drop_index(words, reading),
        "TRIGGER" => return drop_on(words, Kind::Trigger, reading),
        "POLICY" => return drop_on(words, Kind::Policy, reading),
        "TYPE" | "DOMAIN" => Kind::Type,
        "FUNCTION" | "PROCEDURE" | "ROUTINE" => Kind::Routine,
        "SCHEMA" | "DATABASE" => Kind::Schema,
        "EXTENSION" => Kind::Extension,
        "EVENT" | "ROLE" | "USER" | "SERVER" | "PUBLICATION" | "SUBSCRIPTION" => return,
        _ => return reading.doubt(&words, "it is no statement that is known here"),
    };
    words.take_guard();
    list(words, kind, &Way::Dropped, reading);
}

/// Names with commas between them, and what follows the last.
fn list(mut words: Words<'_>, kind: Kind, way: &Way, reading: &mut Reading) {
    loop {
        let line = words.line();
        let _ = words.take(&["ONLY"]);
        let Some(name) = words.name() else { return reading.doubt(&words, format!("the {} is not read", kind.word())) };
        reading.touch(Object::new(kind, name), way.clone(), line);
        // The arguments of a routine; TRUNCATE's descendants.
        let _ = words.group();
        let _ = words.take_symbol('*');
        if !words.take_symbol(',') {
            break;
        }
    }
    if words.is_postgres() && words.skip_to("CASCADE") {
        reading.doubt(&words, "CASCADE takes along what is not named");
    }
}

/// `DROP INDEX name`, or `DROP INDEX name ON table`.
fn drop_index(mut words: Words<'_>, reading: &mut Reading) {
    let _ = words.take(&["CONCURRENTLY"]);
    words.take_guard();
    if !words.is_mysql() {
        return list(words, Kind::Index, &Way::Dropped, reading);
    }
    drop_on(words, Kind::Index, reading);
}

/// `DROP TRIGGER name ON table`; some engines leave the table out.
fn drop_on(mut words: Words<'_>, kind: Kind, reading: &mut Reading) {
    words.take_guard();
    let line = words.line();
    let Some(name) = words.name() else { return reading.doubt(&words, format!("the {} is not read", kind.word())) };
    let table = words.take(&["ON"]).then(|| words.name()).flatten();
    let object = match &table {
        Some(table) if kind == Kind::Index => Object::index(false, table, name.name),
        Some(table) => Object::part(kind, table, name.name),
        None => Object::new(kind, name),
    };
    reading.touch(object, Way::Dropped, line);
    if words.is_postgres() && words.is(&["CASCADE"]) {
        reading.doubt(&words, "CASCADE takes along what is not named");
    }
}

/// `RENAME TABLE a TO b, c TO d`
pub(super) fn rename(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    if !words.take_any(&["TABLE", "TABLES"]) {
        if !words.take(&["USER"]) {
            reading.doubt(&words, "it is no statement that is known here");
        }
        return;
    }
    words.take_guard();
    for mut pair in words.clauses() {
        let line = pair.line();
        let old = pair.name();
        let _ = pair.skip_to("TO");
        pair.skip();
        match (old, pair.name()) {
            (Some(old), Some(new)) => reading.touch(Object::table(&old), Way::RenamedTo(new), line),
            _ => reading.doubt(&words, "the table is not read"),
        }
    }
}

pub(super) fn truncate(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    let _ = words.take(&["TABLE"]);
    list(words, Kind::Table, &Way::Deleted, reading);
}

/// [COMMENT ON](https://www.postgresql.org/docs/current/sql-comment.html)
pub(super) fn comment(mut words: Words<'_>, reading: &mut Reading) {
    let _ = words.take(&["COMMENT", "ON"]);
    let _ = words.take(&["MATERIALIZED"]);
    let line = words.line();
    let kind = words.word().unwrap_or_default();
    words.skip();
    let object = match kind.as_str() {
        "COLUMN" => words.column_name().map(|(table, column)| Object::column(&table, column)),
        "TABLE" => words.name().map(|name| Object::new(Kind::Table, name)),
        "VIEW" => words.name().map(|name| Object::new(Kind::View, name)),
        "SEQUENCE" => words.name().map(|name| Object::new(Kind::Sequence, name)),
        "INDEX" => words.name().map(|name| Object::new(Kind::Index, name)),
        "TYPE" | "DOMAIN" => words.name().map(|name| Object::new(Kind::Type, name)),
        "FUNCTION" | "PROCEDURE" | "ROUTINE" => words.name().map(|name| Object::new(Kind::Routine, name)),
        "SCHEMA" => words.name().map(|name| Object::new(Kind::Schema, name)),
        "EXTENSION" => words.name().map(|name| Object::new(Kind::Extension, name)),
        "CONSTRAINT" | "TRIGGER" | "POLICY" => {
            let kind = match kind.as_str() {
                "CONSTRAINT" => Kind::Constraint,
                "TRIGGER" => Kind::Trigger,
                _ => Kind::Policy,
            };
            let name = words.ident();
            // `CONSTRAINT name ON DOMAIN domain`
            let table = words.take(&["ON"]).then(|| words.name()).flatten();
            name.zip(table).map(|(name, table)| Object::part(kind, &table, name))
        }
        // What nothing here has a name for: languages, casts, roles, ...
        _ => return,
    };
    match object {
        Some(object) => reading.touch(object, Way::Commented, line),
        None => reading.doubt(&words, "what is commented on is not read"),
    }
}

/// `GRANT ... ON [TABLE] a, b TO ...`: what is named has to be there.
pub(super) fn grant(mut words: Words<'_>, reading: &mut Reading) {
    if !words.skip_to("ON") {
        // Membership in a role.
        return;
    }
    words.skip();
    if words.take(&["ALL"]) {
        return reading.doubt(&words, "which objects it is about is not said");
    }
    let kinds = [
        ("TABLE", Kind::Table),
        ("SEQUENCE", Kind::Sequence),
        ("SCHEMA", Kind::Schema),
        ("TYPE", Kind::Type),
        ("DOMAIN", Kind::Type),
        ("FUNCTION", Kind::Routine),
        ("PROCEDURE", Kind::Routine),
        ("ROUTINE", Kind::Routine),
    ];
    let kind = kinds.iter().find(|(word, _)| words.take(&[word])).map_or(Kind::Table, |(_, kind)| *kind);
    if words.is_symbol('*') || words.is(&["DATABASE"]) || words.is(&["LANGUAGE"]) {
        return;
    }
    for mut one in words.clauses() {
        let line = one.line();
        match one.name() {
            // MySQL: every table of a database.
            Some(_) if one.take_symbol('.') => return,
            Some(name) => reading.touch(Object::new(kind, name), Way::Referenced, line),
            None => return,
        }
        if one.is_any(&["TO", "FROM"]) {
            return;
        }
    }
}
