use rungs_schema::{ColumnType, Schema};

use super::Mysql;
use crate::error::PlanError;

pub(super) fn canonical(_dialect: &Mysql, declared: &Schema) -> Result<Schema, PlanError> {
    Ok(declared.clone())
}

pub(super) fn logical(_dialect: &Mysql, native: &str) -> ColumnType {
    ColumnType::Native(native.to_owned())
}
