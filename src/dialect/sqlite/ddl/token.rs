//! The tokens of SQLite's SQL, as <https://www.sqlite.org/src/file/src/tokenize.c> cuts them.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A bare word: a keyword or an identifier.
    Word,
    /// An identifier in `"x"`, `` `x` `` or `[x]`.
    Quoted,
    /// A text literal; SQLite takes it for an identifier where only an identifier can stand.
    Text,
    /// A number.
    Number,
    /// A blob literal, `x'00'`.
    Blob,
    /// An operator or a mark.
    Mark,
}

/// A piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub start: usize,
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this bare word, in any letter case.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// Whether it is this operator or mark.
    pub fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether it may name something.
    pub fn is_identifier(&self) -> bool {
        match self.kind {
            Kind::Word => !is_reserved(self.text),
            Kind::Quoted => true,
            _ => false,
        }
    }

    /// The identifier that it stands for, without its quotes.
    pub fn identifier(&self) -> String {
        let Some(open) = self.text.chars().next() else { return String::new() };
        if !matches!(self.kind, Kind::Quoted | Kind::Text) {
            return self.text.to_owned();
        }
        let close = if open == '[' { ']' } else { open };
        let inner = &self.text[open.len_utf8()..];
        let inner = inner.strip_suffix(close).unwrap_or(inner);
        if open == '[' {
            return inner.to_owned();
        }
        inner.replace(&format!("{open}{open}"), &open.to_string())
    }
}

/// The operators of more than one character, the longest first.
const OPERATORS: [&str; 10] = ["->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>"];

/// Cuts a text into tokens; white space and comments are no tokens. A quote that is never closed runs to the end.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (kind, length) = match first {
            c if c.is_ascii_whitespace() => (None, 1),
            '-' if rest.starts_with("--") => (None, rest.find('\n').map_or(rest.len(), |end| end + 1)),
            '/' if rest.starts_with("/*") => (None, rest[2..].find("*/").map_or(rest.len(), |end| end + 4)),
            '\'' => (Some(Kind::Text), quoted(rest, '\'')),
            '"' | '`' => (Some(Kind::Quoted), quoted(rest, first)),
            '[' => (Some(Kind::Quoted), rest.find(']').map_or(rest.len(), |end| end + 1)),
            'x' | 'X' if rest[1..].starts_with('\'') => (Some(Kind::Blob), 1 + quoted(&rest[1..], '\'')),
            c if c.is_ascii_digit() => (Some(Kind::Number), number(rest)),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (Some(Kind::Number), number(rest)),
            c if is_word_character(c) => (Some(Kind::Word), rest.find(|c| !is_word_character(c)).unwrap_or(rest.len())),
            _ => {
                let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
                (Some(Kind::Mark), operator.map_or(first.len_utf8(), |operator| operator.len()))
            }
        };
        if let Some(kind) = kind {
            found.push(Token { kind, text: &rest[..length], start: at });
        }
        at += length;
    }
    found
}

fn is_word_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// The length of a quoted piece, in which a doubled quote is a quote.
fn quoted(rest: &str, quote: char) -> usize {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote {
            if characters.peek().is_none_or(|(_, next)| *next != quote) {
                return at + quote.len_utf8();
            }
            characters.next();
        }
    }
    rest.len()
}

fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut at = 0;
    while at < bytes.len() {
        let exponent_sign = matches!(bytes[at], b'+' | b'-') && !hexadecimal && matches!(bytes[at - 1], b'e' | b'E');
        if !(bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'.' | b'_') || exponent_sign) {
            break;
        }
        at += 1;
    }
    at
}

/// Whether a bare word can never be an identifier, so that a name spelled so has to be quoted.
///
/// It is the list of <https://www.sqlite.org/lang_keywords.html> without the words that SQLite's grammar falls back
/// to identifiers for.
pub(crate) fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 66] = [
        "ADD",
        "ALL",
        "ALTER",
        "AND",
        "AS",
        "AUTOINCREMENT",
        "BETWEEN",
        "CASE",
        "CHECK",
        "COLLATE",
        "COMMIT",
        "CONSTRAINT",
        "CREATE",
        "CURRENT_DATE",
        "CURRENT_TIME",
        "CURRENT_TIMESTAMP",
        "DEFAULT",
        "DEFERRABLE",
        "DELETE",
        "DISTINCT",
        "DROP",
        "ELSE",
        "ESCAPE",
        "EXISTS",
        "FILTER",
        "FOREIGN",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INDEX",
        "INSERT",
        "INTERSECT",
        "INTO",
        "IS",
        "ISNULL",
        "JOIN",
        "LIMIT",
        "NOT",
        "NOTHING",
        "NOTNULL",
        "NULL",
        "ON",
        "OR",
        "ORDER",
        "OVER",
        "PRIMARY",
        "REFERENCES",
        "RETURNING",
        "SELECT",
        "SET",
        "TABLE",
        "THEN",
        "TO",
        "TRANSACTION",
        "UNION",
        "UNIQUE",
        "UPDATE",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WINDOW",
        "EXCEPT",
        "LIKE",
        "GLOB",
    ];
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Whether a name can stand bare in an expression and mean the identifier.
pub(crate) fn is_simple(name: &str) -> bool {
    // Words with a meaning in expressions, which the grammar would still take for identifiers in some places.
    const SPECIAL: [&str; 12] =
        ["TRUE", "FALSE", "REGEXP", "MATCH", "CAST", "RAISE", "END", "ROWID", "OID", "_ROWID_", "GENERATED", "REPLACE"];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_reserved(name)
        && !SPECIAL.iter().any(|special| special.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_quote_names_the_same_thing() {
        for text in ["\"a\"\"b\"", "`a\"b`", "[a\"b]", "'a\"b'"] {
            let found = tokens(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].identifier(), "a\"b", "{text}");
        }
    }

    #[test]
    fn comments_are_no_tokens_but_literals_keep_theirs() {
        let found: Vec<_> = tokens("a -- b\n/* c */ '-- d' x'00' 1.5e-3 <= [/*]").iter().map(|t| t.text).collect();
        assert_eq!(found, ["a", "'-- d'", "x'00'", "1.5e-3", "<=", "[/*]"]);
    }
}
