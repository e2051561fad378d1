//! Compares two schemas: `compare` finds the changes, `order` puts them into a sequence that works.

pub mod change;
