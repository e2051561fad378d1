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
        SELECT CASE WHEN c.relispartition THEN 'partition' WHEN c.relkind = 'p' THEN 'partitioned table'
                    WHEN c.relkind = 'm' THEN 'materialised view' WHEN c.relkind = 'f' THEN 'foreign table'
                    WHEN c.reloftype <> 0 THEN 'typed table' ELSE 'inheriting table' END AS kind,
               c.oid::regclass::text AS name
        FROM pg_class c JOIN own ON own.oid = c.relnamespace
        WHERE (c.relkind IN ('p', 'm', 'f') OR (c.relkind = 'r' AND (c.relispartition OR c.reloftype <> 0
               OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid))))
          AND (1259, c.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'exclusion constraint', conname || ' of ' || conrelid::regclass
        FROM pg_constraint JOIN own ON own.oid = connamespace WHERE contype = 'x'
        UNION ALL
        SELECT 'base type', t.oid::regtype::text FROM pg_type t JOIN own ON own.oid = t.typnamespace
        WHERE t.typtype IN ('b', 'p') AND t.typcategory <> 'A' AND (1247, t.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'aggregate', p.oid::regprocedure::text FROM pg_proc p JOIN own ON own.oid = p.pronamespace
        WHERE p.prokind = 'a' AND (1255, p.oid) NOT IN (SELECT classid, objid FROM extended)
        UNION ALL
        SELECT 'policy', polname || ' of ' || polrelid::regclass FROM pg_policy
        UNION ALL
        SELECT 'event trigger', evtname FROM pg_event_trigger
        UNION ALL
        SELECT 'publication', pubname FROM pg_publication
    ) objects ORDER BY 1";

/// The objects that a comparison does not see, each by kind and name.
///
/// # Errors
/// When they cannot be read.
pub(crate) async fn left_out(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    let rows = connection.query(QUERY).await?;
    rows.iter().map(|row| row.text("object").map(str::to_owned)).collect()
}
