//! Foreign-data wrappers, servers and user mappings. Foreign tables are tables.

use rungs_schema::{Definition, DefinitionKind};

use super::Found;
use super::filter::{Filter, routine};
use super::value::{name, options, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::{literal, quote};
use crate::error::DbError;

pub(super) fn wrappers_query(filter: &Filter) -> String {
    format!(
        "SELECT w.oid, NULL AS schema, true AS is_global, w.fdwname AS name, to_json(w.fdwoptions) AS options, \
         {handler} AS handler, {validator} AS validator, \
         obj_description(w.oid, 'pg_foreign_data_wrapper') AS comment \
         FROM pg_foreign_data_wrapper AS w WHERE {objects}",
        handler = routine("w.fdwhandler"),
        validator = routine("w.fdwvalidator"),
        objects = filter.database_wide("pg_foreign_data_wrapper", "w")
    )
}

pub(super) fn read_wrappers(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let mut sql = format!("CREATE FOREIGN DATA WRAPPER {}", quote(row.text("name")?));
        for word in ["handler", "validator"] {
            if let Some(function) = row.opt(word)? {
                sql.push_str(&format!(" {} {function}", word.to_ascii_uppercase()));
            }
        }
        let one = with_options(row, DefinitionKind::ForeignDataWrapper, sql)?;
        let needs = found.needs.of("pg_foreign_data_wrapper", row.text("oid")?);
        found.schema.definitions.push(Definition { needs, ..one });
    }
    Ok(())
}

pub(super) fn servers_query(filter: &Filter) -> String {
    format!(
        "SELECT s.oid, NULL AS schema, true AS is_global, s.srvname AS name, to_json(s.srvoptions) AS options, s.srvtype AS type, \
         s.srvversion AS version, w.fdwname AS wrapper, obj_description(s.oid, 'pg_foreign_server') AS comment \
         FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw WHERE {objects}",
        objects = filter.database_wide("pg_foreign_server", "s")
    )
}

pub(super) fn read_servers(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let mut sql = format!("CREATE SERVER {}", quote(row.text("name")?));
        sql.extend(row.opt("type")?.map(|value| format!(" TYPE {}", literal(value))));
        sql.push_str(&format!(" FOREIGN DATA WRAPPER {}", quote(row.text("wrapper")?)));
        let mut one = with_options(row, DefinitionKind::Server, sql)?;
        one.settings.extend(text(row, "version")?.map(|value| ("version".to_owned(), value)));
        let needs = found.needs.of("pg_foreign_server", row.text("oid")?);
        found.schema.definitions.push(Definition { needs, ..one });
    }
    Ok(())
}

/// The options of others' mappings, which hold passwords, are only told to those who may know them.
/// <https://www.postgresql.org/docs/current/view-pg-user-mappings.html>
pub(super) fn mappings_query(filter: &Filter) -> String {
    format!(
        "SELECT m.umid AS oid, NULL AS schema, CASE WHEN m.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(m.usename) END \
         || ' SERVER ' || quote_ident(m.srvname) AS name, to_json(m.umoptions) AS options, NULL AS comment \
         FROM pg_user_mappings AS m JOIN pg_foreign_server AS s ON s.oid = m.srvid WHERE {objects}",
        objects = filter.database_wide("pg_foreign_server", "s")
    )
}

pub(super) fn read_mappings(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let sql = format!("CREATE USER MAPPING FOR {}", row.text("name")?);
        let one = with_options(row, DefinitionKind::UserMapping, sql)?;
        let needs = found.needs.of("pg_user_mapping", row.text("oid")?);
        found.schema.definitions.push(Definition { needs, ..one });
    }
    Ok(())
}

fn with_options(row: &Row, kind: DefinitionKind, sql: String) -> Result<Definition, DbError> {
    let settings =
        options(row, "options")?.into_iter().map(|(name, value)| (format!("option:{name}"), value)).collect();
    Ok(Definition { settings, comment: text(row, "comment")?, ..Definition::new(kind, name(row)?, sql) })
}
