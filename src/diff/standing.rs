//! Says of every change of a type what stands on the type at that moment.
//!
//! Where an engine cannot change a type in place, it is built anew, and all that stands on it moves along: types, columns,
//! what reads those columns, and whatever stands on that. The changes are played through on the nouns, so that each
//! change of a type finds what the changes before it have left; and because a change of a type leaves everything else as
//! it is, the same holds for the way back.

use std::collections::BTreeSet;
use std::sync::Arc;

use rungs_schema::{
    Access, Class, Column, CompositeType, Definition, DefinitionKind, Domain, EnumType, ForeignKey, ObjectName,
    Reference, Schema, Table,
};

use super::access::without_columns;
use super::change::{Change, Delta, Edit, Rows, RowsStep};
use super::strip::{Grounds, hand_over, strip};
use super::{Guide, composites, dependents, domains, enums, ranges};

/// What stands on a type. Whoever builds the type anew takes it all along.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The types that are built on it, in an order in which they can be created.
    pub types: Vec<StandingType>,
    /// The tables with columns of it, or of those types, and those that use them otherwise.
    pub tables: Vec<StandingTable>,
    /// Views, triggers, routines and the like that stand on any of these, in an order in which they can be created.
    pub definitions: Vec<Definition>,
    /// What is granted on the types and definitions.
    pub access: Vec<Access>,
}

/// A type that is built on another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StandingType {
    /// A domain.
    Domain(Domain),
    /// A composite type.
    Composite(CompositeType),
    /// A range type.
    Range(Definition),
}

/// A table that stands on a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingTable {
    /// The table as it stands.
    pub previous: Arc<Table>,
    /// The table without defaults, checks, keys, indexes and computed columns that cannot stay while the type is built
    /// anew.
    pub bare: Arc<Table>,
    /// The table with all of them again, but for those that a later change would only take down once more.
    pub next: Arc<Table>,
    /// What leads from `previous` to `bare`.
    pub strip: Vec<Edit>,
    /// What leads from `bare` to `next`.
    pub dress: Vec<Edit>,
    /// The columns of the type, and of types that are built on it, each with its type (or that of its elements); without
    /// those that follow a parent's.
    pub columns: Vec<(String, ObjectName)>,
}

impl StandingTable {
    /// What is left of the privileges on it while columns are gone, which are then made anew.
    pub fn left_of(&self, access: &Access) -> Access {
        without_columns(access, |column| self.bare.column(column).is_none() && self.next.column(column).is_some())
    }

    fn loses_grants(&self, access: &Access) -> bool {
        *access.name() == self.previous.name && self.left_of(access) != *access
    }
}

impl StandingType {
    /// Its name.
    pub fn name(&self) -> &ObjectName {
        match self {
            Self::Domain(domain) => &domain.name,
            Self::Composite(composite) => &composite.name,
            Self::Range(range) => &range.name,
        }
    }

    /// The names of all types that come and go with it.
    fn names(&self) -> Vec<ObjectName> {
        let besides = match self {
            Self::Range(range) => ranges::multirange(range),
            Self::Domain(_) | Self::Composite(_) => None,
        };
        std::iter::once(self.name().clone()).chain(besides).collect()
    }

    fn stands_on(&self, moved: &BTreeSet<Reference>) -> bool {
        let needs = match self {
            Self::Domain(domain) => &domain.needs,
            Self::Composite(composite) => &composite.needs,
            Self::Range(range) => &range.needs,
        };
        let is_under = |need: &Reference| matches!(need.class, Class::Type | Class::Collation);
        needs.iter().any(|need| is_under(need) && moved.contains(need))
    }
}

impl Standing {
    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        let reversed = |edits: Vec<Edit>| {
            let mut edits: Vec<Edit> = edits.into_iter().map(Edit::reversed).collect();
            edits.sort_by_key(Edit::rank);
            edits
        };
        let tables = self.tables.into_iter().map(|table| StandingTable {
            previous: table.next,
            next: table.previous,
            strip: reversed(table.dress),
            dress: reversed(table.strip),
            ..table
        });
        Self { tables: tables.collect(), ..self }
    }

    /// Leaves what later changes edit anyway to them.
    fn hand_over(&mut self, later: &mut [Change]) {
        self.tables.iter_mut().for_each(|table| hand_over(table, later));
    }

    /// The tables as they are afterwards.
    fn leave(&self, state: &mut Schema) {
        for table in &self.tables {
            for one in state.tables.iter_mut().filter(|one| one.name == table.next.name) {
                *one = Table::clone(&table.next);
            }
        }
    }

    /// Takes nothing from the tables but what is not put back.
    fn leave_unchanged(&mut self) {
        for table in &mut self.tables {
            let is_back = |edit: &Edit| table.dress.contains(&edit.clone().reversed());
            table.strip.retain(|edit| !is_back(edit));
            table.dress.clear();
            table.bare = Arc::clone(&table.next);
        }
    }

    /// What stands on the type of a name.
    fn of(name: &ObjectName, state: &Schema) -> Self {
        Self::on(&Reference::ty(name), &[], state)
    }

    /// What stands on a range type or collation.
    fn of_definition(one: &Definition, state: &Schema) -> Self {
        Self::on(&one.reference(), std::slice::from_ref(one), state)
    }

    fn on(root: &Reference, besides: &[Definition], state: &Schema) -> Self {
        let types = types_on(root, state);
        let (ty, collation) = match root.class {
            Class::Collation => (None, Some(&root.name)),
            _ => (Some(root.name.clone()), None),
        };
        let names: Vec<ObjectName> = ty
            .into_iter()
            .chain(besides.iter().filter_map(ranges::multirange))
            .chain(types.iter().flat_map(StandingType::names))
            .collect();
        let grounds = Grounds { types: &names, collation };
        let mut moved: BTreeSet<Reference> = names.iter().map(Reference::ty).collect();
        moved.insert(root.clone());
        let ranges = types.iter().filter_map(|ty| match ty {
            StandingType::Range(range) => Some(range),
            StandingType::Domain(_) | StandingType::Composite(_) => None,
        });
        moved.extend(ranges.chain(besides).flat_map(ranges::references));
        // What a table loses for a while takes down what reads it, which may take down more of a table.
        loop {
            let (tables, columns) = tables_on(&grounds, &moved, state);
            let definitions = definitions_on(&moved, &columns, state);
            let before = moved.len();
            moved.extend(definitions.iter().map(Definition::reference));
            if moved.len() == before {
                let is_moved = |access: &&Access| {
                    moved.contains(&access.object) || tables.iter().any(|table| table.loses_grants(access))
                };
                let access = state.access.iter().filter(is_moved).cloned().collect();
                let definitions = dependents::in_creation_order(definitions);
                return Self { types, tables, definitions, access };
            }
        }
    }
}

/// How a type changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Where it stands.
    InPlace,
    /// By building it anew, with all that stands on it.
    Anew,
}

impl Way {
    /// How an enumerated type changes: values can only be added where it stands.
    pub(crate) fn of_enum(previous: &EnumType, next: &EnumType, anew: bool) -> Self {
        let is_anew = enums::is_built_anew(previous, next) || (anew && previous.values != next.values);
        if is_anew { Self::Anew } else { Self::InPlace }
    }

    /// How a domain changes: never its base, and no check on values that the server does not reach.
    pub(crate) fn of_domain(previous: &Domain, next: &Domain, standing: &Standing) -> Self {
        let is_anew = (&previous.base, &previous.collation) != (&next.base, &next.collation)
            || (domains::looks_at_rows(previous, next) && domains::is_contained(next, standing));
        if is_anew { Self::Anew } else { Self::InPlace }
    }

    /// How a composite type changes: new attributes go last, and those of rows that are stored keep their types.
    pub(crate) fn of_composite(previous: &CompositeType, next: &CompositeType, standing: &Standing) -> Self {
        let has_columns = standing.tables.iter().any(|table| !table.columns.is_empty());
        let is_anew = !composites::is_in_order(previous, next)
            || (has_columns && !composites::retyped(previous, next).is_empty());
        if is_anew { Self::Anew } else { Self::InPlace }
    }
}

/// The changes, with what stands on each type that one of them alters.
pub(super) fn note(changes: Vec<Change>, previous: &Schema, guide: &Guide) -> Vec<Change> {
    let alters_type = |change: &Change| {
        matches!(
            change,
            Change::Enum { delta: Delta::Alter { .. }, .. }
                | Change::Domain { delta: Delta::Alter { .. }, .. }
                | Change::Composite { delta: Delta::Alter { .. }, .. }
                | Change::Anew { .. }
        )
    };
    if !changes.iter().any(alters_type) {
        return changes;
    }
    let must_wait = guide.one_transaction && guide.rules.enum_values_wait;
    let anew: Vec<bool> = changes.iter().map(|change| must_wait && enums::uses_own_values(change, &changes)).collect();
    let mut state = previous.clone();
    let mut changes = changes;
    for (index, is_anew) in anew.into_iter().enumerate() {
        let (done, later) = changes.split_at_mut(index + 1);
        let Some(change) = done.last_mut() else { break };
        match change {
            Change::Enum { delta: Delta::Alter { previous, next }, renamed, anew, standing } => {
                *standing = Standing::of(&previous.name, &state);
                *anew = is_anew;
                let renamed = enums::with_names(previous, renamed);
                if Way::of_enum(&renamed, next, is_anew) == Way::Anew {
                    standing.hand_over(later);
                }
            }
            Change::Domain { delta: Delta::Alter { previous, next }, standing } => {
                *standing = Standing::of(&previous.name, &state);
                if Way::of_domain(previous, next, standing) == Way::Anew {
                    standing.hand_over(later);
                }
            }
            Change::Composite { delta: Delta::Alter { previous, next }, standing } => {
                *standing = Standing::of(&previous.name, &state);
                standing.hand_over(later);
                if Way::of_composite(previous, next, standing) == Way::InPlace {
                    standing.leave_unchanged();
                }
            }
            Change::Anew { previous, standing, .. } => {
                *standing = Standing::of_definition(previous, &state);
                standing.hand_over(later);
            }
            _ => {}
        }
        carry_out(change, &mut state);
    }
    changes
}

/// What a change leaves.
fn carry_out(change: &Change, state: &mut Schema) {
    match change {
        Change::CreateTable { next } => state.tables.push(Table::clone(next)),
        Change::DropTable { previous } => state.tables.retain(|table| table.name != previous.name),
        Change::AlterTable(alter) => {
            for table in state.tables.iter_mut().filter(|table| table.name == alter.previous.name) {
                *table = Table::clone(&alter.next);
            }
        }
        Change::Rows(rows) => match rows.step {
            RowsStep::SetAside => state.tables.push(aside(rows)),
            RowsStep::PutBack => state.tables.retain(|table| table.name != rows.aside()),
        },
        Change::Sequence(delta) => replace(&mut state.sequences, delta, |one| one.name.clone()),
        Change::Enum { delta, standing, .. } => {
            replace(&mut state.enums, delta, |one| one.name.clone());
            standing.leave(state);
        }
        Change::Domain { delta, standing } => {
            replace(&mut state.domains, delta, |one| one.name.clone());
            standing.leave(state);
        }
        Change::Composite { delta, standing } => {
            replace(&mut state.composites, delta, |one| one.name.clone());
            standing.leave(state);
        }
        Change::Definition(delta) => replace(&mut state.definitions, delta, key),
        Change::Anew { previous, next, standing } => {
            let delta = Delta::Alter { previous: previous.clone(), next: next.clone() };
            replace(&mut state.definitions, &delta, key);
            standing.leave(state);
        }
        Change::DefaultPrivileges { delta, .. } => {
            replace(&mut state.default_privileges, delta, |one| {
                (one.role.clone(), one.namespace.clone(), one.word.clone())
            });
        }
        Change::Access { delta, .. } => {
            replace(&mut state.access, delta, |access| (access.object.clone(), access.word.clone()));
        }
    }
}

/// What holds the rows of a table in the meantime, as far as it stands on types.
fn aside(rows: &Rows) -> Table {
    let plain = |column: &Column| Column { name: column.name.clone(), ty: column.ty.clone(), ..Column::default() };
    Table {
        name: rows.aside(),
        columns: rows.composite_columns().map(plain).collect(),
        needs: rows.previous.needs.clone(),
        ..Table::default()
    }
}

fn key(one: &Definition) -> (DefinitionKind, ObjectName, Option<ObjectName>) {
    (one.kind, one.name.clone(), one.table.clone())
}

fn replace<T: Clone, K: PartialEq>(list: &mut Vec<T>, delta: &Delta<T>, key: impl Fn(&T) -> K) {
    if let Some(previous) = delta.previous() {
        let gone = key(previous);
        list.retain(|one| key(one) != gone);
    }
    list.extend(delta.next().cloned());
}

/// The domains, composite types and ranges that are built on a type, those on arrays of it too.
fn types_on(root: &Reference, state: &Schema) -> Vec<StandingType> {
    let domains = state.domains.iter().cloned().map(StandingType::Domain);
    let mut waiting: Vec<StandingType> =
        domains.chain(state.composites.iter().cloned().map(StandingType::Composite)).collect();
    let ranges = state.definitions.iter().filter(|one| one.kind == DefinitionKind::Range);
    waiting.extend(ranges.cloned().map(StandingType::Range));
    let mut moved = BTreeSet::from([root.clone()]);
    let mut found = Vec::new();
    waiting.retain(|ty| Reference::ty(ty.name()) != *root);
    while let Some(index) = waiting.iter().position(|ty| ty.stands_on(&moved)) {
        let ty = waiting.remove(index);
        moved.insert(Reference::ty(ty.name()));
        found.push(ty);
    }
    in_creation_order(found)
}

fn in_creation_order(mut types: Vec<StandingType>) -> Vec<StandingType> {
    let mut sorted = Vec::with_capacity(types.len());
    while !types.is_empty() {
        let names: BTreeSet<Reference> = types.iter().map(|ty| Reference::ty(ty.name())).collect();
        let waits = |ty: &StandingType| {
            let mut others = names.clone();
            others.remove(&Reference::ty(ty.name()));
            ty.stands_on(&others)
        };
        let next = types.iter().position(|ty| !waits(ty)).unwrap_or(0);
        sorted.push(types.remove(next));
    }
    sorted
}

/// The definitions that stand on what moves, or on each other.
fn definitions_on(moved: &BTreeSet<Reference>, columns: &[(ObjectName, String)], state: &Schema) -> Vec<Definition> {
    let mut moved = moved.clone();
    // Ranges move with the types.
    let others = state.definitions.iter().filter(|one| one.kind != DefinitionKind::Range);
    let mut waiting: Vec<&Definition> = others.collect();
    let mut found = Vec::new();
    let stands = |one: &Definition, moved: &BTreeSet<Reference>| {
        let on_table = one.table.as_ref().is_some_and(|table| moved.contains(&Reference::relation(table)));
        let reads = |(table, column): &(ObjectName, String)| dependents::reads_column(one, table, column);
        on_table || one.needs.iter().any(|need| moved.contains(need)) || columns.iter().any(reads)
    };
    while let Some(index) = waiting.iter().position(|one| stands(one, &moved)) {
        let one = waiting.remove(index);
        // A trigger or index takes no name that others could stand on.
        if one.kind.class() != Class::Other {
            moved.insert(one.reference());
        }
        found.push(one.clone());
    }
    found
}

/// The tables that stand on types, or on what else moves, and their columns that get another type or are gone for a while.
fn tables_on(
    grounds: &Grounds<'_>,
    moved: &BTreeSet<Reference>,
    state: &Schema,
) -> (Vec<StandingTable>, Vec<(ObjectName, String)>) {
    let words: Vec<&str> = moved.iter().map(|one| one.name.name.split('(').next().unwrap_or_default()).collect();
    let (mut found, mut unsettled) = (Vec::new(), Vec::new());
    for table in &state.tables {
        // A column of a type needs the type.
        if !table.needs.iter().any(|need| moved.contains(need)) {
            continue;
        }
        let stripped = strip(table, grounds, &words);
        unsettled.extend(stripped.unsettled.into_iter().map(|column| (table.name.clone(), column)));
        found.push(stripped.standing);
    }
    cut_foreign_keys(&unsettled, &mut found, state);
    found.retain(|table| !table.strip.is_empty() || !table.columns.is_empty());
    for table in &mut found {
        table.strip.sort_by_key(Edit::rank);
        table.dress = table.strip.iter().cloned().map(Edit::reversed).collect();
        table.dress.sort_by_key(Edit::rank);
    }
    (found, unsettled)
}

/// Foreign keys from and to columns that are not what they were for a while.
fn cut_foreign_keys(unsettled: &[(ObjectName, String)], found: &mut Vec<StandingTable>, state: &Schema) {
    let is_unsettled = |table: &ObjectName, columns: &[String]| {
        unsettled.iter().any(|(owner, column)| owner == table && columns.contains(column))
    };
    for table in &state.tables {
        let in_the_way = |key: &&ForeignKey| {
            is_unsettled(&table.name, &key.columns) || is_unsettled(&key.references, &key.referenced_columns)
        };
        let keys: Vec<_> = table.foreign_keys.iter().filter(in_the_way).cloned().collect();
        if keys.is_empty() {
            continue;
        }
        let index = found.iter().position(|one| one.previous.name == table.name).unwrap_or_else(|| {
            found.push(strip(table, &Grounds::default(), &[]).standing);
            found.len() - 1
        });
        let standing = &mut found[index];
        let mut bare = Table::clone(&standing.bare);
        bare.foreign_keys.retain(|key| !keys.contains(key));
        standing.bare = Arc::new(bare);
        standing.strip.extend(keys.into_iter().map(|previous| Edit::ForeignKey(Delta::Drop { previous })));
    }
}
