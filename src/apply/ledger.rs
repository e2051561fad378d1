//! The ledger: which revisions are applied, and the log of every run. All of its SQL stands here, as statements with
//! literals, so that a script for later can hold the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use rungs_schema::DialectName;

use crate::db::{Connection, Row, without_passwords};
use crate::dialect::Dialect;
use crate::error::{ApplyError, DbError};
use crate::revision::{Direction, Revision};

/// How far a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Applied.
    Applied,
    /// A run that is not one transaction has begun to apply it, and has not ended.
    Applying,
    /// The same, reverting it.
    Reverting,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying => "applying",
            Self::Reverting => "reverting",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Applied, Self::Applying, Self::Reverting].into_iter().find(|state| state.word() == word)
    }
}

/// A row of `rungs_ledger`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The revision's id.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// [`Revision::checksum_on`] this engine when it was applied.
    pub checksum: String,
    /// Its parents, so that the heads are known without the files.
    pub parents: Vec<String>,
    /// What it depends on, as its file says it: ids or labels.
    pub depends_on: Vec<String>,
    /// How far it is.
    pub state: State,
    /// How many statements are done, of a revision that is not one transaction.
    pub done: usize,
    /// How many statements there are.
    pub total: usize,
    /// When it was applied, or when the run that has not ended began; RFC 3339, UTC.
    pub applied_at: String,
    /// How long it took; 0 where it was only recorded.
    pub duration_ms: u64,
    /// What a run that has not ended needs to go on, as JSON.
    pub progress: Option<String>,
}

impl LedgerRow {
    /// Whether a run that has not ended went this way.
    pub(super) fn is_half(&self, direction: Direction) -> bool {
        self.state == if direction == Direction::Up { State::Applying } else { State::Reverting }
    }
}

/// What a new row of the ledger says.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The revision.
    pub revision: &'a Revision,
    /// How far it is.
    pub state: State,
    /// How many statements are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// Now.
    pub at: DateTime<Utc>,
    /// How long it took.
    pub duration_ms: u64,
}

/// What came of it, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logged<'a> {
    /// It ran.
    Done,
    /// It was marked and did not run.
    Stamped,
    /// The text that its file has now was taken in.
    Accepted,
    /// A person has said whether the statement in doubt ran.
    Resolved,
    /// It failed, and why.
    Failed(&'a str),
}

impl Logged<'_> {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stamped => "stamped",
            Self::Accepted => "accepted",
            Self::Resolved => "resolved",
            Self::Failed(_) => "failed",
        }
    }
}

/// What a new row of the log says.
#[derive(Debug, Clone, Copy)]
pub struct LogEntry<'a> {
    /// The revision's id.
    pub revision: &'a str,
    /// Which way.
    pub direction: Direction,
    /// When the run of this revision began.
    pub at: DateTime<Utc>,
    /// Who ran it.
    pub runner: &'a str,
    /// How long it took.
    pub duration_ms: u64,
    /// What came of it.
    pub outcome: Logged<'a>,
}

/// The columns of a new row of `rungs_ledger`.
pub(super) const COLUMNS: &str = "revision, message, checksum, parents, depends_on, state, statements_done, statements_total, applied_at, duration_ms";

/// The ledger of one database (MySQL, MariaDB) or schema (PostgreSQL).
#[derive(Debug, Clone)]
pub struct Ledger<'d> {
    dialect: &'d dyn Dialect,
    /// Where its tables stand. They are always named in full, because a revision may change the search path or the
    /// current database.
    namespace: Option<String>,
}

impl<'d> Ledger<'d> {
    /// The ledger of the connection's current schema or database, whether it is there or not.
    ///
    /// # Errors
    /// When the connection has none, or breaks.
    pub async fn open(connection: &mut Connection, dialect: &'d dyn Dialect) -> Result<Self, ApplyError> {
        let (query, what, help) = match connection.version().name {
            DialectName::Sqlite => return Ok(Self { dialect, namespace: None }),
            DialectName::Postgres => (
                "SELECT current_schema() AS name",
                "current schema",
                "create the first schema of this user's search_path",
            ),
            DialectName::Mysql | DialectName::Mariadb => {
                ("SELECT DATABASE() AS name", "database", "put the database's name at the end of the URL")
            }
        };
        let rows = connection.query(query).await?;
        let name = rows.first().map(|row| row.opt("name")).transpose()?.flatten().map(str::to_owned);
        match name {
            Some(name) => Ok(Self { dialect, namespace: Some(name) }),
            None => Err(ApplyError::NoNamespace { what, help }),
        }
    }

    /// A ledger without a connection, for scripts: its tables are named without their schema.
    pub fn offline(dialect: &'d dyn Dialect) -> Self {
        Self { dialect, namespace: None }
    }

    /// The schema or database that it stands in.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub(super) fn dialect(&self) -> &'d dyn Dialect {
        self.dialect
    }

    pub(super) fn dialect_name(&self) -> DialectName {
        self.dialect.version().name
    }

    pub(super) fn table(&self, table: &str) -> String {
        let table = self.dialect.quote(table);
        match &self.namespace {
            Some(namespace) => format!("{}.{table}", self.dialect.quote(namespace)),
            None => table,
        }
    }

    /// The statements that create both tables, where they are not there.
    pub fn create_sql(&self) -> [String; 2] {
        let (key, text, number, serial, options) = match self.dialect_name() {
            DialectName::Sqlite => ("TEXT", "TEXT", "INTEGER", "INTEGER PRIMARY KEY AUTOINCREMENT", ""),
            DialectName::Postgres => ("text", "text", "bigint", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", ""),
            // Ids are told apart by case and accents, as the files' are.
            DialectName::Mysql | DialectName::Mariadb => (
                "varchar(190)",
                "text",
                "bigint",
                "bigint AUTO_INCREMENT PRIMARY KEY",
                " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            ),
        };
        [
            format!(
                "CREATE TABLE IF NOT EXISTS {} (revision {key} NOT NULL PRIMARY KEY, message {text} NOT NULL, \
                 checksum {text} NOT NULL, parents {text} NOT NULL, depends_on {text} NOT NULL, state {text} NOT NULL, \
                 statements_done {number} NOT NULL, statements_total {number} NOT NULL, applied_at {text} NOT NULL, \
                 duration_ms {number} NOT NULL, progress {text}){options}",
                self.table("rungs_ledger")
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {} (id {serial}, started_at {text} NOT NULL, runner {text} NOT NULL, \
                 version {text} NOT NULL, revision {text} NOT NULL, direction {text} NOT NULL, \
                 duration_ms {number} NOT NULL, outcome {text} NOT NULL, error {text}){options}",
                self.table("rungs_log")
            ),
        ]
    }

    /// All columns, since a ledger that an older version has made lacks the last one until something is run.
    fn select_sql(&self) -> String {
        format!("SELECT * FROM {} ORDER BY applied_at, revision", self.table("rungs_ledger"))
    }

    /// A text as a value; a NUL has no place in one.
    pub(super) fn literal(&self, text: &str) -> String {
        self.dialect.literal(&text.replace('\0', ""))
    }

    /// An id to look a row up by, which means the same whatever a file has set in the session: on MySQL, the character set
    /// of literals and what `\\` means in them.
    pub(super) fn id(&self, revision: &str) -> String {
        let is_plain = revision.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        match self.dialect_name() {
            DialectName::Mysql | DialectName::Mariadb if !is_plain => {
                format!("_utf8mb4 0x{}", revision.bytes().map(|byte| format!("{byte:02x}")).collect::<String>())
            }
            _ => self.literal(revision),
        }
    }

    /// What identifies the text of a revision that this engine runs.
    pub(super) fn checksum(&self, revision: &Revision) -> String {
        revision.checksum_on(self.dialect_name().word())
    }

    /// A new row.
    pub fn insert_sql(&self, entry: &Entry<'_>) -> String {
        self.insert_all_sql(std::slice::from_ref(entry))
    }

    /// New rows, in one statement.
    pub(super) fn insert_all_sql(&self, entries: &[Entry<'_>]) -> String {
        let row = |entry: &Entry<'_>| {
            let Entry { revision, state, done, total, at, duration_ms } = *entry;
            self.values(revision, state, done, total, &format!("'{}'", moment(at)), &duration_ms.to_string())
        };
        format!(
            "INSERT INTO {} ({COLUMNS}) VALUES {}",
            self.table("rungs_ledger"),
            entries.iter().map(row).collect::<Vec<_>>().join(", ")
        )
    }

    /// The values of a new row, the last two of them as expressions.
    pub(super) fn values(
        &self,
        revision: &Revision,
        state: State,
        done: usize,
        total: usize,
        applied_at: &str,
        duration_ms: &str,
    ) -> String {
        format!(
            "({}, {}, '{}', {}, {}, '{}', {done}, {total}, {applied_at}, {duration_ms})",
            self.literal(&revision.id),
            self.literal(&revision.message),
            self.checksum(revision),
            self.literal(&revision.down_revision.join(" ")),
            self.literal(&revision.depends_on.join(" ")),
            state.word(),
        )
    }

    /// Takes in what the file of an applied revision says now.
    pub(super) fn accept_sql(&self, revision: &Revision) -> String {
        format!(
            "UPDATE {} SET message = {}, checksum = '{}', parents = {}, depends_on = {} WHERE revision = {}",
            self.table("rungs_ledger"),
            self.literal(&revision.message),
            self.checksum(revision),
            self.literal(&revision.down_revision.join(" ")),
            self.literal(&revision.depends_on.join(" ")),
            self.literal(&revision.id),
        )
    }

    /// Takes a row away.
    pub fn delete_sql(&self, revision: &str) -> String {
        format!("DELETE FROM {} WHERE revision = {}", self.table("rungs_ledger"), self.id(revision))
    }

    /// Takes rows away, in one statement.
    pub(super) fn delete_all_sql(&self, revisions: &[&str]) -> String {
        let ids: Vec<String> = revisions.iter().map(|id| self.literal(id)).collect();
        format!("DELETE FROM {} WHERE revision IN ({})", self.table("rungs_ledger"), ids.join(", "))
    }

    /// A new row of the log.
    pub fn log_sql(&self, entry: &LogEntry<'_>) -> String {
        self.log_all_sql(std::slice::from_ref(entry))
    }

    /// New rows of the log, in one statement.
    pub(super) fn log_all_sql(&self, entries: &[LogEntry<'_>]) -> String {
        const LONGEST: usize = 8_000;
        let row = |entry: &LogEntry<'_>| {
            let error = match entry.outcome {
                Logged::Failed(error) => {
                    self.literal(&without_passwords(error).chars().take(LONGEST).collect::<String>())
                }
                _ => "NULL".to_owned(),
            };
            format!(
                "('{}', {}, '{}', {}, '{}', {}, '{}', {error})",
                moment(entry.at),
                self.literal(entry.runner),
                env!("CARGO_PKG_VERSION"),
                self.literal(entry.revision),
                entry.direction,
                entry.duration_ms,
                entry.outcome.word(),
            )
        };
        format!(
            "INSERT INTO {} (started_at, runner, version, revision, direction, duration_ms, outcome, error) VALUES {}",
            self.table("rungs_log"),
            entries.iter().map(row).collect::<Vec<_>>().join(", ")
        )
    }

    /// Whether the table of applied revisions is there.
    ///
    /// # Errors
    /// When the catalog cannot be read.
    pub async fn exists(&self, connection: &mut Connection) -> Result<bool, ApplyError> {
        Ok(self.found(connection, "= 'rungs_ledger'").await? > 0)
    }

    /// How many tables with such a name are there. Asks the catalog: an error never counts as an empty ledger.
    pub(super) async fn found(&self, connection: &mut Connection, name: &str) -> Result<i64, ApplyError> {
        let namespace = self.dialect.literal(self.namespace.as_deref().unwrap_or_default());
        let condition = match self.dialect_name() {
            DialectName::Sqlite => format!("sqlite_schema WHERE type = 'table' AND name {name}"),
            DialectName::Postgres => {
                format!("pg_catalog.pg_tables WHERE schemaname = {namespace} AND tablename {name}")
            }
            DialectName::Mysql | DialectName::Mariadb => {
                format!("information_schema.tables WHERE table_schema = {namespace} AND table_name {name}")
            }
        };
        let rows = connection.query(&format!("SELECT count(*) AS found FROM {condition}")).await?;
        Ok(rows.first().map(|row| row.int("found")).transpose()?.unwrap_or_default())
    }

    /// Creates the tables where they are not there, and tells whether one was missing.
    ///
    /// # Errors
    /// When this user may not create them.
    pub async fn ensure(&self, connection: &mut Connection) -> Result<bool, ApplyError> {
        if self.found(connection, "IN ('rungs_ledger', 'rungs_log')").await? != 2 {
            for sql in self.create_sql() {
                connection.execute(&sql).await?;
            }
            self.add_columns(connection).await?;
            return Ok(true);
        }
        self.add_columns(connection).await?;
        Ok(false)
    }

    /// Reads the ids alone, in the order of their application: of rows that make no sense too.
    pub(super) async fn ids(&self, connection: &mut Connection) -> Result<Vec<String>, ApplyError> {
        if !self.exists(connection).await? {
            return Ok(Vec::new());
        }
        let table = self.table("rungs_ledger");
        let rows = connection.query(&format!("SELECT revision FROM {table} ORDER BY applied_at, revision")).await?;
        Ok(rows.iter().map(|row| row.text("revision").map(str::to_owned)).collect::<Result<_, DbError>>()?)
    }

    /// Reads the rows in the order of their application; none where the table is not there.
    ///
    /// # Errors
    /// When the table cannot be read or has a row that makes no sense.
    pub async fn read(&self, connection: &mut Connection) -> Result<Vec<LedgerRow>, ApplyError> {
        if !self.exists(connection).await? {
            return Ok(Vec::new());
        }
        let rows = connection.query(&self.select_sql()).await?;
        rows.iter().map(ledger_row).collect()
    }
}

fn ledger_row(row: &Row) -> Result<LedgerRow, ApplyError> {
    let revision = row.text("revision")?.to_owned();
    let words = |column: &str| -> Result<Vec<String>, DbError> {
        Ok(row.text(column)?.split_whitespace().map(str::to_owned).collect())
    };
    let number = |column: &str| -> Result<u64, DbError> { Ok(u64::try_from(row.int(column)?).unwrap_or_default()) };
    let count = |column: &str| -> Result<usize, DbError> { Ok(usize::try_from(number(column)?).unwrap_or(usize::MAX)) };
    let word = row.text("state")?;
    let state = State::from_word(word)
        .ok_or_else(|| ApplyError::Ledger { revision: revision.clone(), reason: format!("its state is `{word}`") })?;
    Ok(LedgerRow {
        message: row.text("message")?.to_owned(),
        checksum: row.text("checksum")?.to_owned(),
        parents: words("parents")?,
        depends_on: words("depends_on")?,
        state,
        done: count("statements_done")?,
        total: count("statements_total")?,
        applied_at: row.text("applied_at")?.to_owned(),
        duration_ms: number("duration_ms")?,
        // Not there before something was run.
        progress: row.opt("progress").unwrap_or_default().map(str::to_owned),
        revision,
    })
}

/// A moment as the ledger writes it: sorting the texts sorts the moments.
fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// What the ledger of a database says; nothing where there is none yet.
///
/// # Errors
/// When it cannot be read.
pub async fn applied(connection: &mut Connection, dialect: &dyn Dialect) -> Result<Vec<LedgerRow>, ApplyError> {
    Ledger::open(connection, dialect).await?.read(connection).await
}

/// The applied revisions that no applied one has as parent, by what the ledger alone knows.
pub fn heads(rows: &[LedgerRow]) -> Vec<&LedgerRow> {
    let parents: BTreeSet<&String> = rows.iter().flat_map(|row| &row.parents).collect();
    rows.iter().filter(|row| !parents.contains(&row.revision)).collect()
}

/// What is applied, each with the parents that were recorded with it. Those of [`applied_ids`].
pub fn recorded_parents(rows: &[LedgerRow]) -> BTreeMap<String, Vec<String>> {
    let applied = rows.iter().filter(|row| row.state != State::Applying);
    applied.map(|row| (row.revision.clone(), row.parents.clone())).collect()
}

/// The ids of what is applied, for [`History`](crate::revision::History). A revision that is half applied is not among
/// them, one that is half reverted is.
pub fn applied_ids(rows: &[LedgerRow]) -> BTreeSet<String> {
    rows.iter().filter(|row| row.state != State::Applying).map(|row| row.revision.clone()).collect()
}
