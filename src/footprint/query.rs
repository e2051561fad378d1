//! Queries, and statements that change rows: their grammar is the one part of SQL that words alone do not tell, so that
//! [sqlparser](https://docs.rs/sqlparser) reads them.

use rungs_schema::DialectName;
use sqlparser::ast::{self, SelectItem, SetExpr, Statement, TableFactor, TableObject};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::facts::{Facts, is_of_server, name_of};
use super::object::{Kind, Object, Way};
use super::reading::{Copy, Reading, Step};
use super::words::{Words, is_one_of};

/// Longer statements are read by their words: they are rows, and a parser's recursion has an end.
const LONGEST: usize = 64 * 1024;

/// Functions that a bare `SELECT` may call and that change nothing, or nothing but what is told of them below.
const HARMLESS: &str = "\
    abs array_agg avg coalesce concat count current_setting currval greatest least length lower max min now nextval \
    nullif pg_get_serial_sequence pg_sleep raise round set_config setval sum upper";

/// A statement that begins with SELECT, INSERT, UPDATE, DELETE, MERGE, WITH or the like.
pub(super) fn statement(words: &Words<'_>, reading: &mut Reading) {
    let parsed = parse(reading.dialect, words.rest(), |parser| parser.parse_statement());
    let Some(statement) = parsed else { return by_words(*words, reading) };
    let mut facts = Facts::of(reading.dialect, &statement);
    if matches!(statement, Statement::Query(_)) && facts.writes.is_empty() {
        calls(&mut facts, words, reading);
    }
    facts.tell(words.line(), &Way::Read, reading);
    if let Statement::Insert(insert) = &statement {
        reading.steps.extend(copy(reading.dialect, insert).map(Step::Copy));
    }
}

/// Nobody writes a bare SELECT into a revision but for what the functions do that it calls.
fn calls(facts: &mut Facts, words: &Words<'_>, reading: &mut Reading) {
    if let Some(call) = facts.calls.iter().find(|call| !is_one_of(HARMLESS, call)) {
        reading.doubt(words, format!("what {call}() does is not read"));
    }
    if facts.texts.iter().any(|text| text.eq_ignore_ascii_case("search_path")) {
        reading.doubt(words, "names after it may mean another schema");
    }
    let sets_counter = facts.calls.iter().any(|call| call == "setval");
    let by_column = facts.calls.iter().any(|call| call == "pg_get_serial_sequence");
    let counter = facts.texts.first().filter(|_| sets_counter && !by_column);
    if let Some(name) = counter.and_then(|text| super::name_in_text(reading.dialect, text)) {
        reading.touch(Object::new(Kind::Sequence, name), Way::Altered, words.line());
    }
}

/// The query of a view.
pub(super) fn of_view(words: &Words<'_>, reading: &mut Reading) {
    match parse(reading.dialect, words.rest(), |parser| parser.parse_query()) {
        Some(query) => Facts::of(reading.dialect, &query).tell(words.line(), &Way::Referenced, reading),
        None => reading.doubt(words, "what the view selects is not read"),
    }
}

/// The query whose rows fill a new table.
pub(super) fn of_table(words: &Words<'_>, reading: &mut Reading) {
    match parse(reading.dialect, words.rest(), |parser| parser.parse_query()) {
        Some(query) => Facts::of(reading.dialect, &query).tell(words.line(), &Way::Read, reading),
        None => reading.doubt(words, "which rows it copies is not read"),
    }
}

/// What the parser makes of a text as a whole. `WITH NO DATA` and `WITH CHECK OPTION` may follow a query.
fn parse<T>(
    dialect: DialectName,
    sql: &str,
    read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
) -> Option<T> {
    if sql.len() > LONGEST {
        return None;
    }
    let dialect: &dyn Dialect = match dialect {
        DialectName::Sqlite => &SQLiteDialect {},
        DialectName::Postgres => &PostgreSqlDialect {},
        DialectName::Mysql | DialectName::Mariadb => &MySqlDialect {},
    };
    let mut parser = Parser::new(dialect).try_with_sql(sql).ok()?;
    let parsed = read(&mut parser).ok()?;
    match parser.peek_token().token {
        Token::EOF => Some(parsed),
        Token::Word(word) if word.value.eq_ignore_ascii_case("with") => Some(parsed),
        _ => None,
    }
}

/// `INSERT INTO a (x, y) SELECT x, coalesce(y, 0) FROM b`
fn copy(dialect: DialectName, insert: &ast::Insert) -> Option<Copy> {
    let TableObject::TableName(to) = &insert.table else { return None };
    let query = insert.source.as_ref().filter(|query| query.with.is_none())?;
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    let [from] = select.from.as_slice() else { return None };
    let TableFactor::Table { name, .. } = &from.relation else { return None };
    let read = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
            Facts::of(dialect, expr).columns.into_iter().map(|(_, column)| column).collect()
        }
        _ => Vec::new(),
    };
    let columns = insert.columns.iter().filter_map(|column| name_of(dialect, column)).map(|column| column.name);
    Some(Copy {
        from: name_of(dialect, name)?,
        to: name_of(dialect, to)?,
        columns: columns.zip(select.projection.iter().map(read)).collect(),
    })
}

/// What the parser does not take, as far as the words tell.
fn by_words(mut words: Words<'_>, reading: &mut Reading) {
    let whole = words;
    let way = match words.word().as_deref() {
        Some("INSERT" | "REPLACE") => Way::Inserted,
        Some("UPDATE") => Way::Updated,
        Some("DELETE") => Way::Deleted,
        _ => return reading.doubt(&words, "the query is not read"),
    };
    words.skip();
    if way != Way::Updated && !words.skip_to(if way == Way::Inserted { "INTO" } else { "FROM" }) {
        return reading.doubt(&whole, "the table is not read");
    }
    while words.take_any(&[
        "INTO",
        "FROM",
        "ONLY",
        "OR",
        "ABORT",
        "FAIL",
        "IGNORE",
        "REPLACE",
        "ROLLBACK",
        "LOW_PRIORITY",
    ]) {}
    let line = words.line();
    let Some(table) = words.name() else { return reading.doubt(&whole, "the table is not read") };
    if !is_of_server(reading.dialect, &table) {
        reading.touch(Object::table(&table), way.clone(), line);
    }
    // Values alone name nothing else.
    if whole.has_select() || way != Way::Inserted && !(words.is_any(&["SET", "WHERE"]) || words.at_end()) {
        reading.doubt(&whole, "not all of what it reads is known");
    }
    if way == Way::Updated && words.take(&["SET"]) {
        for mut assignment in words.clauses() {
            let line = assignment.line();
            if let Some(column) = assignment.ident().filter(|_| assignment.is_symbol('=')) {
                reading.touch(Object::column(&table, column), Way::Updated, line);
            }
        }
    }
}
