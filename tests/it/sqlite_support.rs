//! What the SQLite scenarios share: a naive differ, and running statements as the executor does.

use std::sync::Arc;

use rungs::db::Connection;
use rungs::dialect::{Dialect, Statement};
use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{Definition, DefinitionKind, ObjectName, Schema, Table};

use crate::harness::TestDb;

/// Runs statements in a transaction with foreign keys off, and checks the foreign keys before it commits.
pub async fn apply(db: &TestDb, statements: &[Statement]) {
    try_apply(db, statements).await.unwrap_or_else(|error| panic!("{error}\n{statements:#?}"));
}

pub async fn try_apply(db: &TestDb, statements: &[Statement]) -> Result<(), String> {
    let mut connection = db.connect().await;
    let done = run(&mut connection, statements).await;
    connection.close().await.expect("closed");
    done
}

async fn run(connection: &mut Connection, statements: &[Statement]) -> Result<(), String> {
    connection.execute("PRAGMA foreign_keys = OFF").await.map_err(|error| error.to_string())?;
    connection.execute("BEGIN").await.map_err(|error| error.to_string())?;
    for statement in statements {
        connection.execute(&statement.sql).await.map_err(|error| error.to_string())?;
    }
    let broken = connection.query("PRAGMA foreign_key_check").await.map_err(|error| error.to_string())?;
    if !broken.is_empty() {
        return Err(format!("FOREIGN KEY constraint failed: {broken:?}"));
    }
    connection.execute("COMMIT").await.map_err(|error| error.to_string())?;
    Ok(())
}

/// The nouns alone, in one order: without words, and sorted where SQLite gives the order no meaning.
pub fn nouns(table: &Table) -> Table {
    let mut table = table.clone();
    table.verbatim = None;
    table.columns.sort_by(|a, b| a.name.cmp(&b.name));
    table.uniques.sort_by_key(|unique| format!("{unique:?}"));
    table.checks.sort_by_key(|check| format!("{check:?}"));
    table.foreign_keys.sort_by_key(|key| format!("{key:?}"));
    table.indexes.sort_by_key(|index| format!("{index:?}"));
    table
}

pub fn table(schema: &Schema, name: &str) -> Table {
    schema.table(&ObjectName::bare(name)).unwrap_or_else(|| panic!("no table {name} in {schema:#?}")).clone()
}

/// The table that a script creates, as SQLite says it afterwards.
pub async fn created(script: &[&str], name: &str) -> Table {
    let mut connection = Connection::open(&rungs::db::DatabaseUrl::parse("sqlite::memory:").unwrap()).await.unwrap();
    for sql in script {
        connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let scope = rungs::dialect::Scope::default_namespace();
    let schema = rungs::dialect::introspect(&mut connection, &scope).await.unwrap();
    connection.close().await.unwrap();
    table(&schema, name)
}

/// The edits from one table to another; `renamed` names columns by old and new name.
pub fn edits(previous: &Table, next: &Table, renamed: &[(&str, &str)]) -> Vec<Edit> {
    let old_name =
        |new: &str| renamed.iter().find(|(_, n)| *n == new).map_or(new.to_owned(), |(old, _)| (*old).to_owned());
    let new_name =
        |old: &str| renamed.iter().find(|(o, _)| *o == old).map_or(old.to_owned(), |(_, new)| (*new).to_owned());
    let mut edits = Vec::new();
    for column in &previous.columns {
        let delta = match next.column(&new_name(&column.name)).filter(|next| old_name(&next.name) == column.name) {
            None => Delta::Drop { previous: column.clone() },
            Some(after) if after == column => continue,
            Some(after) => Delta::Alter { previous: column.clone(), next: after.clone() },
        };
        edits.push(Edit::Column { delta, backfill: None });
    }
    for column in &next.columns {
        if previous.column(&old_name(&column.name)).is_none() {
            edits.push(Edit::Column { delta: Delta::Create { next: column.clone() }, backfill: None });
        }
    }
    match (&previous.primary_key, &next.primary_key) {
        (Some(a), Some(b)) if a != b => {
            edits.push(Edit::PrimaryKey(Delta::Alter { previous: a.clone(), next: b.clone() }));
        }
        (Some(a), None) => edits.push(Edit::PrimaryKey(Delta::Drop { previous: a.clone() })),
        (None, Some(b)) => edits.push(Edit::PrimaryKey(Delta::Create { next: b.clone() })),
        _ => {}
    }
    edits.extend(differences(&previous.uniques, &next.uniques).into_iter().map(Edit::Unique));
    edits.extend(differences(&previous.foreign_keys, &next.foreign_keys).into_iter().map(Edit::ForeignKey));
    edits.extend(differences(&previous.checks, &next.checks).into_iter().map(Edit::Check));
    edits.extend(differences(&previous.indexes, &next.indexes).into_iter().map(Edit::Index));
    if previous.options != next.options {
        edits.push(Edit::Options);
    }
    edits
}

fn differences<T: Clone + PartialEq>(previous: &[T], next: &[T]) -> Vec<Delta<T>> {
    let gone = previous.iter().filter(|item| !next.contains(item)).map(|item| Delta::Drop { previous: item.clone() });
    let come = next.iter().filter(|item| !previous.contains(item)).map(|item| Delta::Create { next: item.clone() });
    gone.chain(come).collect()
}

/// The definitions that stand on a table, or name it.
pub fn dependents(schema: &Schema, name: &ObjectName) -> Vec<Definition> {
    let stands = |definition: &&Definition| definition.stands_on(name) || definition.kind == DefinitionKind::View;
    schema.definitions.iter().filter(stands).cloned().collect()
}

/// An alteration of a live table into another, with everything that stands on it.
pub async fn alteration(db: &TestDb, name: &str, next: &Table, renamed: &[(&str, &str)]) -> AlterTable {
    let schema = db.introspect().await;
    let previous = table(&schema, name);
    let edits = edits(&previous, next, renamed);
    let dependents = dependents(&schema, &previous.name);
    AlterTable { previous: Arc::new(previous), next: Arc::new(next.clone()), edits, dependents }
}

pub fn render(dialect: &dyn Dialect, alter: AlterTable) -> Vec<Statement> {
    dialect.render(&Change::AlterTable(alter)).unwrap_or_else(|error| panic!("{error}"))
}

/// Turns a live table into what a script creates, asserts that SQLite then says so, and returns what was done.
pub async fn becomes(
    db: &TestDb,
    name: &str,
    script: &[&str],
    next_name: &str,
    renamed: &[(&str, &str)],
) -> Vec<Statement> {
    let next = created(script, next_name).await;
    let alter = alteration(db, name, &next, renamed).await;
    let statements = render(&*db.dialect().await, alter);
    apply(db, &statements).await;
    let now = table(&db.introspect().await, next_name);
    assert_eq!(nouns(&now), nouns(&next), "after {statements:#?}");
    statements
}

/// The statements' SQL.
pub fn sql(statements: &[Statement]) -> Vec<&str> {
    statements.iter().map(|statement| statement.sql.as_str()).collect()
}

pub fn is_rebuild(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| statement.comment.starts_with("rebuilds table"))
}
