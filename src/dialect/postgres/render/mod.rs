//! Changes as statements. <https://www.postgresql.org/docs/current/sql-commands.html>

mod alter;
mod column;
mod comment;
mod constraint;
mod definition;
mod enums;
mod options;
mod partition;
mod rows;
mod sequence;
mod setting;
mod table;

pub(super) use constraint::{alters_foreign_key, index_sql};
pub(super) use definition::{replaces, replaces_before_14};

use super::Postgres;
use crate::dialect::Statement;
use crate::diff::change::Change;
use crate::error::PlanError;

pub(super) fn render(dialect: &Postgres, change: &Change) -> Result<Vec<Statement>, PlanError> {
    match change {
        Change::CreateTable { next } => table::create(dialect, next),
        Change::DropTable { previous } => Ok(vec![table::drop(previous)]),
        Change::AlterTable(change) => alter::alter(dialect, change),
        Change::Rows(rows) => Ok(rows::render(rows)),
        Change::Sequence(delta) => sequence::render(dialect, delta),
        Change::Enum { delta, columns } => enums::render(dialect, delta, columns),
        Change::Domain { .. } | Change::Composite { .. } | Change::Access { .. } => {
            Err(dialect.unsupported(format!("change {}", change.subject()), "write the statements yourself"))
        }
        Change::Definition(delta) => Ok(definition::render(dialect, delta)),
    }
}
