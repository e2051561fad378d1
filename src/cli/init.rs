//! `migrate init`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Context, Outcome};
use crate::config;
use crate::error::{ConfigError, Error};

/// Start a project in a folder. Files that are there already stay as they are.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The project's folder
    #[arg(default_value = ".", value_hint = clap::ValueHint::DirPath)]
    folder: PathBuf,
}

impl Init {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let root = context.folder.join(&self.folder);
        let existing = root.join(config::FILE);
        if existing.exists() {
            return Err(ConfigError::Usage {
                reason: format!("{} is there already", self.folder.join(config::FILE).display()),
                help: Some("this is a project: change the file, or choose another folder".to_owned()),
            }
            .into());
        }
        let model = Path::new("src/models/user.rs");
        let mut written = vec![write(&root, Path::new(config::FILE), include_str!("../../templates/migrate.toml"))?];
        if has_models(&root.join("src/models")) {
            context.ui.progress("src/models is there already and stays as it is");
        } else {
            written.push(write(&root, model, include_str!("../../templates/model.rs"))?);
            written.push(write(&root, Path::new("src/models/mod.rs"), "pub mod user;\n")?);
        }
        let keep = Path::new("migrations/.gitkeep");
        if !root.join("migrations").exists() {
            written.push(write(&root, keep, "")?);
        }
        let mut text: String =
            written.iter().map(|path| format!("wrote {}\n", self.folder.join(path).display())).collect();
        text.push_str("\nnext: migrate autogenerate -m \"Add users\"\n      migrate upgrade heads");
        context.ui.data(text.replace("./", ""), &json!({ "written": written }));
        Ok(Outcome::Fine)
    }
}

fn has_models(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

fn write(root: &Path, path: &Path, text: &str) -> Result<PathBuf, ConfigError> {
    let whole = root.join(path);
    let fault = |error: std::io::Error| ConfigError::Io {
        action: "write",
        path: whole.display().to_string(),
        reason: error.to_string(),
    };
    if let Some(folder) = whole.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    std::fs::write(&whole, text).map_err(fault)?;
    Ok(path.to_path_buf())
}
