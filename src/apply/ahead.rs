//! Where the ledger and the files disagree: rows without a file, files that were edited after they were applied, and
//! rows whose run has not ended.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::DialectName;

use super::ledger::{LedgerRow, State, applied_ids};
use crate::error::{ApplyError, RevisionError, WithoutFile};
use crate::revision::{Direction, History, Point, Revision, Step, Target};

/// An applied revision whose text is no longer what was applied.
#[derive(Debug, Clone, Copy)]
pub struct Edited<'h, 'r> {
    /// As its file has it now.
    pub revision: &'h Revision,
    /// As it was applied.
    pub row: &'r LedgerRow,
}

/// The revisions that were edited after they were applied, in the order of the history. Only what this engine runs
/// counts: [`Revision::checksum_on`].
pub fn edited<'h, 'r>(history: &'h History, rows: &'r [LedgerRow], dialect: DialectName) -> Vec<Edited<'h, 'r>> {
    let settled = rows.iter().filter(|row| row.state == State::Applied);
    let rows: BTreeMap<&str, &'r LedgerRow> = settled.map(|row| (row.revision.as_str(), row)).collect();
    let edited = |revision: &'h Revision| {
        let row = rows.get(revision.id.as_str())?;
        (revision.checksum_on(dialect.word()) != row.checksum).then_some(Edited { revision, row })
    };
    history.revisions().iter().filter_map(edited).collect()
}

/// The rows whose revision no file describes, in the order of their application.
pub fn without_file<'a>(history: &History, rows: &'a [LedgerRow]) -> Vec<&'a LedgerRow> {
    rows.iter().filter(|row| history.find(&row.revision).is_none()).collect()
}

/// Refuses when there are rows without a file.
///
/// # Errors
/// [`RevisionError::NoFile`] with all of them.
pub fn check_files(history: &History, rows: &[LedgerRow]) -> Result<(), RevisionError> {
    let revisions: Vec<WithoutFile> = without_file(history, rows).into_iter().map(WithoutFile::from).collect();
    refuse(revisions, history, rows)
}

/// Refuses a route that passes below a row without a file: what such a row says that it stands on is neither reverted
/// nor, where it is missing, applied after it.
///
/// # Errors
/// [`RevisionError::NoFile`] on the way down, [`RevisionError::BelowNoFile`] on the way up.
pub fn check_route(history: &History, rows: &[LedgerRow], steps: &[Step<'_>]) -> Result<(), RevisionError> {
    let unknown = without_file(history, rows);
    for step in steps.iter().filter(|step| step.direction == Direction::Up) {
        let above = unknown.iter().filter(|row| stands_on(row, step.revision));
        let above: Vec<WithoutFile> = above.map(|row| WithoutFile::from(*row)).collect();
        if !above.is_empty() {
            let (revision, known) = (step.revision.id.clone(), known(history, rows));
            return Err(RevisionError::BelowNoFile { revision, rows: above, known });
        }
    }
    let reverted = steps.iter().filter(|step| step.direction == Direction::Down);
    refuse(standing_on(&unknown, reverted.map(|step| step.revision)), history, rows)
}

fn refuse(revisions: Vec<WithoutFile>, history: &History, rows: &[LedgerRow]) -> Result<(), RevisionError> {
    if revisions.is_empty() {
        return Ok(());
    }
    Err(RevisionError::NoFile { revisions, known: known(history, rows) })
}

/// The targets that stand for all that is applied and has a file.
fn known(history: &History, rows: &[LedgerRow]) -> String {
    const MOST: usize = 8;
    let mut applied = applied_ids(rows);
    applied.retain(|id| history.find(id).is_some());
    let heads = history.applied_heads(&applied);
    match heads.len() {
        0 => "base".to_owned(),
        count if count > MOST => "TARGETS".to_owned(),
        _ => heads.join(" "),
    }
}

/// The rows without a file that stand on some revisions, or on rows that do.
fn standing_on<'s>(unknown: &[&LedgerRow], reverted: impl Iterator<Item = &'s Revision>) -> Vec<WithoutFile> {
    let reverted: Vec<&Revision> = reverted.collect();
    let mut found: Vec<WithoutFile> = Vec::new();
    let mut left: Vec<&LedgerRow> = unknown.to_vec();
    loop {
        let before = left.len();
        left.retain(|row| {
            let on_file = reverted.iter().find(|revision| stands_on(row, revision)).map(|revision| &revision.id);
            let names = || row.parents.iter().chain(&row.depends_on);
            let on_row = || names().find(|name| found.iter().any(|one| one.revision == **name));
            let below = on_file.or_else(on_row).cloned();
            let stays = below.is_none();
            found.extend(below.map(|below| WithoutFile { stands_on: Some(below), ..WithoutFile::from(*row) }));
            stays
        });
        if left.len() == before {
            return found;
        }
    }
}

/// A target that leads nowhere because of rows without a file: it names one, or there is nothing else to revert.
pub fn explain(error: RevisionError, target: &Target, history: &History, rows: &[LedgerRow]) -> RevisionError {
    let all = matches!(error, RevisionError::NothingToRevert { .. }) && *target == Target::base();
    if !all && !matches!(error, RevisionError::Unknown { .. }) {
        return error;
    }
    let names = [
        target.branch.as_deref(),
        match &target.point {
            Point::Revision(name) => Some(name.as_str()),
            _ => None,
        },
    ];
    let is_named = |row: &&LedgerRow| all || names.iter().flatten().any(|name| row.revision.starts_with(*name));
    let named = without_file(history, rows).into_iter().filter(is_named);
    refuse(named.map(WithoutFile::from).collect(), history, rows).err().unwrap_or(error)
}

impl From<&LedgerRow> for WithoutFile {
    fn from(row: &LedgerRow) -> Self {
        let LedgerRow { revision, message, applied_at, .. } = row.clone();
        Self { revision, message, applied_at, stands_on: None }
    }
}

/// Whether an applied revision is a child of this one, or depends on it, by its id or by a label that it carries.
pub(super) fn stands_on(row: &LedgerRow, revision: &Revision) -> bool {
    let is_this = |name: &String| *name == revision.id || revision.branch_labels.contains(name);
    row.parents.contains(&revision.id) || row.depends_on.iter().any(is_this)
}

/// The ids of the rows whose run has not ended.
pub(super) fn half_done(rows: &[LedgerRow]) -> BTreeSet<String> {
    rows.iter().filter(|row| row.state != State::Applied).map(|row| row.revision.clone()).collect()
}

/// Whether a run stopped in the middle of a revision that is not one transaction.
///
/// # Errors
/// [`ApplyError::HalfDone`] for the first of them.
pub fn check_half_done<'a>(rows: impl IntoIterator<Item = &'a LedgerRow>) -> Result<(), ApplyError> {
    let rows: Vec<&LedgerRow> = rows.into_iter().collect();
    match rows.iter().find(|row| row.state != State::Applied) {
        None => Ok(()),
        Some(row) => Err(half_done_at(row, rows.iter().copied())),
    }
}

/// The error that tells of a row whose run has not ended.
pub(super) fn half_done_at<'a>(row: &LedgerRow, rows: impl Iterator<Item = &'a LedgerRow>) -> ApplyError {
    ApplyError::HalfDone {
        revision: row.revision.clone(),
        direction: if row.state == State::Applying { "applied" } else { "reverted" },
        done: row.done,
        total: row.total,
        since: row.applied_at.clone(),
        before: before(&row.revision, &row.parents, rows),
    }
}

/// The target that takes a revision out of the ledger and, where nothing stands on it, nothing else: its line, at the
/// place before it. Of several parents, the one that was applied last has no other on its way to the revision.
pub(super) fn before<'a>(revision: &str, parents: &[String], rows: impl Iterator<Item = &'a LedgerRow>) -> String {
    let applied = rows.filter(|row| parents.contains(&row.revision));
    let last = applied.max_by_key(|row| &row.applied_at).map(|row| &row.revision);
    format!("{revision}@{}", last.or(parents.first()).map_or("base", String::as_str))
}
