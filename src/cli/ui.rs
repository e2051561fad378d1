//! The only place that prints. Data goes to stdout, progress and errors to stderr.

use std::io::{IsTerminal, Write};

use miette::Diagnostic;
use serde::Serialize;
use serde_json::json;

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

    /// Prints text that is data whatever the format, such as a script.
    pub fn script(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        // A reader that has gone away, as `| head` does, is no fault of ours.
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
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

    /// Prints an error, with all that belongs to it.
    pub fn error(&self, error: &Error) {
        match self.format {
            Format::Text => {
                let _ = write!(anstream::stderr(), "{}", render(error));
            }
            Format::Json => out(&json!({ "error": describe(error) }).to_string()),
        }
    }
}

fn out(text: &str) {
    if !text.is_empty() {
        let _ = writeln!(anstream::stdout(), "{}", text.trim_end_matches('\n'));
    }
}

fn describe(error: &dyn Diagnostic) -> serde_json::Value {
    let mut value = json!({
        "code": error.code().map(|code| code.to_string()),
        "message": error.to_string(),
        "help": error.help().map(|help| help.to_string()),
    });
    let related: Vec<_> = error.related().into_iter().flatten().map(describe).collect();
    if !related.is_empty() {
        value["related"] = related.into();
    }
    value
}

/// The error as people read it. The parts of an error with many (`related`) stand one after the other.
fn render(error: &Error) -> String {
    let theme =
        miette::GraphicalTheme { characters: miette::ThemeCharacters::unicode(), styles: miette::ThemeStyles::ansi() };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(120).with_links(false);
    let mut text = String::new();
    let related: Vec<&dyn Diagnostic> = error.related().into_iter().flatten().collect();
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let help_style = anstyle::AnsiColor::Cyan.on_default();
    for one in &related {
        if one.source_code().is_some() {
            if handler.render_report(&mut text, *one).is_err() {
                text.push_str(&format!("{style}error{style:#}: {one}\n"));
            }
        } else {
            text.push_str(&format!("{style}error{style:#}: {one}\n"));
            if let Some(help) = one.help() {
                text.push_str(&format!("  {help_style}help{help_style:#}: {help}\n"));
            }
        }
    }
    text.push_str(&format!("{style}error{style:#}: {error}\n"));
    if let Some(help) = error.help() {
        text.push_str(&format!("  {help_style}help{help_style:#}: {help}\n"));
    }
    text
}
