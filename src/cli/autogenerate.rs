//! `migrate autogenerate`.

use std::collections::BTreeSet;

use rungs_schema::ObjectName;
use serde_json::{Value, json};

use super::context::no_models;
use super::engines::{self, ByEngine, Compared, Engines, Replay, Slot};
use super::placement::Placement;
use super::renames::Renames;
use super::run::{Request, rows_whole};
use super::ui::Format;
use super::upgrade::upgrade;
use super::write::{draft, write};
use super::{Context, Outcome, complete};
use crate::apply;
use crate::authoring::{self, Created, Models};
use crate::db::DatabaseUrl;
use crate::diff::{self, Difference};
use crate::error::{ConfigError, Error};
use crate::plan::{self, Plan};
use crate::revision::{History, Line, Lines, Revision, Target};

/// Compare the models with the database and write a revision with what differs, for each branch its own.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  migrate autogenerate -m \"Add users\"\n  migrate autogenerate -m \"Add users\" --sql       to look at it first\n  migrate autogenerate -m \"Add orders\" --branch shop"
)]
pub(super) struct Autogenerate {
    /// What the revision is for; the first line of its file
    #[arg(short, long)]
    message: String,
    /// Apply what was written
    #[arg(long)]
    apply: bool,
    /// Only the models and tables of this branch; a new label starts a new line
    #[arg(long, value_name = "LABEL", add = complete::branches())]
    branch: Option<String>,
    /// Only the models and tables of the main line, which are those of no branch
    #[arg(long, conflicts_with = "branch")]
    main: bool,
    /// Print what would be written, and write nothing
    #[arg(long, conflicts_with = "apply")]
    sql: bool,
    #[command(flatten)]
    renames: Renames,
    #[command(flatten)]
    placement: Placement,
}

/// One revision to be written, with what it is for.
struct Written {
    line: Line,
    differences: ByEngine,
    revision: Revision,
    /// Why a person has to edit it.
    edits: Vec<String>,
}

impl Autogenerate {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let history = context.history()?;
        let lines = context.lines()?;
        let asked = self.asked(context)?;
        let mut models = context.models_of_lines(&lines)?;
        let mut connection = context.connect(&url).await?;
        let engines = Engines::of(context, connection.version())?;
        let created = Created::new(&history, &lines, connection.version().name);
        let rows = rows_whole(&mut connection).await?;
        let applied = apply::applied_ids(&rows);
        self.refuse_when_behind(&history, &lines, &applied)?;
        apply::check_files(&history, &rows)?;
        let owner = |table: &ObjectName| Some(created.owner(table));
        let mut answers = self.renames.answers();
        let compared = 'asked: loop {
            models.settings.renames.clone_from(&answers.renames);
            let own = authoring::compare_lines(&mut connection, &url, &models, &asked, owner).await;
            let own = Compared::of(engines.connected, own.map_err(|error| engines.told(error))?);
            if answers.ask(context, &own.likely)? {
                continue;
            }
            let mut all = vec![own];
            for other in &engines.others {
                let project =
                    Replay { context, history: &history, lines: &lines, asked: &asked, renames: &answers.renames };
                let one = engines.compare(other, project).await?;
                if answers.ask(context, &one.likely)? {
                    continue 'asked;
                }
                all.push(one);
            }
            break all;
        };
        connection.close().await?;
        if compared.iter().all(|one| one.shares.is_empty()) {
            let value = json!({ "differences": [], "revision": null, "path": null, "revisions": [] });
            context.ui.data("no difference: the database is as the models say", &value);
            return Ok(Outcome::Fine);
        }
        let heads = |table: &ObjectName| {
            let line = models.of_table(table).cloned().unwrap_or_else(|| created.owner(table));
            applied_tips(&history, &lines, &line, &applied)
        };
        for one in compared.iter().flat_map(|one| &one.left_behind) {
            context.ui.warning(format!("{one}: change it in the revision, or declare it, so that it is made anew"));
        }
        let written = self.drafts(context, &history, compared, &models, heads)?;
        if self.sql {
            context.ui.script("sql", &script(&written));
            return Ok(Outcome::Fine);
        }
        let revisions: Vec<Revision> = written.iter().map(|one| one.revision.clone()).collect();
        write(context, &history, &revisions)?;
        self.tell(context, &url, &history, &written).await
    }

    /// The lines that are compared: all that have models, or the one that is named.
    fn asked(&self, context: &Context) -> Result<BTreeSet<Line>, Error> {
        let config = context.config()?;
        let branch = self.branch.as_ref().filter(|label| config.branches.contains_key(*label));
        if let Some(label) = branch {
            if config.branches.get(label).is_some_and(|branch| branch.models.is_empty()) {
                return Err(ConfigError::Usage {
                    reason: format!("no models are configured for branch {label}"),
                    help: Some(format!("set models = [\"src/models\"] under [branches.{label:?}] in migrate.toml")),
                }
                .into());
            }
            return Ok(BTreeSet::from([Line::Branch(label.clone())]));
        }
        let mut lines = context.lines_with_models()?;
        if self.main || self.branch.is_some() {
            lines.retain(|line| *line == Line::Main);
        }
        if lines.is_empty() {
            return Err(no_models().into());
        }
        Ok(lines)
    }

    /// A database that is behind the files would make the files' changes come out once more.
    fn refuse_when_behind(&self, history: &History, lines: &Lines, applied: &BTreeSet<String>) -> Result<(), Error> {
        let mut pending = history.pending(applied);
        let configured = self.branch.clone().map(Line::Branch).filter(|line| lines.all().any(|known| known == *line));
        // What other lines have not applied is no part of what is compared here.
        if let Some(line) = &configured.or(self.main.then_some(Line::Main)) {
            let mut needed: BTreeSet<&str> = BTreeSet::new();
            for tip in lines.tips(history, line) {
                needed.insert(&tip.id);
                needed.extend(history.ancestors(&tip.id).into_iter().map(|one| one.id.as_str()));
            }
            let of_line = history.revisions().iter().zip(lines.of_all(history)).filter(|(_, of)| of == line);
            needed.extend(of_line.map(|(revision, _)| revision.id.as_str()));
            pending.retain(|revision| needed.contains(revision.id.as_str()));
        }
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

    /// A revision for each line with differences, with what each engine has to do in it. Each is placed in the history as
    /// it is with those before it.
    fn drafts(
        &self,
        context: &Context,
        history: &History,
        mut compared: Vec<Compared>,
        models: &Models,
        heads: impl Fn(&ObjectName) -> Vec<String>,
    ) -> Result<Vec<Written>, Error> {
        let slots = engines::side_by_side(compared.iter_mut().map(|one| std::mem::take(&mut one.shares)).collect());
        if slots.len() > 1 && !self.placement.is_empty() {
            return Err(ConfigError::Usage {
                reason: format!(
                    "{} revisions would be written, and --head, --splice, --branch-label, --depends-on, --rev-id and \
                     --version-path say where one goes",
                    slots.len()
                ),
                help: Some("choose one line with --branch LABEL or --main".to_owned()),
            }
            .into());
        }
        let mut written: Vec<Written> = Vec::new();
        let mut revisions: Vec<Revision> = Vec::new();
        for Slot { line, shares } in slots {
            let so_far = history.with(&revisions)?;
            let mut place = self.placement.place(context, &so_far, line.label().or(self.branch.as_deref()))?;
            let (mut scripts, mut differences, mut edits) = (Vec::new(), Vec::new(), Vec::new());
            for (Compared { engine, dialect, .. }, share) in compared.iter().zip(&shares) {
                let name = dialect.version().name;
                let mut plan = Plan::default();
                if let Some(share) = share {
                    for id in authoring::dependencies(&so_far, &place.parents, share, name, &heads) {
                        if !self.placement.names(&so_far, &id) && !place.depends_on.contains(&id) {
                            place.depends_on.push(id);
                        }
                    }
                    plan = plan::plan(&share.changes, dialect.as_ref())
                        .map_err(|error| authoring::with_place(error.into(), &models.declared.hints))?;
                }
                let changes = share.as_ref().map_or(&[] as &[_], |share| &share.changes);
                differences.push((*engine, diff::summary(changes)));
                edits.extend(plan.up.iter().filter_map(|statement| {
                    let why = statement.needs_edit.as_ref()?;
                    Some(engine.map_or_else(|| why.clone(), |engine| format!("{why} (for {engine})")))
                }));
                scripts.push((*engine, plan::script(&plan.up, name), plan::script(&plan.down, name)));
            }
            let revision = draft(context, history, &self.message, place, scripts, &revisions)?;
            revisions.push(revision.clone());
            written.push(Written { line, differences, revision, edits });
        }
        Ok(written)
    }

    /// Says what was written, and applies it where that is asked for.
    async fn tell(
        &self,
        context: &Context,
        url: &DatabaseUrl,
        history: &History,
        written: &[Written],
    ) -> Result<Outcome, Error> {
        let mut value = as_json(written);
        let mut text = String::new();
        for one in written {
            engines::described(&one.differences).iter().for_each(|line| text.push_str(&format!("{line}\n")));
            text.push_str(&format!("{}\n", told(one, history)));
            for why in &one.edits {
                let file = match written {
                    [_] => "the file".to_owned(),
                    _ => one.revision.path.display().to_string(),
                };
                context.ui.warning(format!("edit {file} before it can be applied: {why}"));
            }
        }
        if self.apply {
            if context.ui.format == Format::Json {
                // The one answer of this run comes at its end, and may be an error.
                written.iter().for_each(|one| context.ui.progress(told(one, history)));
            } else {
                context.ui.data(std::mem::take(&mut text), &value);
            }
            let target = match written {
                [only] => Target::revision(&only.revision.id),
                // Nothing else is pending: the database was not behind.
                _ => Target::heads(),
            };
            let request = Request::up(context, target, LOCK_WAIT)?;
            let done = upgrade(context, url, request).await?;
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

/// `wrote shop/x.sql (starts branch shop, depends on 1975ea83b712)`.
fn told(written: &Written, history: &History) -> String {
    let Written { line, revision, .. } = written;
    let mut notes = Vec::new();
    if let Line::Branch(label) = line {
        let starts = revision.branch_labels.contains(label) && !history.all_labels().any(|(known, _)| known == label);
        notes.push(format!("{}branch {label}", if starts { "starts " } else { "" }));
    }
    if !revision.depends_on.is_empty() {
        notes.push(format!("depends on {}", revision.depends_on.join(", ")));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
    format!("wrote {}{notes}", revision.path.display())
}

/// `revision` and `path` are those of the only one, where there is only one.
fn as_json(written: &[Written]) -> Value {
    let path = |one: &Written| one.revision.path.display().to_string();
    let all: Vec<&Difference> = written.iter().flat_map(|one| engines::distinct(&one.differences)).collect();
    let revisions: Vec<Value> = written
        .iter()
        .map(|one| {
            let mut value = json!({
                "revision": one.revision.id, "path": path(one), "branch": one.line.label(),
                "depends_on": one.revision.depends_on, "differences": engines::distinct(&one.differences),
            });
            if let Some(by_word) = engines::by_word(&one.differences) {
                value["dialects"] = by_word;
            }
            value
        })
        .collect();
    let only = if let [only] = written { Some(only) } else { None };
    json!({
        "differences": all,
        "revision": only.map(|one| &one.revision.id),
        "path": only.map(path),
        "revisions": revisions,
    })
}

/// The files as they would be; where there are several, each under its name.
fn script(written: &[Written]) -> String {
    match written {
        [only] => only.revision.to_string(),
        several => {
            let file = |one: &Written| format!("-- {}\n{}", one.revision.path.display(), one.revision);
            several.iter().map(file).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Where a line stands in the database.
fn applied_tips(history: &History, lines: &Lines, line: &Line, applied: &BTreeSet<String>) -> Vec<String> {
    let all = history.revisions().iter().zip(lines.of_all(history));
    let own: Vec<&Revision> =
        all.filter(|(one, of)| of == line && applied.contains(&one.id)).map(|(one, _)| one).collect();
    let revised: BTreeSet<&String> = own.iter().flat_map(|one| &one.down_revision).collect();
    own.iter().map(|one| &one.id).filter(|id| !revised.contains(id)).cloned().collect()
}
