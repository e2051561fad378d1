//! What belongs to no namespace, in the throwaway transaction: extensions, casts, publications, event triggers, servers,
//! languages, access methods, transforms.
//!
//! A publication, an event trigger, a wrapper, a server, a language or an access method is built under another name. An
//! extension is its name: one that is there already stays, and another one comes for as long as the transaction lasts. A
//! cast is its two types: one that is there already gives way for as long. A transform is a type and a language: one that
//! is there already is replaced for as long.

use std::collections::BTreeSet;

use rungs_schema::{DefinitionKind, DialectName, ObjectName, Schema};

use super::super::extension::Extension;
use super::super::literal;
use super::super::names::printed;
use super::super::stand_in::{GLOBAL, StandIns, bare, operator_at};
use crate::db::Connection;
use crate::dialect::splitter::{self, Word};
use crate::error::DbError;

/// What some statements create beyond namespaces, and which namespaces.
#[derive(Debug, Default)]
pub(super) struct Database {
    default: String,
    namespaces: Vec<String>,
    extensions: Vec<Asked>,
    /// The two types of each, as they are written.
    casts: Vec<(String, String)>,
    /// The type and the language of each, as they are written.
    transforms: Vec<(String, String)>,
    /// By the last word of the kind.
    named: Vec<(&'static str, String)>,
    /// By namespace.
    operators: Vec<ObjectName>,
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
                ("cast", _) => found.casts.extend(types_of_cast(sql, &words[creation.at..])),
                ("transform", _) => found.transforms.extend(parts_of_transform(sql, &words[creation.at..])),
                ("operator", _) => found.operators.extend(operator(&words, creation.at)),
                (kind, Some(name)) => {
                    let global = GLOBAL.iter().find(|(long, _)| *long == kind);
                    found.named.extend(global.map(|(_, word)| (*word, name)));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether a statement creates something of a kind. The stand-ins of namespaces are there already.
    pub(super) fn is_created(sql: &str, kind: &str) -> bool {
        let words = splitter::words(DialectName::Postgres, sql);
        splitter::creation(&words).is_some_and(|creation| creation.kind == kind)
    }

    pub(super) fn is_used(&self) -> bool {
        !(self.extensions.is_empty() && self.casts.is_empty() && self.transforms.is_empty() && self.named.is_empty())
    }

    /// The namespaces, as [`StandIns::new`] takes them, and the operators, whose names are no words.
    pub(super) fn in_namespaces(&self) -> impl Iterator<Item = ObjectName> {
        let others = self.namespaces.iter().filter(|name| **name != self.default);
        others.map(|name| ObjectName::qualified(name, "")).chain(self.operators.iter().cloned())
    }

    /// What is built under another name.
    pub(super) fn names(&self) -> Vec<(&'static str, String)> {
        self.named.clone()
    }

    /// Makes room for casts.
    pub(super) async fn make_room(&self, connection: &mut Connection) -> Result<(), DbError> {
        for (source, target) in &self.casts {
            // The types may not be there yet; then no cast is.
            super::attempt(connection, &format!("DROP CAST IF EXISTS ({source} AS {target})")).await?;
        }
        Ok(())
    }

    /// A statement as it is run in the transaction: an extension may be there, and brings no other one along, because no
    /// revision would create that.
    pub(super) fn in_scratch(&self, sql: &str) -> String {
        let words = splitter::words(DialectName::Postgres, sql);
        let Some(creation) = splitter::creation(&words) else { return sql.to_owned() };
        if creation.kind == "transform" {
            let from = words.get(creation.at).map_or(sql.len(), |word| word.start(sql));
            return format!("CREATE OR REPLACE TRANSFORM {}", &sql[from..]);
        }
        if creation.kind != "extension" {
            return sql.to_owned();
        }
        let from = words.get(creation.at).map_or(sql.len(), |word| word.start(sql));
        let rest = sql[from..].trim_end();
        let cascade = "cascade";
        let cut = rest.len().saturating_sub(cascade.len());
        let ends = rest.get(cut..).is_some_and(|end| end.eq_ignore_ascii_case(cascade));
        format!("CREATE EXTENSION IF NOT EXISTS {}", if ends { &rest[..cut] } else { rest })
    }

    /// Takes out extensions, casts and transforms that nobody declares, and says of extensions what is declared of them.
    pub(super) async fn keep_declared(
        &self,
        connection: &mut Connection,
        stand_ins: &StandIns,
        schema: &mut Schema,
    ) -> Result<(), DbError> {
        let mut casts: BTreeSet<String> = BTreeSet::new();
        for (source, target) in &self.casts {
            let of = |ty: &str| format!("format_type({}::regtype, NULL)", literal(&stand_ins.apply(ty)));
            let rows = connection.query(&format!("SELECT {} || ' AS ' || {} AS name", of(source), of(target))).await?;
            for row in rows {
                let name = row.text("name")?;
                casts.insert(stand_ins.back(name).unwrap_or_else(|| name.to_owned()));
            }
        }
        let mut transforms: BTreeSet<String> = BTreeSet::new();
        for (ty, language) in &self.transforms {
            let ty = literal(&stand_ins.apply(ty));
            let rows = connection.query(&format!("SELECT format_type({ty}::regtype, NULL) AS name")).await?;
            for row in rows {
                let name = row.text("name")?;
                let name = stand_ins.back(name).unwrap_or_else(|| name.to_owned());
                transforms.insert(format!("{name} LANGUAGE {}", printed(language)));
            }
        }
        schema.definitions.retain(|one| match one.kind {
            DefinitionKind::Transform => transforms.contains(&one.name.name),
            DefinitionKind::Extension => self.extensions.iter().any(|asked| asked.name == one.name.name),
            DefinitionKind::Cast => casts.contains(&one.name.name),
            _ => true,
        });
        for one in schema.definitions.iter_mut().filter(|one| one.kind == DefinitionKind::Extension) {
            let asked = self.extensions.iter().find(|asked| asked.name == one.name.name);
            let Some((asked, there)) = asked.zip(Extension::of(one)) else { continue };
            let schema = asked.schema.clone().or(there.schema).filter(|schema| *schema != self.default);
            let version = asked.version.clone().or(there.version);
            one.sql = Extension { name: there.name, schema, version }.sql();
        }
        Ok(())
    }
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

/// The operator whose name begins at a place.
fn operator(words: &[Word<'_>], at: usize) -> Option<ObjectName> {
    let is_qualified = words.get(at + 1).is_some_and(|word| word.text() == ".");
    let schema = words.get(at).filter(|_| is_qualified).map(bare);
    let name = operator_at(words, if is_qualified { at + 2 } else { at });
    (!name.is_empty()).then_some(ObjectName { schema, name })
}

/// What extensions have put into stand-ins, by the stand-in and by name.
pub(super) async fn brought_by_extensions(
    connection: &mut Connection,
    stand_ins: &StandIns,
) -> Result<Vec<(String, String)>, DbError> {
    let names: Vec<String> = std::iter::once(stand_ins.default()).chain(stand_ins.others()).map(literal).collect();
    let of = |catalogue: &str, name: &str, namespace: &str| {
        format!(
            "SELECT n.nspname::text AS stand_in, o.{name}::text AS name FROM {catalogue} AS o \
             JOIN pg_namespace AS n ON n.oid = o.{namespace} JOIN pg_depend AS d ON d.objid = o.oid \
             AND d.classid = '{catalogue}'::regclass AND d.deptype = 'e' WHERE n.nspname IN ({})",
            names.join(", ")
        )
    };
    let queries = [
        of("pg_type", "typname", "typnamespace"),
        of("pg_class", "relname", "relnamespace"),
        of("pg_proc", "proname", "pronamespace"),
        of("pg_operator", "oprname", "oprnamespace"),
        of("pg_opclass", "opcname", "opcnamespace"),
        of("pg_opfamily", "opfname", "opfnamespace"),
        of("pg_conversion", "conname", "connamespace"),
        of("pg_ts_parser", "prsname", "prsnamespace"),
        of("pg_ts_template", "tmplname", "tmplnamespace"),
        of("pg_ts_dict", "dictname", "dictnamespace"),
        of("pg_ts_config", "cfgname", "cfgnamespace"),
        of("pg_collation", "collname", "collnamespace"),
    ];
    let rows = connection.query(&queries.join(" UNION ")).await?;
    rows.iter().map(|row| Ok((row.text("stand_in")?.to_owned(), row.text("name")?.to_owned()))).collect()
}

/// The type and the language in `FOR type LANGUAGE language (`, with which some words of a statement go on.
fn parts_of_transform(sql: &str, words: &[Word<'_>]) -> Option<(String, String)> {
    let is = |word: &Word<'_>, text: &str| word.text().eq_ignore_ascii_case(text);
    let start = words.first().filter(|word| is(word, "for"))?.start(sql) + "for".len();
    let at = words.iter().position(|word| is(word, "language"))?;
    let ty = sql.get(start..words[at].start(sql))?.trim().to_owned();
    Some((ty, bare(words.get(at + 1)?)))
}

/// The types in the parentheses with which some words of a statement begin.
fn types_of_cast(sql: &str, words: &[Word<'_>]) -> Option<(String, String)> {
    let start = words.first().filter(|word| word.text() == "(")?.start(sql);
    let middle = words.iter().find(|word| word.text().eq_ignore_ascii_case("as"))?.start(sql);
    let mut depth = 0;
    let end = words.iter().find(|word| {
        depth += match word.text() {
            "(" => 1,
            ")" => -1,
            _ => 0,
        };
        depth == 0
    })?;
    let between = |from: usize, to: usize| Some(sql.get(from..to)?.trim().to_owned());
    Some((between(start + 1, middle)?, between(middle + 2, end.start(sql))?))
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
            "CREATE OPERATOR app.<~> (FUNCTION = f)",
            "CREATE TRANSFORM FOR app.point LANGUAGE plx (FROM SQL WITH FUNCTION f(internal))",
        ];
        let database = Database::of(&statements.map(str::to_owned), "public");
        let Asked { name, schema, version } = &database.extensions[0];
        let read = (name.as_str(), schema.as_deref(), version.as_deref());
        assert_eq!(read, ("uuid-ossp", Some("ext"), Some("1.1")));
        assert_eq!(database.casts, [("app.money".to_owned(), "numeric(10, 2)".to_owned())]);
        assert_eq!(
            (database.namespaces.as_slice(), database.names()),
            (&["ext".to_owned()][..], vec![("wrapper", "W".to_owned())])
        );
        assert_eq!(database.operators, [ObjectName::qualified("app", "<~>")]);
        assert_eq!(
            database.in_scratch(statements[0]),
            "CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\" WITH SCHEMA ext VERSION '1.1' "
        );
        assert_eq!(database.in_scratch(statements[4]), statements[4]);
        assert_eq!(database.transforms, [("app.point".to_owned(), "plx".to_owned())]);
        assert_eq!(
            database.in_scratch(statements[5]),
            "CREATE OR REPLACE TRANSFORM FOR app.point LANGUAGE plx (FROM SQL WITH FUNCTION f(internal))"
        );
    }
}
