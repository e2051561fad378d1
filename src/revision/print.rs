//! A revision as the text of its file.

use std::fmt;

use chrono::SecondsFormat;

use super::file::{Direction, Revision, Section, trimmed};

impl fmt::Display for Revision {
    /// Reading the text back gives the same revision, and printing that the same text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", format!("-- {}", self.message.lines().next().unwrap_or_default()).trim_end())?;
        for line in self.message.lines().skip(1).chain(self.description.lines()) {
            writeln!(f, "{}", format!("-- {line}").trim_end())?;
        }
        writeln!(f, "--")?;
        writeln!(f, "-- revision = {}", text(&self.id))?;
        writeln!(f, "-- down_revision = {}", list(&self.down_revision))?;
        writeln!(f, "-- branch_labels = {}", list(&self.branch_labels))?;
        writeln!(f, "-- depends_on = {}", list(&self.depends_on))?;
        if let Some(created) = &self.created {
            writeln!(f, "-- created = {}", created.to_rfc3339_opts(SecondsFormat::AutoSi, true))?;
        }
        let preamble = trimmed(&self.preamble);
        if !preamble.is_empty() {
            write!(f, "\n{preamble}\n")?;
        }
        for direction in [Direction::Up, Direction::Down] {
            for section in self.sections(direction) {
                print_section(f, direction, section)?;
            }
        }
        Ok(())
    }
}

fn print_section(f: &mut fmt::Formatter<'_>, direction: Direction, section: &Section) -> fmt::Result {
    write!(f, "\n-- migrate:{direction}")?;
    if section.irreversible.is_some() {
        write!(f, " irreversible")?;
    }
    if !section.transaction {
        write!(f, " transaction:false")?;
    }
    for (option, limit) in [("lock_timeout", section.lock_timeout), ("statement_timeout", section.statement_timeout)] {
        if let Some(limit) = limit {
            write!(f, " {option}:{}", humantime::format_duration(limit).to_string().replace(' ', ""))?;
        }
    }
    if let Some(program) = &section.program {
        write!(f, " {program}")?;
    }
    if let Some(dialect) = &section.dialect {
        write!(f, " dialect:{dialect}")?;
    }
    let mut reason = section.irreversible.as_deref().unwrap_or_default().lines();
    if let Some(line) = reason.next() {
        write!(f, " {line}")?;
    }
    writeln!(f)?;
    for line in reason {
        writeln!(f, "{}", format!("-- {line}").trim_end())?;
    }
    let body = trimmed(&section.text);
    if !body.is_empty() && section.irreversible.is_none() {
        writeln!(f, "{body}")?;
    }
    Ok(())
}

/// A TOML string.
fn text(value: &str) -> String {
    toml::Value::String(value.to_owned()).to_string()
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.iter().map(|value| text(value)).collect::<Vec<_>>().join(", "))
}
