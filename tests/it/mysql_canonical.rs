//! MySQL and MariaDB: what a model declares, in the server's words, is what the server then prints.

use rungs::schema::{
    Action, AutoIncrement, Check, Column, ColumnType, DialectName, EnumType, ForeignKey, Index, IndexPart, ObjectName,
    PrimaryKey, Schema, Sequence, Table, Unique,
};

use crate::harness::{Engine, TestDb, play};
use crate::mysql_support::{assert_same, create, is_mariadb};

fn column(name: &str, ty: ColumnType) -> Column {
    Column { name: name.into(), ty, nullable: true, ..Column::default() }
}

fn with_default(name: &str, ty: ColumnType, default: &str) -> Column {
    Column { default: Some(default.into()), ..column(name, ty) }
}

fn native(text: &str) -> ColumnType {
    ColumnType::Native(text.into())
}

/// Table `t` with a key and these columns.
fn table(columns: Vec<Column>) -> Table {
    let id = Column {
        auto_increment: Some(AutoIncrement::Native),
        ..column("id", ColumnType::Integer { bits: 64, unsigned: true })
    };
    Table {
        name: "t".into(),
        columns: [vec![id], columns].concat(),
        primary_key: Some(PrimaryKey { parts: vec![IndexPart::column("id")], ..PrimaryKey::default() }),
        ..Table::default()
    }
}

/// Canonical form and live table agree, the options that the model leaves open aside.
async fn agrees(db: &TestDb, schema: Schema) -> Schema {
    let dialect = db.dialect().await;
    let canonical = dialect.canonical(&schema).unwrap_or_else(|error| panic!("{error}"));
    create(db, &canonical).await;
    let mut live = db.introspect().await;
    for table in &mut live.tables {
        table.options.clear();
    }
    assert_same(canonical.clone(), live);
    canonical
}

#[test]
fn every_type_is_spelled_as_the_server_prints_it() {
    play(Engine::Mysql, |db| async move {
        let mut columns = vec![
            column("b", ColumnType::Boolean),
            column("r", ColumnType::Real),
            column("d", ColumnType::Double),
            column("de", ColumnType::Decimal { precision: Some(12), scale: Some(3) }),
            column("de0", ColumnType::Decimal { precision: None, scale: None }),
            column("t", ColumnType::Text),
            column("v", ColumnType::Varchar(40)),
            column("c", ColumnType::Char(4)),
            column("bl", ColumnType::Binary(None)),
            column("vb", ColumnType::Binary(Some(20))),
            column("da", ColumnType::Date),
            column("ti", ColumnType::Time),
            column("dt", ColumnType::DateTime),
            column("ts", ColumnType::Timestamp),
            column("u", ColumnType::Uuid),
            column("j", ColumnType::Json),
            column("e", ColumnType::Enum("mood".into())),
        ];
        for bits in [8, 16, 32, 64] {
            columns.push(column(&format!("i{bits}"), ColumnType::Integer { bits, unsigned: false }));
            columns.push(column(&format!("u{bits}"), ColumnType::Integer { bits, unsigned: true }));
        }
        for (at, alias) in [
            "integer",
            "bool",
            "INT",
            "character varying(10)",
            "numeric(5)",
            "DEC",
            "double precision",
            "int(7)",
            "real",
            "float(30)",
            "float(5)",
            "tinyint(1) unsigned",
            "int zerofill",
            "char",
            "bit",
            "binary",
            "year",
            "datetime(0)",
            "DATETIME(6)",
            "blob(70000)",
            "ENUM ('a' , \"b'c\")",
            "set('x')",
            "long",
            "bigint signed",
            "float(7,3)",
        ]
        .into_iter()
        .enumerate()
        {
            columns.push(column(&format!("n{at}"), native(alias)));
        }
        let enums = vec![EnumType { name: "mood".into(), values: vec!["a".into(), "b'c, \\".into()], comment: None }];
        let schema = Schema { tables: vec![table(columns.clone())], enums, ..Schema::default() };
        let canonical = agrees(&db, schema.clone()).await;
        let dialect = db.dialect().await;
        for (declared, canonical) in columns.iter().zip(&canonical.tables[0].columns[1..]) {
            let logical = dialect.logical(canonical.ty.native().unwrap());
            let expressible = !matches!(
                declared.ty,
                ColumnType::Native(_) | ColumnType::Enum(_) | ColumnType::Decimal { precision: None, .. }
            );
            if expressible {
                assert_eq!(logical, declared.ty, "{}", declared.name);
            }
        }
    });
}

#[test]
fn defaults_are_written_as_the_server_prints_them() {
    play(Engine::Mysql, |db| async move {
        let int = || ColumnType::Integer { bits: 32, unsigned: false };
        let decimal = || ColumnType::Decimal { precision: Some(6), scale: Some(2) };
        let mut columns = vec![
            with_default("a", int(), "0"),
            with_default("b", int(), "'7'"),
            with_default("c", int(), "-3"),
            with_default("d", ColumnType::Boolean, "true"),
            with_default("e", ColumnType::Boolean, "FALSE"),
            with_default("f", ColumnType::Varchar(30), "'it''s \\\\'"),
            with_default("g", decimal(), "3"),
            with_default("h", decimal(), "'1.5'"),
            with_default("i", ColumnType::DateTime, "now()"),
            with_default("j", ColumnType::Timestamp, "CURRENT_TIMESTAMP"),
            with_default("k", native("datetime(6)"), "current_timestamp(6)"),
            with_default("l", ColumnType::Varchar(3), "NULL"),
            with_default("m", ColumnType::Varchar(36), "uuid()"),
            with_default("n", ColumnType::Double, "1.5"),
            with_default("o", ColumnType::Date, "'2020-01-02'"),
            with_default("p", ColumnType::Varchar(3), "5"),
            with_default("q", native("enum('x','y')"), "'y'"),
            with_default("r", native("bit(3)"), "b'101'"),
        ];
        columns[8].on_update = Some("CURRENT_TIMESTAMP".into());
        agrees(&db, Schema { tables: vec![table(columns)], ..Schema::default() }).await;
    });
}

#[test]
fn keys_and_checks_become_what_the_server_makes_of_them() {
    play(Engine::Mysql, |db| async move {
        let int = || ColumnType::Integer { bits: 32, unsigned: false };
        let mut parent = table(vec![column("x", int())]);
        parent.name = "parent".into();
        parent.uniques.push(Unique {
            name: Some("uq_x".into()),
            parts: vec![IndexPart::column("x")],
            ..Unique::default()
        });
        let mut child = table(vec![
            column("p", ColumnType::Integer { bits: 64, unsigned: true }),
            column("q", int()),
            column("s", ColumnType::Varchar(9)),
        ]);
        child.indexes.push(Index {
            name: Some("ix_s".into()),
            parts: vec![IndexPart::column("s")],
            ..Index::default()
        });
        let key = |name: &str, column: &str, referenced: &str, on_delete| ForeignKey {
            name: Some(name.into()),
            columns: vec![column.into()],
            references: "parent".into(),
            referenced_columns: vec![referenced.into()],
            on_delete,
            ..ForeignKey::default()
        };
        child.foreign_keys = vec![key("fk_p", "p", "id", Action::Cascade), key("fk_q", "q", "x", Action::NoAction)];
        child.checks = vec![
            Check { name: Some("ck_named".into()), expression: "`q` <> 3".into(), ..Check::default() },
            Check { expression: "`s` <> ''".into(), column: Some("s".into()), ..Check::default() },
        ];
        let dialect = db.dialect().await;
        let declared = Schema { tables: vec![parent, child], ..Schema::default() };
        let mut canonical = dialect.canonical(&declared).unwrap();
        create(&db, &canonical).await;
        let mut live = db.introspect().await;
        for table in live.tables.iter_mut().chain(&mut canonical.tables) {
            table.options.clear();
            if !is_mariadb(&db).await {
                // MySQL prints literals with their character set.
                table
                    .checks
                    .iter_mut()
                    .for_each(|check| check.expression = check.expression.replace("_utf8mb4", "").replace("\\'", "'"));
            }
        }
        assert_same(canonical, live);
    });
}

#[test]
fn a_unique_text_is_a_hash_or_wants_a_length() {
    play(Engine::Mysql, |db| async move {
        let mut archives = table(vec![column("filename", ColumnType::Text)]);
        archives.name = "archives".into();
        archives.options.insert("charset".into(), "utf8".into());
        archives.uniques.push(Unique {
            name: Some("uq".into()),
            parts: vec![IndexPart::column("filename")],
            ..Unique::default()
        });
        let schema = Schema { tables: vec![archives], ..Schema::default() };
        let dialect = db.dialect().await;
        if is_mariadb(&db).await {
            let canonical = dialect.canonical(&schema).unwrap();
            assert_eq!(canonical.tables[0].options["charset"], "utf8mb3");
            create(&db, &canonical).await;
            assert_eq!(db.introspect().await.tables[0].indexes, canonical.tables[0].indexes);
        } else {
            let error = dialect.canonical(&schema).unwrap_err();
            assert!(error.to_string().contains("archives.filename"), "{error}");
            assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("length = 255"));
        }
    });
}

#[test]
fn what_the_server_cannot_do_is_refused_by_name() {
    play(Engine::Mysql, |db| async move {
        let dialect = db.dialect().await;
        let refused = |table: Table, word: &str| {
            let error = dialect.canonical(&Schema { tables: vec![table], ..Schema::default() }).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        };
        refused(table(vec![column("a", ColumnType::Array(Box::new(ColumnType::Text)))]), "t.a");
        refused(table(vec![column("a", ColumnType::Inet)]), "t.a");
        refused(table(vec![column("a", ColumnType::Interval)]), "t.a");
        let mut partial = table(vec![column("a", ColumnType::Date)]);
        partial.indexes.push(Index {
            name: Some("ix".into()),
            parts: vec![IndexPart::column("a")],
            predicate: Some("a > 0".into()),
            ..Index::default()
        });
        refused(partial, "ix on t");
        let mut strict = table(Vec::new());
        strict.options.insert("strict".into(), String::new());
        refused(strict, "table t STRICT");
        let sequences = vec![Sequence { name: ObjectName::bare("s"), ..Sequence::default() }];
        let sequences = dialect.canonical(&Schema { sequences, ..Schema::default() });
        assert_eq!(sequences.is_err(), dialect.version().name == DialectName::Mysql);
    });
}
