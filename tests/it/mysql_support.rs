//! What the scenarios of MySQL and MariaDB share: applying changes, and a small comparison by name.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs::db::Connection;
use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{Column, DialectName, ForeignKey, Schema, Table};

use crate::harness::{Engine, TestDb, play};

/// Renders changes for the server and runs them, one statement after the other.
pub async fn apply(db: &TestDb, changes: &[Change]) {
    let dialect = db.dialect().await;
    let mut connection = db.connect().await;
    for change in changes {
        for statement in dialect.render(change).unwrap_or_else(|error| panic!("{error}: {change:?}")) {
            connection.execute(&statement.sql).await.unwrap_or_else(|error| panic!("{error}\n{}", statement.sql));
        }
    }
    connection.close().await.expect("closed");
}

/// What the server prints of every table, by the names in the schema.
pub async fn printed(db: &TestDb, schema: &Schema) -> Vec<String> {
    let mut connection = db.connect().await;
    let mut all = Vec::new();
    for table in &schema.tables {
        all.push(show(&mut connection, &table.name.name).await);
    }
    connection.close().await.expect("closed");
    all
}

async fn show(connection: &mut Connection, table: &str) -> String {
    let sql = format!("SHOW CREATE TABLE `{}`", table.replace('`', "``"));
    connection.query(&sql).await.expect("printed")[0].text("Create Table").expect("text").to_owned()
}

/// Changes that create everything, foreign keys last.
pub fn creation(schema: &Schema) -> Vec<Change> {
    transition(&Schema::default(), schema, &|_| BTreeSet::new())
}

/// Turns what is there into something else.
pub async fn turn(db: &TestDb, previous: &Schema, next: &Schema) {
    let dialect = db.dialect().await;
    apply(db, &transition(previous, next, &|change| dialect.columns_without_foreign_keys(change))).await;
}

/// Changes from one schema to the other, by name: foreign keys go first and come last, also those that stay but use
/// a column that changes.
fn transition(previous: &Schema, next: &Schema, freed: &dyn Fn(&AlterTable) -> BTreeSet<String>) -> Vec<Change> {
    let mut in_the_way = BTreeSet::new();
    for old in &previous.tables {
        let Some(new) = next.table(&old.name) else { continue };
        if let Some(Change::AlterTable(change)) = alter(old, new, edits(old, new)) {
            in_the_way.extend(freed(&change).into_iter().map(|column| (old.name.clone(), column)));
        }
    }
    let is_in_the_way = |table: &Table, key: &ForeignKey| {
        key.columns.iter().any(|column| in_the_way.contains(&(table.name.clone(), column.clone())))
            || key
                .referenced_columns
                .iter()
                .any(|column| in_the_way.contains(&(key.references.clone(), column.clone())))
    };
    let mut changes = Vec::new();
    let bare = |table: &Table| Arc::new(Table { foreign_keys: Vec::new(), ..table.clone() });
    for definition in previous.definitions.iter().filter(|one| !next.definitions.contains(one)) {
        changes.push(Change::Definition(Delta::Drop { previous: definition.clone() }));
    }
    for sequence in next.sequences.iter().filter(|one| !previous.sequences.iter().any(|old| old.name == one.name)) {
        changes.push(Change::Sequence(Delta::Create { next: sequence.clone() }));
    }
    for old in &previous.tables {
        let new = next.table(&old.name);
        let gone = |name: &Option<String>| {
            let before = old.foreign_keys.iter().find(|key| key.name == *name);
            new.is_none_or(|new| new.foreign_keys.iter().find(|key| key.name == *name) != before)
        };
        let edits: Vec<_> = old
            .foreign_keys
            .iter()
            .filter(|key| gone(&key.name) || is_in_the_way(old, key))
            .map(|key| Edit::ForeignKey(Delta::Drop { previous: key.clone() }))
            .collect();
        changes.extend(alter(old, old, edits));
    }
    for old in previous.tables.iter().filter(|old| next.table(&old.name).is_none()) {
        changes.push(Change::DropTable { previous: bare(old) });
    }
    for new in &next.tables {
        match previous.table(&new.name) {
            None => changes.push(Change::CreateTable { next: bare(new) }),
            Some(old) => changes.extend(alter(old, new, edits(old, new))),
        }
    }
    for new in &next.tables {
        let old = previous.table(&new.name);
        let edits: Vec<_> = new
            .foreign_keys
            .iter()
            .filter(|key| !old.is_some_and(|old| old.foreign_keys.contains(key)) || is_in_the_way(new, key))
            .map(|key| Edit::ForeignKey(Delta::Create { next: key.clone() }))
            .collect();
        changes.extend(alter(new, new, edits));
    }
    for sequence in &previous.sequences {
        match next.sequences.iter().find(|new| new.name == sequence.name) {
            None => changes.push(Change::Sequence(Delta::Drop { previous: sequence.clone() })),
            Some(new) if new != sequence => {
                changes.push(Change::Sequence(Delta::Alter { previous: sequence.clone(), next: new.clone() }));
            }
            Some(_) => {}
        }
    }
    let mut waiting: Vec<_> = next.definitions.iter().filter(|one| !previous.definitions.contains(one)).collect();
    while !waiting.is_empty() {
        let names: Vec<_> = waiting.iter().map(|one| one.name.clone()).collect();
        let ready =
            waiting.iter().position(|one| !one.needs.iter().any(|need| names.contains(need))).expect("no cycle");
        changes.push(Change::Definition(Delta::Create { next: waiting.remove(ready).clone() }));
    }
    changes
}

fn alter(previous: &Table, next: &Table, edits: Vec<Edit>) -> Option<Change> {
    (!edits.is_empty()).then(|| {
        Change::AlterTable(AlterTable {
            previous: Arc::new(previous.clone()),
            next: Arc::new(next.clone()),
            edits,
            dependents: Vec::new(),
        })
    })
}

/// Everything but foreign keys, matched by name.
pub fn edits(old: &Table, new: &Table) -> Vec<Edit> {
    let column = |delta: Delta<Column>| {
        let filled = |next: &&Column| !next.nullable && next.generated.is_none() && next.default.is_none();
        let tightened = delta.next().filter(|next| match delta.previous() {
            Some(previous) => previous.nullable && !next.nullable,
            None => filled(next),
        });
        let backfill = tightened.map(|next| match next.ty.native() {
            Some(ty) if ty.starts_with("date") || ty.starts_with("timestamp") => "'2020-01-01 00:00:00'".to_owned(),
            _ => "'7'".to_owned(),
        });
        Edit::Column { delta, backfill }
    };
    let mut edits: Vec<Edit> =
        deltas(&old.columns, &new.columns, |one| Some(one.name.clone())).into_iter().map(column).collect();
    match (&old.primary_key, &new.primary_key) {
        (Some(previous), Some(next)) if previous != next => {
            edits.push(Edit::PrimaryKey(Delta::Alter { previous: previous.clone(), next: next.clone() }));
        }
        (Some(previous), None) => edits.push(Edit::PrimaryKey(Delta::Drop { previous: previous.clone() })),
        (None, Some(next)) => edits.push(Edit::PrimaryKey(Delta::Create { next: next.clone() })),
        _ => {}
    }
    edits.extend(deltas(&old.indexes, &new.indexes, |one| one.name.clone()).into_iter().map(Edit::Index));
    edits.extend(
        deltas(&old.checks, &new.checks, |one| one.name.clone().or(one.column.clone())).into_iter().map(Edit::Check),
    );
    if old.comment != new.comment {
        edits.push(Edit::Comment);
    }
    if old.options != new.options {
        edits.push(Edit::Options);
    }
    let kept = |table: &Table, other: &Table| -> Vec<String> {
        table.columns.iter().map(|one| one.name.clone()).filter(|name| other.column(name).is_some()).collect()
    };
    if kept(old, new) != kept(new, old) {
        edits.push(Edit::ColumnOrder);
    }
    edits
}

fn deltas<T: Clone + PartialEq>(old: &[T], new: &[T], key: impl Fn(&T) -> Option<String>) -> Vec<Delta<T>> {
    let mut found = Vec::new();
    for previous in old.iter().filter(|one| !new.iter().any(|other| key(other) == key(one))) {
        found.push(Delta::Drop { previous: previous.clone() });
    }
    for next in new {
        match old.iter().find(|one| key(one) == key(next)) {
            Some(previous) if previous == next => {}
            Some(previous) => found.push(Delta::Alter { previous: previous.clone(), next: next.clone() }),
            None => found.push(Delta::Create { next: next.clone() }),
        }
    }
    found
}

/// The schema with keys, constraints and checks in the order of their names: the server prints them as they came.
pub fn sorted(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort_by(|a, b| (&a.name, &a.column).cmp(&(&b.name, &b.column)));
    }
    schema
}

/// Shows where two schemas differ.
pub fn assert_same(left: Schema, right: Schema) {
    let (left, right) = (format!("{:#?}", sorted(left)), format!("{:#?}", sorted(right)));
    if left != right {
        let lines: Vec<_> = similar::TextDiff::from_lines(&left, &right)
            .unified_diff()
            .context_radius(12)
            .to_string()
            .lines()
            .map(ToOwned::to_owned)
            .collect();
        panic!("the schemas differ:\n{}", lines.join("\n"));
    }
}

/// Drops everything and creates it again from the nouns: the server prints the same, and so do the nouns.
pub async fn survives(db: &TestDb) -> Schema {
    let schema = db.introspect().await;
    let before = printed(db, &schema).await;
    turn(db, &schema, &Schema::default()).await;
    assert!(db.introspect().await.is_empty());
    apply(db, &creation(&schema)).await;
    let again = db.introspect().await;
    let after = printed(db, &again).await;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(without_counter(before), without_counter(after));
    }
    assert_same(again, schema.clone());
    schema
}

fn without_counter(text: &str) -> String {
    let Some((head, tail)) = text.split_once(" AUTO_INCREMENT=") else { return text.to_owned() };
    format!("{head}{}", tail.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Whether the server is MariaDB rather than MySQL.
pub async fn is_mariadb(db: &TestDb) -> bool {
    let connection = db.connect().await;
    let answer = connection.version().name == DialectName::Mariadb;
    connection.close().await.expect("closed");
    answer
}

/// Builds both states with SQL, then turns the first into the second and back with rows in its tables: each time
/// the server says what it says of the state that was built directly.
pub fn turns_into(previous: &'static [&'static str], rows: &'static [&'static str], next: &'static [&'static str]) {
    play(Engine::Mysql, |db| async move {
        let empty = Schema::default();
        db.run(next).await;
        let wanted = db.introspect().await;
        turn(&db, &wanted, &empty).await;
        db.run(previous).await;
        db.run(rows).await;
        let live = db.introspect().await;
        let counted = count(&db, &live).await;
        turn(&db, &live, &wanted).await;
        assert_same(db.introspect().await, wanted.clone());
        turn(&db, &wanted, &live).await;
        assert_same(db.introspect().await, live.clone());
        for (table, before) in counted {
            if wanted.tables.iter().any(|one| one.name.name == table) {
                assert_eq!(count_of(&db, &table).await, before, "rows of {table}");
            }
        }
    });
}

async fn count(db: &TestDb, schema: &Schema) -> Vec<(String, String)> {
    let mut counted = Vec::new();
    for table in &schema.tables {
        counted.push((table.name.name.clone(), count_of(db, &table.name.name).await));
    }
    counted
}

async fn count_of(db: &TestDb, table: &str) -> String {
    db.rows(&format!("SELECT count(*) FROM `{}`", table.replace('`', "``"))).await[0][0].clone()
}
