//! `migrate edit`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use super::ledger::{Applied, explain};
use super::{Context, Outcome, complete};
use crate::error::{ConfigError, Error};
use crate::revision::Target;

/// Open revisions in the editor, and read them again afterwards.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The editor is what $VISUAL says, else $EDITOR; either may hold arguments, as `code --wait` does.\n\nExamples:\n  migrate edit             the newest revision\n  migrate edit 1975ea      the one whose id begins so\n  migrate edit shop@head   the newest of a branch"
)]
pub(super) struct Edit {
    /// The revisions: `head`, `heads`, an id or the beginning of it, a label, LABEL@head, `-1`
    #[arg(allow_hyphen_values = true, default_value = "head", add = complete::targets())]
    target: String,
}

impl Edit {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let target = Target::parse(&self.target)?;
        let applied = if target.reads_ledger() { Applied::read(context, &history).await?.ids } else { BTreeSet::new() };
        let revisions = match history.resolve(&target, &applied) {
            Ok(revisions) => revisions,
            Err(error) => return Err(explain(context, &history, &target, error).await),
        };
        if revisions.is_empty() {
            return Err(ConfigError::Usage {
                reason: format!("`{target}` names no revision, so there is nothing to edit"),
                help: Some("`migrate history` shows what is there".to_owned()),
            }
            .into());
        }
        let files: Vec<PathBuf> = revisions.iter().map(|revision| revision.path.clone()).collect();
        let records: Vec<_> =
            revisions.iter().map(|one| json!({ "revision": one.id, "path": one.path.display().to_string() })).collect();
        open(&files)?;
        // What was written must still be a history.
        context.history()?;
        let text: Vec<String> = files.iter().map(|file| format!("edited {}", file.display())).collect();
        context.ui.data(text.join("\n"), &json!({ "revisions": records }));
        Ok(Outcome::Fine)
    }
}

fn open(files: &[PathBuf]) -> Result<(), ConfigError> {
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let usage = |reason: String, help: &str| ConfigError::Usage { reason, help: Some(help.to_owned()) };
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let Some((variable, editor)) = named.into_iter().find(|(_, value)| !value.trim().is_empty()) else {
        return Err(usage(
            format!("no editor is set to open {} with", shown.join(", ")),
            "set VISUAL or EDITOR, or open the file yourself",
        ));
    };
    let words = shlex::split(&editor).unwrap_or_default();
    let Some((program, arguments)) = words.split_first() else {
        return Err(usage(format!("${variable} cannot be taken apart: {editor}"), "does a quote in it not end?"));
    };
    let outcome = Command::new(program).args(arguments).args(files).status();
    match outcome {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(usage(
            format!("{editor} ended with {status}, and {} may not be as you want it", shown.join(", ")),
            "edit again, or look at the file yourself",
        )),
        Err(error) => Err(usage(
            format!("cannot start {editor} to open {}: {error}", shown.join(", ")),
            &format!("is ${variable} right?"),
        )),
    }
}
