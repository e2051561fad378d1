//! What the file says of engines: those that a history is written for, where each is tried out, and own types.

use std::collections::BTreeMap;
use std::ops::Range;

use rungs_schema::{ColumnType, DialectName};
use serde::Deserialize;
use toml::Spanned;

/// `dialects = ["sqlite", "postgres"]`; the error has its place in the file.
pub(super) fn dialects(words: Vec<Spanned<String>>) -> Result<Vec<DialectName>, (Range<usize>, String)> {
    let mut found = Vec::new();
    for word in words {
        let span = word.span();
        let word = word.into_inner();
        match DialectName::from_word(&word) {
            Some(name) if found.contains(&name) => return Err((span, format!("`{word}` stands twice in `dialects`"))),
            Some(name) => found.push(name),
            None => return Err((span, format!("there is no engine `{word}`"))),
        }
    }
    Ok(found)
}

/// `[scratch]`. SQLite needs none: a database in memory does.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileScratch {
    postgres: Option<String>,
    mysql: Option<String>,
    mariadb: Option<String>,
}

impl FileScratch {
    pub(super) fn by_engine(self) -> impl Iterator<Item = (DialectName, String)> {
        let all = [
            (DialectName::Postgres, self.postgres),
            (DialectName::Mysql, self.mysql),
            (DialectName::Mariadb, self.mariadb),
        ];
        all.into_iter().filter_map(|(name, url)| Some((name, url?)))
    }
}

/// `Money = "numeric(12,2)"`, or `Money = { postgres = "numeric(12,2)", default = "text" }`.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a column type is wanted here: \"numeric(12,2)\", or { postgres = \"numeric(12,2)\", default = \"text\" }"
)]
pub(super) enum FileType {
    One(String),
    Each(FileTypes),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTypes {
    sqlite: Option<String>,
    postgres: Option<String>,
    mysql: Option<String>,
    mariadb: Option<String>,
    default: Option<String>,
}

impl From<FileType> for ColumnType {
    fn from(ty: FileType) -> Self {
        let FileTypes { sqlite, postgres, mysql, mariadb, default } = match ty {
            FileType::One(text) => return Self::PerDialect { by: BTreeMap::new(), default: Some(text) },
            FileType::Each(types) => types,
        };
        // The two speak one dialect: what is said for one holds for the other, unless that has its own.
        let (mysql, mariadb) = (mysql.clone().or_else(|| mariadb.clone()), mariadb.or(mysql));
        let all = [
            (DialectName::Sqlite, sqlite),
            (DialectName::Postgres, postgres),
            (DialectName::Mysql, mysql),
            (DialectName::Mariadb, mariadb),
        ];
        Self::PerDialect { by: all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect(), default }
    }
}

/// Whether a text can be the end of a type's path.
pub(super) fn is_path(text: &str) -> bool {
    text.split("::").all(|part| {
        let mut letters = part.chars();
        letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
    })
}
