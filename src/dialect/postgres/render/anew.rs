//! Range types and collations that become others, which takes a new one.
//! <https://www.postgresql.org/docs/current/sql-createcollation.html>

use rungs_schema::{Definition, DefinitionKind};

use super::definition;
use super::rebuild::{Conversion, Root, rebuild};
use crate::dialect::Statement;
use crate::dialect::postgres::Postgres;
use crate::diff::change::Standing;
use crate::error::PlanError;

pub(super) fn render(
    dialect: &Postgres,
    previous: &Definition,
    next: &Definition,
    standing: &Standing,
) -> Result<Vec<Statement>, PlanError> {
    if *standing == Standing::default() {
        return Ok(std::iter::once(definition::drop(previous)).chain(definition::create(next)).collect());
    }
    let (word, conversion) = match next.kind {
        DefinitionKind::Collation => ("COLLATION", Conversion::Collation),
        _ => ("TYPE", Conversion::Text),
    };
    let root = Root {
        name: &next.name,
        word,
        range: (next.kind == DefinitionKind::Range).then_some(previous),
        create: definition::create(next),
        conversion,
        finish: Vec::new(),
    };
    rebuild(dialect, root, standing)
}
