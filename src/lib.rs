//! Schema migrations for Rust.
//!
//! Rungs reads the models from Rust source, looks at the live database, writes a reviewable SQL revision with up and
//! down, keeps the history as a graph, and applies it safely. The command is `migrate`; this library is what it is
//! made of.
//!
//! A crate that only declares models depends on rungs without default features: it then compiles the derive and the
//! nouns, no driver and no async runtime.

#[cfg(feature = "engine")]
pub use rungs_derive::embed;
pub use rungs_derive::{DbEnum, Model};
pub use rungs_schema as schema;
pub use rungs_schema::{DbEnum, Model};

#[cfg(feature = "engine")]
pub use authoring::Hooks;
#[cfg(feature = "engine")]
pub use migrator::{Embedded, Migrator};

#[cfg(feature = "engine")]
pub mod apply;
#[cfg(feature = "engine")]
pub mod authoring;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "engine")]
pub mod config;
#[cfg(feature = "engine")]
pub mod db;
#[cfg(feature = "engine")]
pub mod dialect;
#[cfg(feature = "engine")]
pub mod diff;
#[cfg(feature = "engine")]
pub mod error;
#[cfg(feature = "engine")]
pub mod footprint;
#[cfg(feature = "engine")]
pub mod migrator;
#[cfg(feature = "engine")]
pub mod plan;
#[cfg(feature = "engine")]
pub mod revision;
#[cfg(feature = "engine")]
pub mod source;
#[cfg(feature = "engine")]
pub mod testing;

/// The examples of the documentation, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/models.md")]
pub struct ModelsPage;

/// As above.
#[cfg(doctest)]
#[doc = include_str!("../docs/renames.md")]
pub struct RenamesPage;

/// As above.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../docs/library.md")]
pub struct LibraryPage;
