//! Virtual tables: what stands in one is its module's business, so that a change makes it anew. The rows of the modules
//! that come with SQLite move over; those of another are lost, and said to be.

use rungs_schema::{Definition, DefinitionKind};

use super::ddl::token::{Kind, Token, tokens};
use super::rebuild::PREFIX;
use super::render::{drop_definition, quote};
use crate::dialect::Statement;

/// Whether the rows of one can move over to the other.
pub(super) fn replaces(previous: &Definition, next: &Definition) -> bool {
    previous.name == next.name && alter(previous, next).is_some()
}

/// The statements that turn a virtual table into another of the same name, where its rows can move over. They wait in a
/// table of their own meanwhile: a rename would give the tables that a module keeps for itself other words.
pub(super) fn alter(previous: &Definition, next: &Definition) -> Option<Vec<Statement>> {
    if (previous.kind, next.kind) != (DefinitionKind::VirtualTable, DefinitionKind::VirtualTable) {
        return None;
    }
    let (old, new) = (Virtual::read(&previous.sql)?, Virtual::read(&next.sql)?);
    let name = &next.name.name;
    let moves = old.moves_to(&new)?;
    let (table, waiting) = (quote(name), quote(&format!("{PREFIX}{name}")));
    let keeps_rows = old.family == Family::Text && !old.is_index();
    let lost: Vec<_> = old.columns.iter().filter(|column| keeps_rows && !new.has(column)).collect();
    let lost: Vec<_> = lost.iter().map(|column| format!("column {name}.{column} and its values")).collect();
    let drop = Statement::new(drop_definition(previous).sql, format!("drops the old virtual table {name}"));
    let drop = if lost.is_empty() { drop } else { drop.losing(lost.join("; ")) };
    let create = Statement::new(&next.sql, format!("makes virtual table {name} anew"));
    let Some(pairs) = moves else {
        // The rows are in another table, and the index is read from there.
        let rebuild = format!("INSERT INTO {table} ({table}) VALUES ('rebuild')");
        return Some(vec![drop, create, Statement::new(rebuild, format!("indexes the rows of {name}"))]);
    };
    if pairs.is_empty() {
        return Some(vec![drop, create]);
    }
    let list = |of: fn(&Pair) -> String| pairs.iter().map(of).collect::<Vec<_>>().join(", ");
    let keep = format!("CREATE TABLE {waiting} AS\nSELECT {} FROM {table}", list(|pair| pair.kept()));
    let fill = format!(
        "INSERT INTO {table} ({})\nSELECT {} FROM {waiting}",
        list(|pair| pair.new.clone()),
        list(|pair| pair.place())
    );
    Some(vec![
        Statement::new(keep, format!("keeps the rows of {name}")),
        drop,
        create,
        Statement::new(fill, format!("gives {name} its rows again")),
        Statement::new(format!("DROP TABLE {waiting}"), "drops the table that kept them"),
    ])
}

/// A column of the old table and the one that takes its values.
struct Pair {
    old: String,
    new: String,
    index: usize,
}

impl Pair {
    fn kept(&self) -> String {
        format!("{} AS {}", self.old, self.place())
    }

    fn place(&self) -> String {
        format!("c{}", self.index)
    }
}

/// A CREATE VIRTUAL TABLE of a module that comes with SQLite.
struct Virtual {
    family: Family,
    columns: Vec<String>,
    /// Where the rows are kept when it is not in the table itself: empty for nowhere.
    content: Option<String>,
}

/// <https://www.sqlite.org/fts5.html>, <https://www.sqlite.org/fts3.html>, <https://www.sqlite.org/rtree.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Text,
    Boxes,
}

impl Virtual {
    fn read(sql: &str) -> Option<Self> {
        let found = tokens(sql);
        let using = found.iter().position(|token| token.is_word("USING"))?;
        let module = found.get(using + 1)?;
        let family = match module.identifier().to_ascii_lowercase().as_str() {
            "fts3" | "fts4" | "fts5" => Family::Text,
            "rtree" | "rtree_i32" => Family::Boxes,
            _ => return None,
        };
        let mut read = Self { family, columns: Vec::new(), content: None };
        for argument in arguments(found.get(using + 2..)?) {
            read.argument(argument);
        }
        Some(read)
    }

    fn argument(&mut self, argument: &[Token<'_>]) {
        let is_option = argument.get(1).is_some_and(|token| token.is_mark("="));
        let plain = argument.iter().find(|token| token.kind != Kind::Mark);
        match (argument.first(), plain) {
            (Some(word), _) if is_option && word.is_word("content") => {
                self.content = argument.get(2).map(Token::identifier);
            }
            _ if is_option => {}
            (Some(word), _) if word.is_word("tokenize") => {}
            (_, Some(column)) => self.columns.push(column.identifier()),
            _ => {}
        }
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|own| own.eq_ignore_ascii_case(column))
    }

    /// Whether its rows are in another table, and it only finds them.
    fn is_index(&self) -> bool {
        self.content.is_some()
    }

    /// Which columns give their values to which; none where the new table reads its rows elsewhere. `None` where there
    /// is nothing to read, or no way over.
    fn moves_to(&self, new: &Self) -> Option<Option<Vec<Pair>>> {
        if self.family != new.family || self.content.as_deref() == Some("") {
            return None;
        }
        if new.content.as_deref().is_some_and(|content| !content.is_empty()) {
            return Some(None);
        }
        let mut pairs = match self.family {
            Family::Text => vec![("rowid".to_owned(), "rowid".to_owned())],
            // The first column is the number of the row, whatever it is called.
            Family::Boxes => vec![(quote(self.columns.first()?), quote(new.columns.first()?))],
        };
        let first = usize::from(self.family == Family::Boxes);
        let own = |column: &String| self.columns.iter().skip(first).find(|own| own.eq_ignore_ascii_case(column));
        let kept = new.columns.iter().skip(first).filter_map(|column| Some((quote(own(column)?), quote(column))));
        let kept: Vec<_> = kept.collect();
        // The table that has its rows keeps them, and may have lost the columns by now that it is read by.
        if kept.is_empty() && self.is_index() {
            return Some(Some(Vec::new()));
        }
        pairs.extend(kept);
        Some(Some(pairs.into_iter().enumerate().map(|(index, (old, new))| Pair { old, new, index }).collect()))
    }
}

/// The table that a full-text index reads its rows from.
pub(super) fn content_table(sql: &str) -> Option<String> {
    Virtual::read(sql)?.content.filter(|content| !content.is_empty())
}

/// What stands between the commas inside the parentheses.
fn arguments<'a, 'b>(found: &'b [Token<'a>]) -> Vec<&'b [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 1);
    for (index, token) in found.iter().enumerate() {
        if token.is_mark("(") {
            depth += 1;
        } else if token.is_mark(")") {
            depth = depth.saturating_sub(1);
        }
        let ends = depth == 0 && token.is_mark(")");
        if (depth == 1 && token.is_mark(",")) || ends {
            parts.extend(found.get(start..index).filter(|part| !part.is_empty()));
            start = index + 1;
        }
        if ends {
            break;
        }
    }
    parts
}
