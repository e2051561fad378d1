//! Edits of a table that stays, in one `ALTER TABLE` wherever the server takes them together: it is atomic, and some
//! edits are only possible together (dropping the primary key of an AUTO_INCREMENT column, say).

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Column, Table};

use super::alter_option::option_clauses;
use super::ddl::VERSIONED;
use super::order::{Placement, place};
use super::render::rename;
use super::token::tokens;
use super::{Mysql, types, values};
use crate::dialect::{Dialect as _, Statement, fit};
use crate::diff::change::{AlterTable, Delta, Edit};
use crate::error::PlanError;

/// The clauses of one `ALTER TABLE`, with what they are for.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    clauses: Vec<String>,
    comments: Vec<String>,
    pub(super) loses: Vec<String>,
}

impl Clauses {
    pub(super) fn add(&mut self, clause: String, comment: impl Into<String>) {
        self.clauses.push(clause);
        let comment = comment.into();
        if !comment.is_empty() && !self.comments.contains(&comment) {
            self.comments.push(comment);
        }
    }

    /// Says what the statement is for, besides what its clauses say.
    pub(super) fn comment(&mut self, comment: String) {
        self.comments.push(comment);
    }

    /// The statement, with what stands before it and, behind the last clause, after it.
    fn statement(self, before: &str, table: &str, after: Option<&str>) -> Option<Statement> {
        let empty = self.clauses.is_empty() && after.is_none();
        let separator = if self.clauses.len() > 1 { "\n  " } else { " " };
        let body = format!("{separator}{}", self.clauses.join(",\n  "));
        let after = after.map(|after| format!("\n{after}")).unwrap_or_default();
        let sql = format!("{before}ALTER TABLE {table}{}{after}", body.trim_end());
        let mut statement = Statement::new(sql, self.comments.join(", "));
        if !self.loses.is_empty() {
            statement = statement.losing(self.loses.join("; "));
        }
        (!empty).then_some(statement)
    }
}

/// A column that changes, and what fills it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Altered<'a> {
    pub(super) previous: &'a Column,
    pub(super) next: &'a Column,
    pub(super) backfill: Option<&'a str>,
}

/// The edits, by what they are about.
pub(super) struct Alteration<'a> {
    pub(super) dialect: &'a Mysql,
    pub(super) change: &'a AlterTable,
    /// The columns as they stand at each moment, under their new names.
    pub(super) order: Vec<String>,
    pub(super) created: Vec<(&'a Column, Option<&'a str>)>,
    pub(super) dropped: Vec<&'a Column>,
    pub(super) altered: Vec<Altered<'a>>,
    /// Columns that are dropped and added again, because the server changes them in no other way.
    pub(super) recomputed: Vec<&'a Column>,
    /// Virtual columns that become plain ones: their values are put into a column of their own first, by its name.
    pub(super) freed: Vec<(Altered<'a>, String)>,
    /// Columns that have to be written again for another reason than an edit of their own.
    pub(super) rewritten: BTreeSet<String>,
    /// Renames that were carried out already.
    pub(super) renamed: BTreeSet<String>,
    /// Keys that are dropped in a statement before the main one.
    pub(super) early: BTreeSet<Key>,
    /// Keys that stay as they are, and yet are made anew.
    pub(super) anew: BTreeSet<Key>,
    /// Checks that were dropped already, because they read a column that was renamed early.
    pub(super) early_checks: BTreeSet<String>,
    /// Indexes that bear another name for a while, by the name that they had.
    pub(super) aside: BTreeMap<String, String>,
    /// Options of the table that were seen to already.
    pub(super) settled: BTreeSet<&'static str>,
}

/// The primary key, or an index by its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Primary,
    Index(String),
}

/// The statements for one table.
pub(super) fn alter(dialect: &Mysql, change: &AlterTable) -> Result<Vec<Statement>, PlanError> {
    if let Some(statements) = values::renamed(dialect, change)? {
        return Ok(statements);
    }
    let mut statements = Vec::new();
    if change.is_rename() {
        statements.push(rename(dialect, &change.previous.name, &change.next.name, "table"));
    }
    let mut alteration = Alteration::new(dialect, change);
    statements.extend(alteration.make_way());
    statements.extend(alteration.keep_versions()?);
    statements.extend(alteration.through_text());
    statements.extend(alteration.fill());
    statements.extend(alteration.main());
    statements.extend(alteration.full_text_after());
    statements.extend(alteration.foreign_keys_after());
    statements.extend(alteration.options_after());
    statements.extend(alteration.partitions_in_place());
    Ok(statements)
}

fn inherits_collation(column: &Column) -> bool {
    column.collation.is_none() && types::is_character(column.ty.native().unwrap_or_default())
}

fn changes_collation(change: &AlterTable) -> bool {
    let differs = |key: &str| change.previous.options.get(key) != change.next.options.get(key);
    (differs("charset") || differs("collation")) && change.edits.contains(&Edit::Options)
}

impl<'a> Alteration<'a> {
    fn new(dialect: &'a Mysql, change: &'a AlterTable) -> Self {
        let mut alteration = Self {
            dialect,
            change,
            order: Vec::new(),
            created: Vec::new(),
            dropped: Vec::new(),
            altered: Vec::new(),
            recomputed: Vec::new(),
            freed: Vec::new(),
            rewritten: BTreeSet::new(),
            renamed: BTreeSet::new(),
            early: BTreeSet::new(),
            anew: BTreeSet::new(),
            early_checks: BTreeSet::new(),
            aside: BTreeMap::new(),
            settled: BTreeSet::new(),
        };
        for edit in &change.edits {
            alteration.note(edit);
        }
        alteration.recompute_what_reads_a_renamed_column();
        let order: Vec<String> = change.previous.columns.iter().map(|column| alteration.name_after(column)).collect();
        alteration.order = order;
        alteration
    }

    fn note(&mut self, edit: &'a Edit) {
        match edit {
            Edit::Column { delta: Delta::Create { next }, backfill } => self.created.push((next, backfill.as_deref())),
            Edit::Column { delta: Delta::Drop { previous }, .. } => self.dropped.push(previous),
            Edit::Column { delta: Delta::Alter { previous, next }, backfill } => {
                if is_recomputed(previous, next) {
                    self.recomputed.push(next);
                }
                let altered = Altered { previous, next, backfill: backfill.as_deref() };
                if previous.generated.as_ref().is_some_and(|generated| !generated.stored) && next.generated.is_none() {
                    let name = fit(format!("{}__values", next.name), self.dialect.features.identifier_length);
                    self.freed.push((altered, name));
                }
                self.altered.push(altered);
            }
            Edit::Check(delta) => {
                // A check of a column is part of its definition.
                let sides = [delta.previous(), delta.next()];
                self.rewritten.extend(sides.into_iter().flatten().filter_map(|check| check.column.clone()));
            }
            Edit::Options if self.collation_changes() => {
                let inheriting = self.next().columns.iter().filter(|column| inherits_collation(column));
                self.rewritten.extend(inheriting.map(|column| column.name.clone()));
            }
            _ => {}
        }
    }

    /// MySQL renames no column that a generated one reads, unless that is written again in the same statement, as its
    /// other expression has it anyhow; older ones take it only away and back. MariaDB follows the name by itself.
    fn recompute_what_reads_a_renamed_column(&mut self) {
        if self.dialect.is_mariadb() || self.dialect.abilities.rewrites_with_rename {
            return;
        }
        let renamed: Vec<String> = self
            .altered
            .iter()
            .filter(|altered| altered.previous.name != altered.next.name)
            .map(|altered| self.dialect.quote(&altered.previous.name))
            .collect();
        for Altered { previous, next, .. } in &self.altered {
            let reads =
                |expression: &str| tokens(expression).iter().any(|token| renamed.iter().any(|old| old == token.text));
            let computed = previous.generated.as_ref().is_some_and(|generated| reads(&generated.expression));
            if computed && next.generated.is_some() && !is_recomputed(previous, next) {
                self.recomputed.push(next);
            }
        }
    }

    /// MariaDB takes no UUID for an address and no address for a UUID, not even where there is none, but takes any text that
    /// reads as one. <https://mariadb.com/docs/server/reference/data-types/string-data-types/uuid-data-type>
    fn through_text(&self) -> Option<Statement> {
        let is_uuid = |column: &Column| column.ty.native() == Some("uuid");
        let is_address = |column: &Column| matches!(column.ty.native(), Some("inet4" | "inet6"));
        let mut clauses = Clauses::default();
        for Altered { previous, next, .. } in &self.altered {
            let is_plain = previous.generated.is_none() && next.generated.is_none();
            let meet = is_uuid(previous) && is_address(next) || is_address(previous) && is_uuid(next);
            if is_plain && meet {
                let name = if self.renamed.contains(&next.name) { &next.name } else { &previous.name };
                let nullable = if previous.nullable { "" } else { " NOT NULL" };
                let clause = format!("MODIFY COLUMN {} varchar(45){nullable}", self.dialect.quote(name));
                let (place, ty) = (self.place_name(name), next.ty.native().unwrap_or_default());
                clauses.add(clause, format!("writes {place} as text; what does not read as {ty} fails"));
            }
        }
        self.statement(clauses)
    }

    pub(super) fn next(&self) -> &'a Table {
        &self.change.next
    }

    pub(super) fn collation_changes(&self) -> bool {
        changes_collation(self.change)
    }

    pub(super) fn name_after(&self, column: &Column) -> String {
        let altered = self.altered.iter().find(|altered| altered.previous.name == column.name);
        altered.map_or_else(|| column.name.clone(), |altered| altered.next.name.clone())
    }

    pub(super) fn place_name(&self, column: &str) -> String {
        format!("{}.{column}", self.next().name)
    }

    pub(super) fn target(&self) -> Vec<String> {
        self.next().columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The whole of a column. In the statement that gives the table another character set, a column that says none gets
    /// the new one.
    pub(super) fn definition(&self, column: &Column) -> String {
        self.dialect.column_definition(self.next(), column, false)
    }

    /// A statement on the table under its new name.
    pub(super) fn statement(&self, clauses: Clauses) -> Option<Statement> {
        self.statement_with(clauses, None)
    }

    /// MariaDB alters a table that keeps versions of its rows only when it is told what to do with the old ones.
    /// <https://mariadb.com/docs/server/reference/sql-structure/temporal-tables/system-versioned-tables>
    pub(super) fn statement_with(&self, clauses: Clauses, after: Option<&str>) -> Option<Statement> {
        let versioned = [&*self.change.previous, self.next()].iter().any(|table| table.options.contains_key(VERSIONED));
        let before = if versioned { "SET STATEMENT system_versioning_alter_history = KEEP FOR\n" } else { "" };
        clauses.statement(before, &self.dialect.object(&self.next().name), after)
    }

    pub(super) fn option(&self, key: &str) -> (Option<&'a str>, Option<&'a str>) {
        let of = |table: &'a Table| table.options.get(key).map(String::as_str);
        (of(&self.change.previous), of(&self.change.next))
    }

    pub(super) fn position(&self, placement: &Placement) -> String {
        match &placement.after {
            Some(after) => format!(" AFTER {}", self.dialect.quote(after)),
            None => " FIRST".to_owned(),
        }
    }

    fn main(&mut self) -> Option<Statement> {
        let mut clauses = Clauses::default();
        self.keep_indexes_of_freed();
        self.drops(&mut clauses);
        self.columns(&mut clauses);
        self.additions(&mut clauses);
        self.options(&mut clauses);
        self.with_partitions(clauses)
    }

    fn columns(&mut self, clauses: &mut Clauses) {
        for column in &self.dropped {
            let place = self.place_name(&column.name);
            clauses.add(format!("DROP COLUMN {}", self.dialect.quote(&column.name)), format!("drops column {place}"));
            if column.generated.is_none() {
                clauses.loses.push(format!("column {place} and its values"));
            }
        }
        let mut order = std::mem::take(&mut self.order);
        order.retain(|name| !self.dropped.iter().any(|column| column.name == *name));
        let recomputed: Vec<_> = self.recomputed.iter().map(|column| column.name.clone()).collect();
        for altered in self.altered.iter().filter(|altered| recomputed.contains(&altered.next.name)) {
            let current = if self.renamed.contains(&altered.next.name) { altered.next } else { altered.previous };
            clauses.add(format!("DROP COLUMN {}", self.dialect.quote(&current.name)), "");
            if altered.previous.generated.is_none() {
                clauses.loses.push(format!("the values of column {}", self.place_name(&altered.previous.name)));
            }
        }
        order.retain(|name| !recomputed.contains(name));
        for (altered, _) in &self.freed {
            clauses.add(format!("DROP COLUMN {}", self.dialect.quote(&altered.next.name)), "");
            order.retain(|name| *name != altered.next.name);
        }
        for altered in
            self.altered.iter().filter(|altered| becomes_computed(altered) && !recomputed.contains(&altered.next.name))
        {
            clauses.loses.push(format!("the values of column {}", self.place_name(&altered.previous.name)));
        }
        let mut new: Vec<_> = self.created.iter().map(|(column, _)| column.name.clone()).collect();
        new.extend(recomputed.iter().cloned());
        new.extend(self.freed.iter().map(|(altered, _)| altered.next.name.clone()));
        let moves = self.change.edits.contains(&Edit::ColumnOrder);
        let placements = place(&mut order, &self.target(), &new, moves);
        self.order = order;
        self.column_clauses(clauses, &new, &placements);
    }

    /// Definitions without a position first, then those with one, in the order of the table.
    fn column_clauses(&self, clauses: &mut Clauses, new: &[String], placements: &[Placement]) {
        let placed: BTreeMap<&str, &Placement> =
            placements.iter().map(|placement| (placement.column.as_str(), placement)).collect();
        for column in self.next().columns.iter().filter(|column| !placed.contains_key(column.name.as_str())) {
            let altered = self.altered.iter().find(|altered| altered.next.name == column.name);
            if altered.is_some() || self.rewritten.contains(&column.name) {
                self.redefine(clauses, column, altered, "");
            }
        }
        for placement in placements {
            let Some(column) = self.next().column(&placement.column) else { continue };
            let position = self.position(placement);
            let altered = self.altered.iter().find(|altered| altered.next.name == column.name);
            if let Some((_, values)) = self.freed.iter().find(|(altered, _)| altered.next.name == column.name) {
                let (values, name) = (self.dialect.quote(values), self.dialect.quote(&column.name));
                clauses.add(
                    format!("CHANGE COLUMN {values} {name} {}{position}", self.definition(column)),
                    format!("makes {} a plain column", self.place_name(&column.name)),
                );
            } else if new.contains(&column.name) {
                let verb = if altered.is_some() { "computes anew" } else { "adds" };
                clauses.add(
                    format!("ADD COLUMN {} {}{position}", self.dialect.quote(&column.name), self.definition(column)),
                    format!("{verb} column {}", self.place_name(&column.name)),
                );
            } else {
                self.redefine(clauses, column, altered, &position);
            }
        }
    }

    fn redefine(&self, clauses: &mut Clauses, column: &Column, altered: Option<&Altered<'_>>, position: &str) {
        let name = self.dialect.quote(&column.name);
        let definition = self.definition(column);
        let renamed =
            altered.filter(|altered| altered.previous.name != column.name && !self.renamed.contains(&column.name));
        match renamed {
            Some(altered) => {
                let old = self.dialect.quote(&altered.previous.name);
                let clause = format!("CHANGE COLUMN {old} {name} {definition}{position}");
                clauses.add(clause, self.rename_comment(altered));
            }
            None => {
                let place = self.place_name(&column.name);
                let verb = if altered.is_none() && !position.is_empty() { "moves" } else { "alters" };
                clauses.add(format!("MODIFY COLUMN {name} {definition}{position}"), format!("{verb} column {place}"));
            }
        }
    }

    fn options(&self, clauses: &mut Clauses) {
        let (previous, next) = (&self.change.previous, self.next());
        let table = &next.name;
        for edit in &self.change.edits {
            match edit {
                Edit::Comment => {
                    let comment = self.dialect.literal(next.comment.as_deref().unwrap_or_default());
                    clauses.add(format!("COMMENT={comment}"), format!("sets the comment of {table}"));
                }
                Edit::Options => {
                    for option in option_clauses(previous, next, &self.settled) {
                        clauses.add(option.clause, format!("sets {} of {table}", option.key));
                        clauses.loses.extend(option.loses);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether values that somebody wrote give way to computed ones.
fn becomes_computed(altered: &Altered<'_>) -> bool {
    altered.previous.generated.is_none() && altered.next.generated.is_some()
}

/// Whether the server can only drop the column and add it again: it computes its values anyhow.
/// See <https://dev.mysql.com/doc/refman/9.4/en/alter-table-generated-columns.html>.
fn is_recomputed(previous: &Column, next: &Column) -> bool {
    match (&previous.generated, &next.generated) {
        (Some(previous), Some(next)) => previous.stored != next.stored,
        (None, Some(next)) => !next.stored,
        _ => false,
    }
}
