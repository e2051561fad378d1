//! Storage options of a table that stays.

use std::collections::BTreeSet;

use rungs_schema::Table;

use super::Mysql;
use super::alter::{Alteration, Clauses};
use super::ddl::{PERIOD, SYSTEM_PERIOD, VERSIONED};
use crate::dialect::Statement;
use crate::diff::change::Edit;

/// An option that changed.
pub(super) struct OptionClause {
    pub(super) clause: String,
    /// Its word.
    pub(super) key: String,
    /// What is lost with it.
    pub(super) loses: Option<String>,
}

/// Options that changed and were not seen to already.
pub(super) fn option_clauses(previous: &Table, next: &Table, settled: &BTreeSet<&'static str>) -> Vec<OptionClause> {
    let keys: BTreeSet<_> = previous.options.keys().chain(next.options.keys()).collect();
    let mut found = Vec::new();
    for key in keys.into_iter().filter(|key| !settled.contains(key.as_str())) {
        let (old, new) = (previous.options.get(key), next.options.get(key));
        if old == new || key == "partition" {
            continue;
        }
        let mut loses = None;
        let clause = match (key.as_str(), new) {
            (VERSIONED, Some(_)) => "ADD SYSTEM VERSIONING".to_owned(),
            (VERSIONED, None) => {
                loses = Some(format!("the old versions of the rows of {}", next.name));
                "DROP SYSTEM VERSIONING".to_owned()
            }
            (PERIOD | SYSTEM_PERIOD, Some(period)) => format!("ADD PERIOD FOR {period}"),
            // It went before everything else.
            (PERIOD, None) => continue,
            (SYSTEM_PERIOD, None) => "DROP PERIOD FOR SYSTEM_TIME".to_owned(),
            // A collation stands with its character set, in one clause.
            ("collation", _)
                if next.options.contains_key("charset")
                    && previous.options.get("charset") != next.options.get("charset") =>
            {
                continue;
            }
            ("charset", Some(charset)) => {
                let collation =
                    next.options.get("collation").map(|name| format!(" COLLATE={name}")).unwrap_or_default();
                format!("DEFAULT CHARSET={charset}{collation}")
            }
            // What is left open stays as it is.
            ("charset" | "collation" | "engine" | "start transaction", None) => continue,
            ("tablespace", None) => "TABLESPACE innodb_file_per_table".to_owned(),
            // It went while the engine was there that knows it.
            (attribute, None) if attribute.starts_with('`') && changes_engine(previous, next) => continue,
            (key, Some(value)) => Mysql::table_option(key, value),
            (key, None) => format!(
                "{}={}",
                if key.starts_with('`') { key.to_owned() } else { key.to_ascii_uppercase() },
                reset(key)
            ),
        };
        found.push(OptionClause { clause, key: key.clone(), loses });
    }
    found
}

fn changes_engine(previous: &Table, next: &Table) -> bool {
    previous.options.get("engine") != next.options.get("engine")
}

impl Alteration<'_> {
    /// What only the old engine knows, and another one takes for a mistake.
    pub(super) fn attributes_of_engine_that_goes(&self) -> Vec<&str> {
        let (previous, next) = (&self.change.previous, self.next());
        if !changes_engine(previous, next) || !self.change.edits.contains(&Edit::Options) {
            return Vec::new();
        }
        let words = previous.options.keys().map(String::as_str).filter(|word| word.starts_with('`'));
        words.filter(|word| !next.options.contains_key(*word)).collect()
    }

    /// Aria keeps a checksum of its pages unless told otherwise, and leaves the word behind when the engine changes.
    pub(super) fn options_after(&self) -> Option<Statement> {
        let (previous, next) = (&self.change.previous, self.next());
        let word = "page_checksum";
        let left_behind = previous.options.contains_key(word) && !next.options.contains_key(word);
        let mut clauses = Clauses::default();
        if left_behind && changes_engine(previous, next) && self.change.edits.contains(&Edit::Options) {
            clauses.add("PAGE_CHECKSUM=DEFAULT".to_owned(), format!("sets {word} of {}", next.name));
        }
        self.statement(clauses)
    }
}

/// What an option is when nobody sets it.
/// See <https://dev.mysql.com/doc/refman/9.4/en/create-table.html#create-table-options>.
fn reset(key: &str) -> &'static str {
    match key {
        "avg_row_length" | "max_rows" | "min_rows" | "checksum" | "delay_key_write" | "key_block_size"
        | "autoextend_size" | "table_checksum" => "0",
        "compression" | "connection" | "encryption" => "''",
        _ => "DEFAULT",
    }
}
