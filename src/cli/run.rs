//! What upgrade and downgrade have in common: the route, the events, the report.

use std::collections::BTreeSet;
use std::time::Duration;

use rungs_schema::DialectName;
use serde_json::{Value, json};

use super::limits::LimitOptions;
use super::progress::Progress;
use super::{Context, meeting, transaction};
use crate::apply::{self, Edited, Event, LedgerRow, Options, Report};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect;
use crate::error::{ApplyError, DbError, Error, WithoutFile};
use crate::revision::{Direction, History, Step, Target};

/// What is asked for.
pub(super) struct Request {
    pub(super) direction: Direction,
    pub(super) target: Target,
    /// In seconds.
    pub(super) lock_wait: u64,
    /// Each event is an object on stdout.
    pub(super) events: bool,
    /// How it runs.
    pub(super) options: Options,
}

impl Request {
    /// An upgrade, as the configuration has it.
    pub(super) fn up(context: &Context, target: Target, lock_wait: u64) -> Result<Self, Error> {
        let apply = context.config()?.apply;
        let limits = LimitOptions::default().limits(apply);
        let transaction = apply.transaction.map(transaction::of).unwrap_or_default();
        let options = Options { lock_wait: Duration::from_secs(lock_wait), limits, transaction, ..Options::default() };
        Ok(Self { direction: Direction::Up, target, lock_wait, events: false, options })
    }
}

/// The steps that lead to the target; what is to be said of them is told.
pub(super) fn route<'h>(
    context: &Context,
    history: &'h History,
    rows: &[LedgerRow],
    name: DialectName,
    request: &Request,
) -> Result<Vec<Step<'h>>, Error> {
    let steps = apply::route(history, rows, request.direction, &request.target)?;
    warn_of_files(context, history, rows, name, request.direction);
    if request.direction == Direction::Up {
        meeting::before_upgrade(&context.ui, history, &apply::applied_ids(rows), &steps, name);
    }
    Ok(steps)
}

/// Finds the route, runs it, and prints what was done.
async fn run(
    context: &Context,
    history: &History,
    connection: &mut Connection,
    request: &Request,
) -> Result<Done, Error> {
    let dialect = dialect::for_version(connection.version())?;
    let rows = apply::applied(connection, dialect.as_ref()).await?;
    let ui = &context.ui;
    let name = connection.version().name;
    let steps = route(context, history, &rows, name, request)?;
    let mut progress = Progress::new(ui, name, request.events);
    let mut tell = |event: Event<'_>| progress.tell(&event);
    let report = apply::run(connection, dialect.as_ref(), &steps, &request.options, &mut tell).await?;
    let rows = apply::applied(connection, dialect.as_ref()).await?;
    Ok(done(&report, history, &rows))
}

/// Says where the ledger and the files disagree. On the way down, a revision that was edited is refused.
fn warn_of_files(context: &Context, history: &History, rows: &[LedgerRow], dialect: DialectName, direction: Direction) {
    for row in apply::without_file(history, rows) {
        context.ui.warning(format!("no file describes {}: it stays as it is", WithoutFile::from(row)));
    }
    let edited = if direction == Direction::Up { apply::edited(history, rows, dialect) } else { Vec::new() };
    for Edited { revision, row } in edited {
        context.ui.warning(format!(
            "{}: revision {} was edited after it was applied at {}: what was changed did not run; \
             restore the file, or take its text in with `migrate stamp --accept-edits {}`",
            revision.path.display(),
            revision.id,
            row.applied_at,
            revision.id
        ));
    }
}

/// Connects and runs. A lock that another program has on an SQLite file is waited for as a runner's is.
pub(super) async fn connect_and_run(
    context: &Context,
    history: &History,
    url: &DatabaseUrl,
    request: &Request,
) -> Result<Done, Error> {
    let create = request.direction == Direction::Up;
    let mut connection = open_within(url, create, request.lock_wait).await?;
    let outcome = run(context, history, &mut connection, request).await;
    close_after(connection, outcome, url, request.lock_wait).await
}

/// A connection that waits for a lock on an SQLite file.
pub(super) async fn open_within(url: &DatabaseUrl, create: bool, lock_wait: u64) -> Result<Connection, Error> {
    let opened = Connection::open_within(url, create, Duration::from_secs(lock_wait)).await;
    opened.map_err(|error| locked(error.into(), url, lock_wait))
}

/// Closes the connection, whatever came of the work.
pub(super) async fn close_after<T>(
    connection: Connection,
    outcome: Result<T, Error>,
    url: &DatabaseUrl,
    lock_wait: u64,
) -> Result<T, Error> {
    let closed = connection.close().await;
    let value = outcome.map_err(|error| locked(error, url, lock_wait))?;
    closed?;
    Ok(value)
}

/// On SQLite, to wait for a lock is to wait for another runner.
fn locked(error: Error, url: &DatabaseUrl, lock_wait: u64) -> Error {
    match error {
        Error::Db(DbError::Locked { .. }) | Error::Apply(ApplyError::Db(DbError::Locked { .. }))
            if url.sqlite_path().is_some() =>
        {
            let holder = Some("or another program that has locked it".to_owned());
            ApplyError::Locked { holder, waited: lock_wait }.into()
        }
        other => other,
    }
}

/// What a run has to say, for people and for programs.
pub(super) struct Done {
    pub(super) text: String,
    pub(super) value: Value,
}

/// The SQL of the revisions up to a target, oldest first, as an engine would run it.
pub(super) fn scripts_to(history: &History, target: &str, dialect: DialectName) -> Result<Vec<String>, Error> {
    let target = Target::parse(target)?;
    let base = target == Target::base();
    let steps = if base { Vec::new() } else { history.upgrade_route(&BTreeSet::new(), &target)? };
    let sections = steps.iter().filter_map(|step| step.revision.section(Direction::Up, dialect.word()));
    Ok(sections.map(|section| section.text.clone()).collect())
}

/// The rows of the ledger, for a comparison, which means nothing while a revision is half done.
pub(super) async fn rows_whole(connection: &mut Connection) -> Result<Vec<LedgerRow>, Error> {
    let dialect = dialect::for_version(connection.version())?;
    let rows = apply::applied(connection, dialect.as_ref()).await?;
    apply::check_half_done(&rows)?;
    Ok(rows)
}

pub(super) fn done(report: &Report, history: &History, rows: &[LedgerRow]) -> Done {
    let heads = history.recorded_heads(&apply::recorded_parents(rows));
    let steps: Vec<_> = report
        .steps
        .iter()
        .map(|step| {
            let duration = u64::try_from(step.duration.as_millis()).unwrap_or(u64::MAX);
            json!({ "revision": step.revision, "direction": step.direction.word(), "duration_ms": duration })
        })
        .collect();
    let place = if heads.is_empty() { "at base".to_owned() } else { format!("at {}", heads.join(", ")) };
    let text = if report.steps.is_empty() {
        format!("nothing to do: the database is {place}")
    } else {
        format!("the database is {place}")
    };
    Done { text, value: json!({ "steps": steps, "heads": heads }) }
}
