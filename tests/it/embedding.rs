//! Programs that carry their revisions with them.

use std::sync::{Arc, Mutex};

use rungs::apply::Event;
use rungs::db::Connect;
use rungs::error::{Error, RevisionError};
use rungs::{Embedded, Migrator, testing};
use sqlx::mysql::MySqlPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

static REVISIONS: Embedded = rungs::embed!("tests/it/embedded");

async fn pool(db: &TestDb) -> Box<dyn Connect> {
    let url = db.url_text();
    match db.engine {
        Engine::Sqlite => Box::new(SqlitePoolOptions::new().connect(url).await.unwrap()),
        Engine::Postgres => Box::new(PgPoolOptions::new().max_connections(1).connect(url).await.unwrap()),
        Engine::Mysql => Box::new(MySqlPoolOptions::new().max_connections(1).connect(url).await.unwrap()),
    }
}

fn ids(report: &rungs::apply::Report) -> Vec<&str> {
    report.steps.iter().map(|step| step.revision.as_str()).collect()
}

/// What the files' own command line would have done.
fn by_command(url: &str, line: &str) -> Project {
    let project = Project::with_models(url, "");
    for (path, text) in REVISIONS.files() {
        project.write(&path.replace("tests/it/embedded", "migrations"), text);
    }
    project.run(line).ok();
    project
}

on_every_engine!(a_pool_is_upgraded_as_the_command_does_it, |db| async move {
    let pool = pool(&db).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let teller = Arc::clone(&told);
    let migrator = Migrator::new(&REVISIONS).unwrap().runner("the program").on_event(move |event| {
        if let Event::Finished { revision, direction, .. } = event {
            teller.lock().unwrap().push(format!("{direction} {}", revision.id));
        }
    });
    assert_eq!(migrator.pending(&*pool).await.unwrap(), ["users", "orders"]);
    assert_eq!(ids(&migrator.upgrade(&*pool, "users").await.unwrap()), ["users"]);
    assert_eq!(migrator.pending(&*pool).await.unwrap(), ["orders"]);
    assert_eq!(ids(&migrator.upgrade(&*pool, "heads").await.unwrap()), ["orders"]);
    assert_eq!(ids(&migrator.upgrade(&*pool, "heads").await.unwrap()), [""; 0]);
    assert_eq!(*told.lock().unwrap(), ["up users", "up orders"]);
    assert_eq!(db.rows("SELECT runner FROM rungs_log GROUP BY runner").await, [["the program"]]);
    // The command sees what the program did, and the other way round.
    let project = by_command(db.url_text(), "current --check-heads");
    assert_eq!(db.rows("SELECT name FROM users").await, [["Ann"]]);
    project.run("downgrade users").ok();
    assert_eq!(migrator.pending(&*pool).await.unwrap(), ["orders"]);
    assert_eq!(ids(&migrator.downgrade(&*pool, "base").await.unwrap()), ["users"]);
    let error = migrator.downgrade(&*pool, "base").await.unwrap_err().to_string();
    assert!(error.contains("nothing is applied"), "{error}");
    assert!(db.introspect().await.tables.iter().all(|table| table.name.name.starts_with("rungs_")));
});

#[test]
fn a_database_in_memory_is_the_pools() {
    play(Engine::Sqlite, |_| async move {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
        Migrator::new(&REVISIONS).unwrap().upgrade(&pool, "heads").await.unwrap();
        let (name,): (String,) = sqlx::query_as("SELECT name FROM users").fetch_one(&pool).await.unwrap();
        assert_eq!(name, "Ann");
        // As sqlx has set it, so that nobody notices that the connection was lent.
        let (on,): (i64,) = sqlx::query_as("PRAGMA foreign_keys").fetch_one(&pool).await.unwrap();
        assert_eq!(on, 1);
        let orphan = sqlx::query("INSERT INTO orders VALUES (1, 2)").execute(&pool).await;
        assert!(orphan.unwrap_err().to_string().contains("FOREIGN KEY"));
    });
}

#[test]
fn a_program_that_was_built_before_a_file_was_added_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let root: &'static str = folder.path().to_str().unwrap().to_owned().leak();
    std::fs::create_dir_all(folder.path().join("migrations/later")).unwrap();
    for (path, text) in REVISIONS.files() {
        std::fs::write(folder.path().join(path.replace("tests/it/embedded", "migrations")), text).unwrap();
    }
    let files: Vec<(&'static str, &'static str)> = REVISIONS
        .files()
        .iter()
        .map(|(path, text)| (&*path.replace("tests/it/embedded", "migrations").leak(), *text))
        .collect();
    let embedded = Embedded::new(root, &["migrations"], files.leak());
    assert_eq!(embedded.history().unwrap().revisions().len(), 2);
    std::fs::write(folder.path().join("migrations/3_new.sql"), "-- New\n").unwrap();
    let Err(RevisionError::NotEmbedded { files }) = embedded.history() else { panic!("it was built without a file") };
    assert!(files[0].ends_with("migrations/3_new.sql"), "{files:?}");
}

#[test]
fn faults_of_files_in_a_program_are_told_with_their_lines() {
    let text = "-- One\n--\n-- revision = \"one\"\n-- down_revision = [\"two\"]\n\n-- migrate:up\n\n-- migrate:down\n";
    let embedded = Embedded::new("/nowhere", &["migrations"], Vec::leak(vec![("migrations/one.sql", text)]));
    let Err(Error::Revision(RevisionError::Invalid { faults })) = Migrator::new(&embedded) else { panic!("no parent") };
    assert!(faults[0].to_string().starts_with("migrations/one.sql:4"), "{faults:?}");
}

/// A file of models, to be compared with the revisions.
fn models(orders: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.rs");
    let text = format!(
        "#[derive(Model)]\n#[model(table = \"users\")]\npub struct User {{\n    #[model(primary_key)]\n    pub id: i64,\n    \
         #[model(length = 40)]\n    pub name: String,\n}}\n\n#[derive(Model)]\n#[model(table = \"orders\")]\npub struct \
         Order {{\n    #[model(primary_key)]\n    pub id: i64,\n    #[model(references(User::id))]\n    pub user_id: i64,\n\
         {orders}}}\n"
    );
    std::fs::write(&path, text).unwrap();
    (folder, path.display().to_string())
}

#[test]
fn models_and_revisions_are_compared_in_one_line() {
    for engine in [Engine::Postgres, Engine::Mysql] {
        play(engine, |db| async move {
            let (_folder, path) = models("");
            testing::assert_agree(&REVISIONS, &[&path], db.url_text()).await;
            let (_folder, path) = models("    pub total: i64,\n");
            let differences = testing::differences(&REVISIONS, &[&path], db.url_text()).await.unwrap();
            assert!(differences.len() == 1 && differences[0].contains("total"), "{differences:?}");
            assert!(db.introspect().await.tables.is_empty(), "the database itself is left alone");
        });
    }
}

#[test]
#[should_panic(expected = "models and revisions do not agree: run `migrate autogenerate`")]
fn a_test_fails_where_they_do_not_agree() {
    play(Engine::Sqlite, |_| async move {
        let (_folder, path) = models("    pub total: i64,\n");
        testing::assert_agree(&REVISIONS, &[&path], "sqlite::memory:").await;
    });
}
