//! Errors, as people and as programs read them.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use miette::Diagnostic;
use serde_json::{Value, json};

use crate::error::{Error, ModelFault, RevisionError, SourceError};

/// An error for programs: its code, message and help; where it has several parts, these as `related`.
pub(super) fn describe(error: &dyn Diagnostic) -> Value {
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

/// How many parts of an error people are shown. What comes after so many is mostly the same again.
const MOST_PARTS: usize = 50;

/// An error for people. The parts of an error with many come first, each with its place; the last line sums up
/// what is more than one.
pub(super) fn render(error: &Error) -> String {
    let parts: Vec<String> = match error {
        Error::Source(SourceError::Models { faults }) => faults.iter().map(model_fault).collect(),
        _ => error.related().into_iter().flatten().map(plain).collect(),
    };
    let mut text: String = parts.iter().take(MOST_PARTS).map(String::as_str).collect();
    if parts.len() > MOST_PARTS {
        text.push_str(&format!("... and {} more; `--format json` lists all\n", parts.len() - MOST_PARTS));
    }
    let only_counts =
        matches!(error, Error::Revision(RevisionError::Invalid { .. }) | Error::Source(SourceError::Models { .. }));
    if parts.len() != 1 || !only_counts {
        text.push_str(&plain(error));
    }
    text
}

/// A fault in a model, with the line of the source that it is about.
fn model_fault(fault: &ModelFault) -> String {
    let source = fault.source_code.inner();
    if source.is_empty() {
        return plain(fault);
    }
    let start = fault.span.offset();
    let annotation = AnnotationKind::Primary.span(start..start + fault.span.len());
    let snippet = Snippet::source(source).path(fault.source_code.name()).annotation(annotation);
    let mut group = Level::ERROR.primary_title(&fault.message).element(snippet);
    if let Some(help) = &fault.help {
        group = group.element(Level::HELP.message(help));
    }
    format!("{}\n\n", Renderer::styled().render(&[group]))
}

fn plain(error: &dyn Diagnostic) -> String {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let help_style = anstyle::AnsiColor::Cyan.on_default();
    let mut text = format!("{style}error{style:#}: {error}\n");
    if let Some(help) = error.help() {
        text.push_str(&format!("  {help_style}help{help_style:#}: {help}\n"));
    }
    text
}
