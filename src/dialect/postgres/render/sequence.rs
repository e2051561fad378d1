//! Sequences, and those behind identity and serial columns.

use rungs_schema::{ObjectName, Sequence};

use super::{comment, position};
use crate::dialect::Statement;
use crate::dialect::postgres::names::made_name;
use crate::dialect::postgres::{Postgres, literal, qualified, quote};
use crate::diff::change::Delta;
use crate::error::PlanError;

pub(super) fn render(dialect: &Postgres, delta: &Delta<Sequence>) -> Result<Vec<Statement>, PlanError> {
    match delta {
        Delta::Create { next } => Ok(create(next)),
        Delta::Drop { previous } => Ok(vec![drop(previous)]),
        Delta::Alter { previous, next } => alter(dialect, previous, next),
    }
}

fn create(next: &Sequence) -> Vec<Statement> {
    let name = qualified(&next.name);
    let ty = next.ty.as_ref().map_or_else(String::new, |ty| format!(" AS {ty}"));
    let options = options(&Sequence::default(), next, false);
    let separator = if options.is_empty() { "" } else { " " };
    let kind = if next.unlogged { "CREATE UNLOGGED SEQUENCE" } else { "CREATE SEQUENCE" };
    let sql = format!("{kind} {name}{ty}{separator}{options}");
    let mut out = vec![Statement::new(sql, format!("creates sequence {}", next.name))];
    if next.owned_by.is_some() {
        out.push(owned_by(next));
    }
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    out
}

fn drop(previous: &Sequence) -> Statement {
    // A sequence that a column owns goes with the column.
    let guard = if previous.owned_by.is_some() { "IF EXISTS " } else { "" };
    Statement::new(
        format!("DROP SEQUENCE {guard}{}", qualified(&previous.name)),
        format!("drops sequence {}", previous.name),
    )
    .losing(format!("sequence {} and how far it has counted", previous.name))
}

fn alter(dialect: &Postgres, previous: &Sequence, next: &Sequence) -> Result<Vec<Statement>, PlanError> {
    let mut out = Vec::new();
    out.extend(rename(dialect, "SEQUENCE", "sequence", &previous.name, &next.name)?);
    let name = qualified(&next.name);
    let prefix = format!("ALTER SEQUENCE {name}");
    if previous.unlogged != next.unlogged {
        let word = if next.unlogged { "UNLOGGED" } else { "LOGGED" };
        out.push(Statement::new(format!("{prefix} SET {word}"), format!("makes sequence {} {word}", next.name)));
    }
    let types = (previous.ty.as_deref().unwrap_or("bigint"), next.ty.as_deref().unwrap_or("bigint"));
    let room = position::make_room(&next.name, previous, next, types);
    let now = room.as_ref().map_or(previous, |room| &room.now);
    let clauses = if now.ty == next.ty { options(now, next, true) } else { with_type(now, next, types.1) };
    if !clauses.is_empty() {
        let sql = format!("{prefix} {clauses}");
        out.extend(room.map(|room| room.statements).unwrap_or_default());
        out.push(Statement::new(sql, format!("changes sequence {}", next.name)));
    }
    if previous.owned_by != next.owned_by {
        out.push(owned_by(next));
    }
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    Ok(out)
}

/// The options of a sequence that gets another type, with its bounds in full: the server takes those that the former type
/// had by itself for those of the new one, whichever way it counts.
fn with_type(previous: &Sequence, next: &Sequence, ty: &str) -> String {
    let whole = position::Whole::of(next, ty);
    let settled = Sequence { start: next.start, min: next.min, max: next.max, ..previous.clone() };
    let rest = options(&settled, next, false);
    format!("AS {ty} MINVALUE {} MAXVALUE {} START WITH {} {rest}", whole.min, whole.max, whole.start)
        .trim_end()
        .to_owned()
}

/// Another namespace, then another name. The new name is never qualified.
pub(super) fn rename(
    dialect: &Postgres,
    kind: &str,
    label: &str,
    previous: &ObjectName,
    next: &ObjectName,
) -> Result<Vec<Statement>, PlanError> {
    let mut out = Vec::new();
    let mut now = previous.clone();
    if previous.schema != next.schema {
        let Some(schema) = &next.schema else {
            return Err(dialect.unsupported(
                format!("move {label} {previous} into the default namespace, whose name only the connection knows"),
                "write the ALTER ... SET SCHEMA by hand",
            ));
        };
        let sql = format!("ALTER {kind} {} SET SCHEMA {}", qualified(&now), quote(schema));
        out.push(Statement::new(sql, format!("moves {label} {previous} to {schema}")));
        now.schema = Some(schema.clone());
    }
    if previous.name != next.name {
        let sql = format!("ALTER {kind} {} RENAME TO {}", qualified(&now), quote(&next.name));
        out.push(Statement::new(sql, format!("renames {label} {previous} to {}", next.name)));
    }
    Ok(out)
}

fn owned_by(next: &Sequence) -> Statement {
    let name = qualified(&next.name);
    match &next.owned_by {
        Some((table, column)) => Statement::new(
            format!("ALTER SEQUENCE {name} OWNED BY {}.{}", qualified(table), quote(column)),
            format!("ties sequence {} to {table}.{column}", next.name),
        ),
        None => Statement::new(
            format!("ALTER SEQUENCE {name} OWNED BY NONE"),
            format!("unties sequence {} from its column", next.name),
        ),
    }
}

fn set_comment(next: &Sequence) -> Statement {
    comment::on(
        &format!("SEQUENCE {}", qualified(&next.name)),
        &format!("sequence {}", next.name),
        next.comment.as_deref(),
    )
}

/// The options that differ. What goes back to the default says so, except START, which has no word for it.
pub(super) fn options(previous: &Sequence, next: &Sequence, altering: bool) -> String {
    let mut words = Vec::new();
    if previous.increment != next.increment {
        words.push(format!("INCREMENT BY {}", next.increment.unwrap_or(1)));
    }
    if previous.min != next.min {
        words.push(next.min.map_or_else(|| "NO MINVALUE".to_owned(), |value| format!("MINVALUE {value}")));
    }
    if previous.max != next.max {
        words.push(next.max.map_or_else(|| "NO MAXVALUE".to_owned(), |value| format!("MAXVALUE {value}")));
    }
    // A new sequence finds its start by itself; one that is there keeps it, whatever its bounds become.
    let moved = (previous.start, previous.min, previous.max, previous.increment)
        != (next.start, next.min, next.max, next.increment);
    if next.start.is_some() && previous.start != next.start || altering && moved {
        words.push(format!("START WITH {}", effective_start(next)));
    }
    if previous.cache != next.cache {
        words.push(format!("CACHE {}", next.cache.unwrap_or(1)));
    }
    if previous.cycle != next.cycle {
        words.push(if next.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    words.join(" ")
}

pub(super) fn effective_start(sequence: &Sequence) -> i64 {
    let default =
        if sequence.increment.unwrap_or(1) < 0 { sequence.max.unwrap_or(-1) } else { sequence.min.unwrap_or(1) };
    sequence.start.unwrap_or(default)
}

/// The sequence that `serial` makes for a column.
pub(super) fn serial_name(table: &ObjectName, column: &str) -> ObjectName {
    table.sibling(made_name(&table.name, column, "seq"))
}

/// Moves the sequence that a column owns behind the greatest value in the column.
pub(super) fn catch_up(table: &ObjectName, column: &str, options: &Sequence) -> Statement {
    let increment = options.increment.unwrap_or(1);
    let start = effective_start(options);
    let (extreme, pick) = if increment < 0 { ("min", "LEAST") } else { ("max", "GREATEST") };
    let (owner, name) = (qualified(table), quote(column));
    let sql = format!(
        "SELECT setval(pg_get_serial_sequence({}, {}), {pick}(COALESCE({extreme}({name}) + ({increment}), {start}), {start}), false) FROM {owner}",
        literal(&owner),
        literal(column)
    );
    Statement::new(sql, format!("lets {table}.{column} count on from the values that are there"))
}
