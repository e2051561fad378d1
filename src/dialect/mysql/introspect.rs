//! Reads a live database: one query for the names of what is there, one message with a `SHOW CREATE` for each.

use std::collections::BTreeMap;

use rungs_schema::{DefinitionKind, DialectName, ObjectName, Schema};

use super::ddl::{self, Surroundings};
use super::definition::{MODE, cleaned, definition, find_needs, reading_mode, take_turns};
use crate::db::{Connection, Row, Rows};
use crate::error::DbError;

/// How many `SHOW CREATE` statements go in one message: far below what any `max_allowed_packet` holds.
const IN_ONE_MESSAGE: usize = 500;

/// How often a database is read again because somebody else changed it meanwhile.
const ATTEMPTS: usize = 5;

/// What the listing says of everything, with the time of its last change.
const LISTING: &str = "\
SELECT CAST(DATABASE() AS CHAR) AS database_name, CAST(CURRENT_USER() AS CHAR) AS user_name, \
CAST(o.kind AS CHAR) AS kind, CAST(o.name AS CHAR) AS name, CAST(o.on_table AS CHAR) AS on_table, \
CAST(o.moment AS CHAR) AS moment, CAST(o.stamp AS CHAR) AS stamp \
FROM (\
SELECT TABLE_TYPE AS kind, TABLE_NAME AS name, NULL AS on_table, NULL AS moment, NULL AS turn, CREATE_TIME AS stamp \
FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
UNION ALL SELECT 'TRIGGER', TRIGGER_NAME, EVENT_OBJECT_TABLE, \
CONCAT(EVENT_OBJECT_TABLE, ' ', ACTION_TIMING, ' ', EVENT_MANIPULATION), ACTION_ORDER, CREATED \
FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() \
UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME, NULL, NULL, NULL, LAST_ALTERED \
FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('FUNCTION', 'PROCEDURE') \
UNION ALL SELECT 'EVENT', EVENT_NAME, NULL, NULL, NULL, LAST_ALTERED \
FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()\
) o ORDER BY o.kind, o.moment, o.turn, o.name";

const CHARSETS: &str = "\
SELECT CAST(CHARACTER_SET_NAME AS CHAR) AS charset_name, CAST(DEFAULT_COLLATE_NAME AS CHAR) AS collation_name \
FROM information_schema.CHARACTER_SETS";

/// Something that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: String,
    name: String,
    table: Option<String>,
    /// Of a trigger: what it waits for. Those that wait for the same are listed as they fire.
    moment: Option<String>,
    stamp: Option<String>,
}

/// Reads the connection's database into nouns.
///
/// Definitions of tables are no part of a transaction's snapshot on these servers, so the listing is read again at
/// the end of the same message, and everything once more where something has changed in between.
///
/// # Errors
/// When it cannot be read, or holds something that the reader does not understand.
pub async fn introspect(connection: &mut Connection) -> Result<Schema, DbError> {
    let mut attempt = 1;
    loop {
        match read(connection).await {
            Ok(Some(schema)) => return Ok(schema),
            Err(error) if attempt == ATTEMPTS || !is_gone(&error) => return Err(error),
            Ok(None) if attempt == ATTEMPTS => {
                let reason = "somebody else keeps changing the database while it is read".to_owned();
                return Err(DbError::Locked { reason, sql: LISTING.to_owned() });
            }
            Ok(None) | Err(_) => attempt += 1,
        }
    }
}

/// What was listed is not there any more: no such table, view, trigger, routine, event, sequence.
fn is_gone(error: &DbError) -> bool {
    let DbError::Statement { code: Some(code), reason, .. } = error else { return false };
    ["42S02", "1146", "1305", "1360", "1539", "4091"].contains(&code.as_str()) || reason.contains("doesn't exist")
}

/// `None` when the database changed while it was read.
async fn read(connection: &mut Connection) -> Result<Option<Schema>, DbError> {
    let mariadb = connection.version().name == DialectName::Mariadb;
    let mut answers = connection.query_many(&format!("{LISTING}; {CHARSETS}")).await?.into_iter();
    let listed = answers.next().unwrap_or_default();
    let default_collations = default_collations(&answers.next().unwrap_or_default())?;
    let Some(first) = listed.first() else { return Ok(Some(Schema::default())) };
    let database = first.text("database_name")?.to_owned();
    let user = first.text("user_name")?.to_owned();
    let entries = entries(&listed)?;

    let mut printed = Vec::with_capacity(entries.len());
    let mut again = Rows::new();
    for chunk in entries.chunks(IN_ONE_MESSAGE) {
        let mut message: String = chunk.iter().map(|entry| format!("{}; ", show_create(entry))).collect();
        message.push_str(LISTING);
        let mut answers = connection.query_many(&message).await?;
        again = answers.pop().unwrap_or_default();
        printed.extend(answers);
    }
    if self::entries(&again)? != entries {
        return Ok(None);
    }
    if printed.len() != entries.len() {
        let reason = format!("{} objects are listed, and {} were printed", entries.len(), printed.len());
        return Err(DbError::Answer { reason });
    }
    let around = Surroundings { database, default_collations, mariadb };
    schema(&entries, &printed, &around, &user).map(Some)
}

fn default_collations(rows: &[Row]) -> Result<BTreeMap<String, String>, DbError> {
    rows.iter().map(|row| Ok((row.text("charset_name")?.to_owned(), row.text("collation_name")?.to_owned()))).collect()
}

fn entries(rows: &[Row]) -> Result<Vec<Entry>, DbError> {
    rows.iter()
        .map(|row| {
            Ok(Entry {
                kind: row.text("kind")?.to_owned(),
                name: row.text("name")?.to_owned(),
                table: row.opt("on_table")?.map(ToOwned::to_owned),
                moment: row.opt("moment")?.map(ToOwned::to_owned),
                stamp: row.opt("stamp")?.map(ToOwned::to_owned),
            })
        })
        .collect()
}

fn show_create(entry: &Entry) -> String {
    let word = match entry.kind.as_str() {
        kind @ ("VIEW" | "SEQUENCE" | "TRIGGER" | "FUNCTION" | "PROCEDURE" | "EVENT") => kind,
        _ => "TABLE",
    };
    format!("SHOW CREATE {word} `{}`", entry.name.replace('`', "``"))
}

fn schema(entries: &[Entry], printed: &[Rows], around: &Surroundings, user: &str) -> Result<Schema, DbError> {
    let mut schema = Schema::default();
    let mut turns = Vec::new();
    for (entry, rows) in entries.iter().zip(printed) {
        let row = rows.first().ok_or_else(|| DbError::Answer { reason: format!("{} is not printed", entry.name) })?;
        let text = |column: &str| {
            row.opt(column)?.map(ToOwned::to_owned).ok_or_else(|| DbError::Answer {
                reason: format!("this user may not read the definition of {}", entry.name),
            })
        };
        let (kind, column) = match entry.kind.as_str() {
            "SEQUENCE" => {
                schema.sequences.push(ddl::sequence(&entry.name, &text("Create Table")?)?);
                continue;
            }
            "VIEW" => (DefinitionKind::View, "Create View"),
            "TRIGGER" => (DefinitionKind::Trigger, "SQL Original Statement"),
            "FUNCTION" => (DefinitionKind::Function, "Create Function"),
            "PROCEDURE" => (DefinitionKind::Procedure, "Create Procedure"),
            "EVENT" => (DefinitionKind::Event, "Create Event"),
            _ => {
                schema.tables.push(ddl::table(&text("Create Table")?, around)?);
                continue;
            }
        };
        let printed = text(column)?;
        let sql = cleaned(&printed, &around.database, user);
        let mut definition = definition(kind, &entry.name, entry.table.as_deref(), sql);
        if kind != DefinitionKind::View
            && let Some(mode) = row.opt(MODE)?.and_then(|mode| reading_mode(mode, &printed))
        {
            definition.settings.insert(MODE.to_owned(), mode.to_owned());
        }
        turns.extend(entry.moment.clone().map(|moment| (moment, schema.definitions.len())));
        schema.definitions.push(definition);
    }
    let tables: Vec<ObjectName> = schema.tables.iter().map(|table| table.name.clone()).collect();
    find_needs(&mut schema.definitions, &tables);
    take_turns(&mut schema.definitions, &turns);
    schema.sort();
    Ok(schema)
}
