//! Scripts run through the engine's own client, and databases compared.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

use rungs::dialect::{self, Scope};

use crate::command::{Project, Ran};
use crate::harness::{Engine, TestDb};

/// A project on a database, without models.
pub fn project(db: &TestDb) -> Project {
    Project::with_models(db.url_text(), "")
}

/// Runs a script as a person would.
pub fn client(db: &TestDb, script: &str) -> Ran {
    finish(start(db, script))
}

/// Starts it. A client that is missing is a failure: scripts/test brings them.
pub fn start(db: &TestDb, script: &str) -> Child {
    let mut command = match db.engine {
        Engine::Sqlite => {
            let mut command = Command::new("sqlite3");
            command.arg(db.url.sqlite_path().expect("a file"));
            command
        }
        Engine::Postgres => {
            let mut command = Command::new("psql");
            command.args(["-X", "-q", "-d", db.url_text()]);
            command
        }
        Engine::Mysql => {
            let url = url::Url::parse(db.url_text()).expect("a URL");
            let port = url.port().unwrap_or(3306);
            let mut command = Command::new("mariadb");
            command.args(["--no-defaults", "--protocol=tcp", "--comments", "-h", url.host_str().expect("a host")]);
            command.args(["-P", &port.to_string(), "-u", url.username()]);
            command.args(url.password().map(|password| format!("-p{password}")));
            command.arg(db.url.database());
            command
        }
    };
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; scripts/test brings it"));
    let mut stdin = child.stdin.take().expect("a pipe");
    // One that stops early reads no more.
    let _ = stdin.write_all(script.as_bytes());
    drop(stdin);
    child
}

/// Waits for its end.
pub fn finish(child: Child) -> Ran {
    Ran::new("(script)", &child.wait_with_output().expect("the client ends"))
}

/// Everything in a database that a run is responsible for, as text: the schema, the rows, the ledger and the log, without
/// moments, durations and who it was.
pub async fn state(db: &TestDb) -> String {
    let mut connection = db.connect().await;
    let schema =
        dialect::introspect(&mut connection, &Scope::Everything).await.unwrap_or_else(|error| panic!("{error}"));
    connection.close().await.expect("closed");
    let quote = |name: &str| match db.engine {
        Engine::Mysql => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    };
    let mut text = format!("{schema:#?}\n");
    for table in &schema.tables {
        let namespace = table.name.schema.as_ref().map(|schema| format!("{}.", quote(schema))).unwrap_or_default();
        let name = format!("{namespace}{}", quote(&table.name.name));
        let mut rows = db.rows(&format!("SELECT * FROM {name}")).await;
        rows.sort();
        text.push_str(&format!("{name}: {rows:?}\n"));
        if db.engine == Engine::Mysql {
            text.push_str(&format!("{:?}\n", db.rows(&format!("SHOW CREATE TABLE {name}")).await));
        }
    }
    if db.engine == Engine::Sqlite {
        let sql = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name";
        text.push_str(&format!("{:#?}\n", db.rows(sql).await));
    }
    let ledger = "SELECT revision, message, checksum, parents, depends_on, state, statements_done, statements_total \
                  FROM rungs_ledger ORDER BY applied_at, revision";
    let log = "SELECT version, revision, direction, outcome, error FROM rungs_log ORDER BY id";
    text.push_str(&format!("ledger: {:#?}\nlog: {:#?}\n", db.rows(ledger).await, db.rows(log).await));
    text
}

/// Demands that two databases are in the same state.
#[track_caller]
pub fn assert_same_state(online: &str, offline: &str, script: &str) {
    let diff = similar::TextDiff::from_lines(online, offline);
    assert!(online == offline, "after the script:\n{}\n{script}", diff.unified_diff());
}

/// Demands that a script stops for a reason, and changes nothing.
pub async fn stops(db: &TestDb, script: &str, reason: &str) {
    let before = state(db).await;
    let ran = client(db, script);
    assert_ne!(ran.code, 0, "the script should stop: {reason}\n{script}");
    assert!(ran.stderr.contains(reason), "lacks: {reason}\n{}\n{script}", ran.stderr);
    assert_same_state(&before, &state(db).await, script);
}
