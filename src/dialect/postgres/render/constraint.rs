//! Keys, checks and indexes.

use std::collections::BTreeMap;

use rungs_schema::{Action, Check, Deferrable, ForeignKey, Index, IndexKey, IndexPart, ObjectName, Table};

use super::{comment, table};
use crate::dialect::postgres::{collation_sql, qualified, quote};
use crate::dialect::{Part, Statement};

/// Whatever is keyed or checked on a table, in an order in which it can be created.
pub(super) fn of_table(table: &Table) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = table.primary_key.iter().map(Part::PrimaryKey).collect();
    parts.extend(table.uniques.iter().map(Part::Unique));
    parts.extend(table.indexes.iter().map(Part::Index));
    parts.extend(table.exclusions.iter().map(Part::Exclusion));
    parts.extend(table.checks.iter().map(Part::Check));
    parts.extend(table.foreign_keys.iter().map(Part::ForeignKey));
    parts
}

pub(super) fn name_of(part: Part<'_>) -> Option<&str> {
    match part {
        Part::PrimaryKey(key) => key.name.as_deref(),
        Part::Unique(unique) => unique.name.as_deref(),
        Part::ForeignKey(key) => key.name.as_deref(),
        Part::Check(check) => check.name.as_deref(),
        Part::Index(index) => index.name.as_deref(),
        Part::Exclusion(exclusion) => exclusion.name.as_deref(),
    }
}

pub(super) fn comment_of(part: Part<'_>) -> Option<&str> {
    match part {
        Part::PrimaryKey(key) => key.comment.as_deref(),
        Part::Unique(unique) => unique.comment.as_deref(),
        Part::ForeignKey(key) => key.comment.as_deref(),
        Part::Check(check) => check.comment.as_deref(),
        Part::Index(index) => index.comment.as_deref(),
        Part::Exclusion(exclusion) => exclusion.comment.as_deref(),
    }
}

/// For comments: `primary key users_pkey`.
pub(super) fn label(part: Part<'_>) -> String {
    let kind = match part {
        Part::PrimaryKey(_) => "primary key",
        Part::Unique(_) => "unique constraint",
        Part::ForeignKey(_) => "foreign key",
        Part::Check(_) => "check",
        Part::Index(_) => "index",
        Part::Exclusion(_) => "exclusion constraint",
    };
    match name_of(part) {
        Some(name) => format!("{kind} {name}"),
        None => format!("{kind} on {}", part.columns()),
    }
}

/// A constraint as CREATE TABLE and ADD have it. An index is none.
pub(super) fn clause(part: Part<'_>) -> String {
    let name = name_of(part).map_or_else(String::new, |name| format!("CONSTRAINT {} ", quote(name)));
    let body = match part {
        Part::PrimaryKey(key) => {
            format!("PRIMARY KEY ({}){}{}", keys(&key.parts), include(&key.include), deferrable(key.deferrable))
        }
        Part::Unique(unique) => format!(
            "UNIQUE{} ({}){}{}",
            if unique.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" },
            keys(&unique.parts),
            include(&unique.include),
            deferrable(unique.deferrable)
        ),
        Part::ForeignKey(key) => foreign_key(key),
        Part::Check(check) => check_sql(check),
        Part::Exclusion(exclusion) => exclusion.definition.clone(),
        Part::Index(_) => String::new(),
    };
    format!("{name}{body}")
}

fn foreign_key(key: &ForeignKey) -> String {
    let mut sql = format!("FOREIGN KEY ({}) REFERENCES {}", list(&key.columns), qualified(&key.references));
    if !key.referenced_columns.is_empty() {
        sql.push_str(&format!(" ({})", list(&key.referenced_columns)));
    }
    if let Some(word) = &key.match_type {
        sql.push_str(&format!(" MATCH {word}"));
    }
    if key.on_delete != Action::NoAction {
        sql.push_str(&format!(" ON DELETE {}", key.on_delete.sql()));
        if !key.on_delete_columns.is_empty() {
            sql.push_str(&format!(" ({})", list(&key.on_delete_columns)));
        }
    }
    if key.on_update != Action::NoAction {
        sql.push_str(&format!(" ON UPDATE {}", key.on_update.sql()));
    }
    sql.push_str(deferrable(key.deferrable));
    sql.push_str(validity(key.not_valid, key.not_enforced));
    sql
}

fn check_sql(check: &Check) -> String {
    let inherit = if check.no_inherit { " NO INHERIT" } else { "" };
    format!("CHECK ({}){inherit}{}", check.expression, validity(check.not_valid, check.not_enforced))
}

fn validity(not_valid: bool, not_enforced: bool) -> &'static str {
    match (not_enforced, not_valid) {
        (true, _) => " NOT ENFORCED",
        (false, true) => " NOT VALID",
        (false, false) => "",
    }
}

fn deferrable(deferrable: Option<Deferrable>) -> &'static str {
    match deferrable {
        Some(Deferrable { initially_deferred: true }) => " DEFERRABLE INITIALLY DEFERRED",
        Some(Deferrable { initially_deferred: false }) => " DEFERRABLE",
        None => "",
    }
}

fn include(columns: &[String]) -> String {
    if columns.is_empty() { String::new() } else { format!(" INCLUDE ({})", list(columns)) }
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ")
}

fn keys(parts: &[IndexPart]) -> String {
    parts.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn key(part: &IndexPart) -> String {
    let mut sql = match &part.key {
        IndexKey::Column(name) => quote(name),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(collation) = &part.collation {
        sql.push_str(&format!(" COLLATE {}", collation_sql(collation)));
    }
    if let Some(opclass) = &part.opclass {
        sql.push_str(&format!(" {opclass}"));
    }
    if part.descending {
        sql.push_str(" DESC");
    }
    match part.nulls_first {
        Some(true) => sql.push_str(" NULLS FIRST"),
        Some(false) => sql.push_str(" NULLS LAST"),
        None => {}
    }
    sql
}

fn index_sql(table: &ObjectName, index: &Index) -> String {
    let kind = if index.unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" };
    let name = index.name.as_deref().map_or_else(String::new, |name| format!(" {}", quote(name)));
    let method = index.method.as_deref().map_or_else(String::new, |method| format!(" USING {method}"));
    let mut sql =
        format!("{kind}{name} ON {}{method} ({}){}", qualified(table), keys(&index.parts), include(&index.include));
    if index.nulls_not_distinct {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(options) = table::storage(&index.options) {
        sql.push_str(&format!(" WITH ({options})"));
    }
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql
}

/// The statement that adds it to a table that is there.
pub(super) fn create(table: &ObjectName, part: Part<'_>) -> Statement {
    let sql = match part {
        Part::Index(index) => index_sql(table, index),
        _ => format!("ALTER TABLE {} ADD {}", qualified(table), clause(part)),
    };
    let verb = if matches!(part, Part::Index(_)) { "creates" } else { "adds" };
    Statement::new(sql, format!("{verb} {} on {table}", label(part)))
}

/// The statement that drops it; the name is the one it has on the server.
pub(super) fn drop(table: &ObjectName, part: Part<'_>) -> Statement {
    let name = name_of(part).unwrap_or_default();
    let sql = match part {
        Part::Index(_) => format!("DROP INDEX {}", qualified(&table.sibling(name))),
        _ => format!("ALTER TABLE {} DROP CONSTRAINT {}", qualified(table), quote(name)),
    };
    Statement::new(sql, format!("drops {} of {table}", label(part)))
}

/// The statement that gives it another name.
pub(super) fn rename(table: &ObjectName, part: Part<'_>, name: &str) -> Statement {
    let old = name_of(part).unwrap_or_default();
    let sql = match part {
        Part::Index(_) => format!("ALTER INDEX {} RENAME TO {}", qualified(&table.sibling(old)), quote(name)),
        _ => format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", qualified(table), quote(old), quote(name)),
    };
    Statement::new(sql, format!("renames {} of {table} to {name}", label(part)))
}

/// The statement that sets its comment, if it has one.
pub(super) fn comment_on(table: &ObjectName, part: Part<'_>) -> Option<Statement> {
    comment_of(part).map(|_| set_comment(table, part))
}

/// The statement that makes its comment what it should be.
pub(super) fn set_comment(table: &ObjectName, part: Part<'_>) -> Statement {
    let name = name_of(part).unwrap_or_default();
    let object = match part {
        Part::Index(_) => format!("INDEX {}", qualified(&table.sibling(name))),
        _ => format!("CONSTRAINT {} ON {}", quote(name), qualified(table)),
    };
    comment::on(&object, &format!("{} of {table}", label(part)), comment_of(part))
}

/// Whether two of them differ in name and comment only. The columns of the first are told under their names after
/// `renames` (old to new), which the server follows by itself.
pub(super) fn same_apart_from_name(previous: Part<'_>, next: Part<'_>, renames: &BTreeMap<&str, &str>) -> bool {
    match (previous, next) {
        (Part::PrimaryKey(a), Part::PrimaryKey(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            a == *b
        }
        (Part::Unique(a), Part::Unique(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            a == *b
        }
        (Part::ForeignKey(a), Part::ForeignKey(b)) => {
            let mut a = a.clone();
            a.columns = renamed(a.columns, renames);
            a.on_delete_columns = renamed(a.on_delete_columns, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            a == *b
        }
        (Part::Check(a), Part::Check(b)) => {
            let mut a = a.clone();
            (a.name, a.comment, a.column) = (b.name.clone(), b.comment.clone(), b.column.clone());
            a == *b
        }
        (Part::Index(a), Part::Index(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            a == *b
        }
        _ => false,
    }
}

fn renamed(columns: Vec<String>, renames: &BTreeMap<&str, &str>) -> Vec<String> {
    columns.into_iter().map(|name| renames.get(name.as_str()).map_or(name.clone(), |new| (*new).to_owned())).collect()
}

fn renamed_parts(parts: Vec<IndexPart>, renames: &BTreeMap<&str, &str>) -> Vec<IndexPart> {
    parts
        .into_iter()
        .map(|mut part| {
            if let IndexKey::Column(name) = &mut part.key
                && let Some(new) = renames.get(name.as_str())
            {
                *name = (*new).to_owned();
            }
            part
        })
        .collect()
}

/// Whether a column that is dropped and added again takes it along. Expressions are searched as text: to drop and
/// create one too many is only slower.
pub(super) fn mentions(part: Part<'_>, column: &str) -> bool {
    let key = |part: &IndexPart| match &part.key {
        IndexKey::Column(name) => name == column,
        IndexKey::Expression(text) => reads(text, column),
    };
    let among = |list: &[String]| list.iter().any(|name| name == column);
    match part {
        Part::PrimaryKey(pk) => pk.parts.iter().any(key) || among(&pk.include),
        Part::Unique(unique) => unique.parts.iter().any(key) || among(&unique.include),
        Part::ForeignKey(fk) => among(&fk.columns),
        Part::Check(check) => reads(&check.expression, column),
        Part::Exclusion(exclusion) => reads(&exclusion.definition, column),
        Part::Index(index) => {
            let predicate = index.predicate.as_deref().is_some_and(|text| reads(text, column));
            predicate || index.parts.iter().any(key) || among(&index.include)
        }
    }
}

/// Whether an expression may read a column: its name stands in the text, as it is or in quotes. One too many is only
/// slower.
pub(super) fn reads(expression: &str, column: &str) -> bool {
    expression.contains(&column.replace('"', "\"\""))
}
