//! Who comes before whom, and the order that follows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use rungs_schema::{Class, Reference};

use super::{ByName, Ties};

/// Ties between changes, by the position of the one that comes later.
#[derive(Debug)]
pub(super) struct Edges {
    strong: Vec<BTreeSet<usize>>,
    /// These may be cut.
    weak: Vec<BTreeSet<usize>>,
}

/// The positions of changes by what they do with an object.
type By<'a> = BTreeMap<&'a Reference, Vec<usize>>;

fn by(ties: &[Ties], select: fn(&Ties) -> &BTreeSet<Reference>) -> By<'_> {
    let mut found: By<'_> = BTreeMap::new();
    for (index, tie) in ties.iter().enumerate() {
        select(tie).iter().for_each(|reference| found.entry(reference).or_default().push(index));
    }
    found
}

/// Whether what is changed at this place is what comes, where one thing goes and another takes its name: by the phases, what
/// goes is edited before, and what comes after it came.
fn is_of_new(index: usize, object: &Reference, creators: &By<'_>) -> bool {
    creators.get(object).is_some_and(|creators| creators.iter().any(|creator| *creator <= index))
}

impl Edges {
    pub(super) fn between(ties: &[Ties]) -> Self {
        let (creators, droppers) = (by(ties, |tie| &tie.creates), by(ties, |tie| &tie.drops));
        let (touchers, releasers) = (by(ties, |tie| &tie.touches), by(ties, |tie| &tie.releases));
        let (leavers, joiners) = (by(ties, |tie| &tie.leaves), by(ties, |tie| &tie.joins));
        let (users, keepers) = (by(ties, |tie| &tie.needs), by(ties, |tie| &tie.keeps));
        let mut edges = Self { strong: vec![BTreeSet::new(); ties.len()], weak: vec![BTreeSet::new(); ties.len()] };
        for (index, tie) in ties.iter().enumerate() {
            for need in &tie.needs {
                edges.strong_after(index, creators.get(need));
                edges.weak_after(index, touchers.get(need));
            }
            // Where one partition leaves room another one may come; and what a parent's change reaches is settled first.
            for parent in tie.needs.iter().chain(&tie.follows).chain(&tie.touches) {
                edges.weak_after_earlier(index, leavers.get(parent));
            }
            // What comes back to a parent in the end reaches those that joined it.
            for parent in &tie.touches {
                let joined =
                    joiners.get(parent).into_iter().flatten().filter(|other| !ties[**other].touches.is_empty());
                edges.weak[index].extend(joined.filter(|other| **other < index));
            }
            // A partition goes where no foreign key refers to its parent any more, and with what its parent is by then.
            for parent in &tie.leaves {
                edges.weak_after_earlier(index, touchers.get(parent));
                let others = releasers.get(parent).into_iter().flatten();
                edges.weak[index].extend(others.filter(|other| !ties[**other].leaves.contains(parent)));
            }
            // On the way back it goes before a foreign key refers to the parent again.
            for parent in &tie.joins {
                edges.weak_after_earlier(index, releasers.get(parent));
            }
            for kept in &tie.keeps {
                let others = touchers.get(kept).into_iter().flatten();
                edges.weak[index].extend(others.filter(|other| **other < index || !tie.only_takes && **other != index));
            }
            for parent in &tie.follows {
                edges.strong_after(index, creators.get(parent));
                edges.weak_after_earlier(index, touchers.get(parent));
            }
            for retired in &tie.retires {
                // A routine that takes another's place stays as it will be, and may have named what goes.
                let is_replaced = |other: usize| ties[other].touches.iter().any(|one| one.class == Class::Routine);
                let earlier = |others: Option<&Vec<usize>>| -> Vec<usize> {
                    let is_earlier = |other: &usize| *other < index || is_replaced(*other);
                    others.into_iter().flatten().copied().filter(is_earlier).collect()
                };
                edges.strong[index].extend(earlier(touchers.get(retired)));
                edges.weak[index].extend(earlier(users.get(retired)));
                edges.weak[index].extend(earlier(keepers.get(retired)));
                edges.weak[index].extend(earlier(releasers.get(retired)));
            }
            for dropped in &tie.drops {
                edges.strong_after(index, releasers.get(dropped));
                let former = touchers.get(dropped).into_iter().flatten().copied();
                let former: Vec<usize> = former.filter(|other| !is_of_new(*other, dropped, &creators)).collect();
                edges.strong_after(index, Some(&former));
            }
            for created in &tie.creates {
                edges.strong_after(index, droppers.get(created));
                // A type and the row of a relation share their names.
                if let Some(other) = namesake(created) {
                    edges.strong_after(index, droppers.get(&other));
                }
            }
            for touched in &tie.touches {
                if !droppers.contains_key(touched) || is_of_new(index, touched, &creators) {
                    edges.strong_after(index, creators.get(touched));
                }
                let earlier = touchers.get(touched).into_iter().flatten().rfind(|other| **other < index);
                edges.strong[index].extend(earlier);
                // What goes and stood on it might be in the way.
                let goes = |other: &&usize| !ties[**other].drops.is_empty() && ties[**other].touches.is_empty();
                let gone = releasers.get(touched).into_iter().flatten().filter(goes);
                edges.weak[index].extend(gone.filter(|other| **other != index));
            }
        }
        edges.read_bodies(ties, &creators, &touchers, &droppers);
        edges
    }

    /// A body that names what is created or altered comes after it; what it used to name goes after it. That keeps the
    /// server content when it looks into bodies, there and back.
    fn read_bodies(&mut self, ties: &[Ties], creators: &By<'_>, touchers: &By<'_>, droppers: &By<'_>) {
        let (mut made, mut dropped) = (ByName::default(), ByName::default());
        creators.iter().chain(touchers).for_each(|(object, others)| made.add(object, others));
        droppers.iter().for_each(|(object, others)| dropped.add(object, others));
        for (index, tie) in ties.iter().enumerate() {
            for others in tie.words.named(&made) {
                self.weak_after(index, Some(others));
            }
            for other in
                tie.former_words.named(&dropped).flat_map(|others| others.iter()).filter(|other| **other != index)
            {
                self.weak[*other].insert(index);
            }
        }
    }

    fn strong_after(&mut self, index: usize, earlier: Option<&Vec<usize>>) {
        self.strong[index].extend(earlier.into_iter().flatten().filter(|other| **other != index));
    }

    fn weak_after(&mut self, index: usize, earlier: Option<&Vec<usize>>) {
        self.weak[index].extend(earlier.into_iter().flatten().filter(|other| **other != index));
    }

    fn weak_after_earlier(&mut self, index: usize, others: Option<&Vec<usize>>) {
        self.weak[index].extend(others.into_iter().flatten().filter(|other| **other < index));
    }

    /// Kahn's algorithm with a heap, so that of all that may come next the first in the given order does.
    pub(super) fn sorted(&self) -> Vec<usize> {
        let count = self.strong.len();
        let mut is_done = vec![false; count];
        let mut order = Vec::with_capacity(count);
        let mut waiting: Vec<BTreeSet<usize>> =
            (0..count).map(|index| self.strong[index].union(&self.weak[index]).copied().collect()).collect();
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (index, before) in waiting.iter().enumerate() {
            before.iter().for_each(|other| followers[*other].push(index));
        }
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..count).filter(|index| waiting[*index].is_empty()).map(Reverse).collect();
        while order.len() < count {
            let next = ready.pop().map(|Reverse(next)| next).or_else(|| self.cut(&waiting, &is_done));
            let Some(next) = next else { break };
            if std::mem::replace(&mut is_done[next], true) {
                continue;
            }
            order.push(next);
            for follower in &followers[next] {
                waiting[*follower].remove(&next);
                if waiting[*follower].is_empty() {
                    ready.push(Reverse(*follower));
                }
            }
        }
        order
    }

    /// Where everything waits for something else: the first, in a circle that waits for nothing outside itself, that
    /// waits only for what weak ties say; else its first.
    fn cut(&self, waiting: &[BTreeSet<usize>], is_done: &[bool]) -> Option<usize> {
        let left: Vec<usize> = (0..is_done.len()).filter(|index| !is_done[*index]).collect();
        let mut graph: DiGraph<usize, ()> = DiGraph::new();
        let nodes: BTreeMap<usize, NodeIndex> = left.iter().map(|index| (*index, graph.add_node(*index))).collect();
        for index in &left {
            for other in &waiting[*index] {
                graph.add_edge(nodes[other], nodes[index], ());
            }
        }
        let circles = tarjan_scc(&graph)
            .into_iter()
            .map(|circle| -> BTreeSet<usize> { circle.into_iter().map(|node| graph[node]).collect() });
        let closed = circles.filter(|circle| circle.iter().all(|index| waiting[*index].is_subset(circle)));
        let circle = closed.min_by_key(|circle| circle.first().copied())?;
        let free = circle.iter().find(|index| self.strong[**index].iter().all(|other| is_done[*other]));
        free.or_else(|| circle.first()).copied()
    }
}

fn namesake(object: &Reference) -> Option<Reference> {
    match object.class {
        Class::Type => Some(Reference::relation(&object.name)),
        Class::Relation => Some(Reference::ty(&object.name)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rungs_schema::ObjectName;

    use super::super::Words;
    use super::*;

    fn set(names: &str) -> BTreeSet<Reference> {
        names.split_whitespace().map(|name| Reference::relation(&ObjectName::bare(name))).collect()
    }

    fn creates(name: &str, needs: &str) -> Ties {
        Ties { creates: set(name), needs: set(needs), ..Ties::default() }
    }

    fn drops(name: &str, releases: &str) -> Ties {
        Ties { drops: set(name), releases: set(releases), ..Ties::default() }
    }

    fn routine(name: &str, needs: &str, words: &str) -> Ties {
        Ties { words: Words::of(words), ..creates(name, needs) }
    }

    fn order(ties: &[Ties]) -> Vec<usize> {
        Edges::between(ties).sorted()
    }

    #[test]
    fn nothing_moves_without_a_reason() {
        assert_eq!(order(&[creates("c", ""), creates("a", "c"), drops("x", "")]), [0, 1, 2]);
    }

    #[test]
    fn what_is_needed_comes_first_and_goes_last() {
        assert_eq!(order(&[creates("a", "b"), creates("b", "c"), creates("c", "")]), [2, 1, 0]);
        assert_eq!(order(&[drops("a", ""), drops("b", "a"), drops("c", "b")]), [2, 1, 0]);
    }

    #[test]
    fn a_name_is_free_before_it_is_taken() {
        assert_eq!(order(&[creates("a", ""), drops("b", "a"), drops("a", "")]), [1, 2, 0]);
        let row = Reference::ty(&ObjectName::bare("a"));
        let table = Ties { creates: set("a"), ..Ties::default() };
        assert_eq!(order(&[table, Ties { drops: BTreeSet::from([row]), ..Ties::default() }]), [1, 0]);
    }

    #[test]
    fn what_takes_a_name_is_edited_after_what_had_it_is_gone() {
        let edits = |name: &str| Ties { touches: set(name), ..Ties::default() };
        // The former `a` is edited and goes; the new one comes and is edited.
        assert_eq!(order(&[edits("a"), drops("a", ""), creates("a", ""), edits("a")]), [0, 1, 2, 3]);
        // The one that goes stood on `b`, which is edited first by the phases.
        let edited = Ties { touches: set("b"), ..Ties::default() };
        assert_eq!(order(&[edited, drops("a", "b"), creates("a", ""), edits("a")]), [1, 0, 2, 3]);
    }

    #[test]
    fn a_body_comes_after_what_it_names() {
        assert_eq!(order(&[routine("f", "", "select from t"), creates("t", "")]), [1, 0]);
        let gone = Ties { former_words: Words::of("select from t"), ..drops("f", "") };
        assert_eq!(order(&[drops("t", ""), gone]), [1, 0]);
    }

    #[test]
    fn in_a_circle_what_the_words_say_gives_way() {
        // The table calls the routine, whose body names the table.
        assert_eq!(order(&[creates("t", "f"), routine("f", "", "select from t")]), [1, 0]);
    }

    #[test]
    fn a_circle_moves_nobody_outside_it() {
        // `a` names `b`, which stands in a circle with `c`.
        let ties = [routine("a", "", "b"), routine("b", "", "c"), routine("c", "", "b")];
        assert_eq!(order(&ties), [1, 0, 2]);
        let ties = [routine("a", "", "c"), routine("b", "", "c"), routine("c", "", "b")];
        assert_eq!(order(&ties), [1, 2, 0]);
    }

    #[test]
    fn a_strong_circle_still_gives_every_change_once() {
        assert_eq!(order(&[creates("a", "b"), creates("b", "a"), creates("c", "a")]), [0, 1, 2]);
    }
}
