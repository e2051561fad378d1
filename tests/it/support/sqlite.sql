-- == tables and columns
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x');
-- change
ALTER TABLE t ADD COLUMN b REAL;
-- == auto-increment
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT);
-- == generated columns
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED);
-- == collations of columns
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE);
-- == primary keys
-- object
CREATE TABLE t (a INTEGER NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b) ON CONFLICT IGNORE);
-- == unique constraints
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, CONSTRAINT one UNIQUE (a) ON CONFLICT REPLACE);
-- == foreign keys
-- base
CREATE TABLE p (id INTEGER PRIMARY KEY);
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
-- == checks
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, CONSTRAINT positive CHECK (a > 0));
-- == indexes
-- base
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- object
CREATE UNIQUE INDEX t_a ON t (lower(a) COLLATE NOCASE DESC) WHERE id > 1;
-- change
DROP INDEX t_a;
CREATE INDEX t_a ON t (a);
-- == storage options
-- object
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT) STRICT, WITHOUT ROWID;
-- == views
-- base
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- object
CREATE VIEW v AS SELECT id FROM t;
-- change
DROP VIEW v;
CREATE VIEW v AS SELECT id, a FROM t;
-- == triggers
-- base
CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
-- object
CREATE TRIGGER touched AFTER UPDATE ON t BEGIN DELETE FROM t WHERE id = 0; END;
-- change
DROP TRIGGER touched;
CREATE TRIGGER touched AFTER INSERT ON t BEGIN DELETE FROM t WHERE id = 0; END;
-- == virtual tables
-- object
CREATE VIRTUAL TABLE v USING fts5(body);
