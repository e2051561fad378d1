//! The SQL of a load.

use rungs_schema::DialectName;

use super::rows::{Fault, Row, Value};
use crate::dialect::Dialect;
use crate::revision::{Load, Mode};

/// How large a statement with rows becomes: far below what any server takes (`max_allowed_packet`), and large enough that
/// the way to the server counts for little.
pub(super) const MOST_BYTES: usize = 256 * 1024;
pub(super) const MOST_ROWS: usize = 1_000;

/// Rows that go in one statement.
#[derive(Default)]
pub(super) struct Chunk {
    /// The rows as SQL, with commas between them.
    pub(super) sql: String,
    /// Of each row its line, and where it begins and ends in the text.
    pub(super) rows: Vec<(u64, usize, usize)>,
}

/// What a load's statements are made of.
pub(in crate::apply) struct Shape<'l> {
    pub(super) dialect: &'l dyn Dialect,
    pub(super) load: &'l Load,
    /// The table's columns that the file fills, in the order of the file.
    pub(super) columns: Vec<String>,
}

impl Chunk {
    pub(super) fn is_full(&self) -> bool {
        self.sql.len() >= MOST_BYTES || self.rows.len() >= MOST_ROWS
    }
}

impl Shape<'_> {
    pub(super) fn name(&self) -> DialectName {
        self.dialect.version().name
    }

    /// The temporary table. A revision may have set another search path.
    pub(super) fn staging(&self) -> &'static str {
        match self.name() {
            DialectName::Sqlite => "temp.rungs_load",
            DialectName::Postgres => "pg_temp.rungs_load",
            DialectName::Mysql | DialectName::Mariadb => "rungs_load",
        }
    }

    pub(super) fn is_mysql(&self) -> bool {
        matches!(self.name(), DialectName::Mysql | DialectName::Mariadb)
    }

    pub(super) fn create_sql(&self) -> Vec<String> {
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

    /// The table, in quotes.
    pub(super) fn table(&self) -> String {
        let (schema, table) = &self.load.table;
        self.dialect.quote_in(schema.as_deref(), table)
    }

    /// Columns with commas between them, each behind a prefix.
    pub(super) fn list(&self, prefix: &str) -> String {
        let quoted = self.columns.iter().map(|column| format!("{prefix}{}", self.dialect.quote(column)));
        quoted.collect::<Vec<_>>().join(", ")
    }

    pub(super) fn is_key(&self, column: &str) -> bool {
        self.load.key.iter().any(|key| self.same_name(key, column))
    }

    pub(super) fn same_name(&self, one: &str, other: &str) -> bool {
        if self.name() == DialectName::Postgres { one == other } else { one.eq_ignore_ascii_case(other) }
    }

    /// A row without its key is told apart from no other.
    pub(super) fn check_key(&self, row: &Row) -> Result<(), Fault> {
        let mut values = self.columns.iter().zip(row.values());
        match values.find(|(column, value)| *value == Value::Null && self.is_key(column)) {
            Some((column, _)) => Err(Fault { line: Some(row.line), reason: format!("its key `{column}` is NULL") }),
            None => Ok(()),
        }
    }

    pub(super) fn push(&self, chunk: &mut Chunk, row: &Row) {
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
    pub(super) fn push_value(&self, sql: &mut String, value: Value<'_>) {
        let is_plain =
            |text: &str| text.bytes().all(|byte| (b' '..0x7f).contains(&byte) && byte != b'\\' && byte != b'\'');
        match value {
            Value::Null => sql.push_str("NULL"),
            Value::Bool(is) if self.name() == DialectName::Postgres => sql.push_str(if is { "'t'" } else { "'f'" }),
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

    /// What stands before the rows of a statement.
    pub(super) fn insert_sql(&self) -> String {
        format!("INSERT INTO {} (rungs_line, {}) VALUES ", self.staging(), self.list(""))
    }

    pub(super) fn keys(&self, prefix: &str) -> Vec<String> {
        self.columns
            .iter()
            .filter(|column| self.is_key(column))
            .map(|column| format!("{prefix}{}", self.dialect.quote(column)))
            .collect()
    }

    /// `x.a = s.a AND x.b = s.b`
    pub(super) fn same_key(&self) -> String {
        let pairs = self.keys("x.").into_iter().zip(self.keys("s.")).map(|(one, other)| format!("{one} = {other}"));
        pairs.collect::<Vec<_>>().join(" AND ")
    }

    /// The first line whose key stood in the file before, and where.
    pub(super) fn twice_sql(&self) -> String {
        format!(
            "SELECT min(rungs_line) AS line_first, max(rungs_line) AS line_last FROM {} GROUP BY {} HAVING count(*) > 1 \
             ORDER BY line_last LIMIT 1",
            self.staging(),
            self.keys("").join(", ")
        )
    }

    /// The first line whose key is not in the table.
    pub(super) fn missing_sql(&self) -> String {
        format!(
            "SELECT s.rungs_line AS line_missing FROM {} AS s WHERE NOT EXISTS (SELECT 1 FROM {} AS x WHERE {}) ORDER BY \
             s.rungs_line LIMIT 1",
            self.staging(),
            self.table(),
            self.same_key()
        )
    }

    /// The statements that carry over the rows of some lines, or all.
    pub(super) fn carry_sql(&self, lines: Option<(u64, u64)>) -> Vec<String> {
        let (table, staging, same) = (self.table(), self.staging(), self.same_key());
        let between = lines.map(|(from, to)| format!("s.rungs_line BETWEEN {from} AND {to}"));
        let and_between = between.as_ref().map(|between| format!(" AND {between}")).unwrap_or_default();
        let mut statements = Vec::new();
        let changed: Vec<&String> = self.columns.iter().filter(|column| !self.is_key(column)).collect();
        if self.load.mode != Mode::Insert && !changed.is_empty() {
            let left = if self.is_mysql() { "x." } else { "" };
            let set = changed
                .iter()
                .map(|column| self.dialect.quote(column))
                .map(|column| format!("{left}{column} = s.{column}"));
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

    /// What takes the temporary table away.
    pub(super) fn drop_sql(&self) -> String {
        let temporary = if self.is_mysql() { "TEMPORARY " } else { "" };
        format!("DROP {temporary}TABLE {}", self.staging())
    }
}
