//! What a parsed statement says: which tables it names, which rows it changes, which columns it may read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rungs_schema::{DialectName, ObjectName};
use sqlparser::ast::{
    self, AssignmentTarget, Expr, FromTable, Query, Select, Statement, TableFactor, TableObject, Visit, Visitor,
};

use super::object::{Object, Way};
use super::reading::Reading;
use super::words::{folded, in_default};

/// A table of a query.
struct Relation {
    name: ObjectName,
    alias: Option<String>,
    line: usize,
}

/// Rows that a statement changes.
pub(super) struct Write {
    /// A table or its alias.
    table: ObjectName,
    way: Way,
    columns: Vec<String>,
    line: usize,
}

/// What a statement says, in the order in which it is visited.
pub(super) struct Facts {
    dialect: DialectName,
    /// Names of `WITH`, which are no tables.
    named_queries: BTreeSet<String>,
    relations: Vec<Relation>,
    /// Columns, with their qualifier.
    pub columns: Vec<(Option<String>, String)>,
    pub writes: Vec<Write>,
    /// Tables that `SELECT ... INTO` creates; they are visited as if they were columns.
    made: Vec<ObjectName>,
    pub calls: Vec<String>,
    /// String literals.
    pub texts: Vec<String>,
}

impl Facts {
    pub fn of(dialect: DialectName, of: &impl Visit) -> Self {
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
    pub fn tell(mut self, first_line: usize, read: &Way, reading: &mut Reading) {
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

pub(super) fn name_of(dialect: DialectName, name: &ast::ObjectName) -> Option<ObjectName> {
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
pub(super) fn is_of_server(dialect: DialectName, name: &ObjectName) -> bool {
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
