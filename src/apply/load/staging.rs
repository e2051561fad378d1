//! The temporary table, and the way from it into the real one.

use rungs_schema::DialectName;

use super::rows::{Fault, Row, Rows, Value};
use super::{Loader, is_refusal};
use crate::error::DbError;
use crate::revision::Mode;

/// How large a statement with rows becomes: far below what any server takes (`max_allowed_packet`), and large enough that
/// the way to the server counts for little.
const MOST_BYTES: usize = 256 * 1024;
const MOST_ROWS: usize = 1_000;

/// Rows that go in one statement.
#[derive(Default)]
struct Chunk {
    /// The rows as SQL, with commas between them.
    sql: String,
    /// Of each row its line, and where it begins and ends in the text.
    rows: Vec<(u64, usize, usize)>,
}

impl Loader<'_> {
    /// The temporary table. A revision may have set another search path.
    pub(super) fn staging(&self) -> &'static str {
        match self.name() {
            DialectName::Sqlite => "temp.rungs_load",
            DialectName::Postgres => "pg_temp.rungs_load",
            DialectName::Mysql | DialectName::Mariadb => "rungs_load",
        }
    }

    /// Loads by way of the temporary table.
    pub(super) async fn stage(&mut self, rows: Rows) -> Result<u64, DbError> {
        for sql in self.create_sql() {
            self.connection.execute(&sql).await?;
        }
        self.fill(rows).await?;
        if self.name() == DialectName::Postgres {
            self.connection.execute(&format!("ANALYZE {}", self.staging())).await?;
        }
        self.check_twice().await?;
        if self.load.mode == Mode::Update {
            self.check_missing().await?;
        }
        let changed = self.carry_over().await?;
        let temporary = if self.is_mysql() { "TEMPORARY " } else { "" };
        self.connection.execute(&format!("DROP {temporary}TABLE {}", self.staging())).await?;
        Ok(changed)
    }

    fn is_mysql(&self) -> bool {
        matches!(self.name(), DialectName::Mysql | DialectName::Mariadb)
    }

    fn create_sql(&self) -> Vec<String> {
        let (table, columns) = (self.table(), self.list(""));
        match self.name() {
            DialectName::Sqlite => {
                vec![format!("CREATE TEMP TABLE rungs_load AS SELECT 0 AS rungs_line, {columns} FROM {table} LIMIT 0")]
            }
            DialectName::Postgres => vec![format!(
                "CREATE TEMPORARY TABLE rungs_load ON COMMIT DROP AS SELECT 0::bigint AS rungs_line, {columns} FROM \
                 {table} WITH NO DATA"
            )],
            // It takes no part in the transaction: one of an attempt that failed is still there. Some servers demand a
            // primary key of every table.
            DialectName::Mysql | DialectName::Mariadb => vec![
                "DROP TEMPORARY TABLE IF EXISTS rungs_load".to_owned(),
                format!(
                    "CREATE TEMPORARY TABLE rungs_load (rungs_line BIGINT NOT NULL PRIMARY KEY) ENGINE = InnoDB SELECT 0 \
                     AS rungs_line, {columns} FROM {table} LIMIT 0"
                ),
            ],
        }
    }

    async fn fill(&mut self, rows: Rows) -> Result<(), DbError> {
        #[cfg(feature = "postgres")]
        if self.name() == DialectName::Postgres {
            return self.copy_into_staging(rows).await;
        }
        self.insert_all(rows).await
    }

    /// Rows in statements of many.
    async fn insert_all(&mut self, mut rows: Rows) -> Result<(), DbError> {
        let mut row = Row::default();
        let mut chunk = Chunk::default();
        let mut count = 0;
        while rows.next(&mut row).and_then(|has_row| self.check_key(&row).map(|()| has_row)).map_err(|fault| self.fault(fault))? {
            count += 1;
            self.push(&mut chunk, &row);
            if chunk.sql.len() >= MOST_BYTES || chunk.rows.len() >= MOST_ROWS {
                self.insert(&mut chunk).await?;
                (self.tell)(count);
            }
        }
        self.insert(&mut chunk).await
    }

    fn push(&self, chunk: &mut Chunk, row: &Row) {
        if !chunk.rows.is_empty() {
            chunk.sql.push(',');
        }
        let start = chunk.sql.len();
        chunk.sql.push_str(&format!("({}", row.line));
        for value in row.values() {
            chunk.sql.push(',');
            self.push_value(&mut chunk.sql, value);
        }
        chunk.sql.push(')');
        chunk.rows.push((row.line, start, chunk.sql.len()));
    }

    /// A value as SQL, which means the same whatever a file has set in the session.
    fn push_value(&self, sql: &mut String, value: Value<'_>) {
        let is_plain = |text: &str| text.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b'\\' && byte != b'\'');
        match value {
            Value::Null => sql.push_str("NULL"),
            Value::Bool(is) => sql.push(if is { '1' } else { '0' }),
            Value::Number(text) if self.name() == DialectName::Sqlite => sql.push_str(text),
            Value::Number(text) | Value::Text(text) if is_plain(text) => {
                sql.push('\'');
                sql.push_str(text);
                sql.push('\'');
            }
            // On MySQL, the character set of literals and what a backslash means in them can be set.
            Value::Number(text) | Value::Text(text) if self.is_mysql() => {
                sql.push_str("_utf8mb4 0x");
                for byte in text.bytes() {
                    for half in [byte >> 4, byte & 15] {
                        sql.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
                    }
                }
            }
            Value::Number(text) | Value::Text(text) => sql.push_str(&self.dialect.literal(text)),
        }
    }

    async fn insert(&mut self, chunk: &mut Chunk) -> Result<(), DbError> {
        if chunk.rows.is_empty() {
            return Ok(());
        }
        let into = format!("INSERT INTO {} (rungs_line, {}) VALUES ", self.staging(), self.list(""));
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

    fn keys(&self, prefix: &str) -> Vec<String> {
        self.columns.iter().filter(|column| self.is_key(column)).map(|column| format!("{prefix}{}", self.dialect.quote(column))).collect()
    }

    /// `x.a = s.a AND x.b = s.b`
    fn same_key(&self) -> String {
        let pairs = self.keys("x.").into_iter().zip(self.keys("s.")).map(|(one, other)| format!("{one} = {other}"));
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    /// A key stands once in the file.
    async fn check_twice(&mut self) -> Result<(), DbError> {
        let query = format!(
            "SELECT min(rungs_line) AS line_first, max(rungs_line) AS line_last FROM {} GROUP BY {} HAVING count(*) > 1 \
             ORDER BY line_last LIMIT 1",
            self.staging(),
            self.keys("").join(", ")
        );
        let rows = self.connection.query(&query).await.map_err(|error| self.refused(error, None))?;
        let Some(row) = rows.first() else { return Ok(()) };
        let (first, last) = (row.int("line_first")?, row.int("line_last")?);
        let line = u64::try_from(last).ok();
        Err(self.fault(Fault { line, reason: format!("its key is that of line {first}, too") }))
    }

    /// What is to be updated is there.
    async fn check_missing(&mut self) -> Result<(), DbError> {
        let query = format!(
            "SELECT s.rungs_line AS line_missing FROM {} AS s WHERE NOT EXISTS (SELECT 1 FROM {} AS x WHERE {}) ORDER BY \
             s.rungs_line LIMIT 1",
            self.staging(),
            self.table(),
            self.same_key()
        );
        let rows = self.connection.query(&query).await.map_err(|error| self.refused(error, None))?;
        let Some(row) = rows.first() else { return Ok(()) };
        let line = u64::try_from(row.int("line_missing")?).ok();
        let reason = format!("table {} has no row with its key, and mode:update adds none", self.table());
        Err(self.fault(Fault { line, reason }))
    }

    /// The statements that carry over the rows of some lines, or all.
    fn carry_sql(&self, lines: Option<(u64, u64)>) -> Vec<String> {
        let (table, staging, same) = (self.table(), self.staging(), self.same_key());
        let between = lines.map(|(from, to)| format!("s.rungs_line BETWEEN {from} AND {to}"));
        let and_between = between.as_ref().map(|between| format!(" AND {between}")).unwrap_or_default();
        let mut statements = Vec::new();
        let changed: Vec<&String> = self.columns.iter().filter(|column| !self.is_key(column)).collect();
        if self.load.mode != Mode::Insert && !changed.is_empty() {
            let left = if self.is_mysql() { "x." } else { "" };
            let set = changed.iter().map(|column| self.dialect.quote(column)).map(|column| format!("{left}{column} = s.{column}"));
            let set = set.collect::<Vec<_>>().join(", ");
            statements.push(match self.is_mysql() {
                true => {
                    let only = between.map(|between| format!(" WHERE {between}")).unwrap_or_default();
                    format!("UPDATE {table} AS x JOIN {staging} AS s ON {same} SET {set}{only}")
                }
                false => format!("UPDATE {table} AS x SET {set} FROM {staging} AS s WHERE {same}{and_between}"),
            });
        }
        if self.load.mode != Mode::Update {
            // As COPY, it takes what the file says for identity columns too.
            let overriding = if self.name() == DialectName::Postgres { " OVERRIDING SYSTEM VALUE" } else { "" };
            statements.push(format!(
                "INSERT INTO {table} ({}){overriding} SELECT {} FROM {staging} AS s WHERE NOT EXISTS (SELECT 1 FROM {table} AS x \
                 WHERE {same}){and_between} ORDER BY s.rungs_line",
                self.list(""),
                self.list("s.")
            ));
        }
        statements
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
        for sql in self.carry_sql(lines) {
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
        let query = format!("SELECT coalesce(max(rungs_line), 0) AS line_last FROM {}", self.staging());
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
