use crate::ObjectName;

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignKey {
    /// The constraint's name; `None` where the engine keeps none, or where a model leaves it to the convention.
    pub name: Option<String>,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The table referred to.
    pub references: ObjectName,
    /// The columns referred to, in the order of `columns`. Empty on SQLite where the script names none and the
    /// primary key is meant.
    pub referenced_columns: Vec<String>,
    /// `ON DELETE`.
    pub on_delete: Action,
    /// PostgreSQL 15 and later: the columns of `ON DELETE SET NULL (...)`.
    pub on_delete_columns: Vec<String>,
    /// `ON UPDATE`.
    pub on_update: Action,
    /// Deferrability, where the engine has it.
    pub deferrable: Option<Deferrable>,
    /// `MATCH FULL` (or `PARTIAL`), in upper case; `None` for `SIMPLE`.
    pub match_type: Option<String>,
    /// PostgreSQL 18: the last column is a range, all of which must be covered (`PERIOD`).
    pub period: bool,
    /// PostgreSQL: `NOT VALID`, so that existing rows were not checked.
    pub not_valid: bool,
    /// PostgreSQL 18: `NOT ENFORCED`.
    pub not_enforced: bool,
    /// The constraint's comment.
    pub comment: Option<String>,
}

/// What happens to a referring row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Action {
    /// `NO ACTION`.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::NoAction, Self::Restrict, Self::Cascade, Self::SetNull, Self::SetDefault];

    /// The action in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// The action for a word or two, in any letter case, with spaces or underscores.
    pub fn from_words(words: &str) -> Option<Self> {
        let words = words.trim().to_ascii_uppercase().replace('_', " ");
        Self::ALL.into_iter().find(|action| action.sql() == words)
    }
}

/// `DEFERRABLE`, and how a transaction starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Deferrable {
    /// `INITIALLY DEFERRED` rather than `INITIALLY IMMEDIATE`.
    pub initially_deferred: bool,
}
