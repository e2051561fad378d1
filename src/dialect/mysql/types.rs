//! Names of types: a model's into the server's, the many spellings of one type into the one that is printed, and back.

use rungs_schema::{ColumnType, DialectName, EnumType, ObjectName};

use super::Mysql;
use super::ddl_column::split_extras;
use super::token::{Kind, tokens, unquoted};
use crate::dialect::Dialect as _;
use crate::error::PlanError;

/// The native type for what a model says. `place` names table and column.
///
/// Where there is a choice: a `String` without length is `text` and bytes are `blob`; a UUID is `binary(16)`, which
/// is what drivers send; times carry whole seconds (`datetime`, `time`, `timestamp`), and who keeps microseconds
/// says so with `type(mysql = "datetime(6)")`.
pub(super) fn native(dialect: &Mysql, ty: &ColumnType, place: &str, enums: &[EnumType]) -> Result<String, PlanError> {
    let lacks = |what: &str, help: &str| {
        Err(dialect.unsupported(format!("keep {what} in {place}: it has no such type"), Some(help)))
    };
    let text = match ty {
        ColumnType::Boolean => "tinyint(1)".to_owned(),
        ColumnType::Integer { bits, unsigned } => {
            let word = match bits {
                0..=8 => "tinyint",
                9..=16 => "smallint",
                17..=32 => "int",
                _ => "bigint",
            };
            format!("{word}{}", if *unsigned { " unsigned" } else { "" })
        }
        ColumnType::Real => "float".to_owned(),
        ColumnType::Double => "double".to_owned(),
        ColumnType::Decimal { precision, scale } => {
            format!("decimal({},{})", precision.unwrap_or(10), scale.unwrap_or(0))
        }
        ColumnType::Text => "text".to_owned(),
        ColumnType::Varchar(length) => format!("varchar({length})"),
        ColumnType::Char(length) => format!("char({length})"),
        ColumnType::Binary(None) => "blob".to_owned(),
        ColumnType::Binary(Some(length)) => format!("varbinary({length})"),
        ColumnType::Date => "date".to_owned(),
        ColumnType::Time => "time".to_owned(),
        ColumnType::DateTime => "datetime".to_owned(),
        ColumnType::Timestamp => "timestamp".to_owned(),
        ColumnType::Uuid => "binary(16)".to_owned(),
        ColumnType::Json => "json".to_owned(),
        ColumnType::Enum(name) => enumeration(dialect, name, place, enums)?,
        ColumnType::Interval => return lacks("an interval", "keep a number of seconds in a `bigint`"),
        ColumnType::Inet => return lacks("an IP address", "give a type, such as `varchar(45)` or `varbinary(16)`"),
        ColumnType::MacAddr => return lacks("a MAC address", "give a type, such as `char(17)` or `binary(6)`"),
        ColumnType::Array(_) => return lacks("an array", "keep it as JSON, or in a table of its own"),
        ColumnType::PerDialect { by, default } => per_dialect(dialect, by, default.as_ref(), place)?,
        ColumnType::Native(text) => text.clone(),
    };
    Ok(spelled(dialect, &text))
}

/// MySQL and MariaDB share a dialect: a type named for one of them holds for the other too, where that has none.
fn per_dialect(
    dialect: &Mysql,
    by: &std::collections::BTreeMap<DialectName, String>,
    default: Option<&String>,
    place: &str,
) -> Result<String, PlanError> {
    let own = dialect.version().name;
    let other = if own == DialectName::Mariadb { DialectName::Mysql } else { DialectName::Mariadb };
    by.get(&own).or_else(|| by.get(&other)).or(default).cloned().ok_or_else(|| PlanError::Invalid {
        reason: format!("{place} has no type for {own}"),
        help: Some(format!("add `{} = \"...\"` or `default = \"...\"` to its `type(...)`", own.word())),
    })
}

fn enumeration(dialect: &Mysql, name: &ObjectName, place: &str, enums: &[EnumType]) -> Result<String, PlanError> {
    let found = enums.iter().find(|one| one.name == *name).ok_or_else(|| PlanError::Invalid {
        reason: format!("{place} has the enumeration {name}, which no model declares"),
        help: Some("derive DbEnum for it, and put its file among the models".to_owned()),
    })?;
    let values: Vec<_> = found.values.iter().map(|value| dialect.literal(value)).collect();
    Ok(format!("enum({})", values.join(",")))
}

/// The one spelling that the server prints.
/// See <https://dev.mysql.com/doc/refman/9.4/en/other-vendor-data-types.html>.
pub(super) fn spelled(dialect: &Mysql, text: &str) -> String {
    let (base, extras) = split_extras(text.trim());
    let found = tokens(base);
    let mut words = Vec::new();
    let mut arguments = None;
    let mut at = 0;
    while let Some(token) = found.get(at) {
        if token.is_symbol("(") && arguments.is_none() {
            let end = found.iter().rposition(|token| token.is_symbol(")")).unwrap_or(found.len());
            arguments = Some(
                found[at + 1..end.max(at + 1)]
                    .iter()
                    .map(|token| match token.kind {
                        Kind::Text => dialect.literal(&unquoted(token.text)),
                        _ => token.text.to_owned(),
                    })
                    .collect::<String>(),
            );
            at = end;
        } else {
            words.push(token.text.to_ascii_lowercase());
        }
        at += 1;
    }
    let text = assembled(dialect, &words, arguments.as_deref());
    if extras.is_empty() { text } else { format!("{text} {extras}") }
}

fn assembled(dialect: &Mysql, words: &[String], arguments: Option<&str>) -> String {
    let mut names: Vec<&str> = Vec::new();
    let (mut unsigned, mut zerofill, mut compressed) = (false, false, false);
    for word in words {
        match word.as_str() {
            "unsigned" => unsigned = true,
            "zerofill" => (unsigned, zerofill) = (true, true),
            "compressed" => compressed = true,
            "signed" => {}
            other => names.push(other),
        }
    }
    let written = names.join(" ");
    let mut name = canonical_name(&written).to_owned();
    let mut arguments = arguments.map(ToOwned::to_owned);
    if matches!(written.as_str(), "bool" | "boolean") {
        arguments = Some("1".to_owned());
    }
    default_arguments(dialect, &mut name, &mut arguments, unsigned, zerofill);
    let mut text = match arguments {
        Some(arguments) => format!("{name}({arguments})"),
        None => name,
    };
    for (flag, word) in [(unsigned, " unsigned"), (zerofill, " zerofill"), (compressed, " compressed")] {
        if flag {
            text.push_str(word);
        }
    }
    text
}

fn canonical_name(name: &str) -> &str {
    match name {
        "integer" | "int4" => "int",
        "int1" | "bool" | "boolean" => "tinyint",
        "int2" => "smallint",
        "int3" | "middleint" => "mediumint",
        "int8" => "bigint",
        "dec" | "numeric" | "fixed" => "decimal",
        "double precision" | "real" | "float8" => "double",
        "float4" => "float",
        "character" => "char",
        "character varying" | "char varying" | "varcharacter" => "varchar",
        "char byte" => "binary",
        "long" | "long varchar" => "mediumtext",
        "long varbinary" => "mediumblob",
        other => other,
    }
}

fn default_arguments(
    dialect: &Mysql,
    name: &mut String,
    arguments: &mut Option<String>,
    unsigned: bool,
    zerofill: bool,
) {
    let number = arguments.as_ref().and_then(|arguments| arguments.parse::<u32>().ok());
    match name.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => {
            let kept =
                dialect.abilities.integer_widths || zerofill || (name == "tinyint" && number == Some(1) && !unsigned);
            let width = default_width(name, unsigned);
            if !kept {
                *arguments = None;
            } else if arguments.is_none() && (dialect.abilities.integer_widths || zerofill) {
                *arguments = Some(width.to_owned());
            }
        }
        "bit" | "char" | "binary" if arguments.is_none() => *arguments = Some("1".to_owned()),
        "decimal" => match (arguments.as_deref(), number) {
            (None, _) => *arguments = Some("10,0".to_owned()),
            (Some(_), Some(precision)) => *arguments = Some(format!("{precision},0")),
            _ => {}
        },
        "float" if number.is_some() => {
            if number > Some(24) {
                "double".clone_into(name);
            }
            *arguments = None;
        }
        "year" => *arguments = dialect.abilities.integer_widths.then(|| "4".to_owned()),
        "datetime" | "timestamp" | "time" if number == Some(0) => *arguments = None,
        "blob" => {
            if let Some(size) = number {
                let fitting = match size {
                    0..=255 => "tinyblob",
                    256..=65_535 => "blob",
                    65_536..=16_777_215 => "mediumblob",
                    _ => "longblob",
                };
                fitting.clone_into(name);
                *arguments = None;
            }
        }
        _ => {}
    }
}

fn default_width(name: &str, unsigned: bool) -> &'static str {
    match (name, unsigned) {
        ("tinyint", false) => "4",
        ("tinyint", true) => "3",
        ("smallint", false) => "6",
        ("smallint", true) => "5",
        ("mediumint", false) => "9",
        ("mediumint", true) => "8",
        ("int", false) => "11",
        ("int", true) => "10",
        _ => "20",
    }
}

/// The name of a native type alone, in lower case: `varchar` of `varchar(120)`.
pub(super) fn name(native: &str) -> String {
    let end = native.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(native.len());
    native[..end].to_ascii_lowercase()
}

/// The argument of a native type, where it is a single number.
pub(super) fn length(native: &str) -> Option<u32> {
    let inner = native.split_once('(')?.1.split_once(')')?.0;
    inner.parse().ok()
}

/// Whether a type holds characters, and so has a character set.
pub(super) fn is_character(native: &str) -> bool {
    matches!(
        name(native).as_str(),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
    )
}

/// Whether a type is kept outside of the row, so that a key on it needs a length.
pub(super) fn is_blob(native: &str) -> bool {
    let name = name(native);
    name.ends_with("text") || name.ends_with("blob")
}

/// What a native type means beyond this engine.
pub(super) fn logical(dialect: &Mysql, text: &str) -> ColumnType {
    let number = length(text);
    let mut candidates = vec![
        ColumnType::Boolean,
        ColumnType::Real,
        ColumnType::Double,
        ColumnType::Text,
        ColumnType::Binary(None),
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::DateTime,
        ColumnType::Timestamp,
        ColumnType::Uuid,
        ColumnType::Json,
    ];
    for bits in [8, 16, 32, 64] {
        candidates.extend([false, true].map(|unsigned| ColumnType::Integer { bits, unsigned }));
    }
    if let Some(number) = number {
        candidates.extend([ColumnType::Varchar(number), ColumnType::Char(number), ColumnType::Binary(Some(number))]);
    }
    let arguments = text.split_once('(').and_then(|(_, rest)| rest.split_once(')')?.0.split_once(','));
    if let Some((Ok(precision), Ok(scale))) = arguments.map(|(precision, scale)| (precision.parse(), scale.parse())) {
        candidates.push(ColumnType::Decimal { precision: Some(precision), scale: Some(scale) });
    }
    candidates
        .into_iter()
        .find(|candidate| native(dialect, candidate, "", &[]).is_ok_and(|native| native == text))
        .unwrap_or_else(|| ColumnType::Native(text.to_owned()))
}
