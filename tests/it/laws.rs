//! The laws: build A, go to B, and nothing differs; go back, and A is as the server printed it; rows survive.
//!
//! `RUNGS_LAW_CASES` sets how many cases are played on each engine, `RUNGS_LAW_SEED` plays one case again.

use rungs::authoring;
use rungs::db::Connection;
use rungs::dialect::splitter;
use rungs::plan::{self, Plan};
use rungs::schema::{Declared, Schema};

use crate::harness::{Engine, TestDb, play};
use crate::law_generator::{Random, declared, is_reference, value_of};

#[test]
fn laws_hold_on_sqlite() {
    play_cases(Engine::Sqlite, 120);
}

#[test]
fn laws_hold_on_postgres() {
    play_cases(Engine::Postgres, 40);
}

#[test]
fn laws_hold_on_mysql() {
    play_cases(Engine::Mysql, 40);
}

fn play_cases(engine: Engine, cases: u64) {
    play_each(engine, cases, case);
}

/// Plays a number of cases, each on a database of its own.
pub fn play_each<F, Fut>(engine: Engine, cases: u64, case: F)
where
    F: Fn(TestDb, u64) -> Fut + Copy + std::panic::RefUnwindSafe + std::panic::UnwindSafe,
    Fut: Future<Output = ()>,
{
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("RUNGS_LAW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("RUNGS_LAW_CASES").unwrap_or(cases) + 1,
    };
    for seed in seeds {
        let played = std::panic::catch_unwind(|| play(engine, move |db| case(db, seed)));
        if let Err(panic) = played {
            eprintln!("play this case again with RUNGS_LAW_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

async fn case(db: TestDb, seed: u64) {
    let mut random = Random::new(seed);
    let a = declared(&mut random, db.engine);
    let b = declared(&mut random, db.engine);

    let first = migrate_to(&db, &a).await;
    let printed_a = db.introspect().await;
    expect_no_difference(&db, &a, "after A").await;
    fill(&db, &a.schema).await;
    let rows = counts(&db, &printed_a).await;

    let second = migrate_to(&db, &b).await;
    if std::env::var_os("RUNGS_LAW_SHOW").is_some() {
        eprintln!("{}", plan::script(&second.up, name(&db).await));
    }
    expect_no_difference(&db, &b, "after B").await;
    let printed_b = db.introspect().await;
    for (table, before) in &rows {
        if let Some((_, after)) = counts(&db, &printed_b).await.iter().find(|(name, _)| name == table) {
            assert_eq!(before, after, "rows of {table} after B");
        }
    }

    run(&db, &plan::script(&second.down, name(&db).await)).await;
    assert_same(&db, &printed_a, &db.introspect().await, "A, after going back from B");
    run(&db, &plan::script(&first.down, name(&db).await)).await;
    assert_eq!(db.introspect().await, Schema::default(), "nothing, after going back from A");
}

pub async fn name(db: &TestDb) -> rungs::schema::DialectName {
    db.dialect().await.version().name
}

async fn compare(db: &TestDb, declared: &Declared) -> authoring::Comparison {
    let mut connection = db.connect().await;
    let comparison = authoring::compare(&mut connection, &db.url, declared, |_| true).await;
    connection.close().await.expect("closed");
    comparison.unwrap_or_else(|error| panic!("{error}\n{declared:#?}"))
}

pub async fn migrate_to(db: &TestDb, declared: &Declared) -> Plan {
    let comparison = compare(db, declared).await;
    let plan = plan::plan(&comparison.changes, comparison.dialect.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    run(db, &plan::script(&plan.up, comparison.dialect.version().name)).await;
    plan
}

async fn expect_no_difference(db: &TestDb, declared: &Declared, when: &str) {
    let changes = compare(db, declared).await.changes;
    assert!(changes.is_empty(), "{when} there is still {:#?}", rungs::diff::summary(&changes));
}

/// Runs a script as the executor would: split, one statement at a time, on SQLite with foreign keys off and checked.
pub async fn run(db: &TestDb, script: &str) {
    let mut connection = db.connect().await;
    if db.engine == Engine::Sqlite {
        connection.execute("PRAGMA foreign_keys = OFF").await.expect("a pragma");
    }
    let pieces = splitter::split(connection.version().name, script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    for piece in pieces {
        run_one(&mut connection, piece.sql, script).await;
    }
    if db.engine == Engine::Sqlite {
        let orphans = connection.query("PRAGMA foreign_key_check").await.expect("a check");
        assert!(orphans.is_empty(), "{orphans:?}\n{script}");
    }
    connection.close().await.expect("closed");
}

async fn run_one(connection: &mut Connection, sql: &str, script: &str) {
    connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}\nin the script:\n{script}"));
}

/// Two rows in each table, with references between them set once all are there.
pub async fn fill(db: &TestDb, schema: &Schema) {
    let dialect = db.dialect().await;
    let mut statements = Vec::new();
    for table in &schema.tables {
        for id in 1..=2 {
            let columns: Vec<_> = table.columns.iter().map(|column| dialect.quote(&column.name)).collect();
            let value = |column: &str| match column {
                "id" => id.to_string(),
                column => value_of(column, id + 4, db.engine),
            };
            let values: Vec<_> = table.columns.iter().map(|column| value(&column.name)).collect();
            let table = dialect.quote(&table.name.name);
            statements.push(format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), values.join(", ")));
        }
    }
    for table in &schema.tables {
        for column in table.columns.iter().filter(|column| is_reference(schema, &table.name, &column.name)) {
            let (table, column) = (dialect.quote(&table.name.name), dialect.quote(&column.name));
            statements.push(format!("UPDATE {table} SET {column} = 1"));
        }
    }
    db.run(&statements.iter().map(String::as_str).collect::<Vec<_>>()).await;
}

pub async fn counts(db: &TestDb, schema: &Schema) -> Vec<(String, String)> {
    let dialect = db.dialect().await;
    let mut counts = Vec::new();
    for table in &schema.tables {
        let rows = db.rows(&format!("SELECT count(*) FROM {}", dialect.quote(&table.name.name))).await;
        counts.push((table.name.to_string(), rows[0][0].clone()));
    }
    counts
}

/// Equal as the server prints them; the order of columns counts only where the engine can change it.
pub fn assert_same(db: &TestDb, expected: &Schema, found: &Schema, what: &str) {
    let plain = |schema: &Schema| {
        let mut schema = schema.clone();
        for table in &mut schema.tables {
            table.verbatim = None;
            if db.engine != Engine::Mysql {
                table.columns.sort_by(|a, b| a.name.cmp(&b.name));
            }
            table.uniques.sort_by_key(|unique| {
                (unique.name.clone(), unique.parts.first().and_then(|part| part.column_name().map(str::to_owned)))
            });
            table.foreign_keys.sort_by(|a, b| (&a.name, &a.columns).cmp(&(&b.name, &b.columns)));
            table.checks.sort_by(|a, b| (&a.name, &a.expression).cmp(&(&b.name, &b.expression)));
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        }
        schema
    };
    let (expected, found) = (format!("{:#?}", plain(expected)), format!("{:#?}", plain(found)));
    let diff = similar::TextDiff::from_lines(&expected, &found);
    assert!(expected == found, "not {what}:\n{}", diff.unified_diff());
}
