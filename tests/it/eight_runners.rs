//! Eight runners at once on one database, again and again: each revision is applied once, and all of them succeed.

use std::time::Duration;

use futures_util::future::join_all;
use rungs::Migrator;
use rungs::apply::applied_ids;
use rungs::db::DatabaseUrl;
use rungs::revision::{Direction, History, Revision};

use crate::apply_support::file;
use crate::harness::{Engine, TestDb};
use crate::on_every_engine;

const RUNNERS: usize = 8;
const ROUNDS: usize = 50;

/// One table, one change of rows that shows how often it ran, one revision that is no transaction on any engine.
fn revisions(engine: Engine) -> Vec<Revision> {
    let alone = match engine {
        Engine::Postgres => "CREATE INDEX CONCURRENTLY ix_t ON t (n);",
        _ => "CREATE INDEX ix_t ON t (n);",
    };
    let drop = if engine == Engine::Mysql { "DROP INDEX ix_t ON t;" } else { "DROP INDEX ix_t;" };
    vec![
        file("a", "", "-- migrate:up\nCREATE TABLE t (n INT NOT NULL);\n-- migrate:down\nDROP TABLE t;\n"),
        file("b", "a", "-- migrate:up\nINSERT INTO t VALUES (1);\n-- migrate:down\nDELETE FROM t;\n"),
        file(
            "c",
            "b",
            &format!(
                "-- migrate:up transaction:false\n{alone}\nINSERT INTO t VALUES (2);\nUPDATE t SET n = n + 10;\n\
                 -- migrate:down transaction:false\nUPDATE t SET n = n - 10;\nDELETE FROM t WHERE n = 2;\n{drop}\n"
            ),
        ),
    ]
}

async fn run(migrator: Migrator, url: DatabaseUrl, direction: Direction, target: &str) -> Result<usize, String> {
    let outcome = match direction {
        Direction::Up => migrator.upgrade(&url, target).await,
        Direction::Down => migrator.downgrade(&url, target).await,
    };
    outcome.map(|report| report.steps.len()).map_err(|error| error.to_string())
}

async fn applied(db: &TestDb) -> Vec<String> {
    let mut connection = db.connect().await;
    let dialect = rungs::dialect::for_version(connection.version()).unwrap();
    let rows = rungs::apply::applied(&mut connection, &*dialect).await.unwrap();
    connection.close().await.unwrap();
    applied_ids(&rows).into_iter().collect()
}

on_every_engine!(each_revision_is_applied_once_and_everyone_succeeds, |db| async move {
    let history = History::new(revisions(db.engine)).unwrap();
    let migrator = Migrator::of_history(history).lock_wait(Duration::from_secs(60));
    let url = DatabaseUrl::parse(db.url_text()).unwrap();
    for round in 0..ROUNDS {
        let runs = (0..RUNNERS).map(|_| tokio::spawn(run(migrator.clone(), url.clone(), Direction::Up, "heads")));
        let mut steps = 0;
        for outcome in join_all(runs).await {
            steps += outcome.unwrap().unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        assert_eq!(steps, 3, "round {round}");
        assert_eq!(applied(&db).await, ["a", "b", "c"], "round {round}");
        assert_eq!(db.rows("SELECT n FROM t ORDER BY n").await, [["11"], ["12"]], "round {round}");
        assert_eq!(run(migrator.clone(), url.clone(), Direction::Down, "base").await, Ok(3), "round {round}");
    }
});
