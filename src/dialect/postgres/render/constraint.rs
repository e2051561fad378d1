//! Keys, checks and indexes.

use std::collections::BTreeMap;

use rungs_schema::{Action, Check, Deferrable, ForeignKey, Index, IndexKey, IndexPart, ObjectName, Options, Table};

use super::{comment, options};
use crate::dialect::postgres::column_option::INDEX_COMMENT;
use crate::dialect::postgres::names::printed;
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
        Part::Index(index) if index.options.contains_key("invalid") => None,
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
            format!("PRIMARY KEY {}{}", key_sql(&key.parts, &key.include, &key.options), deferrable(key.deferrable))
        }
        Part::Unique(unique) => format!(
            "UNIQUE{} {}{}",
            if unique.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" },
            key_sql(&unique.parts, &unique.include, &unique.options),
            deferrable(unique.deferrable)
        ),
        Part::ForeignKey(key) => foreign_key(key),
        Part::Check(check) => check_sql(check),
        Part::Exclusion(exclusion) => exclusion.definition.clone(),
        Part::Index(_) => String::new(),
    };
    format!("{name}{body}")
}

/// The columns of a key and what its index is like.
fn key_sql(parts: &[IndexPart], included: &[String], options: &Options) -> String {
    let overlaps = if options.contains_key("without_overlaps") { " WITHOUT OVERLAPS" } else { "" };
    let mut sql = format!("({}{overlaps}){}", keys(parts), include(included));
    sql.extend(options::storage(options).map(|list| format!(" WITH ({list})")));
    sql.extend(options.get("tablespace").map(|place| format!(" USING INDEX TABLESPACE {}", quote(place))));
    sql
}

fn foreign_key(key: &ForeignKey) -> String {
    // The last column may be a range.
    let columns = |columns: &[String]| match columns.split_last() {
        Some((last, rest)) if key.period => {
            rest.iter().map(|column| quote(column) + ", ").collect::<String>() + "PERIOD " + &quote(last)
        }
        _ => list(columns),
    };
    let mut sql = format!("FOREIGN KEY ({}) REFERENCES {}", columns(&key.columns), qualified(&key.references));
    if !key.referenced_columns.is_empty() {
        sql.push_str(&format!(" ({})", columns(&key.referenced_columns)));
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

pub(in crate::dialect::postgres) fn index_sql(table: &ObjectName, index: &Index) -> String {
    let kind = if index.unique { "CREATE UNIQUE INDEX" } else { "CREATE INDEX" };
    let name = index.name.as_deref().map_or_else(String::new, |name| format!(" {}", quote(name)));
    let method = index.method.as_deref().map_or_else(String::new, |method| format!(" USING {}", printed(method)));
    let only = if index.options.contains_key("only") { "ONLY " } else { "" };
    let (table, keys) = (qualified(table), keys(&index.parts));
    let mut sql = format!("{kind}{name} ON {only}{table}{method} ({keys}){}", include(&index.include));
    if index.nulls_not_distinct {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    sql.extend(options::storage(&index.options).map(|list| format!(" WITH ({list})")));
    sql.extend(index.options.get("tablespace").map(|place| format!(" TABLESPACE {}", quote(place))));
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql
}

/// The statements that add it to a table that is there, without its comment. Nobody wants an index that could not be
/// built, so that there are none for it.
pub(super) fn create(table: &ObjectName, part: Part<'_>) -> Vec<Statement> {
    let Part::Index(index) = part else {
        let sql = format!("ALTER TABLE {} ADD {}", qualified(table), clause(part));
        return vec![Statement::new(sql, format!("adds {} on {table}", label(part)))];
    };
    if index.options.contains_key("invalid") {
        return Vec::new();
    }
    let mut out = vec![Statement::new(index_sql(table, index), format!("creates {} on {table}", label(part)))];
    out.extend(options::after_index(&table.sibling(index.name.clone().unwrap_or_default()), index));
    out
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

/// The statements that set its comment, if it has one, and that of the index behind it.
pub(super) fn comment_on(table: &ObjectName, part: Part<'_>) -> Vec<Statement> {
    let of_index = match part {
        Part::PrimaryKey(key) => key.options.get(INDEX_COMMENT),
        Part::Unique(unique) => unique.options.get(INDEX_COMMENT),
        _ => None,
    };
    let index = table.sibling(name_of(part).unwrap_or_default());
    let of_index = of_index.map(|text| options::comment_on_index(&index, Some(text)));
    comment_of(part).map(|_| set_comment(table, part)).into_iter().chain(of_index).collect()
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

/// Whether one can become the other where it stands: by another name, another comment, and [`change`]. The columns of the
/// first are told under their names after `renames` (old to new), which the server follows by itself.
pub(super) fn changes_in_place(previous: Part<'_>, next: Part<'_>, renames: &BTreeMap<&str, &str>) -> bool {
    let same_options = |a: &mut Options, b: &Options| {
        if options::index_changes_in_place(a, b) {
            a.clone_from(b);
        }
    };
    match (previous, next) {
        (Part::PrimaryKey(a), Part::PrimaryKey(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            same_options(&mut a.options, &b.options);
            a == *b
        }
        (Part::Unique(a), Part::Unique(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            same_options(&mut a.options, &b.options);
            a == *b
        }
        (Part::ForeignKey(a), Part::ForeignKey(b)) => {
            let mut a = a.clone();
            a.columns = renamed(a.columns, renames);
            a.on_delete_columns = renamed(a.on_delete_columns, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            alters_foreign_key(&a, b)
        }
        (Part::Check(a), Part::Check(b)) => {
            let mut a = a.clone();
            (a.name, a.comment, a.column) = (b.name.clone(), b.comment.clone(), b.column.clone());
            a.not_valid &= b.not_valid;
            a == *b
        }
        (Part::Exclusion(a), Part::Exclusion(b)) => a.definition == b.definition,
        (Part::Index(a), Part::Index(b)) => {
            let mut a = a.clone();
            a.parts = renamed_parts(a.parts, renames);
            a.include = renamed(a.include, renames);
            (a.name, a.comment) = (b.name.clone(), b.comment.clone());
            same_options(&mut a.options, &b.options);
            a == *b
        }
        _ => false,
    }
}

/// Whether a foreign key can become another one where it stands; see [`Rules`](crate::diff::Rules). What is checked
/// cannot become unchecked, unless it is no longer enforced (PostgreSQL 18).
pub(in crate::dialect::postgres) fn alters_foreign_key(previous: &ForeignKey, next: &ForeignKey) -> bool {
    let aligned = ForeignKey {
        name: next.name.clone(),
        comment: next.comment.clone(),
        deferrable: next.deferrable,
        not_valid: previous.not_valid && next.not_valid,
        not_enforced: next.not_enforced,
        ..previous.clone()
    };
    aligned == *next
}

/// The statements that turn one into the other, which has its new name already.
pub(super) fn change(table: &ObjectName, previous: Part<'_>, next: Part<'_>) -> Vec<Statement> {
    let index = table.sibling(name_of(next).unwrap_or_default());
    match (previous, next) {
        (Part::PrimaryKey(a), Part::PrimaryKey(b)) => options::change_index(&index, &a.options, &b.options),
        (Part::Unique(a), Part::Unique(b)) => options::change_index(&index, &a.options, &b.options),
        (Part::Index(a), Part::Index(b)) => options::change_index(&index, &a.options, &b.options),
        (Part::ForeignKey(a), Part::ForeignKey(b)) => change_foreign_key(table, a, b),
        (Part::Check(a), Part::Check(b)) if a.not_valid && !b.not_valid => vec![validate(table, next)],
        _ => Vec::new(),
    }
}

fn change_foreign_key(table: &ObjectName, previous: &ForeignKey, next: &ForeignKey) -> Vec<Statement> {
    let part = Part::ForeignKey(next);
    let name = quote(next.name.as_deref().unwrap_or_default());
    let mut words = Vec::new();
    if previous.deferrable != next.deferrable {
        words.push(match deferrable(next.deferrable).trim() {
            "" => "NOT DEFERRABLE",
            "DEFERRABLE" => "DEFERRABLE INITIALLY IMMEDIATE",
            other => other,
        });
    }
    if previous.not_enforced != next.not_enforced {
        words.push(if next.not_enforced { "NOT ENFORCED" } else { "ENFORCED" });
    }
    let mut out = Vec::new();
    for word in words {
        let sql = format!("ALTER TABLE {} ALTER CONSTRAINT {name} {word}", qualified(table));
        out.push(Statement::new(sql, format!("makes {} of {table} {word}", label(part))));
    }
    if previous.not_valid && !next.not_valid && !next.not_enforced {
        out.push(validate(table, part));
    }
    out
}

fn validate(table: &ObjectName, part: Part<'_>) -> Statement {
    let name = quote(name_of(part).unwrap_or_default());
    let sql = format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", qualified(table));
    Statement::new(sql, format!("checks existing rows against {} of {table}", label(part)))
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
