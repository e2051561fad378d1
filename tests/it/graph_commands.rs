//! The commands that look at the graph.

use serde_json::{Value, json};

use crate::bad_input::refuses;
use crate::command::Project;
use crate::graph_support::project;

const FORK: [&str; 6] = ["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"];
const NEEDS: [&str; 5] = ["a: @one", "b: a", "x: @two", "y: x >b", "z: y"];

fn ids(project: &Project, line: &str) -> String {
    let value = project.run(&format!("{line} --format json")).ok().json();
    let revisions = value["revisions"].as_array().expect("a list").iter();
    revisions.map(|one| one["revision"].as_str().expect("an id")).collect::<Vec<_>>().join(" ")
}

fn keys(value: &Value) -> String {
    value.as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

const RECORD: &str = "revision down_revision branch_labels depends_on message created path";

#[test]
fn history_lists_a_range_newest_first() {
    let project = project(&FORK);
    assert_eq!(ids(&project, "history"), "f e d c b a");
    assert_eq!(ids(&project, "history -r b:d"), "d c b");
    assert_eq!(ids(&project, "history -r :left@head"), "d c b a");
    assert_eq!(ids(&project, "history --rev-range c:"), "d c");
    assert_eq!(ids(&project, "history --range c:"), "d c");
    assert_eq!(ids(&project, "history -r -1:d"), "d c");
    assert_eq!(ids(&project, "history -r-1:d"), "d c");
    project.run("upgrade c").ok();
    assert_eq!(ids(&project, "history -r -1:current"), "c b");
    assert_eq!(ids(&project, "history -r current:"), "d c");
    project.run("history -r current:b").code(2).complains("current (c) comes after b");
    refuses(
        &project,
        "history -r d:b",
        &["`d:b` cannot be used here: d comes after b", "the older end comes first: b:d"],
    );
    refuses(
        &project,
        "history -r b",
        &["`b` is not a range: it has no `:`", "write b: for what comes after it, :b for"],
    );
    project.run("history -r base:base").ok().complains("the range is empty");
}

#[test]
fn history_marks_what_is_applied_where_it_is_asked_to() {
    let project = project(&FORK);
    project.run("upgrade c").ok();
    let plain = project.run("history --format json").ok().json();
    assert_eq!(keys(&plain["revisions"][0]), RECORD);
    let marked = project.run("history --indicate-current --format json").ok().json();
    assert_eq!(keys(&marked["revisions"][0]), format!("{RECORD} applied current"));
    let of = |key: &str| -> Vec<&str> {
        let revisions = marked["revisions"].as_array().unwrap().iter().filter(|one| one[key] == json!(true));
        revisions.map(|one| one["revision"].as_str().unwrap()).collect()
    };
    assert_eq!((of("applied"), of("current")), (vec!["c", "b", "a"], vec!["c"]));
    let ran = project.run("history -i").ok();
    assert_eq!(
        ran.stdout,
        "f (e) [right] (head): About f\ne (b) [right]: About e\nd (c) [left] (head): About d\n\
         c (b) [left] (current): About c\nb (a) (branch point): About b\na (base): About a\n"
    );
    project
        .run("history -v -r c:c")
        .ok()
        .says("revision c\n    About c\n\n    parents:  b\n    children: d\n    labels:   left\n");
    project.run("history -v -i -r c:c").ok().says("revision c (current)\n").says("    applied:  20");
}

#[test]
fn heads_may_leave_out_what_is_needed() {
    let project = project(&NEEDS);
    assert_eq!(ids(&project, "heads"), "z b");
    assert_eq!(ids(&project, "heads --resolve-dependencies"), "z");
    project.run("heads").ok().says("z (y) [two] (head): About z\nb (a) [one] (head): About b\n");
    project.run("heads -v").ok().says("revision b (head)\n    About b\n\n    parents:  a\n    labels:   one\n");
}

#[test]
fn branches_shows_where_lines_part_and_where_labels_lead() {
    let fork = project(&FORK);
    assert_eq!(
        fork.run("branches").ok().stdout,
        "b (a) (branch point): About b\n    -> c (b) [left]: About c\n    -> e (b) [right]: About e\n\n\
         [left] from c to d, in migrations\n[right] from e to f, in migrations\n"
    );
    let value = fork.run("branches --format json").ok().json();
    assert_eq!(value["branch_points"][0]["revision"], "b");
    assert_eq!(value["branch_points"][0]["children"], json!(["c", "e"]));
    assert_eq!(
        value["labels"],
        json!([
            { "label": "left", "revision": "c", "base": "c", "heads": ["d"], "migrations": "migrations" },
            { "label": "right", "revision": "e", "base": "e", "heads": ["f"], "migrations": "migrations" },
        ])
    );
    fork.run("branches -v").ok().says("revision b (branch point)\n").says("    -> c (b) [left]: About c\n");

    let plugins = project(&["a: @app", "b: a"]);
    plugins.write(
        "migrate.toml",
        "[branches.plugin]\nmigrations = \"plugin/migrations\"\n[branches.new]\nmigrations = \"new\"\n",
    );
    plugins.write(
        "plugin/migrations/p.sql",
        "-- About p\n--\n-- revision = \"p\"\n-- branch_labels = [\"plugin\"]\n\n-- migrate:up\n-- migrate:down\n",
    );
    assert_eq!(
        plugins.run("branches").ok().stdout,
        "[app] from a to b, in migrations\n[new] no revision yet, in new\n[plugin] from p to p, in plugin/migrations\n"
    );
    let line = project(&["a:", "b: a"]);
    line.run("branches").ok().complains("the history has no branches and no labels");
}

#[test]
fn show_takes_every_target() {
    let project = project(&FORK);
    assert_eq!(ids(&project, "show d"), "d");
    assert_eq!(ids(&project, "show heads"), "f d");
    assert_eq!(ids(&project, "show left@head-1"), "c");
    assert_eq!(ids(&project, "show current"), "");
    assert_eq!(ids(&project, "show base"), "");
    assert_eq!(ids(&project, "show +1"), "a");
    project.run("show current").ok().complains("nothing is applied");
    project.run("upgrade c").ok();
    project.run("upgrade e").ok();
    assert_eq!(ids(&project, "show current"), "e c");
    assert_eq!(ids(&project, "show left@current"), "c");
    assert_eq!(ids(&project, "show left@+1"), "d");
    assert_eq!(ids(&project, "show right@-1"), "b");
    let shown = project.run("show c").ok();
    assert!(shown.stdout.starts_with("migrations/c.sql\n\n-- About c\n--\n-- revision = \"c\"\n"), "{}", shown.stdout);
    let value = project.run("show c --format json").ok().json();
    assert_eq!(keys(&value["revisions"][0]), RECORD);
    let with_sql = project.run("show c --sql --format json").ok().json();
    assert_eq!(keys(&with_sql["revisions"][0]), format!("{RECORD} up down"));
    refuses(&project, "show head", &["several heads", "left@head", "About d", "right@head", "About f"]);
}

#[test]
fn what_needs_no_database_does_not_ask_for_one() {
    for url in ["${RUNGS_NO_SUCH}", "postgres://u:S3cretWord@127.0.0.1:1/x", "nonsense"] {
        let project = project(&FORK);
        project.write("migrate.toml", &format!("database_url = \"{url}\"\n"));
        for line in
            ["heads", "history", "history -r b:d", "history -r a:+1 -v", "show d", "show left@head-1", "branches"]
        {
            project.run(line).ok();
        }
        let drawn =
            project.run("history --graph").ok().says("*  f").complains("drawn without marks of what is applied");
        assert!(!drawn.stderr.contains("S3cretWord"), "{}", drawn.stderr);
        for line in ["current", "show current", "show +1", "history -i", "history -r current:", "history --graph -i"] {
            refuses(&project, line, &[]);
        }
    }
    let project = project(&FORK);
    project.write("migrate.toml", "database_url = \"${RUNGS_NO_SUCH}\"\n");
    refuses(&project, "upgrade heads", &["migrate.toml:1: the environment variable RUNGS_NO_SUCH is not set"]);
    project.run("--database-url sqlite://app.db upgrade heads").ok();
}

#[test]
fn check_heads_passes_when_everything_is_applied_though_one_head_needs_another() {
    let project = project(&NEEDS);
    project.run("current --check-heads").code(1).complains("not at the heads: b, z not applied (5 revisions to run)");
    project.run("upgrade one@head").ok();
    project.run("current --check-heads").code(1).says("b (a) [one] (head): About b").complains("z not applied");
    project.run("upgrade heads").ok();
    project.run("current --check-heads").ok();
    assert_eq!(
        project.run("current --format json").ok().json(),
        json!({ "heads": ["b", "z"], "applied": ["a", "b", "x", "y", "z"] })
    );
    project.run("downgrade -1").ok();
    project.run("current --check-heads").code(1).complains("not at the heads: z not applied (1 revision to run)");
}

#[test]
fn check_heads_sees_what_came_in_below_an_applied_head() {
    let project = project(&["a:", "c: a"]);
    project.run("upgrade heads").ok();
    project.run("current --check-heads").ok();
    crate::graph_support::write(&project, &["b: a", "c: b"]);
    project.run("current --check-heads").code(1).complains("not at the heads: b not applied (1 revision to run)");
}

#[test]
fn nothing_applied_is_fine_where_there_is_nothing() {
    let project = project(&[]);
    project.run("current --check-heads").ok().complains("nothing is applied");
    project.run("heads").ok().complains("there are no revisions yet");
}

/// a - b - c, of which the checkout has a alone, and d beside b.
fn ahead() -> Project {
    let project = project(&["a:", "b: a", "c: b"]);
    project.run("upgrade heads").ok();
    for id in ["b", "c"] {
        std::fs::remove_file(project.path().join(format!("migrations/{id}.sql"))).unwrap();
    }
    project
}

#[test]
fn a_ledger_that_knows_more_than_the_files_is_shown_whole() {
    let project = ahead();
    let ran = project.run("current").ok().complains("no file describes c, b: they were applied from another checkout");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    for (line, id) in lines.iter().zip(["c", "b"]) {
        assert!(line.starts_with(&format!("{id} (no file; applied 20")), "{line}");
        assert!(line.ends_with(&format!("): About {id}")), "{line}");
    }
    // What b was recorded to revise is no head.
    let value = project.run("current --format json").ok().json();
    assert_eq!(value, json!({ "heads": ["c"], "applied": ["a", "b", "c"] }));
    project.run("current -v").ok().says("revision c (no file)\n    About c\n\n    parents:  b\n    applied:  20");
    let rows = project.run("current -v --format json").ok().json();
    assert_eq!(keys(&rows), "heads applied rows");
    assert_eq!(keys(&rows["rows"][2]), "revision message parents depends_on applied_at duration_ms has_file");
    assert_eq!((&rows["rows"][2]["revision"], &rows["rows"][2]["has_file"]), (&json!("c"), &json!(false)));
    project.run("current --check-heads").code(1);
    project.run("show current").ok().complains("no file describes c");
    assert_eq!(ids(&project, "show current"), "");
    // Commands that do not need the database ask it who that is.
    for line in ["show c", "history -r a:c", "history -r b:", "edit c"] {
        refuses(&project, line, &["no file describes", "About", "applied at 20"]);
    }
    refuses(&project, "show nobody", &["no revision or branch label is called `nobody`"]);
}

#[test]
fn what_an_unknown_revision_stands_on_stays() {
    let project = ahead();
    for line in ["downgrade -1", "downgrade base"] {
        refuses(&project, line, &["no file describes", "b"]);
    }
    crate::graph_support::write(&project, &["d: a"]);
    let up = project.run("upgrade heads --format json").ok().json();
    assert_eq!(up["heads"], json!(["c", "d"]));
    let down = project.run("downgrade -- -1 --format json");
    assert_eq!(down.code, 2, "-- ends the options: {}", down.stdout);
    let down = project.run("downgrade --format json -1").ok().json();
    assert_eq!(down["heads"], json!(["c"]));
}
