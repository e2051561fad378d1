//! Models' words in SQLite's.
//!
//! | a model says | SQLite gets | in a STRICT table |
//! |---|---|---|
//! | integers | `INTEGER` | `INTEGER` |
//! | `bool` | `BOOLEAN` | `INTEGER` |
//! | `f32`, `f64` | `REAL` | `REAL` |
//! | text, `varchar(n)`, `char(n)` | `TEXT`, `VARCHAR(n)`, `CHAR(n)` | `TEXT` |
//! | bytes, UUID | `BLOB` | `BLOB` |
//! | date, time, date and time | `DATE`, `TIME`, `DATETIME` | `TEXT` |
//! | decimal | `NUMERIC(p,s)` | `TEXT` |
//! | JSON | `TEXT` | `TEXT` |
//! | an enumeration | `TEXT` and a check | `TEXT` and a check |
//!
//! The names are those that sqlx decodes. A decimal is `NUMERIC` since it then sorts, adds and compares as a number, in
//! checks too; SQLite keeps 15 digits of it. Whoever needs more writes `type = "TEXT"`, which is exact and sorts as text.

use rungs_schema::{
    AutoIncrement, Check, Column, ColumnType, DialectName, EnumType, ForeignKey, Generated, Index, IndexKey, IndexPart,
    ObjectName, Schema, Table, Unique,
};

use super::Sqlite;
use super::ddl::expression::{self, Names};
use super::ddl::token::tokens;
use super::{ddl, introspect};
use crate::error::PlanError;

pub(super) fn canonical(dialect: &Sqlite, declared: &Schema) -> Result<Schema, PlanError> {
    let reader = Canonical { dialect, enums: &declared.enums };
    if let Some(sequence) = declared.sequences.first() {
        let help = "number the rows by #[model(auto_increment)] on an integer primary key";
        return Err(reader.unsupported(format!("keep sequence {}", sequence.name), help));
    }
    let mut schema = Schema { definitions: declared.definitions.clone(), ..Schema::default() };
    for table in &declared.tables {
        schema.tables.push(reader.table(table)?);
    }
    introspect::resolve_references(&mut schema.tables);
    schema.sort();
    Ok(schema)
}

/// The logical type of a native one, where [`canonical`] brings the same text back.
pub(super) fn logical(native: &str) -> ColumnType {
    let (name, sizes) = match native.strip_suffix(')').and_then(|native| native.split_once('(')) {
        Some((name, sizes)) => (name, sizes.split(',').map(|size| size.parse().ok()).collect::<Vec<Option<u32>>>()),
        None => (native, Vec::new()),
    };
    let found = match (name, sizes.as_slice()) {
        ("INTEGER", []) => ColumnType::Integer { bits: 64, unsigned: false },
        ("BOOLEAN", []) => ColumnType::Boolean,
        ("REAL", []) => ColumnType::Double,
        ("TEXT", []) => ColumnType::Text,
        ("VARCHAR", [Some(length)]) => ColumnType::Varchar(*length),
        ("CHAR", [Some(length)]) => ColumnType::Char(*length),
        ("BLOB", []) => ColumnType::Binary(None),
        ("DATE", []) => ColumnType::Date,
        ("TIME", []) => ColumnType::Time,
        ("DATETIME", []) => ColumnType::DateTime,
        ("NUMERIC", []) => ColumnType::Decimal { precision: None, scale: None },
        ("NUMERIC", [precision @ Some(_)]) => ColumnType::Decimal { precision: *precision, scale: None },
        ("NUMERIC", [precision @ Some(_), scale @ Some(_)]) => {
            ColumnType::Decimal { precision: *precision, scale: *scale }
        }
        _ => return ColumnType::Native(native.to_owned()),
    };
    match plain_type(&found) {
        Some(text) if text == native => found,
        _ => ColumnType::Native(native.to_owned()),
    }
}

/// What a type without any trick to it is called; `None` for those that SQLite has nothing for.
fn plain_type(ty: &ColumnType) -> Option<String> {
    Some(match ty {
        ColumnType::Integer { .. } => "INTEGER".to_owned(),
        ColumnType::Boolean => "BOOLEAN".to_owned(),
        ColumnType::Real | ColumnType::Double => "REAL".to_owned(),
        ColumnType::Text | ColumnType::Json | ColumnType::Enum(_) => "TEXT".to_owned(),
        ColumnType::Varchar(length) => format!("VARCHAR({length})"),
        ColumnType::Char(length) => format!("CHAR({length})"),
        ColumnType::Binary(_) | ColumnType::Uuid => "BLOB".to_owned(),
        ColumnType::Date => "DATE".to_owned(),
        ColumnType::Time => "TIME".to_owned(),
        ColumnType::DateTime | ColumnType::Timestamp => "DATETIME".to_owned(),
        ColumnType::Decimal { precision: Some(precision), scale: Some(scale) } => {
            format!("NUMERIC({precision},{scale})")
        }
        ColumnType::Decimal { precision: Some(precision), scale: None } => format!("NUMERIC({precision})"),
        ColumnType::Decimal { precision: None, .. } => "NUMERIC".to_owned(),
        ColumnType::Native(text) => ddl::normalise_type(text),
        ColumnType::PerDialect { by, default } => {
            ddl::normalise_type(by.get(&DialectName::Sqlite).or(default.as_ref())?)
        }
        ColumnType::Interval | ColumnType::Inet | ColumnType::MacAddr | ColumnType::Array(_) => return None,
    })
}

/// What a STRICT table takes for it: <https://www.sqlite.org/stricttables.html>.
fn strict_type(ty: &ColumnType) -> Option<String> {
    let plain = plain_type(ty)?;
    Some(match ty {
        ColumnType::Boolean => "INTEGER".to_owned(),
        ColumnType::Native(_) | ColumnType::PerDialect { .. } => plain,
        _ if matches!(plain.as_str(), "INTEGER" | "REAL" | "TEXT" | "BLOB") => plain,
        _ => "TEXT".to_owned(),
    })
}

struct Canonical<'a> {
    dialect: &'a Sqlite,
    enums: &'a [EnumType],
}

impl Canonical<'_> {
    fn unsupported(&self, action: String, help: &str) -> PlanError {
        PlanError::Unsupported { engine: self.dialect.engine(), action, help: Some(help.to_owned()) }
    }

    fn table(&self, declared: &Table) -> Result<Table, PlanError> {
        let mut table = declared.clone();
        table.name = self.object(&declared.name)?;
        table.comment = None;
        table.verbatim = None;
        table.options.retain(|option, _| option == "strict" || option == "without_rowid");
        let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        let names = Names { table: &declared.name.name, columns: &columns };
        let strict = table.options.contains_key("strict");
        let mut checks = Vec::new();
        for column in &mut table.columns {
            checks.extend(self.check_of_enum(&declared.name, column, names)?);
            self.column(&declared.name, column, strict, names)?;
        }
        for check in &mut table.checks {
            self.check(&declared.name, check, names)?;
        }
        checks.append(&mut table.checks);
        table.checks = checks;
        for key in &mut table.foreign_keys {
            self.foreign_key(&declared.name, key)?;
        }
        for unique in &mut table.uniques {
            self.unique(&declared.name, unique, names)?;
        }
        for index in &mut table.indexes {
            self.index(&declared.name, index, names)?;
        }
        if let Some(key) = &mut table.primary_key {
            key.comment = None;
            self.parts(&declared.name, &mut key.parts, names)?;
        }
        self.auto_increment(&mut table)?;
        ddl::settle(&mut table);
        let shape = Table { columns: table.columns.clone(), ..Table::default() };
        for part in table.indexes.iter_mut().flat_map(|index| &mut index.parts) {
            ddl::drop_own_collation(part, &shape);
        }
        Ok(table)
    }

    fn object(&self, name: &ObjectName) -> Result<ObjectName, PlanError> {
        match name.schema.as_deref() {
            None | Some("main") => Ok(ObjectName::bare(&name.name)),
            Some(_) => Err(self.unsupported(
                format!("keep table {name} in a namespace of its own"),
                "leave the namespace out: a database file has only one",
            )),
        }
    }

    fn column(&self, table: &ObjectName, column: &mut Column, strict: bool, names: Names<'_>) -> Result<(), PlanError> {
        let native = if strict { strict_type(&column.ty) } else { plain_type(&column.ty) };
        let Some(native) = native else {
            let what = format!("keep column {table}.{} as {}", column.name, describe(&column.ty));
            return Err(self.unsupported(what, "say what it is here: #[model(type(sqlite = \"TEXT\"))]"));
        };
        column.ty = ColumnType::Native(native);
        if column.on_update.is_some() {
            let what = format!("set column {table}.{} on every update", column.name);
            return Err(self.unsupported(what, "write a trigger in a revision of its own"));
        }
        column.default = column.default.as_deref().and_then(canonical_default);
        if let Some(Generated { expression, .. }) = &mut column.generated {
            *expression = expression::normalise(expression, names);
        }
        column.collation = column.collation.take().map(|name| collation(&name)).filter(|name| name != "BINARY");
        column.not_null_conflict = conflict(column.not_null_conflict.take());
        (column.charset, column.comment, column.invisible) = (None, None, false);
        Ok(())
    }

    /// An enumeration is a text with a check.
    fn check_of_enum(&self, table: &ObjectName, column: &Column, names: Names<'_>) -> Result<Option<Check>, PlanError> {
        let ColumnType::Enum(name) = &column.ty else { return Ok(None) };
        let Some(found) = self.enums.iter().find(|found| found.name == *name) else {
            let reason = format!("column {table}.{} is of type {name}, which nothing declares", column.name);
            return Err(PlanError::Invalid { reason, help: Some("declare it with #[derive(DbEnum)]".to_owned()) });
        };
        let values: Vec<_> = found.values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
        let expression = format!("{} IN ({})", expression::quote(&column.name), values.join(", "));
        let expression = expression::normalise(&expression, names);
        Ok(Some(Check { expression, column: Some(column.name.clone()), ..Check::default() }))
    }

    fn check(&self, table: &ObjectName, check: &mut Check, names: Names<'_>) -> Result<(), PlanError> {
        if check.not_enforced {
            let what = format!("keep a check of table {table} ({}) without enforcing it", check.expression);
            return Err(self.unsupported(what, "leave it out here"));
        }
        check.expression = expression::normalise(&check.expression, names);
        (check.no_inherit, check.not_valid, check.comment) = (false, false, None);
        Ok(())
    }

    fn foreign_key(&self, table: &ObjectName, key: &mut ForeignKey) -> Result<(), PlanError> {
        key.references = self.object(&key.references)?;
        if !key.on_delete_columns.is_empty() {
            let what = format!("set only some columns of a foreign key of table {table} to NULL");
            return Err(self.unsupported(what, "use ON DELETE SET NULL for all of them"));
        }
        key.match_type = key.match_type.take().filter(|word| word != "SIMPLE");
        (key.not_valid, key.comment) = (false, None);
        Ok(())
    }

    fn unique(&self, table: &ObjectName, unique: &mut Unique, names: Names<'_>) -> Result<(), PlanError> {
        if unique.nulls_not_distinct || unique.deferrable.is_some() {
            let what = format!("keep a unique constraint of table {table} deferrable or with equal NULLs");
            return Err(self.unsupported(what, "use a unique index on an expression, such as coalesce(column, '')"));
        }
        unique.on_conflict = conflict(unique.on_conflict.take());
        unique.comment = None;
        self.parts(table, &mut unique.parts, names)
    }

    fn index(&self, table: &ObjectName, index: &mut Index, names: Names<'_>) -> Result<(), PlanError> {
        let label = index.name.clone().unwrap_or_else(|| "without a name".to_owned());
        index.method = index.method.take().filter(|method| !method.eq_ignore_ascii_case("btree"));
        if let Some(method) = &index.method {
            let what = format!("keep index {label} of table {table} with method {method}");
            return Err(self.unsupported(what, "leave the method out here"));
        }
        if !index.include.is_empty() || index.nulls_not_distinct {
            let what = format!("keep index {label} of table {table} with INCLUDE or NULLS NOT DISTINCT");
            return Err(self.unsupported(what, "leave it out here"));
        }
        index.predicate = index.predicate.as_deref().map(|text| expression::normalise(text, names));
        index.options.clear();
        index.comment = None;
        self.parts(table, &mut index.parts, names)
    }

    fn parts(&self, table: &ObjectName, parts: &mut [IndexPart], names: Names<'_>) -> Result<(), PlanError> {
        for part in parts {
            if let IndexKey::Expression(text) = &mut part.key {
                *text = expression::normalise(text, names);
            }
            // NULLs are the smallest values: first where a key ascends, last where it descends.
            if part.nulls_first.is_some_and(|first| first == part.descending) {
                let what = format!("sort the NULLs of an index of table {table} to the other end");
                return Err(self.unsupported(what, "leave NULLS FIRST or NULLS LAST out"));
            }
            if part.opclass.is_some() {
                let what = format!("use an operator class in an index of table {table}");
                return Err(self.unsupported(what, "leave it out here"));
            }
            part.collation = part.collation.take().map(|name| collation(&name));
            (part.nulls_first, part.length) = (None, None);
        }
        Ok(())
    }

    /// AUTOINCREMENT stands on the rowid only: <https://www.sqlite.org/autoinc.html>.
    fn auto_increment(&self, table: &mut Table) -> Result<(), PlanError> {
        let rowid = ddl::rowid_alias(table).map(|column| column.name.clone());
        for column in &mut table.columns {
            match &column.auto_increment {
                None => continue,
                Some(AutoIncrement::Identity(_)) => {
                    let what = format!("make column {}.{} an identity", table.name, column.name);
                    return Err(self.unsupported(what, "use auto_increment"));
                }
                Some(AutoIncrement::Native | AutoIncrement::Serial) => {}
            }
            if rowid.as_ref() != Some(&column.name) {
                let what = format!("number column {}.{} by itself", table.name, column.name);
                let help = "auto_increment works on an integer that is the whole primary key, in a table with rowid";
                return Err(self.unsupported(what, help));
            }
            column.auto_increment = Some(AutoIncrement::Native);
        }
        Ok(())
    }
}

fn canonical_default(declared: &str) -> Option<String> {
    expression::default(&tokens(declared), true)
}

fn collation(declared: &str) -> String {
    expression::collation(&tokens(declared).first().map_or_else(|| declared.to_owned(), |token| token.identifier()))
}

fn conflict(declared: Option<String>) -> Option<String> {
    declared.map(|word| word.to_ascii_uppercase()).filter(|word| word != "ABORT")
}

/// What a model calls a type that SQLite has not.
fn describe(ty: &ColumnType) -> &'static str {
    match ty {
        ColumnType::Interval => "a span of time",
        ColumnType::Inet => "an IP address",
        ColumnType::MacAddr => "a MAC address",
        ColumnType::Array(_) => "an array",
        _ => "a type that is not named for SQLite",
    }
}
