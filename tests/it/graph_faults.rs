//! What is wrong with the files and with their graph: all of it, in one run, each with its line.

use proptest::prelude::*;
use rungs::error::{RevisionError, RevisionFault};
use rungs::revision::{History, Revision};
use serde_json::Value;

use crate::bad_input::{USERS, project};
use crate::command::Project;

/// A file with a header of five lines: `revision` stands on line 3, `down_revision` on 4, labels on 5, dependencies on 6.
fn file(project: &Project, name: &str, id: &str, parents: &str, labels: &str, depends_on: &str) {
    let list = |names: &str| names.split_whitespace().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    project.write(
        &format!("migrations/{name}.sql"),
        &format!(
            "-- About {id}\n--\n-- revision = \"{id}\"\n-- down_revision = [{}]\n-- branch_labels = [{}]\n\
             -- depends_on = [{}]\n\n-- migrate:up\n-- migrate:down\n",
            list(parents),
            list(labels),
            list(depends_on)
        ),
    );
}

/// The faults that `history` tells, as people and as programs read them; both say the same in the same order.
fn told(project: &Project) -> Vec<String> {
    let text = project.run("history").code(2).stderr;
    let json = project.run("history --format json").code(2).json();
    let related = json["error"]["related"].as_array().expect("a list").clone();
    let messages: Vec<String> = related.iter().map(|one| one["message"].as_str().expect("a text").to_owned()).collect();
    let shown: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    let (sum, shown) = shown.split_last().expect("a last line");
    assert_eq!(shown, messages, "{text}");
    assert!(sum.starts_with("the revision files have "), "{sum}");
    messages
}

#[test]
fn every_kind_of_fault_is_told_in_one_run() {
    let project = project(USERS);
    file(&project, "a", "a", "", "one", "");
    file(&project, "b", "b", "gone", "", "lost");
    file(&project, "c", "c", "e", "", "");
    file(&project, "d", "d", "c", "", "");
    file(&project, "e", "e", "d", "", "");
    file(&project, "f", "f", "f", "", "");
    file(&project, "g", "a", "", "", "");
    file(&project, "h", "h", "", "one a", "");
    file(&project, "i", "i", "a", "", "j");
    file(&project, "j", "j", "i", "", "");
    project.write("migrations/k.sql", "-- About k\n--\n-- revision = \"k\"\n-- dwon_revision = []\n\n-- migrate:up\n");
    assert_eq!(
        told(&project),
        [
            "migrations/b.sql:4: revision b revises gone, which no file has",
            "migrations/b.sql:6: revision b depends on lost, which no file has as id or label",
            "migrations/c.sql:4: the revisions revise each other in a circle: c -> e (migrations/e.sql:4) -> d \
             (migrations/d.sql:4) -> c",
            "migrations/f.sql:4: revision f names itself in down_revision",
            "migrations/g.sql:3: revision a is also in migrations/a.sql:3",
            "migrations/h.sql:5: the branch label `a` is taken by revision a (migrations/a.sql:3)",
            "migrations/h.sql:5: the branch label `one` is taken by revision a (migrations/a.sql:3)",
            "migrations/i.sql:6: the revisions depend on each other in a circle: i -> j (migrations/j.sql:4) -> i",
            "migrations/k.sql:4: the header has no key `dwon_revision`",
            "migrations/k.sql:6: the marker `-- migrate:down` is missing",
        ]
    );
    // Whatever the command, the answer is the same, and the database is not touched.
    for command in ["upgrade heads", "heads", "check", "show a", "revision -m x", "autogenerate -m x"] {
        assert_eq!(project.run(command).code(2).stderr, project.run("history").stderr, "{command}");
    }
    assert!(!project.path().join("app.db").exists());
}

#[test]
fn a_broken_file_hides_no_fault_and_makes_none() {
    let project = project(USERS);
    file(&project, "b", "b", "a", "", "plugin");
    file(&project, "c", "c", "2026_x_0badc0de", "", "");
    file(&project, "d", "d", "gone", "", "");
    // Its id is known, and so is its label, although the header is no TOML as a whole.
    project.write(
        "migrations/a.sql",
        "-- About a\n--\n-- revision = \"a\"\n-- down_revision = [\n-- branch_labels = [\"plugin\"]\n\n-- migrate:up\n-- migrate:down\n",
    );
    // Its id is not, but its name has what c revises.
    project.write(
        "migrations/2026_x_0badc0de.sql",
        "-- About it\n--\n-- revision = 1\n\n-- migrate:up\n-- migrate:down\n",
    );
    let told = told(&project);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert_eq!(told[0], "migrations/2026_x_0badc0de.sql:3: `revision` is a text, not a whole number");
    assert!(told[1].starts_with("migrations/a.sql:5: the header is not TOML"), "{told:?}");
    assert_eq!(told[2], "migrations/d.sql:4: revision d revises gone, which no file has");
}

#[test]
fn help_says_what_was_meant() {
    let project = project(USERS);
    file(&project, "a", "abcdef", "", "plugin", "");
    file(&project, "b", "b", "abc", "", "");
    file(&project, "c", "c", "plugin", "", "");
    file(&project, "d", "d", "abcdfe", "", "");
    file(&project, "e", "e", "", "", "qqqq");
    let json = project.run("history --format json").code(2).json();
    let help: Vec<&Value> =
        json["error"]["related"].as_array().expect("a list").iter().map(|one| &one["help"]).collect();
    assert_eq!(
        help,
        [
            "did you mean abcdef? A file names the whole id",
            "`plugin` is a branch label: write the id, abcdef",
            "did you mean abcdef?",
            "is its file missing from this checkout, or its folder from migrate.toml?",
        ]
    );
}

#[test]
fn circles_that_share_nothing_are_all_named() {
    let project = project(USERS);
    for (id, parents) in [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c a"), ("x", "y b"), ("y", "x"), ("z", "y")] {
        file(&project, id, id, parents, "", "");
    }
    let told = told(&project);
    assert_eq!(told.len(), 3, "{told:#?}");
    for (one, circle) in told.iter().zip(["a -> b", "c -> d", "x -> y"]) {
        assert!(one.contains(&format!("in a circle: {circle} (")), "{one}");
    }
}

#[test]
fn many_faults_are_counted_and_programs_get_all() {
    let project = project(USERS);
    for number in 0..200 {
        file(&project, &format!("r{number:03}"), &format!("r{number:03}"), "gone", "", "");
    }
    let text = project.run("history").code(2).stderr;
    assert_eq!(text.lines().filter(|line| line.starts_with("error: migrations/")).count(), 50, "{text}");
    assert!(text.contains("and 150 more; `--format json` lists all"), "{text}");
    assert!(text.contains("the revision files have 200 faults"), "{text}");
    let json = project.run("history --format json").code(2).json();
    assert_eq!(json["error"]["related"].as_array().map(Vec::len), Some(200));
}

/// A fault that can be put into any graph.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Parent,
    Dependency,
    Id,
    Label,
    SelfLoop,
    Cycle,
    DependencyCycle,
}

fn codes(revisions: Vec<Revision>) -> Result<(), Vec<String>> {
    let Err(RevisionError::Invalid { faults }) = History::new(revisions) else { return Ok(()) };
    let code = |fault: &RevisionFault| miette::Diagnostic::code(fault).map(|code| code.to_string()).unwrap_or_default();
    Err(faults.iter().map(|fault| format!("{} {fault}", code(fault))).collect())
}

proptest! {
    #[test]
    fn a_fault_in_any_graph_is_told_whatever_the_order_of_files(
        ties in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 3..40),
        at in any::<prop::sample::Index>(),
        kind in prop::sample::select(vec![
            Fault::Parent, Fault::Dependency, Fault::Id, Fault::Label, Fault::SelfLoop, Fault::Cycle, Fault::DependencyCycle,
        ]),
    ) {
        let mut revisions: Vec<Revision> = Vec::new();
        for (number, (parent, has_parent)) in ties.iter().enumerate() {
            let mut revision = Revision::new(format!("r{number}"), "m");
            revision.path = format!("r{number}.sql").into();
            revision.branch_labels.push(format!("l{number}"));
            // Every second one stands on the first, so that circles can be closed.
            if number > 0 {
                let parent = if *has_parent { parent.index(number) } else { 0 };
                revision.down_revision.push(format!("r{parent}"));
            }
            revisions.push(revision);
        }
        prop_assert_eq!(codes(revisions.clone()), Ok(()));
        let at = at.index(revisions.len() - 1) + 1;
        let id = revisions[at].id.clone();
        let code = match kind {
            Fault::Parent => { revisions[at].down_revision.push("gone".into()); "revision::missing_parent" }
            Fault::Dependency => { revisions[at].depends_on.push("gone".into()); "revision::missing_dependency" }
            Fault::Id => { revisions[at].id = "r0".into(); "revision::duplicate" }
            Fault::Label => { revisions[at].branch_labels.push("l0".into()); "revision::duplicate_label" }
            Fault::SelfLoop => { revisions[at].down_revision.push(id); "revision::self_loop" }
            Fault::Cycle => { revisions[0].down_revision.push(id); "revision::cycle" }
            Fault::DependencyCycle => { revisions[0].depends_on.push(id); "revision::dependency_cycle" }
        };
        let found = codes(revisions.clone()).unwrap_err();
        prop_assert!(found.iter().any(|fault| fault.starts_with(&format!("{code} "))), "{:?}", found);
        revisions.reverse();
        let sorted = |mut faults: Vec<String>| { faults.sort(); faults };
        if matches!(kind, Fault::Id | Fault::Label) {
            // Which of two is the second, and what follows from that, is a matter of their order.
            let found = codes(revisions).unwrap_err();
            prop_assert!(found.iter().any(|fault| fault.starts_with(&format!("{code} "))), "{:?}", found);
        } else {
            prop_assert_eq!(sorted(codes(revisions).unwrap_err()), sorted(found));
        }
    }
}
