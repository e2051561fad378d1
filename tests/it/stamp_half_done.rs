//! What the message about a half-done revision tells to do is what settles it, and it touches nothing else.

use crate::apply_support::{ledger, tables};
use crate::bad_input::{USERS, refuses, revision};
use crate::command::Project;
use crate::harness::TestDb;
use crate::on_every_engine;

/// a - b, where b stops in the middle; a - c, which is applied. Whatever the engine, b is not one transaction.
fn fork(db: &TestDb) -> Project {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "c", "\"a\"", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    let text = "-- About b\n--\n-- revision = \"b\"\n-- down_revision = [\"a\"]\n\n\
                -- migrate:up transaction:false\nCREATE TABLE b (id INT);\nCREATE TABLE b (id INT);\n\
                -- migrate:down transaction:false\nDROP TABLE b;\nDROP TABLE b;\n";
    project.write("migrations/b.sql", text);
    project
}

async fn states(db: &TestDb) -> String {
    let rows = ledger(db).await.into_iter().map(|row| format!("{} {}", row[0], row[1]));
    rows.collect::<Vec<_>>().join(", ")
}

/// The words in backquotes that begin with `migrate `.
fn advice(help: &str) -> Vec<String> {
    help.split('`').filter_map(|part| part.strip_prefix("migrate ")).map(str::to_owned).collect()
}

on_every_engine!(a_half_applied_revision, |db| async move {
    let project = fork(&db);
    project.run("upgrade c").ok();
    let stopped = project.run("upgrade heads --format json").code(2).json();
    assert_eq!(states(&db).await, "a applied, b applying, c applied");
    let help = stopped["error"]["help"].as_str().expect("a help");
    assert_eq!(advice(help), ["stamp b", "stamp b@a"], "{help}");
    let other = refuses(&project, "downgrade c@a", &["revision b is half applied: 1 of 2 statements ran"]);
    let help = other["error"]["help"].as_str().expect("a help");
    assert_eq!(advice(help), ["upgrade b", "stamp b", "stamp b@a"], "{help}");
    // From here, no step can be counted, and what does not cover it leaves it as it is.
    refuses(&project, "stamp c@-1", &["half applied", "`migrate stamp b@a`"]);
    project.run("stamp c").ok().complains("warning: revision b is half applied");
    assert_eq!(states(&db).await, "a applied, b applying, c applied");

    // Finished by hand.
    project.run("stamp b").ok().complains("marked as applied: b About b");
    assert_eq!(states(&db).await, "a applied, b applied, c applied");
    project.run("upgrade heads").ok().says("nothing to do");

    // Undone by hand.
    db.run(&["UPDATE rungs_ledger SET state = 'applying' WHERE revision = 'b'", "DROP TABLE b"]).await;
    project.run("stamp b@a").ok().complains("marked as not applied: b About b");
    assert_eq!(states(&db).await, "a applied, c applied");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    project.run("upgrade heads").ok();
    assert_eq!(tables(&db).await, ["a", "b", "c"]);
});

on_every_engine!(a_half_reverted_revision, |db| async move {
    let project = fork(&db);
    project.run("upgrade c").ok();
    db.run(&["CREATE TABLE b (id INT)"]).await;
    project.run("stamp heads").ok();
    let stopped = project.run("downgrade b@a --format json").code(2).json();
    assert_eq!(states(&db).await, "a applied, b reverting, c applied");
    let help = stopped["error"]["help"].as_str().expect("a help");
    assert_eq!(advice(help), ["stamp b@a", "stamp b"], "to finish is to revert: {help}");
    let other = refuses(&project, "upgrade heads", &["revision b is half reverted: 1 of 2 statements ran"]);
    let help = other["error"]["help"].as_str().expect("a help");
    assert_eq!(advice(help), ["downgrade b@a", "stamp b@a", "stamp b"], "{help}");
    project.run("stamp b").ok();
    assert_eq!(states(&db).await, "a applied, b applied, c applied");
    db.run(&["UPDATE rungs_ledger SET state = 'reverting' WHERE revision = 'b'"]).await;
    project.run("stamp b@a").ok();
    assert_eq!(states(&db).await, "a applied, c applied");
});

on_every_engine!(the_first_revision_of_a_line_half_done, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "x", "", "CREATE TABLE x (id INT);", "DROP TABLE x;");
    project.run("upgrade heads").ok();
    let text = "-- About a\n--\n-- revision = \"a\"\n\n-- migrate:up transaction:false\n\
                CREATE TABLE a (id INT);\nCREATE NONSENSE;\n-- migrate:down\n";
    project.write("migrations/a.sql", text);
    let stopped = project.run("upgrade heads --format json").code(2).json();
    assert_eq!(advice(stopped["error"]["help"].as_str().expect("a help")), ["stamp a", "stamp a@base"]);
    project.run("stamp a@base").ok();
    assert_eq!(states(&db).await, "x applied");
});

on_every_engine!(a_half_done_revision_whose_file_is_gone, |db| async move {
    let project = fork(&db);
    project.run("upgrade c").ok();
    project.run("upgrade b").code(2);
    std::fs::remove_file(project.path().join("migrations/b.sql")).expect("removed");
    refuses(&project, "stamp b", &["no file describes: b (About b)", "--purge"]);
    project.run("stamp c --purge").ok();
    assert_eq!(states(&db).await, "a applied, c applied");
});
