//! Reads `#[model(...)]` from Rust source.
