//! PostgreSQL: languages, transforms, access methods of tables, conversions, parsers and templates of text search, types
//! that are a name alone.

use rungs::schema::{DefinitionKind, DialectName};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::postgres_kinds::{any_state_becomes_any_other, law};
use crate::postgres_pair::{become_each_other, comes_and_goes};

#[test]
fn languages_change_where_they_stand() {
    law(&[
        &["CREATE TABLE t (id int)"],
        &[
            "CREATE LANGUAGE plx HANDLER plpgsql_call_handler",
            "COMMENT ON LANGUAGE plx IS 'it''s'",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE plx AS 'BEGIN RETURN $1 + 1; END'",
            "CREATE TABLE t (id int DEFAULT f(1))",
        ],
        &[
            "CREATE TRUSTED LANGUAGE plx HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE plx AS 'BEGIN RETURN $1 + 1; END'",
            "CREATE TABLE t (id int DEFAULT f(1))",
        ],
        &[
            "CREATE FUNCTION own_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
            "CREATE LANGUAGE \"Pl x\" HANDLER own_handler",
            "CREATE FUNCTION f(int) RETURNS int LANGUAGE \"Pl x\" AS 'BEGIN RETURN $1 + 1; END'",
            "CREATE TABLE t (id int CHECK (f(id) > 0))",
            "INSERT INTO t VALUES (1)",
        ],
    ]);
}

#[test]
fn transforms_change_where_they_stand() {
    law(&[
        &["CREATE TABLE t (id int)"],
        &[
            "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal), TO SQL WITH FUNCTION int4recv(internal))",
        ],
        &[
            "CREATE TRANSFORM FOR int LANGUAGE sql (TO SQL WITH FUNCTION int4recv(internal))",
            "COMMENT ON TRANSFORM FOR int LANGUAGE sql IS 'back'",
            "CREATE FUNCTION f(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE sql AS 'SELECT $1'",
        ],
        &[
            "CREATE SCHEMA s",
            "CREATE TYPE s.\"D d\" AS (a int)",
            "CREATE LANGUAGE plx HANDLER plpgsql_call_handler",
            "CREATE TRANSFORM FOR s.\"D d\" LANGUAGE plx (FROM SQL WITH FUNCTION prsd_lextype(internal))",
        ],
    ]);
}

#[test]
fn tables_change_their_access_method() {
    play(Engine::Postgres, |db| async move {
        // ALTER TABLE ... SET ACCESS METHOD came with PostgreSQL 15.
        let connection = db.connect().await;
        let may_change = connection.version().at_least(15, 0, 0);
        connection.close().await.unwrap();
        if !may_change {
            return;
        }
        let states: &[&[&str]] = &[
            &["CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)"],
            &[
                "CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TABLE t (id int) USING heap2",
                "INSERT INTO t VALUES (1)",
            ],
            &[
                "CREATE ACCESS METHOD \"Heap 3\" TYPE TABLE HANDLER heap_tableam_handler",
                "COMMENT ON ACCESS METHOD \"Heap 3\" IS 'three'",
                "CREATE TABLE t (id int) USING \"Heap 3\"",
                "CREATE MATERIALIZED VIEW m USING \"Heap 3\" AS SELECT id FROM t",
                "INSERT INTO t VALUES (1)",
            ],
        ];
        any_state_becomes_any_other(&db, states).await;
    });
}

#[test]
fn conversions_parsers_templates_and_shells_become_any_others() {
    law(&[
        &["CREATE TYPE hollow"],
        &[
            "CREATE CONVERSION con FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
            "COMMENT ON CONVERSION con IS 'c'",
            "CREATE TEXT SEARCH TEMPLATE plain (LEXIZE = dsimple_lexize, INIT = dsimple_init)",
            "CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = plain)",
            "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)",
            "CREATE TEXT SEARCH CONFIGURATION g (PARSER = p)",
            "ALTER TEXT SEARCH CONFIGURATION g ADD MAPPING FOR asciiword WITH d",
            "CREATE TABLE t (id int, a text)",
            "CREATE INDEX i ON t USING gin (to_tsvector('g', a))",
            "INSERT INTO t VALUES (1, 'one')",
        ],
        &[
            "CREATE TYPE hollow",
            "COMMENT ON TYPE hollow IS 'soon'",
            "CREATE SCHEMA s",
            "CREATE DEFAULT CONVERSION s.con FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
            "CREATE TEXT SEARCH TEMPLATE plain (LEXIZE = dsimple_lexize)",
            "COMMENT ON TEXT SEARCH TEMPLATE plain IS 't'",
            "CREATE TEXT SEARCH PARSER s.p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, \
             HEADLINE = prsd_headline)",
            "CREATE TEXT SEARCH CONFIGURATION g (PARSER = s.p)",
            "CREATE TABLE t (id int, a text)",
            "CREATE INDEX i ON t USING gin (to_tsvector('g', a))",
            "INSERT INTO t VALUES (1, 'one')",
        ],
        &[
            "CREATE TYPE hollow AS (a int)",
            "CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, \
             HEADLINE = prsd_headline)",
            "COMMENT ON TEXT SEARCH PARSER p IS 'p'",
        ],
    ]);
}

const NOTE: &str = "#[derive(Model)] #[model(table = \"notes\")] pub struct Note { #[model(primary_key)] pub id: i64 }";
const OBJECTS: &str = "models = [\"models.rs\"]\nobjects = [\"db/**/*.sql\"]\n";

async fn definitions(db: &TestDb) -> Vec<(DefinitionKind, String)> {
    let mut connection = db.connect().await;
    let schema = rungs::dialect::introspect(&mut connection, &rungs::dialect::Scope::Everything).await.unwrap();
    schema.definitions.into_iter().map(|one| (one.kind, one.name.to_string())).collect()
}

#[test]
fn files_declare_them_in_any_order() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(db.url_text(), NOTE);
        project.write("migrate.toml", OBJECTS);
        std::fs::create_dir_all(project.path().join("db")).unwrap();
        let method = "CREATE ACCESS METHOD hash2 TYPE INDEX HANDLER hashhandler;";
        let class = "CREATE OPERATOR CLASS own DEFAULT FOR TYPE int USING hash2 AS OPERATOR 1 =, FUNCTION 1 hashint4(int);
            CREATE OPERATOR CLASS wide DEFAULT FOR TYPE bigint USING hash2 FAMILY fam AS OPERATOR 1 =, FUNCTION 1 hashint8(bigint);";
        let rest = "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE INDEX i ON m USING hash2 (a);
            CREATE FUNCTION f(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE plx AS 'BEGIN RETURN 1; END';
            CREATE TRANSFORM FOR int LANGUAGE plx (TO SQL WITH FUNCTION int4recv(internal));
            CREATE TRUSTED LANGUAGE plx HANDLER plpgsql_call_handler; COMMENT ON LANGUAGE plx IS 'x';
            REVOKE USAGE ON LANGUAGE plx FROM PUBLIC;
            CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; CREATE TYPE hollow;";
        let family = "ALTER OPERATOR FAMILY fam USING hash2 ADD OPERATOR 1 =(int, bigint);
            CREATE OPERATOR FAMILY fam USING hash2;";
        project.write("db/all.sql", &[rest, class, family, method].join("\n"));
        project.run("autogenerate -m first --apply").ok();
        project.run("check").ok();
        let found = definitions(&db).await;
        let names = |kind: DefinitionKind| -> Vec<&str> {
            found.iter().filter(|one| one.0 == kind).map(|one| one.1.as_str()).collect()
        };
        assert_eq!(names(DefinitionKind::OperatorClass), ["own USING hash2", "wide USING hash2"]);
        assert_eq!(names(DefinitionKind::OperatorFamily), ["fam USING hash2", "own USING hash2"]);
        assert_eq!(names(DefinitionKind::Transform), ["integer LANGUAGE plx"]);
        assert_eq!(names(DefinitionKind::Language), ["plx"]);
        // One member less, and another handler.
        let family = "CREATE OPERATOR FAMILY fam USING hash2;";
        let rest =
            rest.replace("HANDLER plpgsql_call_handler", "HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler");
        project.write("db/all.sql", &[&rest, class, family, method].join("\n"));
        let said = project.run("autogenerate -m second --apply").ok().stdout;
        project.run("check").ok();
        assert!(!said.contains("index"), "{said}");
        project.run("downgrade base").ok();
        assert_eq!(definitions(&db).await, []);
    });
}

#[test]
fn a_class_and_its_family_are_one_to_a_reader() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(db.url_text(), NOTE);
        project.write("migrate.toml", OBJECTS);
        let class =
            "CREATE OPERATOR CLASS own FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int);\n";
        project.write("db/own.sql", class);
        let said = project.run("autogenerate -m first --apply").ok().stdout;
        assert!(said.contains("operator class own USING btree") && !said.contains("family"), "{said}");
        let elsewhere = Project::with_models(db.url_text(), "");
        elsewhere.run("models --objects db").ok();
        assert!(elsewhere.path().join("db/operator_classes/own.sql").exists());
        assert!(!elsewhere.path().join("db/operator_families").exists());
        assert!(rungs::dialect::splitter::split(DialectName::Postgres, class).is_ok());
    });
}

#[test]
fn they_can_be_ignored() {
    play(Engine::Postgres, |db| async move {
        db.run(&[
            "CREATE LANGUAGE plx HANDLER plpgsql_call_handler",
            "CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
            "CREATE OPERATOR CLASS own FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int)",
        ])
        .await;
        let project = Project::with_models(db.url_text(), "");
        project.write(
            "migrate.toml",
            "models = [\"models.rs\"]\nobjects = [\"db\"]\n[autogenerate]\nignore = [\"language:pl?\", \"conversion:con\", \
             \"operator_class:own\", \"operator_family:public.own\"]\n",
        );
        project.run("models --objects db").ok();
        assert!(std::fs::read_dir(project.path().join("db")).map_or(true, |mut folder| folder.next().is_none()));
    });
}

#[test]
fn the_owner_of_a_language_and_who_may_use_it_are_given_back() {
    play(Engine::Postgres, |db| async move {
        let objects = "CREATE TRUSTED LANGUAGE plx HANDLER plpgsql_call_handler;
            CREATE OPERATOR FAMILY fam USING btree;
            CREATE OPERATOR CLASS own FOR TYPE int USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(int, int);
            CREATE CONVERSION con FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8";
        let rights = "REVOKE USAGE ON LANGUAGE plx FROM PUBLIC;
            GRANT USAGE ON LANGUAGE plx TO rungs_test_app WITH GRANT OPTION;
            ALTER LANGUAGE plx OWNER TO rungs_test_owner;
            ALTER OPERATOR FAMILY fam USING btree OWNER TO rungs_test_app;
            ALTER OPERATOR CLASS own USING btree OWNER TO rungs_test_app;
            ALTER OPERATOR FAMILY own USING btree OWNER TO rungs_test_app;
            ALTER CONVERSION con OWNER TO rungs_test_app";
        become_each_other(&db, objects, &format!("{objects}; {rights}"), "").await;
        comes_and_goes(&db, &format!("{objects}; {rights}")).await;
    });
}
