//! Stretches of the history.

use std::collections::BTreeSet;
use std::fmt;

use petgraph::Direction as Towards;
use petgraph::graph::NodeIndex;

use super::resolve::Place;
use super::{History, Point, Revision, Target};
use crate::error::RevisionError;

/// Two ends of a stretch of history, both within it; an end that is left out is the base or all heads.
///
/// A bare relative end is counted from the other one: `a:+2` ends two steps after `a`, and `-3:current` begins three
/// steps before what is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The older end.
    pub from: Option<Target>,
    /// The newer end.
    pub to: Option<Target>,
}

impl Range {
    /// Understands `A:B`, `A:`, `:B` and `:`.
    ///
    /// # Errors
    /// When the text is no range.
    pub fn parse(text: &str) -> Result<Self, RevisionError> {
        let fault = |reason: String, help: &str| RevisionError::MalformedRange {
            text: text.to_owned(),
            reason,
            help: help.to_owned(),
        };
        let ends = "write FROM:TO, FROM: or :TO, where both ends are targets and belong to the range";
        let Some((from, to)) = text.split_once(':') else {
            let help = format!("write {text}: for what comes after it, :{text} for what leads to it");
            return Err(fault("it has no `:`".to_owned(), if text.is_empty() { ends } else { &help }));
        };
        if to.contains(':') {
            return Err(fault("it has more than one `:`".to_owned(), ends));
        }
        let end = |text: &str| if text.is_empty() { Ok(None) } else { Target::parse(text).map(Some) };
        let range = Self { from: end(from)?, to: end(to)? };
        let bare = |end: &Option<Target>| end.as_ref().filter(|end| end.point == Point::Here).map(|end| end.steps);
        match (bare(&range.from), bare(&range.to)) {
            (Some(_), Some(_)) => Err(fault(
                "both ends are relative, each to the other".to_owned(),
                "name a place: `current-2:current+2` is around what is applied",
            )),
            (Some(steps), _) if steps >= 0 => Err(fault(
                format!("its older end, {from}, is counted back from the newer one"),
                "write -2:B, or base+2:B",
            )),
            (_, Some(steps)) if steps <= 0 => Err(fault(
                format!("its newer end, {to}, is counted forwards from the older one"),
                "write A:+2, or A:head-2",
            )),
            _ => Ok(range),
        }
    }

    /// Whether what it means hangs on what is applied.
    pub fn reads_ledger(&self) -> bool {
        [&self.from, &self.to].into_iter().flatten().any(|end| end.point == Point::Current)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |end: &Option<Target>| end.as_ref().map(ToString::to_string).unwrap_or_default();
        write!(f, "{}:{}", text(&self.from), text(&self.to))
    }
}

impl History {
    /// The revisions of a range, newest first. From the base, that is all that the newer end needs, dependencies
    /// included; from a revision, what of that descends from it. Steps past the end of a line stop there.
    ///
    /// # Errors
    /// When an end is unknown or ambiguous, or no line leads from the older end to the newer one.
    pub fn range(&self, range: &Range, applied: &BTreeSet<String>) -> Result<Vec<&Revision>, RevisionError> {
        let text = range.to_string();
        let line = match range.from.as_ref().and_then(|from| from.branch.as_deref()) {
            Some(branch) => Some(self.lineage(branch)?),
            None => None,
        };
        let uppers = self.uppers(range, applied, line.as_deref(), &text)?;
        let mut chosen = vec![false; self.revisions.len()];
        let mut choose = |lowers: &[Place], uppers: &[NodeIndex]| -> Result<(), RevisionError> {
            let found = self.between(range, lowers, uppers)?;
            chosen.iter_mut().zip(found).for_each(|(flag, found)| *flag |= found);
            Ok(())
        };
        match &range.from {
            Some(from) if from.point == Point::Here => {
                let end = from.to_string();
                for upper in &uppers {
                    let (lower, _) = self.stride(Some(*upper), from.steps, line.as_deref(), &end)?;
                    choose(&[lower], &[*upper])?;
                }
            }
            Some(from) => choose(&self.lowers(from, applied, &uppers)?, &uppers)?,
            None => choose(&[None], &uppers)?,
        }
        Ok(self.nodes().rev().filter(|node| chosen[node.index()]).map(|node| self.revision(node)).collect())
    }

    /// The newer ends. Where the older end names a branch, they are those on its line.
    fn uppers(
        &self,
        range: &Range,
        applied: &BTreeSet<String>,
        line: Option<&[bool]>,
        text: &str,
    ) -> Result<Vec<NodeIndex>, RevisionError> {
        let found = match (&range.to, &range.from) {
            (None, _) => self.head_nodes().collect(),
            (Some(to), from) if to.point == Point::Here => {
                let starts = from.as_ref().map_or(Ok(vec![None]), |from| self.places(from, applied))?;
                let own_line = to.branch.as_deref().map(|branch| self.lineage(branch)).transpose()?;
                let mut ends: BTreeSet<NodeIndex> = BTreeSet::new();
                for start in starts {
                    ends.extend(self.stride(start, to.steps, own_line.as_deref().or(line), &to.to_string())?.0);
                }
                ends.into_iter().collect()
            }
            (Some(to), _) => self.places(to, applied)?.into_iter().flatten().collect::<Vec<_>>(),
        };
        let on_line: Vec<NodeIndex> =
            found.iter().copied().filter(|node| line.is_none_or(|line| line[node.index()])).collect();
        if on_line.is_empty() && !found.is_empty() {
            let branch = range.from.as_ref().and_then(|from| from.branch.as_deref()).unwrap_or_default();
            return Err(RevisionError::Unusable {
                text: text.to_owned(),
                reason: format!("its newer end is not on the line of {branch}"),
                help: format!("write {branch}@head as its newer end"),
            });
        }
        Ok(on_line)
    }

    /// The older ends. Of what is applied, those from which a line leads on to the newer ends: other branches have no
    /// part in the range.
    fn lowers(
        &self,
        from: &Target,
        applied: &BTreeSet<String>,
        uppers: &[NodeIndex],
    ) -> Result<Vec<Place>, RevisionError> {
        let mut lowers = self.places(from, applied)?;
        if from.point == Point::Current && from.steps == 0 {
            let below = self.reached(uppers.iter().copied(), Towards::Incoming, false);
            let leads_on = |place: &Place| place.is_none_or(|node| below[node.index()]);
            if lowers.iter().any(leads_on) {
                lowers.retain(leads_on);
            }
            if lowers.is_empty() {
                lowers.push(None);
            }
        }
        Ok(lowers)
    }

    fn between(&self, range: &Range, lowers: &[Place], uppers: &[NodeIndex]) -> Result<Vec<bool>, RevisionError> {
        let mut chosen = self.reached(uppers.iter().copied(), Towards::Incoming, true);
        if lowers.iter().any(Option::is_none) {
            return Ok(chosen);
        }
        let below = self.reached(uppers.iter().copied(), Towards::Incoming, false);
        for lower in lowers.iter().flatten() {
            if !below[lower.index()] {
                return Err(self.no_line(range, *lower, uppers));
            }
        }
        let above = self.reached(lowers.iter().flatten().copied(), Towards::Outgoing, false);
        chosen.iter_mut().zip(above).for_each(|(flag, above)| *flag &= above);
        Ok(chosen)
    }

    fn no_line(&self, range: &Range, lower: NodeIndex, uppers: &[NodeIndex]) -> RevisionError {
        let name = |end: &Option<Target>, node: NodeIndex| {
            let id = &self.revision(node).id;
            match end {
                Some(end) if end.to_string() != *id => format!("{end} ({id})"),
                _ => id.clone(),
            }
        };
        let older = name(&range.from, lower);
        let text = range.to_string();
        let Some(upper) = uppers.first().copied() else {
            let reason = match &range.to {
                Some(to) if to.point == Point::Current => "nothing is applied".to_owned(),
                Some(to) => format!("{to} is before the first revision"),
                None => "there are no revisions".to_owned(),
            };
            return RevisionError::Unusable { text, reason, help: format!("write {older}: for what comes after it") };
        };
        let newer = name(&range.to, upper);
        let above = self.reached([lower], Towards::Incoming, false);
        if uppers.iter().any(|upper| above[upper.index()]) {
            let (from, to) = (&range.from, &range.to);
            let turned = Range { from: to.clone(), to: from.clone() };
            let reason = format!("{older} comes after {newer}");
            return RevisionError::Unusable { text, reason, help: format!("the older end comes first: {turned}") };
        }
        let needed = self.reached(uppers.iter().copied(), Towards::Incoming, true);
        let reason = if needed[lower.index()] {
            format!("{newer} depends on {older}, but does not descend from it")
        } else {
            format!("no line leads from {older} to {newer}")
        };
        let help = format!("`{older}:` shows what comes after the one, `:{newer}` what leads to the other");
        RevisionError::Unusable { text, reason, help }
    }
}
