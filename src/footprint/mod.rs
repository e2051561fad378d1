//! What a revision's SQL touches, so that it can be told whether two lines of revisions that know nothing of each other
//! get in each other's way.
//!
//! A [`Footprint`] is read from the statements alone: no database is asked, and what they do not say is not guessed. The
//! statements that define things (`CREATE`, `ALTER`, `DROP`, ...) are read by their words, clause by clause; queries
//! and statements that change rows are read by a parser. What is not understood is a [`Doubt`], with its place.

mod alter;
mod clash;
mod create;
mod creator;
mod facts;
mod net;
mod object;
mod object_list;
mod overlap;
mod query;
mod reading;
mod statement;
mod table;
mod words;

use std::borrow::Cow;
use std::collections::BTreeSet;

use rungs_schema::{DialectName, ObjectName};

use crate::dialect::splitter;
use crate::revision::{Direction, Revision, Section};
use reading::Reading;
use words::Words;

pub use clash::Level;
pub use creator::{creator, tables_created};
pub use object::{Kind, Object, Touch, Way};
pub use overlap::{Meeting, Overlap, Party, Unclear};
pub use reading::Doubt;

/// The text of a section, in which each load is a statement that changes the rows of its table.
fn with_loads(section: &Section, dialect: DialectName) -> Cow<'_, str> {
    if section.loads().next().is_none() {
        return Cow::Borrowed(&section.text);
    }
    let quote = match dialect {
        DialectName::Mysql | DialectName::Mariadb => '`',
        DialectName::Sqlite | DialectName::Postgres => '"',
    };
    let quoted = |name: &String| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
    let mut lines: Vec<Cow<'_, str>> = section.text.lines().map(Cow::Borrowed).collect();
    for (line, load) in section.loads() {
        let (schema, table) = &load.table;
        let schema = schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
        if let Some(place) = line.checked_sub(section.line + 1).and_then(|at| lines.get_mut(at)) {
            *place = Cow::Owned(format!("INSERT INTO {schema}{} SELECT 1;", quoted(table)));
        }
    }
    Cow::Owned(lines.join("\n"))
}

/// What applying a revision touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    touches: Vec<Touch>,
    doubts: Vec<Doubt>,
}

impl Footprint {
    /// Reads the section that an engine runs to apply a revision.
    ///
    /// What the revision creates and drops again is not in it, and a table that is built anew and takes the old one's
    /// place is [`Way::Rebuilt`]: a revision is one step for everyone else.
    pub fn of(revision: &Revision, dialect: DialectName) -> Self {
        let mut reading = Reading::new(dialect);
        if let Some(section) = revision.section(Direction::Up, dialect.word()) {
            statement::script(&with_loads(section, dialect), section.line + 1, &mut reading);
        }
        Self { touches: net::touches(dialect, &reading.steps), doubts: reading.doubts }
    }

    /// The objects and how they are touched, in the order of the file. Parts of a new table are not told apart from it.
    pub fn touches(&self) -> &[Touch] {
        &self.touches
    }

    /// The statements that are not understood as a whole.
    pub fn doubts(&self) -> &[Doubt] {
        &self.doubts
    }

    /// The tables that are touched, or a part of which is.
    pub fn tables(&self) -> BTreeSet<ObjectName> {
        let table = |touch: &Touch| match &touch.object {
            Object { table: Some(table), .. } => Some(table.clone()),
            Object { kind: Kind::Table, name, .. } => Some(name.clone()),
            _ => None,
        };
        self.touches.iter().filter_map(table).collect()
    }
}

/// A name as it stands in a string literal: `nextval('shop."Ids"')`.
fn name_in_text(dialect: DialectName, text: &str) -> Option<ObjectName> {
    let tokens = splitter::lexemes(dialect, text).ok()?;
    Words::new(dialect, text, &tokens).name()
}
