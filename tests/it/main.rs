//! One binary for every behaviour: a scenario a file, played on each engine's real server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs,
    reason = "in a test, to panic is how a failure is told"
)]

mod ahead;
mod apply_engines;
mod apply_limits;
mod apply_runs;
mod apply_support;
mod bad_input;
mod bad_input_database;
mod branches;
mod branches_change;
mod command;
mod completions;
mod connection;
mod derive_model;
mod differ;
mod dry_run;
mod engines;
mod footprint_law;
mod footprint_meeting;
mod footprint_net;
mod footprint_reading;
mod footprint_support;
mod graph_commands;
mod graph_drawing;
mod graph_faults;
mod graph_faults_files;
mod graph_laws;
mod graph_lines;
mod graph_ranges;
mod graph_routes;
mod graph_support;
mod graph_targets;
mod harness;
mod hooks_after_write;
mod hooks_library;
mod hooks_program;
mod ignore;
mod json_contract;
mod law_generator;
mod laws;
mod laws_lines;
mod layers;
mod log;
mod meeting_commands;
mod models_objects;
mod models_paths;
mod models_print;
mod models_views;
mod mysql_alter;
mod mysql_canonical;
mod mysql_random;
mod mysql_read;
mod mysql_support;
mod naming;
mod never_lose;
mod offline;
mod offline_faults;
mod offline_law;
mod offline_support;
mod own_types;
mod postgres_access;
mod postgres_alter;
mod postgres_canonical;
mod postgres_foreign;
mod postgres_introspect;
mod postgres_kinds;
mod postgres_law;
mod postgres_order;
mod postgres_pair;
mod postgres_routines;
mod postgres_scratch;
mod postgres_support;
mod postgres_unsaid;
mod postgres_web;
mod readme;
mod renames;
mod renames_asked;
mod renames_law;
mod revision_file;
mod round_trip;
mod splitter_scripts;
mod sqlite_alter;
mod sqlite_canonical;
mod sqlite_introspect;
mod sqlite_law;
mod sqlite_lines;
mod sqlite_support;
mod stamp;
mod stamp_half_done;
mod stamp_laws;
mod stamp_routes;
mod stories;
mod transactions;
mod truth;
mod write_files;
mod write_revisions;
