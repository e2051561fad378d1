//! Turns changes into statements, up and down, and statements into text.

use std::collections::BTreeSet;

use rungs_schema::{Column, DialectName, IndexPart, ObjectName, Table};

use crate::dialect::{Dialect, Statement, terminated};
use crate::diff;
use crate::diff::change::{AlterTable, Change, Delta, Edit, Rows};
use crate::error::PlanError;

/// The statements that carry out a list of changes, and those that take them back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// There.
    pub up: Vec<Statement>,
    /// And back.
    pub down: Vec<Statement>,
}

/// Plans a list of changes that is in order. The way back is the same changes from the other side, last one first.
///
/// # Errors
/// When the engine cannot do one of them, in either direction.
pub fn plan(changes: &[Change], dialect: &dyn Dialect) -> Result<Plan, PlanError> {
    let mut plan = Plan { up: render(changes, dialect)?, down: Vec::new() };
    let aside = rows_set_aside(changes);
    let back: Vec<Change> =
        changes.iter().rev().map(|change| with_fillers(change.clone().reversed(), dialect)).collect();
    let mut bodies = Bodies::of(&back, dialect);
    for (index, (change, back)) in changes.iter().rev().zip(&back).enumerate() {
        plan.down.extend(bodies.before(index));
        let lost = if keeps_rows(change, &aside) { Vec::new() } else { lost_values(change) };
        let mut statements = render_one(back, &aside, dialect)?;
        if let (Some(first), false) = (statements.first_mut(), lost.is_empty()) {
            first.comment = format!("{} (the values of {} do not come back)", first.comment, lost.join(", "));
        }
        plan.down.extend(statements);
    }
    plan.down.extend(bodies.after_all());
    Ok(plan)
}

/// The statements that carry out a list of changes.
///
/// # Errors
/// When the engine cannot do one of them.
pub fn render(changes: &[Change], dialect: &dyn Dialect) -> Result<Vec<Statement>, PlanError> {
    let aside = rows_set_aside(changes);
    let mut statements = Vec::new();
    let mut bodies = Bodies::of(changes, dialect);
    for (index, change) in changes.iter().enumerate() {
        statements.extend(bodies.before(index));
        statements.extend(render_one(change, &aside, dialect)?);
    }
    statements.extend(bodies.after_all());
    Ok(statements)
}

fn render_one(
    change: &Change,
    aside: &BTreeSet<ObjectName>,
    dialect: &dyn Dialect,
) -> Result<Vec<Statement>, PlanError> {
    let mut statements = dialect.render(change)?;
    if keeps_rows(change, aside) {
        statements.iter_mut().for_each(|statement| statement.loses = None);
    }
    Ok(statements)
}

/// The tables that are made anew, with their partitions: they go, and their rows don't.
fn rows_set_aside(changes: &[Change]) -> BTreeSet<ObjectName> {
    let rows = changes.iter().filter_map(|change| match change {
        Change::Rows(rows) => Some(rows),
        _ => None,
    });
    let names = |rows: &Rows| {
        let partitions = rows.previous_partitions.iter().chain(&rows.next_partitions).cloned();
        partitions.chain([rows.previous.name.clone()]).collect::<Vec<_>>()
    };
    rows.flat_map(names).collect()
}

fn keeps_rows(change: &Change, aside: &BTreeSet<ObjectName>) -> bool {
    match change {
        Change::CreateTable { next: table } | Change::DropTable { previous: table } => aside.contains(&table.name),
        _ => false,
    }
}

/// Keeps the server from looking into the bodies of routines that name what comes later.
struct Bodies {
    unchecked: BTreeSet<usize>,
    checks: Option<(Statement, Statement)>,
    is_off: bool,
}

impl Bodies {
    fn of(changes: &[Change], dialect: &dyn Dialect) -> Self {
        let checks = dialect.body_checks();
        let unchecked = if checks.is_some() { diff::unchecked(changes) } else { BTreeSet::new() };
        Self { unchecked, checks, is_off: false }
    }

    /// What comes before the change at this place.
    fn before(&mut self, index: usize) -> Option<Statement> {
        self.set(self.unchecked.contains(&index))
    }

    fn after_all(&mut self) -> Option<Statement> {
        self.set(false)
    }

    fn set(&mut self, off: bool) -> Option<Statement> {
        if std::mem::replace(&mut self.is_off, off) == off {
            return None;
        }
        self.checks.clone().map(|(turn_off, turn_on)| if off { turn_off } else { turn_on })
    }
}

/// What a change loses that its reversal cannot bring back.
fn lost_values(change: &Change) -> Vec<String> {
    match change {
        Change::DropTable { previous } => vec![previous.name.to_string()],
        Change::AlterTable(alter) => alter
            .edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Column { delta: Delta::Drop { previous }, .. } if previous.generated.is_none() => {
                    Some(format!("{}.{}", alter.previous.name, previous.name))
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// On the way back, a column that was dropped, or took NULL for a while, becomes required again: rows that have no
/// value get the type's plainest one, because nobody is asked at that moment.
fn with_fillers(change: Change, dialect: &dyn Dialect) -> Change {
    let Change::AlterTable(alter) = change else { return change };
    let AlterTable { previous, next, edits, dependents } = alter;
    let fill = |edit| match edit {
        Edit::Column { delta, backfill: None } => {
            let needs = match &delta {
                Delta::Create { next } => needs_value(next),
                Delta::Alter { previous, next } => previous.nullable && needs_value(next),
                Delta::Drop { .. } => false,
            };
            let backfill = delta
                .next()
                .filter(|column| needs && !is_unique(&next, &column.name))
                .and_then(|column| filler(column, dialect));
            Edit::Column { delta, backfill }
        }
        other => other,
    };
    let edits = edits.into_iter().map(fill).collect();
    Change::AlterTable(AlterTable { previous, next, edits, dependents })
}

/// Whether two rows cannot have the same value, so that a plain one for all would not do.
fn is_unique(table: &Table, column: &str) -> bool {
    let alone = |parts: &[IndexPart]| matches!(parts, [part] if part.column_name() == Some(column));
    table.primary_key.iter().any(|key| alone(&key.parts))
        || table.uniques.iter().any(|unique| alone(&unique.parts))
        || table.indexes.iter().any(|index| index.unique && alone(&index.parts))
}

fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.auto_increment.is_none() && column.generated.is_none()
}

/// The plainest value of a type: zero, the empty text, the epoch. `None` for types that have none.
fn filler(column: &Column, dialect: &dyn Dialect) -> Option<String> {
    let ty = column.ty.native()?.to_ascii_lowercase();
    let base = ty.split(['(', ' ']).next().unwrap_or_default();
    let quoted = |text: &str| Some(dialect.literal(text));
    if ty.ends_with("[]") {
        return quoted("{}");
    }
    let name = dialect.version().name;
    match base {
        "boolean" | "bool" if name == DialectName::Postgres => Some("false".to_owned()),
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "numeric" | "decimal" | "real"
        | "double" | "float" | "bit" | "year" | "boolean" | "bool" => Some("0".to_owned()),
        "date" => quoted("1970-01-01"),
        "time" => quoted("00:00:00"),
        "datetime" => quoted("1970-01-01 00:00:00"),
        "timestamp" if name == DialectName::Postgres => quoted("1970-01-01 00:00:00"),
        // MySQL's TIMESTAMP begins one second after the epoch, and in the session's time zone.
        "timestamp" => quoted("1970-01-02 00:00:00"),
        "json" | "jsonb" => quoted("{}"),
        "uuid" => quoted("00000000-0000-0000-0000-000000000000"),
        "interval" => quoted("0"),
        "inet" | "cidr" => quoted("0.0.0.0/0"),
        "enum" => first_value(column.ty.native()?),
        "blob" if name == DialectName::Sqlite => Some("x''".to_owned()),
        "text" | "character" | "char" | "varchar" | "bytea" | "tinytext" | "mediumtext" | "longtext" | "blob"
        | "tinyblob" | "mediumblob" | "longblob" | "binary" | "varbinary" | "citext" | "set" | "" => quoted(""),
        _ => None,
    }
}

/// The first value of `enum('a','b')`, as it is quoted there.
fn first_value(ty: &str) -> Option<String> {
    let inside = ty.split_once('(')?.1;
    let mut end = 1;
    loop {
        end += inside.get(end..)?.find('\'')? + 1;
        if !inside[end..].starts_with('\'') {
            return Some(inside[..end].to_owned());
        }
        end += 1;
    }
}

/// The text of statements as it stands in a revision file: each under a comment that says what it is for.
pub fn script(statements: &[Statement], dialect: DialectName) -> String {
    let mut text = String::new();
    for statement in statements {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in comments(statement) {
            text.push_str(&format!("-- {line}\n"));
        }
        if let Some(why) = &statement.needs_edit {
            text.push_str(&format!("-- migrate:edit {}\n", one_line(why)));
        }
        text.push_str(&terminated(&statement.sql, dialect));
    }
    text
}

/// The text of statements as a script for the engine's own command-line client.
pub fn client_script(statements: &[Statement], dialect: DialectName) -> String {
    let mut text = String::new();
    for statement in statements {
        for line in comments(statement) {
            text.push_str(&format!("-- {line}\n"));
        }
        if let Some(why) = &statement.needs_edit {
            text.push_str(&format!("-- note: {}\n", one_line(why)));
        }
        text.push_str(&terminated(&statement.sql, dialect));
    }
    text
}

/// The comment of a statement, with what is lost said where the thing is named, else on a line of its own.
fn comments(statement: &Statement) -> Vec<String> {
    let mut comment = statement.comment.clone();
    let mut unsaid = Vec::new();
    for lost in statement.loses.iter().flat_map(|lost| lost.split(';')).map(one_line) {
        let thing = lost.split(" and its ").next().unwrap_or(&lost).to_owned();
        if comment.contains(&lost) {
            continue;
        }
        let goes_on = |end: usize| comment[end..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let place = comment.match_indices(&thing).find(|(at, _)| !goes_on(at + thing.len())).map(|(at, _)| at);
        match place {
            Some(at) => comment.replace_range(at..at + thing.len(), &lost),
            None => unsaid.push(format!("loses {lost}")),
        }
    }
    comment.lines().map(str::to_owned).chain(unsaid).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
