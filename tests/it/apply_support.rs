//! Histories and runs for the scenarios of the executor.

use std::path::Path;

use rungs::apply::{self, Event, Options, Report, applied_ids};
use rungs::error::ApplyError;
use rungs::revision::{Direction, History, Revision, Target};

use crate::harness::{Engine, TestDb};

/// A revision as its file has it, `parent` empty for a base.
pub fn file(id: &str, parent: &str, sections: &str) -> Revision {
    let parents = if parent.is_empty() { String::new() } else { format!("{parent:?}") };
    let text = format!("-- message of {id}\n--\n-- revision = {id:?}\n-- down_revision = [{parents}]\n\n{sections}");
    Revision::parse(Path::new(&format!("{id}.sql")), &text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

pub fn history(revisions: &[Revision]) -> History {
    History::new(revisions.to_vec()).expect("a history")
}

pub async fn run(db: &TestDb, history: &History, direction: Direction, target: &str) -> Result<Report, ApplyError> {
    run_with(db, history, direction, target, &Options::default(), &mut |_| {}).await
}

pub async fn run_with(
    db: &TestDb,
    history: &History,
    direction: Direction,
    target: &str,
    options: &Options,
    on_event: &mut (dyn FnMut(Event<'_>) + Send),
) -> Result<Report, ApplyError> {
    let mut connection = db.connect().await;
    let dialect = rungs::dialect::for_version(connection.version()).expect("a dialect");
    let rows = apply::applied(&mut connection, &*dialect).await?;
    let target = Target::parse(target).expect("a target");
    let applied = applied_ids(&rows);
    let route = match direction {
        Direction::Up => history.upgrade_route(&applied, &target),
        Direction::Down => history.downgrade_route(&applied, &target),
    };
    let outcome = apply::run(&mut connection, &*dialect, &route.expect("a route"), options, on_event).await;
    connection.close().await.expect("closed");
    outcome
}

pub async fn up(db: &TestDb, history: &History, target: &str) -> Result<Report, ApplyError> {
    run(db, history, Direction::Up, target).await
}

pub async fn down(db: &TestDb, history: &History, target: &str) -> Result<Report, ApplyError> {
    run(db, history, Direction::Down, target).await
}

pub fn ids(report: &Report) -> Vec<&str> {
    report.steps.iter().map(|step| step.revision.as_str()).collect()
}

pub async fn ledger(db: &TestDb) -> Vec<Vec<String>> {
    db.rows("SELECT revision, state, statements_done, statements_total FROM rungs_ledger ORDER BY revision").await
}

pub async fn log(db: &TestDb) -> Vec<Vec<String>> {
    db.rows("SELECT revision, direction, outcome FROM rungs_log ORDER BY id").await
}

/// The user's tables.
pub async fn tables(db: &TestDb) -> Vec<String> {
    let sql = match db.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
        Engine::Postgres => "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
        Engine::Mysql => {
            "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1"
        }
    };
    let ours = |name: &String| !name.starts_with("rungs_") && !name.starts_with("sqlite_");
    db.rows(sql).await.into_iter().flatten().filter(ours).collect()
}

pub fn two() -> History {
    history(&[
        file(
            "a",
            "",
            "-- migrate:up\nCREATE TABLE a (id INT PRIMARY KEY);\nINSERT INTO a VALUES (1);\n-- migrate:down\nDROP TABLE a;\n",
        ),
        file("b", "a", "-- migrate:up\nCREATE TABLE b (id INT PRIMARY KEY);\n-- migrate:down\nDROP TABLE b;\n"),
    ])
}

pub fn refusals(error: ApplyError) -> Vec<String> {
    let ApplyError::Refused { refusals } = error else { panic!("{error}") };
    refusals.iter().map(ToString::to_string).collect()
}
