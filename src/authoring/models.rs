//! Whose what is: the line of the history that each thing of the models, and of the database, belongs to.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rungs_schema::read::{Group, Grouped};
use rungs_schema::{Access, Class, Declared, Definition, DialectName, Hints, ObjectName, Schema};

use super::said::Rename;
use super::{Hooks, uses};
use crate::dialect::{Dialect, Naming};
use crate::diff::Rules;
use crate::error::{PlanError, SourceError};
use crate::footprint::tables_created;
use crate::revision::{History, Line, Lines};
use crate::source::objects::ObjectStatement;
use crate::source::{self, Ignore};

/// All models of a project, with the line that each belongs to.
#[derive(Debug, Clone, Default)]
pub struct Models {
    /// Everything together, so that one branch may refer to what another declares.
    pub declared: Declared,
    tables: BTreeMap<ObjectName, Line>,
    enums: BTreeMap<ObjectName, Line>,
    /// A sequence that no model declares belongs to all lines that use it.
    sequences: BTreeMap<ObjectName, BTreeSet<Line>>,
    /// What is declared in SQL files.
    scripts: Vec<Script>,
    /// What the project says of comparisons.
    pub settings: Settings,
}

/// What a project says of comparisons besides its models.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Renames that somebody tells of.
    pub renames: Vec<Rename>,
    /// What is not looked at, on either side.
    pub ignore: Ignore,
    /// Names for what models leave unnamed.
    pub naming: Naming,
    /// What the program has a say in.
    pub hooks: Hooks,
}

#[derive(Debug, Clone)]
struct Script {
    line: Line,
    /// The kind of what it creates.
    kind: String,
    /// The name of what it creates.
    name: Option<ObjectName>,
    statement: ObjectStatement,
}

/// What is declared as statements.
#[derive(Debug, Default)]
pub struct Objects {
    /// What creates something, and what is said of it.
    pub statements: Vec<ObjectStatement>,
    /// What grants and revokes.
    pub privileges: Vec<ObjectStatement>,
}

impl Objects {
    /// Whether nothing is declared so.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty() && self.privileges.is_empty()
    }
}

impl Models {
    /// Models that were read by groups, of which the n-th is that of the n-th line.
    pub fn new(grouped: Grouped, lines: &[Line]) -> Self {
        let line = |group: usize| lines.get(group).cloned().unwrap_or(Line::Main);
        let of =
            |things: BTreeMap<ObjectName, usize>| things.into_iter().map(|(name, group)| (name, line(group))).collect();
        let Grouped { declared, tables, enums, sequences } = grouped;
        let shared = |groups: BTreeSet<usize>| groups.into_iter().map(line).collect();
        Self {
            declared,
            tables: of(tables),
            enums: of(enums),
            sequences: sequences.into_iter().map(|(name, groups)| (name, shared(groups))).collect(),
            scripts: Vec::new(),
            settings: Settings::default(),
        }
    }

    /// The same with what the SQL files of a line declare.
    #[must_use]
    pub fn with_scripts(mut self, line: &Line, statements: Vec<ObjectStatement>, dialect: DialectName) -> Self {
        let script = |statement: ObjectStatement| {
            let (kind, name) = (statement.kind(dialect).unwrap_or_default(), statement.creates(dialect));
            Script { line: line.clone(), kind, name, statement }
        };
        self.scripts.extend(statements.into_iter().map(script));
        self
    }

    /// What is declared as statements: the views and grants of models, and what SQL files hold.
    ///
    /// # Errors
    /// When the engine has no such thing.
    pub fn objects(&self, dialect: &dyn Dialect) -> Result<Objects, PlanError> {
        self.refuse_foreign(dialect)?;
        let mut all = Objects::default();
        for view in &self.declared.views {
            let statements = dialect.declare_view(view)?.into_iter();
            let statements =
                statements.map(|one| ObjectStatement::of_model(one.sql, &view.model, view.location.as_ref()));
            all.statements.extend(statements);
        }
        for grant in &self.declared.grants {
            let statement = dialect.declare_grant(grant)?;
            if self.declared.unmanaged.contains(&grant.on) {
                return Err(PlanError::Invalid {
                    reason: format!(
                        "{} is left alone (managed = false), and its model grants something on it",
                        grant.on
                    ),
                    help: grant.location.as_ref().map(|place| format!("take grant(...) away at {place}")),
                });
            }
            let model = grant.on.to_string();
            all.privileges.push(ObjectStatement::of_model(statement.sql, &model, grant.location.as_ref()));
        }
        for Script { statement, .. } in &self.scripts {
            let is_privilege = statement.is_privilege(dialect.version().name);
            let of = if is_privilege { &mut all.privileges } else { &mut all.statements };
            of.push(statement.clone());
        }
        Ok(all)
    }

    /// # Errors
    /// When a model asks for something that only PostgreSQL has.
    fn refuse_foreign(&self, dialect: &dyn Dialect) -> Result<(), PlanError> {
        let name = dialect.version().name;
        if name == DialectName::Postgres {
            return Ok(());
        }
        for table in &self.declared.schema.tables {
            let asked = [
                (table.partition_by.is_some() && name == DialectName::Sqlite, "partition_by"),
                (!table.exclusions.is_empty(), "exclude"),
                (table.options.contains_key("row_security"), "row_security"),
                (table.columns.iter().any(|column| !column.options.is_empty()), "options of a field"),
            ];
            if let Some((_, attribute)) = asked.iter().find(|(is_asked, _)| *is_asked) {
                return Err(PlanError::Unsupported {
                    engine: dialect.version().to_string(),
                    action: format!("give table {} what `{attribute}` asks for", table.name),
                    help: Some("the engine has no such thing: take it off the model".to_owned()),
                });
            }
        }
        Ok(())
    }

    /// Whether a line declares more than tables.
    pub(super) fn has_objects(&self, line: &Line) -> bool {
        let views = self.declared.views.iter().map(|view| &view.name);
        let granted = self.declared.grants.iter().map(|grant| &grant.on);
        let of_models = views.chain(granted).map(|name| self.tables.get(name).unwrap_or(&Line::Main));
        of_models.chain(self.scripts.iter().map(|script| &script.line)).any(|owner| owner == line)
    }

    /// The line that declares a view, routine, trigger or the like.
    pub(super) fn of_definition(&self, one: &Definition) -> &Line {
        let of_model = self.tables.get(&one.name).filter(|_| one.kind.class() == Class::Relation);
        if let Some(line) = of_model {
            return line;
        }
        // The name of a routine has its arguments behind it.
        let bare = one.name.name.split('(').next().unwrap_or_default();
        let table = || one.table.as_ref().and_then(|table| self.tables.get(table));
        self.of_script(bare).or_else(table).unwrap_or(&Line::Main)
    }

    /// The line that declares a view.
    pub(super) fn of_view(&self, name: &ObjectName) -> &Line {
        self.tables.get(name).or_else(|| self.of_script(&name.name)).unwrap_or(&Line::Main)
    }

    /// The line whose SQL files create something of this name.
    fn of_script(&self, bare: &str) -> Option<&Line> {
        let creates = |script: &&Script| script.name.as_ref().is_some_and(|name| name.name.eq_ignore_ascii_case(bare));
        self.scripts.iter().find(creates).map(|script| &script.line)
    }

    /// The line that something with privileges belongs to.
    pub(super) fn of_access(&self, access: &Access) -> &Line {
        let name = access.part_of.as_ref().map_or(access.name(), |(table, _)| table);
        let bare = name.name.split('(').next().unwrap_or_default();
        self.tables.get(name).or_else(|| self.of_script(bare)).unwrap_or(&Line::Main)
    }

    /// The line that declares a type.
    pub(super) fn of_type(&self, name: &ObjectName) -> Option<&Line> {
        self.of_script(&name.name)
    }

    /// The tables that SQL files create: partitions, children, foreign tables. `default` is the default namespace, which
    /// names leave out.
    pub(super) fn tables_of_scripts(&self, default: &str) -> BTreeMap<ObjectName, Line> {
        let is_table = |script: &&Script| ["table", "foreign table"].contains(&script.kind.as_str());
        let tables = self.scripts.iter().filter(is_table);
        let named = tables.filter_map(|script| {
            let mut name = script.name.clone()?;
            name.schema = name.schema.filter(|schema| schema != default);
            Some((name, script.line.clone()))
        });
        named.collect()
    }

    /// The namespaces that views and SQL files speak of.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = String> {
        let views = self.declared.views.iter().filter_map(|view| view.name.schema.clone());
        let scripts = self.scripts.iter().filter_map(|script| {
            let name = script.name.as_ref()?;
            if script.kind == "schema" { Some(name.name.clone()) } else { name.schema.clone() }
        });
        views.chain(scripts)
    }

    /// Reads the models that files, folders and globs lead to, relative to `base`, for a program that has a say in what
    /// is compared.
    ///
    /// # Errors
    /// Everything that cannot be read, each with its place.
    pub fn read(paths: &[&str], base: &Path, hooks: Hooks) -> Result<Self, SourceError> {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let group = Group { name: Line::Main.to_string(), paths };
        let read = source::models::read_groups(&[group], base, hooks.types())?;
        let mut models = Self::new(read, &[Line::Main]);
        models.settings.ignore.all_but(hooks.filters());
        models.settings.hooks = hooks;
        Ok(models)
    }

    /// Models of a project without branches.
    pub fn of_main(declared: Declared) -> Self {
        let Schema { tables, enums, sequences, .. } = &declared.schema;
        Self {
            tables: tables.iter().map(|table| (table.name.clone(), Line::Main)).collect(),
            enums: enums.iter().map(|one| (one.name.clone(), Line::Main)).collect(),
            sequences: sequences.iter().map(|one| (one.name.clone(), BTreeSet::from([Line::Main]))).collect(),
            scripts: Vec::new(),
            settings: Settings::default(),
            declared,
        }
    }

    /// What the models of some lines say beyond the nouns.
    pub(super) fn hints(&self, lines: &BTreeSet<Line>) -> Hints {
        let said = self.declared.hints.tables.iter();
        let said = said.filter(|(table, _)| self.tables.get(*table).is_some_and(|line| lines.contains(line)));
        let enums = self.declared.hints.enums.iter();
        let enums = enums.filter(|(name, _)| self.enums.get(*name).is_some_and(|line| lines.contains(line)));
        let views = self.declared.hints.views.iter().filter(|(name, _)| lines.contains(self.of_view(name)));
        Hints {
            tables: said.map(|(table, hints)| (table.clone(), hints.clone())).collect(),
            enums: enums.map(|(name, hints)| (name.clone(), hints.clone())).collect(),
            views: views.map(|(name, former)| (name.clone(), former.clone())).collect(),
        }
    }

    /// The line whose model declares a table.
    pub fn of_table(&self, table: &ObjectName) -> Option<&Line> {
        self.tables.get(table)
    }

    /// Whether a line has a model of its own.
    pub(super) fn has_tables(&self, line: &Line) -> bool {
        self.tables.values().any(|owner| owner == line)
    }

    /// The line that declares an enumerated type.
    pub(super) fn of_enum(&self, name: &ObjectName) -> Option<&Line> {
        self.enums.get(name).or_else(|| self.of_script(&name.name))
    }

    /// The lines that may create a sequence of `wanted`.
    pub(super) fn of_sequence(&self, name: &ObjectName, wanted: &Schema) -> BTreeSet<Line> {
        let declared = || self.of_script(&name.name).map(|line| BTreeSet::from([line.clone()]));
        self.sequences.get(name).cloned().or_else(declared).unwrap_or_else(|| {
            // One that stands for a serial column.
            let tables = wanted.tables.iter().filter(|table| uses(std::slice::from_ref(*table), &name.name));
            tables.filter_map(|table| self.tables.get(&table.name)).cloned().collect()
        })
    }
}

/// What the revision files say of tables that no model declares.
#[derive(Debug)]
pub struct Created<'a> {
    history: &'a History,
    lines: &'a Lines,
    dialect: DialectName,
    /// Under names in lower case: whether letter case counts is not known here, and what may be another's is not dropped.
    tables: OnceCell<BTreeMap<String, Line>>,
}

impl<'a> Created<'a> {
    /// The files are read only when there is such a table.
    pub fn new(history: &'a History, lines: &'a Lines, dialect: DialectName) -> Self {
        Self { history, lines, dialect, tables: OnceCell::new() }
    }

    /// Whose a table is that no model declares: the line whose revision created it last has it, and the main line what no
    /// revision created.
    pub fn owner(&self, table: &ObjectName) -> Line {
        if self.lines.all().nth(1).is_none() {
            return Line::Main;
        }
        let tables = self.tables.get_or_init(|| {
            let mut tables = BTreeMap::new();
            for (revision, line) in self.history.revisions().iter().zip(self.lines.of_all(self.history)) {
                for table in tables_created(std::iter::once(revision), self.dialect) {
                    tables.insert(table.to_lowercase(), line.clone());
                }
            }
            tables
        });
        tables.get(&table.name.to_lowercase()).cloned().unwrap_or(Line::Main)
    }
}

/// The line of every table of models and database.
#[derive(Debug)]
pub(super) struct Whose {
    tables: BTreeMap<ObjectName, Line>,
}

impl Whose {
    /// `declared` are tables that no model stands for; `owner` says it of a live table that nobody declares and that no
    /// model was renamed from; one that is nobody's stays.
    pub(super) fn new(
        models: &Models,
        declared: &BTreeMap<ObjectName, Line>,
        live: &Schema,
        rules: &Rules,
        owner: impl Fn(&ObjectName) -> Option<Line>,
    ) -> Self {
        let mut tables = models.tables.clone();
        tables.extend(declared.iter().map(|(table, line)| (table.clone(), line.clone())));
        for table in &live.tables {
            let name = &table.name;
            if tables.contains_key(name) {
                continue;
            }
            let respelled = |wanted: &ObjectName| {
                rules.table_case_is_free && wanted.schema == name.schema && wanted.name.eq_ignore_ascii_case(&name.name)
            };
            let renamed = |new: &ObjectName| {
                let said = models.declared.hints.tables.get(new).and_then(|hints| hints.renamed_from.as_ref());
                said == Some(name) && live.table(new).is_none()
            };
            let declared = models.tables.iter().find(|(wanted, _)| respelled(wanted) || renamed(wanted));
            if let Some(line) = declared.map(|(_, line)| line.clone()).or_else(|| owner(name)) {
                tables.insert(name.clone(), line);
            }
        }
        Self { tables }
    }

    /// The line that a table belongs to.
    pub(super) fn of(&self, table: &ObjectName) -> Option<&Line> {
        self.tables.get(table)
    }
}
