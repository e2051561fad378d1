//! What the reader says of what it does not understand.

use super::*;

#[test]
fn an_unknown_attribute_names_its_neighbour() {
    assert_eq!(
        field_faults("#[model(lenght = 3)] a: String,"),
        "m.rs:3:13: unknown attribute `lenght` of a field\n  help: did you mean `length`? allowed here: \
         auto_increment, backfill, charset, check, collation, column, comment, default, deferrable, fixed, fk_name, \
         generated, identity, index, invisible, length, not_null_conflict, nullable, on_delete, on_row_update, \
         on_update, options, precision, primary_key, references, renamed_from, scale, sequence, skip, stored, type, unique, \
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
        faults("#[derive(Model)]\n#[model(table = \"x\")]\nstruct A { a: i32 }\n#[derive(Model)]\nstruct X { a: i32 }"),
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
        faults("#[derive(DbEnum)]\nenum Mood { A }\n#[derive(DbEnum)]\n#[db_enum(name = \"mood\")]\nenum Other { B }"),
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
