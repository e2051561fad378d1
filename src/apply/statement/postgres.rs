//! PostgreSQL: everything can be taken back, except what it refuses within a transaction.

use super::words::{Name, Words};
use super::{Becomes, Class, Kind, Object};

pub(super) fn class(words: &Words<'_>) -> Class {
    let defined = match words.first(1).first().map(String::as_str) {
        Some(
            "SET" | "RESET" | "DISCARD" | "VACUUM" | "CHECKPOINT" | "PREPARE" | "DEALLOCATE" | "LISTEN" | "UNLISTEN",
        ) => {
            return Class::Repeatable;
        }
        Some("ALTER") if words.is(1, "SYSTEM") => return Class::Repeatable,
        Some("ALTER") if words.is(1, "SUBSCRIPTION") && words.has("REFRESH") => return Class::Repeatable,
        Some("CLUSTER") if words.name(1).is_none() || words.len() == 2 && words.is(1, "VERBOSE") => {
            return Class::Repeatable;
        }
        Some("CALL") => None,
        Some("DO") if ends_transactions(words) => None,
        Some("REINDEX") if words.has("CONCURRENTLY") => {
            let name = Name { schema: None, name: String::new() };
            Some(vec![Object { kind: Kind::InvalidIndexes, name, becomes: Becomes::Changed }])
        }
        Some("REINDEX") => return Class::Repeatable,
        Some("CREATE") if words.is(1, "SUBSCRIPTION") => None,
        Some("DROP") if words.is(1, "SUBSCRIPTION") => None,
        Some("CREATE") if words.is(1, "INDEX") || words.are(1, "UNIQUE INDEX") => {
            let at = words.find(1, "INDEX").unwrap_or(1) + 1;
            if !words.is(at, "CONCURRENTLY") {
                return Class::Shared;
            }
            create_index(words, at + 1)
        }
        Some("DROP") if words.are(1, "INDEX CONCURRENTLY") => {
            let at = if words.are(3, "IF EXISTS") { 5 } else { 3 };
            let index = |name| Object { kind: Kind::Index, name, becomes: Becomes::Absent };
            words.names(at).map(|names| names.into_iter().map(index).collect())
        }
        Some(verb @ ("CREATE" | "DROP")) if words.is_any(1, "DATABASE TABLESPACE") => {
            let kind = if words.is(1, "DATABASE") { Kind::Database } else { Kind::Tablespace };
            let at = if words.are(2, "IF EXISTS") { 4 } else { 2 };
            let becomes = if verb == "CREATE" { Becomes::Present } else { Becomes::Absent };
            words.name(at).map(|(name, _)| vec![Object { kind, name, becomes }])
        }
        Some("ALTER") if words.is(1, "TABLE") && words.has("DETACH") && words.has("CONCURRENTLY") => detach(words),
        Some("COMMIT" | "ROLLBACK") if words.is(1, "PREPARED") => None,
        _ => return Class::Shared,
    };
    defined.map_or(Class::Unsure { partial: words.is_any(0, "CALL DO CREATE DROP") }, Class::Defines)
}

/// Whether a block may end the transaction that it is in. What stands in its text is not read further than that.
fn ends_transactions(words: &Words<'_>) -> bool {
    words.texts().any(|text| {
        let mut parts = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        parts.any(|word| ["commit", "rollback", "call"].iter().any(|end| word.eq_ignore_ascii_case(end)))
    })
}

/// `[IF NOT EXISTS] [name] ON [ONLY] table`
fn create_index(words: &Words<'_>, at: usize) -> Option<Vec<Object>> {
    let at = if words.are(at, "IF NOT EXISTS") { at + 3 } else { at };
    let index = if words.is(at, "ON") { None } else { Some(words.ident(at)?) };
    let on = words.find(at, "ON")? + 1;
    let (table, _) = words.name(if words.is(on, "ONLY") { on + 1 } else { on })?;
    Some(vec![Object { kind: Kind::IndexesOf(index), name: table, becomes: Becomes::Changed }])
}

/// `ALTER TABLE [IF EXISTS] table DETACH PARTITION child CONCURRENTLY`
fn detach(words: &Words<'_>) -> Option<Vec<Object>> {
    let (parent, next) = words.name(if words.are(2, "IF EXISTS") { 4 } else { 2 })?;
    if !words.are(next, "DETACH PARTITION") {
        return None;
    }
    let (child, _) = words.name(next + 2)?;
    Some(vec![Object { kind: Kind::PartitionOf(parent), name: child, becomes: Becomes::Absent }])
}
