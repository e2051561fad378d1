//! The nouns of a database schema, as plain values, and the reader that finds them in Rust source.
//!
//! A [`Schema`] says what a database holds: tables, columns, keys, indexes, checks, sequences, types and
//! definitions. The same nouns describe a live database, a set of models and the result of an SQL script, which
//! is what makes them comparable. What a *model* adds to the nouns (where it stands in the source, what it was
//! renamed from, how to fill a new column) is kept apart, in [`Hints`].
//!
//! With the feature `read`, `read` turns `#[derive(Model)]` structs in Rust source into nouns.

mod access;
mod check;
mod column;
mod declared;
mod definition;
mod dialect_name;
mod domain;
mod exclusion;
mod foreign_key;
mod hints;
mod index;
mod key;
mod model;
mod name;
mod options;
mod outline;
#[cfg(feature = "read")]
pub mod read;
mod reference;
mod schema;
mod sequence;
mod table;
mod types;

pub use access::{Access, DeclaredAccess, DefaultPrivileges, Grantee, Privilege};
pub use check::Check;
pub use column::{AutoIncrement, Column, Generated, Identity};
pub use declared::{Declared, Grant, View};
pub use definition::{Definition, DefinitionKind, Shape};
pub use dialect_name::DialectName;
pub use domain::{Attribute, CompositeType, Domain};
pub use exclusion::Exclusion;
pub use foreign_key::{Action, Deferrable, ForeignKey};
pub use hints::{ColumnHints, EnumHints, Hints, Location, TableHints};
pub use index::{Index, IndexKey, IndexPart, Verbatim};
pub use key::{PrimaryKey, Unique};
pub use model::{DbEnum, Model};
pub use name::ObjectName;
pub use options::Options;
pub use outline::Outline;
pub use reference::{Class, Needs, Reference};
pub use schema::Schema;
pub use sequence::{EnumType, Sequence};
pub use table::{Attached, Table};
pub use types::ColumnType;
