//! From a target to revisions.

use std::collections::BTreeSet;

use petgraph::Direction as Towards;
use petgraph::graph::NodeIndex;

use super::{History, Point, Revision, Target};
use crate::error::RevisionError;

/// A place in the history: a revision, or before the first.
pub(super) type Place = Option<NodeIndex>;

impl History {
    /// The revisions that a target means: none for the base, several only for `heads`.
    ///
    /// # Errors
    /// When it names nothing, or not one line where one is meant; the message lists the candidates.
    pub fn resolve(&self, target: &Target, applied: &BTreeSet<String>) -> Result<Vec<&Revision>, RevisionError> {
        let places = self.places(target, applied)?;
        Ok(places.into_iter().flatten().map(|node| self.revision(node)).collect())
    }

    /// The places that a target means. Only `heads` gives several, or none in an empty history.
    pub(super) fn places(&self, target: &Target, applied: &BTreeSet<String>) -> Result<Vec<Place>, RevisionError> {
        let text = target.to_string();
        let line = target.branch.as_deref().map(|branch| self.lineage(branch, &text)).transpose()?;
        let start = match &target.point {
            Point::Heads if target.steps == 0 => return Ok(self.heads_on(line.as_deref()).map(Some).collect()),
            Point::Heads => {
                let help = "write head-1, label@head-1 or rev-1".to_owned();
                let reason = "steps need one place to start from".to_owned();
                return Err(RevisionError::Unusable { text, reason, help });
            }
            Point::Head => self.only_head(line.as_deref(), &text)?,
            Point::Base => None,
            Point::Current => self.only_tip(applied, line.as_deref(), &text)?,
            Point::Revision(name) => {
                let node = self.node(name, &text)?;
                if line.as_ref().is_some_and(|line| !line[node.index()]) {
                    let branch = target.branch.as_deref().unwrap_or_default();
                    let id = &self.revision(node).id;
                    return Err(RevisionError::Unusable {
                        reason: format!("revision {id} is not on the line of {branch}"),
                        help: format!("write {id} alone, or {branch}@head"),
                        text,
                    });
                }
                Some(node)
            }
        };
        Ok(vec![self.walk(start, target.steps, line.as_deref(), &text)?])
    }

    /// All that is on one line with a label's revision, or with a revision: its ancestors and descendants.
    pub(super) fn lineage(&self, branch: &str, text: &str) -> Result<Vec<bool>, RevisionError> {
        let node = self.node(branch, text)?;
        let mut line = self.reached([node], Towards::Incoming, false);
        for (flag, descendant) in line.iter_mut().zip(self.reached([node], Towards::Outgoing, false)) {
            *flag |= descendant;
        }
        Ok(line)
    }

    fn heads_on<'a>(&'a self, line: Option<&'a [bool]>) -> impl Iterator<Item = NodeIndex> + 'a {
        self.head_nodes().filter(move |node| line.is_none_or(|line| line[node.index()]))
    }

    /// The only head; `None` in an empty history.
    fn only_head(&self, line: Option<&[bool]>, text: &str) -> Result<Place, RevisionError> {
        let heads: Vec<NodeIndex> = self.heads_on(line).collect();
        match heads.as_slice() {
            [] => Ok(None),
            [head] => Ok(Some(*head)),
            several => Err(self.ambiguous(text, "there are several heads", several, "head")),
        }
    }

    /// The only applied revision that nothing applied stands on; `None` when nothing is applied.
    fn only_tip(&self, applied: &BTreeSet<String>, line: Option<&[bool]>, text: &str) -> Result<Place, RevisionError> {
        let is_applied = |node: NodeIndex| applied.contains(&self.revision(node).id);
        let tips = |dependencies: bool, within: Option<&[bool]>| -> Vec<NodeIndex> {
            let inside = |node: NodeIndex| is_applied(node) && within.is_none_or(|line| line[node.index()]);
            let is_tip =
                |node: &NodeIndex| inside(*node) && !self.tied(*node, Towards::Outgoing, dependencies).any(inside);
            self.nodes().filter(is_tip).collect()
        };
        // Another branch may have gone on from this line: then its place is where the applied part of it ends.
        let on_line = |node: &NodeIndex| line.is_none_or(|line| line[node.index()]);
        let mut found: Vec<NodeIndex> = tips(true, None).into_iter().filter(on_line).collect();
        if found.is_empty() {
            found = tips(false, line);
        }
        match found.as_slice() {
            [] => Ok(None),
            [tip] => Ok(Some(*tip)),
            several => Err(self.ambiguous(text, "several heads are applied", several, text)),
        }
    }

    /// Goes a number of steps along a line; a step down from the first revision leads to the base.
    fn walk(&self, start: Place, steps: i64, line: Option<&[bool]>, text: &str) -> Result<Place, RevisionError> {
        let mut at = start;
        for done in 0..steps.abs() {
            let too_far = |reason: &str| RevisionError::TooFar {
                text: text.to_owned(),
                too_far: usize::try_from(steps.abs() - done).unwrap_or(usize::MAX),
                reason: reason.to_owned(),
            };
            let next: Vec<NodeIndex> = match (at, steps > 0) {
                (Some(node), true) => self.children_of(node).collect(),
                (None, true) => self.base_nodes().collect(),
                (Some(node), false) => self.parents_of(node).collect(),
                (None, false) => return Err(too_far("the base is before the first revision")),
            };
            let mut next: Vec<NodeIndex> =
                next.into_iter().filter(|node| line.is_none_or(|line| line[node.index()])).collect();
            next.sort_unstable();
            at = match next.as_slice() {
                [] if steps > 0 => return Err(too_far("the line ends with its head")),
                [] => None,
                [only] => Some(*only),
                several => {
                    let here = at.map_or("the base", |node| self.revision(node).id.as_str());
                    let (reason, suffix) = if steps > 0 {
                        (format!("the history branches after {here}"), text)
                    } else {
                        (format!("{here} has several parents"), text)
                    };
                    return Err(self.ambiguous(text, &reason, several, suffix));
                }
            };
        }
        Ok(at)
    }

    /// Lists the candidates with their labels, and how one of them is named.
    fn ambiguous(&self, text: &str, reason: &str, candidates: &[NodeIndex], suffix: &str) -> RevisionError {
        let describe = |node: &NodeIndex| {
            let revision = self.revision(*node);
            match self.labels(&revision.id).as_slice() {
                [] => revision.id.clone(),
                labels => format!("{} ({})", revision.id, labels.join(", ")),
            }
        };
        let suffix = suffix.rsplit('@').next().unwrap_or(suffix);
        let names = candidates.iter().map(|node| self.branch_name(*node, candidates));
        let help = match suffix {
            "head" => {
                let ways: Vec<String> = names.map(|name| format!("`{name}@head`")).collect();
                format!("write {}, or `heads` for all", ways.join(" or "))
            }
            _ if suffix.starts_with(['+', '-']) => {
                let ways: Vec<String> = names.map(|name| format!("`{name}@{suffix}`")).collect();
                format!("write {}", ways.join(" or "))
            }
            _ => "name the revision itself".to_owned(),
        };
        RevisionError::Ambiguous {
            text: text.to_owned(),
            reason: reason.to_owned(),
            candidates: candidates.iter().map(describe).collect(),
            help,
        }
    }

    /// What tells this candidate from the others: a label that only it has, else its id.
    fn branch_name(&self, node: NodeIndex, candidates: &[NodeIndex]) -> String {
        let id = self.revision(node).id.as_str();
        let others = |label: &str| candidates.iter().any(|other| *other != node && self.has_label(*other, label));
        self.labels(id).into_iter().find(|label| !others(label)).unwrap_or(id).to_owned()
    }
}
