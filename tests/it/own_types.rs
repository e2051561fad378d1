//! Rust types of the project's own, as `[types]` of `migrate.toml` says.

use crate::command::Project;
use crate::harness::TestDb;

const MODELS: &str = "
pub struct Money(i64);

#[derive(Model)]
pub struct Bill {
    #[model(primary_key)]
    pub id: shop::Key,
    pub total: Money,
    pub rest: Option<Money>,
    pub seen: chrono::DateTime<chrono::Utc>,
    #[model(type = \"varchar(3)\")]
    pub own: Money,
}
";

fn project(url: &str, types: &str) -> Project {
    let project = Project::with_models(url, MODELS);
    project.write("migrate.toml", &format!("models = [\"models.rs\"]\n[types]\n{types}"));
    project
}

crate::on_every_engine!(fields_are_stored_as_the_file_says, |db: TestDb| async move {
    let types = "Money = \"numeric(12,2)\"\n\
        \"shop::Key\" = { postgres = \"uuid\", mysql = \"char(36)\", default = \"TEXT\" }\n\
        DateTime = \"varchar(40)\"\n";
    let project = project(db.url_text(), types);
    project.run("autogenerate -m Bills --apply").ok();
    project.run("check").ok();
    let table = db.introspect().await.tables.into_iter().find(|table| table.name.name == "bill").expect("the table");
    let column = |name: &str| table.column(name).unwrap_or_else(|| panic!("no column {name}"));
    let ty = |name: &str| column(name).ty.native().unwrap_or_default().to_lowercase();
    assert!(["uuid", "char(36)", "text"].contains(&ty("id").as_str()), "{}", ty("id"));
    for name in ["total", "rest"] {
        assert!(["numeric(12,2)", "decimal(12,2)"].contains(&ty(name).as_str()), "{name}: {}", ty(name));
    }
    assert!(!column("total").nullable && column("rest").nullable);
    // It wins over what is known of the name; an attribute wins over it.
    assert!(["varchar(40)", "character varying(40)"].contains(&ty("seen").as_str()), "{}", ty("seen"));
    assert!(["varchar(3)", "character varying(3)"].contains(&ty("own").as_str()), "{}", ty("own"));
});

#[test]
fn what_the_file_says_wrongly_is_told_with_its_line() {
    let complains = |types: &str, what: &str| {
        project("sqlite://app.db", types).run("heads").code(2).complains(what);
    };
    complains("\"Mo ney\" = \"text\"\n", "migrate.toml:3: `Mo ney` of [types] is no Rust type");
    complains("Money = 1\n", "migrate.toml:3: a column type is wanted here");
    complains("Money = { oracle = \"NUMBER\" }\n", "a column type is wanted here");
    let unsaid = project("sqlite://app.db", "Money = { postgres = \"money\" }\nKey = \"TEXT\"\n");
    let ran = unsaid.run("autogenerate -m x").code(2).complains("cannot keep column bill.total");
    let _ = ran.complains("look at `total` of the model Bill at models.rs:9:9");
}
