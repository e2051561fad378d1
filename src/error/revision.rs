use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::RevisionFault;

/// What can be wrong with revision files and with what is asked of their graph.
#[derive(Debug, Error, Diagnostic)]
pub enum RevisionError {
    /// Files or their graph have faults; all that were found are in here.
    #[error("the revision files have {} fault{}", faults.len(), if faults.len() == 1 { "" } else { "s" })]
    #[diagnostic(code(revision::invalid))]
    Invalid {
        /// Each with its file and line.
        #[related]
        faults: Vec<RevisionFault>,
    },
    /// New files would break the history, and were not written.
    #[error("{} would break the history: nothing is written", files.join(", "))]
    #[diagnostic(code(revision::would_break), help("change what each fault names, then run it again"))]
    WouldBreak {
        /// The files that would have been.
        files: Vec<String>,
        /// What would be wrong, each with its file and line.
        #[related]
        faults: Vec<RevisionFault>,
    },
    /// A folder of revisions is not there.
    #[error("there is no folder {path}")]
    #[diagnostic(
        code(revision::folder),
        help("check `migrations` in migrate.toml, or make the first revision, which creates it")
    )]
    Folder {
        /// The folder.
        path: String,
    },
    /// A new revision file would take the place of one that is there.
    #[error("{path} is there already")]
    #[diagnostic(code(revision::exists), help("give another message, or put {{id}} into `file_template`"))]
    Exists {
        /// The file.
        path: String,
    },
    /// A revision file cannot be written.
    #[error("cannot write {path}: {reason}")]
    #[diagnostic(code(revision::write), help("check that the folder is there, is writable, and has space"))]
    Write {
        /// The file.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// A name for new files that cannot be used.
    #[error("file_template `{template}`: {reason}")]
    #[diagnostic(
        code(revision::template),
        help(
            "the tokens are {{date}}, {{time}}, {{epoch}}, {{slug}} and {{id}}; the default is {{date}}_{{slug}}_{{id}}"
        )
    )]
    Template {
        /// The template.
        template: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A word that is no target.
    #[error("`{text}` is not a target: {reason}")]
    #[diagnostic(
        code(target::malformed),
        help(
            "write a revision id or its beginning, head, heads, base, a label, label@head, label@base, current, +2, -1, rev+1, rev-1 or label@+1"
        )
    )]
    Malformed {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text that is no range.
    #[error("`{text}` is not a range: {reason}")]
    #[diagnostic(code(target::malformed_range))]
    MalformedRange {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: String,
        /// What to write.
        #[help]
        help: String,
    },
    /// No revision has this id, and no branch this label.
    #[error("no revision or branch label is called `{text}`")]
    #[diagnostic(code(target::unknown))]
    Unknown {
        /// What was asked for.
        text: String,
        /// What comes close, or where to look.
        #[help]
        help: String,
    },
    /// More than one revision is meant.
    #[error("`{text}` is ambiguous: {reason}:{}", candidates.iter().map(|one| format!("\n    {one}")).collect::<String>())]
    #[diagnostic(code(target::ambiguous))]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// In which way it is ambiguous.
        reason: String,
        /// The revisions it may be: how to name it, its id, its message.
        candidates: Vec<String>,
        /// What to write instead.
        #[help]
        help: String,
    },
    /// A relative target that leaves the history.
    #[error("`{text}` goes {} step{} too far: {reason}", too_far, if *too_far == 1 { "" } else { "s" })]
    #[diagnostic(code(target::too_far), help("`migrate history` shows what is there"))]
    TooFar {
        /// What was asked for.
        text: String,
        /// How many steps have no revision.
        too_far: usize,
        /// Where the line ends.
        reason: String,
    },
    /// The target does not fit the direction or the branch.
    #[error("`{text}` cannot be used here: {reason}")]
    #[diagnostic(code(target::unusable))]
    Unusable {
        /// What was asked for.
        text: String,
        /// Why not.
        reason: String,
        /// What to write instead.
        #[help]
        help: String,
    },
    /// Of several targets, one stands on another, or two are the same.
    #[error("`{one}` and `{other}` overlap: {reason}")]
    #[diagnostic(code(target::overlapping), help("name one of them: the newer brings all that it stands on with it"))]
    Overlapping {
        /// The one, as it was written.
        one: String,
        /// The other, as it was written.
        other: String,
        /// In which way: `d stands on b`.
        reason: String,
    },
    /// A downgrade that would do nothing.
    #[error("`{text}` reverts nothing: {reason}")]
    #[diagnostic(code(target::nothing_to_revert), help("`migrate current` shows what is applied"))]
    NothingToRevert {
        /// What was asked for.
        text: String,
        /// Why nothing is to be done.
        reason: String,
    },
    /// A program was built before files were added.
    #[error("the program was built without {}", files.join(", "))]
    #[diagnostic(
        code(revision::not_embedded),
        help(
            "build it again; `println!(\"cargo::rerun-if-changed=migrations\");` in its build.rs lets Cargo see that files \
             are added"
        )
    )]
    NotEmbedded {
        /// The files.
        files: Vec<String>,
    },
    /// The database knows revisions that the files don't, and they are in the way.
    #[error("the database has revisions that no file describes: {}", list(revisions))]
    #[diagnostic(code(target::no_file), help("{}", way_on(known)))]
    NoFile {
        /// The rows of the ledger.
        revisions: Vec<WithoutFile>,
        /// The targets of what is applied and has a file.
        known: String,
    },
    /// What is to be applied would come after a revision that stands on it, and that no file describes.
    #[error("{revision} is not applied, but what stands on it is, and no file describes it: {}", list(rows))]
    #[diagnostic(code(target::below_no_file), help("{}", way_on(known)))]
    BelowNoFile {
        /// The revision.
        revision: String,
        /// The rows of the ledger.
        rows: Vec<WithoutFile>,
        /// The targets of what is applied and has a file.
        known: String,
    },
}

fn way_on(known: &str) -> String {
    format!(
        "they were applied from another checkout: get their files, or downgrade there; where they are gone for good, \
         `migrate stamp {known} --purge` writes the ledger anew without them"
    )
}

/// A row of the ledger whose revision no file describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithoutFile {
    /// The revision's id.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// When it was applied.
    pub applied_at: String,
    /// What it stands on that the call is about.
    pub stands_on: Option<String>,
}

impl fmt::Display for WithoutFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.revision)?;
        if !self.message.is_empty() {
            write!(f, " ({})", self.message)?;
        }
        write!(f, ", applied at {}", self.applied_at)?;
        if let Some(below) = &self.stands_on {
            write!(f, ", which stands on {below}")?;
        }
        Ok(())
    }
}

fn list(rows: &[WithoutFile]) -> String {
    rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
