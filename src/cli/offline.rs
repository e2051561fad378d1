//! `--sql`: the script of an upgrade or a downgrade, without a database.

use std::collections::BTreeSet;

use rungs_schema::DialectName;

use super::add_dialect::engine;
use super::{Context, Outcome, meeting};
use crate::apply::{self, Options};
use crate::db::ServerVersion;
use crate::dialect;
use crate::error::{ConfigError, Error, RevisionError};
use crate::revision::{Direction, History, Point, Step, Target};

/// How a script is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Offline {
    /// Print a script that does it, for psql, mariadb, mysql or sqlite3; no database is asked, so that the target is a
    /// range FROM:TO
    #[arg(long)]
    pub(super) sql: bool,
    /// The engine that the script is for, instead of that of the database's URL: sqlite, postgres, mysql or mariadb
    #[arg(long, value_name = "ENGINE", requires = "sql", value_parser = engine)]
    dialect: Option<DialectName>,
}

impl Offline {
    /// Prints the script. `range` is what the command line has for a target.
    pub(super) fn print(
        &self,
        context: &Context,
        direction: Direction,
        range: &str,
        options: &Options,
    ) -> Result<Outcome, Error> {
        let name = self.dialect.map_or_else(|| context.url().map(|url| url.dialect_name()), Ok)?;
        let dialect = dialect::for_version(&ServerVersion { name, number: (0, 0, 0) })?;
        let ends = Ends::parse(direction, range)?;
        let history = context.history()?;
        let applied = ends.applied(&history)?;
        let steps = ends.route(&history, &applied)?;
        let mut text = String::new();
        if steps.is_empty() {
            context.ui.progress(format!("nothing to do from {} to {}", ends.from, ends.to));
        } else {
            let title = format!("{} {}:{}", command(direction), ends.from, ends.to);
            text = apply::script(dialect.as_ref(), &history, &steps, &title, options)?;
            if direction == Direction::Up {
                meeting::before_upgrade(&context.ui, &history, &applied, &steps, name);
            }
        }
        context.ui.script("sql", &text);
        Ok(Outcome::Fine)
    }
}

/// A range where a run is asked for, which begins where the database is.
pub(super) fn refuse_range(direction: Direction, target: &str) -> Result<(), Error> {
    let word = command(direction);
    match target.split_once(':').filter(|_| is_range(target)) {
        None => Ok(()),
        Some((_, to)) => Err(ConfigError::Usage {
            reason: format!("`{target}` is a range, and a run begins where the database is"),
            help: Some(format!("write `migrate {word} {to}`; or print a script: `migrate {word} {target} --sql`")),
        }
        .into()),
    }
}

fn command(direction: Direction) -> &'static str {
    if direction == Direction::Up { "upgrade" } else { "downgrade" }
}

/// Whether it is one, and not a URL that got there by mistake.
fn is_range(text: &str) -> bool {
    text.matches(':').count() == 1 && !text.contains("://")
}

/// From where to where a script leads.
struct Ends {
    direction: Direction,
    from: Target,
    to: Target,
}

impl Ends {
    fn parse(direction: Direction, text: &str) -> Result<Self, Error> {
        let unusable = |reason: &str, help: String| -> Error {
            RevisionError::Unusable { text: text.to_owned(), reason: reason.to_owned(), help }.into()
        };
        if text.contains(':') && !is_range(text) {
            let reason = "it is no range FROM:TO".to_owned();
            return Err(RevisionError::Malformed { text: text.to_owned(), reason }.into());
        }
        let (from, to) = match (text.split_once(':'), direction) {
            (Some(("", to)), Direction::Up) => ("base", to),
            (Some((from, "")), Direction::Up) => (from, "heads"),
            (Some((from, to)), _) if !from.is_empty() && !to.is_empty() => (from, to),
            (None, Direction::Up) => ("base", text),
            _ => {
                let to = text.trim_matches(':');
                let help = format!("say where the database is: `migrate downgrade heads:{to} --sql`");
                return Err(unusable("no database is asked what is to be reverted", help));
            }
        };
        let ends = Self { direction, from: Target::parse(from)?, to: Target::parse(to)? };
        let is_bare = ends.to.point == Point::Here && !is_range(text);
        if ends.from.reads_ledger() || ends.to.point == Point::Current || is_bare {
            let help = "name the revision that the database is at: FROM:TO, as in `1975ea:+2`";
            return Err(unusable("no database is asked what is applied", help.to_owned()));
        }
        Ok(ends)
    }

    /// What a database at the older end has, or, on the way down, at the newer one.
    fn applied(&self, history: &History) -> Result<BTreeSet<String>, Error> {
        if self.from == Target::base() {
            return Ok(BTreeSet::new());
        }
        let steps = history.upgrade_route(&BTreeSet::new(), &self.from)?;
        Ok(steps.iter().map(|step| step.revision.id.clone()).collect())
    }

    fn route<'h>(&self, history: &'h History, applied: &BTreeSet<String>) -> Result<Vec<Step<'h>>, Error> {
        if self.direction == Direction::Down {
            return Ok(history.downgrade_route(applied, &self.to)?);
        }
        let steps = history.upgrade_route(applied, &self.to)?;
        if steps.is_empty() && !self.to.reads_ledger() {
            let needed = history.upgrade_route(&BTreeSet::new(), &self.to)?;
            if needed.len() < applied.len() {
                return Err(RevisionError::Unusable {
                    text: format!("{}:{}", self.from, self.to),
                    reason: format!("{} comes after {}", self.from, self.to),
                    help: format!(
                        "a database at {0} has all of it: `migrate downgrade {0}:{1} --sql` leads back",
                        self.from, self.to
                    ),
                }
                .into());
            }
        }
        Ok(steps)
    }
}
