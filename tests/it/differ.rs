//! The differ, for scenarios that start from nouns: with a value for existing rows wherever one is needed.

use rungs::dialect::Dialect;
use rungs::diff::change::Change;
use rungs::diff::{Guide, diff};
use rungs::schema::{Column, ColumnHints, Hints, Schema};

/// The changes from one schema to the other; `value` is what rows get in a column that becomes required.
pub fn changes(
    previous: &Schema,
    next: &Schema,
    dialect: &dyn Dialect,
    value: impl Fn(&Column) -> String,
) -> Vec<Change> {
    let mut hints = Hints::default();
    for table in &next.tables {
        let of_table = hints.tables.entry(table.name.clone()).or_default();
        for column in table.columns.iter().filter(|column| !column.nullable && column.generated.is_none()) {
            let before = previous.table(&table.name).and_then(|table| table.column(&column.name));
            if before.map_or(column.default.is_none(), |before| before.nullable) {
                let backfill = Some(value(column));
                of_table.columns.insert(column.name.clone(), ColumnHints { backfill, ..ColumnHints::default() });
            }
        }
    }
    let rules = dialect.features().rules.clone();
    diff(previous, next, &Guide { hints, definitions: rungs::diff::Definitions::All, rules, ..Guide::default() })
}
