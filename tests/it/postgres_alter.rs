//! PostgreSQL: tables, sequences, types and definitions that change in place. Each scenario ends with what a fresh
//! creation would read as.

use rungs::diff::change::{Change, Delta, Edit};
use rungs::diff::{self, Guide};
use rungs::schema::{AutoIncrement, Check, Column, ColumnType, EnumType, Generated, Identity, Schema, Sequence, Table};

use crate::harness::{Engine, TestDb, play};
use crate::postgres_introspect::assert_same;
use crate::postgres_pair::{becomes, sql};
use crate::postgres_support::{alter_with, apply, column_edit, render, table};

fn postgres<F, Fut>(scenario: F)
where
    F: FnOnce(TestDb) -> Fut,
    Fut: Future<Output = ()>,
{
    play(Engine::Postgres, scenario);
}

fn native(ty: &str) -> ColumnType {
    ColumnType::Native(ty.to_owned())
}

/// A copy of a table with one column changed.
fn with_column(table: &Table, name: &str, change: impl FnOnce(&mut Column)) -> Table {
    let mut next = table.clone();
    change(next.columns.iter_mut().find(|column| column.name == name).expect("the column"));
    next
}

/// Changes one column of a table and checks that the server then says so.
async fn change_column(db: &TestDb, name: &str, column: &str, change: impl FnOnce(&mut Column)) {
    let previous = table(&db.introspect().await, name);
    let next = with_column(&previous, column, change);
    let new_name = &next.columns[previous.columns.iter().position(|old| old.name == column).unwrap()].name;
    let edit = column_edit(previous.column(column).unwrap(), next.column(new_name).unwrap());
    apply(db, &[alter_with(&previous, &next, vec![edit])]).await;
    assert_eq!(table(&db.introspect().await, name), next);
}

#[test]
fn a_renamed_table_reads_as_a_fresh_one() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TABLE people (id bigserial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, mail text UNIQUE, plain serial)",
            "CREATE INDEX ix_people_mail ON people (mail)",
            "INSERT INTO people (mail) VALUES ('a'), ('b')",
        ])
        .await;
        let previous = table(&db.introspect().await, "people");
        let mut next = with_column(&previous, "mail", |column| column.name = "email".into());
        next.name = "users".into();
        next.primary_key.as_mut().unwrap().name = Some("users_pkey".into());
        next.uniques[0].name = Some("users_email_key".into());
        next.uniques[0].parts = vec![rungs::schema::IndexPart::column("email")];
        next.indexes[0].name = Some("ix_users_email".into());
        next.indexes[0].parts = vec![rungs::schema::IndexPart::column("email")];
        let edits = vec![
            column_edit(&previous.columns[2], &next.columns[2]),
            Edit::PrimaryKey(Delta::Alter {
                previous: previous.primary_key.clone().unwrap(),
                next: next.primary_key.clone().unwrap(),
            }),
            Edit::Unique(Delta::Alter { previous: previous.uniques[0].clone(), next: next.uniques[0].clone() }),
            Edit::Index(Delta::Alter { previous: previous.indexes[0].clone(), next: next.indexes[0].clone() }),
        ];
        let statements = apply(&db, &[alter_with(&previous, &next, edits)]).await;
        assert!(statements.iter().all(|statement| statement.sql.contains("RENAME")), "{statements:#?}");
        assert_same(&Schema { tables: vec![next], ..Schema::default() }, &db.introspect().await);
        db.run(&["INSERT INTO users (email) VALUES ('c')"]).await;
        assert_eq!(db.rows("SELECT id, n, plain FROM users WHERE email = 'c'").await, [["3", "3", "3"]]);
        let sequences = db.rows("SELECT relname FROM pg_class WHERE relkind = 'S' ORDER BY 1").await;
        assert_eq!(sequences, [["users_id_seq"], ["users_n_seq"], ["users_plain_seq"]]);
    });
}

#[test]
fn columns_swap_their_names() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE t (a int, b text, c int)", "INSERT INTO t VALUES (1, 'x', 3)"]).await;
        let previous = table(&db.introspect().await, "t");
        let mut next = previous.clone();
        next.columns[0].name = "b".into();
        next.columns[1].name = "a".into();
        next.columns.remove(2);
        next.columns.push(Column { name: "c".into(), ty: native("text"), nullable: true, ..Column::default() });
        let edits = vec![
            Edit::Column { delta: Delta::Drop { previous: previous.columns[2].clone() }, backfill: None },
            column_edit(&previous.columns[0], &next.columns[0]),
            column_edit(&previous.columns[1], &next.columns[1]),
            Edit::Column { delta: Delta::Create { next: next.columns[2].clone() }, backfill: None },
        ];
        let statements = apply(&db, &[alter_with(&previous, &next, edits)]).await;
        assert_eq!(table(&db.introspect().await, "t"), next);
        assert_eq!(db.rows("SELECT a, b FROM t").await, [["x", "1"]]);
        let losses: Vec<_> = statements.iter().filter_map(|statement| statement.loses.as_deref()).collect();
        assert_eq!(losses, ["column t.c and its values"]);
    });
}

#[test]
fn a_new_not_null_column_is_filled_or_asks_to_be() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE users (id int, first text)", "INSERT INTO users VALUES (1, 'Ann'), (2, NULL)"]).await;
        let previous = table(&db.introspect().await, "users");
        let age = Column { name: "age".into(), ty: native("integer"), ..Column::default() };
        let with = |column: &Column| Table {
            columns: [previous.columns.clone(), vec![column.clone()]].concat(),
            ..previous.clone()
        };
        let add = |backfill: Option<&str>| Edit::Column {
            delta: Delta::Create { next: age.clone() },
            backfill: backfill.map(str::to_owned),
        };
        let next = with(&age);
        let asking = render(&db, &[alter_with(&previous, &next, vec![add(None)])]).await;
        let reasons: Vec<_> = asking.iter().filter_map(|statement| statement.needs_edit.as_deref()).collect();
        assert_eq!(
            reasons,
            ["users.age is NOT NULL and has no default: put the value for existing rows in place of NULL"]
        );
        apply(&db, &[alter_with(&previous, &next, vec![add(Some("id * 10"))])]).await;
        assert_eq!(table(&db.introspect().await, "users"), next);
        assert_eq!(db.rows("SELECT age FROM users ORDER BY id").await, [["10"], ["20"]]);

        let named = with_column(&next, "first", |column| column.nullable = false);
        let mut edit = column_edit(&next.columns[1], &named.columns[1]);
        if let Edit::Column { backfill, .. } = &mut edit {
            *backfill = Some("'nobody'".to_owned());
        }
        apply(&db, &[alter_with(&next, &named, vec![edit])]).await;
        assert_eq!(table(&db.introspect().await, "users"), named);
        assert_eq!(db.rows("SELECT first FROM users ORDER BY id").await, [["Ann"], ["nobody"]]);
    });
}

#[test]
fn a_new_column_is_filled_from_one_that_goes() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE t (a text, b text)", "INSERT INTO t VALUES ('x', 'y')"]).await;
        let previous = table(&db.introspect().await, "t");
        let both = Column { name: "both".into(), ty: native("text"), ..Column::default() };
        let next = Table { columns: vec![both.clone()], ..previous.clone() };
        let drop =
            |at: usize| Edit::Column { delta: Delta::Drop { previous: previous.columns[at].clone() }, backfill: None };
        let add = Edit::Column { delta: Delta::Create { next: both }, backfill: Some("a || b".to_owned()) };
        apply(&db, &[alter_with(&previous, &next, vec![drop(0), drop(1), add])]).await;
        assert_eq!(db.rows("SELECT \"both\" FROM t").await, [["xy"]]);
    });
}

#[test]
fn numbering_goes_from_any_kind_to_any_other() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TABLE t (id bigserial PRIMARY KEY)",
            "INSERT INTO t DEFAULT VALUES",
            "SELECT setval('t_id_seq', 40)",
            "INSERT INTO t DEFAULT VALUES",
        ])
        .await;
        let identity = AutoIncrement::Identity(Identity::default());
        let always =
            Identity { always: true, sequence: Sequence { increment: Some(5), cache: Some(2), ..Sequence::default() } };
        let kinds = [
            Some(identity.clone()),
            Some(AutoIncrement::Identity(always)),
            Some(AutoIncrement::Serial),
            None,
            Some(AutoIncrement::Serial),
            Some(identity.clone()),
            None,
            Some(identity),
        ];
        for kind in kinds {
            let numbered = kind.is_some();
            let again = matches!(&kind, Some(AutoIncrement::Identity(options)) if options.always);
            change_column(&db, "t", "id", |column| column.auto_increment = kind).await;
            if numbered && !again {
                let before: i64 = db.rows("SELECT max(id) FROM t").await[0][0].parse().unwrap();
                db.run(&["INSERT INTO t DEFAULT VALUES"]).await;
                assert!(db.rows("SELECT max(id) FROM t").await[0][0].parse::<i64>().unwrap() > before);
            }
        }
        assert!(db.introspect().await.sequences.is_empty());
    });
}

#[test]
fn a_serial_column_takes_its_sequence_along_to_another_type() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY)"]).await;
        change_column(&db, "t", "id", |column| column.ty = native("bigint")).await;
        change_column(&db, "t", "i", |column| column.ty = native("bigint")).await;
        change_column(&db, "t", "id", |column| column.ty = native("smallint")).await;
    });
}

#[test]
fn values_follow_a_change_of_type() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TYPE mood AS ENUM ('a', 'b')",
            "CREATE TABLE t (a text DEFAULT '1', b boolean DEFAULT true, c varchar(9) DEFAULT 'b', d int, e timestamp DEFAULT now(), \
             f int[], g jsonb, h int, i text)",
            "INSERT INTO t VALUES ('7', true, 'b', 5, '2020-01-02 03:04:05', '{1,2}', '3', 0, '{\"x\": 1}')",
        ])
        .await;
        let steps = [
            ("a", "integer", Some("1")),
            ("b", "bigint", Some("0")),
            ("c", "mood", Some("'b'::mood")),
            ("d", "integer[]", None),
            ("e", "date", Some("CURRENT_DATE")),
            ("f", "text[]", None),
            ("g", "integer", None),
            ("h", "boolean", None),
            ("i", "jsonb", None),
        ];
        for (column, ty, default) in steps {
            change_column(&db, "t", column, |column| {
                column.ty = native(ty);
                column.default = default.map(str::to_owned);
            })
            .await;
        }
        let row = ["7", "1", "b", "{5}", "2020-01-02", "{1,2}", "3", "f", "{\"x\": 1}"];
        assert_eq!(db.rows("SELECT * FROM t").await, [row]);
    });
}

#[test]
fn a_value_too_long_is_refused_and_not_cut() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE t (a text)", "INSERT INTO t VALUES ('too long')"]).await;
        let previous = table(&db.introspect().await, "t");
        let next = with_column(&previous, "a", |column| column.ty = native("character varying(3)"));
        let statements =
            render(&db, &[alter_with(&previous, &next, vec![column_edit(&previous.columns[0], &next.columns[0])])])
                .await;
        let mut connection = db.connect().await;
        assert!(connection.execute(&statements[0].sql).await.is_err());
    });
}

#[test]
fn nullability_default_collation_and_comment() {
    postgres(|db| async move {
        db.run(&["CREATE TABLE t (a text NOT NULL DEFAULT 'x')"]).await;
        change_column(&db, "t", "a", |column| column.nullable = true).await;
        change_column(&db, "t", "a", |column| column.default = Some("'it''s'::text".into())).await;
        change_column(&db, "t", "a", |column| column.collation = Some("C".into())).await;
        change_column(&db, "t", "a", |column| column.comment = Some("a \\ 'comment'".into())).await;
        change_column(&db, "t", "a", |column| column.collation = None).await;
        change_column(&db, "t", "a", |column| {
            column.comment = None;
            column.default = None;
            column.nullable = false;
        })
        .await;
    });
}

#[test]
fn a_computed_column_changes_with_all_that_stands_on_it() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TABLE t (a int PRIMARY KEY, \"b\"\"x\" int GENERATED ALWAYS AS (a * 2) STORED UNIQUE, CHECK (\"b\"\"x\" > 0))",
            "CREATE INDEX ix ON t ((\"b\"\"x\" + 1)) WHERE \"b\"\"x\" > 5",
            "COMMENT ON INDEX ix IS 'kept'",
            "INSERT INTO t VALUES (1), (2)",
        ])
        .await;
        let column = "b\"x";
        let made = |text: &str| Some(Generated { expression: text.into(), stored: true });
        change_column(&db, "t", column, |column| column.generated = made("a * 3")).await;
        assert_eq!(db.rows("SELECT \"b\"\"x\" FROM t ORDER BY 1").await, [["3"], ["6"]]);
        // The type of a column that it reads.
        change_column(&db, "t", "a", |column| column.ty = native("smallint")).await;
        change_column(&db, "t", column, |column| column.generated = None).await;
        assert_eq!(db.rows("SELECT \"b\"\"x\" FROM t ORDER BY 1").await, [["3"], ["6"]]);
        change_column(&db, "t", column, |column| column.generated = made("a + 1")).await;
        if db.dialect().await.version().at_least(18, 0, 0) {
            db.run(&["CREATE TABLE v (a int, b int GENERATED ALWAYS AS (a + 1))", "INSERT INTO v VALUES (1)"]).await;
            change_column(&db, "v", "b", |column| {
                column.generated = Some(Generated { expression: "a + 2".into(), stored: false })
            })
            .await;
            change_column(&db, "v", "b", |column| column.generated = made("a + 2")).await;
            change_column(&db, "v", "b", |column| {
                column.generated = Some(Generated { expression: "a + 3".into(), stored: false })
            })
            .await;
            change_column(&db, "v", "b", |column| column.generated = None).await;
            assert_eq!(db.rows("SELECT a, b FROM v").await, [["1", "4"]]);
        }
    });
}

#[test]
fn views_and_triggers_come_back() {
    postgres(|db| async move {
        let script = |ty: &str| {
            format!(
                "CREATE TABLE t (a {ty}, b int);
                CREATE VIEW v AS SELECT a FROM t;
                CREATE VIEW w AS SELECT a FROM v;
                CREATE VIEW other AS SELECT b FROM t;
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
                CREATE TRIGGER tg BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER kept BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch()"
            )
        };
        let plan = becomes(&db, &script("int"), &script("bigint"), "INSERT INTO t VALUES (1, 2)").await;
        let sql = sql(&plan.up);
        assert!(sql.contains("DROP VIEW \"w\"") && sql.contains("DROP TRIGGER \"tg\""), "{sql}");
        assert!(!sql.contains("other") && !sql.contains("kept"), "{sql}");
    });
}

#[test]
fn constraints_are_renamed_validated_or_replaced() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TABLE t (a int, CONSTRAINT one CHECK (a > 0))",
            "ALTER TABLE t ADD CONSTRAINT two CHECK (a < 9) NOT VALID",
        ])
        .await;
        let previous = table(&db.introspect().await, "t");
        let mut next = previous.clone();
        next.checks = vec![
            Check { name: Some("renamed".into()), comment: Some("said".into()), ..previous.checks[0].clone() },
            Check { not_valid: false, ..previous.checks[1].clone() },
        ];
        let edit = |at: usize, next: &Check| {
            Edit::Check(Delta::Alter { previous: previous.checks[at].clone(), next: next.clone() })
        };
        let statements =
            apply(&db, &[alter_with(&previous, &next, vec![edit(0, &next.checks[0]), edit(1, &next.checks[1])])]).await;
        assert_eq!(statements.len(), 3, "{statements:#?}");
        assert!(statements.iter().any(|statement| statement.sql.ends_with("VALIDATE CONSTRAINT \"two\"")));
        assert_eq!(table(&db.introspect().await, "t"), next);
        let mut last = next.clone();
        last.checks[0].expression = "a > 1".into();
        let replace = Edit::Check(Delta::Alter { previous: next.checks[0].clone(), next: last.checks[0].clone() });
        apply(&db, &[alter_with(&next, &last, vec![replace])]).await;
        assert_eq!(table(&db.introspect().await, "t"), last);
    });
}

#[test]
fn options_and_the_comment_of_a_table() {
    postgres(|db| async move {
        db.run(&["CREATE UNLOGGED TABLE t (a text) WITH (fillfactor = 70, toast.autovacuum_enabled = off)"]).await;
        let previous = table(&db.introspect().await, "t");
        let mut next = previous.clone();
        next.options =
            [("fillfactor".to_owned(), "80".to_owned()), ("toast.vacuum_truncate".to_owned(), "false".to_owned())]
                .into();
        next.comment = Some("x".to_owned());
        apply(&db, &[alter_with(&previous, &next, vec![Edit::Options, Edit::Comment])]).await;
        assert_eq!(table(&db.introspect().await, "t"), next);
        apply(&db, &[alter_with(&next, &previous, vec![Edit::Options, Edit::Comment])]).await;
        assert_eq!(table(&db.introspect().await, "t"), previous);
    });
}

#[test]
fn a_sequence_takes_any_other_options() {
    postgres(|db| async move {
        let name = "Seq";
        let forms = [
            Sequence { name: name.into(), ..Sequence::default() },
            Sequence { name: name.into(), ty: Some("smallint".into()), max: Some(100), ..Sequence::default() },
            Sequence {
                name: name.into(),
                increment: Some(-2),
                min: Some(-50),
                max: Some(10),
                start: Some(0),
                cache: Some(3),
                cycle: true,
                comment: Some("it's".into()),
                ..Sequence::default()
            },
            Sequence {
                name: name.into(),
                ty: Some("integer".into()),
                start: Some(5),
                min: Some(2),
                ..Sequence::default()
            },
        ];
        for from in &forms {
            for to in &forms {
                apply(&db, &[Change::Sequence(Delta::Create { next: from.clone() })]).await;
                assert_eq!(db.introspect().await.sequences, std::slice::from_ref(from));
                let moves = Change::Sequence(Delta::Alter { previous: from.clone(), next: to.clone() });
                // The position may lie outside the new bounds, where the server refuses: a person has to move it.
                let statements = render(&db, &[moves]).await;
                db.run(&["SELECT 1"]).await;
                let mut connection = db.connect().await;
                let mut refused = false;
                for statement in &statements {
                    if let Err(error) = connection.execute(&statement.sql).await {
                        assert!(error.to_string().contains("RESTART value"), "{error}");
                        refused = true;
                        break;
                    }
                }
                if !refused {
                    assert_eq!(db.introspect().await.sequences, std::slice::from_ref(to), "{statements:#?}");
                }
                db.run(&["DROP SEQUENCE \"Seq\""]).await;
            }
        }
    });
}

#[test]
fn an_enum_gains_values_in_place_and_loses_them_by_being_rebuilt() {
    postgres(|db| async move {
        db.run(&[
            "CREATE TYPE mood AS ENUM ('b', 'd')",
            "CREATE TABLE t (m mood DEFAULT 'd', ms mood[] DEFAULT '{b}')",
            "INSERT INTO t DEFAULT VALUES",
        ])
        .await;
        let schema = db.introspect().await;
        let previous = schema.enums[0].clone();
        let values = |list: &[&str]| EnumType {
            values: list.iter().map(|value| (*value).to_owned()).collect(),
            ..previous.clone()
        };
        let more = values(&["a'", "b", "c", "d", "e", "f"]);
        let with = |ty: &EnumType| Schema { enums: vec![ty.clone()], ..schema.clone() };
        let dialect = db.dialect().await;
        let guide =
            Guide { rules: dialect.features().rules.clone(), definitions: diff::Definitions::All, ..Guide::default() };
        let alter = |previous: &EnumType, next: &EnumType| diff::diff(&with(previous), &with(next), &guide);
        let in_place = apply(&db, &alter(&previous, &more)).await;
        assert!(in_place.iter().all(|statement| statement.sql.contains("ADD VALUE")), "{in_place:?}");
        assert_eq!(db.introspect().await.enums, std::slice::from_ref(&more));

        let fewer = values(&["d", "b"]);
        apply(&db, &alter(&more, &fewer)).await;
        assert_same(&Schema { enums: vec![fewer], ..schema }, &db.introspect().await);
        assert_eq!(db.rows("SELECT m, ms FROM t").await, [["d", "{b}"]]);
    });
}

#[test]
fn routines_are_replaced_where_that_works() {
    postgres(|db| async move {
        let one = "CREATE FUNCTION \"f(x\"(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'";
        let two = "CREATE FUNCTION \"f(x\"(a int) RETURNS int LANGUAGE sql AS 'SELECT 2'";
        let three = "CREATE FUNCTION \"f(x\"(b int) RETURNS text LANGUAGE sql AS 'SELECT ''2'''";
        let mut forms = Vec::new();
        for sql in [one, two, three] {
            db.run(&[sql]).await;
            forms.push(db.introspect().await.definitions.remove(0));
            apply(&db, &[Change::Definition(Delta::Drop { previous: forms[forms.len() - 1].clone() })]).await;
        }
        apply(&db, &[Change::Definition(Delta::Create { next: forms[0].clone() })]).await;
        for (from, to, count) in [(0, 1, 1), (1, 2, 2), (2, 0, 2)] {
            let alter = Change::Definition(Delta::Alter { previous: forms[from].clone(), next: forms[to].clone() });
            assert_eq!(apply(&db, &[alter]).await.len(), count);
            assert_eq!(db.introspect().await.definitions, [forms[to].clone()]);
        }
    });
}
