//! `migrate upgrade`.

use std::path::{Path, PathBuf};

use super::limits::LimitOptions;
use super::run::{Done, Request, connect_and_run};
use super::{Context, Outcome, complete};
use crate::db::DatabaseUrl;
use crate::error::Error;
use crate::revision::{Direction, Target};

/// Apply revisions, in an order in which each comes after those it stands on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate upgrade heads    all revisions\n  migrate upgrade +1       the next one\n  migrate upgrade 1975ea   up to and with the revision whose id begins so"
)]
pub(super) struct Upgrade {
    /// Up to where: `heads`, `head`, a revision's id or the beginning of it, `label@head`, `+1`, `label@+1`
    #[arg(allow_hyphen_values = true, add = complete::targets())]
    target: String,
    /// How many seconds to wait while another runner is at work
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    lock_wait: u64,
    #[command(flatten)]
    limits: LimitOptions,
}

impl Upgrade {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let target = Target::parse(&self.target)?;
        let done = upgrade(context, &url, target, self.lock_wait, self.limits).await?;
        context.ui.data(done.text, &done.value);
        Ok(Outcome::Fine)
    }
}

/// Applies what a target asks for. An SQLite file that is not there is created, and taken away again when nothing could
/// be done in it.
pub(super) async fn upgrade(
    context: &Context,
    url: &DatabaseUrl,
    target: Target,
    lock_wait: u64,
    limits: LimitOptions,
) -> Result<Done, Error> {
    let history = context.history()?;
    let created = missing(url);
    let request = Request { direction: Direction::Up, target, lock_wait, limits };
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
