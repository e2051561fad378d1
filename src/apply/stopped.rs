//! What becomes of a revision that is not one transaction when a statement fails, and what is told of it.

use super::ahead::before;
use super::executor::Runner;
use super::failure::{Failure, is_gone, reason_of};
use super::look::Verdict;
use super::prepare::Prepared;
use super::progress::Progress;
use super::statement::{Class, is_several};
use super::stepwise::Course;
use crate::error::{ApplyError, DbError, mending};
use crate::revision::Direction;

/// What the database shows of a statement that the server has refused.
enum After {
    /// Nothing of it was done.
    Nothing,
    /// Nothing, but for invalid indexes: their oids and names.
    Left(Vec<u32>, String),
    /// Something may have been done, and why.
    Doubt(String),
}

impl Runner<'_> {
    /// A statement has failed, or its mark has.
    pub(super) async fn stopped(&mut self, course: &Course<'_>, index: usize, failure: Failure) -> ApplyError {
        let Failure { error, ran, in_ledger, before } = failure;
        let step = course.step;
        let lost = is_gone(&error);
        // What a section has begun by itself ends here, and so does a role that it took: the ledger's row must not
        // hang on them.
        let _ = self.connection.execute("ROLLBACK").await;
        let after = match before {
            Some(_) if is_unread(&error, step.pieces[index].sql) => After::Nothing,
            Some(before) if !lost && !ran => self.after(course, index, before.as_deref()).await,
            _ => After::Nothing,
        };
        for sql in self.session.outside() {
            let _ = self.connection.execute(sql).await;
        }
        // Where the server has answered, and it was the first statement, the revision has not begun.
        let rounds = self.rounds.take().filter(|rounds| rounds.rounds > 0);
        let untouched = index == 0 && !ran && !lost && matches!(after, After::Nothing) && rounds.is_none();
        let mut state = if untouched {
            self.unclaim(step).await
        } else {
            let kept = if lost { None } else { self.kept(course, index, ran, &after).await };
            what_stays(step, index, (ran, lost, matches!(after, After::Doubt(_))), kept)
        };
        if let Some(rounds) = &rounds {
            state = format!("{state}; of statement {}, {} ran and stay", index + 1, rounds.told());
        }
        match &after {
            After::Nothing => {}
            After::Left(_, names) => {
                state = format!("{state}; it left the invalid index {names}, which the next run drops");
            }
            After::Doubt(reason) => {
                state = format!("{state}; a part of statement {} may have run: {reason}", index + 1)
            }
        }
        if let Some(before) = self.before() {
            state = format!("{state}; {before}");
        }
        let mut failed = self.statement_error(step, index, error, state);
        if let ApplyError::Statement { help, reason, .. } = &mut failed {
            if in_ledger {
                let became = if ran { "the statement ran, but" } else { "the statement did not run, since" };
                *reason = format!("{became} the ledger could not be told: {reason}");
            }
            if !untouched {
                *help = Some(self.what_to_do(course, index + usize::from(ran), lost, &after, help.take()));
            }
        }
        failed
    }

    fn what_to_do(
        &self,
        course: &Course<'_>,
        index: usize,
        lost: bool,
        after: &After,
        advice: Option<String>,
    ) -> String {
        let revision = course.step.revision;
        let id = &revision.id;
        if lost {
            return "run the command again: it finds out how far this run came, and goes on from there".to_owned();
        }
        if let After::Doubt(_) = after {
            return format!(
                "see what of it is in the database: finish that by hand and say `migrate resolve {id} --done`; or undo \
                 it, say `migrate resolve {id} --not-done`, and correct the file. Then run the command again: it goes on \
                 from there"
            );
        }
        let direction = if course.step.direction == Direction::Up { "applied" } else { "reverted" };
        let mending = mending(id, direction, &before(id, &revision.down_revision, self.rows.values()));
        let advice = advice.unwrap_or_else(|| "correct the statement in the file".to_owned());
        let next = index + 1;
        format!("{advice}, and run the command again: it goes on with statement {next}; or {mending}")
            .replace(", and run the command again, and run the command again", ", and run the command again")
    }

    /// Looks at what a statement that the server has refused was to define.
    async fn after(&mut self, course: &Course<'_>, index: usize, before: Option<&[String]>) -> After {
        let verdict = match (&course.plan[index].class, before) {
            (Class::Defines(objects), Some(before)) => self.look().verdict(objects, before).await,
            (Class::Unsure { partial: false }, _) => return After::Nothing,
            (Class::Program, _) => return After::Doubt("what it did before its transaction ended".to_owned()),
            (Class::Defines(_), None) => return After::Doubt("what it defines cannot be looked at".to_owned()),
            _ if is_several(&course.step.pieces[index], self.connection.version().name) => {
                return After::Doubt("it is several, of which the first may have run".to_owned());
            }
            // Rows that cannot be taken back, a routine, a block.
            _ => return After::Doubt("it is more than one step, each of which stays".to_owned()),
        };
        match verdict {
            Ok(Verdict::NotDone) => After::Nothing,
            Ok(Verdict::Done) => After::Doubt("what it defines has changed".to_owned()),
            Ok(Verdict::Unknown(reason)) => After::Doubt(reason),
            Ok(Verdict::Mend(mending)) if mending.done => After::Doubt(mending.what),
            Ok(Verdict::Mend(mending)) => After::Left(mending.oids, mending.names),
            Err(error) => After::Doubt(reason_of(&error)),
        }
    }

    /// Takes back in the ledger that a revision has begun.
    async fn unclaim(&mut self, step: &Prepared<'_>) -> String {
        let sql = match step.direction {
            Direction::Up => self.ledger.delete_sql(&step.revision.id),
            Direction::Down => self.ledger.progress_sql(&step.revision.id, super::State::Applied, 0),
        };
        match self.connection.execute(&sql).await {
            Ok(_) => "none of its statements ran".to_owned(),
            Err(error) => format!("none of its statements ran, but the ledger could not be told: {error}"),
        }
    }

    /// How many of the statements that ran stay. A transaction of the section's own takes the marks of its statements
    /// with it when it is rolled back, so that the ledger knows; `None` when it cannot be asked.
    async fn kept(&mut self, course: &Course<'_>, index: usize, ran: bool, after: &After) -> Option<usize> {
        let id = &course.step.revision.id;
        let planned = &course.plan[index];
        // The mark that failed may have done so for what the section had set in the session.
        if ran && !planned.inside && planned.class != Class::Begins {
            let _ = self.mark_found(course, index + 1).await;
        }
        let rows = self.ledger.read(self.connection).await.ok()?;
        let row = rows.iter().find(|row| row.revision == *id)?;
        let done = row.done;
        let rounds = Progress::of(row).ok().flatten().and_then(|progress| progress.rounds);
        // That nothing of it was done is known, so that its text may be corrected.
        let settled = match after {
            After::Nothing if !ran => Some(Progress { rounds, ..course.ran(done) }),
            After::Left(left, _) => Some(Progress { left: left.clone(), ..course.ran(done) }),
            _ => None,
        };
        if let Some(progress) = settled {
            let _ = self.connection.execute(&self.ledger.set_back_sql(id, done, &progress)).await;
        }
        Some(done)
    }
}

/// Whether the server has not understood the statement, so that it has done nothing of it. What a block or a routine does not
/// understand may stand behind what it did.
fn is_unread(error: &DbError, sql: &str) -> bool {
    let DbError::Statement { code: Some(code), .. } = error else { return false };
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let is_single = ["CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE", "GRANT", "REVOKE"].contains(&first.as_str());
    is_single && ["1064", "42601"].contains(&code.as_str()) && !sql.contains(';')
}

/// What of a section that stopped at a statement (counted from 0) is in the database.
fn what_stays(
    step: &Prepared<'_>,
    index: usize,
    (ran, lost, doubt): (bool, bool, bool),
    kept: Option<usize>,
) -> String {
    let total = step.pieces.len();
    let range = |from: usize, to: usize, one: &str, more: &str| match from {
        from if from == to => format!("statement {from} {one}"),
        from => format!("statements {from} to {to} {more}"),
    };
    let done = index + usize::from(ran);
    let mut said = Vec::new();
    match kept {
        Some(0) if done == 0 => said.push("none of its statements is known to have run".to_owned()),
        Some(kept) => {
            if kept > 0 {
                said.push(range(1, kept, "ran and stays", "ran and stay"));
            }
            if kept < done {
                said.push(range(kept + 1, done, "was rolled back", "were rolled back"));
            }
        }
        None => said.push(format!(
            "{}, but what of this was in a transaction that had not ended was rolled back",
            range(1, done.max(1), "was sent", "were sent")
        )),
    }
    if lost && !ran {
        said.push(format!("whether {} ran is not known", index + 1));
    }
    let first = if (lost || doubt) && !ran { index + 2 } else { done + 1 };
    if first <= total {
        said.push(range(first, total, "did not run", "did not run"));
    }
    said.join("; ")
}
