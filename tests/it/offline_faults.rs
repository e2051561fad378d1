//! What has no place in a script, and scripts beside other runners.

use std::time::Duration;

use serde_json::json;

use crate::bad_input::{refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb};
use crate::offline_support::{client, finish, project, start};
use crate::on_every_engine;

/// A project whose server nobody can reach.
fn far(url: &str) -> Project {
    let project = Project::with_models(url, "");
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    project
}

#[test]
fn no_database_is_asked() {
    for (url, words) in [
        ("postgres://me:S3cretWord@127.0.0.1:1/app", "\\set ON_ERROR_STOP on"),
        ("mysql://me:S3cretWord@127.0.0.1:1/app", "GET_LOCK"),
        ("mariadb://me:S3cretWord@127.0.0.1:1/app", "GET_LOCK"),
        ("sqlite:///no/such/folder/app.db", ".bail on"),
    ] {
        let project = far(url);
        for line in [
            "upgrade heads --sql",
            "upgrade a:b --sql",
            "upgrade a:+1 --sql",
            "downgrade heads:base --sql",
            "downgrade b:-1 --sql",
        ] {
            let ran = project.run(line).ok().says(words).says("TABLE b");
            assert_eq!(ran.stderr, "", "{line}");
            assert!(!ran.stdout.contains("S3cretWord"));
            assert_eq!(project.run(line).ok().stdout, ran.stdout, "the same script each time");
        }
        let json = project.run("upgrade heads --sql --format json").ok().json();
        assert_eq!(json, json!({ "sql": project.run("upgrade heads --sql").ok().stdout }));
        project.run("upgrade b:heads --sql").ok().complains("nothing to do from b to heads");
    }
}

#[test]
fn the_engine_can_be_named() {
    let project = Project::empty();
    project.write("migrate.toml", "migrations = \"migrations\"\n");
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    project.run("upgrade heads --sql --dialect sqlite").ok().says(".bail on");
    project.run("upgrade heads --sql --dialect postgres").ok().says("psql");
    project.run("upgrade heads --sql --dialect mysql").ok().says("for MySQL").says("mysql --comments");
    project.run("upgrade heads --sql --dialect mariadb").ok().says("mariadb --comments");
    refuses(&project, "upgrade heads --sql", &["no database is configured"]);
    project.run("upgrade heads --sql --dialect oracle").code(2).complains("write sqlite, postgres, mysql or mariadb");
    project.run("upgrade heads --dialect sqlite").code(2).complains("--sql");
}

#[test]
fn a_script_says_from_where_to_where() {
    let project = far("sqlite://app.db");
    let from_where = "no database is asked what is to be reverted";
    refuses(&project, "downgrade base --sql", &[from_where, "migrate downgrade heads:base --sql"]);
    refuses(&project, "downgrade :a --sql", &[from_where, "heads:a"]);
    for line in ["upgrade +1 --sql", "upgrade current:b --sql", "upgrade +1:b --sql", "downgrade current:base --sql"] {
        refuses(&project, line, &["no database is asked what is applied", "name the revision that the database is at"]);
    }
    refuses(&project, "upgrade b:a --sql", &["b comes after a", "migrate downgrade b:a --sql"]);
    refuses(&project, "upgrade nosuch:b --sql", &["nosuch"]);
    refuses(&project, "downgrade a:b --sql", &["`b`"]);
    refuses(&project, "upgrade a:b", &["a run begins where the database is", "migrate upgrade b", "--sql"]);
    refuses(&project, "downgrade b:a", &["a run begins where the database is", "migrate downgrade a"]);
}

#[test]
fn what_may_not_run_is_in_no_script() {
    let project = far("sqlite://app.db");
    project.write("migrations/c.sql", "-- c\n--\n-- revision = \"c\"\n-- down_revision = [\"b\"]\n\n-- migrate:up\n-- migrate:edit which value?\nSELECT 1;\n-- migrate:down irreversible the rows are gone\n");
    refuses(
        &project,
        "upgrade heads --sql",
        &["refused before anything ran", "revision c waits for an edit: which value?"],
    );
    refuses(&project, "downgrade heads:base --sql", &["revision c cannot be reverted: the rows are gone"]);
    project.write("migrations/c.sql", "-- c\n--\n-- revision = \"c\"\n-- down_revision = [\"b\"]\n\n-- migrate:up dialect:postgres\nSELECT 1;\n-- migrate:down\n");
    refuses(&project, "upgrade heads --sql", &["revision c has no `migrate:up` for sqlite"]);
    let project = far("mysql://127.0.0.1:1/app");
    revision(&project, "c", "\"b\"", "USE other;\nCREATE TABLE t (id INT);", "");
    refuses(&project, "upgrade heads --sql", &["migrations/c.sql:7", "cannot be in a script", "another database"]);
    project.run("upgrade b --sql").ok();
}

/// Whether a runner has the lock.
async fn is_held(db: &TestDb) -> bool {
    let sql = match db.engine {
        Engine::Postgres => {
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = \
             (SELECT oid FROM pg_database WHERE datname = current_database())"
        }
        _ => "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'SELECT SLEEP%'",
    };
    db.rows(sql).await[0][0] != "0"
}

on_every_engine!(a_script_and_a_run_do_not_meet, |db| async move {
    if db.engine == Engine::Sqlite {
        let project = far(db.url_text());
        let script = project.run("upgrade heads --sql --lock-wait 0").ok().stdout;
        client(
            &db,
            &script.lines().take_while(|line| !line.starts_with("-- revision b")).collect::<Vec<_>>().join("\n"),
        )
        .ok();
        let mut connection = db.connect().await;
        connection.execute("BEGIN IMMEDIATE").await.unwrap();
        let script = project.run("upgrade a:b --sql --lock-wait 0").ok().stdout;
        let ran = client(&db, &script);
        assert!(ran.code != 0 && ran.stderr.contains("database is locked"), "{}", ran.stderr);
        connection.execute("ROLLBACK").await.unwrap();
        client(&db, &script).ok();
        return;
    }
    let sleep = if db.engine == Engine::Postgres { "SELECT pg_sleep(4);" } else { "SELECT SLEEP(4);" };
    let project = project(&db);
    revision(&project, "a", "", sleep, "");
    revision(&project, "b", "\"a\"", sleep, "");
    let script = project.run("upgrade b --sql --lock-wait 0").ok().stdout;
    let a_alone = project.run("upgrade a --sql").ok().stdout;
    // A run keeps a script out.
    let online = project.start("upgrade a");
    while !is_held(&db).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ran = client(&db, &script);
    assert_ne!(ran.code, 0, "{script}");
    assert!(ran.stderr.contains("another runner is at work on this database"), "{}", ran.stderr);
    online.finish().ok();
    project.run("downgrade base").ok();
    // And a script keeps a run out, until it ends.
    let offline = start(&db, &a_alone);
    while !is_held(&db).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    project.run("upgrade heads --lock-wait 0").code(2).complains("another runner is at work on this database");
    finish(offline).ok();
    project.run("upgrade heads").ok();
    assert_eq!(
        db.rows("SELECT revision, outcome FROM rungs_log WHERE direction = 'up' ORDER BY id").await.len(),
        3,
        "a twice, b once"
    );
});
