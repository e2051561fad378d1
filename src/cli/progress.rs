//! How a run is shown while it goes on: a line for each revision, on a terminal with one that moves for what is under way;
//! or an object for each event, for programs.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use rungs_schema::DialectName;
use serde_json::{Value, json};

use super::ui::Ui;
use crate::apply::Event;
use crate::revision::{Direction, Revision};

/// How often the line that moves is drawn, so that the clock in it goes on.
const TICK: Duration = Duration::from_millis(100);

/// What the line that moves says of a statement.
const STATEMENT: &str = "{prefix} [{elapsed}] {wide_msg}";

/// Shows the events of one run.
pub(super) struct Progress<'u> {
    ui: &'u Ui,
    engine: DialectName,
    /// An object for each event, on stdout.
    events: bool,
    /// What is under way; none where nobody looks.
    line: Option<ProgressBar>,
    /// How many statements the revision has that is under way.
    total: usize,
}

impl<'u> Progress<'u> {
    pub(super) fn new(ui: &'u Ui, engine: DialectName, events: bool) -> Self {
        Self { ui, engine, events, line: None, total: 0 }
    }

    pub(super) fn tell(&mut self, event: &Event<'_>) {
        self.warn(event);
        if self.events {
            return self.ui.event(&object(event));
        }
        match *event {
            Event::Waiting { holder } => self.say(&waiting(holder)),
            Event::Started { revision, direction, total } => {
                self.total = total;
                self.begin(revision, direction);
            }
            Event::Resumed { revision, index, total, found, .. } => {
                let next = match index > total {
                    true => "all statements ran".to_owned(),
                    false => format!("statement {index} of {total}"),
                };
                let found = found.map(|found| format!("; {found}")).unwrap_or_default();
                self.say(&format!("going on with {} {}: {next}{found}", revision.id, revision.message));
            }
            Event::Statement { index, total, sql, .. } => self.show(format!("{index}/{total} {}", first_line(sql))),
            Event::Progress { rows, total, .. } => self.count(rows, total),
            Event::Retrying { attempt, of, pause, reason, .. } => self.say(&format!(
                "{}; trying again in {} ms ({attempt} of {of})",
                first_line(reason),
                pause.as_millis()
            )),
            Event::Finished { revision, direction, duration } => {
                self.end();
                let done = if direction == Direction::Up { "applied" } else { "reverted" };
                let statements = counted(self.total);
                let took = duration.as_millis();
                self.say(&format!("{done} {} {} ({statements}, {took} ms)", revision.id, revision.message));
            }
            Event::Skipped { revision, .. } => {
                self.end();
                self.say(&format!("another runner did {} {}", revision.id, revision.message));
            }
        }
    }

    fn warn(&self, event: &Event<'_>) {
        let Event::Started { revision, direction: Direction::Down, total: 0 } = event else { return };
        if has_statements(revision, self.engine) {
            self.ui.warning(format!(
                "{}: revision {} has no statement to revert it with: the ledger forgets it, and the database stays as it is",
                revision.path.display(),
                revision.id
            ));
        }
    }

    /// Prints a line above the one that moves.
    fn say(&self, text: &str) {
        match &self.line {
            Some(line) => line.suspend(|| self.ui.progress(text)),
            None => self.ui.progress(text),
        }
    }

    fn begin(&mut self, revision: &Revision, direction: Direction) {
        self.end();
        if !self.ui.shows_progress() {
            return;
        }
        let doing = if direction == Direction::Up { "applying" } else { "reverting" };
        let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        line.set_style(style(STATEMENT));
        line.set_prefix(format!("{doing} {} {}", revision.id, revision.message));
        line.enable_steady_tick(TICK);
        self.line = Some(line);
    }

    fn show(&self, text: String) {
        if let Some(line) = &self.line {
            line.set_style(style(STATEMENT));
            line.reset_eta();
            line.set_position(0);
            line.set_message(text);
        }
    }

    /// How far a batch or a load is.
    fn count(&self, rows: u64, total: Option<u64>) {
        let Some(line) = &self.line else { return };
        let template = match total {
            Some(total) => {
                line.set_length(total.max(rows));
                "{prefix} [{elapsed}] {wide_bar} {human_pos} of {human_len} rows, {eta} left"
            }
            None => "{prefix} [{elapsed}] {human_pos} rows, {rate} a second {wide_msg}",
        };
        line.set_style(style(template));
        line.set_position(rows);
    }

    fn end(&mut self) {
        if let Some(line) = self.line.take() {
            line.finish_and_clear();
        }
    }
}

impl Drop for Progress<'_> {
    /// A run that fails leaves no line behind.
    fn drop(&mut self) {
        self.end();
    }
}

/// The templates are ours, so that they are understood.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    style.with_key("rate", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = write!(text, "{:.0}", state.per_sec());
    })
}

/// An event for programs. What is missing is null.
fn object(event: &Event<'_>) -> Value {
    let of = |word: &str, revision: &Revision, direction: Direction| json!({ "event": word, "revision": revision.id, "direction": direction.word() });
    let with = |mut object: Value, more: Value| {
        if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
            object.extend(more);
        }
        object
    };
    match *event {
        Event::Waiting { holder } => json!({ "event": "waiting", "holder": holder }),
        Event::Started { revision, direction, total } => with(
            of("started", revision, direction),
            json!({ "message": revision.message, "path": revision.path.display().to_string(), "statements": total }),
        ),
        Event::Resumed { revision, direction, index, total, found } => {
            with(of("resumed", revision, direction), json!({ "statement": index, "statements": total, "found": found }))
        }
        Event::Statement { revision, index, total, sql, line } => json!({
            "event": "statement", "revision": revision.id, "statement": index, "statements": total, "sql": sql, "line": line,
        }),
        Event::Progress { revision, statement, rows, total } => json!({
            "event": "progress", "revision": revision.id, "statement": statement, "rows": rows, "total": total,
        }),
        Event::Retrying { revision, direction, attempt, of: most, pause, reason } => with(
            of("retrying", revision, direction),
            json!({ "attempt": attempt, "attempts": most, "pause_ms": millis(pause), "reason": reason }),
        ),
        Event::Finished { revision, direction, duration } => {
            with(of("finished", revision, direction), json!({ "duration_ms": millis(duration) }))
        }
        Event::Skipped { revision, direction } => of("skipped", revision, direction),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn waiting(holder: Option<&str>) -> String {
    match holder {
        Some(holder) => format!("waiting for another runner: {holder}"),
        None => "waiting for another runner".to_owned(),
    }
}

fn counted(statements: usize) -> String {
    format!("{statements} statement{}", if statements == 1 { "" } else { "s" })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Whether the way up has more than comments: a load stands in one.
fn has_statements(revision: &Revision, dialect: DialectName) -> bool {
    let is_code = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with("--");
    let section = revision.section(Direction::Up, dialect.word());
    section.is_some_and(|section| !section.data.is_empty() || section.text.lines().any(is_code))
}
