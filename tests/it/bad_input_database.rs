//! What a server or a database has against a call: one clear error, exit code 2, and nothing half done.

use crate::apply_support::tables;
use crate::bad_input::{PASSWORD, USERS, project, refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::on_every_engine;

/// The URL of the same server with other words in it.
fn url_with(db: &TestDb, user: &str, host_and_port: Option<&str>, database: Option<&str>) -> String {
    let url = url::Url::parse(db.url_text()).expect("a URL");
    let (scheme, host, port) = (url.scheme(), url.host_str().unwrap_or_default(), url.port().unwrap_or_default());
    let place = host_and_port.map_or_else(|| format!("{host}:{port}"), str::to_owned);
    format!("{scheme}://{user}@{place}/{}", database.unwrap_or_else(|| url.path().trim_start_matches('/')))
}

const COMMANDS: [&str; 10] = [
    "current",
    "log",
    "check",
    "upgrade heads",
    "downgrade base",
    "autogenerate -m x",
    "db exists",
    "db create",
    "models --from db",
    "diff --from empty --to db",
];

#[test]
fn an_unreachable_server() {
    for engine in ["postgres", "mysql", "mariadb"] {
        for password in [PASSWORD.to_owned(), format!("%40{PASSWORD}%2F")] {
            let url = format!("{engine}://me:{password}@127.0.0.1:1/app?password={PASSWORD}");
            let project = Project::with_models(&url, USERS);
            for line in COMMANDS {
                refuses(&project, line, &["cannot connect to", "@127.0.0.1:1", "is the server running"]);
            }
        }
    }
}

#[test]
fn a_url_that_is_none() {
    for (url, words) in [
        (format!("postgres://me:{PASSWORD}/x@h/app"), "invalid port"),
        (format!("oracle://me:{PASSWORD}@h/app"), "`oracle` is no engine"),
        (format!("postgres:me:{PASSWORD}@h/app"), "is not a database URL"),
        (format!("me:{PASSWORD}@h/app"), "is not a database URL"),
        (format!("postgres://me:{PASSWORD}@h/app?sslmode=nosuch"), "nosuch"),
    ] {
        let project = Project::with_models(&url, USERS);
        refuses(&project, "current", &[words, "write sqlite://app.db"]);
        refuses(&project, "upgrade heads", &[words]);
    }
}

#[test]
fn a_role_that_postgres_does_not_know() {
    play(Engine::Postgres, |db| async move {
        let user = format!("rungs_no_such_role:{PASSWORD}");
        let project = Project::with_models(&url_with(&db, &user, None, None), USERS);
        for line in COMMANDS {
            refuses(&project, line, &["cannot connect", "rungs_no_such_role", "check the user's name and password"]);
        }
    });
}

#[test]
fn a_wrong_password_on_mysql() {
    play(Engine::Mysql, |db| async move {
        let user = format!("rungs_pw_{}", std::process::id());
        db.run(&[
            &format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'right'"),
            &format!("CREATE USER '{user}'@'localhost' IDENTIFIED BY 'right'"),
        ])
        .await;
        let project = Project::with_models(&url_with(&db, &format!("{user}:{PASSWORD}"), None, None), USERS);
        let right = Project::with_models(&url_with(&db, &format!("{user}:right"), None, None), USERS);
        let outcome = std::panic::catch_unwind(|| {
            for line in COMMANDS {
                refuses(&project, line, &["Access denied", &user, "check the user's name and password"]);
            }
            // The right password, and no right to the database.
            refuses(&right, "current", &["denied"]);
        });
        db.run(&[&format!("DROP USER '{user}'@'%'"), &format!("DROP USER '{user}'@'localhost'")]).await;
        outcome.expect("as it should be");
        assert_eq!(tables(&db).await, [""; 0]);
    });
}

on_every_engine!(a_database_that_is_not_there_is_created_once_and_dropped_once, |db| async move {
    let url = match db.engine {
        Engine::Sqlite => format!("sqlite://{}", db.folder().join("new/other.db").display()),
        _ => format!("{}_x", db.url_text()),
    };
    let project = Project::with_models(&url, USERS);
    project.run("db exists").code(1).says("there is no database at");
    if db.engine != Engine::Sqlite {
        for line in ["current", "check", "upgrade heads", "downgrade base", "autogenerate -m x", "models --from db"] {
            refuses(&project, line, &["there is no database at", "migrate db create"]);
        }
    }
    project.run("db create").ok().says("created");
    refuses(&project, "db create", &["is there already", "migrate db drop"]);
    project.run("db exists").ok().says("there is a database at");
    refuses(&project, "db drop", &["loses everything", "--yes"]);
    project.run("db exists").ok();
    project.run("db drop --yes").ok().says("dropped");
    refuses(&project, "db drop --yes", &["there is no database at"]);
    project.run("db exists --format json").code(1).says("\"exists\": false");
});

on_every_engine!(a_statement_that_fails_says_where_and_what_stays, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(
        &project,
        "b",
        "\"a\"",
        "CREATE TABLE b (id INT);\n-- why\nCREATE TABLE c (\n    id INT,\n    id INT\n);",
        "DROP TABLE b;",
    );
    let ran = project.run("upgrade heads").code(2);
    assert_eq!(ran.stdout, "");
    let ran =
        ran.complains("applied a About a").complains("error: migrations/b.sql:9: revision b (up), statement 2 of 2: ");
    let ran = ran
        .complains("  in: CREATE TABLE c (\n          id INT,\n          id INT\n      )\n")
        .complains("done before it in this run: a");
    if db.engine == Engine::Mysql {
        ran.complains("statement 1 ran and stays; statement 2 did not run").complains("it goes on with statement 2");
        assert_eq!(tables(&db).await, ["a", "b"]);
        refuses(
            &project,
            "upgrade heads",
            &["migrations/b.sql:9: revision b (up), statement 2 of 2", "`migrate stamp b`"],
        );
        for line in ["downgrade base", "check", "autogenerate -m x"] {
            refuses(
                &project,
                line,
                &["revision b is half applied: 1 of 2", "statement 2", "`migrate stamp b`", "`migrate stamp b@a`"],
            );
        }
        project.run("current").ok().complains("revision b is half applied");
        // What the help says is what helps.
        db.run(&["CREATE TABLE c (id INT)"]).await;
        project.run("stamp b").ok();
        project.run("upgrade heads").ok().says("nothing to do");
    } else {
        ran.complains("the whole revision was rolled back").complains("help: correct the statement in the file");
        assert_eq!(tables(&db).await, ["a"]);
        refuses(&project, "upgrade heads", &["migrations/b.sql:9"]);
    }
});

on_every_engine!(a_schema_that_the_server_rejects_names_the_model, |db| async move {
    let models = USERS.replace("table = \"users\"", "table = \"users\", check(name = \"ck\", expr = \"nosuch > 0\")");
    let project = Project::with_models(db.url_text(), &models);
    for line in ["autogenerate -m x", "check"] {
        refuses(
            &project,
            line,
            &[
                "the server does not accept the models' schema",
                "nosuch",
                "in: CREATE TABLE",
                "the model User at models.rs:4:12",
            ],
        );
    }
    assert_eq!(tables(&db).await, [""; 0]);
});

on_every_engine!(a_name_that_the_server_would_cut, |db| async move {
    let long = "x".repeat(70);
    for models in [USERS.replace("users", &long), USERS.replace("pub id", &format!("pub {long}"))] {
        let project = Project::with_models(db.url_text(), &models);
        if db.engine == Engine::Sqlite {
            project.run("autogenerate -m x --sql").ok().says(&long);
        } else {
            refuses(&project, "autogenerate -m x", &[&long, "keeps 6", "shorter name", "models.rs:4:12"]);
        }
    }
});

on_every_engine!(a_type_that_the_engine_has_not, |db| async move {
    let models = USERS.replace("pub id: i64,", "pub id: i64,\n    pub tags: Vec<String>,");
    let project = Project::with_models(db.url_text(), &models);
    if db.engine == Engine::Postgres {
        project.run("autogenerate -m x --sql").ok();
    } else {
        refuses(&project, "autogenerate -m x", &["users.tags", "array"]);
    }
});

#[test]
fn an_sqlite_file_that_another_program_has_locked() {
    let project = project(USERS);
    project.run("autogenerate -m first --apply").ok();
    let url =
        rungs::db::DatabaseUrl::parse(&format!("sqlite://{}", project.path().join("app.db").display())).expect("a URL");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (begin, can_read) in [("BEGIN EXCLUSIVE", false), ("BEGIN IMMEDIATE", true)] {
        let mut other = runtime.block_on(rungs::db::Connection::open(&url)).expect("a connection");
        runtime.block_on(other.execute(begin)).expect("a lock");
        let began = std::time::Instant::now();
        refuses(
            &project,
            "downgrade base --lock-wait 1",
            &["another program that has locked it", "within 1 s", "--lock-wait"],
        );
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "--lock-wait counts: {:?}", began.elapsed());
        if can_read {
            project.run("current").ok().says("(head): first");
        } else {
            refuses(&project, "current", &["locked by someone else", "wait for the other program"]);
        }
        runtime.block_on(other.execute("ROLLBACK")).expect("released");
        runtime.block_on(other.close()).expect("closed");
    }
    project.run("downgrade base --lock-wait 1").ok();
}

#[test]
fn an_sqlite_path_that_leads_to_something_else() {
    let project = project(USERS);
    project.write("notes.txt", &"not a database, but long enough to look like one ".repeat(40));
    project.write("migrate.toml", "database_url = \"sqlite://notes.txt\"\nmodels = [\"models.rs\"]\n");
    for line in ["current", "upgrade heads", "check"] {
        refuses(&project, line, &["notes.txt", "no SQLite database"]);
    }
    project.write("folder/inside.txt", "");
    project.write("migrate.toml", "database_url = \"sqlite://folder\"\nmodels = [\"models.rs\"]\n");
    refuses(&project, "current", &["folder", "check the path"]);
}

/// A second runner waits for as long as it was told, and then says who is in the way; `sleep` keeps the first at work.
fn another_runner_at_work(engine: Engine, sleep: &'static str) {
    play(engine, move |db| async move {
        let project = Project::with_models(db.url_text(), USERS);
        revision(&project, "a", "", sleep, "");
        let child = project.start("upgrade heads");
        std::thread::sleep(std::time::Duration::from_millis(1500));
        refuses(
            &project,
            "upgrade heads --lock-wait 1",
            &["another runner is at work", "session", "within 1 s", "--lock-wait"],
        );
        child.finish().ok();
    });
}

#[test]
fn another_runner_at_work_on_postgres() {
    another_runner_at_work(Engine::Postgres, "SELECT pg_sleep(4);");
}

#[test]
fn another_runner_at_work_on_mysql() {
    another_runner_at_work(Engine::Mysql, "DO SLEEP(4);");
}
