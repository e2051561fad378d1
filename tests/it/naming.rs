//! A project's own naming convention, in Alembic's words.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;
use crate::renames::applied;

const CONVENTION: &str = "[naming]
ix = \"ix_%(table_name)s_%(column_0_N_name)s\"
uq = \"uq_%(column_0_label)s\"
ck = \"ck_%(table_name)s_%(constraint_name)s\"
fk = \"fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s\"
pk = \"pk_%(table_name)s\"
";

fn named(db: &TestDb, models: &str, more: &str) -> Project {
    let project = Project::with_models(db.url_text(), models);
    project
        .write("migrate.toml", &format!("models = [\"models.rs\"]\nmigrations = \"migrations\"\n{CONVENTION}{more}"));
    project
}

const MODELS: &str =
    "#[derive(Model)] #[model(table = \"users\", index(first, last), check(name = \"age\", expr = \"age > 0\"))]
    pub struct User { #[model(primary_key)] pub id: i64, pub age: i32, #[model(length = 9)] pub first: String,
        #[model(length = 9)] pub last: String, #[model(unique)] pub code: i64,
        #[model(references(User::id))] pub chief: Option<i64> }";

/// Every name in the DDL that the differ prints for the database.
fn ddl(project: &Project) -> String {
    project.run("diff --from empty --to db").ok().stdout
}

on_every_engine!(what_is_unnamed_is_called_by_the_convention, |db| async move {
    let project = named(&db, MODELS, "");
    applied(&project, "");
    let ddl = ddl(&project);
    let mut expected = vec!["ix_users_first_last", "uq_users_code", "ck_users_age", "fk_users_chief_users"];
    expected.extend((db.engine != Engine::Mysql).then_some("pk_users"));
    for name in expected {
        assert!(ddl.contains(name), "{name}: {ddl}");
    }
    project.run("check").ok();
    assert_eq!(applied(&project, ""), Vec::<String>::new());
    // The printed models leave out what the convention says, and mean the same.
    let models = project.run("models").ok().stdout;
    for name in ["ix_users", "uq_users", "fk_name", "pk_users", "ck_users"] {
        assert!(!models.contains(name), "{name}: {models}");
    }
    assert!(models.contains("name = \"age\""), "{models}");
    project.write("models.rs", &models);
    project.run("check").ok();
    project.run("downgrade base").ok();
});

on_every_engine!(other_names_that_are_there_stay, |db| async move {
    let plain =
        Project::with_models(db.url_text(), &MODELS.replace("check(name = \"age\", ", "check(name = \"positive\", "));
    applied(&plain, "");
    let before = ddl(&plain);
    let project = named(&db, &MODELS.replace("check(name = \"age\", ", "check(name = \"positive\", "), "");
    std::fs::rename(plain.path().join("migrations"), project.path().join("migrations")).expect("moved");
    project.run("check").ok();
    assert_eq!(ddl(&project), before);
    // Where the project wants its convention everywhere, they are renamed, and rows stay.
    db.run(&["INSERT INTO users (id, age, first, last, code) VALUES (1, 2, 'a', 'b', 3)"]).await;
    let strict =
        named(&db, &MODELS.replace("check(name = \"age\", ", "check(name = \"positive\", "), "enforce = true\n");
    std::fs::rename(project.path().join("migrations"), strict.path().join("migrations")).expect("moved");
    let found = applied(&strict, "");
    assert!(!found.is_empty(), "{found:?}");
    let after = ddl(&strict);
    for name in ["uq_users_code", "ck_users_positive", "fk_users_chief_users"] {
        assert!(after.contains(name), "{name}: {after}");
    }
    strict.run("check").ok();
    assert_eq!(db.rows("SELECT id, code FROM users").await, [["1", "3"]]);
    strict.run("downgrade -1").ok();
    assert_eq!(ddl(&strict), before);
});

on_every_engine!(a_database_that_another_tool_made_is_no_difference, |db| async move {
    let create = match db.engine {
        Engine::Mysql => "CREATE TABLE users (id bigint NOT NULL, age int NOT NULL, `first` varchar(9) NOT NULL, `last` varchar(9) NOT NULL,
            code bigint NOT NULL, chief bigint, PRIMARY KEY (id), UNIQUE KEY users_code_unique (code), KEY users_names (`first`, `last`),
            CONSTRAINT users_chief_foreign FOREIGN KEY (chief) REFERENCES users (id), CONSTRAINT users_age_check CHECK (age > 0))",
        _ => "CREATE TABLE users (id bigint NOT NULL, age integer NOT NULL, \"first\" varchar(9) NOT NULL, \"last\" varchar(9) NOT NULL,
            code bigint NOT NULL, chief bigint, CONSTRAINT users_primary PRIMARY KEY (id), CONSTRAINT users_code_unique UNIQUE (code),
            CONSTRAINT users_chief_foreign FOREIGN KEY (chief) REFERENCES users (id), CONSTRAINT users_age_check CHECK (age > 0))",
    };
    db.run(&[create]).await;
    if db.engine != Engine::Mysql {
        db.run(&["CREATE INDEX users_names ON users (\"first\", \"last\")"]).await;
    }
    // SQLite keeps type names as they are written.
    let models = MODELS.replace("check(name = \"age\", expr = \"age > 0\")", "check(\"age > 0\")");
    let models = match db.engine {
        Engine::Sqlite => models
            .replace("pub id: i64", "#[model(type = \"bigint\")] pub id: i64")
            .replace("pub code: i64", "#[model(type = \"bigint\")] pub code: i64")
            .replace("pub chief:", "#[model(type = \"bigint\")] pub chief:"),
        _ => models,
    };
    let project = Project::with_models(db.url_text(), &models);
    let check = project.run("check --format json");
    assert_eq!(check.json()["differences"], serde_json::json!([]), "{}", check.stdout);
});

#[test]
fn a_convention_that_builds_on_names_asks_for_one() {
    play(Engine::Postgres, |db| async move {
        let project = named(&db, &MODELS.replace("name = \"age\", ", ""), "");
        let ran = project.run("autogenerate -m x").code(2);
        assert!(ran.stderr.contains("a check of table users has no name"), "{}", ran.stderr);
        // A name that is whole already is not put in once more.
        project.write_models(&MODELS.replace("name = \"age\", ", "name = \"ck_users_age\", "));
        applied(&project, "");
        assert!(ddl(&project).contains("\"ck_users_age\""));
    });
}

#[test]
fn a_long_name_is_cut_as_alembic_cuts_it() {
    play(Engine::Postgres, |db| async move {
        let (table, column) = ("t".repeat(40), "c".repeat(40));
        let models = format!(
            "#[derive(Model)] #[model(table = \"{table}\")] pub struct T {{ #[model(primary_key)] pub id: i64, #[model(index)] pub {column}: i64 }}"
        );
        let project = named(&db, &models, "");
        applied(&project, "");
        assert!(ddl(&project).contains("\"ix_tttttttttttttttttttttttttttttttttttttttt_ccccccccccc_f9ac\""));
        project.run("check").ok();
    });
}

#[test]
fn a_wrong_template_is_told_with_its_line() {
    play(Engine::Sqlite, |db| async move {
        let project = Project::with_models(db.url_text(), MODELS);
        let config =
            |line: &str| project.write("migrate.toml", &format!("models = [\"models.rs\"]\n[naming]\n{line}\n"));
        config("ix = \"ix_%(tabel_name)s\"");
        project
            .run("check")
            .code(2)
            .complains("migrate.toml:3: ix = `ix_%(tabel_name)s`: there is no token `tabel_name`");
        config("uq = \"uq\"");
        project.run("check").code(2).complains("gives all of them one name");
        config("index = \"ix_%(table_name)s\"");
        project.run("check").code(2).complains("migrate.toml:3: unknown field `index`");
    });
}
