//! Names that no file has.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Revision;
use super::build::{Names, named};
use super::edit_distance::did_you_mean;
use super::graph::Tie;
use crate::error::RevisionFault;

/// How many of them are looked at closely; each is compared with all ids, and many are missing for one reason.
const SEARCHED: usize = 50;

/// What of the files could not be read, and so may hold any name.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) path: PathBuf,
    /// What is known of it: the words of a file's name and of the lines that were not understood. Of a folder, nothing.
    pub(super) words: Option<String>,
}

impl Unread {
    /// Whether the one that is looked for is probably in here. To say that it is missing as well would tell one fault
    /// twice, and wrongly.
    fn has(&self, name: &str) -> bool {
        let Some(words) = &self.words else { return true };
        let is_inside = |c: char| c.is_alphanumeric();
        words.match_indices(name).any(|(at, found)| {
            let (before, after) = (&words[..at], &words[at + found.len()..]);
            !before.ends_with(is_inside) && !after.starts_with(is_inside)
        })
    }
}

/// A name in a header that leads nowhere.
pub(super) struct Missing<'a> {
    pub(super) revision: &'a Revision,
    pub(super) tie: Tie,
    pub(super) name: &'a str,
}

pub(super) fn faults(names: &Names<'_>, unread: &[Unread], mut missing: Vec<Missing<'_>>) -> Vec<RevisionFault> {
    missing.retain(|one| !one.name.is_empty() && !unread.iter().any(|unread| unread.has(one.name)));
    missing.sort_by_key(|one| (one.revision.path.as_os_str(), one.tie, one.name));
    let mut helps: HashMap<(Tie, &str), String> = HashMap::new();
    let mut faults = Vec::with_capacity(missing.len());
    for Missing { revision, tie, name } in missing {
        let look = || help(names, unread, tie, name);
        let help = match helps.get(&(tie, name)) {
            Some(help) => help.clone(),
            None if helps.len() < SEARCHED => helps.entry((tie, name)).or_insert_with(look).clone(),
            None => otherwise(unread),
        };
        let (_, _, line) = named(revision, tie);
        let (place, id, name) = (revision.place(line), revision.id.clone(), name.to_owned());
        faults.push(match tie {
            Tie::Parent => RevisionFault::MissingParent { place, id, parent: name, help },
            Tie::Dependency => RevisionFault::MissingDependency { place, id, dependency: name, help },
        });
    }
    faults
}

/// What may have been meant: what carries the name, what begins so, whose file is called so, what comes close.
fn help(names: &Names<'_>, unread: &[Unread], tie: Tie, name: &str) -> String {
    if let Some(carrier) = names.labels.get(name) {
        let id = &names.revision(*carrier).id;
        return format!("`{name}` is a branch label, and a parent is named by its id; {id} carries the label");
    }
    if name.contains(['@', '+', ':']) {
        return "a file names ids and labels; targets are for the command line".to_owned();
    }
    let mut longer: Vec<&str> = names.ids.keys().copied().filter(|id| id.starts_with(name)).collect();
    longer.sort_unstable();
    match longer.as_slice() {
        [] => {}
        [only] => return format!("did you mean {only}? A file names the whole id"),
        several => {
            let some = several.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            return format!("{} ids begin so ({some}, ...); a file names the whole id", several.len());
        }
    }
    let file = name.strip_suffix(".sql").unwrap_or(name);
    let is_called = |revision: &&Revision| revision.path.file_stem().is_some_and(|stem| stem == file);
    if let Some(revision) = names.revisions.iter().find(|revision| is_called(revision) && !revision.id.is_empty()) {
        return format!("did you mean {}, the id in {}?", revision.id, revision.path.display());
    }
    let labels = names.labels.keys().filter(|_| tie == Tie::Dependency);
    did_you_mean(name, names.ids.keys().chain(labels).copied(), &otherwise(unread))
}

fn otherwise(unread: &[Unread]) -> String {
    match unread {
        [] => "is its file missing from this checkout, or its folder from migrate.toml?".to_owned(),
        [first, ..] => {
            format!(
                "is it in {}, which cannot be read? Or is its file missing from this checkout?",
                first.path.display()
            )
        }
    }
}
