//! Tables that change: in place where SQLite can, else by a rebuild that loses nothing.

use std::sync::Arc;

use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{Definition, DefinitionKind, ObjectName, Reference};

use crate::harness::{Engine, play};
use crate::sqlite_support::{
    alteration, apply, becomes, created, dependents, edits, is_rebuild, nouns, render, sql, table, try_apply,
};

#[test]
fn a_table_is_created_as_it_was_read_and_drops_with_its_rows() {
    play(Engine::Sqlite, |db| async move {
        let next = created(
            &[
                "CREATE TABLE \"My \"\"T\" (id INTEGER PRIMARY KEY AUTOINCREMENT, \"a b\" TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE,
                    c INT NOT NULL ON CONFLICT REPLACE DEFAULT (1 + 2) CHECK (c > 0), d AS (c * 2), e REFERENCES \"My \"\"T\" (id) ON DELETE CASCADE,
                    CONSTRAINT \"u q\" UNIQUE (c, \"a b\" DESC), CONSTRAINT k CHECK (c <> d))",
                "CREATE INDEX \"i x\" ON \"My \"\"T\" (\"a b\" COLLATE RTRIM DESC, (c + 1)) WHERE c > 0",
            ],
            "My \"T",
        )
        .await;
        let dialect = db.dialect().await;
        for words in [next.verbatim.clone(), None] {
            let mut next = next.clone();
            next.verbatim = words.clone();
            let statements = dialect.render(&Change::CreateTable { next: Arc::new(next.clone()) }).unwrap();
            apply(&db, &statements).await;
            let now = table(&db.introspect().await, "My \"T");
            assert_eq!(nouns(&now), nouns(&next));
            if words.is_some() {
                assert_eq!(now.verbatim, words);
            }
            let statements = dialect.render(&Change::DropTable { previous: Arc::new(now) }).unwrap();
            assert_eq!(statements[0].loses.as_deref(), Some("table My \"T and its rows"));
            apply(&db, &statements).await;
        }
        assert!(db.introspect().await.is_empty());
    });
}

#[test]
fn a_plain_column_is_added_in_place_with_its_own_words() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)"])
            .await;
        let done = becomes(
            &db,
            "t",
            &["CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE t (a INT, b varchar(3)  NOT NULL DEFAULT 'x' CHECK (b > ''), c INT REFERENCES p, d AS (a + 1))"],
            "t",
            &[],
        )
        .await;
        assert_eq!(
            sql(&done),
            [
                "ALTER TABLE \"t\" ADD COLUMN b varchar(3)  NOT NULL DEFAULT 'x' CHECK (b > '')",
                "ALTER TABLE \"t\" ADD COLUMN c INT REFERENCES p",
                "ALTER TABLE \"t\" ADD COLUMN d AS (a + 1)"
            ]
        );
        assert_eq!(done[0].comment, "adds column t.b");
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "x", "NULL", "2"]]);
    });
}

#[test]
fn a_plain_column_is_dropped_in_place_and_says_what_it_loses() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (a INT, b INT CHECK (b > 0), c INT)",
            "CREATE INDEX i ON t (c)",
            "INSERT INTO t VALUES (1, 2, 3)",
        ])
        .await;
        let done = becomes(&db, "t", &["CREATE TABLE t (a INT)"], "t", &[]).await;
        assert_eq!(
            sql(&done),
            ["DROP INDEX \"i\"", "ALTER TABLE \"t\" DROP COLUMN \"b\"", "ALTER TABLE \"t\" DROP COLUMN \"c\""]
        );
        assert_eq!(done[1].loses.as_deref(), Some("column t.b and its values"));
    });
}

#[test]
fn a_column_is_dropped_in_place_behind_what_is_computed_from_it() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (b INT, g AS (h + b), a INT, h AS (b * 2) STORED)", "INSERT INTO t VALUES (1, 2)"])
            .await;
        let done = becomes(&db, "t", &["CREATE TABLE t (a INT)"], "t", &[]).await;
        let drop = |name: &str| format!("ALTER TABLE \"t\" DROP COLUMN \"{name}\"");
        assert_eq!(sql(&done), ["g", "h", "b"].map(drop));
        assert_eq!(db.rows("SELECT * FROM t").await, [["2"]]);
    });
}

#[test]
fn what_refuses_a_drop_in_place_is_a_rebuild() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE p (id INTEGER PRIMARY KEY)"]).await;
        for (n, (before, after)) in [
            ("a INT, b INT UNIQUE", "a INT"),
            ("a INT, b INT PRIMARY KEY", "a INT"),
            ("a INT, b INT, CHECK (b > 0)", "a INT"),
            ("a INT, b INT, FOREIGN KEY (b) REFERENCES p", "a INT"),
            ("a INT, b INT, c AS (b + 1)", "a INT, c AS (a + 1)"),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("t{n}");
            db.run(&[&format!("CREATE TABLE {name} ({before})"), &format!("INSERT INTO {name} (a) VALUES (7)")]).await;
            let next = created(&[&format!("CREATE TABLE {name} ({after})")], &name).await;
            let statements = render(&*db.dialect().await, alteration(&db, &name, &next, &[]).await);
            assert!(is_rebuild(&statements), "{before}");
            assert!(
                statements
                    .iter()
                    .any(|statement| statement.loses.as_deref().is_some_and(|lost| lost.contains(".b and its values")))
            );
            apply(&db, &statements).await;
            assert_eq!(nouns(&table(&db.introspect().await, &name)), nouns(&next));
            assert_eq!(db.rows(&format!("SELECT a FROM {name}")).await, [["7"]]);
        }
    });
}

#[test]
fn names_change_in_place_and_everything_follows() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a > 0), up INT REFERENCES t (id))",
            "CREATE INDEX i ON t (a, (a + 1)) WHERE a > 5",
            "CREATE TABLE c (t_id INT REFERENCES t (id))",
            "CREATE VIEW v AS SELECT a FROM t",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = new.a + 1 WHERE id = new.id; END",
        ])
        .await;
        let done = becomes(
            &db,
            "t",
            &["CREATE TABLE \"new t\" (key INTEGER PRIMARY KEY, \"b c\" INT CHECK (\"b c\" > 0), up INT REFERENCES \"new t\" (key))",
              "CREATE INDEX i ON \"new t\" (\"b c\", (\"b c\" + 1)) WHERE \"b c\" > 5"],
            "new t",
            &[("a", "b c"), ("id", "key")],
        )
        .await;
        assert!(!is_rebuild(&done), "{done:#?}");
        assert_eq!(db.rows("INSERT INTO \"new t\" VALUES (1, 10, 1) RETURNING key").await, [["1"]]);
        assert_eq!(db.rows("SELECT * FROM v").await, [["11"]]);
        let child = table(&db.introspect().await, "c");
        assert_eq!(child.foreign_keys[0].references, ObjectName::bare("new t"));
        assert_eq!(child.foreign_keys[0].referenced_columns, ["key"]);
    });
}

#[test]
fn a_name_may_change_in_letter_case_alone() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE users (name TEXT)", "INSERT INTO users VALUES ('x')"]).await;
        becomes(&db, "users", &["CREATE TABLE Users (Name TEXT)"], "Users", &[("name", "Name")]).await;
        assert_eq!(db.rows("SELECT * FROM Users").await, [["x"]]);
    });
}

#[test]
fn names_that_change_places_take_their_values_along() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a INT, b INT)", "INSERT INTO t VALUES (1, 2)"]).await;
        let next = created(&["CREATE TABLE t (b INT, a INT)"], "t").await;
        let mut alter = alteration(&db, "t", &next, &[]).await;
        let both = [("a", "b"), ("b", "a")];
        alter.edits = both
            .iter()
            .map(|(old, new)| Edit::Column {
                delta: Delta::Alter {
                    previous: alter.previous.column(old).unwrap().clone(),
                    next: next.column(new).unwrap().clone(),
                },
                backfill: None,
            })
            .collect();
        apply(&db, &render(&*db.dialect().await, alter)).await;
        assert_eq!(db.rows("SELECT a, b FROM t").await, [["2", "1"]]);
    });
}

#[test]
fn a_column_that_a_view_or_trigger_uses_is_not_dropped_behind_its_back() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE other (b INT)", "CREATE TABLE t (a INT, b INT)", "INSERT INTO t VALUES (1, 2)"]).await;
        for user in [
            "CREATE VIEW user AS SELECT a, b FROM t",
            "CREATE TRIGGER user AFTER INSERT ON t BEGIN INSERT INTO other VALUES (new.b); END",
        ] {
            db.run(&[user]).await;
            for next in ["CREATE TABLE t (a INT)", "CREATE TABLE t (a TEXT)"] {
                let next = created(&[next], "t").await;
                let statements = render(&*db.dialect().await, alteration(&db, "t", &next, &[]).await);
                let error = try_apply(&db, &statements).await.unwrap_err();
                assert!(error.contains("user") && error.contains("no such column"), "{error}");
                assert_eq!(db.rows("SELECT a, b FROM t").await, [["1", "2"]]);
            }
            let kind = if user.contains("VIEW") { "VIEW" } else { "TRIGGER" };
            db.run(&[&format!("DROP {kind} user")]).await;
        }
        db.run(&["CREATE VIEW user AS SELECT other.b FROM other, t"]).await;
        becomes(&db, "t", &["CREATE TABLE t (a TEXT)"], "t", &[]).await;
    });
}

#[test]
fn an_index_keeps_its_own_words_through_a_rebuild() {
    play(Engine::Sqlite, |db| async move {
        let words = "CREATE INDEX i ON t (a ASC, ( b||'x' )) WHERE ((a > 1))";
        db.run(&["CREATE TABLE t (a TEXT, b TEXT)", words]).await;
        let next = ["CREATE TABLE t (a INT, b TEXT)", "CREATE INDEX i ON t (a, b || 'x') WHERE a > 1"];
        let done = becomes(&db, "t", &next, "t", &[]).await;
        assert!(is_rebuild(&done));
        let found = table(&db.introspect().await, "t");
        assert_eq!(found.indexes[0].verbatim.0.as_deref(), Some(next[1]), "the wanted side's words win");
        becomes(
            &db,
            "t",
            &["CREATE TABLE \"t 2\" (a INT NOT NULL, b TEXT)", &words.replace("ON t", "ON \"t 2\"")],
            "t 2",
            &[],
        )
        .await;
        let found = table(&db.introspect().await, "t 2");
        assert_eq!(found.indexes[0].verbatim.0, Some(words.replace("ON t", "ON \"t 2\"")));
    });
}

/// A table with everything that a rebuild could lose.
const RICH: [&str; 10] = [
    "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT COLLATE NOCASE NOT NULL ON CONFLICT ABORT, age TEXT,
        code TEXT UNIQUE ON CONFLICT IGNORE, up INT REFERENCES parent (id) ON DELETE CASCADE, twice INT AS (age * 2) STORED,
        CONSTRAINT pair UNIQUE (name, age), CHECK (parent.age <> 'x')) STRICT",
    "CREATE INDEX ix_desc ON parent (name DESC)",
    "CREATE UNIQUE INDEX ix_part ON parent (lower(name) COLLATE RTRIM, age) WHERE age IS NOT NULL",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INT NOT NULL REFERENCES parent (id) ON DELETE CASCADE)",
    "CREATE TABLE log (what TEXT)",
    "CREATE TRIGGER tr AFTER UPDATE OF age ON parent BEGIN INSERT INTO log VALUES ('parent ' || new.id); END",
    "CREATE TRIGGER tc AFTER INSERT ON child BEGIN UPDATE parent SET age = 5 WHERE id = new.parent_id; END",
    "CREATE VIEW v AS SELECT id, name FROM parent",
    "CREATE VIEW w AS SELECT * FROM v",
    "CREATE TRIGGER tv INSTEAD OF INSERT ON w BEGIN INSERT INTO parent (name) VALUES (new.name); END",
];

#[test]
fn a_rebuild_loses_nothing() {
    play(Engine::Sqlite, |db| async move {
        db.run(&RICH).await;
        db.run(&[
            "INSERT INTO parent (name, age, code, up) VALUES ('a', '1', 'k1', NULL), ('b', '2', NULL, 1), ('c', '3', 'k3', 2)",
            "INSERT INTO child (id, parent_id) VALUES (1, 1), (2, 2)",
            "DELETE FROM log",
            "DELETE FROM parent WHERE id = 3",
        ])
        .await;
        let before = db.introspect().await;
        let mut script = RICH.to_vec();
        let words = RICH[0].replace("age TEXT", "age INTEGER").replace("age <> 'x'", "age < 100");
        script[0] = &words;
        let done = becomes(&db, "parent", &script, "parent", &[]).await;
        assert!(
            done[0].comment.starts_with("rebuilds table parent: changes the type of parent.age from TEXT to INTEGER"),
            "{}",
            done[0].comment
        );
        let after = db.introspect().await;
        assert_eq!(after.definitions, before.definitions);
        assert_eq!(table(&after, "child"), table(&before, "child"));
        assert!(rungs::dialect::sqlite::same_text(
            table(&after, "parent").verbatim.as_deref().unwrap(),
            &words.replace("parent.age", "age")
        ));
        assert_eq!(
            db.rows("SELECT id, name, age, code, up, twice, typeof(age) FROM parent").await,
            [["1", "a", "5", "k1", "NULL", "10", "integer"], ["2", "b", "5", "NULL", "1", "10", "integer"]]
        );
        assert_eq!(db.rows("SELECT * FROM child").await, [["1", "1"], ["2", "2"]]);
        assert_eq!(db.rows("SELECT * FROM sqlite_sequence").await, [["parent", "3"]]);
        // What stands on the table works, and the counter goes on where it was.
        db.run(&["INSERT INTO w (name) VALUES ('d')", "UPDATE parent SET age = 7 WHERE id = 4"]).await;
        assert_eq!(db.rows("SELECT id, age FROM parent WHERE name = 'D'").await, [["4", "7"]]);
        assert_eq!(db.rows("SELECT what FROM log").await, [["parent 4"]]);
        assert_eq!(db.rows("PRAGMA integrity_check").await, [["ok"]]);
        assert_eq!(db.rows("PRAGMA foreign_key_check").await, Vec::<Vec<String>>::new());
    });
}

#[test]
fn the_counter_of_an_empty_table_goes_on_too() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT)",
            "INSERT INTO t (a) VALUES (1), (2)",
            "DELETE FROM t",
        ])
        .await;
        becomes(&db, "t", &["CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT)"], "t", &[]).await;
        assert_eq!(db.rows("INSERT INTO t (a) VALUES (1) RETURNING id").await, [["3"]]);
    });
}

#[test]
fn rowids_stay_where_nothing_names_them() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (rowid TEXT, a TEXT)",
            "INSERT INTO t VALUES ('x', 1), ('y', 2)",
            "DELETE FROM t WHERE a = 1",
        ])
        .await;
        becomes(&db, "t", &["CREATE TABLE t (rowid TEXT, a INT)"], "t", &[]).await;
        assert_eq!(db.rows("SELECT _rowid_, rowid, a FROM t").await, [["2", "y", "2"]]);
    });
}

#[test]
fn a_new_rowid_column_shows_the_rowids_that_were() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES ('x'), ('y')", "DELETE FROM t WHERE a = 'x'"]).await;
        let done = becomes(&db, "t", &["CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)"], "t", &[]).await;
        assert!(done.iter().all(|statement| statement.needs_edit.is_none()));
        assert_eq!(db.rows("SELECT id, a FROM t").await, [["2", "y"]]);
    });
}

#[test]
fn a_conflict_clause_does_not_eat_rows_while_they_are_copied() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (1)"]).await;
        let next = created(&["CREATE TABLE t (a INT UNIQUE ON CONFLICT REPLACE)"], "t").await;
        let statements = render(&*db.dialect().await, alteration(&db, "t", &next, &[]).await);
        let error = try_apply(&db, &statements).await.unwrap_err();
        assert!(error.contains("UNIQUE constraint failed"), "{error}");
        assert_eq!(db.rows("SELECT count(*) FROM t").await, [["2"]]);
    });
}

#[test]
fn a_new_column_that_takes_no_null_is_filled_or_asks() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (NULL)"]).await;
        let next = created(&["CREATE TABLE t (a INT NOT NULL, b TEXT NOT NULL)"], "t").await;
        let dialect = db.dialect().await;
        let mut alter = alteration(&db, "t", &next, &[]).await;
        let asks = render(&*dialect, alter.clone());
        let reasons: Vec<&str> = asks.iter().filter_map(|statement| statement.needs_edit.as_deref()).collect();
        assert!(
            matches!(reasons.as_slice(), [reason] if reason.starts_with("column t.b is new and takes no NULL")),
            "{reasons:?}"
        );
        assert!(try_apply(&db, &asks).await.is_err());
        for edit in &mut alter.edits {
            if let Edit::Column { delta, backfill } = edit {
                *backfill =
                    Some(if delta.previous().is_some() { "0".to_owned() } else { "'n' || coalesce(a, 9)".to_owned() });
            }
        }
        let statements = render(&*dialect, alter);
        assert!(statements.iter().all(|statement| statement.needs_edit.is_none()));
        apply(&db, &statements).await;
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "n1"], ["0", "n9"]]);
    });
}

#[test]
fn a_column_that_is_added_in_place_is_filled_in_place() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a INT, b INT)", "INSERT INTO t VALUES (1, 2)"]).await;
        let next = created(&["CREATE TABLE t (a INT, c INT)"], "t").await;
        let mut alter = alteration(&db, "t", &next, &[]).await;
        for edit in &mut alter.edits {
            if let Edit::Column { delta: Delta::Create { .. }, backfill } = edit {
                *backfill = Some("a + b".to_owned());
            }
        }
        let statements = render(&*db.dialect().await, alter);
        assert!(!is_rebuild(&statements));
        apply(&db, &statements).await;
        assert_eq!(db.rows("SELECT a, c FROM t").await, [["1", "3"]]);
    });
}

#[test]
fn names_and_more_change_at_once_with_triggers_on_the_table() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, gone INT, up INT REFERENCES t (id))",
            "CREATE TABLE log (x)",
            "CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN INSERT INTO log SELECT new.a FROM t WHERE t.id = new.id; END",
            "CREATE VIEW v AS SELECT a FROM t",
            "INSERT INTO t VALUES (1, '5', 0, 1)",
        ])
        .await;
        let done = becomes(
            &db,
            "t",
            &[
                "CREATE TABLE t2 (id INTEGER PRIMARY KEY, b INT NOT NULL CHECK (b > 0), up INT REFERENCES t2 (id))",
                "CREATE INDEX i ON t2 (b)",
            ],
            "t2",
            &[("a", "b")],
        )
        .await;
        assert!(is_rebuild(&done));
        db.run(&["UPDATE t2 SET b = 6"]).await;
        assert_eq!(db.rows("SELECT * FROM log").await, [["6"]]);
        assert_eq!(db.rows("SELECT * FROM v").await, [["6"]]);
    });
}

#[test]
fn a_table_may_take_the_words_of_another_when_the_nouns_agree() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (c integer, g integer AS (c + 1))", "INSERT INTO t VALUES (1)"]).await;
        let next = created(&["CREATE TABLE t (c integer, g integer AS (c + 1) VIRTUAL)"], "t").await;
        let mut alter = alteration(&db, "t", &next, &[]).await;
        assert!(alter.edits.is_empty());
        alter.edits.push(Edit::Wording);
        apply(&db, &render(&*db.dialect().await, alter)).await;
        let now = table(&db.introspect().await, "t").verbatim.unwrap();
        assert!(rungs::dialect::sqlite::same_text(&now, next.verbatim.as_deref().unwrap()), "{now}");
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "2"]]);
    });
}

#[test]
fn options_and_keys_change_by_a_rebuild() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a TEXT NOT NULL, b INT)", "INSERT INTO t VALUES ('x', 1)"]).await;
        for after in [
            "CREATE TABLE t (a TEXT PRIMARY KEY, b INT NOT NULL) STRICT, WITHOUT ROWID",
            "CREATE TABLE t (a TEXT NOT NULL, b INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT)",
            "CREATE TABLE t (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (b DESC, a))",
            "CREATE TABLE t (a TEXT, b INT DEFAULT 3)",
        ] {
            becomes(&db, "t", &[after], "t", &[]).await;
            assert_eq!(db.rows("SELECT a, b FROM t").await, [["x", "1"]], "{after}");
        }
    });
}

#[test]
fn views_and_triggers_come_go_and_change() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE TABLE t (a INT)"]).await;
        let dialect = db.dialect().await;
        let view = |sql: &str| Definition {
            needs: [Reference::relation(&"t".into())].into_iter().collect(),
            ..Definition::new(DefinitionKind::View, "v \"w".into(), sql)
        };
        let one = view("CREATE VIEW \"v \"\"w\" AS SELECT 1 AS x FROM t");
        let two = view("CREATE VIEW \"v \"\"w\" AS SELECT 2 AS x FROM t");
        for delta in [
            Delta::Create { next: one.clone() },
            Delta::Alter { previous: one.clone(), next: two.clone() },
            Delta::Drop { previous: two.clone() },
        ] {
            apply(&db, &dialect.render(&Change::Definition(delta.clone())).unwrap()).await;
            let now = db.introspect().await.definitions;
            assert_eq!(now.first(), delta.next());
        }
    });
}

/// The printed script runs in the distribution's own client as well.
#[test]
fn the_script_runs_in_the_command_line_client() {
    play(Engine::Sqlite, |db| async move {
        db.run(&RICH).await;
        db.run(&["INSERT INTO parent (name, age) VALUES ('a', '1')", "INSERT INTO child (parent_id) VALUES (1)"]).await;
        let words = RICH[0].replace("age TEXT", "age ANY").replace("name TEXT", "name TEXT DEFAULT 'n'");
        let mut script = RICH.to_vec();
        script[0] = &words;
        let next = created(&script, "parent").await;
        let schema = db.introspect().await;
        let previous = table(&schema, "parent");
        let edits = edits(&previous, &next, &[]);
        let dependents = dependents(&schema, &previous.name);
        let alter = AlterTable { previous: Arc::new(previous), next: Arc::new(next.clone()), edits, dependents };
        let statements = render(&*db.dialect().await, alter);
        let script: String = statements.iter().map(|statement| format!("{};\n", statement.sql)).collect();
        let path = db.url.sqlite_path().unwrap().to_owned();
        let output = std::process::Command::new("sqlite3")
            .args(["-batch", "-bail"])
            .arg(path)
            .arg(format!("BEGIN;\n{script}COMMIT;"))
            .output()
            .expect("sqlite3 is there");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(nouns(&table(&db.introspect().await, "parent")), nouns(&next));
        assert_eq!(db.rows("SELECT count(*) FROM child").await, [["1"]]);
    });
}
