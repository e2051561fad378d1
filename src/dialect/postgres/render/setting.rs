//! What is set on a definition by statements of their own, once it is there.

use std::collections::BTreeMap;

use rungs_schema::{Definition, DefinitionKind};

use super::definition::object;
use crate::dialect::Statement;
use crate::dialect::postgres::{literal, qualified, quote};

/// The statements that turn the settings that a definition has into those that it should have.
pub(super) fn change(now: &BTreeMap<String, String>, next: &Definition) -> Vec<Statement> {
    let wanted = &next.settings;
    let mut words: Vec<&String> = now.keys().chain(wanted.keys()).collect();
    words.sort();
    words.dedup();
    let changed = words.into_iter().filter(|word| now.get(*word) != wanted.get(*word));
    changed.filter_map(|word| one(next, word, now.get(word), wanted.get(word).map(String::as_str))).collect()
}

fn one(definition: &Definition, word: &str, was: Option<&String>, value: Option<&str>) -> Option<Statement> {
    let thing = object(definition);
    let label = format!("{} {}", definition.kind, definition.name);
    let (word, part) = word.split_once(':').unwrap_or((word, ""));
    let alter = |rest: String, comment: String| Some(Statement::new(format!("ALTER {thing} {rest}"), comment));
    match word {
        "enabled" => Some(enabled(definition, value)),
        "target" => {
            let target = value.unwrap_or("-1");
            alter(format!("SET STATISTICS {target}"), format!("sets the target of {label}"))
        }
        "version" => {
            let version = value.map_or_else(|| "NULL".to_owned(), literal);
            alter(format!("VERSION {version}"), format!("sets the version of {label}"))
        }
        "option" => alter(option(definition, part, was, value), format!("sets {part} of {label}")),
        "tablespace" => {
            let name = quote(value.unwrap_or("pg_default"));
            alter(format!("SET TABLESPACE {name}"), format!("moves {label}"))
        }
        "access_method" => {
            let name = quote(value.unwrap_or("heap"));
            alter(format!("SET ACCESS METHOD {name}"), format!("changes how {label} is stored"))
        }
        "default" => {
            let action = value.map_or_else(|| "DROP DEFAULT".to_owned(), |value| format!("SET DEFAULT {value}"));
            alter(format!("ALTER COLUMN {} {action}", quote(part)), format!("sets the default of {part} in {label}"))
        }
        "statistics" => {
            let column = if definition.kind == DefinitionKind::Index { part.to_owned() } else { quote(part) };
            let action = format!("ALTER COLUMN {column} SET STATISTICS {}", value.unwrap_or("-1"));
            alter(action, format!("sets the statistics target of {part} in {label}"))
        }
        "storage" => {
            let action = format!("ALTER COLUMN {} SET STORAGE {}", quote(part), value.unwrap_or("DEFAULT"));
            alter(action, format!("sets the storage of {part} in {label}"))
        }
        "comment" => {
            let column = format!("COLUMN {}.{}", qualified(&definition.name), quote(part));
            Some(super::comment::on(&column, &format!("column {part} of {label}"), value))
        }
        "clustered" => clustered(definition, value),
        _ => None,
    }
}

/// When a trigger or rule fires.
fn enabled(definition: &Definition, value: Option<&str>) -> Statement {
    let word = match value {
        Some("disabled") => "DISABLE",
        Some("replica") => "ENABLE REPLICA",
        Some("always") => "ENABLE ALWAYS",
        _ => "ENABLE",
    };
    let kind = definition.kind.word().to_ascii_uppercase();
    let name = quote(&definition.name.name);
    let sql = match &definition.table {
        Some(table) => format!("ALTER TABLE {} {word} {kind} {name}", qualified(table)),
        None => format!("ALTER {kind} {name} {word}"),
    };
    let verb = match value {
        Some("disabled") => "disables",
        _ => "enables",
    };
    Statement::new(sql, format!("{verb} {} {}", definition.kind, definition.name))
}

fn option(definition: &Definition, name: &str, was: Option<&String>, value: Option<&str>) -> String {
    use DefinitionKind::{ForeignDataWrapper, Server, UserMapping};
    let is_foreign = matches!(definition.kind, ForeignDataWrapper | Server | UserMapping);
    let name = quote(name);
    match (is_foreign, value) {
        (true, Some(value)) => {
            format!("OPTIONS ({} {name} {})", if was.is_some() { "SET" } else { "ADD" }, literal(value))
        }
        (true, None) => format!("OPTIONS (DROP {name})"),
        (false, Some(value)) => format!("SET ({name} = {})", literal(value)),
        (false, None) => format!("RESET ({name})"),
    }
}

/// The order of a materialised view's rows is said of the view, and lasts as long as the index.
fn clustered(index: &Definition, value: Option<&str>) -> Option<Statement> {
    let view = qualified(index.table.as_ref()?);
    let (action, comment) = match value {
        Some(_) => (
            format!("CLUSTER ON {}", quote(&index.name.name)),
            format!("lets CLUSTER order the view by index {}", index.name),
        ),
        None => ("SET WITHOUT CLUSTER".to_owned(), "lets CLUSTER pass the view by".to_owned()),
    };
    Some(Statement::new(format!("ALTER MATERIALIZED VIEW {view} {action}"), comment))
}
