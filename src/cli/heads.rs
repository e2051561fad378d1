//! `migrate heads`.

use serde_json::json;

use super::record::{Record, line};
use super::{Context, Outcome};
use crate::error::Error;

/// Show the newest revision of each line.
#[derive(Debug, clap::Args)]
pub(super) struct Heads {}

impl Heads {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let mut heads = history.heads();
        heads.reverse();
        let text: Vec<_> = heads.iter().map(|revision| line(revision, &history)).collect();
        let records: Vec<_> = heads.iter().map(|revision| Record::new(revision)).collect();
        context.ui.data(text.join("\n"), &json!({ "revisions": records }));
        if heads.is_empty() {
            context.ui.progress("there are no revisions yet");
        }
        Ok(Outcome::Fine)
    }
}
