//! One spelling for expressions, so that white space, redundant parentheses and quotes make no difference.

use super::token::{Kind, Token, is_reserved, is_simple, tokens};

/// What the identifiers of an expression can mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    /// The table, whose name in front of a column says nothing.
    pub table: &'a str,
    /// Its columns.
    pub columns: &'a [String],
}

/// Words that are printed in upper case, since they are no identifiers wherever they stand in an expression; those of
/// the reserved words are not repeated.
const OPERATORS: [&str; 6] = ["END", "REGEXP", "MATCH", "CAST", "TRUE", "FALSE"];

/// An expression in its one spelling: single blanks, reserved words in upper case, no comments, no parentheses around
/// the whole, no table name before its own columns, columns quoted only where they must be.
pub(crate) fn normalise(expression: &str, names: Names<'_>) -> String {
    print(&tokens(expression), names)
}

/// As [`normalise`], for tokens.
pub(crate) fn print(found: &[Token<'_>], names: Names<'_>) -> String {
    let found = without_qualifier(found, names.table);
    let found = strip_parentheses(&found);
    let mut printed = String::new();
    let mut unary = false;
    for (index, token) in found.iter().enumerate() {
        let previous = index.checked_sub(1).map(|index| found[index]);
        if previous.is_some_and(|previous| !unary && has_space(&previous, token) || touches(&previous, token)) {
            printed.push(' ');
        }
        unary = is_sign(token) && previous.is_none_or(|previous| starts_operand(&previous));
        printed.push_str(&spell(found, index, names));
    }
    printed
}

/// A name, quoted only where it has to be.
pub(crate) fn name(identifier: &str) -> String {
    if is_simple(identifier) { identifier.to_owned() } else { quote(identifier) }
}

/// A name in double quotes.
pub(crate) fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

fn spell(found: &[Token<'_>], index: usize, names: Names<'_>) -> String {
    let token = &found[index];
    let next = found.get(index + 1);
    let previous = index.checked_sub(1).map(|index| &found[index]);
    let is_function = next.is_some_and(|next| next.is_mark("("));
    let is_collation = previous.is_some_and(|previous| previous.is_word("COLLATE"));
    let is_part = previous.is_some_and(|previous| previous.is_mark(".")) || next.is_some_and(|next| next.is_mark("."));
    if is_collation {
        return collation(&token.identifier());
    }
    if token.is_identifier() && !is_function && !is_part {
        let identifier = token.identifier();
        if let Some(column) = names.columns.iter().find(|column| column.eq_ignore_ascii_case(&identifier)) {
            return name(column);
        }
    }
    match token.kind {
        Kind::Word if !is_part && (is_reserved(token.text) || is_operator(token)) => token.text.to_ascii_uppercase(),
        _ => token.text.to_owned(),
    }
}

/// A collation in its one spelling: those that SQLite brings are in upper case.
pub(crate) fn collation(found: &str) -> String {
    const OWN: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];
    match OWN.iter().find(|own| own.eq_ignore_ascii_case(found)) {
        Some(own) => (*own).to_owned(),
        None => name(found),
    }
}

fn is_operator(token: &Token<'_>) -> bool {
    OPERATORS.iter().any(|operator| token.is_word(operator))
}

fn is_sign(token: &Token<'_>) -> bool {
    ["-", "+", "~"].iter().any(|sign| token.is_mark(sign))
}

/// Whether an operand, and no operator, follows this token.
fn starts_operand(previous: &Token<'_>) -> bool {
    match previous.kind {
        Kind::Mark => previous.text != ")",
        Kind::Word => {
            let ends_operand = ["NULL", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "END", "TRUE", "FALSE"];
            (is_reserved(previous.text) || is_operator(previous))
                && !ends_operand.iter().any(|word| previous.is_word(word))
        }
        _ => false,
    }
}

fn has_space(previous: &Token<'_>, next: &Token<'_>) -> bool {
    let calls = matches!(previous.kind, Kind::Word | Kind::Quoted)
        && (previous.kind == Kind::Quoted
            || !is_reserved(previous.text) && !is_operator(previous)
            || previous.is_word("CAST"));
    !(previous.is_mark("(")
        || previous.is_mark(".")
        || next.is_mark(")")
        || next.is_mark(",")
        || next.is_mark(".")
        || next.is_mark("(") && calls)
}

/// Two minus signs in a row would begin a comment.
fn touches(previous: &Token<'_>, next: &Token<'_>) -> bool {
    previous.is_mark("-") && next.text.starts_with('-')
}

/// Without the table's own name in front of its columns.
fn without_qualifier<'a>(found: &[Token<'a>], table: &str) -> Vec<Token<'a>> {
    let mut kept = Vec::with_capacity(found.len());
    let mut index = 0;
    while index < found.len() {
        if qualifies(found, index, table) {
            index += 2;
        } else {
            kept.push(found[index]);
            index += 1;
        }
    }
    kept
}

/// Whether `table.` stands here.
pub(crate) fn qualifies(found: &[Token<'_>], index: usize, table: &str) -> bool {
    let (token, next) = (&found[index], found.get(index + 1));
    token.is_identifier()
        && next.is_some_and(|next| next.is_mark("."))
        && token.identifier().eq_ignore_ascii_case(table)
        && index.checked_sub(1).is_none_or(|previous| !found[previous].is_mark("."))
}

/// Without parentheses around the whole, unless they make a list or a subquery.
pub(crate) fn strip_parentheses<'a, 'b>(mut found: &'b [Token<'a>]) -> &'b [Token<'a>] {
    while let [first, inner @ .., last] = found {
        let list = top_level(inner).any(|token| token.is_mark(","));
        let query = inner.first().is_some_and(|token| token.is_word("SELECT") || token.is_word("VALUES"));
        if !first.is_mark("(") || !last.is_mark(")") || !is_balanced(inner) || list || query || inner.is_empty() {
            break;
        }
        found = inner;
    }
    found
}

/// The tokens that stand in no parentheses.
pub(crate) fn top_level<'a, 'b>(found: &'b [Token<'a>]) -> impl Iterator<Item = &'b Token<'a>> {
    let mut depth = 0_usize;
    found.iter().filter(move |token| {
        if token.is_mark(")") {
            depth = depth.saturating_sub(1);
        }
        let outside = depth == 0;
        if token.is_mark("(") {
            depth += 1;
        }
        outside
    })
}

/// Whether every parenthesis that closes was opened here.
fn is_balanced(found: &[Token<'_>]) -> bool {
    let mut depth = 0_usize;
    for token in found {
        if token.is_mark("(") {
            depth += 1;
        } else if token.is_mark(")") {
            let Some(less) = depth.checked_sub(1) else { return false };
            depth = less;
        }
    }
    depth == 0
}

/// The expression of a default in its one spelling; `None` for NULL, which is what a column without one has too.
///
/// A bare or quoted name is a text here, as SQLite has it.
pub(crate) fn default(found: &[Token<'_>], in_parentheses: bool) -> Option<String> {
    let nowhere = Names { table: "", columns: &[] };
    if let ([token], false) = (found, in_parentheses) {
        let truth = token.is_word("TRUE") || token.is_word("FALSE");
        if token.is_identifier() && !truth {
            return Some(format!("'{}'", token.identifier().replace('\'', "''")));
        }
    }
    Some(print(found, nowhere)).filter(|printed| printed != "NULL")
}

/// Whether a default can stand without parentheses: a literal, or a number with its sign.
pub(crate) fn is_literal(expression: &str) -> bool {
    match tokens(expression).as_slice() {
        [token] => match token.kind {
            Kind::Text | Kind::Number | Kind::Blob => true,
            Kind::Word => LITERALS.iter().any(|literal| token.is_word(literal)),
            _ => false,
        },
        [sign, number] => (sign.is_mark("-") || sign.is_mark("+")) && number.kind == Kind::Number,
        _ => false,
    }
}

const LITERALS: [&str; 6] = ["NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];

/// Whether the identifier stands anywhere in a text, in any letter case.
pub(crate) fn mentions(sql: &str, identifier: &str) -> bool {
    tokens(sql).iter().any(|token| token.is_identifier() && token.identifier().eq_ignore_ascii_case(identifier))
}

/// The columns that a trigger's text names as `new.x` and `old.x`.
pub(crate) fn columns_of_rows(sql: &str) -> Vec<String> {
    let found = tokens(sql);
    let named = found.windows(3).filter(|three| {
        (three[0].is_word("new") || three[0].is_word("old")) && three[1].is_mark(".") && three[2].is_identifier()
    });
    named.map(|three| three[2].identifier()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(expression: &str) -> String {
        let columns = ["a".to_owned(), "Last Name".to_owned(), "order".to_owned()];
        normalise(expression, Names { table: "t", columns: &columns })
    }

    #[test]
    fn one_spelling_for_what_means_the_same() {
        for (from, to) in [
            ("((a>0))", "a > 0"),
            ("(a>0)and(a<9)", "(a > 0) AND (a < 9)"),
            ("\"A\" is  not null -- why", "a IS NOT NULL"),
            ("t.a + t.[Last Name]", "a + \"Last Name\""),
            ("a in(1,-2, - 3)", "a IN (1, -2, -3)"),
            ("length ( a )- - 1", "length(a) - -1"),
            ("- - a", "- -a"),
            ("'it''s  --'||[order]", "'it''s  --' || \"order\""),
            ("cast(a as integer)", "CAST(a AS integer)"),
            ("a COLLATE nocase = 'x'", "a COLLATE NOCASE = 'x'"),
            ("(a, 1)", "(a, 1)"),
            ("strftime('%s')", "strftime('%s')"),
            ("case when a then 1 end - 1", "CASE WHEN a THEN 1 END - 1"),
        ] {
            assert_eq!(spelled(from), to, "{from}");
            assert_eq!(spelled(to), to, "{from} a second time");
        }
    }

    #[test]
    fn a_default_that_is_a_name_is_a_text() {
        let of = |sql: &str| default(&tokens(sql), false);
        assert_eq!(of("foo").as_deref(), Some("'foo'"));
        assert_eq!(of("\"Bar\"").as_deref(), Some("'Bar'"));
        assert_eq!(of("true").as_deref(), Some("TRUE"));
        assert_eq!(of("- 5").as_deref(), Some("-5"));
        assert_eq!(of("NULL"), None);
    }
}
