//! A program of the project's own in the place of `migrate`: `examples/hooks.rs`.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

/// The example, which `cargo test` builds beside the tests.
fn program() -> std::path::PathBuf {
    let own = std::env::current_exe().expect("a path");
    let path = own.ancestors().nth(2).expect("target/debug").join("examples/hooks");
    assert!(path.is_file(), "{} is missing: build with `cargo test --no-run`", path.display());
    path
}

const MODELS: &str = "
#[derive(Model)]
#[model(table = \"orders\")]
pub struct Order {
    #[model(primary_key)]
    pub id: i64,
    pub total: Money,
    pub refunded: Option<currency::Money>,
}
";

fn project(db: &TestDb) -> Project {
    Project::with_models(db.url_text(), MODELS).with_program(program())
}

crate::on_every_engine!(fields_of_an_own_type_get_their_column_type, |db: TestDb| async move {
    let project = project(&db);
    project.run("autogenerate -m Orders --apply").ok();
    let table = db.introspect().await.tables.into_iter().find(|table| table.name.name == "orders").expect("the table");
    for name in ["total", "refunded"] {
        let ty = table.column(name).and_then(|column| column.ty.native()).unwrap_or_default().to_lowercase();
        assert!(["numeric(12,2)", "decimal(12,2)"].contains(&ty.as_str()), "{name}: {ty}");
    }
    project.run("check").ok();
    // `migrate` itself knows nothing of the type.
    let plain = Project::with_models(db.url_text(), MODELS);
    plain.run("check").code(2).complains("`Money` has no column type of its own");
});

crate::on_every_engine!(what_is_not_included_is_neither_created_nor_changed_nor_dropped, |db: TestDb| async move {
    db.run(&["CREATE TABLE report_daily (id integer)", "CREATE TABLE report_weekly (id integer)"]).await;
    let project = project(&db);
    let tables = "#[derive(Model)]\npub struct ReportDaily {\n    #[model(primary_key)]\n    pub id: i64,\n    pub x: i32,\n}\n\
        #[derive(Model)]\npub struct ReportYearly {\n    #[model(primary_key)]\n    pub id: i64,\n}\n";
    project.write_models(&format!("{MODELS}{tables}"));
    let ran = project.run("autogenerate -m Orders --apply").ok().says("table orders");
    assert!(!ran.stdout.contains("report"), "{}", ran.stdout);
    project.run("check").ok();
});

crate::on_every_engine!(the_program_has_the_last_word_on_what_is_done, |db: TestDb| async move {
    db.run(&["CREATE TABLE customers (id integer)"]).await;
    let project = project(&db);
    let ran = project.run("autogenerate -m Orders --apply").ok();
    assert!(!ran.stdout.contains("customers"), "{}", ran.stdout);
    // What is left out is no difference later either.
    project.run("check").ok();
    project.run("autogenerate -m Nothing").ok().says("no difference");
    assert!(db.introspect().await.tables.iter().any(|table| table.name.name == "customers"));
    let plain = Project::with_models(
        db.url_text(),
        "#[derive(Model)]\npub struct X {\n    #[model(primary_key)]\n    pub id: i64,\n}\n",
    );
    plain.run("check").code(1).says("- table customers");
});

#[test]
fn the_program_is_given_each_new_file() {
    play(Engine::Sqlite, |db| async move {
        let project = project(&db);
        project.run("autogenerate -m Orders").ok();
        project.run("revision -m 'By hand'").ok();
        let noted = std::fs::read_to_string(project.path().join("NEW_REVISIONS")).expect("the list");
        let names: Vec<&str> = noted.lines().collect();
        assert!(names.len() == 2 && names[0].contains("orders") && names[1].contains("by_hand"), "{noted}");
    });
}
