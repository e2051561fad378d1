//! Splitting scripts: what each engine's own client would send.

use proptest::prelude::*;
use rungs::dialect::splitter::split;
use rungs::schema::DialectName::{self, Mariadb, Mysql, Postgres, Sqlite};

fn pieces(dialect: DialectName, script: &str) -> Vec<String> {
    match split(dialect, script) {
        Ok(pieces) => pieces.iter().map(|piece| format!("{}: {}", piece.line, piece.sql)).collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// That the script, with another statement behind it, is one statement.
fn whole(dialect: DialectName, statement: &str) {
    let script = format!("{statement};\nSELECT 'after';");
    let found = split(dialect, &script).unwrap_or_else(|error| panic!("{error} in {statement}"));
    let sql: Vec<&str> = found.iter().map(|piece| piece.sql).collect();
    assert_eq!(sql, [statement, "SELECT 'after'"], "{dialect}");
}

#[test]
fn statements_end_at_semicolons_outside_quotes_and_comments() {
    for dialect in DialectName::ALL {
        let script = "-- first; one\nSELECT ';' /* ; */ -- ;\n, 2;\n\n  SELECT 'it''s;';;\n;SELECT 3 -- end;";
        assert_eq!(
            pieces(dialect, script),
            ["2: SELECT ';' /* ; */ -- ;\n, 2", "5: SELECT 'it''s;'", "6: SELECT 3"],
            "{dialect}"
        );
        assert_eq!(pieces(dialect, " \n-- nothing\n/* at all */;"), [""; 0]);
        let found = split(dialect, "-- a\n/* b */ SELECT 1; -- c\nSELECT 2").unwrap();
        assert_eq!(found[0].comments, ["-- a", "/* b */"]);
        assert_eq!(found[1].comments, ["-- c"]);
    }
}

#[test]
fn each_engine_has_its_own_quotes() {
    whole(Postgres, r"SELECT E'it\'s;', 'c:\', U&'\0041;', e'\\;'");
    whole(Postgres, "SELECT E'a'\n  'b\\';', 1");
    whole(Postgres, "SELECT 1 @-1, 'a' -- '\n ';', U&'d\\'");
    whole(Postgres, "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b)");
    whole(Sqlite, "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT \"end\", CASE 1 WHEN 2 THEN 3 END; END");
    whole(Mysql, "/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN\n-- it's\nSET @a = 1; END */");
    whole(Mysql, "SELECT 'a\\\\', ';'");
    whole(Postgres, "SELECT \"a\"\";\", $$;$$, $a$ ; $$ ; $b$ ; $a$, $1, a$b$c");
    whole(Postgres, "SELECT 1 /* a; /* b; */ c; */ + 2");
    whole(Postgres, "SELECT $ä$;$ä$");
    whole(Sqlite, "SELECT [a;], `b;`, \"c;\", 'd\\', x'00'");
    whole(Mysql, r#"SELECT 'it\'s;', "a\";", `b;`, "c"";" # d; e"#.trim_end_matches(" # d; e"));
    whole(Mysql, "SELECT 1 # ; a comment\n + 5--1");
    whole(Mariadb, "SELECT 1 -- ; a comment\n + 2");
    assert_eq!(pieces(Mysql, "SELECT 1--1;SELECT 2"), ["1: SELECT 1--1", "1: SELECT 2"]);
    whole(Mysql, "/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET @a = '*/'; END */");
    whole(Mariadb, "CREATE /*M!100100 OR REPLACE; */ TABLE t (a int)");
}

#[test]
fn what_does_not_end_names_its_line() {
    assert_eq!(pieces(Sqlite, "SELECT 1;\nSELECT 'a"), ["line 2: the string that begins here does not end"]);
    assert_eq!(
        pieces(Postgres, "\n\nSELECT $x$ a $y$"),
        ["line 3: the dollar quote $x$ that begins here does not end"]
    );
    assert_eq!(pieces(Postgres, "/* /* */"), ["line 1: the comment that begins here does not end"]);
    assert_eq!(pieces(Mysql, "SELECT `a"), ["line 1: the quoted name that begins here does not end"]);
    assert_eq!(pieces(Sqlite, "SELECT [a"), ["line 1: the quoted name that begins here does not end"]);
    assert_eq!(
        pieces(Sqlite, "SELECT 1;\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1;"),
        ["line 2: the body that begins here has no END (CREATE TRIGGER)"]
    );
    assert_eq!(
        pieces(Mysql, "CREATE PROCEDURE p()\nBEGIN\nIF a THEN SELECT 1;\nEND IF;"),
        ["line 2: the body that begins here has no END (BEGIN)"]
    );
    assert_eq!(
        pieces(Postgres, "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC SELECT 1;"),
        ["line 2: the body that begins here has no END (BEGIN ATOMIC)"]
    );
}

#[test]
fn commands_of_a_client_are_refused() {
    assert_eq!(
        pieces(Postgres, "SELECT 1;\n\\connect other\nSELECT 2;"),
        ["line 2: `\\connect other` is a command of psql, which the server does not understand"]
    );
    assert_eq!(
        pieces(Postgres, "COPY t (a, b) FROM stdin;\n1\t2\n\\.\n"),
        ["line 1: COPY ... FROM stdin: the rows after it are no SQL; write INSERT"]
    );
    whole(Postgres, "COPY t FROM '/tmp/stdin'");
    whole(Postgres, "COPY (SELECT stdin FROM a) TO '/tmp/x'");
    assert_eq!(pieces(Sqlite, ".mode box\n"), ["line 1: `.mode box` is a command of the sqlite3 shell, not of SQLite"]);
    assert_eq!(
        pieces(Mysql, "\\u other\n"),
        ["line 1: `\\u other` is a command of the mysql client, not of the server"]
    );
}

#[test]
fn sqlite_triggers_are_one_statement() {
    whole(
        Sqlite,
        "CREATE TRIGGER t AFTER UPDATE ON a WHEN new.x > 1 BEGIN\n  UPDATE b SET y = CASE WHEN new.x = 1 THEN 2 ELSE 3 END;\n  \
         DELETE FROM c WHERE \"end\" = 1; -- ; END ;\n  SELECT CASE 1 WHEN 1 THEN 2 END FROM d;\nEND",
    );
    whole(Sqlite, "CREATE TEMP TRIGGER IF NOT EXISTS t BEFORE DELETE ON a BEGIN SELECT 1;; END");
    whole(Sqlite, "create temporary trigger begin_end after insert on a begin select 1; end");
    assert_eq!(pieces(Sqlite, "BEGIN; SELECT 1; END; SELECT 2").len(), 4);
}

#[test]
fn postgres_bodies_are_one_statement() {
    whole(
        Postgres,
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
    );
    whole(Postgres, "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC INSERT INTO t VALUES (1); END");
    whole(Postgres, "CREATE FUNCTION f() RETURNS trigger AS $body$ BEGIN a; END; $body$ LANGUAGE plpgsql");
    whole(Postgres, "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b)");
    whole(Postgres, "DO $$ BEGIN IF true THEN RAISE NOTICE ';'; END IF; END $$");
    assert_eq!(pieces(Postgres, "BEGIN; SELECT 1; COMMIT;").len(), 3);
}

#[test]
fn mysql_bodies_are_one_statement_without_delimiter() {
    for dialect in [Mysql, Mariadb] {
        for body in [
            "BEGIN END",
            "SELECT IF(a, 1, 2)",
            "BEGIN SELECT begin, end FROM ranges; SELECT IF(a, 1, 2), REPEAT('a', 3); END",
            "BEGIN DECLARE x INT DEFAULT CASE WHEN 1 THEN 2 END; SET x = 1; END",
            "BEGIN IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT IF(1, 2, 3); END IF; SELECT 4; END",
            "BEGIN CASE a WHEN 1 THEN SELECT 1; WHEN 2 THEN BEGIN SELECT 2; END; ELSE IF b THEN SELECT 3; END IF; END CASE; END",
            "BEGIN WHILE a < CASE WHEN 1 THEN 2 END DO SET a = a + 1; END WHILE; END",
            "outer_block: BEGIN l: LOOP SET a = 1; IF a THEN LEAVE l; END IF; ITERATE l; END LOOP l; END outer_block",
            "BEGIN REPEAT SET a = a + 1; UNTIL a > 3 END REPEAT; SELECT 1; END",
            "BEGIN REPEAT SET a = a + 1; UNTIL CASE WHEN a THEN 1 ELSE 0 END END REPEAT; SELECT 1; END",
            "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, SQLSTATE VALUE '45000', NOT FOUND BEGIN ROLLBACK; END; SELECT 1; END",
            "BEGIN DECLARE CONTINUE HANDLER FOR 1062 SET a = 1; DECLARE c CURSOR FOR SELECT 1; OPEN c; END",
            "BEGIN DECLARE CONTINUE HANDLER FOR dup IF a THEN SET b = 1; END IF; SELECT 2; END",
            "IF a THEN SELECT 1; END IF",
            "WHILE a DO SELECT 1; END WHILE",
            "`my label`: BEGIN SELECT 1; END `my label`",
            "BEGIN CREATE TABLE IF NOT EXISTS t (a INT); DROP TABLE IF EXISTS t; END",
        ] {
            whole(
                dialect,
                &format!(
                    "CREATE PROCEDURE p(IN a INT, OUT b VARCHAR(9)) COMMENT 'c;' READS SQL DATA SQL SECURITY INVOKER {body}"
                ),
            );
            whole(dialect, &format!("CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW {body}"));
            whole(dialect, &format!("CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS `u` {body}"));
            whole(dialect, &format!("CREATE EVENT e ON SCHEDULE EVERY 1 DAY COMMENT 'x' DO {body}"));
        }
        whole(
            dialect,
            "CREATE DEFINER = `a`@`%` FUNCTION f(a INT) RETURNS VARCHAR(9) CHARACTER SET utf8mb4 DETERMINISTIC BEGIN IF a THEN RETURN 1; END IF; RETURN 2; END",
        );
        whole(dialect, "CREATE DEFINER=root@localhost PROCEDURE p() BEGIN SELECT 1; END");
        whole(dialect, "CREATE FUNCTION IF NOT EXISTS f() RETURNS INT RETURN IF(1, 2, 3)");
        whole(
            dialect,
            "CREATE DEFINER = a@b SQL SECURITY INVOKER VIEW v AS SELECT `event`, CASE WHEN 1 THEN 2 END FROM t",
        );
        assert_eq!(pieces(dialect, "BEGIN; SELECT 1; COMMIT; START TRANSACTION; ROLLBACK;").len(), 5);
        assert_eq!(
            pieces(dialect, "SELECT CASE WHEN 1 THEN 2 END; SELECT IF(1, 2, 3); CREATE TABLE IF NOT EXISTS t (a INT);")
                .len(),
            3
        );
    }
    whole(Mariadb, "BEGIN NOT ATOMIC IF a THEN SELECT 1; END IF; SELECT 2; END");
    whole(Mariadb, "IF a THEN SELECT 1; END IF");
    whole(Mariadb, "CREATE PROCEDURE p() BEGIN FOR i IN 1 .. 3 DO SELECT i; END FOR; SELECT 1; END");
}

#[test]
fn delimiter_lines_are_followed() {
    let script = "SELECT 1;\nDELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END;\n//\nCREATE TRIGGER t a//\ndelimiter ;\nSELECT 2;";
    assert_eq!(
        pieces(Mysql, script),
        ["1: SELECT 1", "3: CREATE PROCEDURE p() BEGIN SELECT 1; END", "5: CREATE TRIGGER t a", "7: SELECT 2"]
    );
    let script = "DELIMITER $$\nCREATE FUNCTION f() RETURNS INT BEGIN RETURN '$$'; END$$\nDELIMITER ;\n";
    assert_eq!(pieces(Mariadb, script), ["2: CREATE FUNCTION f() RETURNS INT BEGIN RETURN '$$'; END"]);
    let script = "DELIMITER ;;\nSELECT 1; SELECT 2 ;;\nDELIMITER ;\nSELECT 3";
    assert_eq!(pieces(Mysql, script), ["2: SELECT 1; SELECT 2", "4: SELECT 3"]);
}

#[test]
fn a_position_in_a_statement_is_a_line_in_the_script() {
    let script = "\nSELECT 1;\n\nSELECT\n  'ä',\n  wrong;";
    let piece = &split(Postgres, script).unwrap()[1];
    assert_eq!(piece.line, 4);
    let position = piece.sql.chars().position(|c| c == 'w').unwrap() + 1;
    assert_eq!(piece.line_at(position), 6);
}

/// Bits of scripts that are whole in themselves, with how many statements each ends.
fn bit() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "a", "1", " ", "\n", "(b)", "'x;y'", "'it''s'", "\"q;\"", "-- c;\n", "/* d; */", ";", ";;", "CASE", "0.5", "=",
        "END x",
    ])
}

proptest! {
    /// All that is no comment, blank or semicolon between statements comes back, in its order.
    #[test]
    fn nothing_is_lost(bits in prop::collection::vec(bit(), 0..40)) {
        let script = format!("SELECT {}", bits.join(" "));
        let is_code = |bit: &&&str| !bit.starts_with("--") && !bit.starts_with("/*") && !bit.trim().is_empty();
        let expected: Vec<&str> = std::iter::once(&"SELECT").chain(bits.iter()).filter(is_code).copied().collect();
        let statements = expected.split(|bit| bit.starts_with(';')).filter(|bits| !bits.is_empty());
        let expected: Vec<String> = statements.map(|bits| bits.join("")).collect();
        for dialect in [Sqlite, Postgres] {
            let strip = |sql: &str| sql.replace("-- c;\n", "").replace("/* d; */", "").replace([' ', '\n'], "");
            let found: Vec<String> = split(dialect, &script).unwrap().iter().map(|piece| strip(piece.sql)).collect();
            prop_assert_eq!(&found, &expected.iter().map(|sql| sql.replace(' ', "")).collect::<Vec<_>>());
        }
    }

    /// Whatever comes, it ends, and lines are those of the script.
    #[test]
    fn any_text_is_split_or_refused(script in "[a-z;'\"`\\[\\]$/*#\\-\\\\ \n(){}.!]{0,80}") {
        for dialect in DialectName::ALL {
            match split(dialect, &script) {
                Ok(pieces) => for piece in pieces {
                    let line = script.lines().nth(piece.line - 1).unwrap_or_default();
                    prop_assert!(line.contains(piece.sql.lines().next().unwrap_or_default().trim_end()));
                },
                Err(error) => prop_assert!(error.line <= script.lines().count().max(1)),
            }
        }
    }
}
