//! What a section is made of, in its order: statements, batches, and loads, which stand where a statement stands.

use std::time::Duration;

use rungs_schema::DialectName;

use super::load::file;
use super::statement::{Words, is_several, plan};
use crate::db::ServerVersion;
use crate::dialect::splitter::{Piece, uncovered};
use crate::error::{ApplyError, Refusal};
use crate::revision::{DataMark, DataStep, Direction, Load, Revision, Section};

/// How a piece of a section is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work<'a> {
    /// It is sent.
    Statement,
    /// It is sent again and again, each time in its own transaction, with a pause, until it touches no row.
    Batch(Duration),
    /// Its text is the marker, and rows of a file go into a table.
    Load(&'a Load),
}

/// Checks that the files of all loads of some revisions are there, as an engine would load them.
///
/// # Errors
/// With every file that is not, or is elsewhere.
pub fn check_loads(revisions: &[&Revision], dialect: DialectName) -> Result<(), ApplyError> {
    let mut refusals = Vec::new();
    for revision in revisions {
        let sections = [Direction::Up, Direction::Down].map(|direction| revision.section(direction, dialect.word()));
        for (line, load) in sections.into_iter().flatten().flat_map(Section::loads) {
            if let Err(reason) = file::find(revision, load) {
                refuse(revision, line, reason, ELSEWHERE, &mut refusals);
            }
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(ApplyError::Refused { refusals }) }
}

const ELSEWHERE: &str = "files of loads stand in the folder of their revision, or below it";

/// Puts each marker to its statement, or in the place of one.
pub(super) fn arrange<'a>(
    dialect: DialectName,
    revision: &Revision,
    section: &'a Section,
    pieces: Vec<Piece<'a>>,
    refusals: &mut Vec<Refusal>,
) -> (Vec<Piece<'a>>, Vec<Work<'a>>) {
    if section.data.is_empty() {
        let works = vec![Work::Statement; pieces.len()];
        return (pieces, works);
    }
    let mut arranged = Arranged { revision, section, pieces: Vec::new(), works: Vec::new(), waiting: None, refusals };
    let mut marks = section.data.iter().peekable();
    for piece in pieces {
        let first = section.line + piece.line;
        let last = first + piece.sql.matches('\n').count();
        while let Some(mark) = marks.next_if(|mark| mark.line < first) {
            arranged.mark(mark);
        }
        while let Some(mark) = marks.next_if(|mark| mark.line <= last) {
            let reason = format!("the marker stands within the statement that begins on line {first}");
            arranged.refuse(mark.line, reason, "end the statement before it with a semicolon");
        }
        arranged.piece(dialect, piece);
    }
    marks.for_each(|mark| arranged.mark(mark));
    arranged.end();
    let Arranged { pieces, works, .. } = arranged;
    check_transactions(dialect, revision, section, (&pieces, &works), refusals);
    (pieces, works)
}

struct Arranged<'a, 'r> {
    revision: &'r Revision,
    section: &'a Section,
    pieces: Vec<Piece<'a>>,
    works: Vec<Work<'a>>,
    /// A batch whose statement is still to come: its line and its pause.
    waiting: Option<(usize, Duration)>,
    refusals: &'r mut Vec<Refusal>,
}

impl<'a> Arranged<'a, '_> {
    fn refuse(&mut self, line: usize, reason: impl Into<String>, help: &str) {
        refuse(self.revision, line, reason.into(), help, self.refusals);
    }

    fn mark(&mut self, mark: &'a DataMark) {
        self.end();
        match &mark.step {
            DataStep::Batch(batch) => self.waiting = Some((mark.line, batch.pause)),
            DataStep::Load(load) => {
                let line = mark.line - self.section.line;
                let sql = self.section.text.lines().nth(line - 1).unwrap_or_default().trim();
                self.pieces.push(Piece { sql, line, comments: Vec::new() });
                self.works.push(Work::Load(load));
                if let Err(reason) = file::find(self.revision, load) {
                    self.refuse(mark.line, reason, ELSEWHERE);
                }
            }
        }
    }

    fn piece(&mut self, dialect: DialectName, piece: Piece<'a>) {
        let batch = self.waiting.take();
        if let Some((line, _)) = batch
            && let Err((reason, help)) = check_batch(dialect, &piece)
        {
            self.refuse(line, reason, help);
        }
        self.works.push(batch.map_or(Work::Statement, |(_, pause)| Work::Batch(pause)));
        self.pieces.push(piece);
    }

    fn end(&mut self) {
        if let Some((line, _)) = self.waiting.take() {
            self.refuse(line, "no statement follows `migrate:batch`", "put the marker on the line before a statement");
        }
    }
}

fn refuse(revision: &Revision, line: usize, reason: String, help: &str, refusals: &mut Vec<Refusal>) {
    let (place, revision) = (revision.place(line), revision.id.clone());
    refusals.push(Refusal::Data { place, revision, reason, help: help.to_owned() });
}

/// What can be seen of a statement that would never come to an end.
fn check_batch(dialect: DialectName, piece: &Piece<'_>) -> Result<(), (&'static str, &'static str)> {
    const ROWS: &str = "a batch is an INSERT, UPDATE, DELETE or MERGE, or a WITH of these";
    const NARROW: &str = "let it take some of the rows that are left: UPDATE t SET x = ... WHERE id IN (SELECT id FROM t \
                          WHERE x IS NULL LIMIT 1000)";
    let sql = uncovered(dialect, piece.sql);
    let words = Words::new(dialect, &sql);
    let has = |list: &[&str]| list.iter().any(|word| words.has(word));
    match words.first(1).first().map(String::as_str) {
        _ if is_several(piece, dialect) => Err(("a batch is one statement, and these are several", ROWS)),
        Some("DELETE" | "MERGE") => Ok(()),
        Some("UPDATE") if has(&["WHERE"]) => Ok(()),
        Some("UPDATE") => Err(("it has no WHERE, so that it would touch the same rows again and again", NARROW)),
        Some("INSERT") if has(&["SELECT", "TABLE", "WITH"]) => Ok(()),
        Some("INSERT") => Err(("it would insert the same rows again and again", NARROW)),
        Some("WITH") if has(&["INSERT", "UPDATE", "DELETE", "MERGE"]) => Ok(()),
        _ => Err(("the statement of a batch changes no rows", ROWS)),
    }
}

/// A batch has transactions of its own, and a load is one: neither stands in one of the file's.
fn check_transactions(
    dialect: DialectName,
    revision: &Revision,
    section: &Section,
    (pieces, works): (&[Piece<'_>], &[Work<'_>]),
    refusals: &mut Vec<Refusal>,
) {
    // Nothing that depends on the version is asked for.
    let plan = plan(&ServerVersion { name: dialect, number: (0, 0, 0) }, pieces);
    let inside = plan.iter().zip(pieces).zip(works).filter(|((planned, _), _)| planned.inside);
    for ((_, piece), work) in inside {
        let what = match work {
            Work::Statement => continue,
            Work::Batch(_) => "a batch has transactions of its own, and stands in one of the file's",
            Work::Load(_) => "a load is a transaction of its own, and stands in one of the file's",
        };
        refuse(revision, section.line + piece.line, what.to_owned(), "put it before BEGIN or behind COMMIT", refusals);
    }
}
