//! `migrate log`: what was run, by whom, and what came of it.

use serde_json::{Value, json};

use crate::bad_input::{PASSWORD, USERS, revision};
use crate::command::Project;
use crate::on_every_engine;

fn runs(value: &Value) -> Vec<(String, String, String)> {
    let text = |run: &Value, key: &str| run[key].as_str().expect("a text").to_owned();
    let runs = value["runs"].as_array().expect("a list");
    runs.iter().map(|run| (text(run, "revision"), text(run, "direction"), text(run, "outcome"))).collect()
}

fn run(revision: &str, direction: &str, outcome: &str) -> (String, String, String) {
    (revision.to_owned(), direction.to_owned(), outcome.to_owned())
}

on_every_engine!(every_run_is_kept_newest_first, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    project.run("log").ok().complains("nothing has been run on this database yet");
    assert_eq!(project.run("log --format json").ok().json(), json!({ "runs": [] }));
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    revision(&project, "bad", "\"b\"", "SELECT nonsense\nFROM nowhere;", "");
    project.run_with(&[("USER", "anna")], "upgrade b").ok();
    project.run_with(&[("USER", "otto")], "upgrade heads").code(2);
    project.run("stamp bad").ok();
    project.run("stamp b").ok();
    project.run("downgrade a").ok();
    let log = project.run("log --format json").ok().json();
    let expected = [
        run("b", "down", "done"),
        run("bad", "down", "stamped"),
        run("bad", "up", "stamped"),
        run("bad", "up", "failed"),
        run("b", "up", "done"),
        run("a", "up", "done"),
    ];
    assert_eq!(runs(&log), expected);
    let failed = &log["runs"][3];
    let keys: Vec<&String> = failed.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["started_at", "runner", "version", "revision", "direction", "duration_ms", "outcome", "error"]);
    assert_eq!(failed["runner"], "otto");
    assert_eq!(log["runs"][5]["runner"], "anna");
    assert_eq!(failed["version"], env!("CARGO_PKG_VERSION"));
    assert!(failed["error"].as_str().is_some_and(|error| error.lines().count() > 1), "{failed}");
    assert_eq!(log["runs"][0]["error"], Value::Null);

    let last = project.run("log -n 2 --format json").ok().json();
    assert_eq!(runs(&last), expected[..2]);
    let one = project.run("log --revision b --limit 4 --format json").ok().json();
    assert_eq!(runs(&one), expected[..4], "ids that begin so");
    let one = project.run("log --revision ba --format json").ok().json();
    assert_eq!(runs(&one), expected[1..4]);
    project.run("log --revision %").ok().complains("the log has no run of a revision %");
    project.run("log -n 0").code(2);
});

on_every_engine!(the_log_is_a_table_to_read, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "SELECT nonsense\nFROM nowhere;", "");
    project.run_with(&[("USER", "anna")], "upgrade heads").code(2);
    let shown = project.run("log").ok().stdout;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "an error is one line: {shown}");
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>(),
        ["started", "by", "version", "revision", "direction", "took", "outcome", "error"]
    );
    let words: Vec<&str> = lines[1].split_whitespace().collect();
    assert_eq!(words[1..5], ["anna", env!("CARGO_PKG_VERSION"), "b", "up"]);
    assert!(words[0].len() == "2026-11-21T10:43:34Z".len() && words[0].ends_with('Z'), "{shown}");
    assert!(lines[1].contains("failed") && lines[1].contains(": revision b (up), statement 1 of 1"), "{shown}");
    assert!(lines[2].ends_with("done"), "{shown}");
    assert_eq!(lines[0].find("outcome"), lines[1].find("failed"), "columns stand under their heads: {shown}");
});

on_every_engine!(the_log_needs_no_files, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    project.run("upgrade heads").ok();
    std::fs::remove_dir_all(project.path().join("migrations")).expect("the folder goes");
    project.write("migrations/broken.sql", "no revision");
    assert_eq!(runs(&project.run("log --format json").ok().json()), [run("a", "up", "done")]);
});

/// An error may quote a statement with a URL in it.
#[test]
fn the_log_keeps_no_password() {
    crate::harness::play(crate::harness::Engine::Sqlite, |db| async move {
        let project = Project::with_models(db.url_text(), USERS);
        let sql = format!("SELECT 'postgres://me:{PASSWORD}@host/db' FROM nowhere;");
        revision(&project, "a", "", &sql, "");
        project.run("upgrade heads").code(2);
        for line in ["log", "log --format json"] {
            let shown = project.run(line).ok().says("nowhere").stdout;
            assert!(!shown.contains(PASSWORD), "{shown}");
        }
        let kept = db.rows("SELECT error FROM rungs_log").await;
        assert!(kept[0][0].contains("postgres://me@host/db"), "{kept:?}");
    });
}
