//! PostgreSQL: what tables with parents make of NOT NULL, which is a constraint with a name from version 18 on.

use crate::harness::{Engine, play};
use crate::postgres_pair::{become_each_other, becomes, planned, run, sql};

const PARTITIONED: &str = "CREATE TABLE p (id int NOT NULL, name text, n int) PARTITION BY RANGE (id); ";
const PARTITION: &str = "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); ";

#[test]
fn a_new_partition_has_its_own_names_where_it_was_attached() {
    play(Engine::Postgres, |db| async move {
        let attached = "CREATE TABLE p1 (id int NOT NULL, name text, n int NOT NULL); \
            ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (9);";
        become_each_other(&db, PARTITIONED, &format!("{PARTITIONED}{attached}"), "").await;
        become_each_other(&db, PARTITIONED, &format!("{PARTITIONED}{PARTITION}"), "").await;
        let key = "CREATE TABLE k (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);";
        let own = "CREATE TABLE k1 (id int PRIMARY KEY, n int NOT NULL); ALTER TABLE k ATTACH PARTITION k1 DEFAULT;";
        become_each_other(&db, key, &format!("{key}{own}"), "").await;
    });
}

#[test]
fn a_partition_follows_what_its_parent_requires() {
    play(Engine::Postgres, |db| async move {
        let rows = "INSERT INTO p VALUES (1, 'a', 1);";
        let one = format!("{PARTITIONED}{PARTITION}");
        let two = format!("{PARTITIONED}{PARTITION} ALTER TABLE p ALTER n SET NOT NULL, ALTER name SET NOT NULL;");
        let plan = becomes(&db, &one, &two, rows).await;
        assert_eq!(plan.up.len(), 2, "{}", sql(&plan.up));
        becomes(&db, &two, &one, rows).await;
        // A partition that requires it already is asked nothing.
        let own = format!("{one} ALTER TABLE p1 ALTER n SET NOT NULL;");
        let both = format!("{own} ALTER TABLE p ALTER n SET NOT NULL;");
        let plan = becomes(&db, &own, &both, rows).await;
        assert!(!has_names(&db).await || plan.up.len() == 1, "{}", sql(&plan.up));
        becomes(&db, &both, &own, rows).await;
    });
}

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

#[test]
fn heirs_take_over_or_say_for_themselves_what_is_required() {
    play(Engine::Postgres, |db| async move {
        if !has_names(&db).await {
            return;
        }
        let parent = "CREATE TABLE a (id int NOT NULL, n int); ";
        let key = "CREATE TABLE a (id int PRIMARY KEY, n int); ";
        let children = "CREATE TABLE b () INHERITS (a); CREATE TABLE c (id int NOT NULL) INHERITS (a); \
            CREATE TABLE d (CONSTRAINT own NOT NULL id, x int NOT NULL) INHERITS (a); CREATE TABLE e (PRIMARY KEY (id)) INHERITS (b);";
        for one in [parent, key] {
            become_each_other(&db, one, &format!("{one}{children}"), "").await;
        }
        let loose = "CREATE TABLE a (id int, n int); CREATE TABLE b () INHERITS (a); CREATE TABLE c () INHERITS (b); ";
        let named = "CREATE TABLE a (id int CONSTRAINT one NOT NULL, n int NOT NULL); CREATE TABLE b () INHERITS (a); \
            CREATE TABLE c () INHERITS (b); ";
        become_each_other(&db, loose, named, "").await;
        let own = named.replace("c ()", "c (CONSTRAINT mine NOT NULL n)");
        becomes(&db, loose, &own, "").await;
    });
}

#[test]
fn a_parents_column_gets_another_type_whatever_its_children_call_what_it_requires() {
    play(Engine::Postgres, |db| async move {
        let made = |ty: &str, name: &str| {
            format!(
                "CREATE TABLE a (id {ty} {name} NOT NULL, n int); CREATE TABLE b (PRIMARY KEY (id)) INHERITS (a); \
                CREATE TABLE c (x int) INHERITS (b); \
                CREATE TABLE p (id {ty} NOT NULL, n int) PARTITION BY LIST (n); \
                CREATE TABLE p1 (id {ty} CONSTRAINT own NOT NULL, n int); ALTER TABLE p ATTACH PARTITION p1 DEFAULT;"
            )
        };
        let rows = "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (2, 2); INSERT INTO c VALUES (3, 3, 3); INSERT INTO p VALUES (1, 1);";
        let (plan, _) = become_each_other(&db, &made("bigint", ""), &made("int", ""), rows).await;
        assert!(!sql(&plan.up).contains("INHERIT"), "{}", sql(&plan.up));
        if has_names(&db).await {
            let name = "CONSTRAINT given";
            become_each_other(&db, &made("bigint", name), &made("int", name), rows).await;
        }
    });
}

#[test]
fn what_is_required_is_handed_on_no_longer() {
    play(Engine::Postgres, |db| async move {
        if !has_names(&db).await {
            return;
        }
        let made = |manner: &str| {
            format!(
                "CREATE TABLE a (id int NOT NULL{manner}, n int CONSTRAINT given NOT NULL{manner}); CREATE TABLE b () INHERITS (a);"
            )
        };
        become_each_other(&db, &made(""), &made(" NO INHERIT"), "INSERT INTO b VALUES (1, 2);").await;
    });
}

#[test]
fn what_was_required_above_is_the_childs_own_affair_once_the_parent_loses_the_column() {
    play(Engine::Postgres, |db| async move {
        let made = |parent: &str, child: &str| {
            format!("CREATE TABLE a (id int{parent}); CREATE TABLE b (own int{child}) INHERITS (a);")
        };
        let rows = "INSERT INTO b (id, own, n) VALUES (1, 2, 3);";
        let both = made(", n int NOT NULL DEFAULT 4", "");
        for child in [", n int", ", n int NOT NULL", ", n bigint DEFAULT 5"] {
            let mut connection = db.connect().await;
            run(&mut connection, &format!("{both}{rows}")).await;
            let next = made("", child);
            let plan = planned(&mut connection, &next).await;
            assert!(sql(&plan.up).contains("ALTER TABLE ONLY"), "{}", sql(&plan.up));
            run(&mut connection, &sql(&plan.up)).await;
            assert_eq!(sql(&planned(&mut connection, &next).await.up), "");
            // On the way back the column stays the child's own, which the server does not change.
            run(&mut connection, &sql(&plan.down)).await;
            run(&mut connection, "DROP TABLE b; DROP TABLE a;").await;
            connection.close().await.unwrap();
        }
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
