//! Laws of routes, on random graphs.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rungs::revision::{Direction, History, Revision, Step, Target};

/// Up to 60 revisions, each with parents, dependencies and labels among those before it.
pub fn graph() -> impl Strategy<Value = Vec<Revision>> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        prop::option::weighted(0.2, any::<prop::sample::Index>()),
        any::<bool>(),
    );
    prop::collection::vec(node, 1..60).prop_map(|nodes| {
        let mut revisions: Vec<Revision> = Vec::new();
        for (number, (parents, dependency, labelled)) in nodes.into_iter().enumerate() {
            // Ids in an order of their own, so that nothing hangs on it.
            let mut revision = Revision::new(format!("{:02x}n{number}", number * 37 % 256), "m");
            if number > 0 {
                let ids: BTreeSet<String> = parents.iter().map(|at| revisions[at.index(number)].id.clone()).collect();
                revision.down_revision = ids.into_iter().collect();
                revision.depends_on.extend(dependency.map(|at| revisions[at.index(number)].id.clone()));
            }
            if labelled && number % 5 == 0 {
                revision.branch_labels.push(format!("label{number}"));
            }
            revisions.push(revision);
        }
        revisions
    })
}

/// Runs the steps, and fails where one is not executable in its place.
pub fn play(history: &History, applied: &mut BTreeSet<String>, steps: &[Step<'_>]) {
    for step in steps {
        let id = &step.revision.id;
        match step.direction {
            Direction::Up => {
                let needed = step.revision.down_revision.iter().chain(&step.revision.depends_on);
                assert!(needed.into_iter().all(|id| applied.contains(id)), "{id} before what it stands on");
                assert!(applied.insert(id.clone()), "{id} twice");
            }
            Direction::Down => {
                assert!(!history.descendants(id).iter().any(|child| applied.contains(&child.id)), "{id} under a child");
                assert!(applied.remove(id), "{id} was not applied");
            }
        }
    }
}

proptest! {
    #[test]
    fn routes_can_be_run_and_lead_back(revisions in graph(), pick in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let mut turned = revisions.clone();
        turned.reverse();
        let history = History::new(revisions).unwrap();
        let again = History::new(turned).unwrap();
        let ids = |steps: &[Step<'_>]| -> Vec<String> { steps.iter().map(|step| step.revision.id.clone()).collect() };

        // Everything up and down visits each revision once, in an order that hangs on nothing else.
        let mut applied = BTreeSet::new();
        let up = history.upgrade_route(&applied, &Target::heads()).unwrap();
        prop_assert_eq!(ids(&up), ids(&again.upgrade_route(&applied, &Target::heads()).unwrap()));
        play(&history, &mut applied, &up);
        prop_assert_eq!(applied.len(), history.revisions().len());
        let everything = applied.clone();
        play(&history, &mut applied, &history.downgrade_route(&everything, &Target::base()).unwrap());
        prop_assert!(applied.is_empty());

        // From any state that is closed under ancestors, down to a revision and up to the former heads leads back.
        let some = &history.revisions()[pick.index(history.revisions().len())].id;
        play(&history, &mut applied, &history.upgrade_route(&BTreeSet::new(), &Target::revision(some)).unwrap());
        let before = applied.clone();
        let kept: Vec<String> = before.iter().cloned().collect();
        let target = Target::revision(&kept[other.index(kept.len())]);
        if let Ok(down) = history.downgrade_route(&before, &target) {
            play(&history, &mut applied, &down);
            for head in history.applied_heads(&before) {
                let up = history.upgrade_route(&applied, &Target::revision(head)).unwrap();
                play(&history, &mut applied, &up);
            }
        }
        prop_assert_eq!(applied, before);

        // Every label's own line can be reverted, and its heads found.
        for (label, carrier) in history.all_labels() {
            let mut state = everything.clone();
            let down = history.downgrade_route(&everything, &Target::parse(&format!("{label}@base")).unwrap()).unwrap();
            play(&history, &mut state, &down);
            prop_assert!(!state.contains(&carrier.id));
            prop_assert!(history.labels(&carrier.id).contains(&label));
        }
    }
}
