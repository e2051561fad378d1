use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use rungs_schema::DialectName;
use sqlx::{AssertSqlSafe, Column as _, ConnectOptions, Either, Row as _};

use super::error::{reason_of, session_error, statement_error};
use super::held::Held;
use super::{DatabaseUrl, Row, Rows};
use crate::error::DbError;

/// For how long a statement waits while another program has the SQLite file locked.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// What every session on MySQL and MariaDB begins with. Revision files and the statements we render quote names with `
/// and escape with \, whatever the server's default. And no statement may cut a value to make it fit: where a server is
/// not strict, ALTER TABLE shortens texts, turns NULL into '' and bounds numbers with no more than a warning. A file that
/// wants this sets sql_mode itself.
pub(crate) const MYSQL_SESSION: &str = "SET SESSION sql_mode = CONCAT(\
     REPLACE(REPLACE(@@SESSION.sql_mode, 'ANSI_QUOTES', ''), 'NO_BACKSLASH_ESCAPES', ''), \
     IF(@@SESSION.sql_mode LIKE '%STRICT%', '', ',STRICT_TRANS_TABLES'))";

/// An open connection to one database.
#[derive(Debug)]
pub struct Connection {
    pub(super) driver: Driver,
    version: ServerVersion,
    /// Where another connection to the same server leads.
    pub(super) url: DatabaseUrl,
    /// For how long a statement may run, where the server does not keep to it by itself.
    pub(super) statement_limit: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum Driver {
    #[cfg(feature = "sqlite")]
    Sqlite(Held<sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(Held<sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    Mysql(Held<sqlx::MySql>),
}

/// Which server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerVersion {
    /// The engine; MySQL and MariaDB are told apart here, whatever the URL says.
    pub name: DialectName,
    /// Major, minor, patch; what the server does not say is 0.
    pub number: (u32, u32, u32),
}

/// Runs a block on whichever driver is behind the connection.
macro_rules! on_driver {
    ($self:ident, $connection:ident => $body:expr) => {
        match &mut $self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite($connection) => {
                let $connection = &mut **$connection;
                $body
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres($connection) => {
                let $connection = &mut **$connection;
                $body
            }
            #[cfg(feature = "mysql")]
            Driver::Mysql($connection) => {
                let $connection = &mut **$connection;
                $body
            }
        }
    };
}

impl Connection {
    /// Connects to a database that is there. An SQLite file is not created.
    ///
    /// # Errors
    /// When nobody answers, the password is wrong, or there is no such database.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        Self::connect(url, false, LOCK_WAIT).await
    }

    /// As [`open`](Self::open) or, with `create`, [`open_or_create`](Self::open_or_create), with a time for which each
    /// statement waits while another program has the SQLite file locked. What servers wait for is theirs to say.
    ///
    /// # Errors
    /// As these two.
    pub async fn open_within(url: &DatabaseUrl, create: bool, wait: Duration) -> Result<Self, DbError> {
        if create {
            create_folder(url)?;
        }
        Self::connect(url, create, wait).await
    }

    /// As [`open`](Self::open), but an SQLite file that is missing is created, with the folders above it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the file or folder cannot be written.
    pub async fn open_or_create(url: &DatabaseUrl) -> Result<Self, DbError> {
        create_folder(url)?;
        Self::connect(url, true, LOCK_WAIT).await
    }

    #[cfg_attr(
        not(feature = "sqlite"),
        allow(unused_variables, reason = "only SQLite creates files and waits for them")
    )]
    async fn connect(url: &DatabaseUrl, create: bool, wait: Duration) -> Result<Self, DbError> {
        if !create && url.sqlite_path().is_some_and(|path| !path.exists()) {
            return Err(DbError::Missing { url: url.to_string() });
        }
        let driver = match url.dialect_name() {
            #[cfg(feature = "sqlite")]
            DialectName::Sqlite => {
                Driver::Sqlite(Held::open(url, &sqlite_options(url, create)?.busy_timeout(wait)).await?)
            }
            #[cfg(feature = "postgres")]
            DialectName::Postgres => Driver::Postgres(held_postgres(url, parse_options(url)?).await?),
            #[cfg(feature = "mysql")]
            DialectName::Mysql | DialectName::Mariadb => {
                Driver::Mysql(Held::open(url, &mysql_options(parse_options(url)?)).await?)
            }
            #[allow(unreachable_patterns, reason = "which engines are left depends on the Cargo features")]
            other => return Err(DbError::Engine { engine: other.to_string(), feature: other.word() }),
        };
        Self::begin(driver, url.clone()).await
    }

    async fn begin(driver: Driver, url: DatabaseUrl) -> Result<Self, DbError> {
        let version = ServerVersion { name: url.dialect_name(), number: (0, 0, 0) };
        let mut connection = Self { driver, version, url, statement_limit: None };
        let prepared = connection.prepare_session().await;
        prepared.map_err(|error| session_error(&connection.url, error))?;
        Ok(connection)
    }

    #[cfg(feature = "sqlite")]
    pub(super) async fn lent_by_sqlite(pool: &sqlx::SqlitePool) -> Result<Self, DbError> {
        let url = DatabaseUrl::of_file(pool.connect_options().get_filename());
        Self::begin(Driver::Sqlite(Held::lent(&url, pool).await?), url).await
    }

    #[cfg(feature = "postgres")]
    pub(super) async fn open_postgres(options: sqlx::postgres::PgConnectOptions) -> Result<Self, DbError> {
        let url = url_of(&options)?;
        Self::begin(Driver::Postgres(held_postgres(&url, options).await?), url).await
    }

    #[cfg(feature = "mysql")]
    pub(super) async fn open_mysql(options: sqlx::mysql::MySqlConnectOptions) -> Result<Self, DbError> {
        let url = url_of(&options)?;
        Self::begin(Driver::Mysql(Held::open(&url, &mysql_options(options)).await?), url).await
    }

    /// Asks for the version and sets what a session needs so that the same SQL means the same everywhere.
    async fn prepare_session(&mut self) -> Result<(), DbError> {
        let query = match self.version.name {
            DialectName::Sqlite => "SELECT sqlite_version() AS version",
            DialectName::Postgres => "SELECT current_setting('server_version') AS version",
            DialectName::Mysql | DialectName::Mariadb => "SELECT version() AS version",
        };
        let rows = self.query(query).await?;
        let text = rows.first().map(|row| row.text("version")).transpose()?.unwrap_or_default().to_owned();
        self.version = ServerVersion::parse(self.version.name, &text);
        if matches!(self.version.name, DialectName::Mysql | DialectName::Mariadb) {
            self.execute(MYSQL_SESSION).await?;
        }
        Ok(())
    }

    /// A new connection to where this one leads.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) async fn another(&self) -> Result<Self, DbError> {
        Box::pin(Self::open(&self.url)).await
    }

    /// Which server answers.
    pub fn version(&self) -> &ServerVersion {
        &self.version
    }

    /// Sends one statement and returns how many rows it touched.
    ///
    /// # Errors
    /// When the server rejects it or the connection breaks.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, DbError> {
        #[cfg(feature = "fault-points")]
        super::fault::point(sql).await;
        match self.statement_limit {
            Some(limit) => Box::pin(self.send_within(sql, limit)).await,
            None => self.send(sql).await,
        }
    }

    pub(super) async fn send(&mut self, sql: &str) -> Result<u64, DbError> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        on_driver!(self, connection => query.execute(connection).await.map(|done| done.rows_affected()))
            .map_err(|error| statement_error(sql, error))
    }

    /// Sends one statement and returns its rows.
    ///
    /// # Errors
    /// When the server rejects it or the connection breaks.
    pub async fn query(&mut self, sql: &str) -> Result<Rows, DbError> {
        Ok(self.query_many(sql).await?.into_iter().flatten().collect())
    }

    /// Sends statements in one message and returns the rows of each, which saves a round trip for each. For reading
    /// only: on PostgreSQL the whole message is one implicit transaction.
    ///
    /// # Errors
    /// When the server rejects one or the connection breaks.
    pub async fn query_many(&mut self, sql: &str) -> Result<Vec<Rows>, DbError> {
        let query = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        on_driver!(self, connection => {
            let mut results = query.fetch_many(connection);
            let (mut all, mut rows, mut columns) = (Vec::new(), Vec::new(), None::<Arc<[String]>>);
            while let Some(item) = results.try_next().await.map_err(|error| statement_error(sql, error))? {
                match item {
                    Either::Left(_) => {
                        all.push(std::mem::take(&mut rows));
                        columns = None;
                    }
                    Either::Right(row) => {
                        let columns = columns.get_or_insert_with(|| row.columns().iter().map(|column| column.name().to_owned()).collect());
                        let values = (0..columns.len())
                            .map(|index| row.try_get_unchecked::<Option<String>, _>(index))
                            .collect::<Result<Vec<_>, _>>()
                            .map_err(|error| statement_error(sql, error))?;
                        rows.push(Row { columns: Arc::clone(columns), values });
                    }
                }
            }
            if !rows.is_empty() {
                all.push(rows);
            }
            Ok(all)
        })
    }

    /// sqlx's own connection, where the database is SQLite.
    #[cfg(feature = "sqlite")]
    #[allow(irrefutable_let_patterns, reason = "with one engine alone there is no other")]
    pub fn sqlite(&mut self) -> Option<&mut sqlx::SqliteConnection> {
        if let Driver::Sqlite(connection) = &mut self.driver { Some(connection) } else { None }
    }

    /// sqlx's own connection, where the database is PostgreSQL.
    #[cfg(feature = "postgres")]
    #[allow(irrefutable_let_patterns, reason = "with one engine alone there is no other")]
    pub fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        if let Driver::Postgres(connection) = &mut self.driver { Some(connection) } else { None }
    }

    /// sqlx's own connection, where the database is MySQL or MariaDB.
    #[cfg(feature = "mysql")]
    #[allow(irrefutable_let_patterns, reason = "with one engine alone there is no other")]
    pub fn mysql(&mut self) -> Option<&mut sqlx::MySqlConnection> {
        if let Driver::Mysql(connection) = &mut self.driver { Some(connection) } else { None }
    }

    /// Closes the connection in an orderly way.
    ///
    /// # Errors
    /// When the server is gone already.
    pub async fn close(self) -> Result<(), DbError> {
        let closed = match self.driver {
            #[cfg(feature = "sqlite")]
            Driver::Sqlite(connection) => connection.close().await,
            #[cfg(feature = "postgres")]
            Driver::Postgres(connection) => connection.close().await,
            #[cfg(feature = "mysql")]
            Driver::Mysql(connection) => connection.close().await,
        };
        closed.map_err(|error| DbError::Lost { reason: error.to_string() })
    }
}

fn create_folder(url: &DatabaseUrl) -> Result<(), DbError> {
    let Some(folder) = url.sqlite_path().and_then(|path| path.parent()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| DbError::Connect {
        url: url.to_string(),
        reason: format!("cannot create the folder {}: {error}", folder.display()),
        help: "check who may write there".to_owned(),
    })
}

#[cfg(feature = "sqlite")]
fn sqlite_options(url: &DatabaseUrl, create: bool) -> Result<sqlx::sqlite::SqliteConnectOptions, DbError> {
    let options: sqlx::sqlite::SqliteConnectOptions = parse_options(url)?;
    Ok(match url.sqlite_path() {
        Some(path) => options.filename(path).create_if_missing(create),
        None => options,
    })
}

/// A proxy that pools transactions may refuse what a session is asked to begin with: what it cannot keep for us
/// (<https://www.pgbouncer.org/config.html#ignore_startup_parameters>).
#[cfg(feature = "postgres")]
async fn held_postgres(
    url: &DatabaseUrl,
    options: sqlx::postgres::PgConnectOptions,
) -> Result<Held<sqlx::Postgres>, DbError> {
    let plain = options.clone().application_name("rungs").extra_float_digits(None).disable_statement_logging();
    match Held::open(url, &postgres_options(options)).await {
        Err(DbError::Connect { reason, .. }) if reason.contains("startup parameter") => Held::open(url, &plain).await,
        other => other,
    }
}

#[cfg(feature = "postgres")]
fn postgres_options(options: sqlx::postgres::PgConnectOptions) -> sqlx::postgres::PgConnectOptions {
    // Notices such as «identifier will be truncated» are no errors; what matters we check ourselves.
    options
        .application_name("rungs")
        .options([("client_min_messages", "warning"), ("standard_conforming_strings", "on")])
        .disable_statement_logging()
}

#[cfg(feature = "mysql")]
fn mysql_options(options: sqlx::mysql::MySqlConnectOptions) -> sqlx::mysql::MySqlConnectOptions {
    // The driver would make || mean concatenation and set a time zone, which changes what a user's file does.
    options.pipes_as_concat(false).no_engine_substitution(false).timezone(None).disable_statement_logging()
}

/// What messages call the database of a pool, and where another connection leads.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn url_of<O: ConnectOptions>(options: &O) -> Result<DatabaseUrl, DbError> {
    DatabaseUrl::parse(options.to_url_lossy().as_str())
}

fn parse_options<O: std::str::FromStr<Err = sqlx::Error> + ConnectOptions>(url: &DatabaseUrl) -> Result<O, DbError> {
    let options: O = url
        .driver_url()
        .parse()
        .map_err(|error: sqlx::Error| DbError::Url { url: url.to_string(), reason: reason_of(&error) })?;
    Ok(options.disable_statement_logging())
}

impl ServerVersion {
    /// Reads `3.51.3`, `17.2 (Debian 17.2-1)`, `8.0.36-log`, `5.5.5-10.11.6-MariaDB-1`.
    fn parse(name: DialectName, text: &str) -> Self {
        let mariadb = text.contains("MariaDB");
        let name = match name {
            DialectName::Mysql | DialectName::Mariadb if mariadb => DialectName::Mariadb,
            DialectName::Mysql | DialectName::Mariadb => DialectName::Mysql,
            other => other,
        };
        // Old MariaDB servers put a compatibility prefix before their own version.
        let text = text.strip_prefix("5.5.5-").filter(|_| mariadb).unwrap_or(text);
        let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Self { name, number: (next(), next(), next()) }
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.number.0
    }

    /// Whether it is at least this version.
    pub fn at_least(&self, major: u32, minor: u32, patch: u32) -> bool {
        self.number >= (major, minor, patch)
    }
}

impl std::fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor, patch) = self.number;
        match self.name {
            DialectName::Postgres => write!(f, "{} {major}.{minor}", self.name),
            name => write!(f, "{name} {major}.{minor}.{patch}"),
        }
    }
}
