//! What the ledger keeps of a run that has not ended, beside how many statements are done: as JSON in the column
//! `progress`. Only digits, hexadecimal digits and plain words are in it, so that no setting of a session changes how it is
//! read as a literal.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ledger::LedgerRow;
use crate::dialect::splitter::Piece;
use crate::error::ApplyError;

/// The progress of a revision that is not one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// [`chain`] over the statements that are done; none where their text is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ran: Option<String>,
    /// What was about to be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) intent: Option<Intent>,
    /// PostgreSQL: invalid indexes that a statement has left when it failed, by their oids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) left: Vec<u32>,
    /// What has run of the batch that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rounds: Option<Rounds>,
}

/// How far a batch is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rounds {
    /// [`hash`] of its text: where that is corrected, it begins anew with what is left.
    pub(super) hash: String,
    pub(super) rounds: u64,
    pub(super) rows: u64,
    /// How many rows its table had, where that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) most: Option<u64>,
}

impl Rounds {
    /// `3 rounds, which touched 300 rows,`
    pub(super) fn told(&self) -> String {
        let s = if self.rounds == 1 { "" } else { "s" };
        let r = if self.rows == 1 { "" } else { "s" };
        format!("{} round{s}, which touched {} row{r},", self.rounds, self.rows)
    }
}

/// A statement that was about to be sent, and cannot share a transaction with its mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Intent {
    /// Which one, from 1.
    pub(super) statement: usize,
    /// [`hash`] of its text.
    pub(super) hash: String,
    /// What the database had of each object that it defines; none where it defines none that can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Vec<String>>,
}

impl Intent {
    /// To send a statement, counted from 0.
    pub(super) fn of(index: usize, sql: &str, before: Option<Vec<String>>) -> Self {
        Self { statement: index + 1, hash: hash(sql), before }
    }
}

impl Progress {
    /// That statements ran, and nothing else.
    pub(super) fn ran(chain: &str) -> Self {
        Self { ran: Some(chain.to_owned()), ..Self::default() }
    }

    /// What a row says; none where an older version has written it.
    ///
    /// # Errors
    /// When it says what this version does not know.
    pub(super) fn of(row: &LedgerRow) -> Result<Option<Self>, ApplyError> {
        let Some(text) = &row.progress else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|error| ApplyError::Ledger {
            revision: row.revision.clone(),
            reason: format!("its progress is `{text}` ({error})"),
        })
    }

    pub(super) fn json(&self) -> String {
        // Strings and numbers always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What identifies the text of a statement. As for whole files, line endings and trailing blanks do not count.
pub(super) fn hash(sql: &str) -> String {
    let mut hash = Sha256::new();
    for line in sql.lines() {
        hash.update(line.trim_end());
        hash.update("\n");
    }
    short(hash)
}

/// What identifies a list of statements and their order: each with what came before it.
pub(super) fn chained(before: &str, statement: &str) -> String {
    short(Sha256::new().chain_update(before).chain_update(" ").chain_update(statement))
}

/// For each number of statements, what identifies so many of them.
pub(super) fn chain(pieces: &[Piece<'_>]) -> Vec<String> {
    let mut chain = vec![String::new()];
    for piece in pieces {
        let last = chain.last().map(String::as_str).unwrap_or_default();
        chain.push(chained(last, &hash(piece.sql)));
    }
    chain
}

/// A hash of anything.
pub(super) fn fingerprint(text: &str) -> String {
    short(Sha256::new().chain_update(text))
}

fn short(hash: Sha256) -> String {
    hash.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}
