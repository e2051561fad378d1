//! How far a run is, in the ledger: the statements that write it, and the column that they need.

use rungs_schema::DialectName;

use super::ledger::{Entry, Ledger, State};
use super::progress::Progress;
use crate::db::Connection;
use crate::error::ApplyError;
use crate::revision::Revision;

impl Ledger<'_> {
    /// A new row of a revision whose run begins.
    pub(super) fn claim_sql(&self, entry: &Entry<'_>, progress: &Progress) -> String {
        let insert = self.insert_sql(entry);
        let (columns, values) = insert.split_once(") VALUES (").unwrap_or((insert.as_str(), ""));
        let progress = self.literal(&progress.json());
        format!("{columns}, progress) VALUES ({}, {progress})", values.strip_suffix(')').unwrap_or(values))
    }

    /// Marks how far a revision is, for a script that nobody resumes.
    pub(super) fn progress_sql(&self, revision: &str, state: State, done: usize) -> String {
        let id = self.id(revision);
        let table = self.table("rungs_ledger");
        format!(
            "UPDATE {table} SET state = '{}', statements_done = {done}, progress = NULL WHERE revision = {id}",
            state.word()
        )
    }

    /// Marks how far a run is. It touches no row where another runner has come as far: each statement is marked as done by
    /// one runner alone, and what shares a transaction with its mark runs once.
    pub(super) fn mark_sql(&self, revision: &str, state: State, done: usize, progress: &Progress) -> String {
        let id = self.id(revision);
        let table = self.table("rungs_ledger");
        // What is about to be sent is no step further.
        let before = if progress.intent.is_some() || progress.rounds.is_some() { done } else { done.saturating_sub(1) };
        format!(
            "UPDATE {table} SET statements_done = {done}, progress = {} \
             WHERE revision = {id} AND state = '{}' AND statements_done <= {before}",
            self.literal(&progress.json()),
            state.word()
        )
    }

    /// The same, also where the ledger says that it is further.
    pub(super) fn set_back_sql(&self, revision: &str, done: usize, progress: &Progress) -> String {
        let id = self.id(revision);
        let table = self.table("rungs_ledger");
        let progress = self.literal(&progress.json());
        format!("UPDATE {table} SET statements_done = {done}, progress = {progress} WHERE revision = {id}")
    }

    /// Marks that reverting begins.
    pub(super) fn revert_sql(&self, revision: &str, total: usize, progress: Option<&Progress>) -> String {
        let id = self.id(revision);
        let table = self.table("rungs_ledger");
        let progress = progress.map_or("NULL".to_owned(), |progress| self.literal(&progress.json()));
        format!(
            "UPDATE {table} SET state = '{}', statements_done = 0, statements_total = {total}, progress = {progress} \
             WHERE revision = {id}",
            State::Reverting.word()
        )
    }

    /// Marks that a revision is applied, as its file has it now: what had not run yet may have been corrected. It touches
    /// no row where another runner has done so.
    pub(super) fn applied_sql(&self, revision: &Revision, total: usize, duration_ms: u64) -> String {
        format!(
            "UPDATE {} SET state = '{}', statements_done = {total}, statements_total = {total}, \
             duration_ms = {duration_ms}, message = {}, checksum = '{}', progress = NULL \
             WHERE revision = {} AND state = '{}'",
            self.table("rungs_ledger"),
            State::Applied.word(),
            self.literal(&revision.message),
            self.checksum(revision),
            self.id(&revision.id),
            State::Applying.word(),
        )
    }

    /// A ledger that an older version has made lacks what came later.
    pub(super) async fn add_columns(&self, connection: &mut Connection) -> Result<(), ApplyError> {
        if self.has_progress(connection).await? {
            return Ok(());
        }
        let sql = format!("ALTER TABLE {} ADD COLUMN progress text", self.table("rungs_ledger"));
        match connection.execute(&sql).await {
            Ok(_) => Ok(()),
            // SQLite has no lock here: another runner may have been faster.
            Err(error) => {
                if self.has_progress(connection).await? {
                    Ok(())
                } else {
                    Err(error.into())
                }
            }
        }
    }

    async fn has_progress(&self, connection: &mut Connection) -> Result<bool, ApplyError> {
        let namespace = self.literal(self.namespace().unwrap_or_default());
        let from = match self.dialect_name() {
            DialectName::Sqlite => "pragma_table_info('rungs_ledger') WHERE name = 'progress'".to_owned(),
            _ => format!(
                "information_schema.columns WHERE table_schema = {namespace} AND table_name = 'rungs_ledger' \
                 AND column_name = 'progress'"
            ),
        };
        let rows = connection.query(&format!("SELECT count(*) AS found FROM {from}")).await?;
        Ok(rows.first().map(|row| row.int("found")).transpose()?.unwrap_or_default() > 0)
    }
}
