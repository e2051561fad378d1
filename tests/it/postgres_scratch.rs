//! PostgreSQL: the scratch namespace leaves nothing behind, and no trace of its name.

use rungs::dialect::postgres::introspect::introspect_in_transaction;
use rungs::dialect::postgres::scratch::in_scratch_schema;
use rungs::dialect::{Scope, introspect};
use rungs::schema::ObjectName;

use crate::harness::{Engine, play};
use crate::postgres_introspect::assert_same;

const STATEMENTS: [&str; 8] = [
    "CREATE TYPE mood AS ENUM ('sad', 'ok')",
    "CREATE SEQUENCE ids",
    "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n * 2'",
    "CREATE TABLE t (id bigint DEFAULT nextval('ids'), s serial, m mood DEFAULT 'sad' CHECK (m <> 'ok'), n int DEFAULT twice(2))",
    "CREATE INDEX ix ON t (twice(n)) WHERE m = 'sad'",
    "CREATE VIEW v AS SELECT id, twice(n) AS n, m::text = 'ok' AS x FROM t",
    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
    "CREATE TRIGGER tg AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION touch()",
];

#[test]
fn what_is_read_there_equals_what_is_read_from_the_real_namespace() {
    play(Engine::Postgres, |db| async move {
        let mut connection = db.connect().await;
        let statements: Vec<String> = STATEMENTS.iter().map(|sql| (*sql).to_owned()).collect();
        let before = in_scratch_schema(&mut connection, &statements, &[], false).await.unwrap();
        assert!(!format!("{before:?}").contains("rungs_scratch"), "{before:#?}");
        assert!(db.introspect().await.is_empty());
        db.run(&STATEMENTS).await;
        let live = introspect(&mut connection, &Scope::default_namespace()).await.unwrap();
        assert_same(&live, &before);
        // Also where the real objects are there under the same names.
        assert_same(&live, &in_scratch_schema(&mut connection, &statements, &[], false).await.unwrap());
        // And in whichever order they are given.
        let backwards: Vec<String> = statements.iter().rev().cloned().collect();
        assert_same(&live, &in_scratch_schema(&mut connection, &backwards, &[], true).await.unwrap());
        let left = connection.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rungs%'").await.unwrap();
        assert!(left.is_empty());
    });
}

#[test]
fn an_error_is_told_and_the_connection_goes_on() {
    play(Engine::Postgres, |db| async move {
        let mut connection = db.connect().await;
        let statements = ["CREATE TABLE t (id int)".to_owned(), "CREATE TABLE u (id nosuchtype)".to_owned()];
        let error = in_scratch_schema(&mut connection, &statements, &[], false).await.unwrap_err();
        assert!(error.to_string().contains("nosuchtype"), "{error}");
        assert!(introspect(&mut connection, &Scope::default_namespace()).await.unwrap().is_empty());
    });
}

#[test]
fn inside_a_transaction_nothing_of_it_is_lost() {
    play(Engine::Postgres, |db| async move {
        let mut connection = db.connect().await;
        connection.execute("BEGIN").await.unwrap();
        connection.execute("CREATE TABLE t (id int)").await.unwrap();
        let schema = introspect_in_transaction(&mut connection, &Scope::default_namespace()).await.unwrap();
        assert_eq!(schema.tables.len(), 1);
        connection.execute("COMMIT").await.unwrap();
        assert_eq!(db.introspect().await.tables.len(), 1);
    });
}

#[test]
fn several_namespaces_are_built_beside_the_live_ones() {
    play(Engine::Postgres, |db| async move {
        let statements = [
            "CREATE SCHEMA \"My Auth\"",
            "CREATE TYPE \"My Auth\".level AS ENUM ('low', 'high')",
            "CREATE TABLE \"My Auth\".roles (id int PRIMARY KEY, level \"My Auth\".level DEFAULT 'low'::\"My Auth\".level)",
            "CREATE TABLE users (id int REFERENCES \"My Auth\".roles, l int CHECK (l IN (1, 2)))",
            "CREATE VIEW v AS SELECT r.id, r.level FROM \"My Auth\".roles AS r JOIN public.users AS u USING (id)",
        ];
        db.run(&statements).await;
        let mut connection = db.connect().await;
        let namespaces = [None, Some("My Auth".to_owned())];
        let live = introspect(&mut connection, &Scope::Namespaces(namespaces.into())).await.unwrap();
        assert!(live.tables.len() == 2 && live.enums.len() == 1, "{live:#?}");
        let statements: Vec<String> = statements.iter().map(|sql| (*sql).to_owned()).collect();
        let auth = |name: &str| ObjectName::qualified("My Auth", name);
        let built = ["users".into(), "v".into(), auth("roles"), auth("level")];
        let read = in_scratch_schema(&mut connection, &statements, &built, true).await.unwrap();
        assert_same(&live, &read);
        let wrong = ["CREATE TABLE \"My Auth\".roles (id nosuchtype)".to_owned()];
        let error = in_scratch_schema(&mut connection, &wrong, &built, true).await.unwrap_err();
        assert!(!format!("{error:?}").to_lowercase().contains("rungs_scratch"), "{error:?}");
    });
}
