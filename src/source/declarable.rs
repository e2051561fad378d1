//! What an SQL file of objects may hold, and why it may not hold the rest.

use rungs_schema::DialectName;

use crate::dialect::splitter::{self, Piece, Word};

/// What SQLite, MySQL and MariaDB take.
const KINDS: [&str; 5] = ["view", "function", "procedure", "trigger", "event"];

/// What PostgreSQL takes besides.
const POSTGRES_KINDS: [&str; 34] = [
    "access method",
    "aggregate",
    "cast",
    "collation",
    "conversion",
    "domain",
    "event trigger",
    "extension",
    "foreign data wrapper",
    "foreign table",
    "function",
    "index",
    "language",
    "materialized view",
    "operator",
    "operator class",
    "operator family",
    "policy",
    "procedure",
    "publication",
    "rule",
    "schema",
    "sequence",
    "server",
    "statistics",
    "table",
    "text search configuration",
    "text search dictionary",
    "text search parser",
    "text search template",
    "transform",
    "trigger",
    "type",
    "view",
];

/// What ALTER, COMMENT ON and GRANT ... ON name that is no part of a database's schema.
const OUTSIDE: [&str; 11] = [
    "role",
    "user",
    "group",
    "database",
    "system",
    "tablespace",
    "default",
    "large",
    "subscription",
    "parameter",
    "procedural",
];

/// A reason, and what to do instead.
type Refusal = (String, String);

/// Why a statement declares nothing, and what to do instead.
pub fn refused(piece: &Piece<'_>, dialect: DialectName) -> Option<Refusal> {
    let words = splitter::words(dialect, piece.sql);
    let first = words.first().map(|word| word.text().to_ascii_lowercase()).unwrap_or_default();
    let is_postgres = dialect == DialectName::Postgres;
    match first.as_str() {
        "" => None,
        "create" if is_postgres => refused_creation(&words),
        "create" => {
            let kind = splitter::creation(&words).map(|creation| creation.kind).unwrap_or_default();
            let is_virtual = dialect == DialectName::Sqlite && kind == "virtual table";
            (!is_virtual && !KINDS.contains(&kind.as_str())).then(|| not_here(&kind))
        }
        "comment" | "alter" if is_postgres => refused_change(&first, &words),
        "grant" | "revoke" if is_postgres => refused_privilege(&first, &words),
        _ => Some((
            format!("`{}` declares nothing", first.to_ascii_uppercase()),
            "such a file holds what is to be there, as CREATE statements; what is to be done goes into a revision: \
             migrate revision -m MESSAGE"
                .to_owned(),
        )),
    }
}

/// Whether a statement says who may do what.
pub(super) fn is_privilege(sql: &str, dialect: DialectName) -> bool {
    let words = splitter::words(dialect, sql);
    let first = words.first().map(Word::text).unwrap_or_default();
    ["grant", "revoke"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

fn not_here(kind: &str) -> Refusal {
    let help = "tables, keys, indexes, sequences and enumerations are declared by models; anything else goes into a \
                revision: migrate revision -m MESSAGE";
    (format!("CREATE {} cannot be declared in an SQL file", kind.to_ascii_uppercase()), help.to_owned())
}

fn refused_creation(words: &[Word<'_>]) -> Option<Refusal> {
    let creation = splitter::creation(words)?;
    let kind = creation.kind.as_str();
    let has = |text: &str| has(&words[creation.at.min(words.len())..], text);
    let is_temporary = words.iter().take(4).any(|word| ["temp", "temporary"].contains(&lower(word).as_str()));
    if is_temporary {
        return Some(("what is temporary is gone with its session".to_owned(), "leave TEMPORARY out".to_owned()));
    }
    if !POSTGRES_KINDS.contains(&kind) {
        let help = "it is not compared: write it into a revision: migrate revision -m MESSAGE";
        let reason = format!("CREATE {} cannot be declared in an SQL file", kind.to_ascii_uppercase());
        return Some((reason, help.to_owned()));
    }
    if kind == "table" && !["partition", "inherits", "of"].iter().any(|word| has(word)) && has_columns(words) {
        return Some((
            "a table is declared by a model".to_owned(),
            "write a struct with #[derive(Model)]; a file takes what no struct can stand for: PARTITION OF, INHERITS, OF \
             a type, foreign tables, tables without columns"
                .to_owned(),
        ));
    }
    if kind == "type" && has("(") && !has("as") {
        let help = "write it into a revision: migrate revision -m MESSAGE";
        return Some(("base types are not compared".to_owned(), help.to_owned()));
    }
    if kind == "schema" && has("create") {
        let help = "end the statement behind the name, and qualify the names of what is in the schema";
        return Some(("a schema is declared alone".to_owned(), help.to_owned()));
    }
    None
}

/// Whether something stands in the first parentheses.
fn has_columns(words: &[Word<'_>]) -> bool {
    let open = words.iter().position(|word| word.text() == "(");
    open.is_none_or(|open| words.get(open + 1).is_none_or(|word| word.text() != ")"))
}

fn refused_change(first: &str, words: &[Word<'_>]) -> Option<Refusal> {
    let at = if first == "comment" { 2 } else { 1 };
    let kind = words.get(at).map(lower).unwrap_or_default();
    let said = first.to_ascii_uppercase();
    let follows = |a: &str, b: &str| words.windows(2).any(|pair| lower(&pair[0]) == a && lower(&pair[1]) == b);
    if OUTSIDE.contains(&kind.as_str()) {
        let what = if kind == "default" { "DEFAULT PRIVILEGES".to_owned() } else { kind.to_ascii_uppercase() };
        return Some((
            format!("{said} {what} is no part of the schema"),
            "it is the administrator's: run it by hand, or write it into a revision: migrate revision -m MESSAGE"
                .to_owned(),
        ));
    }
    if first == "comment" {
        return None;
    }
    if follows("owner", "to") {
        return Some((
            "owners are not declared".to_owned(),
            "an object belongs to whoever applies its revision; to hand it over, write a revision: migrate revision -m \
             MESSAGE"
                .to_owned(),
        ));
    }
    if follows("row", "level") && (has(words, "disable") || has(words, "no")) {
        return Some((
            "row-level security is switched off by the model".to_owned(),
            "write #[model(row_security = \"off\")] on the struct".to_owned(),
        ));
    }
    let done = if follows("rename", "to") || follows("rename", "column") {
        "RENAME"
    } else if follows("set", "schema") {
        "SET SCHEMA"
    } else if words.get(3..).is_some_and(|rest| has(rest, "drop")) {
        "DROP"
    } else {
        return None;
    };
    Some((
        format!("{said} ... {done} declares nothing"),
        "such a file holds what is to be there; what is to be done goes into a revision: migrate revision -m MESSAGE"
            .to_owned(),
    ))
}

fn refused_privilege(first: &str, words: &[Word<'_>]) -> Option<Refusal> {
    let said = first.to_ascii_uppercase();
    let by_hand = "it is the administrator's: run it by hand, or write it into a revision: migrate revision -m MESSAGE";
    let Some(on) = words.iter().position(|word| lower(word) == "on") else {
        return Some((format!("{said} of a role to a role is no part of the schema"), by_hand.to_owned()));
    };
    let kind = words.get(on + 1).map(lower).unwrap_or_default();
    OUTSIDE
        .contains(&kind.as_str())
        .then(|| (format!("{said} ... ON {} is no part of the schema", kind.to_ascii_uppercase()), by_hand.to_owned()))
}

fn has(words: &[Word<'_>], text: &str) -> bool {
    words.iter().any(|word| word.text().eq_ignore_ascii_case(text))
}

fn lower(word: &Word<'_>) -> String {
    word.text().to_ascii_lowercase()
}
