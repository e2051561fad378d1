//! The only place that prints. Data goes to stdout, progress and errors to stderr.

use std::io::{IsTerminal, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::report;
use crate::db::without_passwords;
use crate::error::Error;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Prints what commands return.
#[derive(Debug, Clone, Copy)]
pub struct Ui {
    /// How data is printed.
    pub format: Format,
    /// Whether progress is left out.
    pub quiet: bool,
}

impl Ui {
    /// Prints data: the text for people, or the value for programs.
    pub fn data(&self, text: impl AsRef<str>, value: &impl Serialize) {
        match self.format {
            Format::Text => out(text.as_ref()),
            Format::Json => {
                out(&serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")))
            }
        }
    }

    /// Prints text to the byte, such as a script; for programs, as the value of a key.
    pub fn script(&self, key: &str, text: &str) {
        if self.format == Format::Json {
            return self.data("", &json!({ key: text }));
        }
        let mut stdout = std::io::stdout().lock();
        // A reader that has gone away, as `| head` does, is no fault of ours.
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// As [`script`](Self::script), with more for programs.
    pub fn script_with(&self, key: &str, text: &str, mut more: Value) {
        if self.format == Format::Text {
            return self.script(key, text);
        }
        more[key] = Value::from(text);
        self.data("", &more);
    }

    /// Prints one event of a run, as a line of JSON, at once.
    pub fn event(&self, value: &Value) {
        out(&hidden(value.clone()).to_string());
    }

    /// Whether somebody sees how the work goes on while it does.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Says how the work goes on.
    pub fn progress(&self, text: impl AsRef<str>) {
        if !self.quiet && !text.as_ref().is_empty() {
            let _ = writeln!(anstream::stderr(), "{}", text.as_ref());
        }
    }

    /// Says what deserves attention, also when progress is left out.
    pub fn warning(&self, text: impl AsRef<str>) {
        let style = anstyle::AnsiColor::Yellow.on_default().bold();
        let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", text.as_ref());
    }

    /// Whether a question would reach a person.
    pub fn can_ask(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for a yes; anything else is a no.
    pub fn confirm(&self, question: &str) -> bool {
        let _ = write!(anstream::stderr(), "{question} [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    /// Asks for a yes or a no. `None` where the question is left with Esc, or nobody can be asked.
    pub fn yes_or_no(&self, question: &str) -> Option<bool> {
        let prompt = dialoguer::Confirm::new().with_prompt(question).wait_for_newline(false);
        prompt.interact_on_opt(&dialoguer::console::Term::stderr()).ok().flatten()
    }

    /// Asks for one of several answers. `None` as for [`yes_or_no`](Self::yes_or_no).
    pub fn choice(&self, question: &str, answers: &[String]) -> Option<usize> {
        let prompt = dialoguer::Select::new().with_prompt(question).items(answers).default(0);
        prompt.interact_on_opt(&dialoguer::console::Term::stderr()).ok().flatten()
    }

    /// Prints an error, with all that belongs to it.
    pub fn error(&self, error: &Error) {
        match self.format {
            Format::Text => {
                let _ = write!(anstream::stderr(), "{}", without_passwords(&report::render(error)));
            }
            Format::Json => out(&json!({ "error": hidden(report::describe(error)) }).to_string()),
        }
    }

    /// Prints what is wrong with the arguments.
    pub fn wrong_arguments(&self, error: &clap::Error) {
        let text = error.render();
        match self.format {
            Format::Text => {
                let _ = write!(anstream::stderr(), "{}", without_passwords(&text.ansi().to_string()));
            }
            Format::Json => {
                let text = text.to_string();
                let message = match error.kind() {
                    clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "a command is missing",
                    _ => text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: "),
                };
                let help = "`migrate --help` and `migrate COMMAND --help` show what can be said";
                let error = json!({ "code": "config::usage", "message": message, "help": help });
                out(&json!({ "error": hidden(error) }).to_string());
            }
        }
    }
}

fn out(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(anstream::stdout(), "{}", text.trim_end_matches('\n'));
    }
}

/// A value in which no string shows a password of a URL.
fn hidden(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_passwords(&text)),
        Value::Array(items) => items.into_iter().map(hidden).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, hidden(value))).collect(),
        other => other,
    }
}
