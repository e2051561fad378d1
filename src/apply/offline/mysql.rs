//! Scripts for `mariadb` and `mysql`.

use rungs_schema::DialectName;

use super::{Clock, Script};
use crate::apply::ledger::COLUMNS;
use crate::apply::lock::PURPOSE;
use crate::apply::prepare::Prepared;
use crate::apply::session::MYSQL_VARIABLES;
use crate::db::MYSQL_SESSION;

fn clock() -> Clock {
    Clock {
        started: "DATE_FORMAT(@rungs_started, '%Y-%m-%dT%H:%i:%s.%fZ')".to_owned(),
        took: "TIMESTAMPDIFF(MICROSECOND, @rungs_started, UTC_TIMESTAMP(6)) DIV 1000".to_owned(),
        runner: "USER()",
    }
}

pub(super) fn write(script: &mut Script<'_>, steps: &[Prepared<'_>]) {
    let name = script.name();
    let client = if name == DialectName::Mysql { "mysql" } else { "mariadb" };
    script.comment(&format!("{client} --comments DATABASE < FILE"));
    script.comment("the client stops at the first error; `source` does not, and neither does --force");
    script.statement("SET NAMES utf8mb4");
    script.statement(MYSQL_SESSION);
    script.statement("SET SESSION autocommit = 1");
    if steps.iter().any(|step| script.may_set(step)) {
        let saved = MYSQL_VARIABLES.map(|variable| format!("@rungs_{variable} = @@SESSION.{variable}"));
        script.statement(&format!("SET {}", saved.join(", ")));
    }
    script.create_ledger();
    check_server(script, steps);
    script.line("");
    script.comment("one runner at a time; the lock ends with the session");
    script.statement(&format!(
        "SET @rungs_lock = CONCAT('rungs.', LEFT(SHA2(CONCAT('{PURPOSE}', DATABASE()), 256), 32))"
    ));
    let wait = script.lock_wait.as_secs();
    stop_if(script, &format!("IF(GET_LOCK(@rungs_lock, {wait}) = 1, NULL, {BUSY})"));
    for step in steps {
        script.heading(step);
        revision(script, step);
    }
    script.line("");
    script.statement("SET @rungs_lock = RELEASE_LOCK(@rungs_lock)");
}

const BUSY: &str = "'another runner is at work on this database: run the script again when it has finished'";

/// MySQL and MariaDB share a URL, and a revision may have sections for each: the script is that of one of them.
fn check_server(script: &mut Script<'_>, steps: &[Prepared<'_>]) {
    let differs = |step: &Prepared<'_>| {
        let section = |name: DialectName| step.revision.section(step.direction, name.word());
        section(DialectName::Mysql) != section(DialectName::Mariadb)
    };
    if steps.iter().any(differs) {
        let (not, name) = if script.name() == DialectName::Mariadb { ("NOT ", "MariaDB") } else { ("", "MySQL") };
        let reason = format!("this script is for {name}: choose the other with --dialect");
        stop_if(script, &format!("IF(VERSION() {not}LIKE '%MariaDB%', '{reason}', NULL)"));
    }
}

/// Stops the script with the reason that an expression gives, if it gives one: as a number, a text is an error that
/// quotes it. Outside of routines MySQL has no other statement that fails on a condition.
pub(super) fn stop_if(script: &mut Script<'_>, reason: &str) {
    script.statement(&format!("SET @rungs_stop = {reason}"));
    let ledger = script.ledger.table("rungs_ledger");
    script.statement(&format!(
        "INSERT INTO {ledger} ({COLUMNS})\nSELECT '', '', '', '', '', '', @rungs_stop, 0, '', 0 FROM DUAL WHERE @rungs_stop IS NOT \
         NULL"
    ));
}

/// No DDL takes part in a transaction, so that every revision runs statement by statement.
fn revision(script: &mut Script<'_>, step: &Prepared<'_>) {
    let clock = clock();
    script.statement("SET @rungs_started = UTC_TIMESTAMP(6)");
    let reason = script.obstacle_sql(step);
    stop_if(script, &format!("({reason})"));
    script.claim(step, &clock);
    script.limit(step);
    script.marked_pieces(step, |_, _| {});
    if script.may_set(step) {
        let back = MYSQL_VARIABLES.map(|variable| format!("SESSION {variable} = @rungs_{variable}"));
        script.statement(&format!("SET {}", back.join(", ")));
    }
    script.settle_claim(step, &clock);
}
