WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'),
part AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT 'namespace' AS what, nspname::text AS of, concat_ws(' ', nspacl::text, obj_description(oid, 'pg_namespace')) AS says
FROM pg_namespace WHERE oid IN (SELECT oid FROM own)
UNION ALL
SELECT 'relation', c.oid::regclass::text, concat_ws(' ', relkind, relrowsecurity, relforcerowsecurity, relispartition,
    pg_get_expr(relpartbound, c.oid), CASE relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END, reloptions::text, relacl::text,
    CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, obj_description(c.oid, 'pg_class'),
    (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid),
    NULLIF(reloftype, 0)::regtype)
FROM pg_class AS c WHERE relnamespace IN (SELECT oid FROM own) AND relname !~ '^rungs_l'
AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_class'::regclass AND objid = c.oid)
UNION ALL
SELECT 'column', attrelid::regclass || '.' || attname, concat_ws(' ', format_type(atttypid, atttypmod), attnotnull,
    pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation, attstorage, attstattarget, attacl::text,
    attfdwoptions::text, attislocal, col_description(attrelid, attnum))
FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace IN (SELECT oid FROM own) AND relname !~ '^rungs_l' AND attnum > 0 AND NOT attisdropped
AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_class'::regclass AND objid = c.oid)
UNION ALL
SELECT 'constraint', COALESCE(NULLIF(conrelid, 0)::regclass::text, contypid::regtype::text) || '.' || conname,
    pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace IN (SELECT oid FROM own) AND (conrelid = 0 OR conrelid::regclass::text !~ 'rungs_l')
UNION ALL
SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace IN (SELECT oid FROM own) AND relname !~ '^rungs_l'
UNION ALL
SELECT 'sequence', seqrelid::regclass::text, concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmax, seqmin, seqcycle)
FROM pg_sequence WHERE seqrelid::regclass::text !~ 'rungs_l'
UNION ALL
SELECT 'routine', oid::regprocedure::text, concat_ws(' ', CASE prokind WHEN 'a' THEN 'aggregate' ELSE pg_get_functiondef(oid) END,
    proacl::text, obj_description(oid, 'pg_proc'))
FROM pg_proc WHERE pronamespace IN (SELECT oid FROM own)
AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid)
UNION ALL
SELECT 'aggregate', aggfnoid::text, concat_ws(' ', aggtransfn, aggtranstype::regtype, agginitval)
FROM pg_aggregate JOIN pg_proc ON pg_proc.oid = aggfnoid WHERE pronamespace IN (SELECT oid FROM own)
UNION ALL
SELECT 'type', oid::regtype::text, concat_ws(' ', typtype, typbasetype::regtype, typdefault, typnotnull, typcollation::regcollation,
    typacl::text, obj_description(oid, 'pg_type'),
    (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid),
    (SELECT concat_ws(' ', rngsubtype::regtype, rngcollation::regcollation) FROM pg_range WHERE rngtypid = pg_type.oid))
FROM pg_type WHERE typnamespace IN (SELECT oid FROM own) AND typname !~ 'rungs_l'
AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_type'::regclass AND objid = pg_type.oid)
UNION ALL
SELECT 'operator', oid::regoperator::text, concat_ws(' ', oprcode, oprcom::regoperator)
FROM pg_operator WHERE oprnamespace IN (SELECT oid FROM own)
AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_operator'::regclass AND objid = pg_operator.oid)
UNION ALL
SELECT 'cast', castsource::regtype || ' ' || casttarget::regtype, concat_ws(' ', castcontext, castmethod)
FROM pg_cast WHERE oid >= 16384 AND NOT EXISTS (SELECT FROM part WHERE classid = 'pg_cast'::regclass AND objid = pg_cast.oid)
UNION ALL
SELECT 'trigger', tgrelid::regclass || '.' || tgname, concat_ws(' ', pg_get_triggerdef(oid), tgenabled)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'policy', polrelid::regclass || '.' || polname, concat_ws(' ', polcmd, polpermissive, polroles::regrole[]::text,
    pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
UNION ALL
SELECT 'rule', ev_class::regclass || '.' || rulename, pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= 16384
UNION ALL
SELECT 'statistics', stxname::text, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
UNION ALL
SELECT 'event trigger', evtname::text, concat_ws(' ', evtevent, evtenabled, evttags::text, evtfoid::regproc) FROM pg_event_trigger
UNION ALL
SELECT 'publication', p.pubname::text, concat_ws(' ', pubinsert, pubupdate, obj_description(p.oid, 'pg_publication'),
    (SELECT string_agg(concat_ws(' ', t.schemaname, t.tablename), ',' ORDER BY t.schemaname, t.tablename) FROM pg_publication_tables AS t WHERE t.pubname = p.pubname))
FROM pg_publication AS p
UNION ALL
SELECT 'extension', extname::text, concat_ws(' ', extversion, extnamespace::regnamespace) FROM pg_extension
UNION ALL
SELECT 'collation', collname::text, concat_ws(' ', collprovider, collcollate) FROM pg_collation WHERE collnamespace IN (SELECT oid FROM own)
UNION ALL
SELECT 'dictionary', dictname::text, dictinitoption FROM pg_ts_dict WHERE dictnamespace IN (SELECT oid FROM own)
UNION ALL
SELECT 'configuration', cfgname::text, (SELECT string_agg(concat_ws(' ', maptokentype, mapseqno, mapdict::regdictionary), ','
    ORDER BY maptokentype, mapseqno) FROM pg_ts_config_map WHERE mapcfg = pg_ts_config.oid)
FROM pg_ts_config WHERE cfgnamespace IN (SELECT oid FROM own)
UNION ALL
SELECT 'server', srvname::text, concat_ws(' ', srvtype, srvversion, srvoptions::text, srvacl::text, obj_description(oid, 'pg_foreign_server'))
FROM pg_foreign_server
UNION ALL
SELECT 'wrapper', fdwname::text, concat_ws(' ', fdwoptions::text, fdwacl::text) FROM pg_foreign_data_wrapper
UNION ALL
SELECT 'foreign table', ftrelid::regclass::text, ftoptions::text FROM pg_foreign_table
ORDER BY 1, 2, 3
