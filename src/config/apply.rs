//! `[apply]`: how revisions are run.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// What the file says of running revisions; what it leaves open is left to the defaults.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// For how long a statement may wait for a lock; zero is for ever.
    #[serde(default, deserialize_with = "time")]
    pub lock_timeout: Option<Duration>,
    /// For how long a statement may run; zero is for ever.
    #[serde(default, deserialize_with = "time")]
    pub statement_timeout: Option<Duration>,
    /// How often to try again what could not get a lock.
    pub retries: Option<u32>,
    /// How much of a run is one transaction.
    pub transaction: Option<Transaction>,
}

/// How much of a run is one transaction, in the words of `--transaction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transaction {
    /// The whole run.
    All,
    /// Each revision that does not say otherwise.
    Revision,
    /// Nothing.
    None,
}

impl Apply {
    /// What is said here, or else there.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            lock_timeout: self.lock_timeout.or(other.lock_timeout),
            statement_timeout: self.statement_timeout.or(other.statement_timeout),
            retries: self.retries.or(other.retries),
            transaction: self.transaction.or(other.transaction),
        }
    }
}

fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let time = humantime::parse_duration(&text);
    time.map(Some).map_err(|error| serde::de::Error::custom(format!("{text:?} is no time, as \"5s\" is: {error}")))
}
