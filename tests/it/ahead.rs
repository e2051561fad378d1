//! Where the ledger and the files disagree: a database that is ahead of the checkout, files that were edited after they
//! were applied, and revisions that were merged later with an older date.

use serde_json::{Value, json};

use crate::apply_support::tables;
use crate::bad_input::{refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb};
use crate::on_every_engine;

/// A revision of a table of its own, with further lines of header.
fn table(project: &Project, id: &str, header: &str) {
    let text = format!(
        "-- About {id}\n--\n-- revision = \"{id}\"\n{header}\n-- migrate:up\nCREATE TABLE {id} (id INT);\n\n-- migrate:down\nDROP TABLE {id};\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

fn remove(project: &Project, id: &str) {
    std::fs::remove_file(project.path().join(format!("migrations/{id}.sql"))).expect("removed");
}

fn edit(project: &Project, id: &str, from: &str, to: &str) {
    let path = project.path().join(format!("migrations/{id}.sql"));
    let text = std::fs::read_to_string(&path).expect("a file");
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).expect("written");
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|one| one["revision"].as_str().expect("an id")).collect()
}

/// One model, whose table the first revision makes: `check` then has nothing but the revisions to speak of.
fn project(db: &TestDb) -> Project {
    let project = Project::with_models(
        db.url_text(),
        "#[derive(Model)]\n#[model(table = \"notes\")]\npub struct Note {\n    #[model(primary_key)]\n    pub id: i64,\n}\n",
    );
    let made = project.run("autogenerate -m notes --apply --format json").ok().json();
    assert_eq!(made["steps"].as_array().map(Vec::len), Some(1));
    project
}

/// a - zz, whose file is gone; x - y - z
async fn ahead(db: &TestDb) -> Project {
    let project = project(db);
    table(&project, "a", "");
    table(&project, "zz", "-- down_revision = [\"a\"]\n");
    table(&project, "x", "");
    project.run("upgrade heads").ok();
    remove(&project, "zz");
    db.run(&["DROP TABLE a", "DROP TABLE zz", "DROP TABLE x"]).await;
    project
}

on_every_engine!(check_names_what_the_files_do_not_have, |db| async move {
    let project = ahead(&db).await;
    let ran = project.run("check").code(1);
    ran.says("applied, but without a file: zz (About zz), applied at 2").complains("bring the files");
    let value = project.run("check --format json").code(1).json();
    assert_eq!(value["pending"], json!([]));
    let unknown = &value["unknown"][0];
    assert_eq!((&unknown["revision"], &unknown["message"]), (&json!("zz"), &json!("About zz")));
    assert_eq!((&unknown["down_revision"], &unknown["depends_on"]), (&json!(["a"]), &json!([])));
    assert!(unknown["applied_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{unknown}");
});

on_every_engine!(upgrades_go_on_beside_and_below_it, |db| async move {
    let project = ahead(&db).await;
    table(&project, "y", "-- down_revision = [\"x\"]\n");
    table(&project, "b", "-- down_revision = [\"a\"]\n");
    let ran = project.run("upgrade y --format json").ok();
    assert_eq!(ids(&ran.json()["steps"]), ["y"]);
    ran.complains("warning: no file describes zz (About zz), applied at 2");
    let ran = project.run("upgrade heads --format json").ok();
    assert_eq!(ids(&ran.json()["steps"]), ["b"]);
    ran.complains("zz (About zz)");
    assert_eq!(tables(&db).await, ["b", "notes", "y"]);
});

on_every_engine!(nothing_is_applied_after_what_stands_on_it, |db| async move {
    let project = ahead(&db).await;
    table(&project, "y", "-- down_revision = [\"x\"]\n-- branch_labels = [\"late\"]\n");
    for recorded in ["parents = 'a y'", "parents = 'a', depends_on = 'late'"] {
        db.run(&[&format!("UPDATE rungs_ledger SET {recorded} WHERE revision = 'zz'")]).await;
        let words = ["y is not applied, but what stands on it is", "zz (About zz), applied at 2", "get their files"];
        let value = refuses(&project, "upgrade heads", &words);
        assert_eq!(value["error"]["code"], "target::below_no_file");
    }
    assert_eq!(tables(&db).await, ["notes"]);
});

on_every_engine!(only_what_it_stands_on_cannot_be_reverted, |db| async move {
    let project = ahead(&db).await;
    db.run(&["CREATE TABLE a (id INT)", "CREATE TABLE x (id INT)"]).await;
    let words = ["no file describes: zz (About zz), applied at 2", "which stands on a", "another checkout"];
    for line in ["downgrade base", "downgrade a@base"] {
        let value = refuses(&project, line, &words);
        assert_eq!(value["error"]["code"], "target::no_file");
    }
    let ran = project.run("downgrade x@base --format json").ok();
    assert_eq!(ids(&ran.json()["steps"]), ["x"]);
    // A dependency, by way of another row without a file, holds as a parent does.
    project.run("stamp x").ok();
    table(&project, "q", "-- down_revision = [\"x\"]\n");
    project.run("upgrade q").ok();
    remove(&project, "q");
    db.run(&["UPDATE rungs_ledger SET parents = '', depends_on = 'q' WHERE revision = 'zz'"]).await;
    refuses(
        &project,
        "downgrade x@base",
        &["q (About q), applied at 2", "which stands on x; zz (About zz)", "which stands on q"],
    );
    project.run("downgrade a@base").ok();
    refuses(&project, "downgrade zz", &["no file describes: zz (About zz)"]);
    refuses(&project, "upgrade z+1", &["no file describes: zz (About zz)"]);
});

on_every_engine!(with_nothing_else_applied_there_is_nothing_to_revert, |db| async move {
    let project = ahead(&db).await;
    project.run("stamp base").ok();
    refuses(&project, "downgrade base", &["no file describes: zz (About zz)", "`migrate stamp base --purge`"]);
});

on_every_engine!(models_are_not_compared_with_what_no_file_explains, |db| async move {
    let project = ahead(&db).await;
    let value = refuses(&project, "autogenerate -m more", &["no file describes: zz (About zz), applied at 2"]);
    assert_eq!(value["error"]["code"], "target::no_file");
});

on_every_engine!(files_that_were_edited_are_told_and_taken_in, |db| async move {
    let project = project(&db);
    table(&project, "a", "");
    table(&project, "b", "-- down_revision = [\"a\"]\n");
    project.run("upgrade heads").ok();
    db.run(&["DROP TABLE a", "DROP TABLE b"]).await;
    // Line endings, trailing blanks and the header are no edits.
    edit(&project, "a", "\n", "  \r\n");
    edit(&project, "b", "About b", "About b, really");
    let value = project.run("check --format json").ok().json();
    assert_eq!(value["edited"], json!([]));
    for id in ["a", "b"] {
        edit(&project, id, "(id INT)", "(id INT, more INT)");
    }
    let ran =
        project.run("check").code(1).says("edited after it was applied at 2").says("migrations/a.sql: a About a\n");
    ran.complains("`migrate stamp --accept-edits`");
    let value = project.run("check --format json").code(1).json();
    assert_eq!(ids(&value["edited"]), ["a", "b"]);
    assert_eq!(value["edited"][0]["path"], "migrations/a.sql");
    assert!(value["edited"][0]["applied_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{value}");

    table(&project, "c", "-- down_revision = [\"b\"]\n");
    let ran = project.run("upgrade heads --format json").ok();
    assert_eq!(ids(&ran.json()["steps"]), ["c"]);
    let ran = ran.complains("warning: migrations/a.sql: revision a was edited after it was applied at 2");
    ran.complains("warning: migrations/b.sql: revision b").complains("`migrate stamp --accept-edits b`");
    refuses(&project, "downgrade base", &["revision b was edited", "`migrate stamp --accept-edits b`"]);

    refuses(&project, "stamp --accept-edits nosuch", &["`nosuch`"]);
    refuses(&project, "stamp --accept-edits base", &["`base` cannot be used here: it names no revision"]);
    let ran = project.run("stamp --accept-edits b c --format json").ok();
    let heads = project.run("current --format json").ok().json()["heads"].clone();
    assert_eq!(ran.json(), json!({ "steps": [], "heads": heads, "accepted": ["b"] }), "exactly those named");
    ran.complains("took in migrations/b.sql: b About b, really");
    assert_eq!(ids(&project.run("check --format json").code(1).json()["edited"]), ["a"]);
    project.run("stamp --accept-edits").ok().complains("took in migrations/a.sql: a About a");
    project.run("stamp --accept-edits").ok().says("nothing to do");
    assert_eq!(ids(&project.run("check --format json").code(1).json()["edited"]), [""; 0]);
    let told = db.rows("SELECT revision, outcome FROM rungs_log WHERE outcome = 'accepted' ORDER BY id").await;
    assert_eq!(told, [["b", "accepted"], ["a", "accepted"]]);
    assert_eq!(db.rows("SELECT message FROM rungs_ledger WHERE revision = 'b'").await, [["About b, really"]]);
    table(&project, "d", "-- down_revision = [\"c\"]\n");
    refuses(&project, "stamp --accept-edits d", &["revision d is not applied"]);
});

on_every_engine!(a_section_for_another_engine_is_no_edit, |db| async move {
    let project = Project::with_models(db.url_text(), "");
    let (own, other) = match db.engine {
        Engine::Sqlite => ("sqlite", "postgres"),
        Engine::Postgres => ("postgres", "mysql"),
        Engine::Mysql => ("mysql", "sqlite"),
    };
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    project.run("upgrade heads").ok();
    let more = format!("\n-- migrate:up dialect:{other}\nCREATE TABLE other (id INT);\n\n-- migrate:down");
    edit(&project, "a", "\n-- migrate:down", &more);
    assert!(!project.run("upgrade heads").ok().stderr.contains("edited"));
    // The same text under this engine's own name is the same text.
    edit(&project, "a", "migrate:up\n", &format!("migrate:up dialect:{own}\n"));
    assert!(!project.run("upgrade heads").ok().stderr.contains("edited"));
    edit(&project, "a", "CREATE TABLE a (id INT)", "CREATE TABLE a (id BIGINT)");
    project.run("upgrade heads").ok().complains("revision a was edited");
});

on_every_engine!(what_was_merged_later_is_pending_however_old_it_is, |db| async move {
    let project = project(&db);
    table(&project, "a", "-- created = 2026-01-01T00:00:00Z\n");
    table(&project, "c", "-- down_revision = [\"a\"]\n-- created = 2026-03-01T00:00:00Z\n");
    project.run("upgrade heads").ok();
    table(&project, "b", "-- down_revision = [\"a\"]\n-- created = 2026-02-01T00:00:00Z\n");
    let ran = project.run("check").code(1).says("pending: b About b");
    ran.complains("run `migrate upgrade heads`");
    assert_eq!(ids(&project.run("check --format json").code(1).json()["pending"]), ["b"]);
    let up = project.run("upgrade heads --format json").ok().json();
    assert_eq!(ids(&up["steps"]), ["b"]);
    assert_eq!(tables(&db).await, ["a", "b", "c", "notes"]);
    // Also where it was put between two that are applied.
    table(&project, "s", "-- down_revision = [\"a\"]\n-- created = 2026-01-15T00:00:00Z\n");
    table(&project, "c", "-- down_revision = [\"s\"]\n-- created = 2026-03-01T00:00:00Z\n");
    assert_eq!(ids(&project.run("upgrade heads --format json").ok().json()["steps"]), ["s"]);
    let down = project.run("downgrade a --format json").ok().json();
    // What was applied last goes first, as far as the lines allow.
    assert_eq!(ids(&down["steps"]), ["b", "c", "s"]);
    assert_eq!(tables(&db).await, ["a", "notes"]);
});
