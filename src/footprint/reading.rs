//! What has been read of a script, statement by statement.

use rungs_schema::{DialectName, ObjectName};

use super::object::{Object, Way};
use super::words::Words;

/// One thing that a statement does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Touch {
        object: Object,
        way: Way,
        line: usize,
    },
    /// A table is only there for the session.
    Temporary(ObjectName),
    /// The values of a column of a new table are computed.
    Computed(Object),
    /// The rows of a table are copied into another.
    Copy(Copy),
}

#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub from: ObjectName,
    pub to: ObjectName,
    /// The columns that are filled, each with the columns that its value is made of.
    pub columns: Vec<(String, Vec<String>)>,
}

/// A statement that is not understood as a whole, so that it may touch more than a footprint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The line in the revision's file, from 1.
    pub line: usize,
    /// The beginning of the statement.
    pub statement: String,
    /// What is not known of it.
    pub reason: String,
}

#[derive(Debug)]
pub(super) struct Reading {
    pub dialect: DialectName,
    pub steps: Vec<Step>,
    pub doubts: Vec<Doubt>,
    /// The line of the file before the statement that is being read.
    offset: usize,
    statement: String,
}

impl Reading {
    pub fn new(dialect: DialectName) -> Self {
        Self { dialect, steps: Vec::new(), doubts: Vec::new(), offset: 0, statement: String::new() }
    }

    /// Goes on to a statement that begins on a line of the file.
    pub fn begin(&mut self, line: usize, sql: &str) {
        self.offset = line.saturating_sub(1);
        self.statement = shortened(sql);
    }

    /// The line of the file on which a line of the statement stands.
    pub fn file_line(&self, line: usize) -> usize {
        self.offset + line
    }

    /// Takes over what runs later: what it names has to be there.
    pub fn take_as_references(&mut self, other: Self) {
        for step in other.steps {
            if let Step::Touch { object, line, .. } = step {
                self.steps.push(Step::Touch { object, way: Way::Referenced, line });
            }
        }
        self.doubts.extend(other.doubts);
    }

    pub fn touch(&mut self, object: Object, way: Way, line: usize) {
        self.steps.push(Step::Touch { object, way, line: self.file_line(line) });
    }

    pub fn references(&mut self, table: &ObjectName, columns: impl IntoIterator<Item = String>, line: usize) {
        for column in columns {
            self.touch(Object::column(table, column), Way::Referenced, line);
        }
    }

    pub fn doubt(&mut self, words: &Words<'_>, reason: impl Into<String>) {
        self.doubt_at(words.line(), reason);
    }

    pub fn doubt_at(&mut self, line: usize, reason: impl Into<String>) {
        let doubt = Doubt { line: self.file_line(line), statement: self.statement.clone(), reason: reason.into() };
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }
}

/// The beginning of a statement, on one line.
pub(super) fn shortened(sql: &str) -> String {
    const MOST: usize = 60;
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", line[..end].trim_end()),
        None => line,
    }
}
