//! Folders of revision files.

use std::collections::HashSet;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::Revision;
use super::build::sorted;
use super::missing::Unread;
use super::parse::Reading;
use crate::error::{RevisionError, RevisionFault};

/// Reads all revision files (`*.sql`) of the folders and of the folders in them, in the order of their paths. Names
/// that begin with a dot are passed over, and a file that is reached twice is read once.
///
/// Files without a header of ours (dbmate's) revise the one before them by name in the same folder.
///
/// # Errors
/// [`RevisionError::Folder`] when one of the folders is not there, else all faults of all files.
pub fn read(folders: &[PathBuf]) -> Result<Vec<Revision>, RevisionError> {
    let Files { revisions, faults, .. } = read_all(folders)?;
    if faults.is_empty() { Ok(revisions) } else { Err(RevisionError::Invalid { faults: sorted(faults) }) }
}

/// The paths of the files that [`read`] reads, in its order.
///
/// # Errors
/// As [`read`], as far as folders are concerned.
pub fn files(folders: &[PathBuf]) -> Result<Vec<PathBuf>, RevisionError> {
    let Walk { paths, files, .. } = walk(folders)?;
    if files.faults.is_empty() { Ok(paths) } else { Err(RevisionError::Invalid { faults: sorted(files.faults) }) }
}

/// What was understood of all files, and what was not.
#[derive(Default)]
pub(super) struct Files {
    /// Also those that have faults; where the id of one cannot be told, it is empty.
    pub(super) revisions: Vec<Revision>,
    pub(super) unread: Vec<Unread>,
    pub(super) faults: Vec<RevisionFault>,
}

/// As [`read`], where the faults of files are not the end.
pub(super) fn read_all(folders: &[PathBuf]) -> Result<Files, RevisionError> {
    let Walk { paths, mut files, .. } = walk(folders)?;
    files.revisions.reserve(paths.len());
    for path in paths {
        files.read(path);
    }
    chain_by_name(&mut files.revisions);
    Ok(files)
}

fn walk(folders: &[PathBuf]) -> Result<Walk, RevisionError> {
    let mut walk = Walk::default();
    for folder in folders {
        if matches!(folder.try_exists(), Ok(false)) {
            return Err(RevisionError::Folder { path: folder.display().to_string() });
        }
        walk.folder(folder);
    }
    Ok(walk)
}

/// The same of texts that somebody else has read, with the paths that messages show.
pub(super) fn read_texts<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Files {
    let mut files = Files::default();
    for (path, text) in texts {
        files.understood(PathBuf::from(path), Revision::read(Path::new(path), text));
    }
    chain_by_name(&mut files.revisions);
    files
}

impl Files {
    fn read(&mut self, path: PathBuf) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(path, &error, false),
        };
        let reading = match std::str::from_utf8(&bytes) {
            Ok(text) => Revision::read(&path, text),
            Err(error) => not_utf8(&path, &bytes, error.valid_up_to()),
        };
        self.understood(path, reading);
    }

    fn understood(&mut self, path: PathBuf, reading: Reading) {
        let Reading { revision, mut unread, faults } = reading;
        self.faults.extend(faults);
        if revision.id.is_empty() {
            // Most names of files have the id in them.
            unread.push_str(&stem(&path));
        }
        if !unread.is_empty() {
            self.unread.push(Unread { path, words: Some(unread) });
        }
        self.revisions.push(revision);
    }

    fn unreadable(&mut self, path: PathBuf, error: &std::io::Error, is_folder: bool) {
        self.faults.push(RevisionFault::Unreadable { path: path.display().to_string(), reason: error.to_string() });
        let words = (!is_folder).then(|| stem(&path));
        self.unread.push(Unread { path, words });
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// The place in the graph can mostly be told even so; other faults would only come of what stands for the bad bytes.
fn not_utf8(path: &Path, bytes: &[u8], at: usize) -> Reading {
    let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let reading = Revision::read(path, &String::from_utf8_lossy(bytes));
    let fault = RevisionFault::Malformed {
        path: path.display().to_string(),
        line,
        reason: "it is not UTF-8".to_owned(),
        help: Some("save the file as UTF-8".to_owned()),
    };
    Reading { faults: vec![fault], ..reading }
}

#[derive(Default)]
struct Walk {
    paths: Vec<PathBuf>,
    files: Files,
    /// Where we have been, so that links in a circle end and nothing is read twice.
    seen: HashSet<PathBuf>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) {
        let Some(real) = self.real(folder, true) else { return };
        let entries = std::fs::read_dir(folder).and_then(|entries| {
            let entry = |entry: DirEntry| Ok((entry.file_name(), entry.file_type()?));
            entries.map(|one| one.and_then(entry)).collect::<Result<Vec<_>, _>>()
        });
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.files.unreadable(folder.to_path_buf(), &error, true),
        };
        entries.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (name, kind) in entries {
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let path = folder.join(&name);
            let is_script = path.extension().is_some_and(|extension| extension == "sql");
            if kind.is_dir() || (kind.is_symlink() && path.is_dir()) {
                self.folder(&path);
            } else if is_script && kind.is_file() {
                // Without asking the system where it is: there may be many.
                if self.seen.insert(real.join(&name)) {
                    self.paths.push(path);
                }
            } else if is_script && kind.is_symlink() && self.real(&path, false).is_some() {
                self.paths.push(path);
            }
        }
    }

    /// Where a path leads, the first time that it does.
    fn real(&mut self, path: &Path, is_folder: bool) -> Option<PathBuf> {
        match path.canonicalize() {
            Ok(real) => self.seen.insert(real.clone()).then_some(real),
            Err(error) => {
                self.files.unreadable(path.to_path_buf(), &error, is_folder);
                None
            }
        }
    }
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
