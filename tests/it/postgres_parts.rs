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
