SELECT 'table' AS what, oid::regclass::text AS of, relname::text AS name, concat_ws(' ', relkind, relpersistence, array_to_string(reloptions, ','), obj_description(oid, 'pg_class')) AS says
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'i') AND relname !~ '^rungs_l'
UNION ALL
SELECT 'column', attrelid::regclass::text, attnum::text, concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated, attcollation::regcollation, col_description(attrelid, attnum))
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND relname !~ '^rungs_l'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname::text, concat_ws(' ', pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ '^rungs_l'
UNION ALL
SELECT 'index', tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename !~ '^rungs_l'
UNION ALL
SELECT 'sequence', coalesce(refobjid::regclass || '.' || refobjsubid, ''), seqrelid::regclass::text, concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle)
FROM pg_sequence LEFT JOIN pg_depend ON objid = seqrelid AND classid = 'pg_class'::regclass AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass
WHERE seqrelid::regclass::text !~ '^rungs_l'
UNION ALL
SELECT 'type', '', typname::text, concat_ws(' ', string_agg(enumlabel, ',' ORDER BY enumsortorder), obj_description(pg_type.oid, 'pg_type'))
FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid GROUP BY pg_type.oid, typname
ORDER BY 1, 2, 3, 4
