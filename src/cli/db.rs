//! `migrate db`.

use clap::Subcommand;
use serde_json::json;

use super::{Context, Outcome};
use crate::db;
use crate::error::{ConfigError, Error};

/// Create, drop or look for the database itself.
#[derive(Debug, clap::Args)]
pub(super) struct Db {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Create the database
    Create,
    /// Drop the database, with everything in it
    Drop {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Fail (exit code 1) when the database is not there
    Exists,
}

impl Db {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let done = |what: &str| {
            context.ui.data(format!("{what} {url}"), &json!({ "database": url.to_string(), "done": what }))
        };
        match self.action {
            Action::Create => {
                db::create(&url).await?;
                done("created");
            }
            Action::Drop { yes } => {
                if !yes && !context.ui.can_ask() {
                    return Err(ConfigError::Usage {
                        reason: format!("dropping {url} loses everything in it"),
                        help: Some("say --yes if that is what you want".to_owned()),
                    }
                    .into());
                }
                if !yes && !context.ui.confirm(&format!("Drop {url}, with everything in it?")) {
                    context.ui.progress("nothing was dropped");
                    return Ok(Outcome::Found);
                }
                db::drop(&url).await?;
                done("dropped");
            }
            Action::Exists => {
                let exists = db::exists(&url).await?;
                let word = if exists { "there is a" } else { "there is no" };
                context.ui.data(
                    format!("{word} database at {url}"),
                    &json!({ "database": url.to_string(), "exists": exists }),
                );
                return Ok(if exists { Outcome::Fine } else { Outcome::Found });
            }
        }
        Ok(Outcome::Fine)
    }
}
