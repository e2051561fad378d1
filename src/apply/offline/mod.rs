//! A run as a script for the engine's own command-line client.
//!
//! Invariant: what the script leaves, and what it leaves when it breaks off, is what [`run`](super::run) leaves: the same
//! statements in the same transactions, the same rows in the ledger and in the log. What is known only when it runs
//! (the moment, who runs it, the namespace of the ledger and so the name of the lock) the server puts in. No revision
//! begins where it does not fit: each looks at the ledger first.

mod data;
mod ledger;
mod mysql;
mod postgres;
mod sqlite;

use std::time::Duration;

use rungs_schema::DialectName;

use super::ledger::State;
use super::limits::lock_timeout_sql;
use super::prepare::{Prepared, prepare};
use super::statement::{Class, plan};
use super::work::Work;
use super::{Ledger, Limits, Options, Program, Transaction, whole};
use crate::dialect::splitter::Piece;
use crate::dialect::{Dialect, terminated};
use crate::error::{ApplyError, Refusal};
use crate::revision::{Direction, History, Step};

/// The script for `psql`, `mariadb` (or `mysql`) or `sqlite3` that runs some steps. It is complete or an error. The title
/// says what it is: `upgrade a:heads`.
///
/// On PostgreSQL it does not wait for another runner: a session that blocks in `pg_advisory_lock` has a snapshot for which
/// the other's CREATE INDEX CONCURRENTLY would wait in turn, and psql cannot ask again. Nothing in it tries again, and a
/// statement is not bounded in time on MySQL and MariaDB, where that takes another connection.
///
/// # Errors
/// When one of the steps may not run, as for [`run`](super::run), or cannot be in a script.
pub fn script(
    dialect: &dyn Dialect,
    history: &History,
    steps: &[Step<'_>],
    title: &str,
    options: &Options,
) -> Result<String, ApplyError> {
    let name = dialect.version().name;
    let transactional = dialect.features().transactional_ddl && options.transaction != Transaction::None;
    let prepared = prepare(steps, name, transactional, &Program::default())?;
    let one = options.transaction == Transaction::All;
    if one {
        whole::check(dialect, &prepared)?;
    }
    data::refuse(&prepared, name)?;
    let mut script = Script {
        dialect,
        ledger: Ledger::offline(dialect),
        history,
        lock_wait: options.lock_wait,
        limits: options.limits,
        one,
        text: String::new(),
        refusals: Vec::new(),
    };
    let count = prepared.len();
    let revisions = if count == 1 { "revision" } else { "revisions" };
    script.comment(&format!("migrate {}: {count} {revisions} for {name}, by rungs {}", title, version()));
    match name {
        DialectName::Sqlite => sqlite::write(&mut script, &prepared),
        DialectName::Postgres => postgres::write(&mut script, &prepared),
        DialectName::Mysql | DialectName::Mariadb => {
            refuse_other_databases(&prepared, name)?;
            mysql::write(&mut script, &prepared);
        }
    }
    let Script { text, refusals, .. } = script;
    if refusals.is_empty() { Ok(text) } else { Err(ApplyError::Refused { refusals }) }
}

/// The version that writes the script, for its log rows.
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// A script names the ledger without its database, and no statement leads back to a database that only the session
/// knows.
fn refuse_other_databases(steps: &[Prepared<'_>], name: DialectName) -> Result<(), ApplyError> {
    let pieces = steps.iter().flat_map(|step| step.pieces.iter().map(move |piece| (step, piece)));
    let refusals: Vec<Refusal> = pieces
        .filter(|(_, piece)| piece.words(name, 1) == ["USE"])
        .map(|(step, piece)| Refusal::NotInScript {
            place: step.revision.place(step.line(piece)),
            revision: step.revision.id.clone(),
            reason: "after USE, the script would look for the ledger in another database".to_owned(),
            help: "name the tables with their database instead; or apply this revision online",
        })
        .collect();
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
}

/// A script that is being written.
struct Script<'s> {
    dialect: &'s dyn Dialect,
    ledger: Ledger<'s>,
    history: &'s History,
    lock_wait: Duration,
    limits: Limits,
    /// The whole script is one transaction.
    one: bool,
    text: String,
    /// What turns out not to go into it.
    refusals: Vec<Refusal>,
}

/// What the server knows when the script runs, as expressions.
struct Clock {
    /// The moment at which the revision began, as the ledger writes it.
    started: String,
    /// For how many milliseconds it has run.
    took: String,
    /// Who runs it.
    runner: &'static str,
}

/// Why a revision does not fit.
struct Obstacle {
    /// True where it does not.
    condition: String,
    reason: String,
}

impl Script<'_> {
    fn name(&self) -> DialectName {
        self.dialect.version().name
    }

    /// A line as it stands.
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("-- {line}").trim_end());
        }
    }

    fn statement(&mut self, sql: &str) {
        let sql = terminated(sql, self.name());
        self.text.push_str(&sql);
    }

    fn statements<'a>(&mut self, statements: impl IntoIterator<Item = &'a str>) {
        for sql in statements {
            self.statement(sql);
        }
    }

    fn create_ledger(&mut self) {
        for sql in self.ledger.create_sql() {
            self.statement(&sql);
        }
    }

    /// Sets for how long the statements of a section may wait and run, where it or somebody says so.
    fn limit(&mut self, step: &Prepared<'_>) {
        let name = self.name();
        for sql in self.lock_timeout(step).map_or_else(Vec::new, |limit| lock_timeout_sql(name, limit)) {
            self.statement(&sql);
        }
        if let (DialectName::Postgres, Some(limit)) = (name, self.statement_timeout(step)) {
            self.statement(&format!("SET statement_timeout = {}", limit.as_millis()));
        }
    }

    /// Not where a section builds concurrently, unless it says so itself.
    fn lock_timeout(&self, step: &Prepared<'_>) -> Option<Duration> {
        let name = self.name();
        let concurrently = |piece: &Piece<'_>| piece.words(name, 12).iter().any(|word| word == "CONCURRENTLY");
        let lifted = name == DialectName::Postgres && step.pieces.iter().any(concurrently);
        step.section.lock_timeout.or(self.limits.lock_timeout.filter(|_| !lifted))
    }

    fn statement_timeout(&self, step: &Prepared<'_>) -> Option<Duration> {
        step.section.statement_timeout.or(self.limits.statement_timeout)
    }

    /// Whether a revision may leave the session in another state than it was in. Statements that never do are known; all
    /// others may.
    fn may_set(&self, step: &Prepared<'_>) -> bool {
        let is_limited = self.lock_timeout(step).is_some() || self.statement_timeout(step).is_some();
        (is_limited && self.name() != DialectName::Sqlite) || may_set(step, self.name())
    }

    /// What stands over the statements of a revision.
    fn heading(&mut self, step: &Prepared<'_>) {
        let revision = step.revision;
        self.line("");
        self.comment(&format!("revision {} ({}): {}", revision.id, step.direction, revision.message));
        self.comment(&step.place());
    }

    fn piece(&mut self, step: &Prepared<'_>, index: usize) {
        let piece = &step.pieces[index];
        for comment in &piece.comments {
            self.line(comment);
        }
        match step.works[index] {
            Work::Load(load) => self.load(step, index, load),
            Work::Batch(pause) => self.batch(step, index, pause),
            Work::Statement => self.statement(piece.sql),
        }
    }

    /// The statements of a revision that is not one transaction, each with its mark, in one transaction where it changes
    /// rows alone: as [`run_one_by_one`](super::executor::Runner::run_one_by_one) sends them.
    fn marked_pieces(&mut self, step: &Prepared<'_>, mut before: impl FnMut(&mut Self, usize)) {
        let plan = plan(self.dialect.version(), &step.pieces);
        let state = if step.direction == Direction::Up { State::Applying } else { State::Reverting };
        for (index, planned) in plan.iter().enumerate() {
            before(self, index);
            let mark = self.ledger.progress_sql(&step.revision.id, state, index + 1);
            let is_batch = matches!(step.works[index], Work::Batch(_));
            let shares = planned.class == Class::Shared && !planned.inside && !is_batch;
            if shares {
                self.statement("BEGIN");
            }
            self.piece(step, index);
            self.statement(&mark);
            if shares {
                self.statement("COMMIT");
            }
        }
    }

    /// The row that a revision which is one transaction leaves in the ledger, or takes away.
    fn settle(&mut self, step: &Prepared<'_>, clock: &Clock) {
        let total = step.pieces.len();
        let sql = match step.direction {
            Direction::Up => self.ledger.insert_at_sql(step.revision, State::Applied, total, total, clock),
            Direction::Down => self.ledger.delete_sql(&step.revision.id),
        };
        self.statement(&sql);
        self.log(step, clock);
    }

    /// The row that says that a revision which is not one transaction has begun.
    fn claim(&mut self, step: &Prepared<'_>, clock: &Clock) {
        let total = step.pieces.len();
        let clock = Clock { started: clock.started.clone(), took: "0".to_owned(), runner: clock.runner };
        let sql = match step.direction {
            Direction::Up => self.ledger.insert_at_sql(step.revision, State::Applying, 0, total, &clock),
            Direction::Down => self.ledger.revert_sql(&step.revision.id, total, None),
        };
        self.statement(&sql);
    }

    /// The end of such a revision.
    fn settle_claim(&mut self, step: &Prepared<'_>, clock: &Clock) {
        let id = &step.revision.id;
        let sql = match step.direction {
            Direction::Up => self.ledger.applied_after_sql(id, step.pieces.len(), &clock.took),
            Direction::Down => self.ledger.delete_sql(id),
        };
        self.statement(&sql);
        self.log(step, clock);
    }

    fn log(&mut self, step: &Prepared<'_>, clock: &Clock) {
        let sql = self.ledger.log_done_sql(step, clock);
        self.statement(&sql);
    }

    /// What the ledger must not say when a revision begins: that is what the executor knows from its route and looks at
    /// again under the lock.
    fn obstacles(&self, step: &Prepared<'_>) -> Vec<Obstacle> {
        let id = &step.revision.id;
        let mut found = vec![Obstacle {
            condition: self.ledger.has_row("state <> 'applied'"),
            reason: "another revision is half done: `migrate current` tells which".to_owned(),
        }];
        let mut add = |condition: String, reason: String| found.push(Obstacle { condition, reason });
        let applied = |id: &str| self.ledger.has_row(&self.ledger.is_revision(id));
        match step.direction {
            Direction::Up => {
                add(applied(id), format!("revision {id} is applied already"));
                for needed in self.history.needs(id) {
                    let is_parent = step.revision.down_revision.contains(&needed.id);
                    let verb = if is_parent { "revises" } else { "depends on" };
                    let reason = format!("revision {id} {verb} {}, which is not applied", needed.id);
                    add(format!("NOT {}", applied(&needed.id)), reason);
                }
            }
            Direction::Down => {
                add(format!("NOT {}", applied(id)), format!("revision {id} is not applied"));
                let other_text = self.ledger.has_other_text(step.revision);
                add(other_text, format!("revision {id} was edited after it was applied"));
                let above = self.ledger.has_row(&self.ledger.stands_on(step.revision));
                add(above, format!("a revision that is applied stands on {id}"));
            }
        }
        found
    }

    /// An expression for the first obstacle, NULL where there is none.
    fn obstacle_sql(&self, step: &Prepared<'_>) -> String {
        let when = |one: &Obstacle| format!("\n  WHEN {} THEN {}", one.condition, self.dialect.literal(&one.reason));
        format!("CASE{}\nEND", self.obstacles(step).iter().map(when).collect::<String>())
    }
}

/// Whether a statement of a revision may change what the next one finds in its session.
fn may_set(step: &Prepared<'_>, name: DialectName) -> bool {
    const NEVER: [&str; 12] = [
        "CREATE", "ALTER", "DROP", "COMMENT", "INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "GRANT", "REVOKE",
        "RENAME",
    ];
    step.pieces.iter().any(|piece| {
        let first = piece.words(name, 1);
        let text = piece.sql.to_ascii_lowercase();
        match name {
            DialectName::Sqlite => first.is_empty() || first == ["PRAGMA"],
            DialectName::Postgres => {
                !first.iter().any(|word| NEVER.contains(&word.as_str()))
                    || text.contains("set_config")
                    || text.contains("temp")
            }
            // A comment that is code may hold a SET.
            DialectName::Mysql | DialectName::Mariadb => {
                !first.iter().any(|word| NEVER.contains(&word.as_str())) || text.starts_with("/*")
            }
        }
    })
}
