//! Stretches of the history, newest first.

use rungs::revision::{History, Range};

use crate::graph_support::{history, range};

/// a - b - c - d - e
fn line() -> History {
    history(&["a:", "b: a", "c: b", "d: c", "e: d"])
}

///        c - d (@left)
/// a - b <             > g
///        e - f (@right)
fn diamond() -> History {
    history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e", "g: d f"])
}

#[test]
fn both_ends_belong_to_a_range() {
    let h = line();
    assert_eq!(range(&h, "", "b:d"), "d c b");
    assert_eq!(range(&h, "", ":b"), "b a");
    assert_eq!(range(&h, "", "d:"), "e d");
    assert_eq!(range(&h, "", ":"), "e d c b a");
    assert_eq!(range(&h, "", "base:heads"), "e d c b a");
    assert_eq!(range(&h, "", "base:head"), "e d c b a");
    assert_eq!(range(&h, "", "c:c"), "c");
    assert_eq!(range(&h, "", "base:base"), "");
    assert_eq!(range(&h, "", "head-2:head-1"), "d c");
}

#[test]
fn a_relative_end_is_counted_from_the_other() {
    let h = line();
    assert_eq!(range(&h, "", "a:+2"), "c b a");
    assert_eq!(range(&h, "", ":+2"), "b a");
    assert_eq!(range(&h, "", "-2:d"), "d c b");
    assert_eq!(range(&h, "", "-1:"), "e d");
    assert_eq!(range(&h, "a b c d", "-2:current"), "d c b");
    assert_eq!(range(&h, "a b", "current:+2"), "d c b");
    assert_eq!(range(&h, "", "-9:b"), "b a", "what is not there is not missed");
    assert_eq!(range(&h, "", "d:+9"), "e d");
}

#[test]
fn what_is_applied_can_be_an_end() {
    let h = line();
    assert_eq!(range(&h, "a b", "current:"), "e d c b");
    assert_eq!(range(&h, "", "current:"), "e d c b a", "nothing is applied: from the base");
    assert_eq!(range(&h, "a b", ":current"), "b a");
    assert_eq!(range(&h, "", ":current"), "");
    assert_eq!(range(&h, "a b c", "current-1:current+1"), "d c b");
    assert_eq!(range(&h, "", "a:current"), "`a:current` cannot be used here: nothing is applied");
    assert_eq!(range(&h, "a b c", "current:b"), "`current:b` cannot be used here: current (c) comes after b");
}

#[test]
fn a_range_goes_through_branches_and_merges() {
    let h = diamond();
    assert_eq!(range(&h, "", "b:g"), "g f e d c b");
    assert_eq!(range(&h, "", "c:g"), "g d c", "only what descends from its older end");
    assert_eq!(range(&h, "", "e:"), "g f e");
    assert_eq!(range(&h, "", ":d"), "d c b a");
    assert_eq!(range(&h, "a b c e", "current:"), "g f e d c");
    assert_eq!(range(&h, "a b c", "left@current:left@+1"), "d c");
    assert_eq!(range(&h, "", "left@-1:"), "g d", "steps back over the merge, along left");
    assert_eq!(
        range(&h, "", "-1:"),
        "`-1` is ambiguous: g merges several lines:\n    left@-1   d  About d\n    right@-1  f  About f"
    );
}

/// a - b - c (@one)
/// x - y - z (@two), y needs b
#[test]
fn a_label_chooses_the_line() {
    let h = history(&["a: @one", "b: a", "c: b", "x: @two", "y: x >b", "z: y"]);
    assert_eq!(range(&h, "", ":one@head"), "c b a");
    assert_eq!(range(&h, "", ":two@head"), "z y x b a", "with all that it needs");
    assert_eq!(range(&h, "", "two@base:"), "z y x b a");
    assert_eq!(range(&h, "", "one@base:heads"), "c b a");
    assert_eq!(range(&h, "", "two:"), "z y x");
    assert_eq!(range(&h, "", "two@-1:"), "z y");
    assert_eq!(range(&h, "", "x:two@+1"), "y x");
    assert_eq!(range(&h, "", "b:heads"), "c b", "y needs b, and does not descend from it");
    assert_eq!(range(&h, "a b x y", "current:two@head"), "z y", "the other branch has no part in it");
    assert_eq!(range(&h, "a b x y", "current:"), "z y c b");
}

#[test]
fn ends_that_no_line_joins_are_an_error() {
    let h = diamond();
    assert_eq!(range(&h, "", "d:b"), "`d:b` cannot be used here: d comes after b");
    assert_eq!(range(&h, "", "head:left"), "`head:left` cannot be used here: head (g) comes after left (c)");
    assert_eq!(range(&h, "", "c:f"), "`c:f` cannot be used here: no line leads from c to f");
    assert_eq!(range(&h, "", "a:base"), "`a:base` cannot be used here: base is before the first revision");
    assert_eq!(
        range(&h, "", "left@base:f"),
        "`left@base:f` cannot be used here: its newer end is not on the line of left"
    );
    let needs = history(&["a:", "x: >a"]);
    assert_eq!(range(&needs, "", "a:x"), "`a:x` cannot be used here: x depends on a, but does not descend from it");
    assert_eq!(range(&h, "", "q:g"), "no revision or branch label is called `q`");
}

#[test]
fn ranges_are_read_and_printed() {
    for text in ["a:b", "a:", ":b", ":", "-3:current", "a:+2", ":l@head", "l@-1:", "current-1:current+1"] {
        assert_eq!(Range::parse(text).unwrap().to_string(), text);
    }
    assert!(Range::parse("a:current").unwrap().reads_ledger());
    assert!(!Range::parse("a:+2").unwrap().reads_ledger(), "counted from a");
    let fault = |text: &str| Range::parse(text).unwrap_err().to_string();
    assert_eq!(fault("a"), "`a` is not a range: it has no `:`");
    assert_eq!(fault(""), "`` is not a range: it has no `:`");
    assert_eq!(fault("a:b:c"), "`a:b:c` is not a range: it has more than one `:`");
    assert_eq!(fault("-1:+1"), "`-1:+1` is not a range: both ends are relative, each to the other");
    assert_eq!(fault("+1:b"), "`+1:b` is not a range: its older end, +1, is counted back from the newer one");
    assert_eq!(fault("a:-1"), "`a:-1` is not a range: its newer end, -1, is counted forwards from the older one");
    assert_eq!(fault("a b:"), "`a b` is not a target: it has a blank in it");
}
