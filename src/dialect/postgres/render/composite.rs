//! Composite types. <https://www.postgresql.org/docs/current/sql-altertype.html>

use rungs_schema::{Attribute, CompositeType, Definition, ObjectName, Reference};

use super::rebuild::{Conversion, Root, rebuild};
use super::sequence::rename;
use super::{comment, definition};
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, collation_sql, qualified, quote};
use crate::dialect::simple::drop_type;
use crate::diff::change::{Delta, Standing};
use crate::error::PlanError;

pub(super) fn render(
    dialect: &Postgres,
    delta: &Delta<CompositeType>,
    standing: &Standing,
) -> Result<Vec<Statement>, PlanError> {
    match delta {
        Delta::Create { next } => Ok(create(next)),
        Delta::Drop { previous } => {
            Ok(vec![Statement::new(drop_type(&previous.name), format!("drops type {}", previous.name))])
        }
        Delta::Alter { previous, next } => alter(dialect, previous, next, standing),
    }
}

pub(super) fn create(next: &CompositeType) -> Vec<Statement> {
    let attributes: Vec<String> = next.attributes.iter().map(attribute_sql).collect();
    let sql = format!("CREATE TYPE {} AS ({})", qualified(&next.name), attributes.join(", "));
    let mut out = vec![Statement::new(sql, format!("creates type {}", next.name))];
    if next.comment.is_some() {
        out.push(set_comment(next));
    }
    let commented = next.attributes.iter().filter(|attribute| attribute.comment.is_some());
    out.extend(commented.map(|attribute| comment_on(&next.name, attribute)));
    out
}

fn attribute_sql(attribute: &Attribute) -> String {
    format!("{} {}", quote(&attribute.name), type_sql(attribute))
}

fn type_sql(attribute: &Attribute) -> String {
    let collation = attribute.collation.as_ref();
    let collation = collation.map_or_else(String::new, |name| format!(" COLLATE {}", collation_sql(name)));
    format!("{}{collation}", attribute.ty)
}

fn set_comment(next: &CompositeType) -> Statement {
    comment::on(&format!("TYPE {}", qualified(&next.name)), &format!("type {}", next.name), next.comment.as_deref())
}

fn comment_on(name: &ObjectName, attribute: &Attribute) -> Statement {
    let object = format!("COLUMN {}.{}", qualified(name), quote(&attribute.name));
    let label = format!("attribute {} of type {name}", attribute.name);
    comment::on(&object, &label, attribute.comment.as_deref())
}

fn alter(
    dialect: &Postgres,
    previous: &CompositeType,
    next: &CompositeType,
    standing: &Standing,
) -> Result<Vec<Statement>, PlanError> {
    let mut out = rename(dialect, "TYPE", "type", &previous.name, &next.name)?;
    let is_kept = |old: &&Attribute| next.attributes.iter().any(|new| new.name == old.name);
    let is_new = |new: &&Attribute| !previous.attributes.iter().any(|old| old.name == new.name);
    let (kept, gone): (Vec<_>, Vec<_>) = previous.attributes.iter().partition(is_kept);
    let added: Vec<&Attribute> = next.attributes.iter().filter(is_new).collect();
    let retyped = Retyped::of(&kept, next);
    let in_order = kept.iter().chain(&added).map(|one| &one.name).eq(next.attributes.iter().map(|one| &one.name));
    let has_columns = standing.tables.iter().any(|table| !table.columns.is_empty());
    // New attributes go last, and those of rows that are stored keep their types.
    let anew = !in_order || (has_columns && !retyped.0.is_empty());

    let readers = if anew { Vec::new() } else { readers(next, &retyped, &gone, standing) };
    out.extend(readers.iter().rev().map(|one| definition::drop(one)));
    out.extend(gone.iter().map(|attribute| drop_attribute(&next.name, attribute)));
    out.extend(added.iter().map(|attribute| add_attribute(&next.name, attribute)));
    if anew {
        let conversion = if in_order {
            Conversion::Text
        } else {
            Conversion::Row(next.attributes.iter().map(|attribute| attribute.name.clone()).collect())
        };
        out.extend(rebuild(
            dialect,
            Root { name: &next.name, word: "TYPE", create: create(next), conversion },
            standing,
        )?);
        return Ok(out);
    }
    out.extend(retyped.0.iter().map(|(_, attribute)| retype(&next.name, attribute)));
    for attribute in &next.attributes {
        let old = previous.attributes.iter().find(|old| old.name == attribute.name);
        if old.and_then(|old| old.comment.as_ref()) != attribute.comment.as_ref() {
            out.push(comment_on(&next.name, attribute));
        }
    }
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    out.extend(readers.into_iter().flat_map(definition::create));
    Ok(out)
}

/// The attributes whose type or collation changes, as they were and as they will be.
struct Retyped<'a>(Vec<(&'a Attribute, &'a Attribute)>);

impl<'a> Retyped<'a> {
    fn of(kept: &[&'a Attribute], next: &'a CompositeType) -> Self {
        let pairs = kept.iter().filter_map(|old| {
            let new = next.attributes.iter().find(|new| new.name == old.name)?;
            ((&old.ty, &old.collation) != (&new.ty, &new.collation)).then_some((*old, new))
        });
        Self(pairs.collect())
    }
}

/// The views and the like that read an attribute which goes or gets another type: the server lets them keep it from that.
fn readers<'a>(
    next: &CompositeType,
    retyped: &Retyped<'_>,
    gone: &[&Attribute],
    standing: &'a Standing,
) -> Vec<&'a Definition> {
    let ty = Reference::ty(&next.name);
    let names: Vec<&str> =
        retyped.0.iter().map(|(old, _)| *old).chain(gone.iter().copied()).map(|one| one.name.as_str()).collect();
    let mut moved: Vec<Reference> = Vec::new();
    let mut found = Vec::new();
    for one in &standing.definitions {
        let on_table = one.table.as_ref().is_some_and(|table| moved.contains(&Reference::relation(table)));
        let reads = names.iter().any(|name| one.needs.names_column(&ty, name));
        if reads || on_table || one.needs.iter().any(|need| moved.contains(need)) {
            moved.push(one.reference());
            found.push(one);
        }
    }
    found
}

fn drop_attribute(name: &ObjectName, attribute: &Attribute) -> Statement {
    let label = format!("attribute {} of type {name}", attribute.name);
    let sql = format!("ALTER TYPE {} DROP ATTRIBUTE {} CASCADE", qualified(name), quote(&attribute.name));
    Statement::new(sql, format!("drops {label}")).losing(format!("{label} and its values"))
}

fn add_attribute(name: &ObjectName, attribute: &Attribute) -> Statement {
    let sql = format!("ALTER TYPE {} ADD ATTRIBUTE {} CASCADE", qualified(name), attribute_sql(attribute));
    Statement::new(sql, format!("adds attribute {} to type {name}", attribute.name))
}

fn retype(name: &ObjectName, attribute: &Attribute) -> Statement {
    let (object, column) = (qualified(name), quote(&attribute.name));
    let sql = format!("ALTER TYPE {object} ALTER ATTRIBUTE {column} TYPE {} CASCADE", type_sql(attribute));
    Statement::new(sql, format!("changes the type of attribute {} of type {name}", attribute.name))
}
