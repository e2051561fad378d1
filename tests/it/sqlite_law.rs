//! For random tables A and B: what turns A into B makes SQLite say B, back again makes it say A, and rows survive.
//!
//! `RUNGS_TEST_SEED` plays one seed again, which a failure names; `RUNGS_TEST_SEEDS` says how many are played.

#![allow(clippy::print_stderr, reason = "a failure names its seed")]

use std::sync::Arc;

use rungs::dialect::Dialect;
use rungs::diff::change::{AlterTable, Change, Delta, Edit};
use rungs::schema::{
    Action, AutoIncrement, Check, Column, ColumnType, Deferrable, ForeignKey, Generated, Index, IndexPart, PrimaryKey,
    Schema, Table, Unique,
};

use crate::harness::{Engine, TestDb, play};
use crate::sqlite_support::{apply, dependents, edits, nouns, table, try_apply};

#[test]
fn there_and_back_again() {
    let seeds: Vec<u64> = match std::env::var("RUNGS_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        // The same seeds every time: a change is judged by what it changes, not by luck.
        Err(_) => {
            (1..=std::env::var("RUNGS_TEST_SEEDS").map_or(60, |count| count.parse().expect("a number"))).collect()
        }
    };
    for seed in seeds {
        let _named = Named(seed);
        play(Engine::Sqlite, move |db| async move { journey(&db, seed).await });
    }
}

/// Names the seed when its test fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("play it again with RUNGS_TEST_SEED={}", self.0);
        }
    }
}

async fn journey(db: &TestDb, seed: u64) {
    let mut dice = Dice(seed);
    let dialect = db.dialect().await;
    db.run(&[
        "CREATE TABLE p (id INTEGER PRIMARY KEY, x INT, y TEXT, UNIQUE (x, y))",
        "INSERT INTO p VALUES (1, 1, '1'), (2, 2, '2'), (3, 3, '3')",
    ])
    .await;
    let (mut a, mut b) = (canonical(&*dialect, dice.table()), canonical(&*dialect, dice.table()));
    let create = dialect.render(&Change::CreateTable { next: Arc::new(a.clone()) }).expect("a script");
    apply(db, &create).await;
    let live = table(&db.introspect().await, "t");
    assert_eq!(Table { verbatim: None, ..live.clone() }, a);
    if dice.once_in(2) {
        a = live;
    }
    if dice.once_in(2) {
        let sql = dialect.render(&Change::CreateTable { next: Arc::new(b.clone()) }).expect("a script");
        let words: Vec<&str> = sql.iter().map(|statement| statement.sql.as_str()).collect();
        b = crate::sqlite_support::created(
            &[&["CREATE TABLE p (id INTEGER PRIMARY KEY)"], words.as_slice()].concat(),
            "t",
        )
        .await;
    }
    stand_on_it(db, &mut dice).await;
    let rows = fill(db, &a, &mut dice).await;
    let before = db.introspect().await;
    let renamed = dice.renames(&a, &b);
    let names: Vec<(&str, &str)> = renamed.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let back: Vec<(&str, &str)> = names.iter().map(|(old, new)| (*new, *old)).collect();

    let same = |column: &&Column| b.column(&column.name) == Some(*column) && column.generated.is_none();
    let untouched: Vec<String> = a.columns.iter().filter(same).map(|column| quote(&column.name)).collect();
    let quoted: String = untouched.iter().map(|name| format!(" || ',' || quote({name})")).collect();
    let values = format!("SELECT ''{quoted} AS row FROM t ORDER BY 1");
    let values_before = db.rows(&values).await;

    let there = alter(&a, &b, &names, &before);
    let statements = dialect.render(&Change::AlterTable(there.clone())).expect("a script");
    let mut kept = rows;
    if let Err(error) = try_apply(db, &statements).await {
        let of_rows = error.contains("constraint failed") || error.contains("cannot store");
        assert!(of_rows, "{error}\n{there:#?}\n{statements:#?}");
        assert_eq!(db.introspect().await, before, "a failure left something behind");
        db.run(&["DELETE FROM t"]).await;
        kept = 0;
        apply(db, &statements).await;
    }
    let after = db.introspect().await;
    assert_eq!(nouns(&table(&after, "t")), nouns(&b), "{there:#?}\n{statements:#?}");
    assert_eq!(db.rows("SELECT count(*) FROM t").await[0][0], kept.to_string(), "{statements:#?}");
    if kept > 0 {
        assert_eq!(db.rows(&values).await, values_before, "{statements:#?}");
    }
    assert_eq!(after.definitions, before.definitions, "{statements:#?}");
    assert_eq!(after.table(&"c".into()), before.table(&"c".into()));
    assert_eq!(db.rows("PRAGMA integrity_check").await, [["ok"]]);

    db.run(&["DELETE FROM t"]).await;
    let return_trip = alter(&b, &a, &back, &after);
    let statements = dialect.render(&Change::AlterTable(return_trip)).expect("a script");
    apply(db, &statements).await;
    let home = db.introspect().await;
    assert_eq!(nouns(&table(&home, "t")), nouns(&a), "{statements:#?}");
    assert_eq!(home.definitions, before.definitions);
}

fn canonical(dialect: &dyn Dialect, table: Table) -> Table {
    let schema = Schema { tables: vec![table], ..Schema::default() };
    dialect.canonical(&schema).unwrap_or_else(|error| panic!("{error} in {schema:#?}")).tables.remove(0)
}

fn alter(previous: &Table, next: &Table, renamed: &[(&str, &str)], schema: &Schema) -> AlterTable {
    let mut edits = edits(previous, next, renamed);
    for edit in &mut edits {
        if let Edit::Column { delta: Delta::Create { .. }, backfill } = edit {
            *backfill = Some("'7'".to_owned());
        }
    }
    let dependents = dependents(schema, &previous.name);
    AlterTable { previous: Arc::new(previous.clone()), next: Arc::new(next.clone()), edits, dependents }
}

async fn stand_on_it(db: &TestDb, dice: &mut Dice) {
    if dice.once_in(2) {
        db.run(&["CREATE VIEW v AS SELECT count(*) AS n FROM t", "CREATE VIEW w AS SELECT n FROM v"]).await;
    }
    if dice.once_in(2) {
        db.run(&[
            "CREATE TABLE log (n INT)",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (1); END",
        ])
        .await;
    }
    if dice.once_in(2) {
        db.run(&["CREATE TABLE c (z INT)", "CREATE TRIGGER tc AFTER INSERT ON c BEGIN DELETE FROM t WHERE 0; END"])
            .await;
    }
}

/// Puts rows in, as far as the table takes them, and says how many it has.
async fn fill(db: &TestDb, table: &Table, dice: &mut Dice) -> usize {
    let dialect = db.dialect().await;
    let columns: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_none()).collect();
    let names: Vec<String> = columns.iter().map(|column| dialect.quote(&column.name)).collect();
    let mut connection = db.connect().await;
    for row in 1..=5 {
        let values: Vec<String> = columns
            .iter()
            .map(|column| match &column.ty {
                _ if column.nullable && dice.once_in(4) => "NULL".to_owned(),
                ColumnType::Native(ty) if ty == "TEXT" || ty.starts_with("VARCHAR") => {
                    format!("'{}'", dice.below(3) + row)
                }
                _ => (dice.below(3) + 1).to_string(),
            })
            .collect();
        let sql = format!("INSERT OR IGNORE INTO t ({}) VALUES ({})", names.join(", "), values.join(", "));
        // A row that a foreign key refuses is not put in.
        if let Err(error) = connection.execute(&sql).await {
            assert!(error.to_string().contains("FOREIGN KEY"), "{error}");
        }
    }
    connection.close().await.expect("closed");
    db.rows("SELECT count(*) FROM t").await[0][0].parse().expect("a number")
}

/// A generator of numbers (splitmix64), so that a seed means the same everywhere.
struct Dice(u64);

const NAMES: [&str; 9] = ["a", "b c", "order", "Größe", "x\"y", "rowid", "k[z]", "Mixed", "it's"];

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(most).expect("small")).expect("small")
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn conflict(&mut self) -> Option<String> {
        self.once_in(6).then(|| self.pick(&["IGNORE", "REPLACE", "FAIL", "ROLLBACK"]).to_owned())
    }

    fn table(&mut self) -> Table {
        let strict = self.once_in(3);
        let mut table = Table { name: "t".into(), ..Table::default() };
        if strict {
            table.options = rungs::schema::Options::from([("strict".to_owned(), String::new())]);
        }
        if self.once_in(2) {
            table.columns.push(Column {
                name: "id".into(),
                ty: ColumnType::Native("INTEGER".into()),
                ..Column::default()
            });
        }
        for name in NAMES {
            if self.once_in(2) {
                let column = self.column(name, strict);
                table.columns.push(column);
            }
        }
        while table.columns.iter().filter(|column| column.generated.is_none()).count() < 2 {
            let name = format!("more{}", table.columns.len());
            let ty = ColumnType::Native("TEXT".into());
            table.columns.push(Column { name, ty, nullable: true, ..Column::default() });
        }
        self.constraints(&mut table);
        table
    }

    fn column(&mut self, name: &str, strict: bool) -> Column {
        let types: &[&str] = if strict {
            &["INTEGER", "TEXT", "REAL", "ANY"]
        } else {
            &["INTEGER", "TEXT", "", "VARCHAR(5)", "UNSIGNED BIG INT"]
        };
        let mut column =
            Column { name: name.to_owned(), ty: ColumnType::Native(self.pick(types).to_owned()), ..Column::default() };
        column.nullable = self.once_in(2);
        if !column.nullable {
            column.not_null_conflict = self.conflict();
        }
        if self.once_in(3) {
            column.default = Some(self.pick(&["1", "'2'", "-3", "1 + 1", "(abs(-4))", "TRUE", "x'31'"]).to_owned());
            if strict {
                column.default = Some("5".into());
            }
        }
        if self.once_in(4) {
            column.collation = Some(self.pick(&["NOCASE", "RTRIM"]).to_owned());
        }
        column
    }

    fn constraints(&mut self, table: &mut Table) {
        let plain: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        if table.column("id").is_some() && !self.once_in(4) {
            let key = PrimaryKey {
                parts: vec![IndexPart::column("id")],
                on_conflict: self.conflict(),
                ..PrimaryKey::default()
            };
            table.primary_key = Some(key);
            if self.once_in(2) {
                table.columns[0].auto_increment = Some(AutoIncrement::Native);
            }
        } else if self.once_in(2) {
            let parts = self.parts(&plain);
            let name = self.once_in(2).then(|| "the key".to_owned());
            table.primary_key = Some(PrimaryKey { name, parts, on_conflict: None, ..PrimaryKey::default() });
            if self.once_in(2) {
                table.options.insert("without_rowid".into(), String::new());
            }
        }
        if self.once_in(3) {
            let parts = self.parts(&plain);
            let name = self.once_in(2).then(|| "u q".to_owned());
            // Two keys on the same columns may not disagree on what a conflict does.
            let on_conflict = if table.primary_key.is_some() { None } else { self.conflict() };
            table.uniques.push(Unique { name, parts, on_conflict, ..Unique::default() });
        }
        self.checks(table, &plain);
        self.foreign_keys(table, &plain);
        if self.once_in(3) {
            let expression = format!("{} + 1", quote(&self.pick(&plain)));
            let generated = Generated { expression, stored: self.once_in(2) };
            let ty = ColumnType::Native("INTEGER".into());
            table.columns.push(Column {
                name: "made".into(),
                ty,
                nullable: true,
                generated: Some(generated),
                ..Column::default()
            });
        }
        for n in 0..self.below(3) {
            let mut parts = self.parts(&plain);
            if self.once_in(3) {
                parts.push(IndexPart::expression(format!("lower({})", quote(&self.pick(&plain)))));
            }
            let predicate = self.once_in(3).then(|| format!("{} IS NOT NULL", quote(&self.pick(&plain))));
            table.indexes.push(Index {
                name: Some(format!("ix {n}")),
                parts,
                unique: self.once_in(4),
                predicate,
                ..Index::default()
            });
        }
    }

    fn checks(&mut self, table: &mut Table, plain: &[String]) {
        for n in 0..self.below(3) {
            let column = self.pick(plain);
            let expression = format!("({}<>99{n})", quote(&column));
            let name = self.once_in(2).then(|| format!("ck {n}"));
            let column = self.once_in(2).then_some(column);
            table.checks.push(Check { name, expression, column, ..Check::default() });
        }
        // SQLite says those of columns first, in the columns' order.
        let place =
            |check: &Check| plain.iter().position(|name| check.column.as_ref() == Some(name)).unwrap_or(usize::MAX);
        table.checks.sort_by_key(place);
    }

    fn foreign_keys(&mut self, table: &mut Table, plain: &[String]) {
        if self.once_in(3) {
            let (columns, references, referenced_columns) = (vec![self.pick(plain)], "p".into(), vec!["id".to_owned()]);
            let on_delete = self.pick(&Action::ALL);
            let deferrable = self.once_in(3).then_some(Deferrable { initially_deferred: true });
            let name = self.once_in(2).then(|| "fk".to_owned());
            table.foreign_keys.push(ForeignKey {
                name,
                columns,
                references,
                referenced_columns,
                on_delete,
                deferrable,
                ..ForeignKey::default()
            });
        }
        if self.once_in(5) {
            let columns = vec![plain[0].clone(), plain[1].clone()];
            let referenced_columns = vec!["x".to_owned(), "y".to_owned()];
            table.foreign_keys.push(ForeignKey {
                columns,
                references: "p".into(),
                referenced_columns,
                on_update: Action::Cascade,
                ..ForeignKey::default()
            });
        }
    }

    fn parts(&mut self, plain: &[String]) -> Vec<IndexPart> {
        let mut names: Vec<String> = Vec::new();
        for _ in 0..=self.below(2) {
            let name = self.pick(plain);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let part = |name: String| {
            let mut part = IndexPart::column(name);
            part.descending = self.once_in(3);
            part.collation = self.once_in(6).then(|| "RTRIM".to_owned());
            part
        };
        names.into_iter().map(part).collect()
    }

    /// A column that only A has and one that only B has may be one column under two names.
    fn renames(&mut self, a: &Table, b: &Table) -> Vec<(String, String)> {
        let only = |of: &Table, other: &Table| -> Vec<String> {
            let own =
                of.columns.iter().filter(|column| column.generated.is_none() && other.column(&column.name).is_none());
            own.map(|column| column.name.clone()).collect()
        };
        only(a, b).into_iter().zip(only(b, a)).filter(|_| self.once_in(3)).collect()
    }
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
