//! Places where a test stops the process, to kill it there, or to end its connection and let it go on. There is one before
//! each statement that is sent: what the database is after one statement is what it is before the next. Only builds with
//! the feature `fault-points` have them, which no release has.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The folder in which the test and the process leave each other word. Without it, no place counts.
const FOLDER: &str = "RUNGS_FAULT_FOLDER";
/// At which place to stop: its number, from 1, or a part of the statement that is about to be sent. Without it, the file
/// `points` gets a line for each place.
const AT: &str = "RUNGS_FAULT_AT";

static PASSED: AtomicUsize = AtomicUsize::new(0);

/// Comes to a place. Where it is the one, the file `reached` says so, and the process waits for the file `go`.
pub(super) async fn point(sql: &str) {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let number = PASSED.fetch_add(1, Ordering::Relaxed) + 1;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(at) = std::env::var(AT).ok() else {
        use std::io::Write as _;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("points"));
        let _ = file.and_then(|mut file| writeln!(file, "{line}"));
        return;
    };
    let folder = match at.parse::<usize>() {
        Ok(at) if at == number => folder,
        Err(_) if line.contains(&at) && !folder.join("reached").exists() => folder,
        _ => return,
    };
    // In one step, so that nobody reads half of it.
    let _ = std::fs::write(folder.join("reaching"), line)
        .and_then(|()| std::fs::rename(folder.join("reaching"), folder.join("reached")));
    while !folder.join("go").exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
