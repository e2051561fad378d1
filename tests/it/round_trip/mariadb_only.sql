-- What MariaDB alone keeps.

CREATE SEQUENCE ticket START WITH 100 INCREMENT BY 10;
CREATE TABLE ticketed (
    id BIGINT NOT NULL DEFAULT NEXT VALUE FOR ticket PRIMARY KEY,
    source TEXT NOT NULL,
    outer_key UUID,
    address INET6,
    hidden INT INVISIBLE DEFAULT 1,
    stamp VARCHAR(40) DEFAULT (concat('at ', current_timestamp())),
    UNIQUE KEY one_source (source)
);
INSERT INTO ticketed (source) VALUES ('a'), ('b');
