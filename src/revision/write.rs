//! Writing revision files: each whole or not at all, and several all or none.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{History, Revision};
use crate::error::RevisionError;

/// Writes a new revision file, whole or not at all, and never in the place of another. The folder is created.
///
/// # Errors
/// When its text would not be read back as what it is, a file of this name is there, or the folder cannot be written.
pub fn write_new(folder: &Path, file_name: &str, revision: &Revision) -> Result<PathBuf, RevisionError> {
    let path = folder.join(file_name);
    write_all(&[Revision { path: path.clone(), ..revision.clone() }])?;
    Ok(path)
}

/// Writes new revisions to the files that they name: all of them or, where one cannot be written, none. Folders are
/// created.
///
/// # Errors
/// As [`write_new`].
pub fn write_all(revisions: &[Revision]) -> Result<(), RevisionError> {
    let texts: Vec<String> = revisions.iter().map(ToString::to_string).collect();
    for (revision, text) in revisions.iter().zip(&texts) {
        read_back(revision, text)?;
    }
    let mut done = Done::default();
    let outcome = done.write(revisions, &texts);
    if outcome.is_err() {
        done.take_back();
    }
    outcome
}

/// What was made so far.
#[derive(Debug, Default)]
struct Done {
    files: Vec<PathBuf>,
    /// The outer ones first.
    folders: Vec<PathBuf>,
}

impl Done {
    fn write(&mut self, revisions: &[Revision], texts: &[String]) -> Result<(), RevisionError> {
        let mut waiting: Vec<(NamedTempFile, &Path)> = Vec::with_capacity(revisions.len());
        for (revision, text) in revisions.iter().zip(texts) {
            waiting.push((self.temporary(&revision.path, text)?, &revision.path));
        }
        for (file, path) in waiting {
            match file.persist_noclobber(path) {
                Ok(_) => self.files.push(path.to_owned()),
                Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                    return Err(RevisionError::Exists { path: path.display().to_string() });
                }
                Err(error) => return Err(fault(path, &error.error)),
            }
        }
        Ok(())
    }

    /// The text in a file beside the one that it is to be.
    fn temporary(&mut self, path: &Path, text: &str) -> Result<NamedTempFile, RevisionError> {
        let fault = |error: std::io::Error| fault(path, &error);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let missing = folder.ancestors().take_while(|folder| matches!(folder.try_exists(), Ok(false)));
        let missing: Vec<PathBuf> =
            missing.filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_path_buf).collect();
        std::fs::create_dir_all(folder).map_err(fault)?;
        self.folders.extend(missing.into_iter().rev());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".rungs-").suffix(".tmp");
        #[cfg(unix)]
        {
            // Temporary files are private; a revision is as readable as any file that this user creates.
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = builder.tempfile_in(folder).map_err(fault)?;
        file.write_all(text.as_bytes()).map_err(fault)?;
        file.as_file().sync_all().map_err(fault)?;
        Ok(file)
    }

    /// The error that led here is the one to tell. A folder that somebody has put something into stays.
    fn take_back(&self) {
        for file in &self.files {
            let _ = std::fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

fn fault(path: &Path, error: &std::io::Error) -> RevisionError {
    RevisionError::Write { path: path.display().to_string(), reason: error.to_string() }
}

/// The revision as its file will be read. A message such as `migrate:up` or `revision = 1` would be taken for something
/// else.
fn read_back(revision: &Revision, text: &str) -> Result<Revision, RevisionError> {
    let path = revision.path.display().to_string();
    let written = Revision::parse(&revision.path, text)
        .map_err(|faults| RevisionError::WouldBreak { files: vec![path.clone()], faults })?;
    let place = |revision: &Revision| {
        let Revision { id, down_revision, branch_labels, depends_on, .. } = revision.clone();
        (id, down_revision, branch_labels, depends_on, revision.checksum())
    };
    if place(&written) == place(revision) {
        return Ok(written);
    }
    Err(RevisionError::Write {
        path,
        reason: "its text would be read back as something else: is there a line that looks like a marker or a key in the message?".to_owned(),
    })
}

impl History {
    /// The history with some more revisions, as it would be read once their files are written.
    ///
    /// # Errors
    /// With what they would break.
    pub fn with(&self, new: &[Revision]) -> Result<Self, RevisionError> {
        let mut all = self.revisions().to_vec();
        for revision in new {
            all.push(read_back(revision, &revision.to_string())?);
        }
        Self::new(all).map_err(|error| match error {
            RevisionError::Invalid { faults } => {
                let files = new.iter().map(|revision| revision.path.display().to_string()).collect();
                RevisionError::WouldBreak { files, faults }
            }
            other => other,
        })
    }
}
