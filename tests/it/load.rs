//! `-- migrate:load`: rows of a file go into a table, all of them or none.

use crate::bad_input::refuses;
use crate::command::Project;
use crate::data_support::{ledger, one, project, revision};
use crate::harness::{Engine, TestDb, play};
use crate::kill_support::kill_at;
use crate::on_every_engine;

const TABLE: &str = "CREATE TABLE cities (name VARCHAR(40) PRIMARY KEY, country VARCHAR(2) NOT NULL, people INT)";

fn load(options: &str) -> String {
    format!("\n-- migrate:load {options}\n")
}

async fn cities(db: &TestDb) -> Vec<String> {
    db.rows("SELECT name, country, people FROM cities ORDER BY name")
        .await
        .into_iter()
        .map(|row| row.join(" "))
        .collect()
}

/// Demands that an upgrade fails, says so, and leaves neither row nor mark.
async fn fails(db: &TestDb, project: &Project, says: &str) {
    let before = cities(db).await;
    let failed = project.run("upgrade heads").code(2);
    let flat = failed.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(says), "lacks: {says}\n{}", failed.stderr);
    assert_eq!(cities(db).await, before, "{}", failed.stderr);
    let applied = one(db, "SELECT count(*) FROM rungs_ledger").await;
    assert_eq!(applied, "0", "{}", failed.stderr);
}

on_every_engine!(csv_is_loaded_whatever_stands_in_it, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    let text = "\u{feff}country,people,name\r\nAT,2000000,Wien\r\nDE,,\"Köln, am \"\"Rhein\"\"\"\r\n\r\nFR,3,\"two\nlines\\n\t'; DROP\"\r\nXX,0,null\r\n";
    project.write("migrations/data/cities.csv", text);
    revision(&project, "a", "", &load("file:data/cities.csv table:cities key:name mode:insert"), "");
    project.run("upgrade heads").ok();
    let rows = db.rows("SELECT name, country, people FROM cities ORDER BY country").await;
    assert_eq!(
        rows,
        [
            ["Wien", "AT", "2000000"],
            ["Köln, am \"Rhein\"", "DE", "NULL"],
            ["two\nlines\\n\t'; DROP", "FR", "3"],
            ["null", "XX", "0"],
        ]
    );
    assert_eq!(ledger(&db).await, ["a applied 1 1"]);
});

on_every_engine!(tsv_and_json_lines_are_loaded, |db| async move {
    db.run(&[TABLE, "CREATE TABLE things (id INT PRIMARY KEY, exact DECIMAL(20, 10), yes BOOLEAN, text VARCHAR(99))"])
        .await;
    let project = project(&db);
    project.write("migrations/cities.tsv", "name\tcountry\tpeople\nWien\tAT\t\\N\nGraz\tAT\t3\n\tAT\t4\n");
    let lines = "{\"id\": 1, \"exact\": 1234567890.0123456789, \"yes\": true, \"text\": \"a\\u00e4\\n\\\"\"}\n\n\
                 {\"text\": {\"a\": [1, 2]}, \"yes\": false, \"id\": 2, \"exact\": null}\n";
    project.write("migrations/things.jsonl", lines);
    let up = format!(
        "{}-- migrate:load file:things.jsonl table:things key:id mode:upsert\nUPDATE cities SET people = 5 WHERE people IS NULL;",
        load("file:cities.tsv table:cities key:name mode:insert null:\\N")
    );
    revision(
        &project,
        "a",
        "",
        &up,
        "\nDELETE FROM things;\n-- migrate:load file:cities.tsv table:cities key:name mode:update null:\\N",
    );
    project.run("upgrade heads").ok();
    assert_eq!(cities(&db).await, [" AT 4", "Graz AT 3", "Wien AT 5"]);
    let rows = db.rows("SELECT id, exact, yes, text FROM things ORDER BY id").await;
    let (yes, no) = if db.engine == Engine::Postgres { ("t", "f") } else { ("1", "0") };
    // SQLite keeps such a number in a float.
    let exact = if db.engine == Engine::Sqlite { rows[0][1].as_str() } else { "1234567890.0123456789" };
    assert_eq!(rows[0], ["1", exact, yes, "aä\n\""]);
    assert_eq!(rows[1], ["2", "NULL", no, "{\"a\": [1, 2]}"]);
    project.run("downgrade base").ok();
    assert_eq!(cities(&db).await, [" AT 4", "Graz AT 3", "Wien AT NULL"]);
});

on_every_engine!(what_is_there_is_left_updated_or_demanded, |db| async move {
    db.run(&[TABLE, "INSERT INTO cities VALUES ('Graz', 'XX', 1), ('Linz', 'AT', 2)"]).await;
    let project = project(&db);
    project.write("migrations/cities.csv", "name,country\nGraz,AT\nWien,AT\n");
    let marker = |mode: &str| load(&format!("file:cities.csv table:cities key:name mode:{mode}"));
    revision(&project, "a", "", &marker("update"), "");
    fails(&db, &project, "cities.csv:3: table").await;
    revision(&project, "a", "", &marker("insert"), &marker("upsert"));
    project.run("upgrade heads").ok();
    assert_eq!(cities(&db).await, ["Graz XX 1", "Linz AT 2", "Wien AT NULL"]);
    project.run("downgrade base").ok();
    assert_eq!(cities(&db).await, ["Graz AT 1", "Linz AT 2", "Wien AT NULL"]);
    // All keys are there now, so that update has nothing to miss; and loading again changes nothing.
    revision(&project, "a", "", &marker("update"), &marker("insert"));
    project.run("upgrade heads").ok();
    project.run("downgrade base").ok();
    assert_eq!(cities(&db).await, ["Graz AT 1", "Linz AT 2", "Wien AT NULL"]);
});

on_every_engine!(a_key_may_be_several_columns_and_need_no_constraint, |db| async move {
    db.run(&["CREATE TABLE cities (name VARCHAR(40), country VARCHAR(2), people INT)"]).await;
    db.run(&["INSERT INTO cities VALUES ('Graz', 'AT', 1), ('Graz', 'XX', 1)"]).await;
    let project = project(&db);
    project.write("migrations/cities.csv", "name,country,people\nGraz,AT,2\nGraz,DE,3\n");
    revision(&project, "a", "", &load("file:cities.csv table:cities key:name,country mode:upsert"), "");
    project.run("upgrade heads").ok();
    let rows = db.rows("SELECT name, country, people FROM cities ORDER BY country").await;
    assert_eq!(rows, [["Graz", "AT", "2"], ["Graz", "DE", "3"], ["Graz", "XX", "1"]]);
});

on_every_engine!(a_bad_row_is_named_with_its_line_and_nothing_stays, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    revision(&project, "a", "", &load("file:c.csv table:cities key:name mode:insert"), "");
    let head = "name,country,people\nWien,AT,1\n\"two\nlines\",AT,2\n";
    let cases = [
        ("Graz,AT\n", "migrations/c.csv:5: it has 2 fields, and the first line has 3"),
        (",AT,3\n", "migrations/c.csv:5: its key `name` is NULL"),
        ("Graz,AT,3\nWien,AT,4\n", "migrations/c.csv:6: "),
        ("Graz,,4\nLinz,AT,4\n", "migrations/c.csv:5: "),
        ("\"Graz,AT,3\nLinz,AT,4\n", "migrations/c.csv:5: "),
    ];
    // Into an empty table, and beside a row, which is another way on PostgreSQL.
    for beside in [false, true] {
        if beside {
            db.run(&["INSERT INTO cities VALUES ('Enns', 'AT', 1)"]).await;
        }
        for (rest, says) in cases {
            project.write("migrations/c.csv", &format!("{head}{rest}"));
            fails(&db, &project, says).await;
        }
        if db.engine != Engine::Sqlite {
            for value in ["many", "99999999999"] {
                project.write("migrations/c.csv", &format!("{head}Graz,AT,{value}\nLinz,AT,4\n"));
                fails(&db, &project, "migrations/c.csv:5: ").await;
            }
            project.write("migrations/c.csv", &format!("{head}Graz,ATX,4\nLinz,AT,4\n"));
            fails(&db, &project, "migrations/c.csv:5: ").await;
        }
    }
    project.write("migrations/c.csv", &format!("{head}Graz,AT,3\n"));
    project.run("upgrade heads").ok();
    assert_eq!(cities(&db).await.len(), 4);
});

on_every_engine!(a_constraint_that_a_row_breaks_is_told_with_its_line, |db| async move {
    db.run(&[
        "CREATE TABLE countries (code VARCHAR(2) PRIMARY KEY)",
        "INSERT INTO countries VALUES ('AT')",
        "CREATE TABLE cities (name VARCHAR(40) PRIMARY KEY, country VARCHAR(2) NOT NULL, people INT CHECK (people > 0), \
         CONSTRAINT fk FOREIGN KEY (country) REFERENCES countries (code), CONSTRAINT uq UNIQUE (people))",
    ])
    .await;
    let project = project(&db);
    revision(&project, "a", "", &load("file:c.csv table:cities key:name mode:upsert"), "");
    for beside in [false, true] {
        if beside {
            db.run(&["INSERT INTO cities VALUES ('Enns', 'AT', 1000)"]).await;
        }
        for bad in ["Graz,AT,-3", "Graz,AT,7"] {
            let mut text = "name,country,people\n".to_owned();
            (1..=40).for_each(|n| text.push_str(&format!("City {n},AT,{n}\n")));
            text.push_str(&format!("{bad}\n"));
            (41..=60).for_each(|n| text.push_str(&format!("City {n},AT,{n}\n")));
            project.write("migrations/c.csv", &text);
            fails(&db, &project, "migrations/c.csv:42: ").await;
            let missing = text.replace(bad, "Graz,XX,99");
            project.write("migrations/c.csv", &missing);
            // On SQLite, foreign keys are looked at when the revision is done.
            let says = if db.engine == Engine::Sqlite {
                "breaks foreign keys: table cities, row"
            } else {
                "migrations/c.csv:42: "
            };
            fails(&db, &project, says).await;
        }
    }
});

on_every_engine!(json_lines_that_are_none_are_told, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    revision(&project, "a", "", &load("file:c.jsonl table:cities key:name mode:insert"), "");
    let good = "{\"name\": \"Wien\", \"country\": \"AT\"}\n\n";
    let cases = [
        ("{\"name\": \"Graz\"", "migrations/c.jsonl:3: EOF while parsing an object"),
        ("[1]", "migrations/c.jsonl:3: "),
        ("{\"name\": \"Graz\"}", "migrations/c.jsonl:3: the object lacks `country`, which the first one has"),
        (
            "{\"name\": \"Graz\", \"country\": \"AT\", \"x\": 1}",
            "migrations/c.jsonl:3: the object has `x`, which the first one lacks",
        ),
        (
            "{\"name\": \"Graz\", \"country\": \"AT\", \"name\": \"G\"}",
            "migrations/c.jsonl:3: the object has a key twice",
        ),
        ("{\"name\": \"Gr\\u0000az\", \"country\": \"AT\"}", "migrations/c.jsonl:3: it has a character NUL"),
    ];
    for (line, says) in cases {
        project.write("migrations/c.jsonl", &format!("{good}{line}\n"));
        fails(&db, &project, says).await;
    }
    project.write("migrations/c.jsonl", "");
    project.run("upgrade heads").ok();
    assert_eq!(cities(&db).await, [""; 0]);
});

on_every_engine!(columns_are_looked_at_first, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    let marker = |options: &str| load(&format!("file:c.csv {options}"));
    project.write("migrations/c.csv", "name,land\nWien,AT\n");
    revision(&project, "a", "", &marker("table:cities key:name mode:insert"), "");
    fails(&db, &project, "has no column `land`; it has name, country, people").await;
    revision(&project, "a", "", &marker("table:towns key:name mode:insert"), "");
    fails(&db, &project, "towns").await;
    project.write("migrations/c.csv", "name,country,name\nWien,AT,Wien\n");
    revision(&project, "a", "", &marker("table:cities key:name mode:insert"), "");
    fails(&db, &project, "migrations/c.csv:1: two columns are called `name`").await;
    project.write("migrations/c.csv", "name,country\nWien,AT\n");
    revision(&project, "a", "", &marker("table:cities key:people mode:insert"), "");
    fails(&db, &project, "`key:people` is none of its columns, which are name, country").await;
    revision(&project, "a", "", &marker("table:cities key:name,country mode:update"), "");
    fails(&db, &project, "beside the key it has no column to update").await;
});

on_every_engine!(what_is_wrong_with_the_marker_is_found_before_anything_runs, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    project.write("secret.csv", "name\nx\n");
    project.write("migrations/c.csv", "name,country\nWien,AT\n");
    let marker = |options: &str| format!("\nCREATE TABLE before_it (id INT);{}", load(options));
    let cases = [
        ("file:none.csv table:cities key:name mode:insert", "cannot read migrations/none.csv"),
        (
            "file:../secret.csv table:cities key:name mode:insert",
            "`file:../secret.csv` leads out of the folder of the revision",
        ),
        ("file:/etc/passwd table:cities key:name mode:insert format:csv", "`file:/etc/passwd` leads out of"),
        (
            "file:linked.csv table:cities key:name mode:insert",
            "migrations/linked.csv is a link that leads out of the folder",
        ),
    ];
    std::os::unix::fs::symlink(project.path().join("secret.csv"), project.path().join("migrations/linked.csv"))
        .unwrap();
    for (options, says) in cases {
        revision(&project, "a", "", &marker(options), "");
        refuses(&project, "upgrade heads", &["migrations/a.sql:8: revision a: ", says]);
        refuses(&project, "check", &["migrations/a.sql:8: revision a: ", says]);
    }
    let read = [
        ("table:cities key:name mode:insert", "`migrate:load` lacks `file:`"),
        ("file:c.csv", "`migrate:load` lacks `table:`"),
        ("file:c.csv table:cities key:name mode:replace", "`mode:replace` is none of insert, upsert and update"),
        ("file:c.csv table:cities key:name mode:insert speed:high", "`migrate:load` has no option `speed`"),
        ("file:c.data table:cities key:name mode:insert", "how c.data is written is not known"),
    ];
    for (options, says) in read {
        revision(&project, "a", "", &marker(options), "");
        refuses(&project, "check", &["migrations/a.sql:8: ", says]);
    }
    revision(
        &project,
        "a",
        "",
        "transaction:false\nBEGIN;\n-- migrate:load file:c.csv table:cities key:name mode:insert\nCOMMIT;",
        "",
    );
    refuses(&project, "upgrade heads", &["a load is a transaction of its own, and stands in one of the file's"]);
});

on_every_engine!(a_file_that_changes_later_edits_no_revision, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    project.write("migrations/c.csv", "name,country\nWien,AT\n");
    let marker = load("file:c.csv table:cities key:name mode:upsert");
    revision(&project, "a", "", &marker, "");
    project.run("upgrade heads").ok();
    project.write("migrations/c.csv", "name,country\nWien,AT\nGraz,AT\n");
    assert!(!project.run("check").stdout.contains("edited"));
    revision(&project, "b", "a", &marker, "");
    let ran = project.run("upgrade heads").ok();
    assert!(!ran.stderr.contains("edited"), "{}", ran.stderr);
    assert_eq!(cities(&db).await, ["Graz AT NULL", "Wien AT NULL"]);
});

on_every_engine!(a_load_runs_once_wherever_the_run_is_killed, |db| async move {
    db.run(&["CREATE TABLE counted (n INT)", "INSERT INTO counted VALUES (0)", TABLE]).await;
    let project = project(&db);
    project.write("migrations/c.csv", "name,country\nWien,AT\nGraz,AT\n");
    let marker = "-- migrate:load file:c.csv table:cities key:name mode:insert";
    let up = format!("transaction:false\nUPDATE counted SET n = n + 1;\n{marker}\nUPDATE counted SET n = n + 1;");
    revision(&project, "a", "", &up, "");
    let into = if db.engine == Engine::Postgres { "COPY ends" } else { "INSERT INTO" };
    kill_at(&project, "upgrade heads", into);
    kill_at(&project, "upgrade heads", "SAVEPOINT rungs_load");
    kill_at(&project, "upgrade heads", "statements_done = 3,");
    project.run("upgrade heads").ok();
    assert_eq!(one(&db, "SELECT n FROM counted").await, "2");
    assert_eq!(cities(&db).await, ["Graz AT NULL", "Wien AT NULL"]);
    assert_eq!(ledger(&db).await, ["a applied 3 3"]);
});

on_every_engine!(a_dry_run_shows_it_and_executes_it, |db| async move {
    db.run(&[TABLE]).await;
    let project = project(&db);
    project.write("migrations/c.csv", "name,country\nWien,AT\n");
    revision(&project, "a", "", &load("file:c.csv table:cities key:name mode:insert"), "");
    let shown = project.run("upgrade heads --dry-run").ok();
    assert!(
        shown.stdout.contains("    -- migrate:load file:c.csv table:cities key:name mode:insert\n"),
        "{}",
        shown.stdout
    );
    if db.engine != Engine::Mysql {
        let ran = project.run("upgrade heads --dry-run=execute").ok();
        assert!(ran.stdout.contains("applied and rolled back a"), "{}", ran.stdout);
        project.write("migrations/c.csv", "name,country\nWien,\n");
        let failed = project.run("upgrade heads --dry-run=execute").code(2);
        assert!(failed.stderr.contains("migrations/c.csv:2: "), "{}", failed.stderr);
    }
    assert_eq!(cities(&db).await, [""; 0]);
});

on_every_engine!(many_rows_come_in_many_statements, |db| async move {
    db.run(&["CREATE TABLE many (id INT PRIMARY KEY, text VARCHAR(2000))"]).await;
    let project = project(&db);
    let mut text = "id,text\n".to_owned();
    for id in 0..5_000 {
        text.push_str(&format!("{id},{}\n", "ä'\\".repeat(id % 300)));
    }
    project.write("migrations/many.csv", &text);
    revision(&project, "a", "", &load("file:many.csv table:many key:id mode:insert null:-"), "");
    project.run("upgrade heads").ok();
    assert_eq!(one(&db, "SELECT count(*) FROM many").await, "5000");
    assert_eq!(one(&db, "SELECT text FROM many WHERE id = 4502").await, "ä'\\ä'\\");
    assert_eq!(one(&db, "SELECT text FROM many WHERE id = 300").await, "");
    // The bad one is found in the middle of a statement.
    db.run(&["DELETE FROM many"]).await;
    project.write("migrations/many.csv", &text.replace("\n4000,", "\n3999,"));
    revision(&project, "b", "a", &load("file:many.csv table:many key:id mode:insert null:-"), "");
    let failed = project.run("upgrade heads").code(2);
    assert!(failed.stderr.contains("migrations/many.csv:4002: "), "{}", failed.stderr);
    assert_eq!(one(&db, "SELECT count(*) FROM many").await, "0");
});

/// What a file has set in the session changes no value.
#[test]
fn mysql_values_survive_the_settings_of_the_session() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id INT PRIMARY KEY, x VARCHAR(40) CHARACTER SET utf8mb4)"]).await;
        let project = project(&db);
        project.write("migrations/t.csv", "id,x\n1,ä\\n'\n");
        let up = "\nSET sql_mode = 'NO_BACKSLASH_ESCAPES', NAMES latin1;\n-- migrate:load file:t.csv table:t key:id mode:insert";
        revision(&project, "a", "", up, "");
        project.run("upgrade heads").ok();
        assert_eq!(one(&db, "SELECT hex(x) FROM t").await, "C3A45C6E27");
    });
}

#[test]
fn rows_that_cannot_be_taken_back_are_refused() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (id INT, x INT) ENGINE = MyISAM"]).await;
        let project = project(&db);
        project.write("migrations/t.csv", "id,x\n1,1\n");
        revision(&project, "a", "", &load("file:t.csv table:t key:id mode:insert"), "");
        let failed = project.run("upgrade heads").code(2);
        assert!(failed.stderr.contains("table t takes no part in transactions"), "{}", failed.stderr);
        assert_eq!(one(&db, "SELECT count(*) FROM t").await, "0");
    });
}

#[test]
fn postgres_loads_what_only_copy_and_schemas_have() {
    play(Engine::Postgres, |db| async move {
        db.run(&[
            "CREATE SCHEMA \"Geo\"",
            "CREATE TABLE \"Geo\".c (id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tags TEXT[], j JSONB, d DATE)",
        ])
        .await;
        let project = project(&db);
        project.write("migrations/c.csv", "id,tags,j,d\n7,\"{a,\"\"b c\"\"}\",\"{\"\"x\"\": 1}\",2026-11-21\n");
        let marker = |mode: &str| load(&format!("file:c.csv table:Geo.c key:id mode:{mode}"));
        revision(&project, "a", "", &marker("insert"), "");
        project.run("upgrade heads").ok();
        project.write("migrations/c.csv", "id,tags,j,d\n7,{},[],2026-11-22\n8,,,\n");
        revision(&project, "b", "a", &marker("upsert"), "");
        project.run("upgrade heads").ok();
        let rows = db.rows("SELECT id, tags, j, d FROM \"Geo\".c ORDER BY id").await;
        assert_eq!(rows, [["7", "{}", "[]", "2026-11-22"], ["8", "NULL", "NULL", "NULL"]]);
    });
}

static WITH_DATA: rungs::Embedded = rungs::embed!("tests/it/embedded_data");

on_every_engine!(a_program_carries_the_files_of_its_loads, |db| async move {
    rungs::Migrator::new(&WITH_DATA).unwrap().upgrade(&db.url, "heads").await.unwrap();
    assert_eq!(cities(&db).await, ["Wien AT NULL"]);
    // On a machine that has none of the files.
    let texts: Vec<(&'static str, &'static str)> =
        WITH_DATA.files().iter().map(|(_, text)| ("nowhere/1_cities.sql", *text)).collect();
    let elsewhere = rungs::Embedded::new("/nowhere", &["nowhere"], texts.leak())
        .with_data(&[("nowhere/data/cities.csv", b"name,country\nGraz,AT\n")]);
    rungs::Migrator::new(&elsewhere).unwrap().downgrade(&db.url, "base").await.unwrap();
    rungs::Migrator::new(&elsewhere).unwrap().upgrade(&db.url, "heads").await.unwrap();
    assert_eq!(cities(&db).await, ["Graz AT NULL"]);
});
