//! Circles in the graph, which make it none.

use std::collections::{BTreeSet, HashMap, VecDeque};

use petgraph::Direction as Towards;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Revision;
use super::graph::Tie;
use crate::error::RevisionFault;

/// Names circles until every revision that is on one has been named: first those of parents alone, then those that
/// dependencies close. To list all circles would take for ever where revisions are tied to each other in many ways.
pub(super) fn circles(revisions: &[Revision], graph: &DiGraph<(), Tie, u32>, faults: &mut Vec<RevisionFault>) {
    let parents = graph.filter_map(|_, ()| Some(()), |_, tie| (*tie == Tie::Parent).then_some(*tie));
    let mut named: BTreeSet<NodeIndex> = BTreeSet::new();
    for component in kosaraju_scc(&parents).into_iter().filter(|component| component.len() > 1) {
        for circle in cover(revisions, &parents, &component) {
            let (place, circle) = told(revisions, &circle, |revision| revision.lines.down_revision);
            faults.push(RevisionFault::Cycle { place, circle });
        }
        named.extend(component);
    }
    for component in kosaraju_scc(graph).into_iter().filter(|component| component.len() > 1) {
        for circle in cover(revisions, graph, &component) {
            if circle.iter().all(|node| named.contains(node)) {
                continue;
            }
            let (place, circle) = told(revisions, &circle, |revision| {
                let needs = |names: &[String]| !names.is_empty();
                if needs(&revision.depends_on) { revision.lines.depends_on } else { revision.lines.down_revision }
            });
            faults.push(RevisionFault::DependencyCycle { place, circle });
        }
    }
}

/// Shortest circles through the members of a component, from the smallest id on, until each member is on one.
fn cover(revisions: &[Revision], graph: &DiGraph<(), Tie, u32>, component: &[NodeIndex]) -> Vec<Vec<NodeIndex>> {
    let inside: BTreeSet<NodeIndex> = component.iter().copied().collect();
    let mut left: Vec<NodeIndex> = component.to_vec();
    left.sort_by(|a, b| revisions[b.index()].id.cmp(&revisions[a.index()].id));
    let mut covered: BTreeSet<NodeIndex> = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(start) = left.pop() {
        if covered.contains(&start) {
            continue;
        }
        let circle = shortest(revisions, graph, &inside, start);
        covered.extend(&circle);
        found.push(circle);
    }
    found
}

/// A way around from a revision to itself, each followed by what it names; breadth first finds the shortest. Within a
/// strongly connected component there is one.
fn shortest(
    revisions: &[Revision],
    graph: &DiGraph<(), Tie, u32>,
    inside: &BTreeSet<NodeIndex>,
    start: NodeIndex,
) -> Vec<NodeIndex> {
    let mut came_from: HashMap<NodeIndex, NodeIndex> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    let mut last = start;
    'search: while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors_directed(node, Towards::Incoming).collect();
        next.sort_by(|a, b| revisions[a.index()].id.cmp(&revisions[b.index()].id));
        for before in next.into_iter().filter(|before| inside.contains(before)) {
            if before == start {
                last = node;
                break 'search;
            }
            if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(before) {
                entry.insert(node);
                queue.push_back(before);
            }
        }
    }
    let mut circle = Vec::new();
    let mut at = last;
    while at != start {
        circle.push(at);
        match came_from.get(&at) {
            Some(before) => at = *before,
            None => break,
        }
    }
    circle.push(start);
    circle.reverse();
    circle
}

/// The place of the first, and all with theirs, the first once more at the end.
fn told(revisions: &[Revision], circle: &[NodeIndex], line: impl Fn(&Revision) -> usize) -> (String, Vec<String>) {
    let Some(first) = circle.first().map(|node| &revisions[node.index()]) else { return Default::default() };
    let of = |node: &NodeIndex| {
        let revision = &revisions[node.index()];
        format!("{} ({})", revision.id, revision.place(line(revision)))
    };
    let names = std::iter::once(first.id.clone()).chain(circle.iter().skip(1).map(of)).chain([first.id.clone()]);
    (first.place(line(first)), names.collect())
}
