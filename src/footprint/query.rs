//! Queries, and statements that change rows: their grammar is the one part of SQL that words alone do not tell, so that
//! [sqlparser](https://docs.rs/sqlparser) reads them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rungs_schema::{DialectName, ObjectName};
use sqlparser::ast::{
    self, AssignmentTarget, Expr, FromTable, Query, Select, SelectItem, SetExpr, Statement, TableFactor, TableObject,
    Visit, Visitor,
};
use sqlparser::dialect::{Dialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::object::{Kind, Object, Way};
use super::reading::{Copy, Reading, Step};
use super::words::{Words, folded, in_default};

/// Longer statements are read by their words: they are rows, and a parser's recursion has an end.
const LONGEST: usize = 64 * 1024;

/// Functions that a bare `SELECT` may call and that change nothing, or nothing but what is told of them below.
const HARMLESS: [&str; 25] = [
    "abs",
    "array_agg",
    "avg",
    "coalesce",
    "concat",
    "count",
    "current_setting",
    "currval",
    "greatest",
    "least",
    "length",
    "lower",
    "max",
    "min",
    "now",
    "nextval",
    "nullif",
    "pg_get_serial_sequence",
    "pg_sleep",
    "raise",
    "round",
    "set_config",
    "setval",
    "sum",
    "upper",
];

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
    if let Some(call) = facts.calls.iter().find(|call| !HARMLESS.contains(&call.as_str())) {
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

/// A table of a query.
struct Relation {
    name: ObjectName,
    alias: Option<String>,
    line: usize,
}

/// Rows that a statement changes.
struct Write {
    /// A table or its alias.
    table: ObjectName,
    way: Way,
    columns: Vec<String>,
    line: usize,
}

/// What a statement says, in the order in which it is visited.
struct Facts {
    dialect: DialectName,
    /// Names of `WITH`, which are no tables.
    named_queries: BTreeSet<String>,
    relations: Vec<Relation>,
    /// Columns, with their qualifier.
    columns: Vec<(Option<String>, String)>,
    writes: Vec<Write>,
    /// Tables that `SELECT ... INTO` creates; they are visited as if they were columns.
    made: Vec<ObjectName>,
    calls: Vec<String>,
    /// String literals.
    texts: Vec<String>,
}

impl Facts {
    fn of(dialect: DialectName, of: &impl Visit) -> Self {
        let mut facts = Self {
            dialect,
            named_queries: BTreeSet::new(),
            relations: Vec::new(),
            columns: Vec::new(),
            writes: Vec::new(),
            made: Vec::new(),
            calls: Vec::new(),
            texts: Vec::new(),
        };
        let _ = of.visit(&mut facts);
        facts
    }

    fn ident(&self, ident: &ast::Ident) -> String {
        if ident.quote_style.is_some() { ident.value.clone() } else { folded(self.dialect, &ident.value) }
    }

    fn name(&self, name: &ast::ObjectName) -> Option<ObjectName> {
        name_of(self.dialect, name)
    }

    /// The table that a name in a statement means: it may be an alias.
    fn resolve(&self, name: &ObjectName) -> ObjectName {
        let aliased = self.relations.iter().find(|relation| {
            name.schema.is_none() && relation.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(&name.name))
        });
        aliased.map_or_else(|| name.clone(), |relation| relation.name.clone())
    }

    /// The tables that a column with this qualifier may be of.
    fn tables_of(&self, qualifier: Option<&String>) -> Vec<&ObjectName> {
        let is_named = |relation: &&Relation| match (&relation.alias, qualifier) {
            (_, None) => true,
            (Some(alias), Some(name)) => alias.eq_ignore_ascii_case(name),
            (None, Some(name)) => relation.name.name.eq_ignore_ascii_case(name),
        };
        self.relations.iter().filter(is_named).map(|relation| &relation.name).collect()
    }

    /// Tells what was found; `read` is what a table is to the statement that it only names.
    fn tell(mut self, first_line: usize, read: &Way, reading: &mut Reading) {
        let named = std::mem::take(&mut self.named_queries);
        let dialect = self.dialect;
        let is_table = |name: &ObjectName| !named.contains(&name.name) && !is_of_server(dialect, name);
        self.relations.retain(|relation| is_table(&relation.name));
        let line = |line: usize| first_line + line.saturating_sub(1);
        let mut written = Vec::new();
        for write in &self.writes {
            let table = self.resolve(&write.table);
            if !is_table(&table) {
                continue;
            }
            reading.touch(Object::table(&table), write.way.clone(), line(write.line));
            let way = if write.way == Way::Updated { Way::Updated } else { Way::Referenced };
            for column in &write.columns {
                reading.touch(Object::column(&table, column), way.clone(), line(write.line));
            }
            written.push(table);
        }
        for name in &self.made {
            reading.touch(Object::table(name), Way::Created, first_line);
        }
        for relation in self.relations.iter().filter(|relation| !written.contains(&relation.name)) {
            reading.touch(Object::table(&relation.name), read.clone(), line(relation.line));
        }
        let mut seen = BTreeSet::new();
        let is_column = |column: &String| !self.made.iter().any(|name| name.name == *column);
        for (qualifier, column) in self.columns.iter().filter(|(_, column)| is_column(column)) {
            for table in self.tables_of(qualifier.as_ref()) {
                if seen.insert((table, column)) {
                    reading.touch(Object::column(table, column), Way::Referenced, first_line);
                }
            }
        }
    }

    fn write(&mut self, table: &ast::ObjectName, way: Way, columns: Vec<String>) {
        let line = line_of(table);
        self.writes.extend(name_of(self.dialect, table).map(|table| Write { table, way, columns, line }));
    }

    fn columns_of(&self, names: &[ast::ObjectName]) -> Vec<String> {
        names.iter().filter_map(|name| self.name(name)).map(|name| name.name).collect()
    }

    /// Each assignment says by its qualifier which table of a join it is for.
    fn update(&mut self, update: &ast::Update) {
        let TableFactor::Table { name: first, .. } = &update.table.relation else { return };
        self.write(first, Way::Updated, Vec::new());
        let targets: Vec<&ast::ObjectName> = update
            .assignments
            .iter()
            .flat_map(|assignment| match &assignment.target {
                AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
                AssignmentTarget::Tuple(names) => names.as_slice(),
            })
            .collect();
        let mut others = Vec::new();
        for target in targets {
            let Some(column) = self.name(target) else { continue };
            let table = match (column.schema, self.name(first)) {
                (Some(qualifier), _) => ObjectName::bare(qualifier),
                (None, Some(first)) => first,
                (None, None) => continue,
            };
            others.push(Write { table, way: Way::Updated, columns: vec![column.name], line: line_of(target) });
        }
        // With several tables the first is one of them, and need not be among those that change.
        if !update.table.joins.is_empty() && !others.is_empty() {
            self.writes.pop();
        }
        self.writes.extend(others);
    }

    fn delete(&mut self, delete: &ast::Delete) {
        let from = match &delete.from {
            FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables) => tables,
        };
        if !delete.tables.is_empty() {
            for table in &delete.tables {
                self.write(table, Way::Deleted, Vec::new());
            }
            return;
        }
        for table in from {
            if let TableFactor::Table { name, .. } = &table.relation {
                self.write(name, Way::Deleted, Vec::new());
            }
        }
    }
}

impl Visitor for Facts {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let with = query.with.iter().flat_map(|with| &with.cte_tables);
        let names: Vec<String> = with.map(|table| self.ident(&table.alias.name)).collect();
        self.named_queries.extend(names);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        let into = select.into.iter().flat_map(|into| &into.targets);
        let names: Vec<ObjectName> = into
            .filter_map(|target| match target {
                Expr::Identifier(name) => Some(ObjectName::bare(self.ident(name))),
                _ => None,
            })
            .collect();
        if self.dialect == DialectName::Postgres {
            self.made.extend(names);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, .. } = factor {
            let alias = alias.as_ref().map(|alias| self.ident(&alias.name));
            let line = line_of(name);
            self.relations.extend(self.name(name).map(|name| Relation { name, alias, line }));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(insert) => {
                if let TableObject::TableName(table) = &insert.table {
                    let columns = self.columns_of(&insert.columns);
                    self.write(table, Way::Inserted, columns);
                    // `ON CONFLICT DO UPDATE` and REPLACE change rows that are there.
                    if insert.on.is_some() || insert.replace_into {
                        self.write(table, Way::Updated, Vec::new());
                    }
                }
            }
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Merge(merge) => {
                if let TableFactor::Table { name, .. } = &merge.table {
                    for way in [Way::Inserted, Way::Updated] {
                        self.write(name, way, Vec::new());
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(column) => {
                let column = (None, self.ident(column));
                self.columns.push(column);
            }
            Expr::CompoundIdentifier(parts) => {
                if let [.., table, column] = parts.as_slice() {
                    let column = (Some(self.ident(table)), self.ident(column));
                    self.columns.push(column);
                }
            }
            Expr::Function(call) => self.calls.extend(self.name(&call.name).map(|name| name.name.to_lowercase())),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ast::ValueWithSpan) -> ControlFlow<()> {
        if let ast::Value::SingleQuotedString(text) = &value.value {
            self.texts.push(text.clone());
        }
        ControlFlow::Continue(())
    }
}

fn name_of(dialect: DialectName, name: &ast::ObjectName) -> Option<ObjectName> {
    let part = |part: &ast::ObjectNamePart| {
        let ident = part.as_ident()?;
        Some(if ident.quote_style.is_some() { ident.value.clone() } else { folded(dialect, &ident.value) })
    };
    let last = part(name.0.last()?)?;
    let schema = name.0.len().checked_sub(2).and_then(|at| part(&name.0[at]));
    Some(in_default(dialect, ObjectName { schema, name: last }))
}

/// The line in the parsed text.
fn line_of(name: &ast::ObjectName) -> usize {
    let first = name.0.first().and_then(ast::ObjectNamePart::as_ident);
    first.and_then(|ident| usize::try_from(ident.span.start.line).ok()).unwrap_or(1)
}

/// What the server keeps for itself, which no revision is about.
fn is_of_server(dialect: DialectName, name: &ObjectName) -> bool {
    let schema = name.schema.as_deref().unwrap_or_default();
    match dialect {
        DialectName::Sqlite => name.name.to_ascii_lowercase().starts_with("sqlite_"),
        DialectName::Postgres => {
            matches!(schema, "pg_catalog" | "information_schema") || schema.is_empty() && name.name.starts_with("pg_")
        }
        DialectName::Mysql | DialectName::Mariadb => {
            matches!(schema, "information_schema" | "mysql" | "performance_schema" | "sys")
        }
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
