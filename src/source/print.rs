//! Rust source for an existing schema.

use rungs_schema::Schema;

use crate::dialect::Dialect;

/// Placeholder until merge.
pub fn models(_schema: &Schema, _dialect: &dyn Dialect) -> String {
    String::new()
}

/// Placeholder until merge.
pub fn model_files(_schema: &Schema, _dialect: &dyn Dialect) -> Vec<(String, String)> {
    Vec::new()
}
