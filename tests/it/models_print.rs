//! Models printed from a schema: they compile (see `printed/`), and read back to the same schema.

use rungs::db::ServerVersion;
use rungs::dialect::{self, Dialect, Features, Naming, Part, Statement, convention};
use rungs::diff::change::Change;
use rungs::error::PlanError;
use rungs::schema::*;
use rungs::source::print;

/// Names by the convention, and the few types that the sample has.
#[derive(Debug)]
struct Plain {
    version: ServerVersion,
    features: Features,
}

impl Plain {
    fn new(name: DialectName) -> Self {
        let version = ServerVersion { name, number: (0, 0, 0) };
        let features = dialect::for_version(&version).expect("a dialect").features().clone();
        Self { version, features }
    }
}

impl Dialect for Plain {
    fn version(&self) -> &ServerVersion {
        &self.version
    }

    fn features(&self) -> &Features {
        &self.features
    }

    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError> {
        Ok(declared.clone())
    }

    fn logical(&self, native: &str) -> ColumnType {
        match native {
            "bigint" => ColumnType::Integer { bits: 64, unsigned: false },
            "int unsigned" => ColumnType::Integer { bits: 32, unsigned: true },
            "tinyint unsigned[]" => ColumnType::Array(Box::new(ColumnType::Integer { bits: 8, unsigned: true })),
            "text" => ColumnType::Text,
            "text[]" => ColumnType::Array(Box::new(ColumnType::Text)),
            "varchar(120)" => ColumnType::Varchar(120),
            "char(2)" => ColumnType::Char(2),
            "bytea" => ColumnType::Binary(None),
            "binary(16)" => ColumnType::Binary(Some(16)),
            "timestamp" => ColumnType::DateTime,
            "timestamptz" => ColumnType::Timestamp,
            "jsonb" => ColumnType::Json,
            "boolean" => ColumnType::Boolean,
            other => ColumnType::Native(other.to_owned()),
        }
    }

    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String> {
        Some(convention(table, part))
    }

    fn render(&self, _: &Change) -> Result<Vec<Statement>, PlanError> {
        Ok(Vec::new())
    }
}

fn native(name: &str, ty: &str) -> Column {
    Column { name: name.into(), ty: ColumnType::Native(ty.into()), ..Column::default() }
}

fn nullable(name: &str, ty: &str) -> Column {
    Column { nullable: true, ..native(name, ty) }
}

fn key(name: &str, columns: &[&str]) -> Option<PrimaryKey> {
    let parts = columns.iter().map(|column| IndexPart::column(*column)).collect();
    Some(PrimaryKey { name: Some(name.into()), parts, ..PrimaryKey::default() })
}

fn options(all: &[(&str, &str)]) -> rungs::schema::Options {
    let mut all: rungs::schema::Options =
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    all.sort_keys();
    all
}

/// Ordinary tables, then one of everything, with names that Rust does not take as they are.
fn sample() -> Schema {
    let users = Table {
        name: "users".into(),
        columns: vec![
            Column { default: Some("nextval('all_id_seq'::regclass)".into()), ..native("id", "bigint") },
            Column { comment: Some("say \"hi\"\n".into()), ..native("email", "varchar(120)") },
            nullable("externalId", "int unsigned"),
            native("type", "text"),
            Column { default: Some("now()".into()), ..native("created_at", "timestamptz") },
            nullable("settings", "jsonb"),
            nullable("mood", "mood"),
            native("moods", "\"mood\"[]"),
            native("tags", "text[]"),
            native("where", "point"),
            nullable("bytes", "tinyint unsigned[]"),
        ],
        primary_key: key("pk_users", &["id"]),
        uniques: vec![Unique {
            name: Some("uq_users_email".into()),
            parts: vec![IndexPart::column("email")],
            ..Unique::default()
        }],
        indexes: vec![Index {
            name: Some("external".into()),
            parts: vec![IndexPart::column("externalId")],
            ..Index::default()
        }],
        checks: vec![Check { name: Some("ck_users".into()), expression: "email <> ''".into(), ..Check::default() }],
        ..Table::default()
    };
    let memberships = Table {
        name: "memberships".into(),
        columns: vec![
            native("user_id", "bigint"),
            native("group_id", "bigint"),
            nullable("parent_user", "bigint"),
            nullable("parent_group", "bigint"),
        ],
        primary_key: key("pk_memberships", &["user_id", "group_id"]),
        foreign_keys: vec![
            ForeignKey {
                name: Some("fk_memberships_user_id".into()),
                columns: vec!["user_id".into()],
                references: "users".into(),
                referenced_columns: vec!["id".into()],
                on_delete: Action::Cascade,
                deferrable: Some(Deferrable { initially_deferred: true }),
                ..ForeignKey::default()
            },
            ForeignKey {
                name: Some("to_group".into()),
                columns: vec!["group_id".into()],
                references: ObjectName::qualified("odd schema", "1st \"group\""),
                referenced_columns: vec!["Id".into()],
                on_update: Action::SetNull,
                ..ForeignKey::default()
            },
            ForeignKey {
                name: Some("fk_memberships_parent_user_parent_group".into()),
                columns: vec!["parent_user".into(), "parent_group".into()],
                references: "memberships".into(),
                referenced_columns: vec!["user_id".into(), "group_id".into()],
                on_delete: Action::SetNull,
                on_delete_columns: vec!["parent_group".into()],
                match_type: Some("FULL".into()),
                not_valid: true,
                not_enforced: true,
                comment: Some("the parent".into()),
                ..ForeignKey::default()
            },
            ForeignKey {
                name: Some("elsewhere".into()),
                columns: vec!["parent_user".into()],
                references: ObjectName::qualified("other", "people"),
                referenced_columns: vec!["a,b".into()],
                ..ForeignKey::default()
            },
            ForeignKey {
                name: Some("implied".into()),
                columns: vec!["parent_group".into()],
                references: "users".into(),
                ..ForeignKey::default()
            },
        ],
        ..Table::default()
    };
    Schema {
        tables: vec![memberships, users, odd_table(), strings()],
        sequences: vec![
            Sequence { name: "all_id_seq".into(), ..Sequence::default() },
            Sequence {
                name: ObjectName::qualified("odd schema", "Other.Seq"),
                ty: Some("integer".into()),
                start: Some(5),
                increment: Some(-1),
                min: Some(-10),
                max: Some(10),
                cache: Some(2),
                cycle: true,
                unlogged: false,
                owned_by: Some((ObjectName::qualified("odd schema", "1st \"group\""), "Id".into())),
                comment: Some("c".into()),
            },
        ],
        enums: vec![EnumType {
            name: "mood".into(),
            values: vec!["happy".into(), "so-so".into(), "So So".into(), "1".into(), "self".into()],
            comment: Some("how it goes".into()),
        }],
        definitions: vec![Definition::new(
            DefinitionKind::View,
            "active_users".into(),
            "CREATE VIEW active_users AS SELECT 1",
        )],
        ..Schema::default()
    }
}

fn odd_table() -> Table {
    let identity = Identity { always: true, sequence: Sequence { start: Some(7), ..Sequence::default() } };
    Table {
        name: ObjectName::qualified("odd schema", "1st \"group\""),
        columns: vec![
            Column { auto_increment: Some(AutoIncrement::Identity(identity)), ..native("Id", "bigint") },
            Column { auto_increment: Some(AutoIncrement::Serial), ..native("id", "bigint") },
            Column {
                charset: Some("latin1".into()),
                collation: Some("latin1_bin".into()),
                invisible: true,
                ..native("self", "char(2)")
            },
            Column {
                generated: Some(Generated { expression: "a || '\\'".into(), stored: false }),
                ..nullable("a b", "text")
            },
            Column {
                on_update: Some("current_timestamp()".into()),
                not_null_conflict: Some("IGNORE".into()),
                ..native("a-b", "timestamp")
            },
            native("unique", "binary(16)"),
            native("", "bytea"),
            native("untyped", ""),
        ],
        primary_key: Some(PrimaryKey {
            name: Some("the key".into()),
            parts: vec![
                IndexPart { descending: true, ..IndexPart::column("Id") },
                IndexPart { length: Some(4), collation: Some("C".into()), ..IndexPart::column("unique") },
            ],
            include: vec!["a b".into()],
            method: Some("hash".into()),
            options: options(&[("key_block_size", "4")]),
            on_conflict: Some("REPLACE".into()),
            deferrable: Some(Deferrable::default()),
            comment: Some("k".into()),
            ..PrimaryKey::default()
        }),
        uniques: vec![
            Unique {
                name: Some("u".into()),
                parts: vec![IndexPart::column("self")],
                include: vec!["id".into()],
                nulls_not_distinct: true,
                deferrable: Some(Deferrable { initially_deferred: true }),
                on_conflict: Some("FAIL".into()),
                comment: Some("u".into()),
                ..Unique::default()
            },
            Unique {
                name: Some("uq_1st \"group\"_unique_a b".into()),
                parts: vec![IndexPart::column("unique"), IndexPart::column("a b")],
                include: vec!["id".into()],
                ..Unique::default()
            },
        ],
        indexes: vec![
            Index {
                name: Some("i1".into()),
                parts: vec![
                    IndexPart { nulls_first: Some(true), ..IndexPart::expression("lower(\"a b\")") },
                    IndexPart {
                        descending: true,
                        nulls_first: Some(false),
                        opclass: Some("text_pattern_ops".into()),
                        ..IndexPart::column("a-b")
                    },
                ],
                unique: true,
                method: Some("gin".into()),
                predicate: Some("id > 0 and \"a b\" is not null".into()),
                include: vec!["id".into(), "".into()],
                nulls_not_distinct: true,
                options: options(&[("fillfactor", "70"), ("odd.key", "x")]),
                comment: Some("i".into()),
                ..Index::default()
            },
            Index {
                name: Some("ix_1st \"group\"_id".into()),
                parts: vec![IndexPart::column("id")],
                ..Index::default()
            },
        ],
        checks: vec![
            Check {
                name: Some("c".into()),
                expression: "id > 0".into(),
                column: Some("id".into()),
                ..Check::default()
            },
            Check {
                name: Some("c2".into()),
                expression: "id > 1".into(),
                no_inherit: true,
                not_valid: true,
                not_enforced: true,
                comment: Some("c".into()),
                ..Check::default()
            },
        ],
        comment: Some("a table".into()),
        options: options(&[
            ("engine", "InnoDB"),
            ("charset", "utf8mb4"),
            ("strict", ""),
            ("unlogged", ""),
            ("fillfactor", "50"),
            ("autovacuum.x", "off"),
        ]),
        ..Table::default()
    }
}

/// A table whose struct would hide a type that fields need.
fn strings() -> Table {
    let nullable_key = Column { nullable: true, ..native("id", "text") };
    Table {
        name: "string".into(),
        columns: vec![nullable_key],
        primary_key: key("pk_string", &["id"]),
        ..Table::default()
    }
}

/// Native types by what they mean, open names by the convention, lists in one order.
fn comparable(mut schema: Schema, dialect: &Plain) -> Schema {
    schema.definitions.clear();
    for table in &mut schema.tables {
        let name = table.name.name.clone();
        for column in &mut table.columns {
            column.ty = comparable_type(&column.ty, dialect);
        }
        if let Some(key) = &mut table.primary_key {
            key.name = key.name.clone().or_else(|| dialect.default_name(&name, Part::PrimaryKey(key)));
        }
        for unique in &mut table.uniques {
            unique.name = unique.name.clone().or_else(|| dialect.default_name(&name, Part::Unique(unique)));
        }
        for index in &mut table.indexes {
            index.name = index.name.clone().or_else(|| dialect.default_name(&name, Part::Index(index)));
        }
        for check in &mut table.checks {
            check.name = check.name.clone().or_else(|| dialect.default_name(&name, Part::Check(check)));
        }
        for key in &mut table.foreign_keys {
            key.name = key.name.clone().or_else(|| dialect.default_name(&name, Part::ForeignKey(key)));
        }
        if matches!(dialect.version.name, DialectName::Mysql | DialectName::Mariadb) {
            // What goes without saying there.
            table.options.shift_remove("engine");
        }
        table.options.sort_keys();
        table.columns.iter_mut().for_each(|column| column.options.sort_keys());
        table.indexes.iter_mut().for_each(|index| index.options.sort_keys());
        table.uniques.iter_mut().for_each(|unique| unique.options.sort_keys());
        if let Some(key) = &mut table.primary_key {
            key.options.sort_keys();
        }
        if dialect.version.name != DialectName::Sqlite {
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        }
        if dialect.version.name == DialectName::Postgres {
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        }
    }
    schema.sort();
    schema
}

fn comparable_type(ty: &ColumnType, dialect: &Plain) -> ColumnType {
    match ty {
        ColumnType::PerDialect { by, default: Some(text) } if by.is_empty() => {
            comparable_type(&ColumnType::Native(text.clone()), dialect)
        }
        ColumnType::Native(text) => match text.as_str() {
            "mood" => ColumnType::Enum("mood".into()),
            "\"mood\"[]" => ColumnType::Array(Box::new(ColumnType::Enum("mood".into()))),
            // `Vec<u8>` would be bytes, so that this stays in the engine's words.
            "tinyint unsigned[]" => ty.clone(),
            _ => dialect.logical(text),
        },
        other => other.clone(),
    }
}

fn read_back(files: &[(String, String)]) -> Schema {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a new file");
    }
    let read = rungs::source::models::read(&[".".to_owned()], folder.path());
    read.unwrap_or_else(|error| panic!("{:?}\n{files:#?}", miette::Report::new(error))).schema
}

#[test]
fn one_file_reads_back_to_the_same_schema() {
    for name in DialectName::ALL {
        let dialect = Plain::new(name);
        let text = print::models(&sample(), &Naming::default(), &dialect, None);
        let back = read_back(&[("all.rs".to_owned(), text)]);
        similar_asserts(&comparable(back, &dialect), &comparable(sample(), &dialect));
    }
}

#[test]
fn a_file_for_each_table_reads_back_to_the_same_schema() {
    let dialect = Plain::new(DialectName::Postgres);
    let files = print::model_files(&sample(), &Naming::default(), &dialect, None);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["mod.rs", "enums.rs", "memberships.rs", "users.rs", "_1st_group.rs", "string2.rs"]);
    similar_asserts(&comparable(read_back(&files), &dialect), &comparable(sample(), &dialect));
}

fn similar_asserts(left: &Schema, right: &Schema) {
    let (left, right) = (format!("{left:#?}"), format!("{right:#?}"));
    if left != right {
        let diff = similar::TextDiff::from_lines(&left, &right);
        panic!("{}", diff.unified_diff().context_radius(6));
    }
}

/// The printed sample, compiled with the derive. `RUNGS_PRINT=1` writes it anew.
#[test]
fn the_printed_text_is_the_one_that_compiles() {
    let text = print::models(&sample(), &Naming::default(), &Plain::new(DialectName::Postgres), None);
    if std::env::var_os("RUNGS_PRINT").is_some() {
        std::fs::write("tests/it/printed/sample.rs", &text).expect("the sample is written");
    }
    assert!(text == include_str!("printed/sample.rs"), "{text}");
}

#[test]
fn an_empty_schema_prints_nothing() {
    assert_eq!(print::models(&Schema::default(), &Naming::default(), &Plain::new(DialectName::Sqlite), None), "");
}

#[allow(dead_code, unused_imports, missing_docs, reason = "it is here to be compiled")]
#[rustfmt::skip]
#[path = "printed/sample.rs"]
mod sample_as_printed;

#[test]
fn the_printed_models_know_their_columns() {
    use rungs::Model;
    assert_eq!(sample_as_printed::_1stGroup::SCHEMA, Some("odd schema"));
    assert_eq!(sample_as_printed::_1stGroup::COLUMNS, ["Id", "id", "self", "a b", "a-b", "unique", "", "untyped"]);
    assert_eq!(sample_as_printed::Memberships::PRIMARY_KEY, ["user_id", "group_id"]);
}
