//! PostgreSQL: what comes before what, when everything may stand on everything.

use crate::harness::{Engine, TestDb, play};
use crate::postgres_pair::{become_each_other, becomes, comes_and_goes, sql};

fn postgres<F, Fut>(scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play(Engine::Postgres, scenario);
}

#[test]
fn names_are_in_no_order_of_need() {
    postgres(|db| async move {
        comes_and_goes(
            &db,
            "CREATE TYPE z_type AS ENUM ('a');
            CREATE FUNCTION z_first(x z_type DEFAULT 'a') RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION y_calls() RETURNS int LANGUAGE sql AS 'SELECT z_first()';
            CREATE TABLE x_table (id int DEFAULT y_calls(), of z_type);
            CREATE FUNCTION w_rows() RETURNS SETOF x_table LANGUAGE sql AS 'SELECT * FROM X_Table';
            CREATE VIEW v_view AS SELECT id FROM w_rows();
            CREATE FUNCTION u_reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM v_view';
            CREATE TABLE \"a table\" (id bigint DEFAULT u_reads());
            CREATE FUNCTION a_reads() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM \"a table\"'",
        )
        .await;
    });
}

#[test]
fn a_table_and_a_function_that_need_one_another() {
    postgres(|db| async move {
        // By the server's own account: the function takes a row of the table whose check calls it.
        comes_and_goes(
            &db,
            "CREATE TABLE t (id int PRIMARY KEY, a int);
            CREATE FUNCTION fits(t) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1.id > 0';
            ALTER TABLE t ADD CONSTRAINT ck CHECK (fits(t));
            CREATE INDEX ix ON t (fits(t));
            CREATE FUNCTION made() RETURNS t LANGUAGE sql AS 'SELECT NULL::t';
            CREATE FUNCTION number(x t DEFAULT made()) RETURNS int LANGUAGE sql AS 'SELECT 1';
            ALTER TABLE t ALTER a SET DEFAULT number()",
        )
        .await;
    });
}

#[test]
fn a_body_and_a_table_that_need_one_another() {
    postgres(|db| async move {
        let script = "CREATE TABLE t (id int PRIMARY KEY, a int);
            CREATE FUNCTION known(x int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM t WHERE id = x)';
            ALTER TABLE t ADD CONSTRAINT ck CHECK (known(a))";
        let plan = becomes(&db, "", script, "").await;
        let up = sql(&plan.up);
        assert!(up.contains("SET check_function_bodies = off") && up.contains("RESET check_function_bodies"), "{up}");
        let plan = becomes(&db, script, "", "").await;
        assert!(!sql(&plan.up).contains("check_function_bodies"), "{}", sql(&plan.up));
        assert!(sql(&plan.down).contains("check_function_bodies"), "{}", sql(&plan.down));
        comes_and_goes(
            &db,
            "SET check_function_bodies = off;
            CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE sql AS 'SELECT n = 0 OR odd(n - 1)';
            CREATE FUNCTION odd(n int) RETURNS boolean LANGUAGE sql AS 'SELECT n <> 0 AND even(n - 1)';
            CREATE FUNCTION a_caller() RETURNS boolean LANGUAGE sql AS 'SELECT odd(3)';
            RESET check_function_bodies",
        )
        .await;
    });
}

#[test]
fn bodies_are_looked_into_where_nothing_is_in_the_way() {
    postgres(|db| async move {
        let plan = becomes(
            &db,
            "CREATE TABLE t (id int)",
            "CREATE TABLE t (id int, b int); CREATE TABLE u (id int);
            CREATE FUNCTION a() RETURNS int LANGUAGE sql AS 'SELECT t.b FROM t, u'",
            "",
        )
        .await;
        assert!(!sql(&plan.up).contains("check_function_bodies"), "{}", sql(&plan.up));
    });
}

#[test]
fn a_function_comes_back_before_and_after_what_it_names() {
    postgres(|db| async move {
        // The way back creates the function as it was, so that what it read has to be there again.
        become_each_other(
            &db,
            "CREATE TABLE old (id int);
            CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM old'",
            "CREATE TABLE fresh (id int);
            CREATE FUNCTION f() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM fresh'",
            "",
        )
        .await;
    });
}

#[test]
fn a_name_passes_from_one_kind_to_another() {
    postgres(|db| async move {
        for (one, two) in [
            (
                "CREATE VIEW x AS SELECT 1 AS id; CREATE VIEW w AS SELECT id FROM x",
                "CREATE TABLE x (id int); CREATE VIEW w AS SELECT id FROM x",
            ),
            (
                "CREATE FUNCTION x(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE PROCEDURE x(int) LANGUAGE sql AS 'SELECT 1'",
            ),
            (
                "CREATE FUNCTION x(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT x(1) AS x",
                "CREATE AGGREGATE x(int) (SFUNC = int4larger, STYPE = int); CREATE VIEW v AS SELECT x(1) AS x",
            ),
            ("CREATE TYPE x AS ENUM ('a')", "CREATE TABLE x (id int)"),
            ("CREATE SEQUENCE x", "CREATE VIEW x AS SELECT 1 AS id"),
            ("CREATE TABLE t (id int); CREATE INDEX x ON t (id)", "CREATE TABLE t (id int); CREATE TABLE x (id int)"),
            (
                "CREATE TABLE t (id int CONSTRAINT x UNIQUE)",
                "CREATE TABLE t (id int); CREATE TABLE u (id int CONSTRAINT x PRIMARY KEY)",
            ),
        ] {
            become_each_other(&db, one, two, "").await;
        }
    });
}

#[test]
fn views_stand_on_functions_and_functions_on_views() {
    postgres(|db| async move {
        let script = |name: &str, column: &str| {
            format!(
                "CREATE TABLE t (id int PRIMARY KEY, {column});
                CREATE FUNCTION base({name} int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                CREATE VIEW one AS SELECT id, base(id) AS b FROM t;
                CREATE FUNCTION many(x int) RETURNS SETOF one LANGUAGE sql AS 'SELECT * FROM one WHERE id = x';
                CREATE VIEW two AS SELECT b FROM many(1);
                CREATE FUNCTION top() RETURNS int LANGUAGE sql AS 'SELECT b FROM two'"
            )
        };
        let filling = "INSERT INTO t (id) VALUES (1)";
        become_each_other(&db, &script("a", "n int"), &script("b", "n int"), filling).await;
        become_each_other(&db, &script("a", "n int"), &script("a", "m int"), filling).await;
    });
}

#[test]
fn a_table_takes_the_name_of_a_view_on_a_column_that_goes() {
    postgres(|db| async move {
        become_each_other(
            &db,
            "CREATE TABLE p (id int PRIMARY KEY, old int); CREATE VIEW c AS SELECT old FROM p;",
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p);",
            "INSERT INTO p VALUES (1, 2);",
        )
        .await;
    });
}

#[test]
fn two_keys_over_the_same_columns_are_two() {
    postgres(|db| async move {
        let keys = "CREATE TABLE p (id int PRIMARY KEY, a int, EXCLUDE (a WITH =)); \
                    ALTER TABLE p ADD UNIQUE (id), ADD CONSTRAINT p_again UNIQUE (id), ADD EXCLUDE (a WITH =);";
        comes_and_goes(&db, keys).await;
        become_each_other(&db, keys, "CREATE TABLE p (id int PRIMARY KEY, a int);", "INSERT INTO p VALUES (1);").await;
    });
}
