use super::*;

fn planned_of(name: DialectName, number: (u32, u32, u32), script: &str) -> Vec<Planned> {
    let pieces = split(name, script).unwrap_or_default();
    plan(&ServerVersion { name, number }, &pieces)
}

fn mysql(script: &str) -> Vec<Planned> {
    planned_of(DialectName::Mariadb, (11, 8, 0), script)
}

fn postgres(script: &str) -> Vec<Planned> {
    planned_of(DialectName::Postgres, (17, 0, 0), script)
}

/// `changed table a, gone table b`, or the class in one word.
fn said(planned: &Planned) -> String {
    match &planned.class {
        Class::Defines(objects) => {
            let one = |object: &Object| format!("{:?} {} {}", object.becomes, object.kind.word(), object.name);
            objects.iter().map(one).collect::<Vec<_>>().join(", ").to_lowercase()
        }
        Class::Unsure { partial } => if *partial { "unsure in part" } else { "unsure" }.to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

#[test]
fn what_mysql_defines() {
    for (sql, expected) in [
        ("CREATE TABLE `a b` (id INT)", "present table a b"),
        ("CREATE TABLE IF NOT EXISTS d.t (id INT)", "present table d.t"),
        ("CREATE OR REPLACE TABLE t (id INT)", "replaced table t"),
        ("CREATE TABLE t AS SELECT 1", "presentinpart table t"),
        ("CREATE TABLE t (id INT) PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (1))", "present table t"),
        ("CREATE UNIQUE INDEX i ON t (a)", "changed table t"),
        ("DROP INDEX i ON t", "changed table t"),
        ("ALTER TABLE t ADD COLUMN c INT, RENAME COLUMN a TO b", "changed table t"),
        ("ALTER TABLE t RENAME TO u", "absent table t, present table u"),
        ("ALTER TABLE t TRUNCATE PARTITION p", "unsure"),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "unsure"),
        ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", "changed table t"),
        ("DROP TABLE IF EXISTS a, b", "absent table a, absent table b"),
        ("RENAME TABLE a TO b", "absent table a, present table b"),
        ("RENAME TABLE a TO old, new TO a", "replaced table a, present table old, absent table new"),
        ("RENAME TABLE a TO x, b TO a, x TO b", "replaced table a, replaced table b"),
        ("TRUNCATE TABLE t", "emptied table t"),
        ("CREATE DEFINER=`me`@`%` TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "present trigger g"),
        (
            "CREATE OR REPLACE ALGORITHM = MERGE DEFINER = CURRENT_USER() SQL SECURITY INVOKER VIEW v AS SELECT 1",
            "present view v",
        ),
        (
            "/*!50003 CREATE */ /*!50017 DEFINER=`a`@`b` */ /*!50003 TRIGGER g AFTER INSERT ON t FOR EACH ROW SET @a = 1 */",
            "present trigger g",
        ),
        ("CREATE EVENT e ON SCHEDULE AT '2030-01-01' DO DELETE FROM t", "unsure in part"),
        ("ALTER SEQUENCE s RESTART", "unsure"),
        ("DROP DATABASE d", "absent database d"),
        ("CALL p()", "unsure in part"),
        ("INSERT INTO t VALUES (1)", "shared"),
        ("DO SLEEP(1)", "shared"),
        ("(SELECT 1)", "shared"),
        ("ANALYZE TABLE t", "repeatable"),
        ("ANALYZE UPDATE t SET a = 1", "shared"),
        ("SET GLOBAL max_connections = 5", "repeatable"),
        ("SET STATEMENT max_statement_time = 1 FOR ALTER TABLE t ADD c INT", "changed table t"),
        ("INSTALL PLUGIN p SONAME 's'", "unsure"),
    ] {
        assert_eq!(said(&mysql(sql)[0]), expected, "{sql}");
    }
    let atomic = planned_of(DialectName::Mysql, (9, 0, 0), "CREATE TABLE t AS SELECT 1");
    assert_eq!(said(&atomic[0]), "present table t");
    let several = mysql("DELIMITER $$\nINSERT INTO t VALUES (1); INSERT INTO t VALUES (2) $$\nDELIMITER ;");
    assert_eq!(said(&several[0]), "unsure in part");
}

#[test]
fn what_postgres_cannot_take_back() {
    for (sql, expected) in [
        ("CREATE INDEX CONCURRENTLY ix ON s.t (a)", "changed the indexes of table s.t"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix ON ONLY t (a)", "changed the indexes of table t"),
        ("CREATE INDEX ix ON t (a)", "shared"),
        ("DROP INDEX CONCURRENTLY IF EXISTS a, b", "absent index a, absent index b"),
        ("REINDEX INDEX CONCURRENTLY ix", "changed the invalid indexes "),
        ("REINDEX (CONCURRENTLY) TABLE t", "changed the invalid indexes "),
        ("REINDEX TABLE t", "repeatable"),
        ("VACUUM t", "repeatable"),
        ("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "absent partition c"),
        ("ALTER TABLE p DETACH PARTITION c", "shared"),
        ("CREATE DATABASE d", "present database d"),
        ("DO $$ BEGIN PERFORM 1; END $$", "shared"),
        ("DO $$ BEGIN COMMIT; END $$", "unsure in part"),
        ("CALL p()", "unsure in part"),
        ("ALTER TABLE t ADD COLUMN c int", "shared"),
        ("SET search_path = s", "repeatable"),
    ] {
        assert_eq!(said(&postgres(sql)[0]), expected, "{sql}");
    }
}

#[test]
fn a_transaction_of_the_files_own() {
    let classes = |plan: &[Planned]| plan.iter().map(|one| (said(one), one.inside)).collect::<Vec<_>>();
    let one = |class: &str, inside: bool| (class.to_owned(), inside);
    assert_eq!(
        classes(&postgres(
            "BEGIN; CREATE TABLE a (id int); SAVEPOINT s; ROLLBACK TO s; COMMIT; CREATE TABLE b (id int)"
        )),
        [
            one("begins", false),
            one("shared", true),
            one("shared", true),
            one("shared", true),
            one("ends", false),
            one("shared", false)
        ]
    );
    // On MySQL DDL commits what is open.
    assert_eq!(
        classes(&mysql("BEGIN; INSERT INTO a VALUES (1); CREATE TABLE b (id INT); INSERT INTO b VALUES (1); COMMIT")),
        [
            one("begins", false),
            one("shared", true),
            one("present table b", false),
            one("shared", false),
            one("repeatable", false)
        ]
    );
    assert_eq!(
        classes(&mysql(
            "SET autocommit = 0; INSERT INTO a VALUES (1); COMMIT; INSERT INTO a VALUES (2); SET autocommit = 1"
        )),
        [
            one("repeatable", false),
            one("shared", true),
            one("ends", false),
            one("shared", true),
            one("repeatable", false)
        ]
    );
}

#[test]
fn what_a_session_can_have_again() {
    let plan = mysql(
        "SET @OLD = @@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS = 0; USE d; SET @n = (SELECT count(*) FROM t); \
         SELECT max(id) INTO @m FROM t; CREATE TEMPORARY TABLE x (id INT); LOCK TABLES t WRITE; SELECT @a := 1",
    );
    let replayed: Vec<bool> = plan.iter().map(|one| one.replayed).collect();
    assert_eq!(replayed, [true, true, false, false, false, false, false]);
    let left: Vec<Option<&str>> =
        plan.iter().map(|one| one.leftover.as_ref().map(|leftover| leftover.what.as_str())).collect();
    assert_eq!(
        left,
        [
            None,
            None,
            Some("value of @n"),
            Some("value of @m"),
            Some("temporary table x"),
            Some("lock on tables"),
            Some("value of @a")
        ]
    );
    let needs = |sql: &str, at: usize| {
        let leftover = plan[at].leftover.as_ref();
        leftover.is_some_and(|leftover| leftover.is_needed_by(&Words::new(DialectName::Mariadb, sql)))
    };
    assert!(needs("UPDATE t SET a = @N", 2));
    assert!(!needs("UPDATE t SET n = 1", 2));
    assert!(needs("INSERT INTO t SELECT * FROM `X`", 4));
    let pg = postgres(
        "SELECT pg_catalog.set_config('search_path', '', false); SET LOCAL a = 1; CREATE TEMP TABLE x (id int)",
    );
    assert_eq!(pg.iter().map(|one| one.replayed).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(pg[2].leftover.as_ref().map(|leftover| leftover.what.as_str()), Some("temporary table x"));
}
