//! What is wrong with a graph: all of it in one run, each with its line and with what to change.

use std::collections::BTreeSet;

use miette::Diagnostic as _;
use proptest::prelude::*;
use proptest::sample::Index;
use rungs::error::{RevisionError, RevisionFault};
use rungs::revision::{HeaderLines, History, Revision};

use crate::graph_laws::graph;
use crate::graph_support;

/// As [`graph_support::revision`], with the header's keys on the lines on which a file has them. A `/name` is the file.
fn revision(line: &str) -> Revision {
    let (line, file) = line.split_once('/').unwrap_or((line, ""));
    let mut revision = graph_support::revision(line);
    revision.lines = HeaderLines { revision: 3, down_revision: 4, branch_labels: 5, depends_on: 6 };
    if !file.is_empty() {
        revision.path = format!("{}.sql", file.trim()).into();
    }
    revision
}

fn refused(revisions: Vec<Revision>) -> Vec<RevisionFault> {
    match History::new(revisions) {
        Err(RevisionError::Invalid { faults }) => faults,
        other => panic!("{other:?}"),
    }
}

fn code(fault: &RevisionFault) -> String {
    fault.code().map(|code| code.to_string()).unwrap_or_default()
}

/// The code, the text and the help of each fault.
#[track_caller]
fn told(lines: &[&str], expected: &[[&str; 3]]) {
    let faults = refused(lines.iter().map(|line| revision(line)).collect());
    let help = |fault: &RevisionFault| fault.help().map(|help| help.to_string()).unwrap_or_default();
    let faults: Vec<_> = faults.iter().map(|fault| [code(fault), fault.to_string(), help(fault)]).collect();
    assert_eq!(faults, expected.iter().map(|one| one.map(str::to_owned)).collect::<Vec<_>>());
}

const MISSING: &str = "is its file missing from this checkout, or its folder from migrate.toml?";
const TURN: &str = "one of these lines has to name another revision, or none";
const TAKE_AWAY: &str = "take a dependency away: nothing can come both before and after another";

#[test]
fn a_parent_that_is_missing() {
    // ? - b
    told(&["b: a"], &[["revision::missing_parent", "b.sql:4: revision b revises a, which no file has", MISSING]]);
}

#[test]
fn a_dependency_that_is_missing() {
    told(
        &["a:", "b: a >q"],
        &[[
            "revision::missing_dependency",
            "b.sql:6: revision b depends on q, which no file has as id or label",
            MISSING,
        ]],
    );
}

#[test]
fn a_name_that_is_not_quite_right_is_recognised() {
    let parent = |text, help| [["revision::missing_parent", text, help]];
    let graph = ["abcdef: @plugin", "abcxyz:"];
    let with = |line| [graph[0], graph[1], line];
    told(
        &with("b: abcd"),
        &parent(
            "b.sql:4: revision b revises abcd, which no file has",
            "did you mean abcdef? A file names the whole id",
        ),
    );
    told(
        &with("b: abc"),
        &parent(
            "b.sql:4: revision b revises abc, which no file has",
            "2 ids begin so (abcdef, abcxyz, ...); a file names the whole id",
        ),
    );
    told(&with("b: abcdfe"), &parent("b.sql:4: revision b revises abcdfe, which no file has", "did you mean abcdef?"));
    told(
        &with("b: plugin"),
        &parent(
            "b.sql:4: revision b revises plugin, which no file has",
            "`plugin` is a branch label, and a parent is named by its id; abcdef carries the label",
        ),
    );
    told(
        &["abcdef: /1_first", "b: 1_first"],
        &parent(
            "b.sql:4: revision b revises 1_first, which no file has",
            "did you mean abcdef, the id in 1_first.sql?",
        ),
    );
    let dependency = |text, help| [["revision::missing_dependency", text, help]];
    told(
        &with("b: >plugni"),
        &dependency("b.sql:6: revision b depends on plugni, which no file has as id or label", "did you mean plugin?"),
    );
    told(
        &with("b: >plugin@head"),
        &dependency(
            "b.sql:6: revision b depends on plugin@head, which no file has as id or label",
            "a file names ids and labels; targets are for the command line",
        ),
    );
}

#[test]
fn a_revision_that_names_itself() {
    let help = "take its own id or label out of down_revision";
    told(&["a: a"], &[["revision::self_loop", "a.sql:4: revision a names itself in down_revision", help]]);
    let help = "take its own id or label out of depends_on";
    let expected = [["revision::self_loop", "a.sql:6: revision a names itself in depends_on", help]];
    told(&["a: >a"], &expected);
    told(&["a: @l >l"], &expected);
}

#[test]
fn a_circle_names_the_line_of_each_file_in_it() {
    // a - b - c - a, d on it
    told(
        &["a: c", "b: a", "c: b", "d: c"],
        &[[
            "revision::cycle",
            "a.sql:4: a revises c, in a circle:\n    c.sql:4: c revises b\n    b.sql:4: b revises a",
            TURN,
        ]],
    );
}

#[test]
fn circles_that_meet_are_all_named() {
    // a = b and b = c share b; d - e - f - d is alone, and only hangs on c.
    told(
        &["a: b", "b: a c", "c: b", "d: f c", "e: d", "f: e"],
        &[
            ["revision::cycle", "a.sql:4: a revises b, in a circle:\n    b.sql:4: b revises a", TURN],
            ["revision::cycle", "b.sql:4: b revises c, in a circle:\n    c.sql:4: c revises b", TURN],
            [
                "revision::cycle",
                "d.sql:4: d revises f, in a circle:\n    f.sql:4: f revises e\n    e.sql:4: e revises d",
                TURN,
            ],
        ],
    );
    // Two ways round: a - b - d - a and a - c - d - a share the tie from d to a.
    told(
        &["a: d", "b: a", "c: a", "d: b c"],
        &[
            [
                "revision::cycle",
                "a.sql:4: a revises d, in a circle:\n    d.sql:4: d revises b\n    b.sql:4: b revises a",
                TURN,
            ],
            [
                "revision::cycle",
                "c.sql:4: c revises a, in a circle:\n    a.sql:4: a revises d\n    d.sql:4: d revises c",
                TURN,
            ],
        ],
    );
}

#[test]
fn a_circle_that_a_dependency_closes() {
    // a - b, and a needs b
    let expected =
        [["revision::dependency_cycle", "a.sql:6: a depends on b, in a circle:\n    b.sql:4: b revises a", TAKE_AWAY]];
    told(&["a: >b", "b: a"], &expected);
    // a needs y, y needs l, which a carries
    told(
        &["a: @l >y", "x:", "y: x >l"],
        &[[
            "revision::dependency_cycle",
            "a.sql:6: a depends on y, in a circle:\n    y.sql:6: y depends on l, carried by a",
            TAKE_AWAY,
        ]],
    );
    // Apart from it, a circle of parents.
    told(
        &["a: >b", "b: a", "c: d", "d: c"],
        &[expected[0], ["revision::cycle", "c.sql:4: c revises d, in a circle:\n    d.sql:4: d revises c", TURN]],
    );
    // Where a parent is a dependency as well, both lines are told.
    told(
        &["a: b >b", "b: a"],
        &[
            ["revision::cycle", "a.sql:4: a revises b, in a circle:\n    b.sql:4: b revises a", TURN],
            [expected[0][0], expected[0][1], TAKE_AWAY],
        ],
    );
}

#[test]
fn an_id_in_several_files() {
    let leave = "leave it to the one that databases have applied, and give";
    // They do the same: a copy that somebody forgot.
    let same = "their SQL is the same: delete all files but one";
    told(&["a: /1", "a: /2"], &[["revision::duplicate", "2.sql:3: revision a is also in 1.sql:3", same]]);
    told(
        &["a: /1", "a: /2", "a: /3"],
        &[["revision::duplicate", "3.sql:3: revision a is also in 1.sql:3 and 2.sql:3", same]],
    );
    let mut other = revision("a: a /2");
    other.up[0].text = "SELECT 2;\n".to_owned();
    let faults = refused(vec![revision("a: /1"), other, revision("b: a")]);
    // The copy that became the next revision but for its id: no circle, and nobody who names himself.
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].to_string(), "2.sql:3: revision a is also in 1.sql:3");
    assert_eq!(
        faults[0].help().unwrap().to_string(),
        format!("{leave} the other one a new id; a is named in 2.sql:4 and b.sql:4")
    );
    // The newest is the one that is told of, whatever its file is called.
    let mut newest = revision("a: /0");
    newest.created = Some("2026-11-20T12:00:00Z".parse().unwrap());
    let faults = refused(vec![newest, revision("a: /1")]);
    assert_eq!(faults[0].to_string(), "0.sql:3: revision a is also in 1.sql:3");
}

#[test]
fn a_label_on_several_revisions() {
    let label = |text, help| [["revision::duplicate_label", text, help]];
    told(
        &["a: @l", "b: @l"],
        &label(
            "b.sql:5: the branch label `l` is taken by revision a (a.sql:5)",
            "one revision carries a label, for all that descend from it: leave `l` in one of a.sql:5 and b.sql:5",
        ),
    );
    // a - b - c, all with the label
    told(
        &["a: @l", "b: a @l", "c: b @l"],
        &label(
            "c.sql:5: the branch label `l` is taken by revision a (a.sql:5) and revision b (b.sql:5)",
            "all that descends from a has its labels: take `l` out of b.sql:5 and c.sql:5",
        ),
    );
}

#[test]
fn a_label_that_is_an_id() {
    let label = |text, help| [["revision::duplicate_label", text, help]];
    let own = "what is an id cannot be a label: call it differently in a.sql:5";
    told(&["a: @b", "b:"], &label("a.sql:5: the branch label `b` is taken by revision b (b.sql:3)", own));
    told(&["a: @a"], &label("a.sql:5: the branch label `a` is taken by revision a (a.sql:3)", own));
}

#[test]
fn what_is_no_fault() {
    // A label that ids begin with: whole names win.
    let h = graph_support::history(&["abc: @x", "xyz:"]);
    assert_eq!((h.get("x").unwrap().id.as_str(), h.get("xy").unwrap().id.as_str()), ("abc", "xyz"));
    // a - b - c, and c revises a as well: it says nothing new.
    let h = graph_support::history(&["a:", "b: a", "c: a b"]);
    assert_eq!(graph_support::up(&h, "", "heads"), "a b c -> c");
    assert_eq!(graph_support::down(&h, "a b c", "a"), "c b -> a");
    // Nor does a dependency on an ancestor, or on a parent.
    let h = graph_support::history(&["a:", "b: a", "c: b >a >b"]);
    assert_eq!(graph_support::up(&h, "", "heads"), "a b c -> c");
    assert_eq!(graph_support::down(&h, "a b c", "base"), "c b a -> ");
}

#[test]
fn a_circle_too_long_to_read_is_cut() {
    let mut revisions: Vec<Revision> = (1..=100).map(|n| revision(&format!("r{n:03}: r{:03}", n - 1))).collect();
    revisions[0].down_revision = vec!["r100".to_owned()];
    let faults = refused(revisions);
    assert_eq!(faults.len(), 1);
    let text = faults[0].to_string();
    assert!(
        text.starts_with("r001.sql:4: r001 revises r100, in a circle:\n    r100.sql:4: r100 revises r099\n"),
        "{text}"
    );
    assert!(text.ends_with("\n    ... 59 more ...\n    r002.sql:4: r002 revises r001"), "{text}");
    assert_eq!(text.lines().count(), 42);
    let RevisionFault::Cycle { links } = &faults[0] else { panic!("{faults:?}") };
    assert_eq!(links.len(), 100);
}

/// A fault that can be put into any graph.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Parent,
    Dependency,
    Id,
    Label,
    LabelIsId,
    OwnParent,
    OwnDependency,
    Cycle,
    DependencyCycle,
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Parent,
        Self::Dependency,
        Self::Id,
        Self::Label,
        Self::LabelIsId,
        Self::OwnParent,
        Self::OwnDependency,
        Self::Cycle,
        Self::DependencyCycle,
    ];

    /// Puts it in, and returns its code.
    fn put_into(self, revisions: &mut Vec<Revision>, at: Index, other: Index) -> &'static str {
        let count = revisions.len();
        let (at, other) = (at.index(count), other.index(count));
        let id = revisions[at].id.clone();
        match self {
            Self::Parent => {
                revisions[at].down_revision.push("gone".to_owned());
                "revision::missing_parent"
            }
            Self::Dependency => {
                revisions[at].depends_on.push("gone".to_owned());
                "revision::missing_dependency"
            }
            Self::Id => {
                let path = "copy.sql".into();
                revisions.push(Revision { path, branch_labels: Vec::new(), ..revisions[at].clone() });
                "revision::duplicate"
            }
            Self::Label => {
                revisions.push(Revision { path: "new.sql".into(), ..Revision::new("new", "m") });
                revisions[at].branch_labels.push("twice".to_owned());
                revisions[count].branch_labels.push("twice".to_owned());
                "revision::duplicate_label"
            }
            Self::LabelIsId => {
                revisions[other].branch_labels.push(id);
                "revision::duplicate_label"
            }
            Self::OwnParent => {
                revisions[at].down_revision.push(id);
                "revision::self_loop"
            }
            Self::OwnDependency => {
                revisions[at].depends_on.push(id);
                "revision::self_loop"
            }
            Self::Cycle | Self::DependencyCycle => {
                // An ancestor some steps down, which then names the one that stands on it.
                revisions.push(Revision {
                    path: "new.sql".into(),
                    down_revision: vec![id],
                    ..Revision::new("new", "m")
                });
                let mut below = at;
                for _ in 0..other {
                    let parent = revisions[below].down_revision.first().cloned();
                    below = parent.and_then(|id| revisions.iter().position(|one| one.id == id)).unwrap_or(below);
                }
                if matches!(self, Self::Cycle) {
                    revisions[below].down_revision.push("new".to_owned());
                    "revision::cycle"
                } else {
                    revisions[below].depends_on.push("new".to_owned());
                    "revision::dependency_cycle"
                }
            }
        }
    }
}

fn texts(revisions: &[Revision]) -> Vec<(String, String, Option<String>)> {
    let faults = refused(revisions.to_vec());
    faults.iter().map(|fault| (code(fault), fault.to_string(), fault.help().map(|help| help.to_string()))).collect()
}

proptest! {
    #[test]
    fn a_fault_in_any_graph_is_told_and_the_order_of_files_changes_nothing(
        revisions in graph(),
        at in any::<Index>(),
        other in any::<Index>(),
        kind in prop::sample::select(Kind::ALL.to_vec()),
        order in prop::collection::vec(any::<u32>(), 62),
    ) {
        let mut revisions = revisions;
        for revision in &mut revisions {
            revision.path = format!("{}.sql", revision.id).into();
        }
        let expected = kind.put_into(&mut revisions, at, other);
        let found = texts(&revisions);
        let codes: BTreeSet<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
        prop_assert!(codes.contains(expected), "{:?}", found);
        // Nothing else is told, but for the dependencies that a circle turned round.
        prop_assert!(
            codes.iter().all(|code| *code == expected || (expected == "revision::cycle" && *code == "revision::dependency_cycle")),
            "{:?}", found
        );
        let mut turned: Vec<(u32, Revision)> = order.into_iter().zip(revisions.clone()).collect();
        turned.sort_by_key(|(key, _)| *key);
        let turned: Vec<Revision> = turned.into_iter().map(|(_, revision)| revision).collect();
        prop_assert_eq!(turned.len(), revisions.len());
        prop_assert_eq!(texts(&turned), found);
    }

    #[test]
    fn labels_are_where_they_are_carried_above_on_the_line_and_below(revisions in graph()) {
        let history = History::new(revisions.clone()).unwrap();
        let parents = |id: &str| &history.find(id).unwrap().down_revision;
        for carrier in &revisions {
            for label in &carrier.branch_labels {
                let mut with: BTreeSet<String> = BTreeSet::from([carrier.id.clone()]);
                for one in history.revisions() {
                    if one.down_revision.iter().any(|parent| with.contains(parent)) {
                        with.insert(one.id.clone());
                    }
                }
                let mut at = carrier.id.as_str();
                while let [parent] = parents(at).as_slice() {
                    if history.children(parent).len() > 1 || parents(parent).len() > 1 {
                        break;
                    }
                    with.insert(parent.clone());
                    at = parent;
                }
                let found = revisions.iter().filter(|one| history.labels(&one.id).contains(&label.as_str()));
                prop_assert_eq!(found.map(|one| one.id.clone()).collect::<BTreeSet<_>>(), with, "{}", label);
            }
        }
    }
}

/// The variants, so that a new one is missed here by the compiler.
fn known_code(fault: &RevisionFault) -> &'static str {
    match fault {
        RevisionFault::Malformed { .. } => "revision::malformed",
        RevisionFault::Unreadable { .. } => "revision::unreadable",
        RevisionFault::Duplicate { .. } => "revision::duplicate",
        RevisionFault::DuplicateLabel { .. } => "revision::duplicate_label",
        RevisionFault::MissingParent { .. } => "revision::missing_parent",
        RevisionFault::MissingDependency { .. } => "revision::missing_dependency",
        RevisionFault::SelfLoop { .. } => "revision::self_loop",
        RevisionFault::Cycle { .. } => "revision::cycle",
        RevisionFault::DependencyCycle { .. } => "revision::dependency_cycle",
    }
}

#[test]
fn the_documentation_lists_every_fault() {
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("a.sql"), "-- no header\n").unwrap();
    let read = |folder: std::path::PathBuf| match History::read(&[folder]) {
        Err(RevisionError::Invalid { faults }) => faults,
        other => panic!("{other:?}"),
    };
    let mut found = read(files.path().to_owned());
    found.extend(read(files.path().join("a.sql")));
    let graphs: [&[&str]; 5] = [
        &["a: /one", "a: /two", "b: @l", "c: @l"],
        &["b: a", "c: >q"],
        &["a: a"],
        &["a: b", "b: a"],
        &["a: >b", "b: >a"],
    ];
    found.extend(graphs.iter().flat_map(|lines| refused(lines.iter().map(|line| revision(line)).collect())));
    found.iter().for_each(|fault| assert_eq!(code(fault), known_code(fault)));
    let found: BTreeSet<String> = found.iter().map(code).collect();
    let docs = include_str!("../../docs/revisions.md");
    let rows = docs.lines().filter_map(|line| line.strip_prefix("| `revision::")?.split_once('`'));
    let documented: BTreeSet<String> = rows.map(|(code, _)| format!("revision::{code}")).collect();
    assert_eq!(documented, found);
}
