//! What the reader understands, and what it says of what it does not.

use std::collections::BTreeMap;

use super::read_text;
use crate::*;

fn schema(text: &str) -> Schema {
    match read_text(text, "m.rs") {
        Ok(declared) => declared.schema,
        Err(errors) => panic!("{}", told(&errors)),
    }
}

fn told(errors: &[super::ReadError]) -> String {
    errors
        .iter()
        .map(|error| match &error.help {
            Some(help) => format!("{error}\n  help: {help}\n"),
            None => format!("{error}\n"),
        })
        .collect()
}

/// The errors of a text, each with its help below.
fn faults(text: &str) -> String {
    match read_text(text, "m.rs") {
        Ok(_) => String::from("no error"),
        Err(errors) => told(&errors),
    }
}

fn table(text: &str) -> Table {
    schema(text).tables.into_iter().next().expect("a table")
}

/// The column of a struct whose only field this is.
fn column(field: &str) -> Column {
    table(&format!("#[derive(Model)]\nstruct T {{\n    {field}\n}}")).columns.into_iter().next().expect("a column")
}

/// The errors of a struct whose only field this is; the field begins at line 3, column 5.
fn field_faults(field: &str) -> String {
    faults(&format!("#[derive(Model)]\nstruct T {{\n    {field}\n}}"))
}

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
            options: BTreeMap::from([("x".into(), "1".into())]),
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
            "charset=utf8mb4",
            "collation=x",
            "engine=InnoDB",
            "fillfactor=70",
            "row_format=dynamic",
            "strict=",
            "unlogged=",
            "without_rowid="
        ]
    );
    let declared = read_text(text, "m.rs").expect("models");
    assert_eq!(declared.hints.tables[&table.name].renamed_from, Some(ObjectName::qualified("auth", "before")));
}

#[test]
fn a_sequence_is_shared_by_name() {
    let text = r#"
        #[derive(Model)]
        #[model(sequence(name = "all_id_seq", start = 10, increment = 5))]
        struct A { #[model(primary_key, sequence = "all_id_seq")] id: i64 }
        #[derive(Model)]
        struct B { #[model(primary_key, sequence = "all_id_seq")] id: i64, #[model(sequence = "Odd.\"x y\"")] n: i64 }
    "#;
    let schema = schema(text);
    assert_eq!(schema.tables[1].columns[0].default.as_deref(), Some("nextval('all_id_seq'::regclass)"));
    assert_eq!(schema.tables[1].columns[1].default.as_deref(), Some("nextval('\"Odd\".\"x y\"'::regclass)"));
    let all_id_seq =
        Sequence { name: ObjectName::bare("all_id_seq"), start: Some(10), increment: Some(5), ..Sequence::default() };
    let odd = Sequence { name: ObjectName::qualified("Odd", "x y"), ..Sequence::default() };
    assert_eq!(schema.sequences, [all_id_seq, odd]);
}

#[test]
fn enumerations_are_found_by_the_types_of_fields() {
    let text = r#"
        #[derive(DbEnum)]
        enum Mood { VeryHappy, #[db_enum(value = "so-so")] SoSo }
        #[derive(DbEnum)]
        #[db_enum(name = "level", schema = "app", rename_all = "SCREAMING_SNAKE_CASE", comment = "c")]
        enum L { LowLevel }
        #[derive(Model)]
        struct T { mood: Option<Mood>, levels: Vec<L> }
    "#;
    let schema = schema(text);
    let mood =
        EnumType { name: ObjectName::bare("mood"), values: vec!["very_happy".into(), "so-so".into()], comment: None };
    let level = EnumType {
        name: ObjectName::qualified("app", "level"),
        values: vec!["LOW_LEVEL".into()],
        comment: Some("c".into()),
    };
    assert_eq!(schema.enums, [mood.clone(), level.clone()]);
    assert_eq!(schema.tables[0].columns[0].ty, ColumnType::Enum(mood.name));
    assert!(schema.tables[0].columns[0].nullable);
    assert_eq!(schema.tables[0].columns[1].ty, ColumnType::Array(Box::new(ColumnType::Enum(level.name))));
}

#[test]
fn aliases_and_constants_are_looked_up_by_module() {
    let text = r#"
        type Id = i64;
        const LEN: usize = 60 * 2;
        const NOW: &str = "now()";
        mod ids { pub type Id = i32; pub const LEN: u32 = super::LEN as u32 + 1; }
        mod a {
            use super::ids::*;
            #[derive(Model)]
            struct A { id: Id, #[model(length = LEN)] name: String }
        }
        mod b {
            use crate::{Id as Key, LEN as MOST};
            #[derive(Model)]
            struct B { id: Option<Key>, #[model(length = MOST, default = crate::NOW)] name: String }
        }
        mod c {
            use uuid::Uuid as Id;
            #[derive(Model)]
            struct C { id: Id, #[model(length = super::ids::LEN)] name: String }
        }
    "#;
    let tables = schema(text).tables;
    assert_eq!(tables[0].columns[0].ty, ColumnType::Integer { bits: 32, unsigned: false });
    assert_eq!(tables[0].columns[1].ty, ColumnType::Varchar(121));
    assert_eq!(tables[1].columns[0].ty, ColumnType::Integer { bits: 64, unsigned: false });
    assert!(tables[1].columns[0].nullable);
    assert_eq!(tables[1].columns[1].ty, ColumnType::Varchar(120));
    assert_eq!(tables[1].columns[1].default.as_deref(), Some("now()"));
    assert_eq!(tables[2].columns[0].ty, ColumnType::Uuid);
    assert_eq!(tables[2].columns[1].ty, ColumnType::Varchar(121));
}

#[test]
fn a_name_that_two_modules_declare_differently_is_an_error() {
    let text = "mod a { pub type Id = i64; }\nmod b { pub type Id = i32; }\n#[derive(Model)]\nstruct T { id: Id }";
    assert_eq!(
        faults(text),
        "m.rs:4:16: `Id` is declared in several modules: a, b\n  help: import the one that is meant with `use`, or write its path\n"
    );
    // Declared alike, either will do.
    assert_eq!(faults(&text.replace("i32", "i64")), "no error");
    assert_eq!(faults(&text.replace("id: Id", "id: b::Id")), "no error");
}

#[test]
fn items_of_tests_and_other_derives_are_not_read() {
    let text = r#"
        #[derive(sea_orm::Model)] struct A { x: Unknown }
        #[cfg_attr(feature = "x", derive(Model))] struct B { x: Unknown }
        #[cfg(test)] mod tests { #[derive(Model)] struct C { x: Unknown } }
    "#;
    assert_eq!(schema(text), Schema::default());
}

mod wrong {
    use super::*;

    #[test]
    fn an_unknown_attribute_names_its_neighbour() {
        assert_eq!(
            field_faults("#[model(lenght = 3)] a: String,"),
            "m.rs:3:13: unknown attribute `lenght` of a field\n  help: did you mean `length`? allowed here: \
             auto_increment, backfill, charset, check, collation, column, comment, default, deferrable, fixed, fk_name, \
             generated, identity, index, invisible, length, not_null_conflict, nullable, on_delete, on_row_update, \
             on_update, precision, primary_key, references, renamed_from, scale, sequence, skip, stored, type, unique, \
             unsigned, virtual\n"
        );
        assert_eq!(
            faults("#[derive(Model)]\n#[model(tabel = \"x\")]\nstruct T { a: i32 }").lines().next(),
            Some("m.rs:2:9: unknown attribute `tabel` of a model")
        );
    }

    #[test]
    fn a_type_without_a_column_type_wants_one() {
        assert_eq!(
            field_faults("a: std::collections::HashMap<String, String>,"),
            "m.rs:3:8: `std::collections::HashMap<String,String>` has no column type of its own\n  help: give the \
             column's type with #[model(type = \"...\")], or leave the field out with #[model(skip)]\n"
        );
    }

    #[test]
    fn two_models_for_one_table() {
        assert_eq!(
            faults(
                "#[derive(Model)]\n#[model(table = \"x\")]\nstruct A { a: i32 }\n#[derive(Model)]\nstruct X { a: i32 }"
            ),
            "m.rs:5:8: two models for the table `x`\n  help: the other one is `A` at m.rs:3:8; give one of them another \
             name with #[model(table = \"...\")]\n"
        );
    }

    #[test]
    fn two_columns_of_one_name() {
        assert_eq!(
            field_faults("a: i32,\n    #[model(column = \"a\")] b: i32,"),
            "m.rs:4:28: two fields of `T` are the column `a`\n  help: give one of them another name with \
             #[model(column = \"...\")]\n"
        );
    }

    #[test]
    fn references_that_lead_nowhere() {
        let text = "#[derive(Model)]\nstruct Tenant { #[model(primary_key)] id: i64 }\n#[derive(Model)]\nstruct T {\n    REF\n    a: i64,\n}";
        let with = |reference: &str| faults(&text.replace("REF", &format!("#[model({reference})]")));
        assert_eq!(
            with("references(Tenent::id)"),
            "m.rs:5:13: there is no model `Tenent` in the files read\n  help: did you mean `Tenant`? the models are: T, Tenant\n"
        );
        assert_eq!(
            with("references(Tenant::di)"),
            "m.rs:5:13: `Tenant` has no column `di`\n  help: did you mean `id`? its columns are: id\n"
        );
        assert_eq!(
            with("references = \"tenants(id)\""),
            "m.rs:5:13: there is no model for the table `tenants`\n  help: did you mean `tenant`? for a table that is not \
             among the models write references(\"tenants(...)\", external)\n"
        );
        assert_eq!(with("references(\"tenant(nr)\")").lines().next(), Some("m.rs:5:13: `Tenant` has no column `nr`"));
        assert_eq!(with("references(\"tenants(id)\", external)"), "no error");
        assert_eq!(with("references(Tenant)"), "no error");
        assert_eq!(with("references(\"tenant()\")"), "no error");
        assert_eq!(
            with("references(T)"),
            "m.rs:5:13: `T` has no primary key to refer to\n  help: name the columns: references(Model::field)\n"
        );
    }

    #[test]
    fn a_constraint_names_a_column_that_is_not_there() {
        assert_eq!(
            faults("#[derive(Model)]\n#[model(unique(a, emial), index(b desc))]\nstruct T { a: i32, email: String }"),
            "m.rs:2:19: there is no column `emial`\n  help: did you mean `email`? the columns are: a, email\n\
             m.rs:2:33: there is no column `b`\n  help: did you mean `a`? the columns are: a, email\n"
        );
    }

    #[test]
    fn two_enumerations_of_one_type() {
        assert_eq!(
            faults(
                "#[derive(DbEnum)]\nenum Mood { A }\n#[derive(DbEnum)]\n#[db_enum(name = \"mood\")]\nenum Other { B }"
            ),
            "m.rs:5:6: two enumerations for the type `mood`\n  help: the other one is at m.rs:2:6; give one of them \
             another name with #[db_enum(name = \"...\")]\n"
        );
    }

    #[test]
    fn a_variant_with_data() {
        assert_eq!(
            faults("#[derive(DbEnum)]\nenum Mood { A(i32) }"),
            "m.rs:2:14: the variant `A` holds data, which no enumerated type does\n  help: a DbEnum has only variants \
             without fields\n"
        );
    }

    #[test]
    fn more_than_one_number() {
        assert_eq!(
            field_faults("#[model(auto_increment)] a: i64,\n    #[model(auto_increment)] b: i64,"),
            "m.rs:4:13: `T` has more than one column that numbers itself\n  help: a table has at most one auto_increment\n"
        );
    }

    #[test]
    fn an_optional_primary_key() {
        assert_eq!(
            field_faults("#[model(primary_key)] a: Option<i64>,"),
            "m.rs:3:30: a primary key cannot be NULL, and this is an Option\n  help: take the Option away\n"
        );
    }

    #[test]
    fn attributes_that_do_not_go_together() {
        assert_eq!(
            field_faults("#[model(type = \"text\", length = 3)] a: String,"),
            "m.rs:3:28: `length` and `type` cannot stand together\n  help: write the whole type: type = \"varchar(120)\"\n"
        );
        assert_eq!(
            field_faults("#[model(on_delete = \"cascade\")] a: i64,"),
            "m.rs:3:13: `on_delete` means something only beside `references`\n"
        );
        assert_eq!(
            field_faults("#[model(length = 3)] a: i64,"),
            "m.rs:3:13: `length` does not fit this type\n  help: texts and bytes have a length; for anything else give \
             the whole type with `type`\n"
        );
        assert_eq!(field_faults("#[model(skip, skip)] a: i64,\n    b: i64,"), "m.rs:3:19: `skip` is given twice\n");
    }

    #[test]
    fn values_of_the_wrong_kind() {
        assert_eq!(
            field_faults("#[model(length = \"x\")] a: String,"),
            "m.rs:3:22: `length` wants a whole number\n  help: write `length = 120`, or the name of a constant\n"
        );
        assert_eq!(
            field_faults("#[model(length = LEN)] a: String,"),
            "m.rs:3:22: there is no constant `LEN` in the files read\n"
        );
        assert_eq!(
            field_faults("#[model(references(T::a), on_delete = \"explode\")] a: i64,"),
            "m.rs:3:31: `explode` is not what `on_delete` can do\n  help: allowed here: no action, restrict, cascade, \
             set null, set default\n"
        );
        assert_eq!(
            field_faults("#[model(column = 3)] a: i64,"),
            "m.rs:3:22: `column` wants a text in quotes\n  help: write `column = \"...\"`\n"
        );
    }

    #[test]
    fn a_struct_that_is_no_table() {
        assert_eq!(
            faults("#[derive(Model)]\nstruct T(i32);"),
            "m.rs:2:8: `T` has no named fields to be columns\n  help: a model is a struct with named fields\n"
        );
        assert_eq!(
            faults("#[derive(Model)]\nstruct T {}"),
            "m.rs:2:8: `T` has no column\n  help: a model has at least one field without #[model(skip)]\n"
        );
    }

    #[test]
    fn renames_from_what_is_still_there() {
        assert_eq!(
            field_faults("a: i64,\n    #[model(renamed_from = \"a\")] b: i64,"),
            "m.rs:4:34: `b` cannot be renamed from `a`, which is still a column\n  help: take `renamed_from` away once \
             the rename is done\n"
        );
    }

    #[test]
    fn a_syntax_error_marks_its_place() {
        let errors = read_text("#[derive(Model)]\nstruct T { a: }", "m.rs").expect_err("an error");
        assert_eq!(errors[0].place(), "m.rs:2:15");
        assert_eq!(errors[0].source_line(), Some("struct T { a: }"));
        assert_eq!(&errors[0].text[errors[0].offset..][..errors[0].length], "}");
    }

    #[test]
    fn all_errors_come_at_once() {
        let text = "#[derive(Model)]\n#[model(nope, index(zz))]\nstruct T {\n    #[model(length = 0)] a: String,\n    b: Strange,\n}";
        let lines: Vec<String> =
            read_text(text, "m.rs").expect_err("errors").iter().map(super::super::ReadError::to_string).collect();
        assert_eq!(
            lines,
            [
                "m.rs:2:9: unknown attribute `nope` of a model",
                "m.rs:2:21: there is no column `zz`",
                "m.rs:4:13: `length` is at least 1",
                "m.rs:5:8: `Strange` has no column type of its own",
            ]
        );
    }

    #[test]
    fn columns_are_counted_in_characters_and_offsets_in_bytes() {
        let text = "#[derive(Model)]\nstruct T { /* ü */ #[model(ö)] a: i32 }";
        let errors = read_text(text, "m.rs").expect_err("an error");
        assert_eq!(errors[0].place(), "m.rs:2:28");
        assert_eq!(&text[errors[0].offset..][..errors[0].length], "ö");
    }
}

#[test]
fn every_attribute_is_documented_in_both_places() {
    let page = include_str!("../../../../docs/models.md");
    let of_derive = [include_str!("../../../derive/src/model.md"), include_str!("../../../derive/src/db_enum.md")];
    for part in of_derive {
        assert!(page.contains(part), "docs/models.md repeats what the derives say");
    }
    for key in super::field::KEYS.iter().chain(super::model::KEYS).chain(super::enums::KEYS) {
        let said = [" ", "`", "(", ","].iter().any(|after| page.contains(&format!("`{key}{after}")));
        assert!(said, "`{key}` is not in docs/models.md");
    }
}
