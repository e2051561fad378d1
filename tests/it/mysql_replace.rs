//! MySQL and MariaDB: views, triggers, routines and events change where they stand, so that what is granted on them stays.

use rungs::schema::{DefinitionKind, Schema};

use crate::differ::changes;
use crate::harness::{Engine, TestDb, play};
use crate::mysql_support::{apply, assert_same, is_mariadb, turn};

const BEFORE: &[&str] = &[
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "CREATE VIEW v AS SELECT id FROM t",
    "CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC COMMENT 'one' RETURN x + 1",
    "CREATE FUNCTION g(x int) RETURNS varchar(20) CHARSET latin1 NO SQL DETERMINISTIC COMMENT 'g' RETURN x",
    "CREATE PROCEDURE p(IN x int) COMMENT 'one' SELECT x",
    "CREATE PROCEDURE q() BEGIN SELECT ';'; END",
    "CREATE VIEW w AS SELECT f(id) AS n FROM t",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' COMMENT 'x' DO DELETE FROM t",
];

const AFTER: &[&str] = &[
    "CREATE TABLE u (id int PRIMARY KEY, a int)",
    "CREATE TABLE t (id int PRIMARY KEY, a int)",
    "CREATE VIEW v AS SELECT id + 1 AS id FROM t",
    "CREATE FUNCTION f(x bigint) RETURNS bigint DETERMINISTIC RETURN x + 2",
    "CREATE FUNCTION g(x int) RETURNS varchar(20) CHARSET latin1 READS SQL DATA DETERMINISTIC SQL SECURITY INVOKER COMMENT 'it''s' RETURN x",
    "CREATE PROCEDURE p(IN x int) COMMENT 'p' SELECT x",
    "CREATE PROCEDURE q() BEGIN SELECT ';;'; END",
    "CREATE VIEW w AS SELECT f(id) AS n FROM t",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 2; END",
    "CREATE EVENT e ON SCHEDULE EVERY 2 HOUR STARTS '2035-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE DO BEGIN DELETE FROM u; END",
];

async fn built(db: &TestDb, script: &'static [&'static str]) -> Schema {
    db.run(script).await;
    let built = db.introspect().await;
    turn(db, &built, &Schema::default()).await;
    built
}

/// The statements from one to the other.
async fn statements(db: &TestDb, previous: &Schema, next: &Schema) -> Vec<String> {
    let dialect = db.dialect().await;
    let changes = changes(previous, next, dialect.as_ref(), |_| "0".to_owned());
    let rendered = changes.iter().flat_map(|change| dialect.render(change).unwrap());
    rendered.map(|statement| statement.sql).collect()
}

#[test]
fn definitions_change_where_they_stand() {
    play(Engine::Mysql, |db| async move {
        let (before, after) = (built(&db, BEFORE).await, built(&db, AFTER).await);
        turn(&db, &Schema::default(), &before).await;
        for (previous, next) in [(&before, &after), (&after, &before)] {
            let dropped: Vec<String> = statements(&db, previous, next)
                .await
                .into_iter()
                .filter(|sql| sql.starts_with("DROP") && !sql.starts_with("DROP TABLE"))
                .collect();
            // MySQL has no other way with the body of a routine or a trigger.
            let wanted: &[&str] = if is_mariadb(&db).await {
                &[]
            } else {
                &["DROP FUNCTION `f`", "DROP PROCEDURE `q`", "DROP TRIGGER `tr`"]
            };
            let mut sorted = dropped.clone();
            sorted.sort();
            assert_eq!(sorted, wanted);
            turn(&db, previous, next).await;
            assert_same(db.introspect().await, next.clone());
        }
    });
}

#[test]
fn a_view_that_stays_does_not_give_way_to_what_changes_under_it() {
    play(Engine::Mysql, |db| async move {
        let (before, after) = (built(&db, BEFORE).await, built(&db, AFTER).await);
        for (previous, next) in [(&before, &after), (&after, &before)] {
            let about = statements(&db, previous, next).await;
            assert!(!about.iter().any(|sql| sql.contains("VIEW `w`")), "{about:?}");
        }
    });
}

#[test]
fn a_definition_is_created_in_the_mode_that_it_is_written_for() {
    play(Engine::Mysql, |db| async move {
        let script = "SET @mode = @@sql_mode, sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'; \
             CREATE PROCEDURE p() SELECT \"a\" || 'x' FROM \"t\"; \
             CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.\"a\" = 'q' || NEW.\"a\"; \
             CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2035-01-01 00:00:00' DO DELETE FROM \"t\" WHERE \"a\" = 'x' || 'y'; \
             SET sql_mode = @mode";
        db.run(&["CREATE TABLE t (id int PRIMARY KEY, a varchar(20))"]).await;
        let mut connection = db.connect().await;
        for statement in script.split("; ") {
            connection.execute(statement).await.unwrap();
        }
        connection.close().await.unwrap();
        let wanted = db.introspect().await;
        let modes =
            wanted.definitions.iter().map(|one| one.settings.get("sql_mode").map(|mode| mode.contains("ANSI_QUOTES")));
        assert_eq!(modes.collect::<Vec<_>>(), [Some(true); 3]);
        let plain = wanted.definitions.iter().find(|one| one.kind == DefinitionKind::Procedure).unwrap();
        assert!(!plain.sql.contains("DEFINER"), "{}", plain.sql);
        turn(&db, &wanted, &Schema::default()).await;
        turn(&db, &Schema::default(), &wanted).await;
        assert_same(db.introspect().await, wanted.clone());
        db.run(&["DROP PROCEDURE p", "CREATE PROCEDURE p() SELECT 1"]).await;
        let live = db.introspect().await;
        let dialect = db.dialect().await;
        apply(&db, &changes(&live, &wanted, dialect.as_ref(), |_| "0".to_owned())).await;
        assert_same(db.introspect().await, wanted);
    });
}

#[test]
fn rows_without_a_value_get_the_default_of_a_column_that_needs_one() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL DEFAULT 3, b varchar(9) NOT NULL DEFAULT 'it''s', c date NOT NULL DEFAULT '2020-01-01')"]).await;
        let next = db.introspect().await;
        turn(&db, &next, &Schema::default()).await;
        db.run(&[
            "CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(5), c date)",
            "INSERT INTO t VALUES (1, NULL, NULL, NULL), (2, 7, 'x', '2021-01-01')",
        ])
        .await;
        let previous = db.introspect().await;
        let rules = db.dialect().await.features().rules.clone();
        let guide = rungs::diff::Guide { rules, ..rungs::diff::Guide::default() };
        apply(&db, &rungs::diff::diff(&previous, &next, &guide)).await;
        assert_eq!(
            db.rows("SELECT * FROM t ORDER BY id").await,
            [["1", "3", "it's", "2020-01-01"], ["2", "7", "x", "2021-01-01"]]
        );
        assert_same(db.introspect().await, next);
    });
}
