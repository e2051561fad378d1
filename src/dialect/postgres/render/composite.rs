//! Composite types. <https://www.postgresql.org/docs/current/sql-altertype.html>

use rungs_schema::{Attribute, CompositeType, Definition, ObjectName, Reference};

use super::rebuild::{Conversion, Root, dress, rebuild_after, strip};
use super::sequence::rename;
use super::{comment, definition};
use crate::dialect::Statement;
use crate::dialect::postgres::{Postgres, collation_sql, qualified, quote};
use crate::dialect::simple::drop_type;
use crate::diff::change::{Delta, Standing};
use crate::diff::{Way, is_in_order, retyped};
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
    let has = |one: &CompositeType, name: &str| one.attributes.iter().any(|other| other.name == name);
    let gone: Vec<_> = previous.attributes.iter().filter(|old| !has(next, &old.name)).collect();
    let added: Vec<_> = next.attributes.iter().filter(|new| !has(previous, &new.name)).collect();
    let drops = gone.iter().map(|attribute| drop_attribute(&next.name, attribute));
    let adds = added.iter().map(|attribute| add_attribute(&next.name, attribute));
    if Way::of_composite(previous, next, standing) == Way::Anew {
        // What rows hold of the type has the attributes of the new one by the time it is moved over.
        let conversion = if is_in_order(previous, next) {
            Conversion::Text
        } else {
            Conversion::Row(next.attributes.iter().map(|attribute| attribute.name.clone()).collect())
        };
        let root =
            Root { name: &next.name, word: "TYPE", range: None, create: create(next), conversion, finish: Vec::new() };
        out.extend(rebuild_after(dialect, root, standing, drops.chain(adds).collect())?);
        return Ok(out);
    }
    let retyped = retyped(previous, next);
    let readers = readers(next, retyped.iter().map(|(old, _)| *old).chain(gone.iter().copied()), standing);
    out.extend(readers.iter().rev().map(|one| definition::drop(one)));
    out.extend(strip(dialect, standing)?);
    out.extend(drops);
    out.extend(adds);
    out.extend(retyped.iter().map(|(_, attribute)| retype(&next.name, attribute)));
    for attribute in &next.attributes {
        let old = previous.attributes.iter().find(|old| old.name == attribute.name);
        if old.and_then(|old| old.comment.as_ref()) != attribute.comment.as_ref() {
            out.push(comment_on(&next.name, attribute));
        }
    }
    if previous.comment != next.comment {
        out.push(set_comment(next));
    }
    out.extend(dress(dialect, standing)?);
    out.extend(readers.into_iter().flat_map(definition::create));
    Ok(out)
}

/// The views and the like that read an attribute which goes or gets another type: the server lets them keep it from that.
fn readers<'a, 'b>(
    next: &CompositeType,
    attributes: impl Iterator<Item = &'b Attribute>,
    standing: &'a Standing,
) -> Vec<&'a Definition> {
    let ty = Reference::ty(&next.name);
    let names: Vec<&str> = attributes.map(|one| one.name.as_str()).collect();
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
