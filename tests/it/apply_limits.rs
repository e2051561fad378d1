//! Locks that others hold, and statements that take too long.

use std::time::{Duration, Instant};

use rungs::db::Connection;

use crate::bad_input::revision;
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

/// A table with a row, and a revision that changes both.
async fn project(db: &TestDb) -> Project {
    db.run(&["CREATE TABLE t (n INT NOT NULL)", "INSERT INTO t VALUES (1)"]).await;
    let project = Project::with_models(db.url_text(), "");
    let up = "UPDATE t SET n = n + 10;\nALTER TABLE t ADD COLUMN note VARCHAR(20);\nUPDATE t SET n = n + 100;";
    revision(&project, "a", "", up, "ALTER TABLE t DROP COLUMN note;\nUPDATE t SET n = n - 110;");
    project
}

/// Another session that has read from the table and not ended its transaction.
async fn reader(db: &TestDb) -> Connection {
    let mut other = db.connect().await;
    other.execute("BEGIN").await.unwrap();
    other.query("SELECT n FROM t").await.unwrap();
    other
}

fn on_servers(scenario: fn(TestDb) -> futures_util::future::BoxFuture<'static, ()>) {
    for engine in [Engine::Postgres, Engine::Mysql] {
        play(engine, scenario);
    }
}

#[test]
fn what_waits_for_a_lock_is_tried_again_until_it_is_released() {
    on_servers(|db| {
        Box::pin(async move {
            let project = project(&db).await;
            let other = reader(&db).await;
            let started = project.start("upgrade heads --lock-timeout 1s --retries 20");
            tokio::time::sleep(Duration::from_millis(2_500)).await;
            other.close().await.unwrap();
            let ran = started.finish().ok();
            assert!(ran.stderr.contains("trying again in ") && ran.stderr.contains("(1 of 20)"), "{}", ran.stderr);
            assert_eq!(db.rows("SELECT n FROM t").await, [["111"]]);
            project.run("downgrade base").ok();
            assert_eq!(db.rows("SELECT n FROM t").await, [["1"]]);
        })
    });
}

#[test]
fn a_lock_that_is_never_released_is_told_with_who_holds_it() {
    on_servers(|db| {
        Box::pin(async move {
            let project = project(&db).await;
            let mut other = reader(&db).await;
            let ran = project.run("upgrade heads --lock-timeout 200ms --retries 1").code(2);
            let ran =
                ran.complains("a.sql:").complains("it was tried 2 times").complains("`--lock-timeout` (200ms now)");
            assert!(ran.stderr.contains("the oldest transactions that are open now: session "), "{}", ran.stderr);
            other.execute("ROLLBACK").await.unwrap();
            other.close().await.unwrap();
            assert!(matches!(db.rows("SELECT n FROM t").await[0][0].as_str(), "1" | "11"));
        })
    });
}

#[test]
fn postgres_nothing_of_the_attempts_stays() {
    play(Engine::Postgres, |db| async move {
        let project = project(&db).await;
        let other = reader(&db).await;
        project
            .run("upgrade heads --lock-timeout 100ms --retries 2")
            .code(2)
            .complains("whole revision was rolled back");
        assert_eq!(db.rows("SELECT n FROM t").await, [["1"]]);
        assert_eq!(project.run("current --format json").ok().json()["applied"], serde_json::json!([]));
        other.close().await.unwrap();
        project.run("upgrade heads").ok();
        assert_eq!(db.rows("SELECT n FROM t").await, [["111"]]);
    });
}

#[test]
fn postgres_an_index_that_is_built_concurrently_waits_for_as_long_as_it_must() {
    play(Engine::Postgres, |db| async move {
        db.run(&["CREATE TABLE t (n INT NOT NULL)"]).await;
        let project = Project::with_models(db.url_text(), "");
        revision(&project, "a", "", "", "");
        let path = "migrations/a.sql";
        let text = std::fs::read_to_string(project.path().join(path)).unwrap();
        let up = "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY ix ON t (n);\n\
                  SELECT set_config('app.limit', current_setting('lock_timeout'), false);\n\
                  CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS value;\n";
        project.write(path, &text.replace("-- migrate:up\n", up));
        let mut other = db.connect().await;
        other.execute("BEGIN").await.unwrap();
        other.execute("INSERT INTO t VALUES (1)").await.unwrap();
        let started = project.start("upgrade heads --lock-timeout 300ms --retries 0");
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        other.execute("COMMIT").await.unwrap();
        started.finish().ok();
        assert_eq!(db.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix'::regclass").await, [["t"]]);
        assert_eq!(db.rows("SELECT value FROM seen").await, [["300ms"]]);
    });
}

/// A statement that runs for about half a minute.
fn slow(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => {
            "INSERT INTO t WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000000) \
             SELECT count(*) FROM c;"
        }
        Engine::Postgres => "INSERT INTO t SELECT 7 FROM pg_sleep(30);",
        Engine::Mysql => "INSERT INTO t SELECT sleep(30) + n FROM t;",
    }
}

on_every_engine!(a_statement_may_run_for_so_long_and_no_longer, |db| async move {
    db.run(&["CREATE TABLE t (n INT NOT NULL)", "INSERT INTO t VALUES (1)"]).await;
    let project = Project::with_models(db.url_text(), "");
    revision(&project, "a", "", slow(db.engine), "");
    let begin = Instant::now();
    let ran = project.run("upgrade heads --statement-timeout 500ms").code(2);
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    ran.complains("a.sql:").complains("it ran for longer than statement_timeout allows");
    assert_eq!(db.rows("SELECT n FROM t").await, [["1"]]);
});

on_every_engine!(what_a_section_says_wins_and_holds_for_it_alone, |db| async move {
    db.run(&["CREATE TABLE t (n INT NOT NULL)", "INSERT INTO t VALUES (1)"]).await;
    let project = Project::with_models(db.url_text(), "");
    revision(&project, "a", "", "INSERT INTO t VALUES (2);", "DELETE FROM t WHERE n = 2;");
    revision(&project, "b", "\"a\"", slow(db.engine), "");
    let path = "migrations/b.sql";
    let text = std::fs::read_to_string(project.path().join(path)).unwrap();
    project.write(path, &text.replace("-- migrate:up\n", "-- migrate:up statement_timeout:400ms lock_timeout:2s\n"));
    let begin = Instant::now();
    project.run("upgrade heads --statement-timeout 10min").code(2).complains("b.sql:").complains("statement_timeout");
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    assert_eq!(db.rows("SELECT n FROM t ORDER BY n").await, [["1"], ["2"]]);
    project.write(path, &text.replace("-- migrate:up\n", "-- migrate:up lock_timeout:5\n"));
    project
        .run("heads")
        .code(2)
        .complains("b.sql:")
        .complains("`lock_timeout:5` is no time")
        .complains("500ms, 5s, 10min");
});

#[test]
fn the_configuration_says_how_long_and_the_command_line_wins() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (n INT NOT NULL)"]).await;
        let project = Project::with_models(db.url_text(), "");
        revision(&project, "a", "", slow(Engine::Sqlite), "");
        let configured = std::fs::read_to_string(project.path().join("migrate.toml")).unwrap();
        project.write("migrate.toml", &format!("{configured}\n[apply]\nstatement_timeout = \"300ms\"\n"));
        project.run("upgrade heads").code(2).complains("statement_timeout");
        let wrong = format!("{configured}\n[apply]\nlock_timeout = \"soon\"\n");
        let line = wrong.lines().count();
        project.write("migrate.toml", &wrong);
        project
            .run("upgrade heads")
            .code(2)
            .complains(&format!("migrate.toml:{line}"))
            .complains("\"soon\" is no time");
        let env = format!(
            "{configured}\n[apply]\nstatement_timeout = \"1h\"\n[env.ci.apply]\nstatement_timeout = \"300ms\"\n"
        );
        project.write("migrate.toml", &env);
        project.run("--env ci upgrade heads").code(2).complains("statement_timeout");
        project
            .run_with(&[("MIGRATE_STATEMENT_TIMEOUT", "200ms")], "upgrade heads")
            .code(2)
            .complains("statement_timeout");
        revision(&project, "a", "", "INSERT INTO t VALUES (1);", "");
        project.run("--env ci upgrade heads --statement-timeout 1min").ok();
    });
}
