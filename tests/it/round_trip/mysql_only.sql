-- What MySQL alone keeps.

CREATE TABLE ticketed (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    source VARCHAR(100) NOT NULL,
    hidden INT INVISIBLE DEFAULT 1,
    stamp VARCHAR(40) DEFAULT (concat('at ', current_timestamp())),
    place POINT NOT NULL SRID 4326,
    KEY shouted ((upper(source)), id DESC),
    KEY unseen (source) INVISIBLE,
    CONSTRAINT slack CHECK (hidden > 0) NOT ENFORCED
);
INSERT INTO ticketed (source, place) VALUES ('a', ST_SRID(POINT(1, 2), 4326)), ('b', ST_SRID(POINT(3, 4), 4326));
