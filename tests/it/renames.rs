//! A rename is a rename: rows stay, on every engine, there and back.

use crate::command::Project;
use crate::harness::{Engine, TestDb};
use crate::on_every_engine;

/// The names of an engine are quoted.
pub fn sql(db: &TestDb, text: &str) -> String {
    if db.engine == Engine::Mysql { text.replace('"', "`") } else { text.to_owned() }
}

async fn run(db: &TestDb, text: &str) {
    db.run(&[&sql(db, text)]).await;
}

/// What autogenerate did, a word or two a difference.
pub fn applied(project: &Project, flags: &str) -> Vec<String> {
    let found = project.run(&format!("autogenerate -m change --apply --format json {flags}")).ok().json();
    let all = found["differences"].as_array().cloned().unwrap_or_default();
    let text = |one: &serde_json::Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    all.iter().map(|one| format!("{} {} {}", text(one, "action"), text(one, "kind"), text(one, "name"))).collect()
}

/// The last revision can be taken back and applied again, and nothing differs.
pub fn there_and_back(project: &Project) {
    project.run("check").ok();
    project.run("downgrade -1").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
}

const PEOPLE: &str = "#[derive(Model)] #[model(table = \"people\", index(name = \"ix_people_mail\", columns(mail)))]
    pub struct People { #[model(primary_key)] pub id: i64, #[model(length = 80)] pub mail: String, pub age: i32 }";

on_every_engine!(a_table_a_column_and_an_index_get_other_names_by_hints, |db| async move {
    let project = Project::with_models(db.url_text(), PEOPLE);
    applied(&project, "");
    run(&db, "INSERT INTO people (id, mail, age) VALUES (1, 'a@b', 7)").await;
    let hinted = "#[derive(Model)] #[model(table = \"users\", renamed_from = \"people\")]
        #[model(index(name = \"ix_users_email\", renamed_from = \"ix_people_mail\", columns(email)))]
        pub struct User { #[model(primary_key)] pub id: i64,
            #[model(length = 80, renamed_from = \"mail\")] pub email: String, pub age: i32 }";
    project.write_models(hinted);
    let found = applied(&project, "");
    assert_eq!(found, ["rename table users", "rename column users.email", "rename index users.ix_users_email"]);
    assert_eq!(db.rows("SELECT id, email, age FROM users").await, [["1", "a@b", "7"]]);
    there_and_back(&project);
    assert_eq!(db.rows("SELECT id, email, age FROM users").await, [["1", "a@b", "7"]]);
    // A hint that is true already is harmless.
    assert_eq!(applied(&project, ""), Vec::<String>::new());
});

on_every_engine!(a_rename_and_a_change_of_type_come_in_one_step, |db| async move {
    let project = Project::with_models(db.url_text(), PEOPLE);
    applied(&project, "");
    run(&db, "INSERT INTO people (id, mail, age) VALUES (1, 'a@b', 7)").await;
    let wider = "#[derive(Model)] #[model(table = \"users\", index(name = \"ix_users_email\", columns(email)))]
        pub struct User { #[model(primary_key)] pub id: i64, #[model(length = 120)] pub email: Option<String>,
            pub years: i64 }";
    project.write_models(wider);
    let flags = "--rename people=users --rename users.mail=users.email --rename people.age=users.years";
    let found = applied(&project, flags);
    assert_eq!(found[0], "rename table users");
    assert!(!found.iter().any(|one| one.starts_with("drop") || one.starts_with("create")), "{found:?}");
    assert_eq!(db.rows("SELECT id, email, years FROM users").await, [["1", "a@b", "7"]]);
    there_and_back(&project);
    assert_eq!(db.rows("SELECT id, email, years FROM users").await, [["1", "a@b", "7"]]);
    // What is told once more is true already.
    assert_eq!(applied(&project, flags), Vec::<String>::new());
});

on_every_engine!(a_column_that_a_check_reads_gets_another_name, |db| async move {
    let models = |column: &str, hint: &str, quoted: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"people\", check(name = \"ck_age\", expr = \"{quoted} > 0\"))]
            pub struct People {{ #[model(primary_key)] pub id: i64, {hint} pub {column}: i32 }}"
        )
    };
    let project = Project::with_models(db.url_text(), &models("age", "", "age"));
    applied(&project, "");
    run(&db, "INSERT INTO people (id, age) VALUES (1, 7)").await;
    project.write_models(&models("years", "#[model(renamed_from = \"age\")]", "years"));
    assert_eq!(applied(&project, ""), ["rename column people.years"]);
    there_and_back(&project);
    assert_eq!(db.rows("SELECT id, years FROM people").await, [["1", "7"]]);
});

on_every_engine!(a_table_that_others_refer_to_gets_another_name, |db| async move {
    let models = |user: &str, key: &str, field: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"{user}\")] pub struct User {{ #[model(primary_key)] pub {key}: i64 }}
             #[derive(Model)] #[model(table = \"notes\")] pub struct Note {{ #[model(primary_key)] pub id: i64,
                 #[model(references(User::{key}), on_delete = \"cascade\")] pub {field}: i64 }}"
        )
    };
    let project = Project::with_models(db.url_text(), &models("people", "id", "people_id"));
    applied(&project, "");
    run(&db, "INSERT INTO people (id) VALUES (1)").await;
    run(&db, "INSERT INTO notes (id, people_id) VALUES (5, 1)").await;
    project.write_models(&models("users", "key", "user_key"));
    let flags = "--rename people=users --rename users.id=users.key --rename notes.people_id=notes.user_key";
    let found = applied(&project, flags);
    assert!(found.iter().all(|one| one.starts_with("rename")), "{found:?}");
    assert_eq!(db.rows("SELECT id, user_key FROM notes").await, [["5", "1"]]);
    there_and_back(&project);
    assert_eq!(db.rows(&sql(&db, "SELECT \"key\" FROM users")).await, [["1"]]);
    assert_eq!(db.rows("SELECT id, user_key FROM notes").await, [["5", "1"]]);
});

const MOOD: &str = "#[derive(DbEnum)] #[db_enum(name = \"mood\")] pub enum Mood { Happy, Sad }
    #[derive(Model)] #[model(table = \"users\")] pub struct User { #[model(primary_key)] pub id: i64,
        #[model(default = \"'sad'\")] pub mood: Mood, pub last: Option<Mood> }";

on_every_engine!(a_value_of_an_enumeration_gets_another_name, |db| async move {
    let project = Project::with_models(db.url_text(), MOOD);
    applied(&project, "");
    run(&db, "INSERT INTO users (id, mood, last) VALUES (1, 'sad', 'happy'), (2, 'happy', NULL)").await;
    run(&db, "INSERT INTO users (id, last) VALUES (3, 'sad')").await;
    let renamed = MOOD.replace("Sad }", "#[db_enum(renamed_from = \"sad\")] Blue, Calm }").replace("'sad'", "'blue'");
    project.write_models(&renamed);
    let found = applied(&project, "");
    assert!(found.iter().any(|one| one.starts_with("rename value")), "{found:?}");
    let rows = [["1", "blue", "happy"], ["2", "happy", "NULL"], ["3", "blue", "blue"]];
    assert_eq!(db.rows("SELECT id, mood, last FROM users ORDER BY id").await, rows);
    assert_eq!(applied(&project, ""), Vec::<String>::new());
    project.run("check").ok();
    project.run("downgrade -1").ok();
    let rows = [["1", "sad", "happy"], ["2", "happy", "NULL"], ["3", "sad", "sad"]];
    assert_eq!(db.rows("SELECT id, mood, last FROM users ORDER BY id").await, rows);
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

on_every_engine!(a_value_is_renamed_by_a_flag, |db| async move {
    let project = Project::with_models(db.url_text(), MOOD);
    applied(&project, "");
    run(&db, "INSERT INTO users (id, mood) VALUES (1, 'sad')").await;
    project
        .write_models(&MOOD.replace("Sad }", "#[db_enum(value = \"it's so-so\")] SoSo }").replace("'sad'", "'happy'"));
    let asked = project.run("autogenerate -m x").code(2);
    assert!(asked.stderr.contains("value mood.sad may have been renamed"), "{}", asked.stderr);
    applied(&project, "--rename \"mood.sad=mood.it's so-so\"");
    assert_eq!(db.rows("SELECT mood FROM users").await, [["it's so-so"]]);
    there_and_back(&project);
});

on_every_engine!(constraints_get_other_names_where_they_stand, |db| async move {
    let models = |unique: &str, check: &str, key: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"users\", unique(name = \"{unique}\", columns(code)))]
             #[model(check(name = \"{check}\", expr = \"code > 0\"))]
             pub struct User {{ #[model(primary_key)] pub id: i64, pub code: i64,
                 #[model(references(User::id), fk_name = \"{key}\")] pub chief: Option<i64> }}"
        )
    };
    let project = Project::with_models(db.url_text(), &models("uq_a", "ck_a", "fk_a"));
    applied(&project, "");
    run(&db, "INSERT INTO users (id, code, chief) VALUES (1, 5, NULL), (2, 6, 1)").await;
    project.write_models(&models("uq_b", "ck_b", "fk_b"));
    let found = applied(&project, "--rename users.ck_a=users.ck_b --rename uq_a=uq_b");
    // MySQL and MariaDB have no other name for a foreign key.
    let only = |one: &String| one.starts_with("rename") || db.engine == Engine::Mysql && one.contains("foreign key");
    assert!(found.iter().all(only), "{found:?}");
    if db.engine == Engine::Postgres {
        let texts = project.revisions().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
        assert_eq!(texts.map(|text| text.matches("RENAME CONSTRAINT").count()).sum::<usize>(), 6);
    }
    assert_eq!(db.rows("SELECT id, code FROM users ORDER BY id").await, [["1", "5"], ["2", "6"]]);
    there_and_back(&project);
});

on_every_engine!(a_view_gets_another_name_and_follows_its_table, |db| async move {
    let models = |table: &str, column: &str, view: &str, hint: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"{table}\")] pub struct User {{ #[model(primary_key)] pub id: i64, pub {column}: i32 }}
             #[derive(Model)] #[model(table = \"{view}\", view = \"SELECT id, {column} AS n FROM {table}\"{hint})]
             pub struct Numbers {{ pub id: i64, pub n: i32 }}"
        )
    };
    let project = Project::with_models(db.url_text(), &models("people", "age", "numbers", ""));
    applied(&project, "");
    run(&db, "INSERT INTO people (id, age) VALUES (1, 7)").await;
    project.write_models(&models("users", "years", "counts", ", renamed_from = \"numbers\""));
    let found = applied(&project, "--rename people=users --rename users.age=users.years");
    assert!(found.contains(&"rename table users".to_owned()), "{found:?}");
    if db.engine == Engine::Postgres {
        // The server rewrites the view by itself.
        assert_eq!(found, ["rename table users", "rename column users.years", "rename view counts"]);
    }
    assert_eq!(db.rows("SELECT id, n FROM counts").await, [["1", "7"]]);
    project.run("check").ok();
    project.run("downgrade -1").ok();
    assert_eq!(db.rows("SELECT id, n FROM numbers").await, [["1", "7"]]);
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

#[test]
fn a_view_that_nobody_declares_is_pointed_out_where_it_would_break() {
    crate::harness::play(Engine::Mysql, |db| async move {
        let project = Project::with_models(db.url_text(), PEOPLE);
        applied(&project, "");
        db.run(&["CREATE VIEW mails AS SELECT mail FROM people", "CREATE VIEW ages AS SELECT age FROM people"]).await;
        project.write_models(&PEOPLE.replace("pub mail", "pub email").replace("columns(mail)", "columns(email)"));
        let ran = project.run("autogenerate -m x --rename people.mail=people.email").ok();
        assert!(ran.stderr.contains("view mails names people.mail"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("ages"), "{}", ran.stderr);
    });
}

#[test]
fn a_type_gets_another_name_on_postgres() {
    crate::harness::play(Engine::Postgres, |db| async move {
        let with_check = |models: &str| {
            models.replace("#[model(table = \"users\")]", "#[model(table = \"users\", check(name = \"ck_mood\", expr = \"mood <> 'happy' OR id > 0\"), index(name = \"ix_mood\", columns(id), where = \"mood = 'sad'\"))]")
        };
        let project = Project::with_models(db.url_text(), &with_check(MOOD));
        applied(&project, "");
        run(&db, "INSERT INTO users (id, mood, last) VALUES (1, 'sad', 'happy')").await;
        let renamed = MOOD.replace("name = \"mood\"", "name = \"Feeling\", renamed_from = \"mood\"");
        project.write_models(&with_check(&renamed));
        assert_eq!(applied(&project, ""), ["rename type Feeling"]);
        there_and_back(&project);
        // Name and value at once.
        let renamed =
            MOOD.replace("name = \"mood\"", "name = \"state\"").replace("Sad }", "Low }").replace("'sad'", "'low'");
        project.write_models(&with_check(&renamed).replace("mood = 'sad'", "mood = 'low'"));
        let flags = "--rename Feeling=state --rename state.sad=state.low";
        assert_eq!(applied(&project, flags), ["rename type state", "rename value state.low"]);
        assert_eq!(db.rows("SELECT mood, last FROM users").await, [["low", "happy"]]);
        there_and_back(&project);
    });
}

#[test]
fn a_table_of_another_schema_is_named_with_it() {
    crate::harness::play(Engine::Postgres, |db| async move {
        db.run(&["CREATE SCHEMA app"]).await;
        let models = |name: &str, column: &str| {
            format!(
                "#[derive(Model)] #[model(schema = \"app\", table = \"{name}\")] pub struct User {{ #[model(primary_key)] pub id: i64, pub size: i32, pub {column}: i32 }}"
            )
        };
        let project = Project::with_models(db.url_text(), &models("people", "age"));
        applied(&project, "");
        db.run(&["INSERT INTO app.people VALUES (1, 2, 7)"]).await;
        project.write_models(&models("users", "years"));
        let asked = project.run("autogenerate -m x").code(2);
        assert!(asked.stderr.contains("--rename app.people=app.users"), "{}", asked.stderr);
        let flags = "--rename app.people=app.users --rename app.users.age=app.users.years";
        assert_eq!(applied(&project, flags), ["rename table app.users", "rename column app.users.years"]);
        assert_eq!(db.rows("SELECT years FROM app.users").await, [["7"]]);
        there_and_back(&project);
    });
}
