//! `migrate history`.

use serde_json::json;

use super::record::{Record, line};
use super::{Context, Outcome};
use crate::error::Error;

/// List the revisions, newest first.
#[derive(Debug, clap::Args)]
pub(super) struct HistoryCommand {}

impl HistoryCommand {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let revisions: Vec<_> = history.newest_first().collect();
        let text: Vec<_> = revisions.iter().map(|revision| line(revision, &history)).collect();
        let records: Vec<_> = revisions.iter().map(|revision| Record::new(revision)).collect();
        context.ui.data(text.join("\n"), &json!({ "revisions": records }));
        if revisions.is_empty() {
            context.ui.progress("there are no revisions yet");
        }
        Ok(Outcome::Fine)
    }
}
