//! Rust source for an existing schema: structs that compile under the derive and read back to the same schema.
//!
//! Types that the dialect knows beyond the engine become types of std, chrono, uuid and the like; any other stands in
//! the engine's own words as its `type`, beside the nearest type of Rust. Names of constraints stand where they are not
//! the ones that the dialect gives by itself, and so does all else. What models do not hold goes into SQL files
//! ([`object_files`]), or is listed in a comment.

mod attribute;
mod column;
mod grants;
mod names;
mod objects;
mod rust_type;
mod spared;
mod table;

use std::fmt::Write;

use rungs_schema::read::{Case, nextval, snake_case, type_identifier};
use rungs_schema::{EnumType, Schema, Sequence, Table};

use crate::dialect::{Dialect, Naming};

use attribute::{Node, attribute, quoted};
use names::{Names, case_of_most, distinct, distinct_type};

pub use objects::{ObjectFiles, object_files};

/// All models in one file. `objects` are the SQL files that are written beside them, if any are.
pub fn models(schema: &Schema, naming: &Naming, dialect: &dyn Dialect, objects: Option<&ObjectFiles>) -> String {
    let whole = schema;
    let schema = &spared::spared(&of_structs(whole), dialect);
    let printer = Printer { whole, ..Printer::new(schema, naming, dialect, "") };
    let mut text = printer.left_out(objects);
    let uses = match (schema.tables.is_empty(), schema.enums.is_empty()) {
        (true, true) => return text,
        (false, true) => "use rungs::Model;\n",
        (true, false) => "use rungs::DbEnum;\n",
        (false, false) => "use rungs::{DbEnum, Model};\n",
    };
    text.push_str(uses);
    for item in schema
        .enums
        .iter()
        .map(|ty| printer.enumeration(ty))
        .chain(schema.tables.iter().map(|table| printer.table(table)))
    {
        text.push('\n');
        text.push_str(&item);
    }
    text
}

/// One file for each table, `enums.rs` where there are enumerations, and `mod.rs`: file names with their texts.
pub fn model_files(
    schema: &Schema,
    naming: &Naming,
    dialect: &dyn Dialect,
    objects: Option<&ObjectFiles>,
) -> Vec<(String, String)> {
    let whole = schema;
    let schema = &spared::spared(&of_structs(whole), dialect);
    let printer = Printer { whole, ..Printer::new(schema, naming, dialect, "super::enums::") };
    let mut root = printer.left_out(objects);
    let mut taken = vec![String::from("mod"), String::from("enums")];
    let mut files = Vec::new();
    let mut modules = Vec::new();
    if !schema.enums.is_empty() {
        let items: Vec<String> = schema.enums.iter().map(|ty| printer.enumeration(ty)).collect();
        files.push((String::from("enums.rs"), format!("use rungs::DbEnum;\n\n{}", items.join("\n"))));
        modules.push((String::from("enums"), String::from("*")));
    }
    for table in &schema.tables {
        let model = printer.names.table(&table.name);
        // A file's name is a module's, so that a keyword takes a letter more.
        let module = distinct(
            rungs_schema::read::field_identifier(&snake_case(model)).trim_start_matches("r#").to_owned(),
            &mut taken,
        );
        let module =
            if rungs_schema::read::field_identifier(&module) == module { module } else { format!("{module}_") };
        files.push((format!("{module}.rs"), format!("use rungs::Model;\n\n{}", printer.table(table))));
        modules.push((module, model.to_owned()));
    }
    modules.sort();
    for (module, _) in &modules {
        _ = writeln!(root, "mod {module};");
    }
    if !modules.is_empty() {
        root.push('\n');
    }
    for (module, item) in &modules {
        _ = writeln!(root, "pub use {module}::{item};");
    }
    files.insert(0, (String::from("mod.rs"), root));
    files
}

/// Whether a struct can stand for a table.
fn has_struct(table: &Table) -> bool {
    let hangs = table.partition_of.is_some() || !table.inherits.is_empty();
    !(table.columns.is_empty() || hangs || table.options.contains_key("server"))
}

/// A schema without the tables that no struct can stand for.
fn of_structs(schema: &Schema) -> Schema {
    let tables = schema.tables.iter().filter(|table| has_struct(table)).cloned().collect();
    Schema { tables, ..schema.clone() }
}

/// The table whose struct declares a sequence: the first that uses it, else its owner, else the first of all.
fn home_of_sequence<'a>(schema: &'a Schema, sequence: &Sequence, dialect: &dyn Dialect) -> Option<&'a Table> {
    let tables = || schema.tables.iter().filter(|table| has_struct(table));
    match &sequence.owned_by {
        None => tables().find(|table| uses_sequence(table, sequence, dialect)).or_else(|| tables().next()),
        Some((owner, _)) if !tables().any(|table| table.name == *owner) => None,
        Some((owner, _)) => tables()
            .find(|table| uses_sequence(table, sequence, dialect))
            .or_else(|| tables().find(|table| table.name == *owner)),
    }
}

fn uses_sequence(table: &Table, sequence: &Sequence, dialect: &dyn Dialect) -> bool {
    let of_mariadb = format!("nextval({})", dialect.quote(&sequence.name.name));
    let mut defaults = table.columns.iter().filter_map(|column| column.default.as_deref());
    defaults.any(|default| default == nextval(&sequence.name) || default == of_mariadb)
}

/// What every part of the printing needs to know.
struct Printer<'a> {
    /// What the structs stand for.
    schema: &'a Schema,
    /// The schema with all that no struct stands for.
    whole: &'a Schema,
    naming: &'a Naming,
    dialect: &'a dyn Dialect,
    names: Names,
    /// What stands before the name of an enumeration.
    enums: &'static str,
}

impl<'a> Printer<'a> {
    fn new(schema: &'a Schema, naming: &'a Naming, dialect: &'a dyn Dialect, enums: &'static str) -> Self {
        Self { schema, whole: schema, naming, dialect, names: Names::of(schema), enums }
    }

    /// A comment that lists what models do not hold.
    fn left_out(&self, objects: Option<&ObjectFiles>) -> String {
        let (title, lines) = match objects {
            Some(objects) => ("Neither models nor SQL files hold everything. Left out:", objects.left_out.clone()),
            None => (
                "Models do not hold everything; `migrate models --objects FOLDER` writes the rest as SQL files. Left out \
                 here:",
                self.unheld(),
            ),
        };
        if lines.is_empty() {
            return String::new();
        }
        let mut text = format!("// {title}\n");
        for line in lines {
            // A name may hold the end of a line.
            _ = writeln!(text, "// - {}", line.replace(['\n', '\r'], " "));
        }
        text.push('\n');
        text
    }

    /// What no struct holds.
    fn unheld(&self) -> Vec<String> {
        let Schema { tables, sequences, domains, composites, definitions, .. } = self.whole;
        let mut lines = Vec::new();
        for definition in definitions {
            let on = definition.table.as_ref().map_or_else(String::new, |table| format!(" on {table}"));
            lines.push(format!("{} {}{on}", definition.kind, definition.name));
        }
        lines.extend(domains.iter().map(|domain| format!("domain {}", domain.name)));
        lines.extend(composites.iter().map(|ty| format!("composite type {}", ty.name)));
        for table in tables.iter().filter(|table| !has_struct(table)) {
            let why = match table {
                Table { partition_of: Some((parent, _)), .. } => format!("a partition of {parent}"),
                Table { columns, .. } if columns.is_empty() => "which has no columns".to_owned(),
                Table { options, .. } if options.contains_key("server") => "which is on another server".to_owned(),
                _ => "which inherits".to_owned(),
            };
            lines.push(format!("table {}, {why}", table.name));
        }
        let alone = sequences.iter().filter(|one| home_of_sequence(self.whole, one, self.dialect).is_none());
        lines.extend(alone.map(|sequence| format!("sequence {}", sequence.name)));
        lines
    }

    fn enumeration(&self, ty: &EnumType) -> String {
        let mut header = vec![Node::pair("name", &ty.name.name)];
        header.extend(ty.name.schema.as_ref().map(|schema| Node::pair("schema", schema)));
        header.extend(ty.comment.as_ref().map(|comment| Node::pair("comment", comment)));
        let mut taken = Vec::new();
        let variants: Vec<(String, &String)> =
            ty.values.iter().map(|value| (distinct_type(type_identifier(value), &mut taken), value)).collect();
        let case = case_of_most(variants.iter().map(|(variant, value)| (variant.as_str(), value.as_str())), snake_case);
        header.extend(case.map(|(word, _)| Node::pair("rename_all", word)));
        let spelled = |variant: &str| case.map_or(Case::Snake, |(_, case)| case).apply(variant);
        let mut text = String::from("#[derive(Debug, Clone, Copy, PartialEq, Eq, DbEnum)]\n");
        text.push_str(&attribute("db_enum", header, 0));
        _ = writeln!(text, "pub enum {} {{", self.names.enumeration(&ty.name));
        for (variant, value) in variants {
            if spelled(&variant) != *value {
                _ = writeln!(text, "    #[db_enum(value = {})]", quoted(value));
            }
            _ = writeln!(text, "    {variant},");
        }
        text.push_str("}\n");
        text
    }
}
