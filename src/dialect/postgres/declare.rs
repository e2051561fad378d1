//! What models declare besides tables, as statements.

use rungs_schema::{Grant, Index, View};

use super::render::index_of_view;
use super::{literal, names, qualified, quote};
use crate::dialect::Statement;

/// <https://www.postgresql.org/docs/current/sql-createview.html>,
/// <https://www.postgresql.org/docs/current/sql-creatematerializedview.html>
pub(super) fn view(view: &View) -> Vec<Statement> {
    let kind = if view.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
    let name = qualified(&view.name);
    let query = view.query.trim().trim_end_matches(';').trim_end();
    let comment = format!("creates {} {}", kind.to_lowercase(), view.name);
    let mut out = vec![Statement::new(format!("CREATE {kind} {name} AS\n{query}"), comment)];
    if let Some(text) = &view.comment {
        let comment = format!("sets the comment of view {}", view.name);
        out.push(Statement::new(format!("COMMENT ON {kind} {name} IS {}", literal(text)), comment));
    }
    for index in &view.indexes {
        let parts: Vec<String> = index.parts.iter().filter_map(|part| part.column_name().map(str::to_owned)).collect();
        let made = format!("ix_{}_{}", view.name.name, parts.join("_"));
        let named =
            Index { name: Some(index.name.clone().unwrap_or_else(|| names::cut_to_fit(&made))), ..index.clone() };
        out.extend(index_of_view(&view.name, &named));
    }
    out
}

/// <https://www.postgresql.org/docs/current/sql-grant.html>
pub(super) fn grant(grant: &Grant) -> Statement {
    let privileges = grant.privileges.iter().map(|(word, columns)| {
        let columns: Vec<String> = columns.iter().map(|column| quote(column)).collect();
        if columns.is_empty() { word.clone() } else { format!("{word} ({})", columns.join(", ")) }
    });
    let privileges: Vec<String> = privileges.collect();
    // PUBLIC is no role, and is not quoted.
    let to = if grant.to.eq_ignore_ascii_case("public") { "PUBLIC".to_owned() } else { quote(&grant.to) };
    let option = if grant.grantable { " WITH GRANT OPTION" } else { "" };
    let sql = format!("GRANT {} ON {} TO {to}{option}", privileges.join(", "), qualified(&grant.on));
    Statement::new(sql, format!("grants on {} to {}", grant.on, grant.to))
}
