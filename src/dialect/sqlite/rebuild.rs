//! The rebuild of a table: <https://www.sqlite.org/lang_altertable.html#otheralter>.
//!
//! The new table is created under another name, filled from the old one, and takes the old one's place. Whoever runs
//! this turns `PRAGMA foreign_keys` off before the transaction begins, since dropping the old table would otherwise
//! delete the rows of its children, and runs `PRAGMA foreign_key_check` before it commits.
//!
//! The last rename runs with `PRAGMA legacy_alter_table = ON`. Without it SQLite refuses the rename while any view or
//! trigger of the database names the table that has just gone; with it, and with foreign keys off, a rename changes
//! nothing but the table itself, which is what is wanted here. The pragma works inside a transaction.

use rungs_schema::{AutoIncrement, Column, Definition, Table};
use sea_query::SqliteQueryBuilder;

use super::alter::Work;
use super::ddl::{self, expression};
use super::rename::Renames;
use super::render::{create_definition, create_index, create_table, quote};
use crate::dialect::Statement;
use crate::dialect::simple::drop_table;
use crate::diff::change::{Delta, Edit};

/// What the new table is called until the old one is gone.
pub(super) const PREFIX: &str = "_rungs_new_";

/// A rebuild.
pub(super) struct Rebuild<'a> {
    pub work: &'a Work<'a>,
    /// The table as it stands when the rebuild begins.
    pub from: &'a Table,
    /// The table as it stands when the rebuild is done, under the same name.
    pub to: &'a Table,
    /// The columns of `from` by those of `to`, where they differ.
    pub sources: &'a Renames,
    /// The columns of the wanted table by those of `to`, where they differ.
    pub wanted: &'a Renames,
    /// The triggers that go with the old table.
    pub triggers: &'a [&'a Definition],
    /// What is changed.
    pub reasons: &'a str,
}

/// What a column of the new table gets.
struct Copy {
    column: String,
    expression: String,
    needs_edit: Option<String>,
}

impl Rebuild<'_> {
    pub fn statements(&self) -> Vec<Statement> {
        let name = &self.to.name.name;
        let temporary = format!("{PREFIX}{name}");
        let mut new = self.to.clone();
        new.name.name.clone_from(&temporary);
        let sql = ddl::without_own_name(&create_table(&new), name);
        let mut statements = vec![Statement::new(sql, format!("rebuilds table {name}: {}", self.reasons))];
        statements.push(self.copy(&temporary));
        statements.extend(self.counter(&temporary));
        statements.push(self.drop_old());
        statements.extend(take_the_name(&temporary, name));
        statements.extend(self.to.indexes.iter().map(|index| create_index(self.work.dialect, self.to, index)));
        statements.extend(self.triggers.iter().map(|trigger| create_definition(trigger)));
        statements.extend(self.check());
        statements
    }

    /// A rebuild takes a column away without a word to the views and triggers that use it. Where they may, giving a
    /// column its own name has SQLite resolve all of them again, and fail on the first that no longer fits.
    fn check(&self) -> Option<Statement> {
        let dependents = &self.work.alter.dependents;
        let drops = self
            .work
            .dropped_columns()
            .any(|column| dependents.iter().any(|dependent| expression::mentions(&dependent.sql, &column.name)));
        let has = |name: &String| self.to.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let rowids = ["rowid", "_rowid_", "oid"];
        let strange = self
            .triggers
            .iter()
            .flat_map(|trigger| expression::columns_of_rows(&trigger.sql))
            .any(|name| !has(&name) && !rowids.iter().any(|rowid| rowid.eq_ignore_ascii_case(&name)));
        let column = self.to.columns.iter().find(|_| drops || strange)?;
        let (table, column) = (quote(&self.to.name.name), expression::name(&column.name));
        let sql = format!("ALTER TABLE {table} RENAME COLUMN {column} TO {column}");
        Some(Statement::new(sql, format!("checks that views and triggers still fit table {}", self.to.name)))
    }

    fn copy(&self, temporary: &str) -> Statement {
        let copies = self.copies();
        let list = |of: fn(&Copy) -> &String| copies.iter().map(of).cloned().collect::<Vec<_>>().join(", ");
        // An ON CONFLICT clause of the new table must not make rows vanish while they are copied.
        let insert = if has_conflict_clause(self.to) { "INSERT OR ABORT" } else { "INSERT" };
        let sql = format!(
            "{insert} INTO {} ({})\nSELECT {}\nFROM {}",
            quote(temporary),
            list(|copy| &copy.column),
            list(|copy| &copy.expression),
            quote(&self.from.name.name)
        );
        let statement = Statement::new(sql, format!("copies the rows of {}", self.from.name));
        let reasons: Vec<&str> = copies.iter().filter_map(|copy| copy.needs_edit.as_deref()).collect();
        if reasons.is_empty() { statement } else { statement.needing_edit(reasons.join("; ")) }
    }

    fn copies(&self) -> Vec<Copy> {
        let plain = |column: String, expression: String| Copy { column, expression, needs_edit: None };
        let mut copies: Vec<Copy> = Vec::new();
        if let (Some(from), Some(to), None) = (rowid_name(self.from), rowid_name(self.to), ddl::rowid_alias(self.to)) {
            copies.push(plain(to.to_owned(), from.to_owned()));
        }
        copies.extend(self.to.columns.iter().filter_map(|column| self.copy_of(column)));
        if copies.is_empty()
            && let Some(column) = self.to.columns.iter().find(|column| column.generated.is_none())
        {
            let value = column.default.as_ref().map_or("NULL".to_owned(), |default| format!("({default})"));
            copies.push(plain(quote(&column.name), value));
        }
        copies
    }

    /// What a column is filled with; `None` leaves it to the table, which computes it or has a default.
    fn copy_of(&self, column: &Column) -> Option<Copy> {
        if column.generated.is_some() {
            return None;
        }
        let of = |expression: String| Copy { column: quote(&column.name), expression, needs_edit: None };
        let backfill = self.backfill(column);
        let Some(source) = self.source(column) else {
            if let Some(backfill) = backfill {
                return Some(of(backfill));
            }
            if ddl::rowid_alias(self.to).is_some_and(|alias| alias.name == column.name) {
                return rowid_name(self.from).map(|rowid| of(rowid.to_owned()));
            }
            if column.nullable || column.default.is_some() {
                return None;
            }
            let name = format!("{}.{}", self.work.next.name, self.wanted.column(&column.name));
            let reason = format!(
                "column {name} is new and takes no NULL, and nothing says what the rows that are there get: put an \
                 expression in the place of NULL"
            );
            return Some(Copy { needs_edit: Some(reason), ..of("NULL".to_owned()) });
        };
        let value = self.value_of(column, source);
        let fill = backfill.or_else(|| column.default.clone()).filter(|_| source.nullable && !column.nullable);
        Some(of(fill.map_or(value.clone(), |fill| format!("coalesce({value}, {fill})"))))
    }

    /// The value that a row has, where it has another name now by that.
    fn value_of(&self, column: &Column, source: &Column) -> String {
        let value = quote(&source.name);
        let wanted = self.wanted.column(&column.name);
        let renamed = self.work.alter.edits.iter().find_map(|edit| match edit {
            Edit::Values { column, renamed } if column == wanted => Some(renamed),
            _ => None,
        });
        let Some(renamed) = renamed else { return value };
        let whens: String =
            renamed.iter().map(|(old, new)| format!(" WHEN {} THEN {}", literal(old), literal(new))).collect();
        format!("CASE {value}{whens} ELSE {value} END")
    }

    /// The column that its values come from, unless it is new.
    fn source(&self, column: &Column) -> Option<&Column> {
        let wanted = self.wanted.column(&column.name);
        let created = self
            .work
            .alter
            .edits
            .iter()
            .any(|edit| matches!(edit, Edit::Column { delta: Delta::Create { next }, .. } if next.name == wanted));
        if created { None } else { self.from.column(self.sources.column(&column.name)) }
    }

    fn backfill(&self, column: &Column) -> Option<String> {
        let wanted = self.wanted.column(&column.name);
        let text = self.work.alter.edits.iter().find_map(|edit| match edit {
            Edit::Column { delta, backfill } if delta.next().is_some_and(|next| next.name == wanted) => {
                backfill.as_ref()
            }
            _ => None,
        })?;
        let under_old_names = !(self.wanted.is_empty() && self.sources.is_empty());
        Some(if under_old_names { self.work.renames.reversed().expression(text) } else { text.clone() })
    }

    /// AUTOINCREMENT never gives a number twice, also when the row that had it is gone: so the counter itself is
    /// carried over, and not left to what the rows say.
    fn counter(&self, temporary: &str) -> Vec<Statement> {
        let counts =
            |table: &Table| table.columns.iter().any(|column| column.auto_increment == Some(AutoIncrement::Native));
        if !counts(self.from) || !counts(self.to) {
            return Vec::new();
        }
        let (old, new) = (literal(&self.from.name.name), literal(temporary));
        let comment = format!("carries the AUTOINCREMENT counter of {} over", self.from.name);
        vec![
            Statement::new(format!("DELETE FROM sqlite_sequence WHERE name = {new}"), comment.clone()),
            Statement::new(
                format!(
                    "INSERT INTO sqlite_sequence (name, seq)\nSELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
                ),
                comment,
            ),
        ]
    }

    fn drop_old(&self) -> Statement {
        let table = &self.work.next.name;
        let sql = drop_table(&self.from.name, SqliteQueryBuilder);
        let statement = Statement::new(sql, format!("drops the old table {}", self.from.name));
        let dropped = self.work.dropped_columns().filter(|column| column.generated.is_none());
        let mut losses: Vec<String> =
            dropped.map(|column| format!("column {table}.{} and its values", column.name)).collect();
        for column in self.to.columns.iter().filter(|column| column.generated.is_some()) {
            if self.source(column).is_some_and(|source| source.generated.is_none()) {
                losses.push(format!("the values of column {table}.{}, which is computed from now on", column.name));
            }
        }
        if losses.is_empty() { statement } else { statement.losing(losses.join("; ")) }
    }
}

fn take_the_name(temporary: &str, name: &str) -> [Statement; 3] {
    let comment = format!("gives the new table the name {name}");
    let rename = format!("ALTER TABLE {} RENAME TO {}", quote(temporary), quote(name));
    [
        Statement::new("PRAGMA legacy_alter_table = ON", "leaves views and triggers alone while the name changes"),
        Statement::new(rename, comment),
        Statement::new("PRAGMA legacy_alter_table = OFF", "ends it"),
    ]
}

/// Renames a table. SQLite takes two names that differ in letter case alone for the same, so that this takes two steps.
pub(super) fn rename_table(old: &str, new: &str) -> Vec<Statement> {
    let rename = |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to));
        Statement::new(sql, format!("renames table {from} to {to}"))
    };
    if old == new {
        Vec::new()
    } else if old.eq_ignore_ascii_case(new) {
        let between = format!("{PREFIX}{new}");
        vec![rename(old, &between), rename(&between, new)]
    } else {
        vec![rename(old, new)]
    }
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name for the rowid that no column has taken; `None` where the table has no rowid.
fn rowid_name(table: &Table) -> Option<&'static str> {
    if table.options.contains_key("without_rowid") {
        return None;
    }
    let taken = |name: &str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name))
}

fn has_conflict_clause(table: &Table) -> bool {
    table.primary_key.iter().any(|key| key.on_conflict.is_some())
        || table.uniques.iter().any(|unique| unique.on_conflict.is_some())
        || table.columns.iter().any(|column| column.not_null_conflict.is_some())
}
