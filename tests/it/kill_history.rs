//! The histories of the kill matrix: whatever a revision may be made of, on each engine. Rows are added without keys and
//! counted up, so that a statement which runs twice, or not at all, shows.

use crate::command::Project;
use crate::harness::{Engine, TestDb};

/// A revision: its id, `transaction:false` or nothing, up, down.
type Entry = (&'static str, bool, &'static str, &'static str);

const SQLITE: &[Entry] = &[
    ("r01", true, "CREATE TABLE t (n INT, kind TEXT);\nINSERT INTO t VALUES (0, 'a');", "DROP TABLE t;"),
    ("r02", true, "UPDATE t SET n = n + 1;\nINSERT INTO t VALUES (100, 'b');", "DELETE FROM t WHERE kind = 'b';"),
    (
        "r03",
        false,
        "CREATE TABLE u (n INT);\nINSERT INTO u VALUES (0);\nUPDATE u SET n = n + 1;\nINSERT INTO u SELECT n FROM t;",
        "DELETE FROM u;\nDROP TABLE u;",
    ),
    (
        "r04",
        true,
        "CREATE TABLE new (n INT NOT NULL, kind TEXT, extra INT);\nINSERT INTO new SELECT n, kind, n FROM t;\n\
         DROP TABLE t;\nALTER TABLE new RENAME TO t;",
        "CREATE TABLE old (n INT, kind TEXT);\nINSERT INTO old SELECT n, kind FROM t;\nDROP TABLE t; -- without extra\n\
         ALTER TABLE old RENAME TO t;",
    ),
    (
        "r05",
        false,
        "BEGIN;\nUPDATE t SET n = n + 1;\nINSERT INTO u VALUES (7);\nCOMMIT;\nUPDATE u SET n = n + 1;",
        "BEGIN;\nDELETE FROM u WHERE n = 8;\nUPDATE t SET n = n - 1;\nCOMMIT;",
    ),
    (
        "r06",
        true,
        "CREATE VIEW v AS SELECT n FROM t;\nCREATE TRIGGER g AFTER INSERT ON u BEGIN UPDATE t SET extra = extra + 1; END;",
        "DROP TRIGGER g;\nDROP VIEW v;",
    ),
    (
        "r07",
        false,
        "PRAGMA recursive_triggers = ON;\nCREATE INDEX ix ON u (n);\nINSERT INTO u VALUES (9);\nVACUUM;\nUPDATE u SET n = n + 1;",
        "DROP INDEX ix;\nDELETE FROM u WHERE n = 10;\nVACUUM;",
    ),
    (
        "r08",
        false,
        "SAVEPOINT s;\nUPDATE t SET n = n + 1;\nRELEASE s;\nINSERT INTO u VALUES (1);",
        "UPDATE t SET n = n - 1;",
    ),
    ("r09", true, "ALTER TABLE t ADD COLUMN more INT DEFAULT 3;", "ALTER TABLE t DROP COLUMN more;"),
    ("r10", true, "", ""),
    ("r11", true, "UPDATE t SET more = more + n;\nDROP INDEX ix;", "CREATE INDEX ix ON u (n);"),
    (
        "r12",
        false,
        "INSERT INTO t (n, kind) VALUES (5, 'c');\nUPDATE t SET n = n + 1 WHERE kind = 'c';",
        "DELETE FROM t WHERE kind = 'c';",
    ),
    (
        "r13",
        false,
        "CREATE TABLE k (n INT, x INT);\nINSERT INTO k VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);\n-- migrate:batch pause:1ms\n\
         UPDATE k SET n = n + 1, x = 1 WHERE rowid IN (SELECT rowid FROM k WHERE x = 0 LIMIT 2);\nUPDATE k SET n = n + 1;",
        "-- migrate:batch\nDELETE FROM k WHERE rowid IN (SELECT rowid FROM k LIMIT 3);\nDROP TABLE k;",
    ),
    (
        "r14",
        false,
        "CREATE TABLE l (id INT PRIMARY KEY, n INT);\n-- migrate:load file:rows.csv table:l key:id mode:insert\n\
         UPDATE l SET n = n + 1;\n-- migrate:load file:more.csv table:l key:id mode:insert",
        "-- migrate:load file:rows.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;\nDROP TABLE l;",
    ),
    (
        "r15",
        true,
        "-- migrate:load file:more.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;",
        "-- migrate:load file:rows.csv table:l key:id mode:update\nUPDATE l SET n = n - 1;",
    ),
];

const POSTGRES: &[Entry] = &[
    ("r01", true, "CREATE TABLE t (n INT, kind TEXT);\nINSERT INTO t VALUES (0, 'a');", "DROP TABLE t;"),
    ("r02", true, "UPDATE t SET n = n + 1;\nINSERT INTO t VALUES (100, 'b');", "DELETE FROM t WHERE kind = 'b';"),
    (
        "r03",
        false,
        "CREATE TABLE u (n INT);\nINSERT INTO u VALUES (0);\nUPDATE u SET n = n + 1;\nALTER TABLE t ADD COLUMN extra INT DEFAULT 0;",
        "ALTER TABLE t DROP COLUMN extra;\nDROP TABLE u;",
    ),
    (
        "r04",
        false,
        "CREATE INDEX CONCURRENTLY ix ON t (n);\nINSERT INTO t VALUES (5, 'c');\nREINDEX INDEX CONCURRENTLY ix;",
        "DELETE FROM t WHERE kind = 'c';\nDROP INDEX CONCURRENTLY ix;",
    ),
    (
        "r05",
        false,
        "BEGIN;\nUPDATE t SET n = n + 1;\nINSERT INTO u VALUES (7);\nCOMMIT;\nUPDATE u SET n = n + 1;",
        "BEGIN;\nDELETE FROM u WHERE n = 8;\nUPDATE t SET n = n - 1;\nCOMMIT;",
    ),
    (
        "r06",
        true,
        "CREATE VIEW v AS SELECT n FROM t;\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET extra = extra + 1; RETURN NEW; END $$;\n\
         CREATE TRIGGER g AFTER INSERT ON u FOR EACH ROW EXECUTE FUNCTION f();",
        "DROP TRIGGER g ON u;\nDROP FUNCTION f();\nDROP VIEW v;",
    ),
    (
        "r07",
        false,
        "CREATE SCHEMA s;\nSET search_path = s, public;\nCREATE TABLE w (n INT);\nINSERT INTO w VALUES (1);\nVACUUM w;\nUPDATE w SET n = n + 1;",
        "DROP TABLE s.w;\nDROP SCHEMA s;",
    ),
    ("r08", false, "DO $$ BEGIN UPDATE t SET n = n + 1; END $$;\nINSERT INTO u VALUES (1);", "UPDATE t SET n = n - 1;"),
    ("r09", true, "ALTER TABLE t ADD COLUMN more INT DEFAULT 3;", "ALTER TABLE t DROP COLUMN more;"),
    ("r10", true, "", ""),
    (
        "r11",
        false,
        "DROP INDEX CONCURRENTLY ix;\nUPDATE t SET more = more + n;",
        "CREATE INDEX CONCURRENTLY ix ON t (n);",
    ),
    (
        "r12",
        false,
        "INSERT INTO t (n, kind) VALUES (5, 'd');\nUPDATE t SET n = n + 1 WHERE kind = 'd';",
        "DELETE FROM t WHERE kind = 'd';",
    ),
    (
        "r13",
        false,
        "CREATE TABLE k (n INT, x INT);\nINSERT INTO k VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);\n-- migrate:batch pause:1ms\n\
         UPDATE k SET n = n + 1, x = 1 WHERE ctid IN (SELECT ctid FROM k WHERE x = 0 LIMIT 2);\nUPDATE k SET n = n + 1;",
        "-- migrate:batch\nDELETE FROM k WHERE ctid IN (SELECT ctid FROM k LIMIT 3);\nDROP TABLE k;",
    ),
    (
        "r14",
        false,
        "CREATE TABLE l (id INT PRIMARY KEY, n INT);\n-- migrate:load file:rows.csv table:l key:id mode:insert\n\
         UPDATE l SET n = n + 1;\n-- migrate:load file:more.csv table:l key:id mode:insert",
        "-- migrate:load file:rows.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;\nDROP TABLE l;",
    ),
    (
        "r15",
        true,
        "-- migrate:load file:more.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;",
        "-- migrate:load file:rows.csv table:l key:id mode:update\nUPDATE l SET n = n - 1;",
    ),
];

const MYSQL: &[Entry] = &[
    ("r01", true, "CREATE TABLE t (n INT, kind VARCHAR(9));\nINSERT INTO t VALUES (0, 'a');", "DROP TABLE t;"),
    ("r02", true, "UPDATE t SET n = n + 1;\nINSERT INTO t VALUES (100, 'b');", "DELETE FROM t WHERE kind = 'b';"),
    (
        "r03",
        true,
        "CREATE TABLE u (n INT);\nINSERT INTO u VALUES (0);\nUPDATE u SET n = n + 1;\nALTER TABLE t ADD COLUMN extra INT DEFAULT 0;",
        "ALTER TABLE t DROP COLUMN extra;\nDROP TABLE u;",
    ),
    (
        "r04",
        false,
        "CREATE INDEX ix ON t (n);\nINSERT INTO t VALUES (5, 'c', 0);\nALTER TABLE t RENAME INDEX ix TO iy;",
        "DELETE FROM t WHERE kind = 'c';\nDROP INDEX iy ON t;",
    ),
    (
        "r05",
        false,
        "BEGIN;\nUPDATE t SET n = n + 1;\nINSERT INTO u VALUES (7);\nCOMMIT;\nUPDATE u SET n = n + 1;",
        "BEGIN;\nDELETE FROM u WHERE n = 8;\nUPDATE t SET n = n - 1;\nCOMMIT;",
    ),
    (
        "r06",
        true,
        "CREATE VIEW v AS SELECT n FROM t;\nDELIMITER $$\nCREATE TRIGGER g AFTER INSERT ON u FOR EACH ROW BEGIN UPDATE t SET extra = extra + 1; END $$\n\
         CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END $$\nDELIMITER ;\nCREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;",
        "DROP FUNCTION f;\nDROP PROCEDURE p;\nDROP TRIGGER g;\nDROP VIEW v;",
    ),
    (
        "r07",
        true,
        "SET @kept = 4, foreign_key_checks = 0;\nCREATE TABLE w (n INT, CONSTRAINT fk FOREIGN KEY (n) REFERENCES later (n));\nCREATE TABLE later (n INT PRIMARY KEY);\n\
         INSERT INTO later VALUES (@kept);\nINSERT INTO w VALUES (@kept);\nANALYZE TABLE w;",
        "DROP TABLE w, later;",
    ),
    (
        "r08",
        true,
        "RENAME TABLE u TO x;\nUPDATE x SET n = n + 1;\nALTER TABLE x RENAME TO u;\nINSERT INTO u VALUES (1);",
        "UPDATE t SET n = n - 1;",
    ),
    (
        "r09",
        true,
        "ALTER TABLE t ADD COLUMN more INT DEFAULT 3, ADD INDEX im (more);",
        "ALTER TABLE t DROP COLUMN more;",
    ),
    ("r10", true, "", ""),
    (
        "r11",
        true,
        "SET autocommit = 0;\nUPDATE t SET more = more + n;\nINSERT INTO u VALUES (2);\nCOMMIT;\nUPDATE t SET more = more + 1;\nCREATE TABLE z (n INT);\nUPDATE t SET more = more + 1;\nSET autocommit = 1;",
        "DROP TABLE IF EXISTS z;",
    ),
    (
        "r12",
        true,
        "INSERT INTO t (n, kind) VALUES (5, 'd');\nUPDATE t SET n = n + 1 WHERE kind = 'd';",
        "DELETE FROM t WHERE kind = 'd';",
    ),
    (
        "r13",
        false,
        "CREATE TABLE k (n INT, x INT);\nINSERT INTO k VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0);\n-- migrate:batch pause:1ms\n\
         UPDATE k SET n = n + 1, x = 1 WHERE x = 0 LIMIT 2;\nUPDATE k SET n = n + 1;",
        "-- migrate:batch\nDELETE FROM k LIMIT 3;\nDROP TABLE k;",
    ),
    (
        "r14",
        false,
        "CREATE TABLE l (id INT PRIMARY KEY, n INT);\n-- migrate:load file:rows.csv table:l key:id mode:insert\n\
         UPDATE l SET n = n + 1;\n-- migrate:load file:more.csv table:l key:id mode:insert",
        "-- migrate:load file:rows.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;\nDROP TABLE l;",
    ),
    (
        "r15",
        true,
        "-- migrate:load file:more.csv table:l key:id mode:upsert\nUPDATE l SET n = n + 1;",
        "-- migrate:load file:rows.csv table:l key:id mode:update\nUPDATE l SET n = n - 1;",
    ),
];

/// A project with the history of an engine.
pub fn project(db: &TestDb) -> Project {
    let project = Project::with_models(db.url_text(), crate::bad_input::USERS);
    let entries = match db.engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
        Engine::Mysql => MYSQL,
    };
    project.write("migrations/rows.csv", "id,n\n1,10\n2,20\n3,30\n");
    project.write("migrations/more.csv", "n,id\n300,3\n400,4\n500,5\n");
    let mut parent = String::new();
    for (id, transaction, up, down) in entries {
        let option = if *transaction { "" } else { " transaction:false" };
        let text = format!(
            "-- About {id}\n--\n-- revision = {id:?}\n-- down_revision = [{parent}]\n\n\
             -- migrate:up{option}\n{up}\n\n-- migrate:down{option}\n{down}\n"
        );
        project.write(&format!("migrations/{id}.sql"), &text);
        parent = format!("{id:?}");
    }
    project
}

/// Everything that a run leaves: the schema, the rows, and what the ledger says.
pub fn state(db: &TestDb) -> String {
    let schema = db.introspect_now();
    let mut text = format!("{schema:?}\n");
    for table in &schema.tables {
        if db.engine == Engine::Postgres && table.name.name == "w" {
            continue;
        }
        let mut rows = db.rows_now(&format!("SELECT * FROM {}", table.name.name));
        rows.sort();
        text.push_str(&format!("{} {rows:?}\n", table.name.name));
    }
    if db.engine == Engine::Postgres && !db.rows_now("SELECT 1 FROM pg_namespace WHERE nspname = 's'").is_empty() {
        text.push_str(&format!("s.w {:?}\n", db.rows_now("SELECT n FROM s.w")));
        let invalid = db.rows_now("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid");
        text.push_str(&format!("invalid {invalid:?}\n"));
    }
    let ledger =
        "SELECT revision, state, statements_done, statements_total, progress FROM rungs_ledger ORDER BY revision";
    for row in db.rows_now(ledger) {
        text.push_str(&format!("{}\n", row.join(" ")));
    }
    let log = "SELECT revision, direction, outcome FROM rungs_log WHERE outcome = 'done' ORDER BY direction, revision";
    for row in db.rows_now(log) {
        text.push_str(&format!("{}\n", row.join(" ")));
    }
    text
}
