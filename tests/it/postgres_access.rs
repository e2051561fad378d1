//! PostgreSQL: owners, privileges and default privileges, compared in full and given back to what is made anew.

use rungs::dialect::missing_roles;
use rungs::error::PlanError;

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::postgres_pair::{ROLES, become_each_other, becomes, comes_and_goes, create_roles, run, sql};

fn postgres<F, Fut>(scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play(Engine::Postgres, scenario);
}

const T: &str = "CREATE TABLE t (id int PRIMARY KEY, a text, b text)";

/// All ways of granting things on a table, each against some others, there and back.
#[test]
fn any_privileges_on_a_table_become_any_others() {
    postgres(|db| async move {
        let grants = [
            "",
            "GRANT SELECT, INSERT ON t TO rungs_test_app; GRANT SELECT ON t TO rungs_test_reader",
            "GRANT ALL ON t TO rungs_test_app WITH GRANT OPTION; GRANT SELECT ON t TO PUBLIC",
            "GRANT SELECT (id, a), UPDATE (b) ON t TO rungs_test_app; GRANT INSERT ON t TO \"Rungs \"\"test\"\"\"",
            "GRANT SELECT ON t TO rungs_test_app; GRANT SELECT (a) ON t TO rungs_test_app WITH GRANT OPTION",
            "GRANT SELECT, UPDATE, UPDATE (b) ON t TO rungs_test_app",
            "REVOKE ALL ON t FROM CURRENT_USER",
            "GRANT SELECT, UPDATE ON t TO rungs_test_app WITH GRANT OPTION; SET ROLE rungs_test_app;
             GRANT SELECT ON t TO rungs_test_reader WITH GRANT OPTION; SET ROLE rungs_test_reader;
             GRANT SELECT ON t TO PUBLIC; RESET ROLE",
            "ALTER TABLE t OWNER TO rungs_test_owner; GRANT SELECT ON t TO rungs_test_app",
            "GRANT SELECT ON t TO rungs_test_owner; REVOKE DELETE ON t FROM CURRENT_USER",
            "ALTER TABLE t OWNER TO rungs_test_app; GRANT TRIGGER ON t TO rungs_test_owner",
        ];
        for (at, one) in grants.iter().enumerate() {
            for step in [1, 3, 5] {
                let two = grants[(at + step) % grants.len()];
                becomes(&db, &format!("{T}; {one}"), &format!("{T}; {two}"), "INSERT INTO t VALUES (1)").await;
            }
        }
    });
}

#[test]
fn privileges_on_objects_of_every_kind() {
    postgres(|db| async move {
        let objects = "CREATE TABLE t (id serial, n int GENERATED ALWAYS AS IDENTITY);
            CREATE VIEW v AS SELECT id FROM t;
            CREATE SEQUENCE s;
            CREATE TYPE mood AS ENUM ('low');
            CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
            CREATE PROCEDURE p(a int, INOUT b text) LANGUAGE plpgsql AS 'BEGIN END';
            CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
            CREATE AGGREGATE number(*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
            CREATE FUNCTION turned(a mood) RETURNS mood LANGUAGE sql AS 'SELECT a';
            CREATE OPERATOR !# (FUNCTION = turned, RIGHTARG = mood);
            CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple);
            CREATE TEXT SEARCH CONFIGURATION c (PARSER = default)";
        let rights = "GRANT SELECT (id) ON v TO rungs_test_app;
            GRANT USAGE ON SEQUENCE s, t_id_seq TO rungs_test_app;
            GRANT ALL ON SEQUENCE t_n_seq TO rungs_test_app WITH GRANT OPTION;
            REVOKE USAGE ON TYPE mood FROM PUBLIC;
            REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION f(int) TO rungs_test_app;
            GRANT EXECUTE ON PROCEDURE p(int, text) TO rungs_test_app;
            REVOKE EXECUTE ON FUNCTION total(int), number() FROM PUBLIC;
            GRANT CREATE ON SCHEMA public TO rungs_test_app;
            REVOKE USAGE ON SCHEMA public FROM PUBLIC";
        let owners = "ALTER TABLE t OWNER TO rungs_test_owner;
            ALTER VIEW v OWNER TO rungs_test_owner;
            ALTER SEQUENCE s OWNER TO rungs_test_owner;
            ALTER TYPE mood OWNER TO rungs_test_owner;
            ALTER FUNCTION f(int) OWNER TO rungs_test_owner;
            ALTER PROCEDURE p(int, text) OWNER TO rungs_test_owner;
            ALTER AGGREGATE total(int) OWNER TO rungs_test_owner;
            ALTER AGGREGATE number(*) OWNER TO rungs_test_owner;
            ALTER OPERATOR !# (NONE, mood) OWNER TO rungs_test_owner;
            ALTER TEXT SEARCH DICTIONARY d OWNER TO rungs_test_owner;
            ALTER TEXT SEARCH CONFIGURATION c OWNER TO rungs_test_owner;
            ALTER SCHEMA public OWNER TO rungs_test_owner";
        let (with_rights, with_owners) = (format!("{objects}; {rights}"), format!("{objects}; {owners}"));
        let all = format!("{objects}; {rights}; {owners}");
        for script in [&with_rights, &with_owners, &all] {
            become_each_other(&db, objects, script, "INSERT INTO t DEFAULT VALUES").await;
            comes_and_goes(&db, script).await;
        }
        become_each_other(&db, &with_rights, &all, "").await;
    });
}

#[test]
fn what_is_made_anew_gets_its_privileges_again() {
    postgres(|db| async move {
        let rights = "ALTER FUNCTION f(int) OWNER TO rungs_test_owner; REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION f(int) TO rungs_test_app; ALTER VIEW v OWNER TO rungs_test_owner;
            GRANT SELECT (id) ON v TO rungs_test_app";
        let script = |name: &str, ty: &str| {
            format!(
                "CREATE FUNCTION f({name} int) RETURNS int LANGUAGE sql AS 'SELECT 1';
                CREATE TABLE t (id {ty}); CREATE VIEW v AS SELECT id FROM t; {rights}"
            )
        };
        become_each_other(&db, &script("a", "int"), &script("b", "int"), "").await;
        become_each_other(&db, &script("a", "int"), &script("a", "bigint"), "").await;
    });
}

#[test]
fn privileges_go_with_their_columns() {
    postgres(|db| async move {
        become_each_other(
            &db,
            "CREATE TABLE t (id int, a int, b int); GRANT SELECT (id, a, b) ON t TO rungs_test_app",
            "CREATE TABLE t (id int, a int, c int); GRANT SELECT (id, c), INSERT (c) ON t TO rungs_test_app",
            "INSERT INTO t (id) VALUES (1)",
        )
        .await;
        let computed = |expression: &str| {
            format!(
                "CREATE TABLE t (id int, g int GENERATED ALWAYS AS ({expression}) STORED); GRANT SELECT (g) ON t TO rungs_test_app"
            )
        };
        let plan = becomes(&db, &computed("id"), &computed("id + 1"), "INSERT INTO t (id) VALUES (1)").await;
        assert!(sql(&plan.up).contains("GRANT SELECT (\"g\")"), "{}", sql(&plan.up));
    });
}

/// A computed column leaves while its type is built anew.
#[test]
fn columns_that_are_made_anew_with_their_type_are_granted_again() {
    postgres(|db| async move {
        let made = |values: &str, argument: &str| {
            format!(
                "CREATE TYPE mood AS ENUM ({values});
                CREATE FUNCTION mood_of({argument} int) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT ''a''::mood';
                CREATE TABLE t (id int, m mood GENERATED ALWAYS AS (mood_of(id)) STORED, CONSTRAINT k UNIQUE (id));
                COMMENT ON INDEX k IS 'an index'; COMMENT ON CONSTRAINT k ON t IS 'a key';
                GRANT SELECT (m), UPDATE (id) ON t TO rungs_test_app; GRANT SELECT ON t TO rungs_test_reader"
            )
        };
        let rows = "INSERT INTO t VALUES (1)";
        become_each_other(&db, &made("'a', 'b'", "x"), &made("'c', 'a'", "x"), rows).await;
        become_each_other(&db, &made("'a', 'b'", "x"), &made("'a', 'b', 'c'", "y"), rows).await;
    });
}

#[test]
fn default_privileges() {
    postgres(|db| async move {
        let defaults = [
            "",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO rungs_test_app",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO rungs_test_app WITH GRANT OPTION;
             ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
            "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO rungs_test_app, PUBLIC;
             ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC, CURRENT_USER;
             ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO rungs_test_app",
            "ALTER DEFAULT PRIVILEGES FOR ROLE rungs_test_owner IN SCHEMA public GRANT ALL ON TABLES TO rungs_test_app;
             ALTER DEFAULT PRIVILEGES FOR ROLE rungs_test_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        ];
        let objects = "CREATE TABLE t (id serial); CREATE VIEW v AS SELECT id FROM t; CREATE SEQUENCE s;
            CREATE TYPE mood AS ENUM ('low'); CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
        for (at, one) in defaults.iter().enumerate() {
            for step in [1, 2] {
                becomes(&db, one, defaults[(at + step) % defaults.len()], "").await;
            }
            // Objects that are made under them, and objects that were there before.
            comes_and_goes(&db, &format!("{one}; {objects}")).await;
            comes_and_goes(&db, &format!("{objects}; {one}")).await;
            // A routine and a view that are made anew under them.
            let other = objects.replace("f(a int)", "f(b int)").replace("SELECT id FROM", "SELECT 1 AS one, id FROM");
            become_each_other(&db, &format!("{objects}; {one}"), &format!("{other}; {one}"), "").await;
        }
    });
}

#[test]
fn what_default_privileges_grant_is_not_granted_twice() {
    postgres(|db| async move {
        let defaults = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO rungs_test_app";
        let plan = becomes(&db, defaults, &format!("{defaults}; {T}"), "").await;
        assert_eq!(plan.up.len(), 1, "{}", sql(&plan.up));
    });
}

#[test]
fn a_script_says_what_each_statement_does() {
    postgres(|db| async move {
        let mut connection = db.connect().await;
        create_roles(&mut connection).await;
        run(&mut connection, T).await;
        let project = Project::empty();
        let grants = "GRANT SELECT, UPDATE (b) ON t TO \"Rungs \"\"test\"\"\" WITH GRANT OPTION;
            ALTER TABLE t OWNER TO rungs_test_owner;
            ALTER DEFAULT PRIVILEGES FOR ROLE rungs_test_owner IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC";
        project.write("next.sql", &format!("{T};\n{grants};\n"));
        let line = format!("diff --from db:{} --to file:next.sql", db.url_text());
        assert_eq!(
            project.run(&line).ok().stdout,
            "-- grants SELECT on future tables of rungs_test_owner in schema public to everybody\n\
             ALTER DEFAULT PRIVILEGES FOR ROLE \"rungs_test_owner\" IN SCHEMA \"public\" GRANT SELECT ON TABLES TO PUBLIC;\n\
             -- gives table t to rungs_test_owner\n\
             ALTER TABLE \"t\" OWNER TO \"rungs_test_owner\";\n\
             -- grants SELECT, UPDATE (b) on table t to Rungs \"test\", who may grant it too\n\
             GRANT SELECT, UPDATE (\"b\") ON TABLE \"t\" TO \"Rungs \"\"test\"\"\" WITH GRANT OPTION;\n"
        );
        connection.close().await.unwrap();
    });
}

#[test]
fn a_script_that_grants_nothing_takes_nothing_away() {
    postgres(|db| async move {
        let mut connection = db.connect().await;
        create_roles(&mut connection).await;
        run(
            &mut connection,
            &format!("{T}; GRANT SELECT ON t TO rungs_test_app; ALTER TABLE t OWNER TO rungs_test_owner"),
        )
        .await;
        connection.close().await.unwrap();
        let project = Project::empty();
        project.write("next.sql", &format!("{T};\n"));
        assert_eq!(project.run(&format!("diff --from db:{} --to file:next.sql", db.url_text())).ok().stdout, "");
    });
}

#[test]
fn a_role_that_the_server_does_not_have_is_named() {
    postgres(|db| async move {
        let mut connection = db.connect().await;
        create_roles(&mut connection).await;
        let asked = ["nobody knows me".to_owned(), ROLES[0].to_owned()];
        assert_eq!(missing_roles(&mut connection, &asked).await.unwrap(), [&asked[0]]);
        connection.close().await.unwrap();
    });
    let error = PlanError::MissingRole {
        role: "app".to_owned(),
        what: "privileges of table t".to_owned(),
        more: 1,
        help: String::new(),
    };
    let said =
        "role app does not exist on the server, and is needed for privileges of table t; another one is missing too";
    assert_eq!(error.to_string(), said);
}

/// The server ties a sequence to a column only where one role owns both, and gives away none that is tied.
#[test]
fn sequences_are_tied_and_untied_whoever_owns_them() {
    postgres(|db| async move {
        let made = "CREATE TABLE t (a int NOT NULL); CREATE TABLE u (b int); CREATE SEQUENCE q MAXVALUE 1000";
        let owners = [
            "",
            "ALTER SEQUENCE q OWNED BY t.a",
            "ALTER SEQUENCE q OWNER TO rungs_test_app; GRANT USAGE ON SEQUENCE q TO rungs_test_reader",
            "ALTER TABLE t OWNER TO rungs_test_owner; ALTER SEQUENCE q OWNER TO rungs_test_owner;
             ALTER SEQUENCE q OWNED BY t.a; ALTER TABLE t ALTER a SET DEFAULT nextval('q')",
            "ALTER TABLE u OWNER TO rungs_test_app; ALTER SEQUENCE q OWNER TO rungs_test_app;
             ALTER SEQUENCE q OWNED BY u.b MAXVALUE 2000; GRANT SELECT ON SEQUENCE q TO rungs_test_reader",
        ];
        let rows = "INSERT INTO t VALUES (1)";
        for one in owners {
            for two in owners.iter().filter(|two| **two != one) {
                becomes(&db, &format!("{made}; {one}"), &format!("{made}; {two}"), rows).await;
            }
            let table = "CREATE TABLE t (a int NOT NULL); ALTER TABLE t OWNER TO rungs_test_owner";
            become_each_other(&db, &format!("{made}; {one}"), table, "").await;
        }
    });
}

#[test]
fn a_column_of_a_table_that_another_role_owns_becomes_serial() {
    play(Engine::Postgres, |db| async move {
        let owned = "ALTER TABLE t OWNER TO rungs_test_owner;";
        let one = format!("CREATE TABLE t (id int, n bigint); {owned}");
        let two = format!("CREATE TABLE t (id serial, n bigserial); {owned}");
        become_each_other(&db, &one, &two, "INSERT INTO t VALUES (1, 2);").await;
        // The owner changes too.
        become_each_other(
            &db,
            "CREATE TABLE t (id int);",
            "CREATE TABLE t (id serial); ALTER TABLE t OWNER TO rungs_test_owner;",
            "",
        )
        .await;
    });
}
