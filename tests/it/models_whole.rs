//! `models --objects` gives a whole database back: what it writes finds nothing to change there, and in an empty database
//! it builds what the server describes in the same words.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use rungs::dialect::splitter;
use rungs::schema::{DialectName, Schema};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

const PROJECT: &str = "models = [\"models.rs\"]\nobjects = [\"db/objects\"]\n";

/// A database as it was loaded, and what was written of it: files by their path.
#[derive(Debug)]
struct Written {
    files: BTreeMap<String, String>,
    schema: Schema,
    words: Vec<String>,
}

#[test]
fn sqlite_is_given_back_whole() {
    goes_round(Engine::Sqlite, |_| vec![include_str!("whole/sqlite.sql")]);
}

#[test]
fn postgres_is_given_back_whole() {
    goes_round(Engine::Postgres, |_| vec![include_str!("whole/postgres.sql")]);
}

#[test]
fn mysql_is_given_back_whole() {
    goes_round(Engine::Mysql, |name| match name {
        DialectName::Mariadb => vec![include_str!("whole/mysql.sql"), include_str!("whole/mariadb_only.sql")],
        _ => vec![include_str!("whole/mysql.sql")],
    });
}

fn goes_round(engine: Engine, scripts: impl Fn(DialectName) -> Vec<&'static str>) {
    let written = RefCell::new(None);
    play(engine, async |db| {
        let name = db.dialect().await.version().name;
        load(&db, name, &scripts(name)).await;
        *written.borrow_mut() = Some(write(&db, name).await);
    });
    let written = written.into_inner().expect("it was written");
    play(engine, async |db| build(&db, &written).await);
}

async fn load(db: &TestDb, name: DialectName, scripts: &[&str]) {
    let mut connection = db.connect().await;
    for piece in scripts.iter().flat_map(|script| splitter::split(name, script).expect("statements")) {
        connection.execute(piece.sql).await.unwrap_or_else(|error| panic!("{error}"));
    }
    connection.close().await.expect("closed");
}

async fn write(db: &TestDb, name: DialectName) -> Written {
    let project = Project::with_models(db.url_text(), "");
    project.write("migrate.toml", "models = [\"models.rs\"]\n");
    let ran = project.run("models --objects db/objects").ok().complains("objects = [\"db/objects\"]");
    assert!(!ran.stdout.contains("Left out"), "{}", ran.stdout);
    project.write("migrate.toml", PROJECT);
    project.write("models.rs", &ran.stdout);
    project.run("check").ok();
    project.run("autogenerate -m nothing").ok().says("no difference");
    assert!(project.revisions().is_empty());

    let objects = files_below(&project.path().join("db/objects"), "db/objects");
    for (path, text) in &objects {
        assert_eq!(objects_created(name, text).len(), 1, "{path}:\n{text}");
        assert!(ran.stderr.contains(&format!("wrote {path}\n")), "{path} is not told:\n{}", ran.stderr);
    }
    project.run("models --objects db/objects").code(2).complains("there already");
    let json = project.run("models --objects again --format json").ok().json();
    assert_eq!(json["models"].as_str(), Some(ran.stdout.as_str()));
    assert_eq!(json["written"].as_array().map(Vec::len), Some(objects.len()));
    // The same with a file for each table.
    project.write("migrate.toml", "models = [\"apart\"]\nobjects = [\"apart_objects\"]\n");
    project
        .run("models --out apart --objects apart_objects")
        .ok()
        .says("wrote apart/mod.rs")
        .says("wrote apart_objects/");
    project.run("check").ok();

    let mut files = objects;
    files.insert("models.rs".to_owned(), ran.stdout);
    Written { files, schema: db.everything().await, words: words(db).await }
}

/// What the statements of a file create: routines that share a name, and a view with its indexes, are one thing.
fn objects_created(name: DialectName, text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in splitter::split(name, text).expect("statements") {
        let words = splitter::words(name, piece.sql);
        match splitter::creation(&words) {
            Some(creation) if creation.kind == "index" => {}
            Some(creation) => {
                found.push(format!("{} {:?}", creation.kind, creation.name.map(|(_, name)| name.text().to_owned())));
            }
            // A file may hold grants alone, where a model creates what they are about.
            None if found.is_empty()
                && ["grant", "revoke"].iter().any(|word| words[0].text().eq_ignore_ascii_case(word)) =>
            {
                found.push("grants".to_owned());
            }
            None => {}
        }
    }
    found.dedup();
    found
}

/// In an empty database it builds the same, and takes it all back.
async fn build(db: &TestDb, written: &Written) {
    let project = Project::with_models(db.url_text(), "");
    project.write("migrate.toml", PROJECT);
    for (path, text) in &written.files {
        project.write(path, text);
    }
    let before = words(db).await;
    project.run("autogenerate -m 'All of it' --apply").ok();
    assert_same(&written.words.join("\n"), &words(db).await.join("\n"), "in the server's words");
    assert_same(&format!("{:#?}", written.schema), &format!("{:#?}", db.everything().await), "as introspected");
    project.run("check").ok();
    project.run("autogenerate -m nothing").ok().says("no difference");
    assert_eq!(project.revisions().len(), 1);
    let again = project.run("models --objects again").ok().stdout;
    assert_same(&written.files["models.rs"], &again, "models");
    let mut same = files_below(&project.path().join("again"), "db/objects");
    same.insert("models.rs".to_owned(), again);
    assert_eq!(same, written.files);
    project.run("downgrade base").ok();
    assert_same(&before.join("\n"), &words(db).await.join("\n"), "after the way back");
}

fn files_below(folder: &Path, shown: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for kind in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        for file in std::fs::read_dir(&kind).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let below = file.strip_prefix(folder).expect("below").display().to_string();
            found.insert(format!("{shown}/{below}"), std::fs::read_to_string(&file).expect("a readable file"));
        }
    }
    found
}

/// All that is there, as the server tells it.
async fn words(db: &TestDb) -> Vec<String> {
    match db.engine {
        Engine::Sqlite => {
            let sql = "SELECT type || ' ' || name || ' ' || CASE WHEN type IN ('view', 'trigger') THEN sql ELSE '' END \
                       FROM sqlite_schema WHERE name NOT LIKE '%rungs_l%' AND name <> 'sqlite_sequence' ORDER BY 1";
            db.rows(sql).await.into_iter().flatten().collect()
        }
        Engine::Postgres => {
            let rows = db.rows(include_str!("whole/postgres_words.sql")).await;
            rows.into_iter().map(|row| row.join(" | ")).collect()
        }
        Engine::Mysql => of_mysql(db).await,
    }
}

async fn of_mysql(db: &TestDb) -> Vec<String> {
    let mut found = Vec::new();
    let names = "SELECT 'TABLE', table_name, '' FROM information_schema.tables WHERE table_schema = database() \
                 AND table_type <> 'VIEW' AND table_name NOT LIKE 'rungs\\_l%' UNION ALL \
                 SELECT 'VIEW', table_name, '' FROM information_schema.views WHERE table_schema = database() UNION ALL \
                 SELECT routine_type, routine_name, '' FROM information_schema.routines \
                     WHERE routine_schema = database() UNION ALL \
                 SELECT 'TRIGGER', trigger_name, action_order FROM information_schema.triggers \
                     WHERE trigger_schema = database() UNION ALL \
                 SELECT 'EVENT', event_name, '' FROM information_schema.events WHERE event_schema = database() \
                 ORDER BY 1, 2";
    for row in db.rows(names).await {
        let shown = db.rows(&format!("SHOW CREATE {} `{}`", row[0], row[1])).await;
        let text = shown[0].iter().find(|text| text.to_uppercase().starts_with("CREATE")).cloned().unwrap_or_default();
        let text = match text.split_once(" AUTO_INCREMENT=") {
            Some((before, after)) => format!("{before}{}", after.trim_start_matches(char::is_numeric)),
            None => text,
        };
        found.push(format!("{} {} {}", row[1], row[2], text.replace(&db.url.database(), "here")));
    }
    found
}

fn assert_same(expected: &str, found: &str, what: &str) {
    let diff = similar::TextDiff::from_lines(expected, found);
    assert!(expected == found, "not the same {what}:\n{}", diff.unified_diff());
}
