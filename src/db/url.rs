use std::fmt;
use std::path::{Path, PathBuf};

use rungs_schema::DialectName;
use url::Url;

use crate::error::DbError;

/// A database URL that names an engine we know. Its display never shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    engine: Engine,
}

#[derive(Clone, PartialEq, Eq)]
enum Engine {
    Sqlite { path: Option<PathBuf>, query: Option<String> },
    Server { name: DialectName, url: Url },
}

impl DatabaseUrl {
    /// Understands `sqlite://relative.db`, `sqlite:///absolute.db`, `sqlite::memory:`, `postgres://...`,
    /// `postgresql://...`, `mysql://...` and `mariadb://...`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, DbError> {
        let fault = |reason: String| DbError::Url { url: without_password(text), reason };
        if let Some(rest) = text.strip_prefix("sqlite:") {
            return Ok(Self { engine: sqlite(rest.strip_prefix("//").unwrap_or(rest)).map_err(fault)? });
        }
        if !text.contains("://") {
            return Err(fault("it does not begin with the name of an engine and `://`".to_owned()));
        }
        let url = Url::parse(text).map_err(|error| fault(error.to_string()))?;
        let name = match url.scheme() {
            "postgres" | "postgresql" => DialectName::Postgres,
            "mysql" => DialectName::Mysql,
            "mariadb" => DialectName::Mariadb,
            other => return Err(fault(format!("`{other}` is no engine that rungs knows"))),
        };
        Ok(Self { engine: Engine::Server { name, url } })
    }

    /// An SQLite file; sqlx gives databases in memory names that are no files.
    #[cfg(feature = "sqlite")]
    pub(super) fn of_file(path: &Path) -> Self {
        let is_file = !path.as_os_str().is_empty() && !path.to_string_lossy().starts_with("file:sqlx-in-memory");
        Self { engine: Engine::Sqlite { path: is_file.then(|| path.to_path_buf()), query: None } }
    }

    /// The engine that the scheme names. `mysql` may turn out to be MariaDB once connected, and the reverse.
    pub fn dialect_name(&self) -> DialectName {
        match &self.engine {
            Engine::Sqlite { .. } => DialectName::Sqlite,
            Engine::Server { name, .. } => *name,
        }
    }

    /// The file of an SQLite database; `None` for one in memory and for a server.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Sqlite { path, .. } => path.as_deref(),
            Engine::Server { .. } => None,
        }
    }

    /// The name of the database on its server; empty where none is given.
    pub fn database(&self) -> String {
        match &self.engine {
            Engine::Sqlite { .. } => String::new(),
            Engine::Server { url, .. } => percent_decoded(url.path().trim_start_matches('/')),
        }
    }

    /// The same server with another database. An SQLite URL stays as it is.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        let mut copy = self.clone();
        if let Engine::Server { url, .. } = &mut copy.engine {
            // `set_path` percent-encodes what a path cannot hold; a `%` in the name is not among it.
            url.set_path(&database.replace('%', "%25"));
        }
        copy
    }

    /// The URL for the driver, with its password.
    pub(crate) fn driver_url(&self) -> String {
        match &self.engine {
            Engine::Sqlite { path: None, .. } => "sqlite::memory:".to_owned(),
            Engine::Sqlite { path: Some(path), query } => {
                let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
                format!("sqlite://{}{query}", path.display())
            }
            Engine::Server { name, url } => {
                let text = url.as_str();
                match name {
                    DialectName::Mariadb => text.replacen("mariadb:", "mysql:", 1),
                    _ => text.to_owned(),
                }
            }
        }
    }
}

fn sqlite(rest: &str) -> Result<Engine, String> {
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (rest, None),
    };
    match path {
        "" => Err("it names no file".to_owned()),
        ":memory:" => Ok(Engine::Sqlite { path: None, query }),
        path => Ok(Engine::Sqlite { path: Some(PathBuf::from(percent_decoded(path))), query }),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Text that may be a URL, without a password or parameters. A password that was not encoded may hold any of `/?#@`,
/// so that what is left out ends with the last `@`, wherever that is.
fn without_password(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    let (user, host) = match rest.rfind('@') {
        Some(at) if scheme.is_empty() => ("...", &rest[at..]),
        Some(at) => (rest[..at].split(':').next().unwrap_or_default(), &rest[at..]),
        None => ("", rest),
    };
    let host = host.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}{separator}{user}{host}")
}

/// Any text, with the passwords of the URLs in it left out.
pub fn without_passwords(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let start = rest[..at]
            .rfind(|c: char| !c.is_ascii_alphanumeric())
            .map_or(0, |before| before + rest[before..].chars().next().map_or(0, char::len_utf8));
        let length = rest[at..].find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(rest.len() - at);
        let url = &rest[start..at + length];
        out.push_str(&rest[..start]);
        out.push_str(&if url.contains('@') || url.contains("password") {
            without_password(url)
        } else {
            url.to_owned()
        });
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Sqlite { path: None, .. } => f.write_str("sqlite::memory:"),
            Engine::Sqlite { path: Some(path), .. } => write!(f, "sqlite://{}", path.display()),
            Engine::Server { url, .. } => {
                // A password may also stand among the parameters, which nobody needs to see.
                let mut shown = url.clone();
                shown.set_query(None);
                f.write_str(&without_password(shown.as_str()))
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown_however_it_is_written() {
        let shown = |text: &str| match DatabaseUrl::parse(text) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        for text in [
            "postgres://me:S3cret@h/x",
            "postgres://me:S3cr%40et@h/x",
            "postgres://me:S3/cret@h/x",
            "postgres://me:S3#cret@h/x",
            "postgres://me:S3?cret@h/x",
            "postgres://me:S3@cr/et@h/x",
            "postgres:me:S3cret@h/x",
            "me:S3cret@h/x",
            "postgress://me:S3cret@h/x",
            "mysql://me:S3cret@h:port/x",
            "mysql://h/x?password=S3cret",
            "oracle://h/x?password=S3cret",
        ] {
            let shown = shown(text);
            assert!(!shown.contains("S3") && !shown.contains("cr") && !shown.contains("et@"), "{text}: {shown}");
            assert!(shown.contains("h"), "{text}: {shown}");
        }
        assert_eq!(shown("postgres://me:S3cret@h:5432/x"), "postgres://me@h:5432/x");
    }

    #[test]
    fn passwords_in_any_text_are_left_out() {
        let text =
            "cannot use `mysql://me:S3cret@h/x` and \"postgres://h/y?password=S3cret\" here, see https://a.b/c?d";
        let hidden = "cannot use `mysql://me@h/x` and \"postgres://h/y\" here, see https://a.b/c?d";
        assert_eq!(without_passwords(text), hidden);
    }
}
