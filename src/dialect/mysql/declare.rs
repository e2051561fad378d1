//! What models declare besides tables, as statements.

use rungs_schema::View;

use super::Mysql;
use crate::dialect::Statement;
use crate::error::PlanError;

/// <https://dev.mysql.com/doc/refman/9.0/en/create-view.html>
pub(super) fn view(dialect: &Mysql, view: &View) -> Result<Vec<Statement>, PlanError> {
    if view.materialized || view.name.schema.is_some() {
        let what = if view.materialized { "keep the rows of view" } else { "keep in another database the view" };
        let help = format!("look at the model {}: take `materialized` or `schema` away", view.model);
        return Err(dialect.unsupported(format!("{what} {}", view.name), Some(&help)));
    }
    let query = view.query.trim().trim_end_matches(';').trim_end();
    let sql = format!("CREATE VIEW {} AS {query}", dialect.object(&view.name));
    Ok(vec![Statement::new(sql, format!("creates view {}", view.name))])
}
