//! Tokens of what the server prints, and of what people write in its language.

use crate::error::DbError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a bare identifier.
    Word,
    /// An identifier between backticks.
    Quoted,
    /// A literal between single or double quotes.
    Text,
    /// Digits, with a point and exponent where there is one.
    Number,
    /// Any other character, alone.
    Symbol,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// The identifier that it spells, when it can be one.
    pub(super) fn identifier(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted => Some(self.text[1..self.text.len() - 1].replace("``", "`")),
            Kind::Text | Kind::Number | Kind::Symbol => None,
        }
    }
}

/// Cuts SQL into tokens. Comments are left out; what stands in a version comment (`/*!80023 INVISIBLE */`,
/// `/*M!100301 COMPRESSED*/`) counts, because the server that prints it also runs it.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        if let Some(length) = skipped(rest, first) {
            at += length;
            continue;
        }
        let (kind, length) = measure(rest, first);
        found.push(Token { kind, text: &rest[..length], start: at });
        at += length;
    }
    found
}

/// How much white space or comment stands here.
fn skipped(rest: &str, first: char) -> Option<usize> {
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    if rest.starts_with("/*!") || rest.starts_with("/*M!") {
        let mark = rest.find('!').map_or(0, |at| at + 1);
        return Some(mark + rest[mark..].bytes().take_while(u8::is_ascii_digit).count());
    }
    if rest.starts_with("*/") {
        return Some(2);
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    let dashes = rest.starts_with("--") && rest[2..].chars().next().is_none_or(char::is_whitespace);
    (dashes || first == '#').then(|| rest.find('\n').unwrap_or(rest.len()))
}

fn measure(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '`' => (Kind::Quoted, quoted_length(rest, '`', false)),
        '\'' | '"' => (Kind::Text, quoted_length(rest, first, true)),
        '0'..='9' => (Kind::Number, number_length(rest)),
        _ if is_word_char(first) => {
            let length = rest.find(|c: char| !is_word_char(c)).unwrap_or(rest.len());
            (Kind::Word, length)
        }
        _ => (Kind::Symbol, first.len_utf8()),
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let exponent_sign = matches!(byte, b'+' | b'-') && at > 0 && matches!(bytes[at - 1], b'e' | b'E');
        if !(byte.is_ascii_alphanumeric() || *byte == b'.' || exponent_sign) {
            break;
        }
        at += 1;
    }
    at
}

fn quoted_length(rest: &str, quote: char, backslashes: bool) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\\' && backslashes {
            characters.next();
        } else if c == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return at + quote.len_utf8(),
            }
        }
    }
    rest.len()
}

/// What a literal between quotes means.
pub(super) fn unquoted(literal: &str) -> String {
    let Some(quote) = literal.chars().next() else { return String::new() };
    let inner = literal.strip_prefix(quote).unwrap_or(literal);
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        if c == quote {
            characters.next();
        } else if c == '\\' {
            match characters.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('b') => text.push('\u{8}'),
                Some('0') => text.push('\0'),
                Some('Z') => text.push('\u{1a}'),
                Some(other @ ('%' | '_')) => text.extend(['\\', other]),
                Some(other) => text.push(other),
                None => text.push('\\'),
            }
            continue;
        }
        text.push(c);
    }
    text
}

/// The text without the pairs of parentheses that enclose all of it.
pub(super) fn without_parentheses(text: &str) -> &str {
    let text = text.trim();
    let found = tokens(text);
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return text };
    if !(first.is_symbol("(") && last.is_symbol(")")) {
        return text;
    }
    let mut depth = 0_usize;
    for (index, token) in found.iter().enumerate() {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 && index + 1 < found.len() {
                return text;
            }
        }
    }
    without_parentheses(&text[1..text.len() - 1])
}

/// The text without the name of a database before the names of what is in it, so that two databases compare equal.
pub(super) fn without_database(text: &str, database: &str) -> String {
    let found = tokens(text);
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for (index, token) in found.iter().enumerate() {
        let qualifies = token.kind == Kind::Quoted
            && token.identifier().as_deref() == Some(database)
            && found.get(index + 1).is_some_and(|dot| dot.is_symbol("."))
            && found.get(index + 2).is_some_and(|name| name.kind == Kind::Quoted)
            && !(index > 0 && found[index - 1].is_symbol("."));
        if qualifies {
            result.push_str(&text[copied..token.start]);
            copied = found[index + 2].start;
        }
    }
    result.push_str(&text[copied..]);
    result
}

/// The text with `-1` for `-(1)`: MySQL prints the one for a table that was created, and the other once the table was
/// altered.
pub(super) fn with_plain_signs(text: &str) -> String {
    let found = tokens(text);
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for window in found.windows(4) {
        let [sign, open, number, close] = window else { continue };
        if sign.is_symbol("-") && open.is_symbol("(") && number.kind == Kind::Number && close.is_symbol(")") {
            result.push_str(&text[copied..open.start]);
            result.push_str(number.text);
            copied = close.end();
        }
    }
    result.push_str(&text[copied..]);
    result
}

/// Reads tokens from left to right.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { source, tokens: tokens(source), at: 0 }
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is_word(word))
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    /// Takes these words when all of them stand here.
    pub(super) fn take_words(&mut self, words: &[&str]) -> bool {
        let here = words
            .iter()
            .enumerate()
            .all(|(offset, word)| self.tokens.get(self.at + offset).is_some_and(|token| token.is_word(word)));
        if here {
            self.at += words.len();
        }
        here
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.take_words(&[word])
    }

    pub(super) fn take_symbol(&mut self, symbol: &str) -> bool {
        let here = self.is_symbol(symbol);
        if here {
            self.at += 1;
        }
        here
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<(), DbError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    pub(super) fn identifier(&mut self) -> Result<String, DbError> {
        let name = self.peek().and_then(|token| token.identifier());
        let name = name.ok_or_else(|| self.unexpected("a name"))?;
        self.at += 1;
        Ok(name)
    }

    /// A literal between quotes, decoded.
    pub(super) fn literal(&mut self) -> Result<String, DbError> {
        match self.peek() {
            Some(token) if token.kind == Kind::Text => {
                self.at += 1;
                Ok(unquoted(token.text))
            }
            _ => Err(self.unexpected("a literal")),
        }
    }

    /// What stands between these parentheses, as it is written.
    pub(super) fn group(&mut self) -> Result<&'a str, DbError> {
        let open = self.peek().filter(|token| token.is_symbol("(")).ok_or_else(|| self.unexpected("`(`"))?;
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    return Ok(&self.source[open.end()..token.start]);
                }
            }
        }
        Err(self.unexpected("`)`"))
    }

    /// The text from here up to the token, outside of parentheses, at which the condition first holds.
    pub(super) fn until(&mut self, ends: impl Fn(&Token<'_>) -> bool) -> &'a str {
        let Some(first) = self.peek() else { return "" };
        let mut end = first.start;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && (ends(&token) || token.is_symbol(")")) {
                break;
            }
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            end = token.end();
            self.at += 1;
        }
        &self.source[first.start..end]
    }

    pub(super) fn unexpected(&self, wanted: &str) -> DbError {
        let place = self.peek().map_or("the end", |token| &self.source[token.start..]);
        let place: String = place.chars().take(60).collect();
        DbError::Answer { reason: format!("expected {wanted} at `{place}` in: {}", self.source) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_comments_count_and_plain_ones_do_not() {
        let words: Vec<_> = tokens("a /*!80023 INVISIBLE */ /* no */ b -- c").iter().map(|token| token.text).collect();
        assert_eq!(words, ["a", "INVISIBLE", "b"]);
    }

    #[test]
    fn literals_are_decoded() {
        assert_eq!(unquoted(r"'it''s \\ \n \% é'"), "it's \\ \n \\% é");
    }

    #[test]
    fn a_sign_needs_no_parentheses() {
        assert_eq!(with_plain_signs("(`a` >= -(1)) and '-(1)' <> `b` - (2)"), "(`a` >= -1) and '-(1)' <> `b` - 2");
        assert_eq!(with_plain_signs("-(`a`)"), "-(`a`)");
    }

    #[test]
    fn only_enclosing_parentheses_go() {
        assert_eq!(without_parentheses("((`a` > ')'))"), "`a` > ')'");
        assert_eq!(without_parentheses("(a) + (b)"), "(a) + (b)");
    }

    #[test]
    fn only_the_database_before_a_name_goes() {
        assert_eq!(
            without_database("nextval(`db`.`s`) and `t`.`db`.`x` and '`db`.`s`'", "db"),
            "nextval(`s`) and `t`.`db`.`x` and '`db`.`s`'"
        );
    }
}
