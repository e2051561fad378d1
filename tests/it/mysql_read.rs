//! MySQL and MariaDB: what is read from a live database can be created again, and the server then prints the same.

use rungs::schema::{Action, AutoIncrement, ColumnType, IndexKey};

use crate::harness::{Engine, play};
use crate::mysql_support::{is_mariadb, survives};

const PARENT: &str = "CREATE TABLE par (a int, b varchar(20) COLLATE utf8mb4_bin, UNIQUE KEY (a, b), UNIQUE KEY (a), KEY kb (b)) COMMENT 'it''s \\\\ \"q\"'";

#[test]
fn columns_of_every_kind_survive() {
    play(Engine::Mysql, |db| async move {
        db.run(&["CREATE TABLE t (
            id bigint unsigned NOT NULL AUTO_INCREMENT COMMENT 'x ''y'' \\\\ z\nnext', b bool DEFAULT true,
            n numeric(5), s char(3) CHARACTER SET latin1, s2 varchar(20) COLLATE utf8mb4_bin DEFAULT 'a''b\\\\c',
            tx text, q2 varchar(30) DEFAULT (concat('a', 1)), q3 int COMMENT 'z' CHECK (q3 > 1),
            q4 decimal(5,2) DEFAULT 3, q6 char(36) DEFAULT (uuid()),
            q7 timestamp(3) DEFAULT now(3) ON UPDATE now(3), e enum('a','b''c','d,e','f\\\\g') DEFAULT 'b''c',
            st set('x','y'), f float, d double DEFAULT 1.5, dd double(10,2),
            d1 decimal(10,2) unsigned zerofill DEFAULT 1.5, y year, bt bit(5) DEFAULT b'101',
            dt datetime DEFAULT current_timestamp ON UPDATE current_timestamp,
            ts timestamp NULL DEFAULT NULL, ts2 timestamp NOT NULL DEFAULT current_timestamp, bi binary(16),
            vb varbinary(20) DEFAULT 'abc', j json, i2 int DEFAULT (1 + 2),
            g2 int AS (i1 + 1) STORED COMMENT 'gc', g int GENERATED ALWAYS AS (i1 * 2) VIRTUAL,
            g3 varchar(10) AS (upper(vb)) VIRTUAL UNIQUE, inv int DEFAULT 3 INVISIBLE, nn int NOT NULL,
            geo geometry, sm smallint, mi mediumint unsigned, i1 int DEFAULT -3, nc nchar(4), lt longtext,
            z int(5) zerofill, t1 tinyint(1) unsigned, t2 tinyint, bl tinyblob, ti time(3), da date,
            PRIMARY KEY (id) USING BTREE) COMMENT='tbl' ROW_FORMAT=DYNAMIC AUTO_INCREMENT=77"])
            .await;
        let schema = survives(&db).await;
        let table = &schema.tables[0];
        assert_eq!(table.columns[0].auto_increment, Some(AutoIncrement::Native));
        assert_eq!(table.columns[0].comment.as_deref(), Some("x 'y' \\ z\nnext"));
        assert_eq!(table.column("e").unwrap().ty, ColumnType::Native("enum('a','b''c','d,e','f\\\\g')".into()));
        assert_eq!(table.column("j").unwrap().ty, ColumnType::Native("json".into()));
        assert_eq!(table.column("s2").unwrap().collation.as_deref(), Some("utf8mb4_bin"));
        assert!(table.column("tx").unwrap().collation.is_none());
        assert!(table.column("g2").unwrap().generated.as_ref().unwrap().stored);
        assert_eq!(table.primary_key.as_ref().unwrap().method.as_deref(), Some("btree"));
        assert!(table.column("inv").unwrap().invisible);
    });
}

#[test]
fn keys_of_every_kind_survive() {
    play(Engine::Mysql, |db| async move {
        let mariadb = is_mariadb(&db).await;
        db.run(&[
            PARENT,
            "CREATE TABLE t (id int, n int, s varchar(40) DEFAULT '7', tx text, g geometry NOT NULL, i int,
             s2 varchar(20) COLLATE utf8mb4_bin, PRIMARY KEY (id, n),
             UNIQUE KEY u1 (s(5) DESC, n), KEY k1 (n) USING BTREE COMMENT 'k''c', KEY h (i) USING HASH,
             FULLTEXT KEY ft (tx, s), SPATIAL KEY sp (g), KEY p (tx(7)), CONSTRAINT ck1 CHECK (n > 1 AND s <> 7),
             CONSTRAINT fk1 FOREIGN KEY (i, s2) REFERENCES par (a, b) ON DELETE CASCADE ON UPDATE SET NULL,
             FOREIGN KEY (i) REFERENCES par (a) ON DELETE NO ACTION ON UPDATE RESTRICT)",
        ])
        .await;
        if mariadb {
            db.run(&["CREATE TABLE m (a int, t text, KEY ig (a) IGNORED, UNIQUE KEY ut (t), PRIMARY KEY (a))"]).await;
        } else {
            db.run(&[
                "CREATE TABLE m (a int, b int, c varchar(20), d json, KEY fe ((a + b)), KEY c2 ((lower(c)) DESC, a),
                KEY inv (a) INVISIBLE, CHECK (a < b) NOT ENFORCED, KEY m ((CAST(d->'$[*]' AS unsigned ARRAY)), b),
                FULLTEXT KEY f2 (c) WITH PARSER ngram)",
            ])
            .await;
        }
        let schema = survives(&db).await;
        let table = schema.tables.iter().find(|table| table.name.name == "t").unwrap();
        assert_eq!(table.primary_key_columns(), ["id", "n"]);
        let unique = table.indexes.iter().find(|index| index.name.as_deref() == Some("u1")).unwrap();
        assert!(unique.unique && unique.parts[0].descending);
        assert_eq!(unique.parts[0].length, Some(5));
        let key = table.foreign_keys.iter().find(|key| key.name.as_deref() == Some("fk1")).unwrap();
        assert_eq!((key.on_delete, key.on_update), (Action::Cascade, Action::SetNull));
        if !mariadb {
            let m = schema.tables.iter().find(|table| table.name.name == "m").unwrap();
            let fe = m.indexes.iter().find(|index| index.name.as_deref() == Some("fe")).unwrap();
            assert_eq!(fe.parts[0].key, IndexKey::Expression("`a` + `b`".into()));
        }
    });
}

#[test]
fn identifiers_that_need_quoting_survive() {
    play(Engine::Mysql, |db| async move {
        db.run(&[
            "CREATE TABLE `we``ird \"T'x` (`sel``ect` int PRIMARY KEY, `Mixed Case` int COMMENT '\\n\t%', `from` int,
             KEY `k``\"` (`Mixed Case`), KEY `group` (`from`)) COMMENT 'a\\nb\\'c\\\\'",
            "CREATE TABLE `order` (`key` int, `), (` varchar(3) DEFAULT '),(', CONSTRAINT `f``k` FOREIGN KEY (`key`)
             REFERENCES `we``ird \"T'x` (`sel``ect`), CONSTRAINT `c k` CHECK (`), (` <> ')'))",
        ])
        .await;
        let schema = survives(&db).await;
        assert_eq!(schema.tables[1].name.name, "we`ird \"T'x");
        assert_eq!(schema.tables[1].columns[0].name, "sel`ect");
        assert_eq!(schema.tables[1].comment.as_deref(), Some("a\nb'c\\"));
    });
}

#[test]
fn options_and_partitions_survive() {
    play(Engine::Mysql, |db| async move {
        db.run(&[
            "CREATE TABLE p1 (id int NOT NULL, d date NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (year(d))
             (PARTITION p0 VALUES LESS THAN (2000) COMMENT 'a', PARTITION p1 VALUES LESS THAN MAXVALUE)",
            "CREATE TABLE p2 (id int NOT NULL PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4",
            "CREATE TABLE la (a varchar(10), b text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, c enum('x'))
             CHARSET=latin1 COLLATE latin1_general_ci",
            "CREATE TABLE my (a int) ENGINE=MyISAM CHECKSUM=1 DELAY_KEY_WRITE=1 MAX_ROWS=100 MIN_ROWS=5 PACK_KEYS=1",
            "CREATE TABLE co (a int PRIMARY KEY) STATS_PERSISTENT=1 AVG_ROW_LENGTH=50 KEY_BLOCK_SIZE=4 ROW_FORMAT=COMPRESSED",
        ])
        .await;
        if is_mariadb(&db).await {
            db.run(&[
                "CREATE TABLE sv (a int, vf date, vt date, PERIOD FOR p (vf, vt)) WITH SYSTEM VERSIONING",
                "CREATE TABLE pc (a int, c text COMPRESSED DEFAULT 'x', u uuid DEFAULT uuid(), i inet6) PAGE_COMPRESSED=1",
                "CREATE TABLE ar (a int) ENGINE=Aria PAGE_CHECKSUM=1 TRANSACTIONAL=1",
            ])
            .await;
        } else {
            db.run(&[
                "CREATE TABLE sr (g geometry NOT NULL SRID 4326 COMMENT 'x', v int STORAGE DISK, SPATIAL KEY (g))",
            ])
            .await;
        }
        let schema = survives(&db).await;
        let latin = schema.tables.iter().find(|table| table.name.name == "la").unwrap();
        assert_eq!(latin.options["collation"], "latin1_general_ci");
        assert!(latin.column("a").unwrap().collation.is_none());
        assert_eq!(latin.column("b").unwrap().charset.as_deref(), Some("utf8mb4"));
    });
}

#[test]
fn definitions_survive() {
    play(Engine::Mysql, |db| async move {
        db.run(&[
            "CREATE TABLE t (a int, b varchar(10))",
            "CREATE VIEW w AS SELECT a, concat(b, ';') AS c FROM t WHERE a > 1",
            "CREATE VIEW v AS SELECT w.a, t.b FROM w JOIN t ON t.a = w.a",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; SET NEW.b = 'x'; END",
            "CREATE PROCEDURE p(IN x int) BEGIN SELECT x; END",
            "CREATE FUNCTION f(x int) RETURNS int DETERMINISTIC RETURN x + 1",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE DO DELETE FROM t",
        ])
        .await;
        let schema = survives(&db).await;
        assert_eq!(schema.definitions.len(), 6);
        let names: Vec<_> = schema.definitions.iter().map(|one| one.name.name.as_str()).collect();
        assert_eq!(names, ["f", "p", "v", "w", "tr", "e"]);
        let view = &schema.definitions[2];
        assert_eq!(view.needs.iter().map(|need| need.name.name.as_str()).collect::<Vec<_>>(), ["t", "w"]);
        assert!(schema.definitions.iter().all(|one| !one.sql.contains("DEFINER=")), "{:?}", schema.definitions);
        assert!(rungs::dialect::mysql::needs_delimiter(&schema.definitions[4].sql));
        assert!(!rungs::dialect::mysql::needs_delimiter(&schema.definitions[3].sql));
    });
}

#[test]
fn sequences_of_mariadb_survive() {
    play(Engine::Mysql, |db| async move {
        if !is_mariadb(&db).await {
            let mut connection = db.connect().await;
            assert!(connection.execute("CREATE SEQUENCE s").await.is_err(), "MySQL has no sequences");
            return;
        }
        db.run(&[
            "CREATE SEQUENCE s START WITH 5 INCREMENT BY 3 CACHE 100 CYCLE",
            "CREATE SEQUENCE plain",
            "CREATE SEQUENCE back INCREMENT BY -1",
            "CREATE TABLE t (n int NOT NULL DEFAULT nextval(s))",
        ])
        .await;
        let schema = survives(&db).await;
        assert_eq!(schema.sequences.len(), 3);
        assert_eq!(schema.sequences[1].start, None);
        assert_eq!(schema.sequences[2].start, Some(5));
        assert_eq!(schema.tables[0].columns[0].default.as_deref(), Some("nextval(`s`)"));
    });
}
