//! What belongs to no namespace, in the throwaway transaction: extensions, casts, publications, event triggers, servers.
//!
//! A publication, an event trigger, a wrapper or a server is built under another name. An extension is its name: one that
//! is there already stays, and another one comes for as long as the transaction lasts. A cast is its two types: one that
//! is there already gives way for as long.

use rungs_schema::{Definition, DefinitionKind, DialectName, ObjectName, Schema};

use super::super::extension::Extension;
use super::super::introspect::introspect_stand_ins;
use super::super::stand_in::{GLOBAL, StandIns, bare};
use crate::db::Connection;
use crate::dialect::splitter::{self, Word};
use crate::error::DbError;

/// What some statements create beyond namespaces, and which namespaces.
#[derive(Debug, Default)]
pub(super) struct Database {
    default: String,
    namespaces: Vec<String>,
    extensions: Vec<Asked>,
    /// `a AS b`, as it is written.
    casts: Vec<String>,
    /// By the last word of the kind.
    named: Vec<(&'static str, String)>,
}

/// An extension as it is declared.
#[derive(Debug)]
struct Asked {
    name: String,
    schema: Option<String>,
    version: Option<String>,
}

impl Database {
    pub(super) fn of(statements: &[String], default: &str) -> Self {
        let mut found = Self { default: default.to_owned(), ..Self::default() };
        for sql in statements {
            let words = splitter::words(DialectName::Postgres, sql);
            let Some(creation) = splitter::creation(&words) else { continue };
            let name = creation.name.map(|(_, name)| bare(name));
            match (creation.kind.as_str(), name) {
                ("schema", Some(name)) => found.namespaces.push(name),
                ("extension", Some(name)) => found.extensions.push(Asked::of(name, &words[creation.at..])),
                ("cast", _) => found.casts.extend(in_parentheses(sql, &words[creation.at..])),
                (kind, Some(name)) => {
                    let global = GLOBAL.iter().find(|(long, _)| *long == kind);
                    found.named.extend(global.map(|(_, word)| (*word, name)));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether a statement creates a namespace. Their stand-ins are there already.
    pub(super) fn is_namespace(sql: &str) -> bool {
        let words = splitter::words(DialectName::Postgres, sql);
        splitter::creation(&words).is_some_and(|creation| creation.kind == "schema")
    }

    pub(super) fn is_used(&self) -> bool {
        !(self.extensions.is_empty() && self.casts.is_empty() && self.named.is_empty())
    }

    /// The namespaces, as [`StandIns::new`] takes them.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = ObjectName> {
        self.namespaces.iter().filter(|name| **name != self.default).map(|name| ObjectName::qualified(name, ""))
    }

    /// What is built under another name.
    pub(super) fn names(&self) -> Vec<(&'static str, String)> {
        self.named.clone()
    }

    /// What is there that belongs to no namespace, with room made for casts.
    pub(super) async fn prepare(
        &self,
        connection: &mut Connection,
        stand_ins: &StandIns,
    ) -> Result<Vec<Definition>, DbError> {
        if !self.is_used() {
            return Ok(Vec::new());
        }
        for cast in &self.casts {
            // The types may not be there yet; then no cast is.
            super::attempt(connection, &format!("DROP CAST IF EXISTS ({cast})")).await?;
        }
        let schema = introspect_stand_ins(connection, stand_ins, true).await?;
        Ok(schema.definitions.into_iter().filter(|one| is_global(one.kind)).collect())
    }

    /// A statement as it is run in the transaction: an extension may be there, and brings no other one along, because no
    /// revision would create that.
    pub(super) fn in_scratch(&self, sql: &str) -> String {
        let words = splitter::words(DialectName::Postgres, sql);
        let Some(creation) = splitter::creation(&words).filter(|creation| creation.kind == "extension") else {
            return sql.to_owned();
        };
        let from = words.get(creation.at).map_or(sql.len(), |word| word.start(sql));
        let rest = sql[from..].trim_end();
        let cascade = "cascade";
        let cut = rest.len().saturating_sub(cascade.len());
        let ends = rest.get(cut..).is_some_and(|end| end.eq_ignore_ascii_case(cascade));
        format!("CREATE EXTENSION IF NOT EXISTS {}", if ends { &rest[..cut] } else { rest })
    }

    /// Takes out what was there before and nobody declares, and says of extensions what is declared of them.
    pub(super) fn keep_declared(&self, schema: &mut Schema, before: &[Definition]) {
        schema.definitions.retain(|one| {
            let asked = self.extensions.iter().any(|asked| asked.name == one.name.name);
            match one.kind {
                DefinitionKind::Extension => asked,
                kind => !is_global(kind) || !before.contains(one),
            }
        });
        for one in schema.definitions.iter_mut().filter(|one| one.kind == DefinitionKind::Extension) {
            let asked = self.extensions.iter().find(|asked| asked.name == one.name.name);
            let Some((asked, there)) = asked.zip(Extension::of(one)) else { continue };
            let schema = asked.schema.clone().or(there.schema).filter(|schema| *schema != self.default);
            let version = asked.version.clone().or(there.version);
            one.sql = Extension { name: there.name, schema, version }.sql();
        }
    }
}

fn is_global(kind: DefinitionKind) -> bool {
    use DefinitionKind::{Cast, EventTrigger, Extension, ForeignDataWrapper, Publication, Server};
    matches!(kind, Cast | EventTrigger | Extension | ForeignDataWrapper | Publication | Server)
}

impl Asked {
    /// `words` begin with the name.
    fn of(name: String, words: &[Word<'_>]) -> Self {
        let behind = |keyword: &str| {
            let at = words.iter().skip(1).position(|word| word.text().eq_ignore_ascii_case(keyword))?;
            words.get(at + 2)
        };
        let version = behind("version").map(|word| match word {
            Word::Text(text) => text.trim_matches('\'').replace("''", "'"),
            other => bare(other),
        });
        Self { name, schema: behind("schema").map(bare), version }
    }
}

/// What stands in the parentheses with which some words of a statement begin.
fn in_parentheses(sql: &str, words: &[Word<'_>]) -> Option<String> {
    let start = words.first().filter(|word| word.text() == "(")?.start(sql);
    let mut depth = 0;
    let end = words.iter().find(|word| {
        depth += match word.text() {
            "(" => 1,
            ")" => -1,
            _ => 0,
        };
        depth == 0
    })?;
    Some(sql[start + 1..end.start(sql)].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read() {
        let statements = [
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA ext VERSION '1.1' CASCADE",
            "CREATE CAST (app.money AS numeric(10, 2)) WITH FUNCTION f(app.money)",
            "CREATE SCHEMA IF NOT EXISTS ext",
            "CREATE FOREIGN DATA WRAPPER \"W\"",
            "CREATE VIEW v AS SELECT 1",
        ];
        let database = Database::of(&statements.map(str::to_owned), "public");
        let Asked { name, schema, version } = &database.extensions[0];
        let read = (name.as_str(), schema.as_deref(), version.as_deref());
        assert_eq!(read, ("uuid-ossp", Some("ext"), Some("1.1")));
        assert_eq!(database.casts, ["app.money AS numeric(10, 2)"]);
        assert_eq!((database.namespaces.as_slice(), database.names()), (&["ext".to_owned()][..], vec![("wrapper", "W".to_owned())]));
        assert_eq!(
            database.in_scratch(statements[0]),
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA ext VERSION '1.1' "
        );
        assert_eq!(database.in_scratch(statements[4]), statements[4]);
    }
}
