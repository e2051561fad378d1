use std::time::Duration;

use super::{Limits, Program};
use crate::revision::{Direction, Revision};

/// What happens while revisions run, for whoever shows progress.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Another runner has the lock; we wait.
    Waiting {
        /// Who has it, where the server tells.
        holder: Option<&'a str>,
    },
    /// A revision begins.
    Started {
        /// The revision.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// How many statements it has.
        total: usize,
    },
    /// A run goes on with a revision where an earlier one has stopped.
    Resumed {
        /// The revision.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// With which statement, from 1; one more than there are when only the ledger has to be told.
        index: usize,
        /// How many there are.
        total: usize,
        /// What was found out about the statement that was under way, or done about what it has left.
        found: Option<&'a str>,
    },
    /// A statement is about to be sent.
    Statement {
        /// The revision.
        revision: &'a Revision,
        /// From 1.
        index: usize,
        /// How many there are.
        total: usize,
        /// The statement.
        sql: &'a str,
        /// Its line in the file.
        line: usize,
    },
    /// A batch or a load goes on.
    Progress {
        /// The revision.
        revision: &'a Revision,
        /// Which statement, from 1.
        statement: usize,
        /// How many rows it has touched so far: of a batch, also in earlier runs; of a load, those read from the file, and at
        /// its end those of the table.
        rows: u64,
        /// About how many there are to be, where that is known: of a load, the lines of its file.
        total: Option<u64>,
    },
    /// Others held a lock, or it came to a deadlock; nothing of the attempt stays, and another one follows.
    Retrying {
        /// The revision.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// Which attempt follows, from 1.
        attempt: u32,
        /// How many there may be.
        of: u32,
        /// When it follows.
        pause: Duration,
        /// What stopped the last one.
        reason: &'a str,
    },
    /// A revision is done, and the ledger says so.
    Finished {
        /// The revision.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
        /// How long it took.
        duration: Duration,
    },
    /// Another runner has done this one meanwhile.
    Skipped {
        /// The revision.
        revision: &'a Revision,
        /// Which way.
        direction: Direction,
    },
}

/// How much of a run is one transaction, where DDL takes part in transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transaction {
    /// The whole run: all of it or nothing.
    All,
    /// Each revision, unless its file says `transaction:false`.
    #[default]
    Revision,
    /// No revision: as if each file said `transaction:false`.
    None,
}

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// For how long to wait while another runner is at work.
    pub lock_wait: Duration,
    /// Reverts a revision although its file was edited after it was applied.
    pub accept_edits: bool,
    /// How long statements may wait and run.
    pub limits: Limits,
    /// Who runs it, for the log table.
    pub runner: String,
    /// How much of it is one transaction.
    pub transaction: Transaction,
    /// The steps in Rust that revisions ask for.
    pub program: Program,
}

impl Default for Options {
    fn default() -> Self {
        let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        Self {
            lock_wait: Duration::from_secs(10),
            accept_edits: false,
            limits: Limits::default(),
            runner: user.unwrap_or_default(),
            transaction: Transaction::default(),
            program: Program::default(),
        }
    }
}

/// What a run has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The revisions that ran, in their order.
    pub steps: Vec<StepReport>,
    /// The revisions that another runner had done meanwhile.
    pub skipped: Vec<String>,
}

/// One revision that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// The revision's id.
    pub revision: String,
    /// Which way.
    pub direction: Direction,
    /// How long it took.
    pub duration: Duration,
}
