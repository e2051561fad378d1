//! Owners, privileges and default privileges. <https://www.postgresql.org/docs/current/ddl-priv.html>

use std::collections::BTreeSet;

use rungs_schema::{Access, Class, DefaultPrivileges, Grantee, ObjectName, Privilege, Reference};
use serde::Deserialize;

use super::Found;
use super::filter::{Filter, schema_of, schema_of_routine, schema_of_type};
use super::needs::{class, operator, signature, with_method};
use super::value::{flag, json, name, named, text};
use crate::db::{Row, Rows};
use crate::error::DbError;

/// One `aclitem` with one of its privileges.
#[derive(Deserialize)]
struct Grant {
    /// NULL for the owner.
    grantor: Option<String>,
    /// NULL for PUBLIC.
    grantee: Option<String>,
    is_owner: bool,
    column: Option<String>,
    privilege: String,
    grantable: bool,
}

impl From<Grant> for Privilege {
    fn from(grant: Grant) -> Self {
        let grantee = match grant.grantee {
            _ if grant.is_owner => Grantee::Owner,
            None => Grantee::Public,
            Some(role) => Grantee::Role(role),
        };
        let Grant { grantor, column, privilege, grantable, .. } = grant;
        Self { grantor, grantee, column, privilege, grantable }
    }
}

/// A list of `aclitem`s as JSON that [`Grant`] reads; NULL for NULL.
fn exploded(acl: &str, owner: &str, column: &str, from: &str) -> String {
    format!(
        "(SELECT json_agg(json_build_object( \
         'grantor', CASE WHEN x.grantor <> {owner} THEN pg_get_userbyid(x.grantor) END, \
         'grantee', CASE WHEN x.grantee <> 0 THEN pg_get_userbyid(x.grantee) END, 'is_owner', x.grantee = {owner}, \
         'column', {column}, 'privilege', x.privilege_type, 'grantable', x.is_grantable)) FROM {from}aclexplode({acl}) AS x)"
    )
}

/// The columns of one catalogue's share of the query.
struct Catalogue<'a> {
    /// What kind of name it is, as an SQL expression: a word of [`class`].
    class: &'a str,
    word: &'a str,
    name: &'a str,
    schema: &'a str,
    alias: &'a str,
    owner: &'a str,
    acl: &'a str,
    /// What the server grants by itself.
    initial: &'a str,
    /// The catalogue, where extensions have objects in it whose privileges count.
    members: Option<&'a str>,
    /// What columns grant, as JSON.
    columns: &'a str,
    /// The column that owns a sequence.
    part: [&'a str; 3],
    from: String,
}

const NONE: &str = "NULL::aclitem[]";
const NO_COLUMNS: &str = "NULL::json";
const NO_PART: [&str; 3] = ["NULL", "NULL", "NULL"];

impl Catalogue<'_> {
    fn sql(&self) -> String {
        let Self { class, word, name, schema, alias, owner, acl, initial, members, columns, part, from } = self;
        let (extension, granted_first) = match members {
            None => ("NULL".to_owned(), NONE.to_owned()),
            Some(catalogue) => {
                let member = format!("classid = '{catalogue}'::regclass AND objid = {alias}.oid AND deptype = 'e'");
                let first = format!(
                    "classoid = '{catalogue}'::regclass AND objoid = {alias}.oid AND objsubid = 0 AND privtype = 'e'"
                );
                (
                    format!(
                        "(SELECT e.extname::text FROM pg_depend JOIN pg_extension AS e ON e.oid = refobjid WHERE {member})"
                    ),
                    format!("(SELECT initprivs FROM pg_init_privs WHERE {first})"),
                )
            }
        };
        format!(
            "SELECT {class} AS class, {word} AS word, {schema} AS schema, {name} AS name, {alias}.oid AS oid, \
             {owner} AS owner, {acl} AS acl, COALESCE({granted_first}, {initial}) AS initial, \
             {granted_first} IS NOT NULL AS is_granted_first, {extension} AS extension, {columns} AS columns, \
             {} AS part_schema, {} AS part_table, {} AS part_column {from}",
            part[0], part[1], part[2]
        )
    }
}

/// Every object that does not belong to the connection's own role, or grants something else than the server does by
/// itself.
pub(super) fn query(filter: &Filter) -> String {
    let mut all = vec![relations(filter), routines(filter), types(filter)];
    all.extend(owned(filter));
    if filter.has_database() {
        all.push(namespaces(filter));
        all.extend(global());
    }
    // A schema `public` that nobody touched belongs to the database's owner, or to the first role of the server.
    let nobody = if filter.at_least(15) { "'pg_database_owner'::regrole" } else { "10" };
    format!(
        "SELECT o.class, o.word, o.schema, o.name, o.oid, o.part_schema, o.part_table, o.part_column, \
         o.acl IS NULL AS is_initial, o.is_granted_first, o.extension, {acl} AS acl, {initial} AS initial, o.columns, \
         pg_get_userbyid(CASE WHEN o.class = 'namespace' AND o.name = 'public' THEN NULLIF(o.owner, {nobody}) \
             WHEN o.owner <> me.oid AND o.part_table IS NULL AND o.extension IS NULL THEN o.owner END) AS owner \
         FROM ({all}) AS o, (SELECT oid FROM pg_roles WHERE rolname = current_user) AS me \
         WHERE o.owner <> me.oid AND o.extension IS NULL OR o.acl IS NOT NULL OR o.columns IS NOT NULL",
        acl = exploded("o.acl", "o.owner", "NULL", ""),
        initial = exploded("o.initial", "o.owner", "NULL", ""),
        all = all.join(" UNION ALL "),
    )
}

fn relations(filter: &Filter) -> String {
    let columns = exploded(
        "a.attacl",
        "c.relowner",
        "a.attname",
        "(SELECT attname, attacl FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL AND NOT attisdropped) AS a, ",
    );
    let part_schema = schema_of("tn");
    Catalogue {
        class: "'relation'",
        word: "CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' \
               WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END",
        name: "c.relname::text",
        schema: &schema_of("n"),
        alias: "c",
        owner: "c.relowner",
        acl: "c.relacl",
        initial: "acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::\"char\", c.relowner)",
        members: Some("pg_class"),
        columns: &columns,
        part: [&part_schema, "part_table.relname::text", "part_column.attname::text"],
        from: format!(
            "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             LEFT JOIN pg_depend AS part ON c.relkind = 'S' AND part.classid = 'pg_class'::regclass AND part.objid = c.oid \
                 AND part.objsubid = 0 AND part.refclassid = 'pg_class'::regclass AND part.refobjsubid > 0 \
                 AND part.deptype IN ('a', 'i') \
             LEFT JOIN pg_class AS part_table ON part_table.oid = part.refobjid \
             LEFT JOIN pg_namespace AS tn ON tn.oid = part_table.relnamespace \
             LEFT JOIN pg_attribute AS part_column ON part_column.attrelid = part.refobjid \
                 AND part_column.attnum = part.refobjsubid \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND {}",
            filter.namespaces()
        ),
    }
    .sql()
}

fn routines(filter: &Filter) -> String {
    Catalogue {
        class: "'routine'",
        word: "CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END",
        name: &signature("p"),
        schema: &schema_of_routine(),
        alias: "p",
        owner: "p.proowner",
        acl: "p.proacl",
        initial: "acldefault('f', p.proowner)",
        members: Some("pg_proc"),
        columns: NO_COLUMNS,
        part: NO_PART,
        from: format!(
            "FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE {}",
            filter.namespaces()
        ),
    }
    .sql()
}

fn types(filter: &Filter) -> String {
    Catalogue {
        class: "'type'",
        word: "CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END",
        name: "t.typname::text",
        schema: &schema_of_type(),
        alias: "t",
        owner: "t.typowner",
        acl: "t.typacl",
        initial: "acldefault('T', t.typowner)",
        members: Some("pg_type"),
        columns: NO_COLUMNS,
        part: NO_PART,
        from: format!(
            "FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace \
             LEFT JOIN pg_class AS row ON row.oid = t.typrelid \
             WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND row.relkind = 'c' \
                 OR t.typtype = 'p' AND NOT t.typisdefined) AND {}",
            filter.namespaces()
        ),
    }
    .sql()
}

fn namespaces(filter: &Filter) -> String {
    let everybody = "makeaclitem(0, n.nspowner, 'USAGE', false)";
    let also = if filter.at_least(15) { "" } else { " || makeaclitem(0, n.nspowner, 'CREATE', false)" };
    let initial = format!(
        "CASE WHEN n.nspname = 'public' THEN acldefault('n', n.nspowner) || {everybody}{also} \
         ELSE acldefault('n', n.nspowner) END"
    );
    Catalogue {
        class: "'namespace'",
        word: "'SCHEMA'",
        name: "n.nspname::text",
        schema: "NULL",
        alias: "n",
        owner: "n.nspowner",
        acl: "n.nspacl",
        initial: &initial,
        members: None,
        columns: NO_COLUMNS,
        part: NO_PART,
        from: format!("FROM pg_namespace AS n WHERE {}", filter.objects("pg_namespace", "n")),
    }
    .sql()
}

/// Objects that have an owner and nothing to grant.
fn owned(filter: &Filter) -> Vec<String> {
    let operator = operator("o");
    let family = with_method("f.opfname", "f.opfmethod");
    let operator_class = with_method("k.opcname", "k.opcmethod");
    let of = |class: &str, word: &str, name: &str, alias: &str, prefix: &str, catalogue: &str| {
        Catalogue {
            class: &format!("'{class}'"),
            word: &format!("'{word}'"),
            name,
            schema: &schema_of("n"),
            alias,
            owner: &format!("{alias}.{prefix}owner"),
            acl: NONE,
            initial: NONE,
            members: None,
            columns: NO_COLUMNS,
            part: NO_PART,
            from: format!(
                "FROM {catalogue} AS {alias} JOIN pg_namespace AS n ON n.oid = {alias}.{prefix}namespace WHERE {}",
                filter.objects(catalogue, alias)
            ),
        }
        .sql()
    };
    vec![
        of("operator", "OPERATOR", &operator, "o", "opr", "pg_operator"),
        of("collation", "COLLATION", "l.collname::text", "l", "coll", "pg_collation"),
        of("operator family", "OPERATOR FAMILY", &family, "f", "opf", "pg_opfamily"),
        of("operator class", "OPERATOR CLASS", &operator_class, "k", "opc", "pg_opclass"),
        of("conversion", "CONVERSION", "v.conname::text", "v", "con", "pg_conversion"),
        of("other", "STATISTICS", "x.stxname::text", "x", "stx", "pg_statistic_ext"),
        of("configuration", "TEXT SEARCH CONFIGURATION", "g.cfgname::text", "g", "cfg", "pg_ts_config"),
        of("dictionary", "TEXT SEARCH DICTIONARY", "d.dictname::text", "d", "dict", "pg_ts_dict"),
    ]
}

/// The same, of objects that live in no namespace; some have something to grant.
fn global() -> Vec<String> {
    let of = |word: &str, catalogue: &str, prefix: &str, [acl, initial]: [&str; 2]| {
        Catalogue {
            class: if word == "LANGUAGE" { "'language'" } else { "'other'" },
            word: &format!("'{word}'"),
            name: &format!("g.{prefix}name::text"),
            schema: "NULL",
            alias: "g",
            owner: &format!("g.{prefix}owner"),
            acl,
            initial,
            members: None,
            columns: NO_COLUMNS,
            part: NO_PART,
            from: format!(
                "FROM {catalogue} AS g WHERE NOT EXISTS (SELECT FROM pg_depend AS owned \
                 WHERE owned.classid = '{catalogue}'::regclass AND owned.objid = g.oid AND owned.deptype = 'e')"
            ),
        }
        .sql()
    };
    let nothing = [NONE, NONE];
    vec![
        of("EVENT TRIGGER", "pg_event_trigger", "evt", nothing),
        of("PUBLICATION", "pg_publication", "pub", nothing),
        of("SUBSCRIPTION", "pg_subscription", "sub", nothing)
            + " AND g.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        of("LANGUAGE", "pg_language", "lan", ["g.lanacl", "acldefault('l', g.lanowner)"]),
        of("FOREIGN DATA WRAPPER", "pg_foreign_data_wrapper", "fdw", ["g.fdwacl", "acldefault('F', g.fdwowner)"]),
        of("SERVER", "pg_foreign_server", "srv", ["g.srvacl", "acldefault('S', g.srvowner)"]),
    ]
}

pub(super) fn read(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        let is_owned = row.opt("part_table")?.is_some();
        let is_part = is_owned && found.column_sequences.contains(row.text("oid")?);
        let part_of = match text(row, "part_column")?.filter(|_| is_part) {
            Some(column) => Some((named(row, "part_schema", "part_table")?, column)),
            None => None,
        };
        let object = Reference { class: class(row.text("class")?), name: name(row)? };
        let (owner, privileges) = (text(row, "owner")?, privileges(row)?);
        if owner.is_some() || privileges.is_some() {
            let initial = flag(row, "is_granted_first")?.then(|| grants(row, "initial")).transpose()?;
            found.schema.access.push(Access {
                part_of,
                extension: text(row, "extension")?,
                owner,
                privileges,
                initial,
                ..Access::by_default(object, row.text("word")?)
            });
        }
    }
    Ok(())
}

/// All that is granted, unless it is what the server grants by itself.
fn privileges(row: &Row) -> Result<Option<BTreeSet<Privilege>>, DbError> {
    let initial = grants(row, "initial")?;
    let mut all = if flag(row, "is_initial")? { initial.clone() } else { grants(row, "acl")? };
    all.extend(grants(row, "columns")?);
    Ok((all != initial).then_some(all))
}

fn grants(row: &Row, column: &str) -> Result<BTreeSet<Privilege>, DbError> {
    Ok(json::<Vec<Grant>>(row, column)?.into_iter().map(Privilege::from).collect())
}

pub(super) fn default_privileges_query(filter: &Filter) -> String {
    format!(
        "SELECT CASE WHEN d.defaclrole <> me.oid THEN pg_get_userbyid(d.defaclrole) END AS role, n.nspname AS namespace, \
         n.nspname = current_schema() AS in_default_namespace, CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' \
             WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' \
             WHEN 'L' THEN 'LARGE OBJECTS' END AS word, {acl} AS acl \
         FROM pg_default_acl AS d LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace, \
         (SELECT oid FROM pg_roles WHERE rolname = current_user) AS me \
         WHERE d.defaclnamespace = 0 OR {namespaces}",
        acl = exploded("d.defaclacl", "d.defaclrole", "NULL", ""),
        namespaces = filter.namespaces()
    )
}

pub(super) fn read_default_privileges(found: &mut Found, rows: &Rows) -> Result<(), DbError> {
    for row in rows {
        found.schema.default_privileges.push(DefaultPrivileges {
            role: text(row, "role")?,
            namespace: text(row, "namespace")?,
            in_default_namespace: flag(row, "in_default_namespace")?,
            word: row.text("word")?.to_owned(),
            privileges: grants(row, "acl")?,
        });
    }
    Ok(())
}

/// The objects that a schema holds; what else has an owner or privileges is none of ours.
pub(super) fn keep_known(found: &mut Found) {
    let schema = &found.schema;
    let mut known: BTreeSet<Reference> = schema.definitions.iter().map(|one| one.reference()).collect();
    known.extend(schema.sequences.iter().map(|one| Reference::relation(&one.name)));
    known.extend(schema.tables.iter().map(|one| Reference::relation(&one.name)));
    known.extend(schema.enums.iter().map(|one| Reference::ty(&one.name)));
    known.extend(schema.domains.iter().map(|one| Reference::ty(&one.name)));
    known.extend(schema.composites.iter().map(|one| Reference::ty(&one.name)));
    let has = |access: &Access| match (&access.part_of, &access.extension) {
        (Some((table, _)), _) => known.contains(&Reference::relation(table)),
        (None, Some(extension)) => {
            known.contains(&Reference { class: Class::Extension, name: ObjectName::bare(extension) })
        }
        (None, None) => known.contains(&access.object) || is_public(access),
    };
    let kept = schema.access.iter().filter(|access| has(access)).cloned().collect();
    found.schema.access = kept;
}

/// The schema that every database has from the start is no definition.
fn is_public(access: &Access) -> bool {
    access.object == Reference { class: Class::Namespace, name: ObjectName::bare("public") }
}
