-- One of everything that a MySQL or MariaDB database can hold and a project can declare.
CREATE TABLE users (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(120) NOT NULL,
    name VARCHAR(80) DEFAULT 'nobody' COMMENT 'as they say',
    mood ENUM('sad', 'glad') NOT NULL DEFAULT 'glad',
    loud VARCHAR(80) GENERATED ALWAYS AS (upper(name)) VIRTUAL,
    UNIQUE KEY users_email (email),
    FULLTEXT KEY users_name (name),
    CONSTRAINT some_name CHECK (name <> '')
) COMMENT='who is here';
CREATE TABLE notes (
    id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    user BIGINT UNSIGNED NOT NULL,
    body TEXT,
    KEY notes_body (body(20)),
    CONSTRAINT notes_of FOREIGN KEY (user) REFERENCES users (id) ON DELETE CASCADE
);
CREATE TABLE log (
    id INT NOT NULL,
    at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    what TEXT
) PARTITION BY RANGE (id) (
    PARTITION low VALUES LESS THAN (100),
    PARTITION high VALUES LESS THAN MAXVALUE
);
CREATE TABLE spread (id INT NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE VIEW active_users AS SELECT id, email FROM users WHERE name <> 'nobody' WITH CASCADED CHECK OPTION;
CREATE SQL SECURITY INVOKER VIEW `odd view/1` (a, `b c`) AS SELECT u.id, n.body FROM active_users u JOIN notes n ON n.user = u.id;
DELIMITER ;;
CREATE FUNCTION shout(word VARCHAR(80)) RETURNS VARCHAR(81) DETERMINISTIC COMMENT 'loud'
BEGIN
    DECLARE said VARCHAR(81);
    SET said = CONCAT(UPPER(word), '!');
    RETURN said;
END;;
CREATE PROCEDURE tidy(IN keep INT, OUT left_over INT) MODIFIES SQL DATA
BEGIN
    DELETE FROM log WHERE id > keep;
    SELECT COUNT(*) INTO left_over FROM log;
END;;
CREATE TRIGGER users_log AFTER UPDATE ON users FOR EACH ROW
BEGIN
    IF old.email <> new.email THEN
        INSERT INTO log (id, what) VALUES (1, CONCAT('changed; ', shout(old.email)));
    END IF;
END;;
CREATE TRIGGER users_more AFTER UPDATE ON users FOR EACH ROW FOLLOWS users_log SET @seen = new.id;;
CREATE EVENT tidy_up ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE DISABLE COMMENT 'at night'
DO BEGIN
    CALL tidy(10, @left_over);
END;;
DELIMITER ;
