//! `migrate revision`.

use serde_json::json;

use super::write::{NewFile, parents_of, write_revision};
use super::{Context, Outcome};
use crate::error::Error;

/// Write an empty revision, to be filled by hand.
#[derive(Debug, clap::Args)]
pub(super) struct NewRevision {
    /// What the revision is for; the first line of its file
    #[arg(short, long)]
    message: String,
    /// The branch label that the revision belongs to; a new label starts a new line
    #[arg(long, value_name = "LABEL")]
    branch: Option<String>,
}

impl NewRevision {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let config = context.config()?;
        let is_new = |label: &&str| !history.all_labels().any(|(known, _)| known == *label);
        let branch = self.branch.as_deref();
        let file = NewFile {
            message: self.message,
            down_revision: parents_of(&history, branch)?,
            branch_labels: branch.filter(is_new).map(str::to_owned).into_iter().collect(),
            up: String::new(),
            down: String::new(),
            folder: branch
                .and_then(|label| config.branches.get(label))
                .map_or(&config.migrations, |branch| &branch.migrations)
                .clone(),
        };
        let (revision, path) = write_revision(context, file)?;
        context.ui.data(format!("wrote {path}"), &json!({ "revision": revision.id, "path": path }));
        Ok(Outcome::Fine)
    }
}
