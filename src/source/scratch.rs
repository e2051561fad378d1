//! Throwaway places on the target's own engine, in which a schema is built to see how the server prints it.
//!
//! What was created is gone afterwards, on every path: PostgreSQL rolls a transaction back, MySQL and MariaDB drop a
//! scratch database, SQLite forgets `:memory:`.

#[cfg(feature = "postgres")]
use rungs_schema::ObjectName;
use rungs_schema::{DeclaredAccess, DialectName, Hints, Schema};

use super::objects::ObjectStatement;
use crate::db::{Connection, DatabaseUrl};
use crate::dialect::{self, Dialect, Scope, Statement, splitter};
use crate::diff::change::Change;
use crate::diff::{self, Definitions, Guide};
use crate::error::{DbError, Error, SourceError, excerpt};
use crate::plan;

/// What is to be built.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The tables, and all else that has a noun.
    pub schema: &'a Schema,
    /// Where the models stand, for messages.
    pub hints: &'a Hints,
    /// What is declared as statements.
    pub objects: &'a [ObjectStatement],
    /// What is granted and revoked.
    pub privileges: &'a [ObjectStatement],
}

/// What was built.
#[derive(Debug, Default)]
pub struct Printed {
    /// It, as the server prints it.
    pub schema: Schema,
    /// What is declared of privileges.
    pub granted: Vec<DeclaredAccess>,
}

/// How the server prints a schema. `target` is a connection to the database that the schema is meant for; it is left
/// as it was.
///
/// # Errors
/// When the server does not take the schema (the message names the model or the SQL file), or a scratch place cannot be
/// made.
pub async fn as_printed(
    target: &mut Connection,
    url: &DatabaseUrl,
    wanted: Wanted<'_>,
    dialect: &dyn Dialect,
) -> Result<Printed, Error> {
    super::limits::check_names(wanted.schema, wanted.hints, dialect)?;
    let guide = Guide { rules: dialect.features().rules.clone(), definitions: Definitions::All, ..Guide::default() };
    let statements = plan::render(&diff::diff(&Schema::default(), wanted.schema, &guide), dialect)?;
    let objects = wanted.objects.iter().map(|object| object.sql.clone());
    let sql: Vec<String> = statements.iter().map(|statement| statement.sql.clone()).chain(objects).collect();
    let printed = match dialect.version().name {
        #[cfg(feature = "postgres")]
        DialectName::Postgres => {
            let privileges: Vec<String> = wanted.privileges.iter().map(|one| one.sql.clone()).collect();
            let build = dialect::postgres::scratch::Build {
                statements: &sql,
                built: &built(wanted),
                in_any_order: !wanted.objects.is_empty(),
                privileges: &privileges,
            };
            let built = dialect::postgres::scratch::in_scratch_namespaces(target, build).await;
            built.map(|built| Printed { schema: built.schema, granted: built.granted })
        }
        _ => {
            let mut scratch = Scratch::open(target, url).await?;
            let printed = build_in_any_order(&mut scratch.connection, sql).await;
            scratch.close().await?;
            printed.map(|schema| Printed { schema, granted: Vec::new() })
        }
    };
    printed.map_err(|error| rejected(error, &statements, wanted))
}

/// The names of all that would be created.
#[cfg(feature = "postgres")]
fn built(wanted: Wanted<'_>) -> Vec<ObjectName> {
    let schema = wanted.schema;
    let tables = schema.tables.iter().map(|table| &table.name);
    let sequences = schema.sequences.iter().map(|sequence| &sequence.name);
    let types = schema.enums.iter().map(|one| &one.name).chain(schema.domains.iter().map(|one| &one.name));
    let composites = schema.composites.iter().map(|one| &one.name);
    let definitions = schema.definitions.iter().map(|one| &one.name);
    let nouns = tables.chain(sequences).chain(types).chain(composites).chain(definitions).cloned();
    nouns.chain(wanted.objects.iter().filter_map(|object| object.creates(DialectName::Postgres))).collect()
}

/// What an SQLite or PostgreSQL database looks like after some changes, as the engine itself carries them out, in a
/// transaction that is rolled back.
///
/// # Errors
/// When the engine does not take the changes, or somebody else holds what they change.
pub async fn after(
    target: &mut Connection,
    changes: &[Change],
    scope: &Scope,
    dialect: &dyn Dialect,
) -> Result<Schema, Error> {
    let statements = plan::render(changes, dialect)?;
    let sql = statements.iter().map(|statement| statement.sql.as_str());
    let is_sqlite = dialect.version().name == DialectName::Sqlite;
    target.execute(if is_sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?;
    let built = if is_sqlite { build(target, sql).await } else { after_on_postgres(target, sql, scope).await };
    let rolled_back = target.execute("ROLLBACK").await;
    let built = built?;
    rolled_back?;
    Ok(built)
}

/// Others wait behind a lock that is waited for, so that this gives up before anybody notices.
async fn after_on_postgres<'a>(
    connection: &mut Connection,
    statements: impl Iterator<Item = &'a str>,
    scope: &Scope,
) -> Result<Schema, DbError> {
    connection.execute("SET LOCAL lock_timeout = '3s'").await?;
    for sql in statements {
        connection.execute(sql).await?;
    }
    dialect::introspect_in_transaction(connection, scope).await
}

/// The schema that a script makes, in an empty database on the same server.
///
/// # Errors
/// When the script cannot be split or run, or a scratch place cannot be made.
pub async fn of_scripts(url: &DatabaseUrl, scripts: &[String]) -> Result<(Schema, Box<dyn Dialect>), Error> {
    let mut target = open_server(url).await?;
    let name = target.version().name;
    let mut pieces = Vec::new();
    for script in scripts {
        let split = splitter::split(name, script);
        pieces.extend(split.map_err(|error| SourceError::Unusable { reason: error.to_string(), help: None })?);
    }
    let mut scratch = Scratch::open(&mut target, url).await?;
    let built = build(&mut scratch.connection, pieces.iter().map(|piece| piece.sql)).await;
    let dialect = dialect::for_version(scratch.connection.version())?;
    scratch.close().await?;
    target.close().await?;
    Ok((built?, dialect))
}

/// A connection to the server of a URL, whether or not its database is there.
///
/// # Errors
/// When the server cannot be reached.
pub async fn open_server(url: &DatabaseUrl) -> Result<Connection, DbError> {
    match url.dialect_name() {
        DialectName::Sqlite => Connection::open(&DatabaseUrl::parse("sqlite::memory:")?).await,
        DialectName::Postgres => match Connection::open(url).await {
            Err(DbError::Missing { .. }) => Connection::open(&url.with_database("postgres")).await,
            other => other,
        },
        DialectName::Mysql | DialectName::Mariadb => match Connection::open(url).await {
            Err(DbError::Missing { .. }) => Connection::open(&url.with_database("")).await,
            other => other,
        },
    }
}

async fn build<'a>(connection: &mut Connection, statements: impl Iterator<Item = &'a str>) -> Result<Schema, DbError> {
    for sql in statements {
        connection.execute(sql).await?;
    }
    dialect::introspect(connection, &Scope::Everything).await
}

/// As [`build`]; a statement that fails is tried again after the others, as long as that helps.
async fn build_in_any_order(connection: &mut Connection, statements: Vec<String>) -> Result<Schema, DbError> {
    let mut waiting = statements;
    loop {
        let before = waiting.len();
        let mut failed = Vec::new();
        for sql in waiting {
            match connection.execute(&sql).await {
                Ok(_) => {}
                Err(DbError::Statement { .. }) => failed.push(sql),
                Err(other) => return Err(other),
            }
        }
        if failed.is_empty() || failed.len() == before {
            return build(connection, failed.iter().map(String::as_str)).await;
        }
        waiting = failed;
    }
}

/// A scratch database with a connection to it. [`close`](Self::close) drops it, and must be called on every path.
#[derive(Debug)]
pub struct Scratch {
    /// The connection.
    pub connection: Connection,
    /// The way to it.
    pub url: DatabaseUrl,
    /// What drops it, and a connection to drop it from; nothing on SQLite.
    drop: Option<(Connection, String)>,
}

impl Scratch {
    /// A new empty database on the server of a URL, whose own database, if it names one, is left as it is.
    ///
    /// # Errors
    /// When the server cannot be reached, or this user may not create databases there.
    pub async fn on(url: &DatabaseUrl) -> Result<Self, DbError> {
        let mut target = open_server(url).await?;
        let scratch = Self::open(&mut target, url).await;
        let closed = target.close().await;
        let scratch = scratch?;
        closed?;
        Ok(scratch)
    }

    async fn open(target: &mut Connection, url: &DatabaseUrl) -> Result<Self, DbError> {
        let name = format!("rungs_scratch_{}", unique());
        match target.version().name {
            DialectName::Sqlite => {
                let url = DatabaseUrl::parse("sqlite::memory:")?;
                Ok(Self { connection: Connection::open(&url).await?, url, drop: None })
            }
            DialectName::Postgres => {
                let create = format!("CREATE DATABASE {name} TEMPLATE template0");
                Self::on_server(
                    &url.with_database("postgres"),
                    url,
                    &name,
                    &create,
                    format!("DROP DATABASE {name} WITH (FORCE)"),
                )
                .await
            }
            DialectName::Mysql | DialectName::Mariadb => {
                let rows = target
                    .query("SELECT @@character_set_database AS charset, @@collation_database AS collation")
                    .await?;
                let row =
                    rows.first().ok_or_else(|| DbError::Answer { reason: "no row for a character set".to_owned() })?;
                let (charset, collation) = (row.text("charset")?, row.text("collation")?);
                let create = format!("CREATE DATABASE {name} CHARACTER SET {charset} COLLATE {collation}");
                Self::on_server(&url.with_database(""), url, &name, &create, format!("DROP DATABASE {name}")).await
            }
        }
    }

    async fn on_server(
        server: &DatabaseUrl,
        url: &DatabaseUrl,
        name: &str,
        create: &str,
        drop: String,
    ) -> Result<Self, DbError> {
        let mut keeper = Connection::open(server).await?;
        keeper.execute(create).await?;
        let url = url.with_database(name);
        match Connection::open(&url).await {
            Ok(connection) => Ok(Self { connection, url, drop: Some((keeper, drop)) }),
            Err(error) => {
                keeper.execute(&drop).await?;
                Err(error)
            }
        }
    }

    /// Drops the database.
    ///
    /// # Errors
    /// When it cannot be dropped, which names it.
    pub async fn close(self) -> Result<(), DbError> {
        // The database is dropped also when its connection is beyond an orderly end.
        let closed = self.connection.close().await;
        if let Some((mut keeper, drop)) = self.drop {
            keeper.execute(&drop).await?;
            keeper.close().await?;
        }
        closed
    }
}

fn unique() -> String {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("{}_{nanos}", std::process::id())
}

/// What the server said of the models, with the place of the model whose statement it was.
fn rejected(error: DbError, statements: &[Statement], wanted: Wanted<'_>) -> Error {
    let DbError::Statement { reason, sql, help, .. } = &error else { return error.into() };
    if let Some(object) = wanted.objects.iter().chain(wanted.privileges).find(|object| object.sql == *sql) {
        let help = Some(format!(
            "look at {}{}",
            object.place,
            help.iter().map(|help| format!("; {help}")).collect::<String>()
        ));
        return SourceError::Rejected { reason: format!("{reason}\n  in: {}", excerpt(sql)), help }.into();
    }
    let Wanted { schema, hints, .. } = wanted;
    let comment = statements.iter().find(|statement| statement.sql == *sql).map(|statement| statement.comment.as_str());
    let table =
        schema.tables.iter().filter(|table| comment.is_some_and(|comment| mentions(comment, &table.name.to_string())));
    let place = table.filter_map(|table| hints.tables.get(&table.name)).find_map(|hints| {
        hints.location.as_ref().map(|location| format!("look at the model {} at {location}", hints.model))
    });
    let reason = format!("{reason}\n  in: {}", excerpt(sql));
    SourceError::Rejected { reason, help: place.or_else(|| help.clone()) }.into()
}

fn mentions(comment: &str, name: &str) -> bool {
    comment
        .split(|c: char| c.is_whitespace() || c == ':' || c == ',')
        .any(|word| word == name || word.starts_with(&format!("{name}.")))
}
