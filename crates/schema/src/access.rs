use std::collections::BTreeSet;

use crate::{ObjectName, Reference};

/// Who may do what with an object, where that is not what the engine gives by itself (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The object.
    pub object: Reference,
    /// The word that GRANT and OWNER TO have for it: `TABLE`, `SEQUENCE`, `FUNCTION`, `SCHEMA`, `TYPE`, ...
    pub word: String,
    /// Its owner, where owners are compared and it is not the connection's own role.
    pub owner: Option<String>,
    /// All that is granted, the owner's own rights included; `None` where that is what the engine gives by itself.
    pub privileges: Option<BTreeSet<Privilege>>,
}

impl Access {
    /// The object's name.
    pub fn name(&self) -> &ObjectName {
        &self.object.name
    }
}

/// One thing that one role may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Privilege {
    /// The role; `None` for PUBLIC.
    pub grantee: Option<String>,
    /// The column that it is restricted to.
    pub column: Option<String>,
    /// `SELECT`, `INSERT`, `USAGE`, ...
    pub privilege: String,
    /// `WITH GRANT OPTION`.
    pub grantable: bool,
}
