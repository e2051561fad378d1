//! Rust source for an existing schema.
