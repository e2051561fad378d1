//! `migrate revision`.

use serde_json::json;

use super::placement::Placement;
use super::write::{draft, write};
use super::{Context, Outcome, complete};
use crate::error::Error;

/// Write an empty revision, to be filled by hand.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate revision -m \"Fill in slugs\"                        after the head\n  migrate revision -m \"Start\" --branch shop                 on a branch, which begins where it is new\n  migrate revision -m \"Try\" --head 1975ea --splice          beside what revises 1975ea already\n  migrate revision -m \"Use users\" --depends-on a0d8cd       after a revision of another line"
)]
pub(super) struct NewRevision {
    /// What the revision is for; the first line of its file
    #[arg(short, long)]
    message: String,
    /// The branch that the revision belongs to, by its label; a new label starts a new line
    #[arg(long, value_name = "LABEL", add = complete::branches())]
    branch: Option<String>,
    #[command(flatten)]
    placement: Placement,
}

impl NewRevision {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let place = self.placement.place(context, &history, self.branch.as_deref())?;
        let revision = draft(context, &history, &self.message, place, Default::default(), &[])?;
        write(context, &history, std::slice::from_ref(&revision))?;
        let path = revision.path.display().to_string();
        context.ui.data(format!("wrote {path}"), &json!({ "revision": revision.id, "path": path }));
        Ok(Outcome::Fine)
    }
}
