-- Add orders
--
-- revision = "orders"
-- down_revision = ["users"]

-- migrate:up
CREATE TABLE orders (id bigint NOT NULL PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));

-- migrate:down
DROP TABLE orders;
