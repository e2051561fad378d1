//! Which statement it is, by its first words.

use super::object::{Kind, Object, Way};
use super::reading::Reading;
use super::words::{Words, is_one_of};
use super::{alter, create, object_list, query};
use crate::dialect::splitter::{self, Piece};

/// Reads a script whose first line stands on a line of a file.
pub(super) fn script(text: &str, first_line: usize, reading: &mut Reading) {
    let text = splitter::uncovered(reading.dialect, text);
    match splitter::split(reading.dialect, &text) {
        Ok(pieces) => pieces.iter().for_each(|piece| self::piece(piece, first_line, reading)),
        Err(error) => {
            reading.begin(first_line, "");
            reading.doubt_at(error.line, error.reason);
        }
    }
}

fn piece(piece: &Piece<'_>, first_line: usize, reading: &mut Reading) {
    reading.begin(first_line + piece.line - 1, piece.sql);
    match splitter::lexemes(reading.dialect, piece.sql) {
        Ok(tokens) => statement(Words::new(reading.dialect, piece.sql, &tokens), reading),
        Err(error) => reading.doubt_at(error.line, error.reason),
    }
}

/// What opens or ends a transaction, looks at something, or keeps house: it touches no object.
const TOUCHES_NOTHING: &str = "\
    ABORT ANALYSE ANALYZE CHECK CHECKPOINT CHECKSUM CLOSE CLUSTER COMMIT DEALLOCATE DECLARE DESC DESCRIBE DETACH \
    DISCARD END EXPLAIN FETCH FLUSH KILL LISTEN LOCK MOVE NOTIFY OPTIMIZE REINDEX RELEASE RESET ROLLBACK SAVEPOINT \
    SHOW START UNLISTEN UNLOCK VACUUM XA";

pub(super) fn statement(words: Words<'_>, reading: &mut Reading) {
    let Some(first) = words.word() else {
        if words.is_symbol('(') {
            return query::statement(&words, reading);
        }
        return reading.doubt(&words, "it is no statement that is known here");
    };
    match first.as_str() {
        "CREATE" => create::create(words, reading),
        "ALTER" => alter::alter(words, reading),
        "DROP" => object_list::drop(words, reading),
        "RENAME" => object_list::rename(words, reading),
        "TRUNCATE" => object_list::truncate(words, reading),
        "COMMENT" => object_list::comment(words, reading),
        "GRANT" | "REVOKE" => object_list::grant(words, reading),
        "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "MERGE" | "WITH" | "SELECT" | "VALUES" | "TABLE" => {
            query::statement(&words, reading);
        }
        "COPY" => copy(words, reading),
        "LOAD" => load(words, reading),
        "REFRESH" => refresh(words, reading),
        "DO" | "EXECUTE" | "PREPARE" => reading.doubt(&words, "what it runs is not read"),
        "CALL" => reading.doubt(&words, "what the routine does is not read"),
        "BEGIN" if words.is(&["BEGIN", "NOT"]) => reading.doubt(&words, "what the block does is not read"),
        "IF" | "CASE" | "LOOP" | "WHILE" | "REPEAT" | "FOR" => reading.doubt(&words, "what the block does is not read"),
        "BEGIN" => {}
        "SET" => set(words, reading),
        "USE" | "ATTACH" => reading.doubt(&words, "names after it may mean another database"),
        "PRAGMA" if words.rest().to_ascii_lowercase().contains("writable_schema") => {
            reading.doubt(&words, "what is done to the schema by hand is not read");
        }
        "PRAGMA" => {}
        word if is_one_of(TOUCHES_NOTHING, word) => {}
        _ => {
            reading.doubt(&words, "it is no statement that is known here");
        }
    }
}

/// `SET search_path` says which schema an unqualified name means.
fn set(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    let _ = words.take_any(&["LOCAL", "SESSION", "GLOBAL"]);
    if words.is_postgres() && words.is_any(&["SEARCH_PATH", "SCHEMA"]) {
        reading.doubt(&words, "names after it may mean another schema");
    }
}

/// [COPY](https://www.postgresql.org/docs/current/sql-copy.html)
fn copy(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    let line = words.line();
    if words.is_symbol('(') {
        return reading.doubt(&words, "the query that is copied is not read");
    }
    let Some(table) = words.name() else { return reading.doubt(&words, "the table is not read") };
    let columns = words.group().map(Words::key_columns).unwrap_or_default();
    let way = if words.is(&["FROM"]) { Way::Inserted } else { Way::Read };
    reading.touch(Object::table(&table), way, line);
    reading.references(&table, columns, line);
}

/// [LOAD DATA](https://dev.mysql.com/doc/refman/8.4/en/load-data.html)
fn load(mut words: Words<'_>, reading: &mut Reading) {
    if !(words.skip_to("INTO") && words.take(&["INTO", "TABLE"])) {
        return reading.doubt(&words, "what is loaded is not read");
    }
    let line = words.line();
    if let Some(table) = words.name() {
        reading.touch(Object::table(&table), Way::Inserted, line);
    }
}

fn refresh(mut words: Words<'_>, reading: &mut Reading) {
    let _ = words.take(&["REFRESH", "MATERIALIZED", "VIEW"]);
    let _ = words.take(&["CONCURRENTLY"]);
    let line = words.line();
    match words.name() {
        Some(view) => reading.touch(Object::new(Kind::View, view), Way::Referenced, line),
        None => reading.doubt(&words, "it is no statement that is known here"),
    }
}
