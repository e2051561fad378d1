//! What looks like a rename is asked: of a person on a terminal, and of the flags where nobody is there.

use std::process::Command;
use std::time::Duration;

use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};

use crate::branches::{models, plugins, table};
use crate::command::{Project, words};
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;
use crate::renames::{applied, there_and_back};

fn users(fields: &str) -> String {
    format!(
        "#[derive(Model)] #[model(table = \"users\")] pub struct User {{ #[model(primary_key)] pub id: i64, {fields} }}"
    )
}

/// A project whose only table has these fields, and a row.
async fn project(db: &TestDb, fields: &str, row: &str) -> Project {
    let project = Project::with_models(db.url_text(), &users(fields));
    applied(&project, "");
    db.run(&[row]).await;
    project
}

on_every_engine!(without_a_terminal_the_answers_are_listed_and_nothing_is_written, |db| async move {
    let project =
        project(&db, "pub mail: Option<String>, pub age: i32", "INSERT INTO users VALUES (1, 'a@b', 7)").await;
    project.write_models(&users("pub email: Option<String>, pub age: i32"));
    let ran = project.run("autogenerate -m change").code(2);
    assert!(ran.stderr.contains("column users.mail may have been renamed to users.email"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--rename users.mail=users.email"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--no-rename"), "{}", ran.stderr);
    assert_eq!(project.revisions().len(), 1);
    project.run("autogenerate -m change --sql").code(2);
    let json = project.run("autogenerate -m change --format json").code(2).json();
    assert_eq!(json["error"]["code"], "plan::renames");
    assert_eq!(json["error"]["related"][0]["help"], "--rename users.mail=users.email");
    // check looks, and asks nobody.
    let check = project.run("check --format json").code(1).json();
    let likely = serde_json::json!([{ "kind": "column", "previous": "users.mail", "next": ["users.email"] }]);
    assert_eq!(check["likely_renames"], likely);
    project.run("check").code(1).complains("column users.mail may have been renamed to users.email");
    project.run("diff --from db --to models").ok().complains("--rename");
    let told = project.run("diff --from db --to models --rename users.mail=users.email").ok();
    assert!(told.stdout.contains("-- renames column") && !told.stdout.contains("DROP"), "{}", told.stdout);
    // Either answer will do.
    let found = applied(&project, "--no-rename");
    assert_eq!(found, ["drop column users.mail", "create column users.email"]);
    assert_eq!(db.rows("SELECT id, email, age FROM users").await, [["1", "NULL", "7"]]);
});

on_every_engine!(a_table_of_the_same_columns_may_be_the_same, |db| async move {
    let project = project(&db, "pub name: Option<String>, pub age: i32", "INSERT INTO users VALUES (1, 'x', 7)").await;
    let members =
        users("pub name: Option<String>, pub age: i32, pub size: Option<i32>").replace("\"users\"", "\"members\"");
    project.write_models(&members);
    let ran = project.run("autogenerate -m change").code(2);
    assert!(ran.stderr.contains("--rename users=members"), "{}", ran.stderr);
    assert_eq!(applied(&project, "--rename users=members"), ["rename table members", "create column members.size"]);
    assert_eq!(db.rows("SELECT id, name, age FROM members").await, [["1", "x", "7"]]);
    there_and_back(&project);
});

on_every_engine!(what_is_of_another_shape_is_asked_of_nobody, |db| async move {
    let project = project(&db, "pub note: Option<String>, pub age: i32", "INSERT INTO users VALUES (1, 'x', 7)").await;
    // Another type; and a column whose model says how rows are filled is new.
    project.write_models(&users("pub height: Option<f64>, #[model(backfill = \"1\")] pub size: i32"));
    let found = applied(&project, "");
    assert_eq!(found.len(), 4, "{found:?}");
    // A table with hardly anything in common.
    let other = "#[derive(Model)] #[model(table = \"ports\")] pub struct Port { #[model(primary_key)] pub id: i64, pub host: i32, pub number: i32 }";
    project.write_models(other);
    assert_eq!(applied(&project, "").len(), 2);
});

on_every_engine!(a_wrong_answer_is_an_error_that_says_why, |db| async move {
    let project = project(&db, "pub mail: Option<String>", "INSERT INTO users VALUES (1, 'x')").await;
    project.write_models(&users("pub email: Option<String>"));
    project
        .run("autogenerate -m x --rename users.male=users.email")
        .code(2)
        .complains("the database has no users.male");
    project.run("autogenerate -m x --rename users.mail=users.emil").code(2).complains("there will be no users.emil");
    project.run("autogenerate -m x --rename users.mail").code(2).complains("OLD=NEW");
    assert_eq!(project.revisions().len(), 1);
    // The table may be left out on the right.
    assert_eq!(applied(&project, "--rename users.mail=email"), ["rename column users.email"]);
});

on_every_engine!(each_line_has_its_own_renames, |db| async move {
    let project = plugins(&db, &table("User", "pub mail: Option<i32>"), &table("Person", "pub age: Option<i32>"), "");
    project.run("autogenerate -m first --apply").ok();
    models(&project, "main", &table("User", "pub email: Option<i32>"));
    models(&project, "crm", &table("Person", "pub years: Option<i32>"));
    let ran = project.run("autogenerate -m x").code(2);
    assert!(ran.stderr.contains("2 drops and adds look like renames"), "{}", ran.stderr);
    let flags = "--rename user.mail=user.email --rename person.age=person.years";
    let found = applied(&project, flags);
    assert_eq!(found, ["rename column user.email", "rename column person.years"]);
    project.run("downgrade base").ok();
    project.run("upgrade heads").ok();
    project.run("check").ok();
});

/// A command on a terminal of its own.
fn on_terminal(project: &Project, url: &str, line: &str) -> OsSession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_migrate"));
    command.args(words(line)).current_dir(project.path()).env_clear().env("DATABASE_URL", url).env("TERM", "xterm");
    let mut session = Session::spawn(command).expect("a terminal");
    session.set_expect_timeout(Some(Duration::from_secs(30)));
    session
}

#[test]
fn on_a_terminal_the_question_is_asked() {
    play(Engine::Sqlite, |db| async move {
        let fields = "pub mail: Option<String>, pub age: i32, pub size: Option<i32>";
        let project = project(&db, fields, "INSERT INTO users VALUES (1, 'a@b', 7, 3)").await;
        project.write_models(&users("pub email: Option<String>, pub age: i32, pub width: Option<i32>"));
        let mut session = on_terminal(&project, db.url_text(), "autogenerate -m change --apply");
        session.expect("Was `users.mail` renamed to `users.email`?").expect("the first question");
        session.send("y").expect("an answer");
        session.expect("Was `users.size` renamed to `users.width`?").expect("the second question");
        session.send("n").expect("an answer");
        session.expect("column users.email: was mail").expect("the rename");
        session.expect(Eof).expect("the end");
        assert_eq!(db.rows("SELECT email, width FROM users").await, [["a@b", "NULL"]]);
        project.run("check").ok();
    });
}

#[test]
fn of_several_answers_one_is_chosen() {
    play(Engine::Sqlite, |db| async move {
        let project = project(&db, "pub mail: Option<String>", "INSERT INTO users VALUES (1, 'a@b')").await;
        project.write_models(&users("pub bio: Option<String>, pub email: Option<String>"));
        let mut session = on_terminal(&project, db.url_text(), "autogenerate -m change --apply");
        session.expect("Was `users.mail` renamed?").expect("the question");
        session.expect("to `users.email`").expect("the likeliest first");
        session.send("\r").expect("an answer");
        session.expect("column users.email: was mail").expect("the rename");
        session.expect(Eof).expect("the end");
        assert_eq!(db.rows("SELECT email, bio FROM users").await, [["a@b", "NULL"]]);
    });
}

#[test]
fn a_question_that_is_left_writes_nothing() {
    play(Engine::Sqlite, |db| async move {
        let project = project(&db, "pub mail: Option<String>", "INSERT INTO users VALUES (1, 'a@b')").await;
        project.write_models(&users("pub email: Option<String>"));
        let mut session = on_terminal(&project, db.url_text(), "autogenerate -m change");
        session.expect("Was `users.mail` renamed to `users.email`?").expect("the question");
        session.send("\x1b").expect("Esc");
        session.expect("nothing was written").expect("the error");
        assert_eq!(project.revisions().len(), 1);
    });
}
