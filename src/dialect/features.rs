/// What a server can do, by engine and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// DDL takes part in transactions.
    pub transactional_ddl: bool,
    /// The longest identifier, in bytes on PostgreSQL and in characters elsewhere; 0 where there is no limit.
    pub identifier_length: usize,
    /// Foreign keys can be added to and dropped from a table that is there. Where they cannot, CREATE TABLE may
    /// name tables that are not there yet.
    pub foreign_keys_in_place: bool,
    /// The order of columns can be changed, and therefore counts.
    pub column_order: bool,
}
