//! Which labels each revision has.

use std::collections::{BTreeSet, HashMap};

use petgraph::graph::NodeIndex;

use super::History;

/// The labels of each revision: those that it or an ancestor carries, and those that are carried above it on its own
/// line, up to the next branch or merge point.
///
/// So all revisions between two such points have the same ones. Sets are kept once and shared, which keeps them small
/// where thousands of labels, or of merges, are.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// All labels, in alphabetical order.
    names: Vec<String>,
    /// Places in `names`, in order. The first set is empty.
    sets: Vec<Vec<u32>>,
    /// The place in `sets` for each revision.
    of: Vec<u32>,
}

impl Spread {
    pub(super) fn new(history: &History) -> Self {
        let names: Vec<String> = history.labels.keys().cloned().collect();
        if names.is_empty() {
            return Self { names, sets: vec![Vec::new()], of: vec![0; history.revisions.len()] };
        }
        let segments = Segments::new(history, &names);
        let mut sets = Sets { sets: vec![Vec::new()], unions: HashMap::new() };
        let mut set_of: Vec<u32> = Vec::with_capacity(segments.first.len());
        for (first, own) in segments.first.iter().zip(&segments.labels) {
            // What is below comes first in the order of the history, and so has its set.
            let below = history.parents_of(*first).map(|parent| set_of[segments.of[parent.index()]]);
            let below: BTreeSet<u32> = below.filter(|set| *set != 0).collect();
            let below = sets.union(below.into_iter().collect());
            set_of.push(sets.with(below, own));
        }
        Self { names, sets: sets.sets, of: segments.of.into_iter().map(|segment| set_of[segment]).collect() }
    }

    pub(super) fn labels(&self, node: NodeIndex) -> impl Iterator<Item = &str> {
        let set = &self.sets[self.of[node.index()] as usize];
        set.iter().map(|label| self.names[*label as usize].as_str())
    }

    pub(super) fn has(&self, node: NodeIndex, label: &str) -> bool {
        let label = self.names.binary_search_by(|name| name.as_str().cmp(label));
        let set = &self.sets[self.of[node.index()] as usize];
        label.is_ok_and(|label| set.binary_search(&(label as u32)).is_ok())
    }
}

/// Lines from one branch or merge point to the next, of which the lower point is no part, and the upper one is where it
/// is no merge.
struct Segments {
    /// The segment of each revision.
    of: Vec<usize>,
    /// The lowest revision of each segment.
    first: Vec<NodeIndex>,
    /// What the revisions of each segment carry.
    labels: Vec<Vec<u32>>,
}

impl Segments {
    fn new(history: &History, names: &[String]) -> Self {
        let mut segments = Self { of: Vec::new(), first: Vec::new(), labels: Vec::new() };
        for node in history.nodes() {
            let below = history.only_parent(node).filter(|parent| history.is_within_line(*parent));
            let segment = below.map_or(segments.first.len(), |parent| segments.of[parent.index()]);
            if segment == segments.first.len() {
                segments.first.push(node);
                segments.labels.push(Vec::new());
            }
            segments.of.push(segment);
            for label in &history.revision(node).branch_labels {
                segments.labels[segment].extend(names.binary_search(label).map(|label| label as u32));
            }
        }
        segments
    }
}

struct Sets {
    sets: Vec<Vec<u32>>,
    /// What was joined before: the same lines may meet again and again.
    unions: HashMap<Vec<u32>, u32>,
}

impl Sets {
    fn union(&mut self, sets: Vec<u32>) -> u32 {
        match sets.as_slice() {
            [] => return 0,
            [only] => return *only,
            several => {
                if let Some(known) = self.unions.get(several) {
                    return *known;
                }
            }
        }
        let all: BTreeSet<u32> = sets.iter().flat_map(|set| self.sets[*set as usize].iter().copied()).collect();
        let all: Vec<u32> = all.into_iter().collect();
        let same = sets.iter().copied().find(|set| self.sets[*set as usize].len() == all.len());
        let union = same.unwrap_or_else(|| self.push(all));
        self.unions.insert(sets, union);
        union
    }

    fn with(&mut self, set: u32, labels: &[u32]) -> u32 {
        if labels.is_empty() {
            return set;
        }
        let all: BTreeSet<u32> = self.sets[set as usize].iter().chain(labels).copied().collect();
        self.push(all.into_iter().collect())
    }

    fn push(&mut self, set: Vec<u32>) -> u32 {
        self.sets.push(set);
        (self.sets.len() - 1) as u32
    }
}
