//! Changes as statements.

use rungs_schema::{Definition, Table};
use sea_query::MysqlQueryBuilder;

use super::ddl::{PERIOD, SYSTEM_PERIOD};
use super::{Mysql, alter, definition, replace, sequence};
use crate::dialect::simple::drop_table;
use crate::dialect::{Dialect as _, Statement};
use crate::diff::change::{Change, Delta};
use crate::error::PlanError;

/// See [`Dialect::render`](crate::dialect::Dialect::render).
pub(super) fn render(dialect: &Mysql, change: &Change) -> Result<Vec<Statement>, PlanError> {
    match change {
        Change::CreateTable { next } => Ok(vec![create_table(dialect, next)]),
        Change::DropTable { previous } => Ok(vec![dropped(previous)]),
        Change::AlterTable(change) => alter::alter(dialect, change),
        Change::Sequence(delta) => sequence::render(dialect, delta),
        Change::Enum { delta, .. } => {
            let name = delta.next().or(delta.previous()).map(|ty| ty.name.to_string()).unwrap_or_default();
            Err(dialect.unsupported(format!("keep type {name}: an enumeration is part of its column here"), None))
        }
        Change::Rows(_)
        | Change::Domain { .. }
        | Change::Composite { .. }
        | Change::Anew { .. }
        | Change::Access { .. }
        | Change::DefaultPrivileges { .. } => Err(dialect.unsupported(format!("keep {}", change.subject()), None)),
        Change::Definition(delta) => Ok(define(dialect, delta)),
    }
}

fn create_table(dialect: &Mysql, table: &Table) -> Statement {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("{} {}", dialect.quote(&column.name), dialect.column_definition(table, column, false)))
        .collect();
    lines.extend(table.primary_key.iter().map(|key| dialect.primary_key(key)));
    lines.extend(table.indexes.iter().map(|index| dialect.index(index)));
    lines.extend(table.foreign_keys.iter().map(|key| dialect.foreign_key(key)));
    lines.extend(table.checks.iter().filter(|check| check.column.is_none()).map(|check| dialect.check(check)));
    let periods = [SYSTEM_PERIOD, PERIOD].into_iter().filter_map(|key| table.options.get(key));
    lines.extend(periods.map(|period| format!("PERIOD FOR {period}")));
    let mut tail = String::new();
    // The engine decides which other options there are, and a collation has to follow its character set.
    let first = ["engine", "charset", "collation"];
    let leading = first.iter().filter_map(|key| table.options.get_key_value(*key));
    let others = table.options.iter().filter(|(key, _)| !first.contains(&key.as_str()));
    for (key, value) in leading.chain(others) {
        if !matches!(key.as_str(), "partition" | PERIOD | SYSTEM_PERIOD) {
            tail.push_str(&format!(" {}", Mysql::table_option(key, value)));
        }
    }
    if let Some(comment) = &table.comment {
        tail.push_str(&format!(" COMMENT={}", dialect.literal(comment)));
    }
    if let Some(partition) = table.options.get("partition") {
        tail.push_str(&format!("\n{partition}"));
    }
    let sql = format!("CREATE TABLE {} (\n  {}\n){tail}", dialect.object(&table.name), lines.join(",\n  "));
    Statement::new(sql, format!("creates table {}", table.name))
}

fn dropped(table: &Table) -> Statement {
    Statement::new(drop_table(&table.name, MysqlQueryBuilder), format!("drops table {}", table.name))
        .losing(format!("table {} and its rows", table.name))
}

fn define(dialect: &Mysql, delta: &Delta<Definition>) -> Vec<Statement> {
    let create = |next: &Definition| Statement::new(next.sql.clone(), format!("creates {} {}", next.kind, next.name));
    let drop = |previous: &Definition| {
        let sql = definition::dropped(previous.kind, &dialect.object(&previous.name));
        Statement::new(sql, format!("drops {} {}", previous.kind, previous.name))
    };
    match delta {
        Delta::Create { next } => in_mode(dialect, next, create(next)),
        Delta::Drop { previous } => vec![drop(previous)],
        Delta::Alter { previous, next } => match replace::in_place(dialect, previous, next) {
            Some(statement) => in_mode(dialect, next, statement),
            None => std::iter::once(drop(previous)).chain(in_mode(dialect, next, create(next))).collect(),
        },
    }
}

/// The statement in the mode that its text is written for; the session has its own again afterwards.
fn in_mode(dialect: &Mysql, one: &Definition, statement: Statement) -> Vec<Statement> {
    let Some(mode) = one.settings.get(definition::MODE) else { return vec![statement] };
    let before = format!("SET @rungs_sql_mode = @@sql_mode, sql_mode = {}", dialect.literal(mode));
    vec![
        Statement::new(before, format!("reads {} {} as it is written", one.kind, one.name)),
        statement,
        Statement::new("SET sql_mode = @rungs_sql_mode", "ends it"),
    ]
}

/// `RENAME TABLE` takes tables and sequences alike.
pub(super) fn rename(
    dialect: &Mysql,
    previous: &rungs_schema::ObjectName,
    next: &rungs_schema::ObjectName,
    kind: &str,
) -> Statement {
    let sql = format!("RENAME TABLE {} TO {}", dialect.object(previous), dialect.object(next));
    Statement::new(sql, format!("renames {kind} {previous} to {next}"))
}
