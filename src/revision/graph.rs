//! The history as a graph.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction as Towards;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::Revision;
use super::spread::Spread;
use crate::error::RevisionError;

/// Why one revision comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tie {
    /// It is revised by the other (`down_revision`).
    Parent,
    /// The other names it in `depends_on`.
    Dependency,
}

/// All revisions, with their ties checked.
///
/// Invariant: node `i` of the graph is revision `i`, and the revisions stand in a topological order over both kinds
/// of tie, ties in it broken by `created` and then by id. The order therefore depends on neither the file system nor
/// a hash, and every route is a selection from it.
#[derive(Debug, Default)]
pub struct History {
    pub(super) revisions: Vec<Revision>,
    pub(super) graph: DiGraph<(), Tie, u32>,
    /// By id.
    pub(super) index: BTreeMap<String, NodeIndex>,
    /// Which revision carries a label.
    pub(super) labels: BTreeMap<String, NodeIndex>,
    /// Which labels each revision has.
    pub(super) spread: Spread,
}

impl History {
    pub(super) fn parents_of(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.tied(node, Towards::Incoming, false)
    }

    pub(super) fn children_of(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        self.tied(node, Towards::Outgoing, false)
    }

    /// Neighbours by `down_revision`, and also by `depends_on` when asked.
    pub(super) fn tied(
        &self,
        node: NodeIndex,
        towards: Towards,
        dependencies: bool,
    ) -> impl Iterator<Item = NodeIndex> + '_ {
        self.graph
            .edges_directed(node, towards)
            .filter(move |edge| dependencies || *edge.weight() == Tie::Parent)
            .map(move |edge| if towards == Towards::Incoming { edge.source() } else { edge.target() })
    }

    /// The nodes that can be reached from some, with these, as one flag for each revision.
    pub(super) fn reached(
        &self,
        from: impl IntoIterator<Item = NodeIndex>,
        towards: Towards,
        dependencies: bool,
    ) -> Vec<bool> {
        let mut seen = vec![false; self.revisions.len()];
        let mut stack: Vec<NodeIndex> = from.into_iter().collect();
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut seen[node.index()], true) {
                stack.extend(self.tied(node, towards, dependencies).filter(|next| !seen[next.index()]));
            }
        }
        seen
    }

    pub(super) fn revision(&self, node: NodeIndex) -> &Revision {
        &self.revisions[node.index()]
    }

    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeIndex> + use<> {
        (0..self.revisions.len()).map(NodeIndex::new)
    }

    /// All revisions, each after those that it stands on.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// All revisions, each before those that it stands on.
    pub fn newest_first(&self) -> impl Iterator<Item = &Revision> {
        self.revisions.iter().rev()
    }

    /// The revision with exactly this id.
    pub fn find(&self, id: &str) -> Option<&Revision> {
        self.index.get(id).map(|node| self.revision(*node))
    }

    /// The revision with this id, or the only one whose id begins so, or the one that carries this label.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn get(&self, text: &str) -> Result<&Revision, RevisionError> {
        self.node(text).map(|node| self.revision(node))
    }

    pub(super) fn node(&self, text: &str) -> Result<NodeIndex, RevisionError> {
        match self.candidates(text).as_slice() {
            [node] => Ok(*node),
            [] => Err(self.unknown(text)),
            several => Err(self.begins_so(text, several)),
        }
    }

    /// The revisions that no other revises.
    pub fn heads(&self) -> Vec<&Revision> {
        self.head_nodes().map(|node| self.revision(node)).collect()
    }

    pub(super) fn head_nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes().filter(|node| self.children_of(*node).next().is_none())
    }

    /// The heads that no other revision needs either, neither as parent nor as dependency.
    pub fn resolved_heads(&self) -> Vec<&Revision> {
        let needed = |node: NodeIndex| self.tied(node, Towards::Outgoing, true).next().is_some();
        self.nodes().filter(|node| !needed(*node)).map(|node| self.revision(node)).collect()
    }

    /// The revisions that revise nothing.
    pub fn bases(&self) -> Vec<&Revision> {
        self.base_nodes().map(|node| self.revision(node)).collect()
    }

    pub(super) fn base_nodes(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.nodes().filter(|node| self.parents_of(*node).next().is_none())
    }

    /// The parents of a revision, in the order of the history.
    pub fn parents(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, Towards::Incoming)
    }

    /// The revisions that revise it.
    pub fn children(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, Towards::Outgoing)
    }

    /// The revisions that must be applied before a revision and that it names: its parents and its dependencies, in the
    /// order of the history.
    pub fn needs(&self, id: &str) -> Vec<&Revision> {
        let Some(node) = self.index.get(id) else { return Vec::new() };
        let nodes: BTreeSet<NodeIndex> = self.tied(*node, Towards::Incoming, true).collect();
        nodes.into_iter().map(|node| self.revision(node)).collect()
    }

    fn neighbours(&self, id: &str, towards: Towards) -> Vec<&Revision> {
        let Some(node) = self.index.get(id) else { return Vec::new() };
        let mut nodes: Vec<NodeIndex> = self.tied(*node, towards, false).collect();
        nodes.sort_unstable();
        nodes.into_iter().map(|node| self.revision(node)).collect()
    }

    /// What must be applied before a revision, dependencies and their ancestors included, oldest first; without
    /// itself.
    pub fn ancestors(&self, id: &str) -> Vec<&Revision> {
        self.relatives(id, Towards::Incoming)
    }

    /// What stands on a revision, by way of dependencies too, oldest first; without itself.
    pub fn descendants(&self, id: &str) -> Vec<&Revision> {
        self.relatives(id, Towards::Outgoing)
    }

    fn relatives(&self, id: &str, towards: Towards) -> Vec<&Revision> {
        let Some(start) = self.index.get(id) else { return Vec::new() };
        let reached = self.reached([*start], towards, true);
        self.nodes().filter(|node| node != start && reached[node.index()]).map(|node| self.revision(node)).collect()
    }

    /// The labels of the line that a revision stands on, in alphabetical order.
    pub fn labels(&self, id: &str) -> Vec<&str> {
        self.index.get(id).map(|node| self.spread.labels(*node).collect()).unwrap_or_default()
    }

    pub(super) fn has_label(&self, node: NodeIndex, label: &str) -> bool {
        self.spread.has(node, label)
    }

    /// All labels, each with the revision that carries it, in alphabetical order.
    pub fn all_labels(&self) -> impl Iterator<Item = (&str, &Revision)> {
        self.labels.iter().map(|(label, node)| (label.as_str(), self.revision(*node)))
    }

    /// The applied revisions on which no applied one stands as a child, ids without a file included.
    pub fn applied_heads(&self, applied: &BTreeSet<String>) -> Vec<String> {
        self.recorded_heads(&applied.iter().map(|id| (id.clone(), Vec::new())).collect())
    }

    /// As [`applied_heads`](Self::applied_heads), with the parents that were recorded when each was applied: they tell
    /// where a revision without a file stands. Where there is a file, the file tells.
    pub fn recorded_heads(&self, applied: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let unknown = applied.iter().filter(|(id, _)| !self.index.contains_key(*id));
        let covered: BTreeSet<&String> = unknown.flat_map(|(_, parents)| parents).collect();
        let has_child = |id: &String| {
            let node = self.index.get(id);
            node.is_some_and(|node| self.children_of(*node).any(|child| applied.contains_key(&self.revision(child).id)))
        };
        applied.keys().filter(|id| !covered.contains(id) && !has_child(id)).cloned().collect()
    }

    /// The revisions that are not applied yet, oldest first.
    pub fn pending(&self, applied: &BTreeSet<String>) -> Vec<&Revision> {
        self.revisions.iter().filter(|revision| !applied.contains(&revision.id)).collect()
    }

    /// Applied ids that no file has.
    pub fn without_file(&self, applied: &BTreeSet<String>) -> Vec<String> {
        applied.iter().filter(|id| !self.index.contains_key(*id)).cloned().collect()
    }
}
