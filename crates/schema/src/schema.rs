use crate::{Access, CompositeType, DefaultPrivileges, Definition, Domain, EnumType, ObjectName, Sequence, Table};

/// What a database holds, or should hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// The tables, sorted by name.
    pub tables: Vec<Table>,
    /// The sequences that are objects of their own, sorted by name; those of serial and identity columns stand
    /// with their columns.
    pub sequences: Vec<Sequence>,
    /// The enumerated types, sorted by name.
    pub enums: Vec<EnumType>,
    /// The domains, sorted by name.
    pub domains: Vec<Domain>,
    /// The composite types that are no table's row, sorted by name.
    pub composites: Vec<CompositeType>,
    /// Views, triggers, routines and all else that is kept as a statement, sorted by kind and name.
    pub definitions: Vec<Definition>,
    /// Owners and privileges, sorted by object.
    pub access: Vec<Access>,
    /// What future objects grant from the start, sorted by role, namespace and kind.
    pub default_privileges: Vec<DefaultPrivileges>,
}

impl Schema {
    /// The table of this name.
    pub fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// Sorts every list of objects by name, which is the order that all else relies on.
    pub fn sort(&mut self) {
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self.domains.sort_by(|a, b| a.name.cmp(&b.name));
        self.composites.sort_by(|a, b| a.name.cmp(&b.name));
        self.access.sort_by(|a, b| (&a.object, &a.word).cmp(&(&b.object, &b.word)));
        self.default_privileges.sort_by(|a, b| (&a.role, &a.namespace, &a.word).cmp(&(&b.role, &b.namespace, &b.word)));
        self.definitions.sort_by(|a, b| (a.kind, &a.name, &a.table).cmp(&(b.kind, &b.name, &b.table)));
    }

    /// Whether it holds nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
