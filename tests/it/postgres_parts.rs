//! PostgreSQL: what tables and indexes are set to, and values that no cast leads from.

use crate::harness::{Engine, play};
use crate::postgres_pair::{become_each_other, becomes, sql};

#[test]
fn storage_parameters_keep_their_order() {
    play(Engine::Postgres, |db| async move {
        let made = "CREATE TABLE log (id bigint, line text) WITH (parallel_workers = 2, fillfactor = 70); \
            CREATE INDEX log_line ON log (line) WITH (fillfactor = 60, deduplicate_items = off);";
        let plan = becomes(&db, "", made, "").await;
        let up = sql(&plan.up);
        assert!(up.find("parallel_workers").unwrap() < up.find("fillfactor").unwrap(), "{up}");
        assert!(up.rfind("fillfactor").unwrap() < up.find("deduplicate_items").unwrap(), "{up}");
        let turned = "CREATE TABLE log (id bigint, line text) WITH (fillfactor = 70, parallel_workers = 2); \
            CREATE INDEX log_line ON log (line) WITH (deduplicate_items = off, fillfactor = 60);";
        let plan = becomes(&db, made, turned, "INSERT INTO log VALUES (1, 'a');").await;
        assert!(plan.up.is_empty(), "{}", sql(&plan.up));
    });
}

#[test]
fn any_value_becomes_the_only_one_of_an_array() {
    play(Engine::Postgres, |db| async move {
        let mood = "CREATE TYPE mood AS ENUM ('good', 'bad'); ";
        let one = format!("{mood} CREATE TABLE t (id int, m int4range);");
        let two = format!("{mood} CREATE TABLE t (id int, m mood[]);");
        become_each_other(&db, &one, &two, "INSERT INTO t VALUES (1, NULL);").await;
    });
}

#[test]
fn what_a_table_is_partitioned_by_gets_another_type() {
    play(Engine::Postgres, |db| async move {
        let made = |ty: &str| {
            format!(
                "CREATE TABLE entry (id int, at {ty} NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); \
                CREATE TABLE entry_2020 PARTITION OF entry FOR VALUES FROM ('2020-01-01') TO ('2021-01-01'); \
                CREATE INDEX entry_at ON entry (at); COMMENT ON COLUMN entry.at IS 'when';"
            )
        };
        let rows = "INSERT INTO entry VALUES (1, '2020-02-02'), (2, '2020-03-03');";
        let plan = becomes(&db, &made("date"), &made("timestamp"), rows).await;
        assert!(sql(&plan.up).contains("entry__rows"), "{}", sql(&plan.up));
        becomes(&db, &made("timestamp"), &made("date"), rows).await;
    });
}

#[test]
fn what_a_partition_is_partitioned_by_gets_another_type() {
    play(Engine::Postgres, |db| async move {
        let made = |ty: &str| {
            format!(
                "CREATE TABLE sale (year int NOT NULL, region {ty} NOT NULL) PARTITION BY RANGE (year); \
                CREATE TABLE sale_old PARTITION OF sale FOR VALUES FROM (1990) TO (2000) PARTITION BY LIST (region); \
                CREATE TABLE sale_old_north PARTITION OF sale_old FOR VALUES IN ('north'); \
                CREATE TABLE sale_new PARTITION OF sale FOR VALUES FROM (2000) TO (2100); \
                CREATE INDEX sale_region ON sale (region);"
            )
        };
        let rows = "INSERT INTO sale VALUES (1995, 'north'), (2010, 'south');";
        become_each_other(&db, &made("varchar(9)"), &made("text"), rows).await;
    });
}

#[test]
fn another_type_of_another_column_moves_no_rows() {
    play(Engine::Postgres, |db| async move {
        let made = |ty: &str| {
            format!(
                "CREATE TABLE entry (range {ty}, at date NOT NULL) PARTITION BY RANGE (at); \
                CREATE TABLE entry_2020 PARTITION OF entry FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
            )
        };
        let plan = becomes(&db, &made("int"), &made("bigint"), "INSERT INTO entry VALUES (1, '2020-02-02');").await;
        assert!(!sql(&plan.up).contains("__rows"), "{}", sql(&plan.up));
    });
}

#[test]
fn what_a_child_has_on_a_column_that_its_parent_loses_goes_first() {
    play(Engine::Postgres, |db| async move {
        let partitions = |column: &str, own: &str| {
            format!(
                "CREATE TABLE m (id int NOT NULL, at date NOT NULL{column}) PARTITION BY RANGE (at); \
                CREATE TABLE m_24 PARTITION OF m FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');{own}"
            )
        };
        let own = "CREATE INDEX m_24_w ON m_24 (w) WHERE id > 0; CREATE UNIQUE INDEX m_24_wu ON m_24 (lower(w)); \
                   ALTER TABLE m_24 ADD CONSTRAINT w_id CHECK (length(w) <> id), ADD UNIQUE (w, id);";
        let rows = "INSERT INTO m VALUES (1, '2024-02-02');";
        become_each_other(&db, &partitions(", w text", own), &partitions("", ""), rows).await;
        // Another column takes the name of the index.
        let other = "CREATE INDEX m_24_w ON m_24 (v);";
        become_each_other(&db, &partitions(", w text", own), &partitions(", v text", other), rows).await;

        let children = |column: &str, own: &str| {
            format!("CREATE TABLE a (id int NOT NULL{column}); CREATE TABLE b (x int) INHERITS (a);{own}")
        };
        let own = "ALTER TABLE b ADD PRIMARY KEY (w, x); CREATE INDEX b_w ON b (w);";
        become_each_other(
            &db,
            &children(", w int NOT NULL", own),
            &children("", ""),
            "INSERT INTO b VALUES (1, 2, 3);",
        )
        .await;
    });
}

#[test]
fn a_table_is_made_anew_among_what_changes_around_it() {
    play(Engine::Postgres, |db| async move {
        let plain = "CREATE TYPE pair AS (a int, b text); \
            CREATE FUNCTION low(x text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(x)'; \
            CREATE TABLE t (id int PRIMARY KEY, p pair, name text, g text GENERATED ALWAYS AS (low(name)) STORED); \
            CREATE INDEX t_low ON t (low(name)); CREATE INDEX t_name ON t (name); \
            CREATE TABLE item (t_id int CONSTRAINT item_t REFERENCES t);";
        // The function and the type go, and the foreign key could change where it stands.
        let parts = "CREATE TABLE t (id int PRIMARY KEY, name text) PARTITION BY RANGE (id); \
            CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10); CREATE TABLE t_d PARTITION OF t DEFAULT; \
            CREATE INDEX t_name ON t (name); \
            CREATE TABLE item (t_id int CONSTRAINT item_t REFERENCES t DEFERRABLE INITIALLY DEFERRED);";
        let rows = "INSERT INTO t (id, name) VALUES (1, 'A'); INSERT INTO item VALUES (1);";
        becomes(&db, plain, parts, rows).await;
        becomes(&db, parts, plain, rows).await;
        // Nothing of a row stays but that it is there.
        let other = "CREATE TABLE t (no bigint GENERATED ALWAYS AS IDENTITY) PARTITION BY RANGE (no); \
            CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);";
        let one = "CREATE TABLE t (a int DEFAULT 1, b text)";
        become_each_other(&db, one, other, "INSERT INTO t VALUES (DEFAULT)").await;
    });
}

#[test]
fn a_partition_takes_the_place_that_another_one_leaves() {
    play(Engine::Postgres, |db| async move {
        let one = "CREATE TYPE mood AS ENUM ('a', 'b'); \
            CREATE TABLE m (id int NOT NULL UNIQUE, x mood, old int) PARTITION BY RANGE (id); CREATE INDEX m_x ON m (x); \
            CREATE TABLE m_1 PARTITION OF m FOR VALUES FROM (MINVALUE) TO (200); CREATE TABLE m_d PARTITION OF m DEFAULT;";
        let two = "CREATE TYPE mood AS ENUM ('b', 'a'); \
            CREATE TABLE m (id int NOT NULL, x mood, new int) PARTITION BY RANGE (id); CREATE INDEX m_new ON m (new); \
            CREATE TABLE m_1 PARTITION OF m FOR VALUES FROM (MINVALUE) TO (100); \
            CREATE TABLE m_2 PARTITION OF m FOR VALUES FROM (100) TO (1000);";
        become_each_other(&db, one, two, "INSERT INTO m (id, x) VALUES (1, 'a'), (2, 'b');").await;
    });
}

#[test]
fn what_stands_on_a_function_gives_way_in_parents_and_children_together() {
    play(Engine::Postgres, |db| async move {
        let made = |argument: &str, name: &str| {
            format!(
                "CREATE FUNCTION f({argument} text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'; \
                CREATE TABLE z (id int NOT NULL, n {name} DEFAULT f('X'), g text GENERATED ALWAYS AS (f(n)) STORED); \
                CREATE TABLE a (own int, CHECK (f(n) <> 'q')) INHERITS (z); CREATE INDEX a_f ON a (f(n)); \
                CREATE TABLE m (id int, n {name}, g text GENERATED ALWAYS AS (f(n)) STORED) PARTITION BY LIST (id); \
                CREATE TABLE b PARTITION OF m FOR VALUES IN (1); CREATE INDEX b_g ON b (g); CREATE INDEX m_f ON m (f(n));"
            )
        };
        let rows = "INSERT INTO a (id, own) VALUES (1, 2); INSERT INTO m VALUES (1, 'A');";
        become_each_other(&db, &made("x", "varchar(9)"), &made("y", "text"), rows).await;
    });
}

#[test]
fn a_table_is_made_anew_while_its_types_are() {
    play(Engine::Postgres, |db| async move {
        let types = |values: &str, base: &str| {
            format!(
                "CREATE TYPE mood AS ENUM ({values}); CREATE DOMAIN label AS {base}; CREATE TYPE pair AS (a int, b text);"
            )
        };
        let columns = "(id int, x mood, l label, p pair, many mood[])";
        let one = format!("{} CREATE TABLE t {columns};", types("'a', 'b'", "varchar(9)"));
        let two = format!(
            "{} CREATE TABLE t {columns} PARTITION BY LIST (id); CREATE TABLE t_1 PARTITION OF t DEFAULT;",
            types("'b', 'a'", "text")
        );
        become_each_other(&db, &one, &two, "INSERT INTO t VALUES (1, 'a', 'l', '(1,\"x, y\")', '{a,b}');").await;
    });
}

#[test]
fn a_child_follows_what_its_parent_takes_gives_and_changes() {
    play(Engine::Postgres, |db| async move {
        let made = |parent: &str, child: &str| {
            format!("CREATE TABLE z (id int{parent}); CREATE TABLE a (own int{child}) INHERITS (z);")
        };
        // A computed column of the child's own reads what the parent retypes, and what it drops.
        let computed = ", g text GENERATED ALWAYS AS (n || 'z') STORED, UNIQUE (g)";
        let (wide, narrow) = (made(", n text", computed), made(", n varchar(9)", computed));
        become_each_other(&db, &wide, &narrow, "INSERT INTO a (id, n) VALUES (1, 'a');").await;
        become_each_other(&db, &wide, &made("", ""), "INSERT INTO a (id, n) VALUES (1, 'a');").await;
        // The parent gets a column that the child had in another type; the child's stays its own as well.
        let plan = becomes(
            &db,
            &made("", ", m int"),
            &format!("{} ALTER TABLE z ADD m bigint;", made("", ", m bigint")),
            "INSERT INTO a VALUES (1, 2, 3);",
        )
        .await;
        assert!(!sql(&plan.up).contains("DROP COLUMN"), "{}", sql(&plan.up));
    });
}
