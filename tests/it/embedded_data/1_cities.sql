-- Add cities
--
-- revision = "cities"
-- down_revision = []

-- migrate:up
CREATE TABLE cities (name VARCHAR(40) PRIMARY KEY, country VARCHAR(2) NOT NULL, people INT);

-- migrate:load file:data/cities.csv table:cities key:name mode:insert

-- migrate:down
DROP TABLE cities;
