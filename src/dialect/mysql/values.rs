//! Values of enumerations that get other names. A row holds the value as it stands, so that for a moment the column
//! allows the former values and the present ones.

use std::sync::Arc;

use rungs_schema::{ColumnType, Table};

use super::Mysql;
use super::alter::alter;
use crate::dialect::{Dialect as _, Statement};
use crate::diff::change::{AlterTable, Delta, Edit};
use crate::diff::literals;
use crate::error::PlanError;

/// A change with renamed values, in three steps: the column allows both, the rows move, the rest of the change. `None`
/// where no value is renamed.
pub(super) fn renamed(dialect: &Mysql, change: &AlterTable) -> Result<Option<Vec<Statement>>, PlanError> {
    let is_values = |edit: &Edit| matches!(edit, Edit::Values { .. });
    if !change.edits.iter().any(is_values) {
        return Ok(None);
    }
    let mut between = (*change.previous).clone();
    between.name.clone_from(&change.next.name);
    let (mut first, mut updates) = (Vec::new(), Vec::new());
    for edit in &change.edits {
        let Edit::Values { column, renamed } = edit else { continue };
        let now = former_name(change, column);
        let Some(at) = between.columns.iter().position(|one| one.name == now) else { continue };
        let previous = between.columns[at].clone();
        if let Some(ty) = previous.ty.native().and_then(|ty| with_values(dialect, ty, renamed)) {
            between.columns[at].ty = ColumnType::Native(ty);
            let delta = Delta::Alter { previous, next: between.columns[at].clone() };
            first.push(Edit::Column { delta, backfill: None });
        }
        updates.push(update(dialect, &between, &now, renamed));
    }
    let between = Arc::new(between);
    let step = |previous: &Arc<Table>, next: &Arc<Table>, edits| AlterTable {
        previous: Arc::clone(previous),
        next: Arc::clone(next),
        edits,
        dependents: Vec::new(),
    };
    let mut statements = alter(dialect, &step(&change.previous, &between, first))?;
    statements.extend(updates);
    let rest = change.edits.iter().filter(|edit| !is_values(edit)).map(|edit| standing_on(edit, &between));
    statements.extend(alter(dialect, &step(&between, &change.next, rest.collect()))?);
    Ok(Some(statements))
}

fn former_name(change: &AlterTable, column: &str) -> String {
    let renamed = change.edits.iter().find_map(|edit| match edit {
        Edit::Column { delta: Delta::Alter { previous, next }, .. } if next.name == column => Some(&previous.name),
        _ => None,
    });
    renamed.map_or_else(|| column.to_owned(), Clone::clone)
}

/// An edit whose previous side is what the first step has left.
fn standing_on(edit: &Edit, between: &Table) -> Edit {
    match edit {
        Edit::Column { delta: Delta::Alter { previous, next }, backfill } => {
            let previous = between.column(&previous.name).unwrap_or(previous).clone();
            let delta = Delta::Alter { previous, next: next.clone() };
            Edit::Column { delta, backfill: backfill.clone() }
        }
        other => other.clone(),
    }
}

/// `enum('a','b')` with the new values behind those that they take the place of.
fn with_values(dialect: &Mysql, ty: &str, renamed: &[(String, String)]) -> Option<String> {
    let mut values = ty.starts_with("enum(").then(|| literals(ty))?;
    for (old, new) in renamed {
        if !values.contains(new) {
            let at = values.iter().position(|value| value == old).map_or(values.len(), |at| at + 1);
            values.insert(at, new.clone());
        }
    }
    let values: Vec<String> = values.iter().map(|value| dialect.literal(value)).collect();
    Some(format!("enum({})", values.join(",")))
}

fn update(dialect: &Mysql, table: &Table, column: &str, renamed: &[(String, String)]) -> Statement {
    let quoted = dialect.quote(column);
    let cases: Vec<String> = renamed
        .iter()
        .map(|(old, new)| format!("WHEN {} THEN {}", dialect.literal(old), dialect.literal(new)))
        .collect();
    let former: Vec<String> = renamed.iter().map(|(old, _)| dialect.literal(old)).collect();
    let mut sql =
        format!("UPDATE {} SET {quoted} = CASE {quoted} {} END", dialect.object(&table.name), cases.join(" "));
    // A column that notes the last update keeps what it says: nobody has edited the row.
    for noted in table.columns.iter().filter(|noted| noted.on_update.is_some() && noted.name != column) {
        let name = dialect.quote(&noted.name);
        sql.push_str(&format!(", {name} = {name}"));
    }
    sql.push_str(&format!(" WHERE {quoted} IN ({})", former.join(", ")));
    let pairs: Vec<String> = renamed.iter().map(|(old, new)| format!("{old} to {new}")).collect();
    Statement::new(sql, format!("renames values of {}.{column}: {}", table.name, pairs.join(", ")))
}
