//! PostgreSQL: what models and SQL files declare besides tables and views.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

const OBJECTS: &str = "models = [\"models.rs\"]\nobjects = [\"db/**/*.sql\"]\n";

async fn text(db: &TestDb, sql: &str) -> String {
    db.rows(sql).await.into_iter().flatten().collect::<Vec<_>>().join(" ")
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
        assert!(second.contains("GRANT INSERT") && !second.split("migrate:down").next().unwrap().contains("REVOKE"), "{second}");
        assert!(has(app.clone(), "INSERT").await && has(app.clone(), "DELETE").await && has(dba.clone(), "DELETE").await);
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
        project.run("downgrade base").code(2);
        db.run(&["DROP TABLE notes"]).await;
        for role in [app, dba] {
            db.run(&[&format!("DROP OWNED BY {role}"), &format!("DROP ROLE {role}")]).await;
        }
    });
}
