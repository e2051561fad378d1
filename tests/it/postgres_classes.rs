//! PostgreSQL: operator classes and families, with the indexes and constraints that stand on them.

use crate::harness::{Engine, play};
use crate::postgres_kinds::{any_state_becomes_any_other, law};

/// A type with all that orders it, also beside numbers.
const ORDERED: &str = "\
    CREATE TYPE c AS (x int);
    CREATE FUNCTION c_lt(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x < ($2).x';
    CREATE FUNCTION c_le(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x <= ($2).x';
    CREATE FUNCTION c_eq(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x = ($2).x';
    CREATE FUNCTION c_ge(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x >= ($2).x';
    CREATE FUNCTION c_gt(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x > ($2).x';
    CREATE FUNCTION c_cmp(c, c) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign(($1).x - ($2).x)::int';
    CREATE FUNCTION c_other(c, c) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign(($1).x - ($2).x)::int';
    CREATE FUNCTION c_hash(c) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x';
    CREATE FUNCTION c_lt(c, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x < $2';
    CREATE FUNCTION c_eq(c, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x = $2';
    CREATE FUNCTION c_cmp(c, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT sign(($1).x - $2)::int';
    CREATE OPERATOR <# (FUNCTION = c_lt, LEFTARG = c, RIGHTARG = c);
    CREATE OPERATOR <=# (FUNCTION = c_le, LEFTARG = c, RIGHTARG = c);
    CREATE OPERATOR =# (FUNCTION = c_eq, LEFTARG = c, RIGHTARG = c, COMMUTATOR = =#, HASHES, MERGES);
    CREATE OPERATOR >=# (FUNCTION = c_ge, LEFTARG = c, RIGHTARG = c);
    CREATE OPERATOR ># (FUNCTION = c_gt, LEFTARG = c, RIGHTARG = c);
    CREATE OPERATOR <# (FUNCTION = c_lt, LEFTARG = c, RIGHTARG = int);
    CREATE OPERATOR =# (FUNCTION = c_eq, LEFTARG = c, RIGHTARG = int)";

const ROWS: &str = "INSERT INTO t VALUES (1, ROW(2)), (2, ROW(1))";

macro_rules! class {
    ($head:literal, $function:literal) => {
        concat!(
            "CREATE OPERATOR CLASS ",
            $head,
            " AS OPERATOR 1 <#, OPERATOR 2 <=#, OPERATOR 3 =#, OPERATOR 4 >=#, OPERATOR 5 >#, FUNCTION 1 ",
            $function
        )
    };
}

#[test]
fn a_class_becomes_any_other_with_its_indexes_around_it() {
    law(&[
        &[ORDERED, "CREATE TABLE t (id int, a c)", ROWS],
        &[
            ORDERED,
            class!("c_ops FOR TYPE c USING btree", "c_cmp(c, c)"),
            "COMMENT ON OPERATOR CLASS c_ops USING btree IS 'it''s'",
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
            ROWS,
        ],
        &[
            ORDERED,
            class!("c_ops DEFAULT FOR TYPE c USING btree", "c_other(c, c)"),
            "CREATE TABLE t (id int, a c PRIMARY KEY)",
            "CREATE INDEX i ON t (a DESC, id) WHERE a <# ROW(5)::c",
            "CREATE VIEW v AS SELECT a, count(*) AS n FROM t GROUP BY a",
            ROWS,
        ],
        &[
            ORDERED,
            class!("c_ops DEFAULT FOR TYPE c USING btree", "c_cmp(c, c)"),
            "CREATE OPERATOR CLASS c_ops DEFAULT FOR TYPE c USING hash AS OPERATOR 1 =#, FUNCTION 1 c_hash(c)",
            "CREATE TABLE t (id int, a c CONSTRAINT u UNIQUE, EXCLUDE USING hash (a WITH =#))",
            "CREATE INDEX h ON t USING hash (a)",
            "CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
            "CREATE INDEX ON m (a)",
            ROWS,
        ],
        &[
            ORDERED,
            "CREATE SCHEMA s",
            class!("s.\"Odd class\" FOR TYPE c USING btree", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a s.\"Odd class\", id)",
            ROWS,
        ],
    ]);
}

#[test]
fn members_of_a_family_come_and_go_in_place() {
    law(&[
        &[ORDERED, "CREATE OPERATOR FAMILY fam USING btree", "CREATE TABLE t (id int, a c)", ROWS],
        &[
            ORDERED,
            "CREATE OPERATOR FAMILY fam USING btree",
            "COMMENT ON OPERATOR FAMILY fam USING btree IS 'f'",
            "ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 1 <#(c, int), FUNCTION 1 (c, int) c_cmp(c, int)",
            class!("c_ops FOR TYPE c USING btree FAMILY fam", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
            ROWS,
        ],
        &[
            ORDERED,
            "CREATE OPERATOR FAMILY fam USING btree",
            "ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 3 =#(c, int), FUNCTION 1 (c, int) c_cmp(c, int)",
            class!("c_ops FOR TYPE c USING btree FAMILY fam", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
            ROWS,
        ],
        // The family of the class's own name.
        &[
            ORDERED,
            class!("c_ops FOR TYPE c USING btree", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
            ROWS,
        ],
        &[
            ORDERED,
            class!("c_ops FOR TYPE c USING btree", "c_cmp(c, c)"),
            "ALTER OPERATOR FAMILY c_ops USING btree ADD OPERATOR 1 <#(c, int), OPERATOR 3 =#(c, int), FUNCTION 1 (c, int) c_cmp(c, int)",
            "CREATE OPERATOR CLASS other_ops FOR TYPE int USING btree FAMILY c_ops AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, \
             OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int)",
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
            "CREATE INDEX j ON t (id other_ops)",
            ROWS,
        ],
    ]);
}

#[test]
fn members_go_with_the_operators_that_they_name() {
    law(&[
        &[ORDERED, "CREATE OPERATOR FAMILY fam USING btree"],
        &[
            ORDERED,
            "CREATE FUNCTION c_gt(c, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x > $2'",
            "CREATE OPERATOR ># (FUNCTION = c_gt, LEFTARG = c, RIGHTARG = int)",
            "CREATE OPERATOR FAMILY fam USING btree",
            "ALTER OPERATOR FAMILY fam USING btree ADD OPERATOR 5 >#(c, int)",
            class!("c_ops FOR TYPE c USING btree FAMILY fam", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
        ],
        &[
            ORDERED,
            "CREATE OPERATOR FAMILY fam USING btree",
            class!("c_ops FOR TYPE c USING btree FAMILY fam", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c)",
            "CREATE INDEX i ON t (a c_ops)",
        ],
    ]);
}

macro_rules! points {
    ($head:literal, $rest:literal) => {
        concat!(
            "CREATE OPERATOR CLASS ",
            $head,
            " AS STORAGE box, OPERATOR 1 <<, OPERATOR 6 ~=, ",
            "FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), ",
            "FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal), ",
            "FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), ",
            "FUNCTION 7 gist_box_same(box, box, internal), ",
            "FUNCTION 8 (point, point) gist_point_distance(internal, point, smallint, oid, internal)",
            $rest
        )
    };
}

#[test]
fn classes_store_other_types_and_order_by_distance() {
    law(&[
        &["CREATE TABLE t (id int, p point)", "INSERT INTO t VALUES (1, '(1,2)')"],
        &[
            points!("my_points FOR TYPE point USING gist", ""),
            "CREATE TABLE t (id int, p point)",
            "CREATE INDEX i ON t USING gist (p my_points)",
            "INSERT INTO t VALUES (1, '(1,2)')",
        ],
        &[
            points!("my_points FOR TYPE point USING gist", ", OPERATOR 15 <->(point, point) FOR ORDER BY float_ops"),
            "CREATE TABLE t (id int, p point)",
            "CREATE INDEX i ON t USING gist (p my_points)",
            "INSERT INTO t VALUES (1, '(1,2)')",
        ],
        &[
            "CREATE SCHEMA s",
            "CREATE OPERATOR FAMILY s.fam USING btree",
            "ALTER OPERATOR FAMILY s.fam USING btree ADD OPERATOR 1 <(float8, float8), FUNCTION 1 btfloat8cmp(float8, float8)",
            points!("s.my_points FOR TYPE point USING gist", ", OPERATOR 15 <->(point, point) FOR ORDER BY s.fam"),
            "CREATE TABLE t (id int, p point, EXCLUDE USING gist (p s.my_points WITH ~=))",
            "INSERT INTO t VALUES (1, '(1,2)')",
        ],
    ]);
}

#[test]
fn another_comment_or_family_member_leaves_indexes_alone() {
    play(Engine::Postgres, |db| async move {
        let with = |more: &'static str| {
            [
                ORDERED,
                class!("c_ops FOR TYPE c USING btree", "c_cmp(c, c)"),
                "CREATE TABLE t (id int, a c)",
                "CREATE INDEX i ON t (a c_ops)",
                more,
            ]
        };
        db.run(&with("COMMENT ON OPERATOR CLASS c_ops USING btree IS 'a'")).await;
        let before = db.introspect().await;
        db.run(&[
            "ALTER OPERATOR FAMILY c_ops USING btree ADD OPERATOR 1 <#(c, int), FUNCTION 1 (c, int) c_cmp(c, int)",
            "COMMENT ON OPERATOR CLASS c_ops USING btree IS 'b'",
        ])
        .await;
        let after = db.introspect().await;
        let dialect = db.dialect().await;
        let plan = crate::postgres_kinds::revision(dialect.as_ref(), &before, &after);
        let sql: Vec<&str> = plan.up.iter().chain(&plan.down).map(|statement| statement.sql.as_str()).collect();
        assert_eq!(
            sql,
            [
                "ALTER OPERATOR FAMILY \"c_ops\" USING \"btree\" ADD\n    OPERATOR 1 <#(c,integer),\n    \
                 FUNCTION 1 (c, integer) c_cmp(c,integer)",
                "COMMENT ON OPERATOR CLASS \"c_ops\" USING \"btree\" IS 'b'",
                "COMMENT ON OPERATOR CLASS \"c_ops\" USING \"btree\" IS 'a'",
                "ALTER OPERATOR FAMILY \"c_ops\" USING \"btree\" DROP\n    OPERATOR 1 (c, integer),\n    \
                 FUNCTION 1 (c, integer)",
            ]
        );
    });
}

#[test]
fn classes_come_with_access_methods_of_their_own() {
    play(Engine::Postgres, |db| async move {
        let states: &[&[&str]] = &[
            &["CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)"],
            &[
                "CREATE ACCESS METHOD hash2 TYPE INDEX HANDLER hashhandler",
                "COMMENT ON ACCESS METHOD hash2 IS 'b'",
                "CREATE OPERATOR CLASS int4_ops DEFAULT FOR TYPE int USING hash2 AS OPERATOR 1 =, FUNCTION 1 hashint4(int)",
                "CREATE TABLE t (id int)",
                "CREATE INDEX i ON t USING hash2 (id)",
                "INSERT INTO t VALUES (1)",
            ],
            &[
                "CREATE ACCESS METHOD \"Hash 2\" TYPE INDEX HANDLER hashhandler",
                "CREATE OPERATOR CLASS int4_ops FOR TYPE int USING \"Hash 2\" AS OPERATOR 1 =, FUNCTION 1 hashint4(int)",
                "CREATE TABLE t (id int)",
                "CREATE INDEX i ON t USING \"Hash 2\" (id int4_ops)",
                "INSERT INTO t VALUES (1)",
            ],
        ];
        any_state_becomes_any_other(&db, states).await;
    });
}

#[test]
fn keys_that_others_refer_to_go_and_come_with_the_class() {
    law(&[
        &[
            ORDERED,
            class!("c_ops DEFAULT FOR TYPE c USING btree", "c_cmp(c, c)"),
            "CREATE TABLE t (id int, a c PRIMARY KEY)",
            "CREATE TABLE u (id int, a c REFERENCES t, b c UNIQUE)",
            "INSERT INTO t VALUES (1, ROW(1)); INSERT INTO u VALUES (1, ROW(1), NULL)",
        ],
        &[
            ORDERED,
            class!("c_ops DEFAULT FOR TYPE c USING btree", "c_other(c, c)"),
            "CREATE TABLE t (id int, a c PRIMARY KEY)",
            "CREATE TABLE u (id int, a c REFERENCES t ON DELETE CASCADE, b c UNIQUE)",
            "ALTER TABLE t CLUSTER ON t_pkey",
            "INSERT INTO t VALUES (1, ROW(1)); INSERT INTO u VALUES (1, ROW(1), NULL)",
        ],
        &[
            ORDERED,
            "CREATE TABLE t (id int PRIMARY KEY, a c)",
            "CREATE TABLE u (id int, a c, b c)",
            "INSERT INTO t VALUES (1, ROW(1)); INSERT INTO u VALUES (1, ROW(1), NULL)",
        ],
    ]);
}

#[test]
fn tables_that_are_partitioned_by_a_class_are_made_anew_with_it() {
    const LESS: &str =
        "CREATE FUNCTION less(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($2, $1)';
        CREATE FUNCTION more(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT btint4cmp($2, $1)'";
    macro_rules! turned {
        ($function:literal) => {
            concat!(
                "CREATE OPERATOR CLASS turned FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, \
                 OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 ",
                $function
            )
        };
    }
    law(&[
        &[LESS, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (5)"],
        &[
            LESS,
            turned!("less(int, int)"),
            "CREATE TABLE t (id int) PARTITION BY RANGE (id turned)",
            "CREATE TABLE low PARTITION OF t FOR VALUES FROM (10) TO (1)",
            "INSERT INTO t VALUES (5)",
        ],
        &[
            LESS,
            turned!("more(int, int)"),
            "CREATE TABLE t (id int) PARTITION BY RANGE (id turned)",
            "CREATE TABLE low PARTITION OF t FOR VALUES FROM (10) TO (1)",
            "CREATE INDEX i ON t (id turned)",
            "INSERT INTO t VALUES (5)",
        ],
        &[
            LESS,
            turned!("less(int, int)"),
            "CREATE TABLE t (id int)",
            "CREATE INDEX i ON t (id turned)",
            "CLUSTER t USING i",
            "INSERT INTO t VALUES (5)",
        ],
    ]);
}
