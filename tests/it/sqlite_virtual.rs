//! SQLite: virtual tables are kept as their statements, and their rows move over when they change.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

const BEFORE: [&str; 9] = [
    "CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT)",
    "INSERT INTO post VALUES (4, 'gamma')",
    "CREATE VIRTUAL TABLE notes USING fts5 (title, body)",
    "INSERT INTO notes (rowid, title, body) VALUES (3, 'one', 'alpha'), (9, 'two', 'beta')",
    "CREATE VIRTUAL TABLE found USING fts4 (body, content='post')",
    "INSERT INTO found (found) VALUES ('rebuild')",
    "CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1)",
    "INSERT INTO boxes VALUES (7, 1, 2)",
    "CREATE VIEW titles AS SELECT title FROM notes",
];

const AFTER: &str = "CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT, title TEXT);
    CREATE VIRTUAL TABLE notes USING fts5 (title, body, extra, tokenize = 'porter');
    CREATE VIRTUAL TABLE found USING fts4 (body, title, content='post');
    CREATE VIRTUAL TABLE boxes USING rtree (number, x0, x1, y0, y1);
    CREATE VIEW titles AS SELECT title FROM notes;";

/// Runs the script that `migrate diff` prints from the database to a file, and returns it.
async fn becomes(db: &TestDb, project: &Project, wanted: &str) -> String {
    project.write("wanted.sql", wanted);
    let line = format!("diff --from db:{} --to file:wanted.sql", db.url_text());
    let script = project.run(&line).ok().stdout;
    db.run(&[&script]).await;
    assert_eq!(project.run(&line).ok().stdout, "");
    script
}

#[test]
fn rows_of_a_virtual_table_move_over_when_it_changes() {
    play(Engine::Sqlite, |db| async move {
        db.run(&BEFORE).await;
        becomes(&db, &Project::with_models(db.url_text(), ""), AFTER).await;
        assert_eq!(
            db.rows("SELECT rowid, title, body, extra FROM notes ORDER BY 1").await,
            [["3", "one", "alpha", "NULL"], ["9", "two", "beta", "NULL"]]
        );
        assert_eq!(db.rows("SELECT docid FROM found WHERE found MATCH 'gamma'").await, [["4"]]);
        assert_eq!(db.rows("SELECT number, x0, x1 FROM boxes").await, [["7", "1.0", "2.0"]]);
    });
}

#[test]
fn a_column_that_a_virtual_table_loses_is_said_to_be_lost() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE VIRTUAL TABLE notes USING fts5 (title, body)", "INSERT INTO notes VALUES ('one', 'alpha')"])
            .await;
        let project = Project::with_models(db.url_text(), "");
        let script = becomes(&db, &project, "CREATE VIRTUAL TABLE notes USING fts5 (title);").await;
        assert!(script.contains("loses column notes.body and its values"), "{script}");
        assert_eq!(db.rows("SELECT * FROM notes").await, [["one"]]);
        let script = becomes(&db, &project, "").await;
        assert!(script.contains("drops virtual table notes and its rows"), "{script}");
    });
}

#[test]
fn words_alone_make_no_virtual_table_anew() {
    play(Engine::Sqlite, |db| async move {
        db.run(&["CREATE VIRTUAL TABLE notes USING fts5(title,body)"]).await;
        let project = Project::with_models(db.url_text(), "");
        assert_eq!(becomes(&db, &project, "create virtual table \"notes\" using FTS5 (title, body);").await, "");
    });
}

#[test]
fn models_leave_virtual_tables_alone() {
    play(Engine::Sqlite, |db| async move {
        db.run(&BEFORE).await;
        let models = "#[derive(Model)] #[model(table = \"post\")] \
            pub struct Post { #[model(primary_key)] pub id: i64, pub body: Option<String> }";
        let project = Project::with_models(db.url_text(), models);
        project.run("autogenerate -m nothing").ok();
        assert!(!project.path().join("migrations").exists() || project.run("heads").ok().stdout.trim().is_empty());
        let printed = project.run("models").ok().stdout;
        assert!(printed.contains("// - virtual table notes"), "{printed}");
    });
}

#[test]
fn an_index_gets_rows_of_its_own_while_the_columns_that_it_read_go() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "CREATE TABLE post (id INTEGER PRIMARY KEY, body TEXT)",
            "INSERT INTO post VALUES (4, 'gamma')",
            "CREATE VIRTUAL TABLE found USING fts5 (body, content='post', content_rowid='id')",
            "INSERT INTO found (found) VALUES ('rebuild')",
        ])
        .await;
        let wanted = "CREATE TABLE post (id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE found USING fts5 (title, text);";
        becomes(&db, &Project::with_models(db.url_text(), ""), wanted).await;
        assert_eq!(db.rows("SELECT id FROM post").await, [["4"]]);
        assert!(db.rows("SELECT title FROM found").await.is_empty());
    });
}
