//! Operator classes and families. <https://www.postgresql.org/docs/current/xindex.html>
//!
//! A member belongs to a class, or to the family alone, as `pg_depend` has it: the server itself decides that, where a
//! class is created with members for other types than its own.

use rungs_schema::{Definition, DefinitionKind, Outline, Shape};
use serde::Deserialize;

use super::Found;
use super::filter::{Filter, schema_of};
use super::needs::with_method;
use super::value::{flag, json, name, text};
use crate::db::Rows;
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// A member as ALTER OPERATOR FAMILY ... DROP and ADD have it.
#[derive(Deserialize)]
struct Member {
    key: String,
    text: String,
}

/// A family's name, qualified where the bare one would not find it.
fn family(oid: &str) -> String {
    format!(
        "(SELECT CASE WHEN pg_opfamily_is_visible(sf.oid) THEN '' ELSE quote_ident(sn.nspname) || '.' END \
         || quote_ident(sf.opfname) FROM pg_opfamily AS sf JOIN pg_namespace AS sn ON sn.oid = sf.opfnamespace \
         WHERE sf.oid = {oid})"
    )
}

/// The members of one owner, operators first, as JSON. Types are always said: what an operator or function takes is not
/// always what it is a member for.
fn members(catalogue: &str, owner: &str, family_oid: &str) -> String {
    let owned = |class: &str| {
        format!(
            "EXISTS (SELECT FROM pg_depend AS own WHERE own.classid = '{class}'::regclass AND own.objid = m.oid \
             AND own.refclassid = '{catalogue}'::regclass AND own.refobjid = {owner} AND own.deptype IN ('i', 'a'))"
        )
    };
    format!(
        "(SELECT json_agg(json_build_object('key', k.key, 'text', k.text) ORDER BY k.sort, k.number, k.key) FROM ( \
         SELECT 1 AS sort, m.amopstrategy AS number, 'OPERATOR ' || m.amopstrategy || ' (' || \
             format_type(m.amoplefttype, NULL) || ', ' || format_type(m.amoprighttype, NULL) || ')' AS key, \
             'OPERATOR ' || m.amopstrategy || ' ' || m.amopopr::regoperator || \
             COALESCE(' FOR ORDER BY ' || {sort_family}, '') AS text \
         FROM pg_amop AS m WHERE m.amopfamily = {family_oid} AND {operators} \
         UNION ALL \
         SELECT 2, m.amprocnum, 'FUNCTION ' || m.amprocnum || ' (' || format_type(m.amproclefttype, NULL) || ', ' || \
             format_type(m.amprocrighttype, NULL) || ')', \
             'FUNCTION ' || m.amprocnum || ' (' || format_type(m.amproclefttype, NULL) || ', ' || \
             format_type(m.amprocrighttype, NULL) || ') ' || m.amproc::oid::regprocedure \
         FROM pg_amproc AS m WHERE m.amprocfamily = {family_oid} AND {functions}) AS k)",
        sort_family = family("m.amopsortfamily"),
        operators = owned("pg_amop"),
        functions = owned("pg_amproc"),
    )
}

/// A family is implied where it holds nothing but the class of its own name, and nothing else has to do with it.
pub(super) fn families_query(filter: &Filter) -> String {
    format!(
        "SELECT f.oid, {schema} AS schema, {name} AS name, f.opfname AS bare_name, am.amname AS method, \
         {members} AS members, obj_description(f.oid, 'pg_opfamily') AS comment, \
         EXISTS (SELECT FROM pg_opclass AS k WHERE k.opcfamily = f.oid AND k.opcname = f.opfname \
             AND k.opcnamespace = f.opfnamespace AND NOT EXISTS (SELECT FROM pg_depend AS other \
                 WHERE other.refclassid = 'pg_opfamily'::regclass AND other.refobjid = f.oid \
                 AND NOT (other.classid = 'pg_opclass'::regclass AND other.objid = k.oid))) AS is_implied \
         FROM pg_opfamily AS f JOIN pg_namespace AS n ON n.oid = f.opfnamespace JOIN pg_am AS am ON am.oid = f.opfmethod \
         WHERE {objects}",
        schema = schema_of("n"),
        name = with_method("f.opfname", "f.opfmethod"),
        members = members("pg_opfamily", "f.oid", "f.oid"),
        objects = filter.objects("pg_opfamily", "f")
    )
}

pub(super) fn read_families(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
        let method = quote(row.text("method")?);
        let head = format!("OPERATOR FAMILY {place}{} USING {method}", quote(row.text("bare_name")?));
        let members: Vec<Member> = json(row, "members")?;
        let mut sql = format!("CREATE {head}");
        if !members.is_empty() {
            let texts: Vec<&str> = members.iter().map(|member| member.text.as_str()).collect();
            sql.push_str(&format!(";\nALTER {head} ADD\n    {}", texts.join(",\n    ")));
        }
        let comment = text(row, "comment")?;
        let is_implied = flag(row, "is_implied")? && comment.is_none();
        found.schema.definitions.push(Definition {
            comment,
            needs: found.needs.of("pg_opfamily", row.text("oid")?),
            outline: Outline(members.into_iter().map(|member| (member.key, member.text)).collect()),
            shape: if is_implied { Shape::Implied } else { Shape::Unknown },
            ..Definition::new(DefinitionKind::OperatorFamily, name, sql)
        });
    }
    Ok(())
}

/// A class finds the family of its own name by itself, and creates it where it is not there.
pub(super) fn classes_query(filter: &Filter) -> String {
    format!(
        "SELECT k.oid, {schema} AS schema, {name} AS name, k.opcname AS bare_name, am.amname AS method, \
         k.opcdefault AS is_default, format_type(k.opcintype, NULL) AS type, \
         CASE WHEN k.opckeytype <> 0 THEN format_type(k.opckeytype, NULL) END AS storage, \
         CASE WHEN f.opfname <> k.opcname OR f.opfnamespace <> k.opcnamespace THEN {family} END AS family, \
         {members} AS members, obj_description(k.oid, 'pg_opclass') AS comment \
         FROM pg_opclass AS k JOIN pg_namespace AS n ON n.oid = k.opcnamespace JOIN pg_am AS am ON am.oid = k.opcmethod \
         JOIN pg_opfamily AS f ON f.oid = k.opcfamily WHERE {objects}",
        schema = schema_of("n"),
        name = with_method("k.opcname", "k.opcmethod"),
        family = family("k.opcfamily"),
        members = members("pg_opclass", "k.oid", "k.opcfamily"),
        objects = filter.objects("pg_opclass", "k")
    )
}

pub(super) fn read_classes(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
        let (called, ty) = (quote(row.text("bare_name")?), row.text("type")?);
        let default = if flag(row, "is_default")? { " DEFAULT" } else { "" };
        let method = quote(row.text("method")?);
        let family = row.opt("family")?.map_or_else(String::new, |family| format!(" FAMILY {family}"));
        let members: Vec<Member> = json(row, "members")?;
        let mut parts: Vec<String> = members.into_iter().map(|member| member.text).collect();
        match row.opt("storage")? {
            Some(storage) => parts.push(format!("STORAGE {storage}")),
            // There is no class without a single member; that its values are kept as they are goes without saying.
            None if parts.is_empty() => parts.push(format!("STORAGE {ty}")),
            None => {}
        }
        let sql = format!(
            "CREATE OPERATOR CLASS {place}{called}{default}\n    FOR TYPE {ty} USING {method}{family} AS\n    {}",
            parts.join(",\n    ")
        );
        found.define("pg_opclass", row, Definition::new(DefinitionKind::OperatorClass, name, sql))?;
    }
    Ok(())
}
