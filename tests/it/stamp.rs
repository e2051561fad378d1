//! `migrate stamp` and `migrate ensure-version`: the ledger says another thing, and the database stays as it is.

use serde_json::{Value, json};

use rungs::apply::{self, Options, Stamp};
use rungs::revision::Target;

use crate::apply_support::{file, history, ledger, log, tables};
use crate::bad_input::{USERS, project, refuses, revision};
use crate::command::Project;
use crate::harness::{Engine, TestDb};
use crate::on_every_engine;

/// `+a -b`: what a run did.
fn steps(value: &Value) -> String {
    let signs = value["steps"].as_array().expect("a list").iter().map(|step| {
        assert!(step["duration_ms"].is_u64(), "{step}");
        let sign = if step["direction"] == "up" { '+' } else { '-' };
        format!("{sign}{}", step["revision"].as_str().expect("an id"))
    });
    signs.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn stamp(project: &Project, line: &str) -> (String, Value) {
    let value = project.run(&format!("stamp {line} --format json")).ok().json();
    assert_eq!(value.as_object().map(|fields| fields.keys().cloned().collect::<Vec<_>>()).unwrap(), ["steps", "heads"]);
    (steps(&value), value["heads"].clone())
}

fn table(project: &Project, id: &str, parents: &str) {
    revision(project, id, parents, &format!("CREATE TABLE {id} (id INT);"), &format!("DROP TABLE {id};"));
}

fn labelled(project: &Project, id: &str, header: &str) {
    let text = format!(
        "-- About {id}\n--\n-- revision = \"{id}\"\n{header}\n-- migrate:up\nCREATE TABLE {id} (id INT);\n-- migrate:down\nDROP TABLE {id};\n"
    );
    project.write(&format!("migrations/{id}.sql"), &text);
}

/// a - b - c
fn line(db: &TestDb) -> Project {
    let project = Project::with_models(db.url_text(), USERS);
    table(&project, "a", "");
    table(&project, "b", "\"a\"");
    table(&project, "c", "\"b\"");
    project
}

/// a - b (@one)
/// x - y (@two), y depends on a
fn two_lines(db: &TestDb) -> Project {
    let project = Project::with_models(db.url_text(), USERS);
    labelled(&project, "a", "-- branch_labels = [\"one\"]\n");
    labelled(&project, "b", "-- down_revision = [\"a\"]\n");
    labelled(&project, "x", "-- branch_labels = [\"two\"]\n");
    labelled(&project, "y", "-- down_revision = [\"x\"]\n-- depends_on = [\"a\"]\n");
    project
}

on_every_engine!(rows_come_and_go_and_nothing_runs, |db| async move {
    let project = line(&db);
    assert_eq!(stamp(&project, "b"), ("+a +b".to_owned(), json!(["b"])));
    assert_eq!(ledger(&db).await, [["a", "applied", "0", "0"], ["b", "applied", "0", "0"]]);
    assert_eq!(stamp(&project, "b"), (String::new(), json!(["b"])), "twice changes nothing");
    assert_eq!(stamp(&project, "-1"), ("-b".to_owned(), json!(["a"])));
    assert_eq!(stamp(&project, "+2"), ("+b +c".to_owned(), json!(["c"])));
    assert_eq!(stamp(&project, "base"), ("-c -b -a".to_owned(), json!([])));
    assert_eq!(stamp(&project, "heads"), ("+a +b +c".to_owned(), json!(["c"])));
    assert_eq!(tables(&db).await, [""; 0]);
    assert_eq!(log(&db).await[..3], [["a", "up", "stamped"], ["b", "up", "stamped"], ["b", "down", "stamped"]]);
    assert_eq!(log(&db).await.len(), 11);
    project.run("upgrade heads").ok().says("nothing to do: the database is at c");
    let ran = project.run("stamp a").ok().says("the database is at a");
    ran.complains("marked as not applied: c About c\nmarked as not applied: b About b\n");
    project.run("stamp a").ok().says("nothing to do: the database is at a");
    project.run("upgrade heads").ok();
    assert_eq!(tables(&db).await, ["b", "c"], "what was stamped is not run");
});

on_every_engine!(lines_are_stamped_apart, |db| async move {
    let project = two_lines(&db);
    assert_eq!(stamp(&project, "two@head"), ("+a +x +y".to_owned(), json!(["a", "y"])));
    assert_eq!(stamp(&project, "one@head"), ("+b".to_owned(), json!(["b", "y"])));
    assert_eq!(stamp(&project, "two@-1"), ("-y".to_owned(), json!(["b", "x"])));
    assert_eq!(stamp(&project, "two@base"), ("-x".to_owned(), json!(["b"])));
    assert_eq!(stamp(&project, "a y"), ("-b +x +y".to_owned(), json!(["a", "y"])));
    assert_eq!(stamp(&project, "heads"), ("+b".to_owned(), json!(["b", "y"])));
    assert_eq!(stamp(&project, "one@base"), ("-y -b -a".to_owned(), json!(["x"])));
    let before = ledger(&db).await;
    let value = refuses(&project, "stamp a b", &["`a` and `b` overlap: b stands on a", "name one of them"]);
    assert_eq!(value["error"]["code"], "target::overlapping");
    refuses(&project, "stamp x x", &["both are revision x"]);
    refuses(&project, "stamp x nosuch", &["no revision or branch label is called `nosuch`"]);
    refuses(&project, "stamp -1 head", &["is ambiguous", "one@head"]);
    refuses(&project, "stamp one@-1 a:b", &["is not a target"]);
    assert_eq!(ledger(&db).await, before);
    project.run("stamp").code(2).complains("TARGET");
    project.run("stamp base --purge --accept-edits").code(2).complains("cannot be used with");
});

on_every_engine!(an_id_without_a_file_blocks_nothing, |db| async move {
    let project = line(&db);
    project.run("stamp b").ok();
    std::fs::remove_file(project.path().join("migrations/b.sql")).expect("removed");
    std::fs::remove_file(project.path().join("migrations/c.sql")).expect("removed");
    labelled(&project, "x", "");
    let ran = project.run("stamp x --format json").ok();
    assert_eq!(steps(&ran.json()), "+x");
    let ran = ran.complains("warning: no file describes b (About b), applied at 2");
    ran.complains("its row stays in the ledger; `--purge` takes it out");
    let help = "`migrate stamp a x --purge` writes the ledger anew without them";
    refuses(&project, "stamp b", &["no file describes: b (About b), applied at 2", help]);
    let ran = project.run("stamp base --format json").ok();
    assert_eq!((steps(&ran.json()), &ran.json()["heads"]), ("-x -a".to_owned(), &json!(["b"])));
    ran.complains("no file describes b (About b)");
    assert_eq!(ledger(&db).await, [["b", "applied", "0", "0"]]);
    let ran = project.run("stamp a --purge --format json").ok();
    assert_eq!((steps(&ran.json()), &ran.json()["heads"]), ("-b +a".to_owned(), &json!(["a"])));
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert_eq!(stamp(&project, "heads --purge"), ("-a +a +x".to_owned(), json!(["a", "x"])), "written anew");
    // Nor does a row that cannot be read.
    db.run(&["UPDATE rungs_ledger SET state = 'later' WHERE revision = 'a'"]).await;
    refuses(&project, "stamp heads", &["the ledger's row for revision a cannot be read"]);
    assert_eq!(stamp(&project, "base --purge"), ("-x -a".to_owned(), json!([])));
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
});

/// Lets the log refuse the row of one revision, so that a stamp fails when most of it is written.
async fn refuse_in_the_log(db: &TestDb, id: &str) {
    match db.engine {
        Engine::Sqlite => {
            let sql = format!(
                "CREATE TRIGGER no BEFORE INSERT ON rungs_log WHEN NEW.revision = '{id}' BEGIN SELECT RAISE(ABORT, 'not this one'); END"
            );
            db.run(&[&sql]).await;
        }
        Engine::Postgres => {
            let function = format!(
                "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.revision = ''{id}'' THEN RAISE ''not this one''; END IF; RETURN NEW; END'"
            );
            let trigger = "CREATE TRIGGER no BEFORE INSERT ON rungs_log FOR EACH ROW EXECUTE FUNCTION no()";
            db.run(&[&function, trigger]).await;
        }
        Engine::Mysql => {
            let sql = format!(
                "CREATE TRIGGER no BEFORE INSERT ON rungs_log FOR EACH ROW BEGIN IF NEW.revision = '{id}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF; END"
            );
            db.run(&[&sql]).await;
        }
    }
}

on_every_engine!(all_rows_or_none, |db| async move {
    let project = line(&db);
    project.run("stamp b").ok();
    refuse_in_the_log(&db, "c").await;
    let (rows, logged) = (ledger(&db).await, log(&db).await);
    for line in ["stamp c", "stamp c --purge"] {
        project.run(line).code(2).complains("not this one");
        assert_eq!(ledger(&db).await, rows, "{line}");
        assert_eq!(log(&db).await, logged, "{line}");
    }
    project.run("stamp a").ok();
});

on_every_engine!(runners_that_stamp_at_once_wait_for_each_other, |db| async move {
    let project = line(&db);
    let started: Vec<_> = ["heads", "base", "b", "heads", "base --purge", "b"]
        .map(|target| project.start(&format!("stamp {target} --lock-wait 30")))
        .into();
    for run in started {
        run.finish().ok();
    }
    let rows = ledger(&db).await.len();
    assert!([0, 2, 3].contains(&rows), "{rows}");
    assert_eq!(stamp(&project, "heads").1, json!(["c"]));
    assert_eq!(ledger(&db).await.len(), 3);
});

on_every_engine!(a_stamp_waits_a_bounded_time_for_a_runner, |db| async move {
    let project = Project::with_models(db.url_text(), USERS);
    let mut holder = db.connect().await;
    let mut running = None;
    match db.engine {
        Engine::Sqlite => {
            holder.execute("BEGIN IMMEDIATE").await.unwrap();
            revision(&project, "a", "", "", "");
        }
        Engine::Postgres => revision(&project, "a", "", "SELECT pg_sleep(4);", ""),
        Engine::Mysql => revision(&project, "a", "", "DO SLEEP(4);", ""),
    }
    if db.engine != Engine::Sqlite {
        running = Some(project.start("upgrade heads"));
        std::thread::sleep(std::time::Duration::from_millis(1500));
    }
    for line in ["stamp base", "stamp --accept-edits", "ensure-version"] {
        let words = ["another runner is at work", "within 0 s", "--lock-wait"];
        refuses(&project, &format!("{line} --lock-wait 0"), &words);
    }
    if let Some(running) = running {
        running.finish().ok();
        assert_eq!(ledger(&db).await, [["a", "applied", "1", "1"]]);
    }
});

on_every_engine!(a_long_history_is_stamped_in_its_order, |db| async move {
    let files: Vec<_> = (0..450)
        .map(|n| {
            let parent = if n == 0 { String::new() } else { format!("r{:03}", (n - 1) * 7 % 450) };
            file(&format!("r{:03}", n * 7 % 450), &parent, "-- migrate:up\n-- migrate:down\n")
        })
        .collect();
    let h = history(&files);
    let dialect = db.dialect().await;
    let mut connection = db.connect().await;
    let options = Options { runner: "o'brien".to_owned(), ..Options::default() };
    let targets = [Target::heads()];
    let all = Stamp { targets: &targets, purge: false };
    let report = apply::stamp(&mut connection, &*dialect, &h, all, &options, &mut |_| {}).await.unwrap();
    assert_eq!(report.steps.len(), 450);
    let rows = apply::applied(&mut connection, &*dialect).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|row| &row.revision).collect();
    assert_eq!(ids, h.revisions().iter().map(|one| &one.id).collect::<Vec<_>>());
    assert_eq!(db.rows("SELECT DISTINCT runner FROM rungs_log").await, [["o'brien"]]);
    let targets = [Target::base()];
    let none = Stamp { targets: &targets, purge: false };
    apply::stamp(&mut connection, &*dialect, &h, none, &options, &mut |_| {}).await.unwrap();
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
    assert_eq!(log(&db).await.len(), 900);
});

on_every_engine!(the_tables_of_the_ledger_and_nothing_else, |db| async move {
    let project = line(&db);
    project.write("migrations/broken.sql", "no revision");
    assert_eq!(project.run("ensure-version --format json").ok().json(), json!({ "created": true }));
    assert_eq!(project.run("ensure-version --format json").ok().json(), json!({ "created": false }));
    assert_eq!(ledger(&db).await, Vec::<Vec<String>>::new());
    assert_eq!(tables(&db).await, [""; 0]);
    db.run(&["DROP TABLE rungs_log"]).await;
    project.run("ensure-version").ok().says("created the tables of the ledger");
    project.run("ensure-version").ok().says("are there");
    assert_eq!(log(&db).await, Vec::<Vec<String>>::new());
});

#[test]
fn a_missing_sqlite_file_is_created_where_that_comes_to_something() {
    for line in ["stamp heads", "ensure-version", "stamp base"] {
        let project = project(USERS);
        table(&project, "a", "");
        project.write("migrate.toml", "database_url = \"sqlite://deep/app.db\"\nmodels = [\"models.rs\"]\n");
        let folder = project.path().join("deep");
        refuses(&project, "stamp nosuch", &["no revision or branch label"]);
        refuses(&project, "stamp --accept-edits", &["there is no database at"]);
        assert!(!folder.exists());
        project.run(line).ok();
        assert!(folder.join("app.db").exists());
    }
}
