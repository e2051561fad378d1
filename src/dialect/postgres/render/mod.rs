//! Changes as statements. <https://www.postgresql.org/docs/current/sql-commands.html>

mod access;
mod alter;
mod anew;
mod column;
mod column_option;
mod comment;
mod composite;
mod constraint;
mod definition;
mod domain;
mod enums;
mod identity;
mod numbering;
mod operator;
mod options;
mod partition;
mod position;
mod rebuild;
mod rows;
mod sequence;
mod setting;
mod subscription;
mod table;

pub(super) use constraint::{alters_foreign_key, index_sql};
pub(super) use definition::{replaces, replaces_before_14};

/// An index of a materialised view, as CREATE INDEX has it.
pub(super) fn index_of_view(view: &ObjectName, index: &Index) -> Vec<Statement> {
    constraint::create(view, Part::Index(index))
}

use rungs_schema::{Index, ObjectName};

use super::Postgres;
use crate::dialect::{Part, Statement};
use crate::diff::change::Change;
use crate::error::PlanError;

pub(super) fn render(dialect: &Postgres, change: &Change) -> Result<Vec<Statement>, PlanError> {
    match change {
        Change::CreateTable { next } => table::create(dialect, next),
        Change::DropTable { previous } => Ok(vec![table::drop(previous)]),
        Change::AlterTable(change) => alter::alter(dialect, change),
        Change::Rows(rows) => Ok(rows::render(rows)),
        Change::Sequence(delta) => sequence::render(dialect, delta),
        Change::Enum { delta, renamed, anew, standing } => {
            enums::render(dialect, delta, &enums::Manner { renamed, anew: *anew, standing })
        }
        Change::Domain { delta, standing } => domain::render(dialect, delta, standing),
        Change::Composite { delta, standing } => composite::render(dialect, delta, standing),
        Change::Anew { previous, next, standing } => anew::render(dialect, previous, next, standing),
        Change::Access { delta, given } => Ok(access::render(dialect, delta, given.as_ref())),
        Change::DefaultPrivileges { delta, with_namespace } => {
            Ok(access::render_defaults(dialect, delta, *with_namespace))
        }
        Change::Definition(delta) => Ok(definition::render(dialect, delta)),
    }
}
