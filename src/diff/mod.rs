//! Compares two schemas: `rename` says what is the same thing under two names, `compare` finds the
//! changes, `order` puts them into a sequence that works. Nothing here changes its input.

mod access;
mod access_declared;
mod anew;
pub mod change;
mod compare;
mod composites;
mod dependents;
mod domains;
mod early_columns;
mod enums;
mod foreign_keys;
mod graph;
mod index_names;
mod inheritance;
mod keyed;
mod likely;
pub(crate) mod not_null;
mod order;
mod parts;
mod ranges;
mod rename;
mod rename_objects;
mod sequence_owners;
mod standing;
mod strip;
mod summary;
mod table_parts;
mod texts;
mod turns;
mod unchecked;
mod words;

use std::collections::BTreeSet;

use rungs_schema::{
    Access, Column, DeclaredAccess, Definition, ForeignKey, Hints, ObjectName, Privilege, Schema, Table,
};

use change::{Change, Delta};

pub use access::roles;
#[cfg(feature = "postgres")]
pub(crate) use compare::SERIAL_OWNER;
#[cfg(feature = "postgres")]
pub(crate) use composites::{is_in_order, retyped};
#[cfg(feature = "postgres")]
pub(crate) use enums::{is_of, with_names};
#[cfg(feature = "postgres")]
pub(crate) use inheritance::KEPT_BELOW;
pub(crate) use inheritance::parents;
pub use likely::{Likely, LikelyKind, likely, likely_values};
pub use parts::Named;
#[cfg(feature = "postgres")]
pub(crate) use parts::part_deltas;
#[cfg(feature = "postgres")]
pub(crate) use ranges::{MULTIRANGE, MULTIRANGE_SCHEMA, PRINTED, SUBTYPE, constructors, multirange};
pub(crate) use rename_objects::stands_on_renamed;
#[cfg(feature = "postgres")]
pub(crate) use standing::Way;
pub use summary::{Difference, summary};
pub use unchecked::unchecked;
#[cfg(feature = "postgres")]
pub(crate) use words::quoted_length;
pub(crate) use words::{literals, names_column};

/// What a comparison has to know of the engine.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Foreign keys can be added to and dropped from a table that is there. Where they cannot, CREATE TABLE may
    /// name tables that are not there yet.
    pub foreign_keys_in_place: bool,
    /// The order of columns can be changed, and therefore counts.
    pub column_order: bool,
    /// A foreign key can be given another name as it stands.
    pub renames_foreign_keys: bool,
    /// Whether a foreign key can become another one as it stands, besides its name. `None` where none can.
    pub alters_foreign_key: Option<fn(previous: &ForeignKey, next: &ForeignKey) -> bool>,
    /// What a child of a table has of one of its columns, where tables have children.
    pub child_column: Option<fn(parent: &Table, column: &Column, child: &ObjectName) -> Column>,
    /// The type, numbering or nullability of a column cannot change while a foreign key uses it.
    pub foreign_keys_pin_types: bool,
    /// Whether a foreign key can stand between columns of two types, where the engine asks that. A key whose columns both
    /// get another type may have to give way until both have it.
    pub foreign_keys_bridge: Option<fn(&str, &str) -> bool>,
    /// Names of tables that differ in letter case alone are one name.
    pub table_case_is_free: bool,
    /// The same of columns.
    pub column_case_is_free: bool,
    /// The type of a column cannot change while a view uses it; the engine tells which columns a view uses.
    pub views_pin_types: bool,
    /// A view can be given another name. Elsewhere it goes, and comes back under the new one.
    pub renames_views: bool,
    /// A view or trigger that stands on something follows it to another name by itself.
    pub definitions_follow_renames: bool,
    /// The indexes of all tables share one set of names.
    pub index_names_are_shared: bool,
    /// A view, trigger or routine may name what is not there any more, or yet: so none gives way to what goes.
    pub names_are_late: bool,
    /// Triggers that wait for the same fire in the order in which they were created, and each needs the one before it: one
    /// that is made anew fires last, unless all that fire after it are made anew too.
    pub triggers_take_turns: bool,
    /// A value that is added to an enumerated type cannot be used before the transaction ends.
    pub enum_values_wait: bool,
    /// Whether a definition can take the other's place without being dropped first, so that nothing that stands on it
    /// has to give way. `None` where none can.
    pub replaces: Option<fn(previous: &Definition, next: &Definition) -> bool>,
    /// Whether a storage option of a table is a setting that stays where a model does not mention it. `None` where none
    /// is.
    pub is_setting: Option<fn(&str) -> bool>,
    /// What the engine grants on an object by itself. `None` where it knows no privileges on objects.
    pub initial_privileges: Option<fn(&Access) -> BTreeSet<Privilege>>,
    /// What the engine calls the sequence behind a column that numbers itself.
    pub column_sequence: Option<fn(table: &ObjectName, column: &str) -> ObjectName>,
}

/// How far a comparison goes with views, triggers, routines and the like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Definitions {
    /// Those of `previous` stay, whatever `next` has.
    #[default]
    Kept,
    /// Both sides say what is wanted, but one that stands on a table which goes is not ours to drop.
    Declared,
    /// Both sides are whole.
    All,
}

/// What guides a comparison besides the two schemas.
#[derive(Debug, Clone, Default)]
pub struct Guide {
    /// What the models say of renames and of values for existing rows.
    pub hints: Hints,
    /// Names of constraints and indexes, by table, that nobody chose: such a name is no difference by itself.
    pub open_names: BTreeSet<(ObjectName, String)>,
    /// Whether views, triggers and routines are compared.
    pub definitions: Definitions,
    /// Whether owners and privileges are compared. Where they are not, those of `previous` stay.
    pub access: bool,
    /// What is declared of privileges, where they are not compared as a whole.
    pub granted: Vec<DeclaredAccess>,
    /// Nobody will ask for the way back, so that what can only be done in one direction is done.
    pub one_way: bool,
    /// Whether the wording of CREATE TABLE counts where an engine keeps it (SQLite), and what is the same wording.
    pub same_wording: Option<fn(&str, &str) -> bool>,
    /// What `previous` looks like once the renames are done, where the engine was asked: it rewrites the text of views
    /// and triggers too.
    pub renamed: Option<Schema>,
    /// The changes will be carried out in one transaction, rather than each statement in its own.
    pub one_transaction: bool,
    /// The engine.
    pub rules: Rules,
}

impl Guide {
    /// Whether a definition takes the other's place without being dropped first: there, and back where that counts.
    fn replaces(&self, previous: &Definition, next: &Definition) -> bool {
        let replaces = |a, b| self.rules.replaces.is_some_and(|replaces| replaces(a, b));
        replaces(previous, next) && (self.one_way || replaces(next, previous))
    }
}

/// The changes that turn `previous` into `next`, in an order that works. Their reversals, backwards, turn it back.
pub fn diff(previous: &Schema, next: &Schema, guide: &Guide) -> Vec<Change> {
    let renamed = rename::apply(previous, next, &guide.hints);
    let previous = guide.renamed.as_ref().unwrap_or(&renamed.schema);
    let differences = compare::compare(previous, next, guide);
    let ordered = order::order(differences, previous, next, guide);
    let mut changes = standing::note(ordered, previous, guide);
    let mut first = Vec::new();
    if !guide.rules.definitions_follow_renames {
        first = out_of_the_way(&mut changes, &renamed.changes);
    }
    first.extend(renamed.changes);
    first.extend(changes);
    first
}

/// Where a view names what it stands on as it was written, one that changes goes before a rename and comes back after
/// it: in both directions the server then meets names that are there. Takes the drops out, and returns them.
fn out_of_the_way(changes: &mut Vec<Change>, renames: &[Change]) -> Vec<Change> {
    let mut first = Vec::new();
    for change in std::mem::take(changes) {
        match change {
            Change::Definition(delta) if delta.previous().is_some_and(|one| stands_on_renamed(one, renames)) => {
                let (previous, next) = match delta {
                    Delta::Alter { previous, next } => (Some(previous), Some(next)),
                    Delta::Drop { previous } => (Some(previous), None),
                    Delta::Create { next } => (None, Some(next)),
                };
                first.extend(previous.map(|previous| Change::Definition(Delta::Drop { previous })));
                changes.extend(next.map(|next| Change::Definition(Delta::Create { next })));
            }
            other => changes.push(other),
        }
    }
    first
}

/// What `previous` looks like once the renames that the hints tell of are done.
pub fn renamed(previous: &Schema, next: &Schema, hints: &Hints) -> Schema {
    rename::apply(previous, next, hints).schema
}

/// Only the renames that the hints tell of, as changes.
pub fn renames(previous: &Schema, next: &Schema, hints: &Hints) -> Vec<Change> {
    rename::apply(previous, next, hints).changes
}
