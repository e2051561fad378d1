//! PostgreSQL: types and collations that nothing changes where they stand, so that what stands on them moves along.

use crate::harness::{Engine, play};
use crate::postgres_pair::{become_each_other, becomes, planned, run, sql};

#[test]
fn a_range_type_becomes_another_one_while_columns_use_it() {
    play(Engine::Postgres, |db| async move {
        let made = |with: &str| {
            format!(
                "CREATE TYPE span AS RANGE (subtype = float8{with}); CREATE DOMAIN part AS span CHECK (upper(VALUE) < 99); \
                CREATE TYPE pair AS (a span, b int); \
                CREATE TABLE t (id int PRIMARY KEY, a span DEFAULT '[1,2)', b span[], p part, k pair, CHECK (lower(a) > 0), \
                EXCLUDE USING gist (a WITH &&)); \
                CREATE INDEX t_a ON t USING gist (a); CREATE VIEW v AS SELECT id, lower(a) AS low, span(1, 2) AS other FROM t; \
                CREATE FUNCTION f(span) RETURNS bool LANGUAGE sql AS 'SELECT true'; COMMENT ON TYPE span IS 'how far'; \
                GRANT USAGE ON TYPE span TO rungs_test_app;"
            )
        };
        let rows = "INSERT INTO t VALUES (1, '[1,2)', '{\"[3,4]\"}', '[5,6]', ROW('[7,8]', 9));";
        let (plan, _) = become_each_other(&db, &made(""), &made(", subtype_diff = float8mi"), rows).await;
        assert!(!sql(&plan.up).contains("DROP COLUMN"), "{}", sql(&plan.up));
    });
}

#[test]
fn multiranges_move_with_their_range_type() {
    play(Engine::Postgres, |db| async move {
        let connection = db.connect().await;
        let has_multiranges = connection.version().at_least(14, 0, 0);
        connection.close().await.unwrap();
        if !has_multiranges {
            return;
        }
        let made = |with: &str| {
            format!(
                "CREATE TYPE span AS RANGE (subtype = float8, multirange_type_name = spans{with}); \
                CREATE TABLE t (id int, a spans, b spans[]);"
            )
        };
        let rows = "INSERT INTO t VALUES (1, '{[1,2),[3,4)}', '{}');";
        become_each_other(&db, &made(""), &made(", subtype_diff = float8mi"), rows).await;
    });
}

#[test]
fn ranges_move_with_what_they_are_of() {
    play(Engine::Postgres, |db| async move {
        let made = |values: &str| {
            format!(
                "CREATE TYPE mood AS ENUM ({values}); CREATE TYPE moods AS RANGE (subtype = mood); \
                CREATE TABLE t (id int, a moods, b mood);"
            )
        };
        become_each_other(&db, &made("'a', 'b'"), &made("'a'"), "INSERT INTO t VALUES (1, '[a,a]', 'a');").await;
    });
}

#[test]
fn a_collation_becomes_another_one_while_columns_use_it() {
    play(Engine::Postgres, |db| async move {
        let made = |locale: &str| {
            format!(
                "CREATE COLLATION mine (provider = icu, locale = '{locale}'); \
                CREATE DOMAIN name AS text COLLATE mine; CREATE TYPE pair AS (a text COLLATE mine, b int); \
                CREATE TABLE t (a text COLLATE mine PRIMARY KEY, b text, c varchar(9) COLLATE mine DEFAULT 'x', n name, k pair, \
                CHECK (b COLLATE mine > 'a'), UNIQUE (c)); \
                CREATE TABLE u (a text COLLATE mine REFERENCES t); CREATE TABLE sub (own int) INHERITS (u); \
                CREATE INDEX t_low ON t (lower(a)); CREATE INDEX t_b ON t (b COLLATE mine); CREATE INDEX t_c ON t (c, a); \
                CREATE VIEW v AS SELECT a FROM t ORDER BY b COLLATE mine; COMMENT ON COLLATION mine IS 'ours';"
            )
        };
        let rows = "INSERT INTO t VALUES ('a', 'b', 'c', 'd', ROW('e', 1)); INSERT INTO u VALUES ('a');";
        let (plan, _) = become_each_other(&db, &made("de-u-co-phonebk"), &made("de"), rows).await;
        assert!(!sql(&plan.up).contains("DROP COLUMN"), "{}", sql(&plan.up));
        // Nothing else stands on it.
        let alone = |locale: &str| format!("CREATE COLLATION mine (provider = icu, locale = '{locale}');");
        let (plan, _) = become_each_other(&db, &alone("de"), &alone("fr"), "").await;
        assert_eq!(plan.up.len(), 2, "{}", sql(&plan.up));
    });
}

#[test]
fn a_table_is_partitioned_by_what_becomes_another_one() {
    play(Engine::Postgres, |db| async move {
        let made = |locale: &str, with: &str| {
            format!(
                "CREATE COLLATION mine (provider = icu, locale = '{locale}'); CREATE TYPE span AS RANGE (subtype = float8{with}); \
                CREATE TABLE t (a text COLLATE mine, b int) PARTITION BY LIST (a); \
                CREATE TABLE t_1 PARTITION OF t FOR VALUES IN ('a'); CREATE TABLE t_2 PARTITION OF t DEFAULT; \
                CREATE TABLE u (a span, b text) PARTITION BY LIST (a); CREATE TABLE u_1 PARTITION OF u DEFAULT;"
            )
        };
        let rows = "INSERT INTO t VALUES ('a', 1), ('b', 2); INSERT INTO u VALUES ('[1,2)', 'x');";
        become_each_other(&db, &made("de", ""), &made("fr", ", subtype_diff = float8mi"), rows).await;
    });
}

#[test]
fn attributes_change_their_order_inside_arrays_and_other_types() {
    play(Engine::Postgres, |db| async move {
        let made = |attributes: &str| {
            format!(
                "CREATE TYPE pair AS ({attributes}); CREATE TYPE all_of AS (one pair, many pair[]); CREATE DOMAIN own AS pair; \
                CREATE TABLE t (id int, a pair, b pair[], c all_of, d own, e all_of[]);"
            )
        };
        let (one, two) = (made("x int, y text"), made("y text, x int"));
        let rows = r#"INSERT INTO t VALUES
            (1, '(1,"a, b")', '{"(2,\"c \\\"d\")",NULL}', ROW(ROW(3, NULL), '{"(4,e)"}'), '(5,f)', NULL);
            INSERT INTO t VALUES (2);"#;
        becomes(&db, &one, &two, rows).await;
        becomes(&db, &two, &one, "INSERT INTO t VALUES (1);").await;
        // A routine that moves along fits the new type once it is replaced.
        let routine = |values: &str| {
            format!("CREATE FUNCTION f(int, text) RETURNS pair LANGUAGE sql AS 'SELECT ROW({values})::pair';")
        };
        let (old, new) = (format!("{one}{}", routine("$1, $2")), format!("{two}{}", routine("$2, $1")));
        become_each_other(&db, &old, &new, "INSERT INTO t VALUES (1);").await;

        let mut connection = db.connect().await;
        run(&mut connection, &one).await;
        run(&mut connection, rows).await;
        let text =
            "SELECT (a).y || (b[1]).x || (b[1]).y || (c).one.x || (c).many[1].y || (d).x AS all FROM t WHERE id = 1";
        let before = connection.query(text).await.unwrap()[0].text("all").unwrap().to_owned();
        let plan = planned(&mut connection, &two).await;
        run(&mut connection, &sql(&plan.up)).await;
        assert_eq!(connection.query(text).await.unwrap()[0].text("all").unwrap(), before);
        connection.close().await.unwrap();
    });
}

#[test]
fn a_table_is_made_anew_while_a_row_in_it_gets_other_attributes() {
    play(Engine::Postgres, |db| async move {
        let made = |attributes: &str, manner: &str, partition: &str| {
            format!(
                "CREATE TYPE pair AS ({attributes}); CREATE TABLE t (id int, p pair, q pair[]){manner}; {partition}"
            )
        };
        let plain = |attributes: &str| made(attributes, "", "");
        let parted =
            |attributes: &str| made(attributes, " PARTITION BY LIST (id)", "CREATE TABLE t_1 PARTITION OF t DEFAULT;");
        let rows = "INSERT INTO t VALUES (1, '(1,x)', '{\"(2,y)\"}');";
        for other in ["a int, b text, c date", "a int", "b text, a int", "a bigint, b text"] {
            becomes(&db, &plain("a int, b text"), &parted(other), rows).await;
            becomes(&db, &parted("a int, b text"), &plain(other), rows).await;
        }
    });
}

#[test]
fn what_a_domain_requires_keeps_its_name_when_it_is_built_anew() {
    play(Engine::Postgres, |db| async move {
        let made = |values: &str, name: &str| {
            format!(
                "CREATE TYPE mood AS ENUM ({values}); CREATE DOMAIN own AS mood {name} NOT NULL; \
                CREATE DOMAIN other AS own CONSTRAINT given NOT NULL; CREATE TABLE t (a own, b other);"
            )
        };
        become_each_other(&db, &made("'a', 'b'", ""), &made("'a'", ""), "INSERT INTO t VALUES ('a', 'a');").await;
    });
}

#[test]
fn a_key_over_periods_gives_way_while_both_its_ends_get_another_type() {
    play(Engine::Postgres, |db| async move {
        let connection = db.connect().await;
        let has_periods = connection.version().at_least(18, 0, 0);
        connection.close().await.unwrap();
        if has_periods {
            let made = |ty: &str| {
                format!(
                    "CREATE EXTENSION btree_gist; CREATE TABLE p (id {ty}, at daterange, PRIMARY KEY (id, at WITHOUT OVERLAPS)); \
                    CREATE TABLE t (p_id {ty}, at daterange, FOREIGN KEY (p_id, PERIOD at) REFERENCES p (id, PERIOD at));"
                )
            };
            let rows = "INSERT INTO p VALUES (1, '[2020-01-01,2021-01-01)'); INSERT INTO t VALUES (1, '[2020-02-01,2020-03-01)');";
            become_each_other(&db, &made("int"), &made("bigint"), rows).await;
        }
    });
}
