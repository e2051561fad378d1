//! Autogenerate with branches: each line writes what is its own, in an order that works.

use serde_json::{Value, json};

use crate::command::Project;
use crate::harness::TestDb;
use crate::on_every_engine;

/// A project with a main line and two plugins, `crm` and `shop`, each with a file of models and a folder of revisions.
pub fn plugins(db: &TestDb, main: &str, crm: &str, shop: &str) -> Project {
    let project = Project::with_models(db.url_text(), main);
    project.write(
        "migrate.toml",
        "models = [\"models.rs\"]\nmigrations = \"migrations\"\n\
         [branches.crm]\nmodels = [\"crm.rs\"]\nmigrations = \"crm\"\n\
         [branches.shop]\nmodels = [\"shop.rs\"]\nmigrations = \"shop\"\n",
    );
    models(&project, "crm", crm);
    models(&project, "shop", shop);
    project
}

pub fn models(project: &Project, line: &str, models: &str) {
    let text = format!("use rungs::{{DbEnum, Model}};\n{models}");
    project.write(&if line == "main" { "models.rs".to_owned() } else { format!("{line}.rs") }, &text);
}

/// A model with a numbered key: `table("Note", "#[model(references(User))] pub user_id: i64")`.
pub fn table(name: &str, fields: &str) -> String {
    format!("#[derive(Model)]\npub struct {name} {{ #[model(primary_key)] pub id: i64, {fields} }}\n")
}

/// What a run wrote, each as `branch: differences`, with `-` for the main line.
#[track_caller]
pub fn written(value: &Value) -> Vec<String> {
    let one = |one: &Value| {
        let differences = one["differences"].as_array().expect("a list").iter();
        let words = differences.map(|one| {
            let text = |key: &str| one[key].as_str().expect("a text").to_owned();
            format!("{} {}", text("action"), text("name"))
        });
        format!("{}: {}", one["branch"].as_str().unwrap_or("-"), words.collect::<Vec<_>>().join(", "))
    };
    value["revisions"].as_array().unwrap_or_else(|| panic!("{value}")).iter().map(one).collect()
}

/// Writes and applies, demands that nothing is left to do, and gives what was written.
#[track_caller]
pub fn generated(project: &Project, extra: &str) -> Value {
    let value = project.run(&format!("autogenerate -m change --apply --format json {extra}")).ok().json();
    project.run("check").ok();
    value
}

/// The ids that the n-th revision of a run depends on, by the place of each in the run.
pub fn depends_on(value: &Value, n: usize) -> Vec<usize> {
    let revisions = value["revisions"].as_array().expect("a list");
    let place = |id: &Value| revisions.iter().position(|one| one["revision"] == *id).expect("one of this run");
    revisions[n]["depends_on"].as_array().expect("a list").iter().map(place).collect()
}

/// Reverts a branch, and everything, and comes back to the same database each time.
pub async fn there_and_back(project: &Project, db: &TestDb, branches: &[&str]) {
    let whole = db.introspect().await;
    for branch in branches {
        project.run(&format!("downgrade {branch}@base")).ok();
        assert_ne!(db.introspect().await, whole);
        project.run("upgrade heads").ok();
        project.run("check").ok();
    }
    project.run("downgrade base").ok();
    assert!(db.introspect().await.tables.is_empty());
    project.run("upgrade heads").ok();
    project.run("check").ok();
    project.run("autogenerate -m nothing").ok().says("no difference");
}

on_every_engine!(two_plugins_whose_keys_cross, |db| async move {
    let crm = table("Person", "#[model(references(User::id))] pub user_id: i64");
    let order = "#[model(references(Person::id), on_delete = \"cascade\")] pub person_id: i64, \
                 #[model(references(User::id))] pub user_id: i64";
    let project = plugins(&db, &table("User", ""), &crm, &table("Order", order));
    let first = generated(&project, "");
    assert_eq!(written(&first), ["-: create user", "crm: create person", "shop: create order"]);
    assert_eq!([0, 1, 2].map(|n| depends_on(&first, n)), [vec![], vec![0], vec![1]]);
    let revisions = first["revisions"].as_array().expect("a list");
    let text = |n: usize| {
        let path = revisions[n]["path"].as_str().expect("a path");
        std::fs::read_to_string(project.path().join(path)).expect("a file")
    };
    assert!(revisions[1]["path"].as_str().is_some_and(|path| path.starts_with("crm/")), "{first}");
    assert!(text(1).contains("-- down_revision = []\n-- branch_labels = [\"crm\"]"), "{}", text(1));
    assert_eq!((&first["revision"], &first["path"]), (&Value::Null, &Value::Null));
    assert_eq!(first["steps"].as_array().map(Vec::len), Some(3));

    // A second round, in each line: the new columns and keys stand on the first.
    models(&project, "main", &table("User", "pub age: Option<i32>"));
    models(
        &project,
        "crm",
        &table("Person", "#[model(references(User::id))] pub user_id: i64, #[model(unique)] pub code: Option<i32>"),
    );
    models(
        &project,
        "shop",
        &table("Order", &format!("{order}, #[model(references(Person::code))] pub person_code: Option<i32>")),
    );
    let second = generated(&project, "");
    assert_eq!(written(&second).len(), 3, "{second}");
    assert_eq!(depends_on(&second, 0), Vec::<usize>::new());
    assert_eq!(depends_on(&second, 2), [1], "the key that is referred to is new");
    assert_eq!(second["revisions"][2]["branch"], "shop");
    let history = project.run("history --format json").ok().json();
    let record = history["revisions"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["revision"] == second["revisions"][1]["revision"]));
    assert_eq!(record.expect("it")["down_revision"], json!([first["revisions"][1]["revision"]]));
    assert_eq!(record.expect("it")["branch_labels"], json!([]));
    there_and_back(&project, &db, &["shop", "crm"]).await;
});

on_every_engine!(one_branch_alone, |db| async move {
    let order = table("Order", "#[model(references(User::id))] pub user_id: i64");
    let project = plugins(&db, &table("User", ""), &table("Person", ""), &order);
    let words = [
        "the model Order at shop.rs:3:12 of branch shop needs table user of the main line",
        "migrate autogenerate --main -m MESSAGE --apply",
    ];
    crate::bad_input::refuses(&project, "autogenerate -m orders --branch shop", &words);
    // Written, but not applied: it is still the database that counts.
    let main = project.run("autogenerate -m users --main --format json").ok().json();
    assert_eq!(written(&main), ["-: create user"]);
    crate::bad_input::refuses(&project, "autogenerate -m orders --branch shop", &words);
    project.run("upgrade heads").ok();
    let shop = project.run("autogenerate -m orders --branch shop").ok();
    let id = main["revision"].as_str().expect("an id");
    assert!(shop.stdout.contains(&format!("(starts branch shop, depends on {id})")), "{}", shop.stdout);
    // What another branch has pending does not matter to one that does not need it.
    let person = project.run("autogenerate -m people --branch crm --format json").ok().json();
    assert_eq!(written(&person), ["crm: create person"]);
    project.run("autogenerate -m orders --branch shop").code(2).complains("behind the revision files");
    project.run("autogenerate -m all").code(2).complains("2 revisions are not applied");
    project.run("upgrade heads").ok();
    project.run("check").ok();
    models(&project, "crm", "");
    project
        .run("autogenerate -m gone")
        .code(2)
        .complains("there is no model of branch crm")
        .complains("branches.\"crm\"");
    project.run("autogenerate -m gone --branch shop").ok().says("no difference");
});

on_every_engine!(a_dependency_is_the_revision_that_makes_what_is_referred_to, |db| async move {
    let project = plugins(&db, &table("User", ""), "", &table("Order", ""));
    let user = project.run("autogenerate -m first --main --apply --format json").ok().json()["revision"].clone();
    models(&project, "main", &table("User", "pub age: Option<i32>"));
    project.run("autogenerate -m second --main --apply").ok();
    let with = |more: &str| table("Order", &format!("#[model(references(User::id))] pub user_id: Option<i64>{more}"));
    models(&project, "shop", &with(""));
    let shop = project.run("autogenerate -m orders --branch shop --apply --format json").ok().json();
    assert_eq!(shop["revisions"][0]["depends_on"], json!([user]), "not on what came later");
    // What the branch stands on already is not said again.
    models(&project, "shop", &with(", #[model(references(User::id))] pub other_id: Option<i64>"));
    let again = project.run("autogenerate -m more --branch shop --apply --format json").ok().json();
    assert_eq!(again["revisions"][0]["depends_on"], json!([]));
    project.run("downgrade base").ok();
    project.run("upgrade shop@head").ok();
    let current = project.run("current --format json").ok().json();
    assert_eq!(current["applied"].as_array().map(Vec::len), Some(3), "{current}");
});

on_every_engine!(keys_that_go_round_in_a_circle_are_tied_last, |db| async move {
    let user = table("User", "#[model(references(Basket::id))] pub basket_id: Option<i64>");
    let shop = [
        table("Basket", "#[model(references(User::id))] pub user_id: i64"),
        table("Item", "#[model(references(Person::id))] pub person_id: i64"),
    ]
    .concat();
    let crm = table("Person", "#[model(references(Basket::id))] pub basket_id: i64");
    let project = plugins(&db, &user, &crm, &shop);
    let first = generated(&project, "");
    let lines: Vec<&str> = first["revisions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["branch"].as_str().unwrap_or("-"))
        .collect();
    assert_eq!(lines.len(), 5, "{first}");
    assert_eq!(first["steps"].as_array().map(Vec::len), Some(5));
    there_and_back(&project, &db, &["shop"]).await;
    // It is one circle less when it is there.
    models(
        &project,
        "crm",
        &table("Person", "#[model(references(Basket::id))] pub basket_id: i64, pub age: Option<i32>"),
    );
    assert_eq!(written(&generated(&project, "")), ["crm: create person.age"]);
});

on_every_engine!(what_is_printed_is_what_would_be_written, |db| async move {
    let project =
        plugins(&db, &table("User", ""), "", &table("Order", "#[model(references(User::id))] pub user_id: i64"));
    let printed = project.run("autogenerate -m first --sql").ok().stdout;
    assert_eq!(printed.matches("-- migrate:up").count(), 2, "{printed}");
    assert!(printed.starts_with("-- migrations/") && printed.contains("\n-- shop/"), "{printed}");
    assert!(project.revisions().is_empty());
    let text = project.run("autogenerate -m first").ok().stdout;
    assert!(text.contains("+ table user: 1 column\nwrote migrations/"), "{text}");
    assert!(text.contains("(starts branch shop, depends on "), "{text}");
});

on_every_engine!(where_one_revision_goes_is_said_of_one, |db| async move {
    let project = plugins(&db, &table("User", ""), "", &table("Order", ""));
    let words = ["2 revisions would be written", "--branch LABEL or --main"];
    crate::bad_input::refuses(&project, "autogenerate -m first --rev-id a", &words);
    let main =
        project.run("autogenerate -m first --main --rev-id a --branch-label core --apply --format json").ok().json();
    assert_eq!(main["revision"], "a");
    let shop =
        project.run("autogenerate -m first --branch shop --rev-id s --depends-on core --format json").ok().json();
    assert_eq!(shop["revisions"][0]["depends_on"], json!(["core"]));
    crate::bad_input::refuses(&project, "autogenerate -m more --branch shop", &["behind"]);
    project.run("upgrade heads").ok();
    models(&project, "shop", &table("Order", "pub age: Option<i32>"));
    crate::bad_input::refuses(&project, "autogenerate -m more --rev-id a", &["revision a is also in migrations/"]);
    project.run("autogenerate -m more --rev-id t --head s").ok().says("(branch shop)");
});

on_every_engine!(all_files_of_a_run_are_written_or_none, |db| async move {
    let project = plugins(&db, &table("User", ""), "", &table("Order", ""));
    project.write("migrations/.gitkeep", "");
    project.write("shop", "a file where the folder should be");
    let ran = project.run("autogenerate -m first").code(2);
    assert_eq!(ran.stdout, "");
    assert!(project.revisions().is_empty());
    let toml = std::fs::read_to_string(project.path().join("migrate.toml")).expect("a file");
    project.write("migrate.toml", &toml.replace("migrations = \"shop\"", "migrations = \"shop2\""));
    std::fs::create_dir(project.path().join("shop2")).expect("a folder");
    let mut permissions = std::fs::metadata(project.path().join("shop2")).expect("a folder").permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(project.path().join("shop2"), permissions).expect("set");
    // Whoever may write everywhere, as root may, is not held up by permissions.
    if std::fs::write(project.path().join("shop2/x"), "").is_err() {
        project.run("autogenerate -m first").code(2).complains("cannot write shop2/");
        assert!(project.revisions().is_empty());
    }
});

#[test]
fn a_file_belongs_to_the_longest_path_that_leads_to_it() {
    let project = Project::empty();
    project.write(
        "migrate.toml",
        "database_url = \"sqlite://app.db\"\nmodels = [\"src\"]\nmigrations = \"migrations\"\n\
         [branches.shop]\nmodels = [\"src/plugins/shop\"]\nmigrations = \"shop\"\n",
    );
    let of = |models: &str| format!("use rungs::Model;\n{models}");
    project.write("src/lib.rs", "mod user;\nmod plugins;\n");
    project.write("src/user.rs", &of(&table("User", "")));
    project.write("src/plugins/mod.rs", "mod shop;\n");
    project.write(
        "src/plugins/shop/mod.rs",
        &of(&format!(
            "use crate::user::User;\nmod order;\n{}",
            table("Basket", "#[model(references(User::id))] pub user_id: i64")
        )),
    );
    project.write("src/plugins/shop/order.rs", &of(&table("Order", "")));
    let made = project.run("autogenerate -m first --format json").ok().json();
    assert_eq!(written(&made), ["-: create user", "shop: create basket, create order"]);
    let toml = std::fs::read_to_string(project.path().join("migrate.toml")).expect("a file");
    project.write(
        "migrate.toml",
        &format!("{toml}[branches.other]\nmodels = [\"src/plugins/shop\"]\nmigrations = \"other\"\n"),
    );
    let words = ["src/plugins/shop/order.rs belongs to branch other and to branch shop", "longer path"];
    crate::bad_input::refuses(&project, "check", &words);
}

#[test]
fn branches_may_use_the_same_names_for_different_things() {
    let project = Project::empty();
    project.write(
        "migrate.toml",
        "database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\n[branches.shop]\nmodels = [\"shop.rs\"]\nmigrations = \"shop\"\n",
    );
    let of = |table: &str, key: &str, length: u32| {
        format!(
            "use rungs::Model;\nconst LENGTH: u32 = {length};\ntype Key = {key};\n\
             #[derive(Model)]\n#[model(table = \"{table}\")]\npub struct Thing {{ #[model(primary_key)] pub id: Key, #[model(length = LENGTH)] pub name: String }}\n\
             #[derive(Model)]\n#[model(table = \"{table}_part\")]\npub struct Part {{ #[model(primary_key)] pub id: i64, #[model(references(Thing::id))] pub thing_id: Key }}\n"
        )
    };
    project.write("models.rs", &of("base", "i64", 10));
    project.write("shop.rs", &of("ware", "i32", 20));
    let sql = project.run("autogenerate -m first --sql").ok().stdout;
    assert!(sql.contains("REFERENCES \"base\"") && sql.contains("REFERENCES \"ware\""), "{sql}");
    assert!(!sql.contains("depends_on = [\""), "{sql}");
    project.run("diff --from empty --to models").ok().says("\"ware_part\"");
}
