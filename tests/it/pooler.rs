//! PostgreSQL behind a proxy that gives each transaction another session.

use std::time::Duration;

use crate::bad_input::{USERS, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::pooler_proxy::{Pick, start};

/// What any client of the pool would find set in its sessions.
const SETTINGS: &str = "SELECT current_setting('lock_timeout') || ' ' || current_setting('search_path')";

/// How many runners have the lock.
const HELD: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND \
                    database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A revision b that is no transaction.
fn by_statement(project: &Project, up: &str) {
    revision(project, "b", "\"a\"", up, "DROP INDEX a_id;");
    let text = std::fs::read_to_string(project.path().join("migrations/b.sql")).expect("a file");
    project.write("migrations/b.sql", &text.replace("-- migrate:up\n", "-- migrate:up transaction:false\n"));
}

#[test]
fn revisions_run_through_a_pool_and_leave_nothing_in_its_sessions() {
    play(Engine::Postgres, |db| async move {
        let url = start(db.url_text(), 3, Pick::Oldest);
        let project = Project::with_models(&url, USERS);
        let up = "SET search_path = pg_catalog;\nCREATE TABLE public.a (id int);";
        revision(&project, "a", "", up, "DROP TABLE a;");
        by_statement(&project, "INSERT INTO a VALUES (1);\nCREATE INDEX CONCURRENTLY a_id ON a (id);");
        project.run("upgrade heads --lock-timeout 7s").ok();
        assert_eq!(db.rows("SELECT id FROM a").await, [["1"]]);
        for _ in 0..4 {
            let mut connection =
                rungs::db::Connection::open(&rungs::db::DatabaseUrl::parse(&url).unwrap()).await.unwrap();
            let rows = connection.query(SETTINGS).await.unwrap();
            assert_eq!(rows[0].values()[0].as_deref(), Some("0 \"$user\", public"));
        }
        project.run("check").code(1);
        project.run("downgrade base").ok();
        assert_eq!(db.rows(HELD).await, [["0"]]);
    });
}

#[test]
fn a_limit_holds_within_a_transaction_of_the_pool() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(&start(db.url_text(), 2, Pick::Oldest), USERS);
        let up = "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS value;";
        revision(&project, "a", "", up, "DROP TABLE seen;");
        project.run("upgrade heads --lock-timeout 7s").ok();
        assert_eq!(db.rows("SELECT value FROM seen").await, [["7s"]]);
    });
}

/// Waits until a runner has the lock.
async fn until_locked(db: &TestDb) {
    for _ in 0..600 {
        if db.rows(HELD).await != [["0"]] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody takes the lock");
}

#[test]
fn a_runner_behind_the_pool_and_one_at_the_server_keep_each_other_out() {
    play(Engine::Postgres, |db| async move {
        let pooled = Project::with_models(&start(db.url_text(), 4, Pick::Oldest), USERS);
        let direct = Project::with_models(db.url_text(), USERS);
        for project in [&pooled, &direct] {
            revision(project, "a", "", "SELECT pg_sleep(5);\nCREATE TABLE a (id int);", "DROP TABLE a;");
        }
        for (first, second) in [(&pooled, &direct), (&direct, &pooled)] {
            let running = first.start("upgrade heads");
            until_locked(&db).await;
            second.run("upgrade heads --lock-wait 0").code(2).complains("another runner is at work");
            running.finish().ok();
            second.run("upgrade heads").ok();
            second.run("downgrade base").ok();
        }
        // Two behind the same pool.
        let running = pooled.start("upgrade heads");
        until_locked(&db).await;
        pooled.run("upgrade heads --lock-wait 0").code(2).complains("another runner is at work");
        pooled.run("upgrade heads").ok();
        running.finish().ok();
        assert_eq!(db.rows("SELECT count(*) FROM rungs_log WHERE direction = 'up'").await, [["3"]]);
    });
}

#[test]
fn what_stands_on_a_session_is_refused_before_anything_runs() {
    play(Engine::Postgres, |db| async move {
        for (sessions, pick) in (2..=5).flat_map(|sessions| [(sessions, Pick::Oldest), (sessions, Pick::Latest)]) {
            let project = Project::with_models(&start(db.url_text(), sessions, pick), USERS);
            revision(&project, "a", "", "CREATE TABLE a (id int);", "DROP TABLE a;");
            by_statement(&project, "SET search_path = other;\nCREATE INDEX CONCURRENTLY a_id ON a (id);");
            let ran = project.run("upgrade heads").code(2);
            ran.complains("revision b: SET SEARCH_PATH").complains("connect to the server itself");
            assert_eq!(db.rows("SELECT count(*) FROM pg_class WHERE relname = 'a'").await, [["0"]]);
        }
    });
}

#[test]
fn a_lock_that_is_lost_stops_the_run_before_the_next_revision() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(&start(db.url_text(), 4, Pick::Oldest), USERS);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND \
                   database = (SELECT oid FROM pg_database WHERE datname = current_database());";
        revision(&project, "a", "", &format!("CREATE TABLE a (id int);\n{end}"), "DROP TABLE a;");
        revision(&project, "b", "\"a\"", "CREATE TABLE b (id int);", "DROP TABLE b;");
        project.run("upgrade heads").code(2).complains("the lock that keeps other runners out was lost");
        assert_eq!(db.rows("SELECT revision FROM rungs_ledger").await, [["a"]]);
        project.run("upgrade heads").ok();
        assert_eq!(db.rows("SELECT revision FROM rungs_ledger ORDER BY 1").await, [["a"], ["b"]]);
    });
}
