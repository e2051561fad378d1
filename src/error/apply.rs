use miette::Diagnostic;
use thiserror::Error;

use super::excerpt;

/// What can go wrong while revisions run.
#[derive(Debug, Error, Diagnostic)]
pub enum ApplyError {
    /// The database said no.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Db(#[from] super::DbError),
    /// Some of the revisions may not run; none of them did. All reasons are in here.
    #[error("refused before anything ran, for {} reason{}", refusals.len(), if refusals.len() == 1 { "" } else { "s" })]
    #[diagnostic(code(apply::refused))]
    Refused {
        /// Each with its file and line.
        #[related]
        refusals: Vec<Refusal>,
    },
    /// A statement of a revision failed.
    #[error("{stopped}, statement {index} of {total}: {reason}\n  in: {}\n{}", excerpt(sql), stopped.state)]
    #[diagnostic(code(apply::statement))]
    Statement {
        /// Where, and what stays.
        stopped: Box<Stopped>,
        /// Which statement of the section, from 1.
        index: usize,
        /// How many it has.
        total: usize,
        /// What the server said.
        reason: String,
        /// The statement.
        sql: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
    /// SQLite only: rows refer to rows that are not there after the revision.
    #[error("{stopped} breaks foreign keys: {}\n{}", rows.join("; "), stopped.state)]
    #[diagnostic(
        code(apply::foreign_keys),
        help("delete or correct these rows in the revision, before the statement that makes them wrong")
    )]
    ForeignKeys {
        /// Where, and what stays.
        stopped: Box<Stopped>,
        /// `table child, row 3: no such row in parent`.
        rows: Vec<String>,
    },
    /// The commit failed, for example by a deferred constraint.
    #[error("{stopped} cannot be committed: {reason}\n{}", stopped.state)]
    #[diagnostic(
        code(apply::commit),
        help("correct in the file what the server objects to, and run the command again")
    )]
    Commit {
        /// Where, and what stays.
        stopped: Box<Stopped>,
        /// What the server said.
        reason: String,
    },
    /// An earlier run stopped in the middle of a revision that is not one transaction.
    #[error(
        "revision {revision} is half {direction}: {done} of {total} statements ran in the run that began at {since}"
    )]
    #[diagnostic(
        code(apply::half_done),
        help("`{}` goes on with statement {}; or {}", going_on(revision, direction, before), done + 1, mending(revision, direction, before))
    )]
    HalfDone {
        /// The revision.
        revision: String,
        /// `applied` or `reverted`.
        direction: &'static str,
        /// How many statements are known to have run; the next one may have run too.
        done: usize,
        /// How many its section has.
        total: usize,
        /// When the run began.
        since: String,
        /// The target that takes it out of the ledger and nothing else.
        before: String,
    },
    /// A run has stopped while a statement was under way, and nothing shows whether it ran.
    #[error("{0}")]
    #[diagnostic(
        code(apply::in_doubt),
        help(
            "see what of it is in the database{}; then say so: `migrate resolve {} --done` if it ran, `migrate resolve {} \
             --not-done` if it did not, and run the command again",
            if _0.partial { "; a part of it may be: finish that by hand, or undo it" } else { "" },
            _0.revision,
            _0.revision
        )
    )]
    InDoubt(Box<Doubt>),
    /// What ran of a revision that is half done is no longer what its file says.
    #[error("{place}: revision {revision} is half {direction}, and {what} been edited since")]
    #[diagnostic(
        code(apply::half_edited),
        help(
            "write there again what ran; what has not run yet may be corrected. Or take the revision out of the run: {}",
            mending(revision, direction, before)
        )
    )]
    HalfEdited {
        /// `file:line` of the section or statement.
        place: String,
        /// The revision.
        revision: String,
        /// `applied` or `reverted`.
        direction: &'static str,
        /// `its first 3 statements (lines 7 to 12), which ran, have`
        what: String,
        /// The target that takes it out of the ledger and nothing else.
        before: String,
    },
    /// A revision that is half done stands on something that the session of the former run took with it.
    #[error(
        "{place}: the revision cannot go on: this statement stands on the {what} of the former run's session, which is gone\n  \
         in: {}",
        excerpt(sql)
    )]
    #[diagnostic(code(apply::session_lost), help("{mending}"))]
    SessionLost {
        /// `file:line` of the statement that needs it.
        place: String,
        /// `temporary table t`
        what: String,
        /// The statement.
        sql: String,
        /// What to do.
        mending: String,
    },
    /// There is nothing that a person would have to say.
    #[error("{reason}")]
    #[diagnostic(code(apply::not_in_doubt), help("{help}"))]
    NotInDoubt {
        /// What is known instead.
        reason: String,
        /// What to do.
        help: String,
    },
    /// Another runner has the lock, and kept it for as long as we waited.
    #[error("another runner is at work on this database{}, and did not finish within {waited} s", holder.as_ref().map(|holder| format!(" ({holder})")).unwrap_or_default())]
    #[diagnostic(code(apply::locked), help("wait for it to finish, or give --lock-wait more seconds"))]
    Locked {
        /// Who has it, where the server tells.
        holder: Option<String>,
        /// For how long we waited, in seconds.
        waited: u64,
    },
    /// The connection that kept the lock is gone, so that another runner may have begun.
    #[error("the lock that keeps other runners out was lost: {reason}")]
    #[diagnostic(
        code(apply::lock_lost),
        help(
            "run the command again: it goes on from here. What has ended the connection? A proxy's limit on idle \
              transactions would"
        )
    )]
    LockLost {
        /// What became of the connection.
        reason: String,
    },
    /// The engine's DDL takes no part in transactions, and that is asked of it.
    #[error("{engine} commits each DDL statement by itself: {what}")]
    #[diagnostic(code(apply::no_transaction), help("{help}"))]
    NoTransaction {
        /// The engine.
        engine: String,
        /// What cannot be.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// Between planning and running, another runner has changed what is applied.
    #[error("the database has changed since this run was planned: {reason}")]
    #[diagnostic(code(apply::moved), help("run the command again"))]
    Moved {
        /// What no longer fits.
        reason: String,
    },
    /// The connection has no namespace in which the ledger could stand.
    #[error("there is no {what} to keep the ledger in")]
    #[diagnostic(code(apply::no_namespace), help("{help}"))]
    NoNamespace {
        /// `current schema` or `database`.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
    /// The ledger holds something that this version does not understand.
    #[error("the ledger's row for revision {revision} cannot be read: {reason}")]
    #[diagnostic(
        code(apply::ledger),
        help(
            "was it written by a newer version of rungs, or changed by hand? `migrate stamp TARGETS --purge` writes the \
             ledger anew"
        )
    )]
    Ledger {
        /// The revision.
        revision: String,
        /// What is wrong.
        reason: String,
    },
}

/// A statement of which nothing shows whether it ran.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{place}: whether statement {index} of {total} of revision {revision} ({direction}) ran cannot be told: {reason}\n  in: {}{}",
    excerpt(sql),
    looks.iter().map(|look| format!("\n  look: {look}")).collect::<String>()
)]
pub struct Doubt {
    /// `file:line` of the statement.
    pub place: String,
    /// The revision.
    pub revision: String,
    /// `up` or `down`.
    pub direction: &'static str,
    /// Which statement of the section, from 1.
    pub index: usize,
    /// How many it has.
    pub total: usize,
    /// Why it cannot be told.
    pub reason: String,
    /// The statement.
    pub sql: String,
    /// What to run to see for oneself.
    pub looks: Vec<String>,
    /// A part of the statement may have been done.
    pub partial: bool,
}

/// Which revision stopped a run, and what of the run stays.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: revision {revision} ({direction})")]
pub struct Stopped {
    /// `file:line` of the statement, or of the place in it where the server tells, else of the section.
    pub place: String,
    /// The revision.
    pub revision: String,
    /// `up` or `down`.
    pub direction: &'static str,
    /// What of this revision stays in the database, and what ran before it.
    pub state: String,
    /// The revisions of this run that are done.
    pub done: Vec<String>,
    /// What kind of thing stopped it.
    pub cause: Cause,
}

/// What kind of thing stopped a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The server objects to the revision, or is gone.
    Other,
    /// Others held a lock, or it came to a deadlock: tried again, it may succeed.
    Lock,
    /// A statement ran for longer than it may.
    Time,
}

impl ApplyError {
    /// What kind of thing stopped a revision.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Statement { stopped, .. } | Self::ForeignKeys { stopped, .. } | Self::Commit { stopped, .. } => {
                stopped.cause
            }
            Self::Db(error) => error.cause(),
            _ => Cause::Other,
        }
    }
}

/// Why one revision may not run.
#[derive(Debug, Error, Diagnostic)]
pub enum Refusal {
    /// A person has to edit the file first.
    #[error("{place}: revision {revision} waits for an edit: {reason}")]
    #[diagnostic(
        code(apply::needs_edit),
        help("write the SQL that is right for your data, and delete the line `-- migrate:edit`")
    )]
    NeedsEdit {
        /// `file:line` of the marker.
        place: String,
        /// The revision.
        revision: String,
        /// What a person has to decide.
        reason: String,
    },
    /// Its down says that there is none.
    #[error("{place}: revision {revision} cannot be reverted: {reason}")]
    #[diagnostic(code(apply::irreversible), help("restore a backup, or write a new revision that leads forwards"))]
    Irreversible {
        /// `file:line` of the section.
        place: String,
        /// The revision.
        revision: String,
        /// Its author's words.
        reason: String,
    },
    /// The file has sections for other engines only.
    #[error("{place}: revision {revision} has no `migrate:{direction}` for {dialect}")]
    #[diagnostic(code(apply::no_section), help("add one with `dialect:{dialect}`, or one without `dialect:` for all"))]
    NoSection {
        /// The file.
        place: String,
        /// The revision.
        revision: String,
        /// `up` or `down`.
        direction: &'static str,
        /// The engine's word.
        dialect: &'static str,
    },
    /// The SQL cannot be split into statements.
    #[error("{place}: revision {revision}: {reason}")]
    #[diagnostic(
        code(apply::split),
        help("close it in the file (is a quote, a comment or a block left open?), and run the command again")
    )]
    Split {
        /// `file:line`.
        place: String,
        /// The revision.
        revision: String,
        /// What is wrong.
        reason: String,
    },
    /// The SQL begins or ends a transaction where that would break the one it runs in.
    #[error("{place}: revision {revision}: {statement} has no place here: {reason}")]
    #[diagnostic(code(apply::transaction_control), help("{help}"))]
    TransactionControl {
        /// `file:line`.
        place: String,
        /// The revision.
        revision: String,
        /// `COMMIT`.
        statement: String,
        /// Why not.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// A statement sets something in the session, and a proxy gives each statement another one.
    #[error(
        "{place}: revision {revision}: {statement} holds for a session, and a pooling proxy gives each transaction another one"
    )]
    #[diagnostic(
        code(apply::needs_session),
        help("connect to the server itself, or to a pool of sessions; or take `transaction:false` away")
    )]
    NeedsSession {
        /// `file:line` of the statement.
        place: String,
        /// The revision.
        revision: String,
        /// Its first words.
        statement: String,
    },
    /// The whole run is to be one transaction, and this revision is none.
    #[error("{place}: revision {revision} is not one transaction (`transaction:false`), so that the run cannot be one")]
    #[diagnostic(
        code(apply::not_in_one_transaction),
        help("leave `--transaction all` away; or apply what comes before it, it alone, and then the others")
    )]
    NoTransaction {
        /// `file:line` of the section.
        place: String,
        /// The revision.
        revision: String,
    },
    /// No script for the engine's client can do what the revision does.
    #[error("{place}: revision {revision} cannot be in a script: {reason}")]
    #[diagnostic(code(apply::not_in_script), help("{help}"))]
    NotInScript {
        /// `file:line`.
        place: String,
        /// The revision.
        revision: String,
        /// Why not.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// A part of the revision is a step in Rust, which this program does not have.
    #[error("{place}: revision {revision} ({direction}) has a step in Rust, which the program `{program}` takes")]
    #[diagnostic(
        code(apply::needs_program),
        help("let `{program}` apply or revert it: it registers the step with `Migrator::step`")
    )]
    NeedsProgram {
        /// `file:line` of the section.
        place: String,
        /// The revision.
        revision: String,
        /// `up` or `down`.
        direction: &'static str,
        /// The name in the file.
        program: String,
    },
    /// A program has a step in Rust for a revision whose file does not say so: the command line would leave it out.
    #[error("{place}: revision {revision} has a step in Rust, and its file does not say so")]
    #[diagnostic(
        code(apply::step_not_said),
        help("put `program:NAME` after `-- migrate:{direction}`, with the name of the program")
    )]
    StepNotSaid {
        /// `file:line` of the section.
        place: String,
        /// The revision.
        revision: String,
        /// `up` or `down`.
        direction: &'static str,
    },
    /// A program has a step in Rust for a revision that is not there.
    #[error("there is no revision {revision} for the step in Rust ({direction})")]
    #[diagnostic(code(apply::step_of_nothing), help("give `Migrator::step` the whole id of a revision"))]
    StepOfNothing {
        /// The id that was given.
        revision: String,
        /// `up` or `down`.
        direction: &'static str,
    },
    /// A batch or a load that cannot be carried out.
    #[error("{place}: revision {revision}: {reason}")]
    #[diagnostic(code(apply::data), help("{help}"))]
    Data {
        /// `file:line` of the marker.
        place: String,
        /// The revision.
        revision: String,
        /// Why not.
        reason: String,
        /// What to do.
        help: String,
    },
    /// The file is not the one that was applied.
    #[error("{place}: revision {revision} was edited after it was applied at {applied_at}")]
    #[diagnostic(
        code(apply::edited),
        help(
            "its down may not fit what its up has done: restore the file as it was when it was applied; or, if it fits, \
             take the new text in with `migrate stamp --accept-edits {revision}`"
        )
    )]
    Edited {
        /// The file.
        place: String,
        /// The revision.
        revision: String,
        /// When it was applied.
        applied_at: String,
    },
}

/// How a revision that is half done is brought to an end, and the ledger told. `before` is the target that takes it out
/// of the ledger and nothing else.
pub(crate) fn mending(revision: &str, direction: &str, before: &str) -> String {
    let (finished, undone) = if direction == "reverted" { (before, revision) } else { (revision, before) };
    format!(
        "finish it by hand, then `migrate stamp {finished}`; or undo by hand what ran, then `migrate stamp {undone}`"
    )
}

/// The command that ends a revision which is half done.
pub(crate) fn going_on(revision: &str, direction: &str, before: &str) -> String {
    if direction == "reverted" { format!("migrate downgrade {before}") } else { format!("migrate upgrade {revision}") }
}
