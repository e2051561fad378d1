//! What the scenarios of MySQL and MariaDB share: applying changes, and comparing.

use rungs::db::Connection;
use rungs::diff::change::Change;
use rungs::schema::{Column, DialectName, Schema};

use crate::differ::changes;
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

/// Creates everything.
pub async fn create(db: &TestDb, schema: &Schema) {
    turn(db, &Schema::default(), schema).await;
}

/// Turns what is there into something else.
pub async fn turn(db: &TestDb, previous: &Schema, next: &Schema) {
    let dialect = db.dialect().await;
    let value = |column: &Column| match column.ty.native() {
        Some(ty) if ty.starts_with("date") || ty.starts_with("timestamp") => "'2020-01-01 00:00:00'".to_owned(),
        _ => "'7'".to_owned(),
    };
    apply(db, &changes(previous, next, dialect.as_ref(), value)).await;
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
    create(db, &schema).await;
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
        let wanted_text = words(&db, &wanted).await;
        turn(&db, &wanted, &empty).await;
        db.run(previous).await;
        db.run(rows).await;
        let live = db.introspect().await;
        let live_text = words(&db, &live).await;
        let counted = count(&db, &live).await;
        turn(&db, &live, &wanted).await;
        assert_same(db.introspect().await, wanted.clone());
        assert_eq!(words(&db, &wanted).await, wanted_text);
        turn(&db, &wanted, &live).await;
        assert_same(db.introspect().await, live.clone());
        assert_eq!(words(&db, &live).await, live_text);
        for (table, before) in counted {
            if wanted.tables.iter().any(|one| one.name.name == table) {
                assert_eq!(count_of(&db, &table).await, before, "rows of {table}");
            }
        }
    });
}

/// What the server prints, whatever the order in which keys came.
async fn words(db: &TestDb, schema: &Schema) -> Vec<Vec<String>> {
    let in_order = |text: &String| {
        let mut lines: Vec<String> =
            without_counter(text).lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
        lines.sort();
        lines
    };
    printed(db, schema).await.iter().map(in_order).collect()
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
