//! Changes that reach from one line of the history into another.

use serde_json::json;

use crate::branches::{depends_on, generated, models, plugins, table, there_and_back, written};
use crate::harness::{Engine, play};
use crate::on_every_engine;

const KEYED: &str = "#[model(references(User::id))] pub user_id: i64";

on_every_engine!(a_table_that_moves_to_another_branch_stays, |db| async move {
    let project = plugins(&db, &table("User", ""), &table("Note", "pub age: i32"), &table("Order", ""));
    let first = generated(&project, "");
    db.run(&["INSERT INTO note (id, age) VALUES (1, 7)"]).await;
    models(&project, "crm", &table("Other", ""));
    models(&project, "shop", &[table("Order", ""), table("Note", "pub age: i32")].concat());
    assert_eq!(written(&generated(&project, "")), ["crm: create other"]);
    assert_eq!(db.rows("SELECT age FROM note").await, [["7"]]);
    // What changes it now is the shop's, and stands on the revision that made it.
    models(&project, "shop", &[table("Order", ""), table("Note", "pub age: i32, pub size: Option<i32>")].concat());
    let change = generated(&project, "");
    assert_eq!(written(&change), ["shop: create note.size"]);
    assert_eq!(change["revisions"][0]["depends_on"], json!([first["revisions"][1]["revision"]]));
    // And it is the shop's to drop.
    models(&project, "shop", &table("Order", ""));
    let dropped = generated(&project, "");
    assert_eq!(written(&dropped).len(), 1, "{dropped}");
    there_and_back(&project, &db, &["shop"]).await;
});

on_every_engine!(a_key_of_another_branch_gives_way_and_comes_back, |db| async move {
    let user = |keys: &str| format!("#[derive(Model)] pub struct User {{ {keys} }}");
    let main = user("#[model(primary_key)] pub id: i64, #[model(unique)] pub code: i64");
    let shop = table("Order", "#[model(references(User::code))] pub code: i64");
    let project = plugins(&db, &main, "", &shop);
    let first = generated(&project, "");
    let quoted = |sql: &str| if db.engine == Engine::Mysql { sql.replace('"', "`") } else { sql.to_owned() };
    let rows = ["INSERT INTO \"user\" VALUES (1, 10)", "INSERT INTO \"order\" VALUES (5, 10)"].map(quoted);
    db.run(&rows.each_ref().map(String::as_str)).await;
    // The unique key becomes the primary one: the shop's foreign key on it is out of the way for a moment.
    models(&project, "main", &user("#[model(unique)] pub id: i64, #[model(primary_key)] pub code: i64"));
    let second = generated(&project, "");
    assert_eq!(second["revisions"].as_array().map(Vec::len), Some(1), "{second}");
    assert_eq!(second["revisions"][0]["branch"], json!(null));
    if db.engine != Engine::Sqlite {
        assert_eq!(second["revisions"][0]["depends_on"], json!([first["revisions"][1]["revision"]]));
    }
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(what_a_branch_refers_to_goes_in_the_same_run, |db| async move {
    let user = |more: &str| [table("User", ""), more.to_owned()].concat();
    let project = plugins(
        &db,
        &user(&table("Old", "#[model(unique)] pub code: i32")),
        &table("Person", "#[model(references(Old::code))] pub code: i32"),
        &table("Order", "#[model(references(Old::id))] pub old_id: Option<i64>"),
    );
    generated(&project, "");
    // The table goes; one plugin drops the column with the key, the other refers to something new instead.
    models(&project, "main", &user(&table("New", "")));
    models(&project, "crm", &table("Person", "pub code: i32"));
    models(&project, "shop", &table("Order", "#[model(references(New::id))] pub new_id: Option<i64>"));
    let second = generated(&project, "--no-rename");
    assert_eq!(second["revisions"][0]["branch"], json!(null), "{second}");
    assert_eq!(depends_on(&second, second["revisions"].as_array().map_or(0, Vec::len) - 1), [0], "{second}");
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(both_ends_of_a_key_change_their_type, |db| async move {
    let with = |ty: &str| {
        (
            format!("#[derive(Model)] pub struct User {{ #[model(primary_key)] pub id: {ty} }}"),
            format!(
                "#[derive(Model)] pub struct Order {{ #[model(primary_key)] pub id: i64, #[model(references(User::id))] pub user_id: {ty} }}"
            ),
        )
    };
    let (main, shop) = with("i32");
    let project = plugins(&db, &main, "", &shop);
    generated(&project, "");
    let (main, shop) = with("i64");
    models(&project, "main", &main);
    models(&project, "shop", &shop);
    // SQLite has one type for both.
    let second = project.run("autogenerate -m wider --apply --format json").ok().json();
    if db.engine == Engine::Mysql {
        // The server holds the types of both ends together: the key goes with the one and comes back with the other.
        assert_eq!(
            written(&second),
            [
                "-: drop order.fk_order_user_id, alter user.id",
                "shop: alter order.user_id, create order.fk_order_user_id"
            ]
        );
        assert_eq!(depends_on(&second, 1), [0], "{second}");
    }
    project.run("check").ok();
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(a_rename_is_followed_by_those_who_refer_to_it, |db| async move {
    let project = plugins(&db, &table("User", ""), &table("Person", KEYED), &table("Order", KEYED));
    generated(&project, "");
    let account = "#[derive(Model)] #[model(renamed_from = \"user\")] pub struct Account { #[model(primary_key, renamed_from = \"id\")] pub key: i64 }";
    models(&project, "main", account);
    models(&project, "crm", &table("Person", "#[model(references(Account::key))] pub user_id: i64"));
    models(
        &project,
        "shop",
        &table("Order", "#[model(references(Account::key))] pub user_id: i64, pub age: Option<i32>"),
    );
    let second = generated(&project, "");
    assert_eq!(written(&second), ["-: rename account, rename account.key", "shop: create order.age"]);
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

#[test]
fn sqlite_views_are_rewritten_in_the_course_of_renames_in_several_lines() {
    play(Engine::Sqlite, |db| async move {
        let project = plugins(&db, &table("User", ""), "", &table("Order", KEYED));
        generated(&project, "");
        db.run(&["CREATE VIEW both AS SELECT u.id, o.user_id FROM user u JOIN \"order\" o ON o.user_id = u.id"]).await;
        models(
            &project,
            "main",
            "#[derive(Model)] #[model(renamed_from = \"user\")] pub struct Account { #[model(primary_key)] pub id: i64 }",
        );
        models(
            &project,
            "shop",
            "#[derive(Model)] #[model(renamed_from = \"order\")] pub struct Purchase { #[model(primary_key)] pub id: i64, #[model(references(Account::id), renamed_from = \"user_id\")] pub account_id: i64, #[model(unique)] pub n: Option<i32> }",
        );
        let second = generated(&project, "");
        assert_eq!(second["revisions"].as_array().map(Vec::len), Some(2), "{second}");
        let view = db.rows("SELECT sql FROM sqlite_schema WHERE name = 'both'").await;
        assert!(view[0][0].contains("purchase") && view[0][0].contains("account_id"), "{view:?}");
    });
}

on_every_engine!(an_enumeration_of_the_main_line_is_used_by_both_plugins, |db| async move {
    let mood = |values: &str| format!("#[derive(DbEnum)] pub enum Mood {{ {values} }}\n{}", table("User", ""));
    let field = "pub mood: Option<Mood>";
    let project = plugins(&db, &mood("Good, Bad"), &table("Person", field), &table("Order", field));
    let first = generated(&project, "");
    assert_eq!(first["revisions"].as_array().map(Vec::len), Some(3), "{first}");
    if db.engine == Engine::Postgres {
        assert_eq!([1, 2].map(|n| depends_on(&first, n)), [[0], [0]]);
    }
    models(&project, "main", &mood("Good, Bad, Odd"));
    let second = generated(&project, "");
    if db.engine == Engine::Postgres {
        assert_eq!(written(&second), ["-: alter mood"]);
    }
    // Its last users go one after the other, and then the type itself.
    models(&project, "crm", &table("Person", ""));
    models(&project, "shop", &table("Order", ""));
    generated(&project, "");
    models(&project, "main", &table("User", ""));
    generated(&project, "");
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

#[test]
fn postgres_a_type_goes_with_the_last_table_that_used_it() {
    play(Engine::Postgres, |db| async move {
        let mood = "#[derive(DbEnum)] pub enum Mood { Good, Bad }\n";
        let with = table("Person", "pub mood: Option<Mood>");
        let project = plugins(&db, &[mood, &table("User", "")].concat(), &with, &with.replace("Person", "Order"));
        generated(&project, "");
        models(&project, "main", &table("User", ""));
        models(&project, "crm", &table("Person", ""));
        models(&project, "shop", &table("Order", ""));
        assert_eq!(written(&generated(&project, "")), ["crm: drop person.mood", "shop: drop order.mood, drop mood"]);
        there_and_back(&project, &db, &[]).await;
    });
}

#[test]
fn postgres_a_sequence_is_shared_by_two_plugins() {
    play(Engine::Postgres, |db| async move {
        let with = |name: &str| {
            format!(
                "#[derive(Model)] pub struct {name} {{ #[model(primary_key, sequence = \"all_id_seq\")] pub id: i64 }}\n"
            )
        };
        let project = plugins(&db, &table("User", ""), &with("Person"), &with("Item"));
        let first = generated(&project, "");
        assert_eq!(written(&first), ["-: create user", "crm: create all_id_seq, create person", "shop: create item"]);
        assert_eq!(depends_on(&first, 2), [1], "{first}");
        there_and_back(&project, &db, &["shop"]).await;
        // Its maker's table goes, and the other still uses it.
        models(&project, "crm", &table("Other", ""));
        assert_eq!(written(&generated(&project, "")), ["crm: drop person, create other"]);
    });
}

on_every_engine!(a_table_that_no_revision_made_is_depended_on_by_its_head, |db| async move {
    db.run(&[if db.engine == Engine::Mysql {
        "CREATE TABLE person (id bigint NOT NULL PRIMARY KEY)"
    } else {
        "CREATE TABLE person (id bigint NOT NULL, PRIMARY KEY (id))"
    }])
    .await;
    let project = plugins(&db, &table("User", ""), &table("Person", ""), &table("Order", ""));
    let crm = "-- By hand\n--\n-- revision = \"abc\"\n-- down_revision = []\n-- branch_labels = [\"crm\"]\n\n-- migrate:up\n-- migrate:down\n";
    project.write("crm/abc.sql", crm);
    project.run("upgrade heads").ok();
    models(&project, "shop", &table("Order", "#[model(references(Person::id))] pub person_id: i64"));
    let shop = project.run("autogenerate -m orders --branch shop --format json").ok().json();
    assert_eq!(shop["revisions"][0]["depends_on"], json!(["abc"]));
});

#[test]
fn postgres_types_that_go_round_in_a_circle_are_refused() {
    play(Engine::Postgres, |db| async move {
        let mood = "#[derive(DbEnum)] pub enum Mood { Good, Bad }\n";
        let size = "#[derive(DbEnum)] pub enum Size { Big, Small }\n";
        let crm = [mood, &table("Person", "pub size: Size")].concat();
        let shop = [size, &table("Order", "pub mood: Mood")].concat();
        let project = plugins(&db, &table("User", ""), &crm, &shop);
        let words =
            ["branch crm and branch shop need each other's types or sequences (mood, size)", "of the main line"];
        crate::bad_input::refuses(&project, "autogenerate -m first", &words);
        // One branch alone says what it lacks.
        let words = ["the model Person at crm.rs:4:12 of branch crm needs type size of branch shop", "--branch shop"];
        crate::bad_input::refuses(&project, "autogenerate -m first --branch crm", &words);
    });
}

on_every_engine!(a_table_is_dropped_by_its_branch_alone, |db| async move {
    let project =
        plugins(&db, &table("User", ""), &[table("Note", ""), table("Person", "")].concat(), &table("Order", ""));
    let first = generated(&project, "");
    models(&project, "crm", &table("Person", ""));
    project.run("autogenerate -m nothing --main").ok().says("no difference");
    project.run("autogenerate -m nothing --branch shop").ok().says("no difference");
    assert_eq!(written(&generated(&project, "")), ["crm: drop note"]);
    // What a hand made in the database is the main line's, as ever.
    db.run(&["CREATE TABLE stray (id integer)"]).await;
    project.run("autogenerate -m nothing --branch crm").ok().says("no difference");
    assert_eq!(written(&generated(&project, "")), ["-: drop stray"]);
    assert_eq!(first["revisions"].as_array().map(Vec::len), Some(3));
});
