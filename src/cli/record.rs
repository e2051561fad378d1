//! A revision as the commands that list revisions give it to programs.

use serde::Serialize;

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
            created: revision.created.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            path: revision.path.display().to_string(),
        }
    }
}

/// A revision in one line: `a0d8cd78f167 (1975ea83b712) [tuto.data_reduction] (head): Add users`.
pub(super) fn line(revision: &Revision, history: &History) -> String {
    let mut text = revision.id.clone();
    let parents = if revision.down_revision.is_empty() { "base".to_owned() } else { revision.down_revision.join(", ") };
    text.push_str(&format!(" ({parents})"));
    let labels = history.labels(&revision.id);
    if !labels.is_empty() {
        text.push_str(&format!(" [{}]", labels.join(", ")));
    }
    if history.children(&revision.id).is_empty() {
        text.push_str(" (head)");
    }
    format!("{text}: {}", revision.message)
}
