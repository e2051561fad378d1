//! PostgreSQL: what tables with parents make of NOT NULL, which is a constraint with a name from version 18 on.

use crate::harness::{Engine, play};
use crate::postgres_pair::{become_each_other, becomes, sql};

const PARTITIONED: &str = "CREATE TABLE p (id int NOT NULL, name text, n int) PARTITION BY RANGE (id); ";
const PARTITION: &str = "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); ";

#[test]
fn names_of_what_a_parent_requires_are_changed_for_all_its_children() {
    play(Engine::Postgres, |db| async move {
        if !has_names(&db).await {
            return;
        }
        let rows = "INSERT INTO p VALUES (1, 'a', 1);";
        let one = format!("{PARTITIONED}{PARTITION}");
        let renamed = format!("{one} ALTER TABLE p RENAME CONSTRAINT p_id_not_null TO required;");
        let plan = becomes(&db, &one, &renamed, rows).await;
        assert_eq!(plan.up.len(), 1, "{}", sql(&plan.up));
        // Where a partition has it under another name, it leaves for a while.
        let attached = format!(
            "{PARTITIONED} CREATE TABLE p1 (id int CONSTRAINT own NOT NULL, name text, n int); \
            ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (9);"
        );
        become_each_other(&db, &renamed, &attached, rows).await;
        let later = format!("{one} ALTER TABLE p ADD CONSTRAINT soon NOT NULL n NOT VALID;");
        become_each_other(&db, &one, &later, rows).await;
        become_each_other(&db, &later, &format!("{later} ALTER TABLE p VALIDATE CONSTRAINT soon;"), rows).await;
    });
}

async fn has_names(db: &crate::harness::TestDb) -> bool {
    let connection = db.connect().await;
    let has_names = connection.version().at_least(18, 0, 0);
    connection.close().await.unwrap();
    has_names
}

#[test]
fn what_a_domain_requires_has_a_comment() {
    play(Engine::Postgres, |db| async move {
        let connection = db.connect().await;
        let has_names = connection.version().at_least(17, 0, 0);
        connection.close().await.unwrap();
        if has_names {
            let one = "CREATE DOMAIN code AS text CONSTRAINT given NOT NULL;";
            let two = format!("{one} COMMENT ON CONSTRAINT given ON DOMAIN code IS 'always';");
            become_each_other(&db, one, &two, "").await;
        }
    });
}
