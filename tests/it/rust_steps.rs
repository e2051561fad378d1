//! Steps of revisions that a program takes in Rust.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rungs::db::{Connection, DatabaseUrl};
use rungs::error::{ApplyError, Error};
use rungs::revision::{Direction, History};
use rungs::{Migrator, apply::StepError};

use crate::command::Project;
use crate::harness::TestDb;
use crate::on_every_engine;

const USERS: &str = "-- Users\n--\n-- revision = \"users\"\n-- down_revision = []\n\n-- migrate:up\nCREATE TABLE users (id bigint \
                     NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);\nINSERT INTO users (id, name) VALUES (1, 'Ann \
                     Lee');\n\n-- migrate:down\nDROP TABLE users;\n";

/// A revision whose way up has a step in Rust behind its statements.
fn slugs(options: &str) -> String {
    format!(
        "-- Slugs\n--\n-- revision = \"slugs\"\n-- down_revision = [\"users\"]\n\n-- migrate:up program:shop{options}\n\
         ALTER TABLE users ADD COLUMN slug varchar(40);\nINSERT INTO users (id, name) VALUES (2, 'Bo');\n\n\
         -- migrate:down{options}\nALTER TABLE users DROP COLUMN slug;\nDELETE FROM users WHERE id = 2;\n"
    )
}

/// Both as a transaction, where DDL has them, and without.
const WAYS: [&str; 2] = ["", " transaction:false"];

fn migrator(options: &str) -> Migrator {
    let slugs = slugs(options);
    let files = [("migrations/users.sql", USERS), ("migrations/slugs.sql", slugs.as_str())];
    Migrator::of_history(History::of_texts(files).unwrap())
}

fn url(db: &TestDb) -> DatabaseUrl {
    DatabaseUrl::parse(db.url_text()).unwrap()
}

/// The step: it reads rows, and writes what only a program can work out.
async fn fill(connection: &mut Connection) -> Result<(), StepError> {
    for row in connection.query("SELECT id, name FROM users ORDER BY id").await? {
        let slug = row.text("name")?.to_lowercase().replace(' ', "-");
        let id = row.int("id")?;
        // With sqlx itself, as a program would.
        if let Some(sqlite) = connection.sqlite() {
            sqlx::query("UPDATE users SET slug = ? WHERE id = ?").bind(slug).bind(id).execute(sqlite).await?;
        } else if let Some(postgres) = connection.postgres() {
            sqlx::query("UPDATE users SET slug = $1 WHERE id = $2").bind(slug).bind(id).execute(postgres).await?;
        } else if let Some(mysql) = connection.mysql() {
            sqlx::query("UPDATE users SET slug = ? WHERE id = ?").bind(slug).bind(id).execute(mysql).await?;
        }
    }
    Ok(())
}

fn by_command(db: &TestDb, options: &str) -> Project {
    let project = Project::with_models(db.url_text(), "");
    project.write("migrations/users.sql", USERS);
    project.write("migrations/slugs.sql", &slugs(options));
    project
}

async fn back_to_base(db: &TestDb, migrator: &Migrator) {
    migrator.downgrade(&url(db), "base").await.unwrap();
}

on_every_engine!(a_step_in_rust_follows_the_statements_and_is_taken_once, |db| async move {
    for way in WAYS {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let migrator = migrator(way).step("slugs", Direction::Up, move |connection| {
            count.fetch_add(1, Ordering::SeqCst);
            Box::pin(fill(connection))
        });
        migrator.upgrade(&url(&db), "heads").await.unwrap();
        migrator.upgrade(&url(&db), "heads").await.unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), 1);
        assert_eq!(db.rows("SELECT slug FROM users ORDER BY id").await, [["ann-lee"], ["bo"]]);
        // The command line knows that it is applied, with both statements and the step.
        by_command(&db, way).run("current --check-heads").ok();
        let row = db.rows("SELECT state, statements_done, statements_total FROM rungs_ledger ORDER BY revision").await;
        assert_eq!(row[0], ["applied", "3", "3"]);
        back_to_base(&db, &migrator).await;
    }
});

on_every_engine!(the_command_line_names_the_program_and_does_nothing, |db| async move {
    let project = by_command(&db, "");
    for line in ["upgrade heads", "upgrade base:heads --sql", "upgrade heads --dry-run"] {
        let ran = project.run(line);
        assert_eq!(ran.code, 2, "{line}: {}", ran.stderr);
        assert!(ran.stderr.contains("slugs.sql:6"), "{}", ran.stderr);
        assert!(ran.stderr.contains("revision slugs (up) has a step in Rust, which the program `shop` takes"));
        assert!(db.introspect().await.tables.is_empty());
    }
    // What has no step, and the way down, it runs.
    project.run("upgrade users").ok();
    let migrator = migrator("").step("slugs", Direction::Up, |connection| Box::pin(fill(connection)));
    migrator.upgrade(&url(&db), "heads").await.unwrap();
    project.run("downgrade users").ok();
});

on_every_engine!(a_step_that_fails_leaves_nothing_of_itself, |db| async move {
    for way in WAYS {
        let fails = Arc::new(AtomicUsize::new(1));
        let left = Arc::clone(&fails);
        let migrator = migrator(way).step("slugs", Direction::Up, move |connection| {
            let left = Arc::clone(&left);
            Box::pin(async move {
                fill(connection).await?;
                connection.execute("INSERT INTO users (id, name) VALUES (3, 'Cy')").await?;
                match left.swap(0, Ordering::SeqCst) {
                    0 => Ok(()),
                    _ => Err("the other service is down".into()),
                }
            })
        });
        let error = migrator.upgrade(&url(&db), "heads").await.unwrap_err().to_string();
        assert!(
            error.starts_with("migrations/slugs.sql:6: revision slugs (up), statement 3 of 3: the other service"),
            "{error}"
        );
        assert!(error.contains("in: program:shop"), "{error}");
        assert_eq!(db.rows("SELECT count(*) FROM users WHERE id = 3").await, [["0"]]);
        migrator.upgrade(&url(&db), "heads").await.unwrap();
        assert_eq!(
            db.rows("SELECT id, slug FROM users WHERE id < 3 ORDER BY id").await,
            [["1", "ann-lee"], ["2", "bo"]]
        );
        assert_eq!(db.rows("SELECT count(*) FROM users").await, [["3"]]);
        back_to_base(&db, &migrator).await;
    }
});

on_every_engine!(a_step_that_ends_its_transaction_is_in_doubt, |db| async move {
    for way in WAYS {
        for end in ["COMMIT", "ROLLBACK"] {
            let migrator = migrator(way).step("slugs", Direction::Up, move |connection| {
                Box::pin(async move {
                    connection.execute(end).await?;
                    connection.execute("INSERT INTO users (id, name) VALUES (3, 'Cy')").await?;
                    Ok(())
                })
            });
            migrator.upgrade(&url(&db), "users").await.unwrap();
            let error = migrator.upgrade(&url(&db), "heads").await.unwrap_err().to_string();
            assert!(error.contains("it ended the transaction that it runs in"), "{error}");
            // Nobody runs it again before a person has looked.
            let again = migrator.upgrade(&url(&db), "heads").await.unwrap_err();
            assert!(matches!(again, Error::Apply(ApplyError::InDoubt(_))), "{again}");
            let project = by_command(&db, way);
            project.run("resolve slugs --done").ok();
            migrator.upgrade(&url(&db), "heads").await.unwrap();
            assert_eq!(db.rows("SELECT count(*) FROM users WHERE id = 3").await, [["1"]]);
            let state = db.rows("SELECT state FROM rungs_ledger WHERE revision = 'slugs'").await;
            assert_eq!(state, [["applied"]]);
            if end == "ROLLBACK" && way.is_empty() && db.engine != crate::harness::Engine::Mysql {
                // The statements went with it, which is what a person would have had to see.
                db.run(&["ALTER TABLE users ADD COLUMN slug varchar(40)"]).await;
            }
            back_to_base(&db, &migrator).await;
        }
    }
});

on_every_engine!(a_step_and_its_file_agree_before_anything_runs, |db| async move {
    let step = |migrator: Migrator, id: &str| migrator.step(id, Direction::Up, |c| Box::pin(fill(c)));
    let error = |migrator: Migrator| {
        let url = url(&db);
        async move {
            let Err(Error::Apply(ApplyError::Refused { refusals })) = migrator.upgrade(&url, "heads").await else {
                panic!("it is refused")
            };
            refusals[0].to_string()
        }
    };
    let said = error(migrator("")).await;
    assert!(said.contains("the program `shop` takes"), "{said}");
    let said = error(step(step(migrator(""), "slugs"), "users")).await;
    assert!(said.contains("users.sql:6: revision users has a step in Rust, and its file does not say so"), "{said}");
    let said = error(step(step(migrator(""), "slugs"), "slug")).await;
    assert!(said.contains("there is no revision slug "), "{said}");
    assert!(db.introspect().await.tables.is_empty());
});

on_every_engine!(a_connection_that_breaks_in_a_step_takes_all_of_it_away, |db| async move {
    if db.engine == crate::harness::Engine::Sqlite {
        return;
    }
    for way in WAYS {
        let breaks = Arc::new(AtomicUsize::new(1));
        let migrator = migrator(way).step("slugs", Direction::Up, move |connection| {
            let breaks = Arc::clone(&breaks);
            Box::pin(async move {
                connection.execute("INSERT INTO users (id, name) VALUES (3, 'Cy')").await?;
                if breaks.swap(0, Ordering::SeqCst) == 1 {
                    let kill = match connection.postgres() {
                        Some(_) => "SELECT pg_terminate_backend(pg_backend_pid())",
                        None => "KILL CONNECTION_ID()",
                    };
                    connection.execute(kill).await?;
                }
                fill(connection).await
            })
        });
        migrator.upgrade(&url(&db), "heads").await.unwrap_err();
        migrator.upgrade(&url(&db), "heads").await.unwrap();
        assert_eq!(db.rows("SELECT slug FROM users ORDER BY id").await, [["ann-lee"], ["bo"], ["cy"]]);
        back_to_base(&db, &migrator).await;
    }
});
