//! What a target means, and how each of its meanings is named where there are several.

use std::collections::BTreeSet;

use rungs::error::RevisionError;
use rungs::revision::{History, Target};

use crate::graph_support::{down, history, resolve, set, up};

///        c - d (@left)
/// a - b <
///        e - f (@right)
fn fork() -> History {
    history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"])
}

/// a - b (@one)
/// x - y - z (@two), y needs b
fn two_bases() -> History {
    history(&["a: @one", "b: a", "x: @two", "y: x >b", "z: y"])
}

#[test]
fn words_and_labels_name_places() {
    let h = fork();
    assert_eq!(resolve(&h, "", "heads"), "d f");
    assert_eq!(resolve(&h, "", "left@heads"), "d");
    assert_eq!(resolve(&h, "", "left@head"), "d");
    assert_eq!(resolve(&h, "", "d@head"), "d", "a revision names its line as a label does");
    assert_eq!(resolve(&h, "", "left"), "c", "a label alone is the revision that carries it");
    assert_eq!(resolve(&h, "", "left@c"), "c");
    assert_eq!(resolve(&h, "", "left@a"), "a", "the trunk is on the line of every branch");
    assert_eq!(resolve(&h, "", "base"), "");
    assert_eq!(resolve(&h, "", "left@base"), "");
}

#[test]
fn what_is_applied_now_is_a_place_too() {
    let h = fork();
    assert_eq!(resolve(&h, "", "current"), "");
    assert_eq!(resolve(&h, "a b", "current"), "b");
    assert_eq!(resolve(&h, "a b c e f", "current"), "c f");
    assert_eq!(resolve(&h, "a b c e f", "left@current"), "c");
    assert_eq!(resolve(&h, "a b c", "right@current"), "b", "as far as that line is applied");
    assert_eq!(resolve(&h, "a b", "current-1"), "a");
    assert_eq!(resolve(&h, "a b c e f", "left@current+1"), "d");
    assert_eq!(up(&h, "a b c e f", "left@current+1"), "d -> d f");
    assert_eq!(down(&h, "a b c e f", "left@current-1"), "c -> f");
    assert_eq!(up(&h, "a b", "current"), "`current` cannot be used here: it does not go forwards");
    assert_eq!(down(&h, "a b", "current"), "`current` cannot be used here: it does not go backwards");
}

#[test]
fn a_head_that_another_one_needs_is_applied_all_the_same() {
    let h = two_bases();
    assert_eq!(resolve(&h, "a b x y", "current"), "b y");
    assert_eq!(resolve(&h, "", "heads"), "b z");
}

#[test]
fn steps_count_along_one_line() {
    let h = fork();
    assert_eq!(resolve(&h, "", "base+2"), "b");
    assert_eq!(resolve(&h, "", "left@base+3"), "c");
    assert_eq!(resolve(&h, "", "right@base+4"), "f");
    assert_eq!(resolve(&h, "", "left@head-2"), "b");
    assert_eq!(resolve(&h, "", "d-3"), "a");
    assert_eq!(resolve(&h, "", "a-1"), "", "one step before the first revision is the base");
    assert_eq!(resolve(&h, "", "right@b+2"), "f");
    assert_eq!(resolve(&h, "", "left@+2"), "b", "nothing is applied: counted from the base");
    assert_eq!(resolve(&h, "a b e", "left@+1"), "c", "counted from where that line is left");
    assert_eq!(resolve(&h, "a b e", "right@+1"), "f");
    assert_eq!(resolve(&h, "a b e", "right@-2"), "a");
    assert_eq!(resolve(&h, "a b", "heads-1").lines().next(), Some("`heads-1` is ambiguous: there are several heads:"));
}

#[test]
fn the_beginning_of_an_id_is_enough_where_one_revision_begins_so() {
    // somelong (@l) and someother on lines of their own
    let h = history(&["a: @l", "somelong: a", "b:", "someother: b @m"]);
    assert_eq!(resolve(&h, "", "somel"), "somelong");
    assert_eq!(
        resolve(&h, "", "some"),
        "`some` is ambiguous: the ids of several revisions begin so:\n    \
         somel  somelong   About somelong\n    \
         someo  someother  About someother | write more of the id"
    );
    assert_eq!(resolve(&h, "", "l@some"), "somelong", "a branch tells them apart");
    assert_eq!(resolve(&h, "", "someo@b"), "b", "also where it names a branch");
    assert_eq!(
        resolve(&h, "", "l@someo"),
        "`l@someo` cannot be used here: revision someother is not on the line of l | write someother alone, or l@head"
    );
}

#[test]
fn a_long_list_of_candidates_is_cut() {
    let lines: Vec<String> = (10..40).map(|number| format!("r{number}:")).collect();
    let h = history(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let said = resolve(&h, "", "head");
    assert_eq!(said.lines().count(), 14, "{said}");
    assert!(said.contains("\n    ... and 18 more | "), "{said}");
}

#[test]
fn several_heads_are_listed_with_the_name_of_each() {
    let h = two_bases();
    assert_eq!(
        resolve(&h, "", "head"),
        "`head` is ambiguous: there are several heads:\n    \
         one@head  b  About b\n    \
         two@head  z  About z | write one of these, or `heads` for all of them"
    );
    assert_eq!(
        resolve(&h, "", "head-1"),
        "`head-1` is ambiguous: there are several heads:\n    \
         one@head-1  b  About b\n    \
         two@head-1  z  About z | write one of these"
    );
    let unlabelled = history(&["a:", "b: a", "c: a"]);
    assert_eq!(
        resolve(&unlabelled, "", "head"),
        "`head` is ambiguous: there are several heads:\n    \
         b  About b\n    \
         c  About c | write one of these, or `heads` for all of them"
    );
}

#[test]
fn a_step_that_may_go_several_ways_lists_the_ways() {
    let h = fork();
    assert_eq!(
        up(&h, "a b", "+1"),
        "`+1` is ambiguous: the history branches after b:\n    left@+1   c  About c\n    right@+1  e  About e"
    );
    assert_eq!(
        up(&h, "", "a+2"),
        "`a+2` is ambiguous: the history branches after b:\n    left@a+2   c  About c\n    right@a+2  e  About e"
    );
    assert_eq!(
        down(&h, "a b c d e", "-1"),
        "`-1` is ambiguous: several heads are applied:\n    left@-1   d  About d\n    right@-1  e  About e"
    );
    assert_eq!(
        up(&two_bases(), "", "+1"),
        "`+1` is ambiguous: there are several first revisions:\n    one@+1  a  About a\n    two@+1  x  About x"
    );
    let merged = history(&["a:", "b:", "c: a b"]);
    assert_eq!(
        down(&merged, "a b c", "-1"),
        "`-1` is ambiguous: c merges several lines:\n    a@-1  a  About a\n    b@-1  b  About b"
    );
    assert_eq!(down(&merged, "a b c", "a@-1"), "c -> a b");
    assert_eq!(down(&merged, "a b c", "b@-1"), "c -> a b");
}

/// Whatever a message offers can be written, and leads to one place, if need be by way of one more choice.
fn offers_ways(h: &History, applied: &BTreeSet<String>, text: &str, choices: usize) {
    let target = Target::parse(text).unwrap();
    match h.resolve(&target, applied) {
        Ok(found) => assert!(found.len() < 2 || choices == 0, "{text}: {found:?}"),
        // A line that is applied to its head has no next step, which is another thing.
        Err(RevisionError::TooFar { .. }) => {}
        Err(RevisionError::Ambiguous { candidates, .. }) if choices < 3 => {
            for candidate in candidates {
                let offered = candidate.split_whitespace().next().unwrap();
                assert_ne!(offered, text);
                offers_ways(h, applied, offered, choices + 1);
            }
        }
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn every_way_that_a_message_offers_is_one() {
    let unlabelled = history(&["a:", "b: a", "c: b", "d: a", "e:", "f: c d"]);
    for h in [&fork(), &two_bases(), &unlabelled] {
        for state in ["", "a b c d e f x y z"] {
            let applied: Vec<&str> =
                h.revisions().iter().map(|one| one.id.as_str()).filter(|id| state.contains(id)).collect();
            for text in ["head", "+1", "-1", "a+1", "head-1", "heads-1", "base+1", "current-1"] {
                offers_ways(h, &set(&applied.join(" ")), text, 0);
            }
        }
    }
}

#[test]
fn what_is_nowhere_says_so() {
    let h = fork();
    assert_eq!(
        resolve(&h, "", "q"),
        "no revision or branch label is called `q` | `migrate history` shows all revisions"
    );
    assert_eq!(resolve(&h, "", "righ@head"), "no revision or branch label is called `righ` | did you mean right?");
    assert_eq!(
        resolve(&h, "", "left@e"),
        "`left@e` cannot be used here: revision e is not on the line of left | write e alone, or left@head"
    );
    let too_far = "`d+1` goes 1 step too far: the line ends with its head | `migrate history` shows what is there";
    assert_eq!(resolve(&h, "", "d+1"), too_far);
    assert_eq!(up(&h, "a b", "-2"), "`-2` cannot be used here: it does not go forwards");
    assert_eq!(up(&h, "a b", "a-1"), "`a-1` cannot be used here: the base is before the first revision");
    assert_eq!(up(&h, "a b", "left@base"), "`left@base` cannot be used here: the base is before the first revision");
    assert_eq!(down(&h, "a b", "+2"), "`+2` cannot be used here: it does not go backwards");
    assert_eq!(down(&h, "a b", "-3"), "`-3` goes 1 step too far: the base is before the first revision");
    assert_eq!(down(&h, "", "-1"), "`-1` goes 1 step too far: the base is before the first revision");
}

#[test]
fn a_project_without_revisions_has_nothing_to_do() {
    let h = history(&[]);
    assert_eq!(up(&h, "", "heads"), " -> ");
    assert_eq!(up(&h, "", "head"), " -> ");
    assert_eq!(up(&h, "", "+1"), "`+1` goes 1 step too far: the line ends with its head");
    assert_eq!(down(&h, "", "base"), "`base` reverts nothing: nothing is applied");
}

#[test]
fn words_of_targets_are_no_ids_and_no_labels() {
    use rungs::revision::Revision;
    for word in ["head", "heads", "base", "current"] {
        let text = format!(
            "-- m\n--\n-- revision = \"{word}\"\n-- branch_labels = [\"{word}\"]\n\n-- migrate:up\n-- migrate:down\n"
        );
        let faults = Revision::parse(std::path::Path::new("x.sql"), &text).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
    }
}
