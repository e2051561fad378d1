use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

/// One fault of a revision file or of the graph.
///
/// A `place` is `file:line`.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum RevisionFault {
    /// The file is not a revision file.
    #[error("{path}:{line}: {reason}")]
    #[diagnostic(code(revision::malformed))]
    Malformed {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
        /// What to write.
        #[help]
        help: Option<String>,
    },
    /// The file or folder cannot be read.
    #[error("{path}: cannot be read: {reason}")]
    #[diagnostic(
        code(revision::unreadable),
        help(
            "`migrations` in migrate.toml names a folder; check that it is one, and that this user may read what is in it"
        )
    )]
    Unreadable {
        /// The file or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// Several files have the same id.
    #[error("{place}: revision {id} is also in {}", and(others))]
    #[diagnostic(code(revision::duplicate))]
    Duplicate {
        /// Of the newest.
        place: String,
        /// The id.
        id: String,
        /// The places of the others, the oldest first.
        others: Vec<String>,
        /// Which of them to change, and who names them.
        #[help]
        help: String,
    },
    /// Several revisions carry the same label, or a label is some revision's id.
    #[error("{place}: the branch label `{label}` is taken by {}", and(others))]
    #[diagnostic(code(revision::duplicate_label))]
    DuplicateLabel {
        /// Of the newest that carries it.
        place: String,
        /// The label.
        label: String,
        /// Who else has it, each with its place, the oldest first.
        others: Vec<String>,
        /// Which line to change.
        #[help]
        help: String,
    },
    /// A parent that no file describes.
    #[error("{place}: {} revises {parent}, which no file has", who(id))]
    #[diagnostic(code(revision::missing_parent))]
    MissingParent {
        /// Where it is named.
        place: String,
        /// The revision; empty where its file does not tell.
        id: String,
        /// Its parent.
        parent: String,
        /// What comes close, or where to look.
        #[help]
        help: String,
    },
    /// A dependency that is neither a revision nor a label.
    #[error("{place}: {} depends on {dependency}, which no file has as id or label", who(id))]
    #[diagnostic(code(revision::missing_dependency))]
    MissingDependency {
        /// Where it is named.
        place: String,
        /// The revision; empty where its file does not tell.
        id: String,
        /// What it depends on.
        dependency: String,
        /// What comes close, or where to look.
        #[help]
        help: String,
    },
    /// A revision that names itself.
    #[error("{place}: {} names itself in {key}", who(id))]
    #[diagnostic(code(revision::self_loop), help("take its own id or label out of {key}"))]
    SelfLoop {
        /// Where it does.
        place: String,
        /// The revision.
        id: String,
        /// `down_revision` or `depends_on`.
        key: &'static str,
    },
    /// Revisions that revise each other in a circle.
    #[error("{}", circle(links))]
    #[diagnostic(code(revision::cycle), help("one of these lines has to name another revision, or none"))]
    Cycle {
        /// Each names the next one, and the last the first.
        links: Vec<Link>,
    },
    /// Revisions that wait for each other by way of `depends_on`.
    #[error("{}", circle(links))]
    #[diagnostic(
        code(revision::dependency_cycle),
        help("take a dependency away: nothing can come both before and after another")
    )]
    DependencyCycle {
        /// Each names the next one, and the last the first.
        links: Vec<Link>,
    },
}

/// One tie of a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The file and the line that makes the tie.
    pub place: String,
    /// The revision.
    pub id: String,
    /// `down_revision` or `depends_on`.
    pub key: &'static str,
    /// The id or label that stands there.
    pub name: String,
    /// The revision that is meant.
    pub other: String,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, id, key, name, other } = self;
        let verb = if *key == "depends_on" { "depends on" } else { "revises" };
        write!(f, "{place}: {id} {verb} {name}")?;
        if name == other { Ok(()) } else { write!(f, ", carried by {other}") }
    }
}

impl RevisionFault {
    /// The file, and the line from 1; 0 where the whole file is meant.
    pub fn place(&self) -> (&str, usize) {
        let place = match self {
            Self::Malformed { path, line, .. } => return (path, *line),
            Self::Unreadable { path, .. } => return (path, 0),
            Self::Duplicate { place, .. }
            | Self::DuplicateLabel { place, .. }
            | Self::MissingParent { place, .. }
            | Self::MissingDependency { place, .. }
            | Self::SelfLoop { place, .. } => place,
            Self::Cycle { links } | Self::DependencyCycle { links } => {
                links.first().map(|link| link.place.as_str()).unwrap_or_default()
            }
        };
        let (path, line) = place.rsplit_once(':').unwrap_or((place, ""));
        (path, line.parse().unwrap_or_default())
    }
}

fn who(id: &str) -> String {
    if id.is_empty() { "this revision".to_owned() } else { format!("revision {id}") }
}

/// A list in words; of a long one, the beginning.
pub(crate) fn and(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 10;
    let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(MOST);
    let rest = format!("{more} more");
    if more > 0 {
        names.truncate(MOST);
        names.push(&rest);
    }
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
        None => String::new(),
    }
}

/// All links, a line each; of a long circle, its beginning and its end, since each leads to the next.
fn circle(links: &[Link]) -> String {
    const MOST: usize = 40;
    let (first, rest) = match links.split_first() {
        Some(split) => split,
        None => return String::new(),
    };
    let mut text = format!("{first}, in a circle:");
    let hidden = rest.len().saturating_sub(MOST);
    for (index, link) in rest.iter().enumerate() {
        if hidden > 0 && index == MOST - 1 {
            text.push_str(&format!("\n    ... {} more ...", hidden));
        }
        if hidden == 0 || index < MOST - 1 || index == rest.len() - 1 {
            text.push_str(&format!("\n    {link}"));
        }
    }
    text
}
