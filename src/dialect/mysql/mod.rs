//! Mysql.

mod canonical;
pub mod introspect;
mod render;

use rungs_schema::{ColumnType, Schema};

use super::{Dialect, Features, Part, Statement, convention, fit};
use crate::db::ServerVersion;
use crate::diff::Abilities;
use crate::diff::change::Change;
use crate::error::PlanError;

/// The dialect.
#[derive(Debug)]
pub struct Mysql {
    version: ServerVersion,
    features: Features,
}

impl Mysql {
    /// The dialect as a server of this version speaks it.
    pub fn new(version: ServerVersion) -> Self {
        let features = Features {
            transactional_ddl: false,
            identifier_length: 64,
            abilities: Abilities {
                foreign_keys_in_place: true,
                column_order: true,
                renames_foreign_keys: false,
                foreign_keys_pin_types: true,
            },
        };
        Self { version, features }
    }
}

impl Dialect for Mysql {
    fn version(&self) -> &ServerVersion {
        &self.version
    }

    fn features(&self) -> &Features {
        &self.features
    }

    fn quote(&self, identifier: &str) -> String {
        format!("\"{}\"", identifier.replace('"', "\"\""))
    }

    fn literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError> {
        canonical::canonical(self, declared)
    }

    fn logical(&self, native: &str) -> ColumnType {
        canonical::logical(self, native)
    }

    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String> {
        Some(fit(convention(table, part), self.features.identifier_length))
    }

    fn render(&self, change: &Change) -> Result<Vec<Statement>, PlanError> {
        render::render(self, change)
    }
}

/// Placeholder until merge.
pub fn needs_delimiter(sql: &str) -> bool {
    sql.contains(';')
}
