//! `migrate resolve`.

use std::time::Duration;

use serde_json::json;

use super::progress::waiting;
use super::run::{close_after, open_within};
use super::{Context, Outcome, complete};
use crate::apply::{self, Event, Options, Resolved};
use crate::db::Connection;
use crate::dialect;
use crate::error::Error;
use crate::revision::Direction;

/// Say whether the statement ran that was under way when a run stopped.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Only for a statement of which nothing in the database shows whether it ran: `upgrade` and `downgrade` then refuse \
                  to go on, and tell what to look at.\n\nExamples:\n  migrate resolve 1975ea --done        it ran: go on behind it\n  migrate resolve 1975ea --not-done    it did not: run it"
)]
pub(super) struct Resolve {
    /// The revision that is half done: its id, or the beginning of it
    #[arg(add = complete::targets())]
    revision: String,
    /// The statement ran, to its end
    #[arg(long, required_unless_present = "not_done", conflicts_with = "not_done")]
    done: bool,
    /// Nothing of the statement is in the database
    #[arg(long)]
    not_done: bool,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
}

impl Resolve {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let mut connection = open_within(&url, false, self.lock_wait).await?;
        let outcome = self.resolve(context, &mut connection).await;
        let resolved = close_after(connection, outcome, &url, self.lock_wait).await?;
        let Resolved { revision, direction, index, total, done, before } = resolved;
        let (word, command) = match direction {
            Direction::Up => ("up", format!("migrate upgrade {revision}")),
            Direction::Down => ("down", format!("migrate downgrade {before}")),
        };
        let said = if done { "as done" } else { "as not done" };
        context.ui.data(
            format!(
                "statement {index} of {total} of revision {revision} ({word}) is taken {said}: `{command}` goes on"
            ),
            &json!({ "revision": revision, "direction": word, "statement": index, "statements": total, "done": done }),
        );
        Ok(Outcome::Fine)
    }

    async fn resolve(&self, context: &Context, connection: &mut Connection) -> Result<Resolved, Error> {
        let dialect = dialect::for_version(connection.version())?;
        let options = Options { lock_wait: Duration::from_secs(self.lock_wait), ..Options::default() };
        let mut tell = |event: Event<'_>| {
            if let Event::Waiting { holder } = event {
                context.ui.progress(waiting(holder));
            }
        };
        apply::resolve(connection, dialect.as_ref(), &self.revision, self.done, &options, &mut tell).await
    }
}
