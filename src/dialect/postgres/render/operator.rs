//! Operators, and the classes and families that access methods know them by.

use rungs_schema::{Definition, ObjectName};

use crate::dialect::Statement;
use crate::dialect::postgres::{qualified, quote};

/// The words by which ALTER, DROP and COMMENT ON know an operator: its symbol is never quoted.
pub(super) fn name(name: &ObjectName) -> String {
    let (symbol, operands) = name.name.split_once('(').unwrap_or((&name.name, ")"));
    let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    format!("{place}{symbol} ({operands}")
}

/// The same for an operator class or family, whose name ends with its access method.
pub(super) fn with_method(name: &ObjectName) -> String {
    match name.name.rsplit_once(" USING ") {
        Some((bare, method)) => format!("{} USING {}", qualified(&name.sibling(bare)), quote(method)),
        None => qualified(name),
    }
}

/// Members of a family go and come one by one; what is only spelt otherwise is dropped and added again.
/// <https://www.postgresql.org/docs/current/sql-alteropfamily.html>
pub(super) fn alter_family(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let (was, is) = (&previous.outline.0, &next.outline.0);
    let gone: Vec<&str> = was.iter().filter(|one| !is.contains(one)).map(|(key, _)| key.as_str()).collect();
    let come: Vec<&str> = is.iter().filter(|one| !was.contains(one)).map(|(_, text)| text.as_str()).collect();
    let alter = |word: &str, members: &[&str], what: &str| {
        let list = members.join(",\n    ");
        let sql = format!("ALTER OPERATOR FAMILY {} {word}\n    {list}", with_method(&next.name));
        Statement::new(sql, format!("{what} members of {} {}", next.kind, next.name))
    };
    let mut out = Vec::new();
    if !gone.is_empty() {
        out.push(alter("DROP", &gone, "drops"));
    }
    if !come.is_empty() {
        out.push(alter("ADD", &come, "adds"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_known_by_its_name_and_method() {
        assert_eq!(
            with_method(&ObjectName::qualified("s", "a USING b USING gist")),
            "\"s\".\"a USING b\" USING \"gist\""
        );
    }
}
