//! The words for what ALTER COLUMN ... SET says of a column, as [`Column::options`](rungs_schema::Column::options) has
//! them. Every other word there is an attribute option, such as `n_distinct`.

pub(super) const STORAGE: &str = "storage";
pub(super) const COMPRESSION: &str = "compression";
pub(super) const STATISTICS: &str = "statistics";
/// Where it comes from a parent alone.
pub(super) const INHERITED: &str = "inherited";
/// The name of the constraint behind NOT NULL, where it is not the one that the server makes up (PostgreSQL 18).
pub(super) const NOT_NULL_NAME: &str = "not_null";
pub(super) const NOT_NULL_NO_INHERIT: &str = "not_null_no_inherit";
pub(super) const NOT_NULL_NOT_VALID: &str = "not_null_not_valid";
pub(super) const NOT_NULL_COMMENT: &str = "not_null_comment";

/// What the option of a foreign table or of its column starts with.
pub(super) const SERVER_OPTION: &str = "server_option:";

/// The comment of the index behind a key, which the key's own is not.
pub(super) const INDEX_COMMENT: &str = "index_comment";

/// Whether it is an attribute option.
pub(super) fn is_attribute(word: &str) -> bool {
    let own = [STORAGE, COMPRESSION, STATISTICS, INHERITED];
    let not_null = [NOT_NULL_NAME, NOT_NULL_NO_INHERIT, NOT_NULL_NOT_VALID, NOT_NULL_COMMENT];
    !own.contains(&word) && !not_null.contains(&word) && !word.starts_with(SERVER_OPTION)
}
