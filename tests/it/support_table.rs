//! The table of docs/support.md says what the engines show: each cell is played.
//!
//! `support/*.sql` holds a section for each row, with up to four parts: `base` is there before, `object` is what the row
//! is about, `change` alters it, and `after` clears what a dropped database would leave behind.

use std::collections::BTreeMap;
use std::fmt;

use rungs::dialect::splitter;
use rungs::diff::{self, Definitions, Guide};
use rungs::plan;
use rungs::schema::{DialectName, Schema};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

#[derive(Debug, Default, Clone)]
struct Section {
    only: Option<DialectName>,
    parts: BTreeMap<&'static str, String>,
}

const PARTS: [&str; 4] = ["base", "object", "change", "after"];

impl Section {
    fn part(&self, part: &str) -> &str {
        self.parts.get(part).map_or("", String::as_str)
    }
}

fn sections(text: &str) -> BTreeMap<String, Section> {
    let mut found: BTreeMap<String, Section> = BTreeMap::new();
    let (mut title, mut part) = (String::new(), "base");
    for line in text.lines() {
        if let Some(next) = line.strip_prefix("-- == ") {
            title = next.to_owned();
            assert!(found.insert(title.clone(), Section::default()).is_none(), "{title} comes twice");
        } else if let Some(only) = line.strip_prefix("-- only ") {
            let name = DialectName::from_word(&only.to_lowercase());
            found.get_mut(&title).expect("a title").only = Some(name.expect("an engine"));
        } else if let Some(next) = line.strip_prefix("-- ").and_then(|word| PARTS.into_iter().find(|one| *one == word))
        {
            part = next;
        } else {
            let section = found.get_mut(&title).expect("a title");
            section.parts.entry(part).or_default().push_str(&format!("{line}\n"));
        }
    }
    found
}

/// What a row says of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks {
    introspect: bool,
    declare: bool,
    diff: bool,
    down: bool,
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marks = [self.introspect, self.declare, self.diff, self.down].map(|mark| if mark { "✓" } else { "✗" });
        f.write_str(&marks.join(" "))
    }
}

/// The cells of a column, by row; those with a dash are left out.
fn documented(column: &str) -> BTreeMap<String, String> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/support.md")).expect("the page");
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches(['|', ' ']).split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = page.lines().skip_while(|line| !line.starts_with("| object |"));
    let header = cells(lines.next().expect("the table"));
    let at = header.iter().position(|cell| cell == column).expect("the column");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells);
    rows.map(|row| (row[0].clone(), row[at].clone())).filter(|(_, cell)| cell != "–").collect()
}

#[test]
fn the_table_says_what_sqlite_shows() {
    table_is_true(Engine::Sqlite, "SQLite", include_str!("support/sqlite.sql"));
}

#[test]
fn the_table_says_what_postgres_shows() {
    table_is_true(Engine::Postgres, "PostgreSQL", include_str!("support/postgres.sql"));
}

#[test]
fn the_table_says_what_mysql_shows() {
    table_is_true(Engine::Mysql, "MariaDB, MySQL", include_str!("support/mysql.sql"));
}

fn table_is_true(engine: Engine, column: &str, text: &str) {
    let documented = documented(column);
    let sections = sections(text);
    let mut faults: Vec<String> = Vec::new();
    for row in documented.keys().filter(|row| !sections.contains_key(*row)) {
        faults.push(format!("{row}: nothing plays the cell"));
    }
    for (row, section) in &sections {
        let Some(cell) = documented.get(row) else {
            faults.push(format!("{row}: no such cell"));
            continue;
        };
        eprintln!("-- {row}");
        let Some(marks) = shown(engine, section) else { continue };
        // A note may follow the marks.
        if !cell.starts_with(&marks.to_string()) {
            faults.push(format!("{row}: the table says {cell}, and {column} shows {marks}"));
        }
    }
    assert!(faults.is_empty(), "docs/support.md does not tell the truth:\n{}", faults.join("\n"));
}

/// What an engine shows; `None` where this server has no such thing.
fn shown(engine: Engine, section: &Section) -> Option<Marks> {
    let mut found = None;
    play(engine, async |db| {
        let name = db.dialect().await.version().name;
        if section.only.is_some_and(|only| only != name) {
            return;
        }
        let mut states = vec![db.everything().await];
        for part in ["base", "object", "change"] {
            run(&db, section.part(part)).await;
            states.push(db.everything().await);
        }
        found = Some((states, printed(&db)));
        run(&db, section.part("after")).await;
    });
    let (states, project) = found?;
    if states[1] == states[2] || (states[2] == states[3] && !section.part("change").is_empty()) {
        return Some(Marks { introspect: false, declare: false, diff: false, down: false });
    }
    let (diff, down) = forth_and_back(engine, section, &states);
    let declare = is_declared(engine, section, &project, &states[3]);
    Some(Marks { introspect: true, declare, diff, down })
}

/// Models and SQL files, printed from a database, in which they find nothing.
fn printed(db: &TestDb) -> Project {
    let project = Project::with_models(db.url_text(), "");
    project.write("migrate.toml", "models = [\"models.rs\"]\nobjects = [\"db\"]\n");
    let models = project.run("models --objects db").ok().stdout;
    project.write("models.rs", &models);
    let ran = project.run("check");
    // Without a single model there is nothing to check.
    assert!(ran.code == 0 || !models.contains("derive"), "{}", ran.stderr);
    project
}

/// Whether what the differ plans turns one state into the next, and back, in a database that has the base.
fn forth_and_back(engine: Engine, section: &Section, states: &[Schema]) -> (bool, bool) {
    let mut outcome = (false, false);
    play(engine, async |db| {
        run(&db, section.part("base")).await;
        let mut plans = Vec::new();
        let mut is_there = true;
        for pair in states[1..].windows(2) {
            let Some(plan) = planned(&db, &pair[0], &pair[1]).await else { return };
            is_there &= attempt(&db, &plan.up).await && db.everything().await == pair[1];
            plans.push(plan);
        }
        let mut is_back = is_there;
        for (plan, pair) in plans.iter().zip(states[1..].windows(2)).rev() {
            is_back = is_back && attempt(&db, &plan.down).await && db.everything().await == pair[0];
        }
        if !is_back {
            run(&db, section.part("after")).await;
        }
        outcome = (is_there, is_back);
    });
    outcome
}

async fn planned(db: &TestDb, previous: &Schema, next: &Schema) -> Option<plan::Plan> {
    let dialect = db.dialect().await;
    let rules = dialect.features().rules.clone();
    let guide = Guide { rules, definitions: Definitions::All, access: true, ..Guide::default() };
    plan::plan(&diff::diff(previous, next, &guide), dialect.as_ref()).ok()
}

/// Whether models and SQL files that were printed from one database build the same in another one.
fn is_declared(engine: Engine, section: &Section, project: &Project, wanted: &Schema) -> bool {
    let mut is_same = false;
    play(engine, async |db| {
        let elsewhere = Project::with_models(db.url_text(), "");
        for path in files_below(project.path()) {
            let name = path.strip_prefix(project.path()).expect("below").display().to_string();
            elsewhere.write(&name, &std::fs::read_to_string(&path).expect("a readable file"));
        }
        std::fs::create_dir_all(elsewhere.path().join("db")).expect("a folder");
        let ran = elsewhere.run("autogenerate -m all --apply");
        // Shown where a cell turns out to be wrong.
        eprint!("{}", ran.stderr);
        is_same = ran.code == 0 && db.everything().await == *wanted;
        if is_same {
            run(&db, section.part("after")).await;
        }
    });
    is_same
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

async fn run(db: &TestDb, script: &str) {
    let name = db.dialect().await.version().name;
    let mut connection = db.connect().await;
    for piece in splitter::split(name, script).expect("statements") {
        connection.execute(piece.sql).await.unwrap_or_else(|error| panic!("{error}"));
    }
    connection.close().await.expect("closed");
}

async fn attempt(db: &TestDb, statements: &[rungs::dialect::Statement]) -> bool {
    let mut connection = db.connect().await;
    let mut is_fine = true;
    for statement in statements {
        is_fine = is_fine && connection.execute(&statement.sql).await.is_ok();
    }
    connection.close().await.expect("closed");
    is_fine
}
