//! `migrate add-dialect`.

use std::io::Write as _;
use std::path::Path;

use rungs_schema::DialectName;
use serde_json::json;

use super::{Context, Outcome};
use crate::error::{ConfigError, Error};
use crate::revision::{History, Revision};

/// Make room for another engine in revisions that were written without it.
///
/// Sections for all engines become those of the one that they were written for, and the new engine gets empty ones:
/// what it lacks comes with the next autogenerate. No database takes notice.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate add-dialect postgres\n  migrate add-dialect postgres --written-for sqlite"
)]
pub(super) struct AddDialect {
    /// The engine: sqlite, postgres, mysql or mariadb
    #[arg(value_name = "ENGINE", value_parser = engine)]
    engine: DialectName,
    /// The engine that sections for all were written for, instead of the database's
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    written_for: Option<DialectName>,
}

pub(super) fn engine(word: &str) -> Result<DialectName, String> {
    DialectName::from_word(word).ok_or_else(|| "write sqlite, postgres, mysql or mariadb".to_owned())
}

impl AddDialect {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let history = context.history()?;
        let written_for = self.written_for(context)?;
        let mut new: Vec<(&Revision, String)> = Vec::new();
        for revision in history.revisions() {
            let text = context.read(&revision.path)?;
            if let Some(text) = revision.with_dialect(&text, written_for.word(), self.engine.word()) {
                new.push((revision, text));
            }
        }
        refuse_to_break(&history, &new)?;
        for (revision, text) in &new {
            replace(&context.folder.join(&revision.path), text).map_err(|error| ConfigError::Io {
                action: "write",
                path: revision.path.display().to_string(),
                reason: error.to_string(),
            })?;
        }
        let paths: Vec<String> = new.iter().map(|(revision, _)| revision.path.display().to_string()).collect();
        let text = match paths.as_slice() {
            [] => format!("nothing to do: each revision has sections for {}", self.engine),
            paths => format!(
                "{}\nwhat they do is done on {written_for} alone, and {} begins with the next autogenerate",
                paths.iter().map(|path| format!("edited {path}")).collect::<Vec<_>>().join("\n"),
                self.engine
            ),
        };
        context.ui.data(text, &json!({ "edited": paths }));
        Ok(Outcome::Fine)
    }

    fn written_for(&self, context: &Context) -> Result<DialectName, Error> {
        let found = match self.written_for {
            Some(name) => name,
            None => context.url()?.dialect_name(),
        };
        if found == self.engine {
            return Err(ConfigError::Usage {
                reason: format!("revisions cannot be both: written for {found}, and without it"),
                help: Some("name the engine that they were written for with --written-for".to_owned()),
            }
            .into());
        }
        Ok(found)
    }
}

/// Each must still be read, and be the same to those who know it.
fn refuse_to_break(history: &History, new: &[(&Revision, String)]) -> Result<(), Error> {
    let edited =
        history.revisions().iter().map(|revision| match new.iter().find(|(edited, _)| edited.id == revision.id) {
            Some((_, text)) => Revision::parse(&revision.path, text),
            None => Ok(revision.clone()),
        });
    let edited: Result<Vec<Revision>, _> = edited.collect();
    match edited {
        Ok(revisions) => History::new(revisions).map(|_| ()).map_err(Into::into),
        Err(faults) => Err(crate::error::RevisionError::Invalid { faults }.into()),
    }
}

/// The whole new text, or the old one.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let permissions = std::fs::metadata(path)?.permissions();
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
