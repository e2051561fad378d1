//! A database made by hand becomes models, the models find nothing to change in it, and in an empty database they build
//! what the server describes in the same words.

use std::cell::RefCell;

use rungs::dialect::splitter;
use rungs::schema::{DialectName, Schema, Verbatim};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

/// A database as it was loaded, and what was printed of it.
#[derive(Debug)]
struct Loaded {
    models: String,
    schema: Schema,
    words: Vec<String>,
}

#[test]
fn sqlite_goes_round() {
    round_trip(Engine::Sqlite, |_| vec![include_str!("round_trip/sqlite.sql")]);
}

#[test]
fn postgres_goes_round() {
    round_trip(Engine::Postgres, |_| vec![include_str!("round_trip/postgres.sql")]);
}

#[test]
fn mysql_goes_round() {
    round_trip(Engine::Mysql, |name| {
        let own = match name {
            DialectName::Mariadb => include_str!("round_trip/mariadb_only.sql"),
            _ => include_str!("round_trip/mysql_only.sql"),
        };
        vec![include_str!("round_trip/mysql.sql"), own]
    });
}

fn round_trip(engine: Engine, scripts: impl Fn(DialectName) -> Vec<&'static str>) {
    let loaded = RefCell::new(None);
    play(engine, async |db| {
        let name = db.dialect().await.version().name;
        *loaded.borrow_mut() = Some(load_and_print(&db, &scripts(name)).await);
    });
    let loaded = loaded.into_inner().expect("it was loaded");
    play(engine, async |db| {
        let name = db.dialect().await.version().name;
        build(&db, &loaded, &scripts(name)).await;
    });
}

/// Against the loaded database the models find nothing, however they were printed.
async fn load_and_print(db: &TestDb, scripts: &[&str]) -> Loaded {
    run(db, scripts, |_| true).await;
    let project = Project::with_models(db.url_text(), "");
    let models = project.run("models").ok().stdout;
    project.write("models.rs", &models);
    project.run("check").ok();
    project.run("autogenerate -m nothing").ok().says("no difference");
    assert!(project.revisions().is_empty());
    expect_compiled(db.engine, &models);

    project.write("all.sql", &scripts.join("\n"));
    assert_same(&models, &project.run("models --from file:all.sql").ok().stdout, "models, printed from the script");

    project.write("migrate.toml", "models = [\"apart\"]\n");
    project.run("models --out apart").ok().says("wrote apart/mod.rs");
    project.run("check").ok();
    project.run("models --out apart").code(2).complains("there already");
    Loaded { models, schema: nouns(db).await, words: words(db).await }
}

/// What is printed is what compiles below. `RUNGS_PRINT=1` writes it anew. What MySQL and MariaDB print depends on their
/// version, so that it is only read.
fn expect_compiled(engine: Engine, models: &str) {
    let (path, compiled) = match engine {
        Engine::Sqlite => ("tests/it/printed/sqlite.rs", include_str!("printed/sqlite.rs")),
        Engine::Postgres => ("tests/it/printed/postgres.rs", include_str!("printed/postgres.rs")),
        Engine::Mysql => return,
    };
    if std::env::var_os("RUNGS_PRINT").is_some() {
        std::fs::write(path, models).expect("the models are written");
    }
    assert_same(compiled, models, "text as it was compiled");
}

#[allow(dead_code, missing_docs, reason = "it is here to be compiled")]
#[rustfmt::skip]
#[path = "printed/sqlite.rs"]
mod sqlite_as_printed;

#[allow(dead_code, missing_docs, reason = "it is here to be compiled")]
#[rustfmt::skip]
#[path = "printed/postgres.rs"]
mod postgres_as_printed;

/// In an empty database the models build the same, with room for the same rows, and take it all back.
async fn build(db: &TestDb, loaded: &Loaded, scripts: &[&str]) {
    let project = Project::with_models(db.url_text(), "");
    project.write("models.rs", &loaded.models);
    let before = objects(db).await;
    project.run("autogenerate -m 'All of it' --apply").ok();
    assert_same(&format!("{:#?}", loaded.schema), &format!("{:#?}", nouns(db).await), "schema, as introspected");
    assert_same(&loaded.words.join("\n"), &words(db).await.join("\n"), "schema, in the server's words");
    project.run("check").ok();
    project.run("autogenerate -m nothing").ok().says("no difference");
    assert_eq!(project.revisions().len(), 1);
    for source in ["db", "rev:heads"] {
        let printed = project.run(&format!("models --from {source}")).ok().stdout;
        assert_same(without_comment(&loaded.models), without_comment(&printed), source);
    }
    run(db, scripts, |sql| sql.starts_with("INSERT") || sql.starts_with("UPDATE")).await;
    project.run("check").ok();
    project.run("downgrade base").ok();
    assert_eq!(db.introspect().await, Schema::default());
    assert_eq!(objects(db).await, before);
}

/// Runs those statements of the scripts that are wanted. What stands before a statement in comments does not count.
async fn run(db: &TestDb, scripts: &[&str], wanted: impl Fn(&str) -> bool) {
    let name = db.dialect().await.version().name;
    let mut connection = db.connect().await;
    for piece in scripts.iter().flat_map(|script| splitter::split(name, script).expect("statements")) {
        let statement = piece.sql.lines().skip_while(|line| line.starts_with("--") || line.trim().is_empty());
        if wanted(&statement.collect::<Vec<_>>().join("\n")) {
            connection.execute(piece.sql).await.unwrap_or_else(|error| panic!("{error}"));
        }
    }
    connection.close().await.expect("closed");
}

/// Without what models do not hold, and the wording of what they do.
async fn nouns(db: &TestDb) -> Schema {
    let mut schema = db.introspect().await;
    schema.definitions.clear();
    for table in &mut schema.tables {
        table.verbatim = None;
        table.indexes.iter_mut().for_each(|index| index.verbatim = Verbatim::default());
    }
    schema
}

fn without_comment(models: &str) -> &str {
    models.find("use rungs").map_or(models, |at| &models[at..])
}

fn assert_same(expected: &str, found: &str, what: &str) {
    let diff = similar::TextDiff::from_lines(expected, found);
    assert!(expected == found, "not the same {what}:\n{}", diff.unified_diff());
}

/// How the server describes tables, in its own words. SQLite has none but those that it was given.
async fn words(db: &TestDb) -> Vec<String> {
    match db.engine {
        Engine::Sqlite => Vec::new(),
        Engine::Postgres => {
            let rows = db.rows(include_str!("round_trip/postgres_words.sql")).await;
            rows.into_iter().map(|row| row.join(" | ")).collect()
        }
        Engine::Mysql => {
            let tables = db.rows("SHOW FULL TABLES WHERE Table_type <> 'VIEW'").await;
            let mut words = Vec::new();
            for table in tables.iter().filter(|row| !row[0].starts_with("rungs_l")) {
                let quoted = format!("`{}`", table[0].replace('`', "``"));
                let text = db.rows(&format!("SHOW CREATE TABLE {quoted}")).await[0][1].clone();
                // Where the counter stands is the rows' business, and what the database is called nobody's.
                let lines = text.lines().map(|line| match line.split_once(" AUTO_INCREMENT=") {
                    Some((before, after)) => format!("{before}{}", after.trim_start_matches(char::is_numeric)),
                    None => line.replace(&db.url.database(), "here"),
                });
                words.push(lines.collect::<Vec<_>>().join("\n"));
            }
            words
        }
    }
}

/// The names of all that is there, but for the ledger.
async fn objects(db: &TestDb) -> Vec<Vec<String>> {
    let sql = match db.engine {
        Engine::Sqlite => "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'",
        Engine::Postgres => {
            "SELECT 'relation', relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL \
             SELECT 'type', typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace ORDER BY 1, 2"
        }
        Engine::Mysql => "SHOW FULL TABLES",
    };
    let mut rows = db.rows(sql).await;
    rows.retain(|row| !row.iter().any(|word| word.trim_start_matches('_').starts_with("rungs_l")));
    rows
}
