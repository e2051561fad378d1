//! Values of enumerations that look renamed, where an enumeration is no type of its own: the differ sees a column's type
//! or a check change, and the models know which values are meant.

use std::collections::BTreeSet;

use rungs_schema::{ColumnType, Hints, ObjectName, Schema};

use super::models::Models;
use crate::diff::{self, Likely};
use crate::revision::Line;

/// `live` is the database with the renames done that `hints` tell of.
pub(super) fn values(models: &Models, asked: &BTreeSet<Line>, live: &Schema, hints: &Hints) -> Vec<Likely> {
    let mut found: Vec<Likely> = Vec::new();
    if !live.enums.is_empty() {
        return found;
    }
    for table in &models.declared.schema.tables {
        if !models.of_table(&table.name).is_some_and(|line| asked.contains(line)) {
            continue;
        }
        for column in &table.columns {
            let ColumnType::Enum(name) = &column.ty else { continue };
            let Some(wanted) = models.declared.schema.enums.iter().find(|one| one.name == *name) else { continue };
            let mut held = held(live, &table.name, &column.name);
            // A check that has nothing in common with the enumeration is about something else.
            if !held.iter().any(|value| wanted.values.contains(value)) {
                continue;
            }
            let said = hints.enums.get(name).map(|said| &said.values);
            held.retain(|value| !said.is_some_and(|said| said.values().any(|former| former == value)));
            let open: Vec<String> =
                wanted.values.iter().filter(|new| !said.is_some_and(|said| said.contains_key(*new))).cloned().collect();
            for likely in diff::likely_values(name, &held, &open) {
                if !found.contains(&likely) {
                    found.push(likely);
                }
            }
        }
    }
    found
}

/// The values that a column allows: those of its type (MySQL, MariaDB), or of a check of it (SQLite).
fn held(live: &Schema, table: &ObjectName, column: &str) -> Vec<String> {
    let Some(table) = live.table(table) else { return Vec::new() };
    let ty = table.column(column).and_then(|column| column.ty.native()).filter(|ty| ty.starts_with("enum("));
    let is_list =
        |expression: &&str| diff::names_column(expression, column) && expression.to_ascii_uppercase().contains(" IN (");
    let check = || table.checks.iter().map(|check| check.expression.as_str()).find(is_list);
    ty.or_else(check).map(diff::literals).unwrap_or_default()
}
