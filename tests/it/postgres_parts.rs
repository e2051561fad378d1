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
