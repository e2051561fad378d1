//! Running revisions on real servers.

use std::time::Duration;

use rungs::apply::{self, Event, Options};
use rungs::error::{ApplyError, Refusal};
use rungs::revision::{Direction, Revision, Step};

use crate::apply_support::{down, file, history, ids, ledger, log, refusals, run_with, tables, two, up};
use crate::harness::Engine;
use crate::on_every_engine;

on_every_engine!(up_and_down, |db| async move {
    let h = two();
    assert_eq!(ids(&up(&db, &h, "heads").await.unwrap()), ["a", "b"]);
    assert_eq!(tables(&db).await, ["a", "b"]);
    assert_eq!(ledger(&db).await, [["a", "applied", "2", "2"], ["b", "applied", "1", "1"]]);
    assert_eq!(ids(&up(&db, &h, "heads").await.unwrap()), [""; 0], "nothing to do");
    assert_eq!(ids(&down(&db, &h, "-1").await.unwrap()), ["b"]);
    assert_eq!(tables(&db).await, ["a"]);
    assert_eq!(ids(&down(&db, &h, "base").await.unwrap()), ["a"]);
    assert_eq!(tables(&db).await, [""; 0]);
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
    assert_eq!(
        log(&db).await,
        [["a", "up", "done"], ["b", "up", "done"], ["b", "down", "done"], ["a", "down", "done"]]
    );
});

on_every_engine!(the_ledger_tells_what_the_files_said, |db| async move {
    let h = two();
    up(&db, &h, "heads").await.unwrap();
    let mut connection = db.connect().await;
    let dialect = db.dialect().await;
    let rows = apply::applied(&mut connection, &*dialect).await.unwrap();
    assert_eq!(rows[1].revision, "b");
    assert_eq!(rows[1].message, "message of b");
    assert_eq!(rows[1].parents, ["a"]);
    assert_eq!(rows[1].checksum, h.find("b").unwrap().checksum());
    assert!(rows[1].applied_at.ends_with('Z'), "{}", rows[1].applied_at);
});

on_every_engine!(a_database_without_ledger_has_nothing_applied, |db| async move {
    let mut connection = db.connect().await;
    let dialect = db.dialect().await;
    assert_eq!(apply::applied(&mut connection, &*dialect).await.unwrap(), []);
});

on_every_engine!(a_failure_in_the_middle_leaves_a_truthful_ledger, |db| async move {
    let h = history(&[
        file("a", "", "-- migrate:up\nCREATE TABLE a (id INT);\n-- migrate:down\nDROP TABLE a;\n"),
        file(
            "b",
            "a",
            "-- migrate:up\nCREATE TABLE b (id INT);\n\nCREATE TABLE\n  b (id INT);\nCREATE TABLE c (id INT);\n-- migrate:down\nDROP TABLE b;\n",
        ),
    ]);
    let error = up(&db, &h, "heads").await.unwrap_err();
    let ApplyError::Statement { stopped, index, total, sql, .. } = &error else { panic!("{error}") };
    assert_eq!((*index, *total, sql.as_str()), (2, 3, "CREATE TABLE\n  b (id INT)"));
    assert_eq!(stopped.done, ["a"]);
    assert!(stopped.place.starts_with("b.sql:9"), "{}", stopped.place);
    let message = error.to_string();
    assert!(message.contains("b.sql:9: revision b (up), statement 2 of 3: "), "{message}");
    assert!(message.contains("already exists"), "{message}");
    if db.engine == Engine::Mysql {
        assert_eq!(
            stopped.state,
            "statement 1 ran and stays; statements 2 to 3 did not run; done before it in this run: a"
        );
        assert_eq!(tables(&db).await, ["a", "b"]);
        assert_eq!(ledger(&db).await, [["a", "applied", "1", "1"], ["b", "applying", "1", "3"]]);
        let other = down(&db, &h, "base").await.unwrap_err().to_string();
        assert!(
            other.starts_with("revision b is half applied: 1 of 3 statements ran in the run that began at "),
            "{other}"
        );
    } else {
        assert_eq!(stopped.state, "the whole revision was rolled back; done before it in this run: a");
        assert_eq!(tables(&db).await, ["a"]);
        assert_eq!(ledger(&db).await, [["a", "applied", "1", "1"]]);
    }
    assert_eq!(log(&db).await, [["a", "up", "done"], ["b", "up", "failed"]]);
});

on_every_engine!(a_failure_at_the_first_statement_leaves_nothing, |db| async move {
    let h = history(&[file("a", "", "-- migrate:up\nCREATE NONSENSE a;\n-- migrate:down\n")]);
    let error = up(&db, &h, "heads").await.unwrap_err();
    let ApplyError::Statement { stopped, .. } = &error else { panic!("{error}") };
    assert!(stopped.done.is_empty());
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
});

on_every_engine!(without_a_transaction_each_statement_counts, |db| async move {
    let h = history(&[file(
        "a",
        "",
        "-- migrate:up transaction:false\nCREATE TABLE a (id INT);\nINSERT INTO a VALUES (1);\nSELECT nonsense FROM nowhere;\n-- migrate:down\n",
    )]);
    let error = up(&db, &h, "heads").await.unwrap_err();
    let ApplyError::Statement { stopped, .. } = &error else { panic!("{error}") };
    assert_eq!(stopped.state, "statements 1 to 2 ran and stay; statement 3 did not run");
    assert_eq!(ledger(&db).await, [["a", "applying", "2", "3"]]);
    assert_eq!(db.rows("SELECT id FROM a").await, [["1"]]);
});

on_every_engine!(nothing_runs_when_one_revision_may_not, |db| async move {
    let h = history(&[
        file("a", "", "-- migrate:up\nCREATE TABLE a (id INT);\n-- migrate:down irreversible the rows are gone\n"),
        file("b", "a", "-- migrate:up\n-- migrate:edit name a value for old rows\nSELECT 1;\n-- migrate:down\n"),
        file("c", "b", "-- migrate:up\nSELECT 'open;\n-- migrate:down\n"),
    ]);
    let error = up(&db, &h, "heads").await.unwrap_err();
    assert_eq!(error.to_string(), "refused before anything ran, for 2 reasons");
    assert_eq!(
        refusals(error),
        [
            "b.sql:7: revision b waits for an edit: name a value for old rows",
            "c.sql:7: revision c: the string that begins here does not end",
        ]
    );
    assert_eq!(tables(&db).await, [""; 0]);
    up(&db, &h, "a").await.unwrap();
    let error = down(&db, &h, "base").await.unwrap_err();
    assert_eq!(refusals(error), ["a.sql:8: revision a cannot be reverted: the rows are gone"]);
    assert_eq!(tables(&db).await, ["a"]);
});

on_every_engine!(sections_are_chosen_by_engine, |db| async move {
    let sections = "-- migrate:up dialect:sqlite\nCREATE TABLE s (id INT);\n-- migrate:up dialect:postgres\nCREATE TABLE p (id INT);\n\
                    -- migrate:up dialect:mysql\nCREATE TABLE m (id INT);\n-- migrate:down dialect:sqlite\nDROP TABLE s;\n";
    let h = history(&[file("a", "", sections)]);
    up(&db, &h, "head").await.unwrap();
    let expected = match db.engine {
        Engine::Sqlite => "s",
        Engine::Postgres => "p",
        Engine::Mysql => "m",
    };
    assert_eq!(tables(&db).await, [expected]);
    if db.engine == Engine::Postgres {
        let error = down(&db, &h, "base").await.unwrap_err();
        assert_eq!(refusals(error), ["a.sql: revision a has no `migrate:down` for postgres"]);
    }
});

on_every_engine!(an_edited_revision_is_not_reverted_unseen, |db| async move {
    up(&db, &two(), "heads").await.unwrap();
    let text = "-- migrate:up\nCREATE TABLE b (id INT PRIMARY KEY);\n-- migrate:down\nDROP TABLE IF EXISTS b;\n";
    let edited = history(&[two().find("a").unwrap().clone(), file("b", "a", text)]);
    let error = down(&db, &edited, "-1").await.unwrap_err();
    assert!(matches!(&error, ApplyError::Refused { refusals } if matches!(refusals[0], Refusal::Edited { .. })));
    assert!(refusals(error)[0].starts_with("b.sql: revision b was edited after it was applied at "));
    let accept = Options { accept_edits: true, ..Options::default() };
    run_with(&db, &edited, Direction::Down, "-1", &accept, &mut |_| {}).await.unwrap();
    assert_eq!(tables(&db).await, ["a"]);
});

on_every_engine!(transactions_of_its_own_need_the_option, |db| async move {
    let file_with = |option: &str| {
        history(&[file(
            "a",
            "",
            &format!("-- migrate:up{option}\nBEGIN;\nCREATE TABLE a (id INT);\nCOMMIT;\n-- migrate:down\n"),
        )])
    };
    if db.engine != Engine::Mysql {
        assert_eq!(
            refusals(up(&db, &file_with(""), "head").await.unwrap_err()),
            [
                "a.sql:7: revision a: BEGIN has no place here: the revision is one transaction",
                "a.sql:9: revision a: COMMIT has no place here: the revision is one transaction"
            ]
        );
    }
    let open = history(&[file("a", "", "-- migrate:up transaction:false\nBEGIN;\n-- migrate:down\n")]);
    assert_eq!(
        refusals(up(&db, &open, "head").await.unwrap_err()),
        ["a.sql:7: revision a: the transaction that begins here has no place here: nothing in the section ends it"]
    );
    up(&db, &file_with(" transaction:false"), "head").await.unwrap();
    assert_eq!(ledger(&db).await, [["a", "applied", "3", "3"]]);
});

on_every_engine!(two_runners_apply_each_revision_once, |db| async move {
    let revisions: Vec<Revision> = (0..8)
        .map(|n| {
            let parent = if n == 0 { String::new() } else { format!("r{}", n - 1) };
            let sql = format!("-- migrate:up\nCREATE TABLE t{n} (id INT);\nINSERT INTO t{n} VALUES (1);\n-- migrate:down\nDROP TABLE t{n};\n");
            file(&format!("r{n}"), &parent, &sql)
        })
        .collect();
    let h = history(&revisions);
    let steps: Vec<Step<'_>> =
        h.revisions().iter().map(|revision| Step { revision, direction: Direction::Up }).collect();
    let dialect = db.dialect().await;
    let (mut one, mut other) = (db.connect().await, db.connect().await);
    let options = Options::default();
    let (mut quiet, mut silent) = (|_: Event<'_>| {}, |_: Event<'_>| {});
    let (first, second) = tokio::join!(
        apply::run(&mut one, &*dialect, &steps, &options, &mut quiet),
        apply::run(&mut other, &*dialect, &steps, &options, &mut silent)
    );
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.steps.len() + second.steps.len(), 8, "{first:?} {second:?}");
    assert_eq!(first.skipped.len() + second.skipped.len(), 8);
    for n in 0..8 {
        assert_eq!(db.rows(&format!("SELECT id FROM t{n}")).await, [["1"]]);
    }
    assert_eq!(log(&db).await.len(), 8);
});

on_every_engine!(a_runner_waits_a_bounded_time, |db| async move {
    let h = two();
    up(&db, &h, "a").await.unwrap();
    let mut holder = db.connect().await;
    match db.engine {
        Engine::Sqlite => {
            holder.execute("BEGIN IMMEDIATE").await.unwrap();
        }
        Engine::Postgres => {
            holder.execute("CREATE TABLE held (id INT)").await.unwrap();
            // The key is the runner's own: found from its lock while it runs.
            let slow = history(&[
                two().find("a").unwrap().clone(),
                file("b", "a", "-- migrate:up\nSELECT pg_sleep(2);\n-- migrate:down\n"),
            ]);
            let wait = Options { lock_wait: Duration::from_millis(300), ..Options::default() };
            let mut told = None;
            let mut on_event = |event: Event<'_>| {
                if let Event::Waiting { holder } = event {
                    told = holder.map(str::to_owned);
                }
            };
            let (first, second) = tokio::join!(up(&db, &slow, "head"), async {
                tokio::time::sleep(Duration::from_millis(700)).await;
                run_with(&db, &h, Direction::Up, "head", &wait, &mut on_event).await
            });
            first.unwrap();
            let error = second.unwrap_err().to_string();
            assert!(error.starts_with("another runner is at work on this database (session "), "{error}");
            assert!(told.is_some_and(|told| told.contains("connected since")));
            return;
        }
        Engine::Mysql => {
            let slow = history(&[
                two().find("a").unwrap().clone(),
                file("b", "a", "-- migrate:up\nDO SLEEP(2);\n-- migrate:down\n"),
            ]);
            let wait = Options { lock_wait: Duration::from_millis(300), ..Options::default() };
            let (first, second) = tokio::join!(up(&db, &slow, "head"), async {
                tokio::time::sleep(Duration::from_millis(700)).await;
                let mut connection = db.connect().await;
                let dialect = db.dialect().await;
                let steps = [Step { revision: h.find("b").unwrap(), direction: Direction::Up }];
                apply::run(&mut connection, &*dialect, &steps, &wait, &mut |_| {}).await
            });
            first.unwrap();
            let error = second.unwrap_err().to_string();
            assert!(error.starts_with("another runner is at work on this database (session "), "{error}");
            return;
        }
    }
    let wait = Options { lock_wait: Duration::from_millis(300), ..Options::default() };
    let begin = std::time::Instant::now();
    let error = run_with(&db, &h, Direction::Up, "head", &wait, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, ApplyError::Locked { .. }), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(3));
    holder.execute("ROLLBACK").await.unwrap();
    up(&db, &h, "head").await.unwrap();
});

on_every_engine!(what_a_revision_sets_ends_with_it, |db| async move {
    let set = match db.engine {
        Engine::Sqlite => "PRAGMA foreign_keys = OFF",
        Engine::Postgres => "SELECT pg_catalog.set_config('search_path', '', false)",
        Engine::Mysql => "SET SESSION foreign_key_checks = 0, sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
    };
    let h = history(&[
        file("a", "", &format!("-- migrate:up\n{set};\n-- migrate:down\n")),
        file("b\\'", "a", "-- migrate:up\nCREATE TABLE b (id INT);\n-- migrate:down\nDROP TABLE b;\n"),
    ]);
    assert_eq!(ids(&up(&db, &h, "heads").await.unwrap()), ["a", "b\\'"]);
    assert_eq!(tables(&db).await, ["b"]);
    assert_eq!(ids(&down(&db, &h, "-1").await.unwrap()), ["b\\'"]);
});

on_every_engine!(a_plan_that_no_longer_fits_is_refused, |db| async move {
    let h = two();
    let mut connection = db.connect().await;
    let dialect = db.dialect().await;
    let options = Options::default();
    let step = |id: &str, direction| [Step { revision: h.find(id).unwrap(), direction }];
    let error =
        apply::run(&mut connection, &*dialect, &step("b", Direction::Up), &options, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database has changed since this run was planned: b revises a, which is not applied"
    );
    up(&db, &h, "heads").await.unwrap();
    let error =
        apply::run(&mut connection, &*dialect, &step("a", Direction::Down), &options, &mut |_| {}).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database has changed since this run was planned: b (message of b), which is applied, stands on a"
    );
    let rows = apply::applied(&mut connection, &*dialect).await.unwrap();
    assert_eq!(apply::heads(&rows).iter().map(|row| row.revision.as_str()).collect::<Vec<_>>(), ["b"]);
});

on_every_engine!(a_half_reverted_revision_is_known, |db| async move {
    let h = history(&[file(
        "a",
        "",
        "-- migrate:up\nCREATE TABLE a (id INT);\n-- migrate:down transaction:false\nDELETE FROM a;\nDROP TABLE nowhere;\nDROP TABLE a;\n",
    )]);
    up(&db, &h, "head").await.unwrap();
    down(&db, &h, "base").await.unwrap_err();
    assert_eq!(ledger(&db).await, [["a", "reverting", "1", "3"]]);
    let other = up(&db, &h, "heads").await.unwrap_err().to_string();
    assert!(other.starts_with("revision a is half reverted: 1 of 3 statements ran in the run"), "{other}");
});

on_every_engine!(events_tell_what_happens, |db| async move {
    let mut told = Vec::new();
    run_with(&db, &two(), Direction::Up, "a", &Options::default(), &mut |event| {
        told.push(match event {
            Event::Started { revision, direction, total } => format!("{} {direction} {total}", revision.id),
            Event::Statement { index, total, line, .. } => format!("{index}/{total} line {line}"),
            Event::Finished { revision, .. } => format!("{} done", revision.id),
            other => format!("{other:?}"),
        });
    })
    .await
    .unwrap();
    assert_eq!(told, ["a up 2", "1/2 line 7", "2/2 line 8", "a done"]);
});
