//! Type names as `format_type` prints them.
//! <https://www.postgresql.org/docs/current/datatype.html>

use rungs_schema::ColumnType;

use super::names::printed;

/// A type's name taken apart.
pub(super) struct TypeName {
    /// The name alone, in the server's spelling, without arguments: `timestamp with time zone`, `numeric`.
    pub(super) base: String,
    /// What stands in parentheses.
    pub(super) arguments: Option<String>,
    /// Whether it is an array.
    pub(super) array: bool,
}

/// What `serial` and its kin stand for.
pub(super) fn serial(native: &str) -> Option<&'static str> {
    match native.trim().to_ascii_lowercase().as_str() {
        "smallserial" | "serial2" => Some("smallint"),
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        _ => None,
    }
}

/// A native type's name in the spelling of `format_type`.
pub(super) fn normalised(native: &str) -> String {
    parse(native).print()
}

/// Takes a type's name apart and puts aliases into the server's own words.
pub(super) fn parse(native: &str) -> TypeName {
    let mut text = native.trim();
    let mut array = false;
    // `format_type` keeps neither the number of dimensions nor their bounds.
    while let Some(open) = text.strip_suffix(']').and_then(|rest| rest.rfind('[')) {
        text = text[..open].trim_end();
        array = true;
    }
    if let Some(rest) = strip_suffix_word(text, "array") {
        text = rest;
        array = true;
    }
    let (before, arguments, after) = split_arguments(text);
    let words = lower_outside_quotes(&format!("{before} {after}"));
    let arguments = arguments.map(|list| list.split(',').map(str::trim).collect::<Vec<_>>().join(","));
    let (base, arguments) = canonical_base(&words, arguments);
    TypeName { base, arguments, array }
}

impl TypeName {
    /// The whole name again. A precision stands in the middle of `timestamp(3) with time zone`.
    pub(super) fn print(&self) -> String {
        let array = if self.array { "[]" } else { "" };
        let Some(arguments) = &self.arguments else { return format!("{}{array}", self.base) };
        for zone in [" with time zone", " without time zone"] {
            if let Some(head) = self.base.strip_suffix(zone) {
                return format!("{head}({arguments}){zone}{array}");
            }
        }
        format!("{}({arguments}){array}", self.base)
    }
}

fn strip_suffix_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(word.len())?;
    let tail = text.get(at..)?;
    let head = &text[..at];
    (tail.eq_ignore_ascii_case(word) && head.ends_with(char::is_whitespace)).then(|| head.trim_end())
}

/// What stands before, in and after the first parentheses outside quotes.
fn split_arguments(text: &str) -> (&str, Option<&str>, &str) {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => {
                let Some(close) = text[at..].find(')') else { return (text, None, "") };
                return (&text[..at], Some(&text[at + 1..at + close]), &text[at + close + 1..]);
            }
            _ => {}
        }
    }
    (text, None, "")
}

/// Lower case and single spaces, except in quotes.
fn lower_outside_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.trim().chars() {
        if c == '"' {
            quoted = !quoted;
        }
        match c {
            c if quoted => out.push(c),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

fn canonical_base(words: &str, arguments: Option<String>) -> (String, Option<String>) {
    let own = words.strip_prefix("pg_catalog.").unwrap_or(words);
    let one = || Some("1".to_owned());
    let (base, arguments) = match own {
        "int2" => ("smallint", arguments),
        "int" | "int4" => ("integer", arguments),
        "int8" => ("bigint", arguments),
        "float4" => ("real", arguments),
        "float8" => ("double precision", arguments),
        "float" => match arguments.as_deref().map(str::parse::<u32>) {
            Some(Ok(bits)) if bits <= 24 => ("real", None),
            _ => ("double precision", None),
        },
        "decimal" | "dec" | "numeric" => match arguments {
            Some(list) if !list.contains(',') => ("numeric", Some(format!("{list},0"))),
            arguments => ("numeric", arguments),
        },
        "bool" => ("boolean", arguments),
        "varchar" | "char varying" | "national character varying" | "national char varying" | "nchar varying" => {
            ("character varying", arguments)
        }
        "char" | "character" | "nchar" | "national character" | "national char" => {
            ("character", arguments.or_else(one))
        }
        "bpchar" if arguments.is_some() => ("character", arguments),
        "bit" => ("bit", arguments.or_else(one)),
        "varbit" => ("bit varying", arguments),
        "timestamptz" => ("timestamp with time zone", arguments),
        "timestamp" => ("timestamp without time zone", arguments),
        "timetz" => ("time with time zone", arguments),
        "time" => ("time without time zone", arguments),
        other => return (other.to_owned(), arguments),
    };
    (base.to_owned(), arguments)
}

/// A logical type in the server's words; `None` where it has none.
pub(super) fn native(ty: &ColumnType) -> Option<String> {
    Some(match ty {
        ColumnType::Boolean => "boolean".to_owned(),
        ColumnType::Integer { bits, unsigned } => match (bits, unsigned) {
            (8, _) | (16, false) => "smallint",
            (16, true) | (32, false) => "integer",
            (32, true) | (64, false) => "bigint",
            (64, true) => "numeric(20,0)",
            _ => return None,
        }
        .to_owned(),
        ColumnType::Real => "real".to_owned(),
        ColumnType::Double => "double precision".to_owned(),
        ColumnType::Decimal { precision: None, .. } => "numeric".to_owned(),
        ColumnType::Decimal { precision: Some(precision), scale } => {
            format!("numeric({precision},{})", scale.unwrap_or(0))
        }
        ColumnType::Text => "text".to_owned(),
        ColumnType::Varchar(length) => format!("character varying({length})"),
        ColumnType::Char(length) => format!("character({length})"),
        ColumnType::Binary(_) => "bytea".to_owned(),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time without time zone".to_owned(),
        ColumnType::DateTime => "timestamp without time zone".to_owned(),
        ColumnType::Timestamp => "timestamp with time zone".to_owned(),
        ColumnType::Interval => "interval".to_owned(),
        ColumnType::Uuid => "uuid".to_owned(),
        ColumnType::Json => "jsonb".to_owned(),
        ColumnType::Inet => "inet".to_owned(),
        ColumnType::MacAddr => "macaddr".to_owned(),
        ColumnType::Array(element) => format!("{}[]", native(element)?.trim_end_matches("[]")),
        ColumnType::Enum(name) => match &name.schema {
            Some(schema) => format!("{}.{}", printed(schema), printed(&name.name)),
            None => printed(&name.name),
        },
        ColumnType::Native(text) => normalised(text),
        ColumnType::PerDialect { .. } => return None,
    })
}

/// The logical type that [`native`] would bring back as exactly this text; otherwise the text itself.
pub(super) fn logical(text: &str) -> ColumnType {
    let found = guess(text);
    match native(&found) {
        Some(back) if back == text => found,
        _ => ColumnType::Native(text.to_owned()),
    }
}

fn guess(text: &str) -> ColumnType {
    let name = parse(text);
    let number = |at: usize| name.arguments.as_deref().and_then(|list| list.split(',').nth(at)?.parse::<u32>().ok());
    let integer = |bits| ColumnType::Integer { bits, unsigned: false };
    let base = match name.base.as_str() {
        "boolean" => ColumnType::Boolean,
        "smallint" => integer(16),
        "integer" => integer(32),
        "bigint" => integer(64),
        "real" => ColumnType::Real,
        "double precision" => ColumnType::Double,
        "numeric" => ColumnType::Decimal { precision: number(0), scale: number(1) },
        "text" => ColumnType::Text,
        "character varying" => number(0).map_or_else(|| ColumnType::Native(text.to_owned()), ColumnType::Varchar),
        "character" => number(0).map_or_else(|| ColumnType::Native(text.to_owned()), ColumnType::Char),
        "bytea" => ColumnType::Binary(None),
        "date" => ColumnType::Date,
        "time without time zone" => ColumnType::Time,
        "timestamp without time zone" => ColumnType::DateTime,
        "timestamp with time zone" => ColumnType::Timestamp,
        "interval" => ColumnType::Interval,
        "uuid" => ColumnType::Uuid,
        "jsonb" => ColumnType::Json,
        "inet" => ColumnType::Inet,
        "macaddr" => ColumnType::MacAddr,
        _ => return ColumnType::Native(text.to_owned()),
    };
    if name.array { ColumnType::Array(Box::new(base)) } else { base }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_become_what_the_server_prints() {
        for (written, printed) in [
            ("int8", "bigint"),
            ("VARCHAR(10)", "character varying(10)"),
            ("varchar", "character varying"),
            ("char", "character(1)"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp (3) without time zone", "timestamp(3) without time zone"),
            ("time", "time without time zone"),
            ("decimal(10)", "numeric(10,0)"),
            ("numeric( 10 , 2 )", "numeric(10,2)"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("int[][3]", "integer[]"),
            ("integer array", "integer[]"),
            ("bit", "bit(1)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("Citext", "citext"),
            ("\"My Type\"[]", "\"My Type\"[]"),
            ("geometry(Point, 4326)", "geometry(Point,4326)"),
        ] {
            assert_eq!(normalised(written), printed, "{written}");
        }
    }

    #[test]
    fn a_logical_type_brings_the_same_text_back() {
        assert_eq!(logical("bigint"), ColumnType::Integer { bits: 64, unsigned: false });
        assert_eq!(logical("character varying(120)"), ColumnType::Varchar(120));
        assert_eq!(logical("text[]"), ColumnType::Array(Box::new(ColumnType::Text)));
        assert_eq!(logical("numeric(20,0)"), ColumnType::Decimal { precision: Some(20), scale: Some(0) });
        for kept in ["timestamp(3) without time zone", "character varying", "mood", "interval day to second", "json"] {
            assert_eq!(logical(kept), ColumnType::Native(kept.to_owned()));
        }
    }
}
