//! The temporary table, and the way from it into the real one.

use rungs_schema::DialectName;

use super::rows::{Fault, Row, Rows};
use super::shape::Chunk;
use super::{Loader, is_refusal};
use crate::error::DbError;
use crate::revision::Mode;

impl Loader<'_> {
    /// Loads by way of the temporary table.
    pub(super) async fn stage(&mut self, rows: Rows) -> Result<u64, DbError> {
        for sql in self.shape.create_sql() {
            self.connection.execute(&sql).await?;
        }
        self.fill(rows).await?;
        if self.shape.name() == DialectName::Postgres {
            self.connection.execute(&format!("ANALYZE {}", self.shape.staging())).await?;
        }
        self.check_twice().await?;
        if self.shape.load.mode == Mode::Update {
            self.check_missing().await?;
        }
        let changed = self.carry_over().await?;
        self.connection.execute(&self.shape.drop_sql()).await?;
        Ok(changed)
    }

    async fn fill(&mut self, rows: Rows) -> Result<(), DbError> {
        #[cfg(feature = "postgres")]
        if self.shape.name() == DialectName::Postgres {
            return self.copy_into_staging(rows).await;
        }
        self.insert_all(rows).await
    }

    /// Rows in statements of many.
    async fn insert_all(&mut self, mut rows: Rows) -> Result<(), DbError> {
        let mut row = Row::default();
        let mut chunk = Chunk::default();
        let mut count = 0;
        while rows
            .next(&mut row)
            .and_then(|has_row| self.shape.check_key(&row).map(|()| has_row))
            .map_err(|fault| self.fault(fault))?
        {
            count += 1;
            self.shape.push(&mut chunk, &row);
            if chunk.is_full() {
                self.insert(&mut chunk).await?;
                (self.tell)(count);
            }
        }
        self.insert(&mut chunk).await
    }

    async fn insert(&mut self, chunk: &mut Chunk) -> Result<(), DbError> {
        if chunk.rows.is_empty() {
            return Ok(());
        }
        let into = self.shape.insert_sql();
        if let Err(error) = self.connection.execute(&format!("{into}{}", chunk.sql)).await {
            if !is_refusal(&error) {
                return Err(error);
            }
            // One of them is to blame, and the statement has left nothing.
            for (line, start, end) in &chunk.rows {
                let sent = self.connection.execute(&format!("{into}{}", &chunk.sql[*start..*end])).await;
                sent.map_err(|error| self.refused(error, Some(*line)))?;
            }
            return Err(self.refused(error, chunk.rows.first().map(|(line, ..)| *line)));
        }
        chunk.sql.clear();
        chunk.rows.clear();
        Ok(())
    }

    /// A key stands once in the file.
    async fn check_twice(&mut self) -> Result<(), DbError> {
        let query = self.shape.twice_sql();
        let rows = self.connection.query(&query).await.map_err(|error| self.refused(error, None))?;
        let Some(row) = rows.first() else { return Ok(()) };
        let (first, last) = (row.int("line_first")?, row.int("line_last")?);
        let line = u64::try_from(last).ok();
        Err(self.fault(Fault { line, reason: format!("its key is that of line {first}, too") }))
    }

    /// What is to be updated is there.
    async fn check_missing(&mut self) -> Result<(), DbError> {
        let query = self.shape.missing_sql();
        let rows = self.connection.query(&query).await.map_err(|error| self.refused(error, None))?;
        let Some(row) = rows.first() else { return Ok(()) };
        let line = u64::try_from(row.int("line_missing")?).ok();
        let reason = format!("table {} has no row with its key, and mode:update adds none", self.shape.table());
        Err(self.fault(Fault { line, reason }))
    }

    async fn carry_over(&mut self) -> Result<u64, DbError> {
        match self.try_to_carry(None).await {
            Ok(changed) => Ok(changed),
            Err(error) if is_refusal(&error) => Err(self.blame(error).await),
            Err(error) => Err(error),
        }
    }

    async fn try_to_carry(&mut self, lines: Option<(u64, u64)>) -> Result<u64, DbError> {
        self.connection.execute("SAVEPOINT rungs_load").await?;
        let mut changed = 0;
        for sql in self.shape.carry_sql(lines) {
            match self.connection.execute(&sql).await {
                Ok(rows) => changed += rows,
                Err(error) => {
                    if is_refusal(&error) {
                        self.connection.execute("ROLLBACK TO SAVEPOINT rungs_load").await?;
                        self.connection.execute("RELEASE SAVEPOINT rungs_load").await?;
                    }
                    return Err(error);
                }
            }
        }
        self.connection.execute("RELEASE SAVEPOINT rungs_load").await?;
        Ok(changed)
    }

    /// Finds the line that the server objects to: half of what is left is carried over each time, so that all of it is done
    /// about once more.
    async fn blame(&mut self, error: DbError) -> DbError {
        match self.find_to_blame().await {
            Ok(Some((line, error))) => self.refused(error, Some(line)),
            Ok(None) => self.refused(error, None),
            Err(other) => other,
        }
    }

    async fn find_to_blame(&mut self) -> Result<Option<(u64, DbError)>, DbError> {
        let query = format!("SELECT coalesce(max(rungs_line), 0) AS line_last FROM {}", self.shape.staging());
        let rows = self.connection.query(&query).await?;
        let last = rows.first().map(|row| row.int("line_last")).transpose()?.unwrap_or_default();
        let (mut from, mut to) = (1, u64::try_from(last).unwrap_or_default());
        while from < to {
            let middle = from + (to - from) / 2;
            match self.try_to_carry(Some((from, middle))).await {
                Ok(_) => from = middle + 1,
                Err(error) if is_refusal(&error) => to = middle,
                Err(error) => return Err(error),
            }
        }
        match self.try_to_carry(Some((from, to))).await {
            Ok(_) => Ok(None),
            Err(error) if is_refusal(&error) => Ok(Some((from, error))),
            Err(error) => Err(error),
        }
    }
}
