//! The words for what ALTER COLUMN ... SET says of a column, as [`Column::options`](rungs_schema::Column::options) has
//! them. Every other word there is an attribute option, such as `n_distinct`.

use crate::diff::{KEPT_BELOW, SERIAL_OWNER, not_null};

pub(super) const STORAGE: &str = "storage";
pub(super) const COMPRESSION: &str = "compression";
pub(super) const STATISTICS: &str = "statistics";
/// Where it comes from a parent alone.
pub(super) const INHERITED: &str = "inherited";
/// What the option of a foreign table or of its column starts with.
pub(super) const SERVER_OPTION: &str = "server_option:";

/// The comment of the index behind a key, which the key's own is not.
pub(super) const INDEX_COMMENT: &str = "index_comment";

/// Whether it is an attribute option.
pub(super) fn is_attribute(word: &str) -> bool {
    let own = [STORAGE, COMPRESSION, STATISTICS, INHERITED];
    !own.contains(&word)
        && !not_null::WORDS.contains(&word)
        && ![KEPT_BELOW, not_null::OTHERWISE_BELOW, SERIAL_OWNER].contains(&word)
        && !word.starts_with(SERVER_OPTION)
}
