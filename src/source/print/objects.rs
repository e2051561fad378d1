//! What no struct can stand for, as SQL files: one for each object, with all that is said of it.
//!
//! Every file holds what a file of `objects` may hold, so that the structs and the files together declare the whole
//! schema. The order of the statements is of no account there.

use std::collections::{BTreeMap, BTreeSet};

use rungs_schema::{
    Access, Class, Definition, DefinitionKind, DialectName, Grantee, ObjectName, Privilege, Schema, Table,
};

use crate::dialect::{Dialect, Statement, splitter};
use crate::diff::change::Change;
use crate::diff::{self, Definitions, Guide};
use crate::error::PlanError;
use crate::plan;
use crate::source::declarable;

use super::{grants, has_struct, home_of_sequence};

/// SQL files, and what they cannot hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFiles {
    /// Paths below the folder, with their texts.
    pub files: Vec<(String, String)>,
    /// What neither a struct nor such a file declares.
    pub left_out: Vec<String>,
}

/// The files for a schema. `only_for` marks them as those of one engine, in a project that has several.
///
/// # Errors
/// When the engine has no statement for something.
pub fn object_files(
    schema: &Schema,
    dialect: &dyn Dialect,
    only_for: Option<DialectName>,
) -> Result<ObjectFiles, PlanError> {
    let mut writer = Writer { schema, dialect, only_for, texts: BTreeMap::new(), left_out: Vec::new() };
    writer.left_out.extend(schema.default_privileges.iter().map(|one| {
        let of = one.role.as_deref().unwrap_or("whoever runs this");
        format!("default privileges of {of} on {}", one.word.to_lowercase())
    }));
    let owners: BTreeSet<&String> = schema.access.iter().filter_map(|access| access.owner.as_ref()).collect();
    writer.left_out.extend(owners.iter().map(|owner| format!("that {owner} owns things")));
    for change in diff::diff(&Schema::default(), &ownerless(schema), &guide(dialect)) {
        if let Some(home) = writer.home(&change) {
            let statements = dialect.render(&change)?;
            writer.take(home, statements);
        }
    }
    writer.left_out.sort();
    writer.left_out.dedup();
    let files = writer.named();
    Ok(ObjectFiles { files, left_out: writer.left_out })
}

fn guide(dialect: &dyn Dialect) -> Guide {
    let rules = dialect.features().rules.clone();
    Guide { rules, definitions: Definitions::All, access: true, one_way: true, ..Guide::default() }
}

/// An object belongs to whoever applies what is declared, and grants by itself what the engine gives.
fn ownerless(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.default_privileges.clear();
    for access in &mut schema.access {
        access.owner = None;
        let all = access.privileges.take();
        access.privileges =
            all.map(|all| all.into_iter().map(|one| Privilege { grantor: None, ..one }).collect::<BTreeSet<_>>());
    }
    schema
}

/// Where something is written: a folder, and what its file is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Home {
    folder: &'static str,
    schema: Option<String>,
    name: String,
}

impl Home {
    fn new(folder: &'static str, name: &ObjectName) -> Self {
        Self { folder, schema: name.schema.clone(), name: name.name.clone() }
    }

    /// Under the table or view that it stands on.
    fn on(folder: &'static str, table: &ObjectName, name: &str) -> Self {
        Self { folder, schema: table.schema.clone(), name: format!("{}.{name}", table.name) }
    }

    /// Routines that share a name share a file.
    fn of_routine(folder: &'static str, name: &ObjectName) -> Self {
        let bare = name.name.split('(').next().unwrap_or_default().to_owned();
        Self { folder, schema: name.schema.clone(), name: bare }
    }

    /// Operator classes and families that share a name, for several access methods, share a file.
    fn of_operators(folder: &'static str, name: &ObjectName) -> Self {
        let bare = name.name.rsplit_once(" USING ").map_or(name.name.as_str(), |(bare, _)| bare).to_owned();
        Self { folder, schema: name.schema.clone(), name: bare }
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    dialect: &'a dyn Dialect,
    only_for: Option<DialectName>,
    texts: BTreeMap<Home, Vec<Statement>>,
    left_out: Vec<String>,
}

impl Writer<'_> {
    /// Where a change belongs; `None` for what a struct says, and for what cannot be written.
    fn home(&mut self, change: &Change) -> Option<Home> {
        match change {
            Change::CreateTable { next } => table_home(next),
            Change::AlterTable(alter) => table_home(&alter.next),
            Change::Sequence(delta) => {
                let sequence = delta.next()?;
                let in_struct = home_of_sequence(self.schema, sequence, self.dialect).is_some();
                (!in_struct).then(|| Home::new("sequences", &sequence.name))
            }
            Change::Domain { delta, .. } => Some(Home::new("domains", &delta.next()?.name)),
            Change::Composite { delta, .. } => Some(Home::new("types", &delta.next()?.name)),
            Change::Definition(delta) => self.definition_home(delta.next()?),
            Change::Anew { next, .. } => self.definition_home(next),
            Change::Access { delta, .. } => self.access_home(delta.next()?),
            // Every enumeration is one in Rust.
            Change::Enum { .. } | Change::DropTable { .. } | Change::Rows(_) | Change::DefaultPrivileges { .. } => None,
        }
    }

    fn definition_home(&mut self, one: &Definition) -> Option<Home> {
        if matches!(one.kind, DefinitionKind::UserMapping | DefinitionKind::Subscription) {
            self.left_out.push(format!("{} {}", one.kind, one.name));
            return None;
        }
        Some(definition_home(one))
    }

    fn access_home(&mut self, access: &Access) -> Option<Home> {
        if let Some(extension) = &access.extension {
            self.left_out.push(format!("what is granted on {}, a part of extension {extension}", access.name()));
            return None;
        }
        let name = access.name();
        let with_definition = |class: Class| {
            let of = |one: &&Definition| one.kind.class() == class && one.name == *name;
            self.schema.definitions.iter().find(of).map(definition_home)
        };
        match access.word.as_str() {
            "TABLE" | "FOREIGN TABLE" => match self.schema.table(name).map(table_home) {
                Some(None) if grants::of_table(self.schema, name, self.dialect).is_some() => None,
                Some(Some(home)) => Some(home),
                _ => Some(Home::new("grants", name)),
            },
            "SCHEMA" => Some(Home::new("schemas", name)),
            "DOMAIN" => Some(Home::new("domains", name)),
            "TYPE" => Some(Home::new("types", name)),
            "SEQUENCE" => {
                let sequence = self.schema.sequences.iter().find(|one| one.name == *name);
                let in_file = |one| home_of_sequence(self.schema, one, self.dialect).is_none();
                let folder = if sequence.is_some_and(in_file) { "sequences" } else { "grants" };
                Some(Home::new(folder, name))
            }
            "SERVER" => Some(Home::new("servers", name)),
            "FOREIGN DATA WRAPPER" => Some(Home::new("foreign_data_wrappers", name)),
            _ => Some(with_definition(access.object.class).unwrap_or_else(|| Home::new("grants", name))),
        }
    }

    /// Keeps the statements that a file may hold.
    fn take(&mut self, home: Home, statements: Vec<Statement>) {
        let name = self.dialect.version().name;
        for statement in statements {
            let text = plan::client_script(std::slice::from_ref(&statement), name);
            let pieces = splitter::split(name, &text).unwrap_or_default();
            match pieces.iter().find_map(|piece| declarable::refused(piece, name)) {
                Some((reason, _)) => self.left_out.push(format!("{} ({reason})", statement.comment)),
                None => self.texts.entry(home.clone()).or_default().push(statement),
            }
        }
    }

    /// The texts under paths that every file system takes, and tells apart.
    fn named(&mut self) -> Vec<(String, String)> {
        let dialect = self.dialect.version().name;
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut files = Vec::new();
        for (home, statements) in std::mem::take(&mut self.texts) {
            let stem = stem(&home);
            let suffix = self.only_for.map_or_else(String::new, |name| format!(".{}", name.word()));
            let numbered = |number: usize| if number == 1 { stem.clone() } else { format!("{stem}_{number}") };
            let path = |number: usize| format!("{}/{}{suffix}.sql", home.folder, numbered(number));
            let Some(path) = (1..).map(path).find(|path| taken.insert(path.to_lowercase())) else { continue };
            files.push((path, plan::client_script(&statements, dialect)));
        }
        files
    }
}

fn table_home(table: &Table) -> Option<Home> {
    let folder = if table.options.contains_key("server") { "foreign_tables" } else { "tables" };
    (!has_struct(table)).then(|| Home::new(folder, &table.name))
}

fn definition_home(one: &Definition) -> Home {
    let name = &one.name;
    let folder = match one.kind {
        DefinitionKind::Namespace => "schemas",
        DefinitionKind::Extension => "extensions",
        DefinitionKind::Collation => "collations",
        DefinitionKind::ShellType | DefinitionKind::Range => "types",
        DefinitionKind::Language => "languages",
        DefinitionKind::AccessMethod => "access_methods",
        DefinitionKind::ForeignDataWrapper => "foreign_data_wrappers",
        DefinitionKind::Server => "servers",
        DefinitionKind::UserMapping => "user_mappings",
        DefinitionKind::Function => return Home::of_routine("functions", name),
        DefinitionKind::Procedure => return Home::of_routine("procedures", name),
        DefinitionKind::Aggregate => return Home::of_routine("aggregates", name),
        DefinitionKind::Operator => return Home::of_routine("operators", name),
        DefinitionKind::Cast => "casts",
        DefinitionKind::OperatorFamily => return Home::of_operators("operator_families", name),
        DefinitionKind::OperatorClass => return Home::of_operators("operator_classes", name),
        DefinitionKind::Transform => "transforms",
        DefinitionKind::Conversion => "conversions",
        DefinitionKind::TextSearchParser => "text_search_parsers",
        DefinitionKind::TextSearchTemplate => "text_search_templates",
        DefinitionKind::TextSearchDictionary => "text_search_dictionaries",
        DefinitionKind::TextSearchConfiguration => "text_search_configurations",
        DefinitionKind::VirtualTable => "virtual_tables",
        DefinitionKind::View => "views",
        DefinitionKind::MaterializedView => "materialized_views",
        DefinitionKind::Index => "materialized_views",
        DefinitionKind::Statistics => "statistics",
        DefinitionKind::Rule => "rules",
        DefinitionKind::Trigger => "triggers",
        DefinitionKind::Policy => "policies",
        DefinitionKind::Event => "events",
        DefinitionKind::EventTrigger => "event_triggers",
        DefinitionKind::Publication => "publications",
        DefinitionKind::Subscription => "subscriptions",
    };
    match (&one.table, one.kind) {
        // An index stands with its view.
        (Some(table), DefinitionKind::Index) => Home::new(folder, table),
        (Some(table), DefinitionKind::Rule | DefinitionKind::Trigger | DefinitionKind::Policy) => {
            Home::on(folder, table, &name.name)
        }
        _ => Home::new(folder, name),
    }
}

/// The name of a file without its end. What some file system does not take becomes `_`; one that reads as the mark of an
/// engine gets one more.
fn stem(home: &Home) -> String {
    let whole = home.schema.iter().chain([&home.name]).cloned().collect::<Vec<_>>().join(".");
    let is_fine = |c: char| !(c.is_control() || c.is_whitespace() || "<>:\"/\\|?*".contains(c));
    let mut stem: String = whole.chars().map(|c| if is_fine(c) { c } else { '_' }).collect();
    // Most file systems take 255 bytes, and the mark of an engine, a number and the end want their share.
    while stem.len() > 200 {
        stem.pop();
    }
    if stem.is_empty() || stem.starts_with(['.', '-']) {
        stem.insert(0, '_');
    }
    let last = stem.rsplit('.').next().unwrap_or_default();
    if stem.contains('.') && DialectName::from_word(last).is_some() {
        stem.push('_');
    }
    stem
}

/// Whether all of an object's privileges belong to its owner, as they do from the start, or to others.
pub(super) fn beyond_owner(access: &Access, dialect: &dyn Dialect) -> Option<BTreeSet<Privilege>> {
    let initial = dialect.features().rules.initial_privileges?;
    let all = access.privileges.as_ref()?;
    let by_itself = initial(access);
    let is_owner = |one: &&Privilege| one.grantee == Grantee::Owner;
    let bare = |one: &Privilege| Privilege { grantor: None, ..one.clone() };
    let of_owner: BTreeSet<Privilege> = all.iter().filter(is_owner).map(bare).collect();
    (of_owner == by_itself).then(|| all.iter().filter(|one| !is_owner(one)).map(bare).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(schema: Option<&str>, name: &str) -> String {
        stem(&Home { folder: "views", schema: schema.map(str::to_owned), name: name.to_owned() })
    }

    #[test]
    fn every_file_system_takes_the_names() {
        assert_eq!(named(Some("app"), "Odd name"), "app.Odd_name");
        assert_eq!(named(None, "a/b:c"), "a_b_c");
        assert_eq!(named(None, ".hidden"), "_.hidden");
        assert_eq!(named(None, "==="), "===");
        assert_eq!(named(None, &"ä".repeat(200)).len(), 200);
    }

    #[test]
    fn no_name_is_taken_for_the_mark_of_an_engine() {
        assert_eq!(named(Some("app"), "postgres"), "app.postgres_");
        assert_eq!(named(None, "postgres"), "postgres");
    }
}
