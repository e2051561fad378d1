//! Columns of a table that stays.

use rungs_schema::{AutoIncrement, Column, ObjectName, Table};

use super::options::server_changes;
use super::sequence::serial_name;
use super::table::{column_sql, type_sql};
use super::{column_option, comment, numbering};
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, casts, collation_sql, qualified, quote};
use crate::diff::{KEPT_BELOW, not_null};
use crate::error::PlanError;

/// What the statements of one column have in common.
pub(super) struct Place<'a> {
    pub(super) dialect: &'a Postgres,
    /// The table after the change.
    pub(super) table: &'a Table,
}

impl Place<'_> {
    pub(super) fn name(&self) -> &ObjectName {
        &self.table.name
    }

    pub(super) fn alter_table(&self, action: &str, comment: String) -> Statement {
        Statement::new(format!("ALTER TABLE {} {action}", qualified(self.name())), comment)
    }

    pub(super) fn alter_column(&self, column: &str, action: &str, comment: String) -> Statement {
        self.alter_table(&format!("ALTER COLUMN {} {action}", quote(column)), comment)
    }

    pub(super) fn label(&self, column: &str) -> String {
        format!("{}.{column}", self.name())
    }

    /// A column that goes for good.
    pub(super) fn part_with(&self, column: &Column) -> Vec<Statement> {
        column_option::let_go_below(self, column).into_iter().chain([self.drop(column)]).collect()
    }

    pub(super) fn drop(&self, column: &Column) -> Statement {
        let label = self.label(&column.name);
        let action = format!("DROP COLUMN {}", quote(&column.name));
        if is_kept_below(column) {
            let sql = format!("ALTER TABLE ONLY {} {action}", qualified(self.name()));
            let comment = format!("drops column {label}, which a child of the table keeps");
            return Statement::new(sql, comment).losing(format!("column {label} and its values"));
        }
        let statement = self.alter_table(&action, format!("drops column {label}"));
        match column.generated {
            Some(_) => statement,
            None => statement.losing(format!("column {label} and its values")),
        }
    }

    pub(super) fn rename(&self, previous: &str, next: &str) -> Statement {
        let action = format!("RENAME COLUMN {} TO {}", quote(previous), quote(next));
        self.alter_table(&action, format!("renames column {} to {next}", self.label(previous)))
    }

    pub(super) fn set_comment(&self, column: &Column) -> Statement {
        let object = format!("COLUMN {}.{}", qualified(self.name()), quote(&column.name));
        comment::on(&object, &format!("column {}", self.label(&column.name)), column.comment.as_deref())
    }

    /// A new column, on a table that may hold rows; `comment` says what adding it is for.
    pub(super) fn add(
        &self,
        column: &Column,
        backfill: Option<&str>,
        comment: String,
    ) -> Result<Vec<Statement>, PlanError> {
        let label = self.label(&column.name);
        let fills_itself = column.auto_increment.is_some() || column.generated.is_some();
        let backfill = self.filling(backfill);
        let undecided = !column.nullable && column.default.is_none() && backfill.is_none() && !self.is_foreign();
        let add = |column: &Column| {
            let action = format!("ADD COLUMN {}", column_sql(self.dialect, self.table, column)?);
            Ok::<_, PlanError>(self.alter_table(&action, comment.clone()))
        };
        let mut out = Vec::new();
        if fills_itself || (backfill.is_none() && !undecided) {
            out.push(add(column)?);
            out.extend(column_option::create(self, column));
        } else {
            out.push(add(&Column { nullable: true, default: None, ..column.clone() })?);
            out.push(self.fill(column, backfill));
            if let Some(default) = &column.default {
                out.push(self.alter_column(
                    &column.name,
                    &format!("SET DEFAULT {default}"),
                    format!("sets the default of {label}"),
                ));
            }
            if !column.nullable {
                out.extend(column_option::require(self, column, format!("makes {label} NOT NULL")));
            }
            let settled = Column { nullable: true, ..column.clone() };
            out.extend(column_option::alter(self, &Column::default(), &settled, false));
        }
        if column.comment.is_some() {
            out.push(self.set_comment(column));
        }
        Ok(out)
    }

    fn is_foreign(&self) -> bool {
        self.table.options.contains_key("server")
    }

    /// What existing rows get; those of a foreign table are another server's affair.
    fn filling<'b>(&self, backfill: Option<&'b str>) -> Option<&'b str> {
        backfill.filter(|_| !self.is_foreign())
    }

    /// Gives the rows that are there their value.
    fn fill(&self, column: &Column, backfill: Option<&str>) -> Statement {
        let label = self.label(&column.name);
        let sql = |value: &str| format!("UPDATE {} SET {} = {value}", qualified(self.name()), quote(&column.name));
        match backfill {
            Some(value) => Statement::new(sql(value), format!("gives existing rows their {label}")),
            None => Statement::new(sql("NULL"), format!("gives existing rows their {label}")).needing_edit(format!(
                "{label} is NOT NULL and has no default: put the value for existing rows in place of NULL"
            )),
        }
    }

    /// A column that stays, under its new name already.
    pub(super) fn alter(
        &self,
        previous: &Column,
        next: &Column,
        backfill: Option<&str>,
        old_table: &ObjectName,
    ) -> Result<Vec<Statement>, PlanError> {
        let mut out = Vec::new();
        let retyped = previous.ty != next.ty || previous.collation != next.collation;
        out.extend(self.rename_sequence(previous, next, old_table));
        out.extend(self.let_go(previous, next, retyped, old_table));
        if retyped {
            let (before, after) = column_option::let_be_null(self, previous, next);
            out.extend(before);
            out.extend(self.retype(previous, next)?);
            out.extend(after);
        }
        out.extend(self.nullability(previous, next, backfill));
        out.extend(column_option::keep_required(self, previous, next, old_table));
        out.extend(self.take_up(previous, next, retyped, old_table)?);
        out.extend(column_option::alter(self, previous, next, retyped));
        if let Some(options) = server_changes(&previous.options, &next.options) {
            out.push(self.alter_column(
                &next.name,
                &options,
                format!("changes the options of {}", self.label(&next.name)),
            ));
        }
        if previous.comment != next.comment {
            out.push(self.set_comment(next));
        }
        Ok(out)
    }

    /// The server keeps the name of a serial or identity column's sequence when the table or column gets another; a
    /// fresh one would be named after both.
    pub(super) fn rename_sequence(
        &self,
        previous: &Column,
        next: &Column,
        old_table: &ObjectName,
    ) -> Option<Statement> {
        let is_same_kind = matches!(
            (&previous.auto_increment, &next.auto_increment),
            (Some(AutoIncrement::Serial), Some(AutoIncrement::Serial))
                | (Some(AutoIncrement::Identity(_)), Some(AutoIncrement::Identity(_)))
        );
        let old = numbering::own_sequence(&self.name().sibling(&old_table.name), previous).filter(|_| is_same_kind)?;
        let new = numbering::own_sequence(self.name(), next)?;
        (old != new).then(|| {
            let sql = format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&old), quote(&new.name));
            Statement::new(sql, format!("renames the sequence of {} with it", self.label(&next.name)))
        })
    }

    /// Makes a computed column, under its new name already, a plain one. Until then the columns that it reads keep
    /// their types.
    pub(super) fn settle(&self, previous: &Column, next: &Column) -> Option<Statement> {
        (previous.generated.is_some() && next.generated.is_none()).then(|| {
            let label = self.label(&next.name);
            self.alter_column(&next.name, "DROP EXPRESSION", format!("stops computing {label}; its values stay"))
        })
    }

    /// Takes away what the column will not have, or what stands in the way of another type.
    fn let_go(&self, previous: &Column, next: &Column, retyped: bool, old_table: &ObjectName) -> Vec<Statement> {
        let label = self.label(&next.name);
        let mut out = numbering::let_go(self, previous, next, old_table);
        if previous.default.is_some() && (next.default.is_none() || retyped) {
            out.push(self.alter_column(&next.name, "DROP DEFAULT", format!("drops the default of {label}")));
        }
        out
    }

    fn retype(&self, previous: &Column, next: &Column) -> Result<Vec<Statement>, PlanError> {
        let label = self.label(&next.name);
        let (from, to) = (type_sql(self.table, previous)?, type_sql(self.table, next)?);
        let mut action = format!("TYPE {to}");
        if let Some(collation) = &next.collation {
            action.push_str(&format!(" COLLATE {}", collation_sql(collation)));
        }
        if let Some(using) = casts::using(&quote(&next.name), from, to).filter(|_| next.generated.is_none()) {
            action.push_str(&format!(" USING {using}"));
        }
        let what = if from == to {
            format!("changes the collation of {label}")
        } else {
            format!("changes the type of {label} from {from} to {to}{}", casts::remark(from, to))
        };
        let mut statement = self.alter_column(&next.name, &action, what);
        if let Some(lost) = casts::loss(from, to) {
            statement = statement.losing(format!("the {lost} in {label}"));
        }
        let mut out = vec![statement];
        if let (Some(AutoIncrement::Serial), Some(AutoIncrement::Serial)) =
            (&previous.auto_increment, &next.auto_increment)
        {
            let sequence = serial_name(self.name(), &next.name);
            out.push(Statement::new(
                format!("ALTER SEQUENCE {} AS {to}", qualified(&sequence)),
                format!("lets the sequence of {label} count in {to}"),
            ));
        }
        Ok(out)
    }

    fn nullability(&self, previous: &Column, next: &Column, backfill: Option<&str>) -> Vec<Statement> {
        let label = self.label(&next.name);
        let mut out = Vec::new();
        if next.nullable && !previous.nullable {
            out.push(self.alter_column(&next.name, "DROP NOT NULL", format!("lets {label} be NULL")));
        }
        if previous.nullable && !next.nullable {
            let mut what = format!("makes {label} NOT NULL");
            if let Some(value) = self.filling(backfill.or_else(|| own_filling(next))) {
                let name = quote(&next.name);
                let sql = format!("UPDATE {} SET {name} = {value} WHERE {name} IS NULL", qualified(self.name()));
                out.push(Statement::new(sql, format!("gives rows without {label} a value")));
            } else if next.generated.is_none() {
                what.push_str("; it fails while there are NULLs in it");
            }
            out.extend(column_option::require(self, next, what));
        }
        out
    }

    /// Gives the column what it did not have.
    fn take_up(
        &self,
        previous: &Column,
        next: &Column,
        retyped: bool,
        old_table: &ObjectName,
    ) -> Result<Vec<Statement>, PlanError> {
        let label = self.label(&next.name);
        let mut out = numbering::take_up(self, previous, next, old_table)?;
        if let (Some(a), Some(b)) = (&previous.generated, &next.generated)
            && a != b
        {
            let action = format!("SET EXPRESSION AS ({})", b.expression);
            out.push(self.alter_column(&next.name, &action, format!("changes how {label} is computed")));
        }
        if let Some(default) = next.default.as_ref().filter(|_| retyped || previous.default != next.default) {
            out.push(self.alter_column(
                &next.name,
                &format!("SET DEFAULT {default}"),
                format!("sets the default of {label}"),
            ));
            out.extend(numbering::go_on(self, previous, next, old_table));
        }
        Ok(out)
    }
}

/// Whether a child of the table keeps a column that the table loses.
pub(super) fn is_kept_below(column: &Column) -> bool {
    column.options.contains_key(KEPT_BELOW)
}

/// What rows without a value get where nothing else is said: what new rows get. One that takes NULL from rows that are
/// there leaves them.
fn own_filling(column: &Column) -> Option<&str> {
    let asks_nothing = column.generated.is_some() || column.options.contains_key(not_null::NOT_VALID);
    column.default.as_deref().filter(|_| !asks_nothing)
}
