//! The shapes that programs rely on.

use serde_json::{Value, json};

use crate::bad_input::{USERS, revision};
use crate::command::Project;
use crate::on_every_engine;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn ids(revisions: &Value) -> Vec<&str> {
    revisions.as_array().expect("a list").iter().map(|one| one["revision"].as_str().expect("an id")).collect()
}

fn steps(value: &Value) -> Vec<(&str, &str)> {
    assert_eq!(keys(value), ["steps", "heads"]);
    let steps = value["steps"].as_array().expect("a list");
    for step in steps {
        assert_eq!(keys(step), ["revision", "direction", "duration_ms"]);
        assert!(step["duration_ms"].is_u64(), "{step}");
    }
    steps
        .iter()
        .map(|one| (one["revision"].as_str().expect("an id"), one["direction"].as_str().expect("a word")))
        .collect()
}

on_every_engine!(runs_and_what_is_applied, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    assert_eq!(project.run("current --format json").ok().json(), json!({ "heads": [], "applied": [] }));
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    let up = project.run("upgrade heads --format json").ok().json();
    assert_eq!(steps(&up), [("a", "up"), ("b", "up")]);
    assert_eq!(up["heads"], json!(["b"]));
    assert_eq!(project.run("current --format json").ok().json(), json!({ "heads": ["b"], "applied": ["a", "b"] }));
    assert_eq!(project.run("upgrade heads --format json").ok().json(), json!({ "steps": [], "heads": ["b"] }));
    let down = project.run("downgrade base --format json").ok().json();
    assert_eq!(steps(&down), [("b", "down"), ("a", "down")]);
    assert_eq!(down["heads"], json!([]));
});

#[test]
fn revisions_are_listed_newest_first() {
    let project = crate::bad_input::project(USERS);
    assert_eq!(project.run("heads --format json").ok().json(), json!({ "revisions": [] }));
    assert_eq!(project.run("history --format json").ok().json(), json!({ "revisions": [] }));
    revision(&project, "a", "", "", "");
    revision(&project, "b", "\"a\"", "SELECT 1;", "SELECT 2;");
    project.write("migrations/c.sql", "-- About c\n--\n-- revision = \"c\"\n-- down_revision = [\"a\"]\n-- branch_labels = [\"plugin\"]\n-- depends_on = [\"b\"]\n-- created = 2026-11-20T12:00:00Z\n\n-- migrate:up\n-- migrate:down\n");
    let history = project.run("history --format json").ok().json();
    assert_eq!(keys(&history), ["revisions"]);
    assert_eq!(ids(&history["revisions"]), ["c", "b", "a"]);
    assert_eq!(
        history["revisions"][0],
        json!({
            "revision": "c", "down_revision": ["a"], "branch_labels": ["plugin"], "depends_on": ["b"],
            "message": "About c", "created": "2026-11-20T12:00:00Z", "path": "migrations/c.sql",
        })
    );
    assert_eq!(history["revisions"][2]["created"], Value::Null);
    let heads = project.run("heads --format json").ok().json();
    assert_eq!(keys(&heads), ["revisions"]);
    assert_eq!(keys(&heads["revisions"][0]), keys(&history["revisions"][0]));
    let shown = project.run("show b --format json").ok().json();
    assert_eq!(ids(&shown["revisions"]), ["b"]);
    assert_eq!(keys(&shown["revisions"][0]), keys(&history["revisions"][0]));
    let shown = project.run("show b --sql --format json").ok().json();
    assert_eq!(shown["revisions"][0]["up"].as_str().map(str::trim), Some("SELECT 1;"));
}

#[test]
fn one_answer_a_run() {
    let project = crate::bad_input::project(USERS);
    let sql = project.run("autogenerate -m first --sql --format json").ok().json();
    assert!(sql["sql"].as_str().is_some_and(|sql| sql.contains("CREATE TABLE")), "{sql}");
    let check = project.run("check --format json").code(1).json();
    assert_eq!(keys(&check), ["differences", "pending", "edited", "unknown", "overlaps", "doubts", "likely_renames"]);
    let made = project.run("autogenerate -m first --apply --format json").ok().json();
    assert_eq!(keys(&made), ["differences", "revision", "path", "revisions", "steps", "heads"]);
    let one = json!({
        "revision": made["revision"], "path": made["path"], "branch": null, "depends_on": [],
        "differences": made["differences"],
    });
    assert_eq!(made["revisions"], json!([one]));
    assert_eq!(made["heads"], json!([made["revision"]]));
    let again = project.run("autogenerate -m again --format json").ok().json();
    assert_eq!(again, json!({ "differences": [], "revision": null, "path": null, "revisions": [] }));
    let made = project.run("revision -m empty --format json").ok().json();
    assert_eq!(keys(&made), ["revision", "path"]);
    assert_eq!(project.run("diff --from empty --to empty --format json").ok().json(), json!({ "sql": "" }));
    let models = project.run("models --from db --format json").ok().json();
    assert!(models["models"].as_str().is_some_and(|text| text.contains("pub struct")), "{models}");
}

#[test]
fn no_colour_where_nobody_looks() {
    let project = crate::bad_input::project("broken {");
    let ran = project.run("check").code(2);
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
}

on_every_engine!(each_event_of_a_run_is_a_line, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);\nINSERT INTO a VALUES (1);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "SELECT * FROM nowhere;", "");
    let lines = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    };
    let words = |lines: &[Value]| -> Vec<String> {
        lines.iter().map(|line| line["event"].as_str().unwrap_or("error").to_owned()).collect()
    };
    let up = lines(&project.run("upgrade a --events --format json").ok().stdout);
    assert_eq!(words(&up), ["started", "statement", "statement", "finished", "done"]);
    assert_eq!(keys(&up[0]), ["event", "revision", "direction", "message", "path", "statements"]);
    assert_eq!(up[2]["sql"], "INSERT INTO a VALUES (1)");
    assert_eq!(keys(&up[4]), ["event", "steps", "heads"]);
    assert_eq!(up[4]["heads"], json!(["a"]));
    // A run that fails ends with what went wrong.
    let failed = lines(&project.run("upgrade b --events --format json").code(2).stdout);
    assert_eq!(words(&failed), ["started", "statement", "error"]);
    assert_eq!(failed[2]["error"]["code"], "apply::statement");
    project.run("upgrade b --events").code(2).complains("add `--format json`");
});
