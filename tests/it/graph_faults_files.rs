//! Faults of files and of their graph, as the command tells them.

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rungs::error::RevisionError;
use rungs::revision::{History, Revision, Target};

use crate::bad_input::{USERS, project};
use crate::command::Project;

/// A file in which `revision` stands on line 3, `down_revision` on 4, labels on 5, dependencies on 6.
fn text(id: &str, parents: &str, labels: &str, depends_on: &str) -> String {
    let list = |names: &str| names.split_whitespace().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    format!(
        "-- About {id}\n--\n-- revision = \"{id}\"\n-- down_revision = [{}]\n-- branch_labels = [{}]\n\
         -- depends_on = [{}]\n\n-- migrate:up\n-- migrate:down\n",
        list(parents),
        list(labels),
        list(depends_on)
    )
}

fn file(project: &Project, name: &str, id: &str, parents: &str, labels: &str, depends_on: &str) {
    project.write(&format!("migrations/{name}.sql"), &text(id, parents, labels, depends_on));
}

/// The faults that `history` tells to programs; people are told the same in the same order.
fn told(project: &Project) -> Vec<String> {
    let text = project.run("history").code(2).stderr;
    let json = project.run("history --format json").code(2).json();
    let related = json["error"]["related"].as_array().expect("a list").clone();
    let mut shown = String::new();
    for one in &related {
        shown.push_str(&format!("error: {}\n", one["message"].as_str().expect("a text")));
        if let Some(help) = one["help"].as_str() {
            shown.push_str(&format!("  help: {help}\n"));
        }
    }
    if related.len() > 1 {
        shown.push_str(&format!("error: the revision files have {} faults\n", related.len()));
    }
    assert_eq!(text, shown);
    related.iter().map(|one| one["message"].as_str().expect("a text").to_owned()).collect()
}

#[cfg(unix)]
#[test]
fn every_kind_of_fault_is_told_in_one_run() {
    let project = project(USERS);
    file(&project, "a", "a", "", "one", "");
    file(&project, "b", "b", "gone", "", "lost");
    // c - d - e - c
    file(&project, "c", "c", "e", "", "");
    file(&project, "d", "d", "c", "", "");
    file(&project, "e", "e", "d", "", "");
    file(&project, "f", "f", "f", "", "");
    file(&project, "g", "a", "a", "", "");
    file(&project, "h", "h", "", "one a", "");
    // i - j, and i needs j
    file(&project, "i", "i", "a", "", "j");
    file(&project, "j", "j", "i", "", "");
    project.write("migrations/k.sql", "-- About k\n--\n-- revision = \"k\"\n-- dwon_revision = []\n\n-- migrate:up\n");
    std::fs::write(
        project.path().join("migrations/l.sql"),
        b"-- About l\n--\n-- revision = \"l\"\n\n-- migrate:up\nSELECT 'gr\xfc\xdfe';\n-- migrate:down\n",
    )
    .expect("a file");
    file(&project, "m", "m", "l a-b", "", "");
    file(&project, "n", "n", "", "nn", "nn");
    std::os::unix::fs::symlink("nowhere", project.path().join("migrations/o.sql")).expect("a link");
    assert_eq!(
        told(&project),
        [
            "migrations/b.sql:4: revision b revises gone, which no file has",
            "migrations/b.sql:6: revision b depends on lost, which no file has as id or label",
            "migrations/c.sql:4: c revises e, in a circle:\n    migrations/e.sql:4: e revises d\n    \
             migrations/d.sql:4: d revises c",
            "migrations/f.sql:4: revision f names itself in down_revision",
            "migrations/g.sql:3: revision a is also in migrations/a.sql:3",
            "migrations/h.sql:5: the branch label `a` is taken by revision a (migrations/a.sql:3)",
            "migrations/h.sql:5: the branch label `one` is taken by revision a (migrations/a.sql:5)",
            "migrations/i.sql:6: i depends on j, in a circle:\n    migrations/j.sql:4: j revises i",
            "migrations/k.sql:4: the header has no key `dwon_revision`",
            "migrations/k.sql:6: the marker `-- migrate:down` is missing",
            "migrations/l.sql:6: it is not UTF-8",
            "migrations/m.sql:4: a parent's id cannot have `-` in it: a-b",
            "migrations/n.sql:6: revision n names itself in depends_on",
            "migrations/o.sql: cannot be read: No such file or directory (os error 2)",
        ]
    );
    // Whatever the command, the answer is the same, once, and the database is not touched.
    let expected = project.run("history").stderr;
    for command in ["upgrade heads", "downgrade base", "heads", "check", "show a", "revision -m x", "autogenerate -m x"]
    {
        assert_eq!(project.run(command).code(2).stderr, expected, "{command}");
    }
    assert!(!project.path().join("app.db").exists());
}

#[test]
fn a_broken_file_hides_no_fault_and_makes_none() {
    let project = project(USERS);
    let broken = |name: &str, header: &str| {
        project.write(
            &format!("migrations/{name}.sql"),
            &format!("-- About it\n--\n{header}\n\n-- migrate:up\n-- migrate:down\n"),
        );
    };
    // Each of these is somebody's parent, and is broken in another way: the header is no TOML after or before the id,
    // the id has no quotes or only one, is a number, is not there at all, stands over another list that has no end, has
    // what an id cannot have.
    broken("a", "-- revision = \"a\"\n-- down_revision = [\n-- branch_labels = [\"plugin\"]");
    broken("b", "-- down_revision = [\"a\", ]]\n-- revision = \"b\"");
    broken("c", "-- revision = cccc\n-- down_revision = [\"b\"]");
    broken("d", "-- revision = \"dddd\n-- down_revision = []");
    broken("e", "-- revision = 20240101\n-- down_revision = []");
    broken("20260101_something_0badc0de", "-- down_revision = []\n-- branch_labels = []");
    broken("g", "-- revision = \"g\"\n-- branch_labels = [\"gg\", gamma\n-- down_revision = []");
    broken("h", "-- revision = \"h h\"\n-- down_revision = []");
    for (number, name) in ["a", "b", "cccc", "dddd", "20240101", "0badc0de", "g"].into_iter().enumerate() {
        file(&project, &format!("x{number}"), &format!("x{number}"), name, "", "");
    }
    file(&project, "y", "y", "", "", "plugin gamma");
    // And these are faults of the graph, which the others neither hide nor explain.
    file(&project, "z", "z", "gone", "plugin", "");
    // Of a file that does not tell its id, the rest is looked at too.
    broken("zz", "-- revision = []\n-- down_revision = [\"gone2\"]");
    let told = told(&project);
    let about_graph: Vec<&String> = told
        .iter()
        .filter(|text| ["no file has", "is taken by", "circle"].iter().any(|word| text.contains(word)))
        .collect();
    assert_eq!(
        about_graph,
        [
            "migrations/z.sql:4: revision z revises gone, which no file has",
            "migrations/z.sql:5: the branch label `plugin` is taken by revision a (migrations/a.sql:5)",
            "migrations/zz.sql:4: this revision revises gone2, which no file has",
        ]
    );
    let of_files = ["a", "b", "c", "d", "e", "20260101_something_0badc0de", "g", "h", "zz"];
    for name in of_files {
        let begin = format!("migrations/{name}.sql:");
        assert!(told.iter().any(|text| text.starts_with(&begin)), "{name}: {told:#?}");
    }
    assert_eq!(told.len(), of_files.len() + about_graph.len(), "{told:#?}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_may_hold_any_name() {
    let project = project(USERS);
    file(&project, "a", "a", "gone", "one two", "");
    file(&project, "b", "b", "", "one", "");
    project.write("notes", "no folder");
    let toml = "database_url = \"sqlite://app.db\"\n[branches.x]\nmigrations = \"notes\"\n";
    project.write("migrate.toml", toml);
    let told = told(&project);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[1].starts_with("notes: cannot be read: Not a directory"), "{told:?}");
    assert!(told[0].starts_with("migrations/b.sql:5: the branch label `one` is taken by"), "{told:?}");
}

#[test]
fn one_fault_is_told_once_and_many_are_counted() {
    let project = project(USERS);
    file(&project, "a", "a", "gone", "", "");
    let once = "error: migrations/a.sql:4: revision a revises gone, which no file has\n  \
                help: is its file missing from this checkout, or its folder from migrate.toml?\n";
    assert_eq!(project.run("history").code(2).stderr, once);
    for number in 1..200 {
        file(&project, &format!("r{number:03}"), &format!("r{number:03}"), "gone", "", "");
    }
    let text = project.run("history").code(2).stderr;
    assert_eq!(text.lines().filter(|line| line.starts_with("error: migrations/")).count(), 50, "{text}");
    assert!(
        text.ends_with("... and 150 more; `--format json` lists all\nerror: the revision files have 200 faults\n"),
        "{text}"
    );
    let json = project.run("history --format json").code(2).json();
    assert_eq!(json["error"]["related"].as_array().map(Vec::len), Some(200));
}

/// Ten thousand names that are nearly right, and a knot in which everything is tied to everything.
#[test]
fn a_graph_that_is_wrong_everywhere_is_told_in_time() {
    let begin = Instant::now();
    let mut revisions: Vec<Revision> = (0..5_000)
        .map(|number| Revision {
            down_revision: vec![format!("missing{number:05}")],
            path: format!("{number}.sql").into(),
            ..Revision::new(format!("present{number:05}"), "m")
        })
        .collect();
    let knot: Vec<String> = (0..100).map(|number| format!("k{number}")).collect();
    revisions.extend(knot.iter().map(|id| Revision {
        down_revision: knot.iter().filter(|other| *other != id).cloned().collect(),
        path: format!("{id}.sql").into(),
        ..Revision::new(id.clone(), "m")
    }));
    let Err(RevisionError::Invalid { faults }) = History::new(revisions) else { panic!("no faults") };
    assert_eq!(faults.len(), 5_100);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

/// A line may be as long as it likes: nothing goes down it call by call.
#[test]
fn a_long_line_needs_no_deep_stack() {
    let line = |parent_of_first: &[String]| -> Vec<Revision> {
        let parents = |number: usize| match number {
            0 => parent_of_first.to_vec(),
            number => vec![format!("r{:06}", number - 1)],
        };
        (0..100_000)
            .map(|number| Revision { down_revision: parents(number), ..Revision::new(format!("r{number:06}"), "m") })
            .collect()
    };
    let work = move || {
        let history = History::new(line(&[])).unwrap();
        assert_eq!(history.upgrade_route(&Default::default(), &Target::heads()).unwrap().len(), 100_000);
        assert_eq!(history.ancestors("r099999").len(), 99_999);
        let Err(RevisionError::Invalid { faults }) = History::new(line(&["r099999".to_owned()])) else {
            panic!("no faults")
        };
        assert_eq!(faults.len(), 1);
    };
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_folder_of_two_thousand_files_is_no_burden() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..2_000_usize {
        let parent = if number < 10 { String::new() } else { format!("r{:05}", number - 10) };
        let path = folder.path().join(format!("r{number:05}.sql"));
        std::fs::write(path, text(&format!("r{number:05}"), &parent, "", "")).expect("a file");
    }
    let begin = Instant::now();
    let history = History::read(&[folder.path().to_path_buf()]).unwrap();
    assert_eq!(history.upgrade_route(&Default::default(), &Target::heads()).unwrap().len(), 2_000);
    // Unoptimised; the benchmark has the real limit.
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

proptest! {
    #[test]
    fn no_file_makes_the_reader_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "-- ", "--", "\n", "\r\n", "revision", "down_revision", "branch_labels", "depends_on", "created", " = ", "=", "\"", "'",
        "a", "b-", "[", "]", ",", "{", "}", "#", "\\", "1", "2026-11-20T12:00:00Z", "-- migrate:up", "-- migrate:down",
        "irreversible", " ", "\t", "\u{feff}", "é", "SELECT 1;", "[table]", "a.b", "\"\"\"",
    ]), 0..40)) {
        let text: String = parts.concat();
        if let Err(faults) = Revision::parse(Path::new("x.sql"), &text) {
            let lines = text.lines().count().max(1);
            for fault in faults {
                let (path, line) = fault.place();
                prop_assert_eq!(path, "x.sql");
                prop_assert!((1..=lines).contains(&line), "{} of {} lines: {}", line, lines, fault);
            }
        }
    }
}
