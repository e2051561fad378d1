//! `migrate current`.

use serde_json::json;

use super::record::line;
use super::{Context, Outcome};
use crate::apply;
use crate::dialect;
use crate::error::Error;

/// Show what is applied to the database.
#[derive(Debug, clap::Args)]
pub(super) struct Current {}

impl Current {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let mut connection = context.connect(&context.url()?).await?;
        let dialect = dialect::for_version(connection.version())?;
        let rows = apply::applied(&mut connection, dialect.as_ref()).await?;
        connection.close().await?;
        let applied = apply::applied_ids(&rows);
        let heads = history.applied_heads(&applied);
        let text: Vec<_> = heads
            .iter()
            .map(|id| match history.find(id) {
                Some(revision) => line(revision, &history),
                None => match rows.iter().find(|row| row.revision == *id) {
                    Some(row) => format!("{id} (no file; applied {}): {}", row.applied_at, row.message),
                    None => id.clone(),
                },
            })
            .collect();
        let in_order: Vec<_> =
            history.revisions().iter().map(|one| &one.id).filter(|id| applied.contains(*id)).collect();
        let unknown = history.without_file(&applied);
        let all: Vec<_> = in_order.into_iter().chain(&unknown).collect();
        context.ui.data(text.join("\n"), &json!({ "heads": heads, "applied": all }));
        match apply::check_half_done(&rows) {
            Err(half_done) => context.ui.warning(half_done.to_string()),
            Ok(()) if heads.is_empty() => context.ui.progress("nothing is applied"),
            Ok(()) => {}
        }
        Ok(Outcome::Fine)
    }
}
