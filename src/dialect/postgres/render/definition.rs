//! Whatever is kept as a statement: views, routines, triggers, operators, ...

use rungs_schema::{Definition, DefinitionKind, ObjectName, Shape};

use super::comment;
use crate::dialect::Statement;
use crate::dialect::postgres::{qualified, quote};
use crate::diff::change::Delta;

pub(super) fn render(delta: &Delta<Definition>) -> Vec<Statement> {
    match delta {
        Delta::Create { next } => create(next),
        Delta::Drop { previous } => vec![drop(previous)],
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
        (DefinitionKind::Function | DefinitionKind::Procedure, _) => {
            format!("{word} {}", routine_name(&definition.name))
        }
        // Aggregates have an order of arguments of their own, which ROUTINE does not ask for.
        (DefinitionKind::Aggregate, _) => format!("ROUTINE {}", routine_name(&definition.name)),
        (DefinitionKind::Operator, _) => format!("OPERATOR {}", super::operator::name(&definition.name)),
        (DefinitionKind::Cast, _) => format!("CAST ({})", definition.name.name),
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

/// CREATE OR REPLACE keeps what a routine gives back and how its arguments are called, and takes no default away.
/// <https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-NOTES>
fn replaceable(previous: &Definition, next: &Definition) -> bool {
    let (
        Shape::Routine { result: was, names: old, defaults: fewest },
        Shape::Routine { result: is, names: new, defaults: number },
    ) = (&previous.shape, &next.shape)
    else {
        return false;
    };
    let keeps_name = |(at, name): (usize, &String)| name.is_empty() || new.get(at) == Some(name);
    next.sql.starts_with("CREATE OR REPLACE ")
        && was == is
        && old.iter().enumerate().all(keeps_name)
        && fewest <= number
}

/// A routine's name and argument types. The name may hold a parenthesis itself, and so may the quoted name of a type.
pub(super) fn routine_name(whole: &ObjectName) -> String {
    let mut is_quoted = false;
    let open = whole.name.char_indices().rev().find(|(_, c)| {
        is_quoted ^= *c == '"';
        *c == '(' && !is_quoted
    });
    let (name, arguments) = whole.name.split_at(open.map_or(whole.name.len(), |(at, _)| at));
    let place = whole.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    format!("{place}{}{arguments}", quote(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routine_is_known_by_its_name_and_arguments() {
        let named = |name: &str| routine_name(&ObjectName::bare(name));
        assert_eq!(named("f(integer, text[])"), "\"f\"(integer, text[])");
        assert_eq!(named("odd (name(\"a (type)\")"), "\"odd (name\"(\"a (type)\")");
        assert_eq!(routine_name(&ObjectName::qualified("s", "f()")), "\"s\".\"f\"()");
    }
}
