//! Runs that are stopped at a chosen statement, and killed there or cut off from the server.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::command::{Project, Ran};
use crate::harness::{Engine, TestDb};

/// A run that waits before a statement.
pub struct Stopped {
    /// None once it was taken out.
    child: Option<Child>,
    folder: tempfile::TempDir,
    line: String,
}

/// A test that fails leaves nobody waiting.
impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts a run and waits until it is about to send the statement: its number among all that a run sends, or a part of it.
/// None when the run ends before that.
pub fn stop_at(project: &Project, line: &str, at: &str) -> Result<Stopped, Ran> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = project.command(line);
    command.env("RUNGS_FAULT_FOLDER", folder.path()).env("RUNGS_FAULT_AT", at);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let begin = Instant::now();
    while !folder.path().join("reached").exists() {
        if child.try_wait().expect("a child").is_some() {
            return Err(Ran::new(line, &child.wait_with_output().expect("the command ends")));
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "migrate {line} neither ends nor comes to {at}");
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(Stopped { child: Some(child), folder, line: line.to_owned() })
}

/// Kills a run when it is about to send a statement.
#[track_caller]
pub fn kill_at(project: &Project, line: &str, at: &str) {
    match stop_at(project, line, at) {
        Ok(stopped) => stopped.kill(),
        Err(ran) => panic!("migrate {line} does not come to {at}\n{}{}", ran.stdout, ran.stderr),
    }
}

/// The statements that an undisturbed run sends.
pub fn points(project: &Project, line: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = project.command(line);
    command.env("RUNGS_FAULT_FOLDER", folder.path());
    Ran::new(line, &command.output().expect("the command runs")).ok();
    let text = std::fs::read_to_string(folder.path().join("points")).expect("a file");
    text.lines().map(str::to_owned).collect()
}

impl Stopped {
    /// The statement that it was about to send.
    pub fn statement(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("reached")).expect("a file")
    }

    /// SIGKILL.
    pub fn kill(self) {
        drop(self);
    }

    /// Lets it go on, to its end.
    pub fn go(mut self) -> Ran {
        std::fs::write(self.folder.path().join("go"), "").expect("a file");
        let child = self.child.take().expect("a child");
        Ran::new(&self.line, &child.wait_with_output().expect("the command ends"))
    }
}

const OTHERS: &str = "SELECT CAST(id AS CHAR) AS id FROM information_schema.processlist WHERE db = DATABASE() AND id <> \
                      CONNECTION_ID()";

const OTHER_BACKENDS: &str = "SELECT pid::text AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> \
                              pg_backend_pid() AND backend_type = 'client backend'";

/// Ends every other session on the database, as an administrator does, and waits until they are gone, so that a run that goes
/// on finds it out.
pub async fn cut(db: &TestDb) {
    let mut connection = db.connect().await;
    if db.engine == Engine::Postgres {
        let sql = "SELECT pg_terminate_backend(pid)::text AS cut FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        connection.query(sql).await.expect("sessions end");
    } else {
        for row in connection.query(OTHERS).await.expect("sessions") {
            // It may have ended by itself.
            let _ = connection.execute(&format!("KILL {}", row.text("id").expect("a number"))).await;
        }
    }
    let others = if db.engine == Engine::Postgres { OTHER_BACKENDS } else { OTHERS };
    let begin = Instant::now();
    while !connection.query(others).await.expect("sessions").is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the sessions do not end");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    connection.close().await.expect("closed");
}
