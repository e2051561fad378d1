//! Views, routines and triggers.

use rungs_schema::{Definition, DefinitionKind};

use super::comment;
use crate::dialect::Statement;
use crate::dialect::postgres::{qualified, quote};
use crate::diff::change::Delta;

pub(super) fn render(delta: &Delta<Definition>) -> Vec<Statement> {
    match delta {
        Delta::Create { next } => create(next),
        Delta::Drop { previous } => vec![drop(previous)],
        Delta::Alter { previous, next } if previous.name != next.name && previous.kind == next.kind => {
            let object = object(previous);
            let sql = format!("ALTER {object} RENAME TO {}", quote(&next.name.name));
            vec![Statement::new(sql, format!("renames {} {} to {}", next.kind, previous.name, next.name))]
        }
        Delta::Alter { previous, next } if !replaces(previous, next) => {
            std::iter::once(drop(previous)).chain(create(next)).collect()
        }
        Delta::Alter { previous, next } => {
            let mut out = Vec::new();
            if previous.sql != next.sql {
                out.push(Statement::new(&next.sql, format!("replaces {} {}", next.kind, next.name)));
            }
            if previous.comment != next.comment {
                out.push(set_comment(next));
            }
            out
        }
    }
}

pub(super) fn create(next: &Definition) -> Vec<Statement> {
    let mut out = vec![Statement::new(&next.sql, format!("creates {} {}", next.kind, next.name))];
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    out
}

pub(super) fn drop(previous: &Definition) -> Statement {
    Statement::new(format!("DROP {}", object(previous)), format!("drops {} {}", previous.kind, previous.name))
}

fn set_comment(next: &Definition) -> Statement {
    comment::on(&object(next), &format!("{} {}", next.kind, next.name), next.comment.as_deref())
}

/// The words by which DROP and COMMENT ON know it.
fn object(definition: &Definition) -> String {
    let word = definition.kind.word().to_ascii_uppercase();
    match (definition.kind, &definition.table) {
        (DefinitionKind::Function | DefinitionKind::Procedure | DefinitionKind::Aggregate, _) => {
            format!("{word} {}", routine(definition))
        }
        (DefinitionKind::Trigger | DefinitionKind::Rule | DefinitionKind::Policy, Some(table)) => {
            format!("{word} {} ON {}", quote(&definition.name.name), qualified(table))
        }
        (DefinitionKind::Range, _) => format!("TYPE {}", qualified(&definition.name)),
        _ => format!("{word} {}", qualified(&definition.name)),
    }
}

/// Whether the next one can take the place of the previous one; see [`Rules`](crate::diff::Rules).
pub(in crate::dialect::postgres) fn replaces(previous: &Definition, next: &Definition) -> bool {
    previous.sql == next.sql || replaceable(previous, next)
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
