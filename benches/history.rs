//! How long it takes to load a history and to find a way through it, and whether that grows linearly.
//!
//! `cargo bench --bench history` prints a line for each case, and fails when a bound is broken: 100,000 revisions on 1,000
//! branches load from memory and route `heads` in 0.5 s; 10,000 files are read, checked and routed in 1 s.

#![allow(clippy::print_stdout, clippy::expect_used, missing_docs, reason = "a program, and one that may stop")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rungs::revision::{History, Revision, Target};

/// What is measured, at the full size, at a half and at a quarter of it.
struct Case {
    name: &'static str,
    size: usize,
    most: Duration,
    run: fn(usize) -> Duration,
}

const HALF: Duration = Duration::from_millis(500);
const CASES: [Case; 12] = [
    Case { name: "memory, 1,000 branches", size: 100_000, most: HALF, run: branches },
    Case { name: "memory, one line", size: 100_000, most: HALF, run: line },
    Case { name: "memory, one line with a label on each revision", size: 100_000, most: HALF, run: labelled },
    Case { name: "memory, lines that part and meet again and again", size: 100_000, most: HALF, run: ladder },
    Case { name: "memory, 1,000 labelled lines that become one", size: 100_000, most: HALF, run: merged },
    Case { name: "memory, 1,000 labelled lines, joined one by one", size: 100_000, most: HALF, run: joined },
    Case { name: "memory, 1,000 labels that meet 1,000 over and over", size: 100_000, most: HALF, run: crossed },
    Case { name: "memory, a revision that depends on 10,000", size: 10_000, most: HALF, run: fan },
    Case { name: "memory, downgrade of 1,000 branches", size: 100_000, most: HALF, run: down },
    Case { name: "memory, downgrade of one of 1,000 branches", size: 100_000, most: HALF, run: down_one },
    Case { name: "memory, a circle of all", size: 100_000, most: HALF, run: circle },
    Case { name: "files", size: 10_000, most: Duration::from_secs(1), run: files },
];

/// A whole takes at most so many times as long as a quarter of it: what grows with the square takes 16 times as long, and
/// what grows linearly 4 times, and a bit more because less of it is in the caches.
const MOST_GROWTH: f64 = 10.0;

fn main() -> ExitCode {
    let mut broken = 0;
    // A name, or the beginning of one, measures a part. Cargo adds a flag.
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.contains(&wanted));
    for Case { name, size, most, run } in cases {
        let [quarter, half, whole] = [size / 4, size / 2, *size].map(|size| best(*run, size).as_secs_f64());
        let is_fine = whole <= most.as_secs_f64() && whole / quarter <= MOST_GROWTH;
        broken += usize::from(!is_fine);
        println!(
            "{:<6} {name}: {size} in {:.0} ms (at most {} ms), {:.1} times the time of a half, {:.1} times that of a quarter",
            if is_fine { "ok" } else { "BROKEN" },
            whole * 1e3,
            most.as_millis(),
            whole / half,
            whole / quarter,
        );
    }
    println!("{broken} broken");
    if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The best of five, which says most of what the work costs and least of what else goes on here.
fn best(run: fn(usize) -> Duration, size: usize) -> Duration {
    (0..5).map(|_| run(size)).min().unwrap_or_default()
}

fn revision(id: String, parents: Vec<String>) -> Revision {
    Revision { down_revision: parents, ..Revision::new(id, "m") }
}

/// Loads the revisions and routes all heads; making them is not measured.
fn load(revisions: Vec<Revision>) -> (History, Duration) {
    let count = revisions.len();
    let begin = Instant::now();
    let history = History::new(revisions).expect("a history");
    let steps = history.upgrade_route(&BTreeSet::new(), &Target::heads()).expect("a route").len();
    let duration = begin.elapsed();
    assert_eq!(steps, count);
    (history, duration)
}

fn lines(size: usize, branches: usize) -> Vec<Revision> {
    let mut revisions = Vec::with_capacity(size);
    for branch in 0..branches {
        for step in 0..size / branches {
            let parent = (step > 0).then(|| format!("r{branch:04}x{:06}", step - 1));
            let mut one = revision(format!("r{branch:04}x{step:06}"), parent.into_iter().collect());
            if step == 0 {
                one.branch_labels.push(format!("l{branch}"));
            }
            revisions.push(one);
        }
    }
    revisions
}

fn branches(size: usize) -> Duration {
    load(lines(size, size / 100)).1
}

fn line(size: usize) -> Duration {
    load(lines(size, 1)).1
}

fn down(size: usize) -> Duration {
    let (history, _) = load(lines(size, size / 100));
    let applied: BTreeSet<String> = history.revisions().iter().map(|one| one.id.clone()).collect();
    let begin = Instant::now();
    let steps = history.downgrade_route(&applied, &Target::base()).expect("a route").len();
    assert_eq!(steps, history.revisions().len());
    begin.elapsed()
}

/// A walk along every way through would never end.
fn ladder(size: usize) -> Duration {
    let mut revisions = vec![revision("m0".to_owned(), Vec::new())];
    for step in 1..=(size - 1) / 3 {
        let before = format!("m{}", step - 1);
        let (left, right) = (format!("l{step}"), format!("r{step}"));
        revisions.push(revision(left.clone(), vec![before.clone()]));
        revisions.push(revision(right.clone(), vec![before]));
        revisions.push(revision(format!("m{step}"), vec![left, right]));
    }
    load(revisions).1
}

fn merged(size: usize) -> Duration {
    const LINES: usize = 1_000;
    let mut revisions = lines(LINES, LINES);
    let parents = revisions.iter().map(|one| one.id.clone()).collect();
    revisions.push(revision("m000000".to_owned(), parents));
    for step in 1..size - LINES {
        revisions.push(revision(format!("m{step:06}"), vec![format!("m{:06}", step - 1)]));
    }
    load(revisions).1
}

/// Every revision is as much a release as the others.
fn labelled(size: usize) -> Duration {
    let mut revisions = lines(size, 1);
    for (number, one) in revisions.iter_mut().enumerate() {
        one.branch_labels = vec![format!("v{number}")];
    }
    load(revisions).1
}

/// Merges of two at a time, so that each has one label more than the one before it.
fn joined(size: usize) -> Duration {
    const LINES: usize = 1_000;
    let mut revisions = lines(size - LINES + 1, LINES.min(size / 10));
    let heads: Vec<String> = heads(&revisions);
    let mut last = heads[0].clone();
    for (number, head) in heads.iter().enumerate().skip(1) {
        let id = format!("m{number:06}");
        revisions.push(revision(id.clone(), vec![std::mem::replace(&mut last, id), head.clone()]));
    }
    load(revisions).1
}

/// Two lines with 1,000 labels each, which all the others are merges of.
fn crossed(size: usize) -> Duration {
    const LABELS: usize = 1_000;
    let mut revisions = Vec::with_capacity(size);
    for side in ["a", "b"] {
        let mut one = revision(side.to_owned(), Vec::new());
        one.branch_labels = (0..LABELS).map(|number| format!("{side}{number}")).collect();
        revisions.push(one);
    }
    for number in 2..size {
        revisions.push(revision(format!("m{number:06}"), vec!["a".to_owned(), "b".to_owned()]));
    }
    load(revisions).1
}

fn heads(revisions: &[Revision]) -> Vec<String> {
    let below: BTreeSet<&String> = revisions.iter().flat_map(|one| &one.down_revision).collect();
    revisions.iter().map(|one| &one.id).filter(|id| !below.contains(id)).cloned().collect()
}

fn down_one(size: usize) -> Duration {
    let (history, _) = load(lines(size, size / 100));
    let applied: BTreeSet<String> = history.revisions().iter().map(|one| one.id.clone()).collect();
    let begin = Instant::now();
    let target = Target::parse("l7@base").expect("a target");
    assert_eq!(history.downgrade_route(&applied, &target).expect("a route").len(), 100);
    begin.elapsed()
}

/// What is wrong with a graph is told in time, too.
fn circle(size: usize) -> Duration {
    let mut revisions = lines(size, 1);
    revisions[0].down_revision = vec![revisions[size - 1].id.clone()];
    let begin = Instant::now();
    assert!(History::new(revisions).is_err());
    begin.elapsed()
}

fn fan(size: usize) -> Duration {
    let mut revisions: Vec<Revision> = (0..size).map(|number| revision(format!("r{number:06}"), Vec::new())).collect();
    let mut last = revision("z".to_owned(), Vec::new());
    last.depends_on = revisions.iter().map(|one| one.id.clone()).collect();
    revisions.push(last);
    load(revisions).1
}

fn files(size: usize) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    write_files(folder.path(), size);
    let begin = Instant::now();
    let history = History::read(&[folder.path().to_path_buf()]).expect("a history");
    let steps = history.upgrade_route(&BTreeSet::new(), &Target::heads()).expect("a route").len();
    let duration = begin.elapsed();
    assert_eq!(steps, size);
    duration
}

/// Files of the size that a revision usually has.
fn write_files(folder: &Path, size: usize) {
    for one in lines(size, (size / 100).max(1)) {
        let id = &one.id;
        let text = format!(
            "-- Add a table\n--\n-- revision = \"{id}\"\n-- down_revision = {:?}\n-- branch_labels = {:?}\n\
             -- depends_on = []\n-- created = 2026-11-20T12:00:00Z\n\n-- migrate:up\n-- creates table t_{id}\n\
             CREATE TABLE \"t_{id}\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY,\n    \"name\" TEXT NOT NULL,\n    \"at\" TEXT\n);\n\
             CREATE INDEX \"ix_{id}\" ON \"t_{id}\" (\"name\");\n\n-- migrate:down\nDROP TABLE \"t_{id}\";\n",
            one.down_revision, one.branch_labels
        );
        std::fs::write(folder.join(format!("{id}.sql")), text).expect("a written file");
    }
}
