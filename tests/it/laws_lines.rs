//! The same laws where the tables belong to several lines: each line's share is carried out by itself, one after the other,
//! and from one schema to the next tables move from line to line.

use std::collections::{BTreeMap, BTreeSet};

use rungs::authoring::{self, Models, Shares};
use rungs::plan::{self, Plan};
use rungs::revision::Line;
use rungs::schema::read::Grouped;
use rungs::schema::{Declared, ObjectName, Schema};

use crate::harness::{Engine, TestDb};
use crate::law_generator::{Random, declared};
use crate::laws::{assert_same, counts, fill, name, play_each, run};

#[test]
fn laws_hold_for_lines_on_sqlite() {
    play_each(Engine::Sqlite, 60, case);
}

#[test]
fn laws_hold_for_lines_on_postgres() {
    play_each(Engine::Postgres, 20, case);
}

#[test]
fn laws_hold_for_lines_on_mysql() {
    play_each(Engine::Mysql, 12, case);
}

type Owners = BTreeMap<ObjectName, usize>;

fn lines() -> [Line; 3] {
    [Line::Main, Line::Branch("a".to_owned()), Line::Branch("b".to_owned())]
}

async fn case(db: TestDb, seed: u64) {
    let mut random = Random::new(seed);
    let (a, b) = (declared(&mut random, db.engine), declared(&mut random, db.engine));
    let mut owners = |declared: &Declared| -> Owners {
        declared.schema.tables.iter().map(|table| (table.name.clone(), random.below(3))).collect()
    };
    let (of_a, of_b) = (owners(&a), owners(&b));

    let first = migrate_to(&db, &a, &of_a, &Owners::new()).await;
    let printed_a = db.introspect().await;
    expect_no_difference(&db, &a, &of_a, &of_a, "after A").await;
    fill(&db, &a.schema).await;
    let rows = counts(&db, &printed_a).await;

    let second = migrate_to(&db, &b, &of_b, &of_a).await;
    expect_no_difference(&db, &b, &of_b, &of_a, "after B").await;
    let printed_b = db.introspect().await;
    for (table, before) in &rows {
        if let Some((_, after)) = counts(&db, &printed_b).await.iter().find(|(name, _)| name == table) {
            assert_eq!(before, after, "rows of {table} after B");
        }
    }

    take_back(&db, &second).await;
    assert_same(&db, &printed_a, &db.introspect().await, "A, after going back from B");
    take_back(&db, &first).await;
    assert_eq!(db.introspect().await, Schema::default(), "nothing, after going back from A");
}

/// `before` are the owners of tables that no model declares any more.
async fn compare(db: &TestDb, declared: &Declared, owners: &Owners, before: &Owners) -> Shares {
    let grouped = Grouped { tables: owners.clone(), declared: declared.clone(), ..Grouped::default() };
    let models = Models::new(grouped, &lines());
    // A line without any model is refused where it has tables to drop, so that another line has them here.
    let asked: BTreeSet<Line> = owners.values().map(|place| lines()[*place].clone()).collect();
    let owner = |table: &ObjectName| {
        let line = before.get(table).map(|place| lines()[*place].clone()).filter(|line| asked.contains(line));
        line.or_else(|| asked.first().cloned())
    };
    let mut connection = db.connect().await;
    let shares = authoring::compare_lines(&mut connection, &db.url, &models, &asked, owner).await;
    connection.close().await.expect("closed");
    shares.unwrap_or_else(|error| panic!("{error}\n{owners:?}\n{declared:#?}"))
}

async fn migrate_to(db: &TestDb, declared: &Declared, owners: &Owners, before: &Owners) -> Vec<Plan> {
    let Shares { shares, dialect, .. } = compare(db, declared, owners, before).await;
    let mut plans = Vec::new();
    for share in shares {
        let plan = plan::plan(&share.changes, dialect.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        run(db, &plan::script(&plan.up, dialect.version().name)).await;
        plans.push(plan);
    }
    plans
}

async fn take_back(db: &TestDb, plans: &[Plan]) {
    for plan in plans.iter().rev() {
        run(db, &plan::script(&plan.down, name(db).await)).await;
    }
}

async fn expect_no_difference(db: &TestDb, declared: &Declared, owners: &Owners, before: &Owners, when: &str) {
    let shares = compare(db, declared, owners, before).await.shares;
    let left: Vec<_> = shares.iter().map(|share| (&share.line, rungs::diff::summary(&share.changes))).collect();
    assert!(left.is_empty(), "{when} there is still {left:#?}");
}
