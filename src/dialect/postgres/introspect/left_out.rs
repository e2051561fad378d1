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
        WHERE (t.typtype = 'b' AND t.typisdefined AND t.typcategory <> 'A' OR t.typtype = 'p' AND NOT t.typisdefined \
                AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 1255 AND d.refclassid = 1247 AND d.refobjid = t.oid))
            AND (1247, t.oid) NOT IN (SELECT classid, objid FROM extended)
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
