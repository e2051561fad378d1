use crate::db::ServerVersion;
use crate::dialect::Scope;

/// The conditions that every query shares. The aliases are the same everywhere: `n` is the namespace of the object,
/// `c` its `pg_class` row.
pub(super) struct Filter {
    namespaces: String,
    has_database: bool,
    reads_subscriptions: bool,
    version: ServerVersion,
}

impl Filter {
    pub(super) fn new(scope: &Scope, version: &ServerVersion) -> Self {
        // PostgreSQL reserves the prefix `pg_`: TOAST and temporary namespaces have it too.
        let own = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
        let namespaces = match scope {
            Scope::Everything => own.to_owned(),
            Scope::Namespaces(names) | Scope::NamespacesAndDatabase(names) => {
                let any: Vec<String> = names
                    .iter()
                    .map(|name| match name {
                        None => "n.nspname = current_schema()".to_owned(),
                        Some(name) => format!("n.nspname = {}", super::super::literal(name)),
                    })
                    .collect();
                if any.is_empty() { "false".to_owned() } else { format!("{own} AND ({})", any.join(" OR ")) }
            }
        };
        Self {
            namespaces,
            has_database: !matches!(scope, Scope::Namespaces(_)),
            reads_subscriptions: false,
            version: version.clone(),
        }
    }

    /// Whether the server is at least of this major version.
    pub(super) fn at_least(&self, major: u32) -> bool {
        self.version.at_least(major, 0, 0)
    }

    /// Whether what lives in no namespace is in the scope too.
    pub(super) fn has_database(&self) -> bool {
        self.has_database
    }

    /// Whether the connection may know how subscriptions connect.
    pub(super) fn reads_subscriptions(&self) -> bool {
        self.reads_subscriptions
    }

    pub(super) fn read_subscriptions(&mut self, may: bool) {
        self.reads_subscriptions = may;
    }

    /// Whether the namespace `n` is in the scope.
    pub(super) fn namespaces(&self) -> &str {
        &self.namespaces
    }

    /// Objects of a catalogue, under an alias, that are in the scope and that no extension owns.
    pub(super) fn objects(&self, catalogue: &str, alias: &str) -> String {
        format!(
            "{} AND NOT EXISTS (SELECT FROM pg_depend AS owned WHERE owned.classid = '{catalogue}'::regclass \
             AND owned.objid = {alias}.oid AND owned.deptype = 'e')",
            self.namespaces
        )
    }

    /// The namespaces that an extension may be in, which the system's own are among.
    pub(super) fn namespaces_of_extensions(&self) -> &str {
        if self.has_database { "true" } else { &self.namespaces }
    }

    /// Tables of every kind: ordinary, partitioned, foreign; partitions and children too.
    pub(super) fn tables(&self) -> String {
        format!("c.relkind IN ('r', 'p', 'f') AND {}", self.objects("pg_class", "c"))
    }

    /// Tables and views of every kind.
    pub(super) fn relations(&self) -> String {
        format!("c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {}", self.objects("pg_class", "c"))
    }

    /// Objects that belong to no namespace, under an alias: a part of the whole database only.
    pub(super) fn database_wide(&self, catalogue: &str, alias: &str) -> String {
        format!(
            "{} AND NOT EXISTS (SELECT FROM pg_depend AS owned WHERE owned.classid = '{catalogue}'::regclass \
             AND owned.objid = {alias}.oid AND owned.deptype = 'e')",
            self.has_database
        )
    }
}

/// As [`schema_of`], for an object whose bare name finds another one if it is not visible: a type or routine that is
/// called like one of the system's, which come first. That one is always qualified.
pub(super) fn schema_unless_hidden(alias: &str, is_visible: &str) -> String {
    format!("CASE WHEN {is_visible} THEN {} ELSE {alias}.nspname END", schema_of(alias))
}

/// The namespace of a type `t`, and of a routine `p`, in the namespace `n`.
pub(super) fn schema_of_type() -> String {
    schema_unless_hidden("n", "pg_type_is_visible(t.oid)")
}

pub(super) fn schema_of_routine() -> String {
    schema_unless_hidden("n", "pg_function_is_visible(p.oid)")
}

/// The namespace of an object as its name has it: NULL for the default one.
pub(super) fn schema_of(alias: &str) -> String {
    format!("NULLIF({alias}.nspname, current_schema())")
}

/// The name of a routine by its `oid`, as a column refers to it. Unlike `regproc` it does not depend on whether another
/// routine has the name too.
pub(super) fn routine(oid: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_function_is_visible(fp.oid) THEN '' ELSE quote_ident(fn.nspname) || '.' END \
         || quote_ident(fp.proname) FROM pg_proc AS fp JOIN pg_namespace AS fn ON fn.oid = fp.pronamespace \
         WHERE fp.oid = {oid})"
    )
}
