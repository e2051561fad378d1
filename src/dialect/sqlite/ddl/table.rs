use std::ops::Range;

use rungs_schema::{
    Action, AutoIncrement, Check, Column, ColumnType, Deferrable, ForeignKey, Generated, ObjectName, PrimaryKey, Table,
    Unique,
};

use super::cursor::{Cursor, Fault, names, parts, split};
use super::expression::{self, Names};
use super::index::drop_own_collation;
use super::token::{Kind, Token, tokens};

/// A CREATE TABLE: the nouns, and where in the text they stand.
#[derive(Debug, Clone)]
pub(crate) struct ParsedTable {
    /// The table, without indexes.
    pub table: Table,
    /// The text of its name.
    pub name: Range<usize>,
    /// The text of each column.
    pub columns: Vec<Range<usize>>,
    /// The text of each constraint of the table.
    pub constraints: Vec<Range<usize>>,
    /// What stands behind the closing parenthesis.
    pub options: Range<usize>,
    /// The columns whose foreign key stands with the column.
    pub referring_columns: Vec<String>,
}

/// The column that is the rowid under another name: the only column of the primary key, of type INTEGER and nothing
/// else. <https://www.sqlite.org/lang_createtable.html#rowid>
pub(crate) fn rowid_alias(table: &Table) -> Option<&Column> {
    let [part] = table.primary_key.as_ref()?.parts.as_slice() else { return None };
    let column = table.column(part.column_name()?)?;
    (is_integer(column) && !part.descending && !table.options.contains_key("without_rowid")).then_some(column)
}

fn is_integer(column: &Column) -> bool {
    column.ty.native().is_some_and(|ty| ty.eq_ignore_ascii_case("INTEGER"))
}

/// Reads a CREATE TABLE.
///
/// # Errors
/// When the text is none.
pub(crate) fn parse_table(sql: &str) -> Result<ParsedTable, Fault> {
    let found = tokens(sql);
    let mut cursor = Cursor::new(&found);
    cursor.expect(&["CREATE"])?;
    cursor.expect(&["TABLE"])?;
    cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut start = cursor.position();
    cursor.name()?;
    if cursor.eat_mark(".") {
        start = cursor.position();
        cursor.name()?;
    }
    let body = cursor.group()?;
    let options = cursor.previous_end()..sql.len();
    let mut reader = Reader::new(found[start].identifier(), body);
    reader.options(cursor.rest());
    reader.body(body)?;
    let Reader { mut table, columns, constraints, referring_columns, .. } = reader;
    settle(&mut table);
    Ok(ParsedTable {
        table,
        name: found[start].start..found[start].end(),
        columns,
        constraints,
        options,
        referring_columns,
    })
}

/// Brings what means the same to the same nouns.
pub(crate) fn settle(table: &mut Table) {
    // The rowid is a number, whatever collation its key names; and DESC can be said of it only on the column, where a
    // key has no collation.
    if let Some([part]) = table.primary_key.as_mut().map(|key| key.parts.as_mut_slice())
        && !table.options.contains_key("without_rowid")
        && table.columns.iter().any(|column| part.column_name() == Some(&column.name) && is_integer(column))
    {
        part.collation = None;
    }
    if let Some(name) = rowid_alias(table).map(|column| column.name.clone())
        && let Some(column) = table.columns.iter_mut().find(|column| column.name == name)
    {
        column.nullable = false;
    }
    // https://www.sqlite.org/withoutrowid.html and https://www.sqlite.org/stricttables.html: the key's columns are
    // NOT NULL there, said or not.
    if table.options.contains_key("without_rowid") || table.options.contains_key("strict") {
        let key: Vec<String> = table.primary_key_columns().into_iter().map(str::to_owned).collect();
        for column in table.columns.iter_mut().filter(|column| key.contains(&column.name)) {
            column.nullable = false;
        }
    }
    let shape = Table { columns: table.columns.clone(), ..Table::default() };
    let unique_parts = table.uniques.iter_mut().flat_map(|unique| &mut unique.parts);
    for part in table.primary_key.iter_mut().flat_map(|key| &mut key.parts).chain(unique_parts) {
        drop_own_collation(part, &shape);
    }
}

struct Reader {
    table: Table,
    names: Vec<String>,
    columns: Vec<Range<usize>>,
    constraints: Vec<Range<usize>>,
    referring_columns: Vec<String>,
}

const CONSTRAINTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

impl Reader {
    fn new(name: String, body: &[Token<'_>]) -> Self {
        // Expressions may name columns that are declared after them.
        let names = split(body)
            .filter_map(|part| part.first())
            .filter(|first| !CONSTRAINTS.iter().any(|word| first.is_word(word)))
            .map(Token::identifier)
            .collect();
        let table = Table { name: ObjectName::bare(name), ..Table::default() };
        Self { table, names, columns: Vec::new(), constraints: Vec::new(), referring_columns: Vec::new() }
    }

    fn body(&mut self, body: &[Token<'_>]) -> Result<(), Fault> {
        for part in split(body) {
            let Some(first) = part.first() else { continue };
            let mut cursor = Cursor::new(part);
            if !CONSTRAINTS.iter().any(|word| first.is_word(word)) {
                self.column(&mut cursor)?;
                self.columns.push(first.start..cursor.previous_end());
                continue;
            }
            // The comma between constraints may be left out.
            while let Some(first) = cursor.peek() {
                self.constraint(&mut cursor)?;
                self.constraints.push(first.start..cursor.previous_end());
            }
        }
        Ok(())
    }

    fn options(&mut self, rest: &[Token<'_>]) {
        for part in split(rest) {
            let cursor = Cursor::new(part);
            if cursor.sees(&["WITHOUT", "ROWID"]) {
                self.table.options.insert("without_rowid".to_owned(), String::new());
            } else if cursor.sees(&["STRICT"]) {
                self.table.options.insert("strict".to_owned(), String::new());
            }
        }
    }

    fn print(&self, found: &[Token<'_>]) -> String {
        expression::print(found, Names { table: &self.table.name.name, columns: &self.names })
    }

    fn resolve(&self, names: Vec<String>) -> Vec<String> {
        let own = |name: String| self.names.iter().find(|own| own.eq_ignore_ascii_case(&name)).cloned().unwrap_or(name);
        names.into_iter().map(own).collect()
    }

    fn column(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<(), Fault> {
        let mut column = Column { name: cursor.name()?, nullable: true, ..Column::default() };
        column.ty = ColumnType::Native(type_name(cursor)?);
        let mut name = None;
        while cursor.peek().is_some() {
            if cursor.eat(&["CONSTRAINT"]) {
                name = Some(cursor.name()?);
                continue;
            }
            self.column_constraint(cursor, &mut column, name.take())?;
        }
        self.table.columns.push(column);
        Ok(())
    }

    fn column_constraint(
        &mut self,
        cursor: &mut Cursor<'_, '_>,
        column: &mut Column,
        name: Option<String>,
    ) -> Result<(), Fault> {
        let part = || rungs_schema::IndexPart::column(&column.name);
        if cursor.eat(&["PRIMARY", "KEY"]) {
            let mut part = part();
            part.descending = cursor.eat(&["DESC"]);
            cursor.eat(&["ASC"]);
            let on_conflict = cursor.conflict()?;
            if cursor.eat(&["AUTOINCREMENT"]) {
                column.auto_increment = Some(AutoIncrement::Native);
            }
            self.table.primary_key = Some(PrimaryKey { name, parts: vec![part], on_conflict, ..PrimaryKey::default() });
        } else if cursor.eat(&["NOT", "NULL"]) {
            column.nullable = false;
            column.not_null_conflict = cursor.conflict()?;
        } else if cursor.eat(&["NULL"]) {
            cursor.conflict()?;
        } else if cursor.eat(&["UNIQUE"]) {
            let parts = vec![part()];
            self.table.uniques.push(Unique { name, parts, on_conflict: cursor.conflict()?, ..Unique::default() });
        } else if cursor.eat(&["CHECK"]) {
            let expression = self.print(cursor.group()?);
            cursor.conflict()?;
            let column = Some(column.name.clone());
            self.table.checks.push(Check { name, expression, column, ..Check::default() });
        } else if cursor.eat(&["DEFAULT"]) {
            column.default = default(cursor)?;
        } else if cursor.eat(&["COLLATE"]) {
            let collation = expression::collation(&cursor.name()?);
            column.collation = Some(collation).filter(|collation| collation != "BINARY");
        } else if cursor.eat(&["REFERENCES"]) {
            let columns = vec![column.name.clone()];
            self.referring_columns.push(column.name.clone());
            self.table.foreign_keys.push(references(cursor, name, columns)?);
        } else if cursor.sees(&["DEFERRABLE"]) || cursor.sees(&["NOT", "DEFERRABLE"]) {
            let deferrable = deferrable(cursor);
            if let Some(key) = self.table.foreign_keys.last_mut() {
                key.deferrable = deferrable;
            }
        } else if cursor.eat(&["GENERATED", "ALWAYS", "AS"]) || cursor.eat(&["AS"]) {
            let expression = self.print(cursor.group()?);
            let stored = cursor.eat(&["STORED"]);
            cursor.eat(&["VIRTUAL"]);
            column.generated = Some(Generated { expression, stored });
        } else {
            return Err(cursor.fault("a constraint of a column"));
        }
        Ok(())
    }

    fn constraint(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<(), Fault> {
        let name = if cursor.eat(&["CONSTRAINT"]) { Some(cursor.name()?) } else { None };
        if cursor.eat(&["PRIMARY", "KEY"]) {
            self.primary_key(cursor, name)
        } else if cursor.eat(&["UNIQUE"]) {
            let parts = parts(cursor.group()?, Names { table: "", columns: &self.names })?;
            self.table.uniques.push(Unique { name, parts, on_conflict: cursor.conflict()?, ..Unique::default() });
            Ok(())
        } else if cursor.eat(&["CHECK"]) {
            let expression = self.print(cursor.group()?);
            cursor.conflict()?;
            self.table.checks.push(Check { name, expression, ..Check::default() });
            Ok(())
        } else if cursor.eat(&["FOREIGN", "KEY"]) {
            let columns = self.resolve(names(cursor.group()?)?);
            cursor.expect(&["REFERENCES"])?;
            self.table.foreign_keys.push(references(cursor, name, columns)?);
            Ok(())
        } else if name.is_some() && (cursor.peek().is_none() || cursor.sees(&["CONSTRAINT"])) {
            // A name with nothing behind it is legal and means nothing.
            Ok(())
        } else {
            Err(cursor.fault("a constraint"))
        }
    }

    fn primary_key(&mut self, cursor: &mut Cursor<'_, '_>, name: Option<String>) -> Result<(), Fault> {
        let mut group = cursor.group()?;
        let mut numbers_itself = false;
        if let [before @ .., last] = group
            && last.is_word("AUTOINCREMENT")
        {
            numbers_itself = true;
            group = before;
        }
        let mut parts = parts(group, Names { table: "", columns: &self.names })?;
        if let [part] = parts.as_mut_slice()
            && let Some(column) = self.table.columns.iter_mut().find(|column| part.column_name() == Some(&column.name))
        {
            if numbers_itself {
                column.auto_increment = Some(AutoIncrement::Native);
            }
            // Only on the column itself does DESC keep INTEGER PRIMARY KEY from being the rowid; here it says nothing.
            part.descending &= !is_integer(column) || self.table.options.contains_key("without_rowid");
        }
        self.table.primary_key =
            Some(PrimaryKey { name, parts, on_conflict: cursor.conflict()?, ..PrimaryKey::default() });
        Ok(())
    }
}

/// The declared type: words, and numbers in parentheses. Types know no letter case, so that it is upper case here.
fn type_name(cursor: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    const ENDS: [&str; 11] = [
        "CONSTRAINT",
        "PRIMARY",
        "NOT",
        "NULL",
        "UNIQUE",
        "CHECK",
        "DEFAULT",
        "COLLATE",
        "REFERENCES",
        "AS",
        "DEFERRABLE",
    ];
    let mut words = Vec::new();
    while let Some(token) = cursor.peek() {
        let ends = ENDS.iter().any(|word| token.is_word(word)) || cursor.sees(&["GENERATED", "ALWAYS"]);
        if ends || !matches!(token.kind, Kind::Word | Kind::Quoted | Kind::Text) {
            break;
        }
        words.push(if token.kind == Kind::Word { token.text.to_ascii_uppercase() } else { token.text.to_owned() });
        cursor.next();
    }
    let mut ty = words.join(" ");
    if cursor.peek().is_some_and(|token| token.is_mark("(")) {
        let sizes = split(cursor.group()?).map(|size| size.iter().map(|token| token.text).collect::<String>());
        ty = format!("{ty}({})", sizes.collect::<Vec<_>>().join(","));
    }
    Ok(ty)
}

/// A declared type in its one spelling.
pub(crate) fn normalise_type(declared: &str) -> String {
    let found = tokens(declared);
    let mut cursor = Cursor::new(&found);
    match type_name(&mut cursor) {
        Ok(ty) if cursor.peek().is_none() => ty,
        _ => declared.to_owned(),
    }
}

fn default(cursor: &mut Cursor<'_, '_>) -> Result<Option<String>, Fault> {
    if cursor.peek().is_some_and(|token| token.is_mark("(")) {
        return Ok(expression::default(cursor.group()?, true));
    }
    let rest = cursor.rest();
    let signed = rest.first().is_some_and(|token| token.is_mark("-") || token.is_mark("+"));
    let length = if signed { 2 } else { 1 };
    let Some(literal) = rest.get(..length) else { return Err(cursor.fault("a default")) };
    for _ in literal {
        cursor.next();
    }
    Ok(expression::default(literal, false))
}

fn references(cursor: &mut Cursor<'_, '_>, name: Option<String>, columns: Vec<String>) -> Result<ForeignKey, Fault> {
    let mut key = ForeignKey { name, columns, references: ObjectName::bare(cursor.name()?), ..ForeignKey::default() };
    if cursor.peek().is_some_and(|token| token.is_mark("(")) {
        key.referenced_columns = names(cursor.group()?)?;
    }
    loop {
        if cursor.eat(&["ON", "DELETE"]) {
            key.on_delete = action(cursor)?;
        } else if cursor.eat(&["ON", "UPDATE"]) {
            key.on_update = action(cursor)?;
        } else if cursor.eat(&["ON", "INSERT"]) {
            // Legal, and without any effect.
            action(cursor)?;
        } else if cursor.eat(&["MATCH"]) {
            key.match_type = Some(cursor.name()?.to_ascii_uppercase()).filter(|word| word != "SIMPLE");
        } else {
            break;
        }
    }
    key.deferrable = deferrable(cursor);
    Ok(key)
}

fn action(cursor: &mut Cursor<'_, '_>) -> Result<Action, Fault> {
    Action::ALL
        .into_iter()
        .find(|action| cursor.eat(&action.sql().split(' ').collect::<Vec<_>>()))
        .ok_or_else(|| cursor.fault("an action"))
}

fn deferrable(cursor: &mut Cursor<'_, '_>) -> Option<Deferrable> {
    let never = cursor.eat(&["NOT", "DEFERRABLE"]);
    if !never && !cursor.eat(&["DEFERRABLE"]) {
        return None;
    }
    let initially_deferred = cursor.eat(&["INITIALLY", "DEFERRED"]);
    cursor.eat(&["INITIALLY", "IMMEDIATE"]);
    (!never).then_some(Deferrable { initially_deferred })
}
