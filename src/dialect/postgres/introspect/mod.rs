//! Reads a live database, straight from `pg_catalog`, in one message to the server.
//!
//! Whatever an extension owns is left out: the extension brings it.

mod access;
mod collations;
mod column_options;
mod composites;
mod constraints;
mod conversions;
mod domains;
mod enums;
mod extensions;
mod filter;
mod foreign;
mod indexes;
mod languages;
mod left_out;
mod namespaces;
mod needs;
mod operator_classes;
mod operators;
mod policies;
mod publications;
mod ranges;
mod reparse;
mod routines;
mod sequences;
mod statistics;
mod subscriptions;
mod tables;
mod text_search;
mod triggers;
mod value;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{Definition, Schema, Table};

use super::stand_in::StandIns;
use crate::db::{Connection, Row, Rows};
use crate::dialect::Scope;
use crate::error::DbError;

use filter::Filter;
pub(crate) use left_out::left_out;
use needs::AllNeeds;
pub(in crate::dialect::postgres) use views::EMPTY;

/// What decides how the server prints expressions, besides `search_path`. The session's own settings are put back
/// with the transaction or the savepoint.
const PRINTING: &str = "SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; \
     SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL quote_all_identifiers = off";

/// The text of a query.
type Query = fn(&Filter) -> String;
/// What one reader does with the rows of its query.
type Reader = fn(&mut Found, &Rows) -> Result<(), DbError>;

/// Every query, in the order in which its rows are read. There is one for each kind of object, however many objects
/// there are; a reader relies on the readers before it.
const QUERIES: [(Query, Reader); 41] = [
    (needs::query, needs::read),
    (tables::tables_query, tables::read_tables),
    (tables::columns_query, tables::read_columns),
    (constraints::query, constraints::read),
    (indexes::query, indexes::read),
    (sequences::query, sequences::read),
    (enums::query, enums::read),
    (domains::query, domains::read),
    (composites::query, composites::read),
    (ranges::query, ranges::read),
    (ranges::shells_query, ranges::read_shells),
    (collations::query, collations::read),
    (extensions::query, extensions::read),
    (namespaces::query, namespaces::read),
    (languages::query, languages::read),
    (languages::methods_query, languages::read_methods),
    (languages::transforms_query, languages::read_transforms),
    (routines::query, routines::read),
    (routines::aggregates_query, routines::read_aggregates),
    (operators::query, operators::read),
    (operators::casts_query, operators::read_casts),
    (operator_classes::families_query, operator_classes::read_families),
    (operator_classes::classes_query, operator_classes::read_classes),
    (conversions::query, conversions::read),
    (text_search::parsers_query, text_search::read_parsers),
    (text_search::templates_query, text_search::read_templates),
    (text_search::dictionaries_query, text_search::read_dictionaries),
    (text_search::configurations_query, text_search::read_configurations),
    (foreign::wrappers_query, foreign::read_wrappers),
    (foreign::servers_query, foreign::read_servers),
    (foreign::mappings_query, foreign::read_mappings),
    (views::query, views::read),
    (statistics::query, statistics::read),
    (triggers::query, triggers::read),
    (triggers::rules_query, triggers::read_rules),
    (triggers::events_query, triggers::read_events),
    (policies::query, policies::read),
    (publications::query, publications::read),
    (subscriptions::query, subscriptions::read),
    (access::query, access::read),
    (access::default_privileges_query, access::read_default_privileges),
];

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    schema: Schema,
    needs: AllNeeds,
    /// Tables by `oid`.
    tables: BTreeMap<String, Table>,
    /// The `oid`s of sequences that stand with their columns.
    column_sequences: BTreeSet<String>,
}

/// Reads a live database into nouns, as of one moment: the queries run in a read-only transaction of their own. On a
/// connection that is inside a transaction, call [`introspect_in_transaction`].
///
/// # Errors
/// When it cannot be read.
pub async fn introspect(connection: &mut Connection, scope: &Scope) -> Result<Schema, DbError> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    let read = read(connection, scope, begin, "COMMIT", None).await;
    if read.is_err() {
        // The first error is the one to tell; if the connection broke, there is nothing to roll back.
        let _ = connection.execute("ROLLBACK").await;
    }
    read
}

/// Reads what the transaction that the connection is in can see. The transaction goes on as it was, also after an
/// error.
///
/// # Errors
/// When it cannot be read.
pub async fn introspect_in_transaction(connection: &mut Connection, scope: &Scope) -> Result<Schema, DbError> {
    read_at_savepoint(connection, scope, None).await
}

/// As [`introspect_in_transaction`], for what was built in stand-ins, under the names that they stand for; with all that
/// belongs to no namespace, where that is asked for.
pub(super) async fn introspect_stand_ins(
    connection: &mut Connection,
    stand_ins: &StandIns,
    with_database: bool,
) -> Result<Schema, DbError> {
    let names = stand_ins.others().map(|name| Some(name.to_owned())).chain([None]).collect();
    let scope = if with_database { Scope::NamespacesAndDatabase(names) } else { Scope::Namespaces(names) };
    read_at_savepoint(connection, &scope, Some(stand_ins)).await
}

async fn read_at_savepoint(
    connection: &mut Connection,
    scope: &Scope,
    stand_ins: Option<&StandIns>,
) -> Result<Schema, DbError> {
    let restore = "ROLLBACK TO SAVEPOINT rungs_introspect; RELEASE SAVEPOINT rungs_introspect";
    let read = read(connection, scope, "SAVEPOINT rungs_introspect", restore, stand_ins).await;
    if read.is_err() {
        // As above: the first error is the one to tell.
        let _ = connection.execute(restore).await;
    }
    read
}

async fn read(
    connection: &mut Connection,
    scope: &Scope,
    begin: &str,
    end: &str,
    stand_ins: Option<&StandIns>,
) -> Result<Schema, DbError> {
    let mut filter = Filter::new(scope, connection.version());
    if filter.has_database() {
        let rows = connection.query(subscriptions::MAY_READ).await?;
        filter.read_subscriptions(rows.first().map(|row| value::flag(row, "may")).transpose()?.unwrap_or_default());
    }
    let queries: Vec<String> = QUERIES.iter().map(|(query, _)| query(&filter)).collect();
    let script = format!("{begin}; {PRINTING}; {}; {end}", queries.join(";\n"));
    let mut results = connection.query_many(&script).await?.into_iter().skip(1 + PRINTING.split("; ").count());
    let mut found = Found::default();
    for (_, reader) in QUERIES {
        let mut rows = results
            .next()
            .ok_or_else(|| DbError::Answer { reason: "the server answered fewer queries than were sent".to_owned() })?;
        if let Some(stand_ins) = stand_ins {
            // What belongs to no namespace is there for all to see; what was built has a name of its own.
            rows.retain(|row| row.opt("is_global").is_err() || row.text("name").is_ok_and(|name| stand_ins.made(name)));
            rows.iter_mut().for_each(|row| row.rewrite(|text| stand_ins.back(text)));
        }
        reader(&mut found, &rows)?;
    }
    Ok(found.into_schema())
}

/// The names of all roles of the server.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn roles(connection: &mut Connection) -> Result<BTreeSet<String>, DbError> {
    let rows = connection.query("SELECT rolname FROM pg_roles").await?;
    rows.iter().map(|row| row.text("rolname").map(str::to_owned)).collect()
}

impl Found {
    /// The table that a row belongs to, unless the table is left out.
    fn table(&mut self, oid: &str) -> Option<&mut Table> {
        self.tables.get_mut(oid)
    }

    /// Adds what a row of a catalogue tells of, with its comment and what it stands on.
    fn define(&mut self, catalogue: &str, row: &Row, one: Definition) -> Result<(), DbError> {
        let (comment, needs) = (value::text(row, "comment")?, self.needs.of(catalogue, row.text("oid")?));
        self.schema.definitions.push(Definition { comment, needs, ..one });
        Ok(())
    }

    fn into_schema(mut self) -> Schema {
        for (oid, table) in &mut self.tables {
            table.needs = self.needs.of("pg_class", oid);
            self.needs.hand_out(oid, table);
            table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
            table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
            table.checks.sort_by(|a, b| a.name.cmp(&b.name));
            table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
            table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self.schema.tables = std::mem::take(&mut self.tables).into_values().collect();
        reparse::schema(&mut self.schema);
        access::keep_known(&mut self);
        self.schema.sort();
        self.schema
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printing_settings_are_one_statement_each() {
        assert_eq!(PRINTING.split("; ").filter(|sql| sql.starts_with("SET LOCAL ")).count(), 5);
        assert_eq!(PRINTING.matches(';').count(), 4);
    }
}
