//! Which objects statements touch, and how.

use rungs::schema::DialectName;

use crate::footprint_support::{MARIADB, MYSQL, POSTGRES, SQLITE, expect, touched};

const ALL: &[DialectName] = &[SQLITE, POSTGRES, MYSQL, MARIADB];
const MY: &[DialectName] = &[MYSQL, MARIADB];
const ANSI: &[DialectName] = &[SQLITE, POSTGRES];

#[test]
fn a_table_is_created_with_all_its_parts() {
    expect(ALL, "CREATE TABLE t (a INT PRIMARY KEY, b INT CHECK (b > 0), UNIQUE (b))", &["create table t"]);
    expect(ALL, "CREATE TABLE IF NOT EXISTS t (a INT)", &["create table t"]);
    expect(&[POSTGRES], "CREATE UNLOGGED TABLE t (a int) WITH (fillfactor = 70)", &["create table t"]);
    expect(&[SQLITE], "CREATE TABLE t (a, b UNSIGNED BIG INT) STRICT, WITHOUT ROWID", &["create table t"]);
    expect(&[SQLITE], "CREATE VIRTUAL TABLE t USING fts5 (a)", &["create table t"]);
    expect(MY, "CREATE OR REPLACE TABLE t (a INT) ENGINE=InnoDB", &["create table t"]);
    expect(MY, "CREATE TABLE t (a INT, KEY ix (a), FULLTEXT KEY f (a))", &["create table t"]);
}

#[test]
fn a_new_table_refers_to_others_and_not_to_itself() {
    let foreign_keys = "CREATE TABLE t (a INT REFERENCES u (x), b INT, t_id INT REFERENCES t (a),
        CONSTRAINT fk FOREIGN KEY (b) REFERENCES v (y) ON DELETE SET NULL)";
    let expected = ["create table t", "refer table u", "refer column u.x", "refer table v", "refer column v.y"];
    expect(ALL, foreign_keys, &expected);
    expect(
        &[POSTGRES],
        "CREATE TABLE t (LIKE u INCLUDING ALL) INHERITS (v)",
        &["create table t", "refer table u", "refer table v"],
    );
    expect(MY, "CREATE TABLE t LIKE u", &["create table t", "refer table u"]);
    expect(&[POSTGRES], "CREATE TABLE t PARTITION OF u FOR VALUES IN (1)", &["create table t", "alter table u"]);
    expect(
        &[POSTGRES],
        "CREATE TABLE t (m mood, a int[] DEFAULT nextval('s'::regclass))",
        &["create table t", "refer type mood", "refer sequence s"],
    );
}

#[test]
fn a_table_is_filled_from_a_query() {
    expect(ALL, "CREATE TABLE t AS SELECT x FROM u", &["create table t", "read table u", "refer column u.x"]);
    expect(&[POSTGRES], "CREATE TABLE t AS SELECT 1 WITH NO DATA", &["create table t"]);
    expect(MY, "CREATE TABLE t (a INT) SELECT x AS a FROM u", &["create table t", "read table u", "refer column u.x"]);
    expect(&[POSTGRES], "SELECT x INTO t FROM u", &["create table t", "read table u", "refer column u.x"]);
}

#[test]
fn a_temporary_table_concerns_nobody() {
    expect(
        ALL,
        "CREATE TEMPORARY TABLE t (a INT);\nINSERT INTO t (a) SELECT x FROM u;",
        &["read table u", "refer column u.x"],
    );
}

#[test]
fn a_table_goes_or_gets_another_name() {
    expect(ALL, "DROP TABLE t", &["drop table t"]);
    expect(ALL, "DROP TABLE IF EXISTS t, u", &["drop table t", "drop table u"]);
    expect(ALL, "ALTER TABLE t RENAME TO u", &["rename table t to u", "name table u what was t"]);
    expect(MY, "ALTER TABLE t RENAME u", &["rename table t to u", "name table u what was t"]);
    expect(
        MY,
        "RENAME TABLE t TO u, v TO w",
        &["rename table t to u", "name table u what was t", "rename table v to w", "name table w what was v"],
    );
    expect(&[POSTGRES], "ALTER TABLE t SET SCHEMA s", &["rename table t to s.t", "name table s.t what was t"]);
    expect(&[POSTGRES], "ALTER TABLE s.t RENAME TO u", &["rename table s.t to s.u", "name table s.u what was s.t"]);
}

#[test]
fn columns_come_and_go_and_change() {
    expect(ALL, "ALTER TABLE t ADD COLUMN a INT", &["create column t.a"]);
    expect(ALL, "ALTER TABLE t ADD a INT NOT NULL DEFAULT 0", &["create column t.a"]);
    expect(ALL, "ALTER TABLE t DROP COLUMN a", &["drop column t.a"]);
    expect(ALL, "ALTER TABLE t RENAME COLUMN a TO b", &["rename column t.a to b", "name column t.b what was a"]);
    expect(
        &[POSTGRES],
        "ALTER TABLE ONLY t ALTER COLUMN a SET NOT NULL, ALTER b DROP DEFAULT",
        &["alter column t.a", "alter column t.b"],
    );
    expect(&[POSTGRES], "ALTER TABLE t ALTER a TYPE bigint USING b::bigint", &["alter column t.a", "refer column t.b"]);
    expect(&[POSTGRES], "ALTER TABLE t ALTER a DROP IDENTITY", &["alter column t.a"]);
    expect(&[POSTGRES], "ALTER TABLE t ALTER a SET GENERATED ALWAYS SET INCREMENT BY 2", &["alter column t.a"]);
    expect(
        MY,
        "ALTER TABLE t MODIFY COLUMN a BIGINT NOT NULL, MODIFY b INT FIRST",
        &["alter column t.a", "alter column t.b"],
    );
    expect(MY, "ALTER TABLE t CHANGE a a BIGINT", &["alter column t.a"]);
    expect(MY, "ALTER TABLE t CHANGE COLUMN a b BIGINT", &["rename column t.a to b", "name column t.b what was a"]);
    expect(MY, "ALTER TABLE t ADD COLUMN (a INT, b INT)", &["create column t.a", "create column t.b"]);
    expect(MY, "ALTER TABLE t ADD a INT AFTER b", &["create column t.a", "refer column t.b"]);
    expect(
        ALL,
        "ALTER TABLE t ADD a INT GENERATED ALWAYS AS (b * 2) STORED",
        &["create column t.a", "refer column t.b"],
    );
}

#[test]
fn constraints_come_and_go() {
    expect(
        ALL,
        "ALTER TABLE t ADD COLUMN a INT CONSTRAINT c CHECK (a > b)",
        &["create column t.a", "create constraint t.c", "refer column t.b"],
    );
    expect(
        &[POSTGRES, MYSQL, MARIADB],
        "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (x)",
        &["create constraint t.c", "refer column t.a", "refer table u", "refer column u.x"],
    );
    expect(
        &[POSTGRES, MYSQL],
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        &["create constraint t.c", "refer column t.a"],
    );
    expect(&[POSTGRES, MYSQL], "ALTER TABLE t DROP CONSTRAINT c", &["drop constraint t.c"]);
    expect(&[POSTGRES], "ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)", &["refer column t.a"]);
    expect(
        &[POSTGRES],
        "ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (a)",
        &["create constraint t.p", "create primary key of t", "refer column t.a"],
    );
    expect(
        &[POSTGRES],
        "ALTER TABLE t RENAME CONSTRAINT c TO d",
        &["rename constraint t.c to d", "name constraint t.d what was c"],
    );
    expect(&[POSTGRES], "ALTER TABLE t VALIDATE CONSTRAINT c", &["alter constraint t.c"]);
    expect(MY, "ALTER TABLE t DROP FOREIGN KEY c, DROP CHECK d", &["drop constraint t.c", "drop constraint t.d"]);
    expect(MY, "ALTER TABLE t DROP PRIMARY KEY", &["drop primary key of t"]);
    expect(MY, "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a)", &["alter primary key of t", "refer column t.a"]);
}

#[test]
fn words_of_the_language_may_be_columns() {
    expect(ALL, "ALTER TABLE t ADD COLUMN check INT", &["create column t.check"]);
    expect(&[POSTGRES], "ALTER TABLE t ADD key int, ADD index int", &["create column t.key", "create column t.index"]);
    expect(
        &[POSTGRES],
        "ALTER TABLE t RENAME key TO other",
        &["rename column t.key to other", "name column t.other what was key"],
    );
    expect(&[POSTGRES], "ALTER TABLE t DROP key", &["drop column t.key"]);
}

#[test]
fn indexes_belong_to_tables() {
    expect(ALL, "CREATE INDEX ix ON t (a, b DESC)", &["create index t.ix", "refer column t.a", "refer column t.b"]);
    expect(ALL, "CREATE UNIQUE INDEX ix ON t (a)", &["create unique index t.ix", "refer column t.a"]);
    expect(
        ANSI,
        "CREATE INDEX IF NOT EXISTS ix ON t (lower(a)) WHERE b IS NOT NULL",
        &["create index t.ix", "refer column t.a", "refer column t.b"],
    );
    expect(
        &[POSTGRES],
        "CREATE INDEX CONCURRENTLY ix ON s.t USING gin (a jsonb_path_ops) INCLUDE (b) WITH (x = 1)",
        &["create index s.t.ix", "refer column s.t.a", "refer column s.t.b"],
    );
    expect(&[POSTGRES], "CREATE INDEX ON t (a)", &["refer column t.a"]);
    expect(&[SQLITE], "CREATE INDEX main.ix ON t (a)", &["create index t.ix", "refer column t.a"]);
    expect(ANSI, "DROP INDEX IF EXISTS ix", &["drop index ix"]);
    expect(&[POSTGRES], "ALTER INDEX ix RENAME TO iy", &["rename index ix to iy", "name index iy what was ix"]);
    expect(MY, "DROP INDEX ix ON t", &["drop index t.ix"]);
    expect(
        MY,
        "ALTER TABLE t DROP KEY ix, ADD UNIQUE KEY iy (a(10))",
        &["drop index t.ix", "create unique index t.iy", "refer column t.a"],
    );
    expect(MY, "ALTER TABLE t RENAME KEY ix TO iy", &["rename index t.ix to iy", "name index t.iy what was ix"]);
    expect(MY, "ALTER TABLE t ALTER INDEX ix INVISIBLE", &["alter index t.ix"]);
}

#[test]
fn options_and_comments_of_a_table() {
    expect(&[POSTGRES], "ALTER TABLE t SET (fillfactor = 70), RESET (toast.autovacuum_enabled)", &["alter table t"]);
    expect(&[POSTGRES], "ALTER TABLE t ENABLE ROW LEVEL SECURITY", &["alter table t"]);
    expect(&[POSTGRES], "COMMENT ON TABLE t IS 'x'", &["comment table t"]);
    expect(&[POSTGRES], "COMMENT ON COLUMN s.t.a IS NULL", &["comment column s.t.a"]);
    expect(&[POSTGRES], "COMMENT ON CONSTRAINT c ON t IS 'x'", &["comment constraint t.c"]);
    expect(&[POSTGRES], "COMMENT ON INDEX ix IS 'x'", &["comment index ix"]);
    expect(MY, "ALTER TABLE t COMMENT='x'", &["comment table t"]);
    expect(
        MY,
        "ALTER TABLE t ENGINE=InnoDB ROW_FORMAT=COMPACT, DEFAULT CHARSET=utf8mb4, ALGORITHM=INPLACE",
        &["alter table t"],
    );
    expect(MY, "ALTER TABLE t PARTITION BY HASH (a) PARTITIONS 4", &["alter table t"]);
    expect(MY, "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", &["alter table t", "alter table u"]);
    expect(&[POSTGRES], "ALTER TABLE t ATTACH PARTITION u FOR VALUES IN (1)", &["alter table t", "alter table u"]);
}

#[test]
fn rows_change() {
    expect(ALL, "INSERT INTO t (a) VALUES (1)", &["insert table t", "refer column t.a"]);
    expect(ALL, "INSERT INTO t SELECT x FROM u", &["insert table t", "read table u", "refer column u.x"]);
    expect(
        ALL,
        "UPDATE t SET a = b + 1 WHERE c IS NULL",
        &["update table t", "update column t.a", "refer column t.b", "refer column t.c"],
    );
    // Without a qualifier a column may be of either.
    expect(
        ALL,
        "DELETE FROM t WHERE a IN (SELECT u.x FROM u)",
        &["delete table t", "read table u", "refer column t.a", "refer column u.a", "refer column u.x"],
    );
    expect(
        &[POSTGRES],
        "UPDATE t SET a = u.x FROM u WHERE u.id = t.id",
        &[
            "update table t",
            "update column t.a",
            "read table u",
            "refer column u.x",
            "refer column u.id",
            "refer column t.id",
        ],
    );
    expect(
        MY,
        "UPDATE t JOIN u ON u.id = t.id SET u.x = t.a",
        &[
            "update table u",
            "update column u.x",
            "read table t",
            "refer column u.id",
            "refer column t.id",
            "refer column t.a",
        ],
    );
    expect(&[POSTGRES], "TRUNCATE t, s.u", &["delete table t", "delete table s.u"]);
    expect(MY, "TRUNCATE TABLE t", &["delete table t"]);
    expect(&[POSTGRES], "COPY t (a) FROM '/tmp/x'", &["insert table t", "refer column t.a"]);
    expect(&[POSTGRES], "INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (1)", &["insert table t"]);
    expect(&[SQLITE], "INSERT OR IGNORE INTO t VALUES (1)", &["insert table t"]);
    expect(
        ANSI,
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
        &["insert table t", "update table t", "refer column t.a"],
    );
    expect(
        &[POSTGRES],
        "WITH gone AS (DELETE FROM t RETURNING a) INSERT INTO u SELECT a FROM gone",
        &["delete table t", "insert table u", "refer column t.a"],
    );
}

#[test]
fn views_stand_on_what_they_select() {
    expect(ALL, "CREATE VIEW v AS SELECT a FROM t", &["create view v", "refer table t", "refer column t.a"]);
    expect(
        &[POSTGRES, MYSQL],
        "CREATE OR REPLACE VIEW v AS SELECT a FROM t",
        &["replace view v", "refer table t", "refer column t.a"],
    );
    expect(
        ALL,
        "CREATE VIEW v (x) AS WITH w AS (SELECT a FROM t) SELECT a FROM w",
        &["create view v", "refer table t", "refer column t.a"],
    );
    expect(
        ALL,
        "CREATE VIEW v AS SELECT o.a FROM t AS o JOIN u ON u.x = o.y",
        &[
            "create view v",
            "refer table t",
            "refer table u",
            "refer column t.a",
            "refer column u.x",
            "refer column t.y",
        ],
    );
    expect(
        &[POSTGRES],
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA",
        &["create view v", "refer table t", "refer column t.a"],
    );
    expect(
        MY,
        "CREATE ALGORITHM=UNDEFINED DEFINER=`me`@`%` SQL SECURITY DEFINER VIEW v AS SELECT a FROM t",
        &["create view v", "refer table t", "refer column t.a"],
    );
    expect(ALL, "DROP VIEW v", &["drop view v"]);
}

#[test]
fn triggers_belong_to_tables() {
    expect(
        &[SQLITE],
        "CREATE TRIGGER r AFTER UPDATE OF a ON t BEGIN UPDATE u SET x = new.a WHERE id = old.id; DELETE FROM w; END",
        &[
            "create trigger t.r",
            "refer column t.a",
            "refer table u",
            "refer column u.x",
            "refer column u.id",
            "refer table w",
        ],
    );
    expect(
        &[POSTGRES],
        "CREATE TRIGGER r BEFORE INSERT OR UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f()",
        &["create trigger t.r", "refer column t.a", "refer column t.b", "refer routine f"],
    );
    expect(MY, "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", &["create trigger t.r"]);
    expect(&[POSTGRES], "DROP TRIGGER r ON t", &["drop trigger t.r"]);
    expect(&[SQLITE, MYSQL], "DROP TRIGGER r", &["drop trigger r"]);
}

#[test]
fn what_has_a_name_of_its_own() {
    expect(&[POSTGRES], "CREATE TYPE mood AS ENUM ('a')", &["create type mood"]);
    expect(&[POSTGRES], "ALTER TYPE mood ADD VALUE 'b' BEFORE 'a'", &["alter type mood"]);
    expect(
        &[POSTGRES],
        "ALTER TYPE mood RENAME TO humour",
        &["rename type mood to humour", "name type humour what was mood"],
    );
    expect(&[POSTGRES], "DROP TYPE mood", &["drop type mood"]);
    expect(&[POSTGRES, MARIADB], "CREATE SEQUENCE s START WITH 5", &["create sequence s"]);
    expect(&[POSTGRES], "CREATE SEQUENCE s OWNED BY t.a", &["create sequence s", "refer column t.a"]);
    expect(
        &[POSTGRES],
        "ALTER SEQUENCE IF EXISTS s RENAME TO z",
        &["rename sequence s to z", "name sequence z what was s"],
    );
    expect(&[POSTGRES], "SELECT setval('s', 7)", &["alter sequence s"]);
    expect(
        &[POSTGRES],
        "SELECT setval(pg_get_serial_sequence('t', 'a'), max(a)) FROM t",
        &["read table t", "refer column t.a"],
    );
    expect(&[POSTGRES], "CREATE SCHEMA IF NOT EXISTS s", &["create schema s"]);
    expect(&[POSTGRES], "CREATE EXTENSION IF NOT EXISTS citext", &["create extension citext"]);
    expect(&[POSTGRES], "CREATE POLICY p ON t USING (true)", &["create policy t.p"]);
    expect(&[POSTGRES], "GRANT SELECT, UPDATE ON t, s.u TO someone", &["refer table t", "refer table s.u"]);
    expect(&[POSTGRES], "GRANT USAGE ON SEQUENCE s TO someone", &["refer sequence s"]);
}

#[test]
fn what_touches_nothing() {
    for script in ["BEGIN", "COMMIT", "SAVEPOINT a", "ANALYZE", "", "-- nothing", "/* nothing */;", "\n\n"] {
        expect(ALL, script, &[]);
    }
    expect(&[SQLITE], "PRAGMA legacy_alter_table = ON", &[]);
    expect(&[POSTGRES], "SET lock_timeout = '5s'", &[]);
    expect(MY, "SET foreign_key_checks = 0", &[]);
    expect(MY, "/*!40101 SET NAMES utf8mb4 */", &[]);
    expect(&[SQLITE], "DELETE FROM sqlite_sequence WHERE name = 't'", &[]);
}

#[test]
fn versioned_comments_are_code() {
    expect(
        MY,
        "/*!50003 DROP TABLE IF EXISTS t */;\n/*M!100100 CREATE TABLE u (a INT) */;",
        &["drop table t", "create table u"],
    );
}

#[test]
fn names_are_what_the_engine_takes_them_for() {
    assert_eq!(touched(POSTGRES, "DROP TABLE Users"), ["drop table users"]);
    assert_eq!(touched(POSTGRES, "DROP TABLE \"Users\""), ["drop table Users"]);
    assert_eq!(touched(POSTGRES, "DROP TABLE public.users"), ["drop table users"]);
    assert_eq!(touched(POSTGRES, "DROP TABLE \"a\"\"b\".\"c.d\""), ["drop table a\"b.c.d"]);
    assert_eq!(touched(SQLITE, "DROP TABLE main.[a b]"), ["drop table a b"]);
    assert_eq!(touched(SQLITE, "DROP TABLE 'it''s'"), ["drop table it's"]);
    assert_eq!(touched(SQLITE, "ALTER TABLE T ADD a; ALTER TABLE t DROP COLUMN A"), Vec::<String>::new());
    assert_eq!(touched(MYSQL, "DROP TABLE `a``b`"), ["drop table a`b"]);
    assert_eq!(touched(MYSQL, "ALTER TABLE t ADD a INT; ALTER TABLE t DROP COLUMN A"), Vec::<String>::new());
    assert_eq!(
        touched(MYSQL, "ALTER TABLE t ADD a INT; ALTER TABLE T DROP COLUMN a"),
        ["create column t.a", "drop column T.a"]
    );
    assert_eq!(
        touched(POSTGRES, "ALTER TABLE t ADD a int; ALTER TABLE t DROP COLUMN \"A\""),
        ["create column t.a", "drop column t.A"]
    );
}
