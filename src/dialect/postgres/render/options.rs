//! What a table or an index is set to, besides its columns and keys.

use std::collections::BTreeSet;

use rungs_schema::{Index, ObjectName, Options, Table};

use super::table::word;
use crate::dialect::Statement;
use crate::dialect::postgres::column_option::{INDEX_COMMENT, SERVER_OPTION};
use crate::dialect::postgres::{Postgres, literal, qualified, quote};
use crate::error::PlanError;

/// The options that are no storage parameters; see [`Table::options`] and [`Index::options`].
const OTHERS: [&str; 13] = [
    "unlogged",
    "row_security",
    "force_row_security",
    "tablespace",
    "access_method",
    "of",
    "replica_identity",
    "clustered_on",
    "server",
    "only",
    "invalid",
    "without_overlaps",
    INDEX_COMMENT,
];

/// The storage parameters among options.
fn parameters(options: &Options) -> impl Iterator<Item = (&String, &String)> {
    let is_other =
        |name: &str| OTHERS.contains(&name) || name.starts_with(SERVER_OPTION) || name.starts_with(STATISTICS);
    options.iter().filter(move |(name, _)| !is_other(name))
}

/// What the statistics target of an index's column starts with.
const STATISTICS: &str = "statistics:";

/// Storage parameters as `WITH` and `SET` have them.
pub(super) fn storage(options: &Options) -> Option<String> {
    let list: Vec<String> = parameters(options).map(parameter).collect();
    (!list.is_empty()).then(|| list.join(", "))
}

fn parameter((name, value): (&String, &String)) -> String {
    let name = parameter_name(name);
    if value.is_empty() { name } else { format!("{name} = {}", literal(value)) }
}

/// A parameter's name, which a `toast.` may stand before.
fn parameter_name(name: &str) -> String {
    match name.strip_prefix("toast.") {
        Some(rest) => format!("toast.{}", quote(rest)),
        None => quote(name),
    }
}

/// The `OPTIONS` of a foreign table or column, where it has some.
pub(super) fn server_options(options: &Options) -> Option<String> {
    let named = options.iter().filter_map(|(name, value)| Some((name.strip_prefix(SERVER_OPTION)?, value)));
    let list: Vec<String> = named.map(|(name, value)| format!("{} {}", quote(name), literal(value))).collect();
    (!list.is_empty()).then(|| format!("OPTIONS ({})", list.join(", ")))
}

/// The `OPTIONS` that turn those of a foreign table or column into others.
pub(super) fn server_changes(previous: &Options, next: &Options) -> Option<String> {
    let names: BTreeSet<&str> =
        previous.keys().chain(next.keys()).filter_map(|name| name.strip_prefix(SERVER_OPTION)).collect();
    let change = |name: &str| {
        let key = format!("{SERVER_OPTION}{name}");
        match (previous.get(&key), next.get(&key)) {
            (was, is) if was == is => None,
            (None, Some(value)) => Some(format!("ADD {} {}", quote(name), literal(value))),
            (Some(_), Some(value)) => Some(format!("SET {} {}", quote(name), literal(value))),
            (_, None) => Some(format!("DROP {}", quote(name))),
        }
    };
    let list: Vec<String> = names.into_iter().filter_map(change).collect();
    (!list.is_empty()).then(|| format!("OPTIONS ({})", list.join(", ")))
}

/// What CREATE TABLE has no word for.
pub(super) fn after_creation(dialect: &Postgres, table: &Table) -> Result<Vec<Statement>, PlanError> {
    let later = ["row_security", "force_row_security", "of", "replica_identity", "clustered_on"];
    let mut created = table.clone();
    created.options.retain(|name, _| !later.contains(&name.as_str()));
    change(dialect, &created, table, &BTreeSet::new())
}

/// The statements that turn the options of a table into others. What is said of an index that is made anew, under one of
/// the names in `anew`, has to be said again.
pub(super) fn change(
    dialect: &Postgres,
    previous: &Table,
    next: &Table,
    anew: &BTreeSet<&str>,
) -> Result<Vec<Statement>, PlanError> {
    let mut out = Vec::new();
    let label = &next.name;
    let mut alter = |action: String, comment: String| {
        out.push(Statement::new(format!("ALTER {} {} {action}", word(next), qualified(label)), comment));
    };
    let differs = |option: &str| previous.options.get(option) != next.options.get(option);
    let has = |option: &str| next.options.contains_key(option);
    let value = |option: &str| next.options.get(option).map(String::as_str);
    if differs("server") {
        return Err(dialect.unsupported(
            format!("move table {label} to another server"),
            "drop the foreign table and create it on the other server",
        ));
    }
    if differs("of") {
        match value("of") {
            Some(ty) => alter(format!("OF {ty}"), format!("ties table {label} to type {ty}")),
            None => alter("NOT OF".to_owned(), format!("unties table {label} from its type")),
        }
    }
    if differs("unlogged") {
        let word = if has("unlogged") { "UNLOGGED" } else { "LOGGED" };
        alter(format!("SET {word}"), format!("makes table {label} {word}"));
    }
    if differs("access_method") {
        if !dialect.at_least(15) {
            let help = "it came with PostgreSQL 15: create a new table and copy the rows";
            return Err(dialect.unsupported(format!("change the access method of table {label}"), help));
        }
        // A partitioned table says what its partitions get, or nothing.
        let by_itself = if next.partition_by.is_some() { "DEFAULT".to_owned() } else { quote("heap") };
        let method = value("access_method").map_or(by_itself, quote);
        alter(format!("SET ACCESS METHOD {method}"), format!("changes how table {label} is stored"));
    }
    if differs("tablespace") {
        let place = value("tablespace").unwrap_or("pg_default");
        alter(format!("SET TABLESPACE {}", quote(place)), format!("moves table {label} to {place}"));
    }
    for (action, comment) in parameter_changes(&previous.options, &next.options) {
        alter(action, format!("{comment} of table {label}"));
    }
    if let Some(options) = server_changes(&previous.options, &next.options) {
        alter(options, format!("changes the options of foreign table {label}"));
    }
    for (option, on, off, what) in [
        ("row_security", "ENABLE", "DISABLE", "row-level security of"),
        ("force_row_security", "FORCE", "NO FORCE", "row-level security for the owner of"),
    ] {
        if differs(option) {
            let (word, verb) = if has(option) { (on, "turns on") } else { (off, "turns off") };
            alter(format!("{word} ROW LEVEL SECURITY"), format!("{verb} {what} table {label}"));
        }
    }
    let identity = value("replica_identity").unwrap_or("default");
    let identity_index = identity.strip_prefix("index ");
    if differs("replica_identity") || identity_index.is_some_and(|index| anew.contains(index)) {
        let action = match identity_index {
            Some(index) => format!("USING INDEX {}", quote(index)),
            None => identity.to_ascii_uppercase(),
        };
        alter(format!("REPLICA IDENTITY {action}"), format!("sets what identifies a row of table {label} to replicas"));
    }
    let clustered = value("clustered_on");
    if differs("clustered_on") || clustered.is_some_and(|index| anew.contains(index)) {
        match clustered {
            Some(index) => {
                alter(format!("CLUSTER ON {}", quote(index)), format!("lets CLUSTER order table {label} by {index}"));
            }
            None => alter("SET WITHOUT CLUSTER".to_owned(), format!("lets CLUSTER pass table {label} by")),
        }
    }
    Ok(out)
}

/// The actions that turn storage parameters into others.
fn parameter_changes(previous: &Options, next: &Options) -> Vec<(String, &'static str)> {
    let mut out = Vec::new();
    let gone: Vec<String> = parameters(previous)
        .filter(|(name, _)| !next.contains_key(*name))
        .map(|(name, _)| parameter_name(name))
        .collect();
    if !gone.is_empty() {
        out.push((format!("RESET ({})", gone.join(", ")), "resets storage parameters"));
    }
    let changed: Vec<String> =
        parameters(next).filter(|(name, value)| previous.get(*name) != Some(value)).map(parameter).collect();
    if !changed.is_empty() {
        out.push((format!("SET ({})", changed.join(", ")), "sets storage parameters"));
    }
    out
}

/// Whether the options of an index can become others where it stands.
pub(super) fn index_changes_in_place(previous: &Options, next: &Options) -> bool {
    ["only", "invalid", "without_overlaps"].iter().all(|option| previous.get(*option) == next.get(*option))
}

/// The statements that turn the options of an index, or of a key's index, into others.
pub(super) fn change_index(index: &ObjectName, previous: &Options, next: &Options) -> Vec<Statement> {
    let mut out = Vec::new();
    let alter =
        |action: String, comment: String| Statement::new(format!("ALTER INDEX {} {action}", qualified(index)), comment);
    if previous.get("tablespace") != next.get("tablespace") {
        let place = next.get("tablespace").map_or("pg_default", String::as_str);
        out.push(alter(format!("SET TABLESPACE {}", quote(place)), format!("moves index {index} to {place}")));
    }
    for (action, comment) in parameter_changes(previous, next) {
        out.push(alter(action, format!("{comment} of index {index}")));
    }
    if previous.get(INDEX_COMMENT) != next.get(INDEX_COMMENT) {
        out.push(comment_on_index(index, next.get(INDEX_COMMENT).map(String::as_str)));
    }
    let columns: BTreeSet<&str> =
        previous.keys().chain(next.keys()).filter_map(|name| name.strip_prefix(STATISTICS)).collect();
    for column in columns {
        let key = format!("{STATISTICS}{column}");
        if previous.get(&key) != next.get(&key) {
            let target = next.get(&key).map_or("-1", String::as_str);
            out.push(alter(
                format!("ALTER COLUMN {column} SET STATISTICS {target}"),
                format!("sets the statistics target of column {column} of index {index}"),
            ));
        }
    }
    out
}

/// The comment of the index behind a key.
pub(super) fn comment_on_index(index: &ObjectName, text: Option<&str>) -> Statement {
    super::comment::on(&format!("INDEX {}", qualified(index)), &format!("index {index}"), text)
}

/// What CREATE INDEX has no word for.
pub(super) fn after_index(name: &ObjectName, index: &Index) -> Vec<Statement> {
    let mut created = index.options.clone();
    created.retain(|option, _| !option.starts_with(STATISTICS));
    change_index(name, &created, &index.options)
}
