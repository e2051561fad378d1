//! A type that is built anew, with all that stands on it: the former one steps aside under another name, columns move
//! over to the new one, and what was in the way is put back.
//!
//! A row whose value the new type does not take makes the server refuse; nothing is lost then.

use std::sync::Arc;

use rungs_schema::{Access, Class, Column, Definition, ObjectName, Table};

use super::{alter, composite, definition, domain};
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, casts, qualified, quote};
use crate::diff::change::{AlterTable, Change, Delta, Edit, Standing, StandingTable, StandingType};
use crate::diff::is_of;
use crate::error::PlanError;

/// The type that is built anew.
pub(super) struct Root<'a> {
    pub(super) name: &'a ObjectName,
    /// What ALTER and DROP call it.
    pub(super) word: &'static str,
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
    let while_anew = format!("; type {} is built anew", root.name);
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
    let aside = set_aside(root.word, root.name, &mut out);
    let types: Vec<_> = standing.types.iter().map(|ty| (ty, set_aside(word(ty), ty.name(), &mut out))).collect();
    out.extend(root.create);
    let mut finish = root.finish;
    for ty in &standing.types {
        let (create, later) = match ty {
            StandingType::Domain(domain) => domain::create_in_two(domain),
            StandingType::Composite(composite) => (composite::create(composite), Vec::new()),
        };
        out.extend(create);
        finish.extend(later);
    }
    let conversions = Conversions { root: root.name, conversion: &root.conversion, standing };
    for table in standing.tables.iter().filter(|table| !table.columns.is_empty()) {
        out.push(conversions.of(dialect, table)?);
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
        StandingType::Composite(_) => "TYPE",
    }
}

/// Gives a type another name, and returns it.
fn set_aside(word: &str, name: &ObjectName, out: &mut Vec<Statement>) -> ObjectName {
    let aside = name.sibling(format!("{}__previous", cut(&name.name)));
    let sql = format!("ALTER {word} {} RENAME TO {}", qualified(name), quote(&aside.name));
    out.push(Statement::new(sql, format!("sets type {name} aside")));
    aside
}

fn drop_aside(word: &str, name: &ObjectName, aside: &ObjectName) -> Statement {
    Statement::new(format!("DROP {word} {}", qualified(aside)), format!("drops the former type {name}"))
}

/// Leaves room for a suffix in an identifier.
fn cut(name: &str) -> &str {
    let mut end = name.len().min(50);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
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

impl Conversions<'_> {
    /// One statement for all columns of a table, which is then written once.
    fn of(&self, dialect: &Postgres, table: &StandingTable) -> Result<Statement, PlanError> {
        let name = &table.bare.name;
        let mut actions = Vec::new();
        let columns = table.columns.iter().filter_map(|(column, ty)| Some((table.bare.column(column)?, ty)));
        for (column, ty) in columns {
            let using = self.using(column, ty).map_err(|reason| {
                dialect.unsupported(
                    format!("change type {} while {name}.{} holds {reason}", self.root, column.name),
                    "write the statements yourself, or move the values to another column first",
                )
            })?;
            let using = using.map_or_else(String::new, |using| format!(" USING {using}"));
            let words = column.ty.native().unwrap_or_default();
            actions.push(format!("ALTER COLUMN {} TYPE {words}{using}", quote(&column.name)));
        }
        let names: Vec<String> = table.columns.iter().map(|(column, _)| format!("{name}.{column}")).collect();
        let sql = format!("ALTER TABLE {} {}", qualified(name), actions.join(", "));
        Ok(Statement::new(sql, format!("moves {} to the new type, which writes the table anew", names.join(", "))))
    }

    /// The expression of USING for a column of a type; the error says what it is that has no way.
    fn using(&self, column: &Column, ty: &ObjectName) -> Result<Option<String>, &'static str> {
        let name = quote(&column.name);
        let words = column.ty.native().unwrap_or_default();
        let is_array = words.ends_with("[]");
        let by_text = || Ok(Some(format!("{name}::text::{words}")));
        match self.conversion {
            Conversion::Text => by_text(),
            Conversion::Base(old, new) => match self.arrays_around(ty, is_array) {
                Some(arrays) => {
                    let brackets = if arrays > 0 { "[]" } else { "" };
                    Ok(casts::using(&name, &format!("{old}{brackets}"), &format!("{new}{brackets}")))
                }
                None => by_text(),
            },
            Conversion::Row(attributes) if !is_array && ty == self.root => {
                let values: Vec<String> =
                    attributes.iter().map(|attribute| format!("({name}).{}", quote(attribute))).collect();
                let row = format!("ROW({})::{words}", values.join(", "));
                Ok(Some(format!("CASE WHEN {name} IS DISTINCT FROM NULL THEN {row} END")))
            }
            Conversion::Row(_) if is_array => Err("an array of it"),
            Conversion::Row(_) => Err("it inside another type"),
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
