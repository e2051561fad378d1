//! Steps for data in scripts: what a script leaves is what a run leaves.

use rungs::schema::DialectName;

use crate::bad_input::refuses;
use crate::data_support::{one, project, revision};
use crate::harness::{Engine, TestDb, play_two};
use crate::offline_support::{assert_same_state, client, state};
use crate::on_every_engine;

const TABLE: &str = "\nCREATE TABLE c (id INT PRIMARY KEY, text VARCHAR(40) NOT NULL, yes BOOLEAN);\n";

fn loads(db: &TestDb) -> crate::command::Project {
    let project = project(db);
    project.write("migrations/c.csv", "id,text\n1,\"it's \\ ä\n; :x $$\"\n2,b\n3,c\n");
    project.write(
        "migrations/d.jsonl",
        "{\"yes\": true, \"id\": 3, \"text\": \"C\"}\n{\"id\": 4, \"yes\": null, \"text\": \"\\\"\"}\n",
    );
    project.write("migrations/e.csv", "text,id\nB,2\n");
    let marker = |file: &str, mode: &str| format!("-- migrate:load file:{file} table:c key:id mode:{mode}\n");
    revision(&project, "a", "", &format!("{TABLE}{}", marker("c.csv", "insert")), "\nDROP TABLE c;");
    revision(
        &project,
        "b",
        "a",
        &format!("transaction:false\n{}UPDATE c SET yes = yes;", marker("d.jsonl", "upsert")),
        &format!("\n{}", marker("c.csv", "upsert")),
    );
    revision(&project, "c", "b", &format!("\n{}", marker("e.csv", "update")), "");
    project
}

fn both_ways(engine: Engine) {
    play_two(engine, |online, offline| async move {
        let project = loads(&online);
        let script = project.run("upgrade heads --sql").ok().stdout;
        project.run("upgrade heads").ok();
        client(&offline, &script).ok();
        assert_same_state(&state(&online).await, &state(&offline).await, &script);
        assert_eq!(one(&offline, "SELECT text FROM c WHERE id = 1").await, "it's \\ ä\n; :x $$");
        let script = project.run("downgrade heads:a --sql").ok().stdout;
        project.run("downgrade a").ok();
        client(&offline, &script).ok();
        assert_same_state(&state(&online).await, &state(&offline).await, &script);
    });
}

#[test]
fn sqlite_loads_by_script() {
    both_ways(Engine::Sqlite);
}

#[test]
fn postgres_loads_by_script() {
    both_ways(Engine::Postgres);
}

#[test]
fn mysql_loads_by_script() {
    both_ways(Engine::Mysql);
}

on_every_engine!(a_script_stops_at_rows_that_cannot_be_loaded, |db| async move {
    let project = project(&db);
    let marker = |mode: &str| format!("{TABLE}-- migrate:load file:c.csv table:c key:id mode:{mode}\n");
    for (mode, text, reason) in [
        ("insert", "id,text\n1,a\n1,b\n", "a key stands in migrations/c.csv twice"),
        ("update", "id,text\n1,a\n", "mode:update adds none"),
        ("insert", "id,text\n1,\n", ""),
    ] {
        project.write("migrations/c.csv", text);
        revision(&project, "a", "", &marker(mode), "");
        let ran = client(&db, &project.run("upgrade heads --sql").ok().stdout);
        assert_ne!(ran.code, 0, "it should stop: {reason}");
        assert!(ran.stderr.contains(reason), "{}", ran.stderr);
        if db.engine == Engine::Mysql {
            assert_eq!(one(&db, "SELECT count(*) FROM c").await, "0");
            db.run(&["DROP TABLE c, rungs_ledger, rungs_log"]).await;
        }
    }
    project.write("migrations/c.csv", "id,text\n,a\n");
    refuses(&project, "upgrade heads --sql", &["migrations/c.csv:2: its key `id` is NULL"]);
});

on_every_engine!(a_batch_is_a_loop_where_the_engine_has_one, |db| async move {
    db.run(&["CREATE TABLE t (id INT PRIMARY KEY, x INT)", "INSERT INTO t (id) VALUES (1), (2), (3), (4), (5)"]).await;
    let project = project(&db);
    let sql = "UPDATE t SET x = id WHERE id IN (SELECT id FROM (SELECT id FROM t WHERE x IS NULL LIMIT 2) AS few);";
    let up = format!("transaction:false\n-- migrate:batch pause:1ms\n{sql}\nCREATE TABLE after (id INT);");
    revision(&project, "a", "", &up, "");
    let is_mariadb = db.connect().await.version().name == DialectName::Mariadb;
    let line = match db.engine {
        Engine::Sqlite => {
            return drop(refuses(&project, "upgrade heads --sql", &["migrations/a.sql:8", "SQLite has no loops"]));
        }
        Engine::Mysql if is_mariadb => "upgrade heads --sql --dialect mariadb",
        Engine::Mysql => "upgrade heads --sql --dialect mysql",
        Engine::Postgres => "upgrade heads --sql",
    };
    client(&db, &project.run(line).ok().stdout).ok();
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id").await, "5");
    assert_eq!(one(&db, "SELECT state FROM rungs_ledger").await, "applied");
    project.run("current --check-heads").ok();
    if db.engine == Engine::Mysql {
        let routines = "SELECT count(*) FROM information_schema.routines WHERE routine_schema = DATABASE()";
        assert_eq!(one(&db, routines).await, "0");
    }
});
