//! PostgreSQL, 13 to 18.

mod canonical;
mod casts;
mod column_option;
mod declare;
mod extension;
pub mod introspect;
mod names;
mod privileges;
mod render;
pub mod scratch;
mod serial;
mod stand_in;
mod types;

use rungs_schema::{ColumnType, Definition, Grant, ObjectName, Schema, View};

use super::{Dialect, Features, Part, Statement, convention, fit};
use crate::db::ServerVersion;
use crate::diff::Rules;
use crate::diff::change::Change;
use crate::error::PlanError;

/// The longest identifier, in bytes (`NAMEDATALEN - 1`).
const IDENTIFIER_BYTES: usize = 63;

/// The dialect.
#[derive(Debug)]
pub struct Postgres {
    version: ServerVersion,
    features: Features,
}

impl Postgres {
    /// The dialect as a server of this version speaks it.
    pub fn new(version: ServerVersion) -> Self {
        let initial_privileges = Some(privileges::initial(version.major()));
        let features = Features {
            transactional_ddl: true,
            identifier_length: IDENTIFIER_BYTES,
            rules: Rules {
                replaces: Some(if version.at_least(14, 0, 0) { render::replaces } else { render::replaces_before_14 }),
                foreign_keys_in_place: true,
                column_order: false,
                renames_foreign_keys: true,
                alters_foreign_key: Some(render::alters_foreign_key),
                child_column: Some(match version.at_least(18, 0, 0) {
                    true => serial::child_column_with_names,
                    false => serial::child_column,
                }),
                foreign_keys_pin_types: false,
                foreign_keys_bridge: Some(casts::compares),
                table_case_is_free: false,
                column_case_is_free: false,
                views_pin_types: true,
                renames_views: true,
                definitions_follow_renames: true,
                is_setting: Some(|option| !["unlogged", "server", "of"].contains(&option)),
                enum_values_wait: true,
                index_names_are_shared: true,
                names_are_late: false,
                triggers_take_turns: false,
                initial_privileges,
                column_sequence: Some(|table, column| table.sibling(names::made_name(&table.name, column, "seq"))),
            },
        };
        Self { version, features }
    }

    /// Whether the server is at least of this major version.
    fn at_least(&self, major: u32) -> bool {
        self.version.at_least(major, 0, 0)
    }

    /// Whether a definition can take another's place where it stands.
    fn replaces(&self, previous: &Definition, next: &Definition) -> bool {
        self.features.rules.replaces.is_some_and(|replaces| replaces(previous, next))
    }

    fn major(&self) -> u32 {
        self.version.major()
    }

    fn unsupported(&self, action: impl Into<String>, help: impl Into<String>) -> PlanError {
        PlanError::Unsupported { engine: self.version.to_string(), action: action.into(), help: Some(help.into()) }
    }
}

impl Dialect for Postgres {
    fn version(&self) -> &ServerVersion {
        &self.version
    }

    fn features(&self) -> &Features {
        &self.features
    }

    fn quote(&self, identifier: &str) -> String {
        quote(identifier)
    }

    fn literal(&self, text: &str) -> String {
        literal(text)
    }

    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError> {
        canonical::canonical(self, declared)
    }

    fn logical(&self, native: &str) -> ColumnType {
        types::logical(native)
    }

    /// The server's own convention for constraints (`users_pkey`, `users_email_key`), and ours for indexes, which
    /// have to be named in SQL.
    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String> {
        let columns = part.columns();
        Some(match part {
            Part::PrimaryKey(_) => names::made_name(table, "", "pkey"),
            Part::Unique(_) => names::made_name(table, &columns, "key"),
            Part::ForeignKey(_) => names::made_name(table, &columns, "fkey"),
            Part::Check(_) => names::made_name(table, &columns, "check"),
            Part::Exclusion(_) => names::made_name(table, &columns, "excl"),
            Part::Index(_) => fit(convention(table, part), IDENTIFIER_BYTES),
        })
    }

    fn align(&self, previous: &mut Schema, next: &mut Schema) {
        let before = previous.clone();
        serial::spell_out(previous, next);
        serial::spell_out(next, &before);
        extension::leave_versions(previous, next);
    }

    fn declare_view(&self, view: &View) -> Result<Vec<Statement>, PlanError> {
        Ok(declare::view(view))
    }

    fn declare_grant(&self, grant: &Grant) -> Result<Statement, PlanError> {
        Ok(declare::grant(grant))
    }

    fn body_checks(&self) -> Option<(Statement, Statement)> {
        let off = "lets routines name what is not there yet";
        let on = "looks into the bodies of routines again";
        Some((
            Statement::new("SET check_function_bodies = off", off),
            Statement::new("RESET check_function_bodies", on),
        ))
    }

    fn render(&self, change: &Change) -> Result<Vec<Statement>, PlanError> {
        render::render(self, change)
    }
}

/// The one place where an identifier becomes SQL.
fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// A text as a literal, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let prefix = if text.contains('\\') { "E" } else { "" };
    format!("{prefix}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A name with its namespace, where it has one.
fn qualified(name: &ObjectName) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// A collation's name. One that introspection had to qualify is in quotes already.
fn collation_sql(name: &str) -> String {
    if name.starts_with('"') && name.ends_with('"') && name.contains("\".\"") { name.to_owned() } else { quote(name) }
}

/// Leaves room for a suffix in an identifier.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}
