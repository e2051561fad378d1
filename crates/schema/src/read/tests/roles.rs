//! Structs that stand for something else than a table of their own.

use super::*;

fn declared(text: &str) -> Declared {
    match super::super::read_text(text, "m.rs") {
        Ok(declared) => declared,
        Err(errors) => panic!("{}", told(&errors)),
    }
}

#[test]
fn a_view_is_its_query() {
    let declared = declared(
        r#"
        #[derive(Model)]
        #[model(view = "SELECT id, lower(email) AS email FROM users", comment = "all of them")]
        #[model(grant(select, update(email); to = "app", with_grant_option), grant(select; to = "reports"))]
        struct UserEmail { id: i64, email: Unknown }

        #[derive(Model)]
        #[model(table = "totals", schema = "shop", view = "SELECT 1 AS n", materialized, index(unique, columns(n)))]
        struct Total { n: i32 }
        "#,
    );
    assert_eq!(declared.schema.tables, []);
    assert!(declared.hints.tables.is_empty());
    let [email, total] = declared.views.as_slice() else { panic!("{:?}", declared.views) };
    assert_eq!(email.name, "user_email".into());
    assert_eq!(email.query, "SELECT id, lower(email) AS email FROM users");
    assert_eq!(
        (email.comment.as_deref(), email.materialized, email.model.as_str()),
        (Some("all of them"), false, "UserEmail")
    );
    assert_eq!(email.location.as_ref().map(|place| place.line), Some(5));
    assert_eq!(total.name, ObjectName::qualified("shop", "totals"));
    assert!(total.materialized && total.indexes[0].unique);
    let [app, reports] = declared.grants.as_slice() else { panic!("{:?}", declared.grants) };
    assert_eq!(app.privileges, [("SELECT".to_owned(), vec![]), ("UPDATE".to_owned(), vec!["email".to_owned()])]);
    assert_eq!((app.to.as_str(), app.grantable, &app.on), ("app", true, &"user_email".into()));
    assert_eq!((reports.to.as_str(), reports.grantable), ("reports", false));
}

#[test]
fn what_others_make_can_be_referred_to() {
    let declared = declared(
        r#"
        #[derive(Model)]
        #[model(table = "legacy", managed = false)]
        struct Legacy { #[model(primary_key)] id: i64, shape: Geometry }

        #[derive(Model)]
        struct Note { #[model(primary_key)] id: i64, #[model(references(Legacy::id))] legacy: i64 }
        "#,
    );
    assert_eq!(declared.unmanaged.iter().collect::<Vec<_>>(), [&"legacy".into()]);
    let [note] = declared.schema.tables.as_slice() else { panic!("{:?}", declared.schema.tables) };
    assert_eq!(note.foreign_keys[0].references, "legacy".into());
}

#[test]
fn a_table_says_how_it_is_kept() {
    let table = table(
        r#"
        #[derive(Model)]
        #[model(partition_by = "RANGE (at)", row_security = "force")]
        #[model(exclude(name = "no_two", expr = "USING gist (room WITH =, during WITH &&)", comment = "c"))]
        #[model(exclude = "(room WITH =)")]
        struct Booking {
            room: i32,
            #[model(type = "tstzrange", options(storage = "external", statistics = 100))]
            during: String,
            at: i64,
        }
        "#,
    );
    assert_eq!(table.partition_by.as_deref(), Some("RANGE (at)"));
    assert_eq!(table.options["row_security"], "force");
    assert_eq!(table.exclusions[0].definition, "EXCLUDE USING gist (room WITH =, during WITH &&)");
    assert_eq!(table.exclusions[0].columns, ["room", "during"]);
    assert_eq!(table.exclusions[0].name.as_deref(), Some("no_two"));
    assert_eq!(table.exclusions[1].definition, "EXCLUDE (room WITH =)");
    let options = &table.columns[1].options;
    assert_eq!((options["storage"].as_str(), options["statistics"].as_str()), ("external", "100"));
}

#[test]
fn an_enumeration_remembers_its_names() {
    let declared = declared(
        r#"
        #[derive(DbEnum)]
        #[db_enum(name = "mood", schema = "app", renamed_from = "temper")]
        enum Mood { Happy, #[db_enum(renamed_from = "meh", value = "so-so")] SoSo }
        "#,
    );
    let hints = &declared.hints.enums[&ObjectName::qualified("app", "mood")];
    assert_eq!(hints.renamed_from, Some(ObjectName::qualified("app", "temper")));
    assert_eq!(hints.values["so-so"], "meh");
}

#[test]
fn what_does_not_fit_is_told_where_it_stands() {
    let model = |attributes: &str, fields: &str| {
        faults(&format!("#[derive(Model)]\n#[model({attributes})]\nstruct T {{ {fields} }}"))
    };
    assert_eq!(
        model("view = \"SELECT 1\", unique(a)", "a: i32"),
        "m.rs:2:28: a view has no `unique`\n  help: a view is what its query says; leave it out\n"
    );
    assert!(model("view = \"SELECT 1\"", "#[model(default = 1)] a: i32").contains("a view has no `default`"));
    assert!(model("materialized", "a: i32").contains("means something only beside `view`"));
    assert!(model("view = \"SELECT 1\", view_file = \"a\"", "a: i32").contains("cannot stand together"));
    assert!(model("view_file = \"there_is_none.sql\"", "a: i32").contains("cannot read"));
    assert!(model("grant(select)", "a: i32").contains("a grant wants a role"));
    assert!(model("grant(; to = \"app\")", "a: i32").contains("there is nothing before this comma"));
    assert!(model("grant(to = \"app\")", "a: i32").contains("a grant wants at least one privilege"));
    assert!(model("grant(selct; to = \"app\")", "a: i32").contains("did you mean `select`?"));
    assert!(model("grant(select(b); to = \"app\")", "a: i32").contains("there is no column `b`"));
    assert!(model("exclude = \"\"", "a: i32").contains("is empty"));
    assert!(model("row_security = \"on\"", "a: i32").contains("allowed here: enable, force, off"));
    assert!(
        faults(
            "#[derive(Model)]\n#[model(view = \"SELECT 1 AS id\")]\nstruct V { id: i32 }\n\
             #[derive(Model)]\nstruct T { #[model(references(V::id))] v: i32 }"
        )
        .contains("`V` is a view, which no foreign key can refer to")
    );
    assert!(
        faults("#[derive(DbEnum)]\nenum E { A, #[db_enum(renamed_from = \"a\")] B }")
            .contains("cannot be renamed from `a`, which is still a value")
    );
}
