//! Lines of revisions that meet.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rungs_schema::DialectName;

use super::clash::{self, Level};
use super::object::{Key, Object, Root, Touch};
use super::{Doubt, Footprint};
use crate::revision::{History, Revision};

/// What lines of revisions have in common that know nothing of each other.
///
/// A line is what a head stands on, by parents and dependencies. Two revisions know nothing of each other when they are
/// on different lines only, so that neither has to come first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meeting<'a> {
    /// The objects that they touch so that it may matter, the worst first.
    pub overlaps: Vec<Overlap<'a>>,
    /// What is not known of them: statements that may touch more than is told.
    pub unclear: Vec<Unclear<'a>>,
}

/// One object, and the revisions that touch it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap<'a> {
    /// The object.
    pub object: Object,
    /// The worst that it comes to.
    pub level: Level,
    /// Who touches it, in the order of the history.
    pub parties: Vec<Party<'a>>,
}

/// A revision that touches an object or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party<'a> {
    /// A head whose line the revision is on.
    pub head: &'a Revision,
    /// The revision.
    pub revision: &'a Revision,
    /// What it does.
    pub touch: Touch,
}

/// A statement that may touch more than a footprint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear<'a> {
    /// A head whose line the revision is on.
    pub head: &'a Revision,
    /// The revision.
    pub revision: &'a Revision,
    /// The statement.
    pub doubt: Doubt,
}

impl<'a> Meeting<'a> {
    /// Compares the lines of some heads, from where they parted.
    ///
    /// Every revision is read once; what it touches is compared with what others do to the same object only, so that
    /// the time does not grow with the number of pairs of heads.
    pub fn of(history: &'a History, heads: &[&'a Revision], dialect: DialectName) -> Self {
        Self::about(history, heads, dialect, |_| true)
    }

    /// As [`of`](Self::of), where at least one of two revisions is one that is asked about.
    pub fn about(
        history: &'a History,
        heads: &[&'a Revision],
        dialect: DialectName,
        asked: impl Fn(&Revision) -> bool,
    ) -> Self {
        let lines = Lines::of(history, heads);
        let members: Vec<Member<'a>> = history
            .revisions()
            .iter()
            .enumerate()
            .filter(|(index, _)| lines.is_on_some_only(*index))
            .map(|(index, revision)| Member {
                revision,
                index,
                head: lines.head_of(index).map_or(revision, |head| heads[head]),
                asked: asked(revision),
            })
            .collect();
        if !members.iter().any(|member| member.asked) {
            return Self::default();
        }
        let footprints: Vec<Footprint> = members.iter().map(|member| Footprint::of(member.revision, dialect)).collect();
        let unclear = members
            .iter()
            .zip(&footprints)
            .filter(|(member, _)| member.asked)
            .flat_map(|(member, footprint)| {
                let unclear =
                    |doubt: &Doubt| Unclear { head: member.head, revision: member.revision, doubt: doubt.clone() };
                footprint.doubts().iter().map(unclear)
            })
            .collect();
        let comparison = Comparison { lines: &lines, members: &members, footprints: &footprints };
        Self { overlaps: comparison.overlaps(), unclear }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.overlaps.is_empty() && self.unclear.is_empty()
    }

    /// The part of it that concerns some of the revisions.
    #[must_use]
    pub fn concerning(&self, asked: impl Fn(&Revision) -> bool) -> Self {
        let is_asked = |overlap: &&Overlap<'_>| overlap.parties.iter().any(|party| asked(party.revision));
        Self {
            overlaps: self.overlaps.iter().filter(is_asked).cloned().collect(),
            unclear: self.unclear.iter().filter(|unclear| asked(unclear.revision)).cloned().collect(),
        }
    }

    /// The worst that it comes to.
    pub fn level(&self) -> Option<Level> {
        self.overlaps.first().map(|overlap| overlap.level)
    }
}

struct Member<'a> {
    revision: &'a Revision,
    /// In the history.
    index: usize,
    head: &'a Revision,
    asked: bool,
}

/// On which lines each revision is: one bit for each head.
struct Lines {
    heads: usize,
    bits: Vec<Vec<u64>>,
}

impl Lines {
    /// The revisions of a history stand in an order in which each comes after those it stands on.
    fn of(history: &History, heads: &[&Revision]) -> Self {
        let revisions = history.revisions();
        let mut index: HashMap<&str, usize> =
            revisions.iter().enumerate().map(|(at, revision)| (revision.id.as_str(), at)).collect();
        let labels: Vec<(&str, usize)> = history
            .all_labels()
            .filter_map(|(label, carrier)| index.get(carrier.id.as_str()).map(|at| (label, *at)))
            .collect();
        index.extend(labels);
        let mut bits = vec![vec![0u64; heads.len().div_ceil(64)]; revisions.len()];
        for (head, revision) in heads.iter().enumerate() {
            if let Some(at) = index.get(revision.id.as_str()) {
                bits[*at][head / 64] |= 1 << (head % 64);
            }
        }
        for at in (0..revisions.len()).rev() {
            let own = std::mem::take(&mut bits[at]);
            if own.iter().any(|word| *word != 0) {
                let before = revisions[at].down_revision.iter().chain(&revisions[at].depends_on);
                for before in before.filter_map(|name| index.get(name.as_str())) {
                    bits[*before].iter_mut().zip(&own).for_each(|(word, more)| *word |= more);
                }
            }
            bits[at] = own;
        }
        Self { heads: heads.len(), bits }
    }

    fn is_on_some_only(&self, index: usize) -> bool {
        let count: usize = self.bits[index].iter().map(|word| word.count_ones() as usize).sum();
        count > 0 && count < self.heads
    }

    fn head_of(&self, index: usize) -> Option<usize> {
        let (at, word) = self.bits[index].iter().enumerate().find(|(_, word)| **word != 0)?;
        Some(at * 64 + word.trailing_zeros() as usize)
    }

    /// Whether there is a head that has only the one, and one that has only the other.
    fn are_apart(&self, one: usize, other: usize) -> bool {
        let pairs = || self.bits[one].iter().zip(&self.bits[other]);
        pairs().any(|(a, b)| a & !b != 0) && pairs().any(|(a, b)| b & !a != 0)
    }
}

/// A touch: which member, and which of its touches.
type At = (usize, usize);

struct Comparison<'a, 'b> {
    lines: &'b Lines,
    members: &'b [Member<'a>],
    footprints: &'b [Footprint],
}

/// What was found of one object.
struct Found {
    level: Level,
    object: Object,
    touches: BTreeSet<At>,
}

#[derive(Default)]
struct Findings(BTreeMap<Key, Found>);

impl Findings {
    /// Of one object only the worst is kept, with all who are party to it.
    fn add(&mut self, key: &Key, level: Level, object: &Object, touches: impl IntoIterator<Item = At>) {
        let new = || Found { level, object: object.clone(), touches: BTreeSet::new() };
        let found = self.0.entry(key.clone()).or_insert_with(new);
        if level > found.level {
            *found = new();
        }
        if level == found.level {
            found.touches.extend(touches);
            // Some statements leave open what kind of object it is, or of which table.
            found.object = found.object.clone().max(object.clone());
        }
    }
}

impl<'a> Comparison<'a, '_> {
    fn touch(&self, (member, touch): At) -> &Touch {
        &self.footprints[member].touches()[touch]
    }

    fn overlaps(&self) -> Vec<Overlap<'a>> {
        let mut groups: BTreeMap<&Root, Vec<At>> = BTreeMap::new();
        for (member, footprint) in self.footprints.iter().enumerate() {
            for (at, touch) in footprint.touches().iter().enumerate() {
                for root in touch.roots() {
                    groups.entry(root).or_default().push((member, at));
                }
            }
        }
        let mut found: Vec<(Key, Found)> = Vec::new();
        for (root, touches) in groups {
            let mut findings = Findings::default();
            self.compare(root, &touches, &mut findings);
            found.extend(findings.0);
        }
        let mut overlaps: Vec<Overlap<'a>> =
            self.without_consequences(found).iter().map(|found| self.overlap(found)).collect();
        overlaps.sort_by_cached_key(|overlap| (std::cmp::Reverse(overlap.level), overlap.object.to_string()));
        overlaps
    }

    /// Who quarrels over a table as a whole does so over its parts; who quarrels over a part need not be told that it
    /// is of the same table.
    fn without_consequences(&self, found: Vec<(Key, Found)>) -> Vec<Found> {
        let mut tables: BTreeMap<Root, BTreeSet<At>> = BTreeMap::new();
        let mut worse: BTreeMap<Root, BTreeSet<usize>> = BTreeMap::new();
        for (key, found) in &found {
            if key.is_whole_table() && found.level == Level::Conflict {
                tables.insert(key.root.clone(), found.touches.clone());
            }
            if found.level > Level::SameTable {
                let roots = found.touches.iter().flat_map(|at| self.touch(*at).roots());
                let members: Vec<usize> = found.touches.iter().map(|at| at.0).collect();
                for root in roots.collect::<BTreeSet<_>>() {
                    worse.entry(root.clone()).or_default().extend(&members);
                }
            }
        }
        let matters = |(key, found): &(Key, Found)| {
            let is_part = key.part.is_some() || !key.root.is_relation();
            let roots = found.touches.iter().flat_map(|at| self.touch(*at).roots());
            let told = |root: &Root| tables.get(root).is_some_and(|told| found.touches.is_subset(told));
            match found.level {
                Level::SameTable => {
                    !worse.get(&key.root).is_some_and(|members| found.touches.iter().all(|at| members.contains(&at.0)))
                }
                _ => !(is_part && roots.collect::<BTreeSet<_>>().into_iter().any(told)),
            }
        };
        found.into_iter().filter(matters).map(|(_, found)| found).collect()
    }

    /// Compares the touches of one table with all its parts, or of another object.
    fn compare(&self, root: &Root, touches: &[At], findings: &mut Findings) {
        let mut by_key: BTreeMap<&Key, Vec<At>> = BTreeMap::new();
        for at in touches {
            by_key.entry(&self.touch(*at).key).or_default().push(*at);
        }
        let (wholes, parts): (Vec<At>, Vec<At>) = touches.iter().partition(|at| self.touch(**at).key.is_whole_table());
        for (key, same) in by_key.iter().filter(|(key, _)| key.root == *root) {
            self.each_clash(same, same, clash::on_same, |level, one, other| {
                findings.add(key, level, &self.touch(one).object, [one, other]);
                findings.add(key, level, &self.touch(other).object, []);
            });
        }
        self.each_clash(&wholes, &parts, clash::on_whole_and_part, |level, whole, part| {
            findings.add(&self.touch(whole).key, level, &self.touch(whole).object, [whole, part]);
        });
        if root.is_relation() {
            self.same_table(root, touches, findings);
        }
    }

    /// All pairs of touches that are in each other's way, where the revisions know nothing of each other and one of
    /// them is asked about.
    fn each_clash(
        &self,
        ones: &[At],
        others: &[At],
        clash: impl Fn(&Touch, &Touch) -> Option<Level>,
        mut act: impl FnMut(Level, At, At),
    ) {
        let same = std::ptr::eq(ones, others);
        for (index, one) in ones.iter().enumerate() {
            for other in &others[if same { index + 1 } else { 0 }..] {
                let level = clash(self.touch(*one), self.touch(*other));
                if let Some(level) = level.filter(|_| self.concern_each_other(one.0, other.0)) {
                    act(level, *one, *other);
                }
            }
        }
    }

    fn concern_each_other(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.members[one], &self.members[other]);
        (one.asked || other.asked) && self.lines.are_apart(one.index, other.index)
    }

    /// The mildest: both change the table, in different places.
    fn same_table(&self, root: &Root, touches: &[At], findings: &mut Findings) {
        let changes: Vec<At> = touches.iter().copied().filter(|at| self.touch(*at).way.is_structural()).collect();
        let mut members: Vec<usize> = changes.iter().map(|at| at.0).collect();
        members.dedup();
        let concerned = |one: usize| members.iter().any(|other| self.concern_each_other(one, *other));
        let apart: BTreeSet<usize> = members.iter().copied().filter(|one| concerned(*one)).collect();
        let touches: BTreeSet<At> = changes.into_iter().filter(|at| apart.contains(&at.0)).collect();
        let key = Key::whole(root);
        if let Some(first) = touches.first().map(|at| &self.touch(*at).object) {
            let table = first.table.as_ref().map_or_else(|| first.clone(), Object::table);
            findings.add(&key, Level::SameTable, &table, touches);
        }
    }

    fn overlap(&self, found: &Found) -> Overlap<'a> {
        let party = |at: &At| {
            let member = &self.members[at.0];
            Party { head: member.head, revision: member.revision, touch: self.touch(*at).clone() }
        };
        Overlap { object: found.object.clone(), level: found.level, parties: found.touches.iter().map(party).collect() }
    }
}
