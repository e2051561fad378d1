//! `migrate history`.

use serde_json::json;

use super::graph::{Node, draw};
use super::ledger::{Applied, PATIENCE, explain, unknown_line, unknown_whole};
use super::record::{Record, drawn_line, marked_line, whole};
use super::{Context, Outcome, complete};
use crate::error::{ConfigError, Error, RevisionError};
use crate::revision::{History, Range, Revision};

/// List the revisions, newest first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate history -r current:heads   what is applied last, and what comes after it\n  migrate history -r -3:current      the last three steps\n  migrate history -r :plugin@head    what the branch `plugin` needs\n  migrate history --graph            all, drawn"
)]
pub(super) struct HistoryCommand {
    /// Only a part: FROM:TO, FROM: or :TO, both ends included
    #[arg(short, long, value_name = "FROM:TO", allow_hyphen_values = true, visible_alias = "range", add = complete::ranges())]
    rev_range: Option<String>,
    /// Mark what is applied last
    #[arg(short, long)]
    indicate_current: bool,
    /// Draw the lines, with marks of what is applied where the database can be asked: `*` applied, `o` not yet, `@` last
    #[arg(long)]
    graph: bool,
    /// Show everything that is known of each
    #[arg(short, long)]
    verbose: bool,
}

impl HistoryCommand {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let range = self.rev_range.as_deref().map(Range::parse).transpose()?;
        let history = context.history()?;
        let needed = self.indicate_current || range.as_ref().is_some_and(Range::reads_ledger);
        let applied = match (needed, self.graph) {
            (true, _) => Some(Applied::read(context, &history).await?),
            (false, true) => if_reachable(context, &history).await,
            (false, false) => None,
        };
        let nothing = Default::default();
        let ids = applied.as_ref().map_or(&nothing, |applied| &applied.ids);
        let revisions = match &range {
            Some(range) => match history.range(range, ids) {
                Ok(revisions) => revisions,
                Err(error) => return Err(explain_range(context, &history, range, error).await),
            },
            None => history.newest_first().collect(),
        };
        // What a range only needed to know is no mark that was asked for.
        let marks = applied.as_ref().filter(|_| self.indicate_current || self.graph);
        let records: Vec<_> = revisions.iter().map(|revision| self.record(revision, marks)).collect();
        let text = if self.graph {
            self.drawing(&revisions, &history, marks, range.is_none())
        } else if self.verbose {
            revisions.iter().map(|one| whole(one, &history, marks)).collect::<Vec<_>>().join("\n")
        } else {
            revisions.iter().map(|one| marked_line(one, &history, marks)).collect::<Vec<_>>().join("\n")
        };
        context.ui.data(text, &json!({ "revisions": records }));
        if revisions.is_empty() {
            context.ui.progress(if range.is_some() { "the range is empty" } else { "there are no revisions yet" });
        }
        Ok(Outcome::Fine)
    }

    fn record(&self, revision: &Revision, applied: Option<&Applied>) -> serde_json::Value {
        let mut record = serde_json::to_value(Record::new(revision)).unwrap_or_default();
        if let Some(applied) = applied.filter(|_| self.indicate_current) {
            record["applied"] = json!(applied.ids.contains(&revision.id));
            record["current"] = json!(applied.is_head(&revision.id));
        }
        record
    }

    /// The revisions drawn, and above them, in a drawing of all, those that only the database knows.
    fn drawing(&self, revisions: &[&Revision], history: &History, applied: Option<&Applied>, all: bool) -> String {
        let mut nodes: Vec<Node<'_>> = Vec::with_capacity(revisions.len());
        for row in applied.filter(|_| all).into_iter().flat_map(|applied| applied.unknown(history)) {
            nodes.push(Node {
                id: &row.revision,
                parents: row.parents.iter().map(String::as_str).collect(),
                glyph: '?',
                text: if self.verbose { unknown_whole(row) } else { unknown_line(row) },
            });
        }
        let chosen: std::collections::HashSet<&str> = revisions.iter().map(|revision| revision.id.as_str()).collect();
        for revision in history.along_lines().into_iter().filter(|revision| chosen.contains(revision.id.as_str())) {
            let glyph = match applied {
                Some(applied) if applied.is_head(&revision.id) => '@',
                Some(applied) if !applied.ids.contains(&revision.id) => 'o',
                _ => '*',
            };
            let text = if self.verbose {
                format!("{}\n", whole(revision, history, applied))
            } else {
                drawn_line(revision, history, applied)
            };
            let parents = revision.down_revision.iter().map(String::as_str).collect();
            nodes.push(Node { id: &revision.id, parents, glyph, text });
        }
        draw(&nodes)
    }
}

/// An end of the range may be what only the ledger knows.
async fn explain_range(context: &Context, history: &History, range: &Range, error: RevisionError) -> Error {
    for end in [&range.from, &range.to].into_iter().flatten() {
        if let RevisionError::Unknown { .. } = error
            && history.resolve(end, &Default::default()).is_err()
        {
            return explain(context, history, end, error).await;
        }
    }
    error.into()
}

/// What is applied, where the database can be asked; a drawing without it is one all the same.
async fn if_reachable(context: &Context, history: &History) -> Option<Applied> {
    let late = || -> Error {
        let reason = format!("the database did not answer within {} s", PATIENCE.as_secs());
        ConfigError::Usage { reason, help: None }.into()
    };
    let read = tokio::time::timeout(PATIENCE, Applied::read(context, history)).await;
    match read.unwrap_or_else(|_| Err(late())) {
        Ok(applied) => Some(applied),
        Err(error) => {
            let reason = crate::db::without_passwords(&error.to_string());
            context.ui.progress(format!("drawn without marks of what is applied: {reason}"));
            None
        }
    }
}
