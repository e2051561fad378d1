//! Two scripts, and the law between what they make: one becomes the other, and comes back, with its rows.

use rungs::db::Connection;
use rungs::dialect::postgres::introspect::introspect_in_transaction;
use rungs::dialect::{self, Scope, Statement, splitter};
use rungs::diff::{Definitions, Guide, diff};
use rungs::plan::{Plan, plan};
use rungs::schema::{DialectName, Schema};

use crate::harness::TestDb;
use crate::postgres_introspect::assert_same;

/// The roles that scenarios grant to. They belong to the server, stay there, and can do nothing.
pub const ROLES: [&str; 4] = ["rungs_test_app", "rungs_test_reader", "rungs_test_owner", "Rungs \"test\""];

/// Makes the roles that are not there yet. Another test may be at it at the same time.
pub async fn create_roles(connection: &mut Connection) {
    for role in ROLES {
        let name = role.replace('"', "\"\"");
        let sql = format!(
            "DO $$BEGIN CREATE ROLE \"{name}\"; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END$$"
        );
        connection.execute(&sql).await.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Runs a script, statement by statement.
pub async fn run(connection: &mut Connection, script: &str) {
    for piece in splitter::split(DialectName::Postgres, script).unwrap_or_else(|error| panic!("{error}")) {
        connection.execute(piece.sql).await.unwrap_or_else(|error| panic!("{error}\nin: {}", piece.sql));
    }
}

/// What a script makes of an empty database.
async fn made_by(connection: &mut Connection, script: &str) -> Schema {
    connection.execute("BEGIN").await.unwrap();
    run(connection, script).await;
    let schema = introspect_in_transaction(connection, &Scope::Everything).await;
    connection.execute("ROLLBACK").await.unwrap();
    let mut schema = schema.unwrap_or_else(|error| panic!("{error}"));
    schema.sort();
    schema
}

async fn read(connection: &mut Connection) -> Schema {
    dialect::introspect(connection, &Scope::Everything).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Columns that are added come last, which the engine cannot change.
fn without_column_order(mut schema: Schema) -> Schema {
    schema.tables.iter_mut().for_each(|table| table.columns.sort_by(|a, b| a.name.cmp(&b.name)));
    schema
}

/// How many rows each table of both sides holds.
async fn rows(connection: &mut Connection, one: &Schema, two: &Schema) -> Vec<(String, String)> {
    let mut counted = Vec::new();
    for table in one.tables.iter().filter(|table| two.table(&table.name).is_some()) {
        let place = table.name.schema.as_ref().map_or_else(String::new, |schema| format!("\"{schema}\"."));
        let sql = format!("SELECT count(*) AS count FROM {place}\"{}\"", table.name.name.replace('"', "\"\""));
        let found = connection.query(&sql).await.unwrap();
        counted.push((table.name.to_string(), found[0].text("count").unwrap().to_owned()));
    }
    counted
}

fn guide(rules: &rungs::diff::Rules) -> Guide {
    Guide { definitions: Definitions::All, access: true, rules: rules.clone(), ..Guide::default() }
}

async fn carry_out(connection: &mut Connection, statements: &[Statement]) {
    for statement in statements {
        if let Err(error) = connection.execute(&statement.sql).await {
            let all: Vec<&str> = statements.iter().map(|statement| statement.sql.as_str()).collect();
            panic!("{error}\nin: {}\n\nof:\n{}", statement.sql, all.join(";\n"));
        }
    }
}

/// Makes what `one` says, turns it into what `two` says, and back: each time the server reads as if the other script
/// had been run, nothing differs, and the rows that `filling` puts in are there. The database is empty before and
/// after.
pub async fn becomes(db: &TestDb, one: &str, two: &str, filling: &str) -> Plan {
    let mut connection = db.connect().await;
    create_roles(&mut connection).await;
    let next = made_by(&mut connection, two).await;
    run(&mut connection, one).await;
    run(&mut connection, filling).await;
    let previous = read(&mut connection).await;
    let dialect = dialect::for_version(connection.version()).unwrap();
    let guide = guide(&dialect.features().rules);
    let changes = diff(&previous, &next, &guide);
    let plan = plan(&changes, dialect.as_ref()).unwrap_or_else(|error| panic!("{error}"));
    let counted = rows(&mut connection, &previous, &next).await;

    carry_out(&mut connection, &plan.up).await;
    let there = read(&mut connection).await;
    assert_same(&without_column_order(next.clone()), &without_column_order(there.clone()));
    assert_eq!(rows(&mut connection, &previous, &next).await, counted);
    assert_eq!(diff(&there, &next, &guide), []);

    carry_out(&mut connection, &plan.down).await;
    let back = read(&mut connection).await;
    assert_same(&without_column_order(previous.clone()), &without_column_order(back.clone()));
    assert_eq!(rows(&mut connection, &previous, &next).await, counted);
    assert_eq!(diff(&back, &previous, &guide), []);

    let everything = plan_away(&back, &guide, dialect.as_ref());
    carry_out(&mut connection, &everything).await;
    assert_same(&Schema::default(), &read(&mut connection).await);
    connection.close().await.unwrap();
    plan
}

/// What turns what is there into what a script makes of an empty database.
pub async fn planned(connection: &mut Connection, script: &str) -> Plan {
    let previous = read(connection).await;
    let everything = previous.clone();
    connection.execute("BEGIN").await.unwrap();
    let dialect = dialect::for_version(connection.version()).unwrap();
    let guide = guide(&dialect.features().rules);
    carry_out(connection, &plan_away(&everything, &guide, dialect.as_ref())).await;
    run(connection, script).await;
    let next = introspect_in_transaction(connection, &Scope::Everything).await;
    connection.execute("ROLLBACK").await.unwrap();
    let next = next.unwrap_or_else(|error| panic!("{error}"));
    plan(&diff(&previous, &next, &guide), dialect.as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

/// Both directions.
pub async fn become_each_other(db: &TestDb, one: &str, two: &str, filling: &str) -> (Plan, Plan) {
    let there = becomes(db, one, two, filling).await;
    (there, becomes(db, two, one, "").await)
}

/// From nothing and to nothing, and back.
pub async fn comes_and_goes(db: &TestDb, script: &str) {
    becomes(db, "", script, "").await;
    becomes(db, script, "", "").await;
}

fn plan_away(schema: &Schema, guide: &Guide, dialect: &dyn dialect::Dialect) -> Vec<Statement> {
    let changes = diff(schema, &Schema::default(), guide);
    rungs::plan::render(&changes, dialect).unwrap_or_else(|error| panic!("{error}"))
}

/// The SQL of statements, one after the other.
pub fn sql(statements: &[Statement]) -> String {
    statements.iter().map(|statement| format!("{};\n", statement.sql)).collect()
}
