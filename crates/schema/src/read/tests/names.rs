//! Names that lead elsewhere: sequences, enumerations, aliases, constants, modules.

use super::*;

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
