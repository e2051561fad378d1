//! Laws of routes, on random graphs and random states of the database.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::Index;
use rungs::revision::{Direction, History, Range, Revision, Step, Target};

/// Up to 60 revisions, each with parents, dependencies (by id and by label) and labels among those before it.
pub fn graph() -> impl Strategy<Value = Vec<Revision>> {
    let node = (
        prop_oneof![1 => Just(0_usize), 6 => Just(1), 2 => Just(2), 1 => Just(3)],
        prop::collection::vec(any::<Index>(), 3),
        prop::option::weighted(0.2, any::<Index>()),
        prop::option::weighted(0.1, any::<Index>()),
        prop::bool::weighted(0.15),
        any::<u8>(),
    );
    prop::collection::vec(node, 1..60).prop_map(|nodes| {
        let mut revisions: Vec<Revision> = Vec::new();
        let mut labels: Vec<String> = Vec::new();
        for (number, (count, parents, dependency, by_label, labelled, mixed)) in nodes.into_iter().enumerate() {
            // Ids in an order of their own, so that nothing hangs on it.
            let mut revision = Revision::new(format!("{mixed:02x}n{number}"), "m");
            if number > 0 {
                let ids: BTreeSet<String> =
                    parents.iter().take(count).map(|at| revisions[at.index(number)].id.clone()).collect();
                revision.down_revision = ids.into_iter().collect();
                revision.depends_on.extend(dependency.map(|at| revisions[at.index(number)].id.clone()));
            }
            if !labels.is_empty() {
                revision.depends_on.extend(by_label.map(|at| labels[at.index(labels.len())].clone()));
            }
            if labelled {
                labels.push(format!("label{number}"));
                revision.branch_labels.extend(labels.last().cloned());
            }
            revisions.push(revision);
        }
        revisions
    })
}

/// What each revision needs directly, by id: its parents, and with dependencies, those too.
struct Ties {
    parents: BTreeMap<String, Vec<String>>,
    needs: BTreeMap<String, Vec<String>>,
}

impl Ties {
    fn of(revisions: &[Revision]) -> Self {
        let labels: BTreeMap<&String, &String> =
            revisions.iter().flat_map(|one| one.branch_labels.iter().map(move |label| (label, &one.id))).collect();
        let id = |name: &String| labels.get(name).map_or(name, |id| *id).clone();
        let parents: BTreeMap<_, _> = revisions.iter().map(|one| (one.id.clone(), one.down_revision.clone())).collect();
        let needs = revisions
            .iter()
            .map(|one| {
                (one.id.clone(), one.down_revision.iter().cloned().chain(one.depends_on.iter().map(id)).collect())
            })
            .collect();
        Self { parents, needs }
    }

    /// Some revisions with all below them.
    fn below(ties: &BTreeMap<String, Vec<String>>, ids: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut waiting: Vec<String> = ids.into_iter().collect();
        while let Some(id) = waiting.pop() {
            waiting.extend(ties[&id].iter().filter(|below| !all.contains(*below)).cloned());
            all.insert(id);
        }
        all
    }

    /// Some revisions with all above them.
    fn above(ties: &BTreeMap<String, Vec<String>>, ids: &BTreeSet<String>) -> BTreeSet<String> {
        ties.keys().filter(|id| !Self::below(ties, [(*id).clone()]).is_disjoint(ids)).cloned().collect()
    }

    fn children(&self, id: &str) -> BTreeSet<String> {
        self.parents
            .iter()
            .filter(|(_, parents)| parents.iter().any(|parent| parent == id))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// A state in which nothing is applied without what it needs.
    fn state(&self, picks: &[Index]) -> BTreeSet<String> {
        let ids: Vec<&String> = self.needs.keys().collect();
        Self::below(&self.needs, picks.iter().map(|pick| ids[pick.index(ids.len())].clone()))
    }

    /// Runs the steps, and fails where one is not executable in its place.
    fn play(&self, applied: &mut BTreeSet<String>, steps: &[Step<'_>]) {
        for step in steps {
            let id = &step.revision.id;
            match step.direction {
                Direction::Up => {
                    assert!(
                        self.needs[id].iter().all(|below| applied.contains(below)),
                        "{id} before what it stands on"
                    );
                    assert!(applied.insert(id.clone()), "{id} twice");
                }
                Direction::Down => {
                    let above = applied.iter().find(|other| self.needs[*other].contains(id));
                    assert!(above.is_none(), "{id} under {above:?}");
                    assert!(applied.remove(id), "{id} was not applied");
                }
            }
        }
    }
}

/// Runs the steps, and fails where one is not executable in its place.
pub fn play(history: &History, applied: &mut BTreeSet<String>, steps: &[Step<'_>]) {
    Ties::of(history.revisions()).play(applied, steps);
}

fn ids(steps: &[Step<'_>]) -> Vec<String> {
    steps.iter().map(|step| step.revision.id.clone()).collect()
}

/// Targets of every kind that this history may understand.
fn targets(history: &History, pick: &Index) -> Vec<String> {
    let id = &history.revisions()[pick.index(history.revisions().len())].id;
    let mut all: Vec<String> =
        ["head", "heads", "base", "current", "+1", "+2", "-1", "-2", "base+2", "head-1"].map(str::to_owned).into();
    let mut names = vec![id.clone()];
    names.extend(history.all_labels().map(|(label, _)| label.to_owned()));
    for name in names {
        all.extend([name.clone(), format!("{name}-1"), format!("{name}+1")]);
        let on_line = ["head", "heads", "base", "current", "+1", "-1", "base+2", "head-1", id];
        all.extend(on_line.map(|rest| format!("{name}@{rest}")));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn everything_goes_up_and_down_once(revisions in graph()) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let mut applied = BTreeSet::new();
        let up = history.upgrade_route(&applied, &Target::heads()).unwrap();
        ties.play(&mut applied, &up);
        prop_assert_eq!(applied.len(), history.revisions().len());
        let heads: BTreeSet<String> = history.heads().iter().map(|head| head.id.clone()).collect();
        prop_assert_eq!(history.applied_heads(&applied).into_iter().collect::<BTreeSet<_>>(), heads);
        let everything = applied.clone();
        let down = history.downgrade_route(&everything, &Target::base()).unwrap();
        ties.play(&mut applied, &down);
        prop_assert!(applied.is_empty());
    }

    /// Whatever the order in which the files were found, and however often it is asked.
    #[test]
    fn the_same_question_has_the_same_answer(
        revisions in graph(), turn in any::<Index>(), picks in prop::collection::vec(any::<Index>(), 0..6), pick in any::<Index>(),
    ) {
        let ties = Ties::of(&revisions);
        let mut turned = revisions.clone();
        turned.reverse();
        turned.rotate_left(turn.index(revisions.len()));
        let applied = ties.state(&picks);
        let (history, again) = (History::new(revisions).unwrap(), History::new(turned).unwrap());
        for text in targets(&history, &pick) {
            let target = Target::parse(&text).unwrap();
            let answers = |history: &History| {
                (
                    history.upgrade_route(&applied, &target).map(|steps| ids(&steps)).map_err(|error| error.to_string()),
                    history.downgrade_route(&applied, &target).map(|steps| ids(&steps)).map_err(|error| error.to_string()),
                )
            };
            prop_assert_eq!(answers(&history), answers(&again), "{}", text);
            prop_assert_eq!(answers(&history), answers(&history), "{}", text);
        }
        let order = |history: &History| history.along_lines().iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        prop_assert_eq!(order(&history), order(&again));
    }

    /// From any state and for any target, each step can be run in its place, and what is left is a state again.
    #[test]
    fn every_route_can_be_run(
        revisions in graph(), picks in prop::collection::vec(any::<Index>(), 0..6), pick in any::<Index>(),
    ) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let before = ties.state(&picks);
        for text in targets(&history, &pick) {
            let target = Target::parse(&text).unwrap();
            if let Ok(up) = history.upgrade_route(&before, &target) {
                let mut applied = before.clone();
                ties.play(&mut applied, &up);
                // No more than the target needs.
                let meant = history.resolve(&target, &before).unwrap();
                let needed = Ties::below(&ties.needs, meant.iter().map(|one| one.id.clone()));
                prop_assert_eq!(&applied, &before.union(&needed).cloned().collect(), "{}", text);
            }
            if let Ok(down) = history.downgrade_route(&before, &target) {
                prop_assert!(!down.is_empty(), "{} reverts nothing and says nothing", text);
                let mut applied = before.clone();
                ties.play(&mut applied, &down);
                prop_assert_eq!(&Ties::below(&ties.needs, applied.clone()), &applied, "{}", text);
            }
        }
    }

    /// Whatever the order in which lines were applied, they are reverted from its end, and each step can be run.
    #[test]
    fn what_was_applied_last_is_reverted_first(
        revisions in graph(), picks in prop::collection::vec(any::<Index>(), 1..6), pick in any::<Index>(),
    ) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let mut applied = BTreeSet::new();
        let mut order: Vec<String> = Vec::new();
        for pick in &picks {
            let target = Target::revision(&history.revisions()[pick.index(history.revisions().len())].id);
            let up = history.upgrade_route(&applied, &target).unwrap();
            ties.play(&mut applied, &up);
            order.extend(ids(&up));
        }
        let times: Vec<String> = (0..order.len()).map(|at| format!("{at:04}")).collect();
        let applied_at: BTreeMap<&str, &str> =
            order.iter().map(String::as_str).zip(times.iter().map(String::as_str)).collect();
        for text in targets(&history, &pick) {
            let Ok(down) = history.downgrade_route(&applied, &Target::parse(&text).unwrap()) else { continue };
            let reverted: BTreeSet<String> = ids(&down).into_iter().collect();
            let ordered = history.last_applied_first(&down, &applied_at);
            let backwards: Vec<String> = order.iter().rev().filter(|id| reverted.contains(*id)).cloned().collect();
            prop_assert_eq!(ids(&ordered), backwards, "{}", text);
            // Times that make no sense change nothing but the choice.
            let turned: BTreeMap<&str, &str> =
                order.iter().rev().map(String::as_str).zip(times.iter().map(String::as_str)).collect();
            let ordered = history.last_applied_first(&down, &turned);
            prop_assert_eq!(ids(&ordered).into_iter().collect::<BTreeSet<_>>(), reverted);
            ties.play(&mut applied.clone(), &ordered);
        }
    }

    /// Down to a revision, and up to the former heads: nothing else has moved.
    #[test]
    fn down_and_up_again_leads_back(
        revisions in graph(), picks in prop::collection::vec(any::<Index>(), 1..6), pick in any::<Index>(),
    ) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let before = ties.state(&picks);
        let heads = history.applied_heads(&before);
        for text in targets(&history, &pick) {
            let Ok(down) = history.downgrade_route(&before, &Target::parse(&text).unwrap()) else { continue };
            let mut applied = before.clone();
            ties.play(&mut applied, &down);
            for head in &heads {
                let up = history.upgrade_route(&applied, &Target::revision(head)).unwrap();
                ties.play(&mut applied, &up);
            }
            prop_assert_eq!(&applied, &before, "{}", text);
        }
    }

    /// Nothing goes that does not stand on what is reverted.
    #[test]
    fn other_branches_stay(
        revisions in graph(), picks in prop::collection::vec(any::<Index>(), 1..6), pick in any::<Index>(),
    ) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let before = ties.state(&picks);
        let reverted = |text: &str| -> BTreeSet<String> {
            let steps = history.downgrade_route(&before, &Target::parse(text).unwrap());
            steps.map(|steps| ids(&steps).into_iter().collect()).unwrap_or_default()
        };
        let applied = |ids: BTreeSet<String>| -> BTreeSet<String> { ids.intersection(&before).cloned().collect() };

        let id = &history.revisions()[pick.index(history.revisions().len())].id;
        prop_assert_eq!(reverted(id), applied(Ties::above(&ties.needs, &ties.children(id))));
        prop_assert_eq!(reverted("base"), before.clone());
        for line in history.lines() {
            // From the first revision of the line up to the one that carries its label there is nothing else.
            let own: BTreeSet<String> = Ties::below(&ties.parents, [line.carrier.id.clone()])
                .intersection(&Ties::above(&ties.parents, &BTreeSet::from([line.base.id.clone()])))
                .cloned()
                .collect();
            prop_assert_eq!(reverted(&format!("{}@base", line.label)), applied(Ties::above(&ties.needs, &own)));
            for inner in own.iter().filter(|id| **id != line.carrier.id) {
                prop_assert_eq!(ties.children(inner).len(), 1, "a branch leaves {} at {}", line.label, inner);
            }
        }
    }

    /// A range is what lies between its ends.
    #[test]
    fn ranges_lie_between_their_ends(revisions in graph(), older in any::<Index>(), newer in any::<Index>()) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let id = |pick: &Index| history.revisions()[pick.index(history.revisions().len())].id.clone();
        let (older, newer) = (id(&older), id(&newer));
        let range = |text: &str| {
            let found = history.range(&Range::parse(text).unwrap(), &BTreeSet::new());
            found.map(|found| found.iter().map(|one| one.id.clone()).collect::<Vec<_>>())
        };
        let set = |ids: Vec<String>| ids.into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(set(range(&format!(":{newer}")).unwrap()), Ties::below(&ties.needs, [newer.clone()]));
        prop_assert_eq!(
            set(range(&format!("{older}:")).unwrap()),
            Ties::above(&ties.parents, &BTreeSet::from([older.clone()]))
        );
        let leads = Ties::below(&ties.parents, [newer.clone()]).contains(&older);
        match range(&format!("{older}:{newer}")) {
            Ok(found) => {
                prop_assert!(leads);
                prop_assert_eq!((found.first(), found.last()), (Some(&newer), Some(&older)));
            }
            Err(_) => prop_assert!(!leads),
        }
        prop_assert_eq!(range(":").unwrap().len(), history.revisions().len());
    }

    /// A drawing has every revision once, above what it stands on.
    #[test]
    fn lines_are_drawn_downwards(revisions in graph()) {
        let ties = Ties::of(&revisions);
        let history = History::new(revisions).unwrap();
        let mut below: BTreeSet<String> = BTreeSet::new();
        for revision in history.along_lines() {
            prop_assert!(below.insert(revision.id.clone()));
            let above = below.iter().find(|above| ties.needs[&revision.id].contains(above));
            prop_assert!(above.is_none(), "{} is drawn above {:?}", above.unwrap_or(&revision.id), revision.id);
        }
        prop_assert_eq!(below.len(), history.revisions().len());
    }
}
