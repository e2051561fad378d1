//! PostgreSQL: functions, procedures, aggregates, operators, casts and text search, and what stands on them.

use crate::harness::{Engine, TestDb, play};
use crate::postgres_pair::{become_each_other, becomes, comes_and_goes, sql};

fn postgres<F, Fut>(scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play(Engine::Postgres, scenario);
}

/// A function, and a view that has to give way when the function is dropped.
fn with_view(function: &str) -> String {
    format!("{function}; CREATE VIEW v AS SELECT f(1)::text AS x; COMMENT ON VIEW v IS 'stays'")
}

#[test]
fn what_create_or_replace_keeps_is_replaced_where_it_stands() {
    postgres(|db| async move {
        let one = "CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'";
        for two in [
            "CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 2; END'",
            "CREATE FUNCTION f(a int, b int DEFAULT 7) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int IMMUTABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL SAFE \
             COST 7 SET search_path = pg_catalog, \"Odd, path\" SET work_mem = '1MB' LANGUAGE sql AS 'SELECT 1'",
        ] {
            let (there, back) = become_each_other(&db, &with_view(one), &with_view(two), "").await;
            for plan in [there, back] {
                assert_eq!(plan.up.len(), 1, "{}", sql(&plan.up));
                assert!(plan.up[0].sql.starts_with("CREATE OR REPLACE FUNCTION"), "{}", sql(&plan.up));
            }
        }
    });
}

#[test]
fn what_create_or_replace_cannot_keep_takes_its_views_along() {
    postgres(|db| async move {
        for (one, two) in [
            // The result.
            (
                "f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "f(a int) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
            ),
            // The name of an argument.
            ("f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
            // A name that goes.
            ("f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
            // A default that goes.
            (
                "f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "f(a int DEFAULT 2, b int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            ),
            // What it fills.
            (
                "f(a int, OUT x int, OUT y text) LANGUAGE sql AS $$SELECT 1, ''$$",
                "f(a int, OUT x int, OUT z text) LANGUAGE sql AS $$SELECT 1, ''$$",
            ),
            // A row of its own.
            (
                "f(a int) RETURNS TABLE (x int, y text) LANGUAGE sql AS $$SELECT 1, ''$$",
                "f(a int) RETURNS TABLE (x int, y int) LANGUAGE sql AS 'SELECT 1, 2'",
            ),
            // Whether it gives one or many.
            (
                "f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "f(a int) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
            ),
        ] {
            let script = |function: &str| with_view(&format!("CREATE FUNCTION {function}"));
            become_each_other(&db, &script(one), &script(two), "").await;
        }
    });
}

#[test]
fn one_output_may_be_called_otherwise() {
    postgres(|db| async move {
        let script =
            |name: &str| with_view(&format!("CREATE FUNCTION f(a int, OUT {name} int) LANGUAGE sql AS 'SELECT 1'"));
        let plan = becomes(&db, &script("x"), &script("y"), "").await;
        assert_eq!(plan.up.len(), 1, "{}", sql(&plan.up));
    });
}

#[test]
fn routines_of_every_kind() {
    postgres(|db| async move {
        let reads = db.dialect().await.version().major() >= 14;
        comes_and_goes(
            &db,
            "CREATE TABLE t (id int, name text);
            CREATE FUNCTION \"Odd name(\"(\"an arg\" int, VARIADIC \"rest of it\" text[] DEFAULT '{}') RETURNS SETOF t
                ROWS 5 LANGUAGE sql AS 'SELECT * FROM t';
            COMMENT ON FUNCTION \"Odd name(\"(int, text[]) IS 'it''s';
            CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE FUNCTION f(t) RETURNS text LANGUAGE sql AS 'SELECT $1.name';
            CREATE FUNCTION many(OUT a int, INOUT b text, c int DEFAULT 3) LANGUAGE plpgsql AS 'BEGIN END';
            CREATE FUNCTION tabular(a int) RETURNS TABLE (x int, \"Y\" text) LANGUAGE sql AS $$SELECT 1, 'x'$$;
            CREATE FUNCTION row_of() RETURNS void LANGUAGE plpgsql AS 'DECLARE one t%ROWTYPE; BEGIN one.id := 1; END';
            CREATE FUNCTION numbered(int) RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number';
            CREATE FUNCTION any_of(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
            CREATE PROCEDURE work(a int, INOUT b text DEFAULT 'x') LANGUAGE plpgsql AS 'BEGIN b := a; END';
            COMMENT ON PROCEDURE work(int, text) IS 'works'",
        )
        .await;
        if reads {
            comes_and_goes(
                &db,
                "CREATE TABLE t (id int);
                CREATE VIEW v AS SELECT id FROM t;
                CREATE FUNCTION counted() RETURNS bigint RETURN (SELECT count(*) FROM v);
                CREATE FUNCTION twice() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2 * counted(); END;
                CREATE PROCEDURE fill(n int, OUT had bigint) LANGUAGE sql
                    BEGIN ATOMIC INSERT INTO t VALUES (n); SELECT twice(); END",
            )
            .await;
        }
    });
}

/// A table whose parts all call a function.
fn table_on(function: &str) -> String {
    format!(
        "{function};
        CREATE TABLE t (id int PRIMARY KEY, n int, d int DEFAULT f(1), g int GENERATED ALWAYS AS (f(id)) STORED,
            CONSTRAINT ck CHECK (f(id) > 0), CONSTRAINT on_g CHECK (g > 0), UNIQUE (g, id));
        CREATE INDEX by_key ON t (f(n));
        CREATE INDEX by_condition ON t (n) WHERE f(n) > 1;
        CREATE UNIQUE INDEX by_column ON t (g);
        COMMENT ON INDEX by_key IS 'kept';
        COMMENT ON CONSTRAINT ck ON t IS 'kept too';
        COMMENT ON COLUMN t.g IS 'computed';
        CREATE VIEW v AS SELECT g FROM t WHERE f(id) > 0"
    )
}

#[test]
fn parts_of_a_table_give_way_to_their_function_and_the_rows_stay() {
    postgres(|db| async move {
        let one = table_on("CREATE FUNCTION f(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'");
        let two = table_on("CREATE FUNCTION f(b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT b'");
        let three = table_on("CREATE FUNCTION f(c int) RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT c::bigint'");
        let filling = "INSERT INTO t (id, n) VALUES (1, 2), (2, 3)";
        for (one, two) in [(&one, &two), (&one, &three)] {
            let plan = becomes(&db, one, two, filling).await;
            assert!(!sql(&plan.up).contains("TABLE \"t\" ("), "{}", sql(&plan.up));
        }
        let bare = "CREATE TABLE t (id int PRIMARY KEY, n int)";
        becomes(&db, bare, &one, filling).await;
        becomes(&db, &one, bare, filling).await;
    });
}

#[test]
fn a_part_that_calls_another_function_changes_in_place() {
    postgres(|db| async move {
        let script = |name: &str| {
            format!(
                "CREATE FUNCTION {name}(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a';
                CREATE TABLE t (id int PRIMARY KEY, d int DEFAULT {name}(1), CONSTRAINT ck CHECK ({name}(id) > 0))"
            )
        };
        let plan = becomes(&db, &script("one"), &script("two"), "INSERT INTO t (id) VALUES (1)").await;
        assert!(!sql(&plan.up).contains("DROP DEFAULT"), "{}", sql(&plan.up));
    });
}

#[test]
fn a_call_finds_the_function_that_is_meant() {
    postgres(|db| async move {
        // While both are there, `f(1)` would be the former.
        let script = |ty: &str| {
            format!(
                "CREATE FUNCTION f(a {ty}) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
                CREATE TABLE t (id int PRIMARY KEY, d int DEFAULT f(1))"
            )
        };
        become_each_other(&db, &script("int"), &script("bigint"), "INSERT INTO t (id) VALUES (1)").await;
    });
}

#[test]
fn a_required_column_waits_for_its_default() {
    postgres(|db| async move {
        becomes(
            &db,
            "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE TABLE t (id int PRIMARY KEY, d int NOT NULL DEFAULT f(1))",
            "INSERT INTO t (id) VALUES (1)",
        )
        .await;
    });
}

#[test]
fn triggers_follow_their_function() {
    postgres(|db| async move {
        let script = |result: &str, name: &str| {
            format!(
                "CREATE TABLE t (id int);
                CREATE FUNCTION guard({name} int) RETURNS boolean LANGUAGE sql AS 'SELECT true';
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN {result}; END';
                CREATE TRIGGER tg BEFORE UPDATE ON t FOR EACH ROW WHEN (guard(NEW.id)) EXECUTE FUNCTION touch()"
            )
        };
        let plan = becomes(&db, &script("NEW", "a"), &script("NULL", "a"), "").await;
        assert_eq!(plan.up.len(), 1, "{}", sql(&plan.up));
        become_each_other(&db, &script("NEW", "a"), &script("NEW", "b"), "INSERT INTO t VALUES (1)").await;
    });
}

const SUMMED: &str = "CREATE FUNCTION add(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a + b';
    CREATE FUNCTION said(a int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT a::text'";

#[test]
fn aggregates() {
    postgres(|db| async move {
        comes_and_goes(
            &db,
            &format!(
                "{SUMMED};
                CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0', FINALFUNC = said, COMBINEFUNC = add,
                    PARALLEL = SAFE, MSFUNC = add, MINVFUNC = add, MSTYPE = int, MFINALFUNC = said, MINITCOND = '1');
                COMMENT ON AGGREGATE total(int) IS 'sums';
                CREATE AGGREGATE \"All of\"(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
                CREATE AGGREGATE least_of(int) (SFUNC = int4smaller, STYPE = int, SORTOP = <);
                CREATE AGGREGATE middle(double precision ORDER BY double precision)
                    (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
                COMMENT ON AGGREGATE middle(double precision ORDER BY double precision) IS 'half way';
                CREATE VIEW v AS SELECT total(x) FROM generate_series(1, 3) AS x"
            ),
        )
        .await;
        let script = |rest: &str| {
            format!(
                "{SUMMED}; CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int{rest});
                CREATE VIEW v AS SELECT total(x)::text AS x FROM generate_series(1, 3) AS x"
            )
        };
        let (there, _) = become_each_other(&db, &script(""), &script(", INITCOND = '1'"), "").await;
        assert_eq!(there.up.len(), 1, "{}", sql(&there.up));
        become_each_other(&db, &script(""), &script(", FINALFUNC = said"), "").await;
        let other = script("").replace("add(a int, b int)", "add(x int, y int)").replace("a + b", "x + y");
        become_each_other(&db, &script(""), &other, "").await;
    });
}

#[test]
fn operators_and_casts() {
    postgres(|db| async move {
        let functions = "CREATE TYPE mood AS ENUM ('low', 'high');
            CREATE FUNCTION is(a mood, b int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
            CREATE FUNCTION si(a int, b mood) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true';
            CREATE FUNCTION turned(a mood) RETURNS mood IMMUTABLE LANGUAGE sql AS 'SELECT a'";
        let operators = "CREATE OPERATOR === (FUNCTION = is, LEFTARG = mood, RIGHTARG = int, COMMUTATOR = ===, HASHES,
                RESTRICT = eqsel, JOIN = eqjoinsel);
            CREATE OPERATOR === (FUNCTION = si, LEFTARG = int, RIGHTARG = mood, COMMUTATOR = ===);
            CREATE OPERATOR !# (FUNCTION = turned, RIGHTARG = mood);
            COMMENT ON OPERATOR !# (NONE, mood) IS 'turns';
            CREATE TABLE t (id int PRIMARY KEY, m mood, CONSTRAINT ck CHECK (m === 1));
            CREATE VIEW v AS SELECT !# m AS m FROM t WHERE 1 === m;
            CREATE FUNCTION number(a mood) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
            CREATE CAST (mood AS int) WITH FUNCTION number(mood) AS ASSIGNMENT;
            CREATE CAST (int AS mood) WITH INOUT;
            COMMENT ON CAST (mood AS int) IS 'counts'";
        let script = format!("{functions}; {operators}");
        comes_and_goes(&db, &script).await;
        let filling = "INSERT INTO t VALUES (1, 'low')";
        become_each_other(&db, &script, &script.replace(", HASHES", ""), filling).await;
        become_each_other(&db, &script, &script.replace("is(a mood, b int)", "is(x mood, y int)"), filling).await;
        become_each_other(&db, &script, &script.replace("AS ASSIGNMENT", "AS IMPLICIT"), filling).await;
    });
}

#[test]
fn text_search() {
    postgres(|db| async move {
        let script = |accept: &str| {
            format!(
                "CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, STOPWORDS = 'english', ACCEPT = {accept});
                COMMENT ON TEXT SEARCH DICTIONARY plain IS 'plain';
                CREATE TEXT SEARCH CONFIGURATION \"Of us\" (PARSER = default);
                ALTER TEXT SEARCH CONFIGURATION \"Of us\" ADD MAPPING FOR asciiword, word WITH plain, simple;
                ALTER TEXT SEARCH CONFIGURATION \"Of us\" ADD MAPPING FOR int WITH simple;
                CREATE TABLE t (id int PRIMARY KEY, said text);
                CREATE INDEX ix ON t USING gin (to_tsvector('\"Of us\"', said))"
            )
        };
        comes_and_goes(&db, &script("true")).await;
        become_each_other(&db, &script("true"), &script("false"), "INSERT INTO t VALUES (1, 'x')").await;
    });
}
