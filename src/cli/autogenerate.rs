//! `migrate autogenerate`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rungs_schema::ObjectName;
use serde_json::json;

use super::run::rows_whole;
use super::ui::Format;
use super::upgrade::upgrade;
use super::write::{NewFile, parents_of, write_revision};
use super::{Context, Outcome};
use crate::apply;
use crate::authoring::{self, Comparison};
use crate::diff;
use crate::error::{ConfigError, Error};
use crate::plan;
use crate::revision::{History, Target};

/// Compare the models with the database and write a revision with what differs.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate autogenerate -m \"Add users\"\n  migrate autogenerate -m \"Add users\" --sql     to look at it first"
)]
pub(super) struct Autogenerate {
    /// What the revision is for; the first line of its file
    #[arg(short, long)]
    message: String,
    /// Apply the revision once it is written
    #[arg(long)]
    apply: bool,
    /// The branch label that the revision belongs to; a new label starts a new line
    #[arg(long, value_name = "LABEL")]
    branch: Option<String>,
    /// Print what would be written, and write nothing
    #[arg(long, conflicts_with = "apply")]
    sql: bool,
}

impl Autogenerate {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let history = context.history()?;
        let scope = Scope::new(context, &history, self.branch.as_deref())?;
        let declared = context.read_models(&scope.models)?;
        let mut connection = context.connect(&url).await?;
        let rows = rows_whole(&mut connection).await?;
        refuse_when_behind(&history, &apply::applied_ids(&rows))?;
        apply::check_files(&history, &rows)?;
        let Comparison { changes, dialect } =
            authoring::compare(&mut connection, &url, &declared, |table| scope.owns(table)).await?;
        connection.close().await?;
        if changes.is_empty() {
            context
                .ui
                .data("no difference: the database is as the models say", &json!({ "differences": [], "path": null }));
            return Ok(Outcome::Fine);
        }
        let differences = diff::summary(&changes);
        let plan = plan::plan(&changes, dialect.as_ref())?;
        let name = dialect.version().name;
        let file = NewFile {
            message: self.message.clone(),
            down_revision: parents_of(&history, self.branch.as_deref())?,
            branch_labels: scope.new_label.clone().into_iter().collect(),
            up: plan::script(&plan.up, name),
            down: plan::script(&plan.down, name),
            folder: scope.folder.clone(),
        };
        if self.sql {
            context.ui.script("sql", &file.revision()?.to_string());
            return Ok(Outcome::Fine);
        }
        let (revision, path) = write_revision(context, file)?;
        let mut value = json!({ "differences": differences, "revision": revision.id, "path": path });
        let mut text: String = differences.iter().map(|difference| format!("{difference}\n")).collect();
        text.push_str(&format!("wrote {path}\n"));
        for why in plan.up.iter().filter_map(|statement| statement.needs_edit.as_ref()) {
            context.ui.warning(format!("edit the file before it can be applied: {why}"));
        }
        if self.apply {
            if context.ui.format == Format::Json {
                // The one answer of this run comes at its end, and may be an error.
                context.ui.progress(format!("wrote {path}"));
            } else {
                context.ui.data(std::mem::take(&mut text), &value);
            }
            let done = upgrade(context, &url, Target::revision(&revision.id), LOCK_WAIT).await?;
            text = done.text;
            for key in ["steps", "heads"] {
                value[key] = done.value[key].clone();
            }
        }
        context.ui.data(text, &value);
        Ok(Outcome::Fine)
    }
}

/// How many seconds `--apply` waits while another runner is at work.
const LOCK_WAIT: u64 = 10;

/// Which models, tables and folder one run is about.
pub(super) struct Scope {
    pub(super) models: Vec<String>,
    folder: PathBuf,
    /// The label, when no revision carries it yet.
    new_label: Option<String>,
    /// The tables that another branch's revisions create or its models declare, in lower case: whether letter case
    /// counts is not known here, and what may be another's is not dropped.
    foreign: BTreeSet<String>,
    /// The tables that this branch's revisions create, where only these may be dropped.
    own: Option<BTreeSet<String>>,
}

impl Scope {
    /// The part of the project that belongs to a branch, or, without a label, to none.
    pub(super) fn new(context: &Context, history: &History, label: Option<&str>) -> Result<Self, Error> {
        let config = context.config()?;
        let created = |label: &str| {
            authoring::tables_created(history.revisions().iter().filter(|one| history.labels(&one.id).contains(&label)))
        };
        let branch = label.and_then(|label| config.branches.get(label));
        let new_label =
            label.filter(|label| !history.all_labels().any(|(known, _)| known == *label)).map(str::to_owned);
        let mut foreign = BTreeSet::new();
        for (name, other) in config.branches.iter().filter(|(name, _)| Some(name.as_str()) != label) {
            foreign.extend(created(name).iter().map(|table| table.to_lowercase()));
            if !other.models.is_empty() {
                let declared = context.read_models(&other.models)?;
                foreign.extend(declared.schema.tables.iter().map(|table| table.name.name.to_lowercase()));
            }
        }
        Ok(Self {
            models: branch.map_or(&config.models, |branch| &branch.models).clone(),
            folder: branch.map_or(&config.migrations, |branch| &branch.migrations).clone(),
            new_label,
            foreign,
            own: branch.and(label).map(created),
        })
    }

    /// Whether a table that the models don't declare is this branch's, and so to be dropped.
    pub(super) fn owns(&self, table: &ObjectName) -> bool {
        match &self.own {
            Some(own) => own.contains(&table.name),
            None => !self.foreign.contains(&table.name.to_lowercase()),
        }
    }
}

/// A database that is behind the files would make the files' changes come out once more.
fn refuse_when_behind(history: &History, applied: &BTreeSet<String>) -> Result<(), Error> {
    let pending = history.pending(applied);
    if let Some(first) = pending.first() {
        let count = pending.len();
        return Err(ConfigError::Usage {
            reason: format!(
                "the database is behind the revision files: {count} {} not applied, the first is {} ({})",
                if count == 1 { "revision is" } else { "revisions are" },
                first.id,
                first.message
            ),
            help: Some("run `migrate upgrade heads`, then autogenerate again".to_owned()),
        }
        .into());
    }
    Ok(())
}
