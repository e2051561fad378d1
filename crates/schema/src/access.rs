use std::collections::BTreeSet;

use crate::{ObjectName, Reference};

/// Who owns an object and who may do what with it, where that is not what the engine gives by itself (PostgreSQL).
///
/// The connection's own role is nobody in particular: what it owns here belongs, in a script, to whoever runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The object.
    pub object: Reference,
    /// The word that OWNER TO has for it: `TABLE`, `VIEW`, `SEQUENCE`, `FUNCTION`, `SCHEMA`, `TYPE`, ...
    pub word: String,
    /// The table and column whose sequence it is: it comes and goes with them, and has their owner.
    pub part_of: Option<(ObjectName, String)>,
    /// The extension that it belongs to, and comes and goes with.
    pub extension: Option<String>,
    /// Its owner; `None` for the connection's own role.
    pub owner: Option<String>,
    /// All that is granted, the owner's own rights included; `None` where that is what the engine gives by itself.
    pub privileges: Option<BTreeSet<Privilege>>,
    /// What its extension granted on it, which then counts as what the engine gives by itself.
    pub initial: Option<BTreeSet<Privilege>>,
}

impl Access {
    /// What the engine gives by itself.
    pub fn by_default(object: Reference, word: impl Into<String>) -> Self {
        Self { object, word: word.into(), part_of: None, extension: None, owner: None, privileges: None, initial: None }
    }

    /// What the engine gives by itself on the same object.
    #[must_use]
    pub fn taken_back(&self) -> Self {
        Self { owner: None, privileges: None, ..self.clone() }
    }

    /// The object's name.
    pub fn name(&self) -> &ObjectName {
        &self.object.name
    }
}

/// Who something is granted to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grantee {
    /// The owner of the object, whoever that is.
    Owner,
    /// Everybody.
    Public,
    /// A role by its name.
    Role(String),
}

/// One thing that one role may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Privilege {
    /// The role that granted it; `None` for the owner.
    pub grantor: Option<String>,
    /// Who may do it.
    pub grantee: Grantee,
    /// The column that it is restricted to.
    pub column: Option<String>,
    /// `SELECT`, `INSERT`, `USAGE`, ...
    pub privilege: String,
    /// `WITH GRANT OPTION`.
    pub grantable: bool,
}

impl Privilege {
    /// A privilege that the owner granted on the whole object, without more.
    pub fn new(grantee: Grantee, privilege: impl Into<String>) -> Self {
        Self { grantor: None, grantee, column: None, privilege: privilege.into(), grantable: false }
    }
}

/// What is declared of an object's privileges. Whatever else is granted on it is nobody's wish to take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAccess {
    /// The object.
    pub object: Access,
    /// What is to be granted.
    pub granted: BTreeSet<Privilege>,
    /// What is not to be granted.
    pub revoked: BTreeSet<Privilege>,
}

/// What a role's future objects grant from the start, where that is not what the engine gives by itself (PostgreSQL's
/// `ALTER DEFAULT PRIVILEGES`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultPrivileges {
    /// The role whose objects they are; `None` for the connection's own role.
    pub role: Option<String>,
    /// The namespace that they are restricted to, by its own name.
    pub namespace: Option<String>,
    /// Whether that is the connection's default namespace, which the names of objects leave out.
    pub in_default_namespace: bool,
    /// The kind of object: `TABLES`, `SEQUENCES`, `FUNCTIONS`, `TYPES`, `SCHEMAS`, `LARGE OBJECTS`.
    pub word: String,
    /// For a namespace, what is granted besides; otherwise all that is granted, the owner's own rights included.
    pub privileges: BTreeSet<Privilege>,
}
