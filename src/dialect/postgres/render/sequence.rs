//! Sequences, and those behind identity and serial columns.

use rungs_schema::{Identity, ObjectName, Sequence};

use super::comment;
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
    let sql = format!("CREATE SEQUENCE {name}{ty}{separator}{options}");
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
    let mut clauses = Vec::new();
    if previous.ty != next.ty {
        clauses.push(format!("AS {}", next.ty.as_deref().unwrap_or("bigint")));
    }
    let options = options(previous, next, true);
    if !options.is_empty() {
        clauses.push(options);
    }
    if !clauses.is_empty() {
        let sql = format!("ALTER SEQUENCE {name} {}", clauses.join(" "));
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
fn options(previous: &Sequence, next: &Sequence, altering: bool) -> String {
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

fn effective_start(sequence: &Sequence) -> i64 {
    let default =
        if sequence.increment.unwrap_or(1) < 0 { sequence.max.unwrap_or(-1) } else { sequence.min.unwrap_or(1) };
    sequence.start.unwrap_or(default)
}

/// `GENERATED ... AS IDENTITY` with the options that are not the type's defaults.
pub(super) fn identity_sql(identity: &Identity) -> String {
    let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
    let options = options(&Sequence::default(), &identity.sequence, false);
    let options = if options.is_empty() { options } else { format!(" ({options})") };
    format!("GENERATED {when} AS IDENTITY{options}")
}

/// The clauses of ALTER COLUMN that turn one identity into another.
pub(super) fn identity_changes(previous: &Identity, next: &Identity) -> String {
    let mut words = Vec::new();
    if previous.always != next.always {
        words.push(format!("SET GENERATED {}", if next.always { "ALWAYS" } else { "BY DEFAULT" }));
    }
    let (a, b) = (&previous.sequence, &next.sequence);
    if a.increment != b.increment {
        words.push(format!("SET INCREMENT BY {}", b.increment.unwrap_or(1)));
    }
    if a.min != b.min {
        words.push(b.min.map_or_else(|| "SET NO MINVALUE".to_owned(), |value| format!("SET MINVALUE {value}")));
    }
    if a.max != b.max {
        words.push(b.max.map_or_else(|| "SET NO MAXVALUE".to_owned(), |value| format!("SET MAXVALUE {value}")));
    }
    if (a.start, a.min, a.max, a.increment) != (b.start, b.min, b.max, b.increment) {
        words.push(format!("SET START WITH {}", effective_start(b)));
    }
    if a.cache != b.cache {
        words.push(format!("SET CACHE {}", b.cache.unwrap_or(1)));
    }
    if a.cycle != b.cycle {
        words.push(if b.cycle { "SET CYCLE" } else { "SET NO CYCLE" }.to_owned());
    }
    words.join(" ")
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
