//! Everything that can be known before anything runs.

use rungs_schema::DialectName;

use super::program::{Program, RustStep};
use super::statement::{Control, control};
use super::work::{Work, arrange};
use crate::dialect::splitter::{Piece, split};
use crate::error::{ApplyError, Refusal};
use crate::revision::{Direction, Revision, Section, Step};

/// A step that may run, with its statements.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) revision: &'a Revision,
    pub(super) direction: Direction,
    pub(super) section: &'a Section,
    /// Behind them comes what stands for the step in Rust, where there is one.
    pub(super) pieces: Vec<Piece<'a>>,
    /// How each of them is carried out.
    pub(super) works: Vec<Work<'a>>,
    rust_step: Option<RustStep>,
    /// All statements and the ledger row are one transaction.
    pub(super) in_transaction: bool,
}

impl<'a> Prepared<'a> {
    /// `file:line` of the section.
    pub(super) fn place(&self) -> String {
        self.revision.place(self.section.line)
    }

    /// The step in Rust, where it is what stands at a place.
    pub(super) fn rust_step(&self, index: usize) -> Option<&RustStep> {
        self.rust_step.as_ref().filter(|_| index + 1 == self.pieces.len())
    }

    /// A statement as a person should see it: that of a batch with its marker.
    pub(super) fn shown(&self, index: usize) -> &'a str {
        let sql = self.pieces[index].sql;
        let text = self.section.text.as_str();
        let Work::Batch(_) = self.works[index] else { return sql };
        let start = (sql.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let before = text.get(..start).unwrap_or_default();
        let marker = before
            .match_indices("--")
            .map(|(at, _)| at)
            .filter(|at| before[at + 2..].trim_start().starts_with("migrate:batch"));
        marker.last().and_then(|at| text.get(at..start + sql.len())).unwrap_or(sql)
    }

    /// The line in the file of a statement.
    pub(super) fn line(&self, piece: &Piece<'_>) -> usize {
        self.section.line + piece.line
    }
}

/// Checks all steps.
///
/// # Errors
/// With everything that speaks against running them.
pub(super) fn prepare<'a>(
    steps: &[Step<'a>],
    dialect: DialectName,
    transactional_ddl: bool,
    program: &Program,
) -> Result<Vec<Prepared<'a>>, ApplyError> {
    let mut refusals = Vec::new();
    let mut prepared = Vec::with_capacity(steps.len());
    for step in steps {
        if let Some(step) = prepare_step(step, dialect, transactional_ddl, program, &mut refusals) {
            prepared.push(step);
        }
    }
    if refusals.is_empty() { Ok(prepared) } else { Err(ApplyError::Refused { refusals }) }
}

fn prepare_step<'a>(
    step: &Step<'a>,
    dialect: DialectName,
    transactional_ddl: bool,
    program: &Program,
    refusals: &mut Vec<Refusal>,
) -> Option<Prepared<'a>> {
    let Step { revision, direction } = *step;
    let id = || revision.id.clone();
    let Some(section) = revision.section(direction, dialect.word()) else {
        refusals.push(Refusal::NoSection {
            place: revision.path.display().to_string(),
            revision: id(),
            direction: direction.word(),
            dialect: dialect.word(),
        });
        return None;
    };
    if let Some(reason) = &section.irreversible {
        refusals.push(Refusal::Irreversible {
            place: revision.place(section.line),
            revision: id(),
            reason: reason.clone(),
        });
        return None;
    }
    for mark in &section.edits {
        refusals.push(Refusal::NeedsEdit {
            place: revision.place(mark.line),
            revision: id(),
            reason: mark.reason.clone(),
        });
    }
    let pieces = match split(dialect, &section.text) {
        Ok(pieces) => pieces,
        Err(error) => {
            let place = revision.place(section.line + error.line);
            refusals.push(Refusal::Split { place, revision: id(), reason: error.reason });
            return None;
        }
    };
    let (pieces, works) = arrange(dialect, revision, section, pieces, refusals);
    let in_transaction = transactional_ddl && section.transaction;
    let mut prepared = Prepared { revision, direction, section, pieces, works, rust_step: None, in_transaction };
    check_transactions(&prepared, dialect, refusals);
    check_rebuilds(&prepared, dialect, refusals);
    if let Some(asked) = &section.program {
        match program.step(&prepared, asked) {
            Ok(Some(step)) => {
                prepared.rust_step = Some(step);
                prepared.pieces.push(Piece { sql: asked, line: 0, comments: Vec::new() });
                prepared.works.push(Work::Statement);
            }
            Ok(None) => {}
            Err(refusal) => refusals.push(refusal),
        }
    }
    Some(prepared)
}

/// A revision that is one transaction has no COMMIT in it: its ledger row would no longer commit with it. One that is
/// none may have transactions of its own, but ends each that it begins: the ledger row would end up in it.
fn check_transactions(prepared: &Prepared<'_>, dialect: DialectName, refusals: &mut Vec<Refusal>) {
    let revision = prepared.revision;
    let mut open: Option<usize> = None;
    let mut savepoint: Option<String> = None;
    let mut found = Vec::new();
    for piece in &prepared.pieces {
        let words = piece.words(dialect, 3);
        let line = prepared.section.line + piece.line;
        let first: Vec<&str> = words.iter().map(String::as_str).collect();
        match control(&first, dialect) {
            None if dialect == DialectName::Sqlite && !prepared.in_transaction => {
                follow_savepoint(&words, line, &mut open, &mut savepoint);
            }
            None => {}
            Some(_) if prepared.in_transaction => {
                found.push((line, words.join(" "), "the revision is one transaction"))
            }
            Some(Control::Begins) => open = Some(line),
            Some(Control::Ends) => open = None,
        }
    }
    if let Some(line) = open {
        found.push((line, "the transaction that begins here".to_owned(), "nothing in the section ends it"));
    }
    let help = if prepared.in_transaction {
        "delete it; or put `transaction:false` after the marker, which sends the statements one by one"
    } else {
        "add COMMIT, or take the BEGIN away"
    };
    for (line, statement, reason) in found {
        refusals.push(Refusal::TransactionControl {
            place: revision.place(line),
            revision: revision.id.clone(),
            statement,
            reason: reason.to_owned(),
            help,
        });
    }
}

/// Where no transaction is open, SQLite begins one with a SAVEPOINT, and ends it with the RELEASE of the same name:
/// <https://www.sqlite.org/lang_savepoint.html>.
fn follow_savepoint(words: &[String], line: usize, open: &mut Option<usize>, savepoint: &mut Option<String>) {
    let name = words.iter().skip(1).find(|word| *word != "SAVEPOINT").cloned().unwrap_or_default();
    match words.first().map(String::as_str) {
        Some("SAVEPOINT") if open.is_none() => {
            *open = Some(line);
            *savepoint = Some(name);
        }
        Some("RELEASE") if savepoint.as_ref() == Some(&name) => {
            *open = None;
            *savepoint = None;
        }
        _ => {}
    }
}

/// SQLite's rebuild drops the old table. With foreign keys on, that deletes the rows which refer to it; a revision that
/// is one transaction runs with them off, any other has to say so itself.
fn check_rebuilds(prepared: &Prepared<'_>, dialect: DialectName, refusals: &mut Vec<Refusal>) {
    if dialect != DialectName::Sqlite || prepared.in_transaction {
        return;
    }
    let mut dropped: Vec<(String, usize)> = Vec::new();
    for piece in &prepared.pieces {
        let words = piece.names(dialect, 6);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["PRAGMA", "FOREIGN_KEYS", ..] => return,
            ["DROP", "TABLE", "IF", "EXISTS", name, ..] | ["DROP", "TABLE", name, ..] => {
                dropped.push(((*name).to_owned(), prepared.line(piece)));
            }
            ["ALTER", "TABLE", _, "RENAME", "TO", name] => {
                let Some((_, line)) = dropped.iter().find(|(dropped, _)| dropped == name) else { continue };
                refusals.push(Refusal::TransactionControl {
                    place: prepared.revision.place(*line),
                    revision: prepared.revision.id.clone(),
                    statement: "DROP TABLE".to_owned(),
                    reason: "another table takes its name, and foreign keys may be on, so that the rows which refer \
                             to it would be deleted"
                        .to_owned(),
                    help: "delete `transaction:false`; or put `PRAGMA foreign_keys = OFF;` before it",
                });
            }
            _ => {}
        }
    }
}
