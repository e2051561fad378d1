use rungs_schema::{ColumnType, Schema};

use super::Postgres;
use crate::error::PlanError;

pub(super) fn canonical(_dialect: &Postgres, declared: &Schema) -> Result<Schema, PlanError> {
    Ok(declared.clone())
}

pub(super) fn logical(_dialect: &Postgres, native: &str) -> ColumnType {
    ColumnType::Native(native.to_owned())
}
