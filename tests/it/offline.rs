//! `--sql`: what a script leaves is what a run leaves.

use crate::bad_input::revision;
use crate::command::Project;
use crate::harness::{Engine, TestDb, play, play_two};
use crate::offline_support::{assert_same_state, client, project, state, stops};

macro_rules! on_every_engine_twice {
    ($name:ident, $scenario:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn sqlite() {
                play_two(Engine::Sqlite, $scenario);
            }

            #[test]
            fn postgres() {
                play_two(Engine::Postgres, $scenario);
            }

            #[test]
            fn mysql() {
                play_two(Engine::Mysql, $scenario);
            }
        }
    };
}

fn write(project: &Project, id: &str, header: &str, up: &str, down: &str) {
    let text = format!(
        "-- It's \\ \"about\" {id} ; %s\n--\n-- revision = \"{id}\"\n{header}\n-- migrate:up{up}\n-- migrate:down{down}\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

fn parents(ids: &str) -> String {
    format!("-- down_revision = [{ids}]\n")
}

/// What differs between engines: bodies with semicolons, statements that set something, and those that want to be alone.
struct Own {
    body: &'static str,
    sets: &'static str,
    alone: &'static str,
    alone_down: &'static str,
}

fn own(engine: Engine) -> Own {
    match engine {
        Engine::Sqlite => Own {
            body: "CREATE TRIGGER t AFTER INSERT ON c BEGIN\n  -- it's a comment; here\n  UPDATE p SET name = ';' WHERE id = NEW.p;\n  DELETE FROM c WHERE id < 0;\nEND;",
            sets: "PRAGMA ignore_check_constraints = ON;\nPRAGMA recursive_triggers = ON;\nCREATE TABLE s (n INT CHECK (n > 0));\nINSERT INTO s VALUES (-1);",
            alone: "CREATE TABLE n (id INTEGER PRIMARY KEY, name TEXT, extra INT);\nBEGIN;\nINSERT INTO n (id, name) VALUES (7, 'n');\nCOMMIT;\nINSERT INTO n (id) VALUES (8);",
            alone_down: "DROP TABLE n;",
        },
        Engine::Postgres => Own {
            body: "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  -- it's a comment; here\n  RETURN 1;\nEND\n$$;\nDO $rungs$ BEGIN UPDATE p SET name = E'\\';'; END $rungs$;",
            sets: "CREATE SCHEMA elsewhere;\nSET search_path = elsewhere;\nSET TimeZone = 'Asia/Tokyo';\nCREATE TABLE s (n INT, at TIMESTAMPTZ DEFAULT '2026-01-01 00:00');\nINSERT INTO s VALUES (-1);\nSET ROLE pg_monitor;",
            alone: "CREATE INDEX CONCURRENTLY ix ON p (name);\nBEGIN;\nCREATE TABLE n (id INT, at TIMESTAMPTZ DEFAULT '2026-01-01 00:00');\nINSERT INTO n VALUES (7);\nCOMMIT;\nINSERT INTO n (id) VALUES (8);",
            alone_down: "DROP INDEX CONCURRENTLY ix;\nDROP TABLE n;",
        },
        Engine::Mysql => Own {
            body: "CREATE TRIGGER t AFTER INSERT ON c FOR EACH ROW BEGIN\n  -- it's a comment; here\n  UPDATE p SET name = ';' WHERE id = NEW.p;\nEND;\nDELIMITER //\nCREATE PROCEDURE q() BEGIN SELECT 1; SELECT '//;'; END //\nDELIMITER ;",
            sets: "SET foreign_key_checks = 0;\nSET sql_mode = 'ANSI_QUOTES';\nCREATE TABLE \"s\" (n INT, FOREIGN KEY (n) REFERENCES p (id));\nINSERT INTO \"s\" VALUES (-1);\n/*!40101 SET NAMES latin1 */;",
            alone: "CREATE TABLE n (id INT, name TEXT);\nSTART TRANSACTION;\nINSERT INTO n VALUES (7, 'n');\nCOMMIT;\nINSERT INTO n (id) VALUES (8);",
            alone_down: "DROP TABLE n;",
        },
    }
}

/// A history with a branch, a merge, a dependency on a label, and whatever a client could trip over.
fn rich(project: &Project, engine: Engine) {
    let Own { body, sets, alone, alone_down } = own(engine);
    let text = if engine == Engine::Mysql { "'it''s; \\\\ \\n -- no comment'" } else { "'it''s; \\ -- no comment'" };
    write(
        project,
        "a",
        &parents(""),
        &format!(
            "\n-- it's the first; really\nCREATE TABLE p (id INT PRIMARY KEY, name VARCHAR(80) /* it's */ DEFAULT 'a:b');\n\
             INSERT INTO p VALUES (1, {text}), (2, 'ünïcødé ''🦀'''), (3, NULL);"
        ),
        "\nDROP TABLE p;",
    );
    let body_down = match engine {
        Engine::Sqlite => "",
        Engine::Postgres => "DROP FUNCTION f();\n",
        Engine::Mysql => "DROP PROCEDURE q;\n",
    };
    write(
        project,
        "b",
        &format!("{}-- branch_labels = [\"left\"]\n", parents("\"a\"")),
        &format!(
            "\nCREATE TABLE c (id INT PRIMARY KEY, p INT NOT NULL, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE);\n\
             {body}\nINSERT INTO c VALUES (1, 2);"
        ),
        &format!("\n{body_down}DROP TABLE c;"),
    );
    let sets_down = if engine == Engine::Postgres { "DROP SCHEMA elsewhere CASCADE;" } else { "DROP TABLE s;" };
    write(project, "x1.é", &parents("\"a\""), &format!("\n{sets}"), &format!("\n{sets_down}"));
    write(
        project,
        "d$rungs$",
        &format!("{}-- depends_on = [\"left\"]\n", parents("\"x1.é\"")),
        &format!(" transaction:false\n{alone}"),
        &format!(" transaction:false\n{alone_down}"),
    );
    write(project, "m", &parents("\"b\", \"d$rungs$\""), "\n-- nothing\n", "\n");
    write(project, "n", &parents("\"m\""), "\nDELETE FROM p WHERE id = 3;", "\nINSERT INTO p (id) VALUES (3);");
}

/// The script that a project prints.
fn script(project: &Project, line: &str) -> String {
    project.run(&format!("{line} --sql")).ok().stdout
}

on_every_engine_twice!(a_script_leaves_what_a_run_leaves, |online, offline| async move {
    let project = project(&online);
    rich(&project, online.engine);
    project.run("upgrade heads").ok();
    let up = script(&project, "upgrade heads");
    client(&offline, &up).ok();
    assert_same_state(&state(&online).await, &state(&offline).await, &up);
    moments_are_in_order(&offline).await;
    stops(&offline, &up, "revision a is applied already").await;

    let down = script(&project, "downgrade heads:a");
    project.run("downgrade a").ok();
    client(&offline, &down).ok();
    assert_same_state(&state(&online).await, &state(&offline).await, &down);
    stops(&offline, &down, "revision n is not applied").await;
    client(&offline, &script(&project, "downgrade a:base")).ok();
    project.run("downgrade base").ok();
    assert_same_state(&state(&online).await, &state(&offline).await, "down to base");
    // A run goes on where a script has left off, and a script where a run has.
    let on_offline = self::project(&offline);
    rich(&on_offline, offline.engine);
    on_offline.run("upgrade left").ok();
    client(&offline, &script(&project, "upgrade left:x1.é")).ok();
    on_offline.run("upgrade heads").ok();
    project.run("upgrade left").ok();
    project.run("upgrade heads").ok();
    assert_same_state(&state(&online).await, &state(&offline).await, "by turns");
});

/// The ledger's order is that of the runs, and its moments look alike.
async fn moments_are_in_order(db: &TestDb) {
    let rows =
        db.rows("SELECT revision, applied_at, duration_ms FROM rungs_ledger ORDER BY applied_at, revision").await;
    let ids: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, ["a", "b", "x1.é", "d$rungs$", "m", "n"]);
    for row in &rows {
        let shape: String = row[1].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert_eq!(shape, "0000-00-00T00:00:00.000000Z");
        assert!(row[2].parse::<u64>().expect("a number") < 600_000, "{row:?}");
    }
    let log = db.rows("SELECT started_at FROM rungs_log ORDER BY id").await;
    assert_eq!(log.concat(), rows.iter().map(|row| row[1].clone()).collect::<Vec<_>>());
}

on_every_engine_twice!(a_script_runs_only_where_it_fits, |db, _other| async move {
    let project = project(&db);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    revision(&project, "b", "\"a\"", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    revision(&project, "c", "\"b\"", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    write(
        &project,
        "o",
        &format!("{}-- depends_on = [\"b\"]\n", parents("")),
        "\nCREATE TABLE o (id INT);",
        "\nDROP TABLE o;",
    );
    project.run("upgrade a").ok();
    stops(&db, &script(&project, "upgrade b:c"), "revision c revises b, which is not applied").await;
    stops(&db, &script(&project, "upgrade b:o"), "revision o depends on b, which is not applied").await;
    stops(&db, &script(&project, "downgrade c:b"), "revision c is not applied").await;
    client(&db, &script(&project, "upgrade a:b")).ok();
    client(&db, &script(&project, "upgrade b:o")).ok();
    stops(&db, &script(&project, "downgrade b:a"), "a revision that is applied stands on b").await;
    client(&db, &script(&project, "downgrade o:o@base")).ok();
    project.run("upgrade c").ok();
    stops(&db, &script(&project, "downgrade b:a"), "a revision that is applied stands on b").await;
    revision(&project, "c", "\"b\"", "CREATE TABLE c (id INT);", "DROP TABLE IF EXISTS c;");
    stops(&db, &script(&project, "downgrade c:b"), "revision c was edited after it was applied").await;
    db.run(&["UPDATE rungs_ledger SET state = 'applying' WHERE revision = 'a'"]).await;
    stops(&db, &script(&project, "upgrade b:o"), "another revision is half done").await;
});

on_every_engine_twice!(a_script_that_breaks_off_leaves_what_a_run_leaves, |online, offline| async move {
    let project = project(&online);
    revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    write(
        &project,
        "b",
        &parents("\"a\""),
        "\nCREATE TABLE b (id INT);\nINSERT INTO b VALUES (1);\nINSERT INTO nowhere VALUES (1);\nSELECT 1;",
        "\n",
    );
    write(
        &project,
        "c",
        &parents("\"a\""),
        " transaction:false\nCREATE TABLE c (id INT);\nINSERT INTO c VALUES (1);\nINSERT INTO nowhere VALUES (1);\nSELECT 1;",
        "\n",
    );
    for target in ["b", "c"] {
        let online_script = script(&project, &format!("upgrade {target}"));
        project.run(&format!("upgrade {target}")).code(2);
        // What a script cannot tell any more is that it failed.
        online.run(&["DELETE FROM rungs_log WHERE outcome = 'failed'"]).await;
        let ran = client(&offline, &online_script);
        assert_ne!(ran.code, 0, "{online_script}");
        assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
        assert_same_state(&state(&online).await, &state(&offline).await, &online_script);
        for db in [&online, &offline] {
            let project = self::project(db);
            revision(&project, "a", "", "CREATE TABLE a (id INT);", "DROP TABLE a;");
            let tables = crate::apply_support::tables(db).await;
            let drops: Vec<String> = tables.iter().map(|table| format!("DROP TABLE {table}")).collect();
            db.run(
                &drops
                    .iter()
                    .map(String::as_str)
                    .chain(["DROP TABLE rungs_ledger", "DROP TABLE rungs_log"])
                    .collect::<Vec<_>>(),
            )
            .await;
        }
    }
});

/// A server that has both sections has one of them in its script, and the other engine stops at it.
#[test]
fn a_script_for_mysql_knows_which_server_it_is_for() {
    play(Engine::Mysql, |db| async move {
        let project = project(&db);
        let sections = "-- migrate:up dialect:mysql\nCREATE TABLE m (id INT);\n-- migrate:up dialect:mariadb\nCREATE TABLE f (id INT);\n-- migrate:down\n";
        project
            .write("migrations/a.sql", &format!("-- a\n--\n-- revision = \"a\"\n-- down_revision = []\n\n{sections}"));
        let is_mariadb = db.rows("SELECT version()").await[0][0].contains("MariaDB");
        let (right, wrong) = if is_mariadb { ("mariadb", "mysql") } else { ("mysql", "mariadb") };
        let wrong = script(&project, &format!("upgrade heads --dialect {wrong}"));
        let ran = client(&db, &wrong);
        assert_ne!(ran.code, 0);
        assert!(ran.stderr.contains("choose the other with --dialect"), "{}", ran.stderr);
        client(&db, &script(&project, &format!("upgrade heads --dialect {right}"))).ok();
        let expected = if is_mariadb { "f" } else { "m" };
        assert_eq!(crate::apply_support::tables(&db).await, [expected]);
    });
}

#[test]
fn a_script_on_sqlite_breaks_no_foreign_keys() {
    play(Engine::Sqlite, |db| async move {
        db.run(&[
            "PRAGMA foreign_keys = OFF",
            "CREATE TABLE p (id INTEGER PRIMARY KEY)",
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE)",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (7, 1), (8, 99)",
        ])
        .await;
        let project = project(&db);
        let rebuild = "CREATE TABLE n (id INTEGER PRIMARY KEY, x INT);\nINSERT INTO n (id) SELECT id FROM p;\n\
                       DROP TABLE p;\nALTER TABLE n RENAME TO p;";
        revision(&project, "a", "", rebuild, "");
        revision(&project, "b", "\"a\"", "PRAGMA ignore_check_constraints = ON;\nDELETE FROM p;", "");
        let ran = client(&db, &script(&project, "upgrade heads"));
        assert_ne!(ran.code, 0);
        assert!(ran.stderr.contains("CHECK constraint failed: revision b breaks foreign keys"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "table c, row 7: no such row in p\n");
        assert_eq!(db.rows("SELECT id, p FROM c ORDER BY id").await, [["7", "1"], ["8", "99"]]);
        assert_eq!(db.rows("SELECT revision FROM rungs_ledger").await, [["a"]]);
    });
}

#[test]
fn a_script_on_sqlite_loses_nothing_with_an_old_table() {
    play(Engine::Sqlite, |db| async move {
        let project = project(&db);
        let rebuild = "CREATE TABLE n (id INTEGER PRIMARY KEY, \"full name\" TEXT);\nINSERT INTO n (id) SELECT id FROM p;\n\
                       DROP TABLE p;\nALTER TABLE n RENAME TO p;\n";
        let unseen = |project: &Project, more: &str| {
            revision(project, "a", "", &format!("{rebuild}{more}"), "");
            script(project, "upgrade heads")
        };
        db.run(&[
            "CREATE TABLE p (id INTEGER PRIMARY KEY, \"full name\" TEXT, late INT)",
            "CREATE INDEX \"ix late\" ON p (late)",
        ])
        .await;
        let ran = client(&db, &unseen(&project, ""));
        assert!(ran.stderr.contains("table p has what revision a does not know, and would lose it"), "{}", ran.stderr);
        assert_eq!(ran.stdout, "column late\nindex ix late\n");
        let ran = client(&db, &unseen(&project, "-- without late\n"));
        assert_eq!(ran.stdout, "index ix late\n");
        assert_ne!(ran.code, 0);
        client(&db, &unseen(&project, "-- without late and its \"ix late\"\n")).ok();
        assert_eq!(db.rows("SELECT count(*) FROM pragma_table_info('p')").await, [["2"]]);
    });
}

#[test]
fn a_script_has_the_limits_that_somebody_has_said() {
    let script = |url: &str, line: &str| {
        let project = Project::with_models(url, "");
        let text = "-- a\n--\n-- revision = \"a\"\n-- down_revision = []\n\n-- migrate:up lock_timeout:3s\nCREATE TABLE a (id INT);\n-- migrate:down\nDROP TABLE a;\n";
        project.write("migrations/a.sql", text);
        self::script(&project, line)
    };
    let up = script("postgres://h/x", "upgrade heads");
    let reset = up.find("RESET ALL").expect("it ends with the revision");
    assert!(up.find("SET lock_timeout = 3000;").is_some_and(|at| at < reset), "{up}");
    let down = script("postgres://h/x", "downgrade heads:base");
    assert!(!down.contains("_timeout"), "nobody has said anything: {down}");
    let down = script("postgres://h/x", "downgrade heads:base --lock-timeout 2s --statement-timeout 1min");
    assert!(down.contains("SET lock_timeout = 2000;\nSET statement_timeout = 60000;\n"), "{down}");
    let up = script("mysql://h/x", "upgrade heads");
    assert!(up.contains("SET SESSION lock_wait_timeout = 3, SESSION innodb_lock_wait_timeout = 3;"), "{up}");
    assert!(up.contains("SESSION lock_wait_timeout = @rungs_lock_wait_timeout"), "{up}");
    assert!(!script("sqlite://x.db", "upgrade heads --lock-timeout 2s").contains("_timeout"));
}
