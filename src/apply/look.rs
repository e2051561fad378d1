//! What the database shows of the objects that a statement defines: before it, and when a run resumes.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::DialectName;

use super::progress::fingerprint;
use super::statement::{Becomes, Kind, Name, Object, Words};
use crate::db::Connection;
use crate::dialect::Dialect;
use crate::error::DbError;

/// What stands for an object that is not there.
const ABSENT: &str = "-";

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    /// It did not run, or to run it again does no harm.
    NotDone,
    /// It did not run to its end. These statements clear away or finish what it left, and then it is done or not.
    Mend(Mending),
    /// And why that cannot be told.
    Unknown(String),
}

/// What is to be run before going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mending {
    pub(super) sql: Vec<String>,
    /// What is told of it.
    pub(super) what: String,
    /// Whether the statement is done then.
    pub(super) done: bool,
    /// The invalid indexes that go, and their names.
    pub(super) oids: Vec<u32>,
    pub(super) names: String,
}

/// A PostgreSQL index, as far as builds that failed are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    oid: u32,
    valid: bool,
    name: String,
    /// With its schema, in quotes.
    full: String,
}

/// Looks at objects.
pub(super) struct Look<'l> {
    pub(super) connection: &'l mut Connection,
    pub(super) dialect: &'l dyn Dialect,
}

impl Look<'_> {
    /// What there is of each object, for the ledger. `None` where one cannot be looked at.
    pub(super) async fn at(&mut self, objects: &[Object]) -> Result<Option<Vec<String>>, DbError> {
        let mut found = Vec::with_capacity(objects.len());
        for object in objects {
            match self.at_one(object).await? {
                Some(seen) => found.push(seen),
                None => return Ok(None),
            }
        }
        Ok(Some(found))
    }

    async fn at_one(&mut self, object: &Object) -> Result<Option<String>, DbError> {
        let name = self.dialect.literal(&self.quoted(&object.name));
        let plain = self.dialect.literal(&object.name.name);
        let query = match &object.kind {
            Kind::IndexesOf(_) | Kind::InvalidIndexes => {
                let indexes = self.indexes(object).await?;
                let oids: Vec<String> = indexes.iter().map(|index| index.oid.to_string()).collect();
                return Ok(Some(oids.join(",")));
            }
            Kind::Index => format!("SELECT pg_catalog.to_regclass({name})::oid::text AS seen"),
            Kind::Tablespace => {
                format!("SELECT oid::text AS seen FROM pg_catalog.pg_tablespace WHERE spcname = {plain}")
            }
            Kind::Database if self.dialect.version().name == DialectName::Postgres => {
                format!("SELECT oid::text AS seen FROM pg_catalog.pg_database WHERE datname = {plain}")
            }
            Kind::PartitionOf(parent) => format!(
                "SELECT CASE WHEN inhdetachpending THEN 'pending' ELSE 'attached' END AS seen FROM pg_catalog.pg_inherits \
                 WHERE inhrelid = pg_catalog.to_regclass({name}) AND inhparent = pg_catalog.to_regclass({})",
                self.dialect.literal(&self.quoted(parent))
            ),
            kind => return self.printed(kind, &object.name).await,
        };
        let rows = self.connection.query(&query).await?;
        let seen = rows.first().map(|row| row.opt("seen")).transpose()?.flatten();
        Ok(Some(seen.unwrap_or(ABSENT).to_owned()))
    }

    /// What MySQL prints of an object. `None` where it will not.
    async fn printed(&mut self, kind: &Kind, name: &Name) -> Result<Option<String>, DbError> {
        // No such table, database, routine, trigger, event, sequence.
        const MISSING: [&str; 7] = ["1146", "1049", "1305", "1360", "1539", "4091", "1347"];
        let name = self.quoted(name);
        let (query, column) = match kind {
            Kind::Rows => (format!("SELECT 1 AS found FROM {name} LIMIT 1"), 0),
            Kind::Trigger | Kind::Procedure | Kind::Function => (show(kind, &name), 2),
            Kind::Event => (show(kind, &name), 3),
            kind => (show(kind, &name), 1),
        };
        let rows = match self.connection.query(&query).await {
            Ok(rows) => rows,
            Err(DbError::Statement { code: Some(code), .. }) if MISSING.contains(&code.as_str()) => {
                return Ok(Some(ABSENT.to_owned()));
            }
            Err(DbError::Statement { .. } | DbError::Answer { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if *kind == Kind::Rows {
            return Ok(Some(if rows.is_empty() { "empty" } else { "rows" }.to_owned()));
        }
        let text = rows.first().and_then(|row| row.values().get(column).cloned().flatten());
        Ok(text.map(|text| fingerprint(&without_counter(&text))))
    }

    fn quoted(&self, name: &Name) -> String {
        let quote = |part: &String| self.dialect.quote(part);
        name.schema.iter().chain([&name.name]).map(quote).collect::<Vec<_>>().join(".")
    }

    /// PostgreSQL: the indexes that an object stands for, in the order of their oids.
    pub(super) async fn indexes(&mut self, object: &Object) -> Result<Vec<Index>, DbError> {
        let condition = match &object.kind {
            Kind::IndexesOf(_) => {
                let table = self.dialect.literal(&self.quoted(&object.name));
                format!("i.indrelid = pg_catalog.to_regclass({table})")
            }
            _ => "NOT i.indisvalid".to_owned(),
        };
        self.indexes_where(&condition).await
    }

    /// PostgreSQL: those of some indexes that are there and not valid.
    pub(super) async fn invalid(&mut self, oids: &[u32]) -> Result<Vec<Index>, DbError> {
        let oids: Vec<String> = oids.iter().map(u32::to_string).collect();
        self.indexes_where(&format!("NOT i.indisvalid AND i.indexrelid IN ({})", oids.join(", "))).await
    }

    async fn indexes_where(&mut self, condition: &str) -> Result<Vec<Index>, DbError> {
        // Those of partitioned tables are not valid until each partition has one.
        let query = format!(
            "SELECT i.indexrelid::text AS oid, i.indisvalid::text AS valid, c.relname::text AS name, \
             pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS full \
             FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind = 'i' AND n.nspname <> 'pg_toast' AND {condition} ORDER BY i.indexrelid"
        );
        let rows = self.connection.query(&query).await?;
        rows.iter()
            .map(|row| {
                let oid = u32::try_from(row.int("oid")?).unwrap_or_default();
                let (name, full) = (row.text("name")?.to_owned(), row.text("full")?.to_owned());
                Ok(Index { oid, valid: row.bool("valid")?, name, full })
            })
            .collect()
    }

    /// What became of a statement that defines objects, of which there was `before`.
    pub(super) async fn verdict(&mut self, objects: &[Object], before: &[String]) -> Result<Verdict, DbError> {
        if let ([object], [before]) = (objects, before)
            && matches!(object.kind, Kind::IndexesOf(_) | Kind::InvalidIndexes)
        {
            let indexes = self.indexes(object).await?;
            return Ok(of_indexes(&object.kind, before, &indexes));
        }
        let Some(now) = self.at(objects).await? else {
            return Ok(Verdict::Unknown("what it defines cannot be looked at".to_owned()));
        };
        if let ([Object { kind: Kind::PartitionOf(parent), name, .. }], [now]) = (objects, now.as_slice())
            && now == "pending"
        {
            let (parent, child) = (self.quoted(parent), self.quoted(name));
            return Ok(Verdict::Mend(Mending {
                sql: vec![format!("ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE")],
                what: format!("finished detaching partition {child}, which the former run had begun"),
                done: true,
                oids: Vec::new(),
                names: String::new(),
            }));
        }
        Ok(of_objects(objects, before, &now))
    }

    /// How a person looks at an object.
    pub(super) fn how_to_look(&self, object: &Object) -> String {
        let name = self.quoted(&object.name);
        match &object.kind {
            Kind::Rows => format!("SELECT count(*) FROM {name}"),
            Kind::IndexesOf(_) | Kind::PartitionOf(_) | Kind::Index => format!("\\d {name}"),
            Kind::InvalidIndexes => "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid".to_owned(),
            Kind::Tablespace => "\\db".to_owned(),
            Kind::Database if self.dialect.version().name == DialectName::Postgres => "\\l".to_owned(),
            kind => show(kind, &name),
        }
    }
}

fn show(kind: &Kind, name: &str) -> String {
    format!("SHOW CREATE {} {name}", kind.word().to_uppercase())
}

/// The next number of an AUTO_INCREMENT column moves with the rows, which others write meanwhile.
fn without_counter(text: &str) -> String {
    const OPTION: &str = " AUTO_INCREMENT=";
    let Some(at) = text.rfind(OPTION) else { return text.to_owned() };
    let rest = text[at + OPTION.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{}{rest}", &text[..at])
}

/// What one object says of its statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Done,
    NotDone,
    /// The statement has nothing to do with it, or does no harm when it runs again.
    Nothing,
    /// It looks as before, and might have been made anew.
    Silent,
    /// Neither what it was nor what it was to become.
    Other,
}

fn sign(becomes: Becomes, before: &str, now: &str) -> Sign {
    let (was, is, same) = (before != ABSENT, now != ABSENT, before == now);
    match (becomes, was, is) {
        (Becomes::Emptied, ..) if now == "empty" => Sign::NotDone,
        (Becomes::Emptied, ..) => Sign::Silent,
        (Becomes::Present | Becomes::PresentInPart | Becomes::Replaced, false, false) => Sign::NotDone,
        (Becomes::Present | Becomes::Replaced, false, true) => Sign::Done,
        (Becomes::PresentInPart, false, true) => Sign::Other,
        (Becomes::Present | Becomes::PresentInPart, true, true) if same => Sign::Nothing,
        (Becomes::Replaced, true, true) if same => Sign::Silent,
        (Becomes::Present | Becomes::PresentInPart | Becomes::Replaced | Becomes::Changed, true, true) => {
            if same {
                Sign::NotDone
            } else {
                Sign::Done
            }
        }
        (Becomes::Absent, true, false) => Sign::Done,
        (Becomes::Absent, true, true) => Sign::NotDone,
        (Becomes::Absent | Becomes::Changed, false, false) => Sign::Nothing,
        _ => Sign::Other,
    }
}

fn of_objects(objects: &[Object], before: &[String], now: &[String]) -> Verdict {
    if objects.len() != before.len() || objects.len() != now.len() {
        return Verdict::Unknown("another version of rungs has looked at other objects".to_owned());
    }
    let signs: Vec<(Sign, &Object)> = objects
        .iter()
        .zip(before.iter().zip(now))
        .map(|(object, (before, now))| (sign(object.becomes, before, now), object))
        .collect();
    let named = |wanted: Sign| -> Vec<String> {
        let of = signs.iter().filter(|(sign, _)| *sign == wanted);
        of.map(|(_, object)| format!("{} {}", object.kind.word(), object.name)).collect()
    };
    let (done, not_done, other, silent) =
        (named(Sign::Done), named(Sign::NotDone), named(Sign::Other), named(Sign::Silent));
    match (done.is_empty(), not_done.is_empty()) {
        _ if !other.is_empty() => {
            Verdict::Unknown(format!("{} is neither as before nor what it was to become", other.join(", ")))
        }
        (false, false) => Verdict::Unknown(format!("{} changed, and {} did not", done.join(", "), not_done.join(", "))),
        (false, true) => Verdict::Done,
        (true, true) if !silent.is_empty() => {
            Verdict::Unknown(format!("{} looks the same before and after", silent.join(", ")))
        }
        (true, _) => Verdict::NotDone,
    }
}

fn oids(text: &str) -> BTreeSet<u32> {
    text.split(',').filter_map(|oid| oid.parse().ok()).collect()
}

/// An index that is built or rebuilt concurrently is there from the beginning, and valid at the end:
/// <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>.
fn of_indexes(kind: &Kind, before: &str, now: &[Index]) -> Verdict {
    let before = oids(before);
    let new = || now.iter().filter(|index| !before.contains(&index.oid));
    let ours: Vec<&Index> = match kind {
        Kind::IndexesOf(Some(name)) => new().filter(|index| index.name == *name).collect(),
        Kind::IndexesOf(None) => new().collect(),
        _ => new().filter(|index| is_of_reindex(&index.name)).collect(),
    };
    let invalid: Vec<&Index> = ours.iter().copied().filter(|index| !index.valid).collect();
    match (ours.len(), invalid.len()) {
        (0, _) => Verdict::NotDone,
        (1, 0) => Verdict::Done,
        (_, 0) => Verdict::Unknown("several indexes came".to_owned()),
        (all, some) if all == some && (some == 1 || *kind == Kind::InvalidIndexes) => {
            Verdict::Mend(drop_left(&invalid))
        }
        _ => {
            let names: Vec<&str> = ours.iter().map(|index| index.full.as_str()).collect();
            Verdict::Unknown(format!("several indexes came: {}", names.join(", ")))
        }
    }
}

/// The names that REINDEX CONCURRENTLY gives:
/// <https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>.
fn is_of_reindex(name: &str) -> bool {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    name.ends_with("_ccnew") || name.ends_with("_ccold")
}

/// Drops invalid indexes that are ours.
pub(super) fn drop_left(indexes: &[&Index]) -> Mending {
    let names: Vec<&str> = indexes.iter().map(|index| index.full.as_str()).collect();
    Mending {
        sql: names.iter().map(|name| format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).collect(),
        what: format!("dropped the invalid index {}, which the former run left", names.join(", ")),
        done: false,
        oids: indexes.iter().map(|index| index.oid).collect(),
        names: names.join(", "),
    }
}

impl Index {
    pub(super) fn full(&self) -> &str {
        &self.full
    }

    /// Whether it is a leftover with the name that a statement is about to give.
    pub(super) fn is_left(&self, name: &str) -> bool {
        !self.valid && self.name == name
    }
}

/// MySQL: which tables change at once and for good, whatever becomes of the transaction. Asked once for the same
/// databases.
#[derive(Debug, Default)]
pub(super) struct Engines {
    known: BTreeMap<BTreeSet<String>, Loose>,
}

/// What of some databases is not transactional.
#[derive(Debug, Clone, Default)]
struct Loose {
    tables: BTreeSet<String>,
    /// Triggers may write to such a table unseen.
    triggers: bool,
}

impl Engines {
    /// Forgets what it knows: tables may have changed.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Whether all that a statement that changes rows does can be taken back.
    pub(super) async fn take_back(
        &mut self,
        connection: &mut Connection,
        dialect: &dyn Dialect,
        sql: &str,
    ) -> Result<bool, DbError> {
        let words = Words::new(connection.version().name, sql);
        let databases: BTreeSet<String> = words.qualifiers().collect();
        let loose = match self.known.get(&databases) {
            Some(loose) => loose.clone(),
            None => {
                let loose = loose(connection, dialect, &databases).await?;
                self.known.insert(databases, loose.clone());
                loose
            }
        };
        let named = || words.all_names().any(|name| loose.tables.contains(&name));
        Ok(loose.tables.is_empty() || !loose.triggers && !named())
    }
}

async fn loose(
    connection: &mut Connection,
    dialect: &dyn Dialect,
    databases: &BTreeSet<String>,
) -> Result<Loose, DbError> {
    let names = databases.iter().map(|name| dialect.literal(name));
    let list = std::iter::once("DATABASE()".to_owned()).chain(names).collect::<Vec<_>>().join(", ");
    let tables = connection
        .query(&format!(
            "SELECT CAST(TABLE_NAME AS CHAR) AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ({list}) \
             AND TABLE_TYPE = 'BASE TABLE' AND ENGINE IN \
             (SELECT ENGINE FROM information_schema.ENGINES WHERE TRANSACTIONS = 'NO' OR TRANSACTIONS IS NULL)"
        ))
        .await?;
    let tables: BTreeSet<String> =
        tables.iter().map(|row| row.text("name").map(str::to_lowercase)).collect::<Result<_, _>>()?;
    if tables.is_empty() {
        return Ok(Loose::default());
    }
    let triggers = connection
        .query(&format!("SELECT count(*) AS found FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA IN ({list})"))
        .await?;
    let triggers = triggers.first().map(|row| row.int("found")).transpose()?.unwrap_or_default() > 0;
    Ok(Loose { tables, triggers })
}
