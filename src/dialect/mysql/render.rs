use super::Mysql;
use crate::dialect::Statement;
use crate::diff::change::Change;
use crate::error::PlanError;

pub(super) fn render(_dialect: &Mysql, _change: &Change) -> Result<Vec<Statement>, PlanError> {
    Ok(Vec::new())
}
