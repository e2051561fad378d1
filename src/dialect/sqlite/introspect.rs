//! Reads a live database.
//!
//! Everything is in `sqlite_schema`, in the words in which it was created, so that one query is enough and sees one
//! snapshot. Left out are:
//!
//! - what SQLite itself put there (`sqlite_%`);
//! - the shadow tables that hold the rows of virtual tables: they come and go with them. A shadow table is known as such
//!   only while its module is loaded.
//!
//! What columns a virtual table has is its module's business, so that it is kept as its statement.

use std::collections::BTreeSet;

use rungs_schema::{Definition, DefinitionKind, ObjectName, Reference, Schema, Table};

use super::ddl::{self, token};
use super::virtual_table;
use crate::db::{Connection, Row};
use crate::error::DbError;

/// `pragma_table_list` tells virtual and shadow tables from others (SQLite 3.37 and later). A table that is listed more
/// than once is one of several attached databases.
const OBJECTS: &str = "\
    SELECT object.type, object.name, object.tbl_name, object.sql, coalesce(kind.type, '') AS kind \
    FROM main.sqlite_schema AS object \
    LEFT JOIN pragma_table_list AS kind ON kind.schema = 'main' AND kind.name = object.tbl_name \
    WHERE object.name NOT LIKE 'sqlite!_%' ESCAPE '!' AND object.sql IS NOT NULL \
    ORDER BY object.rowid";

/// Reads a live database into nouns.
///
/// # Errors
/// When it cannot be read, or when a CREATE statement in it does not parse.
pub async fn introspect(connection: &mut Connection) -> Result<Schema, DbError> {
    let rows = connection.query(OBJECTS).await?;
    let mut schema = Schema::default();
    for row in of_type(&rows, "table")? {
        let sql = row.text("sql")?;
        let parsed = ddl::parse_table(sql).map_err(|fault| unreadable(row, &fault))?;
        let name = ObjectName::bare(row.text("name")?);
        schema.tables.push(Table { name, verbatim: Some(sql.to_owned()), ..parsed.table });
    }
    for row in of_type(&rows, "index")? {
        let owner = ObjectName::bare(row.text("tbl_name")?);
        let Some(table) = schema.tables.iter_mut().find(|table| table.name == owner) else { continue };
        let index = ddl::parse_index(row.text("sql")?, table).map_err(|fault| unreadable(row, &fault))?;
        table.indexes.push(index);
    }
    let definitions = [
        (DefinitionKind::VirtualTable, virtual_tables(&rows)?),
        (DefinitionKind::View, of_type(&rows, "view")?),
        (DefinitionKind::Trigger, of_type(&rows, "trigger")?),
    ];
    for (kind, rows) in definitions {
        for row in rows {
            let table =
                if kind == DefinitionKind::Trigger { Some(ObjectName::bare(row.text("tbl_name")?)) } else { None };
            let name = ObjectName::bare(row.text("name")?);
            schema.definitions.push(Definition { table, ..Definition::new(kind, name, row.text("sql")?) });
        }
    }
    spell_owners(&mut schema);
    name_what_definitions_need(&mut schema);
    resolve_references(&mut schema.tables);
    Ok(schema)
}

fn of_type<'a>(rows: &'a [Row], word: &str) -> Result<Vec<&'a Row>, DbError> {
    let mut found = Vec::new();
    for row in rows {
        let internal = matches!(row.text("kind")?, "virtual" | "shadow") && word != "trigger";
        if row.text("type")? == word && !internal && !row.text("sql")?.starts_with("CREATE VIRTUAL") {
            found.push(row);
        }
    }
    Ok(found)
}

fn virtual_tables(rows: &[Row]) -> Result<Vec<&Row>, DbError> {
    let mut found = Vec::new();
    for row in rows {
        if row.text("type")? == "table" && row.text("sql")?.starts_with("CREATE VIRTUAL") {
            found.push(row);
        }
    }
    Ok(found)
}

/// Whether others may read it: a view, or a virtual table.
fn is_relation(definition: &&Definition) -> bool {
    matches!(definition.kind, DefinitionKind::View | DefinitionKind::VirtualTable)
}

fn unreadable(row: &Row, fault: &str) -> DbError {
    let of = |column| row.text(column).unwrap_or_default().to_owned();
    DbError::Answer { reason: format!("cannot read {} {}: {fault}, in: {}", of("type"), of("name"), of("sql")) }
}

/// A trigger's row names its table in the letter case of the CREATE TRIGGER, which need not be the table's.
fn spell_owners(schema: &mut Schema) {
    let views = schema.definitions.iter().filter(is_relation);
    let names: Vec<ObjectName> =
        schema.tables.iter().map(|table| &table.name).chain(views.map(|view| &view.name)).cloned().collect();
    for owner in schema.definitions.iter_mut().filter_map(|definition| definition.table.as_mut()) {
        if let Some(name) = names.iter().find(|name| name.name.eq_ignore_ascii_case(&owner.name)) {
            owner.clone_from(name);
        }
    }
}

/// SQLite keeps no dependencies: what a text names, it needs.
fn name_what_definitions_need(schema: &mut Schema) {
    let views = schema.definitions.iter().filter(is_relation);
    let names: Vec<ObjectName> =
        schema.tables.iter().map(|table| &table.name).chain(views.map(|view| &view.name)).cloned().collect();
    for definition in &mut schema.definitions {
        let found = token::tokens(&definition.sql);
        let mut words: BTreeSet<String> = found
            .iter()
            .filter(|token| token.is_identifier())
            .map(|token| token.identifier().to_ascii_lowercase())
            .collect();
        if definition.kind == DefinitionKind::VirtualTable {
            // A text that names it, as in content='posts'.
            words.extend(virtual_table::content_table(&definition.sql).map(|name| name.to_ascii_lowercase()));
        }
        let named = names.iter().filter(|name| words.contains(&name.name.to_ascii_lowercase()));
        definition.needs = named.filter(|name| **name != definition.name).map(Reference::relation).collect();
    }
}

/// A reference takes the spelling of what it refers to, and where it names no columns, the primary key is meant
/// (<https://www.sqlite.org/foreignkeys.html#fk_basics>).
pub(super) fn resolve_references(tables: &mut [Table]) {
    let parents: Vec<(ObjectName, Vec<String>, Vec<String>)> = tables
        .iter()
        .map(|table| {
            let key = table.primary_key_columns().into_iter().map(str::to_owned).collect();
            (table.name.clone(), table.columns.iter().map(|column| column.name.clone()).collect(), key)
        })
        .collect();
    for key in tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        let parent = parents.iter().find(|(name, ..)| name.name.eq_ignore_ascii_case(&key.references.name));
        let Some((name, columns, primary)) = parent else { continue };
        key.references = name.clone();
        if key.referenced_columns.is_empty() && primary.len() == key.columns.len() {
            key.referenced_columns.clone_from(primary);
        }
        for referenced in &mut key.referenced_columns {
            if let Some(column) = columns.iter().find(|column| column.eq_ignore_ascii_case(referenced)) {
                referenced.clone_from(column);
            }
        }
    }
}
