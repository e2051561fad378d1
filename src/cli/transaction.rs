//! `--transaction`, and `[apply] transaction` of the configuration.

use crate::apply::Transaction;
use crate::config::{self, Apply};

/// How much of a run is one transaction.
#[derive(Debug, clap::Args)]
pub(super) struct TransactionOption {
    /// What is one transaction, on SQLite and PostgreSQL: the whole run (all), each revision (revision), or nothing
    /// (none), as if each file said `transaction:false` [default: revision]
    #[arg(
        long,
        value_enum,
        value_name = "all|revision|none",
        hide_possible_values = true,
        env = "MIGRATE_TRANSACTION"
    )]
    transaction: Option<Word>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Word {
    All,
    Revision,
    None,
}

impl TransactionOption {
    /// What holds for a run.
    pub(super) fn of(&self, configured: Apply) -> Transaction {
        match self.transaction {
            Some(Word::All) => Transaction::All,
            Some(Word::Revision) => Transaction::Revision,
            Some(Word::None) => Transaction::None,
            None => configured.transaction.map(of).unwrap_or_default(),
        }
    }
}

/// What the configuration means.
pub(super) fn of(configured: config::Transaction) -> Transaction {
    match configured {
        config::Transaction::All => Transaction::All,
        config::Transaction::Revision => Transaction::Revision,
        config::Transaction::None => Transaction::None,
    }
}
