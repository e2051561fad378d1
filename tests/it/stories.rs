//! What people come for, from the command line to the server and back.

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

/// Writes, applies, finds nothing more, reverts, and finds the database as it was.
async fn there_and_back(db: &TestDb, models: &str, extra: &str) -> Project {
    let project = Project::with_models(db.url_text(), models);
    let before = db.introspect().await;
    project.run(&format!("autogenerate -m 'First tables' {extra}")).ok().says("wrote migrations/");
    project.run("upgrade heads").ok();
    project.run("autogenerate -m again").ok().says("no difference");
    project.run("check").ok();
    project.run("downgrade base").ok();
    assert_eq!(db.introspect().await, before, "{}", project.only_revision());
    project.run("upgrade heads").ok();
    project.run("check").ok();
    project
}

const ARCHIVES: &str = r#"
#[derive(Model)]
#[model(table = "archives", charset = "utf8")]
pub struct Archive {
    #[model(primary_key, auto_increment)]
    pub id: u64,
    #[model(UNIQUE)]
    pub filename: String,
    #[model(type = "TEXT")]
    pub filepath: String,
    pub created_at: chrono::NaiveDateTime,
    pub updated_at: Option<chrono::NaiveDateTime>,
}
"#;

#[test]
fn archives_with_a_unique_text_on_mysql() {
    play(Engine::Mysql, |db| async move {
        let mariadb = db.dialect().await.version().name == rungs::schema::DialectName::Mariadb;
        if !mariadb {
            let project = Project::with_models(db.url_text(), &ARCHIVES.replace("UNIQUE", "unique"));
            project.run("autogenerate -m first").code(2).complains("archives.filename");
        }
        // MariaDB hashes a long text for its index; MySQL wants to be told how much of it to index.
        let unique = if mariadb { "unique" } else { "length = 255, unique" };
        let project = there_and_back(&db, &ARCHIVES.replace("UNIQUE", unique), "").await;
        let created = db.rows("SHOW CREATE TABLE archives").await[0][1].clone();
        assert!(created.contains("unsigned NOT NULL AUTO_INCREMENT"), "{created}");
        assert!(created.contains("utf8mb3"), "{created}");
        project.run("downgrade base").ok();
    });
}

#[test]
fn a_labelled_branch_on_the_default_sqlite() {
    let project = Project::empty();
    project.run("init").ok();
    project.write(
        "src/models/user.rs",
        r#"
        use rungs::Model;
        #[derive(Model)]
        #[model(unique(run_id, step))]
        pub struct ComputationResult {
            #[model(primary_key, auto_increment)]
            pub id: i64,
            pub run_id: i32,
            pub step: i32,
            pub outcome: i32,
        }
        "#,
    );
    project
        .run("autogenerate -m 'Add computation_result' --branch tuto.data_reduction")
        .ok()
        .says("+ table computation_result");
    assert!(project.only_revision().contains("-- branch_labels = [\"tuto.data_reduction\"]"));
    project.run("upgrade tuto.data_reduction@head").ok();
    project.run("current").ok().says("[tuto.data_reduction] (head): Add computation_result");
    project.run("check").ok();
    project.run("downgrade tuto.data_reduction@base").ok();
    project.run("current --format json").ok().says("\"heads\": []");
}

const SHARED_SEQUENCE: &str = r#"
#[derive(Model)]
#[model(table = "grouptypes")]
pub struct GroupType {
    #[model(primary_key, sequence = "all_id_seq")]
    pub id: i64,
    #[model(length = 40, unique)]
    pub name: String,
}

#[derive(Model)]
#[model(table = "groups")]
pub struct Group {
    #[model(primary_key, sequence = "all_id_seq")]
    pub id: i64,
    #[model(references(GroupType::id), index)]
    pub grouptype_id: i64,
}

#[derive(Model)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, sequence = "all_id_seq")]
    pub id: i64,
    #[model(column = "externalId", index)]
    pub external_id: i64,
}

#[derive(Model)]
#[model(table = "users_groups", primary_key(user_id, group_id))]
pub struct UserGroup {
    #[model(references(User::id), on_delete = "cascade")]
    pub user_id: i64,
    #[model(references(Group::id), on_delete = "cascade")]
    pub group_id: i64,
}
"#;

#[test]
fn ids_from_one_shared_sequence_on_postgres() {
    play(Engine::Postgres, |db| async move {
        let project = there_and_back(&db, SHARED_SEQUENCE, "").await;
        assert!(project.only_revision().contains("CREATE SEQUENCE \"all_id_seq\""));
        db.run(&[
            "INSERT INTO grouptypes (name) VALUES ('a')",
            "INSERT INTO groups (grouptype_id) SELECT id FROM grouptypes",
            "INSERT INTO users (\"externalId\") VALUES (7)",
        ])
        .await;
        let ids = db.rows("SELECT (SELECT id FROM grouptypes), (SELECT id FROM groups), (SELECT id FROM users)").await;
        assert_eq!(ids, [["1", "2", "3"]]);
    });
}

const USERS: &str = r#"
#[derive(Model)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(length = 120, unique)]
    pub email: String,
    NEXT
}
"#;

on_every_engine!(a_required_column_gets_its_value_from_the_backfill, |db| async move {
    let project = Project::with_models(db.url_text(), &USERS.replace("NEXT", ""));
    project.run("autogenerate -m first --apply").ok();
    db.run(&["INSERT INTO users (email) VALUES ('ada@example.org')"]).await;
    project.write_models(&USERS.replace("NEXT", "#[model(length = 40, backfill = \"'nobody'\")] pub name: String,"));
    project.run("autogenerate -m 'Add the name' --apply").ok().says("+ column users.name");
    assert_eq!(db.rows("SELECT email, name FROM users").await, [["ada@example.org", "nobody"]]);
    project.run("check").ok();
    project.run("downgrade -1").ok();
    assert_eq!(db.rows("SELECT email FROM users").await, [["ada@example.org"]]);
});

on_every_engine!(a_required_column_without_a_value_waits_for_a_person, |db| async move {
    let project = Project::with_models(db.url_text(), &USERS.replace("NEXT", ""));
    project.run("autogenerate -m first --apply").ok();
    db.run(&["INSERT INTO users (email) VALUES ('ada@example.org')"]).await;
    project.write_models(&USERS.replace("NEXT", "#[model(length = 40)] pub name: String,"));
    project.run("autogenerate -m 'Add the name'").ok().complains("edit the file before it can be applied");
    project.run("upgrade heads").code(2).complains("users.name").complains("NULL");
    assert_eq!(db.rows("SELECT email FROM users").await, [["ada@example.org"]]);

    let path =
        project.revisions().into_iter().find(|path| path.to_string_lossy().contains("add_the_name")).expect("a file");
    let text = std::fs::read_to_string(&path).expect("a readable file");
    let edited: String =
        text.lines().filter(|line| !line.starts_with("-- migrate:edit")).map(|line| format!("{line}\n")).collect();
    let edited = edited
        .replace("SET \"name\" = NULL", "SET \"name\" = email")
        .replace("SET `name` = NULL", "SET `name` = email");
    let edited = edited.replace("\"email\", NULL", "\"email\", email");
    std::fs::write(&path, edited).expect("a written file");
    project.run("upgrade heads").ok();
    assert_eq!(db.rows("SELECT name FROM users").await, [["ada@example.org"]]);
    project.run("check").ok();
});

on_every_engine!(what_is_lost_is_said, |db| async move {
    let project = Project::with_models(db.url_text(), &USERS.replace("NEXT", "pub age: Option<i32>,"));
    project.run("autogenerate -m first --apply").ok();
    project.write_models(&USERS.replace("NEXT", ""));
    project.run("autogenerate -m 'Drop the age'").ok().says("- column users.age");
    let path =
        project.revisions().into_iter().find(|path| path.to_string_lossy().contains("drop_the_age")).expect("a file");
    let text = std::fs::read_to_string(path).expect("a readable file");
    assert!(text.contains("drops column users.age and its values"), "{text}");
    assert!(text.contains("the values of users.age do not come back"), "{text}");
});

on_every_engine!(a_column_that_comes_elsewhere_than_in_the_model_is_said_to, |db| async move {
    let model = |fields: &str| {
        USERS.replace("#[model(length = 120, unique)]", &format!("{fields} #[model(length = 120, unique)]"))
    };
    let project = Project::with_models(db.url_text(), &model("").replace("NEXT", ""));
    project.run("autogenerate -m first --apply").ok();
    project.write_models(&model("pub age: Option<i32>,").replace("NEXT", "pub shoe: Option<i32>,"));
    project.run("autogenerate -m 'Add both' --apply").ok();
    let path =
        project.revisions().into_iter().find(|path| path.to_string_lossy().contains("add_both")).expect("a file");
    let text = std::fs::read_to_string(path).expect("a readable file");
    assert_eq!(text.contains("adds column users.age, at the end of the table"), db.engine != Engine::Mysql, "{text}");
    assert!(text.contains("adds column users.shoe\n"), "{text}");
    project.run("check").ok();
});

on_every_engine!(autogenerate_refuses_a_database_that_is_behind, |db| async move {
    let project = Project::with_models(db.url_text(), &USERS.replace("NEXT", ""));
    project.run("autogenerate -m first").ok();
    project
        .run("autogenerate -m second")
        .code(2)
        .complains("behind the revision files")
        .complains("migrate upgrade heads");
    project.run("check").code(1).says("pending: ").says("+ table users");
    assert_eq!(project.revisions().len(), 1);
});

on_every_engine!(a_rename_keeps_the_values, |db| async move {
    let models = "#[derive(Model)] #[model(table = \"people\")] pub struct Person {
        #[model(primary_key, auto_increment)] pub id: i64,
        #[model(length = 120, unique)] pub mail: String,
    }";
    let project = Project::with_models(db.url_text(), models);
    project.run("autogenerate -m first --apply").ok();
    db.run(&["INSERT INTO people (mail) VALUES ('ada@example.org')"]).await;
    project.write_models(
        "#[derive(Model)] #[model(table = \"users\", renamed_from = \"people\")] pub struct User {
            #[model(primary_key, auto_increment)] pub id: i64,
            #[model(length = 160, unique, renamed_from = \"mail\")] pub email: String,
        }",
    );
    project
        .run("autogenerate -m 'Rename people' --apply")
        .ok()
        .says("~ table users: was people")
        .says("~ column users.email: was mail");
    assert_eq!(db.rows("SELECT email FROM users").await, [["ada@example.org"]]);
    project.run("check").ok();
    project.run("autogenerate -m again").ok().says("no difference");
    project.run("downgrade -1").ok();
    assert_eq!(db.rows("SELECT mail FROM people").await, [["ada@example.org"]]);
});

const ORDERS: &str = r#"
#[derive(DbEnum)]
pub enum Status { VARIANTS }
#[derive(Model)]
#[model(table = "orders")]
pub struct Order {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(default = "'open'")]
    pub status: Status,
}
"#;

on_every_engine!(an_enumeration_gains_and_loses_values_and_keeps_the_rows, |db| async move {
    let project = Project::with_models(db.url_text(), &ORDERS.replace("VARIANTS", "Open, Paid"));
    project.run("autogenerate -m first --apply").ok();
    db.run(&["INSERT INTO orders (status) VALUES ('open'), ('paid')"]).await;
    project.write_models(&ORDERS.replace("VARIANTS", "Draft, Open, Packed, Paid"));
    project.run("autogenerate -m 'More states' --apply").ok();
    project.run("check").ok();
    db.run(&["INSERT INTO orders (status) VALUES ('packed')", "DELETE FROM orders WHERE status = 'packed'"]).await;
    project.write_models(&ORDERS.replace("VARIANTS", "Paid, Open, Shipped"));
    project.run("autogenerate -m 'Other states' --apply").ok();
    project.run("check").ok();
    project.run("downgrade -1").ok();
    project.run("downgrade -1").ok();
    assert_eq!(db.rows("SELECT status FROM orders ORDER BY id").await, [["open"], ["paid"]]);
    project.run("upgrade heads").ok();
    project.run("check").ok();
    assert_eq!(db.rows("SELECT status FROM orders ORDER BY id").await, [["open"], ["paid"]]);
});
