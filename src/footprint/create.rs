//! `CREATE ...`

use rungs_schema::ObjectName;

use super::object::{Kind, Object, Way};
use super::reading::Reading;
use super::words::Words;
use super::{query, statement, table};

/// What stands between CREATE and what is created.
#[derive(Default)]
struct Modifiers {
    replace: bool,
    temporary: bool,
    unique: bool,
}

impl Modifiers {
    fn take(words: &mut Words<'_>) -> Self {
        let mut found = Self::default();
        while !words.at_end() {
            if words.take(&["OR", "REPLACE"]) {
                found.replace = true;
            } else if words.take_any(&["TEMP", "TEMPORARY"]) {
                found.temporary = true;
            } else if words.take(&["UNIQUE"]) {
                found.unique = true;
            } else if words.take_any(&["DEFINER", "ALGORITHM"]) {
                // `= 'someone'@'somewhere'`, `= CURRENT_USER()`, `= MERGE`
                while words.take_symbol('=') || words.take_symbol('@') {
                    words.skip();
                    let _ = words.group();
                }
            } else if words.take(&["SQL", "SECURITY"]) {
                words.skip();
            } else if !words.take_any(&[
                "GLOBAL",
                "LOCAL",
                "UNLOGGED",
                "FULLTEXT",
                "SPATIAL",
                "VECTOR",
                "ONLINE",
                "OFFLINE",
                "MATERIALIZED",
                "RECURSIVE",
                "CONSTRAINT",
                "VIRTUAL",
                "FOREIGN",
                "AGGREGATE",
            ]) {
                break;
            }
        }
        found
    }

    fn way(&self) -> Way {
        if self.replace { Way::Replaced } else { Way::Created }
    }
}

pub(super) fn create(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    let modifiers = Modifiers::take(&mut words);
    let kind = words.word().unwrap_or_default();
    words.skip();
    match kind.as_str() {
        "TABLE" => table::create(words, modifiers.temporary, reading),
        "INDEX" => index(words, &modifiers, reading),
        "VIEW" => view(words, &modifiers, reading),
        "TRIGGER" => trigger(words, &modifiers, reading),
        "FUNCTION" | "PROCEDURE" => {
            named(&mut words, Kind::Routine, &modifiers, reading);
            reading.doubt(&words, "what its body uses is not read");
        }
        "EVENT" => reading.doubt(&words, "what its body does is not read"),
        "SEQUENCE" => sequence(words, &modifiers, reading),
        "TYPE" | "DOMAIN" | "SCHEMA" | "DATABASE" | "EXTENSION" => {
            let kind = match kind.as_str() {
                "TYPE" | "DOMAIN" => Kind::Type,
                "EXTENSION" => Kind::Extension,
                _ => Kind::Schema,
            };
            named(&mut words, kind, &modifiers, reading);
        }
        "POLICY" => part_on(words, Kind::Policy, &modifiers, reading),
        "ROLE" | "USER" | "SERVER" | "PUBLICATION" | "SUBSCRIPTION" => {}
        _ => reading.doubt(&words, "it is no statement that is known here"),
    }
}

/// What has a name and nothing else that concerns others.
fn named(words: &mut Words<'_>, kind: Kind, modifiers: &Modifiers, reading: &mut Reading) -> Option<ObjectName> {
    words.take_guard();
    let line = words.line();
    match words.name() {
        Some(name) => {
            reading.touch(Object::new(kind, name.clone()), modifiers.way(), line);
            Some(name)
        }
        None => {
            reading.doubt(words, format!("the {} is not read", kind.word()));
            None
        }
    }
}

/// `CREATE POLICY name ON table`
fn part_on(mut words: Words<'_>, kind: Kind, modifiers: &Modifiers, reading: &mut Reading) {
    let line = words.line();
    let name = words.ident();
    match (name, words.take(&["ON"]).then(|| words.name()).flatten()) {
        (Some(name), Some(table)) => reading.touch(Object::part(kind, &table, name), modifiers.way(), line),
        _ => reading.doubt(&words, format!("the {} is not read", kind.word())),
    }
}

fn index(mut words: Words<'_>, modifiers: &Modifiers, reading: &mut Reading) {
    let _ = words.take(&["CONCURRENTLY"]);
    words.take_guard();
    let line = words.line();
    // On PostgreSQL the name may be left to the server; on SQLite the schema stands before it and not before the table.
    let name = if words.is(&["ON"]) { None } else { words.name() };
    if !words.skip_to("ON") {
        return reading.doubt(&words, "the index is not read");
    }
    words.skip();
    let _ = words.take(&["ONLY"]);
    let Some(mut table) = words.name() else { return reading.doubt(&words, "the table is not read") };
    if let Some(name) = name {
        table.schema = table.schema.or(name.schema);
        reading.touch(Object::index(modifiers.unique, &table, name.name), Way::Created, line);
    }
    keys_of_index(words, &table, reading);
}

fn keys_of_index(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) {
    while !words.at_end() {
        let line = words.line();
        if words.take(&["WITH"]) {
            words.skip();
        } else if words.take(&["WHERE"]) {
            return reading.references(table, words.mentioned(), line);
        } else if let Some(keys) = words.group() {
            reading.references(table, keys.key_columns(), line);
        } else {
            words.skip();
        }
    }
}

fn view(mut words: Words<'_>, modifiers: &Modifiers, reading: &mut Reading) {
    if named(&mut words, Kind::View, modifiers, reading).is_none() {
        return;
    }
    if !words.skip_to("AS") {
        return reading.doubt(&words, "what the view selects is not read");
    }
    words.skip();
    query::of_view(&words, reading);
}

fn sequence(mut words: Words<'_>, modifiers: &Modifiers, reading: &mut Reading) {
    if named(&mut words, Kind::Sequence, modifiers, reading).is_some() {
        owned_by(words, reading);
    }
}

/// `OWNED BY table.column`
pub(super) fn owned_by(mut words: Words<'_>, reading: &mut Reading) {
    if words.skip_to("OWNED") && words.take(&["OWNED", "BY"]) && !words.is(&["NONE"]) {
        let line = words.line();
        if let Some((table, column)) = words.column_name() {
            reading.references(&table, [column], line);
        }
    }
}

/// A trigger says on which table it is; its body is read on SQLite, where it is plain statements.
fn trigger(mut words: Words<'_>, modifiers: &Modifiers, reading: &mut Reading) {
    words.take_guard();
    let line = words.line();
    let name = words.name();
    let of = words;
    if !words.skip_to("ON") {
        return reading.doubt(&words, "the trigger is not read");
    }
    words.skip();
    let (Some(name), Some(table)) = (name, words.name()) else {
        return reading.doubt(&words, "the trigger is not read");
    };
    reading.touch(Object::part(Kind::Trigger, &table, name.name), modifiers.way(), line);
    reading.references(&table, columns_of_event(of), line);
    if words.is_postgres() {
        return routine_of_trigger(words, reading);
    }
    // `SET new.a = ...` names no other table; anything else may.
    let begins = words.skip_to("BEGIN");
    if words.dialect == rungs_schema::DialectName::Sqlite && begins {
        body(words, reading);
    } else if begins || !(words.skip_to("ROW") && words.is(&["ROW", "SET"])) || words.has_select() {
        reading.doubt(&words, "what its body does is not read");
    }
}

/// `UPDATE OF a, b ON`
fn columns_of_event(mut words: Words<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    while !words.at_end() && !words.is(&["ON"]) {
        if words.take(&["OF"]) || !columns.is_empty() && words.take_symbol(',') {
            columns.extend(words.ident());
        } else {
            words.skip();
        }
    }
    columns
}

fn routine_of_trigger(mut words: Words<'_>, reading: &mut Reading) {
    if words.skip_to("EXECUTE") && (words.take(&["EXECUTE", "FUNCTION"]) || words.take(&["EXECUTE", "PROCEDURE"])) {
        let line = words.line();
        if let Some(routine) = words.name() {
            reading.touch(Object::new(Kind::Routine, routine), Way::Referenced, line);
        }
    }
}

/// The statements of an SQLite trigger run later: what they name has to be there.
fn body(words: Words<'_>, reading: &mut Reading) {
    let text = words.rest();
    let end = text.len().saturating_sub("END".len());
    let mut inside = Reading::new(reading.dialect);
    statement::script(text.get("BEGIN".len()..end).unwrap_or_default(), reading.file_line(words.line()), &mut inside);
    reading.take_as_references(inside);
}
