//! The expressions and bodies that a change brings, or takes.

use rungs_schema::{Check, Column, Definition, Exclusion, Index, IndexKey, Needs, Reference, Table};

use super::change::{Change, Delta, Edit};
use super::dependents::has_opaque_body;

/// The texts of one side of a change.
pub(super) struct Texts<'a> {
    pub(super) all: Vec<&'a str>,
    /// What the thing needs; `None` where nobody knows.
    needs: Option<&'a Needs>,
}

impl<'a> Texts<'a> {
    /// Those that are there once the change is carried out.
    pub(super) fn after(change: &'a Change) -> Self {
        Self::of(change, Side { after: true })
    }

    /// Those that were there before.
    pub(super) fn before(change: &'a Change) -> Self {
        Self::of(change, Side { after: false })
    }

    /// Whether they may speak of a type.
    pub(super) fn may_name(&self, ty: &Reference) -> bool {
        self.needs.is_none_or(|needs| needs.contains(ty))
    }

    fn of(change: &'a Change, side: Side) -> Self {
        let mut texts = Self { all: Vec::new(), needs: None };
        match change {
            Change::CreateTable { next: table } if side.after => texts.table(table),
            Change::DropTable { previous: table } if !side.after => texts.table(table),
            Change::AlterTable(alter) => {
                texts.needs = Some(if side.after { &alter.next.needs } else { &alter.previous.needs });
                alter.edits.iter().for_each(|edit| texts.edit(edit, side));
            }
            Change::Domain { delta, .. } => {
                if let Some(domain) = side.of(delta) {
                    texts.needs = Some(&domain.needs);
                    texts.all.extend(domain.default.as_deref());
                    texts.checks(&domain.checks);
                }
            }
            Change::Definition(delta) => {
                if let Some(definition) = side.of(delta) {
                    texts.needs = (!is_sql(definition)).then_some(&definition.needs);
                    texts.all.push(&definition.sql);
                }
            }
            Change::CreateTable { .. }
            | Change::DropTable { .. }
            | Change::Rows(_)
            | Change::Sequence(_)
            | Change::Enum { .. }
            | Change::Composite { .. }
            | Change::Anew { .. }
            | Change::Access { .. }
            | Change::DefaultPrivileges { .. } => {}
        }
        texts
    }

    fn table(&mut self, table: &'a Table) {
        self.needs = Some(&table.needs);
        table.columns.iter().for_each(|column| self.column(column));
        table.indexes.iter().for_each(|index| self.index(index));
        self.checks(&table.checks);
        self.all.extend(table.exclusions.iter().map(|exclusion: &Exclusion| exclusion.definition.as_str()));
        self.all.extend(table.partition_of.iter().map(|(_, bound)| bound.as_str()));
    }

    fn column(&mut self, column: &'a Column) {
        self.all.extend(column.default.as_deref());
        self.all.extend(column.generated.as_ref().map(|generated| generated.expression.as_str()));
    }

    fn checks(&mut self, checks: &'a [Check]) {
        self.all.extend(checks.iter().map(|check| check.expression.as_str()));
    }

    fn index(&mut self, index: &'a Index) {
        self.all.extend(index.predicate.as_deref());
        self.all.extend(index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Expression(text) => Some(text.as_str()),
            IndexKey::Column(_) => None,
        }));
    }

    fn edit(&mut self, edit: &'a Edit, side: Side) {
        match edit {
            Edit::Column { delta, backfill } => {
                side.of(delta).into_iter().for_each(|column| self.column(column));
                self.all.extend(backfill.as_deref().filter(|_| side.after));
            }
            Edit::Check(delta) => side.of(delta).into_iter().for_each(|check| self.all.push(&check.expression)),
            Edit::Index(delta) => side.of(delta).into_iter().for_each(|index| self.index(index)),
            Edit::Exclusion(delta) => side.of(delta).into_iter().for_each(|one| self.all.push(&one.definition)),
            _ => {}
        }
    }
}

/// Which side of a change.
#[derive(Clone, Copy)]
struct Side {
    after: bool,
}

impl Side {
    fn of<T>(self, delta: &Delta<T>) -> Option<&T> {
        if self.after { delta.next() } else { delta.previous() }
    }
}

/// Whether its body is SQL that the server reads when it is created, and keeps no note of what it names.
fn is_sql(definition: &Definition) -> bool {
    has_opaque_body(definition) && definition.sql.to_ascii_lowercase().contains("language sql")
}
