//! MySQL and MariaDB: random tables turn into other random tables and back, with rows in them.
//!
//! `RUNGS_TEST_SEED=7` plays one seed again, `RUNGS_TEST_ROUNDS=200` plays more of them.

#![allow(clippy::print_stdout, reason = "a failure tells its seed, and what was built")]

use rungs::schema::Schema;

use crate::harness::{Engine, TestDb, play};
use crate::mysql_support::{assert_same, turn};

/// A small generator of its own, so that a seed means the same on every machine.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF1);
        dice.roll(2);
        dice
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) % sides
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len() as u64) as usize]
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.roll(at as u64 + 1) as usize);
        }
    }
}

/// Types between which the value 7 can be converted, with defaults that fit.
fn column(dice: &mut Dice, name: &str) -> String {
    let (types, defaults): (&[&str], &[&str]) = match name[..1].to_lowercase().as_str() {
        "n" => (
            &[
                "int",
                "bigint unsigned",
                "smallint",
                "decimal(9,0)",
                "double",
                "varchar(20)",
                "varchar(30) COLLATE utf8mb4_bin",
                "char(9) CHARACTER SET latin1",
                "tinyint",
                "mediumint unsigned",
            ],
            &["7", "'7'", "1"],
        ),
        "e" => (&["enum('7','b''c','d,e')", "varchar(40)", "enum('x','7')", "char(8)", "set('7','z')"], &["'7'"]),
        "d" => {
            (&["datetime", "timestamp", "datetime(6)", "timestamp(3)"], &["current_timestamp", "'2020-02-03 04:05:06'"])
        }
        "t" => (&["text", "longtext", "blob", "mediumtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"], &[]),
        _ => (&["json", "longtext"], &[]),
    };
    let ty = dice.pick(types);
    let mut text = format!("`{name}` {ty}");
    text.push_str(if dice.chance(40) { " NOT NULL" } else { " NULL" });
    if !defaults.is_empty() && dice.chance(50) {
        let mut default = dice.pick(defaults).to_owned();
        let digits =
            ty.split_once('(').filter(|_| default == "current_timestamp").map(|(_, digits)| format!("({digits}"));
        default.push_str(&digits.unwrap_or_default());
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if dice.chance(25) {
        text.push_str(&format!(" COMMENT {}", dice.pick(&["'a'", "'it''s'", "'back\\\\slash \"q\"'", "'é\\n'"])));
    }
    text
}

const NAMES: [&str; 9] = ["n1", "n 2", "n`3", "e1", "E 2", "d1", "d2", "t1", "j1"];

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// One table: its columns, keys and options.
fn table(dice: &mut Dice, number: u64, others: u64) -> String {
    let mut chosen: Vec<&str> = NAMES.into_iter().filter(|_| dice.chance(60)).collect();
    dice.shuffle(&mut chosen);
    let increment = if dice.chance(30) { " AUTO_INCREMENT" } else { "" };
    let mut columns =
        vec![format!("id int NOT NULL{increment}"), "`ref` int".to_owned(), "k int NOT NULL DEFAULT 1".to_owned()];
    columns.extend(chosen.iter().map(|name| column(dice, name).replacen(&format!("`{name}`"), &quoted(name), 1)));
    if dice.chance(40) {
        columns.push(format!(
            "g int{}",
            dice.pick(&["", " AS (k + 1) VIRTUAL", " AS (k + 1) STORED", " AS (k * 2) VIRTUAL"])
        ));
    }
    dice.shuffle(&mut columns);
    let mut lines = columns;
    lines.push("PRIMARY KEY (id)".to_owned());
    let keyed: Vec<&str> = chosen.iter().copied().filter(|name| name.starts_with(['n', 'e', 'E', 'd'])).collect();
    for index in ["i1", "I 2", "i`3"] {
        if !keyed.is_empty() && dice.chance(40) {
            let first = quoted(keyed[dice.roll(keyed.len() as u64) as usize]);
            let direction = if dice.chance(30) { " DESC" } else { "" };
            let second = if dice.chance(40) { ", id" } else { "" };
            let unique = if second.is_empty() { "" } else { dice.pick(&["UNIQUE ", ""]) };
            let comment = if dice.chance(20) { " COMMENT 'k'" } else { "" };
            lines.push(format!("{unique}KEY {} ({first}{direction}{second}){comment}", quoted(index)));
        }
    }
    if chosen.contains(&"t1") && dice.chance(50) {
        lines.push(format!("KEY pre (t1({}))", 3 + dice.roll(4)));
    }
    for check in ["c1", "c 2"] {
        if dice.chance(30) {
            lines.push(format!(
                "CONSTRAINT {} CHECK (k > -{})",
                quoted(&format!("{check}_{number}")),
                1 + dice.roll(3)
            ));
        }
    }
    if dice.chance(50) {
        let target = dice.roll(others);
        let action =
            dice.pick(&["", " ON DELETE CASCADE", " ON DELETE SET NULL ON UPDATE CASCADE", " ON UPDATE NO ACTION"]);
        lines.push(format!("CONSTRAINT f{number} FOREIGN KEY (`ref`) REFERENCES t{target} (id){action}"));
    }
    let mut text = format!("CREATE TABLE t{number} ({})", lines.join(", "));
    for (chance, options) in [
        (50, &[" COMMENT 'x'", " COMMENT 'y''s'"][..]),
        (40, &[" ROW_FORMAT=COMPACT", " ROW_FORMAT=DYNAMIC"]),
        (40, &[" CHARSET latin1", " COLLATE utf8mb4_bin", " CHARSET utf8mb3"]),
    ] {
        if dice.chance(chance) {
            text.push_str(dice.pick(options));
        }
    }
    text
}

fn state(dice: &mut Dice) -> Vec<String> {
    let count = 1 + dice.roll(3);
    (0..count).map(|number| table(dice, number, count)).collect()
}

async fn build(db: &TestDb, state: &[String]) {
    let mut statements = vec!["SET foreign_key_checks = 0"];
    statements.extend(state.iter().map(String::as_str));
    let mut connection = db.connect().await;
    for sql in statements {
        connection.execute(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }
    connection.close().await.expect("closed");
}

/// Three rows in every table, with 7 wherever something has to stand.
async fn fill(db: &TestDb, schema: &Schema) {
    for table in &schema.tables {
        let needy: Vec<_> = table
            .columns
            .iter()
            .filter(|column| {
                column.name != "id" && !column.nullable && column.default.is_none() && column.generated.is_none()
            })
            .map(|column| (quoted(&column.name), if column.name.starts_with('d') { "'2021-01-01'" } else { "'7'" }))
            .collect();
        let names: String = needy.iter().map(|(name, _)| format!(", {name}")).collect();
        let values: String = needy.iter().map(|(_, value)| format!(", {value}")).collect();
        let sql = format!(
            "INSERT INTO {} (id{names}) VALUES (1{values}), (2{values}), (3{values})",
            quoted(&table.name.name)
        );
        db.run(&[&sql]).await;
    }
}

#[test]
fn random_tables_turn_into_each_other() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("RUNGS_TEST_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RUNGS_TEST_ROUNDS").unwrap_or(8),
    };
    for seed in seeds {
        println!("seed {seed}");
        play(Engine::Mysql, |db| async move {
            let mut dice = Dice::new(seed);
            let (first, second) = (state(&mut dice), state(&mut dice));
            println!("{first:#?}\n{second:#?}");
            build(&db, &second).await;
            let wanted = db.introspect().await;
            turn(&db, &wanted, &Schema::default()).await;
            build(&db, &first).await;
            let live = db.introspect().await;
            fill(&db, &live).await;
            turn(&db, &live, &wanted).await;
            assert_same(db.introspect().await, wanted.clone());
            turn(&db, &wanted, &live).await;
            assert_same(db.introspect().await, live.clone());
            for table in wanted.tables.iter().filter(|table| live.table(&table.name).is_some()) {
                assert_eq!(db.rows(&format!("SELECT count(*) FROM `{}`", table.name)).await, [["3"]]);
            }
        });
    }
}
