//! Enumerated types.

use rungs_schema::{Column, EnumType, ObjectName};

use super::comment;
use super::sequence::rename;
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, literal, qualified, quote};
use crate::dialect::simple::drop_type;
use crate::diff::change::Delta;
use crate::diff::renamed_values;
use crate::error::PlanError;

pub(super) fn render(
    dialect: &Postgres,
    delta: &Delta<EnumType>,
    columns: &[(ObjectName, Column)],
) -> Result<Vec<Statement>, PlanError> {
    match delta {
        Delta::Create { next } => Ok(create(next)),
        Delta::Drop { previous } => Ok(vec![drop(previous)]),
        Delta::Alter { previous, next } => alter(dialect, previous, next, columns),
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

fn drop(previous: &EnumType) -> Statement {
    Statement::new(drop_type(&previous.name), format!("drops type {}", previous.name))
}

fn set_comment(next: &EnumType) -> Statement {
    comment::on(&format!("TYPE {}", qualified(&next.name)), &format!("type {}", next.name), next.comment.as_deref())
}

fn alter(
    dialect: &Postgres,
    previous: &EnumType,
    next: &EnumType,
    columns: &[(ObjectName, Column)],
) -> Result<Vec<Statement>, PlanError> {
    let renamed = renamed_values(previous, next);
    if !renamed.is_empty() {
        let mut out = rename(dialect, "TYPE", "type", &previous.name, &next.name)?;
        let name = qualified(&next.name);
        out.extend(renamed.into_iter().map(|(old, new)| {
            let sql = format!("ALTER TYPE {name} RENAME VALUE {} TO {}", literal(old), literal(new));
            Statement::new(sql, format!("renames value {old} of type {} to {new}", next.name))
        }));
        return Ok(out);
    }
    let Some(additions) = additions(previous, next) else { return Ok(rebuild(previous, next, columns)) };
    let mut out = rename(dialect, "TYPE", "type", &previous.name, &next.name)?;
    out.extend(additions);
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    Ok(out)
}

/// `ADD VALUE` for each new value, at its place; `None` where the old values do not all stay in their order.
fn additions(previous: &EnumType, next: &EnumType) -> Option<Vec<Statement>> {
    let kept: Vec<&String> = next.values.iter().filter(|value| previous.values.contains(value)).collect();
    if !kept.iter().copied().eq(&previous.values) {
        return None;
    }
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
    Some(out)
}

/// Gives an enumerated type another list of values by building it anew, for what cannot be done in place: values that
/// go, or move. `columns` are all the columns of the type, as they stand while this runs. A row that holds a value
/// which goes makes the server refuse.
fn rebuild(previous: &EnumType, next: &EnumType, columns: &[(ObjectName, Column)]) -> Vec<Statement> {
    let aside = previous.name.sibling(format!("{}__previous", cut(&previous.name.name)));
    let mut out = vec![Statement::new(
        format!("ALTER TYPE {} RENAME TO {}", qualified(&previous.name), quote(&aside.name)),
        format!("sets type {} aside", previous.name),
    )];
    out.extend(create(next));
    for (table, column) in columns {
        let array = if column.ty.native().is_some_and(|ty| ty.ends_with("[]")) { "[]" } else { "" };
        let (name, ty) = (quote(&column.name), format!("{}{array}", qualified(&next.name)));
        let place = format!("ALTER TABLE {} ALTER COLUMN {name}", qualified(table));
        let label = format!("{table}.{}", column.name);
        if column.default.is_some() {
            out.push(Statement::new(
                format!("{place} DROP DEFAULT"),
                format!("takes the default off {label} for the change of type"),
            ));
        }
        let sql = format!("{place} TYPE {ty} USING {name}::text{array}::{ty}");
        out.push(Statement::new(sql, format!("moves {label} to the new type {}", next.name)));
        if let Some(default) = &column.default {
            out.push(Statement::new(
                format!("{place} SET DEFAULT {default}"),
                format!("puts the default of {label} back"),
            ));
        }
    }
    out.push(Statement::new(drop_type(&aside), format!("drops the former type {}", previous.name)));
    out
}

/// Leaves room for a suffix in an identifier.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
