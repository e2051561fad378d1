//! What the statements of one revision amount to, and what is not known of them.

use rungs::footprint::{Footprint, creator, tables_created};
use rungs::revision::{History, Revision, Section};
use rungs::schema::ObjectName;

use crate::footprint_support::{MARIADB, MYSQL, POSTGRES, SQLITE, doubts, expect, footprint};

#[test]
fn what_comes_and_goes_was_never_there() {
    expect(&[SQLITE, POSTGRES, MYSQL], "CREATE TABLE t (a INT); DROP TABLE t;", &[]);
    expect(&[SQLITE, POSTGRES, MYSQL], "ALTER TABLE t ADD a INT; ALTER TABLE t DROP COLUMN a;", &[]);
    expect(&[SQLITE, POSTGRES], "CREATE INDEX ix ON t (a); DROP INDEX ix;", &["refer column t.a"]);
    expect(&[POSTGRES], "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t;", &[]);
}

#[test]
fn what_goes_and_comes_back_is_altered() {
    expect(
        &[POSTGRES],
        "DROP VIEW v; CREATE VIEW v AS SELECT a FROM t;",
        &["alter view v", "refer table t", "refer column t.a"],
    );
    expect(
        &[MYSQL, MARIADB],
        "ALTER TABLE t DROP FOREIGN KEY c;\nALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES u (x);",
        &["alter constraint t.c", "refer column t.a", "refer table u", "refer column u.x"],
    );
    expect(
        &[POSTGRES],
        "ALTER TYPE m RENAME TO m__previous;
         CREATE TYPE m AS ENUM ('a');
         ALTER TABLE t ALTER COLUMN a TYPE m USING a::text::m;
         DROP TYPE m__previous;",
        &["alter type m", "alter column t.a"],
    );
    expect(
        &[MYSQL],
        "ALTER TABLE t ADD COLUMN a__values INT;\nUPDATE t SET a__values = a;
         ALTER TABLE t DROP COLUMN a, CHANGE COLUMN a__values a INT;",
        &["alter column t.a"],
    );
    expect(
        &[MYSQL],
        "ALTER TABLE t DROP COLUMN a, CHANGE COLUMN b a INT",
        &["drop column t.a", "rename column t.b to a", "name column t.a what was b"],
    );
}

#[test]
fn parts_of_a_new_table_and_under_a_new_name() {
    expect(
        &[SQLITE, POSTGRES],
        "CREATE TABLE t (a INT); CREATE INDEX ix ON t (a); INSERT INTO t VALUES (1);",
        &["create table t"],
    );
    expect(
        &[SQLITE, POSTGRES, MYSQL],
        "ALTER TABLE t RENAME TO u; ALTER TABLE u ADD b INT; ALTER TABLE u RENAME COLUMN x TO y;",
        &[
            "rename table t to u",
            "name table u what was t",
            "create column t.b",
            "rename column t.x to y",
            "name column t.y what was x",
        ],
    );
    // A key may name a table that only comes after it.
    expect(
        &[SQLITE],
        "CREATE TABLE t (a INT REFERENCES u (x)); CREATE TABLE u (x INT);",
        &["create table t", "create table u"],
    );
}

#[test]
fn a_new_column_is_filled_without_touching_rows() {
    expect(&[SQLITE, POSTGRES], "ALTER TABLE t ADD b INT;\nUPDATE t SET b = 0;", &["create column t.b"]);
    expect(
        &[POSTGRES],
        "UPDATE t SET a = 0 WHERE a IS NULL;\nALTER TABLE t ALTER a SET NOT NULL;",
        &["update table t", "update column t.a", "alter column t.a"],
    );
}

/// The way of SQLite, as `autogenerate` writes it: the table is the one that is altered, not a temporary one.
#[test]
fn a_table_that_is_built_anew_is_the_same_table() {
    let rebuild = r#"
        CREATE TABLE "_rungs_new_t" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "kept" BIGINT, "new" INT NOT NULL, "free" INT,
            "named" TEXT, "twice" INT AS ("kept" * 2), "u_id" INT REFERENCES "u" ("id"));
        INSERT INTO "_rungs_new_t" ("id", "kept", "new", "named")
        SELECT "id", coalesce("kept", 0), 7, "old name" FROM "t";
        DELETE FROM sqlite_sequence WHERE name = '_rungs_new_t';
        INSERT INTO sqlite_sequence (name, seq) SELECT '_rungs_new_t', seq FROM sqlite_sequence WHERE name = 't';
        DROP TABLE "t";
        PRAGMA legacy_alter_table = ON;
        ALTER TABLE "_rungs_new_t" RENAME TO "t";
        PRAGMA legacy_alter_table = OFF;
        CREATE INDEX "ix" ON "t" ("kept");
        CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM log; END;
        ALTER TABLE "t" RENAME COLUMN "kept" TO "kept";"#;
    expect(
        &[SQLITE],
        rebuild,
        &[
            "rebuild table t",
            "create column t.new",
            "create column t.free",
            "rename column t.old name to named",
            "name column t.named what was old name",
            "create column t.u_id",
            "refer table u",
            "refer column u.id",
            "alter index t.ix",
            "alter trigger t.r",
            "refer table log",
        ],
    );
}

#[test]
fn a_table_that_is_renamed_and_built_anew_is_still_the_same() {
    let rebuild = "CREATE TABLE n (a INT, y INT, new INT); INSERT INTO n (a, y) SELECT a, y FROM u; DROP TABLE u;\n";
    let expected = [
        "rename table t to u",
        "name table u what was t",
        "rename column t.x to y",
        "name column t.y what was x",
        "rebuild table t",
        "create column t.new",
    ];
    let before = "ALTER TABLE t RENAME TO u;\nALTER TABLE u RENAME COLUMN x TO y;\n";
    expect(&[SQLITE], &format!("{before}{rebuild}ALTER TABLE n RENAME TO u;"), &expected);
    let twice = format!("{before}{rebuild}ALTER TABLE n RENAME TO u;\n{rebuild}ALTER TABLE n RENAME TO u;");
    assert_eq!(crate::footprint_support::touched(SQLITE, &twice)[..5], expected[..5]);
    let rebuild = "CREATE TABLE n (a INT, x INT); INSERT INTO n (a, x) SELECT a, x FROM t; DROP TABLE t;
        ALTER TABLE n RENAME TO t; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN x TO y;";
    let mut found = crate::footprint_support::touched(SQLITE, rebuild);
    found.sort();
    let mut expected = expected[..5].to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn statements_have_lines() {
    let script = "-- creates a table\nCREATE TABLE t (\n  a INT REFERENCES u (x)\n);\n\nALTER TABLE v\n  ADD a INT,\n  DROP COLUMN b;";
    let lines: Vec<_> =
        footprint(POSTGRES, script).touches().iter().map(|touch| (touch.line, touch.object.to_string())).collect();
    let expected = [(2, "table t"), (3, "table u"), (3, "column u.x"), (7, "column v.a"), (8, "column v.b")];
    assert_eq!(lines, expected.map(|(line, object)| (line, object.to_owned())));
}

#[test]
fn lines_are_those_of_the_file() {
    let text =
        "-- One\n--\n-- revision = \"a\"\n\n-- migrate:up\n\nDROP TABLE t;\nDO $$ BEGIN END $$;\n\n-- migrate:down\n";
    let revision = Revision::parse(std::path::Path::new("a.sql"), text).expect("a revision");
    let footprint = Footprint::of(&revision, POSTGRES);
    assert_eq!(footprint.touches()[0].line, 7);
    assert_eq!(footprint.doubts()[0].line, 8);
}

#[test]
fn an_engine_reads_its_own_section() {
    let section =
        |dialect: Option<&str>, text: &str| Section { dialect: dialect.map(str::to_owned), ..Section::new(text) };
    let mut revision = Revision::new("a", "a");
    revision.up = vec![section(None, "DROP TABLE t"), section(Some("mysql"), "DROP TABLE u")];
    let of = |revision: &Revision, dialect| Footprint::of(revision, dialect).tables();
    assert_eq!(of(&revision, SQLITE), [ObjectName::bare("t")].into());
    assert_eq!(of(&revision, MARIADB), [ObjectName::bare("u")].into());
    revision.up.remove(0);
    assert_eq!(of(&revision, SQLITE), [].into());
}

#[test]
fn what_cannot_be_read_is_doubted() {
    let cases = [
        (POSTGRES, "\nDO $$ BEGIN DELETE FROM t; END $$;", "2: what it runs is not read"),
        (POSTGRES, "CALL f()", "1: what the routine does is not read"),
        (POSTGRES, "SELECT f()", "1: what f() does is not read"),
        (POSTGRES, "EXECUTE p", "1: what it runs is not read"),
        (POSTGRES, "SET search_path = s", "1: names after it may mean another schema"),
        (POSTGRES, "SELECT set_config('search_path', 's', false)", "1: names after it may mean another schema"),
        (POSTGRES, "DROP TABLE t CASCADE", "1: CASCADE takes along what is not named"),
        (POSTGRES, "ALTER TABLE t DROP COLUMN a CASCADE", "1: CASCADE takes along what is not named"),
        (POSTGRES, "GRANT SELECT ON ALL TABLES IN SCHEMA s TO someone", "1: which objects it is about is not said"),
        (POSTGRES, "ALTER TABLE t FROBNICATE a", "1: not every part of what it does to table t is read"),
        (POSTGRES, "CREATE VIEW v AS NONSENSE", "1: what the view selects is not read"),
        (POSTGRES, "FROBNICATE t", "1: it is no statement that is known here"),
        (POSTGRES, "%", "1: it is no statement that is known here"),
        (POSTGRES, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "1: what its body uses is not read"),
        (POSTGRES, "SELECT 'a", "1: the string that begins here does not end"),
        (MYSQL, "USE other", "1: names after it may mean another database"),
        (
            MYSQL,
            "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = (SELECT max(x) FROM u)",
            "1: what its body does is not read",
        ),
        (MYSQL, "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN DELETE FROM t; END;;\n", "2: what its body uses is not read"),
        (MARIADB, "BEGIN NOT ATOMIC DELETE FROM t; END", "1: what the block does is not read"),
        (SQLITE, "PRAGMA writable_schema = 1", "1: what is done to the schema by hand is not read"),
        (SQLITE, "ATTACH 'a.db' AS a", "1: names after it may mean another database"),
        (SQLITE, "INSERT INTO t SELECT FROM WHERE", "1: not all of what it reads is known"),
        (SQLITE, "WITH a AS (SELECT) SELECT", "1: the query is not read"),
    ];
    for (dialect, script, expected) in cases {
        assert_eq!(doubts(dialect, script), [expected], "{script}");
    }
}

#[test]
fn what_is_doubted_still_tells_what_it_says() {
    let tables = |dialect, script| footprint(dialect, script).tables();
    assert_eq!(tables(POSTGRES, "DROP TABLE t CASCADE"), ["t".into()].into());
    assert_eq!(tables(POSTGRES, "ALTER TABLE t FROBNICATE a"), ["t".into()].into());
    assert_eq!(tables(SQLITE, "INSERT INTO t SELECT FROM WHERE"), ["t".into()].into());
    assert_eq!(tables(SQLITE, "UPDATE t SET a = = 1 WHERE"), ["t".into()].into());
    assert_eq!(tables(MYSQL, "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN END"), ["t".into()].into());
}

#[test]
fn a_doubt_shows_the_beginning_of_its_statement() {
    let footprint = footprint(POSTGRES, &format!("DO $$\n BEGIN\n {} END $$", "NULL; ".repeat(50)));
    let statement = &footprint.doubts()[0].statement;
    assert_eq!(statement, "DO $$ BEGIN NULL; NULL; NULL; NULL; NULL; NULL; NULL; NULL;...");
}

/// A parser's recursion has an end, and so has the stack.
#[test]
fn deep_and_long_statements_are_read() {
    let or = vec!["a = 1"; 5_000].join(" OR ");
    let rows = vec!["(1, 'x')"; 50_000].join(", ");
    let open = "(".repeat(2_000);
    let close = ")".repeat(2_000);
    for script in [
        format!("UPDATE t SET a = 1 WHERE {or}"),
        format!("INSERT INTO t VALUES {rows}"),
        format!("DELETE FROM t WHERE {open}a = 1{close}"),
        format!("CREATE TABLE t (a INT CHECK {open}a = 1{close})"),
        format!("DELETE FROM t WHERE a IN {}", "(SELECT a FROM t WHERE a IN ".repeat(300)),
    ] {
        for dialect in [SQLITE, POSTGRES, MYSQL] {
            assert_eq!(footprint(dialect, &script).tables(), ["t".into()].into(), "{}", &script[..40]);
        }
    }
}

#[test]
fn anything_is_read_to_the_end() {
    let words = [
        "CREATE",
        "TABLE",
        "t",
        "(",
        ")",
        ",",
        "a",
        "INT",
        "REFERENCES",
        "ALTER",
        "ADD",
        "DROP",
        "COLUMN",
        "RENAME",
        "TO",
        "'x'",
        "\"y\"",
        "`z`",
        ".",
        ";",
        "AS",
        "SELECT",
        "FROM",
        "INSERT",
        "INTO",
        "ON",
        "INDEX",
        "TRIGGER",
        "BEGIN",
        "END",
        "::",
        "=",
        "UPDATE",
        "SET",
        "VIEW",
        "COMMENT",
        "IS",
        "CONSTRAINT",
        "CHECK",
        "CHANGE",
        "GRANT",
        "WITH",
        "$$",
        "PARTITION",
        "OF",
    ];
    let mut random = crate::law_generator::Random::new(7);
    for _ in 0..20_000 {
        let script: Vec<&str> = (0..2 + random.below(14)).map(|_| *random.pick(&words)).collect();
        for dialect in [SQLITE, POSTGRES, MYSQL] {
            let _ = footprint(dialect, &script.join(" "));
        }
    }
}

#[test]
fn every_way_to_give_a_table_a_name_is_seen() {
    let named = |dialect, script: &str| {
        let mut revision = Revision::new("a", "a");
        revision.up = vec![Section::new(script)];
        tables_created([&revision].into_iter(), dialect).into_iter().collect::<Vec<_>>()
    };
    let postgres = r#"
        -- CREATE TABLE comment (id int);
        /* a */ CREATE TABLE -- b
          IF NOT EXISTS "shop"."a ""(b)" (id int);
        CREATE UNLOGGED TABLE c AS SELECT 'CREATE TABLE text (x)' AS x;
        ALTER TABLE ONLY y RENAME COLUMN a TO b; ALTER TABLE IF EXISTS "y" RENAME TO g;
        CREATE INDEX l ON c (id);"#;
    assert_eq!(named(POSTGRES, postgres), ["a \"(b)", "c", "g"]);
    let mysql = "create or replace table `d`(id int); RENAME TABLE h TO i, x.j TO x.`k`; ALTER TABLE y RENAME AS z;";
    assert_eq!(named(MYSQL, mysql), ["d", "i", "k", "z"]);
    assert_eq!(named(SQLITE, "CREATE TABLE [e f] (id INT); CREATE TABLE gone (a); DROP TABLE gone;"), ["e f"]);
}

#[test]
fn the_revision_that_a_table_comes_from() {
    let revision = |id: &str, parent: &[&str], script: &str| {
        let mut revision = Revision::new(id, id);
        revision.down_revision = parent.iter().map(|id| (*id).to_owned()).collect();
        revision.up = vec![Section::new(script)];
        revision
    };
    let history = History::new(vec![
        revision("a", &[], "CREATE TABLE t (x int); CREATE TABLE \"quo\"\"te\" (x int);"),
        revision("b", &["a"], "ALTER TABLE t ADD y int; CREATE VIEW v AS SELECT x FROM t;"),
        revision("c", &["b"], "ALTER TABLE t RENAME TO u; CREATE TABLE s.w (x int);"),
    ])
    .expect("a history");
    let creator = |name: &str| creator(&history, &name.into(), POSTGRES).map(|revision| revision.id.as_str());
    assert_eq!(creator("t"), Some("a"));
    assert_eq!(creator("u"), Some("c"));
    assert_eq!(creator("quo\"te"), Some("a"));
    assert_eq!(creator("w"), None);
    assert_eq!(creator("nothing"), None);
    let qualified = ObjectName::qualified("s", "w");
    assert_eq!(
        rungs::footprint::creator(&history, &qualified, POSTGRES).map(|revision| revision.id.as_str()),
        Some("c")
    );
    let public = ObjectName::qualified("public", "t");
    assert_eq!(rungs::footprint::creator(&history, &public, POSTGRES).map(|revision| revision.id.as_str()), Some("a"));
}
