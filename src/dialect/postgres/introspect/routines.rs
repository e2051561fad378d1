//! Functions, procedures and aggregates.

use rungs_schema::{Definition, DefinitionKind, Shape};

use super::Found;
use super::filter::{Filter, routine, schema_of_routine};
use super::needs::signature;
use super::value::{json, name, text};
use crate::db::{Row, Rows};
use crate::dialect::postgres::quote;
use crate::error::DbError;

/// What CREATE OR REPLACE compares, of a routine `p`. The names of what it fills only count where they make up a row.
const SHAPE: &str = "format_type(p.prorettype, NULL) || CASE WHEN p.proretset THEN ' set' ELSE '' END || COALESCE((\
         SELECT ' ' || string_agg(COALESCE(p.proargnames[k], '') || ' ' || format_type(p.proallargtypes[k], NULL), ', ' ORDER BY k) \
         FROM generate_series(1, array_length(p.proallargtypes, 1)) AS k WHERE p.proargmodes[k] IN ('o', 'b', 't') \
         HAVING count(*) > 1 OR p.prokind = 'p'), '') AS result, \
     (SELECT json_agg(COALESCE(p.proargnames[k], '') ORDER BY k) \
         FROM generate_series(1, COALESCE(array_length(p.proallargtypes, 1), p.pronargs)) AS k \
         WHERE COALESCE(p.proargmodes[k], 'i') IN ('i', 'b', 'v')) AS names, p.pronargdefaults AS defaults";

/// What belongs to a type, such as the constructor of a range, comes and goes with it.
fn is_object() -> &'static str {
    "NOT EXISTS (SELECT FROM pg_depend AS part WHERE part.classid = 'pg_proc'::regclass AND part.objid = p.oid \
     AND part.deptype = 'i')"
}

pub(super) fn query(filter: &Filter) -> String {
    format!(
        "SELECT p.oid, {schema} AS schema, {signature} AS name, p.proname AS bare_name, p.prokind AS kind, \
         pg_get_functiondef(p.oid) AS sql, quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' AS printed_name, \
         obj_description(p.oid, 'pg_proc') AS comment, {SHAPE} \
         FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace \
         WHERE p.prokind IN ('f', 'p', 'w') AND {is_object} AND {objects}",
        schema = schema_of_routine(),
        signature = signature("p"),
        is_object = is_object(),
        objects = filter.objects("pg_proc", "p")
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let name = name(row)?;
        let (kind, word) = match row.text("kind")? {
            "p" => (DefinitionKind::Procedure, "PROCEDURE"),
            _ => (DefinitionKind::Function, "FUNCTION"),
        };
        // The server always qualifies the name, also with the default namespace.
        let printed = format!("CREATE OR REPLACE {word} {}", row.text("printed_name")?);
        let sql = row.text("sql")?;
        let rest = sql.strip_prefix(&printed).ok_or_else(|| DbError::Answer {
            reason: format!("the definition of {name} does not start with `{printed}`"),
        })?;
        let sql = format!("CREATE OR REPLACE {word} {}({}", called(row)?, rest.trim_end());
        push(found, row, kind, sql)?;
    }
    Ok(())
}

/// Its name in SQL, without arguments.
fn called(row: &Row) -> Result<String, DbError> {
    let place = row.opt("schema")?.map_or_else(String::new, |schema| format!("{}.", quote(schema)));
    Ok(format!("{place}{}", quote(row.text("bare_name")?)))
}

fn push(found: &mut Found, row: &Row, kind: DefinitionKind, sql: String) -> Result<(), DbError> {
    let shape = Shape::Routine {
        result: row.text("result")?.to_owned(),
        names: json(row, "names")?,
        defaults: usize::try_from(row.int("defaults")?).unwrap_or_default(),
    };
    let definition = Definition {
        comment: text(row, "comment")?,
        needs: found.needs.of("pg_proc", row.text("oid")?),
        shape,
        ..Definition::new(kind, name(row)?, sql)
    };
    found.schema.definitions.push(definition);
    Ok(())
}

/// The server has no statement for an aggregate: its options are those of CREATE AGGREGATE, in the order of the manual.
/// <https://www.postgresql.org/docs/current/sql-createaggregate.html>
pub(super) fn aggregates_query(filter: &Filter) -> String {
    let function = |word: &str, column: &str| format!("'{word} = ' || {}", routine(&format!("a.{column}")));
    let extra = |word: &str, column: &str| format!("CASE WHEN a.{column} THEN '{word}' END");
    let modify = |word: &str, column: &str| {
        format!(
            "CASE WHEN a.{column} <> CASE a.aggkind WHEN 'n' THEN 'r' ELSE 'w' END THEN '{word} = ' || \
             CASE a.{column} WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END"
        )
    };
    let space = |word: &str, column: &str| format!("CASE WHEN a.{column} <> 0 THEN '{word} = ' || a.{column} END");
    let options = [
        function("SFUNC", "aggtransfn"),
        "'STYPE = ' || format_type(a.aggtranstype, NULL)".to_owned(),
        space("SSPACE", "aggtransspace"),
        function("FINALFUNC", "aggfinalfn"),
        extra("FINALFUNC_EXTRA", "aggfinalextra"),
        modify("FINALFUNC_MODIFY", "aggfinalmodify"),
        function("COMBINEFUNC", "aggcombinefn"),
        function("SERIALFUNC", "aggserialfn"),
        function("DESERIALFUNC", "aggdeserialfn"),
        "'INITCOND = ' || quote_literal(a.agginitval)".to_owned(),
        function("MSFUNC", "aggmtransfn"),
        function("MINVFUNC", "aggminvtransfn"),
        "CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END".to_owned(),
        space("MSSPACE", "aggmtransspace"),
        function("MFINALFUNC", "aggmfinalfn"),
        extra("MFINALFUNC_EXTRA", "aggmfinalextra"),
        format!("CASE WHEN a.aggmtransfn <> 0 THEN {} END", modify("MFINALFUNC_MODIFY", "aggmfinalmodify")),
        "'MINITCOND = ' || quote_literal(a.aggminitval)".to_owned(),
        "'SORTOP = OPERATOR(' || CASE WHEN son.nspname <> current_schema() THEN quote_ident(son.nspname) || '.' ELSE '' END \
         || so.oprname || ')'"
            .to_owned(),
        "CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END".to_owned(),
        "CASE a.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END".to_owned(),
    ];
    format!(
        "SELECT p.oid, {schema} AS schema, {signature} AS name, p.proname AS bare_name, \
         CASE WHEN p.pronargs = 0 THEN '*' ELSE pg_get_function_identity_arguments(p.oid) END AS arguments, \
         concat_ws(E',\\n    ', {options}) AS options, obj_description(p.oid, 'pg_proc') AS comment, \
         a.aggkind::text || a.aggnumdirectargs || ' ' || s.result AS result, s.names, s.defaults \
         FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_aggregate AS a ON a.aggfnoid = p.oid \
         CROSS JOIN LATERAL (SELECT {SHAPE}) AS s \
         LEFT JOIN pg_operator AS so ON so.oid = a.aggsortop LEFT JOIN pg_namespace AS son ON son.oid = so.oprnamespace \
         WHERE {objects}",
        schema = schema_of_routine(),
        signature = signature("p"),
        options = options.join(", "),
        objects = filter.objects("pg_proc", "p")
    )
}

pub(super) fn read_aggregates(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let (arguments, options) = (row.text("arguments")?, row.text("options")?);
        let sql = format!("CREATE OR REPLACE AGGREGATE {}({arguments}) (\n    {options}\n)", called(row)?);
        push(found, row, DefinitionKind::Aggregate, sql)?;
    }
    Ok(())
}
