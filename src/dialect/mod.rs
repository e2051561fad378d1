//! What is particular to an engine: data first ([`Features`]), then a stateless trait ([`Dialect`]). Each engine has
//! a folder with the same file names: `canonical` (a model's words into the engine's), `introspect` (a live
//! database into nouns) and `render` (a change into statements).

mod convention;
mod features;
#[cfg(feature = "mysql")]
pub mod mysql;
mod naming;
#[cfg(feature = "postgres")]
pub mod postgres;
mod simple;
pub mod splitter;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod statement;

use std::collections::BTreeSet;
use std::fmt;

use rungs_schema::{Action, ColumnType, DialectName, Grant, Schema, View};

use crate::db::{Connection, ServerVersion};
use crate::diff::change::Change;
use crate::error::{DbError, PlanError};

pub use convention::{Limits, Named as NamedBy, Naming, Noun};
pub use features::Features;
pub use naming::{Part, convention, fit};
pub use statement::Statement;

/// The tables in which a target records what was applied. No schema ever shows them.
pub const LEDGER_TABLES: [&str; 2] = ["rungs_ledger", "rungs_log"];

/// How an engine writes what the nouns mean. Pure: it needs no connection.
pub trait Dialect: fmt::Debug + Send + Sync {
    /// The server that it writes for.
    fn version(&self) -> &ServerVersion;

    /// What that server can do.
    fn features(&self) -> &Features;

    /// An identifier, quoted, with quotes inside it doubled.
    fn quote(&self, identifier: &str) -> String;

    /// A name, quoted, behind that of its schema where one is said.
    fn quote_in(&self, schema: Option<&str>, name: &str) -> String {
        let schema = schema.map(|schema| format!("{}.", self.quote(schema))).unwrap_or_default();
        format!("{schema}{}", self.quote(name))
    }

    /// A text as an SQL literal.
    fn literal(&self, text: &str) -> String;

    /// What models declare, in this engine's words: types become [`ColumnType::Native`] in the server's own
    /// spelling, enumerations become what stands for them, and what the engine does not keep is left out, so that
    /// most schemas compare equal to what the server prints without asking it. Names that were left open stay open.
    ///
    /// # Errors
    /// When the engine has nothing that does what is declared; the message names the table and column.
    fn canonical(&self, declared: &Schema) -> Result<Schema, PlanError>;

    /// What a native type means beyond this engine, when [`canonical`](Self::canonical) would bring exactly the
    /// same text back; otherwise the native type itself.
    fn logical(&self, native: &str) -> ColumnType;

    /// The name that a constraint or index gets when a model leaves it open. `None` where the engine keeps
    /// constraints without a name.
    fn default_name(&self, table: &str, part: Part<'_>) -> Option<String>;

    /// Whether the engine keeps a name for such a part.
    fn keeps_name(&self, _part: Part<'_>) -> bool {
        true
    }

    /// Whether two actions of a foreign key do the same here, so that a declared one agrees with a live one. The
    /// server may still print them apart.
    fn same_action(&self, one: Action, other: Action) -> bool {
        one == other
    }

    /// Says in the same words what two schemas, both as the server printed them, say in different ones.
    fn align(&self, _previous: &mut Schema, _next: &mut Schema) {}

    /// The statements that create a view which a model stands for.
    ///
    /// # Errors
    /// When the engine has no such view.
    fn declare_view(&self, view: &View) -> Result<Vec<Statement>, PlanError> {
        Err(PlanError::Unsupported {
            engine: self.version().to_string(),
            action: format!("keep view {}", view.name),
            help: Some(format!("look at the model {}", view.model)),
        })
    }

    /// The statement that grants what a model grants.
    ///
    /// # Errors
    /// Where privileges are not compared.
    fn declare_grant(&self, grant: &Grant) -> Result<Statement, PlanError> {
        Err(PlanError::Unsupported {
            engine: self.version().to_string(),
            action: format!("declare what {} may do with {}", grant.to, grant.on),
            help: Some("take grant(...) away from the model, and grant by hand".to_owned()),
        })
    }

    /// The statement that keeps the server from looking into bodies of routines, and the one that lets it look again;
    /// `None` where it never does.
    fn body_checks(&self) -> Option<(Statement, Statement)> {
        None
    }

    /// The statements that carry out one change, in order.
    ///
    /// # Errors
    /// When the engine cannot do it.
    fn render(&self, change: &Change) -> Result<Vec<Statement>, PlanError>;
}

/// Which part of a database to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it, except what the engine itself put there.
    Everything,
    /// Only these namespaces; `None` is the default one.
    Namespaces(BTreeSet<Option<String>>),
    /// These namespaces, and what belongs to none: extensions, publications, event triggers, casts, servers.
    NamespacesAndDatabase(BTreeSet<Option<String>>),
}

impl Scope {
    /// Only the default namespace.
    pub fn default_namespace() -> Self {
        Self::Namespaces(BTreeSet::from([None]))
    }

    /// Whether a namespace is looked at.
    pub fn covers(&self, namespace: Option<&str>) -> bool {
        match self {
            Self::Everything => true,
            Self::Namespaces(names) | Self::NamespacesAndDatabase(names) => {
                names.iter().any(|name| name.as_deref() == namespace)
            }
        }
    }
}

/// The dialect of a server.
///
/// # Errors
/// When this build has no such engine.
pub fn for_version(version: &ServerVersion) -> Result<Box<dyn Dialect>, DbError> {
    match version.name {
        #[cfg(feature = "sqlite")]
        DialectName::Sqlite => Ok(Box::new(sqlite::Sqlite::new(version.clone()))),
        #[cfg(feature = "postgres")]
        DialectName::Postgres => Ok(Box::new(postgres::Postgres::new(version.clone()))),
        #[cfg(feature = "mysql")]
        DialectName::Mysql | DialectName::Mariadb => Ok(Box::new(mysql::Mysql::new(version.clone()))),
        #[allow(unreachable_patterns, reason = "which engines are left depends on the Cargo features")]
        other => Err(DbError::Engine { engine: other.to_string(), feature: other.word() }),
    }
}

/// Reads a live database. The number of round trips does not grow with the number of tables, and all of them see
/// one snapshot where the engine has snapshots.
///
/// # Errors
/// When the database cannot be read, or holds something that the reader does not understand.
#[cfg_attr(not(feature = "postgres"), allow(unused_variables, reason = "only PostgreSQL has namespaces"))]
pub async fn introspect(connection: &mut Connection, scope: &Scope) -> Result<Schema, DbError> {
    let schema = match connection.version().name {
        #[cfg(feature = "sqlite")]
        DialectName::Sqlite => sqlite::introspect::introspect(connection).await?,
        #[cfg(feature = "postgres")]
        DialectName::Postgres => postgres::introspect::introspect(connection, scope).await?,
        #[cfg(feature = "mysql")]
        DialectName::Mysql | DialectName::Mariadb => mysql::introspect::introspect(connection).await?,
        #[allow(unreachable_patterns, reason = "which engines are left depends on the Cargo features")]
        other => return Err(DbError::Engine { engine: other.to_string(), feature: other.word() }),
    };
    Ok(without_ledger(schema))
}

/// As [`introspect`], inside the transaction that a connection to PostgreSQL is in.
///
/// # Errors
/// As [`introspect`]; on the other engines, which read inside a transaction as outside, it is the same.
pub async fn introspect_in_transaction(connection: &mut Connection, scope: &Scope) -> Result<Schema, DbError> {
    #[cfg(feature = "postgres")]
    if connection.version().name == DialectName::Postgres {
        let schema = postgres::introspect::introspect_in_transaction(connection, scope).await?;
        return Ok(without_ledger(schema));
    }
    introspect(connection, scope).await
}

fn without_ledger(mut schema: Schema) -> Schema {
    schema.tables.retain(|table| table.name.schema.is_some() || !LEDGER_TABLES.contains(&table.name.name.as_str()));
    schema.access.retain(|one| {
        let table = one.part_of.as_ref().map_or(one.name(), |(table, _)| table);
        table.schema.is_some() || !LEDGER_TABLES.contains(&table.name.as_str())
    });
    schema.sort();
    schema
}

/// The namespace that names leave out; empty where there is none.
///
/// # Errors
/// When it cannot be read.
pub async fn default_namespace(connection: &mut Connection) -> Result<String, DbError> {
    if connection.version().name != DialectName::Postgres {
        return Ok(String::new());
    }
    let rows = connection.query("SELECT current_schema() AS name").await?;
    Ok(rows.first().map(|row| row.opt("name")).transpose()?.flatten().unwrap_or("public").to_owned())
}

/// The objects of a database that no noun stands for yet, each by kind and name, so that nobody takes a comparison for
/// more than it is.
///
/// # Errors
/// When they cannot be read.
pub async fn left_out(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    match connection.version().name {
        #[cfg(feature = "postgres")]
        DialectName::Postgres => postgres::introspect::left_out(connection).await,
        _ => Ok(Vec::new()),
    }
}

/// Which of some roles a server does not have.
///
/// # Errors
/// When they cannot be read.
pub async fn missing_roles<'a>(
    connection: &mut Connection,
    roles: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<&'a String>, DbError> {
    let known: Option<BTreeSet<String>> = match connection.version().name {
        #[cfg(feature = "postgres")]
        DialectName::Postgres => Some(postgres::introspect::roles(connection).await?),
        // Roles are compared on no other engine.
        _ => None,
    };
    let is_missing = |role: &&String| known.as_ref().is_some_and(|known| !known.contains(*role));
    Ok(roles.into_iter().filter(is_missing).collect())
}

/// Whether two CREATE statements of SQLite say the same in the same words, wherever the columns stand.
pub fn same_wording(previous: &str, next: &str) -> bool {
    #[cfg(feature = "sqlite")]
    return sqlite::same_wording(previous, next);
    #[cfg(not(feature = "sqlite"))]
    return previous == next;
}

/// Whether a statement of MySQL or MariaDB has a body with semicolons in it.
pub fn has_body(sql: &str) -> bool {
    #[cfg(feature = "mysql")]
    return mysql::needs_delimiter(sql);
    #[cfg(not(feature = "mysql"))]
    return sql.contains(';');
}

/// A statement with what ends it. MySQL's and MariaDB's clients end a statement at the first semicolon, also one
/// inside a body, unless another delimiter is set.
pub(crate) fn terminated(sql: &str, dialect: DialectName) -> String {
    let sql = sql.trim_end();
    match dialect {
        DialectName::Mysql | DialectName::Mariadb if has_body(sql) => {
            format!("DELIMITER ;;\n{sql};;\nDELIMITER ;\n")
        }
        _ => format!("{sql};\n"),
    }
}
