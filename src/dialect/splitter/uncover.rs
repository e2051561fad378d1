//! Versioned comments.

use std::borrow::Cow;

use rungs_schema::DialectName;

use super::{Lexeme, lexemes};

/// `/*!40101 ... */` is code to MySQL and MariaDB: the marks become blanks, so that the code is read in its place.
pub fn uncovered(dialect: DialectName, text: &str) -> Cow<'_, str> {
    let is_code = |lexeme: &Lexeme<'_>| lexeme.text.starts_with("/*");
    let is_mysql = matches!(dialect, DialectName::Mysql | DialectName::Mariadb);
    if !is_mysql || !text.contains("/*") {
        return text.into();
    }
    let Ok(lexemes) = lexemes(dialect, text) else { return text.into() };
    let mut open = text.to_owned();
    for lexeme in lexemes.iter().filter(|lexeme| is_code(lexeme)) {
        let code = lexeme.text.strip_prefix("/*!").or_else(|| lexeme.text.strip_prefix("/*M!")).unwrap_or(lexeme.text);
        let code = code.trim_start_matches(|c: char| c.is_ascii_digit());
        let inside = code.strip_suffix("*/").unwrap_or(code);
        let before = lexeme.text.len() - code.len();
        let after = code.len() - inside.len();
        let blank = format!("{}{inside}{}", " ".repeat(before), " ".repeat(after));
        open.replace_range(lexeme.start..lexeme.start + lexeme.text.len(), &blank);
    }
    open.into()
}
