//! New files: all of them or none, and whose they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rungs::error::RevisionError;
use rungs::revision::{History, Line, Lines, Revision, write_all};

fn at(folder: &Path, name: &str, id: &str) -> Revision {
    Revision { path: folder.join(name), ..Revision::new(id, "m") }
}

fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn where_one_file_cannot_be_written_none_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("taken.sql"), "mine").unwrap();
    let before = everything(folder.path());
    let first = || at(&folder.path().join("new/deep"), "a.sql", "a");
    let error = write_all(&[first(), at(folder.path(), "taken.sql", "b")]).unwrap_err();
    assert!(matches!(error, RevisionError::Exists { .. }), "{error}");
    assert_eq!(everything(folder.path()), before, "folders that were made go too");
    assert_eq!(std::fs::read_to_string(folder.path().join("taken.sql")).unwrap(), "mine");
    let error = write_all(&[first(), at(&folder.path().join("taken.sql/below"), "b.sql", "b")]).unwrap_err();
    assert!(matches!(error, RevisionError::Write { .. }), "{error}");
    assert_eq!(everything(folder.path()), before);
    let error = write_all(&[first(), first()]).unwrap_err();
    assert!(matches!(error, RevisionError::Exists { .. }), "{error}");
    assert_eq!(everything(folder.path()), before);
    write_all(&[first(), at(folder.path(), "b.sql", "b")]).unwrap();
    assert_eq!(everything(folder.path()).len(), 3);
}

/// `id@label/folder: parents`
fn history(lines: &[&str]) -> History {
    let revision = |line: &&str| {
        let (head, parents) = line.split_once(':').unwrap();
        let (head, folder) = head.split_once('/').unwrap();
        let (id, label) = head.split_once('@').unwrap_or((head, ""));
        Revision {
            path: PathBuf::from(format!("{folder}/{id}.sql")),
            down_revision: parents.split_whitespace().map(str::to_owned).collect(),
            branch_labels: label.split_whitespace().map(str::to_owned).collect(),
            ..Revision::new(id, id)
        }
    };
    History::new(lines.iter().map(revision).collect()).unwrap()
}

fn lines() -> Lines {
    let folders = ["crm", "shop"].map(|label| (label.to_owned(), PathBuf::from(label)));
    Lines::new(PathBuf::from("main"), BTreeMap::from(folders))
}

fn tips(history: &History, line: &str) -> String {
    let line = if line == "main" { Line::Main } else { Line::Branch(line.to_owned()) };
    lines().tips(history, &line).iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(" ")
}

/// Who has what: `a:main b:shop`.
fn owners(history: &History) -> String {
    let word = |line: Line| line.label().unwrap_or("main").to_owned();
    let all = history.revisions().iter().zip(lines().of_all(history));
    all.map(|(one, line)| format!("{}:{}", one.id, word(line))).collect::<Vec<_>>().join(" ")
}

#[test]
fn lines_that_never_meet() {
    // a - b        s(shop) - t
    let history = history(&["a/main:", "b/main: a", "s@shop/shop:", "t/shop: s"]);
    assert_eq!(
        (tips(&history, "main"), tips(&history, "shop"), tips(&history, "crm")),
        ("b".into(), "t".into(), String::new())
    );
    assert_eq!(owners(&history), "a:main b:main s:shop t:shop");
}

#[test]
fn a_branch_off_the_main_line_and_one_off_that() {
    // a - b
    //  \- s(shop) - t
    //      \- c(crm)
    let history = history(&["a/main:", "b/main: a", "s@shop/shop: a", "t/shop: s", "c@crm/crm: s"]);
    assert_eq!(
        (tips(&history, "main"), tips(&history, "shop"), tips(&history, "crm")),
        ("b".into(), "t".into(), "c".into())
    );
    // Without b and t, a and s are where the lines go on.
    let history = self::history(&["a/main:", "s@shop/shop: a", "c@crm/crm: s"]);
    assert_eq!((tips(&history, "main"), tips(&history, "shop")), ("a".into(), "s".into()));
}

#[test]
fn after_a_merge_all_go_on_from_it() {
    // a --- m - n     n is the shop's by its folder
    // s(shop)/
    let history = history(&["a/main:", "s@shop/shop:", "m/main: a s", "n/shop: m"]);
    assert_eq!((tips(&history, "main"), tips(&history, "shop")), ("n".into(), "n".into()));
    assert_eq!(owners(&history), "a:main s:shop m:main n:shop");
    assert_eq!(lines().of_new(&history, &["n".to_owned()], &[]), Line::Main);
}

#[test]
fn the_graph_tells_whose_a_file_is_where_its_folder_does_not() {
    // The label was given before the branch had a folder.
    let history = history(&["a/main:", "s@shop/main:", "t/main: s", "u/shop/2026: t"]);
    assert_eq!(owners(&history), "a:main s:shop t:shop u:shop");
    assert_eq!(tips(&history, "main"), "a");
    // An older revision of a branch than the one with its label lies in its folder.
    let history = self::history(&["a/main:", "o/shop:", "s@shop/shop: o"]);
    assert_eq!(owners(&history), "a:main o:shop s:shop");
    assert_eq!(tips(&history, "main"), "a");
}

#[test]
fn a_line_that_branched_has_several_ends() {
    let history = history(&["a/main:", "b/main: a", "c/main: a", "s@shop/shop: c"]);
    assert_eq!(tips(&history, "main"), "b c");
    // A label that is not configured is on the main line, and has its own end.
    let history = self::history(&["a/main:", "b@feature/main: a", "c/main: a"]);
    assert_eq!((tips(&history, "main"), tips(&history, "feature")), ("b c".into(), "b".into()));
}
