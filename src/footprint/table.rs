//! The definition of a table: [SQLite](https://www.sqlite.org/lang_createtable.html),
//! [PostgreSQL](https://www.postgresql.org/docs/current/sql-createtable.html),
//! [MySQL](https://dev.mysql.com/doc/refman/8.4/en/create-table.html).

use rungs_schema::ObjectName;

use super::object::{Kind, Object, Way};
use super::query;
use super::reading::{Reading, Step};
use super::words::{Words, is_one_of};

/// What follows `CREATE TABLE`.
pub(super) fn create(mut words: Words<'_>, temporary: bool, reading: &mut Reading) {
    words.take_guard();
    let line = words.line();
    let Some(table) = words.name() else { return reading.doubt(&words, "the table is not read") };
    if temporary {
        reading.steps.push(Step::Temporary(table.clone()));
    }
    reading.touch(Object::table(&table), Way::Created, line);
    if words.take(&["PARTITION", "OF"]) {
        let line = words.line();
        if let Some(parent) = words.name() {
            reading.touch(Object::table(&parent), Way::Altered, line);
        }
        return;
    }
    if words.take(&["LIKE"]) {
        like(&mut words, reading);
    }
    if let Some(body) = words.group() {
        for clause in body.clauses() {
            element(clause, &table, reading);
        }
    }
    after_body(words, reading);
}

/// Options, parents, and a query whose rows fill the table.
fn after_body(mut words: Words<'_>, reading: &mut Reading) {
    while !words.at_end() {
        if words.take(&["INHERITS"]) {
            let parents = words.group().map(|mut inside| inside.names()).unwrap_or_default();
            for (parent, line) in parents {
                reading.touch(Object::table(&parent), Way::Referenced, line);
            }
        } else if words.is_any(&["SELECT", "WITH", "VALUES", "TABLE"]) && !words.is(&["WITH", "SYSTEM"]) {
            let is_storage = words.take(&["WITH"]) && words.group().is_some();
            if !is_storage {
                return query::of_table(&words, reading);
            }
        } else if words.take(&["AS"]) {
            return query::of_table(&words, reading);
        } else {
            words.skip();
        }
    }
}

fn like(words: &mut Words<'_>, reading: &mut Reading) {
    let line = words.line();
    if let Some(other) = words.name() {
        reading.touch(Object::table(&other), Way::Referenced, line);
    }
}

/// One element between the parentheses of a table, or what follows `ADD`: a column, constraint or index.
pub(super) fn element(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) {
    if words.at_end() || constraint(words, table, reading) || key(words, table, reading) {
        return;
    }
    if words.take(&["LIKE"]) {
        like(&mut words, reading);
        return;
    }
    if words.take(&["PERIOD", "FOR"]) {
        return;
    }
    let line = words.line();
    match words.ident() {
        Some(column) => {
            let object = Object::column(table, &column);
            reading.touch(object.clone(), Way::Created, line);
            if is_computed(words) {
                reading.steps.push(Step::Computed(object));
            }
            attributes(words, table, reading);
        }
        None => reading.doubt(&words, "a part of the table's definition is not read"),
    }
}

/// `GENERATED ALWAYS AS (...)` or `AS (...)`
fn is_computed(mut words: Words<'_>) -> bool {
    words.skip_to("AS") && {
        words.skip();
        words.is_symbol('(')
    }
}

/// A constraint of the table. False when it is none.
pub(super) fn constraint(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) -> bool {
    let line = words.line();
    let named = words.take(&["CONSTRAINT"]);
    words.take_guard();
    let is_kind = |words: &Words<'_>| words.is_any(&["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"]);
    let name = if named && !is_kind(&words) { words.ident() } else { None };
    if !named && !begins_constraint(words) {
        return false;
    }
    if let Some(name) = name {
        reading.touch(Object::part(Kind::Constraint, table, name), Way::Created, line);
    }
    if words.take(&["PRIMARY", "KEY"]) {
        reading.touch(Object::primary_key(table), Way::Created, line);
    } else if words.take(&["UNIQUE"]) {
        let _ = words.take_any(&["KEY", "INDEX"]);
        if !words.is_symbol('(')
            && !words.is_any(&["USING", "NULLS"])
            && let Some(name) = words.ident()
        {
            reading.touch(Object::index(true, table, name), Way::Created, line);
        }
    } else if words.take(&["FOREIGN", "KEY"]) && !words.is_symbol('(') {
        words.take_guard();
        let name = if words.is_symbol('(') { None } else { words.ident() };
        if let Some(name) = name {
            reading.touch(Object::part(Kind::Constraint, table, name), Way::Created, line);
        }
    }
    attributes_of_keys(words, table, reading);
    true
}

/// `check`, `exclude` and `unique` may be columns where they are no reserved words.
fn begins_constraint(mut words: Words<'_>) -> bool {
    if words.is(&["PRIMARY", "KEY"]) || words.is(&["FOREIGN", "KEY"]) || words.is(&["UNIQUE"]) {
        return true;
    }
    if words.take(&["CHECK"]) {
        words.is_symbol('(')
    } else {
        words.take(&["EXCLUDE"]) && (words.is_symbol('(') || words.is(&["USING"]))
    }
}

/// An index within a table's definition, as MySQL and MariaDB have it. False when it is none.
fn key(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) -> bool {
    let line = words.line();
    if !words.is_mysql() || !words.take_any(&["KEY", "INDEX", "FULLTEXT", "SPATIAL", "VECTOR"]) {
        return false;
    }
    let _ = words.take_any(&["KEY", "INDEX"]);
    words.take_guard();
    if !words.is_symbol('(')
        && !words.is(&["USING"])
        && let Some(name) = words.ident()
    {
        reading.touch(Object::index(false, table, name), Way::Created, line);
    }
    attributes_of_keys(words, table, reading);
    true
}

/// The columns of a key, and what it refers to.
fn attributes_of_keys(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) {
    while !words.at_end() {
        let line = words.line();
        if words.take(&["REFERENCES"]) {
            references(&mut words, reading);
        } else if words.take(&["CHECK"]) {
            let columns = words.group().map(Words::mentioned).unwrap_or_default();
            reading.references(table, columns, line);
        } else if words.take_any(&["WITH", "PARSER", "COMMENT"]) {
            words.skip();
        } else if let Some(keys) = words.group() {
            reading.references(table, keys.key_columns(), line);
        } else {
            words.skip();
        }
    }
}

/// What follows `REFERENCES`.
fn references(words: &mut Words<'_>, reading: &mut Reading) {
    let line = words.line();
    let Some(target) = words.name() else { return };
    reading.touch(Object::table(&target), Way::Referenced, line);
    if let Some(columns) = words.group() {
        reading.references(&target, columns.key_columns(), line);
    }
}

/// What follows the name of a column.
pub(super) fn attributes(mut words: Words<'_>, table: &ObjectName, reading: &mut Reading) {
    column_type(&mut words, reading);
    while !words.at_end() {
        let line = words.line();
        if words.take(&["REFERENCES"]) {
            references(&mut words, reading);
        } else if words.take(&["CONSTRAINT"]) {
            if let Some(name) = words.ident() {
                reading.touch(Object::part(Kind::Constraint, table, name), Way::Created, line);
            }
        } else if words.take(&["PRIMARY", "KEY"]) {
            reading.touch(Object::primary_key(table), Way::Created, line);
        } else if words.take(&["AFTER"]) {
            reading.references(table, words.ident(), line);
        } else if words.take(&["COMMENT"]) || words.take(&["COLLATE"]) {
            words.skip();
        } else if words.is(&["NEXTVAL"]) {
            words.skip();
            if let Some(inside) = words.group() {
                sequence(inside, reading);
            }
        } else if words.take_any(&["CHECK", "AS", "DEFAULT", "USING"]) {
            if let Some(inside) = words.group() {
                reading.references(table, inside.mentioned(), line);
            }
        } else {
            words.skip();
        }
    }
}

/// `nextval('name'::regclass)`
pub(super) fn sequence(inside: Words<'_>, reading: &mut Reading) {
    let line = inside.line();
    let Some(text) = inside.literal() else { return };
    if let Some(name) = super::name_in_text(inside.dialect, &text) {
        reading.touch(Object::new(Kind::Sequence, name), Way::Referenced, line);
    }
}

/// Types that every PostgreSQL has; what is none of them may be a type or domain of the project's own.
const TYPES: &str = "\
    bigint bigserial bit bool boolean box bpchar bytea char character cidr circle citext date daterange dec decimal \
    double float float4 float8 hstore inet int int2 int4 int4range int8 int8range integer interval json jsonb line \
    lseg ltree macaddr macaddr8 money name national numeric numrange oid path point polygon real serial serial4 \
    serial8 smallint smallserial text time timestamp timestamptz timetz tsquery tsvector uuid varbit varchar xml";

/// A type that the project may have made.
pub(super) fn column_type(words: &mut Words<'_>, reading: &mut Reading) {
    if !words.is_postgres() {
        return;
    }
    let line = words.line();
    let mut ahead = *words;
    let Some(name) = ahead.name() else { return };
    let is_known =
        name.schema.as_deref() == Some("pg_catalog") || name.schema.is_none() && is_one_of(TYPES, &name.name);
    if !is_known {
        reading.touch(Object::new(Kind::Type, name), Way::Referenced, line);
        *words = ahead;
    }
}
