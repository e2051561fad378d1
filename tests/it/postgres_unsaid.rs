//! PostgreSQL: what models leave unsaid stays as it is.

use crate::command::Project;
use crate::harness::{Engine, play};

#[test]
fn settings_that_no_model_mentions_stay() {
    play(Engine::Postgres, |db| async move {
        db.run(&[
            "CREATE TABLE notes (id bigint PRIMARY KEY, body text) WITH (fillfactor = 70)",
            "ALTER TABLE notes ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE notes FORCE ROW LEVEL SECURITY",
            "CREATE POLICY own ON notes USING (true)",
            "ALTER TABLE notes ALTER body SET STORAGE EXTERNAL, ALTER body SET STATISTICS 500",
            "CREATE STATISTICS both_of ON id, body FROM notes",
            "GRANT SELECT ON notes TO public",
        ])
        .await;
        let before = db.introspect().await;
        let model = |more: &str| {
            format!(
                "#[derive(Model)] #[model(table = \"notes\")] pub struct Note {{ #[model(primary_key)] pub id: i64, pub body: Option<String>, {more} }}"
            )
        };
        let project = Project::with_models(db.url_text(), &model(""));
        project.run("check").ok();
        project.write_models(&model("pub at: Option<i64>,"));
        project.run("autogenerate -m more --apply").ok();
        let after = db.introspect().await;
        assert_eq!(after.tables[0].options, before.tables[0].options);
        assert_eq!(after.tables[0].columns[1], before.tables[0].columns[1]);
        assert_eq!(after.definitions, before.definitions);
        project.run("check").ok();
        project.run("downgrade -1").ok();
        assert_eq!(db.introspect().await.tables, before.tables);
    });
}
