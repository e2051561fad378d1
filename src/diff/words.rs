//! Expressions as a server prints them, word by word, for names that change in them.

/// The words of an expression: identifiers and literals with their quotes, and every other character by itself. All of
/// them together are the expression.
pub(super) fn words(expression: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' | '`' => quoted_length(rest, first),
            c if c.is_alphabetic() || c == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (word, tail) = rest.split_at(length);
        found.push(word);
        rest = tail;
    }
    found
}

/// The length of the quoted word that a text starts with; a doubled quote stands for itself.
pub(crate) fn quoted_length(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(at) = text[end..].find(quote) {
        end += at + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

/// An identifier without its quotes.
pub(super) fn bare(word: &str) -> String {
    match word.chars().next() {
        Some(quote @ ('"' | '`')) if word.len() > 1 => {
            word[1..word.len() - 1].replace(&format!("{quote}{quote}"), &quote.to_string())
        }
        _ => word.to_owned(),
    }
}

/// An expression in which an identifier, bare or quoted, has another name. Text literals stay as they are.
pub(super) fn with_identifier(expression: &str, old: &str, new: &str) -> String {
    let mut out = String::with_capacity(expression.len());
    for word in words(expression) {
        match word.chars().next() {
            Some(quote @ ('"' | '`')) if word.len() > 1 && bare(word) == old => {
                let doubled = new.replace(quote, &format!("{quote}{quote}"));
                out.push_str(&format!("{quote}{doubled}{quote}"));
            }
            _ if word == old => out.push_str(new),
            _ => out.push_str(word),
        }
    }
    out
}

/// Whether an expression holds a text, as a literal of its own.
pub(super) fn holds_literal(expression: &str, text: &str) -> bool {
    let literal = format!("'{}'", text.replace('\'', "''"));
    words(expression).contains(&literal.as_str())
}

/// The texts that stand in an expression as literals, in order.
pub(crate) fn literals(expression: &str) -> Vec<String> {
    let inside = |word: &str| Some(word.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"));
    words(expression).into_iter().filter_map(inside).collect()
}

/// Whether an expression names a column.
pub(crate) fn names_column(expression: &str, column: &str) -> bool {
    words(expression).into_iter().any(|word| bare(word).eq_ignore_ascii_case(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_renamed_and_a_literal_is_not() {
        assert_eq!(
            with_identifier("age > 0 AND \"age\" < 'age' || ages", "age", "years"),
            "years > 0 AND \"years\" < 'age' || ages"
        );
        assert_eq!(with_identifier("`a``b` = 'it''s a'", "a", "b"), "`a``b` = 'it''s a'");
    }

    #[test]
    fn literals_are_found_whole() {
        assert_eq!(literals("enum('a','it''s','')"), ["a", "it's", ""]);
        assert!(holds_literal("x IN ('it''s', 'b')", "it's"));
        assert!(!holds_literal("x IN ('bb')", "b"));
        assert!(names_column("\"Mood\" IN ('sad')", "mood"));
    }
}
