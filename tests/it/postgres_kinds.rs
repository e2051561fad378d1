//! PostgreSQL: for each kind of object, any state becomes any other in one transaction, from nothing and to nothing, and
//! back again, with its rows.

use std::collections::BTreeMap;

use rungs::db::Connection;
use rungs::dialect::{Dialect, Scope, introspect};
use rungs::diff::{Definitions, Guide, diff};
use rungs::plan::{Plan, plan};
use rungs::schema::Schema;

use crate::harness::{Engine, TestDb, play};
use crate::postgres_introspect::assert_same;

/// What a revision would do.
pub fn revision(dialect: &dyn Dialect, previous: &Schema, next: &Schema) -> Plan {
    let (mut previous, mut next) = (previous.clone(), next.clone());
    dialect.align(&mut previous, &mut next);
    let rules = dialect.features().rules.clone();
    let guide = Guide { definitions: Definitions::All, one_transaction: true, rules, ..Guide::default() };
    plan(&diff(&previous, &next, &guide), dialect).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs statements in one transaction.
pub async fn in_one_transaction(connection: &mut Connection, statements: &[rungs::dialect::Statement]) {
    connection.execute("BEGIN").await.unwrap();
    for statement in statements {
        if let Err(error) = connection.execute(&statement.sql).await {
            let all: Vec<&str> = statements.iter().map(|statement| statement.sql.as_str()).collect();
            panic!("{error}\n{}", all.join(";\n"));
        }
    }
    connection.execute("COMMIT").await.unwrap();
}

/// All of a database, with the columns in an order of their own: new ones come last, which is no difference.
async fn everything(connection: &mut Connection) -> Schema {
    let mut schema = introspect(connection, &Scope::Everything).await.unwrap();
    schema.tables.iter_mut().for_each(|table| table.columns.sort_by(|a, b| a.name.cmp(&b.name)));
    schema
}

async fn rows(connection: &mut Connection, schema: &Schema) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for table in schema.tables.iter().filter(|table| !table.options.contains_key("server")) {
        let place = table.name.schema.as_ref().map_or_else(String::new, |schema| format!("\"{schema}\"."));
        let sql =
            format!("SELECT string_agg(id::text, ',' ORDER BY id::text) AS ids FROM {place}\"{}\"", table.name.name);
        let ids = connection.query(&sql).await.unwrap();
        found.insert(table.name.to_string(), ids[0].opt("ids").unwrap().unwrap_or_default().to_owned());
    }
    found
}

/// Plays every pair of states, each of which is a list of statements; every table has an `id`.
pub async fn any_state_becomes_any_other(db: &TestDb, states: &[&[&str]]) {
    let mut connection = db.connect().await;
    let dialect = rungs::dialect::for_version(connection.version()).unwrap();
    let empty = everything(&mut connection).await;
    let mut read = Vec::new();
    for state in states {
        db.run(state).await;
        let schema = everything(&mut connection).await;
        in_one_transaction(&mut connection, &revision(dialect.as_ref(), &schema, &empty).up).await;
        assert_same(&empty, &everything(&mut connection).await);
        read.push(schema);
    }
    for (from, state) in states.iter().enumerate() {
        for (to, next) in read.iter().enumerate() {
            db.run(state).await;
            let previous = everything(&mut connection).await;
            assert_same(&read[from], &previous);
            let before = rows(&mut connection, &previous).await;
            let plan = revision(dialect.as_ref(), &previous, next);
            assert!(from != to || plan.up.is_empty(), "{:#?}", plan.up);
            in_one_transaction(&mut connection, &plan.up).await;
            let reached = everything(&mut connection).await;
            assert_same(next, &reached);
            for (table, ids) in rows(&mut connection, &reached).await {
                assert_eq!(*before.get(&table).unwrap_or(&ids), ids, "the rows of {table}, from {from} to {to}");
            }
            assert_eq!(revision(dialect.as_ref(), &reached, next), Plan::default());
            in_one_transaction(&mut connection, &plan.down).await;
            assert_same(&previous, &everything(&mut connection).await);
            in_one_transaction(&mut connection, &revision(dialect.as_ref(), &previous, &empty).up).await;
        }
    }
    connection.close().await.unwrap();
}

pub fn law(states: &'static [&'static [&'static str]]) {
    play(Engine::Postgres, |db| async move { any_state_becomes_any_other(&db, states).await });
}

#[test]
fn a_domain_may_call_a_function() {
    law(&[
        &["CREATE DOMAIN code AS text", "CREATE TABLE t (id int, c code)", "INSERT INTO t VALUES (1, 'x')"],
        &[
            "CREATE FUNCTION is_short(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < 9'",
            "CREATE DOMAIN code AS text CHECK (is_short(VALUE))",
            "CREATE TABLE t (id int, c code)",
            "INSERT INTO t VALUES (1, 'y')",
        ],
        &[
            "CREATE FUNCTION is_short(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length($1) < 7'",
            "CREATE DOMAIN code AS text CONSTRAINT is_short CHECK (is_short(VALUE))",
            "CREATE TABLE t (id int, c code, cs code[])",
            "INSERT INTO t VALUES (1, 'z', '{z}')",
        ],
    ]);
}

#[test]
fn domains_become_any_others() {
    law(&[
        &["CREATE TABLE t (id int PRIMARY KEY, d int, ds int[])", "INSERT INTO t VALUES (1, 5, '{1,2}')"],
        &[
            "CREATE DOMAIN amount AS int DEFAULT 3 CHECK (VALUE > 0) CONSTRAINT \"Most\" CHECK (VALUE < 100)",
            "COMMENT ON DOMAIN amount IS 'it''s'",
            "CREATE TABLE t (id int PRIMARY KEY, d amount, ds amount[], CHECK (d <> 4))",
            "CREATE VIEW v AS SELECT d + 1 AS next, ds FROM t WHERE d > 2",
            "INSERT INTO t VALUES (1, 5, '{1,2}')",
        ],
        &[
            "CREATE DOMAIN amount AS bigint NOT NULL CONSTRAINT \"Least\" CHECK (VALUE > 0)",
            "ALTER DOMAIN amount ADD CONSTRAINT \"Most\" CHECK (VALUE < 30) NOT VALID",
            "COMMENT ON CONSTRAINT \"Least\" ON DOMAIN amount IS 'one'",
            "CREATE TABLE t (id int PRIMARY KEY, d amount DEFAULT 2, ds amount[] DEFAULT '{}')",
            "CREATE UNIQUE INDEX ON t (d) WHERE d > 1",
            "ALTER DOMAIN amount DROP CONSTRAINT \"Most\"",
            "INSERT INTO t VALUES (1, 5, '{1,2}')",
            "ALTER DOMAIN amount ADD CONSTRAINT \"Most\" CHECK (VALUE < 30) NOT VALID",
        ],
        &[
            "CREATE DOMAIN amount AS text COLLATE \"C\" CHECK (length(VALUE) < 9 AND VALUE IN ('5', '1', '2', 'x'))",
            "CREATE DOMAIN narrow AS amount CHECK (VALUE <> 'x')",
            "CREATE TYPE pair AS (a amount, n narrow, ns narrow[])",
            "CREATE TABLE t (id int PRIMARY KEY, d amount, ds amount[], n narrow, b pair, bs pair[], \
             g text GENERATED ALWAYS AS (d || '!') STORED UNIQUE)",
            "CREATE FUNCTION same(a amount, n narrow) RETURNS pair LANGUAGE sql AS 'SELECT ROW(a, n, NULL)::pair'",
            "CREATE VIEW v AS SELECT (same(d, n)).a FROM t",
            "INSERT INTO t VALUES (1, '5', '{1,2}', '1', ROW('1', '2', '{5}'), ARRAY[ROW('1', '2', '{5}')::pair])",
        ],
        &[
            "CREATE DOMAIN amount AS varchar(5)",
            "CREATE DOMAIN narrow AS amount",
            "CREATE TYPE pair AS (a amount, n narrow, ns narrow[])",
            "CREATE TABLE t (id int PRIMARY KEY, d amount DEFAULT '1', ds amount[], n narrow, b pair, bs pair[])",
            "CREATE FUNCTION same(a amount, n narrow) RETURNS pair LANGUAGE sql AS 'SELECT ROW(a, n, NULL)::pair'",
            "INSERT INTO t VALUES (1, '5', '{1,2}', '1', ROW('1', '2', '{5}'), ARRAY[ROW('1', '2', '{5}')::pair])",
        ],
    ]);
}

#[test]
fn composite_types_become_any_others() {
    law(&[
        &["CREATE TYPE c AS (a int, b text)"],
        &[
            "CREATE TYPE c AS (a int, b text COLLATE \"C\", \"D d\" date)",
            "COMMENT ON TYPE c IS 'x'",
            "COMMENT ON COLUMN c.a IS 'an a'",
            "CREATE TABLE t (id int, x c CHECK ((x).a > 0), xs c[])",
            "INSERT INTO t VALUES (1, ROW(1, 'x', NULL), ARRAY[ROW(2, 'y', '2020-01-01')::c]), (2, NULL, NULL)",
        ],
        &[
            "CREATE TYPE c AS (a bigint, b text)",
            "CREATE TABLE t (id int, x c DEFAULT ROW(1, 'b'), xs c[] DEFAULT ARRAY[ROW(1, 'b')::c])",
            "CREATE VIEW v AS SELECT (x).a, id FROM t",
            "CREATE FUNCTION f(c) RETURNS c LANGUAGE sql AS 'SELECT $1'",
            "CREATE INDEX ON t (((x).b))",
            "INSERT INTO t VALUES (1, ROW(1, 'x'), ARRAY[ROW(2, 'y')::c]), (2, NULL, NULL)",
        ],
        &[
            "CREATE TYPE c AS (a numeric, c int, b text)",
            "CREATE FUNCTION f(c) RETURNS c LANGUAGE sql AS 'SELECT $1'",
            "CREATE VIEW w AS SELECT a, b FROM f(NULL)",
        ],
        &[
            "CREATE TYPE c AS (b text, z int)",
            "CREATE TABLE u (id int, x c)",
            "INSERT INTO u VALUES (1, ROW('x', 1)), (2, NULL)",
        ],
    ]);
}

#[test]
fn enumerated_types_become_any_others() {
    law(&[
        &[
            "CREATE TABLE t (id int PRIMARY KEY, m text DEFAULT 'a' CHECK (m <> 'q'), ms text[] DEFAULT '{a}')",
            "CREATE INDEX im ON t (m) WHERE m = 'a'",
            "INSERT INTO t VALUES (1, 'a', '{a,b}')",
        ],
        &[
            "CREATE TYPE mood AS ENUM ('a', 'b')",
            "CREATE TABLE t (id int PRIMARY KEY, m mood, ms mood[])",
            "INSERT INTO t VALUES (1, 'a', '{a,b}')",
        ],
        &[
            "CREATE TYPE mood AS ENUM ('a', 'it''s', 'b')",
            "CREATE TABLE t (id int PRIMARY KEY, m mood DEFAULT 'it''s', ms mood[] DEFAULT '{\"it''s\"}', CHECK (m IN ('a', 'it''s')))",
            "CREATE INDEX im ON t (m) WHERE m = 'it''s'",
            "CREATE INDEX ie ON t ((m = 'b'))",
            "CREATE VIEW v AS SELECT m, count(*) AS n FROM t GROUP BY m",
            "CREATE VIEW v2 AS SELECT * FROM v WHERE m > 'it''s'",
            "COMMENT ON VIEW v2 IS 'two'",
            "INSERT INTO t VALUES (1, 'a', '{a,b}')",
        ],
        &[
            "CREATE TYPE mood AS ENUM ('b', 'a', 'x')",
            "COMMENT ON TYPE mood IS 'm'",
            "CREATE DOMAIN calm AS mood CHECK (VALUE <> 'b')",
            "CREATE TYPE pair AS (m mood, ms mood[], d calm)",
            "CREATE FUNCTION is_calm(mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1 = 'a'$$",
            "CREATE FUNCTION pairs(m mood[]) RETURNS SETOF pair LANGUAGE plpgsql AS $$BEGIN RETURN; END$$",
            "CREATE TABLE t (id int PRIMARY KEY, m mood NOT NULL DEFAULT 'x' UNIQUE CHECK (is_calm(m)), ms mood[], d calm DEFAULT 'a', \
             p pair, ps pair[], g boolean GENERATED ALWAYS AS (m = 'a') STORED, h mood GENERATED ALWAYS AS (d) STORED)",
            "CREATE INDEX ig ON t (g, id)",
            "CREATE TABLE u (id int PRIMARY KEY, m mood REFERENCES t (m))",
            "CREATE VIEW v AS SELECT is_calm(m) AS calm, p FROM t",
            "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
            "CREATE TRIGGER tg BEFORE UPDATE OF m ON t FOR EACH ROW WHEN (new.m = 'a') EXECUTE FUNCTION touch()",
            "INSERT INTO t (id, m, ms, p, ps) VALUES (1, 'a', '{a,b}', ROW('b', '{a}', 'a'), ARRAY[ROW('b', '{a}', 'a')::pair])",
            "INSERT INTO u VALUES (1, 'a')",
        ],
        &[
            "CREATE SCHEMA s",
            "CREATE TYPE s.\"Mood\" AS ENUM ('b', 'a')",
            "CREATE TABLE t (id int PRIMARY KEY, m s.\"Mood\" DEFAULT 'b', ms s.\"Mood\"[])",
            "INSERT INTO t VALUES (1, 'a', '{a,b}')",
        ],
    ]);
}

/// The default of a routine's argument is only replaced with the routine.
#[test]
fn a_value_goes_after_the_routine_that_named_it_is_replaced() {
    law(&[
        &[
            "CREATE TYPE mood AS ENUM ('a', 'b')",
            "CREATE FUNCTION f(m mood DEFAULT 'b') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT m::text'",
            "CREATE TABLE t (id int, m text DEFAULT f(), k text UNIQUE)",
            "COMMENT ON INDEX t_k_key IS 'an index'",
            "INSERT INTO t VALUES (1)",
        ],
        &[
            "CREATE TYPE mood AS ENUM ('c', 'a')",
            "CREATE FUNCTION f(m mood DEFAULT 'a') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT m::text'",
            "CREATE TABLE t (id int, m text DEFAULT f(), k text UNIQUE)",
            "INSERT INTO t VALUES (1)",
        ],
    ]);
}

#[test]
fn sequences_and_numbered_columns_become_any_others() {
    law(&[
        &["CREATE TABLE t (id serial PRIMARY KEY, n int NOT NULL DEFAULT 4)", "INSERT INTO t DEFAULT VALUES"],
        &[
            "CREATE SEQUENCE s AS int START 5 INCREMENT 2 MINVALUE 3 MAXVALUE 1000 CACHE 7 CYCLE",
            "COMMENT ON SEQUENCE s IS 's'",
            "CREATE TABLE t (id bigint PRIMARY KEY DEFAULT nextval('s'), n int NOT NULL DEFAULT nextval('s'))",
            "INSERT INTO t DEFAULT VALUES",
        ],
        &[
            "CREATE SEQUENCE s AS smallint INCREMENT -1",
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME counter START 100 MINVALUE 50), n int NOT NULL)",
            "ALTER SEQUENCE s OWNED BY t.n",
            "INSERT INTO t VALUES (DEFAULT, 3)",
        ],
        &[
            "CREATE TABLE t (id bigint GENERATED BY DEFAULT AS IDENTITY, n smallserial)",
            "CREATE SEQUENCE s START 500 MINVALUE 500",
            "INSERT INTO t DEFAULT VALUES",
        ],
        &[
            "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY (START -200 MINVALUE -200 MAXVALUE 200 INCREMENT 10), \
             n int GENERATED ALWAYS AS IDENTITY)",
            "INSERT INTO t DEFAULT VALUES",
        ],
    ]);
}

#[test]
fn columns_take_any_settings() {
    law(&[
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a text, n numeric, i inet, z int NOT NULL)",
            "CREATE VIEW v AS SELECT id, a FROM t",
            "INSERT INTO t VALUES (1, '1', 1, '1.1.1.1', 1)",
        ],
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(9), n numeric, i inet, z bigint)",
            "ALTER TABLE t ALTER a SET STORAGE EXTERNAL, ALTER n SET STORAGE PLAIN, ALTER z SET STATISTICS 200, \
             ALTER a SET (n_distinct = -0.5, n_distinct_inherited = 3)",
            "INSERT INTO t VALUES (1, '1', 1, '1.1.1.1', 1)",
        ],
        &[
            "CREATE TABLE t (id bigint PRIMARY KEY, a text, n bigint GENERATED ALWAYS AS (z * 2) STORED, i cidr, z int)",
            "CREATE INDEX ON t (n)",
            "ALTER TABLE t ALTER a SET STORAGE MAIN, ALTER a SET (n_distinct = 5), ALTER i SET STATISTICS 0, ALTER n SET STATISTICS 5",
            "INSERT INTO t VALUES (1, '1', DEFAULT, '1.1.1.1', 1)",
        ],
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a text, n int GENERATED ALWAYS AS (z * 3) STORED, i inet, z int)",
            "COMMENT ON COLUMN t.n IS 'n'",
            "INSERT INTO t VALUES (1, '1', DEFAULT, '1.1.1.1', 1)",
        ],
    ]);
}

#[test]
fn not_null_is_a_constraint_with_a_name() {
    play(Engine::Postgres, |db| async move {
        let connection = db.connect().await;
        let has_names = connection.version().at_least(18, 0, 0);
        connection.close().await.unwrap();
        if !has_names {
            return;
        }
        let states: &[&[&str]] = &[
            &["CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int)", "INSERT INTO t VALUES (1, 1, 1)"],
            &[
                "CREATE DOMAIN d AS int CONSTRAINT given NOT NULL",
                "CREATE TABLE t (id int CONSTRAINT one NOT NULL PRIMARY KEY, a int CONSTRAINT \"A a\" NOT NULL NO INHERIT, b int, c d \
                 DEFAULT 1)",
                "ALTER TABLE t ADD CONSTRAINT later NOT NULL b NOT VALID",
                "COMMENT ON CONSTRAINT later ON t IS 'soon'",
                "INSERT INTO t VALUES (1, 1, 1)",
            ],
            &[
                "CREATE DOMAIN d AS int NOT NULL",
                "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL NO INHERIT, b int NOT NULL, c d DEFAULT 1, \
                 v int GENERATED ALWAYS AS (a * 2))",
                "COMMENT ON CONSTRAINT t_b_not_null ON t IS 'now'",
                "INSERT INTO t VALUES (1, 1, 1)",
            ],
            &[
                "CREATE TABLE t (id int PRIMARY KEY, a bigint, b int CONSTRAINT later NOT NULL, v bigint GENERATED ALWAYS AS (a * 3))",
                "INSERT INTO t VALUES (1, 1, 1)",
            ],
        ];
        any_state_becomes_any_other(&db, states).await;
    });
}

#[test]
fn ranges_and_collations_come_and_go() {
    law(&[
        &["CREATE TABLE t (id int, a text)"],
        &[
            "CREATE COLLATION posix FROM \"POSIX\"",
            "CREATE TYPE words AS RANGE (subtype = text, collation = posix)",
            "COMMENT ON TYPE words IS 'from a to b'",
            "CREATE TABLE t (id int, a text COLLATE posix, w words[])",
            "CREATE INDEX ON t (a COLLATE \"C\")",
        ],
        &[
            "CREATE SCHEMA s",
            "CREATE COLLATION s.\"My C\" (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')",
            "COMMENT ON COLLATION s.\"My C\" IS 'mine'",
            "CREATE TYPE s.spans AS RANGE (subtype = float8, subtype_diff = float8mi)",
            "CREATE DOMAIN label AS text COLLATE s.\"My C\"",
            "CREATE TYPE full_name AS (given text COLLATE s.\"My C\")",
            "CREATE TABLE t (id int, a text COLLATE s.\"My C\", s s.spans)",
            "CREATE VIEW v AS SELECT a COLLATE \"C\" AS a, s FROM t",
        ],
    ]);
}

#[test]
fn namespaces_come_first_and_go_last() {
    law(&[
        &["CREATE TABLE t (id int)"],
        &[
            "CREATE SCHEMA a",
            "CREATE SCHEMA \"B b\"",
            "COMMENT ON SCHEMA a IS 'x'",
            "CREATE TABLE a.t (id int PRIMARY KEY)",
            "CREATE TABLE \"B b\".t (id serial REFERENCES a.t)",
            "CREATE TABLE t (id int REFERENCES a.t)",
            "CREATE FUNCTION a.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SEQUENCE \"B b\".s",
            "CREATE TYPE a.e AS ENUM ('x')",
            "CREATE VIEW v AS SELECT a.f() AS f FROM \"B b\".t",
        ],
        &[
            "COMMENT ON SCHEMA public IS 'ours'",
            "CREATE SCHEMA a",
            "COMMENT ON SCHEMA a IS 'y'",
            "CREATE DOMAIN a.d AS int",
            "CREATE TABLE a.t (id a.d)",
        ],
    ]);
}
