//! The ledger's SQL with expressions where a run has values, and its conditions.

use rungs_schema::DialectName;

use super::{Clock, version};
use crate::apply::Ledger;
use crate::apply::ledger::{COLUMNS, State};
use crate::apply::prepare::Prepared;
use crate::revision::Revision;

impl Ledger<'_> {
    /// A new row.
    pub(super) fn insert_at_sql(
        &self,
        revision: &Revision,
        state: State,
        done: usize,
        total: usize,
        clock: &Clock,
    ) -> String {
        let Clock { started, took, .. } = clock;
        let row = self.values(revision, state, done, total, started, took);
        format!("INSERT INTO {} ({COLUMNS})\nVALUES {row}", self.table("rungs_ledger"))
    }

    /// Marks that a revision is applied.
    pub(super) fn applied_after_sql(&self, revision: &str, total: usize, took: &str) -> String {
        format!(
            "UPDATE {} SET state = '{}', statements_done = {total}, duration_ms = {took}\nWHERE {}",
            self.table("rungs_ledger"),
            State::Applied.word(),
            self.is_revision(revision)
        )
    }

    /// A new row of the log, for a revision that has run.
    pub(super) fn log_done_sql(&self, step: &Prepared<'_>, clock: &Clock) -> String {
        let Clock { started, took, runner } = clock;
        format!(
            "INSERT INTO {} (started_at, runner, version, revision, direction, duration_ms, outcome)\n\
             VALUES ({started}, {runner}, '{}', {}, '{}', {took}, 'done')",
            self.table("rungs_log"),
            version(),
            self.literal(&step.revision.id),
            step.direction,
        )
    }

    /// Whether a row is there of which something is true.
    pub(super) fn has_row(&self, condition: &str) -> String {
        format!("EXISTS (SELECT 1 FROM {} WHERE {condition})", self.table("rungs_ledger"))
    }

    /// A row is that of a revision.
    pub(super) fn is_revision(&self, id: &str) -> String {
        format!("revision = {}", self.literal(id))
    }

    /// A revision was applied with another text than its file has now.
    pub(super) fn has_other_text(&self, revision: &Revision) -> String {
        self.has_row(&format!("{} AND checksum <> '{}'", self.is_revision(&revision.id), self.checksum(revision)))
    }

    /// A row's revision is a child of this one, or depends on it, by its id or by a label that it carries: as
    /// [`stands_on`](super::super::ahead::stands_on).
    pub(super) fn stands_on(&self, revision: &Revision) -> String {
        let names = std::iter::once(&revision.id).chain(&revision.branch_labels);
        let names = names.map(|name| self.has_word("depends_on", name));
        let all: Vec<String> = std::iter::once(self.has_word("parents", &revision.id)).chain(names).collect();
        all.join(" OR ")
    }

    /// A column with words between blanks has this one.
    fn has_word(&self, column: &str, word: &str) -> String {
        let word = self.literal(&format!(" {word} "));
        match self.dialect_name() {
            DialectName::Sqlite => format!("instr(' ' || {column} || ' ', {word}) > 0"),
            DialectName::Postgres => format!("pg_catalog.strpos(' ' || {column} || ' ', {word}) > 0"),
            DialectName::Mysql | DialectName::Mariadb => format!("LOCATE({word}, CONCAT(' ', {column}, ' ')) > 0"),
        }
    }
}
