//! What the PostgreSQL scenarios share.

use std::sync::Arc;

use rungs::db::Connection;
use rungs::dialect::{self, Statement};
use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{Column, Schema, Table};

use crate::harness::TestDb;

/// The statements of changes, for the server behind a database.
pub async fn render(db: &TestDb, changes: &[Change]) -> Vec<Statement> {
    let dialect = db.dialect().await;
    changes.iter().flat_map(|change| dialect.render(change).unwrap_or_else(|error| panic!("{error}"))).collect()
}

/// Carries out changes.
pub async fn apply(db: &TestDb, changes: &[Change]) -> Vec<Statement> {
    let statements = render(db, changes).await;
    let sql: Vec<&str> = statements.iter().map(|statement| statement.sql.as_str()).collect();
    db.run(&sql).await;
    statements
}

/// What creates everything in a schema: types, sequences, tables without and then with their foreign keys, routines,
/// views, triggers.
pub fn creation(schema: &Schema) -> Vec<Change> {
    let mut changes: Vec<Change> =
        schema.enums.iter().map(|next| Change::of_enum(Delta::Create { next: next.clone() })).collect();
    for sequence in &schema.sequences {
        let next = rungs::schema::Sequence { owned_by: None, ..sequence.clone() };
        changes.push(Change::Sequence(Delta::Create { next }));
    }
    let bare = |table: &Table| Arc::new(Table { foreign_keys: Vec::new(), ..table.clone() });
    changes.extend(schema.tables.iter().map(|table| Change::CreateTable { next: bare(table) }));
    for table in &schema.tables {
        let edits =
            table.foreign_keys.iter().map(|key| Edit::ForeignKey(Delta::Create { next: key.clone() })).collect();
        changes.push(alter_with(&bare(table), table, edits));
    }
    for sequence in schema.sequences.iter().filter(|sequence| sequence.owned_by.is_some()) {
        let previous = rungs::schema::Sequence { owned_by: None, ..sequence.clone() };
        changes.push(Change::Sequence(Delta::Alter { previous, next: sequence.clone() }));
    }
    changes.extend(schema.definitions.iter().map(|next| Change::Definition(Delta::Create { next: next.clone() })));
    changes
}

/// An edited table.
pub fn alter_with(previous: &Table, next: &Table, edits: Vec<Edit>) -> Change {
    let (previous, next) = (Arc::new(previous.clone()), Arc::new(next.clone()));
    Change::AlterTable(AlterTable { previous, next, edits, dependents: Vec::new() })
}

/// One changed column.
pub fn column_edit(previous: &Column, next: &Column) -> Edit {
    Edit::Column { delta: Delta::Alter { previous: previous.clone(), next: next.clone() }, backfill: None }
}

/// The table of this name.
pub fn table(schema: &Schema, name: &str) -> Table {
    schema.table(&name.into()).unwrap_or_else(|| panic!("no table {name} in {schema:#?}")).clone()
}

/// Builds what `sql` says in a database of its own and reads it.
pub async fn built(db: &TestDb, name: &str, sql: &[&str]) -> (Connection, Schema) {
    let mut connection = db.connect().await;
    connection.execute(&format!("CREATE SCHEMA {name}")).await.unwrap();
    connection.execute(&format!("SET search_path = {name}")).await.unwrap();
    for statement in sql {
        connection.execute(statement).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let schema = dialect::introspect(&mut connection, &dialect::Scope::default_namespace()).await.unwrap();
    (connection, schema)
}

/// The statements of changes, run on a connection.
pub async fn apply_on(connection: &mut Connection, changes: &[Change]) {
    let dialect = dialect::for_version(connection.version()).unwrap();
    for change in changes {
        for statement in dialect.render(change).unwrap_or_else(|error| panic!("{error}")) {
            connection.execute(&statement.sql).await.unwrap_or_else(|error| panic!("{error}"));
        }
    }
}
