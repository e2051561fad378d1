//! What models declare, in the words of MySQL and MariaDB.

use rungs_schema::{
    AutoIncrement, Check, Column, ColumnType, EnumType, ForeignKey, Index, IndexKey, IndexPart, Schema, Table, Unique,
};

use super::ddl::{charset_of, leave_out_defaults};
use super::{Mysql, default, types};
use crate::dialect::{Dialect as _, Part};
use crate::error::PlanError;

/// See [`Dialect::canonical`](crate::dialect::Dialect::canonical). Enumerations become types of their columns.
pub(super) fn canonical(dialect: &Mysql, declared: &Schema) -> Result<Schema, PlanError> {
    let mut schema = Schema { definitions: declared.definitions.clone(), ..Schema::default() };
    for sequence in &declared.sequences {
        if !dialect.abilities.sequences {
            let help = "use AUTO_INCREMENT, or keep the counter in a table";
            return Err(dialect.unsupported(format!("keep sequence {}", sequence.name), Some(help)));
        }
        let mut sequence = sequence.clone();
        leave_out_defaults(&mut sequence);
        schema.sequences.push(sequence);
    }
    for table in &declared.tables {
        schema.tables.push(Tabled { dialect, enums: &declared.enums, name: table.name.to_string() }.table(table)?);
    }
    schema.sort();
    Ok(schema)
}

/// One table, on its way into the server's words.
struct Tabled<'a> {
    dialect: &'a Mysql,
    enums: &'a [EnumType],
    name: String,
}

impl Tabled<'_> {
    fn table(&self, declared: &Table) -> Result<Table, PlanError> {
        let mut table = declared.clone();
        table.verbatim = None;
        table.options = declared.options.iter().map(|(key, value)| table_option(key, value)).collect();
        if let Some(by) = table.partition_by.take() {
            table.options.insert("partition".to_owned(), format!("PARTITION BY {by}"));
        }
        if let (None, Some(collation)) = (table.options.get("charset"), table.options.get("collation")) {
            let charset = charset_of(collation);
            table.options.insert("charset".to_owned(), charset);
        }
        for word in ["strict", "without_rowid", "unlogged"] {
            if table.options.contains_key(word) {
                let action = format!("keep table {} {}", self.name, word.to_ascii_uppercase().replace('_', " "));
                return Err(self.dialect.unsupported(action, None));
            }
        }
        let collation = table.options.get("collation").cloned();
        for column in &mut table.columns {
            self.column(column, collation.as_deref())?;
        }
        self.primary_key(&mut table)?;
        for unique in std::mem::take(&mut table.uniques) {
            table.indexes.push(self.unique(unique)?);
        }
        let mut indexes = std::mem::take(&mut table.indexes);
        for index in &mut indexes {
            self.index(&table, index)?;
        }
        table.indexes = indexes;
        for key in &mut table.foreign_keys {
            self.foreign_key(key)?;
        }
        self.index_foreign_keys(&mut table);
        self.checks(&mut table)?;
        Ok(table)
    }

    fn column(&self, column: &mut Column, table_collation: Option<&str>) -> Result<(), PlanError> {
        let place = format!("{}.{}", self.name, column.name);
        let native = types::native(self.dialect, &column.ty, &place, self.enums)?;
        match &column.auto_increment {
            None | Some(AutoIncrement::Native) => {}
            Some(AutoIncrement::Serial | AutoIncrement::Identity(_)) => {
                let help = "declare it `auto_increment`";
                return Err(self.dialect.unsupported(format!("make {place} serial or an identity"), Some(help)));
            }
        }
        if column.not_null_conflict.is_some() {
            return Err(self.dialect.unsupported(format!("keep NOT NULL ON CONFLICT of {place}"), None));
        }
        if column.invisible && !self.dialect.abilities.invisible_columns {
            return Err(self.dialect.unsupported(format!("make {place} invisible"), None));
        }
        column.default = match &column.default {
            Some(text) if column.auto_increment.is_none() => default::canonical(self.dialect, &native, text),
            _ => None,
        };
        column.on_update = column.on_update.as_ref().map(|text| default::current_time(self.dialect, text));
        if self.dialect.is_mariadb() && column.generated.is_some() {
            // MariaDB takes no NOT NULL there.
            column.nullable = true;
        }
        column.comment = column.comment.take().filter(|text| !text.is_empty());
        if types::is_character(&native) {
            column.charset = column.charset.take().map(|charset| full_charset(&charset));
            column.collation = column.collation.take().map(|collation| full_collation(&collation));
            if let (None, Some(collation)) = (&column.charset, &column.collation) {
                // `uca1400_ai_ci` names no character set: it takes the one that the table has.
                column.charset = Some(charset_of(collation)).filter(|_| !collation.starts_with("uca"));
            }
            if column.collation.is_some() && column.collation.as_deref() == table_collation {
                (column.charset, column.collation) = (None, None);
            }
        }
        column.ty = ColumnType::Native(native);
        Ok(())
    }

    fn primary_key(&self, table: &mut Table) -> Result<(), PlanError> {
        let Some(mut key) = table.primary_key.take() else { return Ok(()) };
        if key.deferrable.is_some() || key.on_conflict.is_some() {
            return Err(self
                .dialect
                .unsupported(format!("keep DEFERRABLE or ON CONFLICT of the primary key of {}", self.name), None));
        }
        key.name = None;
        self.parts(table, &mut key.parts, "the primary key", true)?;
        for part in &key.parts {
            // A key column is never NULL, and the server says so.
            if let Some(column) =
                table.columns.iter_mut().find(|column| Some(column.name.as_str()) == part.column_name())
            {
                column.nullable = false;
            }
        }
        table.primary_key = Some(key);
        Ok(())
    }

    fn unique(&self, unique: Unique) -> Result<Index, PlanError> {
        if unique.nulls_not_distinct || unique.deferrable.is_some() || unique.on_conflict.is_some() {
            let action = format!(
                "keep NULLS NOT DISTINCT, DEFERRABLE or ON CONFLICT of the unique constraint on {} ({})",
                self.name,
                Part::Unique(&unique).columns(),
            );
            return Err(self.dialect.unsupported(action, None));
        }
        Ok(Index { name: unique.name, parts: unique.parts, unique: true, comment: unique.comment, ..Index::default() })
    }

    fn index(&self, table: &Table, index: &mut Index) -> Result<(), PlanError> {
        let what = format!("index {}", index.name.clone().unwrap_or_else(|| Part::Index(index).columns()));
        let place = format!("{what} on {}", self.name);
        if index.predicate.is_some() {
            let help = "index a generated column that is NULL for the rows to leave out";
            return Err(self.dialect.unsupported(format!("keep a condition (WHERE) on {place}"), Some(help)));
        }
        if !index.include.is_empty() || index.nulls_not_distinct {
            return Err(self.dialect.unsupported(format!("keep INCLUDE or NULLS NOT DISTINCT of {place}"), None));
        }
        index.method = index.method.take().map(|method| method.to_ascii_lowercase());
        if index.method.as_deref().is_some_and(|method| matches!(method, "gin" | "gist" | "brin" | "spgist")) {
            return Err(self.dialect.unsupported(format!("keep {place} with that method"), None));
        }
        let searched = matches!(index.method.as_deref(), Some("fulltext" | "spatial" | "vector"));
        if !searched {
            let hashed = self.parts(table, &mut index.parts, &what, index.unique)?;
            if hashed && index.method.is_none() {
                // What MariaDB makes of it, and prints.
                index.method = Some("hash".to_owned());
            }
        }
        index.comment = index.comment.take().filter(|text| !text.is_empty());
        Ok(())
    }

    /// Checks the keys of an index. True when it can only be a hash of its columns.
    fn parts(&self, table: &Table, parts: &mut [IndexPart], what: &str, unique: bool) -> Result<bool, PlanError> {
        let mut hashed = false;
        for part in parts {
            if part.nulls_first.is_some() || part.collation.is_some() {
                let action = format!("keep NULLS FIRST/LAST or a collation in {what} on {}", self.name);
                return Err(self.dialect.unsupported(action, None));
            }
            match &part.key {
                IndexKey::Expression(_) if !self.dialect.abilities.functional_keys => {
                    let help = "index a generated column that computes it";
                    return Err(self
                        .dialect
                        .unsupported(format!("index an expression ({what} on {})", self.name), Some(help)));
                }
                IndexKey::Expression(_) => {}
                IndexKey::Column(name) => {
                    let native = table.column(name).and_then(|column| column.ty.native()).unwrap_or_default();
                    if part.length.is_none() && types::is_blob(native) {
                        hashed |= self.lengthless(name, native, what, unique)?;
                    }
                    if part.length == types::length(native)
                        && matches!(types::name(native).as_str(), "char" | "varchar")
                    {
                        // All of the column: the server leaves it out.
                        part.length = None;
                    }
                }
            }
        }
        Ok(hashed)
    }

    /// A TEXT or BLOB in a key without a length.
    fn lengthless(&self, column: &str, native: &str, what: &str, unique: bool) -> Result<bool, PlanError> {
        if unique && self.dialect.abilities.unique_blobs && what != "the primary key" {
            return Ok(true);
        }
        if self.dialect.is_mariadb() && !unique && what != "the primary key" {
            // The server takes as much of it as fits a key.
            return Ok(false);
        }
        let help = format!(
            "give {}.{column} a length, as in `#[model(length = 255)]`, which makes it a varchar, or give the index a prefix length",
            self.name
        );
        let action = format!("put {}.{column} ({native}) into {what} without a length", self.name);
        Err(self.dialect.unsupported(action, Some(&help)))
    }

    fn foreign_key(&self, key: &ForeignKey) -> Result<(), PlanError> {
        let place = format!("the foreign key of {} on ({})", self.name, key.columns.join(", "));
        let action = |action: &str| format!("{action} {place}");
        if key.deferrable.is_some() {
            return Err(self.dialect.unsupported(action("defer"), None));
        }
        if !key.on_delete_columns.is_empty() {
            return Err(self.dialect.unsupported(action("SET NULL only some columns in"), None));
        }
        if key.match_type.is_some() {
            return Err(self.dialect.unsupported(action("keep MATCH FULL or PARTIAL of"), None));
        }
        if key.not_valid {
            return Err(self.dialect.unsupported(action("keep NOT VALID of"), None));
        }
        if key.on_delete == rungs_schema::Action::SetDefault || key.on_update == rungs_schema::Action::SetDefault {
            return Err(self.dialect.unsupported(action("SET DEFAULT through"), Some("InnoDB has no such action")));
        }
        Ok(())
    }

    /// The server makes an index for a foreign key that has none, and calls it as the key.
    fn index_foreign_keys(&self, table: &mut Table) {
        for key in &table.foreign_keys {
            let leads = |parts: &[IndexPart]| {
                parts.len() >= key.columns.len()
                    && parts.iter().zip(&key.columns).all(|(part, column)| {
                        part.length.is_none()
                            && part.column_name().is_some_and(|name| name.eq_ignore_ascii_case(column))
                    })
            };
            let searched = |index: &Index| matches!(index.method.as_deref(), Some("fulltext" | "spatial" | "hash"));
            let covered = table.primary_key.as_ref().is_some_and(|primary| leads(&primary.parts))
                || table.indexes.iter().any(|index| !searched(index) && leads(&index.parts));
            if !covered {
                let name =
                    key.name.clone().or_else(|| self.dialect.default_name(&table.name.name, Part::ForeignKey(key)));
                let parts = key.columns.iter().map(IndexPart::column).collect();
                table.indexes.push(Index { name, parts, ..Index::default() });
            }
        }
    }

    /// MariaDB keeps the first nameless check of a column with the column; everything else is the table's.
    fn checks(&self, table: &mut Table) -> Result<(), PlanError> {
        if !table.checks.is_empty() && !self.dialect.abilities.checks {
            return Err(self.dialect.unsupported(format!("keep the checks of {}", self.name), None));
        }
        let mut with_column: Vec<String> = Vec::new();
        let mut names: Vec<String> = table.checks.iter().filter_map(|check| check.name.clone()).collect();
        for check in &mut table.checks {
            self.check_is_possible(check)?;
            check.expression = super::token::without_parentheses(&check.expression).to_owned();
            let Some(column) = check.column.clone() else { continue };
            if check.name.is_none() && self.dialect.is_mariadb() && !with_column.contains(&column) {
                with_column.push(column);
                continue;
            }
            if check.name.is_none() {
                check.name = Some(self.check_name(&table.name.name, &column, &names));
                names.extend(check.name.clone());
            }
            check.column = None;
        }
        Ok(())
    }

    fn check_name(&self, table: &str, column: &str, taken: &[String]) -> String {
        let mut number = 1;
        loop {
            let name =
                if number == 1 { format!("ck_{table}_{column}") } else { format!("ck_{table}_{column}_{number}") };
            let name = crate::dialect::fit(name, self.dialect.features.identifier_length);
            if !taken.contains(&name) {
                return name;
            }
            number += 1;
        }
    }

    fn check_is_possible(&self, check: &Check) -> Result<(), PlanError> {
        let place = format!("check {} of {}", check.name.as_deref().unwrap_or(&check.expression), self.name);
        if check.no_inherit || check.not_valid {
            return Err(self.dialect.unsupported(format!("keep NO INHERIT or NOT VALID of {place}"), None));
        }
        if check.not_enforced && self.dialect.is_mariadb() {
            return Err(self.dialect.unsupported(format!("leave {place} unenforced"), None));
        }
        Ok(())
    }
}

fn table_option(key: &str, value: &str) -> (String, String) {
    let key = key.to_ascii_lowercase();
    match key.as_str() {
        "engine" => (key, engine(value)),
        "charset" | "character set" | "character_set" => ("charset".to_owned(), full_charset(value)),
        "collate" | "collation" => ("collation".to_owned(), full_collation(value)),
        "row_format" => (key, value.to_ascii_uppercase()),
        _ => (key, value.to_owned()),
    }
}

/// The name as the server prints it.
fn engine(name: &str) -> String {
    const KNOWN: [&str; 10] =
        ["InnoDB", "MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE", "BLACKHOLE", "ROCKSDB", "Columnstore", "ndbcluster"];
    if name.eq_ignore_ascii_case("heap") {
        return "MEMORY".to_owned();
    }
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name).to_owned()
}

/// `utf8` is another name of `utf8mb3`, which is what the server prints.
fn full_charset(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    if name == "utf8" { "utf8mb3".to_owned() } else { name }
}

fn full_collation(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    name.strip_prefix("utf8_").map_or_else(|| name.clone(), |rest| format!("utf8mb3_{rest}"))
}
