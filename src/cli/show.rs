//! `migrate show`.

use std::collections::BTreeSet;

use serde_json::json;

use super::record::Record;
use super::{Context, Outcome};
use crate::error::Error;
use crate::revision::{Direction, Target};

/// Show revisions whole.
#[derive(Debug, clap::Args)]
pub(super) struct Show {
    /// The revision: its id, the beginning of it, `head`, or a branch label
    target: String,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let found = history.resolve(&Target::parse(&self.target)?, &BTreeSet::new())?;
        let mut records = Vec::new();
        let mut text = String::new();
        for revision in found {
            let mut record = serde_json::to_value(Record::new(revision)).unwrap_or_default();
            for direction in [Direction::Up, Direction::Down] {
                let sql: String = revision.sections(direction).iter().map(|section| section.text.as_str()).collect();
                record[direction.word()] = json!(sql);
            }
            records.push(record);
            text.push_str(&format!("{}\n\n{revision}\n", context.shown(&revision.path)));
        }
        context.ui.data(text, &json!({ "revisions": records }));
        Ok(Outcome::Fine)
    }
}
