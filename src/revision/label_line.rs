//! Lines: what lies between one branch or merge point and the next, and what carries a label.

use std::collections::BTreeSet;

use petgraph::Direction as Towards;
use petgraph::graph::NodeIndex;

use super::{History, Revision};

/// The line of a branch label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelLine<'a> {
    /// The label.
    pub label: &'a str,
    /// The revision that carries it.
    pub carrier: &'a Revision,
    /// The first revision of the line: above a branch or merge point, or of all.
    pub base: &'a Revision,
    /// Where it ends.
    pub heads: Vec<&'a Revision>,
}

impl History {
    /// The revisions that several others revise, newest first.
    pub fn branch_points(&self) -> Vec<&Revision> {
        self.nodes().rev().filter(|node| self.is_branch_point(*node)).map(|node| self.revision(node)).collect()
    }

    /// The lines of all labels, in alphabetical order.
    pub fn lines<'a>(&'a self) -> Vec<LabelLine<'a>> {
        let heads: Vec<NodeIndex> = self.head_nodes().collect();
        let line = |(label, carrier): (&'a String, &NodeIndex)| LabelLine {
            label,
            carrier: self.revision(*carrier),
            base: self.revision(self.own_line(*carrier).last().copied().unwrap_or(*carrier)),
            heads: heads.iter().filter(|head| self.has_label(**head, label)).map(|head| self.revision(*head)).collect(),
        };
        self.labels.iter().map(line).collect()
    }

    /// A revision, and its ancestors as far as they belong to no other line; the lowest last.
    pub(super) fn own_line(&self, node: NodeIndex) -> Vec<NodeIndex> {
        let mut line = vec![node];
        let mut at = node;
        while let Some(parent) = self.only_parent(at).filter(|parent| self.is_within_line(*parent)) {
            line.push(parent);
            at = parent;
        }
        line
    }

    /// Neither a branch point nor a merge point.
    pub(super) fn is_within_line(&self, node: NodeIndex) -> bool {
        !self.is_branch_point(node) && self.parents_of(node).nth(1).is_none()
    }

    fn is_branch_point(&self, node: NodeIndex) -> bool {
        self.children_of(node).nth(1).is_some()
    }

    /// The parent of a revision that has exactly one.
    pub(super) fn only_parent(&self, node: NodeIndex) -> Option<NodeIndex> {
        let mut parents = self.parents_of(node);
        parents.next().filter(|_| parents.next().is_none())
    }

    /// All revisions, each before those that it stands on, and those of one line together as far as that goes: an order
    /// to draw them in.
    pub fn along_lines(&self) -> Vec<&Revision> {
        let mut waiting: Vec<usize> =
            self.nodes().map(|node| self.tied(node, Towards::Outgoing, true).count()).collect();
        // What became free last comes next, so that a line goes on until another one has to come first.
        let mut free: Vec<NodeIndex> = self.nodes().filter(|node| waiting[node.index()] == 0).collect();
        let mut order = Vec::with_capacity(self.revisions.len());
        while let Some(node) = free.pop() {
            order.push(self.revision(node));
            let freed = |node: &NodeIndex, waiting: &mut Vec<usize>| {
                waiting[node.index()] -= 1;
                waiting[node.index()] == 0
            };
            let parents: BTreeSet<NodeIndex> = self.parents_of(node).collect();
            let tied: Vec<NodeIndex> = self.tied(node, Towards::Incoming, true).collect();
            let ready: Vec<NodeIndex> = tied.into_iter().filter(|node| freed(node, &mut waiting)).collect();
            // Its own line goes on before what it only depends on; of several parents, the newest.
            let (mut line, mut needed): (Vec<_>, Vec<_>) = ready.into_iter().partition(|node| parents.contains(node));
            line.sort_unstable();
            needed.sort_unstable();
            free.extend(needed);
            free.extend(line);
        }
        order
    }
}
