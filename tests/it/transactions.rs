//! `--transaction`: how much of a run is all or nothing.

use crate::apply_support::{ledger, log, tables};
use crate::bad_input::{refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play_two};
use crate::offline_support::{assert_same_state, client, project, state};
use crate::on_every_engine;

fn three(db: &TestDb, last: &str) -> Project {
    let project = project(db);
    revision(&project, "a", "", "CREATE TABLE a (id INT);\nINSERT INTO a VALUES (1);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    revision(&project, "c", "\"b\"", &format!("CREATE TABLE c (id INT);\n{last}"), "DROP TABLE c;");
    project
}

on_every_engine!(a_run_that_is_one_transaction_is_all_or_nothing, |db| async move {
    let project = three(&db, "SELECT nonsense FROM nowhere;");
    if db.engine == Engine::Mysql {
        refuses(
            &project,
            "upgrade heads --transaction all",
            &["commits each DDL statement by itself", "--transaction all"],
        );
        assert_eq!(tables(&db).await, [""; 0]);
        return;
    }
    let failed = project.run("upgrade heads --transaction all").code(2).complains("the whole run was rolled back");
    assert!(!failed.stderr.contains("applied"), "nothing is applied: {}", failed.stderr);
    assert!(failed.stderr.contains("c.sql"), "{}", failed.stderr);
    assert_eq!(tables(&db).await, [""; 0]);
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
    assert_eq!(log(&db).await, [["c", "up", "failed"]]);
    project.run("current --format json").ok().says("\"applied\": []");

    let project = three(&db, "");
    let up = project.run("upgrade heads --transaction all").ok();
    assert_eq!(up.stderr.lines().filter(|line| line.starts_with("applied ")).count(), 3);
    assert_eq!(tables(&db).await, ["a", "b", "c"]);
    assert_eq!(ledger(&db).await.len(), 3);
    let moments = db.rows("SELECT revision FROM rungs_ledger ORDER BY applied_at").await;
    assert_eq!(moments, [["a"], ["b"], ["c"]]);

    revision(&project, "d", "\"c\"", "CREATE TABLE d (id INT);", "DROP TABLE d;\nDROP TABLE nowhere;");
    project.run("upgrade heads --transaction all").ok();
    db.run(&["DELETE FROM rungs_log WHERE outcome = 'failed'"]).await;
    let before = state(&db).await;
    project.run("downgrade base --transaction all").code(2).complains("the whole run was rolled back");
    db.run(&["DELETE FROM rungs_log WHERE outcome = 'failed'"]).await;
    assert_same_state(&before, &state(&db).await, "a downgrade that fails");
    project.run("downgrade a --transaction all").code(2);
    db.run(&["CREATE TABLE nowhere (id INT)"]).await;
    project.run("downgrade base --transaction all").ok();
    assert_eq!(tables(&db).await, [""; 0]);
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
});

on_every_engine!(a_revision_that_is_no_transaction_is_in_the_way, |db| async move {
    if db.engine == Engine::Mysql {
        return;
    }
    let project = three(&db, "");
    let alone = "-- d\n--\n-- revision = \"d\"\n-- down_revision = [\"c\"]\n\n-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\n";
    project.write("migrations/d.sql", alone);
    let words = ["refused before anything ran", "d.sql:6: revision d is not one transaction (`transaction:false`)"];
    refuses(&project, "upgrade heads --transaction all", &words);
    refuses(&project, "upgrade heads --transaction all --sql", &words);
    refuses(&project, "upgrade heads --transaction all --dry-run", &words);
    assert_eq!(tables(&db).await, [""; 0]);
    project.run("upgrade c --transaction all").ok();
    project.run("upgrade heads").ok();
});

on_every_engine!(without_transactions_each_statement_stays, |db| async move {
    let project = three(&db, "INSERT INTO a VALUES (2);\nSELECT nonsense FROM nowhere;");
    project.run("upgrade heads --transaction none").code(2).complains("statements 1 to 2 ran and stay");
    assert_eq!(tables(&db).await, ["a", "b", "c"]);
    let expected = [["a", "applied", "2", "2"], ["b", "applied", "1", "1"], ["c", "applying", "2", "3"]];
    assert_eq!(ledger(&db).await, expected);
});

on_every_engine!(the_project_may_say_it, |db| async move {
    let project = three(&db, "SELECT nonsense FROM nowhere;");
    project.write("migrate.toml", "models = [\"models.rs\"]\n[apply]\ntransaction = \"none\"\n");
    project.run("upgrade heads").code(2).complains("statement 1 ran and stays");
    project.write("migrate.toml", "models = [\"models.rs\"]\n\n[apply]\ntransaction = \"never\"\n");
    project
        .run("upgrade heads")
        .code(2)
        .complains("migrate.toml:4: unknown variant `never`, expected one of `all`, `revision`, `none`");
    if db.engine != Engine::Mysql {
        db.run(&["DROP TABLE a", "DROP TABLE b", "DROP TABLE c", "DROP TABLE rungs_ledger"]).await;
        project.write("migrate.toml", "models = [\"models.rs\"]\n[apply]\ntransaction = \"all\"\n");
        project.run("upgrade heads").code(2);
        assert_eq!(tables(&db).await, [""; 0]);
        project.run("upgrade heads --transaction revision").code(2);
        assert_eq!(tables(&db).await, ["a", "b"], "the command line wins");
    }
});

fn scripts_follow(engine: Engine, words: &'static [&'static str]) {
    for word in words {
        play_two(engine, |online, offline| async move {
            let project = three(&online, "");
            let line = format!("upgrade heads --transaction {word}");
            let script = project.run(&format!("{line} --sql")).ok().stdout;
            client(&offline, &script).ok();
            project.run(&line).ok();
            assert_same_state(&state(&online).await, &state(&offline).await, &script);
            let line = format!("downgrade base --transaction {word}");
            let script = project.run(&format!("{} --sql", line.replace("base", "heads:base"))).ok().stdout;
            client(&offline, &script).ok();
            project.run(&line).ok();
            assert_same_state(&state(&online).await, &state(&offline).await, &script);

            let project = three(&online, "SELECT nonsense FROM nowhere;");
            let line = format!("upgrade heads --transaction {word}");
            let script = project.run(&format!("{line} --sql")).ok().stdout;
            assert_ne!(client(&offline, &script).code, 0);
            project.run(&line).code(2);
            online.run(&["DELETE FROM rungs_log WHERE outcome = 'failed'"]).await;
            assert_same_state(&state(&online).await, &state(&offline).await, &script);
        });
    }
}

#[test]
fn scripts_have_the_same_transactions_on_sqlite() {
    scripts_follow(Engine::Sqlite, &["all", "revision", "none"]);
}

#[test]
fn scripts_have_the_same_transactions_on_postgres() {
    scripts_follow(Engine::Postgres, &["all", "revision", "none"]);
}

#[test]
fn scripts_have_the_same_transactions_on_mysql() {
    scripts_follow(Engine::Mysql, &["revision", "none"]);
}
