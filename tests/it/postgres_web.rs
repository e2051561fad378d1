//! PostgreSQL: any web of functions, views, types, tables and privileges becomes any other, and back. Who needs whom is
//! left to chance, so that no order of names or kinds is right by luck. The seed of a failure is printed; set
//! `RUNGS_TEST_SEED` to play it again.

use crate::harness::{Engine, play};
use crate::postgres_law::{Random, ToldOnPanic};
use crate::postgres_pair::{ROLES, becomes};

const ROUNDS: u64 = 30;

/// What is there already, by kind, so that what comes next may stand on it.
#[derive(Default)]
struct Web {
    sql: Vec<String>,
    /// Functions of one integer that give an integer.
    functions: Vec<String>,
    /// Those whose bodies the server does not look into while it plans an expression.
    sealed: Vec<String>,
    /// Those whose bodies name nothing by the search path, which is empty while an index is built (PostgreSQL 17).
    plain: Vec<String>,
    /// Tables and views with the columns `id` and `a`.
    relations: Vec<String>,
    tables: Vec<String>,
    enums: Vec<String>,
    /// PostgreSQL 14 reads bodies when a function is created.
    has_read_bodies: bool,
}

const OBJECTS: [&str; 19] =
    ["fa", "fb", "fc", "Fd", "ta", "tb", "tc", "va", "vb", "vc", "ea", "eb", "ra", "rb", "ga", "gb", "pa", "oa", "xa"];

fn any<'a>(random: &mut Random, list: &'a [String]) -> Option<&'a String> {
    (!list.is_empty()).then(|| &list[random.below(list.len())])
}

fn call(random: &mut Random, functions: &[String], argument: &str) -> String {
    match any(random, functions) {
        Some(function) if !random.one_in(4) => format!("\"{function}\"({argument})"),
        _ => argument.to_owned(),
    }
}

fn random_web(random: &mut Random, has_read_bodies: bool) -> String {
    let mut names: Vec<&str> = OBJECTS.into_iter().filter(|_| !random.one_in(4)).collect();
    // Who comes first, and is needed by others, is a matter of chance.
    for at in (1..names.len()).rev() {
        names.swap(at, random.below(at + 1));
    }
    let mut web = Web { has_read_bodies, ..Web::default() };
    web.sql.push("SET check_function_bodies = off".to_owned());
    for name in &names {
        match &name[..1] {
            "f" | "F" => web.function(random, name, &names),
            "t" => web.table(random, name),
            "v" => web.view(random, name),
            "e" => web.enumeration(random, name),
            "r" => web.row_function(random, name),
            "g" => web.trigger(random, name),
            "p" => web.procedure(random, name, &names),
            "o" => web.operator(random),
            // Sometimes a view, sometimes a table.
            _ if random.one_in(2) => web.view(random, name),
            _ => web.table(random, name),
        }
    }
    web.sql.push("RESET check_function_bodies".to_owned());
    web.sql.join(";\n")
}

impl Web {
    /// Something of another object that a body may name, whether or not it is there, and never runs.
    fn mention(random: &mut Random, names: &[&str]) -> String {
        let other = names[random.below(names.len())];
        match &other[..1] {
            "f" | "F" => format!("\"{other}\"(a)"),
            "t" | "v" => format!("(SELECT count(*)::int FROM {other})"),
            _ => "0".to_owned(),
        }
    }

    /// Like [`Self::mention`], of what is there.
    fn call(&self, random: &mut Random, argument: &str) -> String {
        call(random, &self.functions, argument)
    }

    fn function(&mut self, random: &mut Random, name: &str, names: &[&str]) {
        let argument = random.pick(&["a int", "a int DEFAULT 5", "b int"]);
        let result = random.pick(&["int", "int", "smallint"]);
        let is_text = random.one_in(2);
        let guess = Self::mention(random, names).replace("(a)", "(1)");
        let choice = random.below(4);
        let body = match choice {
            0 => format!("AS $$BEGIN IF $1 < 0 THEN PERFORM {guess}; END IF; RETURN 1; END$$ LANGUAGE plpgsql"),
            1 if self.has_read_bodies => {
                format!("RETURN (CASE WHEN $1 < 0 THEN {} ELSE 1 END)::{result}", call(random, &self.plain, "1"))
            }
            _ if is_text => format!("AS $$SELECT (CASE WHEN $1 < 0 THEN {guess} ELSE 1 END)::{result}$$ LANGUAGE sql"),
            _ => "AS 'SELECT 1::smallint' LANGUAGE sql".replace("smallint", result),
        };
        self.sql.push(format!("CREATE FUNCTION \"{name}\"({argument}) RETURNS {result} IMMUTABLE {body}"));
        if random.one_in(3) {
            self.sql.push(format!("COMMENT ON FUNCTION \"{name}\"(int) IS '{}'", random.pick(&["one", "two"])));
        }
        self.grant(random, &format!("FUNCTION \"{name}\"(int)"), "EXECUTE");
        if choice != 2 && !(choice == 3 && is_text) && (choice != 1 || self.has_read_bodies) {
            self.sealed.push(name.to_owned());
        }
        if choice == 1 && self.has_read_bodies || choice == 3 && !is_text {
            self.plain.push(name.to_owned());
        }
        self.functions.push(name.to_owned());
    }

    fn table(&mut self, random: &mut Random, name: &str) {
        let mut lines = vec!["id int PRIMARY KEY".to_owned(), "a int".to_owned()];
        if random.one_in(2) {
            let call = call(random, &self.sealed, "7");
            lines.push(format!("d int DEFAULT {call}"));
        }
        if random.one_in(2) {
            lines.push(format!("g int GENERATED ALWAYS AS ({}) STORED", call(random, &self.sealed, "id")));
        }
        if random.one_in(2) {
            lines.push(format!("CONSTRAINT \"ck {name}\" CHECK ({} > 0)", call(random, &self.sealed, "id")));
        }
        if let Some(mood) = any(random, &self.enums) {
            let default = if random.one_in(2) { " DEFAULT 'x'" } else { "" };
            lines.push(format!("e {mood}{default}"));
        }
        if let Some(other) = any(random, &self.tables).filter(|_| random.one_in(2)) {
            lines.push(format!("r int REFERENCES {other}"));
        }
        match name {
            "tb" => self.partitioned(random, &lines),
            "tc" => self.child(&lines),
            _ => self.sql.push(format!("CREATE TABLE {name} ({})", lines.join(", "))),
        }
        if random.one_in(2) {
            let (key, condition) = (call(random, &self.plain, "a"), call(random, &self.plain, "id"));
            self.sql.push(format!("CREATE INDEX \"ix {name}\" ON {name} (({key})) WHERE {condition} > 0"));
        }
        // A check of a partitioned table cannot name its row.
        if random.one_in(6) && name != "tb" {
            // A table and a function that need one another.
            let row = format!("row of {name}");
            self.sql.push(format!(
                "CREATE FUNCTION \"{row}\"({name}) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1.id > 0'"
            ));
            self.sql.push(format!("ALTER TABLE {name} ADD CONSTRAINT \"{row}\" CHECK (\"{row}\"({name}))"));
        }
        self.grant(random, &format!("TABLE {name}"), "SELECT (id, a)");
        self.grant(random, &format!("TABLE {name}"), "INSERT");
        self.tables.push(name.to_owned());
        self.relations.push(name.to_owned());
    }

    fn partitioned(&mut self, random: &mut Random, lines: &[String]) {
        let bound = random.pick(&["100", "200"]);
        self.sql.push(format!("CREATE TABLE tb ({}) PARTITION BY RANGE (id)", lines.join(", ")));
        self.sql.push(format!("CREATE TABLE tb_1 PARTITION OF tb FOR VALUES FROM (MINVALUE) TO ({bound})"));
        self.sql.push(match random.below(3) {
            0 => "CREATE TABLE tb_d PARTITION OF tb DEFAULT".to_owned(),
            1 => format!("CREATE TABLE tb_2 PARTITION OF tb FOR VALUES FROM ({bound}) TO (1000)"),
            _ => {
                let call = call(random, &self.plain, "a");
                format!("CREATE INDEX \"own\" ON tb_1 (({call}), id)")
            }
        });
    }

    /// A table that comes before its parent by name, and has the computed columns from it.
    fn child(&mut self, lines: &[String]) {
        let is_own = |line: &&String| line.starts_with("e ") || line.starts_with("r ");
        let (own, above): (Vec<&String>, Vec<&String>) = lines.iter().partition(is_own);
        let join = |lines: Vec<&String>| lines.into_iter().cloned().collect::<Vec<_>>().join(", ");
        self.sql.push(format!("CREATE TABLE tc_base ({})", join(above).replace("PRIMARY KEY", "NOT NULL")));
        let own = join(own.into_iter().chain([&"PRIMARY KEY (id)".to_owned()]).collect());
        self.sql.push(format!("CREATE TABLE tc ({own}) INHERITS (tc_base)"));
    }

    fn view(&mut self, random: &mut Random, name: &str) {
        let from = any(random, &self.relations).map_or("(SELECT 1 AS id, 2 AS a) AS q", String::as_str);
        let columns = random.pick(&["id, a", "a, id", "id, a, 1 AS n"]);
        let call = self.call(random, "id");
        self.sql.push(format!("CREATE VIEW {name} AS SELECT {columns}, {call} AS c FROM {from} WHERE {call} > 0"));
        if random.one_in(3) {
            self.sql.push(format!("COMMENT ON VIEW {name} IS '{}'", random.pick(&["one", "two"])));
        }
        self.grant(random, &format!("TABLE {name}"), "SELECT");
        self.relations.push(name.to_owned());
    }

    fn enumeration(&mut self, random: &mut Random, name: &str) {
        self.sql.push(format!("CREATE TYPE {name} AS ENUM ('x', 'y')"));
        self.grant(random, &format!("TYPE {name}"), "USAGE");
        self.enums.push(name.to_owned());
    }

    /// A function that takes or gives rows of a table or view, or a value of a type.
    fn row_function(&mut self, random: &mut Random, name: &str) {
        let row = any(random, &self.relations).cloned().unwrap_or_else(|| "record".to_owned());
        let taken = any(random, &self.enums).cloned().unwrap_or_else(|| "int".to_owned());
        let body = random.pick(&["BEGIN RETURN; END", "BEGIN NULL; RETURN; END"]);
        let result = if random.one_in(2) { format!("SETOF {row}") } else { "TABLE (x int, y text)".to_owned() };
        self.sql.push(format!(
            "CREATE FUNCTION {name}(a {taken}, VARIADIC b text[] DEFAULT '{{}}') RETURNS {result} LANGUAGE plpgsql AS '{body}'"
        ));
    }

    fn trigger(&mut self, random: &mut Random, name: &str) {
        let body = random.pick(&["BEGIN RETURN NEW; END", "BEGIN NEW.a := 1; RETURN NEW; END"]);
        self.sql.push(format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{body}'"));
        if let Some(table) = any(random, &self.tables).cloned() {
            let call = self.call(random, "1");
            self.sql.push(format!(
                "CREATE TRIGGER \"tr {name}\" BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({call} > 0) EXECUTE FUNCTION {name}()"
            ));
        }
    }

    fn procedure(&mut self, random: &mut Random, name: &str, names: &[&str]) {
        let guess = Self::mention(random, names).replace("(a)", "(1)");
        let kind = if random.one_in(3) { "FUNCTION" } else { "PROCEDURE" };
        let returns = if kind == "FUNCTION" { "RETURNS void " } else { "" };
        self.sql.push(format!("CREATE {kind} {name}(x int) {returns}LANGUAGE sql AS $$SELECT {guess}$$"));
        self.grant(random, &format!("{kind} {name}(int)"), "EXECUTE");
    }

    /// An operator and an aggregate over a function of two arguments.
    fn operator(&mut self, random: &mut Random) {
        let names = random.pick(&["a int, b int", "x int, y int"]);
        self.sql.push(format!("CREATE FUNCTION plus({names}) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'"));
        let more = random.pick(&["", ", COMMUTATOR = <+>"]);
        self.sql.push(format!("CREATE OPERATOR <+> (FUNCTION = plus, LEFTARG = int, RIGHTARG = int{more})"));
        let start = random.pick(&["0", "1"]);
        self.sql.push(format!("CREATE AGGREGATE total(int) (SFUNC = plus, STYPE = int, INITCOND = '{start}')"));
        self.sql.push("CREATE VIEW vo AS SELECT total(1 <+> 2) AS x".to_owned());
    }

    fn grant(&mut self, random: &mut Random, object: &str, privilege: &str) {
        for role in ROLES {
            let role = format!("\"{}\"", role.replace('"', "\"\""));
            match random.below(8) {
                0 => self.sql.push(format!("GRANT {privilege} ON {object} TO {role}")),
                1 => self.sql.push(format!("GRANT {privilege} ON {object} TO {role} WITH GRANT OPTION")),
                _ => {}
            }
        }
        if random.one_in(8) && !object.starts_with("TABLE") {
            self.sql.push(format!("REVOKE ALL ON {object} FROM PUBLIC"));
        }
        if random.one_in(8) {
            self.sql.push(format!("ALTER {object} OWNER TO \"{}\"", ROLES[2]));
        }
    }
}

#[test]
fn any_web_of_objects_becomes_any_other_and_back() {
    play(Engine::Postgres, |db| async move {
        let first = match std::env::var("RUNGS_TEST_SEED") {
            Ok(seed) => seed.parse().expect("a seed"),
            // The same seeds every time: a change is judged by what it changes, not by luck.
            Err(_) => 1,
        };
        let reads = db.dialect().await.version().major() >= 14;
        let rounds = std::env::var("RUNGS_TEST_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number"));
        for seed in first..first + rounds {
            let _told = ToldOnPanic(seed);
            let mut random = Random(seed);
            let (one, two) = (random_web(&mut random, reads), random_web(&mut random, reads));
            let has_rows = |name: &&str| one.contains(&format!("CREATE TABLE {name} "));
            let filling: Vec<String> = ["ta", "tb", "tc", "xa"]
                .iter()
                .filter(|name| has_rows(name))
                .map(|name| format!("INSERT INTO {name} (id, a) VALUES (1, 1), (2, 2)"))
                .collect();
            if std::env::var("RUNGS_TEST_VERBOSE").is_ok() {
                eprintln!("ONE\n{one}\nTWO\n{two}");
            }
            becomes(&db, &one, &two, &filling.join(";\n")).await;
        }
    });
}
