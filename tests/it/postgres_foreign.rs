//! PostgreSQL: what belongs to other servers, and what is called like something of the system.

use crate::harness::{Engine, play};
use crate::postgres_kinds::law;
use crate::postgres_pair::become_each_other;

/// A wrapper without a handler: its tables can be made and altered, and never read.
#[test]
fn foreign_tables_become_any_others() {
    law(&[
        &["CREATE TABLE u (id int)"],
        &[
            "CREATE FOREIGN DATA WRAPPER w OPTIONS (debug 'it''s')",
            "CREATE SERVER one VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'a', \"Port x\" '1')",
            "CREATE USER MAPPING FOR CURRENT_USER SERVER one OPTIONS (\"user\" 'me', password 'it''s')",
            "CREATE USER MAPPING FOR PUBLIC SERVER one",
            "CREATE FOREIGN TABLE t (id int DEFAULT 1, a text OPTIONS (column_name 'A')) SERVER one OPTIONS (table_name 't')",
            "CREATE VIEW v AS SELECT a FROM t",
        ],
        &[
            "CREATE FOREIGN DATA WRAPPER w",
            "COMMENT ON FOREIGN DATA WRAPPER w IS 'w'",
            "CREATE SERVER one FOREIGN DATA WRAPPER w OPTIONS (host 'b')",
            "CREATE USER MAPPING FOR CURRENT_USER SERVER one OPTIONS (\"user\" 'you')",
            "CREATE FOREIGN TABLE t (id bigint, a text NOT NULL, b int OPTIONS (x 'y') NOT NULL) SERVER one",
            "CREATE VIEW v AS SELECT b, a FROM t",
        ],
        &[
            "CREATE FOREIGN DATA WRAPPER w",
            "CREATE SERVER one TYPE 'other' VERSION '2' FOREIGN DATA WRAPPER w OPTIONS (host 'b')",
            "CREATE USER MAPPING FOR PUBLIC SERVER one OPTIONS (\"user\" 'you')",
            "CREATE FOREIGN TABLE t (id bigint, a text NOT NULL) SERVER one",
            "CREATE VIEW v AS SELECT a FROM t",
        ],
        &[
            "CREATE FOREIGN DATA WRAPPER w",
            "CREATE SERVER one FOREIGN DATA WRAPPER w",
            "CREATE SERVER \"Two t\" FOREIGN DATA WRAPPER w",
            "CREATE USER MAPPING FOR PUBLIC SERVER \"Two t\" OPTIONS (a 'b')",
            "CREATE FOREIGN TABLE t (id int, a text) SERVER \"Two t\"",
        ],
        &["CREATE TABLE t (id int, a text)"],
    ]);
}

#[test]
fn servers_are_owned_and_granted() {
    play(Engine::Postgres, |db| async move {
        let server = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER one FOREIGN DATA WRAPPER w";
        let granted = format!(
            "{server}; ALTER SERVER one OWNER TO rungs_test_owner; GRANT USAGE ON FOREIGN SERVER one TO rungs_test_app;
             GRANT USAGE ON FOREIGN DATA WRAPPER w TO rungs_test_app WITH GRANT OPTION;
             CREATE USER MAPPING FOR rungs_test_app SERVER one OPTIONS (password 'x')"
        );
        become_each_other(&db, server, &granted, "").await;
    });
}

#[test]
fn subscriptions_become_any_others() {
    law(&[
        &["CREATE TABLE t (id int)"],
        &[
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere password=it''s' PUBLICATION p, \"P q\" \
             WITH (connect = false, slot_name = NONE)",
            "COMMENT ON SUBSCRIPTION s IS 'it''s'",
        ],
        &["CREATE SUBSCRIPTION s CONNECTION 'dbname=elsewhere' PUBLICATION p \
             WITH (connect = false, slot_name = NONE, synchronous_commit = local)"],
        &[
            "CREATE SUBSCRIPTION s CONNECTION 'dbname=elsewhere' PUBLICATION q WITH (connect = false, slot_name = 'other')",
            "CREATE SUBSCRIPTION \"S t\" CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false)",
        ],
    ]);
}

/// The system's own come first where a name is not qualified.
#[test]
fn types_and_routines_may_be_called_like_those_of_the_system() {
    law(&[
        &["CREATE TABLE t (id int, n text)", "INSERT INTO t VALUES (1, 'a')"],
        &[
            "CREATE DOMAIN name AS text",
            "CREATE TYPE bit AS ENUM ('0', '1')",
            "CREATE TYPE point AS (x int, y int)",
            "CREATE TYPE int4range AS RANGE (subtype = int8)",
            "CREATE FUNCTION upper(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'",
            "CREATE TABLE t (id int, n public.name, ns public.name[], b public.bit DEFAULT '0', p public.point, r public.int4range)",
            "CREATE VIEW v AS SELECT public.upper(n) AS n FROM t",
            "INSERT INTO t VALUES (1, 'a', '{b}', '1', ROW(1, 2)::public.point)",
        ],
        &[
            "CREATE DOMAIN name AS varchar(9) CHECK (VALUE <> '')",
            "CREATE TYPE bit AS ENUM ('1', '0')",
            "COMMENT ON TYPE public.bit IS 'b'",
            "CREATE TYPE point AS (y int, z int)",
            "CREATE FUNCTION upper(a text) RETURNS varchar LANGUAGE sql IMMUTABLE AS 'SELECT a::varchar'",
            "CREATE AGGREGATE sum(int) (SFUNC = int4pl, STYPE = int)",
            "CREATE TABLE t (id int, n public.name DEFAULT 'x', b public.bit DEFAULT '1', p public.point)",
            "CREATE VIEW v AS SELECT public.upper(n) AS n FROM t",
            "INSERT INTO t VALUES (1, 'a', '1')",
        ],
    ]);
}

/// What its slot is asked to outlive is agreed on with the other server, which may be out of reach.
#[test]
fn a_subscription_whose_slot_is_to_outlive_a_failure_is_made_anew() {
    play(Engine::Postgres, |db| async move {
        let connection = db.connect().await;
        let has_failover = connection.version().at_least(17, 0, 0);
        connection.close().await.unwrap();
        if has_failover {
            let made = |more: &str| {
                format!(
                    "CREATE SUBSCRIPTION s CONNECTION 'dbname=nowhere' PUBLICATION p \
                    WITH (connect = false, slot_name = NONE{more});"
                )
            };
            become_each_other(&db, &made(""), &made(", failover = true, origin = none"), "").await;
        }
    });
}
