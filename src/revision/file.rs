use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::data::{DataMark, DataStep, Load};

/// Which way a revision runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Applying.
    Up,
    /// Reverting.
    Down,
}

impl Direction {
    /// `up` or `down`, as in a marker and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One step in the history: its place in the graph, and what it does in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// 12 hex digits by default.
    pub id: String,
    /// The first line of the file.
    pub message: String,
    /// Further lines of the comment before the header's keys.
    pub description: String,
    /// The ids of its parents: none for a base, several for a merge.
    pub down_revision: Vec<String>,
    /// Labels that this revision gives to its line.
    pub branch_labels: Vec<String>,
    /// Ids or labels of what must be applied before it without being its parent.
    pub depends_on: Vec<String>,
    /// When it was written.
    pub created: Option<DateTime<Utc>>,
    /// Comment lines between the header and the first marker.
    pub preamble: String,
    /// What applies it: one section, or one for each engine.
    pub up: Vec<Section>,
    /// What reverts it.
    pub down: Vec<Section>,
    /// The file.
    pub path: PathBuf,
    /// Where the header's keys stand in the file.
    pub lines: HeaderLines,
    /// The file has no header of ours, as those of dbmate: its id is the number that its name begins with, and it
    /// revises the file before it in the same folder.
    pub ordered_by_name: bool,
}

/// The lines on which the header's keys stand, from 1; where a key is missing, 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the key of that name")]
pub struct HeaderLines {
    pub revision: usize,
    pub down_revision: usize,
    pub branch_labels: usize,
    pub depends_on: usize,
}

impl Default for HeaderLines {
    fn default() -> Self {
        Self { revision: 1, down_revision: 1, branch_labels: 1, depends_on: 1 }
    }
}

/// The text after one marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Only for this engine (`dialect:postgres`).
    pub dialect: Option<String>,
    /// `transaction:false` clears it: the statements then run one by one.
    pub transaction: bool,
    /// For how long a statement may wait for a lock (`lock_timeout:5s`); `None` for what holds for the run.
    pub lock_timeout: Option<Duration>,
    /// For how long a statement may run (`statement_timeout:10min`); `None` for what holds for the run.
    pub statement_timeout: Option<Duration>,
    /// A step in Rust follows the statements: `program:NAME`, as the file says it, with the program that takes it.
    pub program: Option<String>,
    /// The line of the marker, from 1. Line n of the text is line `line + n` of the file.
    pub line: usize,
    /// The SQL with its comments, lines ended by `\n`.
    pub text: String,
    /// Why it cannot be reverted; such a section has no SQL.
    pub irreversible: Option<String>,
    /// Places at which a person has to edit before it may run.
    pub edits: Vec<EditMark>,
    /// Batches and loads, in the order of their lines.
    pub data: Vec<DataMark>,
}

/// A line `-- migrate:edit <reason>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditMark {
    /// The line in the file, from 1.
    pub line: usize,
    /// What a person has to decide.
    pub reason: String,
}

impl Section {
    /// A section with SQL in it, as in a new file.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            dialect: None,
            transaction: true,
            lock_timeout: None,
            statement_timeout: None,
            program: None,
            line: 0,
            text: text.into(),
            irreversible: None,
            edits: Vec::new(),
            data: Vec::new(),
        }
    }

    /// A down section that says why there is none.
    pub fn irreversible(reason: impl Into<String>) -> Self {
        Self { irreversible: Some(reason.into()), ..Self::new("") }
    }

    pub(super) fn loads_mut(&mut self) -> impl Iterator<Item = &mut Load> {
        self.data.iter_mut().filter_map(|mark| match &mut mark.step {
            DataStep::Load(load) => Some(load),
            DataStep::Batch(_) => None,
        })
    }

    /// The loads, with the line of each.
    pub fn loads(&self) -> impl Iterator<Item = (usize, &Load)> {
        self.data.iter().filter_map(|mark| match &mark.step {
            DataStep::Load(load) => Some((mark.line, load)),
            DataStep::Batch(_) => None,
        })
    }
}

impl Revision {
    /// A revision without SQL and without parents.
    pub fn new(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            message: message.into(),
            description: String::new(),
            down_revision: Vec::new(),
            branch_labels: Vec::new(),
            depends_on: Vec::new(),
            created: None,
            preamble: String::new(),
            up: vec![Section::new("")],
            down: vec![Section::new("")],
            path: PathBuf::new(),
            lines: HeaderLines::default(),
            ordered_by_name: false,
        }
    }

    /// The sections of a direction.
    pub fn sections(&self, direction: Direction) -> &[Section] {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// The section that an engine runs: its own, else (for MariaDB) that of MySQL, else the one for all.
    pub fn section(&self, direction: Direction, dialect: &str) -> Option<&Section> {
        let sections = self.sections(direction);
        let of = |wanted: Option<&str>| sections.iter().find(|section| section.dialect.as_deref() == wanted);
        let family = if dialect == "mariadb" { of(Some("mysql")) } else { None };
        of(Some(dialect)).or(family).or_else(|| of(None))
    }

    /// `file:line`, for messages.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }

    /// What identifies the text of both directions: SHA-256 in hex. Line endings, blanks at line ends, blank lines at
    /// the ends of a section, and the header do not count, so that neither a checkout with other line endings nor a
    /// new parent makes an applied revision look edited.
    pub fn checksum(&self) -> String {
        let all = |direction| self.sections(direction).iter().map(move |section| (direction, section));
        let sections = all(Direction::Up).chain(all(Direction::Down));
        digest(
            sections.map(|(direction, section)| (direction, section.dialect.as_deref().unwrap_or_default(), section)),
        )
    }

    /// As [`checksum`](Self::checksum), of what one engine runs: a section for another engine that is added or changed
    /// later is nothing that this engine's databases have seen. The same as `checksum` where no section names an
    /// engine.
    pub fn checksum_on(&self, dialect: &str) -> String {
        let run = |direction| self.section(direction, dialect).map(|section| (direction, "", section));
        digest([Direction::Up, Direction::Down].into_iter().filter_map(run))
    }
}

fn digest<'s>(sections: impl Iterator<Item = (Direction, &'s str, &'s Section)>) -> String {
    let mut hash = Sha256::new();
    for (direction, dialect, section) in sections {
        hash.update(format!("-- migrate:{direction} {dialect}\n"));
        if let Some(reason) = &section.irreversible {
            hash.update(format!("irreversible {reason}\n"));
        }
        if section.program.is_some() {
            hash.update("program\n");
        }
        for line in trimmed(&section.text).lines() {
            hash.update(line.trim_end());
            hash.update("\n");
        }
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A section's text without blank lines at its ends and without trailing blanks.
pub(super) fn trimmed(text: &str) -> &str {
    let text = text.trim_end();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    &text[start..]
}
