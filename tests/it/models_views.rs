//! Views that models stand for, objects declared in SQL files, and what is left alone.

use crate::command::Project;
use crate::harness::{Engine, TestDb};
use crate::on_every_engine;

async fn int(db: &TestDb, sql: &str) -> i64 {
    db.rows(sql).await[0][0].parse().expect("a number")
}

const USERS: &str = "
#[derive(Model)]
#[model(table = \"users\")]
pub struct User {
    #[model(primary_key)]
    pub id: i64,
    #[model(length = 80)]
    pub email: String,
    pub age: i32,
}
";

fn view(query: &str) -> String {
    format!(
        "{USERS}
#[derive(Model)]
#[model(table = \"grown_ups\", view = \"{query}\")]
pub struct GrownUp {{
    pub id: i64,
    pub email: String,
}}
"
    )
}

on_every_engine!(a_view_comes_changes_and_goes_back, |db| async move {
    let project = Project::with_models(db.url_text(), &view("SELECT id, email FROM users WHERE age > 17"));
    project.run("autogenerate -m first --apply").ok().says("view grown_ups");
    project.run("check").ok();
    db.run(&["INSERT INTO users (id, email, age) VALUES (1, 'a', 20), (2, 'b', 18), (3, 'c', 3)"]).await;
    assert_eq!(int(&db, "SELECT count(*) FROM grown_ups").await, 2);

    project.write_models(&view("SELECT id, email FROM users WHERE age > 19"));
    project.run("check").code(1).says("~ view grown_ups");
    project.run("autogenerate -m second --apply").ok().says("~ view grown_ups");
    assert_eq!(int(&db, "SELECT count(*) FROM grown_ups").await, 1);
    project.run("check").ok();
    project.run("downgrade -- -1").ok();
    assert_eq!(int(&db, "SELECT count(*) FROM grown_ups").await, 2);
    project.run("downgrade base").ok();
    assert!(db.introspect().await.definitions.is_empty());
});

on_every_engine!(a_view_gives_way_to_a_change_beneath_it, |db| async move {
    let project = Project::with_models(db.url_text(), &view("SELECT id, email FROM users WHERE age > 17"));
    project.run("autogenerate -m first --apply").ok();
    db.run(&["INSERT INTO users (id, email, age) VALUES (1, 'a', 20)"]).await;
    let wider = view("SELECT id, email FROM users WHERE age > 17")
        .replace("length = 80", "length = 200")
        .replace("age: i32", "age: i64");
    project.write_models(&wider);
    project.run("autogenerate -m wider --apply").ok();
    project.run("check").ok();
    assert_eq!(int(&db, "SELECT count(*) FROM grown_ups").await, 1);
    project.run("downgrade -- -1").ok();
    assert_eq!(int(&db, "SELECT count(*) FROM grown_ups").await, 1);
});

on_every_engine!(sql_files_declare_what_structs_cannot, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    project.write("migrate.toml", "models = [\"models.rs\"]\nobjects = [\"db/**/*.sql\"]\n");
    let (trigger, routine) = match db.engine {
        Engine::Sqlite => (
            "CREATE TRIGGER grow AFTER INSERT ON users BEGIN UPDATE users SET age = age + 1 WHERE id = new.id; END;",
            "",
        ),
        Engine::Postgres => (
            "CREATE TRIGGER grow BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION grow();",
            "CREATE FUNCTION grow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.age := NEW.age + 1; RETURN NEW; END $$;",
        ),
        Engine::Mysql => ("CREATE TRIGGER grow BEFORE INSERT ON users FOR EACH ROW SET NEW.age = NEW.age + 1;", ""),
    };
    // The file that comes first by name needs what the second has.
    project.write(
        "db/a_trigger.sql",
        &format!("-- what grows\n{trigger}\nCREATE VIEW all_users AS SELECT id, age FROM users;\n"),
    );
    project.write("db/b_routine.sql", routine);
    project.run("autogenerate -m first --apply").ok().says("trigger grow");
    project.run("check").ok();
    db.run(&["INSERT INTO users (id, email, age) VALUES (1, 'a', 20)"]).await;
    assert_eq!(int(&db, "SELECT age FROM all_users").await, 21);
    project.write(
        "db/a_trigger.sql",
        &format!("{trigger}\nCREATE VIEW all_users AS SELECT id, age + 1 AS age FROM users;\n"),
    );
    project.run("autogenerate -m second --apply").ok().says("~ view all_users");
    assert_eq!(int(&db, "SELECT age FROM all_users").await, 22);
    project.run("check").ok();
    project.run("downgrade base").ok();
    assert!(db.introspect().await.is_empty());
    project.write("db/a_trigger.sql", "CREATE VIEW broken AS SELECT nothing FROM users;\n");
    project.run("autogenerate -m third").code(2);
    project.run("upgrade heads").ok();
    project.run("autogenerate -m third").code(2).complains("db/a_trigger.sql:1");
    project.write("db/a_trigger.sql", "\n\nDROP TABLE users;\n");
    project.run("check").code(2).complains("db/a_trigger.sql:3: `DROP` declares nothing");
});

on_every_engine!(what_others_make_is_left_alone, |db| async move {
    db.run(&["CREATE TABLE legacy (id BIGINT PRIMARY KEY, x INT)", "CREATE VIEW theirs AS SELECT id FROM legacy"])
        .await;
    let models = format!(
        "{USERS}
#[derive(Model)]
#[model(table = \"legacy\", managed = false)]
pub struct Legacy {{
    #[model(primary_key)]
    pub id: i64,
    pub shape: Geometry,
}}
"
    );
    let project = Project::with_models(db.url_text(), &models);
    project.run("autogenerate -m first --apply").ok();
    assert!(!project.only_revision().contains("legacy"), "{}", project.only_revision());
    project.run("check").ok();
    assert_eq!(int(&db, "SELECT count(*) FROM theirs").await, 0);
});
