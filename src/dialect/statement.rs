/// One statement of a plan, with what a reviewer needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// The SQL, without a closing semicolon.
    pub sql: String,
    /// What it is for, in the third person and lower case: `adds column users.age`.
    pub comment: String,
    /// What is lost when it runs: `column users.age and its values`.
    pub loses: Option<String>,
    /// Why a person has to edit it before it may run; such a revision is refused by `migrate upgrade`.
    pub needs_edit: Option<String>,
}

impl Statement {
    /// A statement that loses nothing.
    pub fn new(sql: impl Into<String>, comment: impl Into<String>) -> Self {
        Self { sql: sql.into(), comment: comment.into(), ..Self::default() }
    }

    /// Says what is lost.
    #[must_use]
    pub fn losing(mut self, what: impl Into<String>) -> Self {
        self.loses = Some(what.into());
        self
    }

    /// Says what a person has to decide.
    #[must_use]
    pub fn needing_edit(mut self, why: impl Into<String>) -> Self {
        self.needs_edit = Some(why.into());
        self
    }
}
