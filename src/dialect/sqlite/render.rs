//! Changes as statements.

use rungs_schema::{
    AutoIncrement, Check, Column, Definition, DefinitionKind, ForeignKey, Index, IndexKey, IndexPart, PrimaryKey,
    Table, Unique,
};
use sea_query::SqliteQueryBuilder;

use super::ddl::{self, expression};
use super::{Sqlite, alter, virtual_table};
use crate::dialect::simple::drop_table;
use crate::dialect::{Dialect, Part, Statement};
use crate::diff::change::{Change, Delta};
use crate::error::PlanError;

pub(super) use expression::quote;

pub(super) fn render(dialect: &Sqlite, change: &Change) -> Result<Vec<Statement>, PlanError> {
    match change {
        Change::CreateTable { next } => {
            let mut statements = vec![Statement::new(create_table(next), format!("creates table {}", next.name))];
            statements.extend(next.indexes.iter().map(|index| create_index(dialect, next, index)));
            Ok(statements)
        }
        Change::DropTable { previous } => {
            let name = &previous.name;
            let statement = Statement::new(drop_table(name, SqliteQueryBuilder), format!("drops table {name}"));
            Ok(vec![statement.losing(format!("table {name} and its rows"))])
        }
        Change::AlterTable(alter) => alter::alter(dialect, alter),
        Change::Definition(delta) => definition(dialect, delta),
        Change::Rows(_)
        | Change::Sequence(_)
        | Change::Enum { .. }
        | Change::Domain { .. }
        | Change::Composite { .. }
        | Change::Anew { .. }
        | Change::Access { .. }
        | Change::DefaultPrivileges { .. } => Err(unsupported(dialect, format!("keep {}", change.subject()))),
    }
}

fn unsupported(dialect: &Sqlite, action: String) -> PlanError {
    PlanError::Unsupported { engine: dialect.engine(), action, help: None }
}

fn definition(dialect: &Sqlite, delta: &Delta<Definition>) -> Result<Vec<Statement>, PlanError> {
    let kinds = [delta.previous(), delta.next()];
    for definition in kinds.into_iter().flatten() {
        if !matches!(definition.kind, DefinitionKind::View | DefinitionKind::Trigger | DefinitionKind::VirtualTable) {
            return Err(unsupported(dialect, format!("keep {} {}", definition.kind, definition.name)));
        }
    }
    if let Delta::Alter { previous, next } = delta
        && let Some(statements) = virtual_table::alter(previous, next)
    {
        return Ok(statements);
    }
    let dropped = delta.previous().map(drop_definition);
    Ok(dropped.into_iter().chain(delta.next().map(create_definition)).collect())
}

pub(super) fn drop_definition(definition: &Definition) -> Statement {
    let Definition { kind, name, .. } = definition;
    let is_table = *kind == DefinitionKind::VirtualTable;
    let word = if is_table { "TABLE".to_owned() } else { kind.to_string().to_ascii_uppercase() };
    let statement = Statement::new(format!("DROP {word} {}", quote(&name.name)), format!("drops {kind} {name}"));
    if is_table { statement.losing(format!("virtual table {name} and its rows")) } else { statement }
}

pub(super) fn create_definition(definition: &Definition) -> Statement {
    Statement::new(&definition.sql, format!("creates {} {}", definition.kind, definition.name))
}

pub(super) fn drop_index(table: &Table, index: &Index) -> Statement {
    let name = index.name.as_deref().unwrap_or_default();
    Statement::new(format!("DROP INDEX {}", quote(name)), format!("drops index {name} of table {}", table.name))
}

pub(super) fn create_index(dialect: &Sqlite, table: &Table, index: &Index) -> Statement {
    let name = index_name(dialect, table, index);
    let unique = if index.unique { "unique " } else { "" };
    let comment = format!("creates {unique}index {name} on table {}", table.name);
    let own = || ddl::index_with_names(index_words(table, index)?, &name, &table.name.name);
    Statement::new(own().unwrap_or_else(|| index_from_nouns(table, index, &name)), comment)
}

/// The words that an index brings from a database, unless the nouns have moved on from them.
fn index_words<'a>(table: &Table, index: &'a Index) -> Option<&'a str> {
    let sql = index.verbatim.0.as_deref()?;
    let said = ddl::parse_index(sql, table).ok()?;
    (Index { name: index.name.clone(), ..said } == *index).then_some(sql)
}

fn index_from_nouns(table: &Table, index: &Index, name: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql =
        format!("CREATE {unique}INDEX {} ON {} ({})", quote(name), quote(&table.name.name), keys(&index.parts));
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql
}

fn index_name(dialect: &Sqlite, table: &Table, index: &Index) -> String {
    let named = index.name.clone().or_else(|| dialect.default_name(&table.name.name, Part::Index(index)));
    named.unwrap_or_default()
}

fn keys(parts: &[IndexPart]) -> String {
    parts.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn key(part: &IndexPart) -> String {
    let mut sql = match &part.key {
        IndexKey::Column(name) => quote(name),
        // Without parentheses a COLLATE after it would belong to its last operand.
        IndexKey::Expression(text) if part.collation.is_some() => format!("({text})"),
        IndexKey::Expression(text) => text.clone(),
    };
    if let Some(collation) = &part.collation {
        sql.push_str(&format!(" COLLATE {collation}"));
    }
    if part.descending {
        sql.push_str(" DESC");
    }
    sql
}

/// The CREATE TABLE of a table: its own words where it has some that say what the nouns say, else well-formed ones.
pub(super) fn create_table(table: &Table) -> String {
    match own_words(table) {
        Some((sql, parsed)) => ddl::renamed(sql, &parsed, &table.name.name),
        None => from_nouns(table),
    }
}

/// The words that a table brings from a database, unless the nouns have moved on from them.
pub(super) fn own_words(table: &Table) -> Option<(&str, ddl::ParsedTable)> {
    let sql = table.verbatim.as_deref()?;
    let parsed = ddl::parse_table(sql).ok()?;
    let mut said = parsed.table.clone();
    for (said, meant) in said.foreign_keys.iter_mut().zip(&table.foreign_keys) {
        if said.references.name.eq_ignore_ascii_case(&meant.references.name) {
            said.references = meant.references.clone();
        }
        if same_names(&said.referenced_columns, &meant.referenced_columns) {
            said.referenced_columns.clone_from(&meant.referenced_columns);
        }
    }
    said.name = table.name.clone();
    said.verbatim.clone_from(&table.verbatim);
    said.indexes.clone_from(&table.indexes);
    (said == *table).then_some((sql, parsed))
}

/// Whether a list of referenced columns says the same: none at all is the primary key.
fn same_names(said: &[String], meant: &[String]) -> bool {
    said.is_empty() || said.len() == meant.len() && said.iter().zip(meant).all(|(a, b)| a.eq_ignore_ascii_case(b))
}

/// A CREATE TABLE in the words that rungs has for the nouns.
pub(super) fn from_nouns(table: &Table) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(|column| column_text(table, column, true)).collect();
    if let Some(key) = table.primary_key.as_ref().filter(|key| !stands_on_column(table, &key.parts)) {
        let conflict = conflict(key.on_conflict.as_deref());
        lines.push(format!("{}PRIMARY KEY ({}){conflict}", named(key.name.as_deref()), keys(&key.parts)));
    }
    for unique in table.uniques.iter().filter(|unique| !is_unique_of_column(table, unique)) {
        let conflict = conflict(unique.on_conflict.as_deref());
        lines.push(format!("{}UNIQUE ({}){conflict}", named(unique.name.as_deref()), keys(&unique.parts)));
    }
    for check in table.checks.iter().filter(|check| !is_column(table, check.column.as_ref())) {
        lines.push(check_text(check));
    }
    for key in table.foreign_keys.iter().filter(|key| key.columns.len() != 1 || !is_column(table, key.columns.first()))
    {
        let columns = names(&key.columns);
        lines.push(format!("{}FOREIGN KEY ({columns}) {}", named(key.name.as_deref()), references(key)));
    }
    let options: Vec<&str> = [("strict", "STRICT"), ("without_rowid", "WITHOUT ROWID")]
        .into_iter()
        .filter_map(|(option, words)| table.options.contains_key(option).then_some(words))
        .collect();
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n    {}\n){options}", quote(&table.name.name), lines.join(",\n    "))
}

fn is_column(table: &Table, name: Option<&String>) -> bool {
    name.is_some_and(|name| table.column(name).is_some())
}

/// Whether a key is written with its column.
fn stands_on_column(table: &Table, parts: &[IndexPart]) -> bool {
    let column = |part: &IndexPart| part.column_name().is_some_and(|name| table.column(name).is_some());
    matches!(parts, [part] if column(part) && part.collation.is_none())
}

fn is_unique_of_column(table: &Table, unique: &Unique) -> bool {
    stands_on_column(table, &unique.parts) && !unique.parts[0].descending
}

/// A column with all that is written with it. Without its keys it is ADD COLUMN takes it: no primary key, nothing unique.
pub(super) fn column_text(table: &Table, column: &Column, with_keys: bool) -> String {
    let mut words = vec![quote(&column.name)];
    words.extend(column.ty.native().filter(|ty| !ty.is_empty()).map(str::to_owned));
    if let Some(collation) = &column.collation {
        words.push(format!("COLLATE {collation}"));
    }
    if !column.nullable {
        words.push(format!("NOT NULL{}", conflict(column.not_null_conflict.as_deref())));
    }
    if let Some(default) = &column.default {
        let literal = expression::is_literal(default);
        words.push(if literal { format!("DEFAULT {default}") } else { format!("DEFAULT ({default})") });
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        words.push(format!("GENERATED ALWAYS AS ({}) {kind}", generated.expression));
    }
    if with_keys {
        words.extend(keys_on_column(table, column));
    }
    let own = |check: &&Check| check.column.as_ref() == Some(&column.name);
    words.extend(table.checks.iter().filter(own).map(check_text));
    for key in table.foreign_keys.iter().filter(|key| key.columns == [column.name.as_str()]) {
        words.push(format!("{}{}", named(key.name.as_deref()), references(key)));
    }
    words.join(" ")
}

fn keys_on_column(table: &Table, column: &Column) -> Vec<String> {
    let on_this = |parts: &[IndexPart]| stands_on_column(table, parts) && parts[0].column_name() == Some(&column.name);
    let mut words = Vec::new();
    if let Some(PrimaryKey { name, parts, on_conflict, .. }) = &table.primary_key
        && on_this(parts)
    {
        let direction = if parts[0].descending { " DESC" } else { "" };
        let own = if column.auto_increment == Some(AutoIncrement::Native) { " AUTOINCREMENT" } else { "" };
        let conflict = conflict(on_conflict.as_deref());
        words.push(format!("{}PRIMARY KEY{direction}{conflict}{own}", named(name.as_deref())));
    }
    let unique = table.uniques.iter().filter(|unique| is_unique_of_column(table, unique) && on_this(&unique.parts));
    for Unique { name, on_conflict, .. } in unique {
        words.push(format!("{}UNIQUE{}", named(name.as_deref()), conflict(on_conflict.as_deref())));
    }
    words
}

fn named(name: Option<&str>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", quote(name))).unwrap_or_default()
}

fn conflict(on_conflict: Option<&str>) -> String {
    on_conflict.map(|word| format!(" ON CONFLICT {word}")).unwrap_or_default()
}

pub(super) fn names(names: &[String]) -> String {
    names.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
}

fn check_text(check: &Check) -> String {
    format!("{}CHECK ({})", named(check.name.as_deref()), check.expression)
}

fn references(key: &ForeignKey) -> String {
    let mut sql = format!("REFERENCES {}", quote(&key.references.name));
    if !key.referenced_columns.is_empty() {
        sql.push_str(&format!(" ({})", names(&key.referenced_columns)));
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if action != rungs_schema::Action::NoAction {
            sql.push_str(&format!(" ON {event} {}", action.sql()));
        }
    }
    if let Some(word) = &key.match_type {
        sql.push_str(&format!(" MATCH {word}"));
    }
    if let Some(deferrable) = key.deferrable {
        let initially = if deferrable.initially_deferred { " INITIALLY DEFERRED" } else { "" };
        sql.push_str(&format!(" DEFERRABLE{initially}"));
    }
    sql
}
