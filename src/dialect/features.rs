use crate::diff::Rules;

/// What a server can do, by engine and version.
#[derive(Debug, Clone)]
pub struct Features {
    /// DDL takes part in transactions.
    pub transactional_ddl: bool,
    /// The longest identifier, in bytes on PostgreSQL and in characters elsewhere; 0 where there is no limit.
    pub identifier_length: usize,
    /// What a comparison has to know of it.
    pub rules: Rules,
}
