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

    /// The places that a target means. Only `heads` and `current` give several, or none.
    pub(super) fn places(&self, target: &Target, applied: &BTreeSet<String>) -> Result<Vec<Place>, RevisionError> {
        let line = target.branch.as_deref().map(|branch| self.lineage(branch)).transpose()?;
        let line = line.as_deref();
        let start = match &target.point {
            Point::Heads if target.steps == 0 => return Ok(self.heads_on(line).map(Some).collect()),
            Point::Current if target.steps == 0 => {
                return Ok(self.tips(applied, line, false).into_iter().map(Some).collect());
            }
            Point::Head | Point::Heads => self.only_head(line, target)?,
            Point::Base => None,
            Point::Current | Point::Here => self.only_tip(applied, line, target)?,
            Point::Revision(name) => Some(self.named(name, target, line)?),
        };
        Ok(vec![self.walk(start, target, line)?])
    }

    /// The revision that an id, the beginning of one or a label names; of several beginnings, the one on the line.
    fn named(&self, name: &str, target: &Target, line: Option<&[bool]>) -> Result<NodeIndex, RevisionError> {
        let text = target.to_string();
        let branch = target.branch.as_deref().unwrap_or_default();
        let found = self.candidates(name);
        let on_line: Vec<NodeIndex> =
            found.iter().copied().filter(|node| line.is_none_or(|line| line[node.index()])).collect();
        match (on_line.as_slice(), found.as_slice()) {
            ([node], _) => Ok(*node),
            ([], [off, ..]) => {
                let id = &self.revision(*off).id;
                Err(RevisionError::Unusable {
                    reason: format!("revision {id} is not on the line of {branch}"),
                    help: format!("write {id} alone, or {branch}@head"),
                    text,
                })
            }
            ([], []) => Err(self.unknown(name)),
            (several, _) => Err(self.begins_so(&text, several)),
        }
    }

    /// All that is on one line with a label's revision, or with a revision: its ancestors and descendants.
    pub(super) fn lineage(&self, branch: &str) -> Result<Vec<bool>, RevisionError> {
        let node = self.node(branch)?;
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
    fn only_head(&self, line: Option<&[bool]>, target: &Target) -> Result<Place, RevisionError> {
        let heads: Vec<NodeIndex> = self.heads_on(line).collect();
        match heads.as_slice() {
            [] => Ok(None),
            [head] => Ok(Some(*head)),
            several => Err(self.ambiguous(target, "there are several heads", several)),
        }
    }

    /// The applied revisions of a line on which nothing applied of that line stands.
    pub(super) fn tips(&self, applied: &BTreeSet<String>, line: Option<&[bool]>, dependencies: bool) -> Vec<NodeIndex> {
        let inside =
            |node: NodeIndex| line.is_none_or(|line| line[node.index()]) && applied.contains(&self.revision(node).id);
        let is_tip = |node: &NodeIndex| inside(*node) && !self.tied(*node, Towards::Outgoing, dependencies).any(inside);
        self.nodes().filter(is_tip).collect()
    }

    /// The only applied revision that nothing applied stands on; `None` when nothing is applied.
    fn only_tip(
        &self,
        applied: &BTreeSet<String>,
        line: Option<&[bool]>,
        target: &Target,
    ) -> Result<Place, RevisionError> {
        let on_line = |node: &NodeIndex| line.is_none_or(|line| line[node.index()]);
        let mut found: Vec<NodeIndex> = self.tips(applied, None, true).into_iter().filter(on_line).collect();
        if found.is_empty() {
            // Another branch has gone on from this line: its place is where the applied part of it ends.
            found = self.tips(applied, line, true);
        }
        match found.as_slice() {
            [] => Ok(None),
            [tip] => Ok(Some(*tip)),
            several => Err(self.ambiguous(target, "several heads are applied", several)),
        }
    }

    /// Goes a target's steps along a line; a step down from the first revision leads to the base.
    fn walk(&self, start: Place, target: &Target, line: Option<&[bool]>) -> Result<Place, RevisionError> {
        let (place, left) = self.stride(start, target.steps, line, &target.to_string())?;
        if left == 0 {
            return Ok(place);
        }
        let reason =
            if target.steps > 0 { "the line ends with its head" } else { "the base is before the first revision" };
        Err(RevisionError::TooFar { text: target.to_string(), too_far: left, reason: reason.to_owned() })
    }

    /// As [`walk`](Self::walk), but stops where the line ends, and tells how many steps are left.
    pub(super) fn stride(
        &self,
        start: Place,
        steps: i64,
        line: Option<&[bool]>,
        text: &str,
    ) -> Result<(Place, usize), RevisionError> {
        let count = usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX);
        let mut at = start;
        for done in 0..count {
            let next: BTreeSet<NodeIndex> = match (at, steps > 0) {
                (Some(node), true) => self.children_of(node).collect(),
                (None, true) => self.base_nodes().collect(),
                (Some(node), false) => self.parents_of(node).collect(),
                (None, false) => return Ok((None, count - done)),
            };
            let next: Vec<NodeIndex> =
                next.into_iter().filter(|node| line.is_none_or(|line| line[node.index()])).collect();
            at = match next.as_slice() {
                [] if steps > 0 => return Ok((at, count - done)),
                [] => None,
                [only] => Some(*only),
                several => return Err(self.forked(text, at, steps > 0, several)),
            };
        }
        Ok((at, 0))
    }
}
