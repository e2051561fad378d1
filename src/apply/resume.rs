//! Going on where an earlier run has stopped.
//!
//! The lock belongs to the session of that run, or, on SQLite, its transaction does: whoever has it knows that the other
//! session has ended, and its statement with it. So what the database shows is final.

use super::Event;
use super::ahead::before;
use super::executor::{OnEvent, Runner};
use super::ledger::LedgerRow;
use super::look::{Mending, Verdict, drop_left};
use super::progress::{Intent, Progress, hash};
use super::statement::{Becomes, Class, Words, inserts, stands_on_insert};
use super::stepwise::Course;
use crate::dialect::splitter::uncovered;
use crate::error::{ApplyError, Doubt, mending};
use crate::revision::Direction;

impl Runner<'_> {
    /// The statement, counted from 0, from which to go on.
    pub(super) async fn go_on(
        &mut self,
        course: &Course<'_>,
        row: &LedgerRow,
        on_event: OnEvent<'_>,
    ) -> Result<usize, ApplyError> {
        let outcome = self.next(course, row).await;
        let (index, found) = match outcome {
            Ok(next) => next,
            Err(error) => {
                // A role that was taken again must not stand between us and the log.
                for sql in self.session.outside() {
                    let _ = self.connection.execute(sql).await;
                }
                return Err(error);
            }
        };
        on_event(Event::Resumed {
            revision: course.step.revision,
            direction: course.step.direction,
            index: index + 1,
            total: course.total(),
            found: found.as_deref(),
        });
        Ok(index)
    }

    async fn next(&mut self, course: &Course<'_>, row: &LedgerRow) -> Result<(usize, Option<String>), ApplyError> {
        let progress = Progress::of(row)?;
        let done = row.done;
        let ran = progress.as_ref().and_then(|progress| progress.ran.as_ref());
        if done > course.total() || ran.is_some_and(|ran| course.chain.get(done) != Some(ran)) {
            return Err(self.edited(course, done));
        }
        self.replay(course, done).await?;
        let (mut index, found) = match progress {
            Some(progress) => self.settle(course, done, &progress).await?,
            None if done == course.total() => (done, None),
            None => {
                let reason = "what was at work, an offline script or an older version of rungs, kept no record of what it was about to send";
                return Err(self.in_doubt(course, done, reason.to_owned()));
            }
        };
        // A transaction of the file's own takes its marks with it: that they are there proves that it was committed.
        if course.plan.get(index).is_some_and(|planned| planned.class == Class::Ends) {
            index += 1;
            self.mark_found(course, index).await?;
        }
        self.check_session(course, index)?;
        Ok((index, found))
    }

    /// Sets again what statements that ran have set in the session.
    async fn replay(&mut self, course: &Course<'_>, done: usize) -> Result<(), ApplyError> {
        let step = course.step;
        for index in (0..done).filter(|index| course.plan[*index].replayed) {
            if let Err(error) = self.connection.execute(step.pieces[index].sql).await {
                let state = format!(
                    "it was run again because the statements behind it may stand on it; none of those ran, and {done} of {} \
                     are done as before",
                    course.total()
                );
                return Err(self.statement_error(step, index, error, state));
            }
        }
        Ok(())
    }

    /// Finds out what became of the statement that was under way.
    async fn settle(
        &mut self,
        course: &Course<'_>,
        done: usize,
        progress: &Progress,
    ) -> Result<(usize, Option<String>), ApplyError> {
        if !progress.left.is_empty() {
            let left = self.look().invalid(&progress.left).await?;
            if !left.is_empty() {
                let mending = drop_left(&left.iter().collect::<Vec<_>>());
                self.mend(&mending).await?;
                return Ok((done, Some(mending.what)));
            }
        }
        let Some(intent) = &progress.intent else {
            let rounds = progress.rounds.as_ref().filter(|_| done < course.total());
            return Ok((done, rounds.map(|rounds| format!("{} are done", rounds.told()))));
        };
        let number = done + 1;
        let piece = course.step.pieces.get(done).filter(|_| intent.statement == number);
        if piece.is_none_or(|piece| hash(piece.sql) != intent.hash) {
            return Err(self.edited_under_way(course, done));
        }
        match self.verdict(course, done, intent).await? {
            Verdict::Done => {
                self.mark_found(course, number).await?;
                Ok((number, Some(format!("statement {number} ran, as what it defines shows"))))
            }
            Verdict::NotDone => Ok((done, Some(format!("statement {number} did not run")))),
            Verdict::Mend(mending) => {
                self.mend(&mending).await?;
                if mending.done {
                    self.mark_found(course, number).await?;
                }
                Ok((done + usize::from(mending.done), Some(mending.what)))
            }
            Verdict::Unknown(reason) => Err(self.in_doubt(course, done, reason)),
        }
    }

    async fn verdict(&mut self, course: &Course<'_>, index: usize, intent: &Intent) -> Result<Verdict, ApplyError> {
        let unknown = |reason: &str| Ok(Verdict::Unknown(reason.to_owned()));
        match (&course.plan[index].class, &intent.before) {
            (Class::Defines(objects), Some(before)) => Ok(self.look().verdict(objects, before).await?),
            (Class::Defines(_), None) => unknown("what it defines could not be looked at before"),
            (Class::Shared, _) => unknown("it changes rows of a table that takes no part in transactions"),
            (Class::Program, _) => unknown("it ended the transaction that it ran in"),
            _ => unknown("the database does not show it"),
        }
    }

    async fn mend(&mut self, mending: &Mending) -> Result<(), ApplyError> {
        for sql in &mending.sql {
            self.connection.execute(sql).await?;
        }
        Ok(())
    }

    fn in_doubt(&mut self, course: &Course<'_>, index: usize, reason: String) -> ApplyError {
        let step = course.step;
        let piece = &step.pieces[index];
        let class = &course.plan[index].class;
        let looks = match class {
            Class::Defines(objects) => {
                let look = self.look();
                objects.iter().map(|object| look.how_to_look(object)).collect()
            }
            _ => rows_of(&Words::new(self.connection.version().name, piece.sql)).into_iter().collect(),
        };
        let partial = match class {
            Class::Defines(objects) => {
                objects.len() > 1 || objects.iter().any(|object| object.becomes == Becomes::PresentInPart)
            }
            Class::Unsure { partial } => *partial,
            _ => true,
        };
        ApplyError::InDoubt(Box::new(Doubt {
            place: step.revision.place(step.line(piece)),
            revision: step.revision.id.clone(),
            direction: step.direction.word(),
            index: index + 1,
            total: course.total(),
            reason,
            sql: piece.sql.to_owned(),
            looks,
            partial,
        }))
    }

    fn edited(&self, course: &Course<'_>, done: usize) -> ApplyError {
        let step = course.step;
        let what = match step.pieces.get(..done).and_then(|ran| Some((ran.first()?, ran.last()?))) {
            Some((first, last)) => {
                let end = step.line(last) + last.sql.lines().count().saturating_sub(1);
                let s = if done == 1 { "its first statement" } else { &format!("its first {done} statements") };
                let have = if done == 1 { "has" } else { "have" };
                format!("{s} (lines {} to {end}), which ran, {have}", step.line(first))
            }
            None => format!("of its {done} statements that ran, some are gone: it has"),
        };
        self.half_edited(course, step.place(), what)
    }

    fn edited_under_way(&self, course: &Course<'_>, index: usize) -> ApplyError {
        let step = course.step;
        let line = step.pieces.get(index).map_or(step.section.line, |piece| step.line(piece));
        let what = format!("statement {}, which was under way when the run stopped, has", index + 1);
        self.half_edited(course, step.revision.place(line), what)
    }

    fn half_edited(&self, course: &Course<'_>, place: String, what: String) -> ApplyError {
        let (revision, direction, before) = self.names(course);
        ApplyError::HalfEdited { place, revision, direction, what, before }
    }

    /// What the messages about a revision that is half done name it by.
    fn names(&self, course: &Course<'_>) -> (String, &'static str, String) {
        let revision = course.step.revision;
        let direction = if course.step.direction == Direction::Up { "applied" } else { "reverted" };
        let before = before(&revision.id, &revision.down_revision, self.rows.values());
        (revision.id.clone(), direction, before)
    }

    /// What the former session took with it may be what the statements that are left stand on.
    fn check_session(&self, course: &Course<'_>, index: usize) -> Result<(), ApplyError> {
        let name = self.connection.version().name;
        let texts: Vec<_> = course.step.pieces.iter().map(|piece| uncovered(name, piece.sql)).collect();
        let words: Vec<Words<'_>> = texts.iter().map(|text| Words::new(name, text)).collect();
        let (ran, left) = words.split_at(index.min(words.len()));
        let lost = |at: usize, what: &str| {
            let piece = &course.step.pieces[index + at];
            let (revision, direction, before) = self.names(course);
            Err(ApplyError::SessionLost {
                place: course.step.revision.place(course.step.line(piece)),
                what: what.to_owned(),
                sql: piece.sql.to_owned(),
                mending: mending(&revision, direction, &before),
            })
        };
        for (at, leftover) in course.plan[..ran.len()].iter().enumerate() {
            let Some(leftover) = &leftover.leftover else { continue };
            if ran[at + 1..].iter().any(|words| leftover.is_ended_by(words)) {
                continue;
            }
            if let Some(at) = left.iter().position(|words| leftover.is_needed_by(words)) {
                return lost(at, &leftover.what);
            }
        }
        if ran.iter().any(inserts) {
            let first = left.iter().position(|words| stands_on_insert(words) || inserts(words));
            if let Some(at) = first.filter(|at| stands_on_insert(&left[*at])) {
                return lost(at, "id of the last insert");
            }
        }
        Ok(())
    }
}

/// How to look at the rows that a statement changes.
fn rows_of(words: &Words<'_>) -> Option<String> {
    words.changed_table().map(|table| format!("SELECT * FROM {table}"))
}
