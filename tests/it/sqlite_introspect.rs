//! What SQLite holds, read back as nouns.

use rungs::schema::{Action, AutoIncrement, ColumnType, Deferrable, DefinitionKind, Generated, IndexKey, ObjectName};

use crate::harness::{Engine, play};
use crate::sqlite_support::{created, table};

#[test]
fn columns_come_with_all_they_have() {
    play(Engine::Sqlite, |_| async {
        let found = created(
            &["CREATE TABLE [t] (id INTEGER PRIMARY KEY AUTOINCREMENT, -- the key
                a varchar ( 10 ) NOT NULL ON CONFLICT IGNORE COLLATE nocase DEFAULT 'it''s',
                `b` DECIMAL(10, 2) DEFAULT (0), \"c d\" unsigned big int DEFAULT -1,
                e, f TEXT DEFAULT CURRENT_TIMESTAMP, g INT DEFAULT NULL, h TEXT DEFAULT foo,
                i INT GENERATED ALWAYS AS (  (id+1) ) STORED, j AS ('a,b)' || a) VIRTUAL,
                k DATETIME DEFAULT (datetime('now', 'utc')) /* ) */)"],
            "t",
        )
        .await;
        let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "a", "b", "c d", "e", "f", "g", "h", "i", "j", "k"]);
        let types: Vec<&str> = found.columns.iter().filter_map(|column| column.ty.native()).collect();
        let wanted = [
            "INTEGER",
            "VARCHAR(10)",
            "DECIMAL(10,2)",
            "UNSIGNED BIG INT",
            "",
            "TEXT",
            "INT",
            "TEXT",
            "INT",
            "",
            "DATETIME",
        ];
        assert_eq!(types, wanted);
        let default = |name: &str| found.column(name).unwrap().default.clone();
        assert_eq!(default("a").as_deref(), Some("'it''s'"));
        assert_eq!(default("b").as_deref(), Some("0"));
        assert_eq!(default("c d").as_deref(), Some("-1"));
        assert_eq!(default("f").as_deref(), Some("CURRENT_TIMESTAMP"));
        assert_eq!(default("g"), None);
        assert_eq!(default("h").as_deref(), Some("'foo'"));
        assert_eq!(default("k").as_deref(), Some("datetime('now', 'utc')"));
        let a = found.column("a").unwrap();
        assert!(!a.nullable);
        assert_eq!((a.collation.as_deref(), a.not_null_conflict.as_deref()), (Some("NOCASE"), Some("IGNORE")));
        let generated = |name: &str| found.column(name).unwrap().generated.clone();
        assert_eq!(generated("i"), Some(Generated { expression: "id + 1".into(), stored: true }));
        assert_eq!(generated("j"), Some(Generated { expression: "'a,b)' || a".into(), stored: false }));
        let id = found.column("id").unwrap();
        assert_eq!((id.nullable, id.auto_increment.clone()), (false, Some(AutoIncrement::Native)));
        assert_eq!(found.primary_key_columns(), ["id"]);
    });
}

#[test]
fn constraints_come_with_all_they_have() {
    play(Engine::Sqlite, |_| async {
        let found = created(
            &[
                "CREATE TABLE p (a INT, B INT, PRIMARY KEY (a, b))",
                "CREATE TABLE t (x INT CONSTRAINT pos CHECK (x>0), y INT UNIQUE ON CONFLICT REPLACE,
                    z TEXT REFERENCES P ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, w TEXT,
                    CONSTRAINT pk PRIMARY KEY (Y DESC, w COLLATE nocase) ON CONFLICT ROLLBACK
                    CONSTRAINT uq UNIQUE (x, w COLLATE RTRIM), CHECK ((t.x < y) or \"w\" IS NULL)
                    CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p ON UPDATE CASCADE MATCH FULL
                ) STRICT, WITHOUT ROWID",
            ],
            "t",
        )
        .await;
        let key = found.primary_key.clone().unwrap();
        assert_eq!(key.name.as_deref(), Some("pk"));
        assert_eq!(key.on_conflict.as_deref(), Some("ROLLBACK"));
        assert!(key.parts[0].descending);
        assert_eq!(key.parts[0].key, IndexKey::Column("y".into()));
        assert_eq!(key.parts[1].collation.as_deref(), Some("NOCASE"));
        assert!(!found.column("w").unwrap().nullable, "a key's column takes no NULL in a table without rowid");
        let checks: Vec<_> = found
            .checks
            .iter()
            .map(|check| (check.name.as_deref(), check.column.as_deref(), check.expression.as_str()))
            .collect();
        assert_eq!(checks, [(Some("pos"), Some("x"), "x > 0"), (None, None, "(x < y) OR w IS NULL")]);
        assert_eq!(found.uniques[0].on_conflict.as_deref(), Some("REPLACE"));
        assert_eq!(
            (found.uniques[1].name.as_deref(), found.uniques[1].parts[1].collation.as_deref()),
            (Some("uq"), Some("RTRIM"))
        );
        let [one, two] = found.foreign_keys.as_slice() else { panic!("two foreign keys") };
        assert_eq!((one.references.clone(), one.on_delete), (ObjectName::bare("p"), Action::SetNull));
        assert!(one.referenced_columns.is_empty(), "one column cannot mean a key of two");
        assert_eq!(one.deferrable, Some(Deferrable { initially_deferred: true }));
        assert_eq!(two.referenced_columns, ["a", "B"]);
        assert_eq!(
            (two.name.as_deref(), two.on_update, two.match_type.as_deref()),
            (Some("fk"), Action::Cascade, Some("FULL"))
        );
        assert_eq!(found.options.keys().collect::<Vec<_>>(), ["strict", "without_rowid"]);
    });
}

#[test]
fn indexes_come_with_all_they_have() {
    play(Engine::Sqlite, |_| async {
        let found = created(
            &[
                "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT)",
                "CREATE UNIQUE INDEX IF NOT EXISTS main.\"i one\" ON t (a COLLATE nocase DESC, `b` COLLATE RTRIM ASC) WHERE (b IS NOT NULL)",
                "CREATE INDEX two ON t (lower(a) COLLATE NOCASE, (a||b) DESC, a || b COLLATE nocase)",
            ],
            "t",
        )
        .await;
        let [one, two] = found.indexes.as_slice() else { panic!("two indexes") };
        assert_eq!(
            (one.name.as_deref(), one.unique, one.predicate.as_deref()),
            (Some("i one"), true, Some("b IS NOT NULL"))
        );
        assert_eq!((one.parts[0].descending, one.parts[0].collation.as_deref()), (true, None));
        assert_eq!((one.parts[1].descending, one.parts[1].collation.as_deref()), (false, Some("RTRIM")));
        assert_eq!(two.parts[0].key, IndexKey::Expression("lower(a)".into()));
        assert_eq!(two.parts[0].collation.as_deref(), Some("NOCASE"));
        assert_eq!((two.parts[1].key.clone(), two.parts[1].descending), (IndexKey::Expression("a || b".into()), true));
        assert_eq!(two.parts[2].key, IndexKey::Expression("a || b COLLATE NOCASE".into()));
    });
}

#[test]
fn words_that_alter_table_has_edited_are_read() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE t (a INT, \"b c\" TEXT -- the text\n, CHECK (\"b c\" <> ''))",
            "ALTER TABLE t ADD COLUMN d TEXT NOT NULL DEFAULT 'x' /* y */",
            "ALTER TABLE t RENAME COLUMN \"b c\" TO \"b \"\"c\"",
            "ALTER TABLE t RENAME TO \"order\"",
        ])
        .await;
        let found = table(&db.introspect().await, "order");
        let names: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["a", "b \"c", "d"]);
        assert_eq!(found.checks[0].expression, "\"b \"\"c\" <> ''");
    });
}

#[test]
fn views_and_triggers_keep_their_words_and_say_what_they_need() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE a (x INT)",
            "CREATE TABLE \"B b\" (y INT)",
            "CREATE VIEW v AS SELECT x, 'B b' AS y FROM a",
            "CREATE VIEW w AS SELECT * FROM v JOIN \"b B\"",
            "CREATE TRIGGER tr AFTER INSERT ON A BEGIN INSERT INTO \"B b\" VALUES (new.x); END",
            "CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
        ])
        .await;
        let schema = db.introspect().await;
        let said: Vec<_> = schema
            .definitions
            .iter()
            .map(|definition| {
                let needs: Vec<&str> = definition.needs.iter().map(|need| need.name.name.as_str()).collect();
                (
                    definition.kind,
                    definition.name.name.as_str(),
                    definition.table.as_ref().map(|table| table.name.as_str()),
                    needs,
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (DefinitionKind::View, "v", None, vec!["a"]),
                (DefinitionKind::View, "w", None, vec!["B b", "v"]),
                (DefinitionKind::Trigger, "tr", Some("a"), vec!["B b", "a"]),
                (DefinitionKind::Trigger, "tv", Some("v"), vec!["v"]),
            ]
        );
        assert_eq!(schema.definitions[0].sql, "CREATE VIEW v AS SELECT x, 'B b' AS y FROM a");
    });
}

#[test]
fn virtual_tables_and_their_shadows_are_nobodys_business() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE VIRTUAL TABLE notes USING fts5 (title, body)", "CREATE TABLE notes_of_mine (a INT)"]).await;
        let schema = db.introspect().await;
        let names: Vec<&str> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
        assert_eq!(names, ["notes_of_mine"]);
    });
}

#[test]
fn only_an_exact_integer_key_is_the_rowid() {
    play(Engine::Sqlite, |_| async {
        for (sql, nullable) in [
            ("CREATE TABLE t (id integer PRIMARY KEY)", false),
            ("CREATE TABLE t (id INTEGER, PRIMARY KEY (id DESC))", false),
            ("CREATE TABLE t (id INTEGER PRIMARY KEY DESC)", true),
            ("CREATE TABLE t (id INT PRIMARY KEY)", true),
            ("CREATE TABLE t (id INT PRIMARY KEY) WITHOUT ROWID", false),
            ("CREATE TABLE t (id TEXT PRIMARY KEY) STRICT", false),
        ] {
            let found = created(&[sql], "t").await;
            assert_eq!(found.columns[0].nullable, nullable, "{sql}");
            assert_eq!(found.columns[0].ty, ColumnType::Native(found.columns[0].ty.native().unwrap().to_uppercase()));
        }
    });
}
