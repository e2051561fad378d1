//! Where the file of a load is. A revision reads no file but those in its own folder and the folders in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::revision::{Load, Revision};

/// What a file holds.
pub(super) type Input = Box<dyn Read + Send + Sync>;

/// The file of a load.
#[derive(Debug, Clone)]
pub(in crate::apply) struct Source {
    /// As messages show it.
    pub(super) shown: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    File(PathBuf),
    Program(&'static [u8]),
}

impl Source {
    pub(super) fn open(&self) -> io::Result<Input> {
        Ok(match &self.place {
            Place::File(path) => Box::new(File::open(path)?),
            Place::Program(content) => Box::new(*content),
        })
    }
}

impl Source {
    /// How many lines it has, which is about how many rows: a value in quotes may have several.
    pub(super) fn lines(&self) -> io::Result<u64> {
        let mut input = self.open()?;
        let (mut buffer, mut lines) = (vec![0; 64 * 1024], 0);
        loop {
            let read = input.read(&mut buffer)?;
            if read == 0 {
                return Ok(lines);
            }
            let ends = buffer.iter().take(read).filter(|byte| **byte == b'\n').count();
            lines += u64::try_from(ends).unwrap_or_default();
        }
    }
}

/// Finds the file.
///
/// # Errors
/// When it is not there, cannot be read, or is elsewhere.
pub(in crate::apply) fn find(revision: &Revision, load: &Load) -> Result<Source, String> {
    let folder = revision.path.parent().unwrap_or(Path::new(""));
    let shown = folder.join(&load.file).display().to_string();
    if let Some(content) = load.content {
        return Ok(Source { shown, place: Place::Program(content) });
    }
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if !Path::new(&load.file).components().all(is_plain) {
        return Err(format!("`file:{}` leads out of the folder of the revision", load.file));
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let cannot = |error: io::Error| format!("cannot read {shown}: {error}");
    let real = folder.join(&load.file).canonicalize().map_err(cannot)?;
    if !real.starts_with(folder.canonicalize().map_err(cannot)?) {
        return Err(format!("{shown} is a link that leads out of the folder of the revision"));
    }
    if !real.is_file() {
        return Err(format!("{shown} is no file"));
    }
    File::open(&real).map_err(cannot)?;
    Ok(Source { shown, place: Place::File(real) })
}
