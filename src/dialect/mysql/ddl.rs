//! Reads what `SHOW CREATE TABLE` prints. It is the only source that tells everything; `information_schema` keeps
//! quiet about explicit index methods, column checks, key options and more.

use std::collections::BTreeMap;

use rungs_schema::{Check, ObjectName, Sequence, Table};

use super::ddl_column::column;
use super::ddl_key;
use super::token::{Cursor, Kind, tokens, without_parentheses};
use crate::error::DbError;

/// The options of a table that keeps versions of its rows (MariaDB), under their words.
pub(super) const VERSIONED: &str = "with system versioning";
/// Which columns say how long a version held: all after `PERIOD FOR`.
pub(super) const SYSTEM_PERIOD: &str = "system period";
/// The period that the application sees to: all after `PERIOD FOR`.
pub(super) const PERIOD: &str = "period";

/// What the words of a statement depend on.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The database that is read; its name is left out before the names of what is in it.
    pub(super) database: String,
    /// The collation that each character set has when none is named.
    pub(super) default_collations: BTreeMap<String, String>,
    /// Whether the server is MariaDB.
    pub(super) mariadb: bool,
}

impl Surroundings {
    /// Both halves, where one implies the other.
    fn complete(&self, charset: Option<String>, collation: Option<String>) -> (Option<String>, Option<String>) {
        let charset = charset.or_else(|| collation.as_deref().map(charset_of));
        let collation =
            collation.or_else(|| charset.as_ref().and_then(|charset| self.default_collations.get(charset).cloned()));
        (charset, collation)
    }
}

/// The character set that a collation belongs to: what stands before its first `_`.
pub(super) fn charset_of(collation: &str) -> String {
    collation.split('_').next().unwrap_or_default().to_owned()
}

/// A table, from the statement that creates it.
pub(super) fn table(sql: &str, around: &Surroundings) -> Result<Table, DbError> {
    let sql = &if around.mariadb { ddl_key::with_escaped_foreign_keys(sql) } else { sql.to_owned() };
    let mut cursor = Cursor::new(sql);
    cursor.take_word("CREATE");
    cursor.take_word("TEMPORARY");
    if !cursor.take_word("TABLE") {
        return Err(cursor.unexpected("CREATE TABLE"));
    }
    let mut table = Table { name: ObjectName::bare(cursor.identifier()?), ..Table::default() };
    cursor.expect_symbol("(")?;
    loop {
        element(&mut cursor, &mut table, around)?;
        if !cursor.take_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    options(&mut cursor, &mut table)?;
    settle_collations(&mut table, around);
    if around.mariadb {
        fold_json(&mut table);
        leave_out_row_end(&mut table);
    }
    Ok(table)
}

fn element(cursor: &mut Cursor<'_>, table: &mut Table, around: &Surroundings) -> Result<(), DbError> {
    if cursor.peek().is_some_and(|token| token.kind == Kind::Quoted) {
        let (column, checks) = column(cursor, around)?;
        table.columns.push(column);
        table.checks.extend(checks);
        return Ok(());
    }
    if cursor.take_words(&["PERIOD", "FOR"]) {
        let name = cursor.until(|token| token.is_symbol("("));
        let columns = cursor.group()?;
        let key = if name.eq_ignore_ascii_case("SYSTEM_TIME") { SYSTEM_PERIOD } else { PERIOD };
        table.options.insert(key.to_owned(), format!("{name} ({columns})"));
        return Ok(());
    }
    let name = if cursor.take_word("CONSTRAINT") { Some(cursor.identifier()?) } else { None };
    if cursor.take_word("CHECK") {
        let expression = without_parentheses(&around.local(cursor.group()?)).to_owned();
        cursor.take_word("ENFORCED");
        let not_enforced = cursor.take_words(&["NOT", "ENFORCED"]);
        table.checks.push(Check { name, expression, not_enforced, ..Check::default() });
        return Ok(());
    }
    if cursor.take_words(&["FOREIGN", "KEY"]) {
        table.foreign_keys.push(ddl_key::foreign_key(cursor, name, around)?);
        return Ok(());
    }
    ddl_key::key(cursor, table, around)
}

impl Surroundings {
    /// A text without the name of the database that is read, and in one spelling where the server has two.
    pub(super) fn local(&self, text: &str) -> String {
        super::token::with_plain_signs(&super::token::without_database(text, &self.database))
    }
}

/// MySQL prints parts of a partitioning for some versions only: `KEY */ /*!50611 ALGORITHM = 1 */ /*!50100 (a)`.
fn without_version_comments(text: &str) -> String {
    let (mut plain, mut at) = (String::with_capacity(text.len()), 0);
    for token in tokens(text) {
        let gap = &text[at..token.start];
        plain.push_str(if gap.contains("*/") || gap.contains("/*!") { " " } else { gap });
        plain.push_str(token.text);
        at = token.end();
    }
    plain
}

/// Everything after the closing parenthesis. What the nouns have no field for is kept by its words.
fn options(cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), DbError> {
    while let Some(token) = cursor.peek() {
        if token.is_word("PARTITION") {
            let text = without_version_comments(cursor.until(|_| false).trim_end());
            table.options.insert("partition".to_owned(), text);
        } else if cursor.take_words(&["WITH", "SYSTEM", "VERSIONING"]) {
            table.options.insert(VERSIONED.to_owned(), String::new());
        } else if cursor.take_words(&["START", "TRANSACTION"]) {
            table.options.insert("start transaction".to_owned(), String::new());
        } else if !cursor.take_symbol(",") {
            option(cursor, table)?;
        }
    }
    Ok(())
}

fn option(cursor: &mut Cursor<'_>, table: &mut Table) -> Result<(), DbError> {
    cursor.take_word("DEFAULT");
    let mut words = Vec::new();
    while let Some(token) = cursor.peek().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted)) {
        words.push(if token.kind == Kind::Word { token.text.to_ascii_lowercase() } else { token.text.to_owned() });
        cursor.next();
        // `TABLESPACE `ts`` is the one option that is written without `=`.
        if words == ["tablespace"] {
            break;
        }
    }
    let key = words.join(" ");
    if !cursor.take_symbol("=") && key != "tablespace" {
        return Err(cursor.unexpected("`=`"));
    }
    let value = if cursor.is_symbol("(") {
        format!("({})", cursor.group()?)
    } else {
        cursor.next().map(|token| token.text.to_owned()).unwrap_or_default()
    };
    match key.as_str() {
        // A counter is data.
        "auto_increment" => {}
        "comment" => table.comment = Some(super::token::unquoted(&value)).filter(|text| !text.is_empty()),
        "charset" | "character set" => drop(table.options.insert("charset".to_owned(), value)),
        "collate" => drop(table.options.insert("collation".to_owned(), value)),
        // Where tables stand by themselves; it cannot be taken back, and means nothing.
        "tablespace" if value.trim_matches('`') == "innodb_file_per_table" => {}
        _ => drop(table.options.insert(key, value)),
    }
    Ok(())
}

/// Names the collation of the table, and leaves it out of every column that has the same.
fn settle_collations(table: &mut Table, around: &Surroundings) {
    let (charset, collation) =
        around.complete(table.options.get("charset").cloned(), table.options.get("collation").cloned());
    for column in &mut table.columns {
        let says_charset = column.charset.is_some();
        let own = around.complete(column.charset.take(), column.collation.take());
        if own.1 != collation {
            (column.charset, column.collation) = own;
        } else {
            column.says_charset = says_charset && !around.mariadb;
        }
    }
    for (key, value) in [("charset", charset), ("collation", collation)] {
        if let Some(value) = value {
            table.options.insert(key.to_owned(), value);
        }
    }
}

/// MariaDB puts the end of a version into every key that forbids duplicates, by itself.
fn leave_out_row_end(table: &mut Table) {
    let is_end = |ty: &rungs_schema::ColumnType| ty.native().is_some_and(|ty| ty.ends_with("as row end"));
    let Some(end) = table.columns.iter().find(|column| is_end(&column.ty)).map(|column| column.name.clone()) else {
        return;
    };
    let keys = table.primary_key.iter_mut().map(|key| &mut key.parts);
    let uniques = table.indexes.iter_mut().filter(|index| index.unique).map(|index| &mut index.parts);
    for parts in keys.chain(uniques).filter(|parts| parts.len() > 1) {
        parts.pop_if(|part| part.column_name() == Some(end.as_str()));
    }
}

/// MariaDB prints a JSON column as what it is made of, and makes exactly that again from the word `json`.
fn fold_json(table: &mut Table) {
    let own = Some("utf8mb4_bin");
    let inherited = table.options.get("collation").map(String::as_str) == own;
    for column in &mut table.columns {
        let collated = column.collation.as_deref() == own || (column.collation.is_none() && inherited);
        if column.ty.native() != Some("longtext") || !collated {
            continue;
        }
        let condition = format!("json_valid(`{}`)", column.name.replace('`', "``"));
        let check = table
            .checks
            .iter()
            .position(|check| check.column.as_deref() == Some(&column.name) && check.expression == condition);
        if let Some(check) = check {
            table.checks.remove(check);
            column.ty = rungs_schema::ColumnType::Native("json".to_owned());
            (column.charset, column.collation) = (None, None);
        }
    }
}

/// A sequence, from the statement that creates it. Options that are the server's defaults are left out.
pub(super) fn sequence(name: &str, sql: &str) -> Result<Sequence, DbError> {
    let mut cursor = Cursor::new(sql);
    let mut sequence = Sequence { name: ObjectName::bare(name), ..Sequence::default() };
    while let Some(token) = cursor.next() {
        if token.kind != Kind::Word {
            continue;
        }
        match token.text.to_ascii_lowercase().as_str() {
            "as" => {
                let ty = cursor.until(|token| token.is_word("start")).to_ascii_lowercase();
                sequence.ty = Some(ty).filter(|ty| ty != "bigint" && ty != "bigint(20)");
            }
            "start" => sequence.start = number(&mut cursor)?,
            "minvalue" => sequence.min = number(&mut cursor)?,
            "maxvalue" => sequence.max = number(&mut cursor)?,
            "increment" => sequence.increment = number(&mut cursor)?,
            "cache" => sequence.cache = number(&mut cursor)?,
            "cycle" => sequence.cycle = true,
            "nocache" => sequence.cache = Some(0),
            "comment" => {
                cursor.take_symbol("=");
                sequence.comment = Some(cursor.literal()?).filter(|text| !text.is_empty());
            }
            _ => {}
        }
    }
    leave_out_defaults(&mut sequence);
    Ok(sequence)
}

fn number(cursor: &mut Cursor<'_>) -> Result<Option<i64>, DbError> {
    let _ = cursor.take_word("with") || cursor.take_word("by");
    let minus = if cursor.take_symbol("-") { "-" } else { "" };
    let digits = cursor.peek().filter(|token| token.kind == Kind::Number);
    let value = digits.and_then(|token| format!("{minus}{}", token.text).parse().ok());
    let value = value.ok_or_else(|| cursor.unexpected("a number that fits 64 bits"))?;
    cursor.next();
    Ok(Some(value))
}

/// The bounds of a sequence that names none.
pub(super) fn outermost(descending: bool) -> (i64, i64) {
    if descending { (-9_223_372_036_854_775_807, -1) } else { (1, 9_223_372_036_854_775_806) }
}

/// See <https://mariadb.com/docs/server/reference/sql-structure/sequences/create-sequence>.
pub(super) fn leave_out_defaults(sequence: &mut Sequence) {
    let descending = sequence.increment.is_some_and(|step| step < 0);
    let (min, max) = outermost(descending);
    let start = if descending { sequence.max.unwrap_or(max) } else { sequence.min.unwrap_or(min) };
    let unless = |value: Option<i64>, default: i64| value.filter(|value| *value != default);
    sequence.start = unless(sequence.start, start);
    sequence.min = unless(sequence.min, min);
    sequence.max = unless(sequence.max, max);
    sequence.increment = unless(sequence.increment, 1);
    sequence.cache = unless(sequence.cache, 1000);
}
