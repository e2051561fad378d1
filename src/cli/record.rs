//! A revision as the commands that list revisions give it to programs.

use serde::Serialize;

use super::ledger::{Applied, applied_at, marks};
use crate::revision::{History, Revision};

/// The fields that the JSON contract names.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    revision: String,
    down_revision: Vec<String>,
    branch_labels: Vec<String>,
    depends_on: Vec<String>,
    message: String,
    created: Option<String>,
    path: String,
}

impl Record {
    pub(super) fn new(revision: &Revision) -> Self {
        Self {
            revision: revision.id.clone(),
            down_revision: revision.down_revision.clone(),
            branch_labels: revision.branch_labels.clone(),
            depends_on: revision.depends_on.clone(),
            message: revision.message.clone(),
            created: revision.created.map(created),
            path: revision.path.display().to_string(),
        }
    }
}

/// A revision in one line: `a0d8cd78f167 (1975ea83b712) [tuto.data_reduction] (head): Add users`.
pub(super) fn line(revision: &Revision, history: &History) -> String {
    marked_line(revision, history, None)
}

/// As [`line`], with a mark at what is applied last.
pub(super) fn marked_line(revision: &Revision, history: &History, applied: Option<&Applied>) -> String {
    let parents = if revision.down_revision.is_empty() { "base".to_owned() } else { revision.down_revision.join(", ") };
    let needs = needs(revision).map(|needs| format!("; {needs}")).unwrap_or_default();
    format!("{} ({parents}{needs}){}", revision.id, rest_of_line(revision, history, applied))
}

/// As [`marked_line`], beside lines that show the parents.
pub(super) fn drawn_line(revision: &Revision, history: &History, applied: Option<&Applied>) -> String {
    let needs = needs(revision).map(|needs| format!(" ({needs})")).unwrap_or_default();
    format!("{}{needs}{}", revision.id, rest_of_line(revision, history, applied))
}

fn needs(revision: &Revision) -> Option<String> {
    (!revision.depends_on.is_empty()).then(|| format!("needs {}", revision.depends_on.join(", ")))
}

fn rest_of_line(revision: &Revision, history: &History, applied: Option<&Applied>) -> String {
    let mut text = String::new();
    let labels = history.labels(&revision.id);
    if !labels.is_empty() {
        text.push_str(&format!(" [{}]", labels.join(", ")));
    }
    let marks = marks(revision, history, applied);
    if !marks.is_empty() {
        text.push_str(&format!(" ({})", marks.join(", ")));
    }
    format!("{text}: {}", revision.message)
}

/// A revision with all that its header says, and what the ledger says of it.
pub(super) fn whole(revision: &Revision, history: &History, applied: Option<&Applied>) -> String {
    let marks = marks(revision, history, applied);
    let mut text = format!("revision {}", revision.id);
    if !marks.is_empty() {
        text.push_str(&format!(" ({})", marks.join(", ")));
    }
    text.push('\n');
    for line in revision.message.lines().chain(revision.description.lines()) {
        text.push_str(&format!("    {line}\n"));
    }
    text.push('\n');
    let mut field = |name: &str, value: String| {
        if !value.is_empty() {
            text.push_str(&format!("    {:9} {value}\n", format!("{name}:")));
        }
    };
    let ids = |revisions: Vec<&Revision>| {
        revisions.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let parents = if revision.down_revision.is_empty() { "base".to_owned() } else { revision.down_revision.join(", ") };
    field("parents", parents);
    field("needs", revision.depends_on.join(", "));
    field("children", ids(history.children(&revision.id)));
    field("labels", history.labels(&revision.id).join(", "));
    field("created", revision.created.map(created).unwrap_or_default());
    if let Some(applied) = applied {
        let row = applied.row(&revision.id);
        field("applied", row.map_or_else(|| "not yet".to_owned(), applied_at));
    }
    field("file", revision.path.display().to_string());
    text
}

fn created(at: chrono::DateTime<chrono::Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
