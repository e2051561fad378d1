-- Add users
--
-- revision = "users"
-- down_revision = []

-- migrate:up
CREATE TABLE users (id bigint NOT NULL PRIMARY KEY, name varchar(40) NOT NULL);
INSERT INTO users (id, name) VALUES (1, 'Ann');

-- migrate:down
DROP TABLE users;
