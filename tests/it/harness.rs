//! Throwaway databases on real servers. A server that is not there is a failure, never a skipped test.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};

use rungs::db::{Connection, DatabaseUrl};
use rungs::dialect::{self, Dialect};

/// The engines that every behaviour is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    Mysql,
}

/// A fresh database, dropped at the end of the test.
#[derive(Debug)]
pub struct TestDb {
    pub engine: Engine,
    pub url: DatabaseUrl,
    text: String,
    folder: tempfile::TempDir,
}

/// Runs a scenario on a fresh database of an engine.
pub fn play<F, Fut>(engine: Engine, scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play_on(engine, &server_url(engine), scenario);
}

/// Runs a scenario on a fresh database of a server.
pub fn play_on<F, Fut>(engine: Engine, server: &str, scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let db = runtime.block_on(TestDb::create(engine, server));
    let url = db.url.clone();
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(scenario(db))));
    if engine != Engine::Sqlite {
        runtime.block_on(force_drop(engine, server, &url));
    }
    if let Err(panic) = played {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a scenario on two fresh databases of an engine.
pub fn play_two<F, Fut>(engine: Engine, scenario: F)
where
    F: FnOnce(TestDb, TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play(engine, |first| async move {
        let server = server_url(engine);
        let second = TestDb::create(engine, &server).await;
        let url = second.url.clone();
        let scenario = std::panic::AssertUnwindSafe(scenario(first, second));
        let played = futures_util::FutureExt::catch_unwind(scenario).await;
        if engine != Engine::Sqlite {
            force_drop(engine, &server, &url).await;
        }
        if let Err(panic) = played {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Runs a scenario on fresh databases of all engines at once: SQLite, PostgreSQL, MySQL.
pub fn on_all(scenario: impl FnOnce([&TestDb; 3])) {
    let engines = [Engine::Sqlite, Engine::Postgres, Engine::Mysql];
    let created = engines.map(|engine| runtime().block_on(TestDb::create(engine, &server_url(engine))));
    let played =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scenario([&created[0], &created[1], &created[2]])));
    for db in created.iter().filter(|db| db.engine != Engine::Sqlite) {
        runtime().block_on(force_drop(db.engine, &server_url(db.engine), &db.url));
    }
    if let Err(panic) = played {
        std::panic::resume_unwind(panic);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// One test for each engine: `on_every_engine!(name, |db| async move { ... });`
#[macro_export]
macro_rules! on_every_engine {
    ($name:ident, $scenario:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn sqlite() {
                $crate::harness::play($crate::harness::Engine::Sqlite, $scenario);
            }

            #[test]
            fn postgres() {
                $crate::harness::play($crate::harness::Engine::Postgres, $scenario);
            }

            #[test]
            fn mysql() {
                $crate::harness::play($crate::harness::Engine::Mysql, $scenario);
            }
        }
    };
}

impl TestDb {
    async fn create(engine: Engine, server_url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let text = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("test.db").display()),
            Engine::Postgres | Engine::Mysql => {
                let server = DatabaseUrl::parse(server_url).expect("the server's URL");
                let name = unique_name();
                let mut connection = Connection::open(&server).await.expect("the server answers");
                let sql = match engine {
                    Engine::Postgres => format!("CREATE DATABASE {name} TEMPLATE template0"),
                    _ => format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"),
                };
                connection.execute(&sql).await.expect("a fresh database");
                connection.close().await.expect("closed");
                with_database(server_url, &name)
            }
        };
        let url = DatabaseUrl::parse(&text).expect("a URL");
        if engine == Engine::Sqlite {
            Connection::open_or_create(&url).await.expect("a file").close().await.expect("closed");
        }
        Self { engine, url, text, folder }
    }

    /// The URL with everything in it, for the command line.
    pub fn url_text(&self) -> &str {
        &self.text
    }

    /// A folder that goes away with the test.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A new connection.
    pub async fn connect(&self) -> Connection {
        Connection::open(&self.url).await.expect("a connection")
    }

    /// Runs statements, one by one.
    pub async fn run(&self, statements: &[&str]) {
        let mut connection = self.connect().await;
        for sql in statements {
            connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}"));
        }
        connection.close().await.expect("closed");
    }

    /// The rows of a query, each value as text and NULL as `NULL`.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let mut connection = self.connect().await;
        let rows = connection.query(sql).await.unwrap_or_else(|error| panic!("{error}"));
        connection.close().await.expect("closed");
        rows.iter()
            .map(|row| row.values().iter().map(|value| value.clone().unwrap_or_else(|| "NULL".to_owned())).collect())
            .collect()
    }

    /// As [`run`](Self::run), outside of what is asynchronous.
    pub fn run_now(&self, statements: &[&str]) {
        runtime().block_on(self.run(statements));
    }

    /// As [`rows`](Self::rows), outside of what is asynchronous.
    pub fn rows_now(&self, sql: &str) -> Vec<Vec<String>> {
        runtime().block_on(self.rows(sql))
    }

    /// As [`introspect`](Self::introspect), outside of what is asynchronous.
    pub fn introspect_now(&self) -> rungs::schema::Schema {
        runtime().block_on(self.introspect())
    }

    /// What the live database holds, as nouns.
    pub async fn introspect(&self) -> rungs::schema::Schema {
        let mut connection = self.connect().await;
        let schema = dialect::introspect(&mut connection, &dialect::Scope::default_namespace()).await;
        connection.close().await.expect("closed");
        schema.unwrap_or_else(|error| panic!("{error}"))
    }

    /// All that is there, without the wording of what structs hold.
    pub async fn everything(&self) -> rungs::schema::Schema {
        let mut connection = self.connect().await;
        let mut schema = dialect::introspect(&mut connection, &dialect::Scope::Everything).await.expect("a schema");
        connection.close().await.expect("closed");
        for table in &mut schema.tables {
            table.verbatim = None;
            table.indexes.iter_mut().for_each(|index| index.verbatim = rungs::schema::Verbatim::default());
        }
        schema
    }

    /// The dialect of the server behind this database.
    pub async fn dialect(&self) -> Box<dyn Dialect> {
        let connection = self.connect().await;
        let dialect = dialect::for_version(connection.version()).expect("a dialect");
        connection.close().await.expect("closed");
        dialect
    }
}

/// The server that the tests of an engine share; nothing where there is none.
pub fn server_url(engine: Engine) -> String {
    if engine == Engine::Sqlite {
        return String::new();
    }
    let variable = if engine == Engine::Postgres { "RUNGS_TEST_POSTGRES_URL" } else { "RUNGS_TEST_MYSQL_URL" };
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the suite with scripts/test"))
}

fn with_database(server: &str, name: &str) -> String {
    let after_scheme = server.find("://").expect("a URL") + 3;
    let end = server[after_scheme..].find('/').map_or(server.len(), |at| after_scheme + at);
    format!("{}/{name}", &server[..end])
}

fn unique_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").subsec_nanos();
    format!("rungs_test_{}_{}_{nanos}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn force_drop(engine: Engine, server_url: &str, url: &DatabaseUrl) {
    let server = DatabaseUrl::parse(server_url).expect("the server's URL");
    let mut connection = Connection::open(&server).await.expect("the server answers");
    let name = url.database();
    let sql = match engine {
        Engine::Postgres => format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        _ => format!("DROP DATABASE IF EXISTS `{name}`"),
    };
    connection.execute(&sql).await.expect("the database goes");
    connection.close().await.expect("closed");
}
