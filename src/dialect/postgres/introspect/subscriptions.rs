//! Subscriptions. <https://www.postgresql.org/docs/current/logical-replication-subscription.html>

use rungs_schema::{Definition, DefinitionKind, Outline};

use super::Found;
use super::filter::Filter;
use super::value::{json, name, text};
use crate::db::Rows;
use crate::dialect::postgres::{literal, quote};
use crate::error::DbError;

/// Whether the connection's role may know how subscriptions connect, which only superusers may.
pub(super) const MAY_READ: &str = "SELECT has_column_privilege('pg_subscription', 'subconninfo', 'SELECT') AS may";

/// The options, each as the word that it has in SQL, and what it is by itself. Those of a version are those that it can
/// set. <https://www.postgresql.org/docs/current/catalog-pg-subscription.html>
const OPTIONS: [(u32, &str, &str, &str); 9] = [
    (13, "synchronous_commit", "quote_literal(s.subsynccommit)", "'off'"),
    (14, "binary", "s.subbinary::text", "false"),
    (14, "streaming", "", ""),
    (15, "two_phase", "(s.subtwophasestate <> 'd')::text", "false"),
    (15, "disable_on_error", "s.subdisableonerr::text", "false"),
    (16, "password_required", "s.subpasswordrequired::text", "true"),
    (16, "run_as_owner", "s.subrunasowner::text", "false"),
    (16, "origin", "quote_literal(s.suborigin)", "'any'"),
    (17, "failover", "s.subfailover::text", "false"),
];

/// Nobody else's: the catalogue is the whole server's.
pub(super) fn query(filter: &Filter) -> String {
    // What it is by itself depends on the version.
    let streaming = if filter.at_least(16) {
        "CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' ELSE 'off' END"
    } else {
        "CASE WHEN s.substream THEN 'on' ELSE 'off' END"
    };
    let options = OPTIONS.iter().filter(|(since, ..)| filter.at_least(*since)).map(|(_, word, value, initial)| {
        let value = if *word == "streaming" { streaming } else { *value };
        format!("'{word}', NULLIF({value}, {})", literal(initial))
    });
    let mut options: Vec<String> = options.collect();
    options.push(
        "'slot_name', COALESCE(NULLIF(quote_literal(s.subslotname), quote_literal(s.subname)), \
        CASE WHEN s.subslotname IS NULL THEN 'NONE' END)"
            .to_owned(),
    );
    // Where the query may not be run it finds nothing.
    let (connection, may) =
        if filter.reads_subscriptions() { ("s.subconninfo", "true") } else { ("NULL::text", "false") };
    format!(
        "SELECT s.oid, NULL AS schema, s.subname AS name, {connection} AS connection, to_json(s.subpublications) AS publications, \
         json_strip_nulls(json_build_object({options})) AS options, obj_description(s.oid, 'pg_subscription') AS comment \
         FROM pg_subscription AS s WHERE {may} AND {everything} \
         AND s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        options = options.join(", "),
        everything = filter.has_database(),
    )
}

/// It is made without a look at the other server, as a dump makes it, and therefore disabled.
pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let connection = literal(row.text("connection")?);
        let publications: Vec<String> = json(row, "publications")?;
        let publications = publications.iter().map(|one| quote(one)).collect::<Vec<_>>().join(", ");
        let options: std::collections::BTreeMap<String, String> = json(row, "options")?;
        let listed: String = options.iter().map(|(word, value)| format!(", {word} = {value}")).collect();
        let sql = format!(
            "CREATE SUBSCRIPTION {}\n    CONNECTION {connection}\n    PUBLICATION {publications}\n    WITH (connect = false{listed})",
            quote(&name.name)
        );
        let mut outline = vec![("CONNECTION".to_owned(), connection), ("PUBLICATION".to_owned(), publications)];
        outline.extend(options);
        found.schema.definitions.push(Definition {
            outline: Outline(outline),
            comment: text(row, "comment")?,
            ..Definition::new(DefinitionKind::Subscription, name, sql)
        });
    }
    Ok(())
}
