//! Random schemas as models would declare them, from a seed that is printed.
//!
//! A column's name decides the family of its type, so that a change of type is one that rows can follow.

use std::collections::BTreeSet;

use rungs::schema::{
    Action, AutoIncrement, Check, Column, ColumnHints, ColumnType, Declared, ForeignKey, Index, IndexPart, ObjectName,
    PrimaryKey, Schema, Table, TableHints, Unique,
};

use crate::harness::Engine;

/// A small generator of random numbers (SplitMix64): the same seed gives the same schemas on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("a small number")
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const TABLES: [&str; 6] = ["users", "Orders", "order items", "select", "quo\"te", "back`tick"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Word,
    Amount,
    Moment,
    Flag,
    Bytes,
}

const COLUMNS: [(&str, Family); 10] = [
    ("qty", Family::Number),
    ("externalId", Family::Number),
    ("title", Family::Word),
    ("first name", Family::Word),
    ("group", Family::Word),
    ("price", Family::Amount),
    ("born", Family::Moment),
    ("it's", Family::Moment),
    ("active", Family::Flag),
    ("payload", Family::Bytes),
];

/// A random schema with a value for existing rows wherever one is needed.
pub fn declared(random: &mut Random, engine: Engine) -> Declared {
    let names: BTreeSet<&str> = (0..1 + random.below(4)).map(|_| *random.pick(&TABLES)).collect();
    let names: Vec<ObjectName> = names.into_iter().map(ObjectName::bare).collect();
    let mut declared = Declared::default();
    for name in &names {
        let (table, hints) = table(random, engine, name, &names);
        declared.hints.tables.insert(name.clone(), hints);
        declared.schema.tables.push(table);
    }
    declared.schema.sort();
    declared
}

fn table(random: &mut Random, engine: Engine, name: &ObjectName, all: &[ObjectName]) -> (Table, TableHints) {
    let id = Column {
        name: "id".to_owned(),
        ty: ColumnType::Integer { bits: 64, unsigned: false },
        auto_increment: random.chance(60).then_some(AutoIncrement::Native),
        ..Column::default()
    };
    let mut table = Table { name: name.clone(), columns: vec![id], ..Table::default() };
    table.primary_key = Some(PrimaryKey { parts: vec![IndexPart::column("id")], ..PrimaryKey::default() });
    let mut hints = TableHints { model: "Generated".to_owned(), ..TableHints::default() };
    let chosen: BTreeSet<usize> = (0..random.below(7)).map(|_| random.below(COLUMNS.len())).collect();
    for index in chosen {
        let (column_name, family) = COLUMNS[index];
        let mut column = column(random, engine, column_name, family);
        constrain(random, engine, &mut table, &mut column, family);
        let backfill = (!column.nullable).then(|| value_of(column_name, 7, engine));
        hints.columns.insert(column_name.to_owned(), ColumnHints { backfill, ..ColumnHints::default() });
        table.columns.push(column);
    }
    for target in all {
        if random.chance(35) {
            refer(random, &mut table, target);
        }
    }
    if engine != Engine::Sqlite && random.chance(30) {
        table.comment = Some("it's a \\ table".to_owned());
    }
    (table, hints)
}

fn column(random: &mut Random, engine: Engine, name: &str, family: Family) -> Column {
    let ty = match family {
        Family::Number => ColumnType::Integer { bits: *random.pick(&[16, 32, 64]), unsigned: false },
        Family::Word if random.chance(30) => ColumnType::Text,
        Family::Word => ColumnType::Varchar(*random.pick(&[40, 80, 120])),
        Family::Amount => ColumnType::Decimal { precision: Some(10 + u32::from(random.chance(50))), scale: Some(2) },
        Family::Moment if random.chance(50) => ColumnType::DateTime,
        Family::Moment => ColumnType::Date,
        Family::Flag => ColumnType::Boolean,
        Family::Bytes => ColumnType::Binary(None),
    };
    let is_text = ty == ColumnType::Text;
    let plain_default = !(is_text && engine == Engine::Mysql) && family != Family::Bytes;
    Column {
        name: name.to_owned(),
        ty,
        nullable: random.chance(50),
        default: (plain_default && random.chance(35)).then(|| default(engine, family)),
        comment: (engine != Engine::Sqlite && random.chance(20)).then(|| "what it's for".to_owned()),
        ..Column::default()
    }
}

fn default(engine: Engine, family: Family) -> String {
    match family {
        Family::Flag if engine == Engine::Postgres => "false".to_owned(),
        Family::Flag => "0".to_owned(),
        other => value(other, 3),
    }
}

/// A literal of a family; another number gives another value.
pub fn value_of(column: &str, number: usize, engine: Engine) -> String {
    match COLUMNS.iter().find(|(name, _)| *name == column) {
        Some((_, Family::Flag)) if engine == Engine::Postgres => {
            if number.is_multiple_of(2) { "false" } else { "true" }.to_owned()
        }
        Some((_, Family::Bytes)) if engine == Engine::Sqlite => format!("x'{number:04x}'"),
        Some((_, family)) => value(*family, number),
        None => "NULL".to_owned(),
    }
}

fn value(family: Family, number: usize) -> String {
    match family {
        Family::Number => number.to_string(),
        Family::Word => format!("'it''s {number}'"),
        Family::Amount => format!("{number}.50"),
        Family::Moment => format!("'2026-01-{:02}'", number % 28 + 1),
        Family::Flag => (number % 2).to_string(),
        Family::Bytes => format!("'{number}'"),
    }
}

fn constrain(random: &mut Random, engine: Engine, table: &mut Table, column: &mut Column, family: Family) {
    let can_be_key = matches!(family, Family::Number) || matches!(column.ty, ColumnType::Varchar(_));
    let name = column.name.clone();
    let name = name.as_str();
    if can_be_key && random.chance(20) {
        // A unique column that is required cannot come back with values of its own when rows are there.
        column.nullable = true;
        column.default = None;
        table.uniques.push(Unique { parts: vec![IndexPart::column(name)], ..Unique::default() });
    }
    if can_be_key && random.chance(30) {
        let mut parts = vec![IndexPart::column(name)];
        if random.chance(40) {
            parts.push(IndexPart {
                descending: engine != Engine::Mysql || random.chance(50),
                ..IndexPart::column("id")
            });
        }
        table.indexes.push(Index { parts, ..Index::default() });
    }
    if family == Family::Number && random.chance(30) {
        let quoted = if engine == Engine::Mysql { format!("`{name}`") } else { format!("\"{name}\"") };
        // Zero must fit: it is what rows get in a column that comes back.
        let bound = *random.pick(&["0", "-1"]);
        let expression = format!("{quoted} >= {bound}");
        table.checks.push(Check {
            name: Some(format!("ck_{}_{name}", table.name.name.len())),
            expression,
            ..Check::default()
        });
    }
}

fn refer(random: &mut Random, table: &mut Table, target: &ObjectName) {
    let column = format!("{}_id", target.name.replace(['"', '`', ' '], "_"));
    table.columns.push(Column {
        name: column.clone(),
        ty: ColumnType::Integer { bits: 64, unsigned: false },
        nullable: true,
        ..Column::default()
    });
    table.foreign_keys.push(ForeignKey {
        columns: vec![column],
        references: target.clone(),
        referenced_columns: vec!["id".to_owned()],
        on_delete: *random.pick(&[Action::NoAction, Action::Cascade, Action::SetNull]),
        ..ForeignKey::default()
    });
}

/// Whether a schema has any foreign key from a table to a column of this name.
pub fn is_reference(schema: &Schema, table: &ObjectName, column: &str) -> bool {
    schema
        .table(table)
        .is_some_and(|table| table.foreign_keys.iter().any(|key| key.columns.iter().any(|name| name == column)))
}
