//! `migrate ensure-version`.

use std::time::Duration;

use serde_json::json;

use super::progress::waiting;
use super::run::{close_after, open_within};
use super::upgrade::{missing, take_away};
use super::{Context, Outcome};
use crate::apply::{self, Event, Options};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect;
use crate::error::Error;

/// Create the tables in which the database records what is applied, and nothing else.
#[derive(Debug, clap::Args)]
pub(super) struct EnsureVersion {
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
}

impl EnsureVersion {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let absent = missing(&url);
        let outcome = self.ensure(context, &url).await;
        if outcome.is_err() {
            take_away(&absent);
        }
        let created = outcome?;
        let text = if created { "created the tables of the ledger" } else { "the tables of the ledger are there" };
        context.ui.data(text, &json!({ "created": created }));
        Ok(Outcome::Fine)
    }

    async fn ensure(&self, context: &Context, url: &DatabaseUrl) -> Result<bool, Error> {
        let mut connection = open_within(url, true, self.lock_wait).await?;
        let outcome = self.ensure_in(context, &mut connection).await;
        close_after(connection, outcome, url, self.lock_wait).await
    }

    async fn ensure_in(&self, context: &Context, connection: &mut Connection) -> Result<bool, Error> {
        let dialect = dialect::for_version(connection.version())?;
        let options = Options { lock_wait: Duration::from_secs(self.lock_wait), ..Options::default() };
        let mut tell = |event: Event<'_>| {
            if let Event::Waiting { holder } = event {
                context.ui.progress(waiting(holder));
            }
        };
        apply::ensure_version(connection, dialect.as_ref(), &options, &mut tell).await
    }
}
