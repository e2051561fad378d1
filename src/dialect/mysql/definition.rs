//! Views, triggers, routines and events: objects that are kept as the statement that creates them.

use std::collections::BTreeSet;

use rungs_schema::{Definition, DefinitionKind, Needs, ObjectName, Reference};

use super::token::{Token, tokens, without_database};

/// What the server prints, without the name of the database, and without the definer where that is whoever reads:
/// it would be the same person again who creates it.
pub(super) fn cleaned(sql: &str, database: &str, user: &str) -> String {
    let found = tokens(sql);
    let mut text = sql.trim().trim_end_matches(';').to_owned();
    let definer = found.iter().take(12).position(|token| token.is_word("DEFINER"));
    if let Some(at) = definer {
        // DEFINER = `user` @ `host`
        let spelled: Vec<_> = found.iter().skip(at + 2).step_by(2).take(2).filter_map(spelled).collect();
        if let (Some(next), true) = (found.get(at + 5), spelled.join("@") == user) {
            text = format!("{}{}", &sql[..found[at].start], &sql[next.start..]);
            text = text.trim().trim_end_matches(';').to_owned();
        }
    }
    without_database(&text, database)
}

/// A name, which a definition from a session with `ANSI_QUOTES` has between double quotes.
fn spelled(token: &Token<'_>) -> Option<String> {
    let ansi = token.text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    ansi.map(|name| name.replace("\"\"", "\"")).or_else(|| token.identifier())
}

/// Modes of a session in which a text reads otherwise where it holds these words. The server keeps the mode with it.
/// <https://dev.mysql.com/doc/refman/9.4/en/sql-mode.html>
const READING: [(&str, &[&str]); 5] = [
    ("ANSI_QUOTES", &["\""]),
    ("PIPES_AS_CONCAT", &["||"]),
    ("NO_BACKSLASH_ESCAPES", &["\\"]),
    ("HIGH_NOT_PRECEDENCE", &["NOT", "not", "Not"]),
    ("ORACLE", &[""]),
];

/// The mode that a definition has to be created in, where it is not any.
pub(super) fn reading_mode<'a>(mode: &'a str, sql: &str) -> Option<&'a str> {
    let matters =
        |word: &str| READING.iter().any(|(name, signs)| *name == word && signs.iter().any(|sign| sql.contains(sign)));
    mode.split(',').any(matters).then_some(mode)
}

/// What a definition says of its mode, in its settings.
pub(super) const MODE: &str = "sql_mode";

/// An object whose needs are not known yet.
pub(super) fn definition(kind: DefinitionKind, name: &str, table: Option<&str>, sql: String) -> Definition {
    Definition { table: table.map(ObjectName::bare), ..Definition::new(kind, ObjectName::bare(name), sql) }
}

/// Finds in each definition the names of the objects that it reads or calls.
pub(super) fn find_needs(definitions: &mut [Definition], tables: &[ObjectName]) {
    let named = |kinds: &[DefinitionKind]| -> BTreeSet<String> {
        definitions.iter().filter(|other| kinds.contains(&other.kind)).map(|other| other.name.name.clone()).collect()
    };
    let mut relations = named(&[DefinitionKind::View]);
    relations.extend(tables.iter().map(|table| table.name.clone()));
    let routines = named(&[DefinitionKind::Function, DefinitionKind::Procedure]);
    for definition in definitions {
        let found = tokens(&definition.sql);
        let mut needs = Needs::default();
        for (index, token) in found.iter().enumerate() {
            let Some(name) = token.identifier() else { continue };
            let before = index.checked_sub(1).map(|before| found[before]);
            let after = found.get(index + 1);
            let called = after.is_some_and(|after| after.is_symbol("("));
            let read = before.is_some_and(|before| names_relation_after(&before));
            if name == definition.name.name {
                continue;
            }
            if called && routines.contains(&name) {
                needs.add(Reference::routine(&ObjectName::bare(&name)));
            }
            if read && relations.contains(&name) {
                needs.add(Reference::relation(&ObjectName::bare(name)));
            }
        }
        if let Some(table) = &definition.table {
            needs.add(Reference::relation(table));
        }
        definition.needs = needs;
    }
}

/// A trigger needs the one that fires before it: `turns` has, of each trigger, what it waits for and where it is, in the
/// order in which they fire. <https://dev.mysql.com/doc/refman/en/create-trigger.html>
pub(super) fn take_turns(definitions: &mut [Definition], turns: &[(String, usize)]) {
    for pair in turns.windows(2) {
        if let [(before, first), (moment, second)] = pair
            && before == moment
        {
            let first = definitions[*first].reference();
            definitions[*second].needs.add(first);
        }
    }
}

fn names_relation_after(before: &Token<'_>) -> bool {
    ["FROM", "JOIN", "STRAIGHT_JOIN", "INTO", "UPDATE", "TABLE", "CALL"].iter().any(|word| before.is_word(word))
        || before.is_symbol("(")
        || before.is_symbol(",")
}

/// Whether a statement has semicolons inside, so that a client that splits at semicolons needs a `DELIMITER` line
/// before it.
///
/// ```
/// use rungs::dialect::mysql::needs_delimiter;
/// assert!(needs_delimiter("CREATE PROCEDURE p() BEGIN SELECT 1; END"));
/// assert!(!needs_delimiter("CREATE VIEW v AS SELECT ';'"));
/// ```
pub fn needs_delimiter(sql: &str) -> bool {
    let found = tokens(sql);
    found.iter().rev().skip_while(|token| token.is_symbol(";")).any(|token| token.is_symbol(";"))
}

/// The statement that drops an object.
pub(super) fn dropped(kind: DefinitionKind, name: &str) -> String {
    format!("DROP {} {name}", kind.word().to_ascii_uppercase())
}
