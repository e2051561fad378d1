//! From revisions to their graph, or to all that is wrong with it.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use petgraph::Direction as Towards;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::directory::{self, Files};
use super::graph::Tie;
use super::missing::{self, Missing, Unread};
use super::spread::Spread;
use super::{History, Revision, circles, namesakes};
use crate::error::{RevisionError, RevisionFault};

/// From what comes first to what stands on it.
pub(super) type Ties = DiGraph<(), Tie, u32>;

impl History {
    /// Reads the folders' files and builds the graph.
    ///
    /// # Errors
    /// When a folder is missing, or with all faults of the files and of their graph. A file that cannot be read whole
    /// hides none of them: what it does say of its place in the graph counts.
    pub fn read(folders: &[PathBuf]) -> Result<Self, RevisionError> {
        let Files { revisions, unread, faults } = directory::read_all(folders)?;
        Self::build(revisions, &unread, faults)
    }

    /// As [`read`](Self::read), of files whose texts are known, each after the path that messages show.
    ///
    /// # Errors
    /// With all faults of all texts and of their graph.
    pub fn of_texts<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Self, RevisionError> {
        let Files { revisions, unread, faults } = directory::read_texts(texts);
        Self::build(revisions, &unread, faults)
    }

    /// The same with the contents of files that loads name, each after the path that messages show.
    pub(crate) fn carrying(mut self, contents: &[(&'static str, &'static [u8])]) -> Self {
        let carried =
            |path: &Path| contents.iter().find(|(shown, _)| Path::new(shown) == path).map(|(_, content)| *content);
        for revision in self.revisions.iter_mut().filter(|_| !contents.is_empty()) {
            let folder = revision.path.parent().map(Path::to_path_buf).unwrap_or_default();
            for section in revision.up.iter_mut().chain(&mut revision.down) {
                for load in section.loads_mut() {
                    load.content = carried(&folder.join(&load.file));
                }
            }
        }
        self
    }

    /// Builds the graph.
    ///
    /// # Errors
    /// With all faults that the graph has.
    pub fn new(revisions: Vec<Revision>) -> Result<Self, RevisionError> {
        Self::build(revisions, &[], Vec::new())
    }

    fn build(
        revisions: Vec<Revision>,
        unread: &[Unread],
        mut faults: Vec<RevisionFault>,
    ) -> Result<Self, RevisionError> {
        let names = Names::new(&revisions);
        let (graph, missing) = ties(&names, &mut faults);
        faults.extend(missing::faults(&names, unread, missing));
        faults.extend(namesakes::faults(&names, &graph));
        let order = order(&revisions, &graph);
        if order.len() < revisions.len() {
            faults.extend(circles::faults(&names, &graph));
        }
        if !faults.is_empty() {
            return Err(RevisionError::Invalid { faults: sorted(faults) });
        }
        let labels = names.labels.iter().map(|(label, node)| ((*label).to_owned(), *node)).collect();
        Ok(Self::arranged(revisions, &graph, &order, labels))
    }

    /// Puts everything into the given order.
    fn arranged(
        revisions: Vec<Revision>,
        unordered: &Ties,
        order: &[NodeIndex],
        labels: BTreeMap<String, NodeIndex>,
    ) -> Self {
        let mut position = vec![NodeIndex::new(0); order.len()];
        for (index, node) in order.iter().enumerate() {
            position[node.index()] = NodeIndex::new(index);
        }
        let mut graph = Ties::with_capacity(order.len(), unordered.edge_count());
        for old in order {
            let node = graph.add_node(());
            // In an order of their own, so that neighbours come in the same one whatever the order of files was.
            let incoming = unordered.edges_directed(*old, Towards::Incoming);
            let mut incoming: Vec<(NodeIndex, Tie)> =
                incoming.map(|edge| (position[edge.source().index()], *edge.weight())).collect();
            incoming.sort_unstable();
            for (before, tie) in incoming {
                graph.add_edge(before, node, tie);
            }
        }
        let mut placed: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
        let revisions: Vec<Revision> = order.iter().filter_map(|node| placed[node.index()].take()).collect();
        let ids = revisions.iter().map(|revision| revision.id.clone());
        let index = ids.enumerate().map(|(index, id)| (id, NodeIndex::new(index))).collect();
        let labels = labels.into_iter().map(|(label, node)| (label, position[node.index()])).collect();
        let mut history = Self { revisions, graph, index, labels, spread: Spread::default() };
        history.spread = Spread::new(&history);
        history
    }
}

/// By file and line, whatever found them first.
pub(super) fn sorted(mut faults: Vec<RevisionFault>) -> Vec<RevisionFault> {
    faults.sort_by_cached_key(|fault| {
        let (path, line) = fault.place();
        (path.to_owned(), line, fault.to_string())
    });
    faults
}

/// Who is called what. What several are called stays with the oldest, so that the order of files changes nothing.
pub(super) struct Names<'a> {
    pub(super) revisions: &'a [Revision],
    pub(super) ids: HashMap<&'a str, NodeIndex>,
    pub(super) labels: BTreeMap<&'a str, NodeIndex>,
    /// Those of one id, the oldest first.
    pub(super) same_id: BTreeMap<&'a str, Vec<NodeIndex>>,
    /// Those that carry one label, the oldest first.
    pub(super) same_label: BTreeMap<&'a str, Vec<NodeIndex>>,
}

impl<'a> Names<'a> {
    fn new(revisions: &'a [Revision]) -> Self {
        let mut ids: HashMap<&str, NodeIndex> = HashMap::with_capacity(revisions.len());
        let mut carriers: BTreeMap<&str, Vec<NodeIndex>> = BTreeMap::new();
        let mut same_id: BTreeMap<&str, Vec<NodeIndex>> = BTreeMap::new();
        for (index, revision) in revisions.iter().enumerate() {
            let node = NodeIndex::new(index);
            // Of a file that does not tell its id, the rest counts all the same.
            if !revision.id.is_empty() {
                match ids.entry(&revision.id) {
                    Entry::Vacant(entry) => drop(entry.insert(node)),
                    Entry::Occupied(entry) => {
                        same_id.entry(&revision.id).or_insert_with(|| vec![*entry.get()]).push(node);
                    }
                }
            }
            for label in &revision.branch_labels {
                let carriers = carriers.entry(label).or_default();
                if carriers.last() != Some(&node) {
                    carriers.push(node);
                }
            }
        }
        let by_age = |nodes: &mut Vec<NodeIndex>| nodes.sort_by_key(|node| age(&revisions[node.index()]));
        same_id.values_mut().for_each(by_age);
        carriers.values_mut().for_each(by_age);
        ids.extend(same_id.iter().map(|(id, nodes)| (*id, nodes[0])));
        let labels = carriers.iter().map(|(label, nodes)| (*label, nodes[0])).collect();
        carriers.retain(|_, nodes| nodes.len() > 1);
        Self { revisions, ids, labels, same_id, same_label: carriers }
    }

    pub(super) fn revision(&self, node: NodeIndex) -> &'a Revision {
        &self.revisions[node.index()]
    }

    /// Whom a header means: a parent is named by its whole id, a dependency also by a label.
    pub(super) fn find(&self, tie: Tie, name: &str) -> Option<NodeIndex> {
        let by_label = || self.labels.get(name).filter(|_| tie == Tie::Dependency);
        self.ids.get(name).or_else(by_label).copied()
    }
}

/// What a header says of its ties.
pub(super) fn named(revision: &Revision, tie: Tie) -> (&'static str, &[String], usize) {
    match tie {
        Tie::Parent => ("down_revision", &revision.down_revision, revision.lines.down_revision),
        Tie::Dependency => ("depends_on", &revision.depends_on, revision.lines.depends_on),
    }
}

fn age(revision: &Revision) -> (Option<DateTime<Utc>>, &OsStr) {
    (revision.created, revision.path.as_os_str())
}

/// The edges, and the names that lead nowhere.
fn ties<'a>(names: &Names<'a>, faults: &mut Vec<RevisionFault>) -> (Ties, Vec<Missing<'a>>) {
    let mut graph = Ties::with_capacity(names.revisions.len(), names.revisions.len());
    let mut missing = Vec::new();
    for _ in names.revisions {
        graph.add_node(());
    }
    for (revision, node) in names.revisions.iter().zip(graph.node_indices()) {
        for tie in [Tie::Parent, Tie::Dependency] {
            let (key, wanted, line) = named(revision, tie);
            for name in wanted {
                match names.find(tie, name) {
                    Some(found) if found == node => {
                        faults.push(RevisionFault::SelfLoop {
                            place: revision.place(line),
                            id: revision.id.clone(),
                            key,
                        });
                    }
                    Some(found) => {
                        graph.add_edge(found, node, tie);
                    }
                    None => missing.push(Missing { revision, tie, name }),
                }
            }
        }
    }
    (graph, missing)
}

/// A topological order, by Kahn's algorithm with a heap, so that of all revisions that may come next the oldest does.
/// Shorter than the graph when there is a circle.
fn order(revisions: &[Revision], graph: &Ties) -> Vec<NodeIndex> {
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
