//! A law: what `autogenerate` writes is understood as a whole, and its footprint names what its changes name.
//!
//! `RUNGS_LAW_CASES` sets how many cases are played on each engine, `RUNGS_LAW_SEED` plays one case again.

use std::collections::BTreeSet;

use rungs::authoring;
use rungs::diff::change::{AlterTable, Change, Edit};
use rungs::footprint::{Footprint, Kind, Touch, Way};
use rungs::plan;
use rungs::revision::Revision;
use rungs::schema::{Declared, DialectName, ObjectName};

use crate::command::Project;
use crate::footprint_support::{footprint, told};
use crate::harness::{Engine, TestDb, play};
use crate::law_generator::{Random, declared};
use crate::on_every_engine;

#[test]
fn generated_revisions_are_understood_on_sqlite() {
    play_cases(Engine::Sqlite, 60);
}

#[test]
fn generated_revisions_are_understood_on_postgres() {
    play_cases(Engine::Postgres, 15);
}

#[test]
fn generated_revisions_are_understood_on_mysql() {
    play_cases(Engine::Mysql, 15);
}

fn play_cases(engine: Engine, cases: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("RUNGS_LAW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("RUNGS_LAW_CASES").unwrap_or(cases) + 1,
    };
    play(engine, move |db| async move {
        for seed in seeds {
            let mut random = Random::new(seed);
            let (a, b) = (declared(&mut random, engine), declared(&mut random, engine));
            let (up, down) = scripts_to(&db, &a, seed).await;
            run(&db, &up).await;
            scripts_to(&db, &b, seed).await;
            run(&db, &down).await;
        }
    });
}

/// What leads to the models, and back, having looked at both.
async fn scripts_to(db: &TestDb, declared: &Declared, seed: u64) -> (String, String) {
    let mut connection = db.connect().await;
    let comparison = authoring::compare(&mut connection, &db.url, declared, |_| true).await.expect("a comparison");
    connection.close().await.expect("closed");
    let dialect = comparison.dialect.version().name;
    let plan = plan::plan(&comparison.changes, comparison.dialect.as_ref()).expect("a plan");
    let (up, down) = (plan::script(&plan.up, dialect), plan::script(&plan.down, dialect));
    let back: Vec<Change> = comparison.changes.iter().rev().cloned().map(Change::reversed).collect();
    check(dialect, &up, &comparison.changes, seed);
    check(dialect, &down, &back, seed);
    (up, down)
}

async fn run(db: &TestDb, script: &str) {
    let dialect = db.dialect().await.version().name;
    let pieces = rungs::dialect::splitter::split(dialect, script).expect("statements");
    let first = (db.engine == Engine::Sqlite).then_some("PRAGMA foreign_keys = OFF");
    let statements: Vec<&str> = first.into_iter().chain(pieces.iter().map(|piece| piece.sql)).collect();
    db.run(&statements).await;
}

fn check(dialect: DialectName, script: &str, changes: &[Change], seed: u64) {
    let footprint = footprint(dialect, script);
    let touches: Vec<String> = footprint.touches().iter().map(told).collect();
    let context = || format!("RUNGS_LAW_SEED={seed} {dialect}\n{script}\n{touches:#?}");
    assert_eq!(footprint.doubts(), [], "{}", context());
    check_columns(&footprint, changes, &context);
    let created: BTreeSet<&ObjectName> = changes.iter().filter_map(created).collect();
    for change in changes {
        match change {
            Change::CreateTable { next } => {
                assert!(is_touched(&footprint, &next.name, &[Way::Created]), "{} {}", next.name, context());
            }
            Change::DropTable { previous } => {
                assert!(is_touched(&footprint, &previous.name, &[Way::Dropped]), "{} {}", previous.name, context());
            }
            // A key of a new table may have to wait for another table; its parts are not told apart from it.
            Change::AlterTable(alter) if created.contains(&alter.previous.name) => {}
            Change::AlterTable(alter) => check_edits(&footprint, alter, dialect, &context),
            _ => {}
        }
    }
}

fn created(change: &Change) -> Option<&ObjectName> {
    match change {
        Change::CreateTable { next } => Some(&next.name),
        Change::DropTable { previous } => Some(&previous.name),
        _ => None,
    }
}

fn check_edits(footprint: &Footprint, alter: &AlterTable, dialect: DialectName, context: &dyn Fn() -> String) {
    let table = &alter.previous.name;
    assert!(footprint.tables().contains(table), "{table} {}", context());
    let is_rebuilt = dialect == DialectName::Sqlite && is_touched(footprint, table, &[Way::Rebuilt]);
    for edit in &alter.edits {
        let Edit::Column { delta, .. } = edit else { continue };
        let column = delta.previous().or(delta.next()).expect("a side");
        let named = |touch: &Touch| {
            touch.object.kind == Kind::Column
                && touch.object.table.as_ref() == Some(table)
                && touch.object.name.name == column.name
                && touch.way != Way::Referenced
        };
        // What a table that is built anew does not fill from its old rows is new; what has gone it does not name.
        if !(is_rebuilt && delta.previous().is_some()) {
            assert!(footprint.touches().iter().any(named), "{table}.{} {}", column.name, context());
        }
    }
}

/// No column comes or goes but those of the changes.
fn check_columns(footprint: &Footprint, changes: &[Change], context: &dyn Fn() -> String) {
    let mut edited = BTreeSet::new();
    for change in changes {
        let Change::AlterTable(alter) = change else { continue };
        for edit in &alter.edits {
            let Edit::Column { delta, .. } = edit else { continue };
            edited.extend(
                [delta.previous(), delta.next()].into_iter().flatten().map(|one| (&alter.previous.name, &one.name)),
            );
        }
    }
    for touch in footprint.touches() {
        let (Some(table), Way::Created | Way::Dropped) = (&touch.object.table, &touch.way) else { continue };
        let is_edited = touch.object.kind != Kind::Column || edited.contains(&(table, &touch.object.name.name));
        assert!(is_edited, "{} {}", touch.object, context());
    }
}

fn is_touched(footprint: &Footprint, table: &ObjectName, ways: &[Way]) -> bool {
    let is_it = |touch: &&Touch| touch.object.kind == Kind::Table && touch.object.name == *table;
    footprint.touches().iter().filter(is_it).any(|touch| ways.contains(&touch.way))
}

on_every_engine!(a_rename_is_told_by_both_names, |db| async move {
    let model = |attributes: &str, table: &str, column: &str| {
        format!(
            "#[derive(Model)] #[model(table = \"{table}\"{attributes})] pub struct Person {{
                #[model(primary_key)] pub id: i64, {column}, #[model(default = \"0\")] pub age: i32 }}"
        )
    };
    let project =
        Project::with_models(db.url_text(), &model("", "people", "#[model(length = 80, unique)] pub mail: String"));
    project.run("autogenerate -m first --apply").ok();
    project.write_models(&model(
        ", renamed_from = \"people\"",
        "users",
        "#[model(length = 120, unique, renamed_from = \"mail\")] pub email: String",
    ));
    let path =
        project.run("autogenerate -m second --format json").ok().json()["path"].as_str().expect("a path").to_owned();
    let text = std::fs::read_to_string(project.path().join(&path)).expect("a revision");
    let revision = Revision::parse(std::path::Path::new(&path), &text).expect("a revision");
    let footprint = Footprint::of(&revision, db.dialect().await.version().name);
    assert_eq!(footprint.doubts(), [], "{text}");
    let touches: Vec<String> = footprint.touches().iter().map(told).collect();
    let expected = [
        "rename table people to users",
        "name table users what was people",
        "rename column people.mail to email",
        "name column people.email what was mail",
    ];
    // SQLite builds the table anew for the length, and the new one has the new name.
    let missing: Vec<_> = expected.iter().filter(|one| !touches.iter().any(|touch| touch == *one)).collect();
    assert!(missing.is_empty(), "{missing:?}\n{text}\n{touches:#?}");
});
