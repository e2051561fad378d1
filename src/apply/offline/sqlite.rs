//! Scripts for `sqlite3`.

use super::{Clock, Script};
use crate::apply::prepare::Prepared;
use crate::apply::rebuild;
use crate::apply::session::SQLITE_PRAGMAS;

/// `rungs_run` holds the moment at which a revision began.
fn clock() -> Clock {
    Clock {
        started: "(SELECT started FROM temp.rungs_run)".to_owned(),
        took: "(SELECT CAST(round((julianday('now') - julianday(started)) * 86400000) AS INTEGER) FROM temp.rungs_run)"
            .to_owned(),
        runner: "''",
    }
}

pub(super) fn write(script: &mut Script<'_>, steps: &[Prepared<'_>]) {
    script.comment("sqlite3 FILE.db < FILE");
    script.line(&format!(".bail on\n.timeout {}", script.lock_wait.as_millis()));
    script.statement("PRAGMA foreign_keys = ON");
    script.create_ledger();
    if script.one {
        begin_transaction(script);
    }
    for (index, step) in steps.iter().enumerate() {
        script.heading(step);
        if step.in_transaction {
            in_transaction(script, step, index);
        } else {
            one_by_one(script, step, index);
        }
    }
    if script.one {
        commit(script);
    }
}

fn begin_transaction(script: &mut Script<'_>) {
    // Within a transaction this pragma does nothing.
    script.statements(["PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE"]);
}

fn commit(script: &mut Script<'_>) {
    script.statements(["COMMIT", "PRAGMA foreign_keys = ON"]);
}

/// The moments tell the order of the rows, and SQLite's clock counts milliseconds: the place in the script follows them.
fn begin(script: &mut Script<'_>, step: &Prepared<'_>, index: usize) {
    script.statement(&format!(
        "CREATE TEMP TABLE rungs_run AS SELECT strftime('%Y-%m-%dT%H:%M:%f{:03}Z', 'now') AS started",
        (index + 1) % 1000
    ));
    let obstacles = script.obstacles(step);
    let facts: Vec<_> = obstacles.into_iter().map(|one| (one.reason, negated(&one.condition))).collect();
    demand(script, &facts);
}

fn negated(condition: &str) -> String {
    condition.strip_prefix("NOT ").map_or_else(|| format!("NOT {condition}"), str::to_owned)
}

/// Stops the script with the reason of the first fact that is not true, which a constraint has for its name.
pub(super) fn demand(script: &mut Script<'_>, facts: &[(String, String)]) {
    let column = |(index, (reason, _)): (usize, &(String, String))| {
        format!("\n  fact_{index} CONSTRAINT {} CHECK (fact_{index})", script.dialect.quote(reason))
    };
    let columns: Vec<String> = facts.iter().enumerate().map(column).collect();
    let facts: Vec<String> = facts.iter().map(|(_, fact)| format!("\n  {fact}")).collect();
    script.statement(&format!("CREATE TEMP TABLE rungs_check ({}\n)", columns.join(",")));
    script.statement(&format!("INSERT INTO temp.rungs_check SELECT{}", facts.join(",")));
    script.statement("DROP TABLE temp.rungs_check");
}

const ORPHANS: &str = "SELECT \"table\", rowid AS row, parent FROM pragma_foreign_key_check";

fn in_transaction(script: &mut Script<'_>, step: &Prepared<'_>, index: usize) {
    if !script.one {
        begin_transaction(script);
    }
    begin(script, step, index);
    script.statement(&format!("CREATE TEMP TABLE rungs_orphans AS {ORPHANS}"));
    for index in 0..step.pieces.len() {
        look_before_drop(script, step, index);
        script.piece(step, index);
    }
    if script.may_set(step) {
        script.statement("PRAGMA ignore_check_constraints = OFF");
    }
    script.comment("rows that refer to no row, and did not before");
    script.statement(&format!(
        "CREATE TEMP TABLE rungs_broken AS SELECT * FROM ({ORPHANS}) EXCEPT SELECT * FROM temp.rungs_orphans"
    ));
    script.statement(
        "SELECT 'table ' || \"table\" || coalesce(', row ' || row, '') || ': no such row in ' || parent FROM temp.rungs_broken",
    );
    let reason = format!("revision {} breaks foreign keys", step.revision.id);
    demand(script, &[(reason, "NOT EXISTS (SELECT 1 FROM temp.rungs_broken)".to_owned())]);
    script.statements(["DROP TABLE temp.rungs_broken", "DROP TABLE temp.rungs_orphans"]);
    script.settle(step, &clock());
    script.statement("DROP TABLE temp.rungs_run");
    if !script.one {
        commit(script);
    }
    reset(script, step);
}

fn one_by_one(script: &mut Script<'_>, step: &Prepared<'_>, index: usize) {
    script.statement("BEGIN IMMEDIATE");
    begin(script, step, index);
    script.claim(step, &clock());
    script.statement("COMMIT");
    script.marked_pieces(step, |script, index| look_before_drop(script, step, index));
    reset(script, step);
    script.settle_claim(step, &clock());
    script.statement("DROP TABLE temp.rungs_run");
}

/// A rebuild must not take along what its file does not know.
fn look_before_drop(script: &mut Script<'_>, step: &Prepared<'_>, index: usize) {
    let Some(unseen) = rebuild::unseen_sql(step, index) else { return };
    script.comment(&format!(
        "whatever stands on table {} and this revision does not know would go with it",
        unseen.table
    ));
    script.statement(&unseen.query);
    let reason =
        format!("table {} has what revision {} does not know, and would lose it", unseen.table, step.revision.id);
    demand(script, &[(reason, format!("NOT EXISTS ({})", unseen.query))]);
}

fn reset(script: &mut Script<'_>, step: &Prepared<'_>) {
    if script.may_set(step) {
        for name in SQLITE_PRAGMAS {
            script.statement(&format!("PRAGMA {name} = {}", if name == "foreign_keys" { "ON" } else { "OFF" }));
        }
    }
}
