//! Throwaway namespaces, in which the server prints what we ask it to create.

mod database;
mod privileges;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};

use rungs_schema::{DeclaredAccess, DialectName, ObjectName, Schema};

use super::introspect::introspect_stand_ins;
use super::stand_in::StandIns;
use super::{literal, quote};
use crate::db::Connection;
use crate::dialect::default_namespace;
use crate::dialect::splitter::{self, Word};
use crate::error::DbError;

use database::Database;

/// Runs statements with fresh namespaces in the places of those that they build in, of which the default one comes
/// first on the `search_path`; reads them under the names that they stand for; and takes everything back, also after an
/// error. `built` names what the statements create: what else they name is what is there. The connection must not be
/// inside a transaction.
///
/// `in_any_order` says that nobody has put the statements into an order: one that fails is tried again after the
/// others.
///
/// # Errors
/// When the server rejects a statement, or cannot be read. A failure to roll back is told only when all else went
/// well.
pub async fn in_scratch_schema(
    connection: &mut Connection,
    statements: &[String],
    built: &[ObjectName],
    in_any_order: bool,
) -> Result<Schema, DbError> {
    let build = Build { statements, built, in_any_order, privileges: &[] };
    in_scratch_namespaces(connection, build).await.map(|built| built.schema)
}

/// What is to be built.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// What creates it.
    pub statements: &'a [String],
    /// The names of what the statements create.
    pub built: &'a [ObjectName],
    /// Nobody has put the statements into an order.
    pub in_any_order: bool,
    /// What grants and revokes on it.
    pub privileges: &'a [String],
}

/// What was built.
#[derive(Debug)]
pub struct Built {
    /// It, as the server prints it.
    pub schema: Schema,
    /// What is granted and revoked on it.
    pub granted: Vec<DeclaredAccess>,
}

/// As [`in_scratch_schema`], with privileges. What belongs to no namespace is built under another name, as far as it has
/// one; an extension that is there already stays as it is, apart from what is said of it.
///
/// # Errors
/// As there.
pub async fn in_scratch_namespaces(connection: &mut Connection, build: Build<'_>) -> Result<Built, DbError> {
    connection.execute("BEGIN").await?;
    let built = create_and_read(connection, build).await;
    let rolled_back = connection.execute("ROLLBACK").await;
    let built = built?;
    rolled_back?;
    Ok(built)
}

async fn create_and_read(connection: &mut Connection, build: Build<'_>) -> Result<Built, DbError> {
    let default = default_namespace(connection).await?;
    // RandomState is seeded anew for each process, and differs from one instance to the next.
    let prefix = format!("rungs_scratch_{:016x}", RandomState::new().hash_one(std::process::id()));
    let database = Database::of(build.statements, &default);
    let names: Vec<ObjectName> = build.built.iter().cloned().chain(database.in_namespaces()).collect();
    let mut stand_ins = StandIns::new(&prefix, &default, &names).with_global(&prefix, database.names());
    for name in std::iter::once(stand_ins.default()).chain(stand_ins.others()) {
        connection.execute(&format!("CREATE SCHEMA {}", quote(name))).await?;
    }
    connection
        .execute(&format!(
            "SELECT set_config('search_path', concat_ws(', ', {}, NULLIF(current_setting('search_path'), '')), true)",
            literal(&quote(stand_ins.default()))
        ))
        .await?;
    // The order of definitions is the caller's; what a routine's body names need not be there.
    connection.execute("SET LOCAL check_function_bodies = off").await?;
    database.make_room(connection).await?;
    let is_asked = |sql: &&String| !Database::is_created(sql, "schema");
    let (extensions, others): (Vec<&String>, Vec<&String>) =
        build.statements.iter().filter(is_asked).partition(|sql| Database::is_created(sql, "extension"));
    let waiting = |sql: &String, stand_ins: &StandIns| Waiting::new(sql, &database.in_scratch(sql), stand_ins);
    if !extensions.is_empty() {
        let extensions = extensions.into_iter().map(|sql| waiting(sql, &stand_ins)).collect();
        run(connection, extensions, &stand_ins, build.in_any_order).await?;
        // What an extension brings to a stand-in is built there too, and others name it.
        let brought = database::brought_by_extensions(connection, &stand_ins).await?;
        stand_ins.add(brought);
    }
    // An event trigger fires on whatever comes after it.
    let (last, first): (Vec<Waiting>, Vec<Waiting>) =
        others.into_iter().map(|sql| waiting(sql, &stand_ins)).partition(|one| one.is_event_trigger);
    for phase in [first, last] {
        run(connection, phase, &stand_ins, build.in_any_order).await?;
    }
    let mut schema = introspect_stand_ins(connection, &stand_ins, database.is_used()).await?;
    database.keep_declared(connection, &stand_ins, &mut schema).await?;
    let granted = privileges::declared(connection, &stand_ins, build.privileges).await?;
    Ok(Built { schema, granted })
}

async fn run(
    connection: &mut Connection,
    phase: Vec<Waiting>,
    stand_ins: &StandIns,
    in_any_order: bool,
) -> Result<(), DbError> {
    let left = if in_any_order { rounds(connection, phase).await? } else { phase };
    for statement in left {
        let outcome = connection.execute(&statement.sql).await;
        outcome.map_err(|error| told(error, stand_ins, &statement.original))?;
    }
    Ok(())
}

/// Runs statements that come in no order. One that names what another is still to create waits for it: it would find the
/// live thing of that name. Where the names close a circle, or a statement fails, the one that waits for the fewest goes
/// first. What is left fails.
async fn rounds(connection: &mut Connection, mut waiting: Vec<Waiting>) -> Result<Vec<Waiting>, DbError> {
    loop {
        let before = waiting.len();
        let mut left = Vec::new();
        for (one, awaited) in with_awaited(waiting) {
            if awaited > 0 || !attempt(connection, &one.sql).await? {
                left.push(one);
            }
        }
        if left.len() == before {
            let mut circle = with_awaited(left);
            circle.sort_by_key(|(_, awaited)| *awaited);
            left = Vec::new();
            let mut is_broken = false;
            for (one, _) in circle {
                if is_broken || !attempt(connection, &one.sql).await? {
                    left.push(one);
                } else {
                    is_broken = true;
                }
            }
        }
        if left.is_empty() || left.len() == before {
            return Ok(left);
        }
        waiting = left;
    }
}

/// Statements, each with how many names it has in it that others are still to create.
fn with_awaited(waiting: Vec<Waiting>) -> Vec<(Waiting, usize)> {
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for name in waiting.iter().filter_map(|one| one.creates.clone()) {
        *open.entry(name).or_default() += 1;
    }
    let awaited = |one: &Waiting| {
        let others = |name: &&String| {
            let own = usize::from(one.creates.as_ref() == Some(*name));
            open.get(*name).is_some_and(|creators| *creators > own)
        };
        one.names.iter().filter(others).count()
    };
    waiting
        .into_iter()
        .map(|one| {
            let awaited = awaited(&one);
            (one, awaited)
        })
        .collect()
}

/// A statement, with what it creates and which names it has in it, in lower case.
struct Waiting {
    /// As its author wrote it.
    original: String,
    sql: String,
    creates: Option<String>,
    names: BTreeSet<String>,
    is_event_trigger: bool,
}

impl Waiting {
    /// `changed` is the statement as it is to be run here.
    fn new(original: &str, changed: &str, stand_ins: &StandIns) -> Self {
        let sql = stand_ins.apply(changed);
        let words = splitter::words(DialectName::Postgres, &sql);
        let bare = |word: &Word<'_>| word.text().trim_matches('"').to_lowercase();
        let mut names: Vec<String> = words.iter().filter(|word| matches!(word, Word::Name(_))).map(bare).collect();
        // Nobody calls a trigger by its name, which may be that of its function.
        let is_called = !words.iter().take(6).any(|word| {
            ["trigger", "index", "policy", "rule"].iter().any(|kind| word.text().eq_ignore_ascii_case(kind))
        });
        let creates = splitter::created(&words).filter(|_| is_called).map(|(_, name)| bare(name));
        // Several may share a name, and none of them waits for another because of its own; but a class would create the
        // family of its name that another statement creates.
        let is_class = splitter::creation(&words).is_some_and(|creation| creation.kind == "operator class");
        if !is_class && let Some(own) = creates.as_ref().and_then(|own| names.iter().position(|name| name == own)) {
            names.remove(own);
        }
        let is_event_trigger = words
            .windows(2)
            .take(3)
            .any(|pair| pair[0].text().eq_ignore_ascii_case("event") && pair[1].text().eq_ignore_ascii_case("trigger"));
        Self { names: names.into_iter().collect(), creates, is_event_trigger, original: original.to_owned(), sql }
    }
}

/// Whether the server takes a statement. One that it does not take has done nothing.
async fn attempt(connection: &mut Connection, sql: &str) -> Result<bool, DbError> {
    connection.execute("SAVEPOINT rungs_attempt").await?;
    let outcome = connection.execute(sql).await;
    let end = if outcome.is_ok() { "RELEASE" } else { "ROLLBACK TO" };
    match outcome {
        Ok(_) | Err(DbError::Statement { .. }) => {
            connection.execute(&format!("{end} SAVEPOINT rungs_attempt")).await?;
            Ok(outcome.is_ok())
        }
        Err(other) => Err(other),
    }
}

/// What the server said, in the words of whoever wrote the statement.
fn told(error: DbError, stand_ins: &StandIns, original: &str) -> DbError {
    let back = |text: String| stand_ins.back(&text).unwrap_or(text);
    match error {
        DbError::Statement { reason, help, code, position, .. } => {
            let (reason, help, sql) = (back(reason), help.map(back), original.to_owned());
            DbError::Statement { reason, sql, help, code, position }
        }
        other => other,
    }
}
