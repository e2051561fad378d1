//! A run that was killed in the middle of a revision which is not one transaction: the next one knows what ran.

use crate::apply_support::{ledger, log, tables};
use crate::bad_input::{USERS, refuses};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::kill_support::{cut, kill_at, stop_at};
use crate::on_every_engine;

/// A project with one revision `a` that is not one transaction.
fn project(db: &TestDb, up: &str, down: &str) -> Project {
    let project = Project::with_models(db.url_text(), USERS);
    write(&project, "a", "", up, down);
    project
}

fn write(project: &Project, id: &str, parent: &str, up: &str, down: &str) {
    let parents = if parent.is_empty() { String::new() } else { format!("{parent:?}") };
    let text = format!(
        "-- About {id}\n--\n-- revision = {id:?}\n-- down_revision = [{parents}]\n\n\
         -- migrate:up transaction:false\n{up}\n-- migrate:down transaction:false\n{down}\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

fn on_mysql<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    play(Engine::Mysql, scenario);
}

fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    play(Engine::Postgres, scenario);
}

on_every_engine!(rows_change_once_wherever_the_run_is_killed, |db| async move {
    db.run(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (0)"]).await;
    let up = "UPDATE t SET n = n + 1;\nINSERT INTO t VALUES (100);\nUPDATE t SET n = n + 1;";
    let project = project(&db, up, "DELETE FROM t WHERE n > 100;");
    for (at, done) in [("UPDATE t", 0), ("COMMIT", 0), ("INSERT INTO t", 1), ("rungs_log", 3)] {
        // The first COMMIT on SQLite is that of the claim.
        kill_at(&project, "upgrade heads", at);
        let rows = ledger(&db).await;
        assert!(rows.is_empty() || rows[0][2].parse::<usize>().unwrap() <= done, "{at}: {rows:?}");
    }
    project.run("upgrade heads").ok();
    assert_eq!(db.rows("SELECT n FROM t ORDER BY n").await, [["2"], ["101"]]);
    assert_eq!(ledger(&db).await, [["a", "applied", "3", "3"]]);
    assert_eq!(log(&db).await, [["a", "up", "done"]]);
    kill_at(&project, "downgrade base", "rungs_log");
    project.run("downgrade base").ok().complains("going on with a About a: all statements ran");
    assert_eq!(db.rows("SELECT n FROM t ORDER BY n").await, [["2"]]);
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
});

on_every_engine!(a_definition_is_done_once, |db| async move {
    let up = "CREATE TABLE b (id INT);\nALTER TABLE b ADD COLUMN n INT;\nCREATE TABLE c (id INT);";
    let project = project(&db, up, "DROP TABLE c;\nDROP TABLE b;");
    // Nothing was sent; it was sent, and its mark was not written.
    kill_at(&project, "upgrade heads", "ALTER TABLE b");
    kill_at(&project, "upgrade heads", "CREATE TABLE c");
    if db.engine == Engine::Mysql {
        kill_at(&project, "upgrade heads", "statements_done = 3,");
        assert_eq!(ledger(&db).await, [["a", "applying", "2", "3"]]);
        project.run("upgrade heads").ok().complains("all statements ran; statement 3 ran, as what it defines shows");
    } else {
        project.run("upgrade heads").ok().complains("going on with a About a: statement 3 of 3");
    }
    assert_eq!(tables(&db).await, ["b", "c"]);
    assert_eq!(ledger(&db).await, [["a", "applied", "3", "3"]]);
    assert_eq!(db.rows("SELECT progress FROM rungs_ledger").await, [["NULL"]]);
    kill_at(&project, "downgrade base", "statements_done = 2,");
    project.run("downgrade base").ok();
    assert_eq!(tables(&db).await, [""; 0]);
});

on_every_engine!(what_has_not_run_may_be_corrected_and_what_ran_may_not, |db| async move {
    let project = project(&db, "CREATE TABLE b (id INT);\nCREATE NONSENSE;\nCREATE TABLE c (id INT);", "");
    let failed = project.run("upgrade heads").code(2);
    assert!(failed.stderr.contains("run the command again: it goes on with statement 2"), "{}", failed.stderr);
    write(&project, "a", "", "CREATE TABLE b (id BIGINT);\nCREATE TABLE d (id INT);", "");
    refuses(
        &project,
        "upgrade heads",
        &[
            "migrations/a.sql:6: revision a is half applied, and its first statement (lines 7 to 7), which ran, has been edited since",
        ],
    );
    write(&project, "a", "", "CREATE TABLE b (id INT);  \nCREATE TABLE d (id INT);", "DROP TABLE d;\nDROP TABLE b;");
    project.run("upgrade heads").ok().complains("going on with a About a: statement 2 of 2");
    assert_eq!(tables(&db).await, ["b", "d"]);
    assert_eq!(ledger(&db).await, [["a", "applied", "2", "2"]]);
    // The ledger has the text that ran in the end.
    project.run("downgrade base").ok();
});

on_every_engine!(the_other_direction_waits, |db| async move {
    let project = project(&db, "CREATE TABLE b (id INT);\nCREATE TABLE c (id INT);", "DROP TABLE c;\nDROP TABLE b;");
    write(&project, "x", "", "CREATE TABLE x (id INT);", "DROP TABLE x;");
    project.run("upgrade x").ok();
    kill_at(&project, "upgrade a", "CREATE TABLE c");
    refuses(
        &project,
        "downgrade x@base",
        &["revision a is half applied", "`migrate upgrade a` goes on with statement 2"],
    );
    project.run("current").ok().complains("revision a is half applied: 1 of 2 statements ran");
    assert_eq!(project.run("check").code, 2);
    project.run("upgrade heads").ok();
    kill_at(&project, "downgrade a@base", "DROP TABLE b");
    refuses(&project, "upgrade heads", &["revision a is half reverted", "`migrate downgrade a@base` goes on"]);
    project.run("downgrade a@base").ok();
    assert_eq!(tables(&db).await, ["x"]);
});

on_every_engine!(a_transaction_of_the_files_own_is_done_once, |db| async move {
    db.run(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (0)"]).await;
    let up =
        "BEGIN;\nUPDATE t SET n = n + 1;\nINSERT INTO t VALUES (100);\nCOMMIT;\nUPDATE t SET n = n + 1 WHERE n < 100;";
    let project = project(&db, up, "");
    for at in ["UPDATE t", "INSERT INTO t", "statements_done = 3,", "statements_done = 4,"] {
        kill_at(&project, "upgrade heads", at);
    }
    assert_eq!(
        ledger(&db).await,
        [["a", "applying", "3", "5"]],
        "the transaction was committed, and its end not marked"
    );
    project.run("upgrade heads").ok().complains("statement 5 of 5");
    assert_eq!(db.rows("SELECT n FROM t ORDER BY n").await, [["2"], ["100"]]);
});

on_every_engine!(a_ledger_of_an_older_version_gets_what_it_lacks, |db| async move {
    let project = project(&db, "CREATE TABLE b (id INT);\nCREATE TABLE c (id INT);", "");
    write(&project, "x", "", "CREATE TABLE x (id INT);", "DROP TABLE x;");
    project.run("upgrade x").ok();
    db.run(&["ALTER TABLE rungs_ledger DROP COLUMN progress"]).await;
    project.run("current").ok().says("About x");
    kill_at(&project, "upgrade a", "CREATE TABLE c");
    // Such a version has written no intent: whether the next statement was sent is not known.
    db.run(&["UPDATE rungs_ledger SET progress = NULL WHERE revision = 'a'"]).await;
    refuses(
        &project,
        "upgrade heads",
        &[
            "migrations/a.sql:8: whether statement 2 of 2 of revision a (up) ran cannot be told",
            "migrate resolve a --done",
        ],
    );
    project.run("resolve a --not-done").ok().says("statement 2 of 2 of revision a (up) is taken as not done");
    refuses(&project, "resolve a --done", &["no statement of revision a is in doubt: 1 of 2 ran"]);
    project.run("upgrade heads").ok();
    assert_eq!(tables(&db).await, ["b", "c", "x"]);
    let told: Vec<_> = log(&db).await.into_iter().map(|row| row.join(" ")).collect();
    assert_eq!(told, ["x up done", "a up failed", "a up failed", "a up resolved", "a up done"]);
    db.run(&["UPDATE rungs_ledger SET state = 'applying', progress = '{\"new\":1}' WHERE revision = 'a'"]).await;
    refuses(
        &project,
        "upgrade heads",
        &["the ledger's row for revision a cannot be read: its progress is `{\"new\":1}`"],
    );
});

on_every_engine!(what_the_session_had_is_set_again_or_missed, |db| async move {
    let set = match db.engine {
        Engine::Sqlite => "PRAGMA case_sensitive_like = ON",
        Engine::Postgres => "CREATE SCHEMA s;\nSET search_path = s",
        Engine::Mysql => "SET @kept = 5, sql_mode = 'ANSI_QUOTES'",
    };
    let then = match db.engine {
        Engine::Sqlite => "CREATE TABLE b AS SELECT 'A' LIKE 'a' AS same",
        Engine::Postgres => "CREATE TABLE b AS SELECT 0 AS same",
        Engine::Mysql => "CREATE TABLE \"b\" AS SELECT @kept - 5 AS same",
    };
    let project = project(&db, &format!("{set};\nCREATE TABLE z (id INT);\n{then};"), "");
    let begin = then.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    kill_at(&project, "upgrade heads", &begin);
    project.run("upgrade heads").ok();
    let table = if db.engine == Engine::Postgres { "s.b" } else { "b" };
    assert_eq!(db.rows(&format!("SELECT same FROM {table}")).await, [["0"]]);

    let own = "CREATE TEMPORARY TABLE seen (n INT);\nINSERT INTO seen VALUES (1);\nINSERT INTO z SELECT n FROM seen;";
    write(&project, "t", "", own, "");
    kill_at(&project, "upgrade heads", "INSERT INTO z");
    refuses(
        &project,
        "upgrade heads",
        &[
            "migrations/t.sql:9: the revision cannot go on: this statement stands on the temporary table seen of the former run's session",
            "`migrate stamp t`",
        ],
    );
});

#[test]
fn mysql_tells_what_ran_by_what_is_there() {
    on_mysql(|db| async move {
        let define = [
            "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT)",
            "CREATE INDEX ix ON t (n)",
            "CREATE VIEW v AS SELECT n FROM t",
            "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1",
            "CREATE PROCEDURE p() INSERT INTO t (n) VALUES (1)",
            "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1",
            "CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO SET @x = 1",
            "RENAME TABLE t TO u",
            "ALTER TABLE u RENAME TO t",
            "DROP EVENT e",
            "DROP FUNCTION f",
            "DROP PROCEDURE p",
            "DROP TRIGGER g",
            "DROP VIEW v",
            "DROP INDEX ix ON t",
        ];
        let project = project(&db, &format!("{};", define.join(";\n")), "");
        for (index, sql) in define.iter().enumerate() {
            let number = index + 1;
            let begin = sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            kill_at(&project, "upgrade heads", &begin);
            assert_eq!(ledger(&db).await[0][2], index.to_string(), "{sql} was not sent");
            if index == 3 {
                // The counter of the table moves on; it is no change.
                db.run(&["INSERT INTO t (n) VALUES (7)"]).await;
            }
            kill_at(&project, "upgrade heads", &format!("statements_done = {number}, progress"));
            assert_eq!(ledger(&db).await[0][2], index.to_string(), "{sql} was sent, and not marked");
        }
        project.run("upgrade heads").ok().complains("statement 15 ran, as what it defines shows");
        assert_eq!(tables(&db).await, ["t"]);
        assert_eq!(db.rows("SELECT n FROM t").await, [["7"]]);
    });
}

#[test]
fn mysql_asks_where_nothing_shows_it() {
    on_mysql(|db| async move {
        db.run(&[
            "CREATE TABLE one (n INT)",
            "CREATE TABLE two (n INT)",
            "CREATE TABLE loose (n INT) ENGINE = MyISAM",
            "CREATE PROCEDURE p() INSERT INTO one VALUES (1)",
            "INSERT INTO one VALUES (7)",
        ])
        .await;
        let script = "RENAME TABLE one TO x, two TO one, x TO two;\nCALL p();\nINSERT INTO loose VALUES (1);\nTRUNCATE TABLE two;\n\
                      DELIMITER $$\nINSERT INTO one VALUES (1); INSERT INTO one VALUES (2) $$\nDELIMITER ;\nDROP TABLE one, two;";
        let project = project(&db, script, "");
        let cases = [
            ("RENAME", "`one`", true),
            ("CALL", "a part of it may be", true),
            ("INSERT INTO loose", "SELECT * FROM loose", false),
            ("TRUNCATE", "SELECT count(*) FROM `two`", false),
            ("INSERT INTO one VALUES (1); INSERT", "a part of it may be", false),
        ];
        for (index, (begin, look, ran)) in cases.into_iter().enumerate() {
            let number = index + 1;
            let at = if ran { format!("statements_done = {number}, progress") } else { begin.to_owned() };
            kill_at(&project, "upgrade heads", &at);
            let sentence = format!("whether statement {number} of 6 of revision a (up) ran cannot be told");
            refuses(&project, "upgrade heads", &[&sentence, look, "migrate resolve a --not-done"]);
            let word = if ran { "--done" } else { "--not-done" };
            project.run(&format!("resolve a {word}")).ok();
            refuses(&project, &format!("resolve a {word}"), &["no statement of revision a is in doubt"]);
        }
        project.run("resolve nobody --done").code(2).complains("no revision `nobody` is half done");
        // One of two tables is gone, as MariaDB leaves it when the server goes down in the middle.
        kill_at(&project, "upgrade heads", "DROP TABLE one");
        assert_eq!(db.rows("SELECT n FROM loose").await, [["1"]]);
        db.run(&["DROP TABLE one"]).await;
        refuses(&project, "upgrade heads", &["table one changed, and table two did not"]);
        db.run(&["DROP TABLE two"]).await;
        project.run("upgrade heads").ok();
        assert_eq!(tables(&db).await, ["loose"]);
    });
}

#[test]
fn a_statement_in_doubt_keeps_its_text() {
    on_mysql(|db| async move {
        db.run(&["CREATE TABLE one (n INT)", "CREATE PROCEDURE p() INSERT INTO one VALUES (1)"]).await;
        let project = project(&db, "CALL p();\nCREATE TABLE b (id INT);", "");
        kill_at(&project, "upgrade heads", "statements_done = 1, progress");
        write(&project, "a", "", "CALL p;\nCREATE TABLE b (id INT);", "");
        refuses(
            &project,
            "upgrade heads",
            &["a.sql:7: revision a is half applied, and statement 1, which was under way"],
        );
        project.run("resolve a --done").ok();
        refuses(&project, "upgrade heads", &["its first statement (lines 7 to 7), which ran, has been edited since"]);
        write(&project, "a", "", "CALL p();\nCREATE TABLE b (id INT);", "");
        project.run("upgrade heads").ok();
        assert_eq!(db.rows("SELECT n FROM one").await, [["1"]]);
    });
}

#[test]
fn a_routine_that_fails_in_its_middle_is_in_doubt() {
    on_mysql(|db| async move {
        db.run(&[
            "CREATE TABLE one (n INT PRIMARY KEY)",
            "CREATE PROCEDURE p() BEGIN INSERT INTO one VALUES (1); INSERT INTO one VALUES (1); END",
        ])
        .await;
        let project = project(&db, "CALL p();", "");
        project.run("upgrade heads").code(2).complains("a part of statement 1 may have run");
        refuses(&project, "upgrade heads", &["whether statement 1 of 1 of revision a (up) ran cannot be told"]);
        assert_eq!(db.rows("SELECT n FROM one").await, [["1"]], "it did not run again");
    });
}

#[test]
fn an_index_that_was_not_built_to_its_end_is_built_again() {
    on_postgres(|db| async move {
        db.run(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1), (1)"]).await;
        let project =
            project(&db, "CREATE UNIQUE INDEX CONCURRENTLY \"Ix\" ON t (n);", "DROP INDEX CONCURRENTLY \"Ix\";");
        let failed = project.run("upgrade heads").code(2);
        assert!(
            failed.stderr.contains("it left the invalid index public.\"Ix\", which the next run drops"),
            "{}",
            failed.stderr
        );
        db.run(&["DELETE FROM t WHERE ctid = '(0,1)'"]).await;
        project
            .run("upgrade heads")
            .ok()
            .complains("dropped the invalid index public.\"Ix\", which the former run left");
        assert_eq!(db.rows("SELECT indisvalid::text FROM pg_index WHERE indrelid = 't'::regclass").await, [["true"]]);
        kill_at(&project, "downgrade base", "statements_done = 1,");
        project.run("downgrade base").ok().complains("statement 1 ran");

        // Cut off while it waits for a transaction to end.
        let mut other = db.connect().await;
        other.execute("BEGIN").await.unwrap();
        other.execute("UPDATE t SET n = 2").await.unwrap();
        // Within a transaction, what others do is seen once.
        let mut watch = db.connect().await;
        let run = project.start("upgrade heads");
        let waits = "SELECT pid::text AS pid FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX%' AND wait_event_type = 'Lock'";
        let pid = loop {
            if let [row] = watch.query(waits).await.unwrap().as_slice() {
                break row.text("pid").unwrap().to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        watch.query(&format!("SELECT pg_terminate_backend({pid})::text AS cut")).await.unwrap();
        run.finish().code(2).complains("whether 1 ran is not known");
        other.execute("COMMIT").await.unwrap();
        project.run("upgrade heads").ok().complains("dropped the invalid index");
        assert_eq!(db.rows("SELECT indisvalid::text FROM pg_index WHERE indrelid = 't'::regclass").await, [["true"]]);
    });
}

#[test]
fn an_invalid_index_that_is_not_ours_is_named() {
    on_postgres(|db| async move {
        db.run(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1), (1)"]).await;
        let mut connection = db.connect().await;
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (n)").await.unwrap_err();
        let project = project(&db, "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON t (n);", "");
        project
            .run("upgrade heads")
            .code(2)
            .complains("index public.ix is there and not valid")
            .complains("DROP INDEX CONCURRENTLY public.ix");
        assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
        db.run(&["DROP INDEX CONCURRENTLY ix"]).await;
        project.run("upgrade heads").ok();
    });
}

#[test]
fn a_partition_that_was_not_detached_to_its_end_is_finished() {
    on_postgres(|db| async move {
        db.run(&[
            "CREATE TABLE p (n INT) PARTITION BY RANGE (n)",
            "CREATE TABLE c PARTITION OF p FOR VALUES FROM (0) TO (9)",
        ])
        .await;
        let project = project(&db, "ALTER TABLE p DETACH PARTITION c CONCURRENTLY;", "");
        // Somebody reads the table, so that the second half waits.
        let mut other = db.connect().await;
        other.execute("BEGIN").await.unwrap();
        other.query("SELECT n::text FROM p").await.unwrap();
        let mut watch = db.connect().await;
        let run = project.start("upgrade heads");
        while watch.query("SELECT 1 AS x FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE p DETACH%' AND wait_event_type = 'Lock'").await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        watch.query("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE p DETACH%' AND pid <> pg_backend_pid()").await.unwrap();
        run.finish().code(2);
        other.execute("COMMIT").await.unwrap();
        project.run("upgrade heads").ok().complains("finished detaching partition");
        assert_eq!(db.rows("SELECT count(*)::text FROM pg_inherits").await, [["0"]]);
    });
}

#[test]
fn a_commit_that_was_cut_off_is_looked_up() {
    on_postgres(|db| async move {
        let project = Project::with_models(db.url_text(), USERS);
        crate::bad_input::revision(&project, "a", "", "CREATE TABLE b (id INT);", "DROP TABLE b;");
        let stopped = stop_at(&project, "upgrade heads", "COMMIT").unwrap_or_else(|ran| panic!("{}", ran.stderr));
        assert_eq!(stopped.statement(), "COMMIT");
        cut(&db).await;
        stopped.go().code(2).complains("whether the revision was committed is not known");
        project.run("upgrade heads").ok().complains("applied a About a");
        assert_eq!(ledger(&db).await, [["a", "applied", "1", "1"]]);
    });
}

/// On SQLite no lock keeps another runner away between two statements: they help each other.
#[test]
fn two_runners_on_sqlite_do_each_statement_once() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (n INT)", "INSERT INTO t VALUES (0)"]).await;
        let up = "UPDATE t SET n = n + 1;\nUPDATE t SET n = n + 10;\nBEGIN;\nUPDATE t SET n = n + 100;\nCOMMIT;\nUPDATE t SET n = n + 1000;";
        for at in
            ["BEGIN IMMEDIATE", "statements_done = 2,", "statements_done = 3,", "statements_done = 6,", "rungs_log"]
        {
            let project = project(&db, up, "DELETE FROM t;\nINSERT INTO t VALUES (0);");
            // Only where the first has no lock may the second one go on.
            let held = ["statements_done = 2,", "statements_done = 6,", "rungs_log"].contains(&at);
            let first = stop_at(&project, "upgrade heads", at).unwrap_or_else(|ran| panic!("{}", ran.stderr));
            if held {
                let second = project.start("upgrade heads");
                first.go().ok();
                second.finish().ok();
            } else {
                project.run("upgrade heads").ok();
                first.go().ok();
            }
            assert_eq!(db.rows("SELECT n FROM t").await, [["1111"]], "{at}");
            assert_eq!(ledger(&db).await, [["a", "applied", "6", "6"]]);
            project.run("downgrade base").ok();
        }
    });
}
