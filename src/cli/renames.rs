//! Renames: told with `--rename`, or asked for where somebody is there to answer.

use std::collections::BTreeSet;

use super::Context;
use super::ui::Format;
use crate::authoring::Rename;
use crate::diff::Likely;
use crate::error::{ConfigError, Error, PlanError, RenameQuestion};

/// What the command line says of renames.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Renames {
    /// What has another name now, as it is in the database and as it is in the models: users.mail=users.email, people=users, mood.sad=mood.blue; may be given several times
    #[arg(long = "rename", value_name = "OLD=NEW")]
    told: Vec<Rename>,
    /// Nothing else is a rename: what looks like one is a drop and an add
    #[arg(long)]
    no_rename: bool,
}

/// What is known of renames so far.
pub(super) struct Answers<'a> {
    said: &'a Renames,
    /// The renames.
    pub(super) renames: Vec<Rename>,
    /// What was said to be dropped.
    dropped: BTreeSet<String>,
}

impl Renames {
    pub(super) fn told(&self) -> &[Rename] {
        &self.told
    }

    /// Whether nothing else is to be said.
    pub(super) fn are_settled(&self) -> bool {
        self.no_rename
    }

    pub(super) fn answers(&self) -> Answers<'_> {
        Answers { said: self, renames: self.told.clone(), dropped: BTreeSet::new() }
    }
}

impl Answers<'_> {
    /// Asks of what looks like a rename. True when there are new answers, so that all has to be compared again.
    ///
    /// # Errors
    /// When there is nobody to ask, or no answer.
    pub(super) fn ask(&mut self, context: &Context, likely: &[Likely]) -> Result<bool, Error> {
        if self.said.no_rename {
            return Ok(false);
        }
        let open: Vec<&Likely> = likely.iter().filter(|one| !self.dropped.contains(&one.previous)).collect();
        if open.is_empty() {
            return Ok(false);
        }
        // A program that reads JSON answers no question.
        if !context.ui.can_ask() || context.ui.format == Format::Json {
            return Err(PlanError::Renames { questions: open.into_iter().map(question).collect() }.into());
        }
        let before = self.renames.len();
        let mut taken: BTreeSet<&String> = BTreeSet::new();
        for one in open {
            let next: Vec<&String> = one.next.iter().filter(|next| !taken.contains(next)).collect();
            match ask(context, one, &next)? {
                Some(next) => {
                    taken.insert(next);
                    let rename = format!("{}={next}", one.previous).parse();
                    self.renames.push(rename.map_err(|reason| ConfigError::Usage { reason, help: None })?);
                }
                None => _ = self.dropped.insert(one.previous.clone()),
            }
        }
        Ok(self.renames.len() > before)
    }
}

fn question(likely: &Likely) -> RenameQuestion {
    RenameQuestion { kind: likely.kind.word(), previous: likely.previous.clone(), next: likely.next.clone() }
}

/// What it was renamed to, if it was.
fn ask<'a>(context: &Context, likely: &Likely, next: &[&'a String]) -> Result<Option<&'a String>, Error> {
    let previous = &likely.previous;
    let no_answer = || ConfigError::Usage {
        reason: format!("nothing was written: whether {previous} was renamed is left open"),
        help: Some("answer, or say it with --rename OLD=NEW or --no-rename".to_owned()),
    };
    match next {
        [] => Ok(None),
        [only] => {
            let yes = context.ui.yes_or_no(&format!("Was `{previous}` renamed to `{only}`?")).ok_or_else(no_answer)?;
            Ok(yes.then_some(*only))
        }
        several => {
            let mut answers: Vec<String> = several.iter().map(|next| format!("to `{next}`")).collect();
            answers.push(format!("no: the {} goes", likely.kind.word()));
            let question = format!("Was `{previous}` renamed?");
            let answer = context.ui.choice(&question, &answers).ok_or_else(no_answer)?;
            Ok(several.get(answer).copied())
        }
    }
}

/// What looks like a rename, for whoever only looks: a line each.
pub(super) fn noted(likely: &[Likely]) -> Vec<String> {
    likely.iter().map(|one| question(one).to_string()).collect()
}
