//! What models say of renames, held against what is there, so that no row is lost to a hint that can be taken in two ways.

use rungs_schema::{Hints, ObjectName, Schema};

use crate::diff::Rules;
use crate::error::PlanError;

/// Refuses a rename to a name that is taken, where the old name is there too and would be dropped with its rows.
pub(super) fn check(current: &Schema, wanted: &Schema, hints: &Hints) -> Result<(), PlanError> {
    let refuse = |what: String, new: String, old: &str, kind: &str| {
        Err(PlanError::Invalid {
            reason: format!("{what} is said to be renamed from {old}, but the database has both {old} and {new}"),
            help: Some(format!(
                "{old} would be dropped with its rows: if the rename is long done, delete `renamed_from`; if not, get \
                 the {kind} {new} out of the way in a revision of its own first"
            )),
        })
    };
    for (name, said) in &hints.tables {
        let old = said.renamed_from.as_ref().filter(|old| current.table(old).is_some());
        if let Some(old) = old.filter(|old| current.table(name).is_some() && wanted.table(old).is_none()) {
            return refuse(format!("table {name}"), name.to_string(), &old.to_string(), "table");
        }
        let (Some(before), Some(after)) = (current.table(old.unwrap_or(name)), wanted.table(name)) else { continue };
        for (column, said) in &said.columns {
            let Some(old) = said.renamed_from.as_deref().filter(|old| before.column(old).is_some()) else { continue };
            if before.column(column).is_some() && after.column(old).is_none() {
                return refuse(format!("column {name}.{column}"), column.clone(), old, "column");
            }
        }
    }
    Ok(())
}

/// Adds that what is spelled in other letter case than in the database is the same thing, where the engine says so.
pub fn with_spellings(current: &Schema, wanted: &Schema, hints: &Hints, rules: &Rules) -> Hints {
    let mut hints = hints.clone();
    let same = |a: &str, b: &str| a != b && a.eq_ignore_ascii_case(b);
    for table in &wanted.tables {
        let said = hints.tables.get(&table.name).and_then(|said| said.renamed_from.as_ref());
        let said = said.filter(|old| current.table(old).is_some()).cloned();
        let respelled = |old: &ObjectName| {
            rules.table_case_is_free && old.schema == table.name.schema && same(&old.name, &table.name.name)
        };
        let old_name = if current.table(&table.name).is_some() {
            table.name.clone()
        } else if let Some(old) = said {
            old
        } else {
            let mut free = current.tables.iter().filter(|old| wanted.table(&old.name).is_none());
            let Some(old) = free.find(|old| respelled(&old.name)) else { continue };
            hints.tables.entry(table.name.clone()).or_default().renamed_from = Some(old.name.clone());
            old.name.clone()
        };
        let Some(before) = current.table(&old_name).filter(|_| rules.column_case_is_free) else { continue };
        for column in table.columns.iter().filter(|column| before.column(&column.name).is_none()) {
            let mut free = before.columns.iter().filter(|old| table.column(&old.name).is_none());
            if let Some(old) = free.find(|old| same(&old.name, &column.name)) {
                let said = hints.tables.entry(table.name.clone()).or_default();
                said.columns.entry(column.name.clone()).or_default().renamed_from = Some(old.name.clone());
            }
        }
    }
    hints
}
