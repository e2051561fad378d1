//! Makes what the server prints mean the same when it reads it again.
//!
//! `v IN ('a', 'b')` on a column `v varchar` is kept as an array of `varchar` that is taken for one of `text`, and printed
//! as `v::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[])`. Read again, that cast goes to each
//! element, and the server prints something else from then on. A cast that somebody wrote is on the elements already, so
//! that one around a whole `ARRAY[...]` is always the server's own, and it adds it again when it is left out.

use rungs_schema::{DefinitionKind, IndexKey, Schema, Table};

/// Everything in a schema that the server prints as an expression or query.
pub(super) fn schema(schema: &mut Schema) {
    schema.tables.iter_mut().for_each(table);
    for check in schema.domains.iter_mut().flat_map(|domain| &mut domain.checks) {
        text(&mut check.expression);
    }
    for definition in &mut schema.definitions {
        // The body of a routine is its author's.
        if !matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Procedure) {
            text(&mut definition.sql);
        }
    }
}

fn table(table: &mut Table) {
    table.checks.iter_mut().for_each(|check| text(&mut check.expression));
    table.exclusions.iter_mut().for_each(|exclusion| text(&mut exclusion.definition));
    table.columns.iter_mut().filter_map(|column| column.generated.as_mut()).for_each(|made| text(&mut made.expression));
    for index in &mut table.indexes {
        index.predicate.iter_mut().for_each(text);
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                text(expression);
            }
        }
    }
}

fn text(sql: &mut String) {
    let mut from = 0;
    while let Some((start, end, array)) = next_array(sql, from) {
        sql.replace_range(start..end, &array);
        from = start + array.len();
    }
}

/// The next array with a cast around it, as an operand of ANY or ALL: where it stands, and what should stand there.
fn next_array(sql: &str, from: usize) -> Option<(usize, usize, String)> {
    let mut at = from;
    loop {
        let found = sql.get(at..)?.find("ARRAY[").map(|found| at + found)?;
        at = found + "ARRAY[".len();
        let is_wrapped = sql[..found].ends_with("((");
        let before = sql[..found].trim_end_matches('(');
        if !before.ends_with(" ANY ") && !before.ends_with(" ALL ") {
            continue;
        }
        let Some(length) = length_of_array(&sql[at..]) else { continue };
        let array = &sql[found..at + length];
        let rest = &sql[at + length..];
        let Some(cast) = rest.strip_prefix(if is_wrapped { ")::" } else { "::" }) else { continue };
        // `character varying(10)[]` ends where the operand does.
        let Some(end) = cast.find("[])").filter(|end| !cast[..*end].contains('\'')) else { continue };
        if length > 1 {
            let start = if is_wrapped { found - 1 } else { found };
            let end = sql.len() - cast.len() + end + "[]".len();
            return Some((start, end, array.to_owned()));
        }
    }
}

/// How long the rest of an array is, its bracket included.
fn length_of_array(rest: &str) -> Option<usize> {
    let mut depth = 1;
    let mut at = 0;
    while let Some(c) = rest.get(at..)?.chars().next() {
        match c {
            '\'' | '"' => at += crate::diff::quoted_length(&rest[at..], c) - 1,
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    fn reparsed(sql: &str) -> String {
        let mut sql = sql.to_owned();
        super::text(&mut sql);
        sql
    }

    #[test]
    fn the_cast_of_a_whole_array_is_the_servers_own() {
        for (printed, meant) in [
            (
                "v::text = ANY (ARRAY['a'::character varying, ']b'::character varying]::text[]) OR x",
                "v::text = ANY (ARRAY['a'::character varying, ']b'::character varying]) OR x",
            ),
            (
                "((v)::text <> ALL ((ARRAY['a'::character varying])::text[]))",
                "((v)::text <> ALL (ARRAY['a'::character varying]))",
            ),
            (
                "n = ANY (ARRAY[1, 2]::numeric[]) AND m = ANY (ARRAY[3]::numeric(5,2)[])",
                "n = ANY (ARRAY[1, 2]) AND m = ANY (ARRAY[3])",
            ),
        ] {
            assert_eq!(reparsed(printed), meant);
        }
    }

    #[test]
    fn everything_else_stays() {
        for sql in [
            "t = ANY (ARRAY[]::text[])",
            "t = ANY (ARRAY['a'::text, 'b'::text])",
            "f(ARRAY['a'::character varying]::text[])",
            "t = ANY ('{a,b}'::text[])",
            "x = 'ANY (ARRAY['",
        ] {
            assert_eq!(reparsed(sql), sql);
        }
    }
}
