//! `migrate check`.

use rungs_schema::ObjectName;
use serde_json::{Value, json};

use super::engines::{self, Compared, Engines, Replay};
use super::record::Record;
use super::run::rows_whole;
use super::{Context, Outcome, meeting, renames};
use crate::apply::{self, Edited, LedgerRow};
use crate::authoring::{self, Created};
use crate::diff::Likely;
use crate::error::{Error, WithoutFile};
use crate::footprint::Meeting;
use crate::revision::Revision;

/// Fail (exit code 1) when models, revisions and database do not agree.
#[derive(Debug, clap::Args)]
pub(super) struct Check {}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<Outcome, Error> {
        let url = context.url()?;
        let history = context.history()?;
        let mut connection = context.connect(&url).await?;
        let rows = rows_whole(&mut connection).await?;
        let applied = apply::applied_ids(&rows);
        let pending = history.pending(&applied);
        apply::check_loads(&pending, connection.version().name)?;
        let unknown = apply::without_file(&history, &rows);
        let edited = apply::edited(&history, &rows, connection.version().name);
        let lines = context.lines()?;
        let models = context.models_of_lines(&lines)?;
        let created = Created::new(&history, &lines, connection.version().name);
        let owner = |table: &ObjectName| Some(created.owner(table));
        let asked = context.lines_with_models()?;
        let engines = Engines::of(context, connection.version())?;
        let own = authoring::compare_lines(&mut connection, &url, &models, &asked, owner).await;
        let own = Compared::of(engines.connected, own.map_err(|error| engines.told(error))?);
        let mut by_engine = vec![(own.engine, own.differences())];
        let mut likely = own.likely;
        let project = Replay { context, history: &history, lines: &lines, asked: &asked, renames: &[] };
        for other in &engines.others {
            let compared = engines.compare(other, project).await?;
            by_engine.push((compared.engine, compared.differences()));
            likely.extend(compared.likely);
        }
        let mut told = std::collections::BTreeSet::new();
        likely.retain(|one| told.insert((one.previous.clone(), one.next.clone())));
        let differences = engines::distinct(&by_engine);
        let meeting = Meeting::of(&history, &history.heads(), connection.version().name);
        let next = meeting.concerning(|revision| !applied.contains(&revision.id));
        connection.close().await?;

        let is_ahead = !unknown.is_empty();
        let mut found: Vec<String> = engines::described(&by_engine);
        found.extend(pending.iter().map(|revision| format!("pending: {} {}", revision.id, revision.message)));
        found.extend(edited.iter().map(edited_line));
        found.extend(unknown.iter().map(|row| format!("applied, but without a file: {}", WithoutFile::from(*row))));
        found.extend(meeting::conflicts(&next));
        let records: Vec<_> = pending.iter().map(|revision| Record::new(revision)).collect();
        let mut value = json!({
            "differences": differences,
            "pending": records,
            "edited": edited.iter().map(edited_record).collect::<Vec<_>>(),
            "unknown": unknown.into_iter().map(unknown_record).collect::<Vec<_>>(),
            "overlaps": meeting::overlaps(&meeting, &applied),
            "doubts": meeting::doubts(&meeting),
            "likely_renames": likely.iter().map(likely_record).collect::<Vec<_>>(),
        });
        if let Some(by_word) = engines::by_word(&by_engine) {
            value["dialects"] = by_word;
        }
        context.ui.data(found.join("\n"), &value);
        meeting::beside_conflicts(&context.ui, &meeting, &next);
        if found.is_empty() {
            context.ui.progress("fine: models, revisions and database agree");
            return Ok(Outcome::Fine);
        }
        if !edited.is_empty() {
            context.ui.progress(
                "restore the files that were edited, or take them in with `migrate stamp --accept-edits`, where the \
                 database is as they say",
            );
        }
        if is_ahead {
            context
                .ui
                .progress("bring the files of what was applied (another branch of the repository?), then check again");
        } else if !pending.is_empty() {
            context.ui.progress("run `migrate upgrade heads` to apply what is pending");
        } else if !differences.is_empty() {
            renames::noted(&likely).iter().for_each(|note| context.ui.progress(note));
            context.ui.progress("run `migrate autogenerate -m MESSAGE` to write a revision with the differences");
        }
        Ok(Outcome::Found)
    }
}

/// A drop and an add that look like a rename.
fn likely_record(likely: &Likely) -> Value {
    json!({ "kind": likely.kind.word(), "previous": likely.previous, "next": likely.next })
}

fn edited_line(edited: &Edited<'_, '_>) -> String {
    let Edited { revision: Revision { id, message, path, .. }, row } = edited;
    format!("edited after it was applied at {}: {}: {id} {message}", row.applied_at, path.display())
}

/// A revision that was edited, with the moment since which its file is not what was applied.
fn edited_record(edited: &Edited<'_, '_>) -> Value {
    let Edited { revision, row } = edited;
    json!({
        "revision": revision.id,
        "message": revision.message,
        "path": revision.path.display().to_string(),
        "applied_at": row.applied_at,
    })
}

/// A row of the ledger that no file describes.
fn unknown_record(row: &LedgerRow) -> Value {
    json!({
        "revision": row.revision,
        "message": row.message,
        "applied_at": row.applied_at,
        "down_revision": row.parents,
        "depends_on": row.depends_on,
    })
}
