//! A type that is built anew, with all that stands on it: the former one steps aside under another name, columns move
//! over to the new one, and what was in the way is put back.
//!
//! A row whose value the new type does not take makes the server refuse; nothing is lost then.

use std::collections::BTreeSet;

use rungs_schema::{Column, ObjectName};

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

pub(super) fn rebuild(dialect: &Postgres, root: Root<'_>, standing: &Standing) -> Result<Vec<Statement>, PlanError> {
    let while_anew = format!("; type {} is built anew", root.name);
    let marked = |mut statement: Statement| {
        statement.comment.push_str(&while_anew);
        statement
    };
    let mut out: Vec<Statement> = Vec::new();
    out.extend(standing.definitions.iter().rev().map(definition::drop).map(marked));
    for table in &standing.tables {
        out.extend(strip(dialect, table)?.into_iter().map(marked));
    }
    let aside = set_aside(root.word, root.name, &mut out);
    let types: Vec<_> = standing.types.iter().map(|ty| (ty, set_aside(word(ty), ty.name(), &mut out))).collect();
    out.extend(root.create);
    for ty in &standing.types {
        out.extend(match ty {
            StandingType::Domain(domain) => domain::create(domain),
            StandingType::Composite(composite) => composite::create(composite),
        });
    }
    let conversions = Conversions { root: root.name, conversion: &root.conversion, standing };
    for table in standing.tables.iter().filter(|table| !table.columns.is_empty()) {
        out.push(conversions.of(dialect, table)?);
    }
    out.extend(types.into_iter().rev().map(|(ty, aside)| drop_aside(word(ty), ty.name(), &aside)));
    out.push(drop_aside(root.word, root.name, &aside));
    for table in &standing.tables {
        out.extend(dress(dialect, table)?.into_iter().map(marked));
    }
    out.extend(standing.definitions.iter().flat_map(definition::create).map(marked));
    for access in &standing.access {
        let delta = Delta::Create { next: access.clone() };
        out.extend(super::render(dialect, &Change::Access { delta, with_object: true })?);
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

/// Takes from a table what is in the way.
fn strip(dialect: &Postgres, table: &StandingTable) -> Result<Vec<Statement>, PlanError> {
    let (previous, next) = (table.whole.clone(), table.bare.clone());
    alter::alter(dialect, &AlterTable { previous, next, edits: table.edits.clone(), dependents: Vec::new() })
}

/// Puts it back.
fn dress(dialect: &Postgres, table: &StandingTable) -> Result<Vec<Statement>, PlanError> {
    let (previous, next) = (table.bare.clone(), table.whole.clone());
    let mut edits: Vec<Edit> = table.edits.iter().cloned().map(Edit::reversed).collect();
    edits.sort_by_key(Edit::rank);
    alter::alter(dialect, &AlterTable { previous, next, edits, dependents: Vec::new() })
}

struct Conversions<'a> {
    root: &'a ObjectName,
    conversion: &'a Conversion,
    standing: &'a Standing,
}

impl Conversions<'_> {
    /// One statement for all columns of a table, which is then written once.
    fn of(&self, dialect: &Postgres, table: &StandingTable) -> Result<Statement, PlanError> {
        let name = &table.whole.name;
        let mut actions = Vec::new();
        let columns = table.columns.iter().filter_map(|(column, ty)| Some((table.whole.column(column)?, ty)));
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
            Conversion::Base(old, new) if !is_array && self.is_plain(ty) => Ok(casts::using(&name, old, new)),
            Conversion::Base(..) => by_text(),
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

    /// Whether a type is the one that is built anew, or a domain on it by way of domains alone.
    fn is_plain(&self, ty: &ObjectName) -> bool {
        let mut ty = ty;
        let mut seen = BTreeSet::new();
        while ty != self.root && seen.insert(ty) {
            let base = self.standing.types.iter().find_map(|one| match one {
                StandingType::Domain(domain) if domain.name == *ty => Some(domain),
                _ => None,
            });
            let Some(domain) = base.filter(|domain| !domain.base.ends_with("[]")) else { return false };
            let mut types = std::iter::once(self.root).chain(self.standing.types.iter().map(StandingType::name));
            let below = types.find(|name| is_of(&domain.base, name));
            let Some(below) = below else { return false };
            ty = below;
        }
        ty == self.root
    }
}
