//! `--dry-run`: what would run is shown or rehearsed, and nothing stays.

use serde_json::json;

use crate::apply_support::tables;
use crate::bad_input::{refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::offline_support::{assert_same_state, project, state};
use crate::on_every_engine;

fn two(db: &TestDb) -> Project {
    let project = project(db);
    revision(&project, "a", "", "CREATE TABLE a (id INT PRIMARY KEY);\n\nINSERT INTO a\nVALUES (1);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "-- nothing");
    project
}

/// The tables of the user and of the ledger.
async fn all_tables(db: &TestDb) -> Vec<String> {
    let mut all = tables(db).await;
    let mut connection = db.connect().await;
    let dialect = db.dialect().await;
    if rungs::apply::Ledger::open(&mut connection, &*dialect).await.unwrap().exists(&mut connection).await.unwrap() {
        all.push("rungs_ledger".to_owned());
    }
    all
}

on_every_engine!(what_would_run_is_shown, |db| async move {
    let project = two(&db);
    let shown = project.run("upgrade heads --dry-run").ok();
    assert_eq!(
        shown.stdout,
        "would apply a: About a\n  migrations/a.sql:7\n    CREATE TABLE a (id INT PRIMARY KEY)\n  migrations/a.sql:9\n    INSERT INTO a\n    \
         VALUES (1)\nwould apply b: About b\n  migrations/b.sql:7\n    CREATE TABLE b (id INT)\nthe database would be at b\n"
            .replace(
                ": About a\n",
                if db.engine == Engine::Mysql { ": About a, statement by statement\n" } else { ": About a\n" }
            )
            .replace(
                ": About b\n",
                if db.engine == Engine::Mysql { ": About b, statement by statement\n" } else { ": About b\n" }
            )
    );
    assert_eq!(all_tables(&db).await, [""; 0]);
    assert_eq!(
        project.run("upgrade heads --dry-run --format json").ok().json(),
        json!({
            "steps": [
                {
                    "revision": "a",
                    "direction": "up",
                    "statements": [
                        { "line": 7, "sql": "CREATE TABLE a (id INT PRIMARY KEY)" },
                        { "line": 9, "sql": "INSERT INTO a\nVALUES (1)" },
                    ],
                },
                {
                    "revision": "b",
                    "direction": "up",
                    "statements": [{ "line": 7, "sql": "CREATE TABLE b (id INT)" }],
                },
            ],
            "heads": ["b"],
        })
    );
    project.run("upgrade heads").ok();
    project.run("upgrade heads --dry-run").ok().says("nothing to do: the database is at b");
    let down = project.run("downgrade base --dry-run --format json").ok().json();
    let statements = json!([{ "line": 13, "sql": "DROP TABLE a" }]);
    assert_eq!(
        down,
        json!({
            "steps": [
                { "revision": "b", "direction": "down", "statements": [] },
                { "revision": "a", "direction": "down", "statements": statements },
            ],
            "heads": [],
        })
    );
    project.run("downgrade a --dry-run").ok().says("would revert b").says("no statement").says("would be at a");
    assert_eq!(tables(&db).await, ["a", "b"]);
});

on_every_engine!(a_dry_run_refuses_what_a_run_refuses, |db| async move {
    let project = two(&db);
    project.run("upgrade heads").ok();
    revision(&project, "c", "\"b\"", "-- migrate:edit which?\nSELECT 1;", "");
    refuses(&project, "upgrade heads --dry-run", &["revision c waits for an edit: which?"]);
    refuses(&project, "upgrade a --dry-run --sql", &["--dry-run"]);
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    refuses(&project, "downgrade a --dry-run", &["revision b was edited after it was applied"]);
    refuses(&project, "upgrade nosuch --dry-run", &["nosuch"]);
    db.run(&["UPDATE rungs_ledger SET state = 'applying' WHERE revision = 'b'"]).await;
    refuses(&project, "upgrade b --dry-run", &["revision b is half applied"]);
});

on_every_engine!(a_rehearsal_leaves_nothing, |db| async move {
    let project = two(&db);
    if db.engine == Engine::Mysql {
        refuses(&project, "upgrade heads --dry-run=execute", &["commits each DDL statement by itself", "--dry-run"]);
        return;
    }
    let shown = project.run("upgrade heads --dry-run=execute").ok();
    assert!(shown.stdout.starts_with("applied and rolled back a: About a\n"), "{}", shown.stdout);
    assert!(shown.stdout.ends_with("the database would be at b\n"), "{}", shown.stdout);
    assert_eq!(all_tables(&db).await, [""; 0], "not even the ledger");
    let json = project.run("upgrade heads --dry-run=execute --format json").ok().json();
    assert_eq!(json["steps"][1]["executed"], json!(true));
    project.run("upgrade a").ok();
    let before = state(&db).await;
    project.run("upgrade heads --dry-run=execute").ok().says("rolled back b");
    project.run("downgrade base --dry-run=execute").ok().says("reverted and rolled back a");
    // An error shows as it would in a run.
    revision(&project, "c", "\"b\"", "CREATE TABLE c (id INT);\nINSERT INTO a VALUES (1);", "");
    let rehearsed = project.run("upgrade heads --dry-run=execute").code(2);
    assert_same_state(&before, &state(&db).await, "a rehearsal");
    assert_eq!(rehearsed.stdout, "");
    let real = project.run("upgrade heads").code(2);
    let first = |text: &str| text.lines().find(|line| line.starts_with("error")).expect("an error").to_owned();
    assert_eq!(first(&rehearsed.stderr), first(&real.stderr));
    assert!(rehearsed.stderr.contains("the whole run was rolled back"), "{}", rehearsed.stderr);
});

on_every_engine!(a_rehearsal_ends_before_what_cannot_be_rolled_back, |db| async move {
    if db.engine == Engine::Mysql {
        return;
    }
    let project = two(&db);
    let alone = "-- c\n--\n-- revision = \"c\"\n-- down_revision = [\"b\"]\n\n-- migrate:up transaction:false\nCREATE TABLE c (id INT);\n-- migrate:down\n";
    project.write("migrations/c.sql", alone);
    revision(&project, "d", "\"c\"", "CREATE TABLE d (id INT);", "");
    let shown = project.run("upgrade heads --dry-run=execute").ok().complains(
        "migrations/c.sql: revision c is not one transaction, so that it cannot be rolled back: it was not executed, and neither was \
         the one after it",
    );
    let first: Vec<&str> = shown.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(
        first,
        [
            "applied and rolled back a: About a",
            "applied and rolled back b: About b",
            "would apply c: c, statement by statement",
            "would apply d: About d",
            "the database would be at d",
        ]
    );
    assert_eq!(all_tables(&db).await, [""; 0]);
});

#[test]
fn a_dry_run_creates_no_file() {
    let project = crate::bad_input::project("");
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    for line in ["upgrade heads --dry-run", "upgrade heads --dry-run=execute"] {
        project.run(line).ok().says("CREATE TABLE a");
        assert!(!project.path().join("app.db").exists(), "{line}");
    }
}

#[test]
fn a_rehearsal_finds_what_a_commit_would_find() {
    play(Engine::Postgres, |db| async move {
        let project = project(&db);
        let deferred = "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1);";
        revision(&project, "a", "", &format!("{deferred}\nINSERT INTO p VALUES (1);"), "");
        revision(&project, "b", "\"a\"", "INSERT INTO c VALUES (2);\nINSERT INTO p VALUES (2);", "");
        project.run("upgrade heads --dry-run=execute").ok();
        revision(&project, "b", "\"a\"", "INSERT INTO c VALUES (2);", "");
        revision(&project, "c", "\"b\"", "INSERT INTO p VALUES (2);", "");
        refuses(&project, "upgrade heads --dry-run=execute", &["revision b (up) cannot be committed"]);
        assert_eq!(tables(&db).await, [""; 0]);
    });
}
