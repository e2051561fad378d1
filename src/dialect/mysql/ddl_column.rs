//! A column in what `SHOW CREATE TABLE` prints.

use rungs_schema::{AutoIncrement, Check, Column, ColumnType, Generated};

use super::ddl::Surroundings;
use super::token::{Cursor, Kind, Token, without_parentheses};
use crate::error::DbError;

/// The words after which a default is over.
const AFTER_DEFAULT: [&str; 14] = [
    "ON",
    "AUTO_INCREMENT",
    "COMMENT",
    "INVISIBLE",
    "VISIBLE",
    "CHECK",
    "COLUMN_FORMAT",
    "STORAGE",
    "GENERATED",
    "WITHOUT",
    "SRID",
    "ENGINE_ATTRIBUTE",
    "SECONDARY_ENGINE_ATTRIBUTE",
    "REF_SYSTEM_ID",
];

/// With what MariaDB marks the columns that say from when to when a version of a row held.
pub(super) const ROW_BOUND: &str = "generated always as row";

/// A column, with the checks that stand on it.
pub(super) fn column(cursor: &mut Cursor<'_>, around: &Surroundings) -> Result<(Column, Vec<Check>), DbError> {
    let mut column = Column { name: cursor.identifier()?, nullable: true, ..Column::default() };
    let mut ty = data_type(cursor)?;
    let mut checks = Vec::new();
    while !(cursor.is_symbol(",") || cursor.is_symbol(")")) {
        if let Some(extra) = attribute(cursor, around, &mut column, &mut checks)? {
            ty.push(' ');
            ty.push_str(&extra);
        }
    }
    column.ty = ColumnType::Native(ty);
    Ok((column, checks))
}

/// The type alone: `bigint(20) unsigned`, `enum('a','b')`, `text compressed`.
fn data_type(cursor: &mut Cursor<'_>) -> Result<String, DbError> {
    let first = cursor.peek().filter(|token| token.kind == Kind::Word).ok_or_else(|| cursor.unexpected("a type"))?;
    cursor.next();
    let mut ty = first.text.to_ascii_lowercase();
    if cursor.is_symbol("(") {
        ty = format!("{ty}({})", cursor.group()?);
    }
    for word in ["precision", "unsigned", "zerofill", "compressed"] {
        if cursor.take_word(word) {
            ty.push(' ');
            ty.push_str(word);
        }
    }
    Ok(ty)
}

/// One attribute. Those that the nouns have no field for are returned, to stand after the type.
fn attribute(
    cursor: &mut Cursor<'_>,
    around: &Surroundings,
    column: &mut Column,
    checks: &mut Vec<Check>,
) -> Result<Option<String>, DbError> {
    if cursor.take_words(&["NOT", "NULL"]) {
        column.nullable = false;
    } else if cursor.take_word("NULL") {
        column.nullable = true;
    } else if cursor.take_words(&["CHARACTER", "SET"]) {
        column.charset = Some(cursor.identifier()?);
    } else if cursor.take_word("COLLATE") {
        column.collation = Some(cursor.identifier()?);
    } else if cursor.take_word("DEFAULT") {
        let text = cursor.until(ends_default);
        column.default = (!text.eq_ignore_ascii_case("NULL")).then(|| around.local(text));
    } else if cursor.take_words(&["ON", "UPDATE"]) {
        column.on_update = Some(cursor.until(ends_default).to_owned());
    } else if cursor.take_word("AUTO_INCREMENT") {
        column.auto_increment = Some(AutoIncrement::Native);
    } else if cursor.take_word("COMMENT") {
        column.comment = Some(cursor.literal()?).filter(|text| !text.is_empty());
    } else if cursor.take_word("INVISIBLE") {
        column.invisible = true;
    } else if cursor.take_word("CHECK") {
        let expression = without_parentheses(&around.local(cursor.group()?)).to_owned();
        checks.push(Check { expression, column: Some(column.name.clone()), ..Check::default() });
    } else if cursor.take_words(&["GENERATED", "ALWAYS", "AS"]) {
        if cursor.take_word("ROW") {
            let end = if cursor.take_word("START") { "start" } else { "end" };
            cursor.take_word("END");
            return Ok(Some(format!("{ROW_BOUND} {end}")));
        }
        let expression = without_parentheses(&around.local(cursor.group()?)).to_owned();
        let stored = cursor.take_word("STORED") || cursor.take_word("PERSISTENT");
        cursor.take_word("VIRTUAL");
        column.generated = Some(Generated { expression, stored });
    } else {
        return extra(cursor).map(Some);
    }
    Ok(None)
}

fn ends_default(token: &Token<'_>) -> bool {
    token.is_symbol(",") || AFTER_DEFAULT.iter().any(|word| token.is_word(word))
}

fn extra(cursor: &mut Cursor<'_>) -> Result<String, DbError> {
    if cursor.take_words(&["WITHOUT", "SYSTEM", "VERSIONING"]) {
        return Ok("without system versioning".to_owned());
    }
    if cursor.take_words(&["NOT", "SECONDARY"]) {
        return Ok("not secondary".to_owned());
    }
    for word in ["srid", "column_format", "storage", "engine_attribute", "secondary_engine_attribute", "ref_system_id"]
    {
        if cursor.take_word(word) {
            let equals = if cursor.take_symbol("=") { "=" } else { " " };
            let value = cursor.next().map(|token| token.text).unwrap_or_default();
            return Ok(format!("{word}{equals}{value}"));
        }
    }
    // An attribute of the storage engine: `name`=value.
    if let Some(name) = cursor.peek().filter(|token| token.kind == Kind::Quoted) {
        cursor.next();
        cursor.expect_symbol("=")?;
        let value = cursor.next().map(|token| token.text).unwrap_or_default();
        return Ok(format!("{}={value}", name.text));
    }
    Err(cursor.unexpected("an attribute of a column"))
}

/// Cuts a native type into the type itself and what has to stand after the other attributes.
pub(super) fn split_extras(native: &str) -> (&str, &str) {
    const STARTS: [&str; 10] = [
        "srid",
        "column_format",
        "storage",
        "engine_attribute",
        "secondary_engine_attribute",
        "ref_system_id",
        "without",
        "not",
        "generated",
        "with",
    ];
    let found = super::token::tokens(native);
    let first =
        found.iter().skip(1).find(|token| token.kind == Kind::Quoted || STARTS.iter().any(|word| token.is_word(word)));
    match first {
        Some(token) => (native[..token.start].trim_end(), &native[token.start..]),
        None => (native, ""),
    }
}
