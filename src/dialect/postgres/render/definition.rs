//! Views, routines and triggers.

use rungs_schema::{Definition, DefinitionKind};

use crate::dialect::Statement;
use crate::dialect::postgres::{qualified, quote};
use crate::diff::change::Delta;

pub(super) fn render(delta: &Delta<Definition>) -> Vec<Statement> {
    match delta {
        Delta::Create { next } => vec![create(next)],
        Delta::Drop { previous } => vec![drop(previous)],
        Delta::Alter { previous, next } if replaceable(previous, next) => {
            vec![Statement::new(&next.sql, format!("replaces {} {}", next.kind, next.name))]
        }
        Delta::Alter { previous, next } => vec![drop(previous), create(next)],
    }
}

pub(super) fn create(next: &Definition) -> Statement {
    Statement::new(&next.sql, format!("creates {} {}", next.kind, next.name))
}

pub(super) fn drop(previous: &Definition) -> Statement {
    let sql = match previous.kind {
        DefinitionKind::View => format!("DROP VIEW {}", qualified(&previous.name)),
        DefinitionKind::Function => format!("DROP FUNCTION {}", routine(previous)),
        DefinitionKind::Procedure => format!("DROP PROCEDURE {}", routine(previous)),
        DefinitionKind::Trigger | DefinitionKind::Event => {
            let table = previous.table.as_ref().map_or_else(String::new, |table| format!(" ON {}", qualified(table)));
            format!("DROP TRIGGER {}{table}", quote(&previous.name.name))
        }
    };
    Statement::new(sql, format!("drops {} {}", previous.kind, previous.name))
}

/// CREATE OR REPLACE keeps a routine's arguments and result; the server prints both before the language.
fn replaceable(previous: &Definition, next: &Definition) -> bool {
    let head = |definition: &Definition| definition.sql.split_once("\n LANGUAGE ").map(|(head, _)| head.to_owned());
    matches!(next.kind, DefinitionKind::Function | DefinitionKind::Procedure)
        && next.sql.starts_with("CREATE OR REPLACE ")
        && head(previous).is_some()
        && head(previous) == head(next)
}

/// A routine's name and argument types. The name may hold a parenthesis itself: the statement tells where it ends.
fn routine(definition: &Definition) -> String {
    let whole = &definition.name.name;
    let place = definition.name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    let split = whole.match_indices('(').map(|(at, _)| whole.split_at(at));
    let mut candidates = split.map(|(name, arguments)| (format!("{place}{}", quote(name)), arguments));
    let found = candidates.clone().find(|(name, _)| definition.sql.contains(&format!(" {name}(")));
    match found.or_else(|| candidates.next()) {
        Some((name, arguments)) => format!("{name}{arguments}"),
        None => qualified(&definition.name),
    }
}
