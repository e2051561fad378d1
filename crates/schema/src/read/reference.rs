//! What a foreign key refers to, and names written as SQL writes them.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Path;

use super::entry::{Entry, Shape};
use super::error::Fault;
use super::scope::parts;
use crate::ObjectName;

/// What a foreign key refers to, before the models are known.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Which of the table's foreign keys it belongs to.
    pub key: usize,
    /// The model or table, with columns.
    pub target: Target,
    /// The table is not among the models.
    pub external: bool,
    /// Where it is said.
    pub tokens: TokenStream,
}

/// A model with fields, or a table with columns.
#[derive(Debug, Clone)]
pub enum Target {
    /// `Tenant::id`, or `Tenant` for its primary key.
    Paths(Vec<Vec<String>>),
    /// `"tenants(id)"`; without parentheses the primary key is meant.
    Table(ObjectName, Option<Vec<String>>),
}

/// Reads `references(...)` or `references = "..."`.
pub fn target(entry: &Entry, faults: &mut Vec<Fault>) -> Result<(Target, bool), Fault> {
    const HELP: &str = "write references(Model::field), or references(\"table(column)\")";
    let Shape::List(_) = entry.shape else {
        let text = entry.name().map_err(|fault| fault.help(HELP))?;
        return Ok((table(&text, entry)?, false));
    };
    let (mut paths, mut named, mut external) = (Vec::new(), None, false);
    for item in entry.list(faults)? {
        if item.quoted {
            if named.is_some() || !matches!(item.shape, Shape::Word) {
                return Err(item.fault("one table with its columns is enough").help(HELP));
            }
            named = Some(table(&item.key, &item)?);
        } else if item.key == "external" && matches!(item.shape, Shape::Word) {
            external = true;
        } else {
            let path: Path =
                syn::parse2(item.tokens.clone()).map_err(|_| item.fault("this is no field of a model").help(HELP))?;
            paths.push(parts(&path));
        }
    }
    match named {
        Some(table) if paths.is_empty() => Ok((table, external)),
        None if !paths.is_empty() => {
            if external {
                return Err(entry
                    .fault("`external` goes with a table's name")
                    .help("write references(\"table(column)\", external)"));
            }
            Ok((Target::Paths(paths), false))
        }
        _ => Err(entry.fault("`references` wants the fields of one model, or one table").help(HELP)),
    }
}

fn table(text: &str, entry: &Entry) -> Result<Target, Fault> {
    let wrong = || {
        entry.fault(format!("`{text}` is not a table with columns")).help(
            "write \"table(column)\" or \"schema.table(a, b)\"; a name with other characters stands in double quotes",
        )
    };
    let (name, rest) = names(text, '.').ok_or_else(wrong)?;
    let name = object(name).ok_or_else(wrong)?;
    let rest = rest.trim();
    if rest.is_empty() {
        return Ok(Target::Table(name, None));
    }
    let inner = rest.strip_prefix('(').ok_or_else(wrong)?;
    if inner.trim() == ")" {
        return Ok(Target::Table(name, Some(Vec::new())));
    }
    let (columns, rest) = names(inner, ',').ok_or_else(wrong)?;
    if rest.trim() != ")" {
        return Err(wrong());
    }
    Ok(Target::Table(name, Some(columns)))
}

/// A table's or sequence's name as SQL writes it: `name`, `schema.name`, `"odd.name"`.
pub fn object_name(text: &str) -> Option<ObjectName> {
    match names(text, '.')? {
        (names, rest) if rest.trim().is_empty() => object(names),
        _ => None,
    }
}

/// A column with its table in front.
pub fn column_of_table(text: &str) -> Option<(ObjectName, String)> {
    let (mut names, rest) = names(text, '.')?;
    let column = names.pop()?;
    if rest.trim().is_empty() { Some((object(names)?, column)) } else { None }
}

fn object(mut names: Vec<String>) -> Option<ObjectName> {
    let name = names.pop()?;
    let schema = names.pop();
    names.is_empty().then_some(ObjectName { schema, name })
}

/// Names apart by a character, and what follows the last one. A name in double quotes may hold anything.
fn names(text: &str, between: char) -> Option<(Vec<String>, &str)> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (name, after) = name(rest)?;
        all.push(name);
        rest = after.trim_start();
        match rest.strip_prefix(between) {
            Some(after) => rest = after.trim_start(),
            None => return Some((all, rest)),
        }
    }
}

fn name(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['.', ',', '(', ')', '"']).unwrap_or(text.len());
        let name = text[..end].trim_end();
        return (!name.is_empty()).then(|| (name.to_owned(), &text[end..]));
    };
    let mut name = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '"' {
            name.push(letter);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return (!name.is_empty()).then(|| (name, &quoted[at + 1..]));
        }
    }
    None
}

/// A name as attributes such as `references` read it, in quotes where it needs them.
pub fn written(name: &str) -> String {
    let plain = !name.is_empty() && name.trim() == name && !name.contains(['.', ',', '(', ')', '"']);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

impl Reference {
    /// A fault at the place where it is said.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::over(&self.tokens.to_token_stream(), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_sql_writes_them() {
        assert_eq!(object_name("users"), Some(ObjectName::bare("users")));
        assert_eq!(object_name("auth . users"), Some(ObjectName::qualified("auth", "users")));
        assert_eq!(object_name("\"a.b\".\"say \"\"x\"\"\""), Some(ObjectName::qualified("a.b", "say \"x\"")));
        assert_eq!(object_name("order details"), Some(ObjectName::bare("order details")));
        for wrong in ["", "a.", ".a", "a.b.c", "\"a", "a(b)"] {
            assert_eq!(object_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for name in ["users", "a.b", "say \"x\"", " padded ", "x(y)", "a,b", "Größe"] {
            assert_eq!(object_name(&written(name)), Some(ObjectName::bare(name)));
        }
    }
}
