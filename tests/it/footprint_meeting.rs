//! What two lines of revisions have in common that know nothing of each other.

use rungs::footprint::{Kind, Meeting, Way};
use rungs::revision::{History, Revision, Section};
use rungs::schema::DialectName;

use crate::footprint_support::{MYSQL, POSTGRES, SQLITE};

/// A graph of one-letter revisions: id, `down_revision`, `depends_on`, SQL.
fn history(revisions: &[(&str, &str, &str, &str)]) -> History {
    let ids = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let revision = |(id, down, depends, script): &(&str, &str, &str, &str)| {
        let mut revision = Revision::new(*id, *id);
        (revision.down_revision, revision.depends_on) = (ids(down), ids(depends));
        revision.up = vec![Section::new(*script)];
        revision
    };
    History::new(revisions.iter().map(revision).collect()).expect("a history")
}

/// `conflict: column t.a: b create, c create`, with the part that is meant where it is not the object itself.
fn told(meeting: &Meeting<'_>) -> Vec<String> {
    let one = |overlap: &rungs::footprint::Overlap<'_>| {
        let parties = overlap.parties.iter().map(|party| {
            let object = &party.touch.object;
            let part = if object.table.is_some() && overlap.object.kind == Kind::Table && overlap.object.table.is_none()
            {
                format!(" {}", object.short())
            } else {
                String::new()
            };
            format!("{} {}{part}", party.revision.id, party.touch.way.word())
        });
        format!("{}: {}: {}", overlap.level.word(), overlap.object, parties.collect::<Vec<_>>().join(", "))
    };
    meeting.overlaps.iter().map(one).collect()
}

/// Two heads on one base:
/// ```text
/// a ─┬─ b
///    └─ c
/// ```
fn between(dialect: DialectName, b: &str, c: &str) -> Vec<String> {
    let history = history(&[("a", "", "", "CREATE TABLE base (x INT)"), ("b", "a", "", b), ("c", "a", "", c)]);
    let meeting = Meeting::of(&history, &history.heads(), dialect);
    assert_eq!(meeting.unclear, []);
    told(&meeting)
}

#[track_caller]
fn expect(dialects: &[DialectName], b: &str, c: &str, expected: &[&str]) {
    for dialect in dialects {
        assert_eq!(between(*dialect, b, c), expected, "{dialect}:\n{b}\n{c}");
    }
}

const ALL: &[DialectName] = &[SQLITE, POSTGRES, MYSQL];

#[test]
fn different_tables_have_nothing_in_common() {
    expect(ALL, "CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)", &[]);
    expect(ALL, "ALTER TABLE t ADD a INT", "ALTER TABLE u ADD a INT", &[]);
    expect(ALL, "ALTER TABLE t ADD a INT", "-- nothing", &[]);
    expect(ALL, "CREATE TABLE t (x INT REFERENCES base (x))", "CREATE TABLE u (x INT REFERENCES base (x))", &[]);
    expect(ALL, "CREATE VIEW v AS SELECT x FROM base", "INSERT INTO base VALUES (1)", &[]);
    expect(&[POSTGRES], "ALTER TABLE a.t ADD x int", "ALTER TABLE b.t ADD x int", &[]);
    expect(&[POSTGRES], "ALTER TABLE t ADD x int", "ALTER TABLE \"T\" ADD x int", &[]);
}

#[test]
fn the_same_name_created_twice_is_a_conflict() {
    expect(ALL, "CREATE TABLE t (a INT)", "CREATE TABLE t (b INT)", &["conflict: table t: b create, c create"]);
    expect(ALL, "CREATE TABLE t (a INT)", "CREATE VIEW t AS SELECT 1", &["conflict: view t: b create, c create"]);
    expect(ALL, "ALTER TABLE t ADD a INT", "ALTER TABLE t ADD a TEXT", &["conflict: column t.a: b create, c create"]);
    expect(ALL, "ALTER TABLE t RENAME TO v", "CREATE TABLE v (a INT)", &["conflict: table v: b take name, c create"]);
    expect(
        ALL,
        "ALTER TABLE t RENAME x TO y".replace("x TO", "COLUMN x TO").as_str(),
        "ALTER TABLE t ADD y INT",
        &["conflict: column t.y: b take name, c create"],
    );
    expect(ALL, "CREATE INDEX i ON t (a)", "CREATE INDEX i ON t (b)", &["conflict: index t.i: b create, c create"]);
    // On SQLite and PostgreSQL the indexes of all tables share their names.
    expect(
        &[SQLITE, POSTGRES],
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX i ON u (b)",
        &["conflict: index u.i: b create, c create"],
    );
    expect(&[MYSQL], "CREATE INDEX i ON t (a)", "CREATE INDEX i ON u (b)", &[]);
    expect(&[SQLITE, POSTGRES], "CREATE INDEX i ON t (a)", "DROP INDEX i", &["conflict: index t.i: b create, c drop"]);
    expect(
        &[POSTGRES],
        "CREATE TYPE m AS ENUM ('a')",
        "CREATE TYPE M AS ENUM ('b')",
        &["conflict: type m: b create, c create"],
    );
    expect(
        &[POSTGRES, MYSQL],
        "ALTER TABLE t ADD PRIMARY KEY (a)",
        "ALTER TABLE t ADD PRIMARY KEY (b)",
        &["conflict: primary key of t: b create, c create"],
    );
    expect(
        &[POSTGRES, MYSQL],
        "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (b > 0)",
        &["conflict: constraint t.k: b create, c create"],
    );
}

#[test]
fn letter_case_is_the_engines() {
    expect(&[SQLITE], "ALTER TABLE T ADD a", "ALTER TABLE t ADD A", &["conflict: column t.A: b create, c create"]);
    expect(
        &[POSTGRES],
        "ALTER TABLE T ADD a int",
        "ALTER TABLE t ADD A int",
        &["conflict: column t.a: b create, c create"],
    );
    expect(
        &[MYSQL],
        "ALTER TABLE t ADD a INT",
        "ALTER TABLE t ADD A INT",
        &["conflict: column t.a: b create, c create"],
    );
    expect(
        &[POSTGRES],
        "ALTER TABLE public.t ADD a int",
        "ALTER TABLE \"t\" ADD \"a\" int",
        &["conflict: column t.a: b create, c create"],
    );
}

#[test]
fn what_one_drops_and_the_other_uses_is_a_conflict() {
    let drop = "DROP TABLE base";
    expect(ALL, drop, drop, &["conflict: table base: b drop, c drop"]);
    expect(ALL, drop, "ALTER TABLE base ADD y INT", &["conflict: table base: b drop, c create column y"]);
    expect(ALL, drop, "INSERT INTO base VALUES (1)", &["conflict: table base: b drop, c insert"]);
    expect(ALL, drop, "CREATE TABLE t (a INT REFERENCES base)", &["conflict: table base: b drop, c refer"]);
    expect(
        ALL,
        drop,
        "CREATE VIEW v AS SELECT x FROM base",
        &["conflict: table base: b drop, c refer, c refer column x"],
    );
    expect(
        ALL,
        drop,
        "CREATE INDEX i ON base (x)",
        &["conflict: table base: b drop, c create index i, c refer column x"],
    );
    let column = "ALTER TABLE base DROP COLUMN x";
    expect(ALL, column, "CREATE INDEX i ON base (x)", &["conflict: column base.x: b drop, c refer"]);
    expect(
        ALL,
        column,
        "UPDATE base SET x = 1",
        &["conflict: column base.x: b drop, c update", "order matters: table base: b drop column x, c update"],
    );
    expect(ALL, column, "ALTER TABLE base RENAME COLUMN x TO y", &["conflict: column base.x: b drop, c rename"]);
    expect(
        ALL,
        "ALTER TABLE base RENAME TO other",
        "ALTER TABLE base ADD y INT",
        &["order matters: table base: b rename, c create column y"],
    );
    expect(
        &[MYSQL],
        "ALTER TABLE t DROP KEY i",
        "ALTER TABLE t ALTER INDEX i INVISIBLE",
        &["conflict: index t.i: b drop, c alter"],
    );
    expect(&[POSTGRES], "DROP INDEX i", "COMMENT ON INDEX i IS 'x'", &["conflict: index i: b drop, c comment"]);
    expect(&[POSTGRES], "DROP TYPE m", "ALTER TABLE t ADD a m", &["conflict: type m: b drop, c refer"]);
    expect(
        &[POSTGRES],
        "DROP FUNCTION f()",
        "CREATE TRIGGER r AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        &["conflict: routine f: b drop, c refer"],
    );
}

#[test]
fn the_order_of_two_changes_matters() {
    expect(
        &[POSTGRES],
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ALTER a TYPE text",
        &["order matters: column t.a: b alter, c alter"],
    );
    expect(
        &[MYSQL],
        "ALTER TABLE t MODIFY a BIGINT",
        "ALTER TABLE t MODIFY A TEXT",
        &["order matters: column t.a: b alter, c alter"],
    );
    expect(
        &[POSTGRES],
        "ALTER TABLE t ALTER a TYPE text",
        "CREATE VIEW v AS SELECT a FROM t",
        &["order matters: column t.a: b alter, c refer"],
    );
    expect(
        &[POSTGRES],
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 2",
        &["order matters: view v: b replace, c replace"],
    );
    expect(
        &[POSTGRES],
        "COMMENT ON TABLE t IS 'a'",
        "COMMENT ON TABLE t IS 'b'",
        &["order matters: table t: b comment, c comment"],
    );
    expect(
        &[POSTGRES],
        "ALTER TYPE m ADD VALUE 'x'",
        "ALTER TABLE t ADD a m",
        &["order matters: type m: b alter, c refer"],
    );
}

#[test]
fn what_one_creates_and_the_other_uses_needs_a_tie() {
    expect(
        ALL,
        "CREATE TABLE t (a INT)",
        "CREATE TABLE u (a INT REFERENCES t (a))",
        &["order matters: table t: b create, c refer, c refer column a"],
    );
    expect(ALL, "CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)", &["order matters: table t: b create, c insert"]);
    expect(
        ALL,
        "ALTER TABLE t ADD a INT",
        "UPDATE t SET a = 1",
        &["order matters: column t.a: b create, c update", "order matters: table t: b create column a, c update"],
    );
}

#[test]
fn rows_and_structure() {
    expect(
        ALL,
        "INSERT INTO t VALUES (1)",
        "ALTER TABLE t ADD a INT",
        &["order matters: table t: b insert, c create column a"],
    );
    expect(
        ALL,
        "DELETE FROM t",
        "CREATE UNIQUE INDEX i ON t (a)",
        &["order matters: table t: b delete, c create unique index i"],
    );
    expect(ALL, "INSERT INTO t VALUES (1)", "CREATE INDEX i ON t (a)", &[]);
    expect(ALL, "UPDATE t SET a = 1", "INSERT INTO t (b) VALUES (1)", &["order matters: table t: b update, c insert"]);
    expect(ALL, "UPDATE t SET a = 1", "UPDATE t SET a = 2", &["order matters: column t.a: b update, c update"]);
    expect(ALL, "UPDATE t SET a = 1", "UPDATE t SET b = 2", &["same table: table t: b update, c update"]);
    expect(ALL, "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)", &["same table: table t: b insert, c insert"]);
    expect(ALL, "INSERT INTO u SELECT a FROM t", "DELETE FROM t", &["order matters: table t: b read, c delete"]);
}

#[test]
fn different_places_of_one_table() {
    expect(
        ALL,
        "ALTER TABLE t ADD a INT",
        "ALTER TABLE t ADD b INT",
        &["same table: table t: b create column a, c create column b"],
    );
    expect(
        ALL,
        "CREATE INDEX i ON t (a)",
        "ALTER TABLE t ADD b INT",
        &["same table: table t: b create index i, c create column b"],
    );
}

/// The new table has the columns that its revision knows; those that the other line adds go with the old one.
#[test]
fn a_table_that_is_built_anew_forgets_what_the_other_line_adds() {
    let rebuild =
        "CREATE TABLE n (a INT NOT NULL); INSERT INTO n (a) SELECT a FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t;";
    expect(&[SQLITE], rebuild, "ALTER TABLE t ADD b INT", &["conflict: table t: b rebuild, c create column b"]);
    expect(&[SQLITE], rebuild, "CREATE INDEX i ON t (a)", &["conflict: table t: b rebuild, c create index i"]);
    expect(&[SQLITE], rebuild, rebuild, &["conflict: table t: b rebuild, c rebuild"]);
    expect(&[SQLITE], rebuild, "INSERT INTO t (a) VALUES (1)", &["order matters: table t: b rebuild, c insert"]);
    expect(&[SQLITE], rebuild, "CREATE TABLE u (x INT REFERENCES t (a))", &[]);
    expect(&[SQLITE], rebuild, "CREATE VIEW v AS SELECT a FROM t", &[]);
}

/// A line may be long; only what is on one of the two counts.
/// ```text
/// a ── b ─┬─ c ── d
///         └─ e ── f
/// ```
#[test]
fn only_what_came_after_the_lines_parted_counts() {
    let history = history(&[
        ("a", "", "", "CREATE TABLE t (x INT)"),
        ("b", "a", "", "ALTER TABLE t ADD y INT"),
        ("c", "b", "", "ALTER TABLE t DROP COLUMN y"),
        ("d", "c", "", "CREATE TABLE u (x INT)"),
        ("e", "b", "", "CREATE TABLE v (x INT)"),
        ("f", "e", "", "UPDATE t SET y = 0"),
    ]);
    let meeting = Meeting::of(&history, &history.heads(), SQLITE);
    assert_eq!(
        told(&meeting),
        ["conflict: column t.y: c drop, f update", "order matters: table t: c drop column y, f update"]
    );
    assert_eq!(meeting.overlaps[0].parties.iter().map(|party| party.head.id.as_str()).collect::<Vec<_>>(), ["d", "f"]);
}

/// ```text
/// a ─┬─ b
///    └─ c ┄ depends on b
/// ```
#[test]
fn a_dependency_sets_the_order() {
    let sql = "ALTER TABLE t ADD a INT";
    let history = history(&[("a", "", "", ""), ("b", "a", "", sql), ("c", "a", "b", sql)]);
    assert!(Meeting::of(&history, &history.heads(), SQLITE).is_empty());
}

/// ```text
/// a ─┬─ b ─┬─ d ─┬─ e
///    └─ c ─┘     └─ f
/// ```
#[test]
fn lines_that_were_merged_are_settled() {
    let sql = "ALTER TABLE t ADD a INT";
    let history = history(&[
        ("a", "", "", ""),
        ("b", "a", "", sql),
        ("c", "a", "", sql),
        ("d", "b c", "", ""),
        ("e", "d", "", "CREATE TABLE u (x INT)"),
        ("f", "d", "", "CREATE TABLE v (x INT)"),
    ]);
    assert!(Meeting::of(&history, &history.heads(), SQLITE).is_empty());
}

#[test]
fn three_lines_are_grouped_by_object() {
    let history = history(&[
        ("a", "", "", ""),
        ("b", "a", "", "ALTER TABLE t ADD a INT"),
        ("c", "a", "", "ALTER TABLE t ADD a INT; CREATE TABLE u (x INT)"),
        ("d", "a", "", "ALTER TABLE t ADD b INT; CREATE TABLE u (x INT)"),
    ]);
    let meeting = Meeting::of(&history, &history.heads(), SQLITE);
    assert_eq!(
        told(&meeting),
        [
            "conflict: column t.a: b create, c create",
            "conflict: table u: c create, d create",
            "same table: table t: b create column a, c create column a, d create column b",
        ]
    );
}

#[test]
fn only_those_that_are_asked_about() {
    let sql = "ALTER TABLE t ADD a INT";
    let history =
        history(&[("a", "", "", ""), ("b", "a", "", sql), ("c", "a", "", sql), ("d", "a", "", "DROP TABLE t")]);
    let about = |id: &str| {
        let meeting = Meeting::about(&history, &history.heads(), SQLITE, |revision| revision.id == id);
        meeting
            .overlaps
            .iter()
            .flat_map(|overlap| overlap.parties.clone())
            .map(|party| party.revision.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(about("d"), ["b", "c", "d"]);
    assert_eq!(about("b"), ["b", "c", "b", "d"]);
    assert_eq!(about("a"), Vec::<String>::new());
}

#[test]
fn doubts_of_the_lines_are_told() {
    let history = history(&[("a", "", "", "CALL f()"), ("b", "a", "", "CALL g()"), ("c", "a", "", "DROP TABLE t")]);
    let meeting = Meeting::of(&history, &history.heads(), POSTGRES);
    let unclear: Vec<_> =
        meeting.unclear.iter().map(|one| (one.revision.id.as_str(), one.doubt.statement.as_str())).collect();
    assert_eq!(unclear, [("b", "CALL g()")]);
    assert!(Meeting::of(&history, &history.heads()[..1], POSTGRES).is_empty());
}

/// A footprint is read once for each revision, not for each pair of heads.
#[test]
fn a_thousand_heads_meet_in_time() {
    let ids: Vec<String> = (0..1_000).map(|number| format!("r{number}")).collect();
    let scripts: Vec<String> = (0..1_000)
        .map(|number| {
            format!("ALTER TABLE t ADD a{} INT; CREATE TABLE t{number} (a INT REFERENCES t (x));", number / 2)
        })
        .collect();
    let mut revisions = vec![("a", "", "", "CREATE TABLE t (x INT)")];
    revisions.extend(ids.iter().zip(&scripts).map(|(id, script)| (id.as_str(), "a", "", script.as_str())));
    let history = history(&revisions);
    let start = std::time::Instant::now();
    let meeting = Meeting::of(&history, &history.heads(), SQLITE);
    let took = start.elapsed();
    assert_eq!(meeting.overlaps.iter().filter(|overlap| overlap.parties.len() == 2).count(), 500);
    assert!(meeting.overlaps.iter().flat_map(|overlap| &overlap.parties).all(|party| party.touch.way == Way::Created));
    // A reading for each pair would take minutes.
    assert!(took.as_secs() < 30, "{took:?}");
}
