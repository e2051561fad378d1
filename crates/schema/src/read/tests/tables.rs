//! What a model says of its table and columns.

use super::*;

#[test]
fn the_example_of_the_design_is_read() {
    let text = r#"
        #[derive(Model)]
        #[model(table = "tenants")]
        struct Tenant {
            #[model(primary_key)]
            id: i64,
        }

        #[derive(Debug, rungs::Model)]
        #[model(table = "users", unique(tenant_id, email), index(name = "ix_users_name", columns(nickname, age desc)))]
        #[model(check(name = "ck_users_age", expr = "age >= 0"), renamed_from = "people")]
        pub struct User {
            #[model(primary_key, auto_increment)]
            pub id: i64,
            #[model(references(Tenant::id), on_delete = "cascade", index)]
            pub tenant_id: i64,
            #[model(length = 120, renamed_from = "mail", backfill = "''")]
            pub email: String,
            #[model(default = "0")]
            pub age: i32,
            pub nickname: Option<String>,
            #[model(type(postgres = "citext", default = "text"))]
            pub slug: String,
            #[model(skip)]
            pub cached: Whatever,
        }
    "#;
    let declared = read_text(text, "m.rs").expect("models");
    let users = ObjectName::bare("users");
    let table = declared.schema.table(&users).expect("users").clone();
    let integer = |bits| ColumnType::Integer { bits, unsigned: false };
    let expected = Table {
        name: users.clone(),
        columns: vec![
            Column {
                name: "id".into(),
                ty: integer(64),
                auto_increment: Some(AutoIncrement::Native),
                ..Column::default()
            },
            Column { name: "tenant_id".into(), ty: integer(64), ..Column::default() },
            Column { name: "email".into(), ty: ColumnType::Varchar(120), ..Column::default() },
            Column { name: "age".into(), ty: integer(32), default: Some("0".into()), ..Column::default() },
            Column { name: "nickname".into(), ty: ColumnType::Text, nullable: true, ..Column::default() },
            Column {
                name: "slug".into(),
                ty: ColumnType::PerDialect {
                    by: BTreeMap::from([(DialectName::Postgres, "citext".into())]),
                    default: Some("text".into()),
                },
                ..Column::default()
            },
        ],
        primary_key: Some(PrimaryKey { parts: vec![IndexPart::column("id")], ..PrimaryKey::default() }),
        uniques: vec![Unique {
            parts: vec![IndexPart::column("tenant_id"), IndexPart::column("email")],
            ..Unique::default()
        }],
        indexes: vec![
            Index { parts: vec![IndexPart::column("tenant_id")], ..Index::default() },
            Index {
                name: Some("ix_users_name".into()),
                parts: vec![IndexPart::column("nickname"), IndexPart { descending: true, ..IndexPart::column("age") }],
                ..Index::default()
            },
        ],
        foreign_keys: vec![ForeignKey {
            columns: vec!["tenant_id".into()],
            references: ObjectName::bare("tenants"),
            referenced_columns: vec!["id".into()],
            on_delete: Action::Cascade,
            ..ForeignKey::default()
        }],
        checks: vec![Check { name: Some("ck_users_age".into()), expression: "age >= 0".into(), ..Check::default() }],
        ..Table::default()
    };
    assert_eq!(table, expected);
    let hints = &declared.hints.tables[&users];
    assert_eq!(hints.model, "User");
    assert_eq!(hints.renamed_from, Some(ObjectName::bare("people")));
    assert_eq!(hints.columns["email"].renamed_from.as_deref(), Some("mail"));
    assert_eq!(hints.columns["email"].backfill.as_deref(), Some("''"));
    let place = hints.columns["email"].location.as_ref().expect("a place").to_string();
    assert_eq!(place, "m.rs:18:17");
}

#[test]
fn without_a_name_the_table_is_the_struct_in_snake_case() {
    assert_eq!(
        table("#[derive(Model)] struct ComputationResult { id: i32 }").name,
        ObjectName::bare("computation_result")
    );
}

#[test]
fn raw_identifiers_lose_their_prefix() {
    assert_eq!(column("pub r#type: String,").name, "type");
    let text = "#[derive(Model)] #[model(index(r#type))] struct r#Match { r#type: i32 }";
    assert_eq!(table(text).indexes[0].parts, vec![IndexPart::column("type")]);
    assert_eq!(table(text).name.name, "match");
}

#[test]
fn every_field_attribute_has_its_place() {
    let full = column(
        r#"#[model(column = "externalId", length = 40, fixed, collation = "C", charset = "latin1", comment = "x")]
           #[model(invisible, not_null_conflict = "ignore", on_row_update = "now()", nullable)]
           id: String,"#,
    );
    let expected = Column {
        name: "externalId".into(),
        ty: ColumnType::Char(40),
        nullable: true,
        not_null_conflict: Some("IGNORE".into()),
        on_update: Some("now()".into()),
        charset: Some("latin1".into()),
        collation: Some("C".into()),
        comment: Some("x".into()),
        invisible: true,
        ..Column::default()
    };
    assert_eq!(full, expected);
    assert_eq!(
        column("#[model(precision = 10, scale = 2)] price: Decimal,").ty,
        ColumnType::Decimal { precision: Some(10), scale: Some(2) }
    );
    assert_eq!(column("#[model(unsigned)] n: i64,").ty, ColumnType::Integer { bits: 64, unsigned: true });
    assert_eq!(column("#[model(length = 16)] n: Vec<u8>,").ty, ColumnType::Binary(Some(16)));
    assert_eq!(column("#[model(length = 5)] n: Vec<String>,").ty, ColumnType::Array(Box::new(ColumnType::Varchar(5))));
    assert_eq!(column("#[model(default = -1)] n: i64,").default.as_deref(), Some("-1"));
    assert_eq!(column("#[model(default = true)] n: bool,").default.as_deref(), Some("true"));
    let generated = |expression: &str, stored| Some(Generated { expression: expression.into(), stored });
    assert_eq!(column("#[model(generated = \"a + 1\")] n: i64,").generated, generated("a + 1", true));
    assert_eq!(column("#[model(generated = \"a + 1\", virtual)] n: i64,").generated, generated("a + 1", false));
    assert_eq!(
        column("#[model(identity(always, start = 100, increment = -2, cycle))] n: i64,").auto_increment,
        Some(AutoIncrement::Identity(Identity {
            always: true,
            sequence: Sequence { start: Some(100), increment: Some(-2), cycle: true, ..Sequence::default() }
        }))
    );
    assert_eq!(column("#[model(auto_increment = \"serial\")] n: i64,").auto_increment, Some(AutoIncrement::Serial));
    assert!(!column("#[model(nullable = false)] n: Option<i64>,").nullable);
    assert_eq!(
        column("#[model(type = \"tinyint(1)\")] n: Anything,").ty,
        ColumnType::PerDialect { by: BTreeMap::new(), default: Some("tinyint(1)".into()) }
    );
}

#[test]
fn a_type_for_mysql_holds_for_mariadb_too() {
    let ColumnType::PerDialect { by, default } = column("#[model(type(mysql = \"mediumtext\"))] n: String,").ty else {
        panic!("a type of its own for each engine");
    };
    assert_eq!(by.len(), 2);
    assert_eq!(by[&DialectName::Mariadb], "mediumtext");
    assert_eq!(default, None);
}

#[test]
fn constraints_beside_a_field_and_of_the_struct() {
    let text = r#"
        #[derive(Model)]
        #[model(primary_key(b, a, name = "pk_x", include(c), method = "BTREE", options(x = 1)))]
        #[model(unique(name = "uq_1", columns(a, b), nulls_not_distinct, deferrable = "initially deferred"))]
        #[model(index(expr("lower(c)") desc nulls last, c(10) collate "C" opclass "text_ops", unique, where = "a > 0"))]
        #[model(index(name = "gin_c", columns("c"), method = "GIN", include(a, b), options(fillfactor = 70)))]
        #[model(check = "a < b", check(expr = "a > 0", no_inherit, not_valid, not_enforced))]
        #[model(foreign_key(name = "fk_self", columns(a, b), references = "t(b, a)", on_delete = "set null",
            on_delete_columns(a), on_update = "RESTRICT", match = "full", deferrable, not_valid, not_enforced))]
        struct T {
            #[model(unique = "uq_a", check = "a <> 5", index(name = "ix_a", method = "hash"))]
            a: i32,
            #[model(unique(on_conflict = "replace"), index, index = "second", references(T), fk_name = "fk_b")]
            b: i32,
            c: String,
        }
    "#;
    // The key of T has two columns, and b is one.
    let wrong = faults(text);
    assert_eq!(wrong, "m.rs:13:79: 1 column cannot refer to 2 columns of `t`\n");
    let table = table(&text.replace("references(T)", "references(Self::a)"));
    assert_eq!(
        table.primary_key,
        Some(PrimaryKey {
            name: Some("pk_x".into()),
            parts: vec![IndexPart::column("b"), IndexPart::column("a")],
            include: vec!["c".into()],
            method: Some("btree".into()),
            options: crate::Options::from([("x".into(), "1".into())]),
            ..PrimaryKey::default()
        })
    );
    assert_eq!(table.uniques.len(), 3);
    assert_eq!(table.uniques[0].name.as_deref(), Some("uq_a"));
    assert_eq!(table.uniques[1].on_conflict.as_deref(), Some("REPLACE"));
    assert_eq!(
        table.uniques[2],
        Unique {
            name: Some("uq_1".into()),
            parts: vec![IndexPart::column("a"), IndexPart::column("b")],
            nulls_not_distinct: true,
            deferrable: Some(Deferrable { initially_deferred: true }),
            ..Unique::default()
        }
    );
    let names: Vec<_> = table.indexes.iter().map(|index| index.name.as_deref()).collect();
    assert_eq!(names, [Some("ix_a"), None, Some("second"), None, Some("gin_c")]);
    assert_eq!(
        table.indexes[3],
        Index {
            parts: vec![
                IndexPart { descending: true, nulls_first: Some(false), ..IndexPart::expression("lower(c)") },
                IndexPart {
                    length: Some(10),
                    collation: Some("C".into()),
                    opclass: Some("text_ops".into()),
                    ..IndexPart::column("c")
                },
            ],
            unique: true,
            predicate: Some("a > 0".into()),
            ..Index::default()
        }
    );
    assert_eq!(table.indexes[4].method.as_deref(), Some("gin"));
    assert_eq!(table.indexes[4].include, ["a", "b"]);
    assert_eq!(table.indexes[4].options["fillfactor"], "70");
    assert_eq!(table.checks[0], Check { expression: "a <> 5".into(), column: Some("a".into()), ..Check::default() });
    assert_eq!(table.checks[1].expression, "a < b");
    assert!(table.checks[2].no_inherit && table.checks[2].not_valid && table.checks[2].not_enforced);
    assert_eq!(table.foreign_keys[0].name.as_deref(), Some("fk_b"));
    assert_eq!(
        table.foreign_keys[1],
        ForeignKey {
            name: Some("fk_self".into()),
            columns: vec!["a".into(), "b".into()],
            references: ObjectName::bare("t"),
            referenced_columns: vec!["b".into(), "a".into()],
            on_delete: Action::SetNull,
            on_delete_columns: vec!["a".into()],
            on_update: Action::Restrict,
            deferrable: Some(Deferrable::default()),
            match_type: Some("FULL".into()),
            period: false,
            not_valid: true,
            not_enforced: true,
            comment: None,
        }
    );
}

#[test]
fn options_of_the_table() {
    let text = r#"
        #[derive(Model)]
        #[model(table = "odd name", schema = "auth", comment = "c", engine = "InnoDB", charset = "utf8mb4")]
        #[model(collation = "x", row_format = "dynamic", strict, without_rowid, unlogged, options(fillfactor = "70"))]
        #[model(rename_all = "camelCase", renamed_from = "before")]
        struct T { created_at: i32 }
    "#;
    let table = table(text);
    assert_eq!(table.name, ObjectName::qualified("auth", "odd name"));
    assert_eq!(table.columns[0].name, "createdAt");
    let options: Vec<_> = table.options.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(
        options,
        [
            "fillfactor=70",
            "engine=InnoDB",
            "charset=utf8mb4",
            "collation=x",
            "row_format=dynamic",
            "strict=",
            "without_rowid=",
            "unlogged=",
        ]
    );
    let declared = read_text(text, "m.rs").expect("models");
    assert_eq!(declared.hints.tables[&table.name].renamed_from, Some(ObjectName::qualified("auth", "before")));
}
