//! Graphs of one-letter revisions, and what is asked of them.

use std::collections::BTreeSet;

use rungs::error::RevisionError;
use rungs::revision::{History, Range, Revision, Target};

use crate::command::Project;

/// `d: b c @label >dependency`: a revision, its parents, the labels it carries and what it depends on.
pub fn revision(line: &str) -> Revision {
    let (id, rest) = line.split_once(':').expect("id: parents");
    let mut revision = Revision::new(id.trim(), format!("About {}", id.trim()));
    revision.path = format!("{}.sql", id.trim()).into();
    for word in rest.split_whitespace() {
        match word.split_at(1) {
            ("@", label) => revision.branch_labels.push(label.to_owned()),
            (">", dependency) => revision.depends_on.push(dependency.to_owned()),
            _ => revision.down_revision.push(word.to_owned()),
        }
    }
    revision
}

pub fn build(lines: &[&str]) -> Result<History, RevisionError> {
    History::new(lines.iter().map(|line| revision(line)).collect())
}

pub fn history(lines: &[&str]) -> History {
    build(lines).unwrap_or_else(|error| panic!("{error:?}"))
}

pub fn set(ids: &str) -> BTreeSet<String> {
    ids.split_whitespace().map(str::to_owned).collect()
}

fn joined(ids: Vec<String>) -> String {
    ids.join(" ")
}

/// The steps, and the heads afterwards: `c d -> d`.
pub fn up(history: &History, applied: &str, target: &str) -> String {
    let mut applied = set(applied);
    let steps = match Target::parse(target).and_then(|target| history.upgrade_route(&applied, &target)) {
        Ok(steps) => steps,
        Err(error) => return error.to_string(),
    };
    let steps: Vec<String> = steps.iter().map(|step| step.revision.id.clone()).collect();
    applied.extend(steps.iter().cloned());
    format!("{} -> {}", joined(steps), joined(history.applied_heads(&applied)))
}

pub fn down(history: &History, applied: &str, target: &str) -> String {
    let mut applied = set(applied);
    let steps = match Target::parse(target).and_then(|target| history.downgrade_route(&applied, &target)) {
        Ok(steps) => steps,
        Err(error) => return error.to_string(),
    };
    let steps: Vec<String> = steps.iter().map(|step| step.revision.id.clone()).collect();
    applied.retain(|id| !steps.contains(id));
    format!("{} -> {}", joined(steps), joined(history.applied_heads(&applied)))
}

/// The revisions of a range, newest first.
pub fn range(history: &History, applied: &str, range: &str) -> String {
    match Range::parse(range).and_then(|range| history.range(&range, &set(applied))) {
        Ok(revisions) => joined(revisions.iter().map(|revision| revision.id.clone()).collect()),
        Err(error) => error.to_string(),
    }
}

/// What a target means, and the help where it means nothing: `error | help`.
pub fn resolve(history: &History, applied: &str, target: &str) -> String {
    use miette::Diagnostic as _;
    match Target::parse(target).and_then(|target| history.resolve(&target, &set(applied))) {
        Ok(revisions) => joined(revisions.iter().map(|revision| revision.id.clone()).collect()),
        Err(error) => format!("{error} | {}", error.help().map(|help| help.to_string()).unwrap_or_default()),
    }
}

/// A project on an SQLite file of its own, with these revisions as files.
pub fn project(lines: &[&str]) -> Project {
    let project = Project::empty();
    project.write("migrate.toml", "database_url = \"sqlite://app.db\"\n");
    write(&project, lines);
    project
}

/// Writes the revisions as files.
pub fn write(project: &Project, lines: &[&str]) {
    for line in lines {
        let revision = revision(line);
        project.write(&format!("migrations/{}.sql", revision.id), &revision.to_string());
    }
}
