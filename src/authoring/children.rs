//! Tables that hang on others: partitions, children, foreign tables.
//!
//! A model stands for a whole table. Who made its partitions (a job of the database, a tool, a revision written by hand)
//! goes on making them: no model mentions them, and none of them is dropped for it.

use std::collections::BTreeSet;

use rungs_schema::{ObjectName, Schema, Table};

use crate::diff;
use crate::error::PlanError;

/// Takes out of a live schema the partitions and children of tables that stay, and all foreign tables, unless they are
/// declared. The server carries out on them what happens to their parents.
pub(super) fn leave_alone(live: &mut Schema, stays: impl Fn(&ObjectName) -> bool) {
    let mut hanging: BTreeSet<ObjectName> = BTreeSet::new();
    loop {
        let hangs = |table: &&Table| {
            let on_kept = |parent: &ObjectName| stays(parent) || hanging.contains(parent);
            table.options.contains_key("server") || diff::parents(table).any(on_kept)
        };
        let found: BTreeSet<ObjectName> =
            live.tables.iter().filter(hangs).map(|table| table.name.clone()).filter(|name| !stays(name)).collect();
        if found == hanging {
            break;
        }
        hanging = found;
    }
    live.tables.retain(|table| !hanging.contains(&table.name));
}

/// To write a partitioned table anew as a plain one is nothing that a model may ask for by its silence.
///
/// # Errors
/// When a live table is partitioned, and its model does not say so.
pub(super) fn refuse_silence(live: &Schema, wanted: &Schema) -> Result<(), PlanError> {
    let is_silent = |table: &&Table| {
        table.partition_by.is_some() && wanted.table(&table.name).is_some_and(|model| model.partition_by.is_none())
    };
    let Some(table) = live.tables.iter().find(is_silent) else { return Ok(()) };
    let by = table.partition_by.as_deref().unwrap_or_default();
    Err(PlanError::Invalid {
        reason: format!("table {} is partitioned by {by}, and its model does not say so", table.name),
        help: Some(format!(
            "write #[model(partition_by = {by:?})], or #[model(managed = false)] to leave the table alone"
        )),
    })
}
