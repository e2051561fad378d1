//! `migrate log`.

use serde_json::{Value, json};

use super::{Context, Outcome, complete};
use crate::apply::{self, LogFilter, LogRow};
use crate::dialect;
use crate::error::Error;

/// Show every run that the database has a record of, newest first.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate log -n 10                the last ten\n  migrate log --revision 1975ea    what became of one revision\n  migrate log --format json        with the whole text of errors"
)]
pub(super) struct Log {
    /// Show so many at most
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Only those of a revision: its id or the beginning of it, whether it has a file or not
    #[arg(long, value_name = "ID", add = complete::names())]
    revision: Option<String>,
}

impl Log {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let mut connection = context.connect(&context.url()?).await?;
        let dialect = dialect::for_version(connection.version())?;
        let filter = LogFilter { revision: self.revision.as_deref(), limit: self.limit };
        let rows = apply::log(&mut connection, dialect.as_ref(), filter).await?;
        connection.close().await?;
        context.ui.data(table(&rows), &json!({ "runs": rows.iter().map(describe).collect::<Vec<_>>() }));
        if rows.is_empty() {
            context.ui.progress(match &self.revision {
                Some(revision) => format!("the log has no run of a revision {revision}"),
                None => "nothing has been run on this database yet".to_owned(),
            });
        }
        Ok(Outcome::Fine)
    }
}

fn describe(row: &LogRow) -> Value {
    json!({
        "started_at": row.started_at,
        "runner": row.runner,
        "version": row.version,
        "revision": row.revision,
        "direction": row.direction,
        "duration_ms": row.duration_ms,
        "outcome": row.outcome,
        "error": row.error,
    })
}

/// The rows under each other, with the first line of an error.
fn table(rows: &[LogRow]) -> String {
    const HEAD: [&str; 8] = ["started", "by", "version", "revision", "direction", "took", "outcome", "error"];
    if rows.is_empty() {
        return String::new();
    }
    let known = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let cells = rows.iter().map(|row| {
        let error = row.error.as_deref().and_then(|error| error.lines().next()).unwrap_or_default();
        [
            to_seconds(&row.started_at),
            known(&row.runner),
            row.version.clone(),
            row.revision.clone(),
            row.direction.clone(),
            format!("{} ms", row.duration_ms),
            row.outcome.clone(),
            error.to_owned(),
        ]
    });
    let lines: Vec<[String; 8]> = std::iter::once(HEAD.map(str::to_owned)).chain(cells).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 8] = std::array::from_fn(width);
    let line = |line: &[String; 8]| {
        let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>();
        padded.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A moment without its fractions of a second.
fn to_seconds(moment: &str) -> String {
    match moment.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => format!("{seconds}Z"),
        _ => moment.to_owned(),
    }
}
