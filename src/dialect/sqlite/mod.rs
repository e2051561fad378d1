//! SQLite 3.
//!
//! A database says what it holds in the words of its CREATE statements, so that `ddl` parses them. ALTER TABLE knows
//! four things (rename a table, rename a column, add one, drop one); whatever else changes a table is a rebuild
//! (`rebuild`), by the steps of <https://www.sqlite.org/lang_altertable.html#otheralter>.

mod alter;
mod canonical;
mod ddl;
mod declare;
mod describe;
pub mod introspect;
mod rebuild;
mod rename;
mod render;
mod virtual_table;

use rungs_schema::{ColumnType, Schema, View};

pub use ddl::{same_text, same_wording};

use super::{Dialect, Features, Part, Statement, convention, fit};
use crate::db::ServerVersion;
use crate::diff::Rules;
use crate::diff::change::Change;
use crate::error::PlanError;

/// The dialect.
#[derive(Debug)]
pub struct Sqlite {
    version: ServerVersion,
    features: Features,
}

impl Sqlite {
    /// The dialect as a server of this version speaks it.
    pub fn new(version: ServerVersion) -> Self {
        let features = Features {
            transactional_ddl: true,
            identifier_length: 0,
            rules: Rules {
                initial_privileges: None,
                column_sequence: None,
                replaces: Some(virtual_table::replaces),
                is_setting: None,
                foreign_keys_in_place: false,
                column_order: false,
                renames_foreign_keys: false,
                alters_foreign_key: None,
                child_column: None,
                foreign_keys_pin_types: false,
                foreign_keys_bridge: None,
                table_case_is_free: true,
                column_case_is_free: true,
                views_pin_types: false,
                renames_views: false,
                definitions_follow_renames: true,
                enum_values_wait: false,
                index_names_are_shared: true,
                names_are_late: false,
                triggers_take_turns: false,
            },
        };
        Self { version, features }
    }

    /// The engine's name for messages.
    fn engine(&self) -> String {
        self.version.to_string()
    }
}

impl Dialect for Sqlite {
    fn version(&self) -> &ServerVersion {
        &self.version
    }

    fn features(&self) -> &Features {
        &self.features
    }

    fn quote(&self, identifier: &str) -> String {
        render::quote(identifier)
    }

    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError> {
        canonical::canonical(self, declared)
    }

    fn logical(&self, native: &str) -> ColumnType {
        canonical::logical(native)
    }

    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String> {
        match part {
            // An index needs a name; SQLite keeps constraints without one.
            Part::Index(_) => Some(fit(convention(table, part), self.features.identifier_length)),
            _ => None,
        }
    }

    /// A view, trigger or virtual table that differs only in white space, comments, letter case or quotes is the same.
    fn align(&self, previous: &mut Schema, next: &mut Schema) {
        for one in &mut next.definitions {
            let same = previous.definitions.iter().find(|other| {
                (other.kind, &other.name, &other.table) == (one.kind, &one.name, &one.table)
                    && same_text(&other.sql, &one.sql)
            });
            if let Some(same) = same {
                one.sql.clone_from(&same.sql);
            }
        }
    }

    fn declare_view(&self, view: &View) -> Result<Vec<Statement>, PlanError> {
        declare::view(self, view)
    }

    fn render(&self, change: &Change) -> Result<Vec<Statement>, PlanError> {
        render::render(self, change)
    }
}
