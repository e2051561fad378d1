//! `migrate merge`.

use std::path::PathBuf;

use serde_json::json;

use super::placement::{Placement, is_head, named, refuse_overlap};
use super::write::{draft, write};
use super::{Context, Outcome, complete, meeting};
use crate::error::{Error, RevisionError};
use crate::revision::{History, Revision};

/// Write a revision that joins several heads into one line.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate merge                                    all heads\n  migrate merge 1975ea a0d8cd -m \"Join the two\"\n  migrate merge shop@head main@head -m \"Join\""
)]
pub(super) struct Merge {
    /// The heads: ids, the beginnings of them, LABEL@head, or `heads` for all
    #[arg(value_name = "TARGET", default_value = "heads", add = complete::targets())]
    targets: Vec<String>,
    /// What the merge is for; the first line of its file
    #[arg(short, long)]
    message: Option<String>,
    /// A label that it gives to its line; may be given several times
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// Its id, instead of one at random
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of its file, in one that revisions are read from
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    version_path: Option<PathBuf>,
}

impl Merge {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let heads = heads(&history, &self.targets)?;
        let parents: Vec<String> = heads.iter().map(|head| head.id.clone()).collect();
        let message = self.message.unwrap_or_else(|| format!("Merge {}", parents.join(" and ")));
        let placement = Placement::of_merge(self.branch_label, self.rev_id, self.version_path);
        let place = placement.on(context, &history, &context.lines()?, parents, None)?;
        let revision = draft(context, &history, &message, place, Default::default(), &[])?;
        meeting::before_merge(context, &history, &heads);
        write(context, &history, std::slice::from_ref(&revision))?;
        let path = revision.path.display().to_string();
        context.ui.data(format!("wrote {path}"), &json!({ "revision": revision.id, "path": path }));
        Ok(Outcome::Fine)
    }
}

/// The heads that targets name: at least two, none of which stands on another.
fn heads<'a>(history: &'a History, targets: &[String]) -> Result<Vec<&'a Revision>, Error> {
    let mut found: Vec<(&str, &Revision)> = Vec::new();
    for text in targets {
        found.extend(named(history, text)?.into_iter().map(|revision| (text.as_str(), revision)));
    }
    refuse_overlap(history, &found)?;
    found.iter().try_for_each(|(text, revision)| is_head(history, text, revision))?;
    if found.len() < 2 {
        let reason = match found.first() {
            Some((_, only)) if history.heads().len() < 2 => {
                format!("there is one head, {} ({}), and nothing to merge it with", only.id, only.message)
            }
            Some((_, only)) => {
                format!("it names one head, {} ({}), and a merge is of two or more", only.id, only.message)
            }
            None => "it names no revision".to_owned(),
        };
        let help = "`migrate heads` shows the heads; `migrate merge heads` joins all of them".to_owned();
        return Err(RevisionError::Unusable { text: targets.join(" "), reason, help }.into());
    }
    Ok(found.into_iter().map(|(_, revision)| revision).collect())
}
