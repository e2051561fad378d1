//! `migrate downgrade`.

use super::upgrade::How;
use super::{Context, Outcome, complete};
use crate::error::Error;
use crate::revision::Direction;

/// Revert revisions, newest first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate downgrade -1                the newest revision\n  migrate downgrade 1975ea            all that came after this revision\n  migrate downgrade base              all revisions\n  migrate downgrade base --dry-run    what would run\n  migrate downgrade heads:base --sql  a script for a database that has them all"
)]
pub(super) struct Downgrade {
    /// Back to where: `base`, a revision's id or the beginning of it (which itself stays applied), `label@base`, `-1`
    #[arg(allow_hyphen_values = true, add = complete::ranges())]
    target: String,
    #[command(flatten)]
    how: How,
}

impl Downgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        self.how.run(context, Direction::Down, &self.target).await
    }
}
