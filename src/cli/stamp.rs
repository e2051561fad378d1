//! `migrate stamp`.

use std::time::Duration;

use serde_json::json;

use super::progress::waiting;
use super::run::{Done, close_after, done, open_within};
use super::upgrade::{missing, take_away};
use super::{Context, Outcome, complete};
use crate::apply::{self, Event, LedgerRow, Options, Report};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect;
use crate::error::{Error, WithoutFile};
use crate::revision::{Direction, History, Target};

/// Mark revisions as applied or not applied, without running them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The ledger then says what it would say after `upgrade TARGET` and `downgrade TARGET`.\n\nExamples:\n  migrate stamp heads               the database has all that the revisions do\n  migrate stamp 1975ea              it is at this revision: what stands on it is not applied\n  migrate stamp base                nothing is applied\n  migrate stamp heads --purge       write the ledger anew\n  migrate stamp --accept-edits      take in what was edited after it was applied"
)]
pub(super) struct Stamp {
    /// What becomes the current position of its line: as for `upgrade` and `downgrade`, one for each line
    #[arg(
        value_name = "TARGET",
        required_unless_present = "accept_edits",
        allow_negative_numbers = true,
        add = complete::targets()
    )]
    targets: Vec<String>,
    /// Empty the ledger first, of revisions without a file too
    #[arg(long)]
    purge: bool,
    /// Move nothing, and take in the text of applied revisions that were edited: of the targets, or of all
    #[arg(long, conflicts_with = "purge")]
    accept_edits: bool,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
}

impl Stamp {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let targets = self.targets.iter().map(|text| Target::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let history = context.history()?;
        // Where nothing is applied, there is nothing to accept.
        let create = !self.accept_edits;
        let absent = if create { missing(&url) } else { Vec::new() };
        let outcome = self.open_and_mark(context, &url, create, &history, &targets).await;
        if outcome.is_err() {
            take_away(&absent);
        }
        let done = outcome?;
        context.ui.data(done.text, &done.value);
        Ok(Outcome::Fine)
    }

    async fn open_and_mark(
        &self,
        context: &Context,
        url: &DatabaseUrl,
        create: bool,
        history: &History,
        targets: &[Target],
    ) -> Result<Done, Error> {
        let mut connection = open_within(url, create, self.lock_wait).await?;
        let outcome = self.mark(context, &mut connection, history, targets).await;
        close_after(connection, outcome, url, self.lock_wait).await
    }

    async fn mark(
        &self,
        context: &Context,
        connection: &mut Connection,
        history: &History,
        targets: &[Target],
    ) -> Result<Done, Error> {
        let dialect = dialect::for_version(connection.version())?;
        let dialect = dialect.as_ref();
        let options = Options { lock_wait: Duration::from_secs(self.lock_wait), ..Options::default() };
        let mut tell = |event: Event<'_>| {
            if let Event::Waiting { holder } = event {
                context.ui.progress(waiting(holder));
            }
        };
        if self.accept_edits {
            let accepted = apply::accept_edits(connection, dialect, history, targets, &options, &mut tell).await?;
            let rows = apply::applied(connection, dialect).await?;
            return Ok(tell_accepted(context, history, &rows, &accepted));
        }
        let stamp = apply::Stamp { targets, purge: self.purge };
        let report = apply::stamp(connection, dialect, history, stamp, &options, &mut tell).await?;
        let rows = apply::applied(connection, dialect).await?;
        tell_steps(context, history, &report);
        tell_what_stays(context, history, &rows);
        Ok(done(&report, history, &rows))
    }
}

fn tell_steps(context: &Context, history: &History, report: &Report) {
    for step in &report.steps {
        let id = &step.revision;
        let message = history.find(id).map_or("(no file)", |revision| &revision.message);
        context.ui.progress(match step.direction {
            Direction::Up => format!("marked as applied: {id} {message}"),
            Direction::Down => format!("marked as not applied: {id} {message}"),
        });
    }
}

/// Says what no target reaches.
fn tell_what_stays(context: &Context, history: &History, rows: &[LedgerRow]) {
    for row in apply::without_file(history, rows) {
        context.ui.warning(format!(
            "no file describes {}: its row stays in the ledger; `--purge` takes it out",
            WithoutFile::from(row)
        ));
    }
    if let Err(half_done) = apply::check_half_done(rows) {
        context.ui.warning(half_done.to_string());
    }
}

fn tell_accepted(context: &Context, history: &History, rows: &[LedgerRow], accepted: &[String]) -> Done {
    for revision in accepted.iter().filter_map(|id| history.find(id)) {
        context.ui.progress(format!("took in {}: {} {}", revision.path.display(), revision.id, revision.message));
    }
    let text = match accepted.len() {
        0 => "nothing to do: nothing of this was edited after it was applied".to_owned(),
        1 => "the ledger has the text of 1 revision that was edited".to_owned(),
        count => format!("the ledger has the text of {count} revisions that were edited"),
    };
    let mut done = done(&Report::default(), history, rows);
    done.value["accepted"] = json!(accepted);
    Done { text, value: done.value }
}
