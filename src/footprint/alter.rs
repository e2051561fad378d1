//! `ALTER ...`: [SQLite](https://www.sqlite.org/lang_altertable.html),
//! [PostgreSQL](https://www.postgresql.org/docs/current/sql-altertable.html),
//! [MySQL](https://dev.mysql.com/doc/refman/8.4/en/alter-table.html).

use rungs_schema::ObjectName;

use super::create::owned_by;
use super::object::{Kind, Object, Way};
use super::reading::Reading;
use super::table::{attributes, column_type, element, sequence};
use super::words::{Words, is_one_of};

pub(super) fn alter(mut words: Words<'_>, reading: &mut Reading) {
    words.skip();
    while words.take_any(&["ONLINE", "OFFLINE", "IGNORE", "FOREIGN", "MATERIALIZED", "DEFINER", "ALGORITHM"]) {
        while words.take_symbol('=') || words.take_symbol('@') {
            words.skip();
        }
    }
    let kind = words.word().unwrap_or_default();
    words.skip();
    match kind.as_str() {
        "TABLE" => table(words, reading),
        "INDEX" if words.take(&["ALL"]) => {}
        "INDEX" => object(words, Kind::Index, reading),
        "VIEW" => object(words, Kind::View, reading),
        "SEQUENCE" => {
            object(words, Kind::Sequence, reading);
            owned_by(words, reading);
        }
        "TYPE" | "DOMAIN" => object(words, Kind::Type, reading),
        "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" => object(words, Kind::Routine, reading),
        "SCHEMA" => object(words, Kind::Schema, reading),
        "EXTENSION" => object(words, Kind::Extension, reading),
        "TRIGGER" => part(words, Kind::Trigger, reading),
        "POLICY" => part(words, Kind::Policy, reading),
        "ROLE" | "USER" | "SYSTEM" | "DATABASE" | "SERVER" | "PUBLICATION" | "SUBSCRIPTION" => {}
        _ => reading.doubt(&words, "it is no statement that is known here"),
    }
}

/// `ALTER SEQUENCE name ...`: another name, another schema, or anything else.
fn object(mut words: Words<'_>, kind: Kind, reading: &mut Reading) {
    words.take_guard();
    let line = words.line();
    let Some(name) = words.name() else { return reading.doubt(&words, format!("the {} is not read", kind.word())) };
    let _ = words.group();
    let way = renamed(&mut words, &name).unwrap_or(Way::Altered);
    reading.touch(Object::new(kind, name.clone()), way, line);
    if kind == Kind::View && words.take(&["AS"]) {
        super::query::of_view(&words, reading);
    }
}

/// `ALTER TRIGGER name ON table ...`
fn part(mut words: Words<'_>, kind: Kind, reading: &mut Reading) {
    let line = words.line();
    let name = words.ident();
    let (Some(name), Some(table)) = (name, words.take(&["ON"]).then(|| words.name()).flatten()) else {
        return reading.doubt(&words, format!("the {} is not read", kind.word()));
    };
    let way = renamed(&mut words, &ObjectName::bare(&name)).unwrap_or(Way::Altered);
    reading.touch(Object::part(kind, &table, name), way, line);
}

/// `RENAME TO name` or `SET SCHEMA name`; a new name is never qualified here.
fn renamed(words: &mut Words<'_>, name: &ObjectName) -> Option<Way> {
    let mut ahead = *words;
    let new = if ahead.take(&["RENAME", "TO"]) {
        name.sibling(ahead.ident()?)
    } else if ahead.take(&["SET", "SCHEMA"]) {
        let schema = ahead.ident()?;
        super::words::in_default(words.dialect, ObjectName::qualified(schema, &name.name))
    } else {
        return None;
    };
    *words = ahead;
    Some(Way::RenamedTo(new))
}

fn table(mut words: Words<'_>, reading: &mut Reading) {
    words.take_guard();
    let _ = words.take(&["ONLY"]);
    let Some(name) = words.name() else { return reading.doubt(&words, "the table is not read") };
    let _ = words.take_symbol('*');
    for clause in words.clauses() {
        Clause { table: &name, words: clause, line: clause.line() }.read(reading);
    }
}

/// One of the things that an `ALTER TABLE` does.
struct Clause<'a> {
    table: &'a ObjectName,
    words: Words<'a>,
    line: usize,
}

/// First words of what changes the table as a whole.
const OPTIONS: &str = "\
    ALGORITHM ATTACH AUTO_INCREMENT AUTOEXTEND_SIZE AVG_ROW_LENGTH CHARACTER CHARSET CHECKSUM CLUSTER COALESCE \
    COLLATE COMPRESSION CONNECTION CONVERT DEFAULT DELAY_KEY_WRITE DETACH DISABLE DISCARD ENABLE ENCRYPTION ENGINE \
    EXCHANGE FORCE IMPORT INHERIT INSERT_METHOD KEY_BLOCK_SIZE LOCK MAX_ROWS MIN_ROWS NO NOT OF OPTIMIZE ORDER OWNER \
    PARTITION REBUILD REMOVE REORGANIZE REPLICA RESET ROW_FORMAT SET WITHOUT";

impl Clause<'_> {
    fn read(mut self, reading: &mut Reading) {
        let Some(first) = self.words.word() else { return self.unknown(reading) };
        match first.as_str() {
            "ADD" => self.add(reading),
            "DROP" => self.drop(reading),
            "RENAME" => self.rename(reading),
            "ALTER" => self.alter(reading),
            "MODIFY" => self.modify(reading),
            "CHANGE" => self.change(reading),
            "VALIDATE" => self.validate(reading),
            "COMMENT" => reading.touch(Object::table(self.table), Way::Commented, self.line),
            "SET" if self.words.is(&["SET", "SCHEMA"]) => {
                let way = renamed(&mut self.words, self.table).unwrap_or(Way::Altered);
                reading.touch(Object::table(self.table), way, self.line);
            }
            "ATTACH" | "DETACH" | "INHERIT" | "EXCHANGE" => self.other_table(reading),
            // How the server goes about it.
            "ALGORITHM" | "LOCK" => {}
            word if is_one_of(OPTIONS, word) => self.whole(reading),
            _ if self.is_assignment() => self.whole(reading),
            _ => self.unknown(reading),
        }
    }

    fn whole(&self, reading: &mut Reading) {
        reading.touch(Object::table(self.table), Way::Altered, self.line);
    }

    fn unknown(&self, reading: &mut Reading) {
        self.whole(reading);
        reading.doubt_at(self.line, format!("not every part of what it does to table {} is read", self.table));
    }

    /// `OPTION = value`
    fn is_assignment(&self) -> bool {
        let mut words = self.words;
        words.skip();
        words.is_symbol('=')
    }

    fn part(&self, kind: Kind, name: Option<String>, way: Way, reading: &mut Reading) {
        match name {
            Some(name) if kind == Kind::Index => reading.touch(Object::index(false, self.table, name), way, self.line),
            Some(name) => reading.touch(Object::part(kind, self.table, name), way, self.line),
            None => self.unknown(reading),
        }
    }

    fn add(mut self, reading: &mut Reading) {
        self.words.skip();
        if self.words.is(&["PARTITION"]) || self.words.is(&["SYSTEM", "VERSIONING"]) {
            return self.whole(reading);
        }
        let is_column = self.words.take(&["COLUMN"]);
        self.words.take_guard();
        match self.words.group() {
            // ADD COLUMN (a int, b int)
            Some(columns) => columns.clauses().into_iter().for_each(|one| element(one, self.table, reading)),
            None if is_column => self.column(reading),
            None => self.element(reading),
        }
    }

    fn element(self, reading: &mut Reading) {
        element(self.words, self.table, reading);
    }

    fn column(mut self, reading: &mut Reading) {
        let name = self.words.ident();
        self.part(Kind::Column, name, Way::Created, reading);
        attributes(self.words, self.table, reading);
    }

    fn drop(mut self, reading: &mut Reading) {
        self.words.skip();
        let words = &mut self.words;
        let kind = if words.take(&["PRIMARY", "KEY"]) {
            Kind::PrimaryKey
        } else if words.take(&["FOREIGN", "KEY"])
            || words.take(&["CONSTRAINT"])
            || words.is_mysql() && words.take(&["CHECK"])
        {
            Kind::Constraint
        } else if words.is_mysql() && words.take_any(&["INDEX", "KEY"]) {
            Kind::Index
        } else if words.is(&["PARTITION"]) || words.is(&["SYSTEM", "VERSIONING"]) || words.is(&["PERIOD"]) {
            return self.whole(reading);
        } else {
            let _ = words.take(&["COLUMN"]);
            Kind::Column
        };
        words.take_guard();
        let name = if kind == Kind::PrimaryKey { Some(String::new()) } else { words.ident() };
        self.part(kind, name, Way::Dropped, reading);
        self.cascade(reading);
    }

    fn cascade(&self, reading: &mut Reading) {
        if self.words.is_postgres() && self.words.is(&["CASCADE"]) {
            reading.doubt_at(self.line, "CASCADE takes along what is not named");
        }
    }

    fn rename(mut self, reading: &mut Reading) {
        self.words.skip();
        let words = &mut self.words;
        if words.take_any(&["TO", "AS"]) {
            return self.rename_table(reading);
        }
        let kind = if words.take(&["CONSTRAINT"]) {
            Kind::Constraint
        } else if words.is_mysql() && words.take_any(&["INDEX", "KEY"]) {
            Kind::Index
        } else {
            let _ = words.take(&["COLUMN"]);
            Kind::Column
        };
        words.take_guard();
        let mut ahead = *words;
        let old = ahead.ident();
        match ahead.take(&["TO"]).then(|| ahead.ident()).flatten() {
            Some(new) => self.part(kind, old, Way::RenamedTo(ObjectName::bare(new)), reading),
            // MySQL: RENAME name
            None if kind == Kind::Column && ahead.at_end() => self.rename_table(reading),
            None => self.unknown(reading),
        }
    }

    /// The new name may be in another database on MySQL; elsewhere it is in the schema of the old one.
    fn rename_table(mut self, reading: &mut Reading) {
        match self.words.name() {
            Some(new) if self.words.is_mysql() => {
                reading.touch(Object::table(self.table), Way::RenamedTo(new), self.line);
            }
            Some(new) => {
                let way = Way::RenamedTo(self.table.sibling(new.name));
                reading.touch(Object::table(self.table), way, self.line);
            }
            None => self.unknown(reading),
        }
    }

    fn alter(mut self, reading: &mut Reading) {
        self.words.skip();
        let words = &mut self.words;
        let kind = if words.is_mysql() && words.take_any(&["INDEX", "KEY"]) {
            Kind::Index
        } else if words.take(&["CONSTRAINT"]) || words.is_mysql() && words.take(&["CHECK"]) {
            Kind::Constraint
        } else {
            let _ = words.take(&["COLUMN"]);
            Kind::Column
        };
        words.take_guard();
        let name = words.ident();
        self.part(kind, name, Way::Altered, reading);
        if kind == Kind::Column {
            self.new_type(reading);
        }
    }

    /// `[SET DATA] TYPE name ... USING expression`, `SET DEFAULT nextval('...')`
    fn new_type(mut self, reading: &mut Reading) {
        let words = &mut self.words;
        let _ = words.take(&["SET", "DATA"]);
        if words.take(&["TYPE"]) {
            column_type(words, reading);
            if words.skip_to("USING") {
                words.skip();
                reading.references(self.table, words.mentioned(), self.line);
            }
        } else if words.skip_to("NEXTVAL") {
            words.skip();
            if let Some(inside) = words.group() {
                sequence(inside, reading);
            }
        }
    }

    fn modify(mut self, reading: &mut Reading) {
        self.words.skip();
        let _ = self.words.take(&["COLUMN"]);
        self.words.take_guard();
        let name = self.words.ident();
        self.part(Kind::Column, name, Way::Altered, reading);
        attributes(self.words, self.table, reading);
    }

    fn change(mut self, reading: &mut Reading) {
        self.words.skip();
        let _ = self.words.take(&["COLUMN"]);
        self.words.take_guard();
        let (old, new) = (self.words.ident(), self.words.ident());
        let same = |old: &String, new: &String| old.eq_ignore_ascii_case(new);
        let way = match (&old, new) {
            (Some(old), Some(new)) if !same(old, &new) => Way::RenamedTo(ObjectName::bare(new)),
            _ => Way::Altered,
        };
        self.part(Kind::Column, old, way, reading);
        attributes(self.words, self.table, reading);
    }

    fn validate(mut self, reading: &mut Reading) {
        self.words.skip();
        let _ = self.words.take(&["CONSTRAINT"]);
        let name = self.words.ident();
        self.part(Kind::Constraint, name, Way::Altered, reading);
    }

    /// A partition, or a parent.
    fn other_table(mut self, reading: &mut Reading) {
        self.whole(reading);
        let is_exchange = self.words.take(&["EXCHANGE"]);
        if is_exchange {
            let _ = self.words.skip_to("TABLE");
        }
        self.words.skip();
        let _ = self.words.take(&["PARTITION"]);
        if let Some(other) = self.words.name() {
            reading.touch(Object::table(&other), Way::Altered, self.line);
        }
    }
}
