//! Circles, in which no revision can come first.

use std::collections::{HashMap, HashSet, VecDeque};

use petgraph::Direction as Towards;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::{EdgeFiltered, EdgeRef as _};

use super::build::{Names, Ties, named};
use super::graph::Tie;
use crate::error::{Link, RevisionFault};

/// How many circles are named where revisions are tied to each other in many ways; there may be more of them than
/// anybody could list, and whoever has mended so many sees the next.
const MOST: usize = 100;

/// Names circles of parents until every tie on such a circle has been named, then circles through dependencies until
/// every dependency on one has been.
pub(super) fn faults(names: &Names<'_>, graph: &Ties) -> Vec<RevisionFault> {
    let knots = Knots::new(names, graph);
    let links = |circle: Vec<EdgeIndex>| circle.into_iter().filter_map(|edge| knots.link(edge)).collect();
    let of_parents = knots.circles(Tie::Parent).into_iter().map(|circle| RevisionFault::Cycle { links: links(circle) });
    let others = knots.circles(Tie::Dependency).into_iter();
    of_parents.chain(others.map(|circle| RevisionFault::DependencyCycle { links: links(circle) })).collect()
}

struct Knots<'a> {
    names: &'a Names<'a>,
    graph: &'a Ties,
    /// The places of the nodes in an order by id, so that the order of files changes nothing.
    rank: Vec<usize>,
}

impl<'a> Knots<'a> {
    fn new(names: &'a Names<'a>, graph: &'a Ties) -> Self {
        let mut nodes: Vec<NodeIndex> = graph.node_indices().collect();
        nodes.sort_by_key(|node| (names.revision(*node).id.as_str(), names.revision(*node).path.as_os_str()));
        let mut rank = vec![0; nodes.len()];
        for (place, node) in nodes.into_iter().enumerate() {
            rank[node.index()] = place;
        }
        Self { names, graph, rank }
    }

    /// Shortest circles, as ties that each lead to the next, through all ties of one kind that are on a circle. Circles
    /// of parents have no other ties on them.
    fn circles(&self, kind: Tie) -> Vec<Vec<EdgeIndex>> {
        let is_part = |tie: Tie| tie == Tie::Parent || kind == Tie::Dependency;
        let part = EdgeFiltered::from_fn(self.graph, |edge| is_part(*edge.weight()));
        // Nodes that can be reached from each other have one number.
        let mut knot: Vec<Option<usize>> = vec![None; self.graph.node_count()];
        for (number, nodes) in kosaraju_scc(&part).into_iter().enumerate().filter(|(_, nodes)| nodes.len() > 1) {
            nodes.iter().for_each(|node| knot[node.index()] = Some(number));
        }
        let is_inside = |edge: EdgeIndex| {
            let ends = self.graph.edge_endpoints(edge);
            ends.and_then(|(from, to)| knot[from.index()].filter(|number| knot[to.index()] == Some(*number)))
        };
        let edges = self.graph.edge_references().filter(|edge| *edge.weight() == kind);
        let mut edges: Vec<_> = edges.filter_map(|edge| Some((edge, is_inside(edge.id())?))).collect();
        edges.sort_by_key(|(edge, _)| (self.rank[edge.target().index()], self.rank[edge.source().index()]));
        let mut told: HashSet<EdgeIndex> = HashSet::new();
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let mut circles = Vec::new();
        for (edge, number) in edges {
            let count = counts.entry(number).or_default();
            if *count == MOST || told.contains(&edge.id()) {
                continue;
            }
            *count += 1;
            let is_way = |tie: Tie, edge: EdgeIndex| is_part(tie) && is_inside(edge).is_some();
            let mut circle = vec![edge.id()];
            circle.extend(self.way(edge.source(), edge.target(), is_way));
            told.extend(&circle);
            circles.push(circle);
        }
        circles
    }

    /// The shortest way from a revision to another, from each to what it names. Within a knot there is one.
    fn way(&self, from: NodeIndex, to: NodeIndex, is_way: impl Fn(Tie, EdgeIndex) -> bool) -> Vec<EdgeIndex> {
        let mut came: HashMap<NodeIndex, (NodeIndex, EdgeIndex)> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front().filter(|_| !came.contains_key(&to)) {
            let mut next: Vec<_> = self.graph.edges_directed(node, Towards::Incoming).collect();
            next.retain(|edge| is_way(*edge.weight(), edge.id()));
            next.sort_by_key(|edge| (self.rank[edge.source().index()], *edge.weight()));
            for edge in next {
                if edge.source() != from && !came.contains_key(&edge.source()) {
                    came.insert(edge.source(), (node, edge.id()));
                    queue.push_back(edge.source());
                }
            }
        }
        let mut way = Vec::new();
        let mut at = to;
        while let Some((before, edge)) = came.get(&at) {
            way.push(*edge);
            at = *before;
        }
        way.reverse();
        way
    }

    fn link(&self, edge: EdgeIndex) -> Option<Link> {
        let (other, node) = self.graph.edge_endpoints(edge)?;
        let tie = *self.graph.edge_weight(edge)?;
        let revision = self.names.revision(node);
        let (key, wanted, line) = named(revision, tie);
        let name = wanted.iter().find(|name| self.names.find(tie, name) == Some(other))?;
        let other = self.names.revision(other).id.clone();
        Some(Link { place: revision.place(line), id: revision.id.clone(), key, name: name.clone(), other })
    }
}
