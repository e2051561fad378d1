//! From a target to the steps of a run, by what the ledger says.

use super::ahead::{check_half_done, check_route, explain};
use super::ledger::{LedgerRow, applied_ids};
use crate::error::{Error, RevisionError};
use crate::revision::{Direction, History, Step, Target};

/// The steps that lead to a target, in the order in which they run.
///
/// # Errors
/// When the target leads nowhere, or past revisions that no file describes; when a revision is half done, the error says
/// that instead.
pub fn route<'h>(
    history: &'h History,
    rows: &[LedgerRow],
    direction: Direction,
    target: &Target,
) -> Result<Vec<Step<'h>>, Error> {
    let applied = applied_ids(rows);
    // What is half done is no longer, or not yet, where a target leads, and what has no file is nowhere; both say more
    // than that there is no way.
    let no_route = |error: RevisionError| match check_half_done(rows) {
        Ok(()) => Error::from(explain(error, target, history, rows)),
        Err(half_done) => half_done.into(),
    };
    let steps = match direction {
        Direction::Up => history.upgrade_route(&applied, target),
        Direction::Down => history.downgrade_route(&applied, target).map(|steps| {
            let applied_at = rows.iter().map(|row| (row.revision.as_str(), row.applied_at.as_str())).collect();
            history.last_applied_first(&steps, &applied_at)
        }),
    };
    let steps = steps.map_err(no_route)?;
    check_route(history, rows, &steps)?;
    Ok(steps)
}
