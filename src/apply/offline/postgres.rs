//! Scripts for `psql`.

use super::{Clock, Script};
use crate::apply::lock::PURPOSE;
use crate::apply::prepare::Prepared;
use crate::apply::session::POSTGRES_RESET;

/// What a session of ours has from the start: the same text then means the same to the server.
const SESSION: [&str; 5] = [
    "SET client_encoding = 'UTF8'",
    "SET standard_conforming_strings = on",
    "SET client_min_messages = warning",
    "SET DateStyle = 'ISO, MDY'",
    "SET TimeZone = 'UTC'",
];

/// The moment of an expression, as the ledger writes it.
fn moment(at: &str) -> String {
    format!("pg_catalog.to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
}

fn clock(started: &str, since: &str) -> Clock {
    Clock {
        started: started.to_owned(),
        took: format!("(1000 * extract(epoch FROM pg_catalog.clock_timestamp() - {since}))::bigint"),
        runner: "session_user",
    }
}

pub(super) fn write(script: &mut Script<'_>, steps: &[Prepared<'_>]) {
    script.comment("psql -X -v ON_ERROR_STOP=1 -f FILE DATABASE");
    script.line("\\set ON_ERROR_STOP on\n\\set AUTOCOMMIT on");
    script.statements(SESSION);
    script.line("");
    script.comment("one runner at a time; the lock ends with the session");
    stop_if(script, &format!("CASE WHEN NOT pg_catalog.pg_try_advisory_lock({}) THEN {BUSY} END", key()));
    script.create_ledger();
    if script.one {
        script.statement("BEGIN");
    }
    for step in steps {
        script.heading(step);
        if step.in_transaction {
            in_transaction(script, step);
        } else {
            one_by_one(script, step);
        }
    }
    script.line("");
    if script.one {
        script.statement("COMMIT");
    }
    script.statement(&format!("DO $rungs$ BEGIN PERFORM pg_catalog.pg_advisory_unlock({}); END $rungs$", key()));
}

const BUSY: &str = "'another runner is at work on this database: run the script again when it has finished'";

/// The key that [`Lock`](crate::apply::lock::Lock) has for the schema of the ledger.
fn key() -> String {
    format!(
        "('x' || pg_catalog.encode(pg_catalog.substr(pg_catalog.sha256(pg_catalog.convert_to('{PURPOSE}' || \
         pg_catalog.current_schema(), 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint"
    )
}

/// Stops the script with the reason that an expression gives, if it gives one.
pub(super) fn stop_if(script: &mut Script<'_>, reason: &str) {
    // An id may have dollars in it.
    let mut tag = "$rungs$".to_owned();
    while reason.contains(&tag) {
        tag.insert(tag.len() - 1, '_');
    }
    script.statement(&format!(
        "DO {tag}\nDECLARE reason text := {reason};\nBEGIN\n  IF reason IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = \
         reason; END IF;\nEND\n{tag}"
    ));
}

fn in_transaction(script: &mut Script<'_>, step: &Prepared<'_>) {
    let clock = if script.one { since_now(script) } else { clock(&moment("pg_catalog.now()"), "pg_catalog.now()") };
    if !script.one {
        script.statement("BEGIN");
    }
    stop_if(script, &script.obstacle_sql(step));
    script.limit(step);
    for index in 0..step.pieces.len() {
        script.piece(step, index);
    }
    reset(script, step);
    script.settle(step, &clock);
    if !script.one {
        script.statement("COMMIT");
    }
}

fn one_by_one(script: &mut Script<'_>, step: &Prepared<'_>) {
    let clock = since_now(script);
    stop_if(script, &script.obstacle_sql(step));
    script.claim(step, &clock);
    script.limit(step);
    script.marked_pieces(step, |_, _| {});
    reset(script, step);
    script.settle_claim(step, &clock);
}

/// Keeps the moment in a variable of psql's, where the revision is not one transaction with a moment of its own.
fn since_now(script: &mut Script<'_>) -> Clock {
    script.line(&format!("SELECT {} AS rungs_started \\gset", moment("pg_catalog.clock_timestamp()")));
    clock(":'rungs_started'", ":'rungs_started'::timestamptz")
}

/// Puts the session back before the ledger is written, where the revision may have changed it: with another search path
/// or role, that would go wrong.
fn reset(script: &mut Script<'_>, step: &Prepared<'_>) {
    if script.may_set(step) {
        script.statements(POSTGRES_RESET);
        script.statements(SESSION);
    }
}
