//! Reads CREATE TABLE and CREATE INDEX as they stand in `sqlite_schema`.
//!
//! SQLite keeps the script's own words, and its pragmas tell less than the words do: no CHECK, no constraint names, no
//! conflict clauses, no generated expressions. So the words are parsed, by the grammar of
//! <https://www.sqlite.org/lang_createtable.html>.

mod cursor;
pub(crate) mod expression;
mod index;
mod table;
mod text;
pub(crate) mod token;

pub(crate) use index::{drop_own_collation, index_with_names, parse_index};
pub(crate) use table::{ParsedTable, normalise_type, parse_table, rowid_alias, settle};
pub(crate) use text::{Elements, renamed, without_own_name};
pub use text::{same_text, same_wording};
