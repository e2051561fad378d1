use rungs_schema::{ColumnType, Schema};

use super::Sqlite;
use crate::error::PlanError;

pub(super) fn canonical(_dialect: &Sqlite, declared: &Schema) -> Result<Schema, PlanError> {
    Ok(declared.clone())
}

pub(super) fn logical(_dialect: &Sqlite, native: &str) -> ColumnType {
    ColumnType::Native(native.to_owned())
}
