//! Enumerated types. <https://www.postgresql.org/docs/current/sql-altertype.html>

use rungs_schema::EnumType;

use super::comment;
use super::rebuild::{Conversion, Root, rebuild};
use super::sequence::rename;
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, literal, qualified};
use crate::dialect::simple::drop_type;
use crate::diff::change::{Delta, Standing};
use crate::diff::{Way, with_names};
use crate::error::PlanError;

/// What an enumerated type changes besides its sides.
pub(super) struct Manner<'a> {
    pub(super) renamed: &'a [(String, String)],
    pub(super) anew: bool,
    pub(super) standing: &'a Standing,
}

pub(super) fn render(
    dialect: &Postgres,
    delta: &Delta<EnumType>,
    manner: &Manner<'_>,
) -> Result<Vec<Statement>, PlanError> {
    match delta {
        Delta::Create { next } => Ok(create(next)),
        Delta::Drop { previous } => {
            Ok(vec![Statement::new(drop_type(&previous.name), format!("drops type {}", previous.name))])
        }
        Delta::Alter { previous, next } => alter(dialect, previous, next, manner),
    }
}

fn create(next: &EnumType) -> Vec<Statement> {
    let values: Vec<String> = next.values.iter().map(|value| literal(value)).collect();
    let sql = format!("CREATE TYPE {} AS ENUM ({})", qualified(&next.name), values.join(", "));
    let mut out = vec![Statement::new(sql, format!("creates type {}", next.name))];
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    out
}

fn set_comment(next: &EnumType) -> Statement {
    comment::on(&format!("TYPE {}", qualified(&next.name)), &format!("type {}", next.name), next.comment.as_deref())
}

fn alter(
    dialect: &Postgres,
    previous: &EnumType,
    next: &EnumType,
    manner: &Manner<'_>,
) -> Result<Vec<Statement>, PlanError> {
    let mut out = rename(dialect, "TYPE", "type", &previous.name, &next.name)?;
    for (old, new) in manner.renamed {
        let sql = format!("ALTER TYPE {} RENAME VALUE {} TO {}", qualified(&next.name), literal(old), literal(new));
        out.push(Statement::new(sql, format!("renames value {old} of type {} to {new}", next.name)));
    }
    let now = with_names(previous, manner.renamed);
    if Way::of_enum(&now, next, manner.anew) == Way::Anew {
        let root = Root {
            name: &next.name,
            word: "TYPE",
            range: None,
            create: create(next),
            conversion: Conversion::Text,
            finish: Vec::new(),
        };
        out.extend(rebuild(dialect, root, manner.standing)?);
        return Ok(out);
    }
    out.extend(additions(&now, next));
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    Ok(out)
}

/// `ADD VALUE` for each new value, at its place.
fn additions(previous: &EnumType, next: &EnumType) -> Vec<Statement> {
    let name = qualified(&next.name);
    let mut now = previous.values.clone();
    let mut out = Vec::new();
    for (at, value) in next.values.iter().enumerate() {
        if now.get(at) == Some(value) {
            continue;
        }
        // Everything before it is in place already.
        let place = now.get(at).map_or_else(String::new, |after| format!(" BEFORE {}", literal(after)));
        let sql = format!("ALTER TYPE {name} ADD VALUE {}{place}", literal(value));
        out.push(Statement::new(sql, format!("adds value {value} to type {}", next.name)));
        now.insert(at, value.clone());
    }
    out
}
