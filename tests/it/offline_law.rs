//! The law of scripts: for the revisions of random schemas, what a script leaves is what a run leaves, there and back.

use rungs::plan;

use crate::bad_input::revision;
use crate::harness::{Engine, TestDb, play_two};
use crate::law_generator::{Random, declared};
use crate::laws::{fill, migrate_to, name, play_each, run};
use crate::offline_support::{assert_same_state, client, project, state, stops};

#[test]
fn scripts_leave_what_runs_leave_on_sqlite() {
    play_cases(Engine::Sqlite, 25);
}

#[test]
fn scripts_leave_what_runs_leave_on_postgres() {
    play_cases(Engine::Postgres, 8);
}

#[test]
fn scripts_leave_what_runs_leave_on_mysql() {
    play_cases(Engine::Mysql, 6);
}

#[test]
fn what_does_not_happen_leaves_nothing_on_sqlite() {
    play_each(Engine::Sqlite, 15, nothing_stays);
}

#[test]
fn what_does_not_happen_leaves_nothing_on_postgres() {
    play_each(Engine::Postgres, 6, nothing_stays);
}

/// A rehearsal, and a run that is one transaction and fails at its end, leave a database with rows as it is.
async fn nothing_stays(db: TestDb, seed: u64) {
    let mut random = Random::new(seed);
    let dialect = name(&db).await;
    let first = migrate_to(&db, &declared(&mut random, db.engine)).await;
    let printed = db.introspect().await;
    let second = migrate_to(&db, &declared(&mut random, db.engine)).await;
    for plan in [&second, &first] {
        run(&db, &plan::script(&plan.down, dialect)).await;
    }
    let project = project(&db);
    for (id, parents, plan) in [("a", "", &first), ("b", "\"a\"", &second)] {
        revision(&project, id, parents, &plan::script(&plan.up, dialect), &plan::script(&plan.down, dialect));
    }
    project.run("upgrade a").ok();
    fill(&db, &printed).await;
    let before = state(&db).await;
    project.run("upgrade heads --dry-run=execute").ok();
    project.run("downgrade base --dry-run=execute").ok();
    assert_same_state(&before, &state(&db).await, "a rehearsal");
    revision(&project, "c", "\"b\"", "SELECT nonsense FROM nowhere;", "");
    project.run("upgrade heads --transaction all").code(2).complains("nowhere");
    db.run(&["DELETE FROM rungs_log WHERE outcome = 'failed'"]).await;
    assert_same_state(&before, &state(&db).await, "a run that failed");
    project.run("upgrade b --transaction all").ok();
}

fn play_cases(engine: Engine, cases: u64) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("RUNGS_LAW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("RUNGS_LAW_CASES").unwrap_or(cases) + 1,
    };
    for seed in seeds {
        let played = std::panic::catch_unwind(|| case(engine, seed));
        if let Err(panic) = played {
            eprintln!("play this case again with RUNGS_LAW_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

fn case(engine: Engine, seed: u64) {
    play_two(engine, |online, offline| async move {
        let mut random = Random::new(seed);
        let dialect = name(&online).await;
        let first = migrate_to(&online, &declared(&mut random, engine)).await;
        let second = migrate_to(&online, &declared(&mut random, engine)).await;
        for plan in [&second, &first] {
            run(&online, &plan::script(&plan.down, dialect)).await;
        }
        let project = project(&online);
        for (id, parents, plan) in [("a", "", &first), ("b", "\"a\"", &second)] {
            revision(&project, id, parents, &plan::script(&plan.up, dialect), &plan::script(&plan.down, dialect));
        }
        for line in ["upgrade heads", "downgrade heads:base"] {
            let script = project.run(&format!("{line} --sql")).ok().stdout;
            client(&offline, &script).ok();
            project.run(&line.replace("heads:", "")).ok();
            assert_same_state(&state(&online).await, &state(&offline).await, &script);
            let reason =
                if line.starts_with('u') { "revision a is applied already" } else { "revision b is not applied" };
            stops(&offline, &script, reason).await;
        }
    });
}
