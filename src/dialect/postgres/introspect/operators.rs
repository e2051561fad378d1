//! Operators and casts.

use rungs_schema::{Definition, DefinitionKind, ObjectName};

use super::Found;
use super::filter::{Filter, routine, schema_of};
use super::needs::operator;
use super::value::name;
use crate::db::Rows;
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// An operator that another one only names as its commutator or negator has no function yet, and is none.
/// <https://www.postgresql.org/docs/current/sql-createoperator.html>
pub(super) fn query(filter: &Filter) -> String {
    let other = |alias: &str| {
        format!(
            "'OPERATOR(' || CASE WHEN {alias}n.nspname <> current_schema() THEN quote_ident({alias}n.nspname) || '.' ELSE '' END \
             || {alias}.oprname || ')'"
        )
    };
    let options = [
        format!("'FUNCTION = ' || {}", routine("o.oprcode")),
        "CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || format_type(o.oprleft, NULL) END".to_owned(),
        "'RIGHTARG = ' || format_type(o.oprright, NULL)".to_owned(),
        format!("'COMMUTATOR = ' || {}", other("com")),
        format!("'NEGATOR = ' || {}", other("neg")),
        format!("'RESTRICT = ' || {}", routine("o.oprrest")),
        format!("'JOIN = ' || {}", routine("o.oprjoin")),
        "CASE WHEN o.oprcanhash THEN 'HASHES' END".to_owned(),
        "CASE WHEN o.oprcanmerge THEN 'MERGES' END".to_owned(),
    ];
    format!(
        "SELECT o.oid, {schema} AS schema, {operator} AS name, o.oprname AS symbol, concat_ws(E',\\n    ', {options}) AS options, \
         obj_description(o.oid, 'pg_operator') AS comment \
         FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace \
         LEFT JOIN pg_operator AS com ON com.oid = o.oprcom LEFT JOIN pg_namespace AS comn ON comn.oid = com.oprnamespace \
         LEFT JOIN pg_operator AS neg ON neg.oid = o.oprnegate LEFT JOIN pg_namespace AS negn ON negn.oid = neg.oprnamespace \
         WHERE o.oprcode <> 0 AND {objects}",
        schema = schema_of("n"),
        operator = operator("o"),
        options = options.join(", "),
        objects = filter.objects("pg_operator", "o")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let place = name.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", quote(schema)));
        let sql = format!("CREATE OPERATOR {place}{} (\n    {}\n)", row.text("symbol")?, row.text("options")?);
        found.define("pg_operator", row, Definition::new(DefinitionKind::Operator, name, sql))?;
    }
    Ok(())
}

/// A cast lives in no namespace; that of a range to its multirange comes and goes with the range.
pub(super) fn casts_query(filter: &Filter) -> String {
    format!(
        "SELECT k.oid, format_type(k.castsource, NULL) || ' AS ' || format_type(k.casttarget, NULL) AS name, \
         CASE k.castmethod WHEN 'f' THEN 'WITH FUNCTION ' || k.castfunc::regprocedure WHEN 'i' THEN 'WITH INOUT' \
             ELSE 'WITHOUT FUNCTION' END \
         || CASE k.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i' THEN ' AS IMPLICIT' ELSE '' END AS how, \
         obj_description(k.oid, 'pg_cast') AS comment \
         FROM pg_cast AS k WHERE {everything} AND k.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend AS part \
             WHERE part.classid = 'pg_cast'::regclass AND part.objid = k.oid AND part.deptype IN ('i', 'e'))",
        everything = filter.has_database(),
    )
}

pub(super) fn read_casts(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = row.text("name")?;
        let sql = format!("CREATE CAST ({name}) {}", row.text("how")?);
        found.define("pg_cast", row, Definition::new(DefinitionKind::Cast, ObjectName::bare(name), sql))?;
    }
    Ok(())
}
