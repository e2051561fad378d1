//! `migrate show`.

use std::collections::BTreeSet;

use serde_json::json;

use super::ledger::{Applied, GET_FILES, explain};
use super::record::Record;
use super::{Context, Outcome, complete};
use crate::error::{Error, RevisionError};
use crate::revision::{Direction, History, Point, Revision, Target};

/// Show revisions whole.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate show 1975ea    the revision whose id begins so\n  migrate show heads     the newest of each line\n  migrate show current   what is applied last\n  migrate show +1        what comes next"
)]
pub(super) struct Show {
    /// The revision: its id, the beginning of it, `head`, `heads`, a branch label, `current`, `+1`
    #[arg(allow_hyphen_values = true, add = complete::targets())]
    target: String,
    /// Add the SQL to JSON, as `up` and `down`
    #[arg(long)]
    sql: bool,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let target = Target::parse(&self.target)?;
        let history = context.history()?;
        let applied = match target.reads_ledger() {
            true => Some(Applied::read(context, &history).await?),
            false => None,
        };
        let found = match find(&target, &history, applied.as_ref()) {
            Ok(found) => found,
            Err(error) => return Err(explain(context, &history, &target, error).await),
        };
        let mut records = Vec::new();
        let mut text = Vec::new();
        for revision in &found {
            let mut record = serde_json::to_value(Record::new(revision)).unwrap_or_default();
            for direction in [Direction::Up, Direction::Down].into_iter().filter(|_| self.sql) {
                let sql: String = revision.sections(direction).iter().map(|section| section.text.as_str()).collect();
                record[direction.word()] = json!(sql);
            }
            records.push(record);
            text.push(format!("{}\n\n{revision}", context.shown(&revision.path)));
        }
        context.ui.data(text.join("\n"), &json!({ "revisions": records }));
        let heads = applied.as_ref().filter(|_| is_current(&target)).map(|applied| applied.heads.as_slice());
        let unknown: Vec<_> =
            heads.unwrap_or_default().iter().filter(|id| history.find(id).is_none()).map(String::as_str).collect();
        if !unknown.is_empty() {
            context.ui.warning(format!("no file describes {}: {GET_FILES}", unknown.join(", ")));
        } else if found.is_empty() {
            let reason = if heads.is_some() { "nothing is applied" } else { "no revision: this is before the first" };
            context.ui.progress(reason);
        }
        Ok(Outcome::Fine)
    }
}

/// Exactly what is applied last, on all lines.
fn is_current(target: &Target) -> bool {
    target.point == Point::Current && target.steps == 0 && target.branch.is_none()
}

/// What a target means, newest first.
fn find<'a>(
    target: &Target,
    history: &'a History,
    applied: Option<&Applied>,
) -> Result<Vec<&'a Revision>, RevisionError> {
    if let Some(applied) = applied.filter(|_| is_current(target)) {
        // The ledger knows better than the files what stands on a revision.
        return Ok(history.newest_first().filter(|revision| applied.is_head(&revision.id)).collect());
    }
    let nothing = BTreeSet::new();
    let mut found = history.resolve(target, applied.map_or(&nothing, |applied| &applied.ids))?;
    found.reverse();
    Ok(found)
}
