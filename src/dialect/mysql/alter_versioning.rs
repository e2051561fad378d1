//! System versioning (MariaDB): old versions of rows stay in their table, with columns that say from when to when they
//! held. These columns may be hidden or named, and the server changes one of them in no other way than by hiding both
//! and naming them again; it keeps all versions meanwhile.
//! See <https://mariadb.com/docs/server/reference/sql-structure/temporal-tables/system-versioned-tables>.

use rungs_schema::{Column, Table};

use super::alter::{Alteration, Clauses};
use super::ddl::{SYSTEM_PERIOD, VERSIONED};
use super::ddl_column::ROW_BOUND;
use super::order::place;
use crate::dialect::{Dialect as _, Statement};
use crate::diff::change::Edit;
use crate::error::PlanError;

impl<'a> Alteration<'a> {
    /// What comes before everything else that concerns versions: other columns can say how they are versioned only once
    /// the table is.
    ///
    /// # Errors
    /// Where a server would have to forget the old versions on the way.
    pub(super) fn keep_versions(&mut self) -> Result<Vec<Statement>, PlanError> {
        let (was, is) = self.option(VERSIONED);
        if was.is_none() && is.is_none() {
            return Ok(Vec::new());
        }
        let mut statements = Vec::new();
        statements.extend(self.leave_partitions_of_versions());
        if is.is_some() {
            let shows = self.option(SYSTEM_PERIOD).1.is_some() && self.bounds_change();
            let invisible = bounds(self.next()).any(|column| column.invisible);
            if was.is_some() && shows && (invisible || !self.dialect.abilities.names_row_bounds) {
                let action =
                    format!("keep the old versions of the rows of {} while their bounds change", self.next().name);
                let help = "MariaDB 11.7 can, where the columns are visible; elsewhere, write a revision that drops \
                            system versioning, and with it the old versions, and adds it anew";
                return Err(self.dialect.unsupported(action, Some(help)));
            }
            let hidden = self.hide_bounds();
            statements.extend(hidden.into_iter().chain(self.show_bounds(shows)));
        }
        Ok(statements)
    }

    /// A table that is partitioned by the age of versions cannot stop keeping them.
    fn leave_partitions_of_versions(&mut self) -> Option<Statement> {
        let (previous, next) = self.option("partition");
        let by_age = previous.is_some_and(|text| text.contains("SYSTEM_TIME"));
        if !by_age || self.next().options.contains_key(VERSIONED) {
            return None;
        }
        if next.is_none() {
            self.settled.insert("partition");
        }
        let table = &self.next().name;
        let sql = format!("ALTER TABLE {} REMOVE PARTITIONING", self.dialect.object(table));
        Some(Statement::new(sql, format!("removes the partitions of {table}")))
    }

    fn bounds_change(&self) -> bool {
        let (was, is) = self.option(SYSTEM_PERIOD);
        let altered = self.altered.iter().any(|altered| is_bound(altered.previous) || is_bound(altered.next));
        let renewed = self.created.iter().any(|(column, _)| is_bound(column));
        was != is || altered || renewed
    }

    fn hide_bounds(&mut self) -> Option<Statement> {
        let (was, is) = self.option(SYSTEM_PERIOD);
        if was.is_none() || !self.bounds_change() {
            return None;
        }
        let mut clauses = Clauses::default();
        for column in bounds(&self.change.previous) {
            let clause = format!("DROP COLUMN {}", self.dialect.quote(&column.name));
            clauses.add(clause, format!("hides column {}", self.place_name(&column.name)));
            let name = self.name_after(column);
            self.order.retain(|other| *other != name);
        }
        clauses.add("DROP PERIOD FOR SYSTEM_TIME".to_owned(), "");
        self.dropped.retain(|column| !is_bound(column));
        if is.is_none() {
            self.settled.insert(SYSTEM_PERIOD);
        }
        self.statement(clauses)
    }

    fn show_bounds(&mut self, shows: bool) -> Option<Statement> {
        let mut clauses = Clauses::default();
        let table = self.next();
        let was_versioned = self.option(VERSIONED).0.is_some();
        if shows {
            let columns: Vec<&'a Column> = bounds(table).collect();
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            let mut order = std::mem::take(&mut self.order);
            for placement in place(&mut order, &self.target(), &names, false) {
                let Some(column) = columns.iter().find(|column| column.name == placement.column) else { continue };
                // Where the columns were hidden, they come last whatever the statement says.
                let position = if was_versioned { String::new() } else { self.position(&placement) };
                let name = self.dialect.quote(&column.name);
                let clause = format!("ADD COLUMN {name} {}{position}", self.definition(column));
                clauses.add(clause, format!("shows column {}", self.place_name(&column.name)));
            }
            self.order = order;
            let period = self.option(SYSTEM_PERIOD).1.unwrap_or_default();
            clauses.add(format!("ADD PERIOD FOR {period}"), "");
            self.created.retain(|(column, _)| !is_bound(column));
            self.altered.retain(|altered| !is_bound(altered.next));
            self.settled.insert(SYSTEM_PERIOD);
        }
        if !was_versioned && self.change.edits.contains(&Edit::Options) {
            clauses.add("ADD SYSTEM VERSIONING".to_owned(), format!("keeps versions of the rows of {}", table.name));
            self.settled.insert(VERSIONED);
        }
        self.statement(clauses)
    }
}

fn is_bound(column: &Column) -> bool {
    column.ty.native().is_some_and(|ty| ty.contains(ROW_BOUND))
}

fn bounds(table: &Table) -> impl Iterator<Item = &Column> {
    table.columns.iter().filter(|column| is_bound(column))
}
