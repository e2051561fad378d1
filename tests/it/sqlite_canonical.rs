//! What models say, in SQLite's words, is what SQLite says once it is there.

use std::sync::Arc;

use rungs::dialect::Part;
use rungs::diff::change::Change;
use rungs::schema::{
    AutoIncrement, Check, Column, ColumnType, EnumType, ForeignKey, Generated, Index, IndexPart, PrimaryKey, Schema,
    Sequence, Table, Unique,
};

use crate::harness::{Engine, play};
use crate::sqlite_support::{apply, nouns, table};

fn column(name: &str, ty: ColumnType) -> Column {
    Column { name: name.to_owned(), ty, ..Column::default() }
}

fn integer() -> ColumnType {
    ColumnType::Integer { bits: 64, unsigned: false }
}

fn users() -> Schema {
    let mut id = column("id", integer());
    id.auto_increment = Some(AutoIncrement::Native);
    let mut age = column("age", ColumnType::Integer { bits: 32, unsigned: true });
    age.default = Some("( 0 )".into());
    age.comment = Some("in years".into());
    let mut mood = column("order", ColumnType::Enum("mood".into()));
    mood.default = Some("'it''s'".into());
    let mut twice = column("twice", integer());
    twice.generated = Some(Generated { expression: "(\"users\".age*2)".into(), stored: true });
    let mut created = column("created at", ColumnType::Timestamp);
    created.default = Some("current_timestamp".into());
    let columns = vec![
        id,
        age,
        mood,
        twice,
        created,
        column("name", ColumnType::Varchar(20)),
        column("ok", ColumnType::Boolean),
        column("price", ColumnType::Decimal { precision: Some(10), scale: Some(2) }),
        column("key", ColumnType::Uuid),
        column("day", ColumnType::Date),
        column("data", ColumnType::Json),
    ];
    let mut key = IndexPart::column("name");
    key.collation = Some("nocase".into());
    key.descending = true;
    key.nulls_first = Some(false);
    let users = Table {
        name: "users".into(),
        columns,
        primary_key: Some(PrimaryKey { parts: vec![IndexPart::column("id")], ..PrimaryKey::default() }),
        uniques: vec![Unique { parts: vec![IndexPart::column("name"), IndexPart::column("day")], ..Unique::default() }],
        checks: vec![Check {
            name: Some("ck age".into()),
            expression: "((age>=0) and name<>'x')".into(),
            ..Check::default()
        }],
        indexes: vec![Index {
            name: Some("ix".into()),
            parts: vec![key, IndexPart::expression("(lower( name ))")],
            predicate: Some("( ok )".into()),
            method: Some("btree".into()),
            ..Index::default()
        }],
        foreign_keys: vec![ForeignKey {
            columns: vec!["age".into()],
            references: "users".into(),
            ..ForeignKey::default()
        }],
        comment: Some("people".into()),
        options: rungs::schema::Options::from([("engine".to_owned(), "InnoDB".to_owned())]),
        ..Table::default()
    };
    let mood = EnumType { name: "mood".into(), values: vec!["good".into(), "it's".into()], comment: None };
    Schema { tables: vec![users], enums: vec![mood], ..Schema::default() }
}

#[test]
fn the_canonical_form_is_what_sqlite_says_afterwards() {
    play(Engine::Sqlite, |db| async move {
        let dialect = db.dialect().await;
        for strict in [false, true] {
            let mut declared = users();
            if strict {
                declared.tables[0].options.insert("strict".into(), String::new());
            }
            let canonical = dialect.canonical(&declared).unwrap();
            assert!(canonical.enums.is_empty());
            let wanted = canonical.tables[0].clone();
            apply(&db, &dialect.render(&Change::CreateTable { next: Arc::new(wanted.clone()) }).unwrap()).await;
            let now = table(&db.introspect().await, "users");
            assert_eq!(Table { verbatim: None, ..now.clone() }, wanted);
            assert_eq!(
                nouns(&now),
                nouns(
                    &dialect.canonical(&Schema { tables: vec![now.clone()], ..Schema::default() }).unwrap().tables[0]
                )
            );
            apply(&db, &dialect.render(&Change::DropTable { previous: Arc::new(now) }).unwrap()).await;
        }
    });
}

#[test]
fn a_table_reads_well() {
    play(Engine::Sqlite, |db| async move {
        let dialect = db.dialect().await;
        let canonical = dialect.canonical(&users()).unwrap();
        let statements = dialect.render(&Change::CreateTable { next: Arc::new(canonical.tables[0].clone()) }).unwrap();
        let wanted = r#"CREATE TABLE "users" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "age" INTEGER NOT NULL DEFAULT 0 REFERENCES "users" ("id"),
    "order" TEXT NOT NULL DEFAULT 'it''s' CHECK ("order" IN ('good', 'it''s')),
    "twice" INTEGER NOT NULL GENERATED ALWAYS AS (age * 2) STORED,
    "created at" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name" VARCHAR(20) NOT NULL,
    "ok" BOOLEAN NOT NULL,
    "price" NUMERIC(10,2) NOT NULL,
    "key" BLOB NOT NULL,
    "day" DATE NOT NULL,
    "data" TEXT NOT NULL,
    UNIQUE ("name", "day"),
    CONSTRAINT "ck age" CHECK ((age >= 0) AND name <> 'x')
)"#;
        assert_eq!(statements[0].sql, wanted);
        assert_eq!(statements[0].comment, "creates table users");
        assert_eq!(
            statements[1].sql,
            r#"CREATE INDEX "ix" ON "users" ("name" COLLATE NOCASE DESC, lower(name)) WHERE ok"#
        );
    });
}

#[test]
fn logical_types_bring_the_same_words_back() {
    play(Engine::Sqlite, |db| async move {
        let dialect = db.dialect().await;
        for native in [
            "INTEGER",
            "BOOLEAN",
            "REAL",
            "TEXT",
            "VARCHAR(3)",
            "CHAR(3)",
            "BLOB",
            "DATE",
            "TIME",
            "DATETIME",
            "NUMERIC",
            "NUMERIC(3)",
            "NUMERIC(3,1)",
            "NVARCHAR(160)",
            "",
            "INT",
            "VARCHAR(03)",
        ] {
            let logical = dialect.logical(native);
            let table = Table { name: "t".into(), columns: vec![column("c", logical.clone())], ..Table::default() };
            let canonical = dialect.canonical(&Schema { tables: vec![table], ..Schema::default() }).unwrap();
            assert_eq!(canonical.tables[0].columns[0].ty, ColumnType::Native(native.into()), "{logical:?}");
        }
        assert_eq!(dialect.logical("BOOLEAN"), ColumnType::Boolean);
        assert_eq!(dialect.logical("INT"), ColumnType::Native("INT".into()));
    });
}

#[test]
fn what_sqlite_cannot_do_is_said_by_name() {
    play(Engine::Sqlite, |db| async move {
        let dialect = db.dialect().await;
        let refused = |edit: fn(&mut Schema)| {
            let mut schema = users();
            edit(&mut schema);
            dialect.canonical(&schema).unwrap_err().to_string()
        };
        let engine = dialect.version().to_string();
        for (edit, wanted) in [
            (as_fn(|s| s.tables[0].columns[5].ty = ColumnType::Inet), "keep column users.name as an IP address"),
            (
                as_fn(|s| s.tables[0].columns[5].ty = ColumnType::Array(Box::new(integer()))),
                "keep column users.name as an array",
            ),
            (
                as_fn(|s| s.tables[0].columns[1].auto_increment = Some(AutoIncrement::Native)),
                "number column users.age by itself",
            ),
            (
                as_fn(|s| s.tables[0].primary_key.as_mut().unwrap().parts.push(IndexPart::column("age"))),
                "number column users.id by itself",
            ),
            (
                as_fn(|s| s.tables[0].indexes[0].method = Some("gin".into())),
                "keep index ix of table users with method gin",
            ),
            (
                as_fn(|s| s.tables[0].name.schema = Some("other".into())),
                "keep table other.users in a namespace of its own",
            ),
            (as_fn(|s| s.sequences.push(Sequence { name: "ids".into(), ..Sequence::default() })), "keep sequence ids"),
        ] {
            assert_eq!(refused(edit), format!("{engine} cannot {wanted}"));
        }
    });
}

fn as_fn(edit: fn(&mut Schema)) -> fn(&mut Schema) {
    edit
}

#[test]
fn only_indexes_get_a_name_by_convention() {
    play(Engine::Sqlite, |db| async move {
        let dialect = db.dialect().await;
        let unique = Unique { parts: vec![IndexPart::column("a")], ..Unique::default() };
        assert_eq!(dialect.default_name("t", Part::Unique(&unique)), None);
        let index = Index { parts: vec![IndexPart::column("a")], ..Index::default() };
        assert_eq!(dialect.default_name("t", Part::Index(&index)).as_deref(), Some("ix_t_a"));
    });
}
