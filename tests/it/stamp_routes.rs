//! Stamping a graph: one-letter revisions, drawn where they stand.

use std::collections::BTreeSet;

use rungs::revision::{Direction, History, Target};

use crate::graph_support::{history, set};

/// The rows that go and come, and the heads afterwards: `-d -c +e -> e`.
fn stamp(history: &History, applied: &str, targets: &str) -> String {
    stamp_half(history, applied, "", targets)
}

fn stamp_half(history: &History, recorded: &str, half: &str, targets: &str) -> String {
    let mut applied = set(recorded);
    let targets: Vec<Target> = targets.split_whitespace().map(|text| Target::parse(text).unwrap()).collect();
    let steps = match history.stamp_route(&applied, &set(half), &targets) {
        Ok(steps) => steps,
        Err(error) => return error.to_string(),
    };
    let mut told = String::new();
    for step in steps {
        let id = &step.revision.id;
        let sign = match step.direction {
            Direction::Up => {
                applied.insert(id.clone());
                '+'
            }
            Direction::Down => {
                applied.remove(id);
                '-'
            }
        };
        told.push_str(&format!("{sign}{id} "));
    }
    format!("{told}-> {}", history.applied_heads(&applied).join(" "))
}

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

/// The same without the merge.
fn fork() -> History {
    history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"])
}

/// a - b - c (@one)
/// x - y - z (@two), y depends on b
fn two_bases() -> History {
    history(&["a: @one", "b: a", "c: b", "x: @two", "y: x >b", "z: y"])
}

#[test]
fn along_a_line() {
    let h = line();
    assert_eq!(stamp(&h, "", "head"), "+a +b +c -> c");
    assert_eq!(stamp(&h, "", "b"), "+a +b -> b");
    assert_eq!(stamp(&h, "a b c", "a"), "-c -b -> a");
    assert_eq!(stamp(&h, "a b", "b"), "-> b");
    assert_eq!(stamp(&h, "a b c", "base"), "-c -b -a -> ");
    assert_eq!(stamp(&h, "", "base"), "-> ");
    assert_eq!(stamp(&h, "a", "+1"), "+b -> b");
    assert_eq!(stamp(&h, "", "+2"), "+a +b -> b");
    assert_eq!(stamp(&h, "a b c", "-1"), "-c -> b");
    assert_eq!(stamp(&h, "a", "-1"), "-a -> ");
    assert_eq!(stamp(&h, "a b c", "head-2"), "-c -b -> a");
    assert_eq!(stamp(&h, "a b c", "base+1"), "-c -b -> a");
    assert_eq!(stamp(&h, "a", "-2"), "`-2` goes 1 step too far: the base is before the first revision");
    assert_eq!(stamp(&h, "a", "+3"), "`+3` goes 1 step too far: the line ends with its head");
    assert_eq!(stamp(&h, "a", "q"), "no revision or branch label is called `q`");
}

#[test]
fn what_is_applied_stays_so() {
    assert_eq!(stamp(&fork(), "a b c e", "current"), "-> c e");
    assert_eq!(stamp(&fork(), "a b c e f", "right@current-1"), "-f -> c e");
    assert_eq!(stamp(&fork(), "", "current"), "-> ");
}

#[test]
fn a_gap_is_closed() {
    assert_eq!(stamp(&line(), "c", "c"), "+a +b -> c");
    assert_eq!(stamp(&line(), "a c", "b"), "-c +b -> b");
}

#[test]
fn heads_are_everything() {
    assert_eq!(stamp(&diamond(), "a b", "heads"), "+c +d +e +f +g -> g");
    assert_eq!(stamp(&fork(), "a b c", "heads"), "+d +e +f -> d f");
    assert_eq!(stamp(&fork(), "a b c d e f", "heads"), "-> d f");
    // Alembic loses the row of the head that another depends on.
    assert_eq!(stamp(&two_bases(), "", "heads"), "+a +b +c +x +y +z -> c z");
    assert_eq!(stamp(&history(&[]), "", "heads"), "-> ");
}

#[test]
fn other_branches_stay_as_they_are() {
    let h = fork();
    assert_eq!(stamp(&h, "a b c d", "right@head"), "+e +f -> d f");
    assert_eq!(stamp(&h, "a b c d e", "right@head"), "+f -> d f");
    assert_eq!(stamp(&h, "a b c d e", "c"), "-d -> c e");
    assert_eq!(stamp(&h, "a b c d e", "b"), "-e -d -c -> b");
    assert_eq!(stamp(&h, "a b c d e", "left@b"), "-d -c -> e");
    assert_eq!(stamp(&h, "a b c d e", "left@base"), "-d -c -> e");
    assert_eq!(stamp(&h, "a b c d e", "left@-1"), "-d -> c e");
    assert_eq!(stamp(&h, "a b c d e", "right@+1"), "+f -> d f");
    assert_eq!(
        stamp(&h, "a b c d e", "-1"),
        "`-1` is ambiguous: several heads are applied:\n    left@-1   d  About d\n    right@-1  e  About e"
    );
    assert_eq!(stamp(&diamond(), "a b c d e f g", "d"), "-g -> d f");
}

#[test]
fn dependencies_come_along_and_hold_on() {
    let h = two_bases();
    assert_eq!(stamp(&h, "", "y"), "+a +b +x +y -> b y");
    assert_eq!(stamp(&h, "a b c x y z", "one@base"), "-z -y -c -b -a -> x");
    assert_eq!(stamp(&h, "a b c x y z", "two@base"), "-z -y -x -> c");
    assert_eq!(stamp(&h, "a b c x y z", "a"), "-z -y -c -b -> a x");
    // What depends on b itself needs no more than that b is applied.
    assert_eq!(stamp(&h, "a b c x y z", "b"), "-c -> b z");
}

#[test]
fn several_targets() {
    let h = fork();
    assert_eq!(stamp(&h, "a b", "d e"), "+c +d +e -> d e");
    assert_eq!(stamp(&h, "a b c d e f", "c e"), "-f -d -> c e");
    assert_eq!(stamp(&h, "a b c d", "left@base right@head"), "-d -c +e +f -> f");
    let h = two_bases();
    assert_eq!(stamp(&h, "", "b z"), "+a +b +x +y +z -> b z");
    assert_eq!(stamp(&h, "a b c x y z", "one@base x"), "-z -y -c -b -a -> x");
}

#[test]
fn targets_that_overlap() {
    let h = fork();
    assert_eq!(stamp(&h, "", "b d"), "`b` and `d` overlap: d stands on b");
    assert_eq!(stamp(&h, "", "right@head e"), "`right@head` and `e` overlap: f stands on e");
    assert_eq!(stamp(&h, "", "heads b"), "`heads` and `b` overlap: d stands on b");
    assert_eq!(stamp(&h, "", "b b"), "`b` and `b` overlap: both are revision b");
    assert_eq!(stamp(&h, "", "left left@c"), "`left` and `left@c` overlap: both are revision c");
    assert_eq!(stamp(&h, "", "base base"), "`base` and `base` overlap: both mean the same");
    assert_eq!(stamp(&h, "a b", "base d"), "`base` and `d` overlap: `base` takes d out");
    assert_eq!(stamp(&h, "a b", "d left@base"), "`d` and `left@base` overlap: `left@base` takes d out");
    let h = history(&["a: @one", "b: a", "c: b", "x: @two", "y: x >c"]);
    assert_eq!(stamp(&h, "", "b y"), "`b` and `y` overlap: y needs c, which stands on b");
    assert_eq!(stamp(&h, "", "two@head one@base"), "`two@head` and `one@base` overlap: `one@base` takes y out");
}

#[test]
fn what_is_half_done_is_settled() {
    let h = fork();
    assert_eq!(stamp_half(&h, "a b c", "c", "c"), "+c -> c");
    assert_eq!(stamp_half(&h, "a b c", "c", "d"), "+c +d -> d");
    assert_eq!(stamp_half(&h, "a b c", "c", "b"), "-c -> b");
    assert_eq!(stamp_half(&h, "a b c e f", "c", "c@b"), "-c -> f");
    assert_eq!(stamp_half(&h, "a b c e f", "c", "f"), "-> c f");
    assert_eq!(stamp_half(&h, "a", "a", "a@base"), "-a -> ");
}

#[test]
fn ids_without_a_file_are_let_be() {
    assert_eq!(stamp(&line(), "a zz", "heads"), "+b +c -> c zz");
    assert_eq!(stamp(&line(), "a b zz", "base"), "-b -a -> zz");
    assert_eq!(line().stamp_route(&set("zz"), &BTreeSet::new(), &[Target::base()]).unwrap(), []);
}
