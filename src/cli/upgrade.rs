//! `migrate upgrade`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::dry_run::{DryRun, dry_run};
use super::limits::LimitOptions;
use super::offline::{Offline, refuse_range};
use super::run::{Done, Request, connect_and_run};
use super::transaction::TransactionOption;
use super::ui::Format;
use super::{Context, Outcome, complete};
use crate::apply::Options;
use crate::db::DatabaseUrl;
use crate::error::{ConfigError, Error};
use crate::revision::{Direction, Target};

/// Apply revisions, in an order in which each comes after those it stands on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate upgrade heads               all revisions\n  migrate upgrade +1                  the next one\n  migrate upgrade 1975ea              up to and with the revision whose id begins so\n  migrate upgrade heads --dry-run     what would run\n  migrate upgrade heads --sql         a script for an empty database\n  migrate upgrade 1975ea:heads --sql  a script for one at 1975ea"
)]
pub(super) struct Upgrade {
    /// Up to where: `heads`, `head`, a revision's id or the beginning of it, `label@head`, `+1`, `label@+1`
    #[arg(allow_hyphen_values = true, add = complete::ranges())]
    target: String,
    #[command(flatten)]
    how: How,
}

/// How revisions are run, or not run.
#[derive(Debug, clap::Args)]
pub(super) struct How {
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
    #[command(flatten)]
    limits: LimitOptions,
    #[command(flatten)]
    transaction: TransactionOption,
    /// Show what would run, and run nothing; with `=execute` run it in a transaction that is rolled back, on SQLite and
    /// PostgreSQL
    #[arg(
        long,
        value_enum,
        value_name = "execute",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "show",
        hide_possible_values = true,
        conflicts_with = "sql"
    )]
    dry_run: Option<DryRun>,
    /// With `--format json`: print each event of the run as a line of JSON while it goes on, and the result as the last one
    #[arg(long, conflicts_with_all = ["sql", "dry_run"])]
    events: bool,
    #[command(flatten)]
    offline: Offline,
}

impl Upgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        self.how.run(context, Direction::Up, &self.target).await
    }
}

impl How {
    /// What both directions do.
    pub(super) async fn run(&self, context: &Context, direction: Direction, target: &str) -> Result<Outcome, Error> {
        let apply = context.config()?.apply;
        let lock_wait = Duration::from_secs(self.lock_wait);
        let transaction = self.transaction.of(apply);
        let options = Options { lock_wait, transaction, limits: self.limits.said(apply), ..Options::default() };
        if self.offline.sql {
            return self.offline.print(context, direction, target, &options);
        }
        refuse_range(direction, target)?;
        let url = context.url()?;
        let options = Options { limits: self.limits.limits(apply), ..options };
        if self.events && context.ui.format != Format::Json {
            return Err(ConfigError::Usage {
                reason: "`--events` prints JSON, and text is asked for".to_owned(),
                help: Some("add `--format json`".to_owned()),
            }
            .into());
        }
        let target = Target::parse(target)?;
        let request = Request { direction, target, lock_wait: self.lock_wait, events: self.events, options };
        let done = match (self.dry_run, direction) {
            (Some(how), _) => dry_run(context, &url, &request, how).await?,
            (None, Direction::Up) => upgrade(context, &url, request).await?,
            (None, Direction::Down) => connect_and_run(context, &context.history()?, &url, &request).await?,
        };
        if self.events {
            let mut value = json!({ "event": "done" });
            for key in ["steps", "heads"] {
                value[key] = done.value[key].clone();
            }
            context.ui.event(&value);
        } else {
            context.ui.data(done.text, &done.value);
        }
        Ok(Outcome::Fine)
    }
}

/// Applies what a target asks for. An SQLite file that is not there is created, and taken away again when nothing could
/// be done in it.
pub(super) async fn upgrade(context: &Context, url: &DatabaseUrl, request: Request) -> Result<Done, Error> {
    let history = context.history()?;
    let created = missing(url);
    let outcome = connect_and_run(context, &history, url, &request).await;
    if outcome.is_err() {
        take_away(&created);
    }
    outcome
}

/// The SQLite file and the folders above it, as far as they are not there yet; the deepest first.
pub(super) fn missing(url: &DatabaseUrl) -> Vec<PathBuf> {
    let path = url.sqlite_path().into_iter().flat_map(Path::ancestors);
    path.take_while(|path| matches!(path.try_exists(), Ok(false))).map(Path::to_path_buf).collect()
}

/// Removes an empty file and empty folders; what holds anything stays.
pub(super) fn take_away(created: &[PathBuf]) {
    for (index, path) in created.iter().enumerate() {
        // The error that led here is the one to tell.
        let _ = match path.metadata() {
            Ok(metadata) if index == 0 && metadata.len() > 0 => return,
            Ok(_) if index == 0 => std::fs::remove_file(path),
            _ => std::fs::remove_dir(path),
        };
    }
}
