//! Whose line of the history a revision is on: a configured branch's, or the main one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use petgraph::graph::NodeIndex;

use super::{History, Revision};

/// A line of the history that models, tables and a folder belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// What no configured branch has.
    Main,
    /// A branch, by its label.
    Branch(String),
}

impl Line {
    /// Its label; none of the main line.
    pub fn label(&self) -> Option<&str> {
        match self {
            Self::Main => None,
            Self::Branch(label) => Some(label),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Main => f.write_str("the main line"),
            Self::Branch(label) => write!(f, "branch {label}"),
        }
    }
}

/// The lines of a project, each with its folder of revisions.
///
/// A configured branch begins where its label is given and goes on through all that revises it, up to where another
/// configured branch begins. All else is the main line.
#[derive(Debug, Clone)]
pub struct Lines {
    main: PathBuf,
    branches: BTreeMap<String, PathBuf>,
}

impl Lines {
    /// The main line with its folder, and the configured branches with theirs, by label.
    pub fn new(main: PathBuf, branches: BTreeMap<String, PathBuf>) -> Self {
        Self { main, branches }
    }

    /// The main line first, then the branches by label.
    pub fn all(&self) -> impl Iterator<Item = Line> + '_ {
        std::iter::once(Line::Main).chain(self.branches.keys().cloned().map(Line::Branch))
    }

    /// The folder that new revisions of a line go to; a branch that is not configured has that of the main line.
    pub fn folder(&self, line: &Line) -> &Path {
        line.label().and_then(|label| self.branches.get(label)).unwrap_or(&self.main)
    }

    /// The line that a new revision is on: that of a label it carries, else that of all its parents; where these are
    /// of several lines, it is a merge, and on the main line.
    pub fn of_new(&self, history: &History, parents: &[String], labels: &[String]) -> Line {
        let by_node = self.by_graph(history);
        let parents = parents.iter().filter_map(|id| history.index.get(id)).map(|node| &by_node[node.index()]);
        self.begun(labels).unwrap_or_else(|| one_of(parents))
    }

    /// The line of each revision, in the order of the history. The folder that its file lies in tells it, where only one
    /// branch has that folder; else the graph does.
    pub fn of_all(&self, history: &History) -> Vec<Line> {
        let mut lines = self.by_graph(history);
        for (line, revision) in lines.iter_mut().zip(history.revisions()) {
            if let Some(owner) = self.by_folder(&revision.path) {
                *line = owner;
            }
        }
        lines
    }

    fn by_graph(&self, history: &History) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::with_capacity(history.revisions().len());
        for node in history.nodes() {
            let own = self.begun(&history.revision(node).branch_labels);
            let line = own.unwrap_or_else(|| one_of(history.parents_of(node).map(|parent| &lines[parent.index()])));
            lines.push(line);
        }
        lines
    }

    fn begun(&self, labels: &[String]) -> Option<Line> {
        labels.iter().find(|label| self.branches.contains_key(*label)).cloned().map(Line::Branch)
    }

    /// The branch whose folder, and nobody else's, is the innermost one around a file.
    fn by_folder(&self, path: &Path) -> Option<Line> {
        let depth = |folder: &Path| path.starts_with(folder).then(|| folder.components().count());
        let around =
            self.branches.iter().filter_map(|(label, folder)| Some((depth(folder)?, Line::Branch(label.clone()))));
        let around: Vec<(usize, Line)> = around.chain(depth(&self.main).map(|depth| (depth, Line::Main))).collect();
        let innermost = around.iter().map(|(depth, _)| *depth).max()?;
        let mut found = around.into_iter().filter(|(depth, _)| *depth == innermost).map(|(_, line)| line);
        found.next().filter(|line| *line != Line::Main && found.next().is_none())
    }

    /// What the next revision of a line revises: nothing where the line is new, several where it has branched.
    pub fn tips<'a>(&self, history: &'a History, line: &Line) -> Vec<&'a Revision> {
        let starts: Vec<NodeIndex> = match line {
            Line::Branch(label) => history.labels.get(label).copied().into_iter().collect(),
            Line::Main => {
                let lines = self.of_all(history);
                history.base_nodes().filter(|node| lines[node.index()] == Line::Main).collect()
            }
        };
        let begins_another = |node: NodeIndex| {
            let labels = &history.revision(node).branch_labels;
            labels.iter().any(|label| Some(label.as_str()) != line.label() && self.branches.contains_key(label))
                && !labels.iter().any(|label| Some(label.as_str()) == line.label())
        };
        let mut seen: BTreeSet<NodeIndex> = BTreeSet::new();
        let mut tips: BTreeSet<NodeIndex> = BTreeSet::new();
        let mut stack = starts;
        while let Some(node) = stack.pop() {
            if !seen.insert(node) {
                continue;
            }
            let next: Vec<NodeIndex> = history.children_of(node).filter(|child| !begins_another(*child)).collect();
            if next.is_empty() {
                tips.insert(node);
            }
            stack.extend(next);
        }
        tips.into_iter().map(|node| history.revision(node)).collect()
    }
}

impl History {
    /// The first two of some revisions of which one stands on the other by way of `down_revision`, the upper one first.
    pub fn overlap<'a>(&self, ids: &[&'a str]) -> Option<(&'a str, &'a str)> {
        ids.iter().find_map(|upper| {
            let node = self.index.get(*upper)?;
            let below = self.reached([*node], petgraph::Direction::Incoming, false);
            let is_below = |id: &&&str| id != &upper && self.index.get(**id).is_some_and(|node| below[node.index()]);
            ids.iter().find(is_below).map(|lower| (*upper, *lower))
        })
    }
}

/// The line that all are on; the main one where they are on several, or where there is none.
fn one_of<'a>(mut lines: impl Iterator<Item = &'a Line>) -> Line {
    let first = lines.next().cloned().unwrap_or(Line::Main);
    if lines.all(|line| *line == first) { first } else { Line::Main }
}
