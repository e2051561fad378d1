//! What the database says of the revisions, for the commands that show them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Context;
use crate::apply::{self, LedgerRow};
use crate::dialect;
use crate::error::{Error, RevisionError};
use crate::revision::{History, Revision, Target};

/// For how long an answer that does not need the database waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The ledger of the configured database, as it was when it was read.
pub(super) struct Applied {
    pub(super) rows: Vec<LedgerRow>,
    /// Those that are applied whole, or half reverted.
    pub(super) ids: BTreeSet<String>,
    /// Of these, the ones that no other of them revises, sorted.
    pub(super) heads: Vec<String>,
    position: HashMap<String, usize>,
}

impl Applied {
    /// Reads the ledger. A database without one has nothing applied.
    pub(super) async fn read(context: &Context, history: &History) -> Result<Self, Error> {
        let mut connection = context.connect(&context.url()?).await?;
        let dialect = dialect::for_version(connection.version())?;
        let rows = apply::applied(&mut connection, dialect.as_ref()).await?;
        connection.close().await?;
        let heads = history.recorded_heads(&apply::recorded_parents(&rows));
        let position = rows.iter().enumerate().map(|(index, row)| (row.revision.clone(), index)).collect();
        Ok(Self { ids: apply::applied_ids(&rows), heads, position, rows })
    }

    pub(super) fn row(&self, id: &str) -> Option<&LedgerRow> {
        self.position.get(id).and_then(|index| self.rows.get(*index))
    }

    pub(super) fn is_head(&self, id: &str) -> bool {
        self.heads.binary_search_by(|head| head.as_str().cmp(id)).is_ok()
    }

    /// The rows of revisions that no file describes, each before those that it was recorded to revise.
    pub(super) fn unknown(&self, history: &History) -> Vec<&LedgerRow> {
        let mut left: Vec<&LedgerRow> = self.rows.iter().filter(|row| history.find(&row.revision).is_none()).collect();
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_parent = |row: &LedgerRow| left.iter().any(|child| child.parents.contains(&row.revision));
            // A row that was recorded to revise itself must not keep us here.
            let next = left.iter().rposition(|row| !is_parent(row)).unwrap_or(left.len() - 1);
            order.push(left.remove(next));
        }
        order
    }
}

/// What no file is called may stand in the ledger, which then says more. Where the database cannot be asked, the files
/// have the last word.
pub(super) async fn explain(context: &Context, history: &History, target: &Target, error: RevisionError) -> Error {
    if !matches!(error, RevisionError::Unknown { .. }) {
        return error.into();
    }
    match tokio::time::timeout(PATIENCE, Applied::read(context, history)).await {
        Ok(Ok(applied)) => apply::explain(error, target, history, &applied.rows).into(),
        Ok(Err(_)) | Err(_) => error.into(),
    }
}

/// A revision that the database knows and no file describes, in one line.
pub(super) fn unknown_line(row: &LedgerRow) -> String {
    format!("{} (no file; applied {}): {}", row.revision, row.applied_at, row.message)
}

/// The same with all that the ledger says of it.
pub(super) fn unknown_whole(row: &LedgerRow) -> String {
    let parents = if row.parents.is_empty() { "base".to_owned() } else { row.parents.join(", ") };
    let mut text = format!("revision {} (no file)\n    {}\n\n    parents:  {parents}\n", row.revision, row.message);
    if !row.depends_on.is_empty() {
        text.push_str(&format!("    needs:    {}\n", row.depends_on.join(", ")));
    }
    text.push_str(&format!("    applied:  {}\n", applied_at(row)));
    text
}

/// When it was applied, and how long that took.
pub(super) fn applied_at(row: &LedgerRow) -> String {
    let state = match row.state {
        apply::State::Applied => String::new(),
        _ => format!(", half done: {} of {} statements", row.done, row.total),
    };
    format!("{} ({} ms{state})", row.applied_at, row.duration_ms)
}

/// What to do about revisions without a file.
pub(super) const GET_FILES: &str =
    "they were applied from another checkout: get their files (another branch of the repository?), or downgrade there";

/// The marks of a revision: `head`, `current`, `branch point`, `merge`.
pub(super) fn marks(revision: &Revision, history: &History, applied: Option<&Applied>) -> Vec<&'static str> {
    let children = history.children(&revision.id).len();
    let mark = |is_so: bool, mark: &'static str| is_so.then_some(mark);
    [
        mark(children == 0, "head"),
        mark(applied.is_some_and(|applied| applied.is_head(&revision.id)), "current"),
        mark(children > 1, "branch point"),
        mark(revision.down_revision.len() > 1, "merge"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
