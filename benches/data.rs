//! What batches and loads cost on PostgreSQL.
//!
//! `RUNGS_TEST_POSTGRES_URL=postgres://... cargo bench --bench data` prints a line for each case, and fails when a bound is
//! broken: a backfill of 10,000,000 rows takes no more memory than one of 100,000, and a CSV of 1,000,000 rows loads in 1.5
//! times the time of psql's `\copy`. It needs psql, and 3 GB on the server. `-- load` or `-- batch` measures a part; the
//! variable `RUNGS_BENCH_ROWS` sets another number of rows for the batch.

#![allow(clippy::print_stdout, clippy::expect_used, missing_docs, reason = "a program, and one that may stop")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use rungs::apply::{self, Options};
use rungs::db::{Connection, DatabaseUrl};
use rungs::revision::{Direction, History, Revision, Step};

/// How much more memory ten million rows may take than a hundred thousand, in KB.
const MOST_GROWTH: u64 = 4_096;
const MOST_TIMES: f64 = 1.5;

fn main() -> ExitCode {
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let server = std::env::var("RUNGS_TEST_POSTGRES_URL").expect("RUNGS_TEST_POSTGRES_URL");
    let name = format!("rungs_bench_{}", std::process::id());
    let (before, _) = server.rsplit_once('/').expect("a URL with a database");
    let url = format!("{before}/{name}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let is_fine = runtime.block_on(async {
        run_on(&server, &[&format!("CREATE DATABASE {name}")]).await;
        let mut is_fine = true;
        if "batch".contains(&wanted) {
            is_fine &= batch(&url).await;
        }
        if "load".contains(&wanted) {
            is_fine &= load(&url).await;
        }
        run_on(&server, &[&format!("DROP DATABASE {name} WITH (FORCE)")]).await;
        is_fine
    });
    if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run_on(url: &str, statements: &[&str]) {
    let url = DatabaseUrl::parse(url).expect("a URL");
    let mut connection = Connection::open(&url).await.expect("a connection");
    for sql in statements {
        connection.execute(sql).await.expect("it runs");
    }
    connection.close().await.expect("closed");
}

/// Applies one revision, and tells how long that took.
async fn upgrade(url: &str, path: &Path, up: &str) -> Duration {
    let text =
        format!("-- One\n--\n-- revision = \"r\"\n-- down_revision = []\n\n-- migrate:up {up}\n\n-- migrate:down\n");
    let history = History::new(vec![Revision::parse(path, &text).expect("a revision")]).expect("a history");
    let url = DatabaseUrl::parse(url).expect("a URL");
    let mut connection = Connection::open(&url).await.expect("a connection");
    let dialect = rungs::dialect::for_version(connection.version()).expect("a dialect");
    let steps = [Step { revision: history.find("r").expect("it is there"), direction: Direction::Up }];
    let begin = Instant::now();
    let options = Options::default();
    let ran = apply::run(&mut connection, &*dialect, &steps, &options, &mut |_| {}).await;
    ran.expect("it runs");
    let took = begin.elapsed();
    connection.close().await.expect("closed");
    took
}

/// The most memory that the process has had, in KB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

async fn batch(url: &str) -> bool {
    let rows: u64 = std::env::var("RUNGS_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(10_000_000);
    let mut memory = Vec::new();
    for rows in [100_000, rows] {
        run_on(
            url,
            &[
                "DROP TABLE IF EXISTS t, rungs_ledger, rungs_log",
                "CREATE TABLE t (id int NOT NULL, x int)",
                &format!("INSERT INTO t SELECT n FROM generate_series(1, {rows}) AS n"),
                "CREATE INDEX todo ON t (id) WHERE x IS NULL",
                "ANALYZE t",
            ],
        )
        .await;
        let up = "transaction:false\n-- migrate:batch\nUPDATE t SET x = id WHERE id IN (SELECT id FROM t WHERE x IS NULL LIMIT \
                  20000) AND x IS NULL;";
        let took = upgrade(url, Path::new("r.sql"), up).await;
        memory.push(most_memory());
        println!("       batch: {rows} rows in {:.1} s, VmHWM {} KB", took.as_secs_f64(), most_memory());
    }
    let growth = memory[1] - memory[0];
    let is_fine = growth <= MOST_GROWTH;
    println!("{:<6} batch: memory grew by {growth} KB (at most {MOST_GROWTH})", if is_fine { "ok" } else { "BROKEN" });
    is_fine
}

async fn load(url: &str) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cities.csv");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a file"));
    writeln!(file, "id,name,country,people,founded").expect("written");
    for id in 1..=1_000_000 {
        writeln!(file, "{id},\"City, {id}\",AT,{},2026-11-{:02}", id * 7, id % 28 + 1).expect("written");
    }
    file.into_inner().expect("written");
    let fresh = [
        "DROP TABLE IF EXISTS cities, rungs_ledger, rungs_log",
        "CREATE TABLE cities (id int PRIMARY KEY, name text NOT NULL, country varchar(2), people bigint, founded date)",
        "CHECKPOINT",
    ];
    let (mut copied, mut loaded, mut beside) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        run_on(url, &fresh).await;
        let begin = Instant::now();
        let copy = format!("\\copy cities FROM '{}' (FORMAT csv, HEADER)", path.display());
        let psql = Command::new("psql").args(["-X", "-q", "-d", url, "-c", &copy]).status().expect("psql is there");
        assert!(psql.success(), "\\copy works");
        copied = copied.min(begin.elapsed());
        let marker = "\n-- migrate:load file:cities.csv table:cities key:id mode:insert";
        run_on(url, &fresh).await;
        loaded = loaded.min(upgrade(url, &folder.path().join("r.sql"), marker).await);
        run_on(url, &fresh).await;
        run_on(url, &["INSERT INTO cities VALUES (0, 'There', 'AT', 0, NULL)"]).await;
        beside = beside.min(upgrade(url, &folder.path().join("r.sql"), marker).await);
    }
    let times = loaded.as_secs_f64() / copied.as_secs_f64();
    let is_fine = times <= MOST_TIMES;
    println!(
        "{:<6} load: 1000000 rows in {:.2} s, \\copy {:.2} s: {times:.2} times (at most {MOST_TIMES}); into a table with rows {:.2} s; \
         VmHWM {} KB",
        if is_fine { "ok" } else { "BROKEN" },
        loaded.as_secs_f64(),
        copied.as_secs_f64(),
        beside.as_secs_f64(),
        most_memory()
    );
    is_fine
}
