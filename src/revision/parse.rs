//! The text of a file as a revision.

use std::path::Path;

use super::data::{Batch, DataMark, DataStep, Load};
use super::file::{Direction, EditMark, Revision, Section};
use super::header;
use crate::error::RevisionFault;

/// The engines a section can be for. The words are those of `rungs_schema::DialectName`, which this stage does not
/// import because nothing in it depends on an engine.
const DIALECTS: [&str; 4] = ["sqlite", "postgres", "mysql", "mariadb"];

/// The faults of one file, as they are found.
pub(super) struct Faults<'a> {
    path: &'a Path,
    pub(super) found: Vec<RevisionFault>,
    /// What of the header was not understood.
    pub(super) unread: String,
}

impl Faults<'_> {
    pub(super) fn add(&mut self, line: usize, reason: impl Into<String>, help: Option<&str>) {
        self.found.push(RevisionFault::Malformed {
            path: self.path.display().to_string(),
            line,
            reason: reason.into(),
            help: help.map(str::to_owned),
        });
    }
}

/// What was understood of a file.
pub(super) struct Reading {
    /// Its id is empty where the file does not tell it.
    pub(super) revision: Revision,
    /// What of the header was not understood.
    pub(super) unread: String,
    pub(super) faults: Vec<RevisionFault>,
}

/// A line `-- migrate:<word> <rest>`.
struct Marker<'a> {
    word: &'a str,
    rest: &'a str,
}

impl<'a> Marker<'a> {
    /// An indented marker counts too: taken for a comment, it would let the wrong half of a file run.
    fn read(line: &'a str) -> Option<Self> {
        let rest = line.trim().strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
        let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        Some(Self { word, rest: rest.trim() })
    }
}

impl Revision {
    /// Reads a file's text. Its path gives the id where the file has no header of ours.
    ///
    /// # Errors
    /// All faults of the file, each with its line.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<RevisionFault>> {
        let Reading { revision, faults, .. } = Self::read(path, text);
        if faults.is_empty() { Ok(revision) } else { Err(faults) }
    }

    /// What can be understood of a file, with all its faults: those of the graph are found beside those of its files.
    pub(super) fn read(path: &Path, text: &str) -> Reading {
        let mut faults = Faults { path, found: Vec::new(), unread: String::new() };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let lines: Vec<&str> = text.lines().collect();
        let first_marker = lines.iter().position(|line| Marker::read(line).is_some()).unwrap_or(lines.len());
        let mut revision = Self::new("", "");
        revision.path = path.to_path_buf();
        let header_end = header::read(&mut revision, &lines[..first_marker], &mut faults);
        let between = &lines[header_end..first_marker];
        for (index, line) in between.iter().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with("--") {
                let help = "move it below the marker, or make it a comment";
                faults.add(header_end + index + 1, "what stands before `-- migrate:up` would never run", Some(help));
                break;
            }
        }
        revision.preamble = super::file::trimmed(&between.join("\n")).to_owned();
        read_sections(&mut revision, &lines, first_marker, &mut faults);
        Reading { revision, unread: faults.unread, faults: faults.found }
    }
}

/// Cuts the file at its markers.
fn read_sections(revision: &mut Revision, lines: &[&str], first_marker: usize, faults: &mut Faults<'_>) {
    let mut sections: Vec<(Direction, Section)> = Vec::new();
    let mut texts: Vec<Vec<&str>> = Vec::new();
    for (index, line) in lines.iter().enumerate().skip(first_marker) {
        let number = index + 1;
        match Marker::read(line) {
            Some(Marker { word: "up", rest }) => {
                sections.push((Direction::Up, section(Direction::Up, rest, number, faults)));
                texts.push(Vec::new());
            }
            Some(Marker { word: "down", rest }) => {
                sections.push((Direction::Down, section(Direction::Down, rest, number, faults)));
                texts.push(Vec::new());
            }
            marker => {
                let Some((_, section)) = sections.last_mut() else {
                    faults.add(number, format!("`{}` stands before the first section", line.trim()), None);
                    continue;
                };
                match marker {
                    Some(Marker { word: "edit", rest }) => {
                        let reason = if rest.is_empty() { "a person has to edit here" } else { rest };
                        section.edits.push(EditMark { line: number, reason: reason.to_owned() });
                    }
                    Some(Marker { word: word @ ("batch" | "load"), rest }) => {
                        data_mark(section, word, rest, number, faults);
                    }
                    Some(Marker { word, .. }) => {
                        let help = "the markers are `-- migrate:up`, `-- migrate:down`, `-- migrate:edit <reason>`, \
                                    `-- migrate:batch` and `-- migrate:load`";
                        faults.add(number, format!("there is no marker `migrate:{word}`"), Some(help));
                    }
                    None => {}
                }
                if let Some(text) = texts.last_mut() {
                    text.push(line);
                }
            }
        }
    }
    for ((direction, mut section), text) in sections.into_iter().zip(texts) {
        if section.irreversible.is_some() {
            section.irreversible = Some(reason_of(&section, &text, faults));
        } else {
            section.text = text.join("\n");
            if !section.text.is_empty() {
                section.text.push('\n');
            }
        }
        add_section(revision, direction, section, faults);
    }
    demand_both(revision, lines.len().max(1), faults);
}

/// A batch or a load.
fn data_mark(section: &mut Section, word: &str, rest: &str, line: usize, faults: &mut Faults<'_>) {
    let mut found = Vec::new();
    let step = match word {
        "batch" => Some(DataStep::Batch(Batch::read(rest, &mut found))),
        _ => Load::read(rest, &mut found).map(DataStep::Load),
    };
    if section.irreversible.is_some() {
        found.push((
            format!("`migrate:{word}` in a section that is marked irreversible"),
            Some("take `irreversible` away, or the step"),
        ));
    } else if word == "batch" && section.transaction {
        let help = "put `transaction:false` behind the marker of the section";
        found.push(("a batch commits each of its rounds, and this section is one transaction".to_owned(), Some(help)));
    }
    for (reason, help) in found {
        faults.add(line, reason, help);
    }
    section.data.extend(step.map(|step| DataMark { line, step }));
}

/// Reads what follows a marker on its line.
fn section(direction: Direction, rest: &str, line: usize, faults: &mut Faults<'_>) -> Section {
    let mut section = Section { line, ..Section::new("") };
    let mut rest = rest;
    while !rest.is_empty() {
        let (word, tail) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(word, tail)| (word, tail.trim()));
        match word.split_once(':') {
            None if word == "irreversible" && direction == Direction::Down => {
                section.irreversible = Some(String::new());
            }
            Some(("transaction", value)) => match value {
                "true" => section.transaction = true,
                "false" => section.transaction = false,
                other => faults.add(line, format!("`transaction:{other}` is neither true nor false"), None),
            },
            Some((option @ ("lock_timeout" | "statement_timeout"), value)) => match humantime::parse_duration(value) {
                Ok(limit) if option == "lock_timeout" => section.lock_timeout = Some(limit),
                Ok(limit) => section.statement_timeout = Some(limit),
                Err(error) => {
                    let help = "write a number with its unit, without a space: 500ms, 5s, 10min; 0s is no limit";
                    faults.add(line, format!("`{option}:{value}` is no time: {error}"), Some(help));
                }
            },
            Some(("program", name)) if is_name(name) => section.program = Some(word.to_owned()),
            Some(("program", name)) => {
                let help =
                    "name the program that takes the step: letters, digits, `-`, `_` and `.`, as in `program:billing`";
                faults.add(line, format!("`{name}` is no name of a program"), Some(help));
            }
            Some(("dialect", value)) if DIALECTS.contains(&value) => section.dialect = Some(value.to_owned()),
            Some(("dialect", value)) => {
                faults.add(line, format!("there is no engine `{value}`"), Some("sqlite, postgres, mysql or mariadb"));
            }
            _ if section.irreversible.is_some() => {
                section.irreversible = Some(rest.to_owned());
                return section;
            }
            _ => {
                let help = "the options are transaction:false, lock_timeout:5s, statement_timeout:10min, program:NAME, \
                            dialect:ENGINE and, after down, irreversible";
                faults.add(line, format!("`migrate:{direction}` has no option `{word}`"), Some(help));
            }
        }
        rest = tail;
    }
    section
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

/// Why a revision cannot be reverted: the rest of the marker's line and the comment lines below it.
fn reason_of(section: &Section, text: &[&str], faults: &mut Faults<'_>) -> String {
    let mut reason = section.irreversible.clone().unwrap_or_default();
    for (index, line) in text.iter().enumerate() {
        let line = line.trim();
        let Some(comment) = line.strip_prefix("--") else {
            if !line.is_empty() {
                let help = "take `irreversible` away, or the SQL";
                faults.add(section.line + index + 1, "SQL in a section that is marked irreversible", Some(help));
                break;
            }
            continue;
        };
        if !reason.is_empty() {
            reason.push('\n');
        }
        reason.push_str(comment.trim());
    }
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        let help = "write it after the word: `-- migrate:down irreversible the values are gone`";
        faults.add(section.line, "`migrate:down irreversible` gives no reason", Some(help));
    }
    reason
}

fn add_section(revision: &mut Revision, direction: Direction, section: Section, faults: &mut Faults<'_>) {
    let sections = match direction {
        Direction::Up => &mut revision.up,
        Direction::Down => &mut revision.down,
    };
    // A new revision begins with one empty section in each direction, at line 0.
    sections.retain(|known| known.line > 0);
    if let Some(first) = sections.iter().find(|known| known.dialect == section.dialect) {
        let whose = section.dialect.as_ref().map(|dialect| format!(" for {dialect}")).unwrap_or_default();
        let reason = format!("a second `migrate:{direction}`{whose}; the first is on line {}", first.line);
        faults.add(section.line, reason, Some("join the two, or give one of them a `dialect:`"));
    } else {
        sections.push(section);
    }
}

fn demand_both(revision: &Revision, last_line: usize, faults: &mut Faults<'_>) {
    for direction in [Direction::Up, Direction::Down] {
        if revision.sections(direction).iter().all(|section| section.line == 0) {
            let help = match direction {
                Direction::Up => "put it on a line of its own before the SQL",
                Direction::Down => {
                    "put it before the SQL that reverts, or write `-- migrate:down irreversible` with the reason"
                }
            };
            faults.add(last_line, format!("the marker `-- migrate:{direction}` is missing"), Some(help));
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_words_for_engines_are_those_of_the_nouns() {
        assert_eq!(super::DIALECTS, rungs_schema::DialectName::ALL.map(rungs_schema::DialectName::word));
    }
}
