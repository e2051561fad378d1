//! What a shell completes: revision ids, labels, and the names in the configuration.
//!
//! A shell asks while a person types. So the answer is quick and quiet: no database is asked, no error is told, and where
//! the project cannot be read there is no candidate. A constructor in here is attached to an argument by `add`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};

use super::completions::SHELLS;
use super::ui::{Format, Ui};
use super::{Arguments, VARIABLE};
use crate::config::{Config, Overrides};
use crate::revision::{History, Revision};

/// How many revisions are offered to somebody who has written nothing of an id yet.
const NEWEST: usize = 100;

/// Answers a shell, where one asks; else this is a run like any other.
pub(super) fn answer() -> Option<ExitCode> {
    let is_asked = !words().is_empty();
    let folder = std::env::current_dir().ok();
    let completer = CompleteEnv::with_factory(Arguments::command).var(VARIABLE).shells(SHELLS);
    match completer.try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        // There is a person at the prompt, in the middle of a line.
        Err(_) if is_asked => Some(ExitCode::from(1)),
        Err(error) => {
            Ui { format: Format::Text, quiet: false }.wrong_arguments(&error);
            Some(ExitCode::from(2))
        }
    }
}

/// Places in the history.
pub(super) fn targets() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| target_candidates(&current.to_string_lossy()))
}

/// The two ends of a range.
pub(super) fn ranges() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_string_lossy();
        let (from, to) = current.split_at(current.rfind(':').map_or(0, |colon| colon + 1));
        prefixed(from, target_candidates(to))
    })
}

/// What another revision may depend on: ids and labels.
pub(super) fn names() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(history) = Project::find().and_then(|project| project.history()) else { return Vec::new() };
        let current = current.to_string_lossy();
        let labels = history.all_labels().map(|(label, carrier)| offer(label.to_owned(), carrier));
        matching(&current, labels.chain(ids(&history, &current)))
    })
}

/// Branches: the labels of the history, and those of the configuration.
pub(super) fn branches() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Some(project) = Project::find() else { return Vec::new() };
        let history = project.history().unwrap_or_default();
        let known = |label: &String| history.all_labels().any(|(other, _)| other == label);
        let labels = history.all_labels().map(|(label, carrier)| offer(label.to_owned(), carrier));
        let new = project.config.branches.keys().filter(|label| !known(label));
        let new = new.map(|label| (label.clone(), "no revision yet".to_owned()));
        matching(&current.to_string_lossy(), labels.chain(new))
    })
}

/// The environments of the configuration.
pub(super) fn environments() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let Ok(folder) = std::env::current_dir() else { return Vec::new() };
        let names = Config::environments(&folder, overrides().config.as_deref());
        matching(&current.to_string_lossy(), names.into_iter().map(|name| (name, String::new())))
    })
}

/// Sources of a schema.
pub(super) fn sources() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        const KINDS: [(&str, &str); 7] = [
            ("models", "what the models declare"),
            ("db", "the configured database"),
            ("empty", "nothing"),
            ("models:", "models in a file or folder"),
            ("db:", "the database of a URL"),
            ("file:", "what a script makes"),
            ("rev:", "what the revisions up to a target make"),
        ];
        let current = current.to_string_lossy();
        match current.split_once(':') {
            Some(("rev", target)) => prefixed("rev:", target_candidates(target)),
            Some((kind @ ("file" | "models"), path)) => {
                prefixed(&format!("{kind}:"), PathCompleter::any().complete(OsStr::new(path)))
            }
            _ => matching(&current, KINDS.map(|(kind, help)| (kind.to_owned(), help.to_owned())).into_iter()),
        }
    })
}

fn target_candidates(current: &str) -> Vec<CompletionCandidate> {
    let Some(history) = Project::find().and_then(|project| project.history()) else { return Vec::new() };
    match current.split_once('@') {
        Some((branch, _)) => matching(current, on_branch(&history, branch).into_iter()),
        None => {
            let words = [
                ("heads", "all newest revisions"),
                ("head", "the newest revision"),
                ("base", "before the first revision"),
                ("current", "what is applied last"),
            ];
            let words = words.map(|(word, help)| (word.to_owned(), help.to_owned()));
            let labels = history.all_labels().flat_map(|(label, carrier)| {
                let ends = on_ends(label);
                std::iter::once(offer(label.to_owned(), carrier)).chain(ends)
            });
            matching(current, words.into_iter().chain(labels).chain(ids(&history, current)))
        }
    }
}

/// A text to put in, and what it means.
type Offer = (String, String);

fn on_ends(branch: &str) -> [Offer; 2] {
    [
        (format!("{branch}@head"), format!("where {branch} ends")),
        (format!("{branch}@base"), format!("where {branch} begins")),
    ]
}

fn on_branch(history: &History, branch: &str) -> Vec<Offer> {
    if history.get(branch).is_err() {
        return Vec::new();
    }
    let on_line = history.newest_first().filter(|revision| history.labels(&revision.id).contains(&branch));
    let on_line = on_line.map(|revision| offer(format!("{branch}@{}", revision.id), revision));
    on_ends(branch).into_iter().chain(on_line).collect()
}

fn ids<'a>(history: &'a History, current: &str) -> impl Iterator<Item = Offer> + 'a {
    let most = if current.is_empty() { NEWEST } else { usize::MAX };
    history.newest_first().take(most).map(|revision| offer(revision.id.clone(), revision))
}

fn offer(text: String, revision: &Revision) -> Offer {
    (text, revision.message.clone())
}

fn matching(current: &str, offers: impl Iterator<Item = Offer>) -> Vec<CompletionCandidate> {
    let candidate = |(text, help): Offer| {
        let help: String = help.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        CompletionCandidate::new(text).help(Some(help).filter(|help| !help.is_empty()).map(Into::into))
    };
    offers.filter(|(text, _)| text.starts_with(current) && is_plain(text)).map(candidate).collect()
}

/// What is put into a command line must not mean anything to the shell, whoever wrote the file that it comes from.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || "._-@:/+".contains(c))
}

fn prefixed(prefix: &str, candidates: Vec<CompletionCandidate>) -> Vec<CompletionCandidate> {
    candidates.into_iter().map(|candidate| candidate.add_prefix(prefix)).collect()
}

/// The project that the command line is about.
struct Project {
    config: Config,
}

impl Project {
    fn find() -> Option<Self> {
        let folder = std::env::current_dir().ok()?;
        let overrides = overrides();
        let config = match Config::load(&folder, &overrides) {
            Err(_) if overrides.config.is_none() && overrides.migrations.is_some() => {
                Config::without_file(&folder, &overrides)
            }
            config => config.ok()?,
        };
        Some(Self { config })
    }

    fn history(&self) -> Option<History> {
        let branches = self.config.branches.values().map(|branch| &branch.migrations);
        let folders = std::iter::once(&self.config.migrations).chain(branches);
        let folders: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).cloned().collect();
        History::read(&folders).ok()
    }
}

/// What the line that is being written says already. The database is not asked, whatever it is.
fn overrides() -> Overrides {
    let words = words();
    let said = |flag: &str, variable: &str| {
        let value = |(index, word): (usize, &String)| match word.strip_prefix(flag)? {
            "" => words.get(index + 1).cloned(),
            value => value.strip_prefix('=').map(str::to_owned),
        };
        let value = words.iter().enumerate().rev().find_map(value).or_else(|| std::env::var(variable).ok());
        value.filter(|value| !value.is_empty())
    };
    Overrides {
        config: said("--config", "MIGRATE_CONFIG").map(|path| from_home(&path)),
        env: said("--env", "MIGRATE_ENV"),
        database_url: Some(String::new()),
        migrations: said("--migrations", "MIGRATE_MIGRATIONS").map(|path| from_home(&path)),
    }
}

/// The words of the line, which the shell puts behind `--`.
fn words() -> Vec<String> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    words.map(|word| word.to_string_lossy().into_owned()).collect()
}

/// The line is not what the shell would make of it.
fn from_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}
