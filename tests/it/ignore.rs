//! What the project says to leave alone is left alone, on both sides.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;
use crate::renames::{applied, sql};

const CONFIG: &str = "models = [\"models.rs\"]\nmigrations = \"migrations\"\n";

fn ignoring(db: &TestDb, models: &str, entries: &str) -> Project {
    let project = Project::with_models(db.url_text(), models);
    project.write("migrate.toml", &format!("{CONFIG}[autogenerate]\nignore = [{entries}]\n"));
    project
}

const USERS: &str =
    "#[derive(Model)] #[model(table = \"users\")] pub struct User { #[model(primary_key)] pub id: i64, pub age: i32 }";

on_every_engine!(what_is_ignored_is_never_dropped, |db| async move {
    db.run(&["CREATE TABLE spatial_ref_sys (srid int PRIMARY KEY)", "CREATE TABLE audit_2025 (id int)"]).await;
    db.run(&["CREATE TABLE legacy (id int)"]).await;
    let project = ignoring(&db, USERS, "\"table:spatial_ref_sys\", \"table:audit_*\"");
    assert_eq!(applied(&project, ""), ["drop table legacy", "create table users"]);
    db.run(&["CREATE INDEX tmp_age ON users (age)"]).await;
    project.run("check").code(1).says("users.tmp_age");
    project.write(
        "migrate.toml",
        &format!(
            "{CONFIG}[autogenerate]\nignore = [\"table:spatial_ref_sys\", \"table:audit_*\", \"index:users.tmp_*\"]\n"
        ),
    );
    project.run("check").ok();
    assert_eq!(applied(&project, ""), Vec::<String>::new());
    // A rebuild does not take the index away.
    project.write_models(&USERS.replace("pub age: i32", "pub age: Option<i32>"));
    if db.engine != Engine::Sqlite {
        applied(&project, "");
        project.run("check").ok();
    }
    let diff = project.run("diff --from db --to empty").ok();
    assert!(diff.stdout.contains("DROP TABLE") && !diff.stdout.contains("spatial_ref_sys"), "{}", diff.stdout);
    let models = project.run("models").ok();
    assert!(models.stdout.contains("Users") && !models.stdout.contains("audit"), "{}", models.stdout);
});

on_every_engine!(a_key_may_refer_to_what_is_ignored, |db| async move {
    db.run(&[&sql(&db, "CREATE TABLE zones (id bigint NOT NULL PRIMARY KEY)")]).await;
    let users = "#[derive(Model)] #[model(table = \"users\")] pub struct User { #[model(primary_key)] pub id: i64,
        #[model(references(\"zones(id)\", external))] pub zone_id: i64 }";
    let project = ignoring(&db, users, "\"table:zones\"");
    assert_eq!(applied(&project, ""), ["create table users"]);
    project.run("check").ok();
    db.run(&["INSERT INTO zones VALUES (1)", "INSERT INTO users VALUES (5, 1)"]).await;
    project.write_models(&users.replace("pub zone_id: i64", "pub zone_id: i64, pub age: Option<i32>"));
    assert_eq!(applied(&project, ""), ["create column users.age"]);
    project.run("check").ok();
    assert_eq!(db.rows("SELECT id, zone_id FROM users").await, [["5", "1"]]);
    project.run("downgrade base").ok();
    assert_eq!(db.rows("SELECT id FROM zones").await, [["1"]]);
});

on_every_engine!(a_column_that_others_keep_is_left_alone, |db| async move {
    let project = ignoring(&db, USERS, "\"column:users.legacy_*\"");
    applied(&project, "");
    db.run(&[
        "ALTER TABLE users ADD COLUMN legacy_code int",
        "INSERT INTO users (id, age, legacy_code) VALUES (1, 2, 3)",
    ])
    .await;
    project.run("check").ok();
    // Whatever changes the table has to keep it.
    project.write_models(&USERS.replace("pub age: i32", "pub age: Option<i32>, pub size: Option<i32>"));
    applied(&project, "");
    assert_eq!(db.rows("SELECT id, age, legacy_code FROM users").await, [["1", "2", "3"]]);
    project.run("check").ok();
});

#[test]
fn a_whole_schema_is_left_alone() {
    play(Engine::Postgres, |db| async move {
        db.run(&["CREATE SCHEMA topology", "CREATE TABLE topology.layer (id int)", "CREATE TABLE users (id bigint)"])
            .await;
        db.run(&["CREATE TYPE topology.kind AS ENUM ('a')", "CREATE VIEW topology.v AS SELECT 1 AS a"]).await;
        let project = ignoring(&db, USERS, "\"schema:topo*\"");
        let diff = project.run("diff --from db --to empty").ok();
        assert!(!diff.stdout.contains("topology"), "{}", diff.stdout);
        assert!(diff.stdout.contains("DROP TABLE \"users\""), "{}", diff.stdout);
    });
}

#[test]
fn a_wrong_entry_is_told_with_its_line() {
    play(Engine::Sqlite, |db| async move {
        let project = ignoring(&db, USERS, "\"table:a\",\n  \"tabel:b\"");
        for command in ["autogenerate -m x", "check", "models", "diff --from db --to models"] {
            let ran = project.run(command).code(2);
            assert!(ran.stderr.contains("migrate.toml:5: ignore: `tabel` is no kind of object"), "{}", ran.stderr);
        }
        project.run("heads").ok();
        project.write("migrate.toml", &format!("{CONFIG}[autogenerate]\nignored = []\n"));
        project.run("check").code(2).complains("migrate.toml:4: unknown field `ignored`");
    });
}
