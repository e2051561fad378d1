//! Keys and foreign keys in what `SHOW CREATE TABLE` prints.

use rungs_schema::{Action, ForeignKey, Index, IndexPart, ObjectName, PrimaryKey, Table};

use super::ddl::Surroundings;
use super::token::{Cursor, Kind, without_parentheses};
use crate::error::DbError;

/// The opclass that marks MariaDB's application-time periods in a key.
pub(super) const WITHOUT_OVERLAPS: &str = "without overlaps";

/// A primary key or an index.
pub(super) fn key(cursor: &mut Cursor<'_>, table: &mut Table, around: &Surroundings) -> Result<(), DbError> {
    let primary = cursor.take_word("PRIMARY");
    let unique = cursor.take_word("UNIQUE");
    let mut method =
        ["FULLTEXT", "SPATIAL", "VECTOR"].into_iter().find(|word| cursor.take_word(word)).map(str::to_ascii_lowercase);
    if !(cursor.take_word("KEY") || cursor.take_word("INDEX")) {
        return Err(cursor.unexpected("a column, key or constraint"));
    }
    let name = if cursor.is_symbol("(") { None } else { Some(cursor.identifier()?) };
    let mut index = Index { name, unique, parts: parts(cursor, around)?, ..Index::default() };
    while !(cursor.is_symbol(",") || cursor.is_symbol(")")) {
        if cursor.take_word("USING") {
            method = Some(cursor.identifier()?.to_ascii_lowercase());
        } else {
            option(cursor, &mut index)?;
        }
    }
    index.method = method;
    if primary {
        table.primary_key = Some(PrimaryKey {
            parts: index.parts,
            method: index.method,
            options: index.options,
            comment: index.comment,
            ..PrimaryKey::default()
        });
    } else {
        table.indexes.push(index);
    }
    Ok(())
}

fn parts(cursor: &mut Cursor<'_>, around: &Surroundings) -> Result<Vec<IndexPart>, DbError> {
    cursor.expect_symbol("(")?;
    let mut parts = Vec::new();
    loop {
        let mut part = if cursor.is_symbol("(") {
            IndexPart::expression(without_parentheses(&around.local(cursor.group()?)))
        } else {
            IndexPart::column(cursor.identifier()?)
        };
        if cursor.is_symbol("(") {
            let length = cursor.group()?;
            part.length = Some(length.trim().parse().map_err(|_| cursor.unexpected("a length before"))?);
        }
        part.descending = cursor.take_word("DESC");
        cursor.take_word("ASC");
        if cursor.take_words(&["WITHOUT", "OVERLAPS"]) {
            part.opclass = Some(WITHOUT_OVERLAPS.to_owned());
        }
        parts.push(part);
        if !cursor.take_symbol(",") {
            break;
        }
    }
    cursor.expect_symbol(")")?;
    Ok(parts)
}

fn option(cursor: &mut Cursor<'_>, index: &mut Index) -> Result<(), DbError> {
    if cursor.take_word("COMMENT") {
        index.comment = Some(cursor.literal()?).filter(|text| !text.is_empty());
        return Ok(());
    }
    for word in ["INVISIBLE", "IGNORED"] {
        if cursor.take_word(word) {
            index.options.insert(word.to_ascii_lowercase(), String::new());
            return Ok(());
        }
    }
    if cursor.take_words(&["WITH", "PARSER"]) {
        index.options.insert("parser".to_owned(), cursor.identifier()?);
        return Ok(());
    }
    let token = cursor.peek().ok_or_else(|| cursor.unexpected("an option of an index"))?;
    let name = match token.kind {
        Kind::Word => token.text.to_ascii_lowercase(),
        Kind::Quoted => token.text.to_owned(),
        Kind::Text | Kind::Number | Kind::Symbol => return Err(cursor.unexpected("an option of an index")),
    };
    cursor.next();
    cursor.take_symbol("=");
    let value = cursor.next().map(|token| token.text.to_owned()).unwrap_or_default();
    index.options.insert(name, value);
    Ok(())
}

/// A foreign key, after the words `FOREIGN KEY`.
pub(super) fn foreign_key(
    cursor: &mut Cursor<'_>,
    name: Option<String>,
    around: &Surroundings,
) -> Result<ForeignKey, DbError> {
    let columns = names(cursor)?;
    if !cursor.take_word("REFERENCES") {
        return Err(cursor.unexpected("REFERENCES"));
    }
    let mut references = ObjectName::bare(cursor.identifier()?);
    if cursor.take_symbol(".") {
        let schema = std::mem::take(&mut references.name);
        references.name = cursor.identifier()?;
        references.schema = Some(schema).filter(|schema| *schema != around.database);
    }
    let silent = if around.mariadb { Action::Restrict } else { Action::NoAction };
    let mut key = ForeignKey {
        name,
        columns,
        references,
        referenced_columns: names(cursor)?,
        on_delete: silent,
        on_update: silent,
        ..ForeignKey::default()
    };
    while cursor.take_word("ON") {
        let delete = cursor.take_word("DELETE");
        if !delete && !cursor.take_word("UPDATE") {
            return Err(cursor.unexpected("DELETE or UPDATE"));
        }
        let action = Action::ALL
            .into_iter()
            .find(|action| cursor.take_words(&action.sql().split(' ').collect::<Vec<_>>()))
            .ok_or_else(|| cursor.unexpected("an action"))?;
        if delete {
            key.on_delete = action;
        } else {
            key.on_update = action;
        }
    }
    Ok(key)
}

fn names(cursor: &mut Cursor<'_>) -> Result<Vec<String>, DbError> {
    cursor.expect_symbol("(")?;
    let mut names = vec![cursor.identifier()?];
    while cursor.take_symbol(",") {
        names.push(cursor.identifier()?);
    }
    cursor.expect_symbol(")")?;
    Ok(names)
}

/// Some versions of MariaDB (11.8.6 does, 10.11.19 does not) print a foreign key's own name and its columns between
/// backticks without doubling the backticks inside; every other name is escaped.
pub(super) fn with_escaped_foreign_keys(sql: &str) -> String {
    let lines: Vec<_> =
        sql.split('\n').map(|line| escaped_foreign_key(line).unwrap_or_else(|| line.to_owned())).collect();
    lines.join("\n")
}

fn escaped_foreign_key(line: &str) -> Option<String> {
    let (name, rest) = line.strip_prefix("  CONSTRAINT `")?.split_once("` FOREIGN KEY (`")?;
    let (columns, rest) = rest.split_once("`) REFERENCES `")?;
    let (table, rest) = rest.split_once("` (`")?;
    let (referenced, tail) = rest.rsplit_once("`)")?;
    let once = |name: &str| {
        let escaped = !name.replace("``", "").contains('`');
        if escaped { name.to_owned() } else { name.replace('`', "``") }
    };
    let each = |names: &str| names.split("`, `").map(once).collect::<Vec<_>>().join("`, `");
    Some(format!(
        "  CONSTRAINT `{}` FOREIGN KEY (`{}`) REFERENCES `{table}` (`{}`){tail}",
        once(name),
        each(columns),
        each(referenced),
    ))
}
