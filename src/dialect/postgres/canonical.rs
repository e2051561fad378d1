//! What models declare, in PostgreSQL's words.

use std::collections::BTreeSet;

use rungs_schema::{
    AutoIncrement, Column, ColumnType, ForeignKey, Identity, Index, IndexPart, ObjectName, Schema, Sequence, Table,
};

use super::names::{SequenceRange, made_name};
use super::types::{native, normalised, parse, serial};
use super::{Postgres, column_option};
use crate::error::PlanError;
use rungs_schema::DialectName;

/// The help for whatever only other engines have.
const ELSEWHERE: &str = "leave it out, or give it only for the engines that have it";

/// The option that a model says of row-level security.
const ROW_SECURITY: &str = "row_security";

/// Table options of other engines.
const FOREIGN_OPTIONS: [&str; 6] = ["engine", "charset", "collation", "row_format", "strict", "without_rowid"];

pub(super) fn canonical(dialect: &Postgres, declared: &Schema) -> Result<Schema, PlanError> {
    let mut schema = declared.clone();
    let enums: BTreeSet<String> =
        declared.enums.iter().filter_map(|ty| native(&ColumnType::Enum(ty.name.clone()))).collect();
    for table in &mut schema.tables {
        canonical_table(dialect, table, &enums)?;
    }
    for sequence in &mut schema.sequences {
        canonical_sequence(sequence, "bigint");
    }
    schema.sort();
    Ok(schema)
}

fn canonical_table(dialect: &Postgres, table: &mut Table, enums: &BTreeSet<String>) -> Result<(), PlanError> {
    let name = table.name.clone();
    if let Some(option) = table.options.keys().find(|option| FOREIGN_OPTIONS.contains(&option.as_str())) {
        return Err(dialect.unsupported(format!("give table {name} the option `{option}`"), ELSEWHERE));
    }
    table.verbatim = None;
    blank(&mut table.comment);
    for column in &mut table.columns {
        canonical_column(dialect, &name, column, enums)?;
    }
    canonical_keys(dialect, table)?;
    name_column_checks(table);
    for check in &mut table.checks {
        blank(&mut check.comment);
        if check.not_enforced && !dialect.at_least(18) {
            let what = format!("keep the check of table {name} NOT ENFORCED");
            return Err(dialect.unsupported(what, "it came with PostgreSQL 18"));
        }
    }
    for key in &mut table.foreign_keys {
        canonical_foreign_key(dialect, &name, key)?;
    }
    for index in &mut table.indexes {
        canonical_index(dialect, &name, index)?;
    }
    table.exclusions.iter_mut().for_each(|exclusion| blank(&mut exclusion.comment));
    canonical_settings(table);
    Ok(())
}

/// A model says `enable`, `force` or `off` of row-level security; the server keeps two switches.
fn canonical_settings(table: &mut Table) {
    if let Some(word) = table.options.shift_remove(ROW_SECURITY).filter(|word| word != "off") {
        table.options.insert(ROW_SECURITY.to_owned(), String::new());
        if word == "force" {
            table.options.insert("force_row_security".to_owned(), String::new());
        }
    }
    for (word, value) in table.columns.iter_mut().flat_map(|column| &mut column.options) {
        match word.as_str() {
            column_option::STORAGE => value.make_ascii_uppercase(),
            column_option::COMPRESSION => value.make_ascii_lowercase(),
            _ => {}
        }
    }
}

/// PostgreSQL does not tell a column's check from the table's; the column only goes into the name that the server
/// makes up for it, with a number when that is taken.
fn name_column_checks(table: &mut Table) {
    for at in 0..table.checks.len() {
        let Some(column) = table.checks[at].column.take() else { continue };
        if table.checks[at].name.is_some() {
            continue;
        }
        let mut name = made_name(&table.name.name, &column, "check");
        let mut number = 0;
        while table.checks.iter().any(|check| check.name.as_ref() == Some(&name)) {
            number += 1;
            name = made_name(&table.name.name, &column, &format!("check{number}"));
        }
        table.checks[at].name = Some(name);
    }
}

fn canonical_keys(dialect: &Postgres, table: &mut Table) -> Result<(), PlanError> {
    let on_conflict = table
        .primary_key
        .iter()
        .map(|key| key.on_conflict.is_some())
        .chain(table.uniques.iter().map(|unique| unique.on_conflict.is_some()))
        .any(|given| given);
    if on_conflict {
        return Err(dialect.unsupported(format!("give a key of table {} ON CONFLICT", table.name), ELSEWHERE));
    }
    if table.uniques.iter().any(|unique| unique.nulls_not_distinct) && !dialect.at_least(15) {
        let what = format!("keep a unique constraint of table {} NULLS NOT DISTINCT", table.name);
        return Err(dialect.unsupported(what, "it came with PostgreSQL 15"));
    }
    let keys: Vec<&mut Vec<IndexPart>> = table
        .primary_key
        .iter_mut()
        .map(|key| &mut key.parts)
        .chain(table.uniques.iter_mut().map(|unique| &mut unique.parts))
        .collect();
    for part in keys.into_iter().flatten() {
        if part.length.is_some() {
            return Err(prefix_length(dialect, &table.name, part));
        }
        if !part.is_plain() {
            let what = format!("give a key of table {} an order, collation or expression", table.name);
            return Err(dialect.unsupported(what, "declare a unique index instead"));
        }
    }
    let members: BTreeSet<String> = table.primary_key_columns().into_iter().map(str::to_owned).collect();
    for column in table.columns.iter_mut().filter(|column| members.contains(&column.name)) {
        column.nullable = false;
    }
    Ok(())
}

fn prefix_length(dialect: &Postgres, table: &ObjectName, part: &IndexPart) -> PlanError {
    let column = part.column_name().unwrap_or_default();
    dialect.unsupported(
        format!("index only the start of {table}.{column}"),
        "index left(column, n), or leave the length out",
    )
}

fn canonical_column(
    dialect: &Postgres,
    table: &ObjectName,
    column: &mut Column,
    enums: &BTreeSet<String>,
) -> Result<(), PlanError> {
    let place = format!("{table}.{}", column.name);
    let refuse = |what: &str| Err(dialect.unsupported(format!("{what} on column {place}"), ELSEWHERE));
    if column.on_update.is_some() {
        return refuse("keep ON UPDATE");
    }
    if column.charset.is_some() {
        return refuse("keep a character set");
    }
    if column.invisible {
        return refuse("keep INVISIBLE");
    }
    if column.not_null_conflict.is_some() {
        return refuse("keep NOT NULL ON CONFLICT");
    }
    if column.generated.as_ref().is_some_and(|generated| !generated.stored) && !dialect.at_least(18) {
        let what = format!("compute column {place} when it is read");
        return Err(dialect.unsupported(what, "make it stored; virtual columns came with PostgreSQL 18"));
    }
    canonical_type(dialect, &place, column)?;
    if let Some(AutoIncrement::Native) = column.auto_increment {
        column.auto_increment = Some(AutoIncrement::Identity(Identity::default()));
    }
    let ty = column.ty.native().unwrap_or_default().to_owned();
    if let Some(AutoIncrement::Identity(identity)) = &mut column.auto_increment {
        canonical_sequence(&mut identity.sequence, &ty);
        identity.sequence.name = ObjectName::default();
    }
    if column.auto_increment.is_some() {
        column.nullable = false;
        column.default = None;
    }
    column.default = column.default.take().and_then(|default| canonical_default(&default, &ty, enums));
    if column.collation.as_deref() == Some("default") {
        column.collation = None;
    }
    blank(&mut column.comment);
    Ok(())
}

fn canonical_type(dialect: &Postgres, place: &str, column: &mut Column) -> Result<(), PlanError> {
    let words = match &column.ty {
        ColumnType::PerDialect { by, default } => by.get(&DialectName::Postgres).or(default.as_ref()).cloned(),
        ColumnType::Native(text) => Some(text.clone()),
        other => native(other),
    };
    let Some(words) = words else {
        return Err(dialect.unsupported(
            format!("store column {place}: it has no type for this engine"),
            "name one: #[model(type(postgres = \"...\"))]",
        ));
    };
    if let Some(base) = serial(&words) {
        column.ty = ColumnType::Native(base.to_owned());
        column.auto_increment = Some(AutoIncrement::Serial);
    } else {
        column.ty = ColumnType::Native(normalised(&words));
    }
    Ok(())
}

fn canonical_foreign_key(dialect: &Postgres, table: &ObjectName, key: &mut ForeignKey) -> Result<(), PlanError> {
    blank(&mut key.comment);
    key.match_type = key.match_type.take().map(|word| word.to_ascii_uppercase()).filter(|word| word != "SIMPLE");
    let refuse = |what: &str, since: u32| {
        let what = format!("keep {what} on a foreign key of table {table}");
        Err(dialect.unsupported(what, format!("it came with PostgreSQL {since}")))
    };
    if !key.on_delete_columns.is_empty() && !dialect.at_least(15) {
        return refuse("ON DELETE SET NULL (columns)", 15);
    }
    if key.not_enforced && !dialect.at_least(18) {
        return refuse("NOT ENFORCED", 18);
    }
    if key.match_type.as_deref() == Some("PARTIAL") {
        let what = format!("keep MATCH PARTIAL on a foreign key of table {table}");
        return Err(dialect.unsupported(what, "no version has it: use MATCH FULL or leave it out"));
    }
    Ok(())
}

fn canonical_index(dialect: &Postgres, table: &ObjectName, index: &mut Index) -> Result<(), PlanError> {
    blank(&mut index.comment);
    index.method = index.method.take().map(|method| method.to_ascii_lowercase()).filter(|method| method != "btree");
    if let Some(method @ ("fulltext" | "spatial")) = index.method.as_deref() {
        let help = "use method gin or gist, with an expression or operator class that fits";
        return Err(dialect.unsupported(format!("build a {method} index on table {table}"), help));
    }
    if index.nulls_not_distinct && !dialect.at_least(15) {
        let what = format!("keep an index of table {table} NULLS NOT DISTINCT");
        return Err(dialect.unsupported(what, "it came with PostgreSQL 15"));
    }
    for part in &mut index.parts {
        if part.length.is_some() {
            return Err(prefix_length(dialect, table, part));
        }
        if part.nulls_first == Some(part.descending) {
            part.nulls_first = None;
        }
    }
    Ok(())
}

/// Leaves out what the sequence has by itself.
fn canonical_sequence(sequence: &mut Sequence, default_type: &str) {
    sequence.ty = sequence.ty.take().map(|ty| normalised(&ty)).filter(|ty| ty != default_type);
    let increment = sequence.increment.unwrap_or(1);
    let range = SequenceRange::of(sequence.ty.as_deref().unwrap_or(default_type), increment);
    sequence.increment = sequence.increment.filter(|value| *value != 1);
    sequence.cache = sequence.cache.filter(|value| *value != 1);
    let bounds = SequenceRange { min: sequence.min.unwrap_or(range.min), max: sequence.max.unwrap_or(range.max) };
    sequence.start = sequence.start.filter(|value| *value != bounds.start(increment));
    sequence.min = sequence.min.filter(|value| *value != range.min);
    sequence.max = sequence.max.filter(|value| *value != range.max);
    blank(&mut sequence.comment);
}

/// The server keeps no empty comment.
fn blank(comment: &mut Option<String>) {
    if comment.as_deref() == Some("") {
        *comment = None;
    }
}

/// A default as the server prints it, where that is certain; otherwise as it is written. A default of NULL is none.
fn canonical_default(written: &str, ty: &str, enums: &BTreeSet<String>) -> Option<String> {
    let text = written.trim();
    let name = parse(ty);
    let numeric =
        matches!(name.base.as_str(), "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision");
    let upper = text.to_ascii_uppercase();
    Some(match upper.as_str() {
        "NULL" if name.arguments.is_none() => return None,
        "TRUE" | "FALSE" if name.base == "boolean" && !name.array => text.to_ascii_lowercase(),
        "CURRENT_TIMESTAMP" | "CURRENT_DATE" | "CURRENT_TIME" | "LOCALTIMESTAMP" | "LOCALTIME" => upper,
        _ if is_string(text) && enums.contains(ty) => format!("{text}::{ty}"),
        _ if is_string(text) => match literal_type(&name) {
            Some(cast) => format!("{text}::{cast}"),
            None => text.to_owned(),
        },
        _ if numeric && !name.array => negative(text).unwrap_or_else(|| text.to_owned()),
        _ => text.to_owned(),
    })
}

/// Whether it is one string literal and nothing more.
fn is_string(text: &str) -> bool {
    text.strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .is_some_and(|inner| !inner.contains('\\') && !inner.replace("''", "").contains('\''))
}

/// The type that a string literal is printed with, for types that keep its text as it is.
fn literal_type(name: &super::types::TypeName) -> Option<String> {
    let plain = match name.base.as_str() {
        "character" => "bpchar",
        "text" | "character varying" | "citext" => name.base.as_str(),
        _ => return None,
    };
    (!name.array).then(|| plain.to_owned())
}

/// A negative number is printed as a literal of the type that its digits have by themselves.
fn negative(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-')?;
    let whole = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty();
    let value: i64 = if whole { text.parse().ok()? } else { return None };
    let ty = if i32::try_from(value).is_ok() { "integer" } else { "bigint" };
    Some(format!("'{value}'::{ty}"))
}
