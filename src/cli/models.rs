//! `migrate models`.

use std::path::PathBuf;

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
    after_help = "Examples:\n  migrate models > src/models.rs\n  migrate models --from db:postgres://me@localhost/shop --out src/models"
)]
pub(super) struct Models {
    /// The schema: db, db:URL, file:PATH.sql or rev:TARGET
    #[arg(long, value_name = "SOURCE", add = complete::sources(), default_value = "db")]
    from: String,
    /// Write a file for each table into this folder, instead of printing all; existing files are not touched
    #[arg(long, value_name = "FOLDER", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

impl Models {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let Settings { ignore, naming, .. } = context.settings()?;
        let (mut schema, dialect) = match Source::parse(&self.from)? {
            Source::Database(url) => {
                let url = url.map_or_else(|| context.url(), Ok)?;
                let mut connection = Connection::open(&url).await?;
                let schema = dialect::introspect(&mut connection, &Scope::default_namespace()).await?;
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
        let Some(folder) = &self.out else {
            context.ui.script("models", &print::models(&schema, &naming, dialect.as_ref()));
            return Ok(Outcome::Fine);
        };
        let files = print::model_files(&schema, &naming, dialect.as_ref());
        write_all(&context.folder.join(folder), &files)?;
        let names: Vec<_> = files.iter().map(|(name, _)| folder.join(name).display().to_string()).collect();
        context
            .ui
            .data(names.iter().map(|name| format!("wrote {name}\n")).collect::<String>(), &json!({ "written": names }));
        Ok(Outcome::Fine)
    }
}

/// Writes all files or none.
fn write_all(folder: &std::path::Path, files: &[(String, String)]) -> Result<(), Error> {
    let fault = |action, path: &std::path::Path, reason: String| ConfigError::Io {
        action,
        path: path.display().to_string(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(|error| fault("create", folder, error.to_string()))?;
    if let Some(path) = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists()) {
        return Err(fault("write", &path, "it is there already".to_owned()).into());
    }
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| fault("write", &path, error.to_string()))?;
    }
    Ok(())
}
