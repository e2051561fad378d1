//! The options that bound how long statements wait and run.

use std::time::Duration;

use crate::apply::Limits;
use crate::config::Apply;

/// The options of `upgrade` and `downgrade`; each wins over `[apply]` of the configuration.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct LimitOptions {
    /// For how long a statement may wait for a lock before the others go first: 5s, 500ms; 0s is for ever [default: 5s]
    #[arg(long, value_name = "TIME", env = "MIGRATE_LOCK_TIMEOUT", value_parser = humantime::parse_duration)]
    lock_timeout: Option<Duration>,
    /// For how long a statement may run: 10min; 0s is for ever [default: as the server is set]
    #[arg(long, value_name = "TIME", env = "MIGRATE_STATEMENT_TIMEOUT", value_parser = humantime::parse_duration)]
    statement_timeout: Option<Duration>,
    /// How often to try again what could not get a lock [default: 10]
    #[arg(long, value_name = "COUNT", env = "MIGRATE_RETRIES")]
    retries: Option<u32>,
}

impl LimitOptions {
    /// What holds for a run.
    pub(super) fn limits(self, configured: Apply) -> Limits {
        let (said, default) = (self.said(configured), Limits::default());
        Limits { lock_timeout: said.lock_timeout.or(default.lock_timeout), ..said }
    }

    /// What somebody has said, without the lock timeout that is ours.
    pub(super) fn said(self, configured: Apply) -> Limits {
        let default = Limits::default();
        Limits {
            lock_timeout: self.lock_timeout.or(configured.lock_timeout),
            statement_timeout: self.statement_timeout.or(configured.statement_timeout).or(default.statement_timeout),
            retries: self.retries.or(configured.retries).unwrap_or(default.retries),
        }
    }
}
