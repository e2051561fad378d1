//! Names for what a model leaves unnamed.

use rungs_schema::{Check, Exclusion, ForeignKey, Index, IndexKey, IndexPart, PrimaryKey, Unique};
use sha2::{Digest, Sha256};

/// A constraint or index that wants a name.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// A primary key.
    PrimaryKey(&'a PrimaryKey),
    /// A unique constraint.
    Unique(&'a Unique),
    /// A foreign key.
    ForeignKey(&'a ForeignKey),
    /// A check.
    Check(&'a Check),
    /// An index.
    Index(&'a Index),
    /// An exclusion constraint.
    Exclusion(&'a Exclusion),
}

impl Part<'_> {
    /// What it is called in messages.
    pub fn word(&self) -> &'static str {
        match self {
            Self::PrimaryKey(_) => "primary key",
            Self::Unique(_) => "unique constraint",
            Self::ForeignKey(_) => "foreign key",
            Self::Check(_) => "check",
            Self::Index(_) => "index",
            Self::Exclusion(_) => "exclusion constraint",
        }
    }

    /// The columns it is about, joined by `_`; expressions count as `expr`.
    pub fn columns(&self) -> String {
        let join = |parts: &[IndexPart]| {
            parts
                .iter()
                .map(|part| match &part.key {
                    IndexKey::Column(name) => name.as_str(),
                    IndexKey::Expression(_) => "expr",
                })
                .collect::<Vec<_>>()
                .join("_")
        };
        match self {
            Self::PrimaryKey(key) => join(&key.parts),
            Self::Unique(unique) => join(&unique.parts),
            Self::ForeignKey(key) => key.columns.join("_"),
            Self::Check(check) => check.column.clone().unwrap_or_default(),
            Self::Index(index) => join(&index.parts),
            Self::Exclusion(exclusion) => exclusion.columns.join("_"),
        }
    }
}

/// The convention of the field: `pk_users`, `uq_users_email`, `fk_users_tenant_id`, `ck_users_age`,
/// `ix_users_name`.
pub fn convention(table: &str, part: Part<'_>) -> String {
    let prefix = match part {
        Part::PrimaryKey(_) => return format!("pk_{table}"),
        Part::Unique(_) => "uq",
        Part::ForeignKey(_) => "fk",
        Part::Check(_) => "ck",
        Part::Index(_) => "ix",
        Part::Exclusion(_) => "ex",
    };
    let columns = part.columns();
    if columns.is_empty() { format!("{prefix}_{table}") } else { format!("{prefix}_{table}_{columns}") }
}

/// Cuts a name to what the engine takes; a name that is cut ends in a hash of the whole, so that two long names
/// stay two names. `most` is in bytes; 0 is no limit.
pub fn fit(name: String, most: usize) -> String {
    if most == 0 || name.len() <= most {
        return name;
    }
    let hash = Sha256::digest(name.as_bytes());
    let tail = format!("_{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]);
    let mut end = most - tail.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &name[..end])
}
