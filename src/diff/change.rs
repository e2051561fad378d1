//! The vocabulary of differences. Everything has both its sides, `previous` and `next`, so that rendering,
//! reversing and linting need no look-up elsewhere.

use std::sync::Arc;

use rungs_schema::{
    Access, Check, Column, CompositeType, DefaultPrivileges, Definition, Domain, EnumType, Exclusion, ForeignKey,
    Index, ObjectName, PrimaryKey, Sequence, Table, Unique,
};

use super::enums::is_of;
pub use super::standing::{Standing, StandingTable, StandingType};

/// What happens to one thing. `Alter` with two names is a rename, with or without more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta<T> {
    /// It is new.
    Create {
        /// What it will be.
        next: T,
    },
    /// It goes.
    Drop {
        /// What it was.
        previous: T,
    },
    /// It changes.
    Alter {
        /// What it was.
        previous: T,
        /// What it will be.
        next: T,
    },
}

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A whole table comes or goes.
    CreateTable {
        /// The table. Foreign keys that must wait for another table stand in an [`AlterTable`] of their own, and
        /// not in here.
        next: Arc<Table>,
    },
    /// A whole table goes.
    DropTable {
        /// The table, with everything it had.
        previous: Arc<Table>,
    },
    /// A table that stays is edited.
    AlterTable(AlterTable),
    /// The rows of a table that is made anew, before it goes or once it is back.
    Rows(Rows),
    /// A sequence.
    Sequence(Delta<Sequence>),
    /// An enumerated type.
    Enum {
        /// What happens to it.
        delta: Delta<EnumType>,
        /// Values that get another name, as old and new ones; rows and all else follow by themselves. The sides differ
        /// in them too.
        renamed: Vec<(String, String)>,
        /// The type is built anew also where a value could be added in place, because the same list of changes uses the
        /// value, and the engine lets nobody use it before the transaction ends.
        anew: bool,
        /// What stands on it.
        standing: Standing,
    },
    /// A domain.
    Domain {
        /// What happens to it.
        delta: Delta<Domain>,
        /// What stands on it.
        standing: Standing,
    },
    /// A composite type.
    Composite {
        /// What happens to it.
        delta: Delta<CompositeType>,
        /// What stands on it.
        standing: Standing,
    },
    /// A view, trigger, routine, or whatever else is kept as a statement.
    Definition(Delta<Definition>),
    /// A range type or collation that is built anew, because nothing makes the one into the other where it stands.
    Anew {
        /// What it was.
        previous: Definition,
        /// What it will be.
        next: Definition,
        /// What stands on it.
        standing: Standing,
    },
    /// The owner and the privileges of an object.
    Access {
        /// What happens to them; a side that is missing is what the engine gives by itself.
        delta: Delta<Access>,
        /// What is there by itself when the change is carried out, where the object (or a column of it) comes, goes or
        /// is made anew in the same list of changes. What is dropped then goes with it.
        given: Option<Access>,
    },
    /// What future objects grant from the start.
    DefaultPrivileges {
        /// What happens to it.
        delta: Delta<DefaultPrivileges>,
        /// It goes with its namespace.
        with_namespace: bool,
    },
}

/// The rows of a table that is dropped and created under one name, because no statement turns the one into the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table that goes.
    pub previous: Arc<Table>,
    /// The table that comes.
    pub next: Arc<Table>,
    /// The partitions that go with it, at every depth.
    pub previous_partitions: Vec<ObjectName>,
    /// The partitions that come with it, at every depth.
    pub next_partitions: Vec<ObjectName>,
    /// The composite types of both sides: values of one are kept as such, and follow it where it changes.
    pub composites: Vec<ObjectName>,
    /// What is to be done now.
    pub step: RowsStep,
}

impl Rows {
    /// The place where they are in the meantime.
    pub fn aside(&self) -> ObjectName {
        // Room for the suffix in an identifier of 63 bytes.
        let name = &self.previous.name.name;
        let end = name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= 50).last();
        self.previous.name.sibling(format!("{}__rows", &name[..end.unwrap_or(0)]))
    }

    /// The columns, of those that are put back, whose values stay of their composite type.
    pub fn composite_columns(&self) -> impl Iterator<Item = &Column> {
        self.previous.columns.iter().filter(|column| {
            let next = self.next.column(&column.name);
            let is_written = |next: &Column| column.generated.is_none() && next.generated.is_none();
            let words = column.ty.native().unwrap_or_default();
            next.is_some_and(|next| next.ty == column.ty && is_written(next))
                && self.composites.iter().any(|name| is_of(words, name))
        })
    }
}

/// What happens to the rows of a table that is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowsStep {
    /// They are copied to a place of their own, before the table goes.
    SetAside,
    /// They are put into the table that came, and the place of their own goes.
    PutBack,
}

/// The edits of a table that stays. A table may have several of these in one list of changes: its foreign keys are
/// dropped before, and added after, everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterTable {
    /// The whole table before. Two names are a rename, which comes before every edit.
    pub previous: Arc<Table>,
    /// The whole table after.
    pub next: Arc<Table>,
    /// What to do, in the order: drops, alterations, creations.
    pub edits: Vec<Edit>,
    /// Views and triggers that stand on the table and stay as they are, in an order in which they can be created:
    /// whoever drops and recreates the table has to put them back. None where the engine pins columns
    /// ([`Rules::views_pin_types`](super::Rules::views_pin_types)): there they give way in changes of their own.
    pub dependents: Vec<Definition>,
}

/// One edit of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A column.
    Column {
        /// What happens to it.
        delta: Delta<Column>,
        /// The SQL expression that gives existing rows their value, where the column is new, or becomes NOT NULL.
        backfill: Option<String>,
    },
    /// Rows get other values for former ones: those of an enumeration that is no type of its own on the engine.
    Values {
        /// The column, under the name that it has afterwards.
        column: String,
        /// Each former value with the present one.
        renamed: Vec<(String, String)>,
    },
    /// The primary key.
    PrimaryKey(Delta<PrimaryKey>),
    /// A unique constraint.
    Unique(Delta<Unique>),
    /// A foreign key.
    ForeignKey(Delta<ForeignKey>),
    /// A check.
    Check(Delta<Check>),
    /// An index.
    Index(Delta<Index>),
    /// An exclusion constraint.
    Exclusion(Delta<Exclusion>),
    /// The tables that it inherits from; both sides stand in the tables.
    Inherits,
    /// The table that it is a partition of, and its bound; both sides stand in the tables.
    Partition,
    /// The table's comment; both sides stand in the tables.
    Comment,
    /// Storage options; both sides stand in the tables.
    Options,
    /// The order of the columns, on engines that can change it; both sides stand in the tables.
    ColumnOrder,
    /// SQLite, and only between two databases: the wording of CREATE TABLE, with nothing else different.
    Wording,
}

impl<T> Delta<T> {
    /// What it was, unless it is new.
    pub fn previous(&self) -> Option<&T> {
        match self {
            Self::Create { .. } => None,
            Self::Drop { previous } | Self::Alter { previous, .. } => Some(previous),
        }
    }

    /// What it will be, unless it goes.
    pub fn next(&self) -> Option<&T> {
        match self {
            Self::Drop { .. } => None,
            Self::Create { next } | Self::Alter { next, .. } => Some(next),
        }
    }
}

impl<T> Delta<T> {
    /// The same of what each side stands for.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(&T) -> U) -> Delta<U> {
        match self {
            Self::Create { next } => Delta::Create { next: f(next) },
            Self::Drop { previous } => Delta::Drop { previous: f(previous) },
            Self::Alter { previous, next } => Delta::Alter { previous: f(previous), next: f(next) },
        }
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Create { next } => Self::Drop { previous: next },
            Self::Drop { previous } => Self::Create { next: previous },
            Self::Alter { previous, next } => Self::Alter { previous: next, next: previous },
        }
    }
}

impl Edit {
    /// Whether it takes something away and brings nothing.
    pub(super) fn is_drop(&self) -> bool {
        matches!(
            self,
            Self::Column { delta: Delta::Drop { .. }, .. }
                | Self::PrimaryKey(Delta::Drop { .. })
                | Self::Unique(Delta::Drop { .. })
                | Self::ForeignKey(Delta::Drop { .. })
                | Self::Check(Delta::Drop { .. })
                | Self::Index(Delta::Drop { .. })
                | Self::Exclusion(Delta::Drop { .. })
        )
    }

    /// The same seen from the other side. What a backfill said does not hold in that direction, so it is gone.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Column { delta, .. } => Self::Column { delta: delta.reversed(), backfill: None },
            Self::Values { column, renamed } => {
                Self::Values { column, renamed: renamed.into_iter().map(|(old, new)| (new, old)).collect() }
            }
            Self::PrimaryKey(delta) => Self::PrimaryKey(delta.reversed()),
            Self::Unique(delta) => Self::Unique(delta.reversed()),
            Self::ForeignKey(delta) => Self::ForeignKey(delta.reversed()),
            Self::Check(delta) => Self::Check(delta.reversed()),
            Self::Index(delta) => Self::Index(delta.reversed()),
            Self::Exclusion(delta) => Self::Exclusion(delta.reversed()),
            same @ (Self::Inherits
            | Self::Partition
            | Self::Comment
            | Self::Options
            | Self::ColumnOrder
            | Self::Wording) => same,
        }
    }

    /// Where it comes in an [`AlterTable`]: drops, then alterations, then creations; within each, what stands on
    /// columns goes before them and comes after them.
    pub(crate) fn rank(&self) -> u8 {
        fn of<T>(delta: &Delta<T>, drop: u8, alter: u8, create: u8) -> u8 {
            match delta {
                Delta::Drop { .. } => drop,
                Delta::Alter { .. } => alter,
                Delta::Create { .. } => create,
            }
        }
        match self {
            Self::ForeignKey(delta) => of(delta, 0, 12, 17),
            Self::Check(delta) => of(delta, 1, 11, 16),
            Self::Index(delta) => of(delta, 2, 10, 15),
            Self::Unique(delta) => of(delta, 3, 9, 14),
            Self::Exclusion(delta) => of(delta, 3, 9, 14),
            Self::PrimaryKey(delta) => of(delta, 4, 8, 13),
            Self::Column { delta, .. } => of(delta, 5, 6, 7),
            Self::Values { .. } => 6,
            Self::Inherits => 18,
            Self::Partition => 19,
            Self::Options => 20,
            Self::ColumnOrder => 21,
            Self::Comment => 22,
            Self::Wording => 23,
        }
    }
}

impl Change {
    /// The same seen from the other side: carrying out a list of changes and then the reversed list backwards is to
    /// have done nothing, but for values that were dropped.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::CreateTable { next } => Self::DropTable { previous: next },
            Self::DropTable { previous } => Self::CreateTable { next: previous },
            Self::AlterTable(alter) => {
                let AlterTable { previous, next, edits, dependents } = alter;
                let mut edits: Vec<_> = edits.into_iter().map(Edit::reversed).collect();
                edits.sort_by_key(Edit::rank);
                Self::AlterTable(AlterTable { previous: next, next: previous, edits, dependents })
            }
            Self::Rows(rows) => Self::Rows(Rows {
                previous: rows.next,
                next: rows.previous,
                previous_partitions: rows.next_partitions,
                next_partitions: rows.previous_partitions,
                composites: rows.composites,
                step: match rows.step {
                    RowsStep::SetAside => RowsStep::PutBack,
                    RowsStep::PutBack => RowsStep::SetAside,
                },
            }),
            Self::Sequence(delta) => Self::Sequence(delta.reversed()),
            Self::Enum { delta, renamed, anew, standing } => {
                let renamed = renamed.into_iter().map(|(old, new)| (new, old)).collect();
                Self::Enum { delta: delta.reversed(), renamed, anew, standing: standing.reversed() }
            }
            Self::Domain { delta, standing } => Self::Domain { delta: delta.reversed(), standing: standing.reversed() },
            Self::Composite { delta, standing } => {
                Self::Composite { delta: delta.reversed(), standing: standing.reversed() }
            }
            Self::Definition(delta) => Self::Definition(delta.reversed()),
            Self::Anew { previous, next, standing } => {
                Self::Anew { previous: next, next: previous, standing: standing.reversed() }
            }
            Self::Access { delta, given } => Self::Access { delta: delta.reversed(), given },
            Self::DefaultPrivileges { delta, with_namespace } => {
                Self::DefaultPrivileges { delta: delta.reversed(), with_namespace }
            }
        }
    }
}

impl Change {
    /// A change of an enumerated type on which nothing stands.
    pub fn of_enum(delta: Delta<EnumType>) -> Self {
        Self::Enum { delta, renamed: Vec::new(), anew: false, standing: Standing::default() }
    }

    /// What it is about: `table users`, `domain email`.
    pub fn subject(&self) -> String {
        fn named<T>(kind: &str, delta: &Delta<T>, name: impl Fn(&T) -> String) -> String {
            let name = delta.next().or(delta.previous()).map(name).unwrap_or_default();
            format!("{kind} {name}")
        }
        match self {
            Self::CreateTable { next: table } | Self::DropTable { previous: table } => format!("table {}", table.name),
            Self::AlterTable(alter) => format!("table {}", alter.next.name),
            Self::Rows(rows) => format!("the rows of table {}", rows.next.name),
            Self::Sequence(delta) => named("sequence", delta, |one| one.name.to_string()),
            Self::Enum { delta, .. } => named("type", delta, |one| one.name.to_string()),
            Self::Domain { delta, .. } => named("domain", delta, |one| one.name.to_string()),
            Self::Composite { delta, .. } => named("type", delta, |one| one.name.to_string()),
            Self::Definition(delta) => named("", delta, |one| format!("{} {}", one.kind, one.name)).trim().to_owned(),
            Self::Anew { next, .. } => format!("{} {}", next.kind, next.name),
            Self::Access { delta, .. } => {
                named("privileges of", delta, |one| format!("{} {}", one.word.to_lowercase(), one.name()))
            }
            Self::DefaultPrivileges { delta, .. } => {
                named("default privileges on", delta, |one| one.word.to_lowercase())
            }
        }
    }
}

impl AlterTable {
    /// Whether the table gets another name.
    pub fn is_rename(&self) -> bool {
        self.previous.name != self.next.name
    }

    /// Whether a column is wanted before one that the table has: where columns are only added behind all others, it comes
    /// to stand elsewhere.
    pub fn wants_before_others(&self, column: &str) -> bool {
        let is_new = |name: &str| {
            self.edits
                .iter()
                .any(|edit| matches!(edit, Edit::Column { delta: Delta::Create { next }, .. } if next.name == name))
        };
        let later = self.next.columns.iter().skip_while(|one| one.name != column);
        is_new(column) && later.skip(1).any(|one| !is_new(&one.name))
    }

    /// What a statement that adds a column at the end of the table is for, in words.
    pub fn adds_at_the_end(&self, column: &str) -> String {
        let place = if self.wants_before_others(column) { ", at the end of the table" } else { "" };
        format!("adds column {}.{column}{place}", self.next.name)
    }
}
