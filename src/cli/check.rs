//! `migrate check`.

use serde_json::json;

use super::autogenerate::Scope;
use super::record::Record;
use super::run::applied_whole;
use super::{Context, Outcome};
use crate::authoring;
use crate::diff;
use crate::error::Error;

/// Fail (exit code 1) when models and database differ, or when revisions are pending.
#[derive(Debug, clap::Args)]
pub(super) struct Check {}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let history = context.history()?;
        let mut connection = context.connect(&url).await?;
        let applied = applied_whole(&mut connection).await?;
        let pending = history.pending(&applied);
        let unknown = history.without_file(&applied);
        let mut differences = Vec::new();
        let labels = context.config()?.branches.keys().map(|label| Some(label.as_str()));
        for label in std::iter::once(None).chain(labels) {
            let scope = Scope::new(context, &history, label)?;
            if scope.models.is_empty() {
                continue;
            }
            let declared = context.read_models(&scope.models)?;
            let comparison = authoring::compare(&mut connection, &url, &declared, |table| scope.owns(table)).await?;
            differences.extend(diff::summary(&comparison.changes));
        }
        connection.close().await?;

        let mut text = String::new();
        for difference in &differences {
            text.push_str(&format!("{difference}\n"));
        }
        for revision in &pending {
            text.push_str(&format!("pending: {} {}\n", revision.id, revision.message));
        }
        for id in &unknown {
            text.push_str(&format!("applied, but without a file: {id}\n"));
        }
        let records: Vec<_> = pending.iter().map(|revision| Record::new(revision)).collect();
        context.ui.data(&text, &json!({ "differences": differences, "pending": records, "unknown": unknown }));
        if text.is_empty() {
            context.ui.progress("fine: models, revisions and database agree");
            return Ok(Outcome::Fine);
        }
        if !unknown.is_empty() {
            context
                .ui
                .progress("bring the files of what was applied (another branch of the repository?), then check again");
        } else if !pending.is_empty() {
            context.ui.progress("run `migrate upgrade heads` to apply what is pending");
        } else if !differences.is_empty() {
            context.ui.progress("run `migrate autogenerate -m MESSAGE` to write a revision with the differences");
        }
        Ok(Outcome::Found)
    }
}
