//! `revision`, `merge` and `edit`: where a new file goes, what it says, and what it must not break.

use serde_json::{Value, json};

use crate::bad_input::{USERS, project, refuses, revision};
use crate::command::Project;

/// One-letter revisions: `c: a b @label >dependency`.
fn graph(project: &Project, lines: &[&str]) {
    for line in lines {
        let (id, rest) = line.split_once(':').expect("id: parents");
        let words: Vec<&str> = rest.split_whitespace().collect();
        let list = |sign: &str| -> Vec<&str> { words.iter().filter_map(|word| word.strip_prefix(sign)).collect() };
        let parents: Vec<&&str> = words.iter().filter(|word| !word.starts_with(['@', '>'])).collect();
        let text = format!(
            "-- About {id}\n--\n-- revision = \"{id}\"\n-- down_revision = {parents:?}\n-- branch_labels = {:?}\n-- depends_on = {:?}\n\n-- migrate:up\n-- migrate:down\n",
            list("@"),
            list(">")
        );
        let folder = if list("@").contains(&"shop") { "shop" } else { "migrations" };
        project.write(&format!("{folder}/{id}.sql"), &text);
    }
}

/// A project with a configured branch `shop`.
fn with_shop() -> Project {
    let project = project(USERS);
    project.write(
        "migrate.toml",
        "database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\n[branches.shop]\nmigrations = \"shop\"\n",
    );
    project
}

/// Runs a command that writes one revision, and gives the record of it.
#[track_caller]
fn made(project: &Project, line: &str) -> Value {
    let written = project.run(&format!("{line} --format json")).ok().json();
    let keys: Vec<&String> = written.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["revision", "path"]);
    record(project, written["revision"].as_str().expect("an id"))
}

#[track_caller]
fn record(project: &Project, id: &str) -> Value {
    let all = project.run("history --format json").ok().json();
    let all = all["revisions"].as_array().expect("a list").clone();
    all.into_iter().find(|one| one["revision"] == id).unwrap_or_else(|| panic!("no revision {id}"))
}

fn folder(record: &Value) -> &str {
    record["path"].as_str().and_then(|path| path.rsplit_once('/')).expect("a path").0
}

#[test]
fn a_new_revision_stands_on_the_head() {
    let project = project(USERS);
    let first = made(&project, "revision -m first --rev-id a");
    assert_eq!((&first["revision"], &first["down_revision"]), (&json!("a"), &json!([])));
    assert!(first["path"].as_str().is_some_and(|path| path.ends_with("_first_a.sql")), "{first}");
    assert_eq!(made(&project, "revision -m second")["down_revision"], json!(["a"]));
}

#[test]
fn several_heads_want_to_be_told_apart() {
    let project = project(USERS);
    graph(&project, &["a:", "b: a", "c: a @plugin"]);
    let words = ["there are 2 heads", "b (About b)", "c [plugin] (About c)", "--head ID", "migrate merge heads"];
    refuses(&project, "revision -m x", &words);
    refuses(&project, "revision -m x --head head", &["`head` is ambiguous", "plugin@head"]);
    assert_eq!(made(&project, "revision -m x --head b")["down_revision"], json!(["b"]));
    assert_eq!(made(&project, "revision -m x --branch plugin")["down_revision"], json!(["c"]));
}

#[test]
fn heads_are_merged_and_base_starts_anew() {
    let project = project(USERS);
    graph(&project, &["a:", "b: a", "c: a"]);
    assert_eq!(made(&project, "revision -m x --head base --rev-id d")["down_revision"], json!([]));
    assert_eq!(made(&project, "revision -m x --head b --head c --rev-id e")["down_revision"], json!(["b", "c"]));
    assert_eq!(made(&project, "revision -m x --head heads --rev-id f")["down_revision"], json!(["d", "e"]));
    refuses(&project, "revision -m x --head f --head base", &["`base` cannot be used here", "nothing to merge"]);
    refuses(&project, "revision -m x --head f --head head", &["`f` and `head` overlap", "both are revision f"]);
    refuses(&project, "revision -m x --head a --head f --splice", &["`f` and `a` overlap", "f stands on a"]);
}

#[test]
fn a_parent_that_is_no_head_needs_splice() {
    let project = project(USERS);
    graph(&project, &["a:", "b: a"]);
    refuses(&project, "revision -m x --head a", &["revision a is not a head: b revises it", "--splice"]);
    assert_eq!(made(&project, "revision -m x --head a --splice")["down_revision"], json!(["a"]));
    refuses(&project, "revision -m x --head zz", &["`zz`", "migrate history"]);
    refuses(&project, "revision -m x --head=-1", &["`-1` cannot be used here", "what a database has applied"]);
    project.run("revision -m x --splice").code(2).complains("--head");
}

#[test]
fn dependencies_become_whole_ids_and_labels_stay_labels() {
    let project = project(USERS);
    graph(&project, &["abcdef:", "b: @plugin", "c: b"]);
    let record =
        made(&project, "revision -m x --head abcdef --depends-on abc --depends-on plugin --depends-on plugin@head");
    assert_eq!(record["depends_on"], json!(["abcdef", "plugin", "c"]));
    refuses(&project, "revision -m x --head c --depends-on zzz", &["`zzz`"]);
    refuses(&project, "revision -m x --head c --depends-on base", &["names no revision to depend on"]);
}

#[test]
fn what_would_break_the_history_is_refused_before_it_is_written() {
    let project = project(USERS);
    graph(&project, &["a: @plugin", "b: a"]);
    refuses(&project, "revision -m x --rev-id b", &["revision b is also in migrations/b.sql:3", "nothing is written"]);
    refuses(
        &project,
        "revision -m x --rev-id plugin",
        &["migrations/a.sql", "`plugin` is taken", "nothing is written"],
    );
    refuses(&project, "revision -m x --branch-label plugin", &["`plugin` is taken by revision a"]);
    refuses(&project, "revision -m x --branch-label b", &["`b` is taken by revision b (migrations/b.sql:3)"]);
    refuses(&project, "revision -m x --branch-label new --depends-on new", &["`new`"]);
    refuses(&project, "revision -m x --rev-id x --branch-label x", &["`x` is taken by revision x"]);
    refuses(&project, "merge b b -m x", &["overlap"]);
    for (id, words) in [
        ("a-b", "a revision id cannot have `-` in it: a-b"),
        ("'a b'", "cannot have ` ` in it"),
        ("heads", "cannot be `heads`, which is a target of its own"),
        ("a/b", "stands in the file's name"),
        ("''", "a revision id is empty"),
    ] {
        refuses(&project, &format!("revision -m x --rev-id {id}"), &[words]);
    }
    refuses(&project, "revision -m x --branch-label a@b", &["a branch label cannot have `@` in it"]);
    let value = refuses(&project, "revision -m x --rev-id a", &["would break the history"]);
    assert_eq!(value["error"]["code"], "revision::would_break");
    assert_eq!(value["error"]["related"][0]["code"], "revision::duplicate");
}

#[test]
fn a_branch_has_its_folder() {
    let project = with_shop();
    assert_eq!(folder(&made(&project, "revision -m x --rev-id a")), "migrations");
    let first = made(&project, "revision -m x --branch shop --rev-id s");
    assert_eq!(
        (folder(&first), &first["branch_labels"], &first["down_revision"]),
        ("shop", &json!(["shop"]), &json!([]))
    );
    assert_eq!(folder(&made(&project, "revision -m x --head s --rev-id t")), "shop");
    // The main line goes on from its own head, whatever the branch does.
    let second = made(&project, "revision -m x --rev-id b");
    assert_eq!((folder(&second), &second["down_revision"]), ("migrations", &json!(["a"])));
    assert_eq!(made(&project, "revision -m x --branch shop")["down_revision"], json!(["t"]));
    refuses(&project, "revision -m x --branch shop --head b", &["revision b is not on the line of shop"]);
}

#[test]
fn a_branch_without_models_is_written_by_hand() {
    let project = with_shop();
    refuses(&project, "autogenerate -m x --branch shop", &["no models are configured for branch shop", "[branches."]);
    let made = project.run("autogenerate -m x --format json").ok().json();
    assert_eq!(made["revisions"].as_array().map(Vec::len), Some(1), "{made}");
}

#[test]
fn a_branch_that_starts_from_the_main_line_leaves_it_where_it_was() {
    let project = with_shop();
    made(&project, "revision -m x --rev-id a");
    let first = made(&project, "revision -m x --branch-label shop --rev-id s");
    assert_eq!((folder(&first), &first["down_revision"]), ("shop", &json!(["a"])));
    assert_eq!(made(&project, "revision -m x --rev-id b")["down_revision"], json!(["a"]));
    assert_eq!(made(&project, "revision -m x --branch shop --rev-id t")["down_revision"], json!(["s"]));
    assert_eq!(made(&project, "revision -m x --rev-id c")["down_revision"], json!(["b"]));
}

#[test]
fn a_merge_is_on_the_main_line_and_both_go_on_from_it() {
    let project = with_shop();
    graph(&project, &["a:", "s: @shop"]);
    let merge = made(&project, "merge -m join --rev-id m");
    assert_eq!((folder(&merge), &merge["down_revision"]), ("migrations", &json!(["a", "s"])));
    let next = made(&project, "revision -m x --branch shop --rev-id t");
    assert_eq!((folder(&next), &next["down_revision"], &next["branch_labels"]), ("shop", &json!(["m"]), &json!([])));
    let next = made(&project, "revision -m x --rev-id b");
    assert_eq!((folder(&next), &next["down_revision"]), ("migrations", &json!(["t"])));
}

#[test]
fn a_folder_may_be_chosen_among_those_that_are_read() {
    let project = with_shop();
    assert_eq!(folder(&made(&project, "revision -m x --version-path migrations/2026")), "migrations/2026");
    assert_eq!(folder(&made(&project, "revision -m x --version-path ./shop/../shop")), "shop");
    let words = ["elsewhere is in no folder that revisions are read from", "migrations or shop"];
    refuses(&project, "revision -m x --version-path elsewhere", &words);
    refuses(&project, "revision -m x --version-path migrations/.old", &["no folder that revisions are read from"]);
}

#[test]
fn two_files_of_one_name_do_not_collide() {
    let project = project(USERS);
    project.write(
        "migrate.toml",
        "database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\nfile_template = \"{date}_{slug}\"\n",
    );
    let paths: Vec<Value> =
        ["a", "b"].map(|id| made(&project, &format!("revision -m same --rev-id {id}"))["path"].clone()).to_vec();
    assert!(paths[0].as_str().is_some_and(|path| path.ends_with("_same.sql")), "{paths:?}");
    assert!(paths[1].as_str().is_some_and(|path| path.ends_with("_same_b.sql")), "{paths:?}");
}

#[test]
fn all_heads_are_merged_unless_some_are_named() {
    let project = project(USERS);
    graph(&project, &["a:", "b: a", "c: a @plugin", "d: c", "e: >d"]);
    let merge = made(&project, "merge b plugin@head --branch-label both --rev-id m");
    assert_eq!(merge["down_revision"], json!(["b", "d"]));
    assert_eq!(merge["branch_labels"], json!(["both"]));
    assert_eq!(merge["message"], "Merge b and d");
    let all = made(&project, "merge");
    assert_eq!(all["down_revision"], json!(["e", "m"]));
    assert_eq!(project.run("heads --format json").ok().json()["revisions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_merge_that_merges_nothing_is_refused() {
    let project = project(USERS);
    refuses(&project, "merge", &["`heads` cannot be used here", "it names no revision"]);
    graph(&project, &["a:"]);
    refuses(&project, "merge", &["there is one head, a (About a), and nothing to merge it with"]);
    graph(&project, &["b: a", "c: a", "d: c"]);
    refuses(&project, "merge d", &["it names one head, d (About d)"]);
    let value = refuses(&project, "merge d c", &["`d` and `c` overlap: d stands on c"]);
    assert_eq!(value["error"]["code"], "target::overlapping");
    refuses(&project, "merge d heads", &["overlap: both are revision d"]);
    refuses(&project, "merge b c", &["revision c is not a head: d revises it"]);
    refuses(&project, "merge base b", &["it names one head, b"]);
    project.write("migrations/broken.sql", "nothing");
    refuses(&project, "merge", &["migrations/broken.sql"]);
}

/// A script that stands for an editor: it writes down its arguments and changes the last file.
#[cfg(unix)]
fn editor(project: &Project, change: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    project.write("my editor", &format!("#!/bin/sh\nprintf '%s|' \"$@\" >> calls\nfor last; do :; done\n{change}\n"));
    let path = project.path().join("my editor");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a script");
    format!("'{}' --wait", path.display())
}

#[cfg(unix)]
#[test]
fn the_editor_opens_the_files_and_what_it_wrote_is_read_again() {
    let project = project(USERS);
    revision(&project, "a", "", "", "");
    revision(&project, "b", "\"a\"", "", "");
    let editor = editor(&project, "sed -i 's/About/Edited/' \"$last\"");
    let calls = || std::fs::read_to_string(project.path().join("calls")).expect("calls");
    project.run_with(&[("VISUAL", &editor), ("EDITOR", "false")], "edit").ok().says("edited migrations/b.sql");
    assert_eq!(calls(), "--wait|migrations/b.sql|");
    assert_eq!(record(&project, "b")["message"], "Edited b");
    let ran = project.run_with(&[("VISUAL", " "), ("EDITOR", &editor)], "edit a --format json").ok();
    assert_eq!(ran.json(), json!({ "revisions": [{ "revision": "a", "path": "migrations/a.sql" }] }));
    project.run_with(&[("EDITOR", &editor)], "edit b-1").ok().says("migrations/a.sql");
    revision(&project, "c", "\"a\"", "", "");
    project.run_with(&[("EDITOR", &editor)], "edit heads").ok().says("migrations/b.sql").says("migrations/c.sql");
    project.run_with(&[("EDITOR", &editor)], "edit").code(2).complains("several heads");
    project.run_with(&[("EDITOR", &editor)], "edit +1").ok().says("migrations/a.sql");
}

#[cfg(unix)]
#[test]
fn faults_that_an_edit_made_are_told() {
    let project = project(USERS);
    revision(&project, "a", "", "", "");
    revision(&project, "b", "\"a\"", "", "");
    let editor = editor(&project, "sed -i 's/revision = \"a\"/revision = \"z\"/' \"$last\"");
    let ran = project.run_with(&[("EDITOR", &editor)], "edit a").code(2);
    ran.complains("migrations/b.sql:4: revision b revises a, which no file has");
}

#[test]
fn without_an_editor_the_path_is_told() {
    let project = project(USERS);
    refuses(&project, "edit", &["`head` names no revision"]);
    revision(&project, "a", "", "", "");
    refuses(&project, "edit a", &["no editor is set to open migrations/a.sql with", "VISUAL or EDITOR"]);
    let ran = project.run_with(&[("EDITOR", "/no/such/editor -n")], "edit a").code(2);
    ran.complains("cannot start /no/such/editor -n to open migrations/a.sql").complains("$EDITOR");
    project.run_with(&[("EDITOR", "false")], "edit a").code(2).complains("false ended with exit status: 1");
    project.run_with(&[("EDITOR", "'open")], "edit a").code(2).complains("$EDITOR cannot be taken apart");
    refuses(&project, "edit zz", &["`zz`"]);
}
