//! Laws of stamping, on random graphs and random states.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rungs::apply::{LedgerRow, State, check_half_done};
use rungs::error::{ApplyError, RevisionError};
use rungs::revision::{Direction, History, Revision, Step, Target};

use crate::graph_laws::{graph, play};

type Ids = BTreeSet<String>;

/// A history and a state that is closed under ancestors and dependencies.
fn state() -> impl Strategy<Value = (Vec<Revision>, Vec<prop::sample::Index>)> {
    (graph(), prop::collection::vec(any::<prop::sample::Index>(), 0..6))
}

fn closed(history: &History, tips: &[prop::sample::Index]) -> Ids {
    let mut applied = Ids::new();
    for tip in tips {
        let id = id_at(history, tip);
        applied.extend(history.ancestors(&id).iter().map(|revision| revision.id.clone()));
        applied.insert(id);
    }
    applied
}

fn id_at(history: &History, at: &prop::sample::Index) -> String {
    history.revisions()[at.index(history.revisions().len())].id.clone()
}

fn route<'h>(history: &'h History, applied: &Ids, targets: &[Target]) -> Result<Vec<Step<'h>>, RevisionError> {
    history.stamp_route(applied, &Ids::new(), targets)
}

fn stamped(history: &History, applied: &Ids, target: &Target) -> Ids {
    let mut after = applied.clone();
    // Rows go newest first and come oldest first, so that the ledger makes sense after each.
    play(history, &mut after, &route(history, applied, std::slice::from_ref(target)).unwrap());
    after
}

fn is_closed(history: &History, applied: &Ids) -> bool {
    applied.iter().all(|id| history.ancestors(id).iter().all(|below| applied.contains(&below.id)))
}

/// Of its children and of all that stands on them.
fn stands_on<'h>(history: &'h History, id: &str) -> BTreeSet<&'h str> {
    let children = history.children(id);
    let above = children.iter().flat_map(|child| history.descendants(&child.id));
    children.iter().map(|child| child.id.as_str()).chain(above.map(|one| one.id.as_str())).collect()
}

proptest! {
    #[test]
    fn a_stamp_is_an_upgrade_and_a_downgrade_that_run_nothing((revisions, tips) in state(), pick in any::<prop::sample::Index>()) {
        let history = History::new(revisions).unwrap();
        let applied = closed(&history, &tips);
        let id = id_at(&history, &pick);
        let target = Target::revision(&id);
        let after = stamped(&history, &applied, &target);

        prop_assert!(is_closed(&history, &after));
        prop_assert!(after.contains(&id));
        prop_assert!(!stands_on(&history, &id).iter().any(|above| after.contains(*above)));
        prop_assert_eq!(route(&history, &after, std::slice::from_ref(&target)).unwrap(), [], "twice changes nothing");
        prop_assert_eq!(history.upgrade_route(&after, &target).unwrap(), []);

        let mut run = applied.clone();
        play(&history, &mut run, &history.upgrade_route(&applied, &target).unwrap());
        if let Ok(down) = history.downgrade_route(&run.clone(), &target) {
            play(&history, &mut run, &down);
        }
        prop_assert_eq!(run, after);
    }

    #[test]
    fn heads_are_everything_and_base_is_nothing((revisions, tips) in state()) {
        let history = History::new(revisions).unwrap();
        let applied = closed(&history, &tips);
        prop_assert_eq!(stamped(&history, &applied, &Target::heads()).len(), history.revisions().len());
        prop_assert!(stamped(&history, &applied, &Target::base()).is_empty());
        for (label, _) in history.all_labels() {
            let target = Target::parse(&format!("{label}@base")).unwrap();
            let mut run = applied.clone();
            if let Ok(down) = history.downgrade_route(&applied, &target) {
                play(&history, &mut run, &down);
            }
            prop_assert_eq!(stamped(&history, &applied, &target), run);
        }
    }

    #[test]
    fn of_two_targets_each_is_where_its_line_ends_or_both_are_refused((revisions, tips) in state(), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let history = History::new(revisions).unwrap();
        let applied = closed(&history, &tips);
        let ids = [id_at(&history, &one), id_at(&history, &other)];
        let above = |id: usize| stands_on(&history, &ids[id]);
        let overlap = ids[0] == ids[1] || above(0).contains(ids[1].as_str()) || above(1).contains(ids[0].as_str());
        match route(&history, &applied, &ids.clone().map(Target::revision)) {
            Ok(steps) => {
                prop_assert!(!overlap);
                let mut after = applied.clone();
                play(&history, &mut after, &steps);
                prop_assert!(is_closed(&history, &after));
                for id in &ids {
                    prop_assert!(after.contains(id));
                    prop_assert!(!stands_on(&history, id).iter().any(|above| after.contains(*above)));
                }
            }
            Err(RevisionError::Overlapping { one, other, .. }) => {
                prop_assert!(overlap);
                prop_assert_eq!([one, other], ids);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    /// The targets that the message about a half-done revision names settle this one, and touch no other row.
    #[test]
    fn what_is_half_done_can_be_settled_alone((revisions, tips) in state(), pick in any::<prop::sample::Index>()) {
        let history = History::new(revisions).unwrap();
        let applied = closed(&history, &tips);
        let tops: Vec<&String> =
            applied.iter().filter(|id| !history.descendants(id).iter().any(|above| applied.contains(&above.id))).collect();
        prop_assume!(!tops.is_empty());
        let half = tops[pick.index(tops.len())].clone();
        let rows: Vec<LedgerRow> = history
            .revisions()
            .iter()
            .filter(|revision| applied.contains(&revision.id))
            .enumerate()
            .map(|(number, revision)| row(revision, number, if revision.id == half { State::Applying } else { State::Applied }))
            .collect();
        let Err(ApplyError::HalfDone { revision, before, .. }) = check_half_done(&rows) else { panic!("half done") };
        prop_assert_eq!(&revision, &half);
        let settle = |target: &str| -> Vec<(String, Direction)> {
            let targets = [Target::parse(target).unwrap()];
            let steps = history.stamp_route(&applied, &Ids::from([half.clone()]), &targets).unwrap();
            steps.iter().map(|step| (step.revision.id.clone(), step.direction)).collect()
        };
        prop_assert_eq!(settle(&revision), [(half.clone(), Direction::Up)]);
        prop_assert_eq!(settle(&before), [(half.clone(), Direction::Down)]);
    }
}

fn row(revision: &Revision, number: usize, state: State) -> LedgerRow {
    LedgerRow {
        revision: revision.id.clone(),
        message: revision.message.clone(),
        checksum: revision.checksum(),
        parents: revision.down_revision.clone(),
        depends_on: revision.depends_on.clone(),
        state,
        done: 0,
        total: 0,
        applied_at: format!("{number:03}"),
        duration_ms: 0,
        progress: None,
    }
}
