use crate::dialect::Statement;
use crate::dialect::postgres::literal;

/// `COMMENT ON` an object, which is already in SQL (`TABLE "users"`). Without a text it takes the comment away.
pub(super) fn on(object: &str, label: &str, text: Option<&str>) -> Statement {
    let value = text.map_or_else(|| "NULL".to_owned(), literal);
    let what = if text.is_some() { "comments on" } else { "takes the comment off" };
    Statement::new(format!("COMMENT ON {object} IS {value}"), format!("{what} {label}"))
}
