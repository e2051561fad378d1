-- == tables and columns
-- object
CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20) NOT NULL DEFAULT 'x');
-- change
ALTER TABLE t MODIFY a VARCHAR(40), ADD b DECIMAL(8,2) FIRST;
-- == auto-increment
-- object
CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY);
-- == generated columns
-- object
CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT AS (a * 2) STORED, c INT AS (a + 1) VIRTUAL);
-- == collations of columns
-- base
CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(20));
-- object
ALTER TABLE t MODIFY a VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin;
-- == comments
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
ALTER TABLE t COMMENT 'a', MODIFY a INT COMMENT 'b';
CREATE INDEX t_a ON t (a) COMMENT 'c';
-- == primary keys
-- base
CREATE TABLE t (id INT NOT NULL, a INT NOT NULL);
-- object
ALTER TABLE t ADD PRIMARY KEY (id);
-- change
ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (a, id);
-- == unique constraints
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
ALTER TABLE t ADD CONSTRAINT one UNIQUE (a);
-- change
ALTER TABLE t RENAME INDEX one TO other;
-- == foreign keys
-- base
CREATE TABLE p (id INT PRIMARY KEY);
CREATE TABLE t (id INT PRIMARY KEY, p INT);
-- object
ALTER TABLE t ADD CONSTRAINT of_p FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE;
-- == checks
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0);
-- == indexes
-- base
CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(80), b TEXT, c POINT NOT NULL);
-- object
CREATE INDEX t_a ON t (a(10));
CREATE FULLTEXT INDEX t_b ON t (b);
CREATE SPATIAL INDEX t_c ON t (c);
-- change
ALTER TABLE t RENAME INDEX t_a TO t_first;
-- == storage options
-- base
CREATE TABLE t (id INT PRIMARY KEY);
-- object
ALTER TABLE t ROW_FORMAT = COMPRESSED;
-- == enumerated types
-- object
CREATE TABLE t (id INT PRIMARY KEY, mood ENUM('sad', 'glad') DEFAULT 'sad', tags SET('a', 'b'));
-- change
ALTER TABLE t MODIFY mood ENUM('sad', 'so-so', 'glad') DEFAULT 'sad';
-- == sequences
-- only MariaDB
-- base
CREATE TABLE t (id INT PRIMARY KEY);
-- object
CREATE SEQUENCE s START WITH 5 INCREMENT BY 2;
-- change
ALTER SEQUENCE s INCREMENT BY 3;
-- == views
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
CREATE VIEW v AS SELECT id FROM t;
-- change
CREATE OR REPLACE VIEW v AS SELECT id, a FROM t;
-- == functions
-- object
CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a;
-- change
DROP FUNCTION f;
CREATE FUNCTION f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
-- == procedures
-- object
CREATE PROCEDURE f(a INT) SELECT a;
-- change
DROP PROCEDURE f;
CREATE PROCEDURE f(a INT) SELECT a + 1;
-- == triggers
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1;
-- change
DROP TRIGGER touched;
CREATE TRIGGER touched BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1;
-- == events
-- object
CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO SET @a = 1;
-- change
ALTER EVENT e ON SCHEDULE EVERY 2 DAY STARTS '2030-01-01 00:00:00' COMMENT 'x';
-- == partitioned tables
-- object
CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
-- == partitions
-- base
CREATE TABLE t (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION low VALUES LESS THAN (10));
-- object
ALTER TABLE t ADD PARTITION (PARTITION high VALUES LESS THAN (20));
-- == system versioning
-- only MariaDB
-- base
CREATE TABLE t (id INT PRIMARY KEY, a INT);
-- object
ALTER TABLE t ADD SYSTEM VERSIONING;
-- == privileges
-- base
CREATE TABLE t (id INT PRIMARY KEY);
-- object
GRANT SELECT ON t TO CURRENT_USER();
-- after
REVOKE SELECT ON t FROM CURRENT_USER();
