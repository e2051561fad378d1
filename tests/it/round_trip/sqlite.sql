-- A brewery: one of everything that SQLite keeps of a table, with rows.

CREATE TABLE maltster (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    country CHAR(2) NOT NULL DEFAULT 'BE' CHECK (length(country) = 2),
    rating REAL,
    founded DATE,
    "since when" DATETIME DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE malt (
    maltster_id INTEGER NOT NULL REFERENCES maltster (id) ON DELETE CASCADE ON UPDATE CASCADE,
    code VARCHAR(12) NOT NULL,
    ebc NUMERIC(6, 2) NOT NULL DEFAULT 3.5,
    label TEXT GENERATED ALWAYS AS (code || ' ' || ebc) STORED,
    shout TEXT AS (upper(code)) VIRTUAL,
    PRIMARY KEY (maltster_id, code),
    CONSTRAINT "dark enough" CHECK (ebc >= 0 AND ebc < 2000)
) WITHOUT ROWID;
CREATE TABLE brewer (
    id INTEGER NOT NULL PRIMARY KEY,
    taught_by INTEGER REFERENCES brewer (id) ON DELETE SET NULL,
    favourite INTEGER,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    badge BLOB UNIQUE ON CONFLICT REPLACE,
    FOREIGN KEY (favourite) REFERENCES beer (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (family_name, given_name)
);
CREATE TABLE beer (
    id INTEGER PRIMARY KEY,
    brewer INTEGER NOT NULL CONSTRAINT "brewed by" REFERENCES brewer ON DELETE RESTRICT,
    malt_from INTEGER,
    malt_code VARCHAR(12),
    title TEXT NOT NULL,
    strength DECIMAL(4, 1) NOT NULL,
    active BOOLEAN NOT NULL DEFAULT 1,
    notes TEXT DEFAULT 'it''s "good"',
    hash BLOB DEFAULT (randomblob(4)),
    price BIGINT DEFAULT -1,
    FOREIGN KEY (malt_from, malt_code) REFERENCES malt (maltster_id, code) ON UPDATE CASCADE ON DELETE SET NULL
);
CREATE TABLE sample_strict (
    id INTEGER PRIMARY KEY,
    reading REAL NOT NULL,
    payload BLOB,
    anything ANY
) STRICT;
CREATE TABLE "Order ""lines""" (
    "select" INTEGER,
    "mixedCase" INTEGER NOT NULL,
    "two words" TEXT,
    [brackets] TEXT,
    `it's` TEXT,
    "größe" INTEGER,
    "1st" INTEGER,
    type TEXT,
    CONSTRAINT "PK lines" PRIMARY KEY ("select" DESC, "mixedCase"),
    FOREIGN KEY ("mixedCase") REFERENCES beer (id)
);
CREATE TABLE keyless (a, b INT, c "odd type", d UNSIGNED BIG INT);

CREATE INDEX beer_title ON beer (title COLLATE NOCASE DESC, strength);
CREATE INDEX beer_strong ON beer (strength) WHERE strength > 8 AND active;
CREATE INDEX beer_shown ON beer (lower(title), length(notes) DESC);
CREATE UNIQUE INDEX beer_once ON beer (brewer, title);
CREATE INDEX "an ""index""" ON "Order ""lines""" ("two words", [it's] DESC);
CREATE INDEX brewer_favourite ON brewer (favourite);

CREATE VIEW strong AS SELECT id, title FROM beer WHERE strength > 8;
CREATE TRIGGER beer_title_kept BEFORE DELETE ON beer BEGIN SELECT RAISE(ABORT, 'kept;') WHERE old.active; END;

INSERT INTO maltster (name, country, rating) VALUES ('Castle', 'BE', 4.5), ('Weyermann', 'DE', NULL);
INSERT INTO malt (maltster_id, code, ebc) VALUES (1, 'PIL', 3), (2, 'MUN', 20.5);
INSERT INTO brewer (id, taught_by, favourite, given_name, family_name) VALUES (1, NULL, NULL, 'Ada', 'Brouwer'), (2, 1, NULL, 'Bo', 'Brouwer');
INSERT INTO beer (brewer, malt_from, malt_code, title, strength) VALUES (1, 1, 'PIL', 'Blonde', 6.5), (2, 2, 'MUN', 'Tripel', 9);
UPDATE brewer SET favourite = 1;
INSERT INTO sample_strict VALUES (1, 0.5, x'00ff', 'any');
INSERT INTO "Order ""lines""" ("select", "mixedCase", "two words") VALUES (1, 1, 'x'), (NULL, 2, 'y');
INSERT INTO keyless VALUES (1, 2, 3, 4);
