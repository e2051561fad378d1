//! What is told of a run, and what the ledger says, is what is in the database.

use rungs::error::ApplyError;

use crate::apply_support::{file, history, ledger, tables, up};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    play(Engine::Sqlite, scenario);
}

fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    play(Engine::Postgres, scenario);
}

fn on_mysql<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    play(Engine::Mysql, scenario);
}

fn state(error: ApplyError) -> String {
    let ApplyError::Statement { stopped, .. } = error else { panic!("{error}") };
    stopped.state
}

on_every_engine!(what_a_transaction_of_the_files_own_rolls_back_is_not_said_to_stay, |db| async move {
    let sections = "-- migrate:up transaction:false\nCREATE TABLE t (id INT PRIMARY KEY);\nBEGIN;\n\
                    INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1);\nCOMMIT;\n-- migrate:down\n";
    let told = state(up(&db, &history(&[file("a", "", sections)]), "head").await.unwrap_err());
    assert!(db.rows("SELECT id FROM t").await.is_empty());
    let rows = ledger(&db).await;
    assert_eq!(told.contains("statements 1 to 3"), rows[0][2] == "3", "{told} {rows:?}");
    assert!(told.contains("rolled back"), "{told}");
});

#[test]
fn sqlite_a_savepoint_that_stays_open_is_refused() {
    on_sqlite(|db| async move {
        let sections = "-- migrate:up transaction:false\nSAVEPOINT s;\nCREATE TABLE t (id INT);\n-- migrate:down\n";
        let outcome = up(&db, &history(&[file("a", "", sections)]), "head").await;
        assert_eq!(outcome.is_ok(), tables(&db).await == ["t"], "{outcome:?}");
    });
}

#[test]
fn postgres_a_mark_that_fails_is_not_a_statement_that_failed() {
    on_postgres(|db| async move {
        let sections = "-- migrate:up transaction:false\nCREATE TABLE t (id INT);\nSET ROLE pg_monitor;\n\
                        CREATE TABLE u (id INT);\n-- migrate:down\n";
        let error = up(&db, &history(&[file("a", "", sections)]), "head").await.unwrap_err();
        let ApplyError::Statement { stopped, reason, .. } = &error else { panic!("{error}") };
        assert!(stopped.state.contains("statements 1 to 2 ran and stay"), "{error}");
        assert!(reason.contains("ledger"), "{error}");
    });
}

#[test]
fn postgres_another_user_ends_with_the_revision() {
    on_postgres(|db| async move {
        let a = "-- migrate:up\nSET SESSION AUTHORIZATION pg_monitor;\nSELECT 1;\n-- migrate:down\n";
        let b = "-- migrate:up\nCREATE TABLE t (id INT);\nCREATE TEMP TABLE s (id INT);\n-- migrate:down\n";
        let c = "-- migrate:up\nCREATE TEMP TABLE s (id INT);\n-- migrate:down\n";
        up(&db, &history(&[file("a", "", a), file("b", "a", b), file("c", "b", c)]), "head").await.unwrap();
        assert_eq!(ledger(&db).await.len(), 3);
    });
}

#[test]
fn mysql_a_character_set_ends_with_the_revision() {
    on_mysql(|db| async move {
        let a = "-- migrate:up\nSET NAMES latin1;\nSET sql_safe_updates = 1;\n-- migrate:down\n";
        let b = "-- migrate:up\nCREATE TABLE t (a VARCHAR(9) CHARACTER SET utf8mb4);\nINSERT INTO t VALUES ('\u{fc}\u{1f980}');\n\
                 UPDATE t SET a = concat(a, '!');\n-- migrate:down\n";
        up(&db, &history(&[file("a", "", a), file("b", "a", b)]), "head").await.unwrap();
        assert_eq!(db.rows("SELECT hex(a) FROM t").await, [["C3BCF09FA68021"]]);
    });
}

#[test]
fn sqlite_pragmas_end_with_the_revision() {
    on_sqlite(|db| async move {
        let a = "-- migrate:up\nCREATE TABLE t (id INT CHECK (id > 0));\nPRAGMA ignore_check_constraints = ON;\n-- migrate:down\n";
        let b = "-- migrate:up\nINSERT INTO t VALUES (0);\n-- migrate:down\n";
        let h = history(&[file("a", "", a), file("b", "a", b)]);
        assert!(up(&db, &h, "head").await.is_err());
        assert!(db.rows("SELECT id FROM t").await.is_empty());
    });
}

#[test]
fn sqlite_a_rebuild_without_a_transaction_deletes_no_children() {
    on_sqlite(|db| async move {
        db.run(&[
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE)",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (7, 1)",
        ])
        .await;
        let rebuild = "-- migrate:up transaction:false\nCREATE TABLE n (id INTEGER PRIMARY KEY, x INT);\n\
                       INSERT INTO n (id) SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE n RENAME TO p;\n-- migrate:down\n";
        let error = up(&db, &history(&[file("a", "", rebuild)]), "head").await.unwrap_err();
        assert_eq!(db.rows("SELECT id, p FROM c").await, [["7", "1"]]);
        let ApplyError::Refused { refusals } = error else { panic!("{error}") };
        assert!(refusals[0].to_string().contains("a.sql:9"), "{}", refusals[0]);
        let off = rebuild.replace("CREATE TABLE n", "PRAGMA foreign_keys = OFF;\nCREATE TABLE n");
        up(&db, &history(&[file("a", "", &off)]), "head").await.unwrap();
        assert_eq!(db.rows("SELECT id, p FROM c").await, [["7", "1"]]);
    });
}

on_every_engine!(a_down_without_a_statement_is_pointed_out, |db| async move {
    let project = Project::with_models(db.url_text(), "");
    let text = "-- A\n--\n-- revision = \"a\"\n-- down_revision = []\n\n-- migrate:up\nCREATE TABLE t (id INT);\n\n-- migrate:down\n-- nothing yet\n";
    project.write("migrations/a.sql", text);
    project.run("upgrade heads").ok();
    project.run("downgrade base").ok().complains("no statement");
    assert_eq!(tables(&db).await, ["t"]);
});

#[test]
fn postgres_a_commit_that_nobody_answers_is_not_said_to_be_rolled_back() {
    on_postgres(|db| async move {
        let sections = "-- migrate:up\nCREATE TABLE t (id INT);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS \
                        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;\n\
                        CREATE CONSTRAINT TRIGGER c AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
                        EXECUTE FUNCTION f();\nINSERT INTO t VALUES (1);\n-- migrate:down\n";
        let error = up(&db, &history(&[file("a", "", sections)]), "head").await.unwrap_err();
        let ApplyError::Commit { stopped, .. } = &error else { panic!("{error}") };
        assert!(stopped.state.contains("is not known"), "{error}");
    });
}

#[test]
fn mysql_sessions_are_strict() {
    on_mysql(|db| async move {
        let mode = db.rows("SELECT @@SESSION.sql_mode").await[0][0].clone();
        assert!(mode.contains("STRICT"), "{mode}");
    });
}

#[test]
fn mysql_of_several_statements_between_delimiters_the_first_stays() {
    on_mysql(|db| async move {
        let sections = "-- migrate:up\nDELIMITER //\nCREATE TABLE t (id INT);\nCREATE TABLE t (id INT)//\nDELIMITER ;\n-- migrate:down\n";
        let told = state(up(&db, &history(&[file("a", "", sections)]), "head").await.unwrap_err());
        assert_eq!(tables(&db).await, ["t"]);
        assert!(told.contains("the first may have run"), "{told}");
        assert_eq!(ledger(&db).await, [["a", "applying", "0", "1"]]);
    });
}
