use crate::Needs;

/// A check constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// The constraint's name; `None` where the engine keeps none, or where a model leaves it to the convention.
    pub name: Option<String>,
    /// The condition, without parentheses around it.
    pub expression: String,
    /// The column it was declared on, where the engine tells such a check from one of the table (MariaDB, SQLite).
    pub column: Option<String>,
    /// PostgreSQL: `NO INHERIT`.
    pub no_inherit: bool,
    /// PostgreSQL: `NOT VALID`.
    pub not_valid: bool,
    /// MySQL 8 and PostgreSQL 18: `NOT ENFORCED`.
    pub not_enforced: bool,
    /// The constraint's comment.
    pub comment: Option<String>,
    /// What its condition stands on besides the table itself.
    pub needs: Needs,
}
