//! What is told of a revision that failed.

use std::time::Duration;

use rungs_schema::DialectName;

use super::Transaction;
use super::executor::Runner;
use super::prepare::Prepared;
use crate::error::{ApplyError, Cause, DbError, Stopped};

impl Runner<'_> {
    pub(super) fn statement_error(
        &self,
        step: &Prepared<'_>,
        index: usize,
        error: DbError,
        state: String,
    ) -> ApplyError {
        let piece = &step.pieces[index];
        let mut line = step.line(piece);
        let mut help = Some("correct the statement in the file, and run the command again".to_owned());
        if let DbError::Statement { code, position, help: advice, .. } = &error {
            line = position.map_or(line, |position| step.section.line + piece.line_at(position));
            help = if step.in_transaction && needs_no_transaction(code.as_deref(), &error) {
                Some(format!("put `transaction:false` after `-- migrate:{}`", step.direction))
            } else {
                advice.clone().or(help)
            };
        }
        ApplyError::Statement {
            stopped: self.stopped_at(step, step.revision.place(line), state, error.cause()),
            index: index + 1,
            total: step.pieces.len(),
            reason: reason_of(&error),
            sql: piece.sql.to_owned(),
            help,
        }
    }

    pub(super) fn stopped_at(&self, step: &Prepared<'_>, place: String, state: String, cause: Cause) -> Box<Stopped> {
        let (revision, direction) = (step.revision.id.clone(), step.direction.word());
        Box::new(Stopped { place, revision, direction, state, done: self.done(), cause })
    }

    fn done(&self) -> Vec<String> {
        self.report.steps.iter().map(|step| step.revision.clone()).collect()
    }

    pub(super) fn before(&self) -> Option<String> {
        let done = self.done();
        (!done.is_empty()).then(|| format!("done before it in this run: {}", done.join(", ")))
    }

    pub(super) fn nothing_stays(&self) -> String {
        if self.options.transaction == Transaction::All {
            return "the whole run was rolled back".to_owned();
        }
        let before = self.before().map(|before| format!("; {before}")).unwrap_or_default();
        format!("the whole revision was rolled back{before}")
    }

    /// A connection that breaks while a transaction is committed does not tell whether it was.
    pub(super) fn unknown_end(&self) -> String {
        let before = self.before().map(|before| format!("; {before}")).unwrap_or_default();
        format!("whether the revision was committed is not known: `migrate current` tells{before}")
    }

    /// On SQLite a runner that waits for the write lock waits for another runner, or for any other program.
    pub(super) fn busy(&self, error: DbError) -> ApplyError {
        busy(error, self.connection.version().name, self.options.lock_wait)
    }
}

/// Why a statement is not both done and marked as done.
pub(super) struct Failure {
    pub(super) error: DbError,
    /// The statement itself is done, and not undone.
    pub(super) ran: bool,
    /// It was the ledger that failed.
    pub(super) in_ledger: bool,
    /// It was sent after its intent, with what there was before it.
    pub(super) before: Option<Option<Vec<String>>>,
}

impl Failure {
    /// The statement failed, and nothing of it stays.
    pub(super) fn statement(error: DbError) -> Self {
        Self { error, ran: false, in_ledger: false, before: None }
    }

    /// The statement is done, and its mark failed.
    pub(super) fn mark(error: DbError) -> Self {
        Self { error, ran: true, in_ledger: true, before: None }
    }

    /// What was to be written before the statement failed.
    pub(super) fn intent(error: DbError) -> Self {
        Self { error, ran: false, in_ledger: true, before: None }
    }
}

/// What it means that a transaction cannot be begun.
pub(super) fn busy(error: DbError, dialect: DialectName, lock_wait: Duration) -> ApplyError {
    match error {
        DbError::Locked { .. } if dialect == DialectName::Sqlite => ApplyError::Locked {
            holder: Some("or another program that has locked it".to_owned()),
            waited: lock_wait.as_secs(),
        },
        other => other.into(),
    }
}

/// Whether the server refuses the statement within a transaction: CREATE INDEX CONCURRENTLY, VACUUM and their like.
/// PostgreSQL has a code for it (`active_sql_transaction`), SQLite only its words.
pub(super) fn needs_no_transaction(code: Option<&str>, error: &DbError) -> bool {
    let reason = reason_of(error);
    code == Some("25001") || reason.contains("within a transaction") || reason.contains("inside a transaction")
}

/// Whether the server ends the connection, or it has broken. PostgreSQL says so in class 57P (operator intervention), also
/// after it has committed and while it waits for a standby.
pub(super) fn is_gone(error: &DbError) -> bool {
    match error {
        DbError::Lost { .. } => true,
        // 1053: the server shuts down; 1927, 4031: somebody has ended the connection.
        DbError::Statement { code: Some(code), .. } => {
            code.starts_with("57P") || code.starts_with("08") || ["1053", "1927", "4031"].contains(&code.as_str())
        }
        _ => false,
    }
}

/// What the server said, without the statement, which our own message shows.
pub(super) fn reason_of(error: &DbError) -> String {
    match error {
        DbError::Statement { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}
