//! Storage options of a table that stays.

use std::collections::BTreeSet;

use rungs_schema::Table;

use super::Mysql;

/// Options that changed, each as a clause, under their words.
pub(super) fn option_clauses(previous: &Table, next: &Table) -> Vec<(String, String)> {
    let keys: BTreeSet<_> = previous.options.keys().chain(next.options.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let (old, new) = (previous.options.get(key), next.options.get(key));
        if old == new || key == "partition" {
            continue;
        }
        let clause = match (key.as_str(), new) {
            ("with system versioning", Some(_)) => "ADD SYSTEM VERSIONING".to_owned(),
            ("with system versioning", None) => "DROP SYSTEM VERSIONING".to_owned(),
            ("period", Some(period)) => format!("ADD PERIOD FOR {period}"),
            ("period", None) => {
                format!("DROP PERIOD FOR {}", old.and_then(|old| old.split(" (").next()).unwrap_or_default())
            }
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
            (key, Some(value)) => Mysql::table_option(key, value),
            (key, None) => format!(
                "{}={}",
                if key.starts_with('`') { key.to_owned() } else { key.to_ascii_uppercase() },
                reset(key)
            ),
        };
        found.push((clause, key.clone()));
    }
    found
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
