//! Writing a new revision's file.

use std::path::PathBuf;

use chrono::Utc;

use super::Context;
use crate::error::{ConfigError, Error};
use crate::revision::{self, DEFAULT_TEMPLATE, HeaderLines, History, Revision, Section};

/// What a new file holds.
pub(super) struct NewFile {
    pub(super) message: String,
    pub(super) down_revision: Vec<String>,
    pub(super) branch_labels: Vec<String>,
    pub(super) up: String,
    pub(super) down: String,
    pub(super) folder: PathBuf,
}

impl NewFile {
    pub(super) fn revision(self) -> Result<Revision, Error> {
        Ok(Revision {
            id: revision::new_id()?,
            message: self.message,
            down_revision: self.down_revision,
            branch_labels: self.branch_labels,
            // The file keeps whole seconds.
            created: chrono::DateTime::from_timestamp(Utc::now().timestamp(), 0),
            up: vec![Section::new(self.up)],
            down: vec![Section::new(self.down)],
            depends_on: Vec::new(),
            description: String::new(),
            preamble: String::new(),
            path: PathBuf::new(),
            lines: HeaderLines::default(),
            ordered_by_name: false,
        })
    }
}

/// Writes the file and returns the revision and the path as a person would write it.
pub(super) fn write_revision(context: &Context, file: NewFile) -> Result<(Revision, String), Error> {
    let folder = PathBuf::from(context.shown(&file.folder));
    let revision = file.revision()?;
    let template = context.config()?.file_template.as_deref().unwrap_or(DEFAULT_TEMPLATE);
    let name = revision::file_name(template, &revision.id, &revision.message, revision.created.unwrap_or_default())?;
    let path = revision::write_new(&folder, &name, &revision)?;
    Ok((revision, context.shown(&path)))
}

/// What a new revision revises: the head of the branch, or the only head of all.
pub(super) fn parents_of(history: &History, branch: Option<&str>) -> Result<Vec<String>, Error> {
    let heads = history.heads();
    let of_branch: Vec<_> = match branch {
        Some(label) => heads.iter().filter(|head| history.labels(&head.id).contains(&label)).collect(),
        None => heads.iter().collect(),
    };
    match of_branch.as_slice() {
        [] => Ok(Vec::new()),
        [head] => Ok(vec![head.id.clone()]),
        several => Err(ConfigError::Usage {
            reason: format!(
                "there are {} heads: {}",
                several.len(),
                several.iter().map(|head| format!("{} ({})", head.id, head.message)).collect::<Vec<_>>().join(", ")
            ),
            help: Some("name the branch with --branch LABEL, or merge the heads first".to_owned()),
        }
        .into()),
    }
}
