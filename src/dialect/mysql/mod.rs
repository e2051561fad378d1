//! MySQL and MariaDB. They share a dialect and differ in `Abilities`, by server and version.

mod abilities;
mod alter;
mod alter_fill;
mod alter_key;
mod alter_option;
mod alter_partition;
mod alter_versioning;
mod canonical;
mod clause;
mod ddl;
mod ddl_column;
mod ddl_key;
mod declare;
mod default;
mod definition;
pub mod introspect;
mod order;
mod render;
mod replace;
mod sequence;
mod token;
mod types;
mod values;

use rungs_schema::{Action, ColumnType, DialectName, Schema, View};

use super::{Dialect, Features, Part, Statement, convention, fit};
use crate::db::ServerVersion;
use crate::diff::Rules;
use crate::diff::change::Change;
use crate::error::PlanError;

use abilities::Abilities;
pub use definition::needs_delimiter;

/// The dialect of MySQL and MariaDB.
#[derive(Debug)]
pub struct Mysql {
    version: ServerVersion,
    features: Features,
    abilities: Abilities,
}

impl Mysql {
    /// The dialect as a server of this version speaks it.
    pub fn new(version: ServerVersion) -> Self {
        let features = Features {
            transactional_ddl: false,
            identifier_length: 64,
            rules: Rules {
                initial_privileges: None,
                column_sequence: None,
                replaces: Some(if version.name == DialectName::Mariadb {
                    replace::by_mariadb
                } else {
                    replace::by_mysql
                }),
                // Partitions are an administrator's to add and drop where no model speaks of them.
                is_setting: Some(|option| option == "partition"),
                foreign_keys_in_place: true,
                column_order: true,
                renames_foreign_keys: false,
                alters_foreign_key: None,
                child_column: None,
                foreign_keys_pin_types: true,
                foreign_keys_bridge: None,
                table_case_is_free: false,
                column_case_is_free: true,
                views_pin_types: false,
                renames_views: false,
                definitions_follow_renames: false,
                enum_values_wait: false,
                index_names_are_shared: false,
                names_are_late: true,
                triggers_take_turns: true,
            },
        };
        let abilities = Abilities::of(&version);
        Self { version, features, abilities }
    }

    fn is_mariadb(&self) -> bool {
        self.version.name == DialectName::Mariadb
    }

    fn unsupported(&self, action: impl Into<String>, help: Option<&str>) -> PlanError {
        PlanError::Unsupported {
            engine: self.version.to_string(),
            action: action.into(),
            help: help.map(ToOwned::to_owned),
        }
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
        format!("`{}`", identifier.replace('`', "``"))
    }

    /// Sessions of ours have neither `ANSI_QUOTES` nor `NO_BACKSLASH_ESCAPES`, so that a backslash always escapes.
    fn literal(&self, text: &str) -> String {
        let mut literal = String::with_capacity(text.len() + 2);
        literal.push('\'');
        for c in text.chars() {
            match c {
                '\'' => literal.push_str("''"),
                '\\' => literal.push_str("\\\\"),
                '\n' => literal.push_str("\\n"),
                '\r' => literal.push_str("\\r"),
                '\0' => literal.push_str("\\0"),
                '\u{1a}' => literal.push_str("\\Z"),
                other => literal.push(other),
            }
        }
        literal.push('\'');
        literal
    }

    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError> {
        canonical::canonical(self, declared)
    }

    fn logical(&self, native: &str) -> ColumnType {
        types::logical(self, native)
    }

    /// A primary key is always called PRIMARY, and on MariaDB a check of a column has no name.
    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String> {
        match part {
            Part::PrimaryKey(_) => None,
            Part::Check(check) if check.column.is_some() && self.is_mariadb() => None,
            // On these servers a unique index and a unique constraint are one thing, with one name.
            Part::Index(index) if index.unique => {
                let name = convention(table, part);
                Some(fit(name.replacen("ix_", "uq_", 1), self.features.identifier_length))
            }
            _ => Some(fit(convention(table, part), self.features.identifier_length)),
        }
    }

    fn keeps_name(&self, part: Part<'_>) -> bool {
        match part {
            Part::PrimaryKey(_) => false,
            Part::Check(check) => check.column.is_none() || !self.is_mariadb(),
            _ => true,
        }
    }

    /// InnoDB checks at once, so that `NO ACTION` is `RESTRICT`. MariaDB prints nothing for `RESTRICT`, and MySQL
    /// nothing for `NO ACTION`; the other word is printed where somebody wrote it.
    fn same_action(&self, one: Action, other: Action) -> bool {
        let checked = |action| matches!(action, Action::NoAction | Action::Restrict);
        one == other || (checked(one) && checked(other))
    }

    fn declare_view(&self, view: &View) -> Result<Vec<Statement>, PlanError> {
        declare::view(self, view)
    }

    fn render(&self, change: &Change) -> Result<Vec<Statement>, PlanError> {
        render::render(self, change)
    }
}
