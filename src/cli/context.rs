//! What every subcommand stands on: the configuration, the printer, the way to the database and to the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rungs_schema::read::{Group, OwnTypes};
use rungs_schema::{Declared, DialectName};

use super::Global;
use super::ui::Ui;
use crate::authoring::{Hooks, Models, Settings};
use crate::config::{Config, Located, Overrides};
use crate::db::{Connection, DatabaseUrl};
use crate::dialect::Noun;
use crate::error::{ConfigError, DbError, Error};
use crate::revision::{History, Line, Lines};
use crate::source;

/// What a subcommand is given.
pub(super) struct Context {
    pub(super) ui: Ui,
    /// The folder that paths on the command line are relative to.
    pub(super) folder: PathBuf,
    config: Result<Config, ConfigError>,
    /// What the program that runs this has a say in.
    pub(super) hooks: Hooks,
}

impl Context {
    pub(super) fn new(global: Global, ui: Ui, hooks: Hooks) -> Result<Self, Error> {
        let folder = std::env::current_dir().map_err(|error| ConfigError::Io {
            action: "read",
            path: ".".to_owned(),
            reason: error.to_string(),
        })?;
        let overrides = Overrides {
            config: global.config,
            env: global.env,
            database_url: global.database_url,
            migrations: global.migrations,
        };
        let config = match Config::load(&folder, &overrides) {
            // A command that needs nothing but what the command line says works without a project.
            Err(ConfigError::Missing { .. }) if overrides.database_url.is_some() => {
                Ok(Config::without_file(&folder, &overrides))
            }
            other => other,
        };
        Ok(Self { ui, folder, config, hooks })
    }

    /// The configuration.
    ///
    /// # Errors
    /// When there is none, or it has a fault. A command that does not ask for it works without.
    pub(super) fn config(&self) -> Result<&Config, Error> {
        self.config.as_ref().map_err(|error| error.clone().into())
    }

    /// The configured database.
    pub(super) fn url(&self) -> Result<DatabaseUrl, Error> {
        let configured = self.config()?.database_url.as_ref().map_err(Clone::clone)?;
        let url = configured.as_deref().ok_or_else(|| ConfigError::Usage {
            reason: "no database is configured".to_owned(),
            help: Some("set database_url in migrate.toml, or DATABASE_URL, or --database-url".to_owned()),
        })?;
        Ok(DatabaseUrl::parse(url)?)
    }

    /// The revisions of all configured folders. A folder that is not there yet is an empty one; one that cannot be
    /// looked at is not.
    pub(super) fn history(&self) -> Result<History, Error> {
        let config = self.config()?;
        let folders =
            std::iter::once(&config.migrations).chain(config.branches.values().map(|branch| &branch.migrations));
        // Paths as a person in the current folder would write them, since messages show them.
        let folders: Vec<PathBuf> = folders
            .filter(|folder| !matches!(folder.try_exists(), Ok(false)))
            .map(|folder| PathBuf::from(self.shown(folder)))
            .collect();
        Ok(History::read(&folders)?)
    }

    /// The lines of the history, with the folders that messages show.
    pub(super) fn lines(&self) -> Result<Lines, Error> {
        let config = self.config()?;
        let shown = |folder: &Path| PathBuf::from(self.shown(folder));
        let branches = config.branches.iter().map(|(label, branch)| (label.clone(), shown(&branch.migrations)));
        Ok(Lines::new(shown(&config.migrations), branches.collect()))
    }

    /// The lines that models are configured for.
    pub(super) fn lines_with_models(&self) -> Result<BTreeSet<Line>, Error> {
        let config = self.config()?;
        let branches = config.branches.iter().filter(|(_, branch)| !branch.models.is_empty());
        let mut lines: BTreeSet<Line> = branches.map(|(label, _)| Line::Branch(label.clone())).collect();
        if !config.models.is_empty() {
            lines.insert(Line::Main);
        }
        Ok(lines)
    }

    /// The models of all lines, read as one, so that each may refer to what another declares.
    pub(super) fn models_of_lines(&self, lines: &Lines) -> Result<Models, Error> {
        self.models_for(lines, None)
    }

    /// As [`models_of_lines`](Self::models_of_lines), for another engine than that of the configured database.
    pub(super) fn models_for(&self, lines: &Lines, engine: Option<DialectName>) -> Result<Models, Error> {
        let config = self.config()?;
        let lines: Vec<Line> = lines.all().collect();
        let group = |line: &Line| {
            let paths = match line.label().and_then(|label| config.branches.get(label)) {
                Some(branch) => &branch.models,
                None => &config.models,
            };
            Group { name: line.to_string(), paths: paths.iter().map(|path| self.shown(Path::new(path))).collect() }
        };
        let groups: Vec<Group> = lines.iter().map(group).collect();
        let settings = self.settings()?;
        let mut models = Models::new(source::models::read_groups(&groups, &self.folder, &self.own_types()?)?, &lines);
        models.settings = settings;
        for line in &lines {
            let patterns = match line.label().and_then(|label| config.branches.get(label)) {
                Some(branch) => &branch.objects,
                None => &config.objects,
            };
            if !patterns.is_empty() {
                let patterns: Vec<String> = patterns.iter().map(|path| self.shown(Path::new(path))).collect();
                let dialect = engine.map_or_else(|| self.url().map(|url| url.dialect_name()), Ok)?;
                let statements = source::objects::read(&patterns, &self.folder, dialect)?;
                models = models.with_scripts(line, statements, dialect);
            }
        }
        Ok(models)
    }

    /// What the project says of comparisons. Without a project, nothing.
    ///
    /// # Errors
    /// When an entry cannot be read, with its line.
    pub(super) fn settings(&self) -> Result<Settings, Error> {
        let mut settings = Settings { hooks: self.hooks.clone(), ..Settings::default() };
        settings.ignore.all_but(self.hooks.filters());
        let config = match &self.config {
            Err(ConfigError::Missing { .. }) => return Ok(settings),
            _ => self.config()?,
        };
        let invalid = |line: usize, reason: String, help: Option<String>| ConfigError::Invalid {
            path: config.file.display().to_string(),
            line,
            reason,
            help,
        };
        for Located { text, line } in &config.ignore {
            let added = settings.ignore.add(text);
            added.map_err(|wrong| invalid(*line, format!("ignore: {}", wrong.reason), Some(wrong.help)))?;
        }
        for (word, noun) in Noun::ALL {
            let Some(Located { text, line }) = config.naming.get(word) else { continue };
            settings.naming.add(noun, text).map_err(|reason| invalid(*line, format!("{word} = {reason}"), None))?;
        }
        settings.naming.enforce = config.enforce_naming;
        Ok(settings)
    }

    /// The models of the whole project.
    pub(super) fn models(&self) -> Result<Models, Error> {
        if self.lines_with_models()?.is_empty() {
            return Err(no_models().into());
        }
        self.models_of_lines(&self.lines()?)
    }

    /// The models of some paths.
    pub(super) fn read_models(&self, paths: &[String]) -> Result<Declared, Error> {
        if paths.is_empty() {
            return Err(no_models().into());
        }
        let paths: Vec<String> = paths.iter().map(|path| self.shown(Path::new(path))).collect();
        let group = Group { name: String::new(), paths };
        let own_types = self.own_types()?;
        Ok(source::models::read_groups(&[group], &self.folder, &own_types)?.declared)
    }

    /// The column types of the project's own Rust types: those of the file, and those of the program that runs this.
    fn own_types(&self) -> Result<OwnTypes, Error> {
        let mut types = match &self.config {
            Err(ConfigError::Missing { .. }) => OwnTypes::new(),
            _ => self.config()?.types.clone(),
        };
        types.extend(self.hooks.types().clone());
        Ok(types)
    }

    /// A connection to the configured database. An SQLite file that is not there yet is an empty database, and is not
    /// created by looking.
    pub(super) async fn connect(&self, url: &DatabaseUrl) -> Result<Connection, Error> {
        match Connection::open(url).await {
            Err(DbError::Missing { .. }) if url.sqlite_path().is_some() => {
                Ok(Connection::open(&DatabaseUrl::parse("sqlite::memory:")?).await?)
            }
            other => Ok(other?),
        }
    }

    /// A connection to the server of a URL, to ask what it is and to work in scratch places.
    pub(super) async fn server(&self, url: &DatabaseUrl) -> Result<Connection, Error> {
        Ok(source::scratch::open_server(url).await?)
    }

    /// The text of a file that the command line names.
    pub(super) fn read(&self, path: &Path) -> Result<String, Error> {
        std::fs::read_to_string(self.folder.join(path)).map_err(|error| {
            ConfigError::Io { action: "read", path: path.display().to_string(), reason: error.to_string() }.into()
        })
    }

    /// Says what of a database is not looked at.
    pub(super) fn warn_left_out(&self, url: &DatabaseUrl, objects: &[String]) {
        if !objects.is_empty() {
            self.ui.warning(format!("not looked at in {url} (see docs/support.md): {}", objects.join(", ")));
        }
    }

    /// A path as a person in the current folder would write it.
    pub(super) fn shown(&self, path: &Path) -> String {
        match path.strip_prefix(&self.folder) {
            Ok(inner) if inner.as_os_str().is_empty() => ".".to_owned(),
            Ok(inner) => inner.display().to_string(),
            Err(_) => path.display().to_string(),
        }
    }
}

/// The error of a command that needs models where the configuration names none.
pub(super) fn no_models() -> ConfigError {
    ConfigError::Usage {
        reason: "no models are configured".to_owned(),
        help: Some("set models = [\"src/models\"] in migrate.toml".to_owned()),
    }
}
