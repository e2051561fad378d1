//! The history as a graph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use petgraph::Direction as Towards;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::circles::circles;
use super::edit_distance::did_you_mean;
use super::{Revision, directory};
use crate::error::{RevisionError, RevisionFault};

/// Why one revision comes before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The labels of each revision's line.
    lines: Vec<Arc<BTreeSet<String>>>,
}

impl History {
    /// Reads the folders' files and builds the graph.
    ///
    /// # Errors
    /// When a folder is missing, or with all faults of the files and, where these are fine, of their graph.
    pub fn read(folders: &[PathBuf]) -> Result<Self, RevisionError> {
        let directory::Files { revisions, faults } = directory::read_all(folders)?;
        Self::build(revisions, faults)
    }

    /// Builds the graph.
    ///
    /// # Errors
    /// With all faults that the graph has.
    pub fn new(revisions: Vec<Revision>) -> Result<Self, RevisionError> {
        Self::build(revisions, Vec::new())
    }

    /// Builds the graph of what was understood of files that may have `faults`. A revision whose id is not known has no
    /// place in it, but what it might be is not said to be missing.
    fn build(revisions: Vec<Revision>, mut faults: Vec<RevisionFault>) -> Result<Self, RevisionError> {
        let (revisions, unknown): (Vec<Revision>, Vec<Revision>) =
            revisions.into_iter().partition(|revision| !revision.id.is_empty() || revision.path.as_os_str().is_empty());
        let (ids, labels) = names(&revisions, &mut faults);
        let graph = ties(&revisions, &Known { ids: &ids, labels: &labels, unknown: &unknown }, &mut faults);
        let order = order(&revisions, &graph);
        if order.len() < revisions.len() {
            circles(&revisions, &graph, &mut faults);
        }
        if !faults.is_empty() {
            faults.sort_by_cached_key(|fault| (fault.place(), fault.to_string()));
            return Err(RevisionError::Invalid { faults });
        }
        Ok(Self::arranged(revisions, &graph, &order, labels))
    }

    /// Puts everything into the given order.
    fn arranged(
        revisions: Vec<Revision>,
        unordered: &DiGraph<(), Tie, u32>,
        order: &[NodeIndex],
        labels: BTreeMap<String, NodeIndex>,
    ) -> Self {
        let mut position = vec![NodeIndex::new(0); order.len()];
        for (index, node) in order.iter().enumerate() {
            position[node.index()] = NodeIndex::new(index);
        }
        let mut graph = DiGraph::with_capacity(order.len(), unordered.edge_count());
        for _ in order {
            graph.add_node(());
        }
        for edge in unordered.edge_references() {
            graph.add_edge(position[edge.source().index()], position[edge.target().index()], *edge.weight());
        }
        let mut placed: Vec<(usize, Revision)> =
            revisions.into_iter().enumerate().map(|(index, revision)| (position[index].index(), revision)).collect();
        placed.sort_by_key(|(index, _)| *index);
        let revisions: Vec<Revision> = placed.into_iter().map(|(_, revision)| revision).collect();
        let index = revisions
            .iter()
            .enumerate()
            .map(|(index, revision)| (revision.id.clone(), NodeIndex::new(index)))
            .collect();
        let labels = labels.into_iter().map(|(label, node)| (label, position[node.index()])).collect();
        let mut history = Self { revisions, graph, index, labels, lines: Vec::new() };
        history.lines = history.spread_labels();
        history
    }

    /// Every descendant of a labelled revision has its labels, and every ancestor up to a branch or merge point.
    fn spread_labels(&self) -> Vec<Arc<BTreeSet<String>>> {
        let mut lines: Vec<Arc<BTreeSet<String>>> = Vec::with_capacity(self.revisions.len());
        for (index, revision) in self.revisions.iter().enumerate() {
            let mut parents = self.parents_of(NodeIndex::new(index)).map(|parent| Arc::clone(&lines[parent.index()]));
            // Along a line without new labels, all share one set: memory stays linear in the number of revisions.
            let mut line = parents.next().unwrap_or_default();
            for other in parents {
                if !other.is_subset(&line) {
                    Arc::make_mut(&mut line).extend(other.iter().cloned());
                }
            }
            if revision.branch_labels.iter().any(|label| !line.contains(label)) {
                Arc::make_mut(&mut line).extend(revision.branch_labels.iter().cloned());
            }
            lines.push(line);
        }
        for (label, node) in &self.labels {
            let mut at = *node;
            while let Some(parent) = self.only_parent(at) {
                if !self.is_within_line(parent) || lines[parent.index()].contains(label) {
                    break;
                }
                Arc::make_mut(&mut lines[parent.index()]).insert(label.clone());
                at = parent;
            }
        }
        lines
    }

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
        let line = self.index.get(id).map(|node| &self.lines[node.index()]);
        line.map(|line| line.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    pub(super) fn has_label(&self, node: NodeIndex, label: &str) -> bool {
        self.lines[node.index()].contains(label)
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

type Names = HashMap<String, NodeIndex>;

/// Who is called what. An id or label that is there twice stays with the first.
fn names(revisions: &[Revision], faults: &mut Vec<RevisionFault>) -> (Names, BTreeMap<String, NodeIndex>) {
    let mut ids = Names::with_capacity(revisions.len());
    let mut labels: BTreeMap<String, NodeIndex> = BTreeMap::new();
    for (index, revision) in revisions.iter().enumerate() {
        match ids.get(&revision.id) {
            Some(first) => faults.push(RevisionFault::Duplicate {
                place: revision.place(revision.lines.revision),
                id: revision.id.clone(),
                other: place_of_id(&revisions[first.index()]),
            }),
            None => {
                ids.insert(revision.id.clone(), NodeIndex::new(index));
            }
        }
    }
    for (index, revision) in revisions.iter().enumerate() {
        for label in &revision.branch_labels {
            let other = labels.get(label).or_else(|| ids.get(label)).map(|node| &revisions[node.index()]);
            match other {
                Some(other) => faults.push(RevisionFault::DuplicateLabel {
                    place: revision.place(revision.lines.branch_labels),
                    label: label.clone(),
                    other: format!("revision {} ({})", other.id, place_of_id(other)),
                }),
                None => {
                    labels.insert(label.clone(), NodeIndex::new(index));
                }
            }
        }
    }
    (ids, labels)
}

fn place_of_id(revision: &Revision) -> String {
    revision.place(revision.lines.revision)
}

/// What a name can lead to.
struct Known<'a> {
    ids: &'a Names,
    labels: &'a BTreeMap<String, NodeIndex>,
    /// Files of which no id is known.
    unknown: &'a [Revision],
}

impl Known<'_> {
    /// Whether one of the files that cannot be read may be the one that is meant: by its name, or by a label that it
    /// carries. To say that it is missing as well would tell one fault twice.
    fn may_be_unreadable(&self, wanted: &str) -> bool {
        self.unknown.iter().any(|revision| {
            let stem = revision.path.file_stem().unwrap_or_default().to_string_lossy();
            stem.contains(wanted) || revision.branch_labels.iter().any(|label| label == wanted)
        })
    }

    /// What may have been meant by a name that nothing has: what begins so, what carries it, or what comes close.
    fn help(&self, wanted: &str) -> String {
        if let Some(node) = self.labels.get(wanted) {
            let carrier = self.ids.iter().find(|(_, other)| *other == node).map_or("?", |(id, _)| id);
            return format!("`{wanted}` is a branch label: write the id, {carrier}");
        }
        let mut longer: Vec<&str> = self.ids.keys().map(String::as_str).filter(|id| id.starts_with(wanted)).collect();
        longer.sort_unstable();
        if let [only] = longer.as_slice() {
            return format!("did you mean {only}? A file names the whole id");
        }
        let otherwise = "is its file missing from this checkout, or its folder from migrate.toml?";
        did_you_mean(wanted, self.ids.keys().map(String::as_str), otherwise)
    }
}

/// The edges, from what comes first to what stands on it.
fn ties(revisions: &[Revision], known: &Known<'_>, faults: &mut Vec<RevisionFault>) -> DiGraph<(), Tie, u32> {
    let mut graph = DiGraph::with_capacity(revisions.len(), revisions.len());
    for _ in revisions {
        graph.add_node(());
    }
    let Known { ids, labels, .. } = known;
    for (index, revision) in revisions.iter().enumerate() {
        let node = NodeIndex::new(index);
        let self_loop =
            |place: usize, key| RevisionFault::SelfLoop { place: revision.place(place), id: revision.id.clone(), key };
        for parent in &revision.down_revision {
            match ids.get(parent) {
                _ if *parent == revision.id => {
                    faults.push(self_loop(revision.lines.down_revision, "down_revision"));
                }
                Some(parent) => {
                    graph.add_edge(*parent, node, Tie::Parent);
                }
                None if known.may_be_unreadable(parent) => {}
                None => faults.push(RevisionFault::MissingParent {
                    place: revision.place(revision.lines.down_revision),
                    id: revision.id.clone(),
                    parent: parent.clone(),
                    help: known.help(parent),
                }),
            }
        }
        for dependency in &revision.depends_on {
            match ids.get(dependency).or_else(|| labels.get(dependency)) {
                Some(found) if *found == node => faults.push(self_loop(revision.lines.depends_on, "depends_on")),
                Some(found) => {
                    graph.add_edge(*found, node, Tie::Dependency);
                }
                None if known.may_be_unreadable(dependency) => {}
                None => faults.push(RevisionFault::MissingDependency {
                    place: revision.place(revision.lines.depends_on),
                    id: revision.id.clone(),
                    dependency: dependency.clone(),
                    help: known.help(dependency),
                }),
            }
        }
    }
    graph
}

/// A topological order, by Kahn's algorithm with a heap, so that of all revisions that may come next the oldest does.
/// Shorter than the graph when there is a circle.
fn order(revisions: &[Revision], graph: &DiGraph<(), Tie, u32>) -> Vec<NodeIndex> {
    let key = |node: NodeIndex| {
        let revision = &revisions[node.index()];
        Reverse((revision.created, revision.id.as_str(), node))
    };
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|node| graph.edges_directed(node, Towards::Incoming).count()).collect();
    let mut ready: BinaryHeap<_> = graph.node_indices().filter(|node| waiting[node.index()] == 0).map(key).collect();
    let mut order = Vec::with_capacity(revisions.len());
    while let Some(Reverse((_, _, node))) = ready.pop() {
        order.push(node);
        for edge in graph.edges_directed(node, Towards::Outgoing) {
            let next = edge.target();
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.push(key(next));
            }
        }
    }
    order
}
