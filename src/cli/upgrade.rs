//! `migrate upgrade`.

use super::run::{Done, Request, run};
use super::{Context, Outcome};
use crate::db::{Connection, DatabaseUrl};
use crate::error::Error;
use crate::revision::{Direction, Target};

/// Apply revisions, in an order in which each comes after those it stands on.
#[derive(Debug, clap::Args)]
pub(super) struct Upgrade {
    /// Up to where: `heads`, `head`, a revision's id or the beginning of it, `+1`
    #[arg(allow_hyphen_values = true)]
    target: String,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
}

impl Upgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let target = Target::parse(&self.target)?;
        let done = upgrade(context, &url, target, self.lock_wait).await?;
        context.ui.data(done.text, &done.value);
        Ok(Outcome::Fine)
    }
}

/// Applies what a target asks for. An SQLite file that is not there is created.
pub(super) async fn upgrade(
    context: &Context,
    url: &DatabaseUrl,
    target: Target,
    lock_wait: u64,
) -> Result<Done, Error> {
    let mut connection = Connection::open_or_create(url).await?;
    let request = Request { direction: Direction::Up, target, lock_wait };
    let outcome = run(context, &mut connection, &request).await;
    let closed = connection.close().await;
    let done = outcome?;
    closed?;
    Ok(done)
}
