//! From a target to the steps that lead there.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::Direction as Towards;
use petgraph::graph::NodeIndex;

use super::{Direction, History, Point, Revision, Target};
use crate::error::RevisionError;

/// One revision to run in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// Which way.
    pub direction: Direction,
}

impl History {
    /// What applies the target: it and its ancestors and dependencies, as far as they are not applied, oldest first.
    /// Nothing to do is an empty route.
    ///
    /// # Errors
    /// When the target is unknown, ambiguous, or leads backwards.
    pub fn upgrade_route(&self, applied: &BTreeSet<String>, target: &Target) -> Result<Vec<Step<'_>>, RevisionError> {
        let unusable = |reason: &str| RevisionError::Unusable {
            text: target.to_string(),
            reason: reason.to_owned(),
            help: "to revert revisions, run `migrate downgrade`".to_owned(),
        };
        if target.reads_ledger() && target.steps <= 0 {
            return Err(unusable("it does not go forwards"));
        }
        let places = self.places(target, applied)?;
        // `head` of no revisions is no place either, and nothing to do.
        let is_head = matches!(target.point, Point::Head | Point::Heads) && target.steps == 0;
        if places.contains(&None) && !is_head {
            return Err(unusable("the base is before the first revision"));
        }
        let wanted = places.into_iter().flatten();
        let needed = self.reached(wanted, Towards::Incoming, true);
        let is_next = |node: &NodeIndex| needed[node.index()] && !applied.contains(&self.revision(*node).id);
        Ok(self.steps(self.nodes().filter(is_next), Direction::Up))
    }

    /// What reverts the applied descendants of the target and all that depends on them, newest first; the target
    /// itself stays. `label@base` reverts that label's line.
    ///
    /// # Errors
    /// When the target is unknown, ambiguous or leads forwards, and when there is nothing that it reverts. Whether a
    /// revision that no file describes is in the way, only the ledger knows.
    pub fn downgrade_route(&self, applied: &BTreeSet<String>, target: &Target) -> Result<Vec<Step<'_>>, RevisionError> {
        let text = target.to_string();
        if target.reads_ledger() && target.steps >= 0 {
            return Err(RevisionError::Unusable {
                text,
                reason: "it does not go backwards".to_owned(),
                help: "to apply revisions, run `migrate upgrade`; to revert the last one, `migrate downgrade -- -1`"
                    .to_owned(),
            });
        }
        let roots = self.downgrade_roots(applied, target)?;
        let reverted = self.reached(roots, Towards::Outgoing, true);
        let is_next = |node: &NodeIndex| reverted[node.index()] && applied.contains(&self.revision(*node).id);
        let steps = self.steps(self.nodes().rev().filter(is_next), Direction::Down);
        if steps.is_empty() { Err(self.nothing_to_revert(applied, target, text)) } else { Ok(steps) }
    }

    /// The steps of a downgrade in the reverse order of their application, as far as the ties between them allow: what
    /// lines that do not know of each other have done to the same table is undone from the end. What has no time goes
    /// first; where times are equal, the newest.
    pub fn last_applied_first<'h>(&'h self, steps: &[Step<'h>], applied_at: &BTreeMap<&str, &str>) -> Vec<Step<'h>> {
        let mut steps: BTreeMap<&str, Step<'h>> = steps.iter().map(|step| (step.revision.id.as_str(), *step)).collect();
        // Revisions that are no steps take part too, and at once: two steps may be tied through one of them.
        let rank = |node: NodeIndex| {
            let id = self.revision(node).id.as_str();
            let at = applied_at.get(id).copied().filter(|_| steps.contains_key(id));
            (at.is_none(), at, node)
        };
        let ranks: Vec<_> = self.nodes().map(rank).collect();
        // How many revisions that stand on each are still to come.
        let mut above: Vec<usize> =
            self.nodes().map(|node| self.graph.edges_directed(node, Towards::Outgoing).count()).collect();
        let mut ready: BinaryHeap<_> = ranks.iter().filter(|(.., node)| above[node.index()] == 0).copied().collect();
        let mut ordered = Vec::with_capacity(steps.len());
        while let Some((.., node)) = ready.pop() {
            ordered.extend(steps.remove(self.revision(node).id.as_str()));
            for below in self.tied(node, Towards::Incoming, true) {
                above[below.index()] -= 1;
                if above[below.index()] == 0 {
                    ready.push(ranks[below.index()]);
                }
            }
        }
        ordered
    }

    /// The lowest revisions that a downgrade takes away, whether they are applied or not.
    pub(super) fn downgrade_roots(
        &self,
        applied: &BTreeSet<String>,
        target: &Target,
    ) -> Result<Vec<NodeIndex>, RevisionError> {
        if let (Some(branch), Point::Base, 0) = (&target.branch, &target.point, target.steps) {
            return Ok(self.own_line(self.node(branch)?));
        }
        let places = self.places(target, applied)?;
        let mut line = target.branch.as_deref().map(|branch| self.lineage(branch)).transpose()?;
        if target.reads_ledger() && target.steps != 0 {
            // Counted back from one head: its own line, and no other that leaves it on the way.
            let back = Target { steps: 0, point: Point::Here, ..target.clone() };
            let tip = self.places(&back, applied)?.into_iter().flatten();
            line = Some(self.reached(tip, Towards::Incoming, false));
        }
        let mut roots: Vec<NodeIndex> = Vec::new();
        for place in places {
            match place {
                Some(node) => roots.extend(self.children_of(node)),
                None => roots.extend(self.base_nodes()),
            }
        }
        roots.retain(|node| line.as_ref().is_none_or(|line| line[node.index()]));
        Ok(roots)
    }

    fn steps(&self, nodes: impl Iterator<Item = NodeIndex>, direction: Direction) -> Vec<Step<'_>> {
        nodes.map(|node| Step { revision: self.revision(node), direction }).collect()
    }

    fn nothing_to_revert(&self, applied: &BTreeSet<String>, target: &Target, text: String) -> RevisionError {
        let reason = match self.places(target, applied) {
            Ok(places) if applied.is_empty() || places.is_empty() => "nothing is applied".to_owned(),
            Ok(places) => match places.into_iter().flatten().next() {
                Some(node) if applied.contains(&self.revision(node).id) => {
                    format!("nothing that stands on {} is applied", self.revision(node).id)
                }
                Some(node) => format!("{} is not applied", self.revision(node).id),
                None => "nothing of it is applied".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        RevisionError::NothingToRevert { text, reason }
    }
}
