//! What is wrong in files and calls: one clear error that says where and what to do next, exit code 2, and nothing
//! written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::Project;

pub const USERS: &str = "#[derive(Model)]\n#[model(table = \"users\")]\npub struct User {\n    #[model(primary_key)]\n    pub id: i64,\n}\n";

/// What no output may show. Written so that it is found percent-encoded as well.
pub const PASSWORD: &str = "S3cretWord";

/// Demands that a call fails as it should, with all of these words, in both formats, and that no file changes.
#[track_caller]
pub fn refuses(project: &Project, line: &str, words: &[&str]) -> Value {
    let before = files(project.path());
    let text = project.run(line).code(2);
    assert_eq!(text.stdout, "", "migrate {line} prints data beside its error");
    let json = project.run(&format!("{line} --format json")).code(2);
    let value = json.json();
    let error = &value["error"];
    assert_eq!(value.as_object().map(serde_json::Map::len), Some(1), "{value}");
    assert!(error["code"].is_string() && error["message"].is_string(), "{value}");
    assert!(error.as_object().is_some_and(|error| error.contains_key("help")), "{value}");
    let is_help = |one: &Value| one["help"].as_str().is_some_and(|help| !help.is_empty());
    let related = error["related"].as_array().cloned().unwrap_or_default();
    assert!(is_help(error) || related.iter().any(is_help), "migrate {line} does not say what to do next: {value}");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said =
        |one: &Value| format!("{} {} ", one["message"].as_str().unwrap_or(""), one["help"].as_str().unwrap_or(""));
    let all = flat(&std::iter::once(error).chain(&related).map(said).collect::<String>());
    for word in words {
        assert!(flat(&text.stderr).contains(word), "migrate {line}\nlacks: {word}\n{}", text.stderr);
        assert!(all.contains(word), "migrate {line} --format json\nlacks: {word}\n{all}");
    }
    for output in [&text.stdout, &text.stderr, &json.stdout, &json.stderr] {
        assert!(!output.contains(PASSWORD), "migrate {line} shows a password: {output}");
        assert!(!output.contains("error: error"), "{output}");
    }
    assert_eq!(files(project.path()), before, "migrate {line} changed files");
    value
}

/// Every file below a folder, with its content; of a database only when it was changed, since to open and close an
/// SQLite file takes away the locks that this process has on it.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
            found.insert(path, String::new());
        } else if path.extension().is_some_and(|extension| extension == "db") {
            let metadata = path.metadata().expect("a file");
            found.insert(path, format!("{} {:?}", metadata.len(), metadata.modified()));
        } else {
            let text = std::fs::read_to_string(&path).expect("a file");
            found.insert(path, text);
        }
    }
    found
}

/// A project on an SQLite file that is not there.
pub fn project(models: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\n");
    project.write_models(models);
    project
}

pub fn revision(project: &Project, id: &str, parents: &str, up: &str, down: &str) {
    let text = format!(
        "-- About {id}\n--\n-- revision = \"{id}\"\n-- down_revision = [{parents}]\n\n-- migrate:up\n{up}\n\n-- migrate:down\n{down}\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

#[test]
fn models_that_do_not_parse() {
    let project = project("pub struct User {\n    pub id: i64,\n");
    let value = refuses(&project, "autogenerate -m first", &["models.rs:2:17", "not closed"]);
    assert_eq!(value["error"]["related"][0]["code"], "models::fault");
    refuses(&project, "check", &["models.rs:2:17"]);
}

#[test]
fn all_faults_of_the_models_come_in_one_run_each_with_its_line() {
    let models = "#[derive(Model)]\n#[model(colour = \"red\")]\npub struct User {\n\t#[model(primary_key, lenght = 3)]\n\tpub id: i64,\n\t/* größe */ pub größe: Strange<u8>,\n\t#[model(references(Nobody::id))]\n\tpub other: i64,\n}\n";
    let project = project(models);
    let words = [
        "models.rs:3:9",
        "`colour`",
        "models.rs:5:23",
        "did you mean `length`?",
        "`Strange<u8>`",
        "`Nobody`",
        "4 faults",
    ];
    let value = refuses(&project, "autogenerate -m first", &words);
    assert_eq!(value["error"]["related"].as_array().map(Vec::len), Some(4));
    let text = project.run("check").code(2).stderr;
    // A column is counted in characters, and the mark stands below what it marks, tabs and umlauts or not.
    assert!(text.contains("--> models.rs:7:25"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.contains("größe: Strange")).expect("the source line");
    let column = |line: &str, what: &str| line.find(what).map(|byte| line[..byte].chars().count());
    assert_eq!(column(lines[at], "Strange<u8>"), column(lines[at + 1], "^^^^^^^^^^^"), "{text}");
    assert!(text.ends_with("error: the models cannot be read: 4 faults\n"), "{text}");
}

#[test]
fn two_models_for_one_table() {
    let project = project(&format!("{USERS}{}", USERS.replace("User", "Other")));
    refuses(&project, "check", &["two models for the table `users`", "models.rs:4:12", "Other"]);
}

#[test]
fn a_reference_to_a_missing_column() {
    let post = "#[derive(Model)]\npub struct Post {\n    #[model(primary_key)]\n    pub id: i64,\n    #[model(references(User::nosuch))]\n    pub user_id: i64,\n}\n";
    refuses(&project(&format!("{USERS}{post}")), "check", &["models.rs:12:13", "nosuch"]);
}

#[test]
fn models_that_are_not_there() {
    let project = project(USERS);
    std::fs::remove_file(project.path().join("models.rs")).expect("removed");
    refuses(&project, "autogenerate -m first", &["models.rs", "migrate.toml"]);
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\n");
    refuses(&project, "autogenerate -m first", &["no models are configured", "models = ["]);
}

#[test]
fn no_project() {
    let project = Project::empty();
    for line in ["heads", "current", "upgrade heads", "autogenerate -m first"] {
        refuses(&project, line, &["no migrate.toml", "migrate init"]);
    }
}

#[test]
fn a_configuration_with_faults() {
    let project = project(USERS);
    project.write("migrate.toml", "models = [\"models.rs\"]\n");
    refuses(&project, "current", &["no database is configured", "database_url"]);
    let secret = format!("database_url = \"postgres://me:{PASSWORD}@${{RUNGS_NO_SUCH}}/x\"\n");
    project.write("migrate.toml", &format!("models = []\n{secret}"));
    refuses(&project, "current", &["migrate.toml:2: the environment variable RUNGS_NO_SUCH is not set", ":-"]);
    project.write("migrate.toml", &format!("database_url = \"sqlite://a.db\"\n[env.production]\n{secret}"));
    refuses(&project, "heads --env staging", &["there is no [env.staging]", "production"]);
    for (text, line) in [("modles = []\n", 1), ("models = [\n[env\n", 2)] {
        project.write("migrate.toml", &format!("{secret}{text}"));
        let ran = project.run("heads").code(2).complains(&format!("migrate.toml:{}", line + 1));
        assert!(!ran.stderr.contains(PASSWORD), "{}", ran.stderr);
    }
    project.write("migrate.toml", &format!("models = \"postgres://me:{PASSWORD}@h/x\"\n"));
    let ran = project.run("heads").code(2).complains("migrate.toml:1");
    assert!(!ran.stderr.contains(PASSWORD), "{}", ran.stderr);
}

#[test]
fn calls_that_do_not_fit() {
    let project = project(USERS);
    for line in ["heads --nosuch", "nosuch", "upgrade", "autogenerate", "db"] {
        let json = project.run(&format!("{line} --format json")).code(2);
        assert_eq!(json.json()["error"]["code"], "config::usage", "{line}");
        assert_eq!(json.stderr, "", "{line}");
        project.run(line).code(2).complains("Usage:");
    }
    refuses(&project, "models --from models", &["structs cannot be printed from `models`", "db:URL"]);
    refuses(&project, "models --from nonsense", &["`nonsense` is not a source", "rev:TARGET"]);
    refuses(&project, "models --from file:none.sql", &["cannot read none.sql", "check the name"]);
    let url = format!("postgres://me:{PASSWORD}@h/x");
    refuses(&project, &format!("diff --from {url} --to empty"), &["not a source", "write db:postgres://me@h/x"]);
    refuses(&project, &format!("diff --from db:{url} --to db:mysql://h/x"), &["cannot be compared", "same engine"]);
    refuses(&project, &format!("heads {url}"), &["unexpected argument"]);
    refuses(&project, &format!("upgrade {url}"), &["is not a target"]);
    refuses(&project, &format!("upgrade {url} --sql"), &["is not a target", "it is no range FROM:TO"]);
}

#[test]
fn revision_files_with_faults() {
    let project = project(USERS);
    revision(&project, "a", "\"zz\"", "SELECT 1;", "");
    revision(&project, "b", "", "SELECT 1;", "");
    project
        .write("migrations/b2.sql", &std::fs::read_to_string(project.path().join("migrations/b.sql")).expect("text"));
    let words = [
        "migrations/a.sql:4: revision a revises zz, which no file has",
        "migrations/b2.sql:3: revision b is also in migrations/b.sql:3",
    ];
    for line in ["heads", "upgrade heads", "downgrade base", "autogenerate -m x", "revision -m x", "check"] {
        let value = refuses(&project, line, &words);
        assert_eq!(value["error"]["related"].as_array().map(Vec::len), Some(2));
    }
    project
        .write("migrations/c.sql", "-- About c\n--\n-- revision = \"c\"\n-- down_revision = [\"b\"\n-- colour = 1\n");
    refuses(&project, "heads", &["migrations/c.sql:"]);
    std::fs::remove_file(project.path().join("migrations/c.sql")).expect("removed");
    project.write(
        "migrations/d.sql",
        "-- About d\n--\n-- revision = \"d\"\n-- colour = 1\n\n-- migrate:up\n-- migrate:down\n",
    );
    refuses(&project, "heads", &["migrations/d.sql:4", "colour"]);
}

#[test]
fn targets_that_lead_nowhere() {
    let project = project(USERS);
    revision(&project, "ab1", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "ab2", "\"ab1\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    project.run("upgrade ab1").ok();
    refuses(&project, "upgrade nosuch", &["`nosuch`", "migrate history"]);
    refuses(&project, "upgrade ab", &["`ab` is ambiguous", "ab1", "ab2", "write more of the id"]);
    refuses(&project, "upgrade +5", &["4 steps too far"]);
    refuses(&project, "upgrade head@", &["is not a target"]);
    project.run("downgrade base").ok();
    refuses(&project, "downgrade base", &["nothing is applied", "migrate current"]);
    project.run("upgrade heads").ok();
    std::fs::remove_file(project.path().join("migrations/ab2.sql")).expect("removed");
    refuses(&project, "downgrade base", &["no file describes: ab2 (About ab2), applied at 2", "another checkout"]);
    refuses(&project, "autogenerate -m x", &["no file describes: ab2 (About ab2), applied at 2"]);
    project.run("check").code(1).says("applied, but without a file: ab2").complains("bring the files");
}

#[test]
fn sql_that_cannot_be_run_is_refused_before_anything_runs() {
    let project = project(USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "INSERT INTO a\nVALUES ('it);", "");
    revision(&project, "c", "\"b\"", "COMMIT;", "");
    let value = refuses(
        &project,
        "upgrade heads",
        &[
            "migrations/b.sql:8: revision b: the string that begins here",
            "migrations/c.sql:7",
            "COMMIT",
            "for 2 reasons",
        ],
    );
    assert_eq!(value["error"]["code"], "apply::refused");
    project.run("current --format json").ok().says("\"applied\": []");
}

#[test]
fn places_that_cannot_be_written() {
    let project = project(USERS);
    project.write("migrations", "a file, not a folder");
    refuses(&project, "autogenerate -m x", &["migrations", "check that it is one"]);
    refuses(&project, "revision -m x", &["migrations"]);
    refuses(&project, "heads", &["migrations"]);
    refuses(&project, "init models.rs/below", &["models.rs/below", "check the name"]);
    project.write(
        "migrate.toml",
        "database_url = \"sqlite://models.rs/x/app.db\"\nmodels = [\"models.rs\"]\nmigrations = \"models.rs/m\"\n",
    );
    refuses(&project, "db create", &["models.rs/x", "who may write there"]);
    refuses(&project, "upgrade heads", &["models.rs"]);
    refuses(&project, "autogenerate -m x", &["models.rs/m"]);
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\n");
    std::fs::remove_file(project.path().join("migrations")).expect("removed");
    project.run("autogenerate -m x --apply").ok();
    refuses(&project, "models --from db --out models.rs/below", &["models.rs/below"]);
}

#[test]
fn a_missing_sqlite_file_is_created_by_upgrade_alone() {
    let project = project(USERS);
    project.write("migrate.toml", "database_url = \"sqlite://deep/down/app.db\"\nmodels = [\"models.rs\"]\n");
    project.run("autogenerate -m first").ok();
    let file = project.path().join("deep/down/app.db");
    project.run("current").ok().complains("nothing is applied");
    project.run("check").code(1);
    project.run("db exists").code(1).says("there is no database at");
    refuses(&project, "downgrade base", &["there is no database at", "migrate db create"]);
    project.write("migrations/x.sql", "");
    refuses(&project, "upgrade heads", &["migrations/x.sql"]);
    std::fs::remove_file(project.path().join("migrations/x.sql")).expect("removed");
    refuses(&project, "db drop --yes", &["there is no database at"]);
    assert!(!file.exists() && !project.path().join("deep").exists());
    project.run("upgrade heads").ok();
    assert!(file.exists());
    project.run("db exists").ok().says("there is a database at");
}
