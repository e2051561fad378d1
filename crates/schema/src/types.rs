use std::collections::BTreeMap;

use crate::{DialectName, ObjectName};

/// The type of a column.
///
/// Everything but [`Native`](Self::Native) is what a model says, before a dialect has put it into its own words;
/// a schema that came from a server, or through a dialect's `canonical` step, holds `Native` only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `bool`.
    Boolean,
    /// An integer of this many bits (8, 16, 32, 64).
    Integer {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Whether it holds no negative numbers; engines without unsigned types take the next wider signed one.
        unsigned: bool,
    },
    /// `f32`.
    Real,
    /// `f64`.
    Double,
    /// An exact number with precision and scale, where given.
    Decimal {
        /// Digits in all.
        precision: Option<u32>,
        /// Digits after the point.
        scale: Option<u32>,
    },
    /// Text without a limit.
    Text,
    /// Text of at most this many characters.
    Varchar(u32),
    /// Text of exactly this many characters.
    Char(u32),
    /// Bytes; at most so many, where given.
    Binary(Option<u32>),
    /// A date without a time.
    Date,
    /// A time of day.
    Time,
    /// A date and time without a zone.
    DateTime,
    /// A date and time at an absolute instant.
    Timestamp,
    /// A span of time.
    Interval,
    /// A UUID.
    Uuid,
    /// JSON; binary where the engine has it.
    Json,
    /// An IP network or address.
    Inet,
    /// A MAC address.
    MacAddr,
    /// A one-dimensional array.
    Array(Box<ColumnType>),
    /// An enumeration declared with `#[derive(DbEnum)]`, by the name of its type; its values stand in
    /// [`Schema::enums`](crate::Schema::enums).
    Enum(ObjectName),
    /// A type of its own for each engine, with one for those that are not named.
    PerDialect {
        /// By engine.
        by: BTreeMap<DialectName, String>,
        /// For the others; `None` makes the others an error.
        default: Option<String>,
    },
    /// The type in the engine's own words: `varchar(120)`, `bigint(20) unsigned`, `timestamp with time zone`.
    Native(String),
}

impl ColumnType {
    /// The engine's own words, when this is already [`Native`](Self::Native).
    pub fn native(&self) -> Option<&str> {
        match self {
            Self::Native(text) => Some(text),
            _ => None,
        }
    }
}

impl Default for ColumnType {
    fn default() -> Self {
        Self::Native(String::new())
    }
}
