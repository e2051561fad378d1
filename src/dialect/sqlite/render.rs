use super::Sqlite;
use crate::dialect::Statement;
use crate::diff::change::Change;
use crate::error::PlanError;

pub(super) fn render(_dialect: &Sqlite, _change: &Change) -> Result<Vec<Statement>, PlanError> {
    Ok(Vec::new())
}
