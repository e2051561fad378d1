use crate::Needs;

/// An exclusion constraint (PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exclusion {
    /// The constraint's name; `None` only where a model leaves it to the convention.
    pub name: Option<String>,
    /// All from `EXCLUDE` on, as the server prints it.
    pub definition: String,
    /// The plain columns among its elements, in order.
    pub columns: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// What its elements and condition stand on besides the table itself.
    pub needs: Needs,
}
