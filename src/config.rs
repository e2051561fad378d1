//! `migrate.toml`, the environment, the command line: who wins.
//!
//! The command line wins over the environment (`DATABASE_URL`, `MIGRATE_*`), which wins over the file. Paths in the
//! file are relative to the file's folder; those on the command line and in the environment to the current one.

mod apply;
mod engines;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rungs_schema::{ColumnType, DialectName};
use serde::Deserialize;
use toml::Spanned;

pub use self::apply::{Apply, Transaction};
use crate::error::ConfigError;

/// The name of the file.
pub const FILE: &str = "migrate.toml";

/// What a project says of itself.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder that relative paths start from.
    pub root: PathBuf,
    /// The database, with environment variables put in; or why that cannot be, which is no fault as long as nobody asks
    /// for the database.
    pub database_url: Result<Option<String>, ConfigError>,
    /// Files, folders and globs with models, relative to `root` where they are relative.
    pub models: Vec<String>,
    /// SQL files, folders and globs with views, routines and triggers, relative to `root` where they are relative.
    pub objects: Vec<String>,
    /// The folder of revisions.
    pub migrations: PathBuf,
    /// How a new revision's file is named; `None` for the default.
    pub file_template: Option<String>,
    /// Branches with models and a folder of their own, by label.
    pub branches: BTreeMap<String, Branch>,
    /// How revisions run.
    pub apply: Apply,
    /// What a comparison leaves alone.
    pub ignore: Vec<Located>,
    /// Templates for names, by `ix`, `uq`, `ck`, `fk`, `pk`, `ex`.
    pub naming: BTreeMap<&'static str, Located>,
    /// Whether what is in the database under other names is renamed.
    pub enforce_naming: bool,
    /// The file, as messages show it.
    pub file: PathBuf,
    /// The engines that each revision is written for; none for that of the database alone.
    pub dialects: Vec<DialectName>,
    /// By engine, a server on which the history can be replayed; or why its URL cannot be read.
    pub scratch: BTreeMap<DialectName, Result<String, ConfigError>>,
    /// Column types of the project's own Rust types, by the end of their path.
    pub types: BTreeMap<String, ColumnType>,
    /// Commands that each new file is given to, with `{path}` in the place of its path.
    pub after_write: Vec<String>,
}

/// A text of the file, with the line that it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The text.
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// A branch with models and a folder of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its models, as [`Config::models`].
    pub models: Vec<String>,
    /// Its SQL files, as [`Config::objects`].
    pub objects: Vec<String>,
    /// Its folder of revisions.
    pub migrations: PathBuf,
}

/// What wins over the file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The file, where it is not found by searching upwards.
    pub config: Option<PathBuf>,
    /// Which `[env.NAME]` to use.
    pub env: Option<String>,
    /// The database.
    pub database_url: Option<String>,
    /// The folder of revisions.
    pub migrations: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<String>,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    objects: Vec<String>,
    migrations: Option<PathBuf>,
    file_template: Option<String>,
    #[serde(default)]
    branches: BTreeMap<String, FileBranch>,
    #[serde(default)]
    env: BTreeMap<String, FileEnv>,
    #[serde(default)]
    apply: Apply,
    #[serde(default)]
    dialects: Vec<Spanned<String>>,
    #[serde(default)]
    scratch: engines::FileScratch,
    #[serde(default)]
    types: BTreeMap<String, engines::FileType>,
    #[serde(default)]
    hooks: FileHooks,
    #[serde(default)]
    autogenerate: FileAutogenerate,
    #[serde(default)]
    naming: FileNaming,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHooks {
    #[serde(default)]
    after_write: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAutogenerate {
    #[serde(default)]
    ignore: Vec<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileNaming {
    ix: Option<Spanned<String>>,
    uq: Option<Spanned<String>>,
    ck: Option<Spanned<String>>,
    fk: Option<Spanned<String>>,
    pk: Option<Spanned<String>>,
    ex: Option<Spanned<String>>,
    #[serde(default)]
    enforce: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileBranch {
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    objects: Vec<String>,
    migrations: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEnv {
    database_url: Option<String>,
    models: Option<Vec<String>>,
    migrations: Option<PathBuf>,
    #[serde(default)]
    apply: Apply,
}

impl Config {
    /// Finds and reads the file, then lets the overrides win.
    ///
    /// # Errors
    /// When there is no file, or it says something that we do not understand.
    pub fn load(folder: &Path, overrides: &Overrides) -> Result<Self, ConfigError> {
        let path = match &overrides.config {
            Some(path) => folder.join(path),
            None => find(folder).ok_or_else(|| ConfigError::Missing { folder: folder.display().to_string() })?,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| ConfigError::Io {
            action: "read",
            path: path.display().to_string(),
            reason: error.to_string(),
        })?;
        let root = path.parent().unwrap_or(folder).to_path_buf();
        let shown = path.strip_prefix(folder).unwrap_or(&path);
        let mut config = Self::parse(&text, shown, root, overrides)?;
        config.apply(folder, overrides);
        Ok(config)
    }

    /// The names of `[env.NAME]`; none where the file cannot be read.
    pub fn environments(folder: &Path, config: Option<&Path>) -> Vec<String> {
        let path = config.map(|path| folder.join(path)).or_else(|| find(folder));
        let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        toml::from_str::<File>(&text).map(|file| file.env.into_keys().collect()).unwrap_or_default()
    }

    /// The configuration of a command that needs no file: only what the command line and the environment say.
    pub fn without_file(folder: &Path, overrides: &Overrides) -> Self {
        let mut config = Self {
            root: folder.to_path_buf(),
            database_url: Ok(None),
            models: Vec::new(),
            objects: Vec::new(),
            migrations: folder.join("migrations"),
            file_template: None,
            branches: BTreeMap::new(),
            dialects: Vec::new(),
            scratch: BTreeMap::new(),
            types: BTreeMap::new(),
            after_write: Vec::new(),
            apply: Apply::default(),
            ignore: Vec::new(),
            naming: BTreeMap::new(),
            enforce_naming: false,
            file: PathBuf::from(FILE),
        };
        config.apply(folder, overrides);
        config
    }

    fn apply(&mut self, folder: &Path, overrides: &Overrides) {
        if let Some(url) = &overrides.database_url {
            self.database_url = Ok(Some(url.clone()));
        }
        if let Some(migrations) = &overrides.migrations {
            self.migrations = folder.join(migrations);
        }
    }

    fn parse(text: &str, path: &Path, root: PathBuf, overrides: &Overrides) -> Result<Self, ConfigError> {
        let invalid = |line: usize, reason: String, help: Option<String>| ConfigError::Invalid {
            path: path.display().to_string(),
            line,
            reason,
            help,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            invalid(
                line,
                error.message().to_owned(),
                Some("docs/configuration.md has all that the file may hold".to_owned()),
            )
        })?;
        let mut database_url = file.database_url;
        let mut models = file.models;
        let mut apply = file.apply;
        let mut migrations = file.migrations.unwrap_or_else(|| PathBuf::from("migrations"));
        if let Some(name) = &overrides.env {
            let Some(env) = file.env.get(name) else {
                let known: Vec<_> = file.env.keys().map(String::as_str).collect();
                let help =
                    format!("the file has: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
                return Err(invalid(1, format!("there is no [env.{name}]"), Some(help)));
            };
            database_url = env.database_url.clone().or(database_url);
            models = env.models.clone().unwrap_or(models);
            migrations = env.migrations.clone().unwrap_or(migrations);
            apply = env.apply.or(apply);
        }
        let expanded = |url: String, default: &str| {
            expand(&url, |name| std::env::var(name).ok()).map_err(|variable| {
                let line = text.lines().position(|line| line.contains(&url)).map_or(1, |index| index + 1);
                let help = format!("set it, or give a default: ${{{variable}:-{default}}}");
                invalid(line, format!("the environment variable {variable} is not set"), Some(help))
            })
        };
        let database_url = match database_url {
            Some(_) if overrides.database_url.is_some() => Ok(None),
            Some(url) => expanded(url, "sqlite://app.db").map(|url| Some(from_root(&url, &root))),
            None => Ok(None),
        };
        let at = |span: std::ops::Range<usize>| line_of(text, span.start);
        let dialects = engines::dialects(file.dialects).map_err(|(span, reason)| {
            invalid(at(span), reason, Some("write any of sqlite, postgres, mysql, mariadb, each once".to_owned()))
        })?;
        if let Some(wrong) = file.types.keys().find(|name| !engines::is_path(name)) {
            let line = text.lines().position(|line| line.contains(wrong.as_str())).map_or(1, |index| index + 1);
            let help = "write its name, or the end of its path: Money, \"currency::Money\"".to_owned();
            return Err(invalid(line, format!("`{wrong}` of [types] is no Rust type"), Some(help)));
        }
        let scratch = file.scratch.by_engine();
        let scratch = scratch.map(|(name, url)| (name, expanded(url, &format!("{}://...", name.word()))));
        let in_root =
            |paths: Vec<String>| paths.into_iter().map(|path| root.join(path).display().to_string()).collect();
        let branches = file.branches.into_iter().map(|(label, branch)| {
            (
                label,
                Branch {
                    models: in_root(branch.models),
                    objects: in_root(branch.objects),
                    migrations: root.join(branch.migrations),
                },
            )
        });
        let located = |text_at: Spanned<String>| {
            let line = line_of(text, text_at.span().start);
            Located { text: text_at.into_inner(), line }
        };
        let FileNaming { ix, uq, ck, fk, pk, ex, enforce } = file.naming;
        let naming = [("ix", ix), ("uq", uq), ("ck", ck), ("fk", fk), ("pk", pk), ("ex", ex)];
        let naming = naming.into_iter().filter_map(|(word, template)| Some((word, located(template?))));
        Ok(Self {
            apply,
            ignore: file.autogenerate.ignore.into_iter().map(located).collect(),
            naming: naming.collect(),
            enforce_naming: enforce,
            file: path.to_path_buf(),
            database_url,
            models: in_root(models),
            objects: in_root(file.objects),
            migrations: root.join(migrations),
            file_template: file.file_template,
            branches: branches.collect(),
            dialects,
            scratch: scratch.collect(),
            types: file.types.into_iter().map(|(name, ty)| (name, ty.into())).collect(),
            after_write: file.hooks.after_write,
            root,
        })
    }
}

/// The file in this folder or the nearest one above it.
fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file())
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

/// An SQLite file that the project names relatively lies in the project, wherever the command is run.
fn from_root(url: &str, root: &Path) -> String {
    match url.strip_prefix("sqlite://") {
        Some(path) if !path.starts_with('/') && !path.starts_with(':') => {
            format!("sqlite://{}", root.join(path).display())
        }
        _ => url.to_owned(),
    }
}

/// Puts in `${NAME}` and `${NAME:-default}`. The error is the name of a variable that is not set.
fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(end) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        let inside = &rest[start + 2..start + end];
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let value = variable(name).filter(|value| !value.is_empty());
        out.push_str(&value.or_else(|| default.map(str::to_owned)).ok_or_else(|| name.to_owned())?);
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_with_their_defaults() {
        let set = |name: &str| (name == "HOST").then(|| "db".to_owned());
        assert_eq!(expand("postgres://${HOST}/${NAME:-app}", set), Ok("postgres://db/app".to_owned()));
        assert_eq!(expand("${MISSING}", set), Err("MISSING".to_owned()));
    }

    #[test]
    fn a_variable_that_is_not_set_is_a_fault_of_the_url_alone() {
        let text = "database_url = \"${RUNGS_NO_SUCH_VARIABLE}\"\nmigrations = \"m\"\n";
        let config =
            Config::parse(text, Path::new("migrate.toml"), PathBuf::from("/p"), &Overrides::default()).unwrap();
        assert_eq!(config.migrations, Path::new("/p/m"));
        let fault = config.database_url.unwrap_err().to_string();
        assert_eq!(fault, "migrate.toml:1: the environment variable RUNGS_NO_SUCH_VARIABLE is not set");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_its_line() {
        let text = "models = [\"src\"]\nmigration = \"m\"\n";
        let error = Config::parse(text, Path::new("migrate.toml"), PathBuf::new(), &Overrides::default()).unwrap_err();
        assert!(error.to_string().starts_with("migrate.toml:2: unknown field `migration`"), "{error}");
    }

    #[test]
    fn a_chosen_environment_wins_over_the_file_and_the_command_line_over_both() {
        let text = "database_url = \"sqlite://a.db\"\n[env.production]\ndatabase_url = \"mysql://h/b\"\n";
        let parse =
            |overrides: &Overrides| Config::parse(text, Path::new("migrate.toml"), PathBuf::from("/p"), overrides);
        let url = |overrides: &Overrides| parse(overrides).unwrap().database_url.unwrap();
        assert_eq!(url(&Overrides::default()).as_deref(), Some("sqlite:///p/a.db"));
        let chosen = Overrides { env: Some("production".to_owned()), ..Overrides::default() };
        assert_eq!(url(&chosen).as_deref(), Some("mysql://h/b"));
        let unknown = Overrides { env: Some("staging".to_owned()), ..Overrides::default() };
        assert_eq!(parse(&unknown).unwrap_err().to_string(), "migrate.toml:1: there is no [env.staging]");
    }
}
