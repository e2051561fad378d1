//! No path drops a row that nobody asked to drop.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

fn model(table: &str, hint: &str, column: &str) -> String {
    let name: String = table.chars().filter(char::is_ascii_alphabetic).collect();
    format!(
        "#[derive(Model)] #[model(table = \"{table}\"{hint})] pub struct T{name} {{
            #[model(primary_key)] pub id: i64, {column}
        }}\n"
    )
}

async fn started(db: &TestDb, models: &str, rows: &[&str]) -> Project {
    let project = Project::with_models(db.url_text(), models);
    project.run("autogenerate -m first --apply").ok();
    db.run(rows).await;
    project
}

on_every_engine!(a_rename_to_a_name_that_is_taken_is_refused, |db| async move {
    let models = [model("people", "", "pub mail: i32, pub email: i32,"), model("users", "", "")].concat();
    let project = started(&db, &models, &["INSERT INTO people VALUES (1, 7, 8)"]).await;
    project.write_models(&model("users", ", renamed_from = \"people\"", ""));
    project.run("autogenerate -m second").code(2).complains("users").complains("people");
    project.write_models(
        &[model("people", "", "#[model(renamed_from = \"mail\")] pub email: i32,"), model("users", "", "")].concat(),
    );
    project.run("autogenerate -m second").code(2).complains("people.email").complains("mail");
    assert_eq!(project.revisions().len(), 1);
});

on_every_engine!(names_that_change_places_are_refused, |db| async move {
    let project = started(&db, &[model("a", "", "pub x: i32, pub y: i32,"), model("b", "", "")].concat(), &[]).await;
    project.write_models(
        &[model("a", ", renamed_from = \"b\"", ""), model("b", ", renamed_from = \"a\"", "pub x: i32, pub y: i32,")]
            .concat(),
    );
    project.run("autogenerate -m second").code(2).complains("still a model's table");
    project.write_models(
        &[
            model("a", "", "#[model(renamed_from = \"y\")] pub x: i32, #[model(renamed_from = \"x\")] pub y: i32,"),
            model("b", "", ""),
        ]
        .concat(),
    );
    project.run("autogenerate -m second").code(2).complains("still a column");
});

fn letters(engine: Engine) {
    play(engine, |db| async move {
        let project = started(&db, &model("users", "", "pub userid: i32,"), &["INSERT INTO users VALUES (1, 7)"]).await;
        let table = if db.engine == Engine::Sqlite { "Users" } else { "users" };
        let text = model(table, "", "#[model(column = \"userId\")] pub user_id: i32,");
        project.write_models(&text);
        project.run("autogenerate -m second --apply").ok();
        assert_eq!(db.rows("SELECT * FROM users").await, [["1", "7"]]);
        project.run("check").ok();
        project.run("downgrade -1").ok();
        assert_eq!(db.rows("SELECT * FROM users").await, [["1", "7"]]);
    });
}

#[test]
fn sqlite_another_letter_case_is_another_spelling_of_the_same() {
    letters(Engine::Sqlite);
}

#[test]
fn mysql_another_letter_case_is_another_spelling_of_the_same() {
    letters(Engine::Mysql);
}

fn letters_of_scripts(engine: Engine) {
    play(engine, |db| async move {
        let made = |id: &str, name: &str| {
            format!(
                "CREATE TABLE users ({id} integer PRIMARY KEY, {name} varchar(20)); CREATE INDEX i ON users ({name});"
            )
        };
        let project = Project::with_models(db.url_text(), "");
        project.write("wanted.sql", &made("Id", "NAME"));
        for sql in made("id", "name").split_inclusive(';') {
            db.run(&[sql]).await;
        }
        db.run(&["INSERT INTO users VALUES (1, 'Ada')"]).await;
        let line = format!("diff --from db:{} --to file:wanted.sql", db.url_text());
        for sql in project.run(&line).ok().stdout.split_inclusive(";\n") {
            db.run(&[sql]).await;
        }
        assert_eq!(db.rows("SELECT Id, NAME FROM users").await, [["1", "Ada"]]);
        assert_eq!(project.run(&line).ok().stdout, "");
    });
}

#[test]
fn sqlite_scripts_in_another_letter_case_say_the_same() {
    letters_of_scripts(Engine::Sqlite);
}

#[test]
fn mysql_scripts_in_another_letter_case_say_the_same() {
    letters_of_scripts(Engine::Mysql);
}

on_every_engine!(the_ledger_of_another_tool_stays, |db| async move {
    db.run(&["CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY)", "INSERT INTO _sqlx_migrations VALUES (1)"])
        .await;
    let model = "#[derive(Model)] pub struct Note { #[model(primary_key)] pub id: i64 }";
    let project = Project::with_models(db.url_text(), model);
    project.run("autogenerate -m first --apply").ok();
    project.run("check").ok();
    assert_eq!(db.rows("SELECT version FROM _sqlx_migrations").await, [["1"]]);
});

on_every_engine!(no_model_at_all_is_no_reason_to_drop_everything, |db| async move {
    let project = started(&db, &model("users", "", ""), &["INSERT INTO users VALUES (1)"]).await;
    project.write_models("");
    project.run("autogenerate -m second").code(2).complains("there is no model");
    project.run("check").code(2).complains("there is no model");
    assert_eq!(project.revisions().len(), 1);
});

on_every_engine!(a_table_that_another_branch_renamed_is_still_its_own, |db| async move {
    let project = started(&db, &model("users", "", ""), &[]).await;
    project.write(
        "migrate.toml",
        "models = [\"models.rs\"]\nmigrations = \"migrations\"\n\n[branches.plugin]\nmodels = [\"plugin.rs\"]\nmigrations = \"plugin\"\n",
    );
    let plugin = |table: &str, hint: &str| format!("use rungs::Model;\n{}", model(table, hint, ""));
    project.write("plugin.rs", &plugin("wares", ""));
    project.run("autogenerate -m wares --branch plugin --apply").ok();
    project.write("plugin.rs", &plugin("goods", ", renamed_from = \"wares\""));
    project.run("autogenerate -m goods --branch plugin --apply").ok();
    db.run(&["INSERT INTO goods VALUES (1)"]).await;
    project.run("autogenerate -m nothing").ok().says("no difference");
    project.run("check").ok();
    // Also when the plugin was taken out of its own models, it is the plugin's to drop.
    project.write("plugin.rs", &plugin("others", ""));
    project.run("autogenerate -m nothing --main").ok().says("no difference");
    project.run("autogenerate -m others --branch plugin --sql").ok().says("DROP TABLE");
});

on_every_engine!(what_another_branch_made_in_other_words_is_still_its_own, |db| async move {
    let project = started(&db, &model("users", "", ""), &[]).await;
    project.write(
        "migrate.toml",
        "models = [\"models.rs\"]\nmigrations = \"migrations\"\n\n[branches.plugin]\nmodels = [\"plugin.rs\"]\nmigrations = \"plugin\"\n",
    );
    project.write("plugin.rs", "");
    project.write(
        "plugin/hand.sql",
        "-- By hand\n--\n-- revision = \"abc\"\n-- down_revision = []\n-- branch_labels = [\"plugin\"]\n\n-- migrate:up\n\
         /* a */ CREATE TABLE -- b\n Wares AS SELECT 1 AS id;\nCREATE TABLE \"a (b)\" (id INT);\n\
         -- migrate:down\nDROP TABLE Wares;\n"
            .replace('"', if db.engine == Engine::Mysql { "`" } else { "\"" })
            .replace("= `abc`", "= \"abc\"")
            .replace("[`plugin`]", "[\"plugin\"]")
            .as_str(),
    );
    project.run("upgrade heads").ok();
    project.run("autogenerate -m nothing --main").ok().says("no difference");
    project.run("autogenerate -m nothing").code(2).complains("there is no model of branch plugin");
});

on_every_engine!(a_table_takes_the_index_names_of_one_that_goes, |db| async move {
    let index = ", index(name = \"ix_one\", columns(x))";
    let project = started(&db, &model("z", index, "pub x: i32,"), &["INSERT INTO z VALUES (1, 2)"]).await;
    project.write_models(&model("a", index, "pub x: i32,"));
    project.run("autogenerate -m second --apply --no-rename").ok().says("- table z").says("+ table a");
    project.run("check").ok();
    project.run("downgrade -1").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(a_primary_key_moves_under_a_foreign_key, |db| async move {
    let parent = |key: &str, code: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"parent\")] pub struct Parent {{
                {key} pub id: i64, {code} pub code: i64 }}
             #[derive(Model)] #[model(table = \"child\")] pub struct Child {{
                #[model(primary_key)] pub id: i64, #[model(references(Parent::code), on_delete = \"cascade\")] pub code: i64 }}"
        )
    };
    let rows = ["INSERT INTO parent VALUES (1, 10)", "INSERT INTO child VALUES (5, 10)"];
    let project = started(&db, &parent("#[model(primary_key)]", "#[model(unique)]"), &rows).await;
    project.write_models(&parent("#[model(unique)]", "#[model(primary_key)]"));
    project.run("autogenerate -m second --apply").ok();
    project.run("check").ok();
    assert_eq!(db.rows("SELECT id, code FROM child").await, [["5", "10"]]);
    project.run("downgrade -1").ok();
    assert_eq!(db.rows("SELECT p.id, c.id FROM parent p JOIN child c ON c.code = p.code").await, [["1", "5"]]);
});

#[test]
fn postgres_a_model_with_the_name_of_a_partitioned_table_loses_nothing() {
    play(Engine::Postgres, |db| async move {
        db.run(&[
            "CREATE TABLE parts (id bigint NOT NULL) PARTITION BY RANGE (id)",
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
            "INSERT INTO parts VALUES (1)",
        ])
        .await;
        let project = Project::with_models(db.url_text(), &model("parts", "", ""));
        project.run("autogenerate -m first --apply").code(2).complains("is partitioned by RANGE (id)");
        let hint = ", partition_by = \"RANGE (id)\"";
        project.write_models(&model("parts", hint, ""));
        project.run("autogenerate -m first --apply").ok();
        project.write_models(&model("parts", hint, "pub note: Option<String>,"));
        project.run("autogenerate -m second --apply").ok();
        project.run("check").ok();
        assert_eq!(db.rows("SELECT id, note IS NULL FROM parts_1").await, [["1", "t"]]);
        project.write_models(&model("others", "", ""));
        assert_eq!(db.rows("SELECT id FROM parts").await, [["1"]]);
    });
}

on_every_engine!(an_index_name_moves_to_another_table_and_back, |db| async move {
    let models = |a: &str, b: &str, more: &str| {
        let table = |name: &str, index: &str| {
            format!("#[derive(Model)] {index} pub struct {name} {{ #[model(primary_key)] pub id: i64, pub n: i64 }}\n")
        };
        format!("{}{}{more}", table("Aa", a), table("Bb", b))
    };
    let index = "#[model(index(name = \"ix_n\", columns(n)))]";
    let project = Project::with_models(db.url_text(), &models("", index, ""));
    project.run("autogenerate -m first --apply").ok();
    project.write_models(&models(index, "", ""));
    project.run("autogenerate -m moved --apply").ok();
    project.run("check").ok();
    let created = format!("#[derive(Model)] {index} pub struct Cc {{ #[model(primary_key)] pub id: i64, pub n: i64 }}");
    project.write_models(&models("", "", &created));
    project.run("autogenerate -m again --apply").ok();
    project.run("check").ok();
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(rows_without_a_value_get_the_default_of_a_column_that_becomes_required, |db| async move {
    let rows = ["INSERT INTO users VALUES (1, NULL)", "INSERT INTO users VALUES (2, 7)"];
    let project = started(&db, &model("users", "", "pub age: Option<i32>,"), &rows).await;
    project.write_models(&model("users", "", "#[model(default = \"18\")] pub age: i32,"));
    project.run("autogenerate -m second --apply").ok();
    assert_eq!(db.rows("SELECT * FROM users ORDER BY id").await, [["1", "18"], ["2", "7"]]);
    project.run("check").ok();
});
