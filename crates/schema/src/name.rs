use std::fmt;

/// The name of a table, sequence, type or view, with the namespace it lives in.
///
/// `schema` is `None` for the connection's default namespace: the first one on PostgreSQL's `search_path`, the
/// current database on MySQL and MariaDB, `main` on SQLite. Names are compared byte for byte and hold the bare
/// identifier, never its quoted form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectName {
    /// The namespace, or `None` for the default one.
    pub schema: Option<String>,
    /// The bare identifier.
    pub name: String,
}

impl ObjectName {
    /// A name in the default namespace.
    pub fn bare(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// A name in a given namespace.
    pub fn qualified(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }

    /// The same namespace with another identifier.
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self { schema: self.schema.clone(), name: name.into() }
    }
}

/// As a person would write it: `name` or `schema.name`, unquoted. For messages, never for SQL.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

impl From<&str> for ObjectName {
    /// The bare name; a dot has no meaning here.
    fn from(name: &str) -> Self {
        Self::bare(name)
    }
}
