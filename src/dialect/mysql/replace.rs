//! Views, triggers, routines and events that change where they stand. Who may use one is said of its name, and what is
//! granted on a routine goes when that is dropped: so as little as possible is.

use rungs_schema::{Definition, DefinitionKind};

use super::Mysql;
use super::token::{Cursor, Kind, tokens};
use crate::dialect::Statement;

/// Whether MySQL changes one into the other without dropping it.
pub(super) fn by_mysql(previous: &Definition, next: &Definition) -> bool {
    is_same(previous, next)
        && (previous.kind == DefinitionKind::View
            || altered_event(previous, next).is_some()
            || altered_routine(previous, next).is_some())
}

/// Whether MariaDB does: it has `OR REPLACE` for all of them.
pub(super) fn by_mariadb(previous: &Definition, next: &Definition) -> bool {
    is_same(previous, next) && replacing(&next.sql).is_some()
}

fn is_same(previous: &Definition, next: &Definition) -> bool {
    (previous.kind, &previous.name, &previous.table) == (next.kind, &next.name, &next.table)
}

/// The statement that turns the one into the other where it stands.
pub(super) fn in_place(dialect: &Mysql, previous: &Definition, next: &Definition) -> Option<Statement> {
    if !is_same(previous, next) {
        return None;
    }
    if let Some(sql) = altered_event(previous, next) {
        return Some(Statement::new(sql, format!("alters event {}", next.name)));
    }
    if let Some(characteristics) = altered_routine(previous, next) {
        let word = next.kind.word().to_ascii_uppercase();
        let sql = format!("ALTER {word} {}{characteristics}", dialect.object(&next.name));
        return Some(Statement::new(sql, format!("alters {} {}", next.kind, next.name)));
    }
    let replaces = next.kind == DefinitionKind::View || dialect.is_mariadb();
    let sql = replacing(&next.sql).filter(|_| replaces)?;
    Some(Statement::new(sql, format!("replaces {} {}", next.kind, next.name)))
}

/// The statement that puts an object in the place of the one that is there.
fn replacing(sql: &str) -> Option<String> {
    let mut cursor = Cursor::new(sql);
    let create = cursor.next().filter(|token| token.is_word("CREATE") && token.kind == Kind::Word)?;
    if cursor.is_word("OR") {
        return Some(sql.to_owned());
    }
    Some(format!("{} OR REPLACE{}", create.text, &sql[create.end()..]))
}

/// `ALTER EVENT` takes all that `CREATE EVENT` does, and leaves alone what it is not told: so both have to say it.
/// <https://dev.mysql.com/doc/refman/9.4/en/alter-event.html>
fn altered_event(previous: &Definition, next: &Definition) -> Option<String> {
    if next.kind != DefinitionKind::Event || previous.settings != next.settings {
        return None;
    }
    let found = tokens(&next.sql);
    let first = found.first().filter(|token| token.is_word("CREATE"))?;
    let body = found.iter().position(|token| token.is_word("DO"))?;
    let says = |word: &str| found[..body].iter().any(|token| token.is_word(word));
    // An end that is not said any more stays too, and there is no word for none.
    let ended =
        tokens(&previous.sql).iter().take_while(|token| !token.is_word("DO")).any(|token| token.is_word("ENDS"));
    if ended && !says("ENDS") {
        return None;
    }
    if says("OR") || says("IF") || !says("COMPLETION") || !(says("ENABLE") || says("DISABLE")) {
        return None;
    }
    let start = found[body].start;
    let comment = if says("COMMENT") { "" } else { "COMMENT '' " };
    Some(format!("ALTER{}{comment}{}", &next.sql[first.end()..start], &next.sql[start..]))
}

/// What a routine says of itself between its head and its body.
#[derive(Debug, PartialEq, Eq)]
struct Routine<'a> {
    /// All before: who defines it, its name, what it takes and gives.
    head: Vec<&'a str>,
    deterministic: bool,
    data: String,
    security: String,
    comment: &'a str,
    body: &'a str,
}

impl<'a> Routine<'a> {
    fn read(sql: &'a str) -> Option<Self> {
        let found = tokens(sql);
        let opens = found.iter().position(|token| token.is_symbol("("))?;
        let mut depth = 0_usize;
        let closes = opens
            + found[opens..].iter().position(|token| {
                depth = if token.is_symbol("(") { depth + 1 } else { depth - usize::from(token.is_symbol(")")) };
                depth == 0
            })?;
        let starts = ["LANGUAGE", "NOT", "DETERMINISTIC", "CONTAINS", "NO", "READS", "MODIFIES", "SQL", "COMMENT"];
        let returns = found.get(closes + 1).is_some_and(|token| token.is_word("RETURNS"));
        let mut at = closes + 1;
        while returns && !starts.iter().any(|word| found[at].is_word(word)) {
            // Without any of them, where the type ends only the server knows.
            at += 1;
            found.get(at)?;
        }
        let mut routine = Self {
            head: found[..at].iter().map(|token| token.text).collect(),
            deterministic: false,
            data: "CONTAINS SQL".to_owned(),
            security: "DEFINER".to_owned(),
            comment: "''",
            body: "",
        };
        loop {
            let words: Vec<String> = found[at..].iter().take(3).map(|token| token.text.to_ascii_uppercase()).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["DETERMINISTIC", ..] => (routine.deterministic, at) = (true, at + 1),
                ["NOT", "DETERMINISTIC", ..] => (routine.deterministic, at) = (false, at + 2),
                ["LANGUAGE", "SQL", ..] => at += 2,
                ["CONTAINS" | "NO", "SQL", ..] => (routine.data, at) = (words[..2].join(" "), at + 2),
                ["READS" | "MODIFIES", "SQL", "DATA"] => (routine.data, at) = (words.join(" "), at + 3),
                ["SQL", "SECURITY", security] => (routine.security, at) = ((*security).to_owned(), at + 3),
                ["COMMENT", ..] if found.get(at + 1)?.kind == Kind::Text => {
                    (routine.comment, at) = (found[at + 1].text, at + 2);
                }
                _ => break,
            }
        }
        routine.body = sql[found.get(at)?.start..].trim_end();
        Some(routine)
    }
}

/// What `ALTER PROCEDURE` and `ALTER FUNCTION` are told, where nothing else changes.
/// <https://dev.mysql.com/doc/refman/9.4/en/alter-procedure.html>
fn altered_routine(previous: &Definition, next: &Definition) -> Option<String> {
    let is_routine = matches!(next.kind, DefinitionKind::Function | DefinitionKind::Procedure);
    if !is_routine || previous.settings != next.settings {
        return None;
    }
    let (old, new) = (Routine::read(&previous.sql)?, Routine::read(&next.sql)?);
    let same = (&old.head, old.deterministic, old.body) == (&new.head, new.deterministic, new.body);
    let mut said = String::new();
    if old.data != new.data {
        said.push_str(&format!(" {}", new.data));
    }
    if old.security != new.security {
        said.push_str(&format!(" SQL SECURITY {}", new.security));
    }
    // MySQL takes an empty comment for none that is said.
    if old.comment != new.comment && new.comment == "''" {
        return None;
    }
    if old.comment != new.comment {
        said.push_str(&format!(" COMMENT {}", new.comment));
    }
    (same && !said.is_empty()).then_some(said)
}

#[cfg(test)]
mod tests {
    use rungs_schema::ObjectName;

    use super::*;

    fn routine(sql: &str) -> Definition {
        let kind = if sql.contains("FUNCTION") { DefinitionKind::Function } else { DefinitionKind::Procedure };
        Definition::new(kind, ObjectName::bare("r"), sql.to_owned())
    }

    fn told(previous: &str, next: &str) -> Option<String> {
        altered_routine(&routine(previous), &routine(next))
    }

    #[test]
    fn a_routine_is_told_what_it_says_of_itself() {
        let plain = "CREATE PROCEDURE `r`(a enum('no','sql'))\nSELECT 1";
        let said = "CREATE PROCEDURE `r`(a enum('no','sql'))\n    NO SQL\n    SQL SECURITY INVOKER\n    COMMENT 'it''s'\nSELECT 1";
        assert_eq!(told(plain, said).as_deref(), Some(" NO SQL SQL SECURITY INVOKER COMMENT 'it''s'"));
        let other = said.replace("NO SQL", "CONTAINS SQL").replace("it''s", "x");
        assert_eq!(told(said, &other).as_deref(), Some(" CONTAINS SQL COMMENT 'x'"));
        assert_eq!(told(said, plain), None);
        assert_eq!(told(plain, &said.replace("SELECT 1", "SELECT 2")), None);
        assert_eq!(told(plain, &said.replace("(a ", "(b ")), None);
    }

    #[test]
    fn what_no_alter_takes_is_no_alteration() {
        let function = "CREATE FUNCTION `r`() RETURNS varchar(5) CHARSET latin1\n    NO SQL\nRETURN 'x'";
        let deterministic = function.replace("NO SQL", "NO SQL\n DETERMINISTIC");
        assert_eq!(told(function, &deterministic), None);
        assert_eq!(told(function, &function.replace("NO", "CONTAINS")).as_deref(), Some(" CONTAINS SQL"));
    }

    #[test]
    fn an_event_is_altered_when_all_of_it_is_said() {
        let event = |sql: &str| Definition::new(DefinitionKind::Event, ObjectName::bare("e"), sql.to_owned());
        let old =
            event("CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE COMMENT 'x' DO SELECT 1");
        let new = event("CREATE EVENT `e` ON SCHEDULE EVERY 2 DAY ON COMPLETION PRESERVE DISABLE DO SELECT 1");
        let wanted = "ALTER EVENT `e` ON SCHEDULE EVERY 2 DAY ON COMPLETION PRESERVE DISABLE COMMENT '' DO SELECT 1";
        assert_eq!(altered_event(&old, &new).as_deref(), Some(wanted));
        assert_eq!(altered_event(&old, &event("CREATE EVENT e ON SCHEDULE EVERY 2 DAY DO SELECT 1")), None);
        let ends = event(&old.sql.replace("1 DAY", "1 DAY STARTS '2035-01-01' ENDS '2036-01-01'"));
        assert_eq!((altered_event(&ends, &new), altered_event(&old, &ends).is_some()), (None, true));
    }
}
