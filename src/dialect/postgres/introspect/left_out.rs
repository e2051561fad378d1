//! What is in a database and in none of the nouns.

use crate::db::Connection;
use crate::error::DbError;

/// Each object that introspection passes over, by kind and name. What an extension owns is not listed: the extension is.
const QUERY: &str = "\
    WITH own AS (
        SELECT n.oid, n.nspname FROM pg_namespace n
        WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    ), extended AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
    SELECT kind || ' ' || name AS object FROM (
        SELECT 'base type' AS kind, t.oid::regtype::text AS name FROM pg_type t JOIN own ON own.oid = t.typnamespace
        WHERE t.typtype IN ('b', 'p') AND t.typcategory <> 'A' AND (1247, t.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'operator class', c.opcname || ' for ' || m.amname FROM pg_opclass c
        JOIN own ON own.oid = c.opcnamespace JOIN pg_am m ON m.oid = c.opcmethod
        WHERE (2616, c.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'operator family', f.opfname || ' for ' || m.amname FROM pg_opfamily f
        JOIN own ON own.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
        WHERE (2753, f.oid) NOT IN (SELECT classid, objid FROM extended)
            AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = f.oid AND c.opcname = f.opfname)
        UNION ALL
        SELECT 'conversion', c.conname FROM pg_conversion c JOIN own ON own.oid = c.connamespace
        WHERE (2607, c.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'text search parser', p.prsname FROM pg_ts_parser p JOIN own ON own.oid = p.prsnamespace
        WHERE (3601, p.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'text search template', t.tmplname FROM pg_ts_template t JOIN own ON own.oid = t.tmplnamespace
        WHERE (3764, t.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'language', lanname FROM pg_language l
        WHERE l.oid >= 16384 AND (2612, l.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'access method', amname FROM pg_am m
        WHERE m.oid >= 16384 AND (2601, m.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'transform', format_type(t.trftype, NULL) || ' for ' || l.lanname FROM pg_transform t
        JOIN pg_language l ON l.oid = t.trflang WHERE (3576, t.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'state of trigger', g.tgname || ' of ' || g.tgrelid::regclass
        FROM pg_trigger g JOIN pg_trigger above ON above.oid = g.tgparentid
        WHERE NOT g.tgisinternal AND g.tgenabled <> above.tgenabled
        UNION ALL
        SELECT 'security label', l.objtype || ' ' || l.objname FROM pg_seclabels l
        UNION ALL
        SELECT 'subscription', subname FROM pg_subscription
        WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND NOT has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')
    ) objects ORDER BY 1";

/// The objects that a comparison does not see, each by kind and name.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn left_out(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    let rows = connection.query(QUERY).await?;
    rows.iter().map(|row| row.text("object").map(str::to_owned)).collect()
}
