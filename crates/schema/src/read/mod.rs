//! Reads `#[derive(Model)]` and `#[derive(DbEnum)]` from Rust source, without compiling it.
//!
//! [`read_paths`] reads files, folders and globs, with the modules that the files declare; type aliases and
//! constants in the files read are resolved. [`model_from_item`] and [`enum_from_item`] are the same code for a
//! single item, which is what the derive macros see.

mod check;
mod entry;
mod enums;
mod error;
mod field;
mod files;
mod model;
mod parts;
mod reference;
mod role;
mod scope;
#[cfg(test)]
mod tests;
mod types;
mod words;

use std::path::Path;

use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, ItemEnum, ItemStruct, Meta, Token};

use crate::Declared;

pub use check::Grouped;
pub use enums::DbEnum;
pub use error::{Fault, ReadError};
pub use field::nextval;
pub use files::Group;
pub use model::{DeclaredSequence, Model};
pub use parts::FieldColumn;
pub use reference::{Reference, Target, written};
pub use role::{DeclaredGrant, Role, ViewQuery};
pub use scope::OwnTypes;
pub use words::{Case, field_identifier, snake_case, type_identifier};

/// Reads every model that files, folders (with the folders in them) and globs lead to, relative to `base`. A file is
/// read once, whichever way it is reached.
///
/// # Errors
/// Everything that could not be read, sorted by file and line.
pub fn read_paths(paths: &[String], base: &Path) -> Result<Declared, Vec<ReadError>> {
    check::declared(files::Reading::of(paths, base))
}

/// Reads the models of several groups of paths as one schema, in which each may name what another declares. A file that
/// several groups lead to belongs to the one with the innermost path; one that only a `mod` leads to, to the group of
/// who declares it. `own_types` says which column types fields of some Rust types have.
///
/// # Errors
/// As [`read_paths`], and when a file belongs to two groups.
pub fn read_groups(groups: &[Group], base: &Path, own_types: &OwnTypes) -> Result<Grouped, Vec<ReadError>> {
    check::grouped(files::Reading::of_groups(groups, base, own_types))
}

/// Reads models from a text, as if it were a file of that name.
///
/// # Errors
/// Everything that could not be read, sorted by line.
pub fn read_text(text: &str, shown: &str) -> Result<Declared, Vec<ReadError>> {
    check::declared(files::Reading::of_text(text, shown))
}

/// Reads one struct, of which nothing around it can be seen: names of constants, aliases, enumerations and other
/// models are taken to be right.
///
/// # Errors
/// Everything that is wrong with its attributes and fields.
pub fn model_from_item(item: &ItemStruct) -> Result<Model, Vec<Fault>> {
    let (model, faults) = model::read(item, scope::Scope::alone());
    if faults.is_empty() { Ok(model) } else { Err(faults) }
}

/// Reads one enumeration.
///
/// # Errors
/// Everything that is wrong with its attributes and variants.
pub fn enum_from_item(item: &ItemEnum) -> Result<DbEnum, Vec<Fault>> {
    let mut faults = Vec::new();
    let read = enums::read(item, scope::Scope::alone(), &mut faults);
    if faults.is_empty() { Ok(read) } else { Err(faults) }
}

/// Whether `#[derive(...)]` names this macro, alone or as `rungs::`.
fn derives(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("derive")).any(|attribute| {
        let Meta::List(list) = &attribute.meta else { return false };
        let Ok(paths) = Punctuated::<syn::Path, Token![,]>::parse_terminated.parse2(list.tokens.clone()) else {
            return false;
        };
        paths.iter().any(|path| {
            let parts = scope::parts(path);
            match parts.as_slice() {
                [only] => only == name,
                [from, last] => from == "rungs" && last == name,
                _ => false,
            }
        })
    })
}
