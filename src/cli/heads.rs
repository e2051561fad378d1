//! `migrate heads`.

use serde_json::json;

use super::record::{Record, line, whole};
use super::{Context, Outcome};
use crate::error::Error;

/// Show the newest revision of each line.
#[derive(Debug, clap::Args)]
pub(super) struct Heads {
    /// Leave out heads that another revision depends on
    #[arg(long)]
    resolve_dependencies: bool,
    /// Show everything that is known of each
    #[arg(short, long)]
    verbose: bool,
}

impl Heads {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let mut heads = if self.resolve_dependencies { history.resolved_heads() } else { history.heads() };
        heads.reverse();
        let text = if self.verbose {
            heads.iter().map(|revision| whole(revision, &history, None)).collect::<Vec<_>>().join("\n")
        } else {
            heads.iter().map(|revision| line(revision, &history)).collect::<Vec<_>>().join("\n")
        };
        let records: Vec<_> = heads.iter().map(|revision| Record::new(revision)).collect();
        context.ui.data(text, &json!({ "revisions": records }));
        if heads.is_empty() {
            context.ui.progress("there are no revisions yet");
        }
        Ok(Outcome::Fine)
    }
}
