//! What a word that is not clear may mean, and how each of its meanings is named.

use std::ops::Bound;

use petgraph::graph::NodeIndex;

use super::edit_distance::did_you_mean;
use super::resolve::Place;
use super::{History, Point, Target};
use crate::error::RevisionError;

/// So many candidates are listed at most.
const MOST: usize = 12;

impl History {
    /// The revision with this id or label alone, else all whose ids begin so.
    pub(super) fn candidates(&self, name: &str) -> Vec<NodeIndex> {
        if let Some(node) = self.index.get(name).or_else(|| self.labels.get(name)) {
            return vec![*node];
        }
        if name.is_empty() {
            return Vec::new();
        }
        let from = (Bound::Included(name), Bound::Unbounded);
        self.index.range::<str, _>(from).take_while(|(id, _)| id.starts_with(name)).map(|(_, node)| *node).collect()
    }

    /// Nothing is called so.
    pub(super) fn unknown(&self, name: &str) -> RevisionError {
        let names = self.index.keys().chain(self.labels.keys()).map(String::as_str);
        let help = did_you_mean(name, names, "`migrate history` shows all revisions");
        RevisionError::Unknown { text: name.to_owned(), help }
    }

    /// Several ids begin with what was written.
    pub(super) fn begins_so(&self, text: &str, candidates: &[NodeIndex]) -> RevisionError {
        let before = text.rfind('@').map_or("", |at| &text[..=at]);
        let names = candidates.iter().map(|node| (format!("{before}{}", self.shortest_beginning(*node)), *node));
        self.listed(text, "the ids of several revisions begin so", names.collect(), "write more of the id")
    }

    /// The beginning of an id that no other id shares.
    fn shortest_beginning(&self, node: NodeIndex) -> &str {
        let id = self.revision(node).id.as_str();
        let shared = |other: Option<(&String, &NodeIndex)>| {
            other.map_or(0, |(other, _)| id.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count())
        };
        let before = self.index.range::<str, _>((Bound::Unbounded, Bound::Excluded(id))).next_back();
        let after = self.index.range::<str, _>((Bound::Excluded(id), Bound::Unbounded)).next();
        let length = shared(before).max(shared(after));
        id.char_indices().map(|(at, c)| at + c.len_utf8()).find(|end| *end > length).map_or(id, |end| &id[..end])
    }

    /// Several revisions are where a target's steps begin.
    pub(super) fn ambiguous(&self, target: &Target, reason: &str, candidates: &[NodeIndex]) -> RevisionError {
        let unbound = Target { branch: None, ..target.clone() };
        let is_head = matches!(target.point, Point::Head | Point::Heads);
        let names = candidates.iter().map(|node| {
            let name = match self.own_label(*node, candidates) {
                Some(label) => format!("{label}@{unbound}"),
                // A head needs no branch to be told from the others.
                None if is_head => {
                    Target { steps: target.steps, ..Target::revision(&self.revision(*node).id) }.to_string()
                }
                None => format!("{}@{unbound}", self.revision(*node).id),
            };
            (name, *node)
        });
        let all = is_head && target.steps == 0 && target.branch.is_none();
        let help = if all { "write one of these, or `heads` for all of them" } else { "write one of these" };
        self.listed(&target.to_string(), reason, names.collect(), help)
    }

    /// A step leads to several revisions.
    pub(super) fn forked(&self, text: &str, at: Place, upwards: bool, candidates: &[NodeIndex]) -> RevisionError {
        let here = at.map(|node| self.revision(node).id.as_str());
        let reason = match (here, upwards) {
            (Some(id), true) => format!("the history branches after {id}"),
            (Some(id), false) => format!("{id} merges several lines"),
            (None, _) => "there are several first revisions".to_owned(),
        };
        let rest = text.rsplit(['@', ':']).next().unwrap_or(text);
        let names = candidates.iter().map(|node| {
            let branch = self.own_label(*node, candidates).unwrap_or(&self.revision(*node).id);
            (format!("{branch}@{rest}"), *node)
        });
        self.listed(text, &reason, names.collect(), "write one of these: what stands before the @ says which line")
    }

    /// A label whose line only this of the candidates is on.
    fn own_label(&self, node: NodeIndex, candidates: &[NodeIndex]) -> Option<&str> {
        let others = |label: &str| candidates.iter().any(|other| *other != node && self.has_label(*other, label));
        self.labels(&self.revision(node).id).into_iter().find(|label| !others(label))
    }

    fn listed(&self, text: &str, reason: &str, names: Vec<(String, NodeIndex)>, help: &str) -> RevisionError {
        let more = names.len().saturating_sub(MOST);
        let shown = &names[..names.len() - more];
        let width = |of: &dyn Fn(&(String, NodeIndex)) -> usize| shown.iter().map(of).max().unwrap_or_default();
        let first = width(&|(name, _)| name.chars().count());
        let second = width(&|(_, node)| self.revision(*node).id.chars().count());
        let line = |(name, node): &(String, NodeIndex)| {
            let revision = self.revision(*node);
            if names.iter().all(|(name, node)| *name == self.revision(*node).id) {
                return format!("{name:first$}  {}", revision.message);
            }
            format!("{name:first$}  {:second$}  {}", revision.id, revision.message)
        };
        let mut candidates: Vec<String> = shown.iter().map(line).collect();
        if more > 0 {
            candidates.push(format!("... and {more} more"));
        }
        RevisionError::Ambiguous { text: text.to_owned(), reason: reason.to_owned(), candidates, help: help.to_owned() }
    }
}
