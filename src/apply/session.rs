//! What a revision may change in the session, and the next one must not see: two revisions applied in one run leave
//! what they would leave in two.

use rungs_schema::DialectName;

use super::Ledger;
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::error::ApplyError;

/// The pragmas of SQLite that change what a later statement does to rows or to the schema.
pub(super) const SQLITE_PRAGMAS: [&str; 5] =
    ["foreign_keys", "ignore_check_constraints", "recursive_triggers", "legacy_alter_table", "writable_schema"];

/// RESET ALL leaves both kinds of user as they are, and temporary tables hide others of their name.
pub(super) const POSTGRES_RESET: [&str; 4] = ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL", "DISCARD TEMP"];

/// The variables that dumps and migrations set. SET NAMES sets four of them: the next revision's text would be read in
/// another character set.
pub(super) const MYSQL_VARIABLES: [&str; 14] = [
    "sql_mode",
    "time_zone",
    "foreign_key_checks",
    "unique_checks",
    "autocommit",
    "sql_notes",
    "sql_safe_updates",
    "default_storage_engine",
    "character_set_client",
    "character_set_results",
    "character_set_connection",
    "collation_connection",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
];

/// How the session was before the first revision.
#[derive(Debug)]
pub(super) struct Session {
    /// Run between two revisions.
    between: Vec<String>,
    /// Run at the end.
    after: Vec<String>,
    /// Nothing holds from one transaction to the next.
    pooled: bool,
}

impl Session {
    /// Looks at the session, and prepares it.
    pub(super) async fn begin(
        connection: &mut Connection,
        dialect: &dyn Dialect,
        ledger: &Ledger<'_>,
        wait: std::time::Duration,
    ) -> Result<Self, ApplyError> {
        match connection.version().name {
            DialectName::Sqlite => {
                let before = pragma(connection, "busy_timeout").await?;
                let mut between = Vec::new();
                for name in SQLITE_PRAGMAS {
                    between.push(format!("PRAGMA {name} = {}", pragma(connection, name).await?));
                }
                connection.execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis())).await?;
                let mut after = between.clone();
                after.push(format!("PRAGMA busy_timeout = {before}"));
                Ok(Self { between, after, pooled: false })
            }
            DialectName::Postgres => {
                let reset: Vec<_> = POSTGRES_RESET.map(str::to_owned).into();
                Ok(Self { between: reset.clone(), after: reset, pooled: false })
            }
            DialectName::Mysql | DialectName::Mariadb => {
                let reset = mysql_reset(connection, dialect, ledger).await?;
                Ok(Self { between: reset.clone(), after: reset, pooled: false })
            }
        }
    }

    /// That each transaction has another session: what is set ends with it, and there is nothing to put back.
    pub(super) fn pool(&mut self) {
        self.pooled = true;
        self.after.clear();
    }

    pub(super) fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// As [`between`](Self::between), outside of a transaction.
    pub(super) fn outside(&self) -> &[String] {
        if self.pooled { &[] } else { &self.between }
    }

    /// What to run before the ledger is written: a role or a search path that a revision has set ends here.
    pub(super) fn between(&self) -> &[String] {
        &self.between
    }

    /// Puts everything back.
    pub(super) async fn end(self, connection: &mut Connection) -> Result<(), ApplyError> {
        for sql in &self.after {
            connection.execute(sql).await?;
        }
        Ok(())
    }
}

/// The number that an SQLite pragma has.
pub(super) async fn pragma(connection: &mut Connection, name: &str) -> Result<i64, ApplyError> {
    let rows = connection.query(&format!("PRAGMA {name}")).await?;
    let value = rows.first().and_then(|row| row.values().first().cloned().flatten());
    Ok(value.and_then(|value| value.parse().ok()).unwrap_or_default())
}

/// The variables, and the current database.
async fn mysql_reset(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    ledger: &Ledger<'_>,
) -> Result<Vec<String>, ApplyError> {
    let columns: Vec<String> =
        MYSQL_VARIABLES.iter().map(|name| format!("CAST(@@SESSION.{name} AS CHAR) AS {name}")).collect();
    let rows = connection.query(&format!("SELECT {}", columns.join(", "))).await?;
    let mut assignments = Vec::new();
    if let Some(row) = rows.first() {
        for name in MYSQL_VARIABLES {
            let value = match row.opt(name)? {
                None => "NULL".to_owned(),
                Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                    number.to_owned()
                }
                Some(text) => dialect.literal(text),
            };
            assignments.push(format!("SESSION {name} = {value}"));
        }
    }
    let mut reset = vec![format!("SET {}", assignments.join(", "))];
    reset.extend(ledger.namespace().map(|database| format!("USE {}", dialect.quote(database))));
    Ok(reset)
}
