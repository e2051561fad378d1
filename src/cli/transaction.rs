//! `--transaction`, and `[apply] transaction` of the configuration.

use super::Context;
use crate::apply::Transaction;
use crate::config;
use crate::error::Error;

/// How much of a run is one transaction.
#[derive(Debug, clap::Args)]
pub(super) struct TransactionOption {
    /// What is one transaction, on SQLite and PostgreSQL: the whole run (all), each revision (revision), or nothing
    /// (none), as if each file said `transaction:false`
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
    /// What the command line says, else the configuration.
    pub(super) fn of(&self, context: &Context) -> Result<Transaction, Error> {
        match self.transaction {
            Some(Word::All) => Ok(Transaction::All),
            Some(Word::Revision) => Ok(Transaction::Revision),
            Some(Word::None) => Ok(Transaction::None),
            None => configured(context),
        }
    }
}

/// What the configuration says.
pub(super) fn configured(context: &Context) -> Result<Transaction, Error> {
    Ok(match context.config()?.apply.transaction {
        Some(config::Transaction::All) => Transaction::All,
        Some(config::Transaction::None) => Transaction::None,
        Some(config::Transaction::Revision) | None => Transaction::Revision,
    })
}
