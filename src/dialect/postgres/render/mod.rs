//! Changes as statements. <https://www.postgresql.org/docs/current/sql-commands.html>

mod access;
mod alter;
mod column;
mod comment;
mod constraint;
mod definition;
mod enums;
mod operator;
mod sequence;
mod table;

pub(super) use definition::replaces;

use super::Postgres;
use crate::dialect::Statement;
use crate::diff::change::Change;
use crate::error::PlanError;

pub(super) fn render(dialect: &Postgres, change: &Change) -> Result<Vec<Statement>, PlanError> {
    match change {
        Change::CreateTable { next } => table::create(dialect, next),
        Change::DropTable { previous } => Ok(vec![table::drop(previous)]),
        Change::AlterTable(change) => alter::alter(dialect, change),
        Change::Sequence(delta) => sequence::render(dialect, delta),
        Change::Enum { delta, columns } => enums::render(dialect, delta, columns),
        Change::Access { delta, given } => Ok(access::render(dialect, delta, given.as_ref())),
        Change::DefaultPrivileges { delta, with_namespace } => {
            Ok(access::render_defaults(dialect, delta, *with_namespace))
        }
        Change::Domain { .. } | Change::Composite { .. } => {
            Err(dialect.unsupported(format!("change {}", change.subject()), "write the statements yourself"))
        }
        Change::Definition(delta) => Ok(definition::render(delta)),
    }
}
