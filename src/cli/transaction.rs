//! `--transaction`, and `[apply] transaction` of the configuration.

use super::Context;
use crate::apply::Transaction;
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
    let word = context.config()?.transaction.as_ref().map(|one| one.text.as_str());
    Ok(match word {
        Some("all") => Transaction::All,
        Some("none") => Transaction::None,
        _ => Transaction::Revision,
    })
}
