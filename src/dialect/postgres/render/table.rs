//! Whole tables.

use rungs_schema::{AutoIncrement, Column, IndexPart, Table};
use sea_query::PostgresQueryBuilder;

use super::column::Place;
use super::identity;
use super::{column_option, comment, constraint, options};
use crate::dialect::postgres::{Postgres, collation_sql, qualified, quote};
use crate::dialect::simple::drop_table;
use crate::dialect::{Part, Statement};
use crate::error::PlanError;

/// What CREATE, DROP and COMMENT call it.
pub(super) fn word(table: &Table) -> &'static str {
    if table.options.contains_key("server") { "FOREIGN TABLE" } else { "TABLE" }
}

pub(super) fn create(dialect: &Postgres, table: &Table) -> Result<Vec<Statement>, PlanError> {
    let parts = constraint::of_table(table);
    let mut lines = Vec::new();
    for column in table.columns.iter().filter(|column| !column.options.contains_key("inherited")) {
        lines.push(column_sql(dialect, table, column)?);
    }
    let from_parents = table.columns.iter().filter(|column| column.options.contains_key("inherited"));
    lines.extend(from_parents.filter_map(|column| column_option::not_null_line(dialect, &table.name, column)));
    let (mut inside, mut after): (Vec<Part<'_>>, Vec<Part<'_>>) = (Vec::new(), Vec::new());
    for part in parts {
        let fits = fits_inside(part) && !inside.iter().any(|other| is_same_key(*other, part));
        if fits { &mut inside } else { &mut after }.push(part);
    }
    lines.extend(inside.iter().map(|part| constraint::clause(*part)));
    let what = match &table.partition_of {
        Some((parent, _)) => format!("partition {} of {parent}", table.name),
        None => format!("table {}", table.name),
    };
    let mut out = vec![Statement::new(create_sql(table, &lines), format!("creates {what}"))];
    for part in &after {
        out.extend(constraint::create(&table.name, *part));
    }
    let place = Place { dialect, table };
    out.extend(table.columns.iter().flat_map(|column| column_option::create(&place, column)));
    out.extend(options::after_creation(dialect, table)?);
    out.extend(comments(table));
    Ok(out)
}

fn create_sql(table: &Table, lines: &[String]) -> String {
    let unlogged = if table.options.contains_key("unlogged") { "UNLOGGED " } else { "" };
    let mut sql = format!("CREATE {unlogged}{} {}", word(table), qualified(&table.name));
    let body = format!("(\n    {}\n)", lines.join(",\n    "));
    match &table.partition_of {
        Some((parent, bound)) => {
            sql.push_str(&format!(" PARTITION OF {}", qualified(parent)));
            if !lines.is_empty() {
                sql.push_str(&format!(" {body}"));
            }
            sql.push_str(&format!(" {bound}"));
        }
        None if lines.is_empty() => sql.push_str(" ()"),
        None => sql.push_str(&format!(" {body}")),
    }
    if !table.inherits.is_empty() {
        let parents: Vec<String> = table.inherits.iter().map(qualified).collect();
        sql.push_str(&format!(" INHERITS ({})", parents.join(", ")));
    }
    if let Some(key) = &table.partition_by {
        sql.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(server) = table.options.get("server") {
        sql.push_str(&format!(" SERVER {}", quote(server)));
        sql.extend(options::server_options(&table.options).map(|list| format!(" {list}")));
    }
    if let Some(method) = table.options.get("access_method") {
        sql.push_str(&format!(" USING {}", quote(method)));
    }
    sql.extend(options::storage(&table.options).map(|list| format!(" WITH ({list})")));
    if let Some(place) = table.options.get("tablespace") {
        sql.push_str(&format!(" TABLESPACE {}", quote(place)));
    }
    sql
}

/// An index is a statement of its own; and what CREATE TABLE adds is valid at once, whatever it says.
fn fits_inside(part: Part<'_>) -> bool {
    match part {
        Part::Index(_) => false,
        Part::Check(check) => !check.not_valid,
        Part::ForeignKey(key) => !key.not_valid,
        Part::PrimaryKey(_) | Part::Unique(_) | Part::Exclusion(_) => true,
    }
}

/// Of two keys over the same columns, CREATE TABLE makes one.
/// <https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/parser/parse_utilcmd.c>, `transformIndexConstraints`
fn is_same_key(one: Part<'_>, other: Part<'_>) -> bool {
    fn key(part: Part<'_>) -> Option<(&[IndexPart], &[String])> {
        match part {
            Part::PrimaryKey(key) => Some((&key.parts, &key.include)),
            Part::Unique(key) => Some((&key.parts, &key.include)),
            _ => None,
        }
    }
    match (one, other) {
        (Part::Exclusion(one), Part::Exclusion(other)) => one.definition == other.definition,
        _ => key(one).is_some() && key(one) == key(other),
    }
}

fn comments(table: &Table) -> Vec<Statement> {
    let name = qualified(&table.name);
    let mut out = Vec::new();
    if table.comment.is_some() {
        let object = format!("{} {name}", word(table));
        out.push(comment::on(&object, &format!("table {}", table.name), table.comment.as_deref()));
    }
    for column in table.columns.iter().filter(|column| column.comment.is_some()) {
        let label = format!("column {}.{}", table.name, column.name);
        out.push(comment::on(&format!("COLUMN {name}.{}", quote(&column.name)), &label, column.comment.as_deref()));
    }
    out.extend(constraint::of_table(table).into_iter().flat_map(|part| constraint::comment_on(&table.name, part)));
    out
}

pub(super) fn drop(table: &Table) -> Statement {
    if word(table) == "FOREIGN TABLE" {
        // Its rows are elsewhere.
        let sql = format!("DROP FOREIGN TABLE {}", qualified(&table.name));
        return Statement::new(sql, format!("drops foreign table {}", table.name));
    }
    Statement::new(drop_table(&table.name, PostgresQueryBuilder), format!("drops table {}", table.name))
        .losing(format!("table {} and its rows", table.name))
}

/// A column as CREATE TABLE and ADD COLUMN have it.
pub(super) fn column_sql(dialect: &Postgres, table: &Table, column: &Column) -> Result<String, PlanError> {
    let ty = type_sql(table, column)?;
    let mut sql = format!("{} ", quote(&column.name));
    match &column.auto_increment {
        Some(AutoIncrement::Serial) => sql.push_str(serial_word(dialect, table, column, ty)?),
        _ => sql.push_str(ty),
    }
    sql.extend(options::server_options(&column.options).map(|list| format!(" {list}")));
    if let Some(collation) = &column.collation {
        sql.push_str(&format!(" COLLATE {}", collation_sql(collation)));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        sql.push_str(&format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression));
    }
    match &column.auto_increment {
        Some(AutoIncrement::Identity(options)) => sql.push_str(&format!(" {}", identity::sql(options))),
        Some(AutoIncrement::Native) => sql.push_str(" GENERATED BY DEFAULT AS IDENTITY"),
        Some(AutoIncrement::Serial) | None => {}
    }
    if let Some(default) = &column.default {
        sql.push_str(&format!(" DEFAULT {}", default_sql(default)));
    }
    sql.push_str(&column_option::not_null_sql(&table.name, column));
    Ok(sql)
}

/// The type in the server's words.
pub(super) fn type_sql<'a>(table: &Table, column: &'a Column) -> Result<&'a str, PlanError> {
    column.ty.native().filter(|ty| !ty.is_empty()).ok_or_else(|| PlanError::Invalid {
        reason: format!("column {}.{} has no type in PostgreSQL's words", table.name, column.name),
        help: Some("put the schema through the dialect's `canonical` first".to_owned()),
    })
}

fn serial_word(dialect: &Postgres, table: &Table, column: &Column, ty: &str) -> Result<&'static str, PlanError> {
    match ty {
        "smallint" => Ok("smallserial"),
        "integer" => Ok("serial"),
        "bigint" => Ok("bigserial"),
        other => Err(dialect.unsupported(
            format!("make column {}.{} serial: its type is {other}", table.name, column.name),
            "serial needs smallint, integer or bigint",
        )),
    }
}

/// A default for CREATE TABLE and ADD COLUMN, whose grammar takes these words only in parentheses.
pub(super) fn default_sql(expression: &str) -> String {
    const WORDS: [&str; 15] = [
        "NOT", "AND", "OR", "IS", "IN", "LIKE", "ILIKE", "BETWEEN", "SIMILAR", "AT", "COLLATE", "ISNULL", "NOTNULL",
        "OVERLAPS", "OPERATOR",
    ];
    let upper = expression.to_ascii_uppercase();
    let needs = upper.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| WORDS.contains(&word));
    if needs { format!("({expression})") } else { expression.to_owned() }
}
