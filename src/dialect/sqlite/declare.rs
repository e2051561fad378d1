//! What models declare besides tables, as statements.

use rungs_schema::View;

use super::Sqlite;
use crate::dialect::{Dialect as _, Statement};
use crate::error::PlanError;

/// <https://www.sqlite.org/lang_createview.html>
pub(super) fn view(dialect: &Sqlite, view: &View) -> Result<Vec<Statement>, PlanError> {
    if view.materialized || view.name.schema.is_some() {
        let what = if view.materialized { "keep the rows of view" } else { "keep in a schema of its own the view" };
        let help = format!("look at the model {}: take `materialized` or `schema` away", view.model);
        return Err(PlanError::Unsupported {
            engine: dialect.engine(),
            action: format!("{what} {}", view.name),
            help: Some(help),
        });
    }
    let query = view.query.trim().trim_end_matches(';').trim_end();
    let sql = format!("CREATE VIEW {} AS {query}", dialect.quote(&view.name.name));
    Ok(vec![Statement::new(sql, format!("creates view {}", view.name))])
}
