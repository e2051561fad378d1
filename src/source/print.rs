//! Rust source for an existing schema: structs that compile under the derive and read back to the same schema.
//!
//! Types that the dialect knows beyond the engine become types of std, chrono, uuid and the like; any other stands in
//! the engine's own words as its `type`, beside the nearest type of Rust. Names of constraints stand where they are not
//! the ones that the dialect gives by itself, and so does all else. What models do not hold is listed in a comment.

mod attribute;
mod column;
mod names;
mod rust_type;
mod spared;
mod table;

use std::fmt::Write;

use rungs_schema::read::{Case, snake_case, type_identifier};
use rungs_schema::{EnumType, Schema, Table};

use crate::dialect::{Dialect, Naming};

use attribute::{Node, attribute, quoted};
use names::{Names, case_of_most, distinct, distinct_type};

/// All models in one file.
pub fn models(schema: &Schema, naming: &Naming, dialect: &dyn Dialect) -> String {
    let schema = &spared::spared(schema, dialect);
    let printer = Printer::new(schema, naming, dialect, "");
    let mut text = printer.left_out();
    let uses = match (schema.tables.is_empty(), schema.enums.is_empty()) {
        (true, true) => return text,
        (false, true) => "use rungs::Model;\n",
        (true, false) => "use rungs::DbEnum;\n",
        (false, false) => "use rungs::{DbEnum, Model};\n",
    };
    text.push_str(uses);
    for item in
        schema.enums.iter().map(|ty| printer.enumeration(ty)).chain(printer.tables().map(|table| printer.table(table)))
    {
        text.push('\n');
        text.push_str(&item);
    }
    text
}

/// One file for each table, `enums.rs` where there are enumerations, and `mod.rs`: file names with their texts.
pub fn model_files(schema: &Schema, naming: &Naming, dialect: &dyn Dialect) -> Vec<(String, String)> {
    let schema = &spared::spared(schema, dialect);
    let printer = Printer::new(schema, naming, dialect, "super::enums::");
    let mut root = printer.left_out();
    let mut taken = vec![String::from("mod"), String::from("enums")];
    let mut files = Vec::new();
    let mut modules = Vec::new();
    if !schema.enums.is_empty() {
        let items: Vec<String> = schema.enums.iter().map(|ty| printer.enumeration(ty)).collect();
        files.push((String::from("enums.rs"), format!("use rungs::DbEnum;\n\n{}", items.join("\n"))));
        modules.push((String::from("enums"), String::from("*")));
    }
    for table in printer.tables() {
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

/// What every part of the printing needs to know.
struct Printer<'a> {
    schema: &'a Schema,
    naming: &'a Naming,
    dialect: &'a dyn Dialect,
    names: Names,
    /// What stands before the name of an enumeration.
    enums: &'static str,
}

impl<'a> Printer<'a> {
    fn new(schema: &'a Schema, naming: &'a Naming, dialect: &'a dyn Dialect, enums: &'static str) -> Self {
        Self { schema, naming, dialect, names: Names::of(schema), enums }
    }

    /// The tables that a struct can stand for.
    fn tables(&self) -> impl Iterator<Item = &'a Table> {
        self.schema.tables.iter().filter(|table| !table.columns.is_empty())
    }

    /// A comment that lists what models do not hold.
    fn left_out(&self) -> String {
        let mut lines = Vec::new();
        for definition in &self.schema.definitions {
            let on = definition.table.as_ref().map_or_else(String::new, |table| format!(" on {table}"));
            lines.push(format!("{} {}{on}", definition.kind, definition.name));
        }
        for table in self.schema.tables.iter().filter(|table| table.columns.is_empty()) {
            lines.push(format!("table {}, which has no columns", table.name));
        }
        if self.tables().next().is_none() {
            lines.extend(self.schema.sequences.iter().map(|sequence| format!("sequence {}", sequence.name)));
        }
        if lines.is_empty() {
            return String::new();
        }
        let mut text = String::from("// Models do not hold everything. Left out here:\n");
        for line in lines {
            // A name may hold the end of a line.
            _ = writeln!(text, "// - {}", line.replace(['\n', '\r'], " "));
        }
        text.push('\n');
        text
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
