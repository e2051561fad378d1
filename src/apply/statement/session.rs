//! What a statement leaves in the session, for those after it. A run that resumes has another session.

use rungs_schema::DialectName;

use super::words::Words;

/// Something of a session that no other session can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::apply) struct Leftover {
    /// `temporary table t`
    pub(in crate::apply) what: String,
    /// In lower case: whoever stands on it names one of them. None where everything after it does.
    names: Vec<String>,
}

impl Leftover {
    /// Whether a statement stands on it.
    pub(in crate::apply) fn is_needed_by(&self, words: &Words<'_>) -> bool {
        if self.names.is_empty() {
            return true;
        }
        if self.names.iter().any(|name| name.starts_with('@')) {
            return words.variables().any(|(_, name)| self.names.contains(&format!("@{name}")));
        }
        words.all_names().any(|name| self.names.contains(&name))
    }

    /// Whether a statement takes it away again.
    pub(in crate::apply) fn is_ended_by(&self, words: &Words<'_>) -> bool {
        match self.names.first() {
            None => words.is(0, "UNLOCK"),
            Some(_) => words.is(0, "DROP") && self.is_needed_by(words),
        }
    }
}

/// Functions whose value follows from what the session has.
const OF_THE_SESSION: &str = "CONCAT CONCAT_WS REPLACE IF IFNULL COALESCE NULLIF CAST LOWER UPPER TRIM";

fn is_mysql(words: &Words<'_>) -> bool {
    matches!(words.dialect, DialectName::Mysql | DialectName::Mariadb)
}

/// Whether a statement sets something in the session that a later one may stand on, and that can be set again.
pub(super) fn is_replayed(words: &Words<'_>) -> bool {
    match words.dialect {
        DialectName::Sqlite => words.is_any(0, "PRAGMA ATTACH DETACH"),
        DialectName::Postgres => {
            let sets = words.is_any(0, "SET RESET DISCARD PREPARE DEALLOCATE LISTEN UNLISTEN LOAD")
                && !words.is_any(1, "LOCAL TRANSACTION CONSTRAINTS");
            // As pg_dump does: `SELECT pg_catalog.set_config('search_path', '', false)`
            sets || words.is(0, "SELECT") && words.calls("SET_CONFIG") && !words.has("FROM")
        }
        DialectName::Mysql | DialectName::Mariadb => {
            words.is_any(0, "USE PREPARE DEALLOCATE") || words.is(0, "SET") && !words.is(1, "STATEMENT")
        }
    }
}

/// What a statement leaves behind that cannot be set again.
pub(in crate::apply) fn leftover(words: &Words<'_>) -> Option<Leftover> {
    if let Some((at, word)) = temporary(words) {
        let (name, _) = words.name(at)?;
        return Some(Leftover { what: format!("{word} {}", name.name), names: vec![name.name.to_lowercase()] });
    }
    if words.dialect == DialectName::Postgres {
        let locks = words.calls("pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock");
        let cursor = words.is(0, "DECLARE") && words.has("HOLD");
        return match (locks, cursor) {
            (true, _) => Some(Leftover { what: "advisory lock".to_owned(), names: Vec::new() }),
            (_, true) => {
                let name = words.ident(1)?;
                Some(Leftover { what: format!("cursor {name}"), names: vec![name.to_lowercase()] })
            }
            _ => None,
        };
    }
    if !is_mysql(words) {
        return None;
    }
    if words.is(0, "LOCK") {
        return Some(Leftover { what: "lock on tables".to_owned(), names: Vec::new() });
    }
    let names: Vec<String> = assigned(words).map(|name| format!("@{name}")).collect();
    (!names.is_empty() && !has_known_values(words))
        .then(|| Leftover { what: format!("value of {}", names.join(", ")), names })
}

/// `CREATE TEMPORARY TABLE t`, `SELECT ... INTO TEMP t`: where the name stands, and what it is.
fn temporary(words: &Words<'_>) -> Option<(usize, &'static str)> {
    let is_temporary = |at: usize| words.is_any(at, "TEMP TEMPORARY");
    if words.is(0, "CREATE") {
        let mut at = if words.are(1, "OR REPLACE") { 3 } else { 1 };
        if words.is_any(at, "GLOBAL LOCAL") {
            at += 1;
        }
        if !is_temporary(at) {
            return None;
        }
        at += 1;
        if words.is(at, "RECURSIVE") {
            at += 1;
        }
        let word = match () {
            () if words.is(at, "VIEW") => "temporary view",
            () if words.is(at, "TRIGGER") => "temporary trigger",
            () if words.is(at, "SEQUENCE") => "temporary sequence",
            () => "temporary table",
        };
        at += 1;
        return Some((if words.are(at, "IF NOT EXISTS") { at + 3 } else { at }, word));
    }
    if words.dialect == DialectName::Postgres && words.is_any(0, "SELECT WITH") {
        let at = words.find(0, "INTO")? + 1;
        let at = if words.is_any(at, "GLOBAL LOCAL") { at + 1 } else { at };
        return is_temporary(at).then(|| (if words.is(at + 1, "TABLE") { at + 2 } else { at + 1 }, "temporary table"));
    }
    None
}

/// The user variables that a statement sets.
fn assigned<'w>(words: &'w Words<'_>) -> impl Iterator<Item = String> + 'w {
    let calls = words.is(0, "CALL");
    let sets = words.is(0, "SET");
    // `SELECT ... INTO @x`, not `INSERT INTO t`
    let into = words.find(0, "INTO").filter(|into| words.is_symbol(into + 1, "@"));
    let is_set = move |at: usize| {
        let assigns = words.is_symbol(at + 2, ":") && words.is_symbol(at + 3, "=");
        let set = sets && words.is_symbol(at + 2, "=");
        assigns || set || calls || into.is_some_and(|into| into < at)
    };
    words.variables().filter(move |(at, _)| is_set(*at)).map(|(_, name)| name)
}

/// Whether what a SET gives its variables follows from constants, and from what the session has.
fn has_known_values(words: &Words<'_>) -> bool {
    let is_call = |at: usize| words.is_symbol(at + 1, "(") && words.ident(at).is_some();
    words.is(0, "SET")
        && !words.has("SELECT")
        && !["LAST_INSERT_ID", "IDENTITY", "FOUND_ROWS", "ROW_COUNT"].iter().any(|word| words.has(word))
        && (1..words.len()).filter(|at| is_call(*at)).all(|at| words.is_any(at, OF_THE_SESSION))
}

/// Whether a statement uses what the last INSERT of its session has left.
pub(in crate::apply) fn stands_on_insert(words: &Words<'_>) -> bool {
    match words.dialect {
        DialectName::Sqlite => words.calls("LAST_INSERT_ROWID CHANGES"),
        DialectName::Postgres => words.calls("CURRVAL LASTVAL"),
        DialectName::Mysql | DialectName::Mariadb => words.calls("LAST_INSERT_ID ROW_COUNT FOUND_ROWS"),
    }
}

/// Whether a statement gives the session what [`stands_on_insert`] looks for.
pub(in crate::apply) fn inserts(words: &Words<'_>) -> bool {
    words.is_any(0, "INSERT REPLACE WITH") || words.calls("NEXTVAL SETVAL")
}
