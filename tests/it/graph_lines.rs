//! Up and down on branches, merges and dependencies: the steps in their order, and the heads afterwards.

use rungs::revision::History;

use crate::graph_support::{down, history, up};

///        c - d (@left)
/// a - b <
///        e - f (@right)
fn fork() -> History {
    history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"])
}

#[test]
fn a_branch_goes_up_alone() {
    let h = fork();
    assert_eq!(up(&h, "a b", "d"), "c d -> d");
    assert_eq!(up(&h, "a", "heads"), "b c d e f -> d f");
    assert_eq!(up(&h, "a b", "right@head-1"), "e -> e");
    assert_eq!(up(&h, "a b c", "right@+1"), "e -> c e");
    assert_eq!(up(&h, "a b c e", "right@+1"), "f -> c f");
    assert_eq!(up(&h, "a b c d e", "left@heads"), " -> d e");
    assert!(up(&h, "a b c e", "+1").starts_with("`+1` is ambiguous: several heads are applied"));
}

#[test]
fn a_branch_goes_down_alone() {
    let h = fork();
    let all = "a b c d e f";
    assert_eq!(down(&h, all, "left@base"), "d c -> f");
    assert_eq!(down(&h, all, "left@b"), "d c -> f");
    assert_eq!(down(&h, all, "d@b"), "d c -> f", "a revision names its line");
    assert_eq!(down(&h, all, "right@base+2"), "f e -> d", "two steps from the base is b");
    assert_eq!(down(&h, all, "right@base+3"), "f -> d e");
    assert_eq!(down(&h, all, "left@head-1"), "d -> c f");
    assert_eq!(down(&h, all, "left@-1"), "d -> c f");
    assert_eq!(down(&h, all, "left@-2"), "d c -> f");
    assert_eq!(down(&h, all, "d-1"), "d -> c f");
    assert_eq!(down(&h, all, "c"), "d -> c f");
    assert_eq!(down(&h, "a b c e f", "left@base"), "c -> f");
}

#[test]
fn below_the_branch_point_all_branches_go_down() {
    let h = fork();
    let all = "a b c d e f";
    assert_eq!(down(&h, all, "b"), "f e d c -> b");
    assert_eq!(down(&h, all, "base+2"), "f e d c -> b");
    assert_eq!(down(&h, all, "left@-3"), "f e d c b -> a", "e stands on b, and cannot stay without it");
    assert_eq!(down(&h, all, "left@a"), "f e d c b -> a");
    assert_eq!(down(&h, all, "base"), "f e d c b a -> ");
}

#[test]
fn a_downgrade_that_reverts_nothing_says_why() {
    let h = fork();
    let all = "a b c d e f";
    assert_eq!(down(&h, all, "heads"), "`heads` reverts nothing: nothing that stands on d is applied");
    assert_eq!(down(&h, all, "left@head"), "`left@head` reverts nothing: nothing that stands on d is applied");
    assert_eq!(down(&h, "a b e", "left@base"), "`left@base` reverts nothing: nothing of it is applied");
    assert_eq!(down(&h, "a b c d e", "e"), "`e` reverts nothing: nothing that stands on e is applied");
    assert_eq!(down(&h, "a b c", "d"), "`d` reverts nothing: d is not applied");
    assert_eq!(down(&h, "", "a"), "`a` reverts nothing: nothing is applied");
}

///        c - d (@left)
/// a - b <             > g - h
///        e - f (@right)
#[test]
fn a_merge_comes_after_all_its_parents_and_goes_before_them() {
    let h = history(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e", "g: d f", "h: g"]);
    let all = "a b c d e f g h";
    assert_eq!(up(&h, "a b", "h"), "c d e f g h -> h");
    assert_eq!(up(&h, "a b c d", "g"), "e f g -> g");
    assert_eq!(up(&h, "a b c d e f", "+1"), up(&h, "a b c d e f", "+1"), "the same each time");
    assert_eq!(down(&h, all, "b"), "h g f e d c -> b");
    assert_eq!(down(&h, all, "g"), "h -> g");
    assert_eq!(down(&h, all, "d"), "h g -> d f");
    assert_eq!(down(&h, all, "left@base"), "h g d c -> f", "the merge stands on it");
    assert_eq!(down(&h, all, "left@head-2"), "h g -> d f");
    assert_eq!(down(&h, all, "-1"), "h -> g");
    assert_eq!(down(&h, all, "h@base"), "h -> g", "the line of h begins above the merge");
}

/// a - b - c - d (merge of c and z)
/// x - y - z - w
#[test]
fn a_line_may_go_on_beside_the_merge_that_took_it_in() {
    let h = history(&["a:", "b: a", "c: b", "x:", "y: x", "z: y", "d: c z", "w: z"]);
    assert_eq!(up(&h, "a b x y z w", "d"), "c d -> d w");
    assert_eq!(down(&h, "a b c d x y z w", "b"), "d c -> b w");
    assert_eq!(up(&h, "a b x y", "d"), "c z d -> d");
    assert_eq!(up(&h, "a b c d x y z", "w"), "w -> d w");
}

/// a - b (@one)
/// x - y - z (@two), y needs b
#[test]
fn what_a_branch_needs_comes_with_it_and_stays() {
    let h = history(&["a: @one", "b: a", "c: b", "x: @two", "y: x >b", "z: y"]);
    assert_eq!(up(&h, "x", "two@head"), "a b y z -> b z");
    assert_eq!(down(&h, "a b c x y z", "two@base"), "z y x -> c", "going down, what was needed is left alone");
    assert_eq!(down(&h, "a b c x y z", "one@base"), "z y c b a -> x", "but nothing stays without what it needs");
    assert_eq!(down(&h, "a b c x y z", "b"), "c -> b z", "c is not needed");
    assert_eq!(down(&h, "a b c x y z", "a"), "z y c b -> a x");
}

/// x1 - x2 (@x)
/// y1 - y2 (@y), y2 needs x1
#[test]
fn a_step_back_on_a_line_that_another_one_has_gone_on_from() {
    let h = history(&["y1: @y", "x1: @x", "y2: y1 >x1", "x2: x1"]);
    assert_eq!(down(&h, "x1 x2 y1 y2", "x@-1"), "x2 -> x1 y2");
    assert_eq!(down(&h, "x1 y1 y2", "x@-1"), "y2 x1 -> y1");
    assert_eq!(down(&h, "x1 y1 y2", "-1"), "y2 -> x1 y1", "x1 cannot go first, so that -1 is clear");
    assert_eq!(up(&h, "x1 y1 y2", "x@+1"), "x2 -> x2 y2");
}

/// a1 - a2 - a3       a3 needs b1, b2 needs a2
///    b1 - b2 - b3
#[test]
fn lines_may_need_each_other_in_turns() {
    let h = history(&["a1:", "a2: a1", "b1: a1", "b2: b1 >a2", "b3: b2", "a3: a2 >b1"]);
    assert_eq!(up(&h, "", "heads"), "a1 a2 b1 a3 b2 b3 -> a3 b3");
    assert_eq!(down(&h, "a1 a2 a3 b1 b2", "b1"), "b2 -> a3 b1");
    assert_eq!(down(&h, "a1 a2 a3 b1 b2 b3", "a2"), "a3 -> a2 b3");
}

/// a - b (b also depends on its own parent)
#[test]
fn a_dependency_on_its_own_parent_changes_nothing() {
    let h = history(&["a:", "b: a >a"]);
    assert_eq!(up(&h, "", "heads"), "a b -> b");
    assert_eq!(down(&h, "a b", "a"), "b -> a");
    assert_eq!(down(&h, "a b", "-1"), "b -> a");
}

/// a - - - - m (merge of a and b)
/// b, needs a
#[test]
fn a_merge_with_what_one_side_depends_on() {
    let h = history(&["a:", "b: >a", "m: a b"]);
    assert_eq!(up(&h, "a", "m"), "b m -> m");
    assert_eq!(down(&h, "a b m", "a"), "m -> a b");
    assert_eq!(down(&h, "a b m", "b"), "m -> a b");
    assert_eq!(down(&h, "a b m", "b@base"), "m b -> a");
    assert_eq!(down(&h, "a b m", "a@base"), "m b a -> ");
}

/// a1 - a2 (@lib) - a3
/// b1 - b2, needs lib
#[test]
fn a_label_can_be_depended_on() {
    let h = history(&["a1:", "a2: a1 @lib", "a3: a2", "b1:", "b2: b1 >lib"]);
    assert_eq!(up(&h, "b1", "b2"), "a1 a2 b2 -> a2 b2");
    assert_eq!(down(&h, "a1 a2 a3 b1 b2", "a2"), "a3 -> a2 b2", "lib is the revision that carries the label");
    assert_eq!(down(&h, "a1 a2 a3 b1 b2", "lib@base"), "b2 a3 a2 a1 -> b1", "the line of lib begins at the base");
}

#[test]
fn labels_end_below_merge_points_too() {
    // p - q > m - n (@l) - o
    let h = history(&["p:", "q:", "m: p q", "n: m @l", "o: n"]);
    let with: Vec<&str> =
        h.revisions().iter().map(|one| one.id.as_str()).filter(|id| h.labels(id).contains(&"l")).collect();
    assert_eq!(with, ["n", "o"]);
    assert_eq!(down(&h, "p q m n o", "l@base"), "o n -> m");
    let lines = h.lines();
    assert_eq!((lines[0].label, lines[0].base.id.as_str(), lines[0].heads[0].id.as_str()), ("l", "n", "o"));
}

#[test]
fn drawing_order_keeps_lines_together() {
    let h = history(&["a:", "b: a", "c: a", "d: b", "e: c", "f: d", "g: e"]);
    let order = |h: &History| h.along_lines().iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(" ");
    assert_eq!(order(&h), "g e c f d b a");
    let needed = history(&["a: @one", "b: a", "x: @two", "y: x >b", "z: y"]);
    assert_eq!(order(&needed), "z y x b a");
}
