//! `migrate models`.

use std::path::{Path, PathBuf};

use rungs_schema::DialectName;
use serde_json::json;

use super::run::scripts_to;
use super::{Context, Outcome, complete};
use crate::authoring::Settings;
use crate::db::Connection;
use crate::dialect::{self, Scope};
use crate::error::{ConfigError, Error};
use crate::source::{Source, print, scratch};

/// Print Rust structs for an existing schema.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate models > src/models.rs\n  migrate models --from db:postgres://me@localhost/shop --out src/models --objects db/objects"
)]
pub(super) struct Models {
    /// The schema: db, db:URL, file:PATH.sql or rev:TARGET
    #[arg(long, value_name = "SOURCE", add = complete::sources(), default_value = "db")]
    from: String,
    /// Write a file for each table into this folder, instead of printing all; existing files are not touched
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Write what no struct can stand for (views, routines, triggers, policies, ...) as SQL files into this folder, one
    /// for each object
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    objects: Option<PathBuf>,
}

impl Models {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let Settings { ignore, naming, .. } = context.settings()?;
        let (mut schema, dialect) = match Source::parse(&self.from)? {
            Source::Database(url) => {
                let url = url.map_or_else(|| context.url(), Ok)?;
                let mut connection = Connection::open(&url).await?;
                let schema = dialect::introspect(&mut connection, &Scope::Everything).await?;
                let dialect = dialect::for_version(connection.version())?;
                context.warn_left_out(&url, &dialect::left_out(&mut connection).await?);
                connection.close().await?;
                (schema, dialect)
            }
            Source::File(path) => {
                let text = context.read(&path)?;
                scratch::of_scripts(&context.url()?, &[text]).await?
            }
            Source::Revision(target) => {
                let url = context.url()?;
                let connection = context.server(&url).await?;
                let name = connection.version().name;
                connection.close().await?;
                scratch::of_scripts(&url, &scripts_to(&context.history()?, &target, name)?).await?
            }
            Source::Models(_) | Source::Empty => {
                return Err(ConfigError::Usage {
                    reason: format!("structs cannot be printed from `{}`", self.from),
                    help: Some("name a schema that is no model: db, db:URL, file:PATH.sql or rev:TARGET".to_owned()),
                }
                .into());
            }
        };
        ignore.take_out(&mut schema);
        let dialect = dialect.as_ref();
        let objects = match &self.objects {
            Some(_) => Some(print::object_files(&schema, dialect, only_for(context, dialect.version().name))?),
            None => None,
        };
        let mut files = Vec::new();
        if let Some(folder) = &self.out {
            files = beneath(folder, print::model_files(&schema, &naming, dialect, objects.as_ref()));
        }
        if let (Some(folder), Some(objects)) = (&self.objects, &objects) {
            files.extend(beneath(folder, objects.files.clone()));
        }
        write_all(&context.folder, &files)?;
        let names: Vec<String> = files.iter().map(|(path, _)| path.display().to_string()).collect();
        let wrote: String = names.iter().map(|name| format!("wrote {name}\n")).collect();
        if self.out.is_some() {
            context.ui.data(wrote, &json!({ "written": names }));
        } else {
            let models = print::models(&schema, &naming, dialect, objects.as_ref());
            match objects {
                Some(_) => context.ui.script_with("models", &models, json!({ "written": names })),
                None => context.ui.script("models", &models),
            }
            context.ui.progress(wrote.trim_end());
        }
        if let Some(folder) = self.objects.filter(|_| context.config().is_ok_and(|config| config.objects.is_empty())) {
            context
                .ui
                .progress(format!("note: say so in migrate.toml: objects = [{:?}]", folder.display().to_string()));
        }
        Ok(Outcome::Fine)
    }
}

/// The engine that files are marked with, in a project that has several.
fn only_for(context: &Context, name: DialectName) -> Option<DialectName> {
    let several = context.config().ok().filter(|config| config.dialects.len() > 1)?;
    // The word for both is the one that the project has.
    let is_listed = several.dialects.contains(&name);
    Some(if name == DialectName::Mariadb && !is_listed { DialectName::Mysql } else { name })
}

fn beneath(folder: &Path, files: Vec<(String, String)>) -> Vec<(PathBuf, String)> {
    files.into_iter().map(|(name, text)| (folder.join(name), text)).collect()
}

/// Writes all files or none.
fn write_all(root: &Path, files: &[(PathBuf, String)]) -> Result<(), Error> {
    let fault =
        |action, path: &Path, reason: String| ConfigError::Io { action, path: path.display().to_string(), reason };
    let files: Vec<(PathBuf, &String)> = files.iter().map(|(path, text)| (root.join(path), text)).collect();
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(fault("write", path, "it is there already".to_owned()).into());
    }
    for (path, text) in &files {
        let folder = path.parent().unwrap_or(root);
        std::fs::create_dir_all(folder).map_err(|error| fault("create", folder, error.to_string()))?;
        std::fs::write(path, text).map_err(|error| fault("write", path, error.to_string()))?;
    }
    Ok(())
}
