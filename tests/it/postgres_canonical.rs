//! PostgreSQL: what models declare is put into the words that the server prints.

use rungs::dialect::Part;
use rungs::schema::{
    AutoIncrement, Check, Column, ColumnType, EnumType, Index, IndexPart, PrimaryKey, Schema, Table, Unique,
};

use crate::harness::{Engine, play};
use crate::postgres_introspect::assert_same;
use crate::postgres_support::{apply, creation};

fn column(name: &str, ty: ColumnType, default: Option<&str>) -> Column {
    Column { name: name.to_owned(), ty, nullable: true, default: default.map(str::to_owned), ..Column::default() }
}

fn native(ty: &str) -> ColumnType {
    ColumnType::Native(ty.to_owned())
}

fn check(expression: &str, column: &str) -> Check {
    Check { expression: expression.to_owned(), column: Some(column.to_owned()), ..Check::default() }
}

fn declared() -> Schema {
    let integer = |bits, unsigned| ColumnType::Integer { bits, unsigned };
    let columns = vec![
        Column { auto_increment: Some(AutoIncrement::Native), ..column("id", integer(64, false), None) },
        column("bool", ColumnType::Boolean, Some("TRUE")),
        column("i8", integer(8, false), Some("3")),
        column("u16", integer(16, true), Some("-4")),
        column("u32", integer(32, true), Some("-5")),
        column("u64", integer(64, true), Some("0")),
        column("dec", ColumnType::Decimal { precision: Some(10), scale: Some(2) }, Some("1.50")),
        column("dec0", ColumnType::Decimal { precision: Some(5), scale: None }, None),
        column("f64", ColumnType::Double, Some("0.5")),
        column("text", ColumnType::Text, Some("'it''s'")),
        column("varchar", ColumnType::Varchar(9), Some("'x'")),
        column("char", ColumnType::Char(2), Some("'x'")),
        column("bytes", ColumnType::Binary(Some(16)), None),
        column("instant", ColumnType::Timestamp, Some("current_timestamp")),
        column("now", ColumnType::DateTime, Some("now()")),
        column("time", ColumnType::Time, None),
        column("date", ColumnType::Date, Some("CURRENT_DATE")),
        column("uuid", ColumnType::Uuid, Some("gen_random_uuid()")),
        column("json", ColumnType::Json, None),
        column("inet", ColumnType::Inet, None),
        column("span", ColumnType::Interval, None),
        column("tags", ColumnType::Array(Box::new(ColumnType::Text)), None),
        column("mood", ColumnType::Enum("Mood of".into()), Some("'a'")),
        column("moods", ColumnType::Array(Box::new(ColumnType::Enum("order".into()))), None),
        column("aliased", native("TIMESTAMPTZ(3)"), None),
        column("vc", native("varchar( 7 )"), Some("NULL")),
        column("numbered", native("serial"), None),
        column("money", native("Decimal(8)"), None),
    ];
    let enumerated = |name: &str| EnumType { name: name.into(), values: vec!["a".to_owned()], comment: None };
    let mut desc = IndexPart::column("text");
    desc.descending = true;
    desc.nulls_first = Some(true);
    let index = Index { parts: vec![desc], method: Some("BTREE".to_owned()), ..Index::default() };
    let table = Table {
        name: "things".into(),
        columns,
        primary_key: Some(PrimaryKey { parts: vec![IndexPart::column("id")], ..PrimaryKey::default() }),
        uniques: vec![Unique { parts: vec![IndexPart::column("text"), IndexPart::column("i8")], ..Unique::default() }],
        indexes: vec![index],
        checks: ["i8 > 0", "i8 < 9"].map(|text| check(text, "i8")).into(),
        comment: Some(String::new()),
        ..Table::default()
    };
    Schema { tables: vec![table], enums: vec![enumerated("Mood of"), enumerated("order")], ..Schema::default() }
}

#[test]
fn what_is_canonical_is_what_the_server_prints() {
    play(Engine::Postgres, |db| async move {
        let dialect = db.dialect().await;
        let mut schema = dialect.canonical(&declared()).unwrap();
        let table = &mut schema.tables[0];
        // A default of NULL with a length is kept by the server as a cast: only the scratch namespace can tell.
        table.columns[25].default = None;
        table.indexes[0].name = dialect.default_name("things", Part::Index(&table.indexes[0]));
        table.uniques[0].name = dialect.default_name("things", Part::Unique(&table.uniques[0]));
        let key = table.primary_key.as_mut().unwrap();
        key.name = dialect.default_name("things", Part::PrimaryKey(key));
        assert_eq!(key.name.as_deref(), Some("things_pkey"));
        assert_eq!(table.uniques[0].name.as_deref(), Some("things_text_i8_key"));
        let checks: Vec<_> = table.checks.iter().filter_map(|check| check.name.as_deref()).collect();
        assert_eq!(checks, ["things_i8_check", "things_i8_check1"]);
        apply(&db, &creation(&schema)).await;
        assert_same(&schema, &db.introspect().await);
        assert_same(&schema, &dialect.canonical(&schema).unwrap());
        for column in &schema.tables[0].columns {
            let back = dialect.logical(column.ty.native().unwrap());
            let again = Schema {
                tables: vec![Table {
                    name: "t".into(),
                    columns: vec![Column { ty: back, ..column.clone() }],
                    ..Table::default()
                }],
                ..Schema::default()
            };
            assert_eq!(dialect.canonical(&again).unwrap().tables[0].columns[0].ty, column.ty);
        }
    });
}

#[test]
fn what_only_other_engines_have_is_refused_by_name() {
    play(Engine::Postgres, |db| async move {
        let dialect = db.dialect().await;
        let refusal = |column: Column, option: Option<&str>| {
            let options = option.iter().map(|name| ((*name).to_owned(), String::new())).collect();
            let table = Table { name: "users".into(), columns: vec![column], options, ..Table::default() };
            dialect.canonical(&Schema { tables: vec![table], ..Schema::default() }).unwrap_err().to_string()
        };
        let plain = || column("a", ColumnType::Text, None);
        let charset = refusal(Column { charset: Some("utf8".to_owned()), ..plain() }, None);
        assert!(charset.ends_with("cannot keep a character set on column users.a"), "{charset}");
        assert!(refusal(Column { on_update: Some("now()".to_owned()), ..plain() }, None).contains("users.a"));
        assert!(refusal(plain(), Some("strict")).contains("`strict`"));
    });
}
