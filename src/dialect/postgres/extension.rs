//! What CREATE EXTENSION says, and how one extension becomes the other where it stands.
//! <https://www.postgresql.org/docs/current/sql-alterextension.html>

use rungs_schema::{Definition, DefinitionKind, Schema};

use super::{literal, quote};
use crate::dialect::Statement;

/// An extension as its definition has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    pub(super) name: String,
    /// Its namespace; `None` is the default one.
    pub(super) schema: Option<String>,
    /// Its version; `None` is the one that the server installs by itself.
    pub(super) version: Option<String>,
}

impl Extension {
    pub(super) fn sql(&self) -> String {
        let mut sql = format!("CREATE EXTENSION {}", quote(&self.name));
        if let Some(schema) = &self.schema {
            sql.push_str(&format!(" WITH SCHEMA {}", quote(schema)));
        }
        if let Some(version) = &self.version {
            sql.push_str(&format!(" VERSION {}", literal(version)));
        }
        sql
    }

    /// Reads what [`sql`](Self::sql) wrote; `None` for what somebody else wrote.
    pub(super) fn of(definition: &Definition) -> Option<Self> {
        let rest = definition.sql.strip_prefix("CREATE EXTENSION ")?;
        let (name, rest) = identifier(rest)?;
        let (schema, rest) = match rest.strip_prefix(" WITH SCHEMA ") {
            Some(rest) => identifier(rest).map(|(schema, rest)| (Some(schema), rest))?,
            None => (None, rest),
        };
        let version = match rest.strip_prefix(" VERSION '") {
            Some(rest) => Some(rest.strip_suffix('\'')?.replace("''", "'")),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { name, schema, version })
    }

    /// Whether the server has a way from this version to the other one; it has none back.
    fn can_become(&self, version: Option<&str>) -> bool {
        match (self.version.as_deref(), version) {
            // The server's own version is the newest it has.
            (None, _) => false,
            (Some(_), None) => true,
            (Some(old), Some(new)) => numbers(new) > numbers(old),
        }
    }
}

/// A quoted identifier, and what follows it.
fn identifier(text: &str) -> Option<(String, &str)> {
    let length = crate::diff::quoted_length(text, '"');
    let inside = text.get(..length)?.strip_prefix('"')?.strip_suffix('"')?;
    Some((inside.replace("\"\"", "\""), &text[length..]))
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0)).collect()
}

/// An extension that is newer than the wanted one stays as it is: there is no way back, and what it owns is no
/// difference.
pub(super) fn leave_versions(previous: &Schema, next: &mut Schema) {
    for definition in next.definitions.iter_mut().filter(|one| one.kind == DefinitionKind::Extension) {
        let old = previous.definitions.iter().find(|one| one.reference() == definition.reference());
        let sides = old.and_then(Extension::of).zip(Extension::of(definition));
        if let Some((old, new)) = sides.filter(|(old, new)| !old.can_become(new.version.as_deref())) {
            definition.sql = Extension { version: old.version, ..new }.sql();
        }
    }
}

/// The statements that change an extension where it stands, without its comment.
pub(super) fn alter(previous: &Definition, next: &Definition) -> Vec<Statement> {
    let Some((old, new)) = Extension::of(previous).zip(Extension::of(next)) else { return Vec::new() };
    let name = quote(&new.name);
    let mut out = Vec::new();
    if let Some(schema) = new.schema.as_ref().filter(|_| old.schema != new.schema) {
        let sql = format!("ALTER EXTENSION {name} SET SCHEMA {}", quote(schema));
        out.push(Statement::new(sql, format!("moves extension {} to schema {schema}", new.name)));
    } else if old.schema != new.schema {
        // Only the connection knows the name of the default namespace, and it comes first on the search path.
        let sql = format!(
            "DO $$ BEGIN EXECUTE format('ALTER EXTENSION %I SET SCHEMA %I', {}, current_schema()); END $$",
            literal(&new.name)
        );
        out.push(Statement::new(sql, format!("moves extension {} to the default schema", new.name)));
    }
    if old.can_become(new.version.as_deref()) {
        let to = new.version.as_ref().map_or_else(String::new, |version| format!(" TO {}", literal(version)));
        let sql = format!("ALTER EXTENSION {name} UPDATE{to}");
        out.push(Statement::new(sql, format!("updates extension {}", new.name)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rungs_schema::ObjectName;

    #[test]
    fn what_is_written_is_read_again() {
        for schema in [None, Some("a \"b\"".to_owned())] {
            for version in [None, Some("1.2'3".to_owned())] {
                let extension = Extension { name: "uuid-\"ossp".to_owned(), schema: schema.clone(), version };
                let definition =
                    Definition::new(DefinitionKind::Extension, ObjectName::bare("uuid-\"ossp"), extension.sql());
                assert_eq!(Extension::of(&definition), Some(extension));
            }
        }
    }

    #[test]
    fn versions_go_up_only() {
        let at = |version: Option<&str>| Extension {
            name: "hstore".to_owned(),
            schema: None,
            version: version.map(str::to_owned),
        };
        assert!(at(Some("1.9")).can_become(Some("1.10")));
        assert!(at(Some("1.9")).can_become(None));
        assert!(!at(Some("1.10")).can_become(Some("1.9")));
        assert!(!at(None).can_become(Some("1.9")));
    }
}
