//! What the commands say where two lines meet that know nothing of each other.

use serde_json::json;

use crate::bad_input::revision;
use crate::command::Project;

/// Two lines on one base:
/// ```text
/// a ─┬─ b
///    └─ c
/// ```
fn project(b: &str, c: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\n");
    revision(&project, "a", "", "CREATE TABLE users (id INTEGER PRIMARY KEY, age INT);", "DROP TABLE users;");
    revision(&project, "b", "\"a\"", b, "");
    revision(&project, "c", "\"a\"", c, "");
    project
}

/// Without the lines that say what was applied.
fn said(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with("applied ")).map(|line| format!("{line}\n")).collect()
}

const EMAIL: &str = "ALTER TABLE users ADD COLUMN email TEXT;";
const MAIL: &str = "ALTER TABLE users ADD COLUMN mail TEXT;";
const REBUILD: &str = "\nCREATE TABLE _rungs_new_users (id INTEGER PRIMARY KEY, age INT NOT NULL);
INSERT INTO _rungs_new_users (id, age) SELECT id, coalesce(age, 0) FROM users;
DROP TABLE users;
ALTER TABLE _rungs_new_users RENAME TO users;";

#[test]
fn upgrade_tells_before_it_applies() {
    let project = project(EMAIL, REBUILD);
    let ran = project.run("upgrade heads").code(2);
    let told = "\
warning: the lines of b and c know nothing of each other, and touch the same things
  conflict: table users
    b adds column email (migrations/b.sql:7)
    c builds it anew, with the columns and indexes that it knows (migrations/c.sql:8)
help: c replaces table users by a new one: where another line has added columns or indexes by then, it is refused; let it run first, or write them into its new table
help: a conflict has to be settled in the SQL of a revision that no shared database has applied yet
help: where one revision has to come first, name it in `depends_on` of the other: a merge sets no order between its lines
";
    assert!(said(&ran.stderr).starts_with(told), "{}", ran.stderr);
    assert!(include_str!("../../docs/revisions.md").contains(told), "the documentation says it otherwise");
    assert!(ran.stderr.contains("would lose it with the old table: column email"), "{}", ran.stderr);
    assert_eq!(project.run("heads --format json").ok().json()["revisions"].as_array().map(Vec::len), Some(2));
}

#[test]
fn upgrade_tells_what_the_next_one_has_to_do_with_what_is_applied() {
    let project = project("UPDATE users SET age = 0;", "CREATE UNIQUE INDEX ix ON users (age);");
    assert_eq!(said(&project.run("upgrade b").ok().stderr), "");
    assert_eq!(
        said(&project.run("upgrade heads").ok().stderr),
        "\
warning: the lines of b and c know nothing of each other, and touch the same things
  order matters: table users
    b changes its rows (migrations/b.sql:7)
    c adds unique index ix (migrations/c.sql:7)
help: where one revision has to come first, name it in `depends_on` of the other: a merge sets no order between its lines
"
    );
}

#[test]
fn that_it_is_the_same_table_is_not_worth_a_word_where_nobody_asks() {
    let project = project(EMAIL, MAIL);
    assert_eq!(said(&project.run("upgrade heads").ok().stderr), "");
    assert_eq!(project.run("check").ok().stderr, "fine: models, revisions and database agree\n");
    let overlaps = project.run("check --format json").ok().json()["overlaps"].clone();
    assert_eq!(overlaps[0]["level"], "same_table");
    assert_eq!(overlaps[0]["touches"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_check_finds_conflicts() {
    let project = project(EMAIL, EMAIL);
    project.run("upgrade heads").code(2).complains("conflict: column users.email").complains("duplicate column");
    let found = project.run("check").code(1);
    let conflict = "conflict: column users.email: b adds it (migrations/b.sql:7), c adds it (migrations/c.sql:7)\n";
    assert!(found.stdout.ends_with(conflict), "{}", found.stdout);
    let found = project.run("check --format json").code(1).json();
    let touch = |id: &str, applied: bool| {
        json!({ "head": id, "revision": id, "path": format!("migrations/{id}.sql"), "line": 7, "action": "create",
            "kind": "column", "name": "users.email", "applied": applied })
    };
    assert_eq!(
        found["overlaps"],
        json!([{ "level": "conflict", "kind": "column", "name": "users.email", "touches": [touch("b", true), touch("c", false)] }])
    );
    assert_eq!(found["doubts"], json!([]));
}

#[test]
fn a_check_tells_where_the_order_matters() {
    let project = project("UPDATE users SET age = 0;", EMAIL);
    project.run("upgrade b").ok();
    let checked = project.run("check").code(1);
    assert_eq!(checked.stdout, "pending: c About c\n");
    assert_eq!(
        checked.stderr,
        "\
warning: the lines of b and c know nothing of each other, and touch the same things
  order matters: table users
    b changes its rows (migrations/b.sql:7)
    c adds column email (migrations/c.sql:7)
help: where one revision has to come first, name it in `depends_on` of the other: a merge sets no order between its lines
run `migrate upgrade heads` to apply what is pending
"
    );
}

/// On this database it is settled; on others it may not be.
#[test]
fn a_check_does_not_fail_for_what_is_applied() {
    let project = project("UPDATE users SET age = 0;", EMAIL);
    project.run("upgrade heads").ok();
    let checked = project.run("check").ok();
    assert_eq!(checked.stdout, "");
    assert_eq!(
        checked.stderr,
        "\
applied here, by lines that know nothing of each other: table users (`migrate check --format json` says what)
fine: models, revisions and database agree
"
    );
    let touches = project.run("check --format json").ok().json()["overlaps"][0]["touches"].clone();
    assert_eq!([&touches[0]["applied"], &touches[1]["applied"]], [true, true]);
}

#[test]
fn what_cannot_be_told_is_said() {
    let project = project("SELECT load_extension('x') WHERE 0;", EMAIL);
    assert_eq!(
        said(&project.run("upgrade heads").ok().stderr),
        "what these statements touch cannot be told\n  b (migrations/b.sql:7): `SELECT load_extension('x') WHERE 0`: what load_extension() does is not read\n"
    );
    let doubts = project.run("check --format json").ok().json()["doubts"].clone();
    assert_eq!(
        doubts,
        json!([{ "head": "b", "revision": "b", "path": "migrations/b.sql", "line": 7,
            "statement": "SELECT load_extension('x') WHERE 0", "reason": "what load_extension() does is not read" }])
    );
}

#[test]
fn a_dependency_settles_it() {
    let project = project(EMAIL, REBUILD);
    let text = std::fs::read_to_string(project.path().join("migrations/b.sql")).expect("text");
    project.write("migrations/b.sql", &text.replace("\n\n-- migrate:up", "\n-- depends_on = [\"c\"]\n\n-- migrate:up"));
    assert_eq!(said(&project.run("upgrade heads").ok().stderr), "");
    project.run("check").ok();
}

#[test]
fn a_single_line_has_nothing_to_tell() {
    let project = Project::empty();
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\n");
    revision(&project, "a", "", "CREATE TABLE users (id INTEGER PRIMARY KEY);", "");
    revision(&project, "b", "\"a\"", EMAIL, "");
    revision(&project, "c", "\"b\"", "SELECT load_extension('x') WHERE 0;", "");
    assert_eq!(said(&project.run("upgrade heads").ok().stderr), "");
    assert_eq!(project.run("check --format json").ok().json()["doubts"], json!([]));
}

#[test]
fn many_lines_are_cut_short() {
    let project = Project::empty();
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\n");
    revision(&project, "a", "", "CREATE TABLE users (id INTEGER PRIMARY KEY, age INT);", "");
    for number in 10..30 {
        revision(&project, &format!("b{number}"), "\"a\"", &format!("UPDATE users SET age = {number};"), "");
    }
    let said = said(&project.run("upgrade heads").ok().stderr);
    let first = "warning: 20 lines know nothing of each other, and touch the same things\n  order matters: column users.age\n    b10 changes its values (migrations/b10.sql:7)\n";
    assert!(said.starts_with(first), "{said}");
    assert!(
        said.contains("    b21 changes its values (migrations/b21.sql:7)\n    and 8 more touches\nhelp: where"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 16, "{said}");
}

#[test]
fn a_merge_tells_what_both_lines_touch() {
    let project = project(EMAIL, REBUILD);
    let ran = project.run("merge heads").ok();
    assert!(ran.stderr.starts_with("warning: the lines of b and c know nothing of each other"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("  conflict: table users\n    b adds column email (migrations/b.sql:7)\n"),
        "{}",
        ran.stderr
    );
    // Whoever merges has seen it; what would be lost stops the revision all the same.
    let ran = project.run("upgrade heads").code(2);
    assert!(!ran.stderr.contains("warning") && ran.stderr.contains("column email"), "{}", ran.stderr);
}

#[test]
fn a_merge_tells_that_it_is_the_same_table() {
    let ran = project(EMAIL, MAIL).run("merge heads").ok();
    assert_eq!(
        ran.stderr,
        "the lines of b and c know nothing of each other, and touch the same things\n  same table: table users\n    \
         b adds column email (migrations/b.sql:7)\n    c adds column mail (migrations/c.sql:7)\n"
    );
}

#[test]
fn a_merge_tells_that_nothing_is_in_the_way() {
    let project = project(EMAIL, "CREATE TABLE others (id INT);");
    assert_eq!(
        project.run("merge heads").ok().stderr,
        "the lines touch different things: their order does not matter\n"
    );
}

#[test]
fn a_merge_needs_no_database() {
    let project = project(EMAIL, EMAIL);
    project.write("migrate.toml", "database_url = \"${NOWHERE}\"\n");
    project.run("merge heads").ok().complains("whether the lines touch the same things is not told");
}
