//! Objects declared in SQL files: views, routines, triggers, policies and whatever else has no place in a struct.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rungs_schema::{DialectName, Location, ObjectName};

use crate::dialect::splitter::{self, Piece, Word};
use crate::error::{ObjectFault, SourceError};

/// One statement of an SQL file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectStatement {
    /// The statement, without its semicolon.
    pub sql: String,
    /// `file:line`.
    pub place: String,
}

impl ObjectStatement {
    /// A statement that stands for a part of a model.
    pub fn of_model(sql: impl Into<String>, model: &str, location: Option<&Location>) -> Self {
        let place = location.map_or_else(String::new, |location| format!(" at {location}"));
        Self { sql: sql.into(), place: format!("the model {model}{place}") }
    }

    /// The name of what it creates.
    pub fn creates(&self, dialect: DialectName) -> Option<ObjectName> {
        let words = splitter::words(dialect, &self.sql);
        let bare = |word: &Word<'_>| {
            let text = word.text();
            match text.chars().next() {
                Some(quote @ ('"' | '`')) => {
                    text.trim_matches(quote).replace(&format!("{quote}{quote}"), &quote.to_string())
                }
                Some('[') => text.trim_matches(['[', ']']).to_owned(),
                // What is not quoted is in lower case on PostgreSQL.
                _ if dialect == DialectName::Postgres => text.to_lowercase(),
                _ => text.to_owned(),
            }
        };
        let (schema, name) = splitter::created(&words)?;
        Some(ObjectName { schema: schema.map(bare), name: bare(name) })
    }
}

/// What an SQL file may create.
const KINDS: [&str; 6] = ["VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "VIRTUAL"];

/// Words between CREATE and the kind: `CREATE OR REPLACE DEFINER = CURRENT_USER SQL SECURITY INVOKER VIEW`.
const BEFORE_KIND: [&str; 18] = [
    "OR",
    "REPLACE",
    "TEMP",
    "TEMPORARY",
    "RECURSIVE",
    "CONSTRAINT",
    "DEFINER",
    "CURRENT_USER",
    "SQL",
    "SECURITY",
    "INVOKER",
    "ALGORITHM",
    "MERGE",
    "UNDEFINED",
    "TEMPTABLE",
    "AGGREGATE",
    "IF",
    "NOT",
];

/// Reads the statements of all files that files, folders (with the folders in them) and globs lead to, relative to
/// `base`, in the order of their paths.
///
/// # Errors
/// Everything that cannot be read, split or declared, each with its place, in one [`SourceError::Objects`].
pub fn read(patterns: &[String], base: &Path, dialect: DialectName) -> Result<Vec<ObjectStatement>, SourceError> {
    let (mut statements, mut faults) = (Vec::new(), Vec::new());
    for path in files(patterns, base, &mut faults).into_iter().filter(|path| is_for(path, dialect)) {
        let shown = path.strip_prefix(base).unwrap_or(&path).display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => take(&text, &shown, dialect, &mut statements, &mut faults),
            Err(error) => faults.push(ObjectFault::whole(&shown, format!("cannot be read: {error}"))),
        }
    }
    if faults.is_empty() { Ok(statements) } else { Err(SourceError::Objects { faults }) }
}

/// Whether a file is for an engine: `totals.postgres.sql` is for PostgreSQL alone, `totals.sql` for all.
fn is_for(path: &Path, dialect: DialectName) -> bool {
    let stem = path.file_stem().map(Path::new);
    let word = stem.and_then(Path::extension).and_then(|word| DialectName::from_word(word.to_str()?));
    let stands_in = word == Some(DialectName::Mysql) && dialect == DialectName::Mariadb;
    word.is_none_or(|word| word == dialect || stands_in)
}

fn files(patterns: &[String], base: &Path, faults: &mut Vec<ObjectFault>) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for pattern in patterns {
        let before = found.len();
        let whole = base.join(pattern);
        let pattern_text = if whole.is_dir() {
            format!("{}/**/*.sql", glob::Pattern::escape(&whole.to_string_lossy()))
        } else {
            whole.display().to_string()
        };
        let paths = match glob::glob(&pattern_text) {
            Ok(paths) => paths,
            Err(error) => {
                faults.push(ObjectFault::whole(pattern, format!("is not a glob: {}", error.msg)));
                continue;
            }
        };
        for path in paths {
            match path {
                Ok(path) if path.is_file() => _ = found.insert(path),
                Ok(_) => {}
                Err(error) => faults.push(ObjectFault::whole(pattern, format!("cannot be read: {error}"))),
            }
        }
        if found.len() == before && !whole.is_dir() && !pattern.contains(['*', '?', '[']) {
            faults.push(ObjectFault::whole(pattern, "is not there".to_owned()));
        }
    }
    found.into_iter().collect()
}

fn take(
    text: &str,
    shown: &str,
    dialect: DialectName,
    statements: &mut Vec<ObjectStatement>,
    faults: &mut Vec<ObjectFault>,
) {
    let pieces = match splitter::split(dialect, text) {
        Ok(pieces) => pieces,
        Err(error) => {
            let help = "close it (is a quote, a comment or a block left open?)".to_owned();
            faults.push(ObjectFault {
                place: format!("{shown}:{}", error.line),
                reason: error.reason,
                help: Some(help),
            });
            return;
        }
    };
    for piece in pieces {
        let place = format!("{shown}:{}", piece.line);
        match refused(&piece, dialect) {
            Some((reason, help)) => faults.push(ObjectFault { place, reason, help: Some(help) }),
            None => statements.push(ObjectStatement { sql: piece.sql.to_owned(), place }),
        }
    }
}

/// Why a statement declares nothing, and what to do instead.
fn refused(piece: &Piece<'_>, dialect: DialectName) -> Option<(String, String)> {
    let words: Vec<String> =
        splitter::words(dialect, piece.sql).iter().take(24).map(|word| word.text().to_ascii_uppercase()).collect();
    let first = words.first().map_or("", String::as_str);
    match first {
        "CREATE" => {
            let kind = words
                .iter()
                .skip(1)
                .find(|word| word.starts_with(|c: char| c.is_alphabetic()) && !BEFORE_KIND.contains(&word.as_str()));
            let kind = kind.map_or("", String::as_str);
            // `CREATE EVENT TRIGGER` is PostgreSQL's, and something else.
            let is_known = KINDS.contains(&kind)
                && !(dialect == DialectName::Postgres && kind == "EVENT")
                && (dialect == DialectName::Sqlite || kind != "VIRTUAL");
            (!is_known).then(|| {
                let help = "tables, keys, indexes, sequences and enumerations are declared by models; anything else goes \
                            into a revision: migrate revision -m MESSAGE";
                (format!("CREATE {kind} cannot be declared in an SQL file"), help.to_owned())
            })
        }
        "COMMENT" if dialect == DialectName::Postgres => None,
        "ALTER" if words.iter().any(|word| word == "SECURITY") => Some((
            "row-level security is switched on by the model".to_owned(),
            "write #[model(row_security)] on the struct, and leave the policies here".to_owned(),
        )),
        "" => None,
        _ => Some((
            format!("`{first}` declares nothing"),
            "such a file holds what is to be there, as CREATE statements; what is to be done goes into a revision: \
             migrate revision -m MESSAGE"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str, dialect: DialectName) -> Result<Vec<ObjectStatement>, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        std::fs::create_dir(folder.path().join("a")).map_err(|error| error.to_string())?;
        std::fs::write(folder.path().join("a/b.sql"), text).map_err(|error| error.to_string())?;
        read(&["a".to_owned(), "a/*.sql".to_owned()], folder.path(), dialect).map_err(|error| match error {
            SourceError::Objects { faults } => faults.iter().map(|fault| format!("{fault}\n")).collect(),
            other => other.to_string(),
        })
    }

    #[test]
    fn a_file_is_read_once_and_split() {
        let text = "-- what it is\nCREATE VIEW v AS SELECT ';';\n\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;";
        let found = read_one(text, DialectName::Postgres).unwrap_or_default();
        let said: Vec<_> = found.iter().map(|one| (one.place.as_str(), one.sql.len())).collect();
        assert_eq!(said, [("a/b.sql:2", 27), ("a/b.sql:4", 63)]);
    }

    #[test]
    fn a_file_can_be_for_one_engine() {
        let is_for = |name: &str, dialect| super::is_for(Path::new(name), dialect);
        assert!(is_for("db/totals.sql", DialectName::Sqlite) && is_for("v1.2.sql", DialectName::Sqlite));
        assert!(is_for("db/totals.postgres.sql", DialectName::Postgres));
        assert!(!is_for("db/totals.postgres.sql", DialectName::Sqlite));
        assert!(is_for("a.mysql.sql", DialectName::Mariadb) && !is_for("a.mariadb.sql", DialectName::Mysql));
    }

    #[test]
    fn what_declares_nothing_is_told_with_its_line() {
        let text =
            "CREATE VIEW v AS SELECT 1;\nDROP TABLE t;\nCREATE USER x;\nALTER TABLE t ENABLE ROW LEVEL SECURITY;";
        assert_eq!(
            read_one(text, DialectName::Postgres),
            Err("a/b.sql:2: `DROP` declares nothing\n\
                 a/b.sql:3: CREATE USER cannot be declared in an SQL file\n\
                 a/b.sql:4: row-level security is switched on by the model\n"
                .to_owned())
        );
        assert_eq!(
            read_one("GRANT SELECT ON t TO x", DialectName::Mysql),
            Err("a/b.sql:1: `GRANT` declares nothing\n".to_owned())
        );
        assert!(read_one("CREATE VIEW v AS SELECT '", DialectName::Sqlite).is_err());
    }
}
