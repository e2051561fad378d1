//! `migrate downgrade`.

use super::limits::LimitOptions;
use super::run::{Request, connect_and_run};
use super::{Context, Outcome, complete};
use crate::error::Error;
use crate::revision::{Direction, Target};

/// Revert revisions, newest first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate downgrade -1       the newest revision\n  migrate downgrade 1975ea   all that came after this revision\n  migrate downgrade base     all revisions"
)]
pub(super) struct Downgrade {
    /// Back to where: `base`, a revision's id or the beginning of it (which itself stays applied), `label@base`, `-1`
    #[arg(allow_hyphen_values = true, add = complete::targets())]
    target: String,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
    #[command(flatten)]
    limits: LimitOptions,
}

impl Downgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let Self { target, lock_wait, limits } = self;
        let request = Request { direction: Direction::Down, target: Target::parse(&target)?, lock_wait, limits };
        let history = context.history()?;
        let done = connect_and_run(context, &history, &url, &request).await?;
        context.ui.data(done.text, &done.value);
        Ok(Outcome::Fine)
    }
}
