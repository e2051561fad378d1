//! Folders of revision files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Revision;
use crate::error::{RevisionError, RevisionFault};

/// Reads all revision files (`*.sql`) of the folders and of the folders in them, in the order of their paths. Names
/// that begin with a dot are passed over, and a file that is reached twice is read once.
///
/// Files without a header of ours (dbmate's) revise the one before them by name in the same folder.
///
/// # Errors
/// [`RevisionError::Folder`] when one of the folders is not there, else all faults of all files.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Revision>, RevisionError> {
    let Files { revisions, faults } = read_all(folders)?;
    if faults.is_empty() { Ok(revisions) } else { Err(RevisionError::Invalid { faults }) }
}

/// What was understood of all files, and what was not.
pub(super) struct Files {
    /// Also those that have faults; where the id of one cannot be told, it is empty.
    pub(super) revisions: Vec<Revision>,
    pub(super) faults: Vec<RevisionFault>,
}

/// As [`read`], where the faults of files are not the end.
pub(super) fn read_all(folders: &[PathBuf]) -> Result<Files, RevisionError> {
    let mut walk = Walk::default();
    for folder in folders {
        if matches!(folder.try_exists(), Ok(false)) {
            return Err(RevisionError::Folder { path: folder.display().to_string() });
        }
        walk.folder(folder);
    }
    let Walk { files, mut faults, .. } = walk;
    let mut revisions = Vec::with_capacity(files.len());
    for path in files {
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let (revision, found) = Revision::read(&path, &text);
                revisions.push(revision);
                faults.extend(found);
            }
            Err(error) => {
                faults.push(unreadable(&path, &error));
                revisions.push(Revision { path, ..Revision::new("", "") });
            }
        }
    }
    chain_by_name(&mut revisions);
    Ok(Files { revisions, faults })
}

#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    faults: Vec<RevisionFault>,
    /// Where we have been, so that links in a circle end and nothing is read twice.
    seen: BTreeSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) {
        if !self.first_time(folder) {
            return;
        }
        let entries = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.faults.push(unreadable(folder, &error)),
        };
        entries.sort();
        for path in entries {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if path.is_dir() {
                self.folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "sql") && self.first_time(&path) {
                self.files.push(path);
            }
        }
    }

    fn first_time(&mut self, path: &Path) -> bool {
        match path.canonicalize() {
            Ok(real) => self.seen.insert(real),
            Err(error) => {
                self.faults.push(unreadable(path, &error));
                false
            }
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> RevisionFault {
    RevisionFault::Unreadable { path: path.display().to_string(), reason: error.to_string() }
}

/// The paths are sorted, so that the files of one folder come in the order of their names.
fn chain_by_name(revisions: &mut [Revision]) {
    let mut before: Vec<(PathBuf, String)> = Vec::new();
    for revision in revisions.iter_mut().filter(|revision| revision.ordered_by_name && !revision.id.is_empty()) {
        let folder = revision.path.parent().map(Path::to_path_buf).unwrap_or_default();
        match before.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, last)) => revision.down_revision = vec![std::mem::replace(last, revision.id.clone())],
            None => before.push((folder, revision.id.clone())),
        }
    }
}
