-- One of everything that a PostgreSQL database can hold and a project can declare.
CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'the shop''s own';
CREATE SCHEMA "Odd one";
CREATE EXTENSION hstore WITH SCHEMA app;
CREATE EXTENSION btree_gist;
CREATE COLLATION german (provider = icu, locale = 'de');
CREATE TYPE app.mood AS ENUM ('sad', 'so-so', 'glad');
CREATE TYPE pair AS (a int, b app.mood);
COMMENT ON COLUMN pair.a IS 'the first';
CREATE DOMAIN email AS text COLLATE german DEFAULT 'a@b' CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
COMMENT ON DOMAIN email IS 'where to write to';
CREATE DOMAIN app.moods AS app.mood[] NOT NULL;
CREATE TYPE emails AS RANGE (subtype = text, collation = "C");
CREATE SEQUENCE tickets START 100 INCREMENT 5 CYCLE MAXVALUE 1000;
CREATE SEQUENCE app.loose AS smallint;
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
CREATE FUNCTION shout(int, times int DEFAULT 2) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT repeat($1::text, $2)';
COMMENT ON FUNCTION shout(text) IS 'loud';
CREATE FUNCTION quiet() RETURNS int LANGUAGE sql IMMUTABLE SECURITY DEFINER SET search_path = app AS 'SELECT 1';
CREATE FUNCTION app.plain(email) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
CREATE FUNCTION same_mood(app.mood, app.mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE FUNCTION log_it() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE app.tidy(keep int) LANGUAGE sql AS $$ SELECT keep; SELECT 1 $$;
CREATE AGGREGATE longest(text) (SFUNC = textcat, STYPE = text, INITCOND = '');
CREATE OPERATOR === (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = same_mood, COMMUTATOR = ===);
CREATE OPERATOR app.<~> (LEFTARG = app.mood, RIGHTARG = app.mood, FUNCTION = same_mood);
CREATE CAST (email AS pair) WITH INOUT;
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, stopwords = 'english');
CREATE TEXT SEARCH CONFIGURATION plainly (COPY = english);
ALTER TEXT SEARCH CONFIGURATION plainly ALTER MAPPING FOR word WITH plain;
CREATE FOREIGN DATA WRAPPER far_away OPTIONS (a 'b');
CREATE SERVER "Far" TYPE 't' VERSION '1' FOREIGN DATA WRAPPER far_away OPTIONS (host 'h');
COMMENT ON SERVER "Far" IS 'beyond the sea';

CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 7) PRIMARY KEY,
    ticket bigint DEFAULT nextval('tickets') NOT NULL,
    body text DEFAULT 'hm' COLLATE german,
    loud text GENERATED ALWAYS AS (shout(body)) STORED,
    room int NOT NULL,
    during int4range NOT NULL,
    mood app.mood DEFAULT 'glad' NOT NULL,
    mail email,
    both_of pair,
    tags app.hstore,
    CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0),
    CONSTRAINT some_body CHECK (body <> '') NO INHERIT
);
ALTER TABLE notes ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN room SET STATISTICS 500;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE INDEX notes_body ON notes USING gin (to_tsvector('plainly', body)) WHERE room > 1;
CREATE TABLE app.replies (
    id serial PRIMARY KEY,
    note bigint NOT NULL REFERENCES public.notes ON DELETE CASCADE DEFERRABLE,
    secret text
);
CREATE TABLE "Odd one"."Odd table" ("Odd column" int UNIQUE NULLS NOT DISTINCT);

CREATE TABLE logs (id bigint NOT NULL, place text NOT NULL, at timestamptz DEFAULT now(), PRIMARY KEY (id, place))
    PARTITION BY RANGE (id);
CREATE INDEX logs_at ON logs (at);
CREATE TABLE logs_old PARTITION OF logs FOR VALUES FROM (0) TO (100) PARTITION BY LIST (place);
CREATE TABLE logs_old_here PARTITION OF logs_old FOR VALUES IN ('here');
CREATE TABLE app.logs_rest PARTITION OF logs (CONSTRAINT not_low CHECK (id > 99)) DEFAULT;
CREATE INDEX logs_rest_place ON app.logs_rest (place);
CREATE TABLE special_notes (mark int NOT NULL DEFAULT 3, UNIQUE (mark)) INHERITS (notes);
CREATE TABLE pairs OF pair (PRIMARY KEY (a));
CREATE TABLE nothing ();
CREATE FOREIGN TABLE beyond (id int NOT NULL, name text OPTIONS (column_name 'n')) SERVER "Far" OPTIONS (table_name 'x');

CREATE VIEW app.bodies AS SELECT id, shout(body) AS body FROM notes WHERE mood = 'glad';
COMMENT ON VIEW app.bodies IS 'all of them';
CREATE VIEW more_bodies WITH (security_barrier) AS SELECT b.id, r.secret FROM app.bodies b JOIN app.replies r ON r.note = b.id;
CREATE RECURSIVE VIEW counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE MATERIALIZED VIEW counted AS SELECT room, count(*) AS many FROM notes GROUP BY room WITH NO DATA;
CREATE UNIQUE INDEX counted_room ON counted (room);
CREATE STATISTICS both_of (dependencies) ON room, mood FROM notes;
CREATE RULE nobody AS ON DELETE TO app.replies DO INSTEAD NOTHING;
CREATE POLICY own ON notes AS RESTRICTIVE FOR SELECT TO pg_monitor USING (room > 0);
CREATE POLICY others ON notes FOR INSERT WITH CHECK (room > 1);
CREATE TRIGGER touched BEFORE UPDATE OF body ON notes FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION touch();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON app.replies DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE app.replies ENABLE ALWAYS TRIGGER late;
CREATE TRIGGER instead INSTEAD OF INSERT ON app.bodies FOR EACH ROW EXECUTE FUNCTION touch();
CREATE EVENT TRIGGER logged ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION log_it();
ALTER EVENT TRIGGER logged DISABLE;
CREATE PUBLICATION told FOR TABLE notes (id, body) WHERE (id > 1), app.replies WITH (publish = 'insert');
COMMENT ON PUBLICATION told IS 'to whom it may concern';

GRANT USAGE ON SCHEMA app TO pg_monitor;
GRANT SELECT, UPDATE (body, room) ON notes TO pg_monitor;
GRANT INSERT ON notes TO pg_read_all_data WITH GRANT OPTION;
GRANT SELECT ON app.replies TO PUBLIC;
GRANT USAGE ON SEQUENCE app.replies_id_seq, tickets TO pg_monitor;
REVOKE DELETE ON "Odd one"."Odd table" FROM CURRENT_USER;
GRANT SELECT ON app.bodies, counted, logs_old, beyond TO pg_monitor;
GRANT UPDATE (body) ON app.bodies TO pg_monitor;
REVOKE EXECUTE ON FUNCTION quiet() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE app.tidy(int) TO pg_monitor;
REVOKE USAGE ON TYPE app.mood, pair FROM PUBLIC;
GRANT USAGE ON DOMAIN email TO pg_monitor;
GRANT USAGE ON FOREIGN SERVER "Far" TO pg_monitor;
GRANT USAGE ON FOREIGN DATA WRAPPER far_away TO pg_monitor;
