//! The kill matrix: a run is stopped before each statement that it sends, and killed there, or cut off from the server. The
//! next run goes on, and leaves what an undisturbed one leaves: the schema, every row, the ledger and its log.
//!
//! `RUNGS_TEST_KILLS=all` takes every point on the servers too; otherwise a part of them, a different one on each run. On
//! SQLite it is always every point.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::command::Project;
use crate::harness::{Engine, TestDb, play_on, server_url};
use crate::kill_history::{project, state};
use crate::kill_server::Server;
use crate::kill_support::{cut, points, stop_at};

/// How many points of an engine are tried at once: a run mostly waits for its server.
const AT_ONCE: usize = 6;

/// What happens to the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Kill,
    Cut,
}

/// Plays a scenario with fresh databases of an engine.
fn fresh<T: Send>(engine: Engine, scenario: impl FnOnce(&TestDb) -> T + Send) -> T {
    fresh_on(engine, &server_url(engine), scenario)
}

fn fresh_on<T: Send>(engine: Engine, server: &str, scenario: impl FnOnce(&TestDb) -> T + Send) -> T {
    let value = std::sync::Mutex::new(None);
    let place = &value;
    play_on(engine, server, |db| async move {
        // What is asynchronous in here begins runtimes of its own.
        *place.lock().expect("one thread") = std::thread::scope(|scope| scope.spawn(|| scenario(&db)).join().ok());
    });
    value.into_inner().expect("one thread").unwrap_or_else(|| panic!("see above"))
}

/// The statements that an undisturbed run sends, and what it leaves.
fn undisturbed(engine: Engine, before: &[&str], line: &str) -> (Vec<String>, String) {
    fresh(engine, |db| {
        let project = project(db);
        before.iter().for_each(|line| drop(project.run(line).ok()));
        (points(&project, line), state(db))
    })
}

/// Ends a run at a point, and demands that the next one brings it to its end.
fn end_at(engine: Engine, before: &[&str], line: &str, end: End, point: usize, expected: &str) {
    fresh(engine, |db| {
        let project = project(db);
        before.iter().for_each(|line| drop(project.run(line).ok()));
        let at = match stop_at(&project, line, &point.to_string()) {
            Ok(stopped) => {
                let at = stopped.statement();
                match end {
                    End::Kill => stopped.kill(),
                    End::Cut => {
                        block_on(cut(db));
                        let ran = stopped.go();
                        // Behind the last mark there is nothing left to fail.
                        assert!([0, 2].contains(&ran.code), "at {point} ({at}): {}", ran.stderr);
                    }
                }
                at
            }
            Err(ran) => panic!("migrate {line} does not come to point {point}: {}", ran.stderr),
        };
        let ran = project.run(line);
        // Where the run was at its end already, there is nothing left to revert.
        let is_done = ran.stderr.contains("reverts nothing");
        assert!(ran.code == 0 || is_done, "at {point} ({at}): {}", ran.stderr);
        assert_eq!(state(db), expected, "at {point} ({at})\n{}", ran.stderr);
    });
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future);
}

/// The points that are taken: every one, or each so many.
fn sample(count: usize, stride: usize) -> Vec<usize> {
    let all = std::env::var("RUNGS_TEST_KILLS").is_ok_and(|value| value == "all");
    let stride = if all { 1 } else { stride };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
    let shift = usize::try_from(now).unwrap_or_default() % stride;
    (1..=count).filter(|point| point % stride == shift).collect()
}

fn matrix(engine: Engine, end: End, stride: usize, before: &[&str], line: &str) {
    let (points, expected) = undisturbed(engine, before, line);
    let taken = sample(points.len(), stride);
    let word = if end == End::Kill { "killed" } else { "cut off" };
    eprintln!("kill matrix: {engine:?}, `{line}`: {word} at {} of {} points", taken.len(), points.len());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(point) = taken.get(next.fetch_add(1, Ordering::Relaxed)) {
                    end_at(engine, before, line, end, *point, &expected);
                }
            });
        }
    });
}

fn up(engine: Engine, end: End, stride: usize) {
    matrix(engine, end, stride, &[], "upgrade heads");
}

fn back(engine: Engine, stride: usize) {
    matrix(engine, End::Kill, stride, &["upgrade heads"], "downgrade base");
}

/// A run that is killed at its n-th statement, and the next one too, and so on: going on is not safer than beginning.
fn again_and_again(engine: Engine, every: usize) {
    let (points, expected) = undisturbed(engine, &[], "upgrade heads");
    fresh(engine, |db| {
        let project = project(db);
        let mut runs = 0;
        while kill_once(&project, every) {
            runs += 1;
            assert!(runs <= points.len(), "it comes to no end");
        }
        assert!(runs > 3, "{runs} runs were killed");
        assert_eq!(state(db), expected, "after {runs} runs that were killed");
    });
}

/// The server itself is killed while a run waits at a point, and started again.
fn server_killed(engine: Engine, stride: usize) {
    let mut server = Server::start(engine);
    let url = server.url();
    let (points, expected) = fresh_on(engine, &url, |db| {
        let project = project(db);
        (points(&project, "upgrade heads"), state(db))
    });
    let taken = sample(points.len(), stride);
    eprintln!("kill matrix: {engine:?}, `upgrade heads`: server killed at {} of {} points", taken.len(), points.len());
    for point in taken {
        let server = &mut server;
        fresh_on(engine, &url, |db| {
            let project = project(db);
            let stopped = stop_at(&project, "upgrade heads", &point.to_string());
            let stopped = stopped.unwrap_or_else(|ran| panic!("it does not come to point {point}: {}", ran.stderr));
            let at = stopped.statement();
            server.kill_and_start();
            let ran = stopped.go();
            assert!([0, 2].contains(&ran.code), "at {point} ({at}): {}", ran.stderr);
            let ran = project.run("upgrade heads");
            assert_eq!(ran.code, 0, "at {point} ({at}): {}", ran.stderr);
            assert_eq!(state(db), expected, "at {point} ({at})\n{}", ran.stderr);
        });
    }
}

fn kill_once(project: &Project, at: usize) -> bool {
    match stop_at(project, "upgrade heads", &at.to_string()) {
        Ok(stopped) => {
            stopped.kill();
            true
        }
        Err(ran) => {
            ran.ok();
            false
        }
    }
}

#[test]
fn sqlite_killed() {
    up(Engine::Sqlite, End::Kill, 1);
}

#[test]
fn postgres_killed() {
    up(Engine::Postgres, End::Kill, 7);
}

#[test]
fn mysql_killed() {
    up(Engine::Mysql, End::Kill, 7);
}

#[test]
fn postgres_server_killed() {
    server_killed(Engine::Postgres, 13);
}

#[test]
fn mysql_server_killed() {
    server_killed(Engine::Mysql, 13);
}

#[test]
fn postgres_cut_off() {
    up(Engine::Postgres, End::Cut, 17);
}

#[test]
fn mysql_cut_off() {
    up(Engine::Mysql, End::Cut, 17);
}

#[test]
fn sqlite_killed_on_the_way_back() {
    back(Engine::Sqlite, 5);
}

#[test]
fn postgres_killed_on_the_way_back() {
    back(Engine::Postgres, 29);
}

#[test]
fn mysql_killed_on_the_way_back() {
    back(Engine::Mysql, 29);
}

#[test]
fn sqlite_killed_again_and_again() {
    again_and_again(Engine::Sqlite, 19);
}

#[test]
fn postgres_killed_again_and_again() {
    again_and_again(Engine::Postgres, 24);
}

#[test]
fn mysql_killed_again_and_again() {
    again_and_again(Engine::Mysql, 17);
}
