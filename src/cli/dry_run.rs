//! `--dry-run`: what an upgrade or a downgrade would do.

use serde_json::{Value, json};

use super::Context;
use super::progress::waiting;
use super::run::{Done, Request, route};
use crate::apply::{self, Event, LedgerRow, PlannedStep, Rehearsal};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect;
use crate::error::Error;
use crate::revision::{Direction, History};

/// How far a dry run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum DryRun {
    /// The statements are shown.
    Show,
    /// They are run, in a transaction that is rolled back.
    Execute,
}

/// Shows what would run, and runs it in a transaction that is rolled back where that is asked for. An SQLite file that
/// is not there is an empty database, and stays away.
pub(super) async fn dry_run(
    context: &Context,
    url: &DatabaseUrl,
    request: &Request,
    dry_run: DryRun,
) -> Result<Done, Error> {
    let history = context.history()?;
    let mut connection = context.connect(url).await?;
    let outcome = rehearse(context, &history, &mut connection, request, dry_run).await;
    let closed = connection.close().await;
    let done = outcome?;
    closed?;
    Ok(done)
}

async fn rehearse(
    context: &Context,
    history: &History,
    connection: &mut Connection,
    request: &Request,
    dry_run: DryRun,
) -> Result<Done, Error> {
    let dialect = dialect::for_version(connection.version())?;
    let rows = apply::applied(connection, dialect.as_ref()).await?;
    let steps = route(context, history, &rows, connection.version().name, request)?;
    let execute = dry_run == DryRun::Execute;
    let mut tell = |event: Event<'_>| {
        if let Event::Waiting { holder } = event {
            context.ui.progress(waiting(holder));
        }
    };
    let rehearsal = apply::rehearse(connection, dialect.as_ref(), &steps, &request.options, execute, &mut tell).await?;
    if execute {
        tell_unexecuted(context, &rehearsal);
    }
    Ok(done(&rehearsal, history, &rows, execute))
}

/// Says where the rehearsal ended before the run would.
fn tell_unexecuted(context: &Context, rehearsal: &Rehearsal<'_>) {
    let left: Vec<&PlannedStep<'_>> = rehearsal.steps.iter().filter(|step| !step.executed).collect();
    let Some(first) = left.first() else { return };
    let after = match left.len() - 1 {
        0 => String::new(),
        1 => ", and neither was the one after it".to_owned(),
        count => format!(", and neither were the {count} after it"),
    };
    context.ui.warning(format!(
        "{}: revision {} is not one transaction, so that it cannot be rolled back: it was not executed{after}",
        first.revision.path.display(),
        first.revision.id
    ));
}

fn done(rehearsal: &Rehearsal<'_>, history: &History, rows: &[LedgerRow], execute: bool) -> Done {
    let mut parents = apply::recorded_parents(rows);
    for step in &rehearsal.steps {
        match step.direction {
            Direction::Up => parents.insert(step.revision.id.clone(), step.revision.down_revision.clone()),
            Direction::Down => parents.remove(&step.revision.id),
        };
    }
    let heads = history.recorded_heads(&parents);
    let place = if heads.is_empty() { "at base".to_owned() } else { format!("at {}", heads.join(", ")) };
    let mut text = String::new();
    for step in &rehearsal.steps {
        text.push_str(&shown(step));
    }
    text.push_str(&match rehearsal.steps.len() {
        0 => format!("nothing to do: the database is {place}"),
        _ => format!("the database would be {place}"),
    });
    let steps: Vec<Value> = rehearsal.steps.iter().map(|step| described(step, execute)).collect();
    Done { text, value: json!({ "steps": steps, "heads": heads }) }
}

fn shown(step: &PlannedStep<'_>) -> String {
    let verb = match (step.direction, step.executed) {
        (Direction::Up, false) => "would apply",
        (Direction::Down, false) => "would revert",
        (Direction::Up, true) => "applied and rolled back",
        (Direction::Down, true) => "reverted and rolled back",
    };
    let alone = if step.in_transaction { "" } else { ", statement by statement" };
    let mut text = format!("{verb} {}: {}{alone}\n", step.revision.id, step.revision.message);
    for statement in &step.statements {
        text.push_str(&format!("  {}\n", step.revision.place(statement.line)));
        for line in statement.sql.lines() {
            text.push_str(format!("    {line}").trim_end());
            text.push('\n');
        }
    }
    if step.statements.is_empty() {
        text.push_str("  no statement\n");
    }
    text
}

fn described(step: &PlannedStep<'_>, execute: bool) -> Value {
    let statements: Vec<Value> =
        step.statements.iter().map(|statement| json!({ "line": statement.line, "sql": statement.sql })).collect();
    let mut value = json!({
        "revision": step.revision.id,
        "direction": step.direction.word(),
        "statements": statements,
    });
    if execute {
        value["executed"] = json!(step.executed);
    }
    value
}
