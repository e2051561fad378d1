//! Where a new revision goes: its parents, labels, dependencies and folder.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::{Context, complete};
use crate::error::{ConfigError, Error, RevisionError};
use crate::revision::{self, History, Line, Lines, Revision, Target};

/// What the command line says of it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Placement {
    /// What it revises, instead of the head of its line: an id, LABEL@head, `heads` (all of them: a merge), or `base` (nothing: a new line); may be given several times
    #[arg(long, value_name = "TARGET", add = complete::targets())]
    head: Vec<String>,
    /// Let it revise what others revise already, which makes a branch
    #[arg(long, requires = "head")]
    splice: bool,
    /// A label that it gives to its line; may be given several times
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// What has to be applied before it without being its parent: an id, or a label; may be given several times
    #[arg(long, value_name = "TARGET", add = complete::names())]
    depends_on: Vec<String>,
    /// Its id, instead of one at random
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of its file, in one that revisions are read from
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    version_path: Option<PathBuf>,
}

/// A place in the history and on disk.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) id: String,
    pub(super) parents: Vec<String>,
    pub(super) branch_labels: Vec<String>,
    pub(super) depends_on: Vec<String>,
    pub(super) folder: PathBuf,
}

impl Placement {
    /// A place that the command line says nothing of.
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty()
            && self.branch_label.is_empty()
            && self.depends_on.is_empty()
            && self.rev_id.is_none()
            && self.version_path.is_none()
    }

    /// Whether `--depends-on` names a revision, by its id or a label.
    pub(super) fn names(&self, history: &History, id: &str) -> bool {
        self.dependencies(history).is_ok_and(|named| {
            named.iter().any(|one| one == id || history.get(one).is_ok_and(|revision| revision.id == id))
        })
    }

    /// The place of a merge.
    pub(super) fn of_merge(branch_label: Vec<String>, rev_id: Option<String>, version_path: Option<PathBuf>) -> Self {
        Self { branch_label, rev_id, version_path, ..Self::default() }
    }

    /// Where a new revision goes, of the branch that a label names, or else of the main line.
    pub(super) fn place(&self, context: &Context, history: &History, branch: Option<&str>) -> Result<Place, Error> {
        let lines = context.lines()?;
        let parents = if self.head.is_empty() { tip(history, &lines, branch)? } else { self.parents(history, branch)? };
        self.on(context, history, &lines, parents, branch)
    }

    /// Where a new revision of these parents goes.
    pub(super) fn on(
        &self,
        context: &Context,
        history: &History,
        lines: &Lines,
        parents: Vec<String>,
        branch: Option<&str>,
    ) -> Result<Place, Error> {
        if let Some(id) = &self.rev_id {
            revision::check_id(id)?;
        }
        let is_new = |label: &&str| !history.all_labels().any(|(known, _)| known == *label);
        let mut branch_labels: Vec<String> = branch.filter(is_new).map(str::to_owned).into_iter().collect();
        for label in &self.branch_label {
            if !branch_labels.contains(label) {
                branch_labels.push(label.clone());
            }
        }
        let line = match branch.map(|label| Line::Branch(label.to_owned())) {
            Some(line) if lines.all().any(|known| known == line) => line,
            _ => lines.of_new(history, &parents, &branch_labels),
        };
        let folder = match &self.version_path {
            Some(path) => self::folder(context, lines, path)?,
            None => lines.folder(&line).to_path_buf(),
        };
        let id = self.rev_id.clone().map_or_else(revision::new_id, Ok)?;
        Ok(Place { id, parents, branch_labels, depends_on: self.dependencies(history)?, folder })
    }

    /// The parents that `--head` names.
    fn parents(&self, history: &History, branch: Option<&str>) -> Result<Vec<String>, Error> {
        let mut found: Vec<(&str, &Revision)> = Vec::new();
        for text in &self.head {
            let of_target = named(history, text)?;
            if of_target.is_empty() && self.head.len() > 1 {
                return Err(RevisionError::Unusable {
                    text: text.clone(),
                    reason: "nothing comes before the first revision, so that there is nothing to merge".to_owned(),
                    help: "leave it out, or the other --head".to_owned(),
                }
                .into());
            }
            found.extend(of_target.into_iter().map(|revision| (text.as_str(), revision)));
        }
        refuse_overlap(history, &found)?;
        if !self.splice {
            found.iter().try_for_each(|(text, revision)| is_head(history, text, revision))?;
        }
        let off_line = |label: &str| found.iter().find(|(_, one)| !history.labels(&one.id).contains(&label)).copied();
        let known = branch.filter(|label| history.all_labels().any(|(known, _)| known == *label));
        if let Some((text, revision)) = known.and_then(off_line) {
            let label = branch.unwrap_or_default();
            return Err(RevisionError::Unusable {
                text: text.to_owned(),
                reason: format!("revision {} is not on the line of {label}", revision.id),
                help: format!("write {label}@head, or leave --branch out"),
            }
            .into());
        }
        Ok(found.into_iter().map(|(_, revision)| revision.id.clone()).collect())
    }

    /// What `--depends-on` names: ids whole, and labels as labels, since a label stays when its line goes on.
    fn dependencies(&self, history: &History) -> Result<Vec<String>, Error> {
        let mut found: Vec<String> = Vec::new();
        for text in &self.depends_on {
            let dependencies = if history.all_labels().any(|(label, _)| label == text) {
                vec![text.clone()]
            } else {
                named(history, text)?.into_iter().map(|revision| revision.id.clone()).collect()
            };
            if dependencies.is_empty() {
                return Err(RevisionError::Unusable {
                    text: text.clone(),
                    reason: "it names no revision to depend on".to_owned(),
                    help: "write a revision id, or a label".to_owned(),
                }
                .into());
            }
            let new: Vec<String> = dependencies.into_iter().filter(|one| !found.contains(one)).collect();
            found.extend(new);
        }
        Ok(found)
    }
}

/// The revisions that a target means, whatever is applied.
pub(super) fn named<'a>(history: &'a History, text: &str) -> Result<Vec<&'a Revision>, Error> {
    let target = Target::parse(text)?;
    if target.reads_ledger() {
        return Err(RevisionError::Unusable {
            text: text.to_owned(),
            reason: "where a file stands in the history does not hang on what a database has applied".to_owned(),
            help: "write a revision id, head, label@head, rev-1".to_owned(),
        }
        .into());
    }
    Ok(history.resolve(&target, &BTreeSet::new())?)
}

/// Refuses revisions of which one stands on another, or that are named twice.
pub(super) fn refuse_overlap(history: &History, found: &[(&str, &Revision)]) -> Result<(), Error> {
    let overlapping = |one: &str, other: &str, reason: String| {
        Err(RevisionError::Overlapping { one: one.to_owned(), other: other.to_owned(), reason }.into())
    };
    for (index, (text, revision)) in found.iter().enumerate() {
        if let Some((other, _)) = found[..index].iter().find(|(_, other)| other.id == revision.id) {
            return overlapping(other, text, format!("both are revision {}", revision.id));
        }
    }
    let ids: Vec<&str> = found.iter().map(|(_, revision)| revision.id.as_str()).collect();
    let Some((upper, lower)) = history.overlap(&ids) else { return Ok(()) };
    let text = |id: &str| found.iter().find(|(_, revision)| revision.id == id).map_or("", |(text, _)| *text);
    overlapping(text(upper), text(lower), format!("{upper} stands on {lower}"))
}

/// Refuses a parent that others revise already.
pub(super) fn is_head(history: &History, text: &str, revision: &Revision) -> Result<(), Error> {
    let children: Vec<&str> = history.children(&revision.id).into_iter().map(|child| child.id.as_str()).collect();
    if children.is_empty() {
        return Ok(());
    }
    let revises = if children.len() == 1 { "revises" } else { "revise" };
    Err(RevisionError::Unusable {
        text: text.to_owned(),
        reason: format!("revision {} is not a head: {} {revises} it", revision.id, children.join(" and ")),
        help: "name a head (`migrate heads`), or branch off here: migrate revision --head TARGET --splice".to_owned(),
    }
    .into())
}

/// What the next revision of a line revises.
fn tip(history: &History, lines: &Lines, branch: Option<&str>) -> Result<Vec<String>, Error> {
    let line = branch.map_or(Line::Main, |label| Line::Branch(label.to_owned()));
    match lines.tips(history, &line).as_slice() {
        [] => Ok(Vec::new()),
        [tip] => Ok(vec![tip.id.clone()]),
        several => {
            let described = several.iter().map(|head| {
                let labels = history.labels(&head.id);
                let labels = if labels.is_empty() { String::new() } else { format!(" [{}]", labels.join(", ")) };
                format!("{}{labels} ({})", head.id, head.message)
            });
            let on = branch.map_or_else(String::new, |label| format!(" on branch {label}"));
            Err(ConfigError::Usage {
                reason: format!("there are {} heads{on}: {}", several.len(), described.collect::<Vec<_>>().join(", ")),
                help: Some(
                    "name one with --head ID or --branch LABEL, or merge them first: migrate merge heads".to_owned(),
                ),
            }
            .into())
        }
    }
}

/// A folder of the command line, which has to be in one that revisions are read from.
fn folder(context: &Context, lines: &Lines, path: &Path) -> Result<PathBuf, Error> {
    let whole = lexical(&context.folder.join(path));
    let read: Vec<PathBuf> = lines.all().map(|line| lexical(&context.folder.join(lines.folder(&line)))).collect();
    let is_read = |root: &PathBuf| {
        let inner = whole.strip_prefix(root).ok()?;
        let hidden = inner.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'));
        (!hidden).then_some(())
    };
    if read.iter().any(|root| is_read(root).is_some()) {
        return Ok(PathBuf::from(context.shown(&whole)));
    }
    let read: BTreeSet<String> = read.iter().map(|root| context.shown(root)).collect();
    Err(ConfigError::Usage {
        reason: format!("{} is in no folder that revisions are read from", path.display()),
        help: Some(format!(
            "choose a folder in {}, or name it in migrate.toml",
            read.into_iter().collect::<Vec<_>>().join(" or ")
        )),
    }
    .into())
}

/// Without `.` and `..`.
fn lexical(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}
