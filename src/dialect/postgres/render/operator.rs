//! Operators.

use rungs_schema::ObjectName;

use crate::dialect::postgres::quote;

/// The words by which ALTER, DROP and COMMENT ON know an operator: its symbol is never quoted.
pub(super) fn name(name: &ObjectName) -> String {
    let (symbol, operands) = name.name.split_once('(').unwrap_or((&name.name, ")"));
    let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    format!("{place}{symbol} ({operands}")
}
