//! The graph: one-letter revisions, drawn where they stand.

use std::collections::BTreeSet;

use rungs::error::RevisionError;
use rungs::revision::{History, Revision, Target};

use crate::graph_support::{down, history, set, up};

/// a - b - c
fn line() -> History {
    history(&["c: b", "a:", "b: a"])
}

///        c - d (@left)
/// a - b <             > g
///        e - f (@right)
fn diamond() -> History {
    history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e", "g: d f"])
}

/// a - b (@one)
/// x - y - z (@two), y depends on b
fn two_bases() -> History {
    history(&["a: @one", "b: a", "x: @two", "y: x >b", "z: y"])
}

#[test]
fn upgrades_along_a_line() {
    let h = line();
    assert_eq!(up(&h, "", "head"), "a b c -> c");
    assert_eq!(up(&h, "a", "heads"), "b c -> c");
    assert_eq!(up(&h, "a", "b"), "b -> b");
    assert_eq!(up(&h, "a b c", "heads"), " -> c");
    assert_eq!(up(&h, "", "+1"), "a -> a");
    assert_eq!(up(&h, "a", "+2"), "b c -> c");
    assert_eq!(up(&h, "a", "a+1"), "b -> b");
    assert_eq!(up(&h, "", "head-1"), "a b -> b");
    assert_eq!(up(&h, "", "base+1"), "a -> a");
    assert_eq!(up(&h, "a", "+3"), "`+3` goes 1 step too far: the line ends with its head");
    assert_eq!(up(&h, "a", "-1"), "`-1` cannot be used here: it does not go forwards");
    assert_eq!(up(&h, "a", "base"), "`base` cannot be used here: the base is before the first revision");
    assert_eq!(up(&h, "", "q"), "no revision or branch label is called `q`");
}

#[test]
fn downgrades_along_a_line() {
    let h = line();
    assert_eq!(down(&h, "a b c", "base"), "c b a -> ");
    assert_eq!(down(&h, "a b c", "a"), "c b -> a");
    assert_eq!(down(&h, "a b c", "-1"), "c -> b");
    assert_eq!(down(&h, "a b c", "-3"), "c b a -> ");
    assert_eq!(down(&h, "a b c", "c-2"), "c b -> a");
    assert_eq!(down(&h, "a b c", "head-1"), "c -> b");
    assert_eq!(down(&h, "a b c", "-4"), "`-4` goes 1 step too far: the base is before the first revision");
    assert_eq!(down(&h, "a b c", "+1"), "`+1` cannot be used here: it does not go backwards");
}

#[test]
fn a_downgrade_that_reverts_nothing_is_an_error() {
    let h = line();
    assert_eq!(down(&h, "a b", "b"), "`b` reverts nothing: nothing that stands on b is applied");
    assert_eq!(down(&h, "a", "b"), "`b` reverts nothing: b is not applied");
    assert_eq!(down(&h, "a b c", "heads"), "`heads` reverts nothing: nothing that stands on c is applied");
    assert_eq!(down(&h, "", "base"), "`base` reverts nothing: nothing is applied");
}

#[test]
fn branches_and_merges() {
    let h = diamond();
    assert_eq!(up(&h, "", "heads"), "a b c d e f g -> g");
    assert_eq!(up(&h, "a b", "right"), "e -> e");
    assert_eq!(up(&h, "a b", "left@+2"), "c d -> d");
    assert_eq!(up(&h, "a b c", "right@+1"), "e -> c e");
    assert_eq!(down(&h, "a b c d e f g", "f"), "g -> d f");
    assert_eq!(down(&h, "a b c d e f g", "b"), "g f e d c -> b");
    assert_eq!(down(&h, "a b c d e f", "c"), "d -> c f");
    assert_eq!(down(&h, "a b c d e f", "right@base"), "f e -> d");
    assert_eq!(down(&h, "a b c d e f", "left@b"), "d c -> f");
    assert_eq!(down(&h, "a b c d e", "right@-1"), "e -> d");
}

#[test]
fn dependencies_come_first_and_hold_back() {
    let h = two_bases();
    assert_eq!(up(&h, "", "heads"), "a b x y z -> b z");
    assert_eq!(up(&h, "", "two@head"), "a b x y z -> b z");
    assert_eq!(up(&h, "", "one@head"), "a b -> b");
    assert_eq!(up(&h, "", "two@+1"), "x -> x");
    assert_eq!(up(&h, "x", "two@+1"), "a b y -> b y");
    assert_eq!(down(&h, "a b x y z", "a"), "z y b -> a x");
    assert_eq!(down(&h, "a b x y z", "one@base"), "z y b a -> x");
    assert_eq!(down(&h, "a b x y z", "two@base"), "z y x -> b");
    // z needs b, so that z is what goes one back.
    assert_eq!(down(&h, "a b x y z", "-1"), "z -> b y");
    assert_eq!(h.resolved_heads().iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["z"]);
}

#[test]
fn ids_are_found_by_a_unique_prefix() {
    let h = history(&["abc1:", "abd2: abc1", "f: abd2", "f0: f"]);
    assert_eq!(h.get("abd").unwrap().id, "abd2");
    assert_eq!(h.get("f").unwrap().id, "f", "a whole id wins");
    assert_eq!(
        h.get("ab").unwrap_err().to_string(),
        "`ab` is ambiguous: the ids of several revisions begin so:\n    abc  abc1  About abc1\n    abd  abd2  About abd2"
    );
    let error = h.get("abc2").unwrap_err();
    assert!(matches!(&error, RevisionError::Unknown { help, .. } if help == "did you mean abc1 or abd2?"), "{error:?}");
    assert_eq!(up(&h, "", "abc"), "abc1 -> abc1");
}

#[test]
fn labels_go_to_all_descendants_and_down_to_a_branch_point() {
    // a - b - c - d (@l on c), b branches to e; l stops above b.
    let h = history(&["a:", "b: a", "c: b", "d: c @l", "x: d", "e: b"]);
    let with = |label: &str| -> String {
        let ids: Vec<&str> =
            h.revisions().iter().map(|r| r.id.as_str()).filter(|id| h.labels(id).contains(&label)).collect();
        ids.join(" ")
    };
    assert_eq!(with("l"), "c d x");
    assert_eq!(up(&h, "", "l"), "a b c d -> d");
    assert_eq!(up(&h, "", "l@head"), "a b c d x -> x");
    assert_eq!(up(&h, "", "l@e"), "`l@e` cannot be used here: revision e is not on the line of l");
}

#[test]
fn the_order_does_not_depend_on_the_order_of_files() {
    let lines = ["a:", "m: a", "b: a", "c: m b", "x:", "y: x >b"];
    let expected: Vec<String> = history(&lines).revisions().iter().map(|r| r.id.clone()).collect();
    assert_eq!(expected.join(" "), "a b m c x y");
    let mut turned = lines.to_vec();
    for _ in 0..lines.len() {
        turned.rotate_left(1);
        let ids: Vec<String> = history(&turned).revisions().iter().map(|r| r.id.clone()).collect();
        assert_eq!(ids, expected);
    }
    let newest: Vec<&str> = Vec::from_iter(["y", "x", "c", "m", "b", "a"]);
    assert_eq!(history(&lines).newest_first().map(|r| r.id.clone()).collect::<Vec<_>>(), newest);
}

#[test]
fn a_database_may_know_more_than_the_files() {
    let h = line();
    assert_eq!(up(&h, "a zz", "heads"), "b c -> c zz");
    assert_eq!(h.without_file(&set("a zz")), ["zz"]);
    assert_eq!(down(&h, "a zz", "base"), "a -> zz");
}

#[test]
fn targets_are_read_and_printed() {
    for text in [
        "head",
        "heads",
        "base",
        "+2",
        "-1",
        "abc",
        "l@head",
        "l@base",
        "l@+1",
        "l@head-2",
        "abc+1",
        "abc-1",
        "my-label@head",
        "current",
        "l@current-1",
    ] {
        assert_eq!(Target::parse(text).unwrap().to_string(), text);
    }
    let fault = |text: &str| Target::parse(text).unwrap_err().to_string();
    assert_eq!(fault(""), "`` is not a target: it is empty");
    assert_eq!(fault("@head"), "`@head` is not a target: there is no label before the @");
    assert_eq!(fault("l@"), "`l@` is not a target: nothing follows the @");
    assert_eq!(fault("l@m@n"), "`l@m@n` is not a target: it has more than one @");
    assert_eq!(fault("a:b"), "`a:b` is not a target: a range has no place here");
    assert_eq!(fault("a b"), "`a b` is not a target: it has a blank in it");
    assert_eq!(fault("a+b"), "`a+b` is not a target: after a + or - comes a number of steps");
    assert_eq!(
        fault("+99999999999999999999"),
        "`+99999999999999999999` is not a target: the number of steps is too large"
    );
}

#[test]
fn a_hundred_thousand_revisions_are_no_burden() {
    let mut revisions = Vec::new();
    for branch in 0..1_000 {
        let mut parent = None;
        for step in 0..100 {
            let mut revision = Revision::new(format!("r{branch:04}x{step:03}"), "m");
            revision.down_revision.extend(parent.take());
            if step == 0 {
                revision.branch_labels.push(format!("l{branch}"));
            }
            parent = Some(revision.id.clone());
            revisions.push(revision);
        }
    }
    let begin = std::time::Instant::now();
    let history = History::new(revisions).unwrap();
    assert_eq!(history.upgrade_route(&BTreeSet::new(), &Target::heads()).unwrap().len(), 100_000);
    // Unoptimised; the benchmark has the real limit.
    assert!(begin.elapsed().as_secs() < 15, "{:?}", begin.elapsed());
}
