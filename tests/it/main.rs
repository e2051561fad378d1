//! One binary for every behaviour: a scenario a file, played on each engine's real server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "in a test, to panic is how a failure is told"
)]

mod command;
mod connection;
mod harness;
mod law_generator;
mod laws;
mod layers;
mod mysql_alter;
mod mysql_canonical;
mod mysql_random;
mod mysql_read;
mod mysql_support;
