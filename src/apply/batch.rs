//! `-- migrate:batch`: one statement again and again, each time in its own transaction, until it touches no row.
//!
//! Each round shares its transaction with the ledger's count of rounds and rows, so that a run that stops anywhere is gone
//! on with, and neither a round nor a row is counted twice. The last round touches nothing, and marks the statement as
//! done.

use std::time::Duration;

use super::Event;
use super::executor::{OnEvent, Runner};
use super::failure::Failure;
use super::progress::{Progress, Rounds, hash};
use super::statement::Words;
use super::stepwise::{Course, Sent};
use crate::dialect::splitter::uncovered;
use crate::error::{ApplyError, DbError};

/// After so many rounds it is looked at how many rows the table has.
const LOOK_AFTER: u64 = 4;

/// What came of a round.
enum Round {
    /// It touched so many rows; none of them is the end.
    Ran(u64),
    Overtaken,
}

impl Runner<'_> {
    /// Runs a batch to its end, or goes on with it.
    pub(super) async fn batch(
        &mut self,
        course: &Course<'_>,
        index: usize,
        pause: Duration,
        on_event: OnEvent<'_>,
    ) -> Result<Sent, Failure> {
        let step = course.step;
        let sql = step.pieces[index].sql;
        if !self.can_be_taken_back(sql).await? {
            return Err(refused(
                sql,
                "it changes rows of a table that takes no part in transactions, so that its rounds could not be counted",
                "take the marker away; or move the table to InnoDB first",
            ));
        }
        self.rounds = Some(self.rounds_of(course, sql).await.map_err(|error| Failure::statement(lost(error)))?);
        loop {
            let rows = match self.round(course, index, sql).await? {
                Round::Overtaken => return Ok(Sent::Overtaken),
                Round::Ran(0) => return Ok(Sent::Marked),
                Round::Ran(rows) => rows,
            };
            // Whatever was in the way is out of it.
            self.attempt = 1;
            let total = self.rounds.as_ref().map_or(rows, |rounds| rounds.rows);
            on_event(Event::Progress { revision: step.revision, statement: index + 1, rows: total, total: None });
            self.check_that_it_ends(sql).await?;
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// What the ledger has of the batch; nothing where its text is another.
    async fn rounds_of(&mut self, course: &Course<'_>, sql: &str) -> Result<Rounds, ApplyError> {
        self.read().await?;
        self.rounds_read(course, sql)
    }

    fn rounds_read(&self, course: &Course<'_>, sql: &str) -> Result<Rounds, ApplyError> {
        let row = self.rows.get(&course.step.revision.id);
        let progress = row.map(Progress::of).transpose()?.flatten();
        let rounds = progress.and_then(|progress| progress.rounds).filter(|rounds| rounds.hash == hash(sql));
        Ok(rounds.unwrap_or_else(|| Rounds { hash: hash(sql), rounds: 0, rows: 0, most: None }))
    }

    async fn round(&mut self, course: &Course<'_>, index: usize, sql: &str) -> Result<Round, Failure> {
        let begin = self.begin();
        self.connection.execute(begin).await.map_err(Failure::statement)?;
        let ran = match self.round_within(course, index, sql).await {
            Ok(Some((rows, rounds))) => match self.connection.execute("COMMIT").await {
                Ok(_) => {
                    self.rounds = Some(rounds);
                    return Ok(Round::Ran(rows));
                }
                Err(error) => Err(Failure::statement(error)),
            },
            Ok(None) => Ok(Round::Overtaken),
            Err(failure) => Err(failure),
        };
        let _ = self.connection.execute("ROLLBACK").await;
        ran
    }

    /// The statement and its mark. `None` where another runner is further.
    async fn round_within(
        &mut self,
        course: &Course<'_>,
        index: usize,
        sql: &str,
    ) -> Result<Option<(u64, Rounds)>, Failure> {
        let version = self.data_version;
        self.read_again().await.map_err(|error| Failure::statement(lost(error)))?;
        if self.data_version != version {
            // SQLite: another runner may have run rounds of it.
            self.rounds = Some(self.rounds_read(course, sql).map_err(|error| Failure::statement(lost(error)))?);
        }
        let mut rounds = self.rounds.clone().unwrap_or_default();
        let rows = self.connection.execute(sql).await.map_err(Failure::statement)?;
        let marked = if rows == 0 {
            self.mark(course, index + 1).await
        } else {
            rounds.rounds += 1;
            rounds.rows += rows;
            let progress = Progress { rounds: Some(rounds.clone()), ..course.ran(index) };
            self.write(course, index, &progress).await
        };
        match marked.map_err(Failure::intent)? {
            Sent::Overtaken => Ok(None),
            Sent::Marked => Ok(Some((rows, rounds))),
        }
    }

    /// An UPDATE whose WHERE does not leave out what it has done would go on for ever: on MySQL also one that changes
    /// nothing, because the rows that it finds are counted. So it is stopped when it has touched each row of its table
    /// twice.
    async fn check_that_it_ends(&mut self, sql: &str) -> Result<(), Failure> {
        let Some(mut rounds) = self.rounds.clone() else { return Ok(()) };
        let is_over = |most: Option<u64>| most.is_none_or(|most| rounds.rows > most.saturating_mul(2));
        if rounds.rounds < LOOK_AFTER || !is_over(rounds.most) {
            return Ok(());
        }
        let name = self.connection.version().name;
        let text = uncovered(name, sql);
        let Some(table) = Words::new(name, &text).updated_table() else { return Ok(()) };
        let dialect = self.ledger.dialect();
        let place = dialect.quote_in(table.schema.as_deref(), &table.name);
        let query = format!("SELECT count(*) AS found FROM {place}");
        let rows = self.connection.query(&query).await.map_err(Failure::statement)?;
        let found = rows.first().map(|row| row.int("found")).transpose().map_err(Failure::statement)?;
        let most = found.and_then(|found| u64::try_from(found).ok()).max(rounds.most).unwrap_or_default();
        if is_over(Some(most)) {
            let reason = format!(
                "after {} rounds it has touched {} rows, and table {table} has {most}: it touches the same rows again and again",
                rounds.rounds, rounds.rows
            );
            let help = "let its WHERE leave out what it has done: UPDATE t SET x = ... WHERE id IN (SELECT id FROM t WHERE x \
                        IS NULL LIMIT 1000)";
            return Err(refused(sql, &reason, help));
        }
        rounds.most = Some(most);
        self.rounds = Some(rounds);
        Ok(())
    }
}

fn refused(sql: &str, reason: &str, help: &str) -> Failure {
    let (reason, sql, help) = (reason.to_owned(), sql.to_owned(), Some(help.to_owned()));
    Failure::statement(DbError::Statement { reason, code: None, sql, position: None, help })
}

/// What reading the ledger can fail with.
fn lost(error: ApplyError) -> DbError {
    match error {
        ApplyError::Db(error) => error,
        other => DbError::Answer { reason: other.to_string() },
    }
}
