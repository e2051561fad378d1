//! What the executor owes to one engine.

use rungs::apply::{self, Options};
use rungs::error::ApplyError;
use rungs::revision::{Direction, Step};

use crate::apply_support::{down, file, history, ledger, tables, up};
use crate::harness::{Engine, TestDb};

fn on_sqlite<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    crate::harness::play(Engine::Sqlite, scenario);
}

fn on_postgres<F: Future<Output = ()>>(scenario: impl FnOnce(TestDb) -> F) {
    crate::harness::play(Engine::Postgres, scenario);
}

/// The rebuild that SQLite documents drops the old table: with foreign keys on, that would delete the children.
#[test]
fn sqlite_rebuilds_delete_no_children() {
    on_sqlite(|db| async move {
        db.run(&[
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE)",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (7, 1)",
        ])
        .await;
        let rebuild = "-- migrate:up\nCREATE TABLE n (id INTEGER PRIMARY KEY, x INT);\nINSERT INTO n (id) SELECT id FROM p;\n\
                       DROP TABLE p;\nALTER TABLE n RENAME TO p;\n-- migrate:down\n";
        up(&db, &history(&[file("a", "", rebuild)]), "head").await.unwrap();
        assert_eq!(db.rows("SELECT id, p FROM c").await, [["7", "1"]]);
        let mut connection = db.connect().await;
        let dialect = db.dialect().await;
        let h = history(&[file("a", "", rebuild)]);
        let steps = [Step { revision: h.find("a").unwrap(), direction: Direction::Down }];
        let rows = connection.query("PRAGMA foreign_keys").await.unwrap();
        apply::run(&mut connection, &*dialect, &steps, &Options::default(), &mut |_| {}).await.unwrap();
        let after = connection.query("PRAGMA foreign_keys").await.unwrap();
        assert_eq!(rows[0].values(), after[0].values(), "foreign keys are as they were");
    });
}

#[test]
fn sqlite_names_the_rows_that_a_revision_orphans() {
    on_sqlite(|db| async move {
        db.run(&[
            "PRAGMA foreign_keys = OFF",
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id))",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (7, 1)",
        ])
        .await;
        let h = history(&[file("a", "", "-- migrate:up\nDELETE FROM p;\n-- migrate:down\n")]);
        let error = up(&db, &h, "head").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.sql:6: revision a (up) breaks foreign keys: table c, row 7: no such row in p\nthe whole revision was rolled back"
        );
        assert_eq!(db.rows("SELECT id FROM p").await, [["1"]]);
        // What was broken before is not this revision's fault.
        let mut connection = db.connect().await;
        connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        connection.execute("DELETE FROM p").await.unwrap();
        let h = history(&[file("a", "", "-- migrate:up\nCREATE TABLE x (id INT);\n-- migrate:down\n")]);
        up(&db, &h, "head").await.unwrap();
    });
}

#[test]
fn postgres_tells_the_line_within_a_statement() {
    on_postgres(|db| async move {
        let h = history(&[file(
            "a",
            "",
            "-- migrate:up\nSELECT 1;\nSELECT\n  'ä',\n  wrong\nFROM pg_class;\n-- migrate:down\n",
        )]);
        let error = up(&db, &h, "head").await.unwrap_err().to_string();
        assert!(
            error.starts_with("a.sql:10: revision a (up), statement 2 of 2: column \"wrong\" does not exist"),
            "{error}"
        );
    });
}

#[test]
fn postgres_runs_concurrently_without_a_transaction() {
    on_postgres(|db| async move {
        let sql = |option: &str| {
            format!(
                "-- migrate:up{option}\nCREATE INDEX CONCURRENTLY ix ON t (id);\n-- migrate:down{option}\nDROP INDEX CONCURRENTLY ix;\n"
            )
        };
        db.run(&["CREATE TABLE t (id INT)"]).await;
        let error = up(&db, &history(&[file("a", "", &sql(""))]), "head").await.unwrap_err();
        let ApplyError::Statement { help, .. } = &error else { panic!("{error}") };
        assert_eq!(help.as_deref(), Some("put `transaction:false` after `-- migrate:up`"));
        let h = history(&[file("a", "", &sql(" transaction:false"))]);
        up(&db, &h, "head").await.unwrap();
        assert_eq!(db.rows("SELECT indexname FROM pg_indexes WHERE tablename = 't'").await, [["ix"]]);
        down(&db, &h, "base").await.unwrap();
    });
}

#[test]
fn postgres_says_what_a_deferred_constraint_finds() {
    on_postgres(|db| async move {
        let sql = "-- migrate:up\nCREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (p INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\n\
                   INSERT INTO c VALUES (1);\n-- migrate:down\n";
        let error = up(&db, &history(&[file("a", "", sql)]), "head").await.unwrap_err();
        assert!(matches!(error, ApplyError::Commit { .. }), "{error}");
        assert!(error.to_string().starts_with("a.sql:6: revision a (up) cannot be committed: "), "{error}");
        assert_eq!(tables(&db).await, [""; 0]);
        assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
    });
}
