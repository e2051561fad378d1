//! A type that is built anew, with all that stands on it: the former one steps aside under another name, columns move
//! over to the new one, and what was in the way is put back.
//!
//! A row whose value the new type does not take makes the server refuse; nothing is lost then.

use std::sync::Arc;

use rungs_schema::{Access, Class, Column, Definition, ObjectName, Table};

use super::{alter, composite, definition, domain};
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, casts, collation_sql, cut, literal, qualified, quote};
use crate::diff::change::{AlterTable, Change, Delta, Edit, Standing, StandingTable, StandingType};
use crate::diff::{constructors, is_of, multirange};
use crate::error::PlanError;

/// The type that is built anew.
pub(super) struct Root<'a> {
    pub(super) name: &'a ObjectName,
    /// What ALTER and DROP call it.
    pub(super) word: &'static str,
    /// The range type that it is.
    pub(super) range: Option<&'a Definition>,
    /// What creates it.
    pub(super) create: Vec<Statement>,
    /// How values get there.
    pub(super) conversion: Conversion,
    /// What has to wait until they are there.
    pub(super) finish: Vec<Statement>,
}

/// How the values of a column get from the former type to the new one.
pub(super) enum Conversion {
    /// By their text.
    Text,
    /// As values of the one base type become values of the other.
    Base(String, String),
    /// By the attributes of a row: each is the name of an attribute.
    Row(Vec<String>),
    /// Those of a collation: they stay what they are.
    Collation,
}

/// Builds a type anew.
pub(super) fn rebuild(dialect: &Postgres, root: Root<'_>, standing: &Standing) -> Result<Vec<Statement>, PlanError> {
    rebuild_after(dialect, root, standing, Vec::new())
}

/// Builds a type anew, after some changes of the former one that wait until nothing is in the way.
pub(super) fn rebuild_after(
    dialect: &Postgres,
    root: Root<'_>,
    standing: &Standing,
    changes: Vec<Statement>,
) -> Result<Vec<Statement>, PlanError> {
    let while_anew = format!("; {} {} is built anew", kind(root.word), root.name);
    let marked = |mut statement: Statement| {
        statement.comment.push_str(&while_anew);
        statement
    };
    let mut out: Vec<Statement> = Vec::new();
    let (under, over): (Vec<_>, Vec<_>) = standing.definitions.iter().partition(|one| is_under_tables(one, standing));
    out.extend(over.iter().rev().map(|one| marked(definition::drop(one))));
    out.extend(strip(dialect, standing)?.into_iter().map(marked));
    out.extend(under.iter().rev().map(|one| marked(definition::drop(one))));
    out.extend(changes);
    let ranges = standing.types.iter().filter_map(|ty| match ty {
        StandingType::Range(range) => Some(range),
        StandingType::Domain(_) | StandingType::Composite(_) => None,
    });
    root.range.into_iter().chain(ranges).for_each(|range| set_parts_aside(range, &mut out));
    let aside = set_aside(root.word, root.name, &mut out);
    let types: Vec<_> = standing.types.iter().map(|ty| (ty, set_aside(word(ty), ty.name(), &mut out))).collect();
    out.extend(root.create);
    let mut finish = root.finish;
    for ty in &standing.types {
        let (create, later) = match ty {
            StandingType::Domain(domain) => domain::create_beside(domain),
            StandingType::Composite(composite) => (composite::create(composite), Vec::new()),
            StandingType::Range(range) => (definition::create(range), Vec::new()),
        };
        out.extend(create);
        finish.extend(later);
    }
    let conversions = Conversions { root: root.name, conversion: &root.conversion, standing };
    for table in standing.tables.iter().filter(|table| !table.columns.is_empty()) {
        out.extend(conversions.of(table));
    }
    out.extend(types.into_iter().rev().map(|(ty, aside)| drop_aside(word(ty), ty.name(), &aside)));
    out.push(drop_aside(root.word, root.name, &aside));
    out.extend(finish);
    out.extend(under.into_iter().flat_map(definition::create).map(marked));
    out.extend(dress(dialect, standing)?.into_iter().map(marked));
    out.extend(over.into_iter().flat_map(definition::create).map(marked));
    for access in &standing.access {
        if let Some(table) = standing.tables.iter().find(|table| table.next.name == *access.name()) {
            let delta = Delta::Alter { previous: access.clone(), next: access.clone() };
            out.extend(super::render(dialect, &Change::Access { delta, given: Some(table.left_of(access)) })?);
            continue;
        }
        let delta = Delta::Create { next: access.clone() };
        let given = Some(Access::by_default(access.object.clone(), &access.word));
        out.extend(super::render(dialect, &Change::Access { delta, given })?);
    }
    Ok(out)
}

fn word(ty: &StandingType) -> &'static str {
    match ty {
        StandingType::Domain(_) => "DOMAIN",
        StandingType::Composite(_) | StandingType::Range(_) => "TYPE",
    }
}

/// Sets aside what bears the name of a range type or of its multiranges besides these.
fn set_parts_aside(range: &Definition, out: &mut Vec<Statement>) {
    for (name, arguments) in constructors(range) {
        let arguments: Vec<String> =
            arguments.into_iter().map(|ty| if ty.ends_with("[]") { format!("VARIADIC {ty}") } else { ty }).collect();
        let (called, aside) = (qualified(&name), aside(&name));
        let sql = format!("ALTER FUNCTION {called}({}) RENAME TO {}", arguments.join(", "), quote(&aside.name));
        out.push(Statement::new(sql, format!("sets a constructor of type {} aside", range.name)));
    }
    multirange(range).iter().for_each(|name| _ = set_aside("TYPE", name, out));
}

fn aside(name: &ObjectName) -> ObjectName {
    name.sibling(format!("{}__previous", cut(&name.name)))
}

/// Gives a type or collation another name, and returns it.
fn set_aside(word: &str, name: &ObjectName, out: &mut Vec<Statement>) -> ObjectName {
    let aside = aside(name);
    let sql = format!("ALTER {word} {} RENAME TO {}", qualified(name), quote(&aside.name));
    out.push(Statement::new(sql, format!("sets {} {name} aside", kind(word))));
    aside
}

fn kind(word: &str) -> &'static str {
    if word == "COLLATION" { "collation" } else { "type" }
}

fn drop_aside(word: &str, name: &ObjectName, aside: &ObjectName) -> Statement {
    Statement::new(format!("DROP {word} {}", qualified(aside)), format!("drops the former {} {name}", kind(word)))
}

/// Takes from the tables what is in the way.
pub(super) fn strip(dialect: &Postgres, standing: &Standing) -> Result<Vec<Statement>, PlanError> {
    let mut out = Vec::new();
    for table in &standing.tables {
        out.extend(alter::alter(dialect, &between(&table.previous, &table.bare, &table.strip))?);
    }
    Ok(out)
}

/// Puts it back.
pub(super) fn dress(dialect: &Postgres, standing: &Standing) -> Result<Vec<Statement>, PlanError> {
    let mut out = Vec::new();
    for table in &standing.tables {
        out.extend(alter::alter(dialect, &between(&table.bare, &table.next, &table.dress))?);
    }
    Ok(out)
}

fn between(previous: &Arc<Table>, next: &Arc<Table>, edits: &[Edit]) -> AlterTable {
    let (previous, next) = (Arc::clone(previous), Arc::clone(next));
    AlterTable { previous, next, edits: edits.to_vec(), dependents: Vec::new() }
}

/// Whether a table's defaults or conditions stand on it, rather than it on the tables.
fn is_under_tables(definition: &Definition, standing: &Standing) -> bool {
    let reference = definition.reference();
    definition.kind.class() == Class::Routine
        && (standing.tables.iter().any(|table| table.previous.needs.contains(&reference))
            || standing.definitions.iter().any(|other| {
                other.reference() != reference && other.needs.contains(&reference) && is_under_tables(other, standing)
            }))
}

struct Conversions<'a> {
    root: &'a ObjectName,
    conversion: &'a Conversion,
    standing: &'a Standing,
}

/// What follows TYPE for a column.
enum Using {
    Nothing,
    Expression(String),
    /// A function of the session reads the values as JSON: a row inside another value is known by its attributes alone.
    Json,
}

impl Conversions<'_> {
    /// One statement for all columns of a table, which is then written once; and what it calls.
    fn of(&self, table: &StandingTable) -> Vec<Statement> {
        let name = &table.bare.name;
        let (mut first, mut actions, mut last) = (Vec::new(), Vec::new(), Vec::new());
        let columns = table.columns.iter().filter_map(|(column, ty)| Some((table.bare.column(column)?, ty)));
        for (column, ty) in columns {
            let words = column.ty.native().unwrap_or_default();
            let using = match self.using(column, ty) {
                // The rows of a foreign table are elsewhere.
                _ if table.bare.options.contains_key("server") => String::new(),
                Using::Nothing => String::new(),
                Using::Expression(using) => format!(" USING {using}"),
                Using::Json => {
                    let function = format!("pg_temp.{}", quote(&format!("{}__moved", cut(&column.name))));
                    first.push(json_reader(&function, words, self.root));
                    let what = format!("drops what reads values of type {}", self.root);
                    last.push(Statement::new(format!("DROP FUNCTION {function}(json)"), what));
                    format!(" USING {function}(json_build_object('value', {}))", quote(&column.name))
                }
            };
            let collation = column.collation.as_ref();
            let collation = collation.map_or_else(String::new, |name| format!(" COLLATE {}", collation_sql(name)));
            actions.push(format!("ALTER COLUMN {} TYPE {words}{collation}{using}", quote(&column.name)));
        }
        let names: Vec<String> = table.columns.iter().map(|(column, _)| format!("{name}.{column}")).collect();
        let sql = format!("ALTER TABLE {} {}", qualified(name), actions.join(", "));
        let what = match self.conversion {
            Conversion::Collation => "collation, which writes the indexes anew",
            _ => "type, which writes the table anew",
        };
        first.push(Statement::new(sql, format!("moves {} to the new {what}", names.join(", "))));
        first.extend(last);
        first
    }

    /// How the values of a column of a type get there.
    fn using(&self, column: &Column, ty: &ObjectName) -> Using {
        let name = quote(&column.name);
        let words = column.ty.native().unwrap_or_default();
        let is_array = words.ends_with("[]");
        let by_text = || Using::Expression(format!("{name}::text::{words}"));
        match self.conversion {
            Conversion::Collation if ty == self.root => Using::Nothing,
            Conversion::Text | Conversion::Collation => by_text(),
            Conversion::Base(old, new) => match self.arrays_around(ty, is_array) {
                Some(arrays) => {
                    let brackets = if arrays > 0 { "[]" } else { "" };
                    let using = casts::using(&name, &format!("{old}{brackets}"), &format!("{new}{brackets}"));
                    using.map_or(Using::Nothing, Using::Expression)
                }
                None => by_text(),
            },
            Conversion::Row(attributes) if !is_array && ty == self.root => {
                let values: Vec<String> =
                    attributes.iter().map(|attribute| format!("({name}).{}", quote(attribute))).collect();
                let row = format!("ROW({})::{words}", values.join(", "));
                Using::Expression(format!("CASE WHEN {name} IS DISTINCT FROM NULL THEN {row} END"))
            }
            Conversion::Row(_) => Using::Json,
        }
    }

    /// How many arrays stand between a type and the one that is built anew, where nothing but domains does besides.
    fn arrays_around(&self, ty: &ObjectName, is_array: bool) -> Option<usize> {
        let mut arrays = usize::from(is_array);
        let mut ty = ty;
        // A type stands on those before it.
        for one in self.standing.types.iter().rev() {
            if let StandingType::Domain(domain) = one
                && domain.name == *ty
            {
                arrays += usize::from(domain.base.ends_with("[]"));
                let mut names = std::iter::once(self.root).chain(self.standing.types.iter().map(StandingType::name));
                ty = names.find(|name| is_of(&domain.base, name))?;
            }
        }
        (ty == self.root && arrays < 2).then_some(arrays)
    }
}

fn json_reader(function: &str, words: &str, root: &ObjectName) -> Statement {
    let body = literal(&format!("SELECT value FROM json_to_record($1) AS moved(value {words})"));
    let sql = format!("CREATE FUNCTION {function}(json) RETURNS {words} LANGUAGE sql AS {body}");
    // JSON keeps neither: whoever has them has to know.
    let lost = "arrays count from 1 then, and a JSON null in an attribute is NULL";
    Statement::new(sql, format!("reads values with type {root} inside by the names of its attributes; {lost}"))
}
