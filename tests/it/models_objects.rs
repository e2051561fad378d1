//! PostgreSQL: what models and SQL files declare besides tables and views.

use rungs::dialect::{Scope, introspect};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

const OBJECTS: &str = "models = [\"models.rs\"]\nobjects = [\"db/**/*.sql\"]\n";

async fn text(db: &TestDb, sql: &str) -> String {
    db.rows(sql).await.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// All that the database holds.
async fn all(db: &TestDb) -> rungs::schema::Schema {
    let mut connection = db.connect().await;
    introspect(&mut connection, &Scope::Everything).await.unwrap()
}

fn notes(on_struct: &str, on_body: &str) -> String {
    format!(
        "#[derive(Model)] #[model(table = \"notes\")] {on_struct} pub struct Note {{
            #[model(primary_key)] pub id: i64, {on_body} pub body: Option<String>, pub room: i32,
            #[model(type = \"int4range\")] pub during: String }}"
    )
}

#[test]
fn exclusions_row_security_and_column_options_come_change_and_go() {
    play(Engine::Postgres, |db| async move {
        db.run(&["CREATE EXTENSION IF NOT EXISTS btree_gist"]).await;
        let full = notes(
            "#[model(row_security = \"force\", exclude = \"USING gist (room WITH =, during WITH &&)\")]",
            "#[model(options(storage = \"external\", statistics = 500))]",
        );
        let project = Project::with_models(db.url_text(), &full);
        project.run("autogenerate -m first --apply").ok();
        project.run("check").ok();
        let first = db.introspect().await;
        assert_eq!(first.tables[0].exclusions[0].name.as_deref(), Some("notes_room_during_excl"));
        assert!(first.tables[0].options.contains_key("force_row_security"), "{:?}", first.tables[0].options);
        assert_eq!(first.tables[0].columns[1].options["storage"], "EXTERNAL");

        let less = notes(
            "#[model(row_security, exclude = \"USING gist (room WITH =, during WITH &&) WHERE (room > 1)\")]",
            "#[model(options(storage = \"main\"))]",
        );
        project.write_models(&less);
        project.run("autogenerate -m second --apply").ok();
        project.run("check").ok();
        let table = &db.introspect().await.tables[0];
        let is_on = |word: &str| table.options.contains_key(word);
        assert!(is_on("row_security") && !is_on("force_row_security"), "{:?}", table.options);
        // What the model no longer mentions stays.
        assert_eq!(table.columns[1].options["statistics"], "500");
        project.write_models(&notes("#[model(row_security = \"off\")]", ""));
        project.run("autogenerate -m third --apply").ok();
        project.run("check").ok();
        let table = &db.introspect().await.tables[0];
        assert!(table.options.is_empty() && table.exclusions.is_empty(), "{table:?}");
        project.run("downgrade -- -2").ok();
        assert_eq!(db.introspect().await.tables, first.tables);
    });
}

#[test]
fn what_models_grant_is_granted_and_nothing_else_is_revoked() {
    play(Engine::Postgres, |db| async move {
        let role = |name: &str| format!("rungs_objects_{name}_{}", std::process::id());
        let (app, dba) = (role("app"), role("dba"));
        for role in [&app, &dba] {
            db.run(&[format!("DROP ROLE IF EXISTS {role}").as_str(), &format!("CREATE ROLE {role}")]).await;
        }
        db.run(&[&format!("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {dba}")]).await;
        let grant = |more: &str| notes(&format!("#[model(grant(select, update(body){more}; to = \"{app}\"))]"), "");
        let project = Project::with_models(db.url_text(), &grant(""));
        project.run("autogenerate -m first --apply").ok().says("notes");
        project.run("check").ok();
        let has = |role: String, what: &'static str| {
            let db = &db;
            async move { text(db, &format!("SELECT has_table_privilege('{role}', 'notes', '{what}')")).await == "t" }
        };
        assert!(has(app.clone(), "SELECT").await && has(dba.clone(), "SELECT").await);
        assert_eq!(text(&db, &format!("SELECT has_column_privilege('{app}', 'notes', 'body', 'UPDATE')")).await, "t");
        // Somebody else grants more; no model mentions it, and it stays.
        db.run(&[&format!("GRANT DELETE ON notes TO {dba}, {app}"), "GRANT SELECT ON notes TO PUBLIC"]).await;
        project.run("check").ok();
        project.write_models(&grant(", insert"));
        project.run("check").code(1);
        project.run("autogenerate -m second --apply").ok();
        let second = std::fs::read_to_string(&project.revisions()[1]).unwrap();
        assert!(
            second.contains("GRANT INSERT") && !second.split("migrate:down").next().unwrap().contains("REVOKE"),
            "{second}"
        );
        assert!(
            has(app.clone(), "INSERT").await && has(app.clone(), "DELETE").await && has(dba.clone(), "DELETE").await
        );
        project.run("check").ok();
        project.run("downgrade -- -1").ok();
        assert!(!has(app.clone(), "INSERT").await && has(app.clone(), "DELETE").await);
        // A grant that a model no longer mentions stays until a file says that it is not to be there.
        project.write_models(&notes("", ""));
        project.run("upgrade heads").ok();
        project.run("check").ok();
        project.write("migrate.toml", OBJECTS);
        project.write("db/rights.sql", &format!("REVOKE INSERT ON notes FROM {app};\n"));
        project.run("check").code(1);
        project.run("autogenerate -m third --apply").ok();
        assert!(!has(app.clone(), "INSERT").await && has(app.clone(), "SELECT").await);
        project.run("check").ok();
        project.write("db/rights.sql", "GRANT SELECT ON nothing TO PUBLIC;\n");
        project.run("check").code(2).complains("db/rights.sql:1");
        project.run("downgrade base").ok();
        for role in [app, dba] {
            db.run(&[&format!("DROP OWNED BY {role}"), &format!("DROP ROLE {role}")]).await;
        }
    });
}

/// Objects of every kind, over the table of [`notes`]. Nothing stands in an order that works.
const EVERYTHING: &str = "
COMMENT ON VIEW app.bodies IS 'all of them';
GRANT USAGE ON SCHEMA app TO PUBLIC;
GRANT EXECUTE ON FUNCTION shout(text) TO PUBLIC;
REVOKE EXECUTE ON FUNCTION quiet() FROM PUBLIC;
GRANT SELECT ON app.bodies TO PUBLIC;
CREATE VIEW app.bodies AS SELECT id, shout(body) AS body FROM notes;
CREATE SCHEMA app;
CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA app;
CREATE EXTENSION pg_trgm;
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
CREATE FUNCTION quiet() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE MATERIALIZED VIEW counted AS SELECT room, count(*) AS many FROM notes GROUP BY room;
CREATE UNIQUE INDEX counted_room ON counted (room);
CREATE TYPE app.mood AS ENUM ('sad', 'glad');
CREATE TYPE pair AS (a int, b app.mood);
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE TYPE emails AS RANGE (subtype = text);
CREATE SEQUENCE tickets START 100;
CREATE AGGREGATE longest(text) (SFUNC = textcat, STYPE = text);
CREATE OPERATOR === (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = same_mood);
CREATE FUNCTION same_mood(app.mood, app.mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE CAST (app.mood AS email) WITH INOUT;
CREATE STATISTICS both_of ON id, room FROM notes;
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE RULE nobody AS ON DELETE TO notes DO INSTEAD NOTHING;
CREATE POLICY own ON notes FOR SELECT USING (room > 0);
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE PUBLICATION told FOR TABLE notes;
COMMENT ON PUBLICATION told IS 'to whom it may concern';
CREATE FUNCTION log_it() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE EVENT TRIGGER logged ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION log_it();
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON notes FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION plainly (COPY = english);
CREATE FOREIGN DATA WRAPPER far_away;
CREATE SERVER \"Far\" FOREIGN DATA WRAPPER far_away;
CREATE FOREIGN TABLE beyond (id int) SERVER \"Far\";
CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (0) TO (100);
CREATE TABLE logs_rest PARTITION OF logs DEFAULT;
CREATE INDEX logs_old_note ON logs_old (note);
CREATE TABLE special_notes (mark int) INHERITS (notes);
";

fn with_logs() -> String {
    let logs = "#[derive(Model)] #[model(table = \"logs\", partition_by = \"RANGE (id)\")]
        pub struct Log { #[model(primary_key)] pub id: i64, pub note: String }";
    format!("{}\n{logs}", notes("", ""))
}

#[test]
fn sql_files_declare_every_kind_that_is_compared() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(db.url_text(), &with_logs());
        project.write("migrate.toml", OBJECTS);
        project.write("db/all.sql", EVERYTHING);
        project.run("autogenerate -m first --apply").ok();
        project.run("check").ok();
        let first = all(&db).await;
        assert_eq!(
            text(&db, "SELECT nextval('tickets'), obj_description(oid) FROM pg_publication").await,
            "100 to whom it may concern"
        );
        // Each changes in its own way, and the rest stays.
        let changes = [
            ("count(*) AS many", "sum(id) AS many"),
            ("VALUE LIKE '%@%'", "VALUE LIKE '%@%.%'"),
            ("'sad', 'glad'", "'sad', 'so-so', 'glad'"),
            ("b app.mood)", "b app.mood, c text)"),
            ("START 100", "START 100 INCREMENT 5"),
            ("USING (room > 0)", "USING (room > 1)"),
            ("TABLE notes;\nCOMMENT ON PUB", "TABLE notes, logs;\nCOMMENT ON PUB"),
            ("WHEN TAG IN ('CREATE TABLE') ", ""),
            ("'all of them'", "'every one'"),
            ("locale = 'de'", "locale = 'fr'"),
            ("TO (100)", "TO (200)"),
            ("upper($1)", "lower($1)"),
            ("(mark int)", "(mark bigint)"),
            ("beyond (id int)", "beyond (id int, name text)"),
        ];
        let changed = changes.iter().fold(EVERYTHING.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        });
        project.write("db/all.sql", &changed);
        project.run("check").code(1);
        project.run("autogenerate -m second --apply").ok();
        project.run("check").ok();
        project.run("downgrade -- -1").ok();
        assert_eq!(all(&db).await, first);
        project.write("db/all.sql", EVERYTHING);
        std::fs::remove_file(&project.revisions()[1]).unwrap();
        project.run("check").ok();
        project.run("downgrade base").ok();
        assert!(all(&db).await.is_empty(), "{:#?}", all(&db).await);
    });
}

#[test]
fn what_is_no_longer_declared_stays() {
    play(Engine::Postgres, |db| async move {
        let project = Project::with_models(db.url_text(), &with_logs());
        project.write("migrate.toml", OBJECTS);
        project.write("db/all.sql", EVERYTHING);
        project.run("autogenerate -m first --apply").ok();
        let before = all(&db).await;
        project.write("db/all.sql", "");
        project.run("check").ok();
        project.write_models(&with_logs().replace("pub room: i32", "pub room: i64"));
        project.run("autogenerate -m wider --apply").ok();
        project.run("check").ok();
        project.run("downgrade -- -1").ok();
        assert_eq!(all(&db).await, before);
    });
}

#[test]
fn models_are_printed_with_what_postgres_alone_has() {
    play(Engine::Postgres, |db| async move {
        db.run(&["CREATE EXTENSION IF NOT EXISTS btree_gist"]).await;
        let full = notes(
            "#[model(row_security = \"force\", exclude = \"USING gist (room WITH =, during WITH &&)\")]",
            "#[model(options(storage = \"external\"))]",
        );
        let logs = with_logs().replace(&notes("", ""), &full);
        let project = Project::with_models(db.url_text(), &logs);
        project.run("autogenerate -m first --apply").ok();
        let printed = project.run("models").ok().stdout;
        for said in [
            "row_security = \"force\"",
            "exclude = \"USING gist",
            "storage = \"EXTERNAL\"",
            "partition_by = \"RANGE (id)\"",
        ] {
            assert!(printed.contains(said), "{said}\n{printed}");
        }
        project.write("models.rs", &printed);
        project.run("check").ok();
    });
}

#[test]
fn a_model_of_mysql_is_partitioned_and_its_silence_leaves_partitions_alone() {
    play(Engine::Mysql, |db| async move {
        let logs = |by: &str| {
            format!(
                "#[derive(Model)] #[model(table = \"logs\"{by})] pub struct Log {{ #[model(primary_key)] pub id: i64 }}"
            )
        };
        let project = Project::with_models(db.url_text(), &logs(", partition_by = \"HASH (id) PARTITIONS 3\""));
        project.run("autogenerate -m first --apply").ok();
        project.run("check").ok();
        let count = "SELECT count(*) FROM information_schema.partitions WHERE table_schema = database() \
                     AND table_name = 'logs' AND partition_name IS NOT NULL";
        assert_eq!(text(&db, count).await, "3");
        project.write_models(&logs(""));
        project.run("check").ok();
    });
}
