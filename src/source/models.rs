//! Models in Rust source.

use std::path::Path;

use miette::{NamedSource, SourceSpan};
use rungs_schema::Declared;
use rungs_schema::read::{self, Group, Grouped, OwnTypes, ReadError};

use crate::error::{ModelFault, SourceError};

/// Reads the models that files, folders and globs lead to, relative to `base`.
///
/// # Errors
/// Everything that cannot be read, each with its place, in one [`SourceError::Models`].
pub fn read(paths: &[String], base: &Path) -> Result<Declared, SourceError> {
    read::read_paths(paths, base)
        .map_err(|errors| SourceError::Models { faults: errors.into_iter().map(fault).collect() })
}

/// Reads several groups of paths as one, relative to `base`, with the column types of some Rust types.
///
/// # Errors
/// As [`read()`], and when a file belongs to two groups.
pub fn read_groups(groups: &[Group], base: &Path, own_types: &OwnTypes) -> Result<Grouped, SourceError> {
    read::read_groups(groups, base, own_types)
        .map_err(|errors| SourceError::Models { faults: errors.into_iter().map(fault).collect() })
}

fn fault(error: ReadError) -> ModelFault {
    let place = error.place();
    ModelFault {
        message: error.message,
        help: error.help,
        source_code: NamedSource::new(error.file, error.text.to_string()).with_language("Rust"),
        span: SourceSpan::new(error.offset.into(), error.length),
        place,
    }
}
