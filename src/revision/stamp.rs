//! From targets to the rows that the ledger loses and gains, without anything being run.

use std::collections::BTreeSet;

use petgraph::Direction as Towards;

use super::resolve::Place;
use super::{Direction, History, Step, Target};
use crate::error::RevisionError;

/// What one target asks of the ledger.
///
/// Invariant: what stands on a revision in `removes`, by either kind of tie, is in it too.
struct Mark {
    text: String,
    places: Vec<Place>,
    adds: Vec<bool>,
    removes: Vec<bool>,
}

impl History {
    /// What makes the targets the current position of their lines: first the rows that go, newest first, then those
    /// that come, oldest first. The ledger ends where an upgrade to each target and then a downgrade to it would leave
    /// it: with all that a target stands on, and without its descendants and what depends on those; other lines stay
    /// as they are.
    ///
    /// `recorded` are all rows of the ledger, `half` those of them whose run has not ended: where a target covers
    /// one, it is among what comes.
    ///
    /// # Errors
    /// When a target is unknown or ambiguous, and when two of them overlap.
    pub fn stamp_route(
        &self,
        recorded: &BTreeSet<String>,
        half: &BTreeSet<String>,
        targets: &[Target],
    ) -> Result<Vec<Step<'_>>, RevisionError> {
        let marks = targets.iter().map(|target| self.mark(recorded, target)).collect::<Result<Vec<_>, _>>()?;
        for (index, one) in marks.iter().enumerate() {
            for other in &marks[index + 1..] {
                self.check_overlap(one, other)?;
            }
        }
        let goes = |id: &String| recorded.contains(id);
        let comes = |id: &String| !recorded.contains(id) || half.contains(id);
        let removed = self.nodes().rev().filter(|node| marks.iter().any(|mark| mark.removes[node.index()]));
        let removed = removed.map(|node| self.revision(node)).filter(|revision| goes(&revision.id));
        let added = self.nodes().filter(|node| marks.iter().any(|mark| mark.adds[node.index()]));
        let added = added.map(|node| self.revision(node)).filter(|revision| comes(&revision.id));
        let down = removed.map(|revision| Step { revision, direction: Direction::Down });
        Ok(down.chain(added.map(|revision| Step { revision, direction: Direction::Up })).collect())
    }

    fn mark(&self, recorded: &BTreeSet<String>, target: &Target) -> Result<Mark, RevisionError> {
        let text = target.to_string();
        let places = self.places(target, recorded)?;
        let roots = self.downgrade_roots(recorded, target)?;
        let adds = self.reached(places.iter().flatten().copied(), Towards::Incoming, true);
        let removes = self.reached(roots, Towards::Outgoing, true);
        Ok(Mark { text, places, adds, removes })
    }

    fn check_overlap(&self, one: &Mark, other: &Mark) -> Result<(), RevisionError> {
        let is_same =
            one.places == other.places && (one.removes == other.removes || one.places.iter().any(Option::is_some));
        let reason = if is_same {
            Some(match one.places.as_slice() {
                [Some(node)] => format!("both are revision {}", self.revision(*node).id),
                _ => "both mean the same".to_owned(),
            })
        } else {
            self.clash(one, other).or_else(|| self.clash(other, one))
        };
        let Some(reason) = reason else { return Ok(()) };
        Err(RevisionError::Overlapping { one: one.text.clone(), other: other.text.clone(), reason })
    }

    /// Why the newer target cannot be had together with the older one. A dependency alone is no reason: a line may
    /// end exactly where another one needs it.
    fn clash(&self, newer: &Mark, older: &Mark) -> Option<String> {
        let top = newer.places.iter().flatten().find(|node| older.removes[node.index()])?;
        let id = &self.revision(*top).id;
        let Some(bottom) = older.places.iter().flatten().next() else {
            return Some(format!("`{}` takes {id} out", older.text));
        };
        let below = &self.revision(*bottom).id;
        if self.reached([*bottom], Towards::Outgoing, false)[top.index()] {
            return Some(format!("{id} stands on {below}"));
        }
        let needed = self.nodes().find(|node| newer.adds[node.index()] && older.removes[node.index()])?;
        Some(format!("{id} needs {}, which stands on {below}", self.revision(needed).id))
    }
}
