//! The law of scripts: for the revisions of random schemas, what a script leaves is what a run leaves, there and back.

use rungs::plan;

use crate::bad_input::revision;
use crate::harness::{Engine, play_two};
use crate::law_generator::{Random, declared};
use crate::laws::{migrate_to, name, run};
use crate::offline_support::{assert_same_state, client, project, state, stops};

#[test]
fn scripts_leave_what_runs_leave_on_sqlite() {
    play_cases(Engine::Sqlite, 25);
}

#[test]
fn scripts_leave_what_runs_leave_on_postgres() {
    play_cases(Engine::Postgres, 10);
}

#[test]
fn scripts_leave_what_runs_leave_on_mysql() {
    play_cases(Engine::Mysql, 10);
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
