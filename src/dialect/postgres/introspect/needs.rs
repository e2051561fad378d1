//! What each object stands on, from `pg_depend`. <https://www.postgresql.org/docs/current/catalog-pg-depend.html>

use std::collections::HashMap;

use rungs_schema::{Class, Needs, ObjectName, Reference, Table};

use super::Found;
use super::filter::{Filter, schema_unless_hidden};
use super::value::text;
use crate::db::{Row, Rows};
use crate::error::DbError;

/// By the catalogue and `oid` of the object that has the needs, and by what part of it has them.
#[derive(Debug, Default)]
pub(super) struct AllNeeds {
    objects: HashMap<(String, String), Needs>,
    parts: HashMap<(String, Part), Needs>,
}

/// A part of a table or domain, by its name there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The default of a column, or the expression that it is computed from.
    Column(String),
    /// A constraint that is no index.
    Constraint(String),
    /// An index, that of a constraint too.
    Index(String),
}

impl AllNeeds {
    /// Those of one object; the catalogue is that of the object itself, `pg_class` for all that belongs to a table.
    pub(super) fn of(&self, catalogue: &str, oid: &str) -> Needs {
        self.objects.get(&(catalogue.to_owned(), oid.to_owned())).cloned().unwrap_or_default()
    }

    /// Those of one part of the table or domain with this `oid`.
    pub(super) fn of_part(&self, oid: &str, part: Part) -> Needs {
        self.parts.get(&(oid.to_owned(), part)).cloned().unwrap_or_default()
    }

    /// Gives the parts of a table what they need.
    pub(super) fn hand_out(&self, oid: &str, table: &mut Table) {
        for column in &mut table.columns {
            column.needs = self.of_part(oid, Part::Column(column.name.clone()));
        }
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        for check in &mut table.checks {
            check.needs = self.of_part(oid, Part::Constraint(named(&check.name)));
        }
        for index in &mut table.indexes {
            index.needs = self.of_part(oid, Part::Index(named(&index.name)));
        }
        for exclusion in &mut table.exclusions {
            exclusion.needs = self.of_part(oid, Part::Index(named(&exclusion.name)));
        }
        for unique in &mut table.uniques {
            unique.needs = self.of_part(oid, Part::Index(named(&unique.name)));
        }
        if let Some(key) = &mut table.primary_key {
            key.needs = self.of_part(oid, Part::Index(named(&key.name)));
        }
    }
}

/// A routine's name with the types of its arguments: two routines may share the rest.
pub(super) fn signature(alias: &str) -> String {
    format!("{alias}.proname || '(' || oidvectortypes({alias}.proargtypes) || ')'")
}

/// An operator's name with the types of its operands; a prefix operator has `NONE` on the left.
pub(super) fn operator(alias: &str) -> String {
    let operand =
        |side: &str| format!("CASE WHEN {alias}.{side} = 0 THEN 'NONE' ELSE format_type({alias}.{side}, NULL) END");
    format!("{alias}.oprname || '(' || {} || ', ' || {} || ')'", operand("oprleft"), operand("oprright"))
}

/// The name of an operator class or family with its access method: each method has its own.
pub(super) fn with_method(name: &str, method: &str) -> String {
    format!("{name} || ' USING ' || (SELECT amname FROM pg_am WHERE oid = {method})")
}

/// A transform as `CREATE TRANSFORM FOR` names it.
pub(super) fn transform(alias: &str) -> String {
    format!(
        "format_type({alias}.trftype, NULL) || ' LANGUAGE ' || \
         (SELECT quote_ident(lanname) FROM pg_language WHERE oid = {alias}.trflang)"
    )
}

/// What kind of name an object has, by the word that the queries give it.
pub(super) fn class(word: &str) -> Class {
    match word {
        "namespace" => Class::Namespace,
        "extension" => Class::Extension,
        "relation" => Class::Relation,
        "type" => Class::Type,
        "routine" => Class::Routine,
        "operator" => Class::Operator,
        "operator class" => Class::OperatorClass,
        "operator family" => Class::OperatorFamily,
        "language" => Class::Language,
        "method" => Class::AccessMethod,
        "conversion" => Class::Conversion,
        "transform" => Class::Transform,
        "configuration" => Class::TextSearchConfiguration,
        "dictionary" => Class::TextSearchDictionary,
        "parser" => Class::TextSearchParser,
        "template" => Class::TextSearchTemplate,
        "collation" => Class::Collation,
        _ => Class::Other,
    }
}

/// Defaults, constraints and indexes count as their table, and before PostgreSQL 15 a computed column needs by itself what
/// its expression calls, and would go with it unasked; the rule of a view as the view, an attribute of a composite
/// type as the type. Who needs a constraint (a view that groups by a primary key) needs the [key](Needs::KEY) of its
/// table. A member of an operator class or family counts as that. What an extension owns counts as the extension. Foreign keys are left out: they have nouns of
/// their own. Objects of the system have numbers below 16384
/// (<https://www.postgresql.org/docs/current/system-catalog-initial-data.html#SYSTEM-CATALOG-OID-ASSIGNMENT>).
pub(super) fn query(_: &Filter) -> String {
    format!(
        "SELECT DISTINCT CASE WHEN con.contypid <> 0 OR comp.oid IS NOT NULL THEN 'pg_type' \
             WHEN dc.oid IS NOT NULL OR ad.oid IS NOT NULL OR con.oid IS NOT NULL OR rw.rulename = '_RETURN' THEN 'pg_class' \
             ELSE COALESCE(member.refclassid, dep.classid)::regclass::text END AS catalogue, \
         CASE WHEN con.contypid <> 0 THEN con.contypid ELSE \
             COALESCE(comp.reltype, di.indrelid, dc.oid, ad.adrelid, con.conrelid, \
             CASE WHEN rw.rulename = '_RETURN' THEN rw.ev_class END, member.refobjid, dep.objid) END AS object, \
         CASE WHEN ada.attname IS NOT NULL THEN 'column' WHEN con.oid IS NOT NULL THEN 'constraint' \
             WHEN di.indexrelid IS NOT NULL THEN 'index' END AS part, \
         COALESCE(ada.attname, con.conname, dc.relname) AS part_name, \
         CASE WHEN e.oid IS NOT NULL THEN 'extension' WHEN rc.relkind = 'c' THEN 'type' WHEN rc.oid IS NOT NULL THEN 'relation' \
             WHEN rtc.relkind <> 'c' THEN 'relation' WHEN ty.oid IS NOT NULL THEN 'type' \
             WHEN rp.oid IS NOT NULL THEN 'routine' WHEN ro.oid IS NOT NULL THEN 'operator' \
             WHEN tsc.oid IS NOT NULL THEN 'configuration' WHEN tsd.oid IS NOT NULL THEN 'dictionary' \
             WHEN rl.oid IS NOT NULL THEN 'collation' WHEN oc.oid IS NOT NULL THEN 'operator class' \
             WHEN fam.oid IS NOT NULL THEN 'operator family' WHEN lang.oid IS NOT NULL THEN 'language' \
             WHEN am.oid IS NOT NULL THEN 'method' WHEN tr.oid IS NOT NULL THEN 'transform' \
             WHEN tsp.oid IS NOT NULL THEN 'parser' WHEN tst.oid IS NOT NULL THEN 'template' ELSE 'other' END AS class, \
         CASE WHEN e.oid IS NULL THEN {schema} END AS schema, \
         CASE WHEN e.oid IS NOT NULL THEN e.extname::text WHEN rc.oid IS NOT NULL THEN rc.relname::text \
             WHEN ty.oid IS NOT NULL THEN COALESCE(over.typname, ty.typname)::text \
             WHEN rp.oid IS NOT NULL THEN {signature} WHEN ro.oid IS NOT NULL THEN {operator} \
             WHEN oc.oid IS NOT NULL THEN {operator_class} WHEN fam.oid IS NOT NULL THEN {family} \
             WHEN tr.oid IS NOT NULL THEN {transform} \
             ELSE COALESCE(tsc.cfgname, tsd.dictname, tsp.prsname, tst.tmplname, rl.collname, lang.lanname, am.amname, \
                 srv.srvname, wrapper.fdwname)::text END AS name, \
         CASE WHEN e.oid IS NULL THEN CASE WHEN rcon.oid IS NULL THEN ra.attname::text ELSE '' END END AS column \
         FROM pg_depend AS dep \
         LEFT JOIN pg_class AS dc ON dep.classid = 'pg_class'::regclass AND dc.oid = dep.objid AND dc.relkind <> 'c' \
         LEFT JOIN pg_class AS comp ON dep.classid = 'pg_class'::regclass AND comp.oid = dep.objid AND comp.relkind = 'c' \
         LEFT JOIN pg_index AS di ON di.indexrelid = dc.oid \
         LEFT JOIN pg_attrdef AS ad ON dep.classid = 'pg_attrdef'::regclass AND ad.oid = dep.objid \
         LEFT JOIN pg_attribute AS ada ON ada.attrelid = COALESCE(ad.adrelid, CASE WHEN dep.deptype = 'a' AND dep.objsubid > 0 THEN dc.oid END) \
             AND ada.attnum = COALESCE(ad.adnum, dep.objsubid) AND (ad.oid IS NOT NULL OR ada.attgenerated <> '') \
         LEFT JOIN pg_constraint AS con ON dep.classid = 'pg_constraint'::regclass AND con.oid = dep.objid \
         LEFT JOIN pg_rewrite AS rw ON dep.classid = 'pg_rewrite'::regclass AND rw.oid = dep.objid \
         LEFT JOIN pg_depend AS owned ON owned.classid = dep.refclassid AND owned.objid = dep.refobjid AND owned.deptype = 'e' \
         LEFT JOIN pg_extension AS e ON e.oid = owned.refobjid \
         LEFT JOIN pg_constraint AS rcon ON dep.refclassid = 'pg_constraint'::regclass AND rcon.oid = dep.refobjid AND rcon.conrelid <> 0 \
         LEFT JOIN pg_class AS rc ON rc.oid = COALESCE(rcon.conrelid, CASE WHEN dep.refclassid = 'pg_class'::regclass THEN dep.refobjid END) \
             AND rc.relkind <> 'i' AND rc.relkind <> 'I' \
         LEFT JOIN pg_attribute AS ra ON ra.attrelid = rc.oid AND ra.attnum = dep.refobjsubid AND ra.attnum > 0 \
         LEFT JOIN pg_foreign_server AS srv ON dep.refclassid = 'pg_foreign_server'::regclass AND srv.oid = dep.refobjid \
         LEFT JOIN pg_foreign_data_wrapper AS wrapper ON dep.refclassid = 'pg_foreign_data_wrapper'::regclass AND wrapper.oid = dep.refobjid \
         LEFT JOIN pg_type AS rt ON dep.refclassid = 'pg_type'::regclass AND rt.oid = dep.refobjid \
         LEFT JOIN pg_type AS elem ON rt.typcategory = 'A' AND elem.oid = rt.typelem \
         LEFT JOIN pg_type AS ty ON ty.oid = COALESCE(elem.oid, rt.oid) \
         LEFT JOIN pg_class AS rtc ON rtc.oid = NULLIF(ty.typrelid, 0) \
         LEFT JOIN LATERAL (SELECT r.rngtypid FROM pg_range AS r WHERE to_jsonb(r) ->> 'rngmultitypid' = ty.oid::text) AS multi ON ty.typtype = 'm' \
         LEFT JOIN pg_type AS over ON over.oid = multi.rngtypid \
         LEFT JOIN pg_proc AS rp ON dep.refclassid = 'pg_proc'::regclass AND rp.oid = dep.refobjid \
         LEFT JOIN pg_collation AS rl ON dep.refclassid = 'pg_collation'::regclass AND rl.oid = dep.refobjid \
         LEFT JOIN pg_operator AS ro ON dep.refclassid = 'pg_operator'::regclass AND ro.oid = dep.refobjid \
         LEFT JOIN pg_ts_config AS tsc ON dep.refclassid = 'pg_ts_config'::regclass AND tsc.oid = dep.refobjid \
         LEFT JOIN pg_ts_dict AS tsd ON dep.refclassid = 'pg_ts_dict'::regclass AND tsd.oid = dep.refobjid \
         LEFT JOIN pg_ts_parser AS tsp ON dep.refclassid = 'pg_ts_parser'::regclass AND tsp.oid = dep.refobjid \
         LEFT JOIN pg_ts_template AS tst ON dep.refclassid = 'pg_ts_template'::regclass AND tst.oid = dep.refobjid \
         LEFT JOIN pg_opclass AS oc ON dep.refclassid = 'pg_opclass'::regclass AND oc.oid = dep.refobjid \
         LEFT JOIN pg_opfamily AS fam ON dep.refclassid = 'pg_opfamily'::regclass AND fam.oid = dep.refobjid \
         LEFT JOIN pg_language AS lang ON dep.refclassid = 'pg_language'::regclass AND lang.oid = dep.refobjid \
         LEFT JOIN pg_am AS am ON dep.refclassid = 'pg_am'::regclass AND am.oid = dep.refobjid \
         LEFT JOIN pg_transform AS tr ON dep.refclassid = 'pg_transform'::regclass AND tr.oid = dep.refobjid \
         LEFT JOIN pg_amop AS mo ON dep.classid = 'pg_amop'::regclass AND mo.oid = dep.objid \
         LEFT JOIN pg_amproc AS mp ON dep.classid = 'pg_amproc'::regclass AND mp.oid = dep.objid \
         LEFT JOIN LATERAL (SELECT own.refclassid, own.refobjid FROM pg_depend AS own \
             WHERE own.classid = dep.classid AND own.objid = dep.objid AND own.deptype IN ('i', 'a') \
             AND (own.refclassid = 'pg_opclass'::regclass OR own.refclassid = 'pg_opfamily'::regclass \
                 AND own.refobjid = COALESCE(mo.amopfamily, mp.amprocfamily)) \
             ORDER BY own.refclassid LIMIT 1) AS member ON COALESCE(mo.oid, mp.oid) IS NOT NULL \
         LEFT JOIN pg_namespace AS n ON n.oid = COALESCE(rc.relnamespace, over.typnamespace, ty.typnamespace, \
             rp.pronamespace, rl.collnamespace, ro.oprnamespace, tsc.cfgnamespace, tsd.dictnamespace, \
             tsp.prsnamespace, tst.tmplnamespace, oc.opcnamespace, fam.opfnamespace) \
         WHERE dep.deptype IN ('n', 'a') AND dep.objid >= 16384 AND dep.refobjid >= 16384 \
         AND con.contype IS DISTINCT FROM 'f' \
         AND (e.oid IS NOT NULL OR COALESCE(srv.oid, wrapper.oid, lang.oid, am.oid, tr.oid) IS NOT NULL \
             OR COALESCE(rc.oid, ty.oid, rp.oid, rl.oid, ro.oid, tsc.oid, tsd.oid, tsp.oid, tst.oid, oc.oid, fam.oid) IS NOT NULL \
                 AND n.nspname !~ '^pg_') \
         AND (member.refclassid, member.refobjid) IS DISTINCT FROM (dep.refclassid, dep.refobjid) \
         AND COALESCE(di.indrelid, dc.oid, ad.adrelid, con.conrelid, CASE WHEN rw.rulename = '_RETURN' THEN rw.ev_class END, 0) \
             IS DISTINCT FROM rc.oid",
        schema = schema_unless_hidden(
            "n",
            "CASE WHEN rtc.relkind <> 'c' OR rc.relkind <> 'c' THEN true WHEN rp.oid IS NOT NULL THEN pg_function_is_visible(rp.oid) \
             WHEN COALESCE(rc.oid, ty.oid) IS NOT NULL THEN pg_type_is_visible(COALESCE(rc.reltype, over.oid, ty.oid)) ELSE true END"
        ),
        signature = signature("rp"),
        operator = operator("ro"),
        operator_class = with_method("oc.opcname", "oc.opcmethod"),
        family = with_method("fam.opfname", "fam.opfmethod"),
        transform = transform("tr"),
    )
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let (reference, column) = reference(row)?;
        let add = |needs: &mut Needs| match &column {
            Some(column) => needs.add_column(reference.clone(), column),
            // The server tells every column that is used.
            None if reference.class == Class::Relation => needs.add_column(reference.clone(), Needs::ITSELF),
            None => needs.add(reference.clone()),
        };
        let oid = row.text("object")?.to_owned();
        if let Some(part) = part(row)? {
            add(found.needs.parts.entry((oid.clone(), part)).or_default());
        }
        add(found.needs.objects.entry((row.text("catalogue")?.to_owned(), oid)).or_default());
    }
    Ok(())
}

fn part(row: &Row) -> Result<Option<Part>, DbError> {
    Ok(match row.opt("part")? {
        Some("column") => Some(Part::Column(row.text("part_name")?.to_owned())),
        Some("constraint") => Some(Part::Constraint(row.text("part_name")?.to_owned())),
        Some(_) => Some(Part::Index(row.text("part_name")?.to_owned())),
        None => None,
    })
}

fn reference(row: &Row) -> Result<(Reference, Option<String>), DbError> {
    let class = class(row.text("class")?);
    let name = ObjectName { schema: text(row, "schema")?, name: row.text("name")?.to_owned() };
    Ok((Reference { class, name }, text(row, "column")?))
}
