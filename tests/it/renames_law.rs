//! A law: whatever is renamed, nothing is dropped or created, every row keeps what it holds, and the way back gives the
//! former names.

use std::collections::BTreeMap;

use rungs::authoring;
use rungs::diff;
use rungs::plan;
use rungs::schema::{Declared, IndexKey, IndexPart, ObjectName, Table};

use crate::harness::{Engine, TestDb};
use crate::law_generator::{Random, declared};
use crate::laws::{assert_same, fill, play_each, run};

#[test]
fn a_rename_loses_nothing_on_sqlite() {
    play_each(Engine::Sqlite, 60, case);
}

#[test]
fn a_rename_loses_nothing_on_postgres() {
    play_each(Engine::Postgres, 25, case);
}

#[test]
fn a_rename_loses_nothing_on_mysql() {
    play_each(Engine::Mysql, 25, case);
}

async fn case(db: TestDb, seed: u64) {
    let mut random = Random::new(seed);
    let before = declared(&mut random, db.engine);
    let (after, names) = renamed(&mut random, &before);
    go(&db, &before).await;
    fill(&db, &before.schema).await;
    let printed = db.introspect().await;
    let rows = contents(&db, &before, &BTreeMap::new()).await;

    let (back, differences) = go(&db, &after).await;
    for one in &differences {
        assert!(["table", "column"].contains(&one.kind) && one.action == "rename", "{differences:#?}\n{names:?}");
    }
    assert_eq!(differences.is_empty(), names.is_empty(), "{names:?}");
    let (_, again) = go(&db, &after).await;
    assert!(again.is_empty(), "{again:#?}");
    assert_eq!(contents(&db, &before, &names).await, rows, "the rows after {names:?}");

    run(&db, &back).await;
    assert_same(&db, &printed, &db.introspect().await, "as before, after going back");
    assert_eq!(contents(&db, &before, &BTreeMap::new()).await, rows);
}

/// Goes to what is declared, and returns the way back with what was different.
async fn go(db: &TestDb, declared: &Declared) -> (String, Vec<diff::Difference>) {
    let mut connection = db.connect().await;
    let comparison = authoring::compare(&mut connection, &db.url, declared, |_| true).await;
    connection.close().await.expect("closed");
    let comparison = comparison.unwrap_or_else(|error| panic!("{error}\n{declared:#?}"));
    let name = comparison.dialect.version().name;
    let plan = plan::plan(&comparison.changes, comparison.dialect.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    run(db, &plan::script(&plan.up, name)).await;
    (plan::script(&plan.down, name), diff::summary(&comparison.changes))
}

/// What every row holds, by table and column under the first names.
async fn contents(db: &TestDb, before: &Declared, names: &BTreeMap<String, String>) -> Vec<Vec<Vec<String>>> {
    let dialect = db.dialect().await;
    let now = |name: &str| dialect.quote(names.get(name).map_or(name, String::as_str));
    let mut all = Vec::new();
    for table in &before.schema.tables {
        let columns: Vec<String> = table.columns.iter().map(|column| now(&column.name)).collect();
        all.push(db.rows(&format!("SELECT {} FROM {} ORDER BY id", columns.join(", "), now(&table.name.name))).await);
    }
    all
}

/// The same under other names, which models tell of. Names of columns are the same ones in every table, so that one map
/// does for all.
fn renamed(random: &mut Random, before: &Declared) -> (Declared, BTreeMap<String, String>) {
    let tables = before.schema.tables.iter().map(|table| table.name.name.clone());
    let columns = before.schema.tables.iter().flat_map(|table| table.columns.iter().map(|column| column.name.clone()));
    let all: std::collections::BTreeSet<String> = tables.chain(columns).filter(|name| name != "id").collect();
    let names: BTreeMap<String, String> =
        all.into_iter().filter(|_| random.chance(45)).map(|name| (name.clone(), format!("{name}_new"))).collect();
    let mut after = before.clone();
    after.schema.tables.iter_mut().for_each(|table| rename(table, &names));
    after.schema.sort();
    after.hints.tables = std::mem::take(&mut after.hints.tables)
        .into_iter()
        .map(|(table, mut hints)| {
            let new = object(&table, &names);
            hints.renamed_from = (new != table).then_some(table);
            let columns = std::mem::take(&mut hints.columns).into_iter().map(|(column, mut hints)| {
                let new = names.get(&column).cloned();
                hints.renamed_from = new.is_some().then(|| column.clone());
                (new.unwrap_or(column), hints)
            });
            hints.columns = columns.collect();
            (new, hints)
        })
        .collect();
    for table in &before.schema.tables {
        let hints = after.hints.tables.entry(object(&table.name, &names)).or_default();
        for column in &table.columns {
            if let Some(new) = names.get(&column.name) {
                hints.columns.entry(new.clone()).or_default().renamed_from = Some(column.name.clone());
            }
        }
    }
    (after, names)
}

fn object(name: &ObjectName, names: &BTreeMap<String, String>) -> ObjectName {
    name.sibling(names.get(&name.name).unwrap_or(&name.name).as_str())
}

fn rename(table: &mut Table, names: &BTreeMap<String, String>) {
    let word = |name: &mut String| {
        if let Some(new) = names.get(name.as_str()) {
            name.clone_from(new);
        }
    };
    let text = |text: &mut String| {
        let mut out = String::new();
        let mut identifier = String::new();
        for letter in text.chars().chain(['\0']) {
            if letter.is_alphanumeric() || letter == '_' {
                identifier.push(letter);
            } else {
                out.push_str(names.get(&identifier).unwrap_or(&identifier));
                identifier.clear();
                out.extend((letter != '\0').then_some(letter));
            }
        }
        *text = out;
    };
    let part = |part: &mut IndexPart| match &mut part.key {
        IndexKey::Column(name) => word(name),
        IndexKey::Expression(expression) => text(expression),
    };
    table.name = object(&table.name, names);
    for column in &mut table.columns {
        word(&mut column.name);
        column.generated.iter_mut().for_each(|generated| text(&mut generated.expression));
    }
    table.primary_key.iter_mut().flat_map(|key| &mut key.parts).for_each(part);
    table.uniques.iter_mut().flat_map(|unique| &mut unique.parts).for_each(part);
    for index in &mut table.indexes {
        index.parts.iter_mut().for_each(part);
        index.predicate.iter_mut().for_each(text);
        index.include.iter_mut().for_each(word);
    }
    for check in &mut table.checks {
        text(&mut check.expression);
        check.column.iter_mut().for_each(word);
    }
    for key in &mut table.foreign_keys {
        key.columns.iter_mut().chain(&mut key.referenced_columns).for_each(word);
        key.references = object(&key.references, names);
    }
}
