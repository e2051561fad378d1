//! Defaults, as the server prints them.

use super::Mysql;
use super::token::{Kind, Token, tokens, unquoted, without_parentheses};
use super::types;
use crate::dialect::Dialect as _;

/// A default in the server's spelling; `None` for NULL. What only the server can spell (an expression) stays as it
/// is, and is told by the server itself.
pub(super) fn canonical(dialect: &Mysql, native: &str, default: &str) -> Option<String> {
    let text = default.trim();
    let found = tokens(text);
    if let [only] = found.as_slice()
        && only.is_word("NULL")
    {
        return None;
    }
    if let Some(now) = now(dialect, &found) {
        return Some(now);
    }
    if let Some(value) = literal_value(&found) {
        return Some(literal(dialect, native, &value, text));
    }
    if dialect.is_mariadb() || !dialect.abilities.expression_defaults || is_introduced(&found) {
        return Some(text.to_owned());
    }
    Some(format!("({})", without_parentheses(text)))
}

/// A default as it may stand in a statement: MySQL 8 wants parentheses around all but literals and the current time.
/// See <https://dev.mysql.com/doc/refman/9.4/en/data-type-defaults.html>.
pub(super) fn current_time(dialect: &Mysql, expression: &str) -> String {
    now(dialect, &tokens(expression)).unwrap_or_else(|| expression.to_owned())
}

/// `now()`, `CURRENT_TIMESTAMP(6)`, `localtime` and their like.
fn now(dialect: &Mysql, found: &[Token<'_>]) -> Option<String> {
    let (first, rest) = found.split_first()?;
    let known = ["CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP"].iter().any(|word| first.is_word(word));
    let digits = match rest {
        [] if !first.is_word("NOW") => None,
        [open, close] if open.is_symbol("(") && close.is_symbol(")") => None,
        [open, digits, close] if open.is_symbol("(") && close.is_symbol(")") && digits.kind == Kind::Number => {
            Some(digits.text).filter(|digits| *digits != "0")
        }
        _ => return None,
    };
    known.then(|| match (dialect.is_mariadb(), digits) {
        (true, digits) => format!("current_timestamp({})", digits.unwrap_or_default()),
        (false, None) => "CURRENT_TIMESTAMP".to_owned(),
        (false, Some(digits)) => format!("CURRENT_TIMESTAMP({digits})"),
    })
}

/// `_latin1'x'`, `b'01'`, `x'ff'`, `0xff`.
fn is_introduced(found: &[Token<'_>]) -> bool {
    matches!(found, [word, text] if word.kind == Kind::Word && text.kind == Kind::Text)
        || matches!(found, [number] if number.kind == Kind::Number)
}

/// The value of a plain literal: text, a decimal number with its sign, true or false.
fn literal_value(found: &[Token<'_>]) -> Option<String> {
    let plain = |token: &Token<'_>| {
        token.kind == Kind::Number && token.text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    match found {
        [text] if text.kind == Kind::Text => Some(unquoted(text.text)),
        [number] if plain(number) => Some(number.text.to_owned()),
        [sign, number] if sign.is_symbol("-") && plain(number) => Some(format!("-{}", number.text)),
        [sign, number] if sign.is_symbol("+") && plain(number) => Some(number.text.to_owned()),
        [word] if word.is_word("TRUE") => Some("1".to_owned()),
        [word] if word.is_word("FALSE") => Some("0".to_owned()),
        _ => None,
    }
}

fn literal(dialect: &Mysql, native: &str, value: &str, text: &str) -> String {
    let name = types::name(native);
    let decimal = name == "decimal";
    let numeric = decimal
        || matches!(
            name.as_str(),
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "float" | "double" | "year"
        );
    if name == "bit" {
        return text.to_owned();
    }
    let needs_expression = types::is_blob(native) || matches!(name.as_str(), "json" | "geometry" | "point");
    if !dialect.is_mariadb() && needs_expression {
        return format!("({})", dialect.literal(value));
    }
    let is_number = value.strip_prefix('-').unwrap_or(value).bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value = if decimal && is_number { padded(native, value) } else { value.to_owned() };
    if numeric && is_number && dialect.is_mariadb() { value } else { dialect.literal(&value) }
}

/// A decimal with as many digits after the point as its type has.
fn padded(native: &str, value: &str) -> String {
    let scale = native.split_once(',').and_then(|(_, rest)| rest.split_once(')')?.0.parse::<usize>().ok()).unwrap_or(0);
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > scale {
        // The server rounds; it says how.
        return value.to_owned();
    }
    if scale == 0 { whole.to_owned() } else { format!("{whole}.{fraction:0<scale$}") }
}
