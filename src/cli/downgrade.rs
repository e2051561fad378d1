//! `migrate downgrade`.

use super::run::{Request, run};
use super::{Context, Outcome};
use crate::db::Connection;
use crate::error::Error;
use crate::revision::{Direction, Target};

/// Revert revisions, newest first.
#[derive(Debug, clap::Args)]
pub(super) struct Downgrade {
    /// Back to where: `base`, a revision's id or the beginning of it (which itself stays applied), `-1`
    #[arg(allow_hyphen_values = true)]
    target: String,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
}

impl Downgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let request =
            Request { direction: Direction::Down, target: Target::parse(&self.target)?, lock_wait: self.lock_wait };
        let mut connection = Connection::open(&url).await?;
        let outcome = run(context, &mut connection, &request).await;
        let closed = connection.close().await;
        let done = outcome?;
        closed?;
        context.ui.data(done.text, &done.value);
        Ok(Outcome::Fine)
    }
}
