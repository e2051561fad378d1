//! `-- migrate:batch`: a statement is repeated, each time in its own transaction, until it touches no row.

use crate::bad_input::refuses;
use crate::data_support::{ledger, one, project, revision};
use crate::harness::{Engine, TestDb, play};
use crate::kill_support::{kill_at, stop_at};
use crate::on_every_engine;

/// Rows 1 to `count`, `x` without a value.
async fn rows(db: &TestDb, count: usize) {
    let values: Vec<String> = (1..=count).map(|id| format!("({id})")).collect();
    db.run(&[
        "CREATE TABLE t (id INT PRIMARY KEY, x INT)",
        &format!("INSERT INTO t (id) VALUES {}", values.join(", ")),
    ])
    .await;
}

/// So many rows that have no value yet, in each round.
fn backfill(db: &TestDb, each: usize) -> String {
    match db.engine {
        Engine::Mysql => format!("UPDATE t SET x = id * 2 WHERE x IS NULL LIMIT {each}"),
        _ => format!("UPDATE t SET x = id * 2 WHERE id IN (SELECT id FROM t WHERE x IS NULL LIMIT {each})"),
    }
}

on_every_engine!(it_goes_on_until_no_row_is_left, |db| async move {
    rows(&db, 25).await;
    let project = project(&db);
    let up = format!("transaction:false\n-- migrate:batch\n{};\nCREATE TABLE after (id INT);", backfill(&db, 10));
    revision(
        &project,
        "a",
        "",
        &up,
        "transaction:false\nDROP TABLE after;\n-- migrate:batch pause:1ms\nDELETE FROM t WHERE id IN (SELECT id FROM (SELECT id FROM t LIMIT 7) AS few);",
    );
    project.run("upgrade heads").ok();
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "25");
    assert_eq!(ledger(&db).await, ["a applied 2 2"]);
    project.run("downgrade base").ok();
    assert_eq!(one(&db, "SELECT count(*) FROM t").await, "0");
    // On an empty table there is nothing to do.
    project.run("upgrade heads").ok();
});

on_every_engine!(a_run_that_is_killed_goes_on_and_counts_each_row_once, |db| async move {
    rows(&db, 25).await;
    db.run(&["CREATE TABLE counted (n INT)", "INSERT INTO counted VALUES (0)"]).await;
    let project = project(&db);
    revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch\n{};", backfill(&db, 10)), "");
    // Before the ledger knows of the second round, and before its commit.
    for at in ["\"rounds\":2", "\"rounds\":2"] {
        kill_at(&project, "upgrade heads", at);
        assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "10");
        assert_eq!(ledger(&db).await, ["a applying 0 1"]);
    }
    project.run("current").ok().complains("0 of 1 statements ran");
    let ran = project.run("upgrade heads").ok();
    ran.complains("going on with a About a: statement 1 of 1; 1 round, which touched 10 rows, are done");
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "25");
    assert_eq!(one(&db, "SELECT progress FROM rungs_ledger").await, "NULL");
});

on_every_engine!(a_round_that_fails_leaves_those_before_it, |db| async move {
    rows(&db, 25).await;
    let zero = match db.engine {
        Engine::Sqlite => "abs(CASE WHEN id = 25 THEN -9223372036854775807 - 1 ELSE id END)",
        Engine::Postgres => "100 / (25 - id)",
        Engine::Mysql => "CASE WHEN id = 25 THEN 99999999999 ELSE id END",
    };
    let statement = |value: &str| match db.engine {
        Engine::Mysql => format!("UPDATE t SET x = {value} WHERE x IS NULL ORDER BY id LIMIT 10"),
        _ => format!("UPDATE t SET x = {value} WHERE id IN (SELECT id FROM t WHERE x IS NULL ORDER BY id LIMIT 10)"),
    };
    let project = project(&db);
    revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch\n{};", statement(zero)), "");
    let failed = project.run("upgrade heads").code(2);
    assert!(
        failed.stderr.contains("of statement 1, 2 rounds, which touched 20 rows, ran and stay"),
        "{}",
        failed.stderr
    );
    assert!(failed.stderr.contains("it goes on with statement 1"), "{}", failed.stderr);
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x IS NOT NULL").await, "20");
    assert_eq!(ledger(&db).await, ["a applying 0 1"]);
    // Corrected, it goes on with the rows that are left.
    revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch\n{};", statement("id * 2")), "");
    project.run("upgrade heads").ok();
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x IS NULL").await, "0");
    assert_eq!(one(&db, "SELECT x FROM t WHERE id = 25").await, "50");
});

on_every_engine!(one_that_touches_the_same_rows_again_and_again_is_stopped, |db| async move {
    rows(&db, 5).await;
    let project = project(&db);
    // On MySQL it changes nothing from the second round on, and finds five rows each time.
    revision(&project, "a", "", "transaction:false\n-- migrate:batch\nUPDATE t SET x = 1 WHERE id > 0;", "");
    let failed = project.run("upgrade heads").code(2);
    assert!(
        failed.stderr.contains(
            "after 4 rounds it has touched 20 rows, and table t has 5: it touches the same rows again and again"
        ),
        "{}",
        failed.stderr
    );
    // It is not begun anew.
    let failed = project.run("upgrade heads").code(2);
    assert!(failed.stderr.contains("after 5 rounds it has touched 25 rows"), "{}", failed.stderr);
    revision(&project, "a", "", "transaction:false\n-- migrate:batch\nUPDATE t SET x = 2 WHERE x = 1;", "");
    project.run("upgrade heads").ok();
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = 2").await, "5");
});

on_every_engine!(what_cannot_be_a_batch_is_refused_before_anything_runs, |db| async move {
    rows(&db, 5).await;
    let project = project(&db);
    let cases = [
        (
            "UPDATE t SET x = 1;",
            "migrations/a.sql:8: revision a: it has no WHERE, so that it would touch the same rows again and again",
        ),
        ("INSERT INTO t VALUES (7, 7);", "it would insert the same rows again and again"),
        ("CREATE TABLE z (id INT);", "the statement of a batch changes no rows"),
        ("SELECT 1;", "a batch is an INSERT, UPDATE, DELETE or MERGE"),
        ("", "no statement follows `migrate:batch`"),
        ("-- migrate:batch\nDELETE FROM t;", "no statement follows `migrate:batch`"),
    ];
    for (sql, reason) in cases {
        revision(
            &project,
            "a",
            "",
            &format!("transaction:false\nCREATE TABLE before_it (id INT);\n-- migrate:batch\n{sql}"),
            "",
        );
        refuses(&project, "upgrade heads", &[reason]);
    }
    revision(&project, "a", "", "transaction:false\nCREATE TABLE before_it (id INT)\n-- migrate:batch\n;", "");
    refuses(&project, "upgrade heads", &["no statement follows"]);
    revision(&project, "a", "", "transaction:false\nDELETE FROM t\n-- migrate:batch\nWHERE id = 1;", "");
    refuses(
        &project,
        "upgrade heads",
        &["migrations/a.sql:8", "the marker stands within the statement that begins on line 7"],
    );
    revision(&project, "a", "", "transaction:false\nBEGIN;\n-- migrate:batch\nDELETE FROM t;\nCOMMIT;", "");
    refuses(&project, "upgrade heads", &["a batch has transactions of its own, and stands in one of the file's"]);
    revision(&project, "a", "", "\n-- migrate:batch\nDELETE FROM t;", "");
    refuses(
        &project,
        "upgrade heads",
        &["migrations/a.sql:7", "a batch commits each of its rounds", "put `transaction:false` behind the marker"],
    );
    revision(&project, "a", "", "transaction:false\n-- migrate:batch pause:soon rest\nDELETE FROM t;", "");
    refuses(&project, "check", &["`pause:soon` is no time", "`migrate:batch` has no option `rest`"]);
    assert_eq!(one(&db, "SELECT count(*) FROM t").await, "5");
});

on_every_engine!(a_dry_run_shows_it_with_its_marker, |db| async move {
    rows(&db, 5).await;
    let project = project(&db);
    let statement = backfill(&db, 2);
    revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch pause:1ms\n-- why\n{statement};"), "");
    let shown = project.run("upgrade heads --dry-run").ok();
    assert!(
        shown.stdout.contains(&format!("    -- migrate:batch pause:1ms\n    -- why\n    {statement}\n")),
        "{}",
        shown.stdout
    );
    assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x IS NULL").await, "5");
});

fn waits_for_a_lock(engine: Engine) {
    play(engine, |db| async move {
        rows(&db, 25).await;
        let project = project(&db);
        revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch\n{};", backfill(&db, 10)), "");
        let mut other = db.connect().await;
        other.execute("BEGIN").await.unwrap();
        other.execute("UPDATE t SET x = NULL WHERE id = 15").await.unwrap();
        let run = project.start("upgrade heads --lock-timeout 300ms --retries 20");
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "10", "the round before it stays");
        other.execute("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
        run.finish().ok().complains("trying again");
        assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "25");
        assert_eq!(ledger(&db).await, ["a applied 1 1"]);
    });
}

#[test]
fn postgres_tries_the_round_again_that_waits_for_a_lock() {
    waits_for_a_lock(Engine::Postgres);
}

#[test]
fn mysql_tries_the_round_again_that_waits_for_a_lock() {
    waits_for_a_lock(Engine::Mysql);
}

/// No lock keeps a second runner out of what stands between two transactions.
#[test]
fn two_runners_on_sqlite_share_the_rounds() {
    play(Engine::Sqlite, |db| async move {
        rows(&db, 30).await;
        let project = project(&db);
        let up = format!("transaction:false\n-- migrate:batch\n{};\nCREATE TABLE after (id INT);", backfill(&db, 10));
        revision(&project, "a", "", &up, "");
        let stopped = stop_at(&project, "upgrade heads", "\"rounds\":1").unwrap_or_else(|ran| panic!("{}", ran.stderr));
        let other = project.start("upgrade heads --lock-wait 20");
        std::thread::sleep(std::time::Duration::from_millis(300));
        let first = stopped.go().ok();
        let second = other.finish().ok();
        assert_eq!(one(&db, "SELECT count(*) FROM t WHERE x = id * 2").await, "30");
        assert_eq!(ledger(&db).await, ["a applied 2 2"], "{}{}", first.stderr, second.stderr);
    });
}

#[test]
fn rows_that_cannot_be_taken_back_are_refused() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id INT, x INT) ENGINE = MyISAM", "INSERT INTO t VALUES (1, NULL)"]).await;
        let project = project(&db);
        revision(&project, "a", "", &format!("transaction:false\n-- migrate:batch\n{};", backfill(&db, 10)), "");
        let failed = project.run("upgrade heads").code(2);
        assert!(
            failed.stderr.contains("it changes rows of a table that takes no part in transactions"),
            "{}",
            failed.stderr
        );
        assert_eq!(ledger(&db).await, [""; 0]);
    });
}
