-- A brewery: one of everything that MariaDB and MySQL both keep of a table, with rows.

CREATE TABLE maltster (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    name VARCHAR(80) NOT NULL,
    country CHAR(2) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'BE',
    rating DOUBLE DEFAULT NULL,
    ratio FLOAT,
    founded YEAR,
    tiny TINYINT UNSIGNED NOT NULL DEFAULT 7,
    medium MEDIUMINT UNSIGNED,
    small SMALLINT DEFAULT -1,
    opens TIME(3),
    born DATE DEFAULT '2001-02-03',
    since TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    until_ DATETIME(6) NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    seen DATETIME,
    kind ENUM('floor', 'it''s "odd"', 'a,b') NOT NULL DEFAULT 'it''s "odd"',
    traits SET('organic', 'smoked') DEFAULT 'organic',
    flags BIT(4) NOT NULL DEFAULT b'101',
    one BIT,
    active BOOLEAN NOT NULL DEFAULT TRUE,
    price DECIMAL(10, 2) UNSIGNED NOT NULL DEFAULT 0.50,
    settings JSON,
    body MEDIUMTEXT,
    picture LONGBLOB,
    hash BINARY(16),
    token VARBINARY(40),
    `nothing` CHAR(0),
    zeros INT(6) UNSIGNED ZEROFILL,
    lat VARCHAR(10) CHARACTER SET latin1 DEFAULT 'ä',
    shape MULTIPOLYGON,
    lowest BIGINT DEFAULT -9223372036854775808,
    PRIMARY KEY (id),
    UNIQUE KEY one_name (name),
    KEY by_country (country, rating),
    CONSTRAINT rated CHECK (rating IS NULL OR rating BETWEEN 0 AND 5)
) COMMENT = 'who malts; it''s "good"';

CREATE TABLE malt (
    maltster_id BIGINT UNSIGNED NOT NULL,
    code VARCHAR(12) COLLATE utf8mb4_bin NOT NULL COMMENT 'a ''code'' \\ with a backslash',
    ebc DECIMAL(6, 2) NOT NULL DEFAULT 3.5,
    label VARCHAR(20) GENERATED ALWAYS AS (concat(code, ' malt')) STORED,
    shout VARCHAR(12) AS (upper(code)) VIRTUAL,
    description TEXT,
    PRIMARY KEY (maltster_id, code),
    KEY by_code (code(4)),
    KEY by_description (description(20), ebc),
    FULLTEXT KEY by_words (description),
    CONSTRAINT malt_from FOREIGN KEY (maltster_id) REFERENCES maltster (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT `dark enough` CHECK (ebc >= 0 AND ebc < 2000)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

CREATE TABLE brewer (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    taught_by INT,
    favourite INT UNSIGNED,
    given_name VARCHAR(40) NOT NULL,
    family_name VARCHAR(40) NOT NULL,
    place POINT NOT NULL,
    UNIQUE KEY (family_name, given_name),
    KEY (favourite),
    SPATIAL KEY by_place (place),
    CONSTRAINT taught FOREIGN KEY (taught_by) REFERENCES brewer (id) ON DELETE SET NULL
);

CREATE TABLE beer (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    brewer INT NOT NULL,
    malt_from BIGINT UNSIGNED,
    malt_code VARCHAR(12) COLLATE utf8mb4_bin,
    title VARCHAR(80) NOT NULL,
    strength DECIMAL(4, 1) NOT NULL,
    notes VARCHAR(60) DEFAULT 'it''s "good"\n\\ back',
    externalId INT,
    PRIMARY KEY (id),
    UNIQUE KEY beer_once (brewer, title),
    KEY beer_title (title DESC, strength),
    CONSTRAINT brewed_by FOREIGN KEY (brewer) REFERENCES brewer (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
    CONSTRAINT beer_malt FOREIGN KEY (malt_from, malt_code) REFERENCES malt (maltster_id, code) ON UPDATE CASCADE ON DELETE SET NULL
) AUTO_INCREMENT = 500;
ALTER TABLE brewer ADD FOREIGN KEY (favourite) REFERENCES beer (id);

CREATE TABLE `Order ``lines``` (
    `select` BIGINT NOT NULL,
    `mixedCase` INT UNSIGNED NOT NULL,
    `two words` TEXT,
    `it's` VARCHAR(10),
    `größe` INT COMMENT 'in cm; not "inches"',
    `1st` INT,
    type INT,
    PRIMARY KEY (`select`, `mixedCase`),
    KEY `an ``index``` (`it's` DESC, `1st`),
    CONSTRAINT `a ``key``` FOREIGN KEY (`mixedCase`) REFERENCES beer (id),
    CONSTRAINT `a ``check``` CHECK (`it's` <> 'x;y')
);
CREATE TABLE keyless (a INT, b VARCHAR(5)) ENGINE = MyISAM;
CREATE TABLE old_words (a VARCHAR(10), b TEXT CHARACTER SET utf8mb4) DEFAULT CHARSET = latin1;
CREATE TABLE packed (id INT PRIMARY KEY) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8;

CREATE VIEW strong AS SELECT id, title FROM beer WHERE strength > 8;
CREATE TRIGGER beer_seen BEFORE INSERT ON beer FOR EACH ROW SET new.title = trim(new.title);

INSERT INTO maltster (name, country, rating) VALUES ('Castle', 'BE', 4.5), ('Weyermann', 'DE', NULL);
INSERT INTO malt (maltster_id, code, ebc) VALUES (1, 'PIL', 3), (2, 'MUN', 20.5);
INSERT INTO brewer (taught_by, given_name, family_name, place) VALUES (NULL, 'Ada', 'Brouwer', POINT(1, 2)), (1, 'Bo', 'Brouwer', POINT(3, 4));
INSERT INTO beer (id, brewer, malt_from, malt_code, title, strength) VALUES (500, 1, 1, 'PIL', ' Blonde', 6.5), (501, 2, 2, 'MUN', 'Tripel', 9);
UPDATE brewer SET favourite = 500;
INSERT INTO `Order ``lines``` (`select`, `mixedCase`, `two words`) VALUES (1, 500, 'x'), (2, 501, 'y');
INSERT INTO keyless VALUES (1, 'a');
INSERT INTO old_words VALUES ('é', 'é');
INSERT INTO packed VALUES (1);
