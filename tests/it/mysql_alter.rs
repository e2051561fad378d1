//! MySQL and MariaDB: a table turns into another in place, and back, and its rows stay.

use std::sync::Arc;

use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{Column, ColumnType, ObjectName, Table};

use crate::command::Project;
use crate::harness::{Engine, play};
use crate::mysql_support::{apply, assert_same, turns_into};

const ROWS: &[&str] = &["INSERT INTO t (id) VALUES (1), (2), (3)"];

#[test]
fn columns_come_go_and_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(10) DEFAULT 'x', c text, d timestamp NULL)"],
        ROWS,
        &["CREATE TABLE t (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, n varchar(5) NOT NULL DEFAULT 'a''b\\\\c',
           b varchar(20) COLLATE utf8mb4_bin COMMENT 'it''s', c longtext, e enum('a','b,c') DEFAULT 'a',
           d timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp)"],
    );
}

#[test]
fn columns_are_put_into_order() {
    turns_into(
        &["CREATE TABLE t (id int, a int, b int, c int, d int)"],
        ROWS,
        &["CREATE TABLE t (d int, x int, c int, id int, y int, z int, b bigint)"],
    );
}

#[test]
fn a_primary_key_moves_with_its_auto_increment() {
    turns_into(
        &["CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, b int NOT NULL DEFAULT 1)"],
        ROWS,
        &["CREATE TABLE t (id int NOT NULL, b int NOT NULL DEFAULT 1, PRIMARY KEY (b, id))"],
    );
    turns_into(
        &["CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, b int)"],
        ROWS,
        &["CREATE TABLE t (id int NOT NULL, b int, n int NOT NULL AUTO_INCREMENT, UNIQUE KEY u (id), PRIMARY KEY (n))"],
    );
}

#[test]
fn indexes_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(30), c text, KEY i1 (a), UNIQUE KEY i2 (b), KEY i3 (b(4)),
           KEY old (a, b), FULLTEXT KEY ft (c))"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b varchar(30), c text, UNIQUE KEY i1 (a, id), KEY i2 (b),
           KEY i3 (b(5) DESC) COMMENT 'x', KEY new (a, b), FULLTEXT KEY ft (b, c))"],
    );
}

#[test]
fn checks_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5 CHECK (a > 1), b int, CONSTRAINT c1 CHECK (id > 0),
           CONSTRAINT c2 CHECK (b IS NULL OR b > 1))"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT 5 CHECK (a > 2), b int CHECK (b > 1), CONSTRAINT c1 CHECK (id > 0 AND id < 99),
           CONSTRAINT c3 CHECK (b IS NULL OR b > 1))"],
    );
}

#[test]
fn foreign_keys_change() {
    turns_into(
        &[
            "CREATE TABLE p (id int PRIMARY KEY, u int, UNIQUE KEY u (u))",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id),
             CONSTRAINT f2 FOREIGN KEY (b) REFERENCES p (u) ON DELETE CASCADE)",
        ],
        ROWS,
        &[
            "CREATE TABLE p (id int PRIMARY KEY, u int, UNIQUE KEY u (u))",
            "CREATE TABLE t (id int PRIMARY KEY, a int, b int, CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL,
             CONSTRAINT f3 FOREIGN KEY (b) REFERENCES t (id) ON UPDATE CASCADE)",
        ],
    );
}

#[test]
fn columns_of_foreign_keys_change_on_both_sides() {
    turns_into(
        &[
            "CREATE TABLE p (id int PRIMARY KEY AUTO_INCREMENT, c varchar(9) NOT NULL, UNIQUE KEY c (c)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci",
            "CREATE TABLE t (id int PRIMARY KEY, a int, c varchar(9), CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id),
             CONSTRAINT f2 FOREIGN KEY (c) REFERENCES p (c) ON DELETE SET NULL) CHARSET utf8mb4 COLLATE utf8mb4_general_ci",
        ],
        ROWS,
        &[
            "CREATE TABLE p (id bigint unsigned PRIMARY KEY, c varchar(12) NOT NULL, UNIQUE KEY c (c)) CHARSET utf8mb4 COLLATE utf8mb4_bin",
            "CREATE TABLE t (id int PRIMARY KEY, a bigint unsigned, c varchar(12), CONSTRAINT f1 FOREIGN KEY (a) REFERENCES p (id),
             CONSTRAINT f2 FOREIGN KEY (c) REFERENCES p (c) ON DELETE SET NULL) CHARSET utf8mb4 COLLATE utf8mb4_bin",
        ],
    );
}

#[test]
fn tables_in_a_cycle_come_and_go() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY)"],
        ROWS,
        &[
            "CREATE TABLE a (id int PRIMARY KEY, b int)",
            "CREATE TABLE b (id int PRIMARY KEY, a int, CONSTRAINT ba FOREIGN KEY (a) REFERENCES a (id))",
            "ALTER TABLE a ADD CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id)",
            "CREATE TABLE t (id int PRIMARY KEY, up int, CONSTRAINT up FOREIGN KEY (up) REFERENCES t (id))",
        ],
    );
}

#[test]
fn generated_columns_change() {
    turns_into(
        &[
            "CREATE TABLE t (id int PRIMARY KEY, v int AS (id + 1) VIRTUAL, s int AS (id + 1) STORED, w int AS (id) VIRTUAL, KEY v (v), KEY vs (id, s))",
        ],
        ROWS,
        &[
            "CREATE TABLE t (id int PRIMARY KEY, v int AS (id + 1) STORED, s int AS (id + 1) VIRTUAL, w bigint AS (id * 2) VIRTUAL, KEY v (v), KEY vs (id, s))",
        ],
    );
}

#[test]
fn a_generated_column_becomes_plain_and_keeps_its_values() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, v int AS (id + 1) VIRTUAL, s int AS (id + 2) STORED, KEY v (v))"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, v int, s int, KEY v (v))"],
    );
}

#[test]
fn a_table_s_collation_changes_with_its_columns() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b text COLLATE utf8mb4_bin, c enum('x','y'), d varchar(9) CHARACTER SET latin1,
           KEY a (a)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci"],
        &["INSERT INTO t (id, a) VALUES (1, 'é')"],
        &["CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b text COLLATE latin1_bin, c enum('x','y') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
           d varchar(9), n varchar(3) NOT NULL DEFAULT '', KEY a (a)) CHARSET latin1 COLLATE latin1_swedish_ci"],
    );
}

/// MySQL remembers which columns name the character set that they would have anyhow, and prints it.
#[test]
fn columns_come_to_name_the_character_set_that_they_have() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a varchar(10), b varchar(10) COLLATE utf8mb4_bin,
           c enum('x') CHARACTER SET latin1, d varchar(10) CHARACTER SET latin1) COLLATE utf8mb4_bin"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a varchar(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, b varchar(20),
           c enum('x') COLLATE utf8mb4_bin, d varchar(10)) COLLATE utf8mb4_bin"],
    );
}

#[test]
fn no_model_has_to_name_the_character_set_that_a_column_names() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE notes (id bigint PRIMARY KEY, body varchar(10) COLLATE utf8mb4_bin,
            kind varchar(10) CHARACTER SET latin1) COLLATE utf8mb4_bin"])
            .await;
        let model = "#[derive(Model)] #[model(table = \"notes\", options(collation = \"utf8mb4_bin\"))]
            pub struct Note {
                #[model(primary_key)] pub id: i64,
                #[model(length = 10, collation = \"utf8mb4_bin\")] pub body: Option<String>,
                #[model(length = 10, charset = \"latin1\")] pub kind: Option<String>,
            }";
        let project = Project::with_models(db.url_text(), model);
        project.run("check").ok();
        project.write_models(
            &model.replace("collation = \"utf8mb4_bin\")] pub body", ")] pub body").replace("10, )", "10)"),
        );
        project.run("check").ok();
        project.write_models(&project.run("models").ok().stdout);
        project.run("check").ok();
    });
}

#[test]
fn options_and_comments_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY) COMMENT 'a' ROW_FORMAT=COMPACT STATS_PERSISTENT=1"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY) COMMENT 'b''\\\\\\n' ROW_FORMAT=DYNAMIC AVG_ROW_LENGTH=50"],
    );
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY) ENGINE=MyISAM CHECKSUM=1"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a int)"],
    );
}

#[test]
fn partitions_change() {
    turns_into(
        &["CREATE TABLE t (id int NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4"],
        ROWS,
        &["CREATE TABLE t (id int NOT NULL PRIMARY KEY, a int)"],
    );
}

#[test]
fn invisible_things_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a int INVISIBLE, b int)"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b int INVISIBLE COMMENT 'x')"],
    );
}

#[test]
fn json_columns_change() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a json, b longtext)"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a longtext, b json, c json)"],
    );
}

#[test]
fn names_that_need_quoting_change_in_place() {
    turns_into(
        &["CREATE TABLE `a``b` (`i``d` int PRIMARY KEY, `Order` int, KEY `k``1` (`Order`))"],
        &["INSERT INTO `a``b` VALUES (1, 2)"],
        &["CREATE TABLE `a``b` (`i``d` bigint PRIMARY KEY, `n 'x\"` int DEFAULT 2, `Order` int COMMENT '`', UNIQUE KEY `k``1` (`Order`),
           CONSTRAINT `c``k` CHECK (`Order` > 0), CONSTRAINT `f k` FOREIGN KEY (`n 'x\"`) REFERENCES `a``b` (`Order`))"],
    );
}

#[test]
fn definitions_change() {
    turns_into(
        &[
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id",
        ],
        ROWS,
        &[
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE VIEW v AS SELECT id + 1 AS x FROM t",
            "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN SET @a = 1; SET @b = ';'; END",
        ],
    );
}

/// The change from what is there to a table that a closure makes of it.
fn change(previous: &rungs::schema::Table, next: &rungs::schema::Table, edits: Vec<Edit>) -> Change {
    Change::AlterTable(AlterTable {
        previous: Arc::new(previous.clone()),
        next: Arc::new(next.clone()),
        edits,
        dependents: Vec::new(),
    })
}

#[test]
fn a_new_not_null_column_is_filled_from_its_backfill() {
    play(Engine::Mysql, |db| async move {
        db.run(&[
            "CREATE TABLE t (id int PRIMARY KEY, at timestamp NULL DEFAULT NULL ON UPDATE current_timestamp, z int)",
            "INSERT INTO t (id) VALUES (1), (2)",
        ])
        .await;
        let schema = db.introspect().await;
        let previous = &schema.tables[0];
        let mut next = previous.clone();
        let int = ColumnType::Native("int".into());
        let column = Column { name: "n".into(), ty: int.clone(), ..Column::default() };
        let other = Column { name: "o".into(), ty: int, nullable: true, ..Column::default() };
        next.columns.insert(1, column.clone());
        next.columns.insert(1, other.clone());
        let edits = vec![
            Edit::Column { delta: Delta::Create { next: other }, backfill: None },
            Edit::Column { delta: Delta::Create { next: column }, backfill: Some("id * 10".into()) },
        ];
        apply(&db, &[change(previous, &next, edits.clone())]).await;
        assert_eq!(
            db.rows("SELECT id, o, n, at FROM t").await,
            [["1", "NULL", "10", "NULL"], ["2", "NULL", "20", "NULL"]]
        );
        let after = db.introspect().await;
        let names: Vec<_> = after.tables[0].columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "o", "n", "at", "z"]);
        assert!(!after.tables[0].column("n").unwrap().nullable);

        let dialect = db.dialect().await;
        let mut edits = edits;
        if let Edit::Column { backfill, .. } = &mut edits[1] {
            *backfill = None;
        }
        let statements = dialect.render(&change(previous, &next, edits)).unwrap();
        let fill = statements.iter().find(|one| one.needs_edit.is_some()).expect("a person has to decide");
        assert!(fill.sql.starts_with("UPDATE `t` SET `n` = NULL"), "{}", fill.sql);
        assert!(fill.needs_edit.as_deref().unwrap().contains("t.n"));
    });
}

#[test]
fn a_column_that_becomes_not_null_is_filled_where_it_is_null() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (1, NULL), (2, 7)"]).await;
        let schema = db.introspect().await;
        let mut next = schema.tables[0].clone();
        next.columns[1].nullable = false;
        let delta = Delta::Alter { previous: schema.tables[0].columns[1].clone(), next: next.columns[1].clone() };
        let edits = vec![Edit::Column { delta, backfill: Some("id + 40".into()) }];
        apply(&db, &[change(&schema.tables[0], &next, edits)]).await;
        assert_eq!(db.rows("SELECT a FROM t ORDER BY id").await, [["41"], ["7"]]);
        assert_eq!(db.introspect().await.tables[0], next);
    });
}

#[test]
fn tables_columns_and_indexes_are_renamed_and_keep_their_rows() {
    play(Engine::Mysql, |db| async move {
        db.run(&[
            "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b int, KEY k (a))",
            "INSERT INTO t VALUES (1, 5, 6)",
        ])
        .await;
        let previous = db.introspect().await.tables[0].clone();
        let mut next = previous.clone();
        next.name = ObjectName::bare("T`2");
        next.columns[1].name = "A a".into();
        next.columns[1].ty = ColumnType::Native("bigint".into());
        next.columns.swap(1, 2);
        next.indexes[0].name = Some("K 2".into());
        next.indexes[0].parts[0] = rungs::schema::IndexPart::column("A a");
        let added = Column { name: "n".into(), ty: ColumnType::Native("int".into()), ..Column::default() };
        next.columns.insert(2, added.clone());
        let alter = Delta::Alter { previous: previous.columns[1].clone(), next: next.columns[3].clone() };
        let edits = vec![
            Edit::Column { delta: alter, backfill: None },
            Edit::Index(Delta::Alter { previous: previous.indexes[0].clone(), next: next.indexes[0].clone() }),
            Edit::Column { delta: Delta::Create { next: added }, backfill: Some("`A a` + 1".into()) },
            Edit::ColumnOrder,
        ];
        apply(&db, &[change(&previous, &next, edits)]).await;
        assert_eq!(db.rows("SELECT * FROM `T``2`").await, [["1", "6", "6", "5"]]);
        let after = db.introspect().await;
        let names: Vec<_> = after.tables[0].columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "b", "n", "A a"]);
        assert_eq!(after.tables[0].indexes, next.indexes);
    });
}

fn altered_columns(previous: &Table, next: &Table, which: std::ops::Range<usize>) -> Vec<Edit> {
    let altered = which.map(|at| Edit::Column {
        delta: Delta::Alter { previous: previous.columns[at].clone(), next: next.columns[at].clone() },
        backfill: None,
    });
    altered.collect()
}

#[test]
fn a_column_that_others_read_is_renamed() {
    play(Engine::Mysql, |db| async move {
        let build = |name: &str| {
            format!(
                "CREATE TABLE t (id int PRIMARY KEY, {name} int, g int AS ({name} + 1) STORED, v int AS ({name} * 2) VIRTUAL,
                 KEY g (g), CONSTRAINT ck CHECK ({name} > 1))"
            )
        };
        db.run(&[&build("b")]).await;
        let next = db.introspect().await.tables[0].clone();
        db.run(&["DROP TABLE t", &build("a"), "INSERT INTO t (id, a) VALUES (1, 5)"]).await;
        let previous = db.introspect().await.tables[0].clone();
        let mut edits = altered_columns(&previous, &next, 1..4);
        let check = Delta::Alter { previous: previous.checks[0].clone(), next: next.checks[0].clone() };
        edits.push(Edit::Check(check));
        let change = change(&previous, &next, edits);
        let statements = db.dialect().await.render(&change).unwrap();
        assert!(!statements.iter().any(|statement| statement.sql.contains("DROP COLUMN")), "{statements:?}");
        apply(&db, &[change]).await;
        assert_eq!(db.introspect().await.tables[0], next);
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "5", "6", "10"]]);
    });
}

#[test]
fn a_column_that_others_read_is_renamed_before_rows_are_filled() {
    play(Engine::Mysql, |db| async move {
        let build = |name: &str, computed: &str, more: &str| {
            format!(
                "CREATE TABLE t (id int PRIMARY KEY, {name} int, {computed} int AS ({name} + 1) STORED, v int AS ({name} * 2) VIRTUAL,
                 {more} KEY g ({computed}), CONSTRAINT ck CHECK ({name} > 1), CONSTRAINT ck2 CHECK ({name} < 99))"
            )
        };
        db.run(&[&build("b", "gg", "n int NOT NULL,").replace("99", "100")]).await;
        let next = db.introspect().await.tables[0].clone();
        db.run(&["DROP TABLE t", &build("a", "g", ""), "INSERT INTO t (id, a) VALUES (1, 5)"]).await;
        let previous = db.introspect().await.tables[0].clone();
        let mut edits = altered_columns(&previous, &next, 1..4);
        let added = Delta::Create { next: next.columns[4].clone() };
        edits.push(Edit::Column { delta: added, backfill: Some("`b` + `gg`".into()) });
        let index = Delta::Alter { previous: previous.indexes[0].clone(), next: next.indexes[0].clone() };
        edits.push(Edit::Index(index));
        for at in 0..2 {
            let check = Delta::Alter { previous: previous.checks[at].clone(), next: next.checks[at].clone() };
            edits.push(Edit::Check(check));
        }
        apply(&db, &[change(&previous, &next, edits)]).await;
        assert_eq!(db.introspect().await.tables[0], next);
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "5", "6", "10", "11"]]);
    });
}

#[test]
fn several_full_text_indexes_come_at_once() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a text, b text)"],
        ROWS,
        &[
            "CREATE TABLE t (id int PRIMARY KEY, a text, b text, FULLTEXT KEY x (a), FULLTEXT KEY y (b), FULLTEXT KEY z (a, b))",
        ],
    );
}

#[test]
fn an_index_gets_a_name_in_another_letter_case() {
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b int, d text, KEY i (a), UNIQUE KEY Ä (b), KEY k (a, b), FULLTEXT KEY f (d),
           CONSTRAINT up FOREIGN KEY (b) REFERENCES t (id))"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY, a int, b int, d text, KEY I (a) COMMENT 'x', UNIQUE KEY ä (b), KEY K (a, b), FULLTEXT KEY F (d),
           KEY j (a), CONSTRAINT up FOREIGN KEY (b) REFERENCES t (id))"],
    );
}

#[test]
fn what_drops_says_what_it_loses() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id int, a int)"]).await;
        let previous = db.introspect().await.tables[0].clone();
        let mut next = previous.clone();
        next.columns.truncate(1);
        let dialect = db.dialect().await;
        let delta = Delta::Drop { previous: previous.columns[1].clone() };
        let dropped = vec![Edit::Column { delta, backfill: None }];
        let statements = dialect.render(&change(&previous, &next, dropped)).unwrap();
        assert_eq!(statements.len(), 1);
        assert_eq!(statements[0].loses.as_deref(), Some("column t.a and its values"));
        let statements = dialect.render(&Change::DropTable { previous: Arc::new(previous.clone()) }).unwrap();
        assert_eq!(statements[0].loses.as_deref(), Some("table t and its rows"));
        assert_same(db.introspect().await, db.introspect().await);
    });
}

#[test]
fn uuids_and_addresses_take_each_others_place() {
    // MySQL has neither, and reads past what is said to MariaDB alone.
    turns_into(
        &["CREATE TABLE t (id int PRIMARY KEY /*M! , a uuid, b inet6, c inet4 */)"],
        ROWS,
        &["CREATE TABLE t (id int PRIMARY KEY /*M! , a inet6 DEFAULT '::1', b uuid, c uuid */)"],
    );
}
