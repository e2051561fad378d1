//! `migrate current`.

use serde_json::{Value, json};

use super::ledger::{Applied, GET_FILES, unknown_line, unknown_whole};
use super::record::{marked_line, whole};
use super::{Context, Outcome};
use crate::apply::{self, LedgerRow};
use crate::error::Error;
use crate::revision::History;

/// Show what is applied to the database.
#[derive(Debug, clap::Args)]
pub(super) struct Current {
    /// Fail (exit code 1) unless everything that the files have is applied, and nothing else
    #[arg(long)]
    check_heads: bool,
    /// Show everything that is known of each
    #[arg(short, long)]
    verbose: bool,
}

impl Current {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let applied = Applied::read(context, &history).await?;
        let unknown = applied.unknown(&history);
        let mut value = json!({ "heads": applied.heads, "applied": in_order(&applied, &history, &unknown) });
        if self.verbose {
            value["rows"] = applied.rows.iter().map(|row| describe(row, &history)).collect();
        }
        context.ui.data(self.text(&applied, &history, &unknown), &value);
        let half_done = apply::check_half_done(&applied.rows);
        match &half_done {
            Err(half_done) => context.ui.warning(half_done.to_string()),
            Ok(()) if applied.rows.is_empty() => context.ui.progress("nothing is applied"),
            Ok(()) => {}
        }
        if !unknown.is_empty() {
            let ids: Vec<_> = unknown.iter().map(|row| row.revision.as_str()).collect();
            context.ui.warning(format!("no file describes {}: {GET_FILES}", ids.join(", ")));
        }
        if !self.check_heads {
            return Ok(Outcome::Fine);
        }
        let pending = history.pending(&applied.ids);
        if pending.is_empty() && unknown.is_empty() && half_done.is_ok() {
            return Ok(Outcome::Fine);
        }
        if !pending.is_empty() {
            let heads: Vec<_> = history.heads().into_iter().filter(|head| !applied.ids.contains(&head.id)).collect();
            let missing = if heads.is_empty() { &pending } else { &heads };
            let ids: Vec<_> = missing.iter().map(|revision| revision.id.as_str()).collect();
            let count = pending.len();
            context.ui.progress(format!(
                "not at the heads: {} not applied ({count} revision{} to run): `migrate upgrade heads`",
                ids.join(", "),
                if count == 1 { "" } else { "s" }
            ));
        }
        Ok(Outcome::Found)
    }

    /// The applied heads, newest first, and below them whatever the database has beyond the files.
    fn text(&self, applied: &Applied, history: &History, unknown: &[&LedgerRow]) -> String {
        let heads = history.newest_first().filter(|revision| applied.is_head(&revision.id));
        if self.verbose {
            let known = heads.map(|revision| whole(revision, history, Some(applied)));
            return known.chain(unknown.iter().map(|row| unknown_whole(row))).collect::<Vec<_>>().join("\n");
        }
        let known = heads.map(|revision| marked_line(revision, history, None));
        known.chain(unknown.iter().map(|row| unknown_line(row))).collect::<Vec<_>>().join("\n")
    }
}

/// The applied ids, each after those that it stands on.
fn in_order<'a>(applied: &'a Applied, history: &'a History, unknown: &[&'a LedgerRow]) -> Vec<&'a str> {
    let known = history.revisions().iter().map(|revision| revision.id.as_str());
    let beyond = unknown.iter().rev().map(|row| row.revision.as_str());
    known.chain(beyond).filter(|id| applied.ids.contains(*id)).collect()
}

fn describe(row: &LedgerRow, history: &History) -> Value {
    json!({
        "revision": row.revision,
        "message": row.message,
        "parents": row.parents,
        "depends_on": row.depends_on,
        "applied_at": row.applied_at,
        "duration_ms": row.duration_ms,
        "has_file": history.find(&row.revision).is_some(),
    })
}
