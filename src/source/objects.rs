//! Objects declared in SQL files: views, routines, triggers, policies and whatever else has no place in a struct.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rungs_schema::{DialectName, Location, ObjectName};

use super::declarable::{is_privilege, refused};
use crate::dialect::splitter::{self, Word};
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

    /// Whether it says who may do what with something.
    pub fn is_privilege(&self, dialect: DialectName) -> bool {
        is_privilege(&self.sql, dialect)
    }

    /// What kind of thing it creates, in lower case.
    pub fn kind(&self, dialect: DialectName) -> Option<String> {
        splitter::creation(&splitter::words(dialect, &self.sql)).map(|creation| creation.kind)
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
    fn postgres_takes_every_kind_that_is_compared() {
        let taken =
            "CREATE EXTENSION citext; CREATE SCHEMA app; CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS text;
            CREATE TABLE p PARTITION OF t DEFAULT; CREATE TABLE nothing (); CREATE OPERATOR + (FUNCTION = f);
            CREATE CAST (a AS b) WITH INOUT; CREATE EVENT TRIGGER e ON sql_drop EXECUTE FUNCTION f();
            GRANT SELECT ON t TO app; REVOKE ALL ON SCHEMA app FROM PUBLIC; COMMENT ON VIEW v IS 'x';
            ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TRIGGER a ON b DEPENDS ON EXTENSION c;
            CREATE TYPE hollow; CREATE OPERATOR CLASS c FOR TYPE t USING btree AS STORAGE t;
            ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (int, int) g(int, int);
            COMMENT ON LANGUAGE l IS 'x'; GRANT USAGE ON LANGUAGE l TO app;";
        assert_eq!(read_one(taken, DialectName::Postgres).map(|found| found.len()), Ok(19));
        let refused = [
            ("CREATE TABLE t (id int)", "a table is declared by a model"),
            ("CREATE TYPE t (INPUT = i, OUTPUT = o)", "base types are not compared"),
            ("CREATE TABLESPACE t LOCATION '/t'", "CREATE TABLESPACE cannot be declared"),
            ("ALTER LANGUAGE l OWNER TO me", "owners are not declared"),
            ("CREATE TEMP VIEW v AS SELECT 1", "what is temporary is gone with its session"),
            ("CREATE SCHEMA a CREATE VIEW v AS SELECT 1", "a schema is declared alone"),
            ("ALTER VIEW v OWNER TO me", "owners are not declared"),
            ("ALTER VIEW v RENAME TO w", "ALTER ... RENAME declares nothing"),
            ("ALTER TABLE t DROP COLUMN a", "ALTER ... DROP declares nothing"),
            ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app", "ALTER DEFAULT PRIVILEGES is no part"),
            ("GRANT app TO me", "GRANT of a role to a role is no part of the schema"),
            ("GRANT CONNECT ON DATABASE d TO me", "GRANT ... ON DATABASE is no part of the schema"),
            ("COMMENT ON DATABASE d IS 'x'", "COMMENT DATABASE is no part of the schema"),
            ("SELECT 1", "`SELECT` declares nothing"),
        ];
        for (sql, reason) in refused {
            let told = read_one(sql, DialectName::Postgres).err().unwrap_or_default();
            assert!(told.starts_with(&format!("a/b.sql:1: {reason}")), "{sql}: {told}");
        }
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
            "CREATE VIEW v AS SELECT 1;\nDROP TABLE t;\nCREATE USER x;\nALTER TABLE t DISABLE ROW LEVEL SECURITY;";
        assert_eq!(
            read_one(text, DialectName::Postgres),
            Err("a/b.sql:2: `DROP` declares nothing\n\
                 a/b.sql:3: CREATE USER cannot be declared in an SQL file\n\
                 a/b.sql:4: row-level security is switched off by the model\n"
                .to_owned())
        );
        assert_eq!(
            read_one("GRANT SELECT ON t TO x", DialectName::Mysql),
            Err("a/b.sql:1: `GRANT` declares nothing\n".to_owned())
        );
        assert!(read_one("CREATE VIEW v AS SELECT '", DialectName::Sqlite).is_err());
    }
}
