//! Tokens, as far as splitting needs them.

use rungs_schema::DialectName;

use super::SplitError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// A string, a quoted name, or a `/*! */` of MySQL's with all that is in it.
    Quoted,
    /// A name, keyword or number.
    Word,
    Symbol(char),
    /// What a DELIMITER line has set.
    Delimiter,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// The line on which it begins.
    pub(super) line: usize,
}

pub(super) struct Lexer<'a> {
    dialect: DialectName,
    script: &'a str,
    at: usize,
    line: usize,
    /// In place of the semicolon.
    delimiter: Option<&'a str>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(dialect: DialectName, script: &'a str) -> Self {
        Self { dialect, script, at: 0, line: 1, delimiter: None }
    }

    pub(super) fn text(&self, token: &Token) -> &'a str {
        &self.script[token.start..token.end]
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        &self.script[start..end]
    }

    pub(super) fn rest_of_line(&self, token: &Token) -> &'a str {
        self.script[token.start..].lines().next().unwrap_or_default().trim_end()
    }

    pub(super) fn has_delimiter(&self) -> bool {
        self.delimiter.is_some()
    }

    /// Takes the rest of the line as the new delimiter. False when there is none: then it is no DELIMITER line.
    pub(super) fn take_delimiter(&mut self) -> bool {
        let line = self.script[self.at..].split('\n').next().unwrap_or_default();
        let Some(word) = line.split_whitespace().next() else { return false };
        self.delimiter = (word != ";").then_some(word);
        self.at += line.len();
        true
    }

    /// Whether `"x"` is a text and not a name.
    pub(super) fn has_texts_in_double_quotes(&self) -> bool {
        self.is_mysql()
    }

    fn is_mysql(&self) -> bool {
        matches!(self.dialect, DialectName::Mysql | DialectName::Mariadb)
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, SplitError> {
        let rest = &self.script[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (kind, length) = self.measure(rest, first)?;
        let token = Token { kind, start: self.at, end: self.at + length, line: self.line };
        self.line += rest[..length].bytes().filter(|byte| *byte == b'\n').count();
        self.at += length;
        Ok(Some(token))
    }

    /// What a token is, and how many bytes it has.
    fn measure(&self, rest: &str, first: char) -> Result<(Kind, usize), SplitError> {
        if let Some(delimiter) = self.delimiter.filter(|delimiter| rest.starts_with(delimiter)) {
            return Ok((Kind::Delimiter, delimiter.len()));
        }
        let postgres = self.dialect == DialectName::Postgres;
        if first.is_whitespace() {
            return Ok((Kind::Space, rest.len() - rest.trim_start().len()));
        }
        if self.begins_line_comment(rest) {
            return Ok((Kind::Comment, rest.find('\n').unwrap_or(rest.len())));
        }
        if rest.starts_with("/*") {
            return self.block(rest);
        }
        match first {
            '\'' => self.quoted(rest, '\'', self.is_mysql(), "string"),
            '"' if self.is_mysql() => self.quoted(rest, '"', true, "string"),
            '"' => self.quoted(rest, '"', false, "quoted name"),
            '`' if !postgres => self.quoted(rest, '`', false, "quoted name"),
            '[' if self.dialect == DialectName::Sqlite => match rest.find(']') {
                Some(end) => Ok((Kind::Quoted, end + 1)),
                None => Err(self.endless("quoted name")),
            },
            'e' | 'E' if postgres && rest[1..].starts_with('\'') => self.escaped(rest),
            '$' if postgres => self.dollar_quoted(rest),
            c if is_word(c) => Ok((Kind::Word, self.word(rest))),
            c => Ok((Kind::Symbol(c), c.len_utf8())),
        }
    }

    fn begins_line_comment(&self, rest: &str) -> bool {
        if !self.is_mysql() {
            return rest.starts_with("--");
        }
        // MySQL wants a blank after the dashes, so that `5--1` stays a sum.
        let after = rest.strip_prefix("--").map(|after| after.chars().next());
        rest.starts_with('#') || after.is_some_and(|next| next.is_none_or(|c| c.is_whitespace() || c.is_control()))
    }

    /// The length of a word; a delimiter such as `$$` or `//` ends it.
    fn word(&self, rest: &str) -> usize {
        let ends = |at: usize, c: char| {
            !is_word(c) || self.delimiter.is_some_and(|delimiter| rest[at..].starts_with(delimiter))
        };
        rest.char_indices().find(|(at, c)| ends(*at, *c)).map_or(rest.len(), |(at, _)| at)
    }

    fn quoted(&self, rest: &str, quote: char, backslash: bool, what: &str) -> Result<(Kind, usize), SplitError> {
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((index, c)) = chars.next() {
            if c == '\\' && backslash {
                chars.next();
            } else if c == quote {
                if chars.peek().is_some_and(|(_, next)| *next == quote) {
                    chars.next();
                } else {
                    return Ok((Kind::Quoted, index + c.len_utf8()));
                }
            }
        }
        Err(self.endless(what))
    }

    /// `E'..'`; what stands in quotes on the next line belongs to it, and escapes as it does.
    fn escaped(&self, rest: &str) -> Result<(Kind, usize), SplitError> {
        let mut end = 1;
        loop {
            end += self.quoted(&rest[end..], '\'', true, "string")?.1;
            let blank = rest[end..].len() - rest[end..].trim_start().len();
            let goes_on = rest[end..end + blank].contains('\n') && rest[end + blank..].starts_with('\'');
            if !goes_on {
                return Ok((Kind::Quoted, end));
            }
            end += blank;
        }
    }

    fn dollar_quoted(&self, rest: &str) -> Result<(Kind, usize), SplitError> {
        let tag_end = rest[1..].find('$').map(|at| at + 1);
        let is_tag = |tag: &str| {
            tag.chars().all(|c| c.is_alphanumeric() || c == '_' || !c.is_ascii())
                && !tag.starts_with(|c: char| c.is_ascii_digit())
        };
        let Some(end) = tag_end.filter(|end| is_tag(&rest[1..*end])) else { return Ok((Kind::Symbol('$'), 1)) };
        let tag = &rest[..=end];
        match rest[tag.len()..].find(tag) {
            Some(at) => Ok((Kind::Quoted, at + 2 * tag.len())),
            None => Err(self.endless(&format!("dollar quote {tag}"))),
        }
    }

    fn block(&self, rest: &str) -> Result<(Kind, usize), SplitError> {
        if self.is_mysql() && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
            return self.conditional(rest).map(|length| (Kind::Quoted, length));
        }
        let nested = self.dialect == DialectName::Postgres;
        let (mut depth, mut at) = (1, 2);
        while depth > 0 {
            let end = rest[at..].find("*/").map(|end| at + end);
            let open = if nested { rest[at..].find("/*").map(|open| at + open) } else { None };
            match (end, open) {
                (Some(end), Some(open)) if open < end => {
                    depth += 1;
                    at = open + 2;
                }
                (Some(end), _) => {
                    depth -= 1;
                    at = end + 2;
                }
                (None, _) => return Err(self.endless("comment")),
            }
        }
        Ok((Kind::Comment, at))
    }

    /// `/*!50003 ... */` is code: a `*/` in one of its strings does not end it, nor a quote in one of its comments.
    fn conditional(&self, rest: &str) -> Result<usize, SplitError> {
        let mut at = 3;
        while let Some(c) = rest[at..].chars().next() {
            if rest[at..].starts_with("*/") {
                return Ok(at + 2);
            }
            if self.begins_line_comment(&rest[at..]) {
                at += rest[at..].find('\n').unwrap_or(rest.len() - at);
                continue;
            }
            at += match c {
                '\'' | '"' => self.quoted(&rest[at..], c, true, "string")?.1,
                '`' => self.quoted(&rest[at..], c, false, "quoted name")?.1,
                c => c.len_utf8(),
            };
        }
        Err(self.endless("comment"))
    }

    fn endless(&self, what: &str) -> SplitError {
        SplitError { line: self.line, reason: format!("the {what} that begins here does not end") }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}
