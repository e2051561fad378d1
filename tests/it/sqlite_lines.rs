//! SQLite: a rebuild on one line of revisions, and what another line adds to the same table. Either all of it is there
//! afterwards, or the command has refused and nothing has changed.

use crate::bad_input::revision;
use crate::command::Project;
use crate::harness::{Engine, TestDb, play};

const REBUILD: &str = "CREATE TABLE \"t__new\" (id INTEGER PRIMARY KEY, note TEXT NOT NULL);\n\
    INSERT INTO \"t__new\" (id, note) SELECT id, coalesce(note, '') FROM t;\n\
    DROP TABLE t;\n\
    ALTER TABLE \"t__new\" RENAME TO t;";
const BACK: &str = "CREATE TABLE \"t__new\" (id INTEGER PRIMARY KEY, note TEXT);\n\
    INSERT INTO \"t__new\" (id, note) SELECT id, note FROM t;\n\
    DROP TABLE t;\n\
    ALTER TABLE \"t__new\" RENAME TO t;";

/// What the other line adds, what takes it away, and how it is told.
const ADDED: [(&str, &str, &str); 3] = [
    (
        "ALTER TABLE t ADD COLUMN nickname TEXT; UPDATE t SET nickname = 'Bo';",
        "ALTER TABLE t DROP COLUMN nickname;",
        "column nickname",
    ),
    ("CREATE INDEX ix_other ON t (note);", "DROP INDEX ix_other;", "index ix_other"),
    (
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET note = 'seen' WHERE id = NEW.id; END;",
        "DROP TRIGGER tr;",
        "trigger tr",
    ),
];

/// `a` makes the table; `added` and `rebuilt` both stand on it, and know nothing of each other.
async fn two_lines(db: &TestDb, added: (&str, &str), rebuild: &str, back: &str) -> Project {
    let project = Project::with_models(db.url_text(), "");
    revision(&project, "a", "", "CREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT);", "DROP TABLE t;");
    revision(&project, "added", "\"a\"", added.0, added.1);
    revision(&project, "rebuilt", "\"a\"", rebuild, back);
    project.run("upgrade a").ok();
    db.run(&["INSERT INTO t VALUES (1, 'x')"]).await;
    project
}

fn label(project: &Project, id: &str, label: &str) {
    let path = format!("migrations/{id}.sql");
    let text = std::fs::read_to_string(project.path().join(&path)).unwrap();
    let marker = format!("-- revision = \"{id}\"\n");
    project.write(&path, &text.replace(&marker, &format!("{marker}-- branch_labels = [\"{label}\"]\n")));
}

async fn everything(db: &TestDb) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let schema = db.rows("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'rungs%' ORDER BY 1, 2").await;
    (schema, db.rows("SELECT * FROM t").await)
}

#[test]
fn a_rebuild_refuses_to_lose_what_another_line_added() {
    for (up, down, what) in ADDED {
        play(Engine::Sqlite, |db| async move {
            let project = two_lines(&db, (up, down), REBUILD, BACK).await;
            project.run("upgrade added").ok();
            let before = everything(&db).await;
            project.run("upgrade rebuilt").code(2).complains(what).complains("rebuilt.sql:9");
            assert_eq!(everything(&db).await, before);
            project.run("upgrade heads").code(2).complains(what);
            assert_eq!(everything(&db).await, before);
            assert!(project.run("current").ok().stdout.contains("added"));
        });
    }
}

#[test]
fn both_lines_in_one_run_lose_nothing_either() {
    for (up, down, what) in ADDED {
        play(Engine::Sqlite, |db| async move {
            let project = two_lines(&db, (up, down), REBUILD, BACK).await;
            let ran = project.run("upgrade heads");
            let (schema, rows) = everything(&db).await;
            let name = what.split(' ').next_back().unwrap_or_default();
            let added = schema.iter().flatten().any(|text| text.contains(name));
            assert!(added, "{schema:?}\n{}", ran.stderr);
            assert_eq!(rows[0][..2], ["1", "x"]);
        });
    }
}

#[test]
fn the_other_order_works_there_but_not_back_over_what_was_added() {
    for (up, down, what) in ADDED {
        play(Engine::Sqlite, |db| async move {
            let project = two_lines(&db, (up, down), REBUILD, BACK).await;
            let start = everything(&db).await;
            project.run("upgrade rebuilt").ok();
            project.run("upgrade added").ok();
            let both = everything(&db).await;
            label(&project, "rebuilt", "again");
            label(&project, "added", "plus");
            project.run("downgrade again@-1").code(2).complains(what);
            assert_eq!(everything(&db).await, both);
            project.run("downgrade plus@-1").ok();
            project.run("downgrade again@-1").ok();
            assert_eq!(everything(&db).await.1, start.1);
        });
    }
}

#[test]
fn both_lines_go_back_in_the_reverse_order_of_their_application() {
    for (up, down, what) in ADDED {
        for order in [["rebuilt", "added"], ["added", "rebuilt"]] {
            play(Engine::Sqlite, |db| async move {
                let keeping = REBUILD.replacen("DROP TABLE t;", &format!("-- without {what}\nDROP TABLE t;"), 1);
                let rebuild = if order[0] == "rebuilt" { REBUILD } else { &keeping };
                let project = two_lines(&db, (up, if order[0] == "rebuilt" { down } else { "" }), rebuild, BACK).await;
                let start = everything(&db).await;
                for id in order {
                    project.run(&format!("upgrade {id}")).ok();
                }
                let ran = project.run("--format json downgrade a").ok();
                let [first, second] = [order[1], order[0]].map(|id| ran.stdout.find(&format!("\"{id}\"")).unwrap());
                assert!(first < second, "{}", ran.stdout);
                assert_eq!(everything(&db).await.1, start.1);
            });
        }
    }
}

#[test]
fn what_the_file_names_may_go() {
    play(Engine::Sqlite, |db| async move {
        let (up, down, _) = ADDED[0];
        let knowing = REBUILD.replacen("DROP TABLE t;", "-- without nickname\nDROP TABLE t;", 1);
        let project = two_lines(&db, (up, down), &knowing, BACK).await;
        project.run("upgrade added").ok();
        project.run("upgrade rebuilt").ok();
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "x"]]);
    });
}

#[test]
fn the_old_table_may_also_step_aside_first() {
    play(Engine::Sqlite, |db| async move {
        let (up, down, what) = ADDED[0];
        let rebuild = "ALTER TABLE t RENAME TO old;\nCREATE TABLE t (id INTEGER PRIMARY KEY, note TEXT NOT NULL);\n\
            INSERT INTO t SELECT id, note FROM old;\nDROP TABLE old;";
        let project = two_lines(&db, (up, down), rebuild, BACK).await;
        project.run("upgrade added").ok();
        project.run("upgrade rebuilt").code(2).complains(what);
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "x", "Bo"]]);
    });
}

#[test]
fn outside_a_transaction_the_old_table_stays_too() {
    play(Engine::Sqlite, |db| async move {
        let (up, down, what) = ADDED[0];
        let project = two_lines(&db, (up, down), REBUILD, BACK).await;
        let path = "migrations/rebuilt.sql";
        let text = std::fs::read_to_string(project.path().join(path)).unwrap();
        let text = text.replace("-- migrate:up\n", "-- migrate:up transaction:false\nPRAGMA foreign_keys = OFF;\n");
        project.write(path, &text);
        project.run("upgrade added").ok();
        project.run("upgrade rebuilt").code(2).complains(what);
        assert_eq!(db.rows("SELECT * FROM t").await, [["1", "x", "Bo"]]);
    });
}
